"""Treatments and risk for one patient, as the command line, programs and pages ask for them.

``read_case`` puts the patient together, ``review_treatments`` and ``review_risk`` answer; ``ui.care_json`` and
``ui.care_view`` show. Nothing here decides: it is what the sources say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kg.errors import UsageError
from kg.graph import KnowledgeGraph
from kg.schema import Finding
from kg.scores import Assessment, Band
from kg.sources.scores import ScoreTable, load_scores
from kg.treatments import TreatmentKnowledge, TreatmentReview
from retrieval.demographics import Demographics
from retrieval.findings import Statement, patient_findings
from retrieval.patient import PatientRecord, family_terms, read_patient
from retrieval.risk import DiseaseRisk, FilledInput, assess_scores, fill_inputs, match_risks, offered_scores

MORE_SOURCES = (
    "treatments and tests of further sources are not in this graph: "
    "citedx data pull pharmacotherapydb maxo hetionet ddxplus medquad, then --sources all"
)
"""What to do where the graph was built without them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReview:
    """The patient's risk factors by disease, and published scores."""

    patient: PatientRecord
    risks: tuple[DiseaseRisk, ...]
    n_risks: int
    """Of how many diseases, shown or not."""
    assessments: tuple[Assessment, ...]
    inputs: Mapping[str, FilledInput]
    """What is known of what scores ask, by name."""


@lru_cache(maxsize=2)
def knowledge_of(graph: KnowledgeGraph) -> TreatmentKnowledge:
    """What is known about treatments beside a graph; loaded once."""
    return TreatmentKnowledge.load(graph)


def read_case(
    graph: KnowledgeGraph,
    *,
    findings: Sequence[Finding] = (),
    family: Iterable[Finding] = (),
    person: Demographics,
    story: str = "",
    statements: Sequence[Statement] = (),
    given: Iterable[str] = (),
    pregnant: bool | None = None,
) -> PatientRecord:
    """A patient, from findings or from the statements of a story.

    Args:
        graph: whose terms the findings are.
        findings: where there is no story.
        family: what relatives have, where there is no story.
        person: age and sex.
        story: the text that the statements were read from.
        statements: all that it says, of relatives too.
        given: further diseases, findings, circumstances or medicines, by name.
        pregnant: whether she is, where that was said.
    """
    return read_patient(
        [*patient_findings(statements, graph.ontology), *findings],
        person,
        knowledge_of(graph),
        story=story,
        family={*family_terms(statements), *(f.term_id for f in family)},
        given=given,
        pregnant=pregnant,
    )


def parse_values(texts: Iterable[str]) -> dict[str, str]:
    """Inputs of scores as typed, ``urea=9.2``: name -> value. Raises UsageError."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise UsageError(f"a value of a score is NAME=VALUE, such as urea=9.2; got {text[:40]!r}")
        if name in pairs:
            raise UsageError(f"{name[:40]} is given twice: {pairs[name][:40]} and {value[:40]}")
        pairs[name] = value
    return pairs


def review_treatments(graph: KnowledgeGraph, disease: str, patient: PatientRecord) -> TreatmentReview:
    """What the sources say about treating a disease in a patient. Raises UnknownIdError."""
    knowledge = knowledge_of(graph)
    return knowledge.review(knowledge.find_disease(disease), patient.told, patient.unknown)


def review_risk(
    graph: KnowledgeGraph,
    patient: PatientRecord,
    *,
    given: Mapping[str, str],
    scores: Iterable[str] = (),
    k: int,
    table: ScoreTable | None = None,
) -> RiskReview:
    """Risk factors and scores of a patient.

    Args:
        graph: what is known.
        patient: see ``read_case``.
        given: inputs of scores, as typed.
        scores: ids or names; none: those that the patient's findings or circumstances bring up.
        k: number of diseases.
        table: of scores; default: the bundled one.

    Raises:
        UnknownIdError, UsageError: a score or an input is none, or a value is out of range.
    """
    table = table or load_scores()
    knowledge = knowledge_of(graph)
    inputs = fill_inputs(patient, knowledge, table, given)
    chosen = [table.score(name) for name in scores] or list(offered_scores(patient, knowledge, table))
    risks = match_risks(patient, knowledge)
    return RiskReview(
        patient=patient,
        risks=risks[:k],
        n_risks=len(risks),
        assessments=assess_scores(chosen, inputs),
        inputs=inputs,
    )


def word_band(band: Band) -> str:
    """Points, and what a publication says of them: "3 to 5: high, 4.2 %, n = 718"."""
    span = f"{band.low:g}" if band.low == band.high else f"{band.low:g} to {band.high:g}"
    risk = "" if band.risk is None else f"{band.risk:g} %"
    between = "" if band.interval is None else f"95 % interval {band.interval[0]:g} to {band.interval[1]:g}"
    n = "" if band.n is None else f"n = {band.n:,}"
    return f"{span}: " + ", ".join(part for part in (band.label, risk, between, n) if part)
