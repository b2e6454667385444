"""Records of the knowledge graph: what is known, how often, and who says so.

All records are frozen; ranges are checked in the constructor, so a record that exists is a valid one.
Nothing here reads files or knows about networkx.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from kg.curie import is_curie, url_of


class Predicate(StrEnum):
    """How a disease is tied to an HPO term; the letters are the aspects of ``phenotype.hpoa``."""

    PHENOTYPE = "has_phenotype"  # P
    INHERITANCE = "has_inheritance"  # I
    CLINICAL_COURSE = "has_clinical_course"  # C: onset, progression, mortality
    MODIFIER = "has_modifier"  # M
    PAST_HISTORY = "has_past_history"  # H


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who says so."""

    source: str
    """Name of the source, e.g. ``HPO annotations``."""
    version: str
    """Release of the source, e.g. ``2025-01-16``."""
    reference: str
    """Publication or entry as a CURIE, e.g. ``PMID:9792883``, ``OMIM:312750``; or the address of a page."""
    licence: str

    @property
    def url(self) -> str | None:
        """Web page of the reference, or None where its kind has no page (an ISBN)."""
        return url_of(self.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """How often a finding is seen in a disease: n of m patients, or the range that a frequency term stands for.

    Either both counts are given, or neither; ``low`` and ``high`` always hold a proportion in 0..1.
    """

    n: int | None = None
    """Patients with the finding."""
    m: int | None = None
    """Patients examined for it."""
    low: float
    high: float
    label: str = ""
    """Name of the HPO frequency term, e.g. ``Very frequent``; empty for counts and percentages."""

    def __post_init__(self) -> None:
        if (self.n is None) != (self.m is None):
            raise ValueError(f"a count needs both n and m, got n={self.n}, m={self.m}")
        if self.n is not None and self.m is not None and not (0 <= self.n <= self.m and self.m > 0):
            raise ValueError(f"expected 0 <= n <= m and m > 0, got {self.n}/{self.m}")
        if not 0.0 <= self.low <= self.high <= 1.0:
            raise ValueError(f"expected 0 <= low <= high <= 1, got {self.low}..{self.high}")
        if self.n is not None and self.m and not self.low == self.high == self.n / self.m:
            raise ValueError(f"{self.n} of {self.m} is no share of {self.low}..{self.high}")

    @classmethod
    def counts(cls, n: int, m: int) -> Frequency:
        """Frequency seen as n of m patients."""
        if m <= 0:
            raise ValueError(f"expected m > 0, got {n}/{m}")
        return cls(n=n, m=m, low=n / m, high=n / m)

    @property
    def midpoint(self) -> float:
        """Middle of the range, a proportion in 0..1."""
        return (self.low + self.high) / 2

    def __str__(self) -> str:
        if self.n is not None:
            return f"{self.n} of {self.m} patient" + ("" if self.m == 1 else "s")
        if self.low == self.high:
            share = f"{self.low:.0%} of patients"
        else:
            share = f"{self.low:.0%} to {self.high:.0%} of patients"
        return f"{share} ({self.label.lower()})" if self.label else share


@dataclass(frozen=True, slots=True, kw_only=True)
class Synonym:
    """Another wording of a term."""

    text: str
    scope: str = "EXACT"
    """``EXACT``, ``BROAD``, ``NARROW`` or ``RELATED``."""
    kind: str = ""
    """``layperson``, ``abbreviation``, ``plural_form``, ``uk_spelling`` ...; empty where the source gives none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A class of the ontology."""

    term_id: str
    name: str
    definition: str = ""
    synonyms: tuple[Synonym, ...] = ()
    parent_ids: tuple[str, ...] = ()
    alt_ids: tuple[str, ...] = ()
    """Older ids that now mean this term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disease:
    """A disease entry of one source (OMIM, Orphanet, DECIPHER, Mondo, the project's own table ...)."""

    disease_id: str
    name: str
    definition: str = ""
    parent_ids: tuple[str, ...] = ()
    """More general entries of the same source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossReference:
    """A source says that an entry is what another vocabulary calls by another id."""

    disease_id: str
    other_id: str
    """``OMIM:264300``, ``MESH:D001249``, ``UMLS:C0004096`` ..."""
    provenance: Provenance


class ConceptKind(StrEnum):
    """What a node is that is neither term, disease nor gene."""

    DRUG = "drug"
    ACTION = "medical action"  # therapies, procedures, tests, advice: what MAxO has a term for
    RISK_FACTOR = "risk factor"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A drug, a medical action, a risk factor, or a page about a disease."""

    concept_id: str
    """``DRUGBANK:DB00945``, ``MAXO:0000571``, ``DDXPLUS:E_79``, or the address of the page."""
    name: str
    kind: ConceptKind


class RelationKind(StrEnum):
    """What ties concepts to diseases and terms, from subject to object."""

    TREATS = "treats"  # drug or action -> disease
    PALLIATES = "palliates"  # drug or action -> disease: relieves, does not change its course
    PREVENTS = "prevents"  # drug or action -> disease
    NO_BENEFIT = "has_no_benefit_in"  # drug or action -> disease: a source looked at it and denies the use
    CONTRAINDICATED = "is_contraindicated_in"  # drug or action -> disease
    OBSERVES = "observes"  # action (a test) -> term
    OBSERVES_PRENATALLY = "observes_prenatally"  # action (a test) -> term
    RISK_FACTOR = "has_risk_factor"  # disease -> risk factor
    DESCRIBED_BY = "is_described_by"  # disease -> page
    FINDING = "has_finding"  # disease -> term: read from a page, and no annotation: it says not how often
    EXAMINES = "examines"  # action (a test) -> disease


TREATMENTS = (
    RelationKind.TREATS,
    RelationKind.PALLIATES,
    RelationKind.PREVENTS,
    RelationKind.NO_BENEFIT,
    RelationKind.CONTRAINDICATED,
)
"""What a drug or action can be to a disease; the last two speak against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One statement of a source that is no annotation of a disease by a term."""

    subject_id: str
    kind: RelationKind
    object_id: str
    term_id: str | None = None
    """The finding of the disease that the action is for; the term that a risk factor is, where there is one."""
    evidence_code: str = ""
    note: str = ""
    """What the source adds in words."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Gene:
    """A human gene."""

    gene_id: str
    """``NCBIGene:4204``"""
    symbol: str
    """``MECP2``"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A phenotypic finding of the patient, present or excluded, with the words it came from."""

    term_id: str
    label: str
    excluded: bool = False
    uncertain: bool = False
    """The text words it as possible or suspected only."""
    asked: bool = False
    """It answers a question that was put, so that nobody chose to tell it; counts where it is excluded."""
    onset: str | None = None
    """HPO onset term or an ISO 8601 age, where known."""
    quote: str = ""
    """The user's own words; empty for findings given by id."""
    start: int | None = None
    end: int | None = None
    """Offsets of the quote in the user's text, in Unicode code points."""

    def __post_init__(self) -> None:
        if not is_curie(self.term_id):
            raise ValueError(f"expected a term id such as HP:0001250, got {self.term_id!r}")
        if (self.start is None) != (self.end is None):
            raise ValueError("a span needs both start and end")
        if self.start is not None and self.end is not None and not 0 <= self.start <= self.end:
            raise ValueError(f"expected 0 <= start <= end, got {self.start}..{self.end}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """One annotated statement: this disease has (or has not) this finding, this often, says this reference."""

    disease_id: str
    predicate: Predicate
    term_id: str
    excluded: bool = False
    """The source says that the finding is absent: qualifier NOT, or seen in 0 of m patients."""
    frequency: Frequency | None = None
    onset_id: str | None = None
    sex: str | None = None
    """``MALE`` or ``FEMALE`` where the statement holds for one sex only."""
    modifier_ids: tuple[str, ...] = ()
    evidence_code: str = ""
    """``PCS`` published clinical study, ``TAS`` traceable author statement, ``IEA`` inferred electronically."""
    provenance: tuple[Provenance, ...]
    """At least one; several when the counts were pooled over publications."""

    def __post_init__(self) -> None:
        if not self.provenance:
            raise ValueError(f"nobody says that {self.disease_id} {self.predicate} {self.term_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A published or typed-in patient: findings and, where known, the diagnosis and who described it."""

    patient_id: str
    findings: tuple[Finding, ...]
    sex: str | None = None
    """``MALE``, ``FEMALE`` or None."""
    age: str | None = None
    """ISO 8601 duration, e.g. ``P3Y``."""
    disease_ids: tuple[str, ...] = ()
    disease_names: tuple[str, ...] = ()
    """Names of ``disease_ids``, in their order; empty where the source gives none."""
    gene_symbols: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """Publications that describe the patient, e.g. ``PMID:24573067``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prevalence:
    """How common a disease is, as a source words it."""

    disease_id: str
    low: float
    """Share of people, above 0, at most 1."""
    high: float
    provenance: Provenance

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high <= 1:
            raise ValueError(f"expected 0 < low <= high <= 1, got {self.low} and {self.high}")

    @property
    def middle(self) -> float:
        """Geometric mean: such numbers span powers of ten."""
        return math.sqrt(self.low * self.high)

    @property
    def one_in(self) -> tuple[str, str]:
        """Among how many people there is one, at least and at most, in two figures: ``10,000``, ``15,000``."""
        few, many = (f"{round(1 / s, 2 - len(str(int(1 / s)))):,.0f}" for s in (self.high, self.low))
        return few, many

    def __str__(self) -> str:
        """``1 in 10,000 to 15,000 people``."""
        few, many = self.one_in
        return f"1 in {few} people" if few == many else f"1 in {few} to {many} people"


@dataclass(frozen=True, slots=True, kw_only=True)
class TermCount:
    """A finding counted over patients."""

    term_id: str
    n_present: int
    n_assessed: int
    """Patients of whom it is said that they have it or have it not."""

    def __post_init__(self) -> None:
        if not 0 <= self.n_present <= self.n_assessed:
            raise ValueError(f"expected 0 <= present <= assessed, got {self.n_present}/{self.n_assessed}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSeries:
    """Patients with one disease that one publication describes, as counts."""

    disease: Disease
    reference: str
    n_patients: int
    """At least one."""
    counts: tuple[TermCount, ...]
    gene_symbols: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.n_patients < 1:
            raise ValueError(f"a series has at least one patient, got {self.n_patients} in {self.reference}")


class Match(StrEnum):
    """How a patient's finding relates to what is annotated for a disease."""

    EXACT = "exact"  # the finding itself is annotated
    SPECIFIC = "specific"  # a more specific term is annotated, which implies the finding
    GENERAL = "general"  # only a more general term is annotated
    CONTRADICTED = "contradicted"  # present in the patient and absent in the disease, or the other way round
    AGREED_ABSENT = "agreed_absent"  # absent in the patient, and the source says so of the disease
    UNEXPLAINED = "unexplained"  # present in the patient, nothing annotated speaks of it
    NEUTRAL = "neutral"  # absent in the patient, nothing annotated speaks of it


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingMatch:
    """One finding of the patient against one disease."""

    finding: Finding
    match: Match
    associations: tuple[Association, ...] = ()
    """The statements that made the match, the most telling first; empty for unexplained and neutral."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a disease explains of a patient, and what it leaves open."""

    disease_id: str
    matches: tuple[FindingMatch, ...]
    """One per finding, in the order given."""
    missing: tuple[Association, ...]
    """Findings expected in the disease that the patient was not said to have, the most frequent first."""
