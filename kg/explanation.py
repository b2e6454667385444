"""How a disease explains a patient's findings, statement by statement; no numbers are weighed here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import Association, Explanation, Finding, FindingMatch, Match

EXPECTED = 0.8
"""From this share of patients on, a finding is expected (HPO's "very frequent" begins here)."""


def explain(
    disease_id: str, associations: Sequence[Association], findings: Iterable[Finding], ontology: Ontology
) -> Explanation:
    """Match each finding against what is annotated.

    Args:
        disease_id: the disease, for the record.
        associations: phenotype statements of the disease and its equivalent entries.
        findings: the patient's, with current ids.
        ontology: the is-a hierarchy.
    """
    present = [a for a in associations if not a.excluded]
    absent = [a for a in associations if a.excluded]
    findings = tuple(findings)
    implying = _implying(findings, present, ontology)
    matches = tuple(_match(f, implying[f.term_id], present, absent, ontology) for f in findings)
    mentioned = {t for f in findings for t in ontology.ancestors(f.term_id)}
    mentioned.update(a.term_id for of_finding in implying.values() for a in of_finding)
    missing = [a for a in present if _is_expected(a) and a.term_id not in mentioned]
    unique: dict[str, Association] = {}
    for a in sorted(missing, key=_telling, reverse=True):
        unique.setdefault(a.term_id, a)
    most_specific = ontology.most_specific(unique)
    return Explanation(disease_id=disease_id, matches=matches, missing=tuple(unique[t] for t in most_specific))


def _implying(
    findings: Sequence[Finding], present: Sequence[Association], ontology: Ontology
) -> defaultdict[str, list[Association]]:
    """By the term of a finding: what is stated of it, or of something more specific."""
    told = {f.term_id for f in findings}
    implying: defaultdict[str, list[Association]] = defaultdict(list)
    for association in present:
        for term_id in told & ontology.ancestors(association.term_id):
            implying[term_id].append(association)
    return implying


def _match(
    finding: Finding,
    implying: Sequence[Association],
    present: Sequence[Association],
    absent: Sequence[Association],
    ontology: Ontology,
) -> FindingMatch:
    term_id, above = finding.term_id, ontology.ancestors(finding.term_id)
    exact = [a for a in implying if a.term_id == term_id]
    specific = [a for a in implying if a.term_id != term_id]
    not_seen = [a for a in absent if a.term_id in above]
    if finding.excluded:
        if exact or specific:
            return _found(finding, Match.CONTRADICTED, exact or specific)
        return _found(finding, Match.AGREED_ABSENT if not_seen else Match.NEUTRAL, not_seen)
    if exact or specific:
        return _found(finding, Match.EXACT if exact else Match.SPECIFIC, exact or specific)
    if not_seen:
        return _found(finding, Match.CONTRADICTED, not_seen)
    general = _nearest_above(finding, present, ontology)
    return _found(finding, Match.GENERAL if general else Match.UNEXPLAINED, general)


def _found(finding: Finding, match: Match, associations: Iterable[Association]) -> FindingMatch:
    best_first = tuple(sorted(associations, key=_telling, reverse=True))
    return FindingMatch(finding=finding, match=match, associations=best_first)


def _nearest_above(finding: Finding, present: Sequence[Association], ontology: Ontology) -> list[Association]:
    """Annotations of the nearest more general terms; an organ system alone ("abnormality of the eye") says nothing."""
    too_general = {ROOT, PHENOTYPIC_ABNORMALITY, *ontology.top_level}
    above = ontology.ancestors(finding.term_id) - too_general
    candidates = [a for a in present if a.term_id in above]
    nearest = set(ontology.most_specific(a.term_id for a in candidates))
    return [a for a in candidates if a.term_id in nearest]


def _is_expected(association: Association) -> bool:
    frequency = association.frequency
    return frequency is not None and frequency.low >= EXPECTED and (frequency.m is None or frequency.m > 1)


def _telling(association: Association) -> tuple[bool, float, int, str]:
    """Sort key: counted statements of publications before bare ones, the more frequent and the larger series first."""
    frequency = association.frequency
    if frequency is None:
        return (False, 0.0, 0, association.provenance[0].reference)
    return (True, frequency.midpoint, frequency.m or 0, association.provenance[0].reference)
