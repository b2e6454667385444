"""Stories and questions told apart: what is counted, and the list of questions on the release."""

from __future__ import annotations

import pytest

from evaluation.messages import (
    CASE_OF_LIST,
    StoriesRead,
    is_read_alike,
    is_read_right,
    load_questions,
    load_translated,
    read_stories,
)
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from llm.assistant import DiagnosisAssistant
from llm.conversation.answerer import case_of
from llm.conversation.case import Case
from retrieval.candidates import FusionRanker
from retrieval.demographics import demographics_of
from retrieval.findings import parse_finding_ids
from retrieval.lexicon import Lexicon
from tests.toy import STRIPED, VERY_LARGE, build_extractor, linear_fusion, patient


@pytest.fixture(scope="module")
def assistant(toy_graph: KnowledgeGraph) -> DiagnosisAssistant:
    extractor = build_extractor(toy_graph)
    assert isinstance(extractor.model, LikelihoodModel)
    return DiagnosisAssistant(
        extractor.model, FusionRanker(extractor, linear_fusion(log_lr=0.5)), Lexicon(toy_graph.ontology), None
    )


def test_what_is_lost_is_counted(assistant):
    """The second is a question as a first message; the third loses its finding to a question as a later one."""
    stories = ["A girl with a striped zorb.", "What does HP:9000012 mean?", "Why is there a brittle flim?", "  "]
    counted = read_stories(assistant, stories, assistant.diagnose(patient(VERY_LARGE, STRIPED)))
    assert counted == StoriesRead(n_stories=3, n_asked=1, n_findings=3, n_lost=2)
    assert str(counted).startswith("1 of 3 stories taken for a question")


def test_the_list_is_long_and_in_three_parts():
    questions = load_questions()
    assert {q.part for q in questions} == {"known", "mended", "unseen"}
    assert len({q.question for q in questions}) == len(questions) > 180


@pytest.fixture(scope="module")
def case_of_list(release_assistant) -> Case:
    findings = parse_finding_ids(CASE_OF_LIST, release_assistant.graph.ontology)
    differential = release_assistant.diagnose(findings, person=demographics_of("MALE", "P24Y"))
    return case_of(release_assistant.sources, differential, ())


@pytest.mark.release
def test_questions_of_the_list_are_read_right(case_of_list):
    wrong = [q.question for q in load_questions() if not is_read_right(q, case_of_list)]
    assert len(wrong) <= 5, wrong


@pytest.mark.data
@pytest.mark.release
def test_questions_in_other_languages_are_read_as_in_english(case_of_list):
    listed = load_translated()
    assert {t.language for t in listed} == {"es", "zh"}
    assert {t.part for t in listed} == {"known", "mended"}
    for part, most in (("known", 2), ("mended", 18)):
        unlike = [t.message for t in listed if t.part == part and not is_read_alike(t, case_of_list)]
        assert len(unlike) <= most, unlike
