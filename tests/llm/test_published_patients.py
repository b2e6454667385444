"""Two hundred published patients through the whole sequence: every claim is checked against the graph itself.

The check is written without ``llm.grounding``: it asks the graph and the case records what they say.
"""

import random
from dataclasses import replace
from typing import NamedTuple

import pytest

from kg.datasets import data_folder
from kg.graph import KnowledgeGraph
from kg.schema import Association, Finding, Patient
from kg.sources.phenopackets import load_phenopackets
from llm.assistant import DiagnosisAssistant
from llm.schema import Claim, Diagnosis, Differential
from retrieval.cases import series_of
from retrieval.schema import Evidence, EvidenceKind, PublishedCase

pytestmark = [pytest.mark.data, pytest.mark.release]

N_PATIENTS = 200
SEED = 20261123


class Answer(NamedTuple):
    patient: Patient
    findings: tuple[Finding, ...]
    """With current ids; those that the ontology does not know are left out."""
    differential: Differential


@pytest.fixture(scope="module")
def patients() -> list[Patient]:
    read = load_phenopackets(data_folder() / "phenopackets" / "all_phenopackets.zip").patients
    return random.Random(SEED).sample(sorted(read, key=lambda p: p.patient_id), N_PATIENTS)  # noqa: S311


@pytest.fixture(scope="module")
def answers(release_assistant: DiagnosisAssistant, patients: list[Patient]) -> list[Answer]:
    graph, found = release_assistant.graph, []
    for patient in patients:
        known = [f for f in patient.findings if f.term_id in graph.ontology]
        current = [replace(f, term_id=graph.ontology.current_id(f.term_id)) for f in known]
        findings = tuple({f.term_id: f for f in current}.values())
        found.append(Answer(patient, findings, release_assistant.diagnose(findings)))
    return found


@pytest.fixture(scope="module")
def series(release_assistant: DiagnosisAssistant) -> dict[str, PublishedCase]:
    return {s.case_id: s for s in series_of(release_assistant.graph)}


def how_often(association: Association) -> str:
    """What may be said of the frequency, written a second time and from the fields alone."""
    f, who = association.frequency, "patients" if association.sex is None else f"{association.sex.lower()} patients"
    bare = "" if association.sex is None else f" in {who}"
    counted = who[:-1] if f is not None and f.m == 1 else who
    if association.excluded:
        return f"reported absent (0 of {f.m} {counted})" if f is not None and f.n == 0 else f"reported absent{bare}"
    if f is None:
        return f"reported{bare}"
    if f.n is not None:
        return f"seen in {f.n} of {f.m} {counted}"
    label = f" ({f.label.lower()})" if f.label else ""
    share = f"{100 * f.low:.0f}%" if f.low == f.high else f"{100 * f.low:.0f}% to {100 * f.high:.0f}%"
    return f"seen in {share} of {who}{label}"


def what_is_wrong_with_a_finding_claim(
    claim: Claim, cited: list[Association], patient: dict[str, bool], graph: KnowledgeGraph
) -> str | None:
    """A claim's words against the statements that it cites; ``patient`` maps terms to whether they are excluded."""
    first, term_id = cited[0], claim.term_id
    assert term_id is not None
    equal = first.term_id == term_id
    name, annotated = graph.ontology.name(term_id), "it" if equal else graph.ontology.name(first.term_id)
    above = first.term_id in graph.ontology.ancestors(term_id)
    below = term_id in graph.ontology.ancestors(first.term_id)
    is_excluded = patient.get(term_id)
    if any(a.excluded != first.excluded for a in cited):
        return "another polarity"
    # how the claim begins -> what must hold of the patient and the terms, and whether it supports
    wordings = {
        f"Expected and not mentioned: {name} is ": (is_excluded is None and equal and not first.excluded, False),
        f"{name} is absent here, and {annotated} is ": (
            is_excluded is True and (equal or above) and first.excluded,
            True,
        ),
        f"{name} is absent here, but {annotated} is ": (
            is_excluded is True and (equal or below) and not first.excluded,
            False,
        ),
        f"{name} is present here, but {annotated} is ": (
            is_excluded is False and (equal or above) and first.excluded,
            False,
        ),
        f"{name}: the more specific {annotated} is ": (is_excluded is False and below and not equal, True),
        f"{name}: the more general {annotated} is ": (is_excluded is False and above and not equal, True),
        f"{name} is ": (is_excluded is False and equal and not first.excluded, True),
    }
    for words, (holds, supports) in wordings.items():
        if claim.text == words + how_often(first):
            return None if holds and claim.supports == supports else f"said as {words!r}"
    return "said in no known words"


def what_is_wrong_with_a_case_claim(
    claim: Claim, case: PublishedCase, patient: dict[str, bool], graph: KnowledgeGraph
) -> str | None:
    who = "Published patients" if case.is_series else "A published patient"
    start = f"{who} with this disease had "
    if not claim.text.startswith(start) or not claim.supports:
        return "said in no known words"
    theirs = {above for t in case.present for above in graph.ontology.ancestors(t.term_id)}
    mine = {above for t, is_excluded in patient.items() if not is_excluded for above in graph.ontology.ancestors(t)}
    shared = {graph.ontology.name(t) for t in theirs & mine}
    left = claim.text.removeprefix(start)
    for name in sorted(shared, key=len, reverse=True):  # names may hold commas themselves
        left = left.replace(name, "")
    return None if not left.strip(", ") else f"not shared: {left}"


def what_is_wrong_with(
    claim: Claim,
    ids: set[str],
    evidence: dict[str, Evidence],
    patient: dict[str, bool],
    graph: KnowledgeGraph,
    series: dict[str, PublishedCase],
) -> str | None:
    """None if everything that the claim says and cites is found in the graph or in the case."""
    if not claim.evidence_ids or not set(claim.evidence_ids) <= set(evidence):
        return "cites what is not there"
    cited = [evidence[i] for i in claim.evidence_ids]
    if not {claim.disease_id, *(e.disease_id for e in cited)} <= ids:
        return "another disease"
    if claim.term_id is None:
        (only,) = cited
        case = series.get(f"{only.disease_id}|{only.reference}")
        if case is None or only.kind is not EvidenceKind.CASE or case.disease_id != only.disease_id:
            return "no such case"
        return what_is_wrong_with_a_case_claim(claim, case, patient, graph)
    associations = [e.association for e in cited if e.association is not None]
    if len(associations) != len(cited) or any(a not in graph.findings_of(a.disease_id) for a in associations):
        return "no such statement"
    if any(e.provenance != a.provenance or not a.provenance for e, a in zip(cited, associations, strict=True)):
        return "another reference"
    if any(how_often(a) not in e.text for e, a in zip(cited, associations, strict=True)):
        return "evidence with another frequency"
    return what_is_wrong_with_a_finding_claim(claim, associations, patient, graph)


class Checker:
    """Looks for what is wrong with the claims of one answer."""

    def __init__(self, answer: Answer, graph: KnowledgeGraph, series: dict[str, PublishedCase]) -> None:
        self.evidence = {e.evidence_id: e for e in answer.differential.evidence}
        assert len(self.evidence) == len(answer.differential.evidence)
        self.said = {f.term_id: f.excluded for f in answer.findings}
        self.graph = graph
        self.series = series

    def fault(self, claim: Claim, diagnosis: Diagnosis) -> str | None:
        ids = {diagnosis.disease_id, *diagnosis.equivalent_ids}
        return what_is_wrong_with(claim, ids, self.evidence, self.said, self.graph, self.series)


def test_every_claim_says_what_its_evidence_says(
    release_assistant: DiagnosisAssistant,
    answers: list[Answer],
    series: dict[str, PublishedCase],
    capsys: pytest.CaptureFixture[str],
):
    wrong, n_claims = [], 0
    for answer in answers:
        assert answer.differential.removed_claims == ()
        checker = Checker(answer, release_assistant.graph, series)
        for diagnosis in answer.differential.diagnoses:
            for claim in diagnosis.claims:
                n_claims += 1
                fault = checker.fault(claim, diagnosis)
                if fault is not None:
                    wrong.append((answer.patient.patient_id, claim, fault))
    with capsys.disabled():
        print(f"\n{n_claims - len(wrong)} of {n_claims} claims about {len(answers)} published patients hold")
    assert wrong == []
    assert n_claims > 10 * len(answers)


def test_the_check_finds_what_is_wrong(
    release_assistant: DiagnosisAssistant, answers: list[Answer], series: dict[str, PublishedCase]
):
    """The first patients' claims, spoilt in every way that the check is there for."""
    for answer in answers[:5]:
        checker = Checker(answer, release_assistant.graph, series)
        first, second = answer.differential.diagnoses[:2]
        assert all(checker.fault(claim, second) is not None for claim in first.claims)
        elsewhere = second.claims[0].evidence_ids
        for claim in first.claims:
            for number, other in (
                ("1", "2"),
                ("8", "9"),
                ("patients", "women"),
                ("is ", "may be "),
                ("had ", "lacked "),
            ):
                spoilt = claim.text.replace(number, other)
                assert spoilt == claim.text or checker.fault(replace(claim, text=spoilt), first) is not None
            assert checker.fault(replace(claim, supports=not claim.supports), first) is not None
            assert checker.fault(replace(claim, evidence_ids=()), first) == "cites what is not there"
            assert checker.fault(replace(claim, evidence_ids=("E0",)), first) == "cites what is not there"
            assert checker.fault(replace(claim, evidence_ids=elsewhere), first) == "another disease"
            assert checker.fault(replace(claim, text=claim.text + ", often"), first) is not None


def test_the_published_diagnosis_is_found(answers: list[Answer], capsys: pytest.CaptureFixture[str]):
    """For orientation alone: counts, cases and weights rest on the very publications that describe the patients.

    ``citedx evaluate`` says how often the diagnosis of an unseen publication is found.
    """

    def rank(answer: Answer) -> int | None:
        gold = set(answer.patient.disease_ids)
        return next((d.rank for d in answer.differential.diagnoses if gold & set(d.equivalent_ids)), None)

    ranks = [rank(a) for a in answers]
    n_abstained = sum(a.differential.abstained is not None for a in answers)
    first, ten = sum(r == 1 for r in ranks) / len(ranks), sum(r is not None for r in ranks) / len(ranks)
    with capsys.disabled():
        print(f"\ntop-1 {first:.1%}, top-10 {ten:.1%}, n={len(ranks)}; abstained {n_abstained}")
    assert len(ranks) == N_PATIENTS
    assert ten > 0.5
