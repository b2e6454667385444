"""How strongly findings speak for a disease: P(finding | disease) against P(finding | any disease).

The model, for a disease d (entries that plainly name one disease are pooled) and a term t:

*Profile.* Every annotation counts as patients: n of m as it is, a class or share as ``class_weight`` patients at its
middle, no frequency as one patient at ``unstated_frequency``. With ``prior_weight`` patients at ``prior_frequency``,
P(t|d) = (sum n + prior) / (sum m + prior weight). A term's probability is at least that of any more specific term.
Patients of published series (``kg.series``) of whom a term is not said, either way, count as ``unmentioned`` of a
patient without it. What a second source restates of the same publication counts once.

*Background.* P(t) is the mean of P(t|d) over all diseases, and at least one over their number.

*Present finding.* LR = w_d P(t|d) / P(t) where t or a more specific term is annotated, else
w_a max over annotated ancestors a of P(a|d) / P(a) (a patient's words may be finer than the annotation; ancestors as
``common`` as that are left out), plus ``noise``: anything can be seen by chance in anybody. A finding that the source
says is absent scores ``contradiction`` times that.

*Kin.* The ratio of all findings together is mixed with the mean ratio of the diseases that share a gene or a name
(``with_kin``): of many diseases little is written, and much of their kin.

*Excluded finding.* LR = (1 - r P(t|d)) / (1 - r P(t)), where r is how much an exclusion is believed: what was not
seen was often not looked for. Where the source says that it is absent, ``agreed_absence`` is added to the logarithm.

Terms compare to LIRICAL (Robinson et al., Am J Hum Genet 2020, doi:10.1016/j.ajhg.2020.06.021). The default weights
were set on random published patients of the Phenopacket Store; docs/log.md has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kg import cache
from kg.families import log_mean_of_kin
from kg.graph import KnowledgeGraph
from kg.ontology import PHENOTYPIC_ABNORMALITY
from kg.schema import Finding, Predicate

FORMAT = "4"
KIN_WEIGHTS = (0.5, 0.5, 0.25)
"""Of a disease itself, of the mean of its kin by gene, and by name."""
UNLIKELY = -60.0
"""Log-likelihood ratio of no kin at all."""
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodSettings:
    """Weights of the model; see the module's docstring."""

    class_weight: float = 10.0
    unstated_frequency: float = 0.3
    unmentioned: float = 0.1
    prior_weight: float = 1.0
    prior_frequency: float = 0.2
    exact_weight: float = 0.9
    ancestor_weight: float = 0.02
    noise: float = 0.02
    contradiction: float = 0.3
    exclusion_belief: float = 0.2
    agreed_absence: float = 0.3
    """Log-likelihood ratio for an excluded finding that the source says is absent."""
    common: float = 0.5
    """Ancestors with at least this background say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """What is annotated, as sparse matrices of diseases (rows, groups of equivalent ids) by terms (columns)."""

    present: sparse.csc_array
    """P(term | disease), closed upwards over is-a; float32 in 0..1."""
    absent: sparse.csc_array
    """1 where a source says that the term is absent in the disease."""
    n_patients: NDArray[np.float64]
    """Patients that published series describe, shape [n_diseases]."""
    n_publications: NDArray[np.float64]
    """Publications of those series."""


def build_profiles(graph: KnowledgeGraph, settings: LikelihoodSettings) -> Profiles:
    """Pool the annotations of each disease and close them over the is-a hierarchy."""
    table, n_terms, groups = graph.annotations, len(graph.ontology), graph.disease_groups
    group_index = {d: i for i, group in enumerate(groups) for d in group}
    group_of_row = np.array([group_index[d] for d in graph.diseases], dtype=np.int64)[table.columns["disease"]]
    is_phenotype = table.columns["predicate"] == tuple(Predicate).index(Predicate.PHENOTYPE)
    is_series = table.row_sources() > 0
    rows = np.flatnonzero(is_phenotype & ~table.restatements())
    n, m = _as_patients(graph, rows, settings)
    cells, inverse = np.unique(group_of_row[rows] * n_terms + table.columns["term"][rows], return_inverse=True)
    n_present, n_examined = np.bincount(inverse, n), np.bincount(inverse, m)
    totals = rows[is_series[rows] & _is_of_everybody(graph, rows)]
    n_told = table.frequency_arrays()[0][totals]
    n_patients = np.bincount(group_of_row[totals], n_told, minlength=len(groups)).astype(np.float64)
    n_publications = np.bincount(group_of_row[totals], minlength=len(groups)).astype(np.float64)
    # A restated term is not counted again, but the series does mention it.
    told = np.flatnonzero(is_phenotype & is_series & ~table.restatements(joined_only=True))
    told_cells = np.searchsorted(cells, group_of_row[told] * n_terms + table.columns["term"][told])
    assessed = np.bincount(told_cells, _as_patients(graph, told, settings)[1], minlength=len(cells))
    unmentioned = settings.unmentioned * np.maximum(n_patients[cells // n_terms] - assessed, 0.0)
    n_counted = n_examined + unmentioned + settings.prior_weight
    p = (n_present + settings.prior_weight * settings.prior_frequency) / n_counted
    seen = n_present > 0
    shape = (len(groups), n_terms)
    never = cells[~seen]
    absent = sparse.csc_array((np.ones(len(never), np.float32), (never // n_terms, never % n_terms)), shape=shape)
    return Profiles(
        present=_close_upwards(graph, cells[seen], p[seen], shape),
        absent=absent,
        n_patients=n_patients,
        n_publications=n_publications,
    )


def _is_of_everybody(graph: KnowledgeGraph, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows count the most general finding: in a series, they say how many patients it describes."""
    top = [i for i, t in enumerate(graph.ontology.terms) if t == PHENOTYPIC_ABNORMALITY]
    is_counted = ~np.isnan(graph.annotations.frequency_arrays()[0][rows])
    is_of_everybody: NDArray[np.bool_] = np.isin(graph.annotations.columns["term"][rows], top) & is_counted
    return is_of_everybody


def _as_patients(
    graph: KnowledgeGraph, rows: NDArray[np.int64], settings: LikelihoodSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each annotation as n of m patients."""
    n, m = (values[rows] for values in graph.annotations.frequency_arrays())
    middle = graph.annotations.midpoints()[rows]
    excluded = graph.annotations.columns["excluded"][rows]
    no_counts, no_frequency = np.isnan(m), np.isnan(middle)
    m = np.where(no_frequency, 1.0, np.where(no_counts, settings.class_weight, m))
    n = np.where(no_frequency, settings.unstated_frequency, np.where(no_counts, middle * settings.class_weight, n))
    return np.where(excluded, 0.0, n), m


def _close_upwards(
    graph: KnowledgeGraph, cells: NDArray[np.int64], p: NDArray[np.float64], shape: tuple[int, int]
) -> sparse.csc_array:
    """P of a term as the maximum over it and its annotated descendants."""
    n_terms = shape[1]
    index = {t: i for i, t in enumerate(graph.ontology.terms)}
    ancestors = [np.array([index[a] for a in graph.ontology.ancestors(t)]) for t in graph.ontology.terms]
    group, term = cells // n_terms, cells % n_terms
    n_ancestors = np.array([len(ancestors[t]) for t in term], dtype=np.int64)
    above = np.concatenate([ancestors[t] for t in term]) if len(term) else np.zeros(0, np.int64)
    closed = np.repeat(group, n_ancestors) * n_terms + above
    order = np.argsort(closed, kind="stable")
    closed, values = closed[order], np.repeat(p, n_ancestors)[order]
    starts = np.flatnonzero(np.r_[True, closed[1:] != closed[:-1]]) if len(closed) else np.zeros(0, np.int64)
    best = np.maximum.reduceat(values, starts).astype(np.float32) if len(closed) else np.zeros(0, np.float32)
    cells = closed[starts]
    return sparse.csc_array((best, (cells // n_terms, cells % n_terms)), shape=shape)


class LikelihoodModel:
    """Log-likelihood ratios of findings for all diseases at once.

    Args:
        graph: the knowledge graph.
        profiles: made by ``build_profiles`` with the same settings.
        settings: weights of the model.
    """

    def __init__(self, graph: KnowledgeGraph, profiles: Profiles, settings: LikelihoodSettings) -> None:
        self.graph = graph
        self.settings = settings
        self.groups = graph.disease_groups
        self.group_index = {d: i for i, group in enumerate(self.groups) for d in group}
        self._profiles = profiles
        self._term_index = {t: i for i, t in enumerate(graph.ontology.terms)}
        mean = np.asarray(profiles.present.sum(axis=0)).ravel() / len(self.groups)
        self.background: Floats = np.maximum(mean, 1 / len(self.groups)).astype(np.float32)

    @property
    def n_diseases(self) -> int:
        """Number of diseases, equivalent entries counted once."""
        return len(self.groups)

    @cached_property
    def is_described(self) -> NDArray[np.bool_]:
        """Of which diseases at least one finding is stated, shape [n_diseases]; the others cannot be recognised."""
        described: NDArray[np.bool_] = np.bincount(self._profiles.present.indices, minlength=self.n_diseases) > 0
        return described

    def profile_column(self, term_index: int) -> tuple[NDArray[np.int32], Floats]:
        """Diseases with a term (by its index in the ontology) or a more specific one, and P(term | disease)."""
        return self._column(self._profiles.present, term_index)

    def expected(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Per disease the sum over terms of P(term | disease) times a weight per term of the ontology."""
        sums: NDArray[np.float64] = self._profiles.present @ weights
        return sums

    def described_patients(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Published patients that counts rest on and their publications, per disease, shape [n_diseases] each."""
        return self._profiles.n_patients, self._profiles.n_publications

    def kin_means(self, log_ratios: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log of the mean likelihood ratio over each disease's kin, by gene and by name, shape [n_diseases] each."""
        families = self.graph.families
        return (
            log_mean_of_kin(families.by_gene, log_ratios, UNLIKELY),
            log_mean_of_kin(families.by_name, log_ratios, UNLIKELY),
        )

    def with_kin(
        self, log_ratios: NDArray[np.float64], means: tuple[NDArray[np.float64], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Log-likelihood ratios where the patient may have what is described of the disease, or of its kin.

        A mixture of the disease's own ratio and the means of its kin; -inf where nothing is described of the disease.

        Args:
            log_ratios: summed over findings, shape [n_diseases].
            means: ``kin_means`` of them.
        """
        own, gene, name = (np.log(w) for w in KIN_WEIGHTS)
        mixed = np.logaddexp(np.logaddexp(log_ratios + own, means[0] + gene), means[1] + name)
        return np.where(self.is_described, mixed, -np.inf)

    def information_content(self, term_id: str) -> float:
        """-log of the term's background probability, in nats; 0 for what every disease has."""
        return float(-np.log(min(self.background_of(term_id), 1.0)))

    def background_of(self, term_id: str) -> float:
        """Mean of P(term | disease) over all diseases, 0..1."""
        return float(self.background[self._column_index(term_id)])

    def probability(self, term_id: str) -> Floats:
        """P(term | disease) of every disease, shape [n_diseases]: annotated, inherited from an ancestor, or by chance.

        The ancestor's share follows from the likelihood ratio, so this is what a question about the term would find.
        """
        column = self._column_index(term_id)
        ratio = np.exp(self._present_log_lr(column))
        p: Floats = np.clip(ratio * self.background[column], 1e-4, 1 - 1e-4).astype(np.float32)
        return p

    def log_lr(self, term_id: str, *, excluded: bool = False) -> Floats:
        """Natural-log likelihood ratio of one finding for every disease, shape [n_diseases]."""
        column = self._column_index(term_id)
        return self._excluded_log_lr(column) if excluded else self._present_log_lr(column)

    def log_lrs(self, findings: Sequence[Finding]) -> Floats:
        """Log-likelihood ratios, shape [n_findings, n_diseases]; their sum over findings ranks the diseases."""
        rows = [self.log_lr(f.term_id, excluded=f.excluded) for f in findings]
        return np.stack(rows) if rows else np.zeros((0, self.n_diseases), np.float32)

    def _column_index(self, term_id: str) -> int:
        return self._term_index[self.graph.ontology.current_id(term_id)]

    def _column(self, matrix: sparse.csc_array, column: int) -> tuple[NDArray[np.int32], Floats]:
        """Rows and values of one column, without the cost of slicing."""
        start, end = matrix.indptr[column], matrix.indptr[column + 1]
        return matrix.indices[start:end], matrix.data[start:end]

    def _present_log_lr(self, column: int) -> Floats:
        s = self.settings
        ratio = np.zeros(self.n_diseases, np.float32)
        for above in self.graph.ontology.ancestors(self.graph.annotations.term_ids[column]):
            index = self._term_index[above]
            if index != column and self.background[index] < s.common:
                rows, p = self._column(self._profiles.present, index)
                ratio[rows] = np.maximum(ratio[rows], p * (s.ancestor_weight / self.background[index]))
        rows, p = self._column(self._profiles.present, column)
        ratio[rows] = p * (s.exact_weight / self.background[column])
        ratio += s.noise
        ratio[self._column(self._profiles.absent, column)[0]] *= s.contradiction
        log_lr: Floats = np.log(ratio)
        return log_lr

    def _excluded_log_lr(self, column: int) -> Floats:
        belief = self.settings.exclusion_belief
        p = np.zeros(self.n_diseases, np.float32)
        rows, values = self._column(self._profiles.present, column)
        p[rows] = values
        background = min(float(self.background[column]), 1.0)
        log_lr: Floats = np.log1p(-belief * p) - np.float32(np.log1p(-belief * background))
        log_lr[self._column(self._profiles.absent, column)[0]] += self.settings.agreed_absence
        return log_lr


def load_likelihood(
    graph: KnowledgeGraph, settings: LikelihoodSettings | None = None, cache_dir: Path | None = None
) -> LikelihoodModel:
    """The model of this graph, its profiles from the cache or built and cached. Raises StorageError.

    A graph without an identity cannot be told from another one: nothing is cached for it.
    """
    settings = settings or LikelihoodSettings()
    if not graph.identity:
        return LikelihoodModel(graph, build_profiles(graph, settings), settings)
    identity = {"format": FORMAT, "graph": graph.identity, "settings": repr(asdict(settings))}
    profiles = cache.load_or_build(
        "profiles",
        identity,
        read=_read,
        build=lambda: build_profiles(graph, settings),
        write=_write,
        root=cache_dir,
    )
    return LikelihoodModel(graph, profiles, settings)


def _write(folder: Path, profiles: Profiles) -> None:
    arrays: dict[str, Any] = {}
    for name in ("present", "absent"):
        matrix = getattr(profiles, name)
        arrays |= {f"{name}_{part}": getattr(matrix, part) for part in ("data", "indices", "indptr", "shape")}
    arrays |= {name: getattr(profiles, name) for name in ("n_patients", "n_publications")}
    with (folder / "profiles.npz").open("wb") as out:
        np.savez(out, **arrays)


def _read(folder: Path) -> Profiles:
    with np.load(folder / "profiles.npz", allow_pickle=False) as a:

        def matrix(name: str) -> sparse.csc_array:
            parts = (a[f"{name}_data"], a[f"{name}_indices"], a[f"{name}_indptr"])
            return sparse.csc_array(parts, shape=tuple(a[f"{name}_shape"]))

        return Profiles(
            present=matrix("present"),
            absent=matrix("absent"),
            n_patients=a["n_patients"],
            n_publications=a["n_publications"],
        )
