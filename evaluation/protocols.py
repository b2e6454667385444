"""What a system may know when it is asked about a fold of publications, and the check that it knows no more.

Folds are over publications, so that patients of one paper are never on both sides. A statement or series that rests
on a held-out publication among others goes too: its counts hold that publication's patients.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evaluation.errors import LeakError, TrainedOnError
from evaluation.schema import Case, Protocol
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel, load_likelihood
from llm.reader.features import ReaderFeatureExtractor
from retrieval.cases import CaseLibrary, series_of
from retrieval.features import FeatureExtractor
from retrieval.schema import PublishedCase

N_FOLDS = 10

Fold = tuple[frozenset[str], tuple[Case, ...]]
"""Publications that are held out together, and their patients."""


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """What is in use: before anything is held out, or for one fold."""

    graph: KnowledgeGraph
    """The release, joined with the counts of published patients."""
    cases: tuple[PublishedCase, ...] = ()
    """Published patients and series."""
    library: CaseLibrary | None = None
    """Cases as worded text, for the systems that compare texts."""

    @cached_property
    def model(self) -> LikelihoodModel:
        """Over the graph."""
        return load_likelihood(self.graph)

    @cached_property
    def extractor(self) -> FeatureExtractor:
        """Over the graph and the cases."""
        return FeatureExtractor(self.model, self.cases)

    @cached_property
    def reader_features(self) -> ReaderFeatureExtractor:
        """What the reader is shown, over the same."""
        return ReaderFeatureExtractor(self.extractor)


def fold_publications(cases: Iterable[Case], n_folds: int = N_FOLDS, seed: int = 0) -> tuple[frozenset[str], ...]:
    """Publications dealt into folds at random; the same for the same publications and seed, whatever their order."""
    publications = sorted({c.publication for c in cases})
    random.Random(seed).shuffle(publications)  # noqa: S311 - folds, not secrets
    return tuple(frozenset(publications[i::n_folds]) for i in range(n_folds))


def split_folds(cases: Sequence[Case], seed: int = 0) -> list[Fold]:
    """The folds of ``fold_publications`` with their patients, in the given order; empty ones are left out."""
    folds = fold_publications(cases, seed=seed)
    split = [(publications, tuple(c for c in cases if c.publication in publications)) for publications in folds]
    return [fold for fold in split if fold[1]]


def release_alone(whole: Knowledge) -> Knowledge:
    """What is known to who has the release, but neither counts nor patients that were joined to it."""
    graph = whole.graph.of_release()
    return Knowledge(graph=graph, cases=series_of(graph))


def hold_out(whole: Knowledge, publications: frozenset[str], protocol: Protocol) -> Knowledge:
    """The knowledge without what the protocol forbids for these publications; ``check_no_leak`` has seen it.

    Raises:
        LeakError: it still rests on one of them.
    """
    tainted = _shared_statements(whole.graph, publications)
    left = Knowledge(
        graph=whole.graph.without_references(publications, joined_only=protocol is Protocol.PUBLISHED),
        cases=tuple(c for c in whole.cases if not _rests_on(c, publications, tainted)),
        library=whole.library and whole.library.only(lambda c: not _rests_on(c, publications, tainted)),
    )
    check_no_leak(left, publications, protocol)
    return left


def check_no_leak(
    knowledge: Knowledge, publications: frozenset[str], protocol: Protocol, trained_on: frozenset[str] = frozenset()
) -> None:
    """Look at every source in use: cases, worded cases, statements, and what the weights were trained on.

    Under ``published`` the release's own statements may rest on anything.

    Raises:
        LeakError: one is held out.
    """
    check_weights(trained_on, publications)
    _check_cases(knowledge.cases, publications)
    if knowledge.library is not None:
        _check_cases(knowledge.library.cases, publications)
    _check_statements(knowledge.graph, publications, joined_only=protocol is Protocol.PUBLISHED)


def check_weights(trained_on: frozenset[str], publications: frozenset[str]) -> None:
    """Raises TrainedOnError where weights have seen one of the publications."""
    if leaked := publications & trained_on:
        raise TrainedOnError(
            f"the weights were trained on {min(leaked)}, which is held out: evaluate patients of other publications, "
            "or, where there are hundreds of publications, train them in the folds (--weights folds)"
        )


def _check_cases(cases: Iterable[PublishedCase], publications: frozenset[str]) -> None:
    for case in cases:
        if case.provenance.reference in publications:
            raise LeakError(f"the case {case.case_id} rests on {case.provenance.reference}, which is held out")


def _check_statements(graph: KnowledgeGraph, publications: frozenset[str], *, joined_only: bool) -> None:
    table = graph.annotations
    examined = np.flatnonzero(table.row_sources() > 0) if joined_only else np.arange(len(table))
    _, firsts = np.unique(table.columns["detail"][examined], return_index=True)  # of all with the same references
    for row in examined[firsts].tolist():
        leaked = publications.intersection(table.references(row))
        if leaked:
            disease_id = table.record(row).disease_id
            raise LeakError(f"an annotation of {disease_id} rests on {min(leaked)}, which is held out")


def _shared_statements(graph: KnowledgeGraph, publications: frozenset[str]) -> frozenset[tuple[str, str]]:
    """(disease, publication) whose series holds a statement that is also a held-out publication's."""
    table = graph.annotations
    named = [detail[0] for detail in table.pools["details"]]
    shared = [i for i, names in enumerate(named) if len(names) > 1 and not publications.isdisjoint(names)]
    rows = np.flatnonzero(np.isin(table.columns["detail"], shared))
    return frozenset(
        (table.disease_ids[table.columns["disease"][r]], ref) for r in rows.tolist() for ref in table.references(r)
    )


def _rests_on(case: PublishedCase, publications: frozenset[str], tainted: frozenset[tuple[str, str]]) -> bool:
    reference = case.provenance.reference
    return reference in publications or (case.is_series and (case.disease_id, reference) in tainted)
