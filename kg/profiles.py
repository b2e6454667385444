"""What is annotated, as numbers: P(finding | disease), and which findings are noted to be absent.

For a disease d (entries that plainly name one disease are pooled) and a term t:

*Present.* Every annotation counts as patients: n of m as it is, a class or share as ``class_weight`` patients at its
middle, no frequency as one patient at ``unstated_frequency``. With ``prior_weight`` patients at ``prior_frequency``,
P(t|d) = (sum n + prior) / (sum m + prior weight). A term's probability is at least that of any more specific term.
Patients of published series (``kg.series``) of whom a term is not said, either way, count as ``unmentioned`` of a
patient without it. What a second source restates of the same publication counts once.

*Noted absent.* Where k of N described patients were noted to lack t: (1 - P(t|d)) log((k / q + w) / (N + w)), with w
the ``absence_prior`` and q the mean of k / (N + 1) over the described diseases, at least ``rare_absence``.

Deliberately not here: what a patient's finding says of a disease (``kg.likelihood``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kg.arrays import Doubles, Indices
from kg.graph import KnowledgeGraph
from kg.ontology import PHENOTYPIC_ABNORMALITY
from kg.schema import Predicate


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSettings:
    """Weights of what is annotated; see the module's docstring."""

    class_weight: float = 10.0
    unstated_frequency: float = 0.3
    unmentioned: float = 0.1
    prior_weight: float = 1.0
    prior_frequency: float = 0.2
    absence_prior: float = 10.0
    rare_absence: float = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """What is annotated, as sparse matrices of diseases (rows, groups of equivalent ids) by terms (columns)."""

    present: sparse.csc_array
    """P(term | disease), closed upwards over is-a; float32 in 0..1."""
    absent: sparse.csc_array
    """1 where a source says that the term is absent in the disease."""
    noted_absent: sparse.csc_array
    """Log-ratio of how often the term is noted to be absent, to how often in all diseases, as far as the disease does
    without it; float32, only above 0."""
    n_patients: Doubles
    """Patients that published series describe, shape [n_diseases]."""
    n_publications: Doubles
    """Publications of those series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """Annotations as patients, one cell for each disease and term that any names."""

    shape: tuple[int, int]
    """Diseases and terms."""
    cells: Indices
    """disease * n_terms + term, rising."""
    n_present: Doubles
    n_examined: Doubles
    n_unmentioned: Doubles
    """Patients of series of whom the term is not said."""
    n_absent: Doubles
    """Patients noted to lack the term."""
    n_patients: Doubles
    """Per disease, of series."""
    n_publications: Doubles
    n_described: Doubles
    """Per disease: patients of series, and as many of the release as one of its statements examines."""


def build_profiles(graph: KnowledgeGraph, settings: ProfileSettings) -> Profiles:
    """Pool the annotations of each disease and close them over the is-a hierarchy."""
    counts = _count_patients(graph, settings)
    n_counted = counts.n_examined + settings.unmentioned * counts.n_unmentioned + settings.prior_weight
    p = (counts.n_present + settings.prior_weight * settings.prior_frequency) / n_counted
    seen = counts.n_present > 0
    never = counts.cells[~seen]
    present = _close_upwards(graph, counts.cells[seen], p[seen], counts.shape)
    return Profiles(
        present=present,
        absent=_matrix(never, np.ones(len(never)), counts.shape),
        noted_absent=_noted_absent(counts, present, settings),
        n_patients=counts.n_patients,
        n_publications=counts.n_publications,
    )


def _count_patients(graph: KnowledgeGraph, settings: ProfileSettings) -> _Counts:
    table, n_terms, groups = graph.annotations, len(graph.ontology), graph.disease_groups
    group_index = {d: i for i, group in enumerate(groups) for d in group}
    disease = np.array([group_index[d] for d in graph.diseases], dtype=np.int64)[table.columns["disease"]]
    cell_of_row = disease * n_terms + table.columns["term"]
    is_phenotype = table.columns["predicate"] == tuple(Predicate).index(Predicate.PHENOTYPE)
    is_series = table.row_sources() > 0
    rows = np.flatnonzero(is_phenotype & ~table.restatements())
    n, m = _as_patients(graph, rows, settings)
    cells, cell = np.unique(cell_of_row[rows], return_inverse=True)
    is_counted = table.columns["excluded"][rows] | ~np.isnan(table.frequency_arrays()[0][rows])
    of_release = np.zeros(len(groups))
    np.maximum.at(of_release, disease[rows], np.where(is_counted & ~is_series[rows], m, 0.0))
    is_total = is_series[rows] & _is_of_everybody(graph, rows)
    n_patients = _sums(disease[rows], np.where(is_total, n, 0.0), len(groups))
    # A restated term is not counted again, but the series does mention it.
    told = np.flatnonzero(is_phenotype & is_series & ~table.restatements(joined_only=True))
    n_told = _sums(np.searchsorted(cells, cell_of_row[told]), _as_patients(graph, told, settings)[1], len(cells))
    return _Counts(
        shape=(len(groups), n_terms),
        cells=cells,
        n_present=_sums(cell, n, len(cells)),
        n_examined=_sums(cell, m, len(cells)),
        n_unmentioned=np.maximum(n_patients[cells // n_terms] - n_told, 0.0),
        n_absent=_sums(cell, np.where(is_counted, m - n, 0.0), len(cells)),
        n_patients=n_patients,
        n_publications=_sums(disease[rows], is_total, len(groups)),
        n_described=n_patients + of_release,
    )


def _sums(index: Indices, values: NDArray[Any], n: int) -> Doubles:
    """Sum of the values of each index below n."""
    return np.bincount(index, values, minlength=n).astype(np.float64)


def _is_of_everybody(graph: KnowledgeGraph, rows: Indices) -> NDArray[np.bool_]:
    """Which rows count the most general finding: in a series, they say how many patients it describes."""
    top = [i for i, t in enumerate(graph.ontology.terms) if t == PHENOTYPIC_ABNORMALITY]
    is_counted = ~np.isnan(graph.annotations.frequency_arrays()[0][rows])
    is_of_everybody: NDArray[np.bool_] = np.isin(graph.annotations.columns["term"][rows], top) & is_counted
    return is_of_everybody


def _noted_absent(counts: _Counts, present: sparse.csc_array, settings: ProfileSettings) -> sparse.csc_array:
    disease, term = np.divmod(counts.cells, counts.shape[1])
    n_described = counts.n_described[disease]
    n_diseases = max(int((counts.n_described > 0).sum()), 1)
    shares = np.bincount(term, counts.n_absent / (n_described + 1), minlength=counts.shape[1]) / n_diseases
    usual = np.maximum(shares, settings.rare_absence)[term]
    log_ratios = np.log((counts.n_absent / usual + settings.absence_prior) / (n_described + settings.absence_prior))
    is_telling = (log_ratios > 0) & (counts.n_absent > 0)
    if not is_telling.any():
        return _matrix(counts.cells[:0], np.zeros(0), counts.shape)
    without = 1 - np.asarray(present[disease[is_telling], term[is_telling]]).ravel()
    return _matrix(counts.cells[is_telling], without * log_ratios[is_telling], counts.shape)


def _matrix(cells: Indices, values: Doubles, shape: tuple[int, int]) -> sparse.csc_array:
    return sparse.csc_array((values.astype(np.float32), np.divmod(cells, shape[1])), shape=shape)


def _as_patients(graph: KnowledgeGraph, rows: Indices, settings: ProfileSettings) -> tuple[Doubles, Doubles]:
    """Each annotation as n of m patients."""
    n, m = (values[rows] for values in graph.annotations.frequency_arrays())
    middle = graph.annotations.midpoints()[rows]
    excluded = graph.annotations.columns["excluded"][rows]
    no_counts, no_frequency = np.isnan(m), np.isnan(middle)
    m = np.where(no_frequency, 1.0, np.where(no_counts, settings.class_weight, m))
    n = np.where(no_frequency, settings.unstated_frequency, np.where(no_counts, middle * settings.class_weight, n))
    return np.where(excluded, 0.0, n), m


def _close_upwards(graph: KnowledgeGraph, cells: Indices, p: Doubles, shape: tuple[int, int]) -> sparse.csc_array:
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
    best = np.maximum.reduceat(values, starts) if len(closed) else np.zeros(0)
    return _matrix(closed[starts], best, shape)


def write_profiles(folder: Path, profiles: Profiles) -> None:
    """Into ``profiles.npz`` of a folder."""
    arrays: dict[str, Any] = {}
    for name in ("present", "absent", "noted_absent"):
        matrix = getattr(profiles, name)
        arrays |= {f"{name}_{part}": getattr(matrix, part) for part in ("data", "indices", "indptr", "shape")}
    arrays |= {name: getattr(profiles, name) for name in ("n_patients", "n_publications")}
    with (folder / "profiles.npz").open("wb") as out:
        np.savez(out, **arrays)


def read_profiles(folder: Path) -> Profiles:
    """What ``write_profiles`` wrote."""
    with np.load(folder / "profiles.npz", allow_pickle=False) as a:

        def matrix(name: str) -> sparse.csc_array:
            parts = (a[f"{name}_data"], a[f"{name}_indices"], a[f"{name}_indptr"])
            return sparse.csc_array(parts, shape=tuple(a[f"{name}_shape"]))

        return Profiles(
            present=matrix("present"),
            absent=matrix("absent"),
            noted_absent=matrix("noted_absent"),
            n_patients=a["n_patients"],
            n_publications=a["n_publications"],
        )
