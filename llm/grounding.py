"""Every citation resolved, or removed and listed.

A claim may be shown only if each citation names evidence that exists, is about the claim's disease, speaks of the
claim's finding, and says what the claim says (for or against). Nobody is trusted: the project's own reader passes
through here like any language model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.schema import Claim, Diagnosis, RemovedClaim
from retrieval.schema import Evidence, EvidenceKind


def ground(
    diagnoses: Iterable[Diagnosis], evidence: Sequence[Evidence], findings: Sequence[Finding], graph: KnowledgeGraph
) -> tuple[tuple[Diagnosis, ...], tuple[RemovedClaim, ...]]:
    """Diagnoses with the claims that hold, and the claims that were taken out with their reasons.

    A claim of which some citations fail is removed whole: what it says rests on all of them.
    """
    by_id = {e.evidence_id: e for e in evidence}
    patient = {graph.ontology.current_id(f.term_id): f for f in findings}
    grounded, removed = [], []
    for diagnosis in diagnoses:
        kept = []
        for claim in diagnosis.claims:
            reason = fault(claim, diagnosis, by_id, patient, graph)
            if reason is None:
                kept.append(claim)
            else:
                removed.append(RemovedClaim(claim=claim, reason=reason))
        grounded.append(replace(diagnosis, claims=tuple(kept)))
    return tuple(grounded), tuple(removed)


def fault(
    claim: Claim,
    diagnosis: Diagnosis,
    evidence: Mapping[str, Evidence],
    patient: Mapping[str, Finding],
    graph: KnowledgeGraph,
) -> str | None:
    """Why a claim cannot be shown; None if it holds."""
    if claim.disease_id not in (diagnosis.disease_id, *diagnosis.equivalent_ids):
        return f"it is about {claim.disease_id}, not about {diagnosis.disease_id}"
    if claim.disease_id not in graph.diseases:
        return f"{claim.disease_id} is not a disease of the graph"
    if claim.term_id is not None and claim.term_id not in graph.ontology:
        return f"{claim.term_id} is not a term of the graph"
    if not claim.evidence_ids:
        return "it cites nothing"
    for evidence_id in claim.evidence_ids:
        cited = evidence.get(evidence_id)
        if cited is None:
            return f"{evidence_id} does not exist"
        if cited.disease_id not in graph.equivalents(claim.disease_id):
            return f"{evidence_id} is about {cited.disease_id}"
        reason = _fault_of_citation(claim, cited, patient, graph)
        if reason is not None:
            return f"{evidence_id} {reason}"
    return None


def _fault_of_citation(
    claim: Claim, cited: Evidence, patient: Mapping[str, Finding], graph: KnowledgeGraph
) -> str | None:
    """Why evidence about the right disease does not bear the claim."""
    if claim.term_id is None:
        return _fault_of_whole_case(claim, cited, patient, graph)
    term_id = graph.ontology.current_id(claim.term_id)
    if not any(_are_related(t, term_id, graph) for t in cited.term_ids):
        return f"does not speak of {term_id}"
    finding = patient.get(term_id)
    if finding is None:
        return _fault_of_expectation(claim, term_id, cited, patient, graph)
    if (finding.excluded == _says_absent(cited)) != claim.supports:
        return "says the opposite of the claim"
    if not claim.supports and not _contradicts(finding, cited, graph):
        return f"does not rule out what is said of {term_id}"
    return None


def _fault_of_whole_case(
    claim: Claim, cited: Evidence, patient: Mapping[str, Finding], graph: KnowledgeGraph
) -> str | None:
    """A claim that names no finding says: this published case is like the patient."""
    if cited.kind is EvidenceKind.ANNOTATION:
        return "is about one finding, and the claim names none"
    if not claim.supports:
        return "says the opposite of the claim"
    present = [t for t, f in patient.items() if not f.excluded]
    if not any(_are_related(t, mine, graph) for t in cited.term_ids for mine in present):
        return "shares no finding with the patient"
    return None


def _fault_of_expectation(
    claim: Claim, term_id: str, cited: Evidence, patient: Mapping[str, Finding], graph: KnowledgeGraph
) -> str | None:
    """A claim about what the patient was not said to have can only say: expected, and not mentioned."""
    if claim.supports:
        return f"is cited for {term_id}, which the patient was not said to have"
    if any(term_id in graph.ontology.ancestors(t) for t, f in patient.items() if not f.excluded):
        return f"is cited for the lack of {term_id}, which the patient's findings imply"
    return "does not say that it is expected" if _says_absent(cited) else None


def _says_absent(cited: Evidence) -> bool:
    return cited.association is not None and cited.association.excluded


def _contradicts(finding: Finding, cited: Evidence, graph: KnowledgeGraph) -> bool:
    """Who lacks a term lacks all that is more specific; who has one has all that is more general."""
    ontology = graph.ontology
    mine = ontology.current_id(finding.term_id)
    if finding.excluded:
        return any(mine in ontology.ancestors(t) for t in cited.term_ids)
    return any(t in ontology.ancestors(mine) for t in cited.term_ids)


def _are_related(one: str, other: str, graph: KnowledgeGraph) -> bool:
    return one in graph.ontology.ancestors(other) or other in graph.ontology.ancestors(one)
