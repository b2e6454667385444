"""Cases and diseases that mean much the same as a patient, though they share few terms.

Two terms of different branches ("Seizure", "EEG abnormality") share nothing in the ontology and much in meaning. So
each term has the vector that the project's embedder gives its name; a patient, a case, a disease is the sum of the
vectors of its findings, each weighted by information content (and by P(finding | disease)), at unit length; likeness
is the cosine. It finds cases that shared terms do not (docs/log.md). Excluded findings do not count.
The embedder has seen no published patient, so that nothing of a held-out publication is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse

from kg.arrays import Doubles, Floats, Indices
from kg.ontology import Ontology
from retrieval.embedding import bundled_embedder
from retrieval.features import FeatureExtractor

DECIMALS = 5
"""Of a cosine: what differs by less is equal, so that nothing depends on how much is compared at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likenesses:
    """Cosines to a patient, of every disease of the model; each of shape [n_diseases]."""

    nearest_case: Doubles
    """Of its nearest published case; 0 without cases."""
    second_case: Doubles
    profile: Doubles
    """Of all that is described of it; 0 where nothing is."""


class MeaningIndex:
    """Compares patients with everything that is known.

    Args:
        extractor: over what is known.
    """

    def __init__(self, extractor: FeatureExtractor) -> None:
        model = extractor.model
        self._extractor = extractor
        self._ontology = model.graph.ontology
        self._vectors = term_vectors(self._ontology)
        self._weighted = model.information.astype(np.float32)[:, None] * self._vectors
        self._term_index = {t: i for i, t in enumerate(self._ontology.terms)}
        self._of_diseases = _unit(model.profiles_by_disease @ self._weighted)
        self.cases = self._shares_of_cases()
        """Share of a case's patients with each term that is told of it, shape [n_cases, n_terms]."""
        self._of_cases = _unit(self.cases @ self._weighted)

    def compare(self, patients: Sequence[Sequence[str]]) -> list[Likenesses]:
        """How like every disease and its cases are to each patient, who has these findings (at least one)."""
        told = list(dict.fromkeys(map(frozenset, patients)))
        found = dict(zip(told, self._compare(told), strict=True))
        return [found[frozenset(present)] for present in patients]

    def _compare(self, patients: Sequence[Set[str]]) -> Iterator[Likenesses]:
        ancestors = self._ontology.ancestors
        told = _unit(np.stack([self._sum(terms) for terms in patients]))
        closed = _unit(np.stack([self._sum({a for t in terms for a in ancestors(t)}) for terms in patients]))
        to_cases, to_diseases = (
            np.round((these @ those.T).astype(np.float64), DECIMALS)
            for these, those in ((told, self._of_cases), (closed, self._of_diseases))
        )
        for of_cases, of_diseases in zip(to_cases, to_diseases, strict=True):
            nearest, second, _ = self._extractor.per_disease(of_cases)
            yield Likenesses(nearest_case=nearest, second_case=second, profile=of_diseases)

    def _sum(self, term_ids: Set[str]) -> Floats:
        total: Floats = self._weighted[sorted(self._term_index[t] for t in term_ids)].sum(axis=0)
        return total

    def likeness_of_terms(self, terms: Indices, others: Indices) -> Floats:
        """Cosine of the names of some terms and of others, by their indices; shape [n_others, n_terms].

        Of each other term it is reckoned once, however often it is asked for.
        """
        is_asked = np.zeros(len(self._vectors), np.bool_)
        is_asked[others] = True
        row_of = np.cumsum(is_asked) - 1
        likeness = np.round(self._vectors[is_asked] @ self._vectors[terms].T, DECIMALS)
        found: Floats = likeness[row_of[others]]
        return found

    def _shares_of_cases(self) -> sparse.csr_array:
        cases = self._extractor.cases
        told = [{self._term_index[t.term_id]: t.share for t in c.present} for c in cases]
        starts = np.cumsum([0, *map(len, told)])
        columns = np.array([column for c in told for column in c], np.int64)
        shares = np.array([share for c in told for share in c.values()], np.float32)
        return sparse.csr_array((shares, columns, starts), shape=(len(cases), len(self._term_index)))


@lru_cache(maxsize=1)  # half a second; the knowledge of all folds has the same terms
def term_vectors(ontology: Ontology) -> Floats:
    """What the project's embedder makes of the name of every term, at unit length, shape [n_terms, size]."""
    vectors: Floats = bundled_embedder().encode([ontology.name(t) for t in ontology.terms])
    return vectors


def _unit(vectors: Floats) -> Floats:
    scaled: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return scaled
