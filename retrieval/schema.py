"""Records of retrieval: what matters for this patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from kg.common_schema import Urgency
from kg.schema import Association, Explanation, Match, Provenance
from retrieval.passages import Passage
from retrieval.risk_factors import PresentRisk

Ranking: TypeAlias = tuple[Sequence[int], Sequence[float]]
"""Diseases as indices into the likelihood model's groups, best first, and their log-probabilities."""


class ReaderName(StrEnum):
    """What weighs the candidates."""

    TRANSFORMER = "transformer"  # reads the evidence on each; needs torch and transformers
    GRAPH = "graph"  # the fusion of graph and cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one finding has to do with one disease."""

    term_id: str
    """The patient's finding."""
    excluded: bool
    weight: float
    """How much it speaks for the disease, in nats; below 0: against. By which measure, the ranker says."""
    log_lr: float
    """The same by likelihoods alone, the graph's or those of the setting: these add up over the findings."""
    match: Match


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedTerm:
    """A finding of a case or series."""

    term_id: str
    n: int | None = None
    """Patients with it, of ``m``; both None for a single patient or where the source gives no counts."""
    m: int | None = None

    @property
    def share(self) -> float:
        """Of the patients that have it, 0..1."""
        return 1.0 if self.n is None or not self.m else self.n / self.m


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCase:
    """A published patient, or a series of patients with one disease in one publication."""

    case_id: str
    disease_id: str
    provenance: Provenance
    present: tuple[CountedTerm, ...]
    """Findings seen, the most frequent first."""
    absent: tuple[CountedTerm, ...] = ()
    """Findings looked for and not seen."""
    is_series: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHit:
    """A published case that resembles the patient."""

    case: PublishedCase
    similarity: float
    """Cosine of the embeddings, -1..1."""
    shared_term_ids: tuple[str, ...]
    """Findings that the patient and the case have in common: of two related terms the more general one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageHit:
    """A passage about a disease that has words of the patient's story."""

    passage: Passage
    words: tuple[str, ...]
    """As the passage has them, those first that weigh most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A disease that may explain the patient."""

    disease_id: str
    """Id shown first; equivalent entries of other sources are in ``equivalent_ids``."""
    name: str
    rank: int
    """1 is the most likely."""
    score: float
    """Natural log of the probability by which the ranking orders."""
    probability: float
    """Calibrated, over all diseases and "none of these", 0..1."""
    log_prior: float
    """What the ranking adds for how common the disease is in that sex, in nats; 0 where no source says."""
    contributions: tuple[Contribution, ...]
    explanation: Explanation
    equivalent_ids: tuple[str, ...] = ()
    """Every id of this disease, ``disease_id`` first."""
    cases: tuple[CaseHit, ...] = ()
    risks: tuple[PresentRisk, ...] = ()
    """Findings and circumstances that are risk factors of the disease, where the ranking counts them as such."""
    log_history: float = 0.0
    """What the ranking adds for circumstances that a story tells, in nats, as ``log_prior``; never below 0."""
    log_text: float = 0.0
    """What the ranking adds for the story's own words, in nats, as ``log_prior``; never below 0."""
    passages: tuple[PassageHit, ...] = ()
    """Where these words stand; empty where nothing is added."""

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise ValueError(f"ranks start at 1, got {self.rank}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """A finding that makes a condition a matter of hours."""

    term_id: str
    label: str
    provenance: Provenance
    """The table that flags it, with the page or entry that says it belongs to the condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentCondition:
    """A condition that must not be missed, and that the patient's findings allow."""

    disease_id: str
    name: str
    urgency: Urgency
    probability: float
    """As the ranking has it, 0..1."""
    present: tuple[RedFlag, ...]
    """Red flags that the patient has."""
    to_ask: tuple[RedFlag, ...]
    """Red flags of which nothing is said, the commonest first."""


class EvidenceKind(StrEnum):
    """What a piece of evidence is."""

    ANNOTATION = "annotation"
    CASE = "case"
    PASSAGE = "passage"
    DEFINITION = "definition"  # what a term means
    FACT = "fact"  # what is known of a disease beside its findings: genes, inheritance, course, how common it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One numbered piece of evidence that a claim can cite."""

    evidence_id: str
    """``E1``, ``E2`` ... in the order of first use."""
    kind: EvidenceKind
    text: str
    disease_id: str
    """The disease that this evidence is about, as the source names it; empty for a term's definition."""
    term_ids: tuple[str, ...]
    """The HPO terms that the source states, for grounding."""
    provenance: tuple[Provenance, ...]
    score: float = 0.0
    association: Association | None = None
    """The annotation behind an ``annotation``; None for cases and passages."""
    case: PublishedCase | None = None
    """The case or series behind a ``case``; None for annotations and passages."""

    @property
    def reference(self) -> str:
        """All references, e.g. ``PMID:9792883; PMID:34778139``."""
        return "; ".join(p.reference for p in self.provenance)

    @property
    def url(self) -> str | None:
        """Page of the first reference that has one."""
        return next((p.url for p in self.provenance if p.url), None)
