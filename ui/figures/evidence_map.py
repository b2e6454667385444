"""What the picture of the evidence holds: findings, annotated terms, diseases, and the ways between them.

One way per finding and disease: through the annotated term that the first citation is about. A finding that a disease's
annotations do not speak of has no way to it. No places here; those are the business of ``evidence_graph``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.schema import Finding, Match
from llm.schema import Differential
from ui.figures.ranking import Shown, Weighed, shown_diagnoses

MAX_FINDINGS = 20
"""Findings in one picture: those that weigh most for one of the diseases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedTerm:
    """A term in the middle: the annotated one."""

    term_id: str
    finding: int | None
    """Index of the finding that is annotated as it is; None for a term above or below findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """From a finding through the annotated term to a disease, as indices."""

    finding: int
    term: int
    disease: int
    weighed: Weighed

    @property
    def is_more_specific(self) -> bool:
        """Whether the annotated term, where it is another one, lies below the finding; else above."""
        match = self.weighed.match
        return match.match is Match.SPECIFIC or (match.match is Match.CONTRADICTED and match.finding.excluded)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceMap:
    """Three layers and what ties them."""

    findings: tuple[Finding, ...]
    n_left_out: int
    """Findings of the patient that are not in the picture."""
    terms: tuple[AnnotatedTerm, ...]
    diseases: tuple[Shown, ...]
    """In the order of their ranks."""
    ways: tuple[Way, ...]


def map_evidence(differential: Differential, n_diseases: int) -> EvidenceMap:
    """The evidence on the first diagnoses; empty where there are none."""
    diseases = shown_diagnoses(differential, n_diseases)
    rows = range(len(diseases[0].findings)) if diseases else range(0)
    telling = sorted(rows, key=lambda row: (-_weight(row, diseases), row))[:MAX_FINDINGS]
    kept = sorted(telling)
    terms: dict[AnnotatedTerm, int] = {}
    ways = []
    for finding, row in enumerate(kept):
        for disease, shown in enumerate(diseases):
            weighed = shown.findings[row]
            if weighed.match.associations:
                term = terms.setdefault(_term_of(weighed, finding), len(terms))
                ways.append(Way(finding=finding, term=term, disease=disease, weighed=weighed))
    return EvidenceMap(
        findings=tuple(diseases[0].findings[row].match.finding for row in kept),
        n_left_out=len(rows) - len(kept),
        terms=tuple(terms),
        diseases=diseases,
        ways=tuple(ways),
    )


def _weight(row: int, diseases: Sequence[Shown]) -> float:
    return max(abs(shown.findings[row].log_lr) for shown in diseases)


def _term_of(weighed: Weighed, finding: int) -> AnnotatedTerm:
    term_id = weighed.match.associations[0].term_id
    is_itself = term_id == weighed.match.finding.term_id
    return AnnotatedTerm(term_id=term_id, finding=finding if is_itself else None)
