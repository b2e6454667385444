"""Rankers that a newcomer would try first; what the project's own ranker has to beat.

Each takes a graph and a patient's findings and gives one score per disease of ``graph.disease_groups``, higher is
likelier, -inf for a disease of which nothing is annotated. All of them see the present findings; only the embedding
sees excluded ones. None uses frequencies, modifiers, onset or sex, and none has a weight that was fitted to patients.

What follows from a graph alone is built once per graph and kept as long as the graph is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from scipy import sparse

from kg.arrays import Doubles, Indices
from kg.graph import KnowledgeGraph
from kg.schema import Finding, Predicate
from retrieval.cases import CaseLibrary
from retrieval.embedding import Vectors

_Made = TypeVar("_Made")


def once_per_graph(build: Callable[[KnowledgeGraph], _Made]) -> Callable[[KnowledgeGraph], _Made]:
    """What ``build`` makes of a graph is kept as long as the graph is."""
    made: WeakKeyDictionary[KnowledgeGraph, _Made] = WeakKeyDictionary()

    @wraps(build)
    def load(graph: KnowledgeGraph) -> _Made:
        if graph not in made:
            made[graph] = build(graph)
        return made[graph]

    return load


class AnnotatedTerms:
    """Which terms are present in which diseases, as 0/1 matrices.

    Args:
        graph: the knowledge graph. An annotation counts where it is a phenotypic finding that is not stated to be
            absent, whatever its frequency above 0.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._ontology = graph.ontology
        self._index = {t: i for i, t in enumerate(graph.ontology.terms)}
        self.closure = self._close_upwards()
        """Term by itself or an ancestor of it, shape [n_terms, n_terms], by columns."""
        self.direct, _ = _statements(graph)
        """Disease by annotated term, shape [n_diseases, n_terms], by rows."""
        closed = sparse.csc_array(self.direct @ self.closure)
        closed.data = np.ones_like(closed.data)
        self.closed = closed
        """Disease by annotated term or an ancestor of one, shape [n_diseases, n_terms], by columns."""
        self.n_direct: Doubles = np.asarray(self.direct.sum(axis=1), dtype=np.float64)
        """Annotated terms of each disease, shape [n_diseases]."""

    def ancestors(self, term_id: str) -> Indices:
        """Columns of the term and everything above it."""
        return np.array([self._index[a] for a in self._ontology.ancestors(term_id)], dtype=np.int64)

    def _close_upwards(self) -> sparse.csc_array:
        above = [self.ancestors(t) for t in self._index]
        rows = np.repeat(np.arange(len(above)), [len(a) for a in above])
        shape = (len(above), len(above))
        return sparse.csc_array((np.ones(len(rows)), (rows, np.concatenate(above))), shape=shape)


@once_per_graph
def _annotated_terms(graph: KnowledgeGraph) -> AnnotatedTerms:
    return AnnotatedTerms(graph)


class ResnikSimilarity:
    """Best-match average of Resnik's similarity between a patient's and a disease's terms.

    Two terms are as similar as their most informative common ancestor has information content, which is -log of the
    share of the annotated diseases that have it or something below it (Resnik, IJCAI 1995, arXiv:cmp-lg/9511007).
    A patient and a disease are as similar as the mean over the patient's terms of the best match among the
    disease's, averaged with the same from the disease's side (Köhler et al., Am J Hum Genet 2009,
    doi:10.1016/j.ajhg.2009.09.003, symmetric form), both with the patient's terms as given.

    Args:
        terms: what is annotated.
    """

    def __init__(self, terms: AnnotatedTerms) -> None:
        self._terms = terms
        n_with = np.diff(terms.closed.indptr)
        n_annotated = int((terms.n_direct > 0).sum())
        self.information_content: Doubles = np.log(max(n_annotated, 1) / np.maximum(n_with, 1))
        """In nats, shape [n_terms]; of no use for terms that nothing annotated falls under."""

    def scores(self, term_ids: Sequence[str]) -> Doubles:
        """Similarity in nats of every disease to at least one term, shape [n_diseases]."""
        ancestors = [self._terms.ancestors(t) for t in term_ids]
        from_patient = sum(self._best_matches(a, self._terms.closed) for a in ancestors) / len(ancestors)
        matches = self._best_matches(np.unique(np.concatenate(ancestors)), self._terms.closure)
        with np.errstate(invalid="ignore"):
            from_disease = (self._terms.direct @ matches) / self._terms.n_direct
        scores: Doubles = np.where(self._terms.n_direct > 0, (from_patient + from_disease) / 2, -np.inf)
        return scores

    def _best_matches(self, ancestors: Indices, below: sparse.csc_array) -> Doubles:
        """The most information content among the ancestors that each row of ``below`` has; 0 where it has none."""
        best = np.zeros(below.shape[0])
        for column in ancestors[np.argsort(self.information_content[ancestors])]:
            rows = below.indices[below.indptr[column] : below.indptr[column + 1]]
            best[rows] = self.information_content[column]  # a more informative one comes later
        return best


class NaiveBayes:
    """Multinomial naive Bayes: a disease is a document of its annotated terms and their ancestors, each once.

    log P(patient | d) is the sum over the patient's terms and their ancestors, each once, of
    log((1 if d's document has it, else 0) + smoothing) - log(length of the document + smoothing * n_terms). All
    diseases are equally likely beforehand (Manning, Raghavan and Schütze, Introduction to Information Retrieval,
    2008, chapter 13).

    Args:
        terms: what is annotated.
        smoothing: added to every count; 1 is Laplace's.
    """

    def __init__(self, terms: AnnotatedTerms, smoothing: float = 1.0) -> None:
        self._terms = terms
        self._smoothing = smoothing
        n_diseases, n_terms = terms.closed.shape
        lengths = np.bincount(terms.closed.indices, minlength=n_diseases)
        self._log_lengths: Doubles = np.where(lengths > 0, np.log(lengths + smoothing * n_terms), np.inf)

    def scores(self, term_ids: Sequence[str]) -> Doubles:
        """Log-likelihood of at least one term and what is above it, per disease, shape [n_diseases]."""
        closed = self._terms.closed
        columns = np.unique(np.concatenate([self._terms.ancestors(t) for t in term_ids]))
        rows = np.concatenate([closed.indices[closed.indptr[c] : closed.indptr[c + 1]] for c in columns])
        n_shared = np.bincount(rows, minlength=closed.shape[0])
        n_missing = len(columns) - n_shared
        log_counts = n_shared * np.log(1 + self._smoothing) + n_missing * np.log(self._smoothing)
        scores: Doubles = log_counts - len(columns) * self._log_lengths
        return scores


@once_per_graph
def _resnik(graph: KnowledgeGraph) -> ResnikSimilarity:
    return ResnikSimilarity(_annotated_terms(graph))


@once_per_graph
def _naive_bayes(graph: KnowledgeGraph) -> NaiveBayes:
    return NaiveBayes(_annotated_terms(graph))


def resnik_scores(graph: KnowledgeGraph, findings: Iterable[Finding]) -> Doubles:
    """Resnik similarity of every disease to the present findings, at least one; see ``ResnikSimilarity``."""
    return _resnik(graph).scores(_present_terms(graph, findings))


def naive_bayes_scores(graph: KnowledgeGraph, findings: Iterable[Finding]) -> Doubles:
    """Log-likelihood of the present findings, at least one, per disease; see ``NaiveBayes``."""
    return _naive_bayes(graph).scores(_present_terms(graph, findings))


def embedding_scores(graph: KnowledgeGraph, library: CaseLibrary, vector: Vectors) -> Doubles:
    """Cosine of the patient's vector with that of each disease's annotations, worded as one patient's findings.

    Args:
        graph: the knowledge graph.
        library: words and encodes; its cases are not used.
        vector: the patient's row of ``library.encode_patients``, shape [dimension].

    Returns:
        Cosines, shape [n_diseases]. Encoding 12,000 diseases takes minutes, once per process.
    """
    rows, vectors = _embedded_profiles(graph, library)
    scores = np.full(len(graph.disease_groups), -np.inf)
    scores[rows] = vectors @ vector
    return scores


_Profile = frozenset[Finding]
_encoded: dict[bytes, dict[_Profile, Vectors]] = {}
"""Embedder's mark, which is its vector of a patient without findings, -> profile -> vector, for the process.

Folds share all profiles but those that they change.
"""
_marks: WeakKeyDictionary[CaseLibrary, bytes] = WeakKeyDictionary()
_embedded: WeakKeyDictionary[KnowledgeGraph, dict[bytes, tuple[Indices, Vectors]]] = WeakKeyDictionary()


def _embedded_profiles(graph: KnowledgeGraph, library: CaseLibrary) -> tuple[Indices, Vectors]:
    """Rows of the diseases that have annotations, and their vectors, shape [n_rows, dimension]."""
    if library not in _marks:
        _marks[library] = library.encode_patients([()]).tobytes()
    mark = _marks[library]
    per_embedder = _embedded.setdefault(graph, {})
    if mark not in per_embedder:
        known = _encoded.setdefault(mark, {})
        profiles = _profiles(graph)
        new = list(dict.fromkeys(p for p in profiles if p and p not in known))
        if new:
            known |= zip(new, library.encode_patients([tuple(p) for p in new]), strict=True)
        rows = np.array([row for row, profile in enumerate(profiles) if profile], dtype=np.int64)
        per_embedder[mark] = rows, np.stack([known[profiles[row]] for row in rows])
    return per_embedder[mark]


def _profiles(graph: KnowledgeGraph) -> list[_Profile]:
    """The annotations of each disease as the findings of one patient, in the order of the groups."""
    present, absent = _statements(graph)
    term_ids = list(graph.ontology.terms)
    return [
        frozenset(
            Finding(term_id=term_ids[t], label="", excluded=excluded)
            for matrix, excluded in ((present, False), (absent, True))
            for t in matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        )
        for row in range(present.shape[0])
    ]


def _statements(graph: KnowledgeGraph) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Diseases by terms, 1 where an annotation says present, and where all that there are say absent."""
    table = graph.annotations
    group_of = {d: row for row, group in enumerate(graph.disease_groups) for d in group}
    group_of_disease = np.array([group_of[d] for d in graph.diseases], dtype=np.int64)
    is_finding = table.columns["predicate"] == tuple(Predicate).index(Predicate.PHENOTYPE)
    is_absent = table.columns["excluded"] | (table.midpoints() == 0)
    n_terms = len(graph.ontology)
    cells = group_of_disease[table.columns["disease"]] * n_terms + table.columns["term"]
    present = np.unique(cells[is_finding & ~is_absent])
    absent = np.setdiff1d(cells[is_finding & is_absent], present)

    def matrix(chosen: Indices) -> sparse.csr_array:
        shape = (len(graph.disease_groups), n_terms)
        return sparse.csr_array((np.ones(len(chosen)), (chosen // n_terms, chosen % n_terms)), shape=shape)

    return matrix(present), matrix(absent)


def _present_terms(graph: KnowledgeGraph, findings: Iterable[Finding]) -> list[str]:
    return sorted({graph.ontology.current_id(f.term_id) for f in findings if not f.excluded})
