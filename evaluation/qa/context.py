"""What is retrieved for a question: statements of the graph, published patients, passages, or the three in turn.

Promise: only the question is read, never its options, as MIRAGE demands; nothing of the publications that a question
was made from is retrieved for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest

import numpy as np

from evaluation.qa.schema import ContextKind, Question, Snippet
from evaluation.qa.search import PassageSearch
from kg.cache import checksum
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from kg.schema import Association, Finding
from retrieval.cases import CaseLibrary
from retrieval.disease_names import DiseaseMentionFinder
from retrieval.evidence import word_association, word_case
from retrieval.findings import find_findings
from retrieval.lexicon import Lexicon

N_CANDIDATES = 5
"""Diseases that findings alone bring up."""
N_STATEMENTS = 12
"""Most statements about one disease."""

Retrieve = Callable[[Question, int], tuple[Snippet, ...]]
"""At most so many snippets for a question, the best first."""


class GraphContext:
    """Statements about the diseases that a question names; about those that its findings suggest where it names none.

    Args:
        model: what findings say of diseases, over the graph.
        lexicon: wordings of its terms.
    """

    def __init__(self, model: LikelihoodModel, lexicon: Lexicon) -> None:
        self._model = model
        self._graph = model.graph
        self._lexicon = lexicon
        self._names = DiseaseMentionFinder(model.graph)

    def __call__(self, question: Question, k: int) -> tuple[Snippet, ...]:
        """Of every disease in turn the statement that matters most."""
        findings = find_findings(question.text, self._lexicon)
        diseases = self._names.find(question.text) or self._suggested(findings)
        by_disease = [self._statements(d, findings, question) for d in diseases]
        in_turn = (a for row in zip_longest(*by_disease) for a in row if a is not None)
        snippets = dict.fromkeys(
            Snippet(text=word_association(a, self._graph), reference=_reference(a)) for a in in_turn
        )
        return tuple(snippets)[:k]

    def _suggested(self, findings: Sequence[Finding]) -> tuple[str, ...]:
        """The diseases that explain the findings best, by the sum of log-likelihood ratios and prior."""
        if all(f.excluded for f in findings):
            return ()
        ordered = sorted(findings, key=lambda f: (f.term_id, f.excluded))
        log_lr = self._model.log_lrs(ordered).sum(axis=0, dtype=np.float64)
        scores = np.where(self._model.is_described, log_lr + self._model.log_prior(), -np.inf)
        best = np.argsort(-scores, kind="stable")[:N_CANDIDATES]
        return tuple(self._model.groups[i][0] for i in best)

    def _statements(self, disease_id: str, findings: Sequence[Finding], question: Question) -> list[Association]:
        """Those about the question's findings first, then by how frequent the finding is."""
        ontology = self._graph.ontology
        related = {a for f in findings for a in ontology.ancestors(f.term_id)} | {f.term_id for f in findings}
        stated = [
            a
            for d in self._graph.equivalents(disease_id)
            for a in self._graph.findings_of(d)
            if not (question.sources & {p.reference for p in a.provenance})
        ]
        stated.sort(key=lambda a: (a.term_id not in related, -_frequency(a), a.term_id, a.disease_id))
        return stated[:N_STATEMENTS]


class CaseContext:
    """Published patients who resemble the one of a question; none where it has no findings.

    Args:
        library: the patients.
        graph: for names.
        lexicon: wordings of its terms.
    """

    def __init__(self, library: CaseLibrary, graph: KnowledgeGraph, lexicon: Lexicon) -> None:
        self._library = library
        self._graph = graph
        self._lexicon = lexicon

    def __call__(self, question: Question, k: int) -> tuple[Snippet, ...]:
        """The most similar first."""
        findings = find_findings(question.text, self._lexicon)
        hits = self._library.similar(findings, k + len(question.sources) * k)
        return tuple(
            Snippet(text=word_case(hit, self._graph), reference=hit.case.provenance.reference)
            for hit in hits
            if hit.case.provenance.reference not in question.sources
        )[:k]


class PassageContext:
    """Passages that have the question's words, or its meaning.

    Args:
        search: over the passages.
    """

    def __init__(self, search: PassageSearch) -> None:
        self._search = search

    def __call__(self, question: Question, k: int) -> tuple[Snippet, ...]:
        """The best first."""
        found = self._search.find(question.text, k, question.sources)
        return tuple(Snippet(text=p.whole, reference=p.reference) for p in found)


class AllContexts:
    """Several kinds in turn.

    Args:
        kinds: asked in this order.
    """

    def __init__(self, kinds: Sequence[Retrieve]) -> None:
        self._kinds = tuple(kinds)

    def __call__(self, question: Question, k: int) -> tuple[Snippet, ...]:
        """The best of every kind, then the second best, and so on."""
        in_turn = zip_longest(*(retrieve(question, k) for retrieve in self._kinds))
        return tuple(dict.fromkeys(s for row in in_turn for s in row if s is not None))[:k]


def no_context(question: Question, k: int) -> tuple[Snippet, ...]:  # noqa: ARG001 - the same for every question
    """Nothing."""
    return ()


def load_context(kind: ContextKind, *, progress: bool = False) -> Retrieve:
    """What a kind needs, from the installed release and the data folder.

    Raises:
        NotReadyError: something is not installed, or a data set is not there.
        EmbedderError: the embedder or FAISS is missing.
        SourceError, StorageError: a file cannot be read, or the cache not be written.
    """
    if kind is ContextKind.NONE:
        return no_context
    if kind is ContextKind.PASSAGES:
        return _load_passages(progress=progress)
    from kg.build import load_graph
    from retrieval.lexicon import load_lexicon

    graph = load_graph()
    lexicon = load_lexicon(graph)
    parts: list[Retrieve] = []
    if kind in (ContextKind.GRAPH, ContextKind.ALL):
        from kg.likelihood import load_likelihood

        parts.append(GraphContext(load_likelihood(graph), lexicon))
    if kind in (ContextKind.CASES, ContextKind.ALL):
        from retrieval.cases import load_library
        from retrieval.embedding import bundled_embedder

        parts.append(CaseContext(load_library(graph, bundled_embedder(), progress=progress), graph, lexicon))
    return AllContexts([*parts, _load_passages(progress=progress)]) if kind is ContextKind.ALL else parts[0]


def describe_context(kind: ContextKind) -> dict[str, str]:
    """What a kind retrieves from, by name and version: of another version other things are retrieved.

    Raises:
        NotReadyError: a data set is not there.
        EmbedderError: the embedder is missing.
    """
    told: dict[str, str] = {}
    if kind in (ContextKind.GRAPH, ContextKind.CASES, ContextKind.ALL):
        from kg.build import load_graph

        told |= load_graph().versions
    if kind in (ContextKind.PASSAGES, ContextKind.ALL):
        from evaluation.qa.passages import passage_files

        told["passages"] = ", ".join(f"{f.name}@sha256:{checksum(f)[:16]}" for f in passage_files())
    if kind in (ContextKind.CASES, ContextKind.PASSAGES, ContextKind.ALL):
        from retrieval.embedding import bundled_embedder

        told["embedder"] = bundled_embedder().identity
    return told


def _load_passages(*, progress: bool) -> PassageContext:
    from evaluation.qa.passages import load_passages
    from retrieval.embedding import bundled_embedder

    return PassageContext(PassageSearch(load_passages(), bundled_embedder(), progress=progress))


def _frequency(association: Association) -> float:
    """0..1; statements that a finding is absent come last."""
    if association.excluded:
        return -1.0
    return association.frequency.midpoint if association.frequency else 0.0


def _reference(association: Association) -> str:
    return next((p.reference for p in association.provenance if p.reference), association.disease_id)
