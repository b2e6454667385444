"""A toy store of published patients, and what is known with it; nothing is cached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from typing import Any

from evaluation.cases import build_case_set
from evaluation.processes import Task, Workers
from evaluation.protocols import Knowledge
from evaluation.schema import Case
from kg.graph import KnowledgeGraph
from kg.schema import Patient, PatientSeries
from retrieval.cases import build_library, published_cases
from tests.fakes import HashEmbedder
from tests.toy import (
    ALPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    EPSILON,
    FLIM,
    GAMMA,
    LARGE,
    SERIES_SOURCE,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    published_patient,
)

STORE = (
    published_patient("a1", ALPHA, "PMID:1", VERY_LARGE, STRIPED),
    published_patient("a2", ALPHA, "PMID:1", LARGE, STRIPED, WOBBLING, no=[BRITTLE]),
    published_patient("a3", ALPHA, "PMID:2", VERY_LARGE, WOBBLING),
    published_patient("b1", BETA, "PMID:2", BRITTLE, FLIM),
    published_patient("b2", BETA, "PMID:3", BRITTLE_TIP),
    published_patient("g1", GAMMA, "PMID:4", LARGE, BRITTLE_TIP),
    published_patient("e1", EPSILON, "PMID:4", FLIM),
)
"""Four publications of patients with diseases of the toy release, which rests on none of the four."""


def cases_of_store(graph: KnowledgeGraph, patients: Iterable[Patient] = STORE) -> tuple[Case, ...]:
    """The patients as scored cases."""
    return build_case_set(patients, graph.ontology).cases


def build_knowledge(
    graph: KnowledgeGraph,
    patients: Sequence[Patient] = (),
    series: Sequence[PatientSeries] = (),
    *,
    with_text: bool = False,
) -> Knowledge:
    """The toy release with the counts of these patients and series, and with cases, worded too if asked for."""
    joined = graph.with_patients(patients, "toy") if patients else graph
    joined = joined.with_series(series, SERIES_SOURCE) if series else joined
    joined = copy(joined)  # the given graph may be everybody's
    joined.identity = ""  # so that no profile is cached
    cases = published_cases(joined, patients, "toy")
    library = build_library(cases, HashEmbedder(), graph.ontology) if with_text else None
    return Knowledge(graph=joined, cases=cases, library=library)


class RecordingWorkers(Workers):
    """Works in this process, and keeps what it was given and what came of it.

    Args:
        job: what every function is given first.
    """

    def __init__(self, job: Any) -> None:
        super().__init__(job, None)
        self.done: list[tuple[Task, Any]] = []
        """Arguments and result of every task so far."""

    def run(self, function: Callable[..., Any], tasks: Iterable[Task]) -> Iterator[Any]:
        """As ``Workers`` does without a pool."""
        kept = list(tasks)
        for task, result in zip(kept, super().run(function, kept), strict=True):
            self.done.append((task, result))
            yield result
