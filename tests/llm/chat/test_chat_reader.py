"""A language model as a reader: what it adds, where it came from, and what stays when it fails."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kg.graph import KnowledgeGraph
from llm.assistant import DiagnosisAssistant
from llm.chat.protocol import Rung
from llm.chat.reader import LEFT_OUT, NO_ANSWER, NO_EVIDENCE, STOPPED, UNREADABLE, ChatReader
from llm.grounding import ALREADY_SAID
from llm.reader import RankingReader
from llm.schema import Differential, OpenQuestion
from retrieval.candidates import FusionRanker
from retrieval.lexicon import Lexicon
from tests.llm.chat.scripted import ScriptedModel
from tests.toy import (
    ALPHA,
    BRITTLE,
    GAMMA,
    RED_STRIPED,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    build_extractor,
    linear_fusion,
    patient,
)

PATIENT = patient(VERY_LARGE, no=[BRITTLE])
"""D1 is Alpha, D2 Gamma; F1 is Very large zorb, F2 Brittle flim."""
CLAIM = {
    "disease": "D1",
    "finding": "F1",
    "supports": True,
    "evidence": ["E2"],
    "text": "F1 is seen in 7 of 8 patients",
}
ANSWER = json.dumps({"claims": [CLAIM], "ranking": ["D2"], "summary": "F1 fits D1, seen in 7 of 8 patients [E2]."})


@pytest.fixture(scope="module")
def assistant(toy_graph: KnowledgeGraph) -> DiagnosisAssistant:
    extractor = build_extractor(toy_graph)
    ranker = FusionRanker(extractor, linear_fusion(log_lr=0.5, case_largest=2.0))
    return DiagnosisAssistant(extractor.model, ranker, Lexicon(toy_graph.ontology), None)


@pytest.fixture(scope="module")
def plain(assistant: DiagnosisAssistant) -> Differential:
    return assistant.diagnose(PATIENT)


def notes_of(differential: Differential) -> tuple[str, ...]:
    assert differential.commentary is not None
    return differential.commentary.notes


def test_without_a_model_there_is_no_commentary(plain: Differential):
    assert plain.commentary is None
    assert [d.disease_id for d in plain.diagnoses][:2] == [ALPHA, GAMMA]


@pytest.mark.parametrize("rung", [r for r in Rung if r is not Rung.READER])
def test_what_the_model_adds(assistant: DiagnosisAssistant, plain: Differential, rung: Rung):
    """Never below the reader: its ranking, probabilities and claims stay, and the model's come after them."""
    answer = assistant.diagnose(PATIENT, reader=ChatReader(ScriptedModel(ANSWER, rung=rung)))
    first = answer.diagnoses[0]
    (added,) = first.claims[len(plain.diagnoses[0].claims) :]
    assert replace(first, claims=first.claims[:-1]) == plain.diagnoses[0]
    assert answer.diagnoses[1:] == plain.diagnoses[1:]
    assert (added.text, added.evidence_ids, added.by_model) == (
        "Very large zorb is seen in 7 of 8 patients",
        ("E2",),
        True,
    )
    commentary = answer.commentary
    assert commentary is not None
    assert commentary.summary == "Very large zorb fits Alpha syndrome, type II, seen in 7 of 8 patients [E2]."
    assert (commentary.model, commentary.rung) == ("scripted-1", rung)
    assert (commentary.notes, answer.removed_claims) == ((), ())


def test_an_open_question_is_chosen_by_the_model_and_worded_here(assistant: DiagnosisAssistant):
    """X1 is what Alpha is expected to have; X2, what Gamma is."""
    model = ScriptedModel(json.dumps({"open_questions": ["X1", "X1", "X9"]}))
    answer = assistant.diagnose(patient(STRIPED), reader=ChatReader(model))
    assert answer.commentary is not None
    assert answer.commentary.questions == (
        OpenQuestion(term_id=VERY_LARGE, text="Very large zorb: present or absent?"),
    )
    assert notes_of(answer) == (
        "Left out of the language model's list of open questions, for they are not of this case: 1.",
    )


def test_versions_name_the_model(assistant: DiagnosisAssistant, plain: Differential):
    answer = assistant.diagnose(PATIENT, reader=ChatReader(ScriptedModel(ANSWER)))
    assert answer.versions == {**plain.versions, "reader": "ranking-1, scripted-1, prompt-1"}


@pytest.mark.parametrize("ranking", [[], ["D9"], ["measles"], ["D2", "D1"]])
def test_the_ranking_stays_the_readers(assistant: DiagnosisAssistant, plain: Differential, ranking: list[str]):
    text = json.dumps({"claims": [CLAIM], "ranking": ranking, "summary": ""})
    answer = assistant.diagnose(PATIENT, reader=ChatReader(ScriptedModel(text)))
    before = [(d.disease_id, d.rank, d.probability) for d in plain.diagnoses]
    assert [(d.disease_id, d.rank, d.probability) for d in answer.diagnoses] == before


def test_what_points_at_the_same_is_said_once(assistant: DiagnosisAssistant, plain: Differential):
    """The reader cites E1 and E2 for the same finding; a model's second claim on E2 adds nothing either."""
    claims = [CLAIM, {**CLAIM, "text": "F1 was found in 7 of 8 patients"}, {**CLAIM, "evidence": ["E1", "E2"]}]
    answer = assistant.diagnose(PATIENT, reader=ChatReader(ScriptedModel(json.dumps({"claims": claims}))))
    assert len(answer.diagnoses[0].claims) == len(plain.diagnoses[0].claims) + 1
    assert notes_of(answer) == (ALREADY_SAID.format(n=2),)


def test_a_bad_claim_does_not_stand_in_the_way_of_a_good_one(assistant: DiagnosisAssistant):
    claims = [{**CLAIM, "text": "F1 is measles"}, CLAIM]
    answer = assistant.diagnose(PATIENT, reader=ChatReader(ScriptedModel(json.dumps({"claims": claims}))))
    assert answer.diagnoses[0].claims[-1].text == "Very large zorb is seen in 7 of 8 patients"
    assert [r.claim.text for r in answer.removed_claims] == ["Very large zorb is measles"]


@pytest.mark.parametrize("breaks_after", [0, 40, len(ANSWER) - 1])
def test_a_server_that_dies(assistant: DiagnosisAssistant, plain: Differential, breaks_after: int):
    """Even where what came could have been read: the reader's answer stays, with one clear note."""
    answer = assistant.diagnose(PATIENT, reader=ChatReader(ScriptedModel(ANSWER, breaks_after=breaks_after)))
    assert answer.diagnoses == plain.diagnoses
    assert answer.commentary is not None
    assert (answer.commentary.rung, answer.commentary.summary) == (Rung.READER, "")
    reason = "the server at port 8000 closed the connection; start it again"
    assert notes_of(answer) == (NO_ANSWER.format(error=reason),)


@pytest.mark.parametrize("n_pieces", [0, 3])
def test_cancelled(assistant: DiagnosisAssistant, plain: Differential, n_pieces: int):
    handed: list[str] = []
    model = ScriptedModel(ANSWER, on_piece=handed.append)
    answer = assistant.diagnose(PATIENT, reader=ChatReader(model, is_cancelled=lambda: len(handed) >= n_pieces))
    assert answer.diagnoses == plain.diagnoses
    assert notes_of(answer) == (STOPPED,)
    assert len(handed) == n_pieces


def test_an_endless_answer_is_left(assistant: DiagnosisAssistant):
    handed: list[str] = []
    model = ScriptedModel("x" * 1_000_000, on_piece=handed.append)
    assert notes_of(assistant.diagnose(PATIENT, reader=ChatReader(model))) == (UNREADABLE,)
    assert sum(map(len, handed)) < 50_000


def test_a_model_without_room(assistant: DiagnosisAssistant, plain: Differential):
    model = ScriptedModel(ANSWER, context_size=256)
    answer = assistant.diagnose(PATIENT, reader=ChatReader(model))
    assert answer.diagnoses == plain.diagnoses
    (note,) = notes_of(answer)
    assert "does not fit into 171 tokens" in note
    assert model.asked == []


def test_a_narrow_model_says_what_it_did_not_see(assistant: DiagnosisAssistant, plain: Differential):
    model = ScriptedModel(ANSWER, context_size=860)
    answer = assistant.diagnose(PATIENT, reader=ChatReader(model))
    shown = sum(f"\n{e.evidence_id} " in model.asked[0][1].text for e in plain.evidence)
    assert 0 < shown < len(plain.evidence)
    note = LEFT_OUT.format(shown=shown, total=len(plain.evidence), what="pieces of evidence")
    assert note in notes_of(answer)


def test_nothing_to_weigh(assistant: DiagnosisAssistant, toy_graph: KnowledgeGraph):
    model = ScriptedModel(ANSWER)
    reading = ChatReader(model).read(toy_graph, PATIENT, ())
    assert (reading.diagnoses, reading.evidence) == ((), ())
    assert reading.commentary is not None
    assert (reading.commentary.rung, reading.commentary.notes) == (Rung.READER, (NO_EVIDENCE,))
    assert model.asked == []


def test_the_answer_has_at_most_a_third_of_the_context(assistant: DiagnosisAssistant):
    models = [ScriptedModel(ANSWER, context_size=n) for n in (3000, 8192)]
    for model in models:
        assistant.diagnose(PATIENT, reader=ChatReader(model))
    assert [m.max_tokens for m in models] == [[1000], [1024]]


def test_another_reader_behind_it(assistant: DiagnosisAssistant):
    class Other(RankingReader):
        version = "other-1"

    reader = ChatReader(ScriptedModel(""), Other())
    assert reader.version == "other-1, scripted-1, prompt-1"


def test_the_assistants_own_reader_may_be_a_model(toy_graph: KnowledgeGraph):
    extractor = build_extractor(toy_graph)
    ranker = FusionRanker(extractor, linear_fusion(log_lr=0.5))
    reader = ChatReader(ScriptedModel(ANSWER))
    own = DiagnosisAssistant(extractor.model, ranker, Lexicon(toy_graph.ontology), None, reader)
    answer = own.diagnose(patient(VERY_LARGE, RED_STRIPED, WOBBLING))
    assert answer.commentary is not None
    assert own.versions["reader"] == answer.versions["reader"] == reader.version
