"""The count of claims that resolve: what it counts, and that it would see a claim that does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.citations import READER, CitationCheck, check_cases, summarise
from evaluation.schema import Case
from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.assistant import DiagnosisAssistant
from llm.chat.reader import ChatReader
from llm.reader import RankingReader, Reading
from llm.schema import Claim, Differential
from retrieval.candidates import FusionRanker
from retrieval.cases import build_library, series_of
from retrieval.lexicon import Lexicon
from retrieval.schema import Candidate
from tests.evaluation.store import cases_of_store
from tests.fakes import WordPairEmbedder
from tests.llm.chat.scripted import ScriptedModel
from tests.toy import build_extractor, linear_fusion

STORY = "A very large zorb with stripes: striped zorb. No brittle flim."
GOOD = {"disease": "D1", "finding": "F1", "supports": True, "evidence": ["E2"], "text": "F1 is seen in 7 of 8 patients"}
BAD = {**GOOD, "text": "F1 is seen in measles"}
SUMMARY = "F1 fits D1, seen in 7 of 8 patients [E2]. It is measles [E2]."


@pytest.fixture(scope="module")
def assistant(toy_graph: KnowledgeGraph) -> DiagnosisAssistant:
    extractor = build_extractor(toy_graph)
    library = build_library(series_of(toy_graph), WordPairEmbedder(), toy_graph.ontology)
    ranker = FusionRanker(extractor, linear_fusion(log_lr=0.5, case_largest=2.0))
    return DiagnosisAssistant(extractor.model, ranker, Lexicon(toy_graph.ontology), library)


@pytest.fixture(scope="module")
def check(toy_graph: KnowledgeGraph) -> CitationCheck:
    return CitationCheck(toy_graph)


@pytest.fixture(scope="module")
def answer(assistant: DiagnosisAssistant) -> Differential:
    """With a model's claim and sentence among the reader's claims."""
    model = ScriptedModel(json.dumps({"claims": [BAD, GOOD], "ranking": ["D1"], "summary": SUMMARY}))
    return assistant.diagnose(assistant.find_findings(STORY), reader=ChatReader(model))


def test_the_readers_own_claims_are_counted_and_resolve(assistant: DiagnosisAssistant, check: CitationCheck):
    plain = assistant.diagnose(assistant.find_findings(STORY))
    checked = check.check("a", plain)
    assert checked.n_shown == sum(len(d.claims) for d in plain.diagnoses) == 9
    assert (checked.n_by_model, checked.faults, checked.removed, checked.rung) == (0, (), {}, READER)


def test_a_models_claims_and_sentences_are_counted_and_its_inventions_too(answer: Differential, check: CitationCheck):
    checked = check.check("a", answer, 1.23456)
    assert checked.n_shown == sum(len(d.claims) for d in answer.diagnoses) + 1
    assert (checked.n_by_model, checked.faults, checked.rung, checked.seconds) == (2, (), "plain", 1.235)
    assert checked.removed == {
        "its text says ..., which the evidence does not": 1,
        "it says ..., which the evidence does not": 1,
    }
    told = summarise([checked, checked])
    assert (told["shown"], told["resolving"]) == (2 * checked.n_shown, 2 * checked.n_shown)
    assert (told["shown, in a model's words"], told["removed"], told["rungs"]) == (4, 4, {"plain": 2})


def spoilt(answer: Differential, claim: Claim, **changed: object) -> Differential:
    """The answer with this one claim changed, as if nobody had checked it."""
    changed_claim = replace(claim, **changed)  # type: ignore[arg-type]
    diagnoses = tuple(
        replace(d, claims=tuple(changed_claim if c is claim else c for c in d.claims)) for d in answer.diagnoses
    )
    return replace(answer, diagnoses=diagnoses)


def test_what_does_not_resolve_is_seen(answer: Differential, check: CitationCheck):
    first, second = answer.diagnoses[:2]
    (said,) = [c for c in first.claims if c.by_model]
    elsewhere = next(
        c for c in second.claims if not set(c.evidence_ids) & {i for d in first.claims for i in d.evidence_ids}
    )
    other_finding = next(c for c in first.claims if c.term_id not in (said.term_id, None))
    for changed, says in (
        ({"evidence_ids": ("E99",)}, "cites E99"),
        ({"evidence_ids": ()}, "cites nothing"),
        ({"evidence_ids": elsewhere.evidence_ids}, f"cites another disease than {first.disease_id}"),
        ({"disease_id": second.disease_id}, f"cites another disease than {first.disease_id}"),
        ({"term_id": other_finding.term_id}, "E2 is not about"),
        ({"supports": False}, "E2 points the other way"),
        ({"text": "Very large zorb is seen in 8 of 8 patients and 9"}, "says 9"),
        ({"text": 'Very large zorb is "a sure sign"'}, "quotes 'a sure sign'"),
    ):
        checked = check.check("a", spoilt(answer, said, **changed))
        assert len(checked.faults) == 1
        assert checked.faults[0].startswith(says)
        assert summarise([checked])["resolving"] == checked.n_shown - 1


def test_evidence_that_no_source_states_is_seen(answer: Differential, check: CitationCheck, toy_graph: KnowledgeGraph):
    for evidence in answer.evidence:
        citing = sum(evidence.evidence_id in c.evidence_ids for d in answer.diagnoses for c in d.claims)
        if evidence.association is None:
            forged = replace(evidence, provenance=(replace(evidence.provenance[0], reference="PMID:1"),))
            says = "is no published case"
        else:
            forged = replace(
                evidence, association=replace(evidence.association, excluded=not evidence.association.excluded)
            )
            says = "is no statement of the graph"
        changed = replace(answer, evidence=tuple(forged if e is evidence else e for e in answer.evidence))
        faults = [f for f in check.check("a", changed).faults if says in f]
        assert len(faults) >= citing > 0


def test_sentences_that_cite_nothing_are_seen(answer: Differential, check: CitationCheck):
    assert answer.commentary is not None
    for summary, says in (
        ("It is measles.", "a sentence cites nothing"),
        ("It is measles [E99].", "a sentence cites E99"),
        ("It is seen in 99 of 99 [E2].", "says 99"),
    ):
        told = replace(answer, commentary=replace(answer.commentary, summary=summary))
        assert check.check("a", told).faults == (says,)


class CountingReader(RankingReader):
    """Counts the patients that it was shown."""

    n_read = 0

    def read(self, graph: KnowledgeGraph, findings: Sequence[Finding], candidates: Sequence[Candidate]) -> Reading:
        self.n_read += 1
        return super().read(graph, findings, candidates)


def test_a_count_that_was_cut_off_goes_on(assistant: DiagnosisAssistant, toy_graph: KnowledgeGraph, tmp_path: Path):
    cases: tuple[Case, ...] = cases_of_store(toy_graph)
    file, reader = tmp_path / "predictions.jsonl", CountingReader()
    whole = check_cases(cases, assistant, reader, file)
    assert [c.case_id for c in whole] == [c.case_id for c in cases]
    assert all(c.n_shown > 0 and not c.faults for c in whole)
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:4]) + '{"case_id": "cut')
    assert [replace(c, seconds=0) for c in check_cases(cases, assistant, reader, file)] == [
        replace(c, seconds=0) for c in whole
    ]
    assert reader.n_read == len(cases) + len(cases) - 4
