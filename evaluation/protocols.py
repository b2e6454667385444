"""What a system may know when it is asked about a fold of publications, and the check that it knows no more.

Folds are over publications, so that patients of one paper are never on both sides. A statement or series that rests
on a held-out publication among others goes too: its counts hold that publication's patients.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.errors import LeakError
from evaluation.schema import Case, Protocol
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel, load_likelihood
from retrieval.cases import CaseLibrary
from retrieval.schema import PublishedCase

N_FOLDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is in use for one fold."""

    model: LikelihoodModel
    """Over the graph of the fold."""
    library: CaseLibrary | None


def fold_publications(cases: Iterable[Case], n_folds: int = N_FOLDS, seed: int = 0) -> tuple[frozenset[str], ...]:
    """Publications dealt into folds at random; the same for the same publications and seed, whatever their order."""
    publications = sorted({c.publication for c in cases})
    random.Random(seed).shuffle(publications)  # noqa: S311 - folds, not secrets
    return tuple(frozenset(publications[i::n_folds]) for i in range(n_folds))


def hold_out(
    graph: KnowledgeGraph, library: CaseLibrary | None, publications: frozenset[str], protocol: Protocol
) -> Knowledge:
    """The knowledge without what the protocol forbids for these publications.

    Raises:
        LeakError: it still rests on one of them.
    """
    tainted = _shared_statements(graph, publications)
    kept = library and library.only(lambda c: not _rests_on(c, publications, tainted))
    if protocol is Protocol.UNSEEN_PUBLICATION:
        graph = graph.without_references(publications)
    knowledge = Knowledge(model=load_likelihood(graph), library=kept)
    check_no_leak(knowledge, publications, protocol)
    return knowledge


def check_no_leak(knowledge: Knowledge, publications: frozenset[str], protocol: Protocol) -> None:
    """Look at every source in use.

    Raises:
        LeakError: one is held out.
    """
    if knowledge.library is not None:
        for case in knowledge.library.cases:
            if case.provenance.reference in publications:
                raise LeakError(f"the case {case.case_id} rests on {case.provenance.reference}, which is held out")
    if protocol is Protocol.UNSEEN_PUBLICATION:
        table = knowledge.model.graph.annotations
        for row in range(len(table)):
            leaked = publications.intersection(table.references(row))
            if leaked:
                raise LeakError(f"an annotation of {table.record(row).disease_id} rests on {min(leaked)}, held out")


def _shared_statements(graph: KnowledgeGraph, publications: frozenset[str]) -> frozenset[tuple[str, str]]:
    """(disease, publication) whose series holds a statement that is also a held-out publication's."""
    table = graph.annotations
    tainted: set[tuple[str, str]] = set()
    for row in range(len(table)):
        references = table.references(row)
        if len(references) > 1 and not publications.isdisjoint(references):
            disease_id = table.record(row).disease_id
            tainted.update((disease_id, r) for r in references)
    return frozenset(tainted)


def _rests_on(case: PublishedCase, publications: frozenset[str], tainted: frozenset[tuple[str, str]]) -> bool:
    reference = case.provenance.reference
    return reference in publications or (case.is_series and (case.disease_id, reference) in tainted)
