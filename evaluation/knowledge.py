"""What the systems may draw on: the release alone, with the shipped counts, or with a case library too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from evaluation.protocols import Knowledge
from kg.build import SourceFiles, bundled_sources, load_graph
from kg.schema import Patient
from kg.sources.counts import load_counts
from retrieval.cases import load_library, published_cases, read_library
from retrieval.embedding import bundled_embedder


class Level(StrEnum):
    """How much is known."""

    GRAPH = "graph"  # the HPO release alone
    COUNTS = "counts"  # also the project's own table of published counts
    LIBRARY = "library"  # also published patients one by one: the evaluated set, and --library


def load_knowledge(
    level: Level,
    libraries: Sequence[Path] = (),
    *,
    sources: SourceFiles | None = None,
    is_known: Callable[[str], bool] = lambda _: True,
    with_text: bool = False,
    progress: bool = False,
) -> Knowledge:
    """The knowledge of a level, before anything is held out.

    Args:
        level: how much.
        libraries: folders or zips of phenopackets, for ``Level.LIBRARY``; of a repeated patient the first counts.
        sources: of the graph; default: the bundled release without its counts.
        is_known: which publications (CURIEs) of libraries and counts are taken.
        with_text: whether cases are worded and encoded too (minutes for a library that is new).
        progress: show a bar while encoding.

    Raises:
        SourceError: a library cannot be read.
        StorageError: the cache cannot be written.
    """
    graph = load_graph(sources or bundled_sources(counts=False))
    patients: tuple[Patient, ...] = ()
    name = ", ".join(path.name for path in libraries)
    if level is Level.LIBRARY and libraries:
        by_id: dict[str, Patient] = {}
        for path in libraries:
            for patient in read_library(path):
                if is_known(next(iter(patient.references), patient.patient_id)):
                    by_id.setdefault(patient.patient_id, patient)
        patients = tuple(by_id.values())
        graph = graph.with_patients(patients, name)
    if level is not Level.GRAPH:
        told = {(p.disease_ids[0], r) for p in patients if p.disease_ids for r in p.references[:1]}
        series, source = load_counts()
        new = [s for s in series if (s.disease.disease_id, s.reference) not in told and is_known(s.reference)]
        graph = graph.with_series(new, source)
    if not with_text:
        return Knowledge(graph=graph, cases=published_cases(graph, patients, name))
    library = load_library(graph, bundled_embedder(), patients, name, progress=progress)
    return Knowledge(graph=graph, cases=library.cases, library=library)
