"""What the systems may draw on: the release alone, with the shipped counts, or with a case library too.

How common diseases are is known at every level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from evaluation.protocols import Knowledge
from evaluation.schema import Level
from kg.build import SourceFiles, bundled_sources, load_graph
from kg.curie import is_curie
from kg.schema import Patient
from kg.sources.counts import load_counts
from retrieval.cases import load_library, published_cases, read_library
from retrieval.embedding import bundled_embedder


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
        libraries: folders or zips of phenopackets, for ``Level.LIBRARY``; of a repeated patient the first counts, so
            the evaluated set goes first: its publications are what is held out.
        sources: of the graph and the counts; default: the bundled ones.
        is_known: which publications (CURIEs) of libraries and counts are taken.
        with_text: whether cases are worded and encoded too.
        progress: show a bar while encoding.

    Raises:
        SourceError: a library cannot be read.
        StorageError: the cache cannot be written.
    """
    sources = sources or bundled_sources()
    graph = load_graph(replace(sources, counts=None))
    patients = _read_patients(libraries, is_known) if level is Level.LIBRARY else ()
    name = ", ".join(path.name for path in libraries)
    if patients:
        graph = graph.with_patients(patients, name)
    if level is not Level.GRAPH and sources.counts is not None:
        told = {(p.disease_ids[0], _publication(p)) for p in patients}
        series, source = load_counts(sources.counts)
        new = [s for s in series if (s.disease.disease_id, s.reference) not in told and is_known(s.reference)]
        graph = graph.with_series(new, source)
    if not with_text:
        return Knowledge(graph=graph, cases=published_cases(graph, patients, name))
    library = load_library(graph, bundled_embedder(), patients, name, progress=progress)
    return Knowledge(graph=graph, cases=library.cases, library=library)


def _read_patients(libraries: Iterable[Path], is_known: Callable[[str], bool]) -> tuple[Patient, ...]:
    """Patients with a diagnosis, each id once, whose publication may be known."""
    by_id: dict[str, Patient] = {}
    for path in libraries:
        for patient in read_library(path):
            if patient.disease_ids and is_curie(patient.disease_ids[0]) and is_known(_publication(patient)):
                by_id.setdefault(patient.patient_id, patient)
    return tuple(by_id.values())


def _publication(patient: Patient) -> str:
    return next(iter(patient.references), patient.patient_id)
