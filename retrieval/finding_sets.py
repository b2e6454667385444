"""Published cases found again by the findings they share with a patient, whatever their wording.

A case is a vector over all terms: a finding and everything it implies, each weighted by its information content (and,
in a series, by the share of patients). Similarity is the cosine. Exact and sparse: a patient touches a few hundred of
the 19,000 columns, which takes about a millisecond for ten thousand cases. Excluded findings do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kg.arrays import Doubles, Indices
from kg.likelihood import LikelihoodModel
from kg.recent import Recent
from retrieval.schema import PublishedCase

N_PATIENTS = 4
"""Patients whose comparisons are kept: one is read with the same present findings and one absent finding or another."""


class FindingSetIndex:
    """Cosine similarity of a patient's findings to every case.

    Args:
        cases: published cases; the order of the rows.
        model: for the information content of terms.
    """

    def __init__(self, cases: Sequence[PublishedCase], model: LikelihoodModel) -> None:
        self._ontology = model.graph.ontology
        self._term_index = {t: i for i, t in enumerate(self._ontology.terms)}
        self._weights = model.information
        self._n_cases = len(cases)
        self._recent = Recent[frozenset[str], Doubles](N_PATIENTS)
        shares = [self._implied((t.term_id, t.share) for t in case.present) for case in cases]
        starts = np.cumsum([0, *(len(s) for s in shares)])
        columns = np.array([t for s in shares for t in s], np.int64)
        values = np.array([v for s in shares for v in s.values()]) * self._weights[columns]
        matrix = sparse.csr_array((values, columns, starts), shape=(len(cases), len(self._term_index)))
        lengths: Doubles = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1), np.float64))
        matrix.data /= np.repeat(np.maximum(lengths, 1e-12), np.diff(starts))
        matrix.eliminate_zeros()  # of terms that say nothing
        self._matrix = sparse.csc_array(matrix)
        self._by_case = matrix

    def similarities(self, term_ids: Iterable[str]) -> Doubles:
        """Cosine of these present findings to each case, shape [n_cases], 0..1."""
        told = frozenset(term_ids)
        return self._recent.get(told, lambda: self._similarities(told))

    def _similarities(self, term_ids: frozenset[str]) -> Doubles:
        columns = list(self._implied((t, 1.0) for t in sorted(term_ids)))
        weights = self._weights[columns]
        length = np.sqrt(weights @ weights)
        found = np.zeros(self._n_cases)
        for column, weight in zip(columns, weights / max(float(length), 1e-12), strict=True):
            start, end = self._matrix.indptr[column], self._matrix.indptr[column + 1]
            found[self._matrix.indices[start:end]] += self._matrix.data[start:end] * weight
        return found

    def implied(self, rows: Indices, terms: Indices) -> NDArray[np.bool_]:
        """Whether cases (rows) have terms (indices) or more specific ones, shape [n_rows, n_terms]; -1: no case."""
        has = np.zeros((len(rows), len(terms)), np.bool_)
        column_of = np.full(len(self._term_index), -1)
        column_of[terms] = np.arange(len(terms))
        starts, implied = self._by_case.indptr, self._by_case.indices
        for i, row in enumerate(rows.tolist()):
            if row >= 0:
                columns = column_of[implied[starts[row] : starts[row + 1]]]
                has[i, columns[columns >= 0]] = True
        return has

    def _implied(self, shares: Iterable[tuple[str, float]]) -> dict[int, float]:
        """Term index -> largest share of a term or of one that implies it."""
        largest: dict[int, float] = {}
        for term_id, share in shares:
            for above in self._ontology.ancestors(term_id):
                index = self._term_index[above]
                largest[index] = max(largest.get(index, 0.0), share)
        return largest
