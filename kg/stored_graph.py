"""The graph as files of the cache: written once, read at every start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from kg import cache
from kg.annotations import AnnotationTable
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from kg.relations import RelationTable
from kg.schema import (
    Concept,
    ConceptKind,
    CrossReference,
    Disease,
    Gene,
    Prevalence,
    Provenance,
    Relation,
    RelationKind,
    Synonym,
    Term,
)
from kg.summary import SourceSummary, UnmappedSymptom


def write_graph(folder: Path, graph: KnowledgeGraph) -> None:
    """Write what ``read_graph`` reads. Raises OSError."""
    terms = [
        [t.term_id, t.name, t.definition, [[s.text, s.scope, s.kind] for s in t.synonyms], t.parent_ids, t.alt_ids]
        for t in graph.ontology.terms.values()
    ]
    diseases = [
        [
            d.disease_id,
            d.name,
            [[g.gene_id, g.symbol] for g in graph.genes_of(d.disease_id)],
            d.definition,
            d.parent_ids,
        ]
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
    cache.write_json(folder / "relations.json", _relations_as_rows(graph))
    cache.write_json(folder / "pools.json", dict(graph.annotations.pools))
    with (folder / "columns.npz").open("wb") as out:
        np.savez(out, allow_pickle=False, **graph.annotations.columns)


def read_graph(folder: Path, identity: str) -> KnowledgeGraph:
    """Read a graph; what is not as it was written raises one of the errors that ``cache.load_or_build`` expects."""
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
    diseases = [
        Disease(disease_id=disease_id, name=name, definition=definition, parent_ids=tuple(parents))
        for disease_id, name, _, definition, parents in rows
    ]
    genes = {row[0]: tuple(Gene(gene_id=i, symbol=s) for i, s in row[2]) for row in rows if row[2]}
    with np.load(folder / "columns.npz", allow_pickle=False) as arrays:
        columns = {name: arrays[name] for name in arrays.files}
    pools = cache.read_json(folder / "pools.json")
    table = AnnotationTable(columns, pools, [d.disease_id for d in diseases], list(ontology.terms))
    common = [
        Prevalence(disease_id=disease_id, low=low, high=high, provenance=Provenance(**provenance))
        for disease_id, low, high, provenance in described["prevalences"]
    ]
    relations, references, summaries = _relations_from_rows(cache.read_json(folder / "relations.json"))
    return KnowledgeGraph(
        ontology,
        diseases,
        table,
        genes,
        versions,
        identity,
        common,
        described["mondo_ids"],
        relations,
        references,
        summaries,
    )


def _relations_as_rows(graph: KnowledgeGraph) -> dict[str, Any]:
    """Rows that name their provenance by its place in a list, since thousands share one."""
    places: dict[Provenance, int] = {}

    def place(provenance: Provenance) -> int:
        return places.setdefault(provenance, len(places))

    relations = [
        [r.subject_id, str(r.kind), r.object_id, r.term_id, r.evidence_code, r.note, place(r.provenance)]
        for r in graph.relations.relations
    ]
    references = [[c.disease_id, c.other_id, place(c.provenance)] for c in graph.cross_references]
    return {
        "concepts": [[c.concept_id, c.name, str(c.kind)] for c in graph.relations.concepts.values()],
        "relations": relations,
        "cross_references": references,
        "provenances": [[p.source, p.version, p.reference, p.licence] for p in places],
        "summaries": [asdict(s) for s in graph.summaries],
    }


def _relations_from_rows(
    stored: dict[str, Any],
) -> tuple[RelationTable, list[CrossReference], list[SourceSummary]]:
    provenances = [
        Provenance(source=source, version=version, reference=reference, licence=licence)
        for source, version, reference, licence in stored["provenances"]
    ]
    concepts = [Concept(concept_id=i, name=name, kind=ConceptKind(kind)) for i, name, kind in stored["concepts"]]
    relations = [
        Relation(
            subject_id=subject_id,
            kind=RelationKind(kind),
            object_id=object_id,
            term_id=term_id,
            evidence_code=code,
            note=note,
            provenance=provenances[place],
        )
        for subject_id, kind, object_id, term_id, code, note, place in stored["relations"]
    ]
    references = [
        CrossReference(disease_id=disease_id, other_id=other_id, provenance=provenances[place])
        for disease_id, other_id, place in stored["cross_references"]
    ]
    return RelationTable(concepts, relations), references, [_summary(s) for s in stored["summaries"]]


def _summary(stored: dict[str, Any]) -> SourceSummary:
    unmapped: Iterable[dict[str, Any]] = stored["unmapped"]
    return SourceSummary(**{**stored, "unmapped": tuple(UnmappedSymptom(**u) for u in unmapped)})
