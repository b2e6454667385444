"""Stories and questions told apart: what is counted, and the list of questions on the release."""

from __future__ import annotations

import pytest

from evaluation.messages import StoriesRead, is_read_right, load_questions, read_stories
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from llm.assistant import DiagnosisAssistant
from llm.conversation.answerer import case_of
from retrieval.candidates import FusionRanker
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


@pytest.mark.release
def test_questions_of_the_list_are_read_right(release_assistant):
    from evaluation.messages import CASE_OF_LIST
    from retrieval.demographics import demographics_of
    from retrieval.findings import parse_finding_ids

    findings = parse_finding_ids(CASE_OF_LIST, release_assistant.graph.ontology)
    differential = release_assistant.diagnose(findings, person=demographics_of("MALE", "P24Y"))
    case = case_of(release_assistant.sources, differential, ())
    wrong = [q.question for q in load_questions() if not is_read_right(q, case)]
    assert len(wrong) <= 5, wrong
