"""Records of evaluation: what was asked, what was answered, and how it is scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kg.schema import Finding
from retrieval.demographics import Demographics, demographics_of


class Protocol(StrEnum):
    """What a system may know of the evaluated patients."""

    PUBLISHED = "published"  # the graph as released; library cases of other publications only
    UNSEEN_PUBLICATION = "unseen-publication"  # also no annotation that rests on the patient's publication
    UNSEEN_FUTURE = "unseen-future"  # a past release and what was published by then; patients published later


class System(StrEnum):
    """What ranks the diseases; ``evaluation.systems`` holds the rankers."""

    GRAPH = "graph"  # likelihood ratios of the findings, of a disease and its kin
    CASES = "cases"  # the case of each disease that shares most findings
    FUSED = "fused"  # both, weighed as trained: the product's ranker with --reader graph
    READER = "reader"  # the transformer, which reads the evidence on each candidate: what the product does
    TEXT = "text"  # baseline: the most similar case as worded text
    RESNIK = "resnik"  # baseline: best-match average of Resnik similarity
    NAIVE_BAYES = "naive-bayes"  # baseline: multinomial, over annotated terms and their ancestors
    EMBEDDING = "embedding"  # baseline: cosine of the findings with the disease's annotations


class Level(StrEnum):
    """How much is known."""

    GRAPH = "graph"  # the HPO release alone
    COUNTS = "counts"  # also the project's own table of published counts
    LIBRARY = "library"  # also published patients one by one: the evaluated set, and --library


class Ablation(StrEnum):
    """What the reader does without, to see what it is worth; findings that are ruled out: ``--present-only``."""

    CASES = "cases"  # published cases
    SIMULATION = "simulation"  # simulated patients to begin with
    EVIDENCE = "evidence"  # evidence finding by finding
    FUSION = "fusion"  # the fusion that it is averaged with


class Weights(StrEnum):
    """Where the weights of a trained system (fused, reader) come from."""

    FOLDS = "folds"  # trained anew for each fold, on the others
    SHIPPED = "shipped"  # the project's; an error where they were trained on an evaluated publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A patient whose diagnosis is known."""

    case_id: str
    findings: tuple[Finding, ...]
    """Present and excluded, with current ids."""
    gold_ids: tuple[str, ...]
    """Ids of the right disease; any of them counts."""
    publication: str
    """The publication that describes the patient; the case's own id where the set names none."""
    sex: str | None = None
    """``MALE``, ``FEMALE`` or None; told in stories and to the reader, to no other system."""
    age: str | None = None
    """ISO 8601 duration; told likewise."""
    unknown_ids: tuple[str, ...] = field(default=(), repr=False)  # the repr of what is ranked names a run
    """Ids of findings that the ontology has never known, which nothing is asked about."""

    @property
    def person(self) -> Demographics:
        """Age and sex as the reader takes them."""
        return demographics_of(self.sex, self.age)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unscored:
    """A case that cannot be scored, and why; it is counted, never silently dropped."""

    case_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSet:
    """The cases of one benchmark."""

    cases: tuple[Case, ...]
    unscored: tuple[Unscored, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What was seen of one patient."""

    drop_cited: float
    """Fall of the first diagnosis' probability without what speaks most for it."""
    drop_uncited: float
    """The same without as many of the other findings."""
    rank_before: int | None = None
    """Of the right disease, with few of the findings; None of a patient who was not asked about."""
    ranks_after: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The same after the questions, by who answers and by policy; of those at random the mean of several courses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a system answered for one case."""

    case_id: str
    publication: str
    gold_ids: tuple[str, ...]
    ranked_ids: tuple[str, ...]
    """Disease ids, the most likely first; equivalent entries of other sources are not repeated."""
    probabilities: tuple[float, ...]
    """Of ``ranked_ids``, 0..1, 4 significant digits; empty where the system gives none."""
    rank: int | None
    """1-based rank of the right disease, itself or a plainly equivalent entry; None where it is not ranked."""
    known: bool
    """Another publication of the set describes a patient with the disease; under ``unseen-future``, a past one."""
    in_graph: bool
    """What is known describes the disease; where it does not, the case counts as missed and is reported apart."""
    n_findings: int
    """Present findings of the patient."""
    trust: Trust | None = None
    """Of a patient who was asked about further."""
