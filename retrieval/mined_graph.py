"""The graph with what is read from the pages of MedQuAD: mined once, kept in the cache, added as relations.

Each names MedQuAD and its version, the extractor's version, the page and, as its note, the sentence. They are no
annotations: the ranking does not see them, and artefacts made from the graph stay as they are (docs/decisions/0030).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kg import cache
from kg.build import SourceFiles, load_graph
from kg.graph import KnowledgeGraph
from kg.schema import Concept, ConceptKind, Provenance, Relation, RelationKind
from kg.sources.medquad import load_documents
from kg.summary import SourceSummary
from retrieval.concepts import BUNDLED, load_vocabulary
from retrieval.lexicon import lexicon_identity, load_lexicon
from retrieval.mining import EXTRACTOR_VERSION, MinedEdge, PageMiner

MINED = "medquad, mined"
"""What the summary of the sources calls it."""
_MEDQUAD = "medquad"
"""The source, and its one set."""
_EVIDENCE_CODE = "IEA"
_OF_DISEASE = frozenset({RelationKind.FINDING, RelationKind.RISK_FACTOR})
"""Kinds whose subject is the disease."""
_FILE = "edges.json"


def load_graph_with_pages(files: SourceFiles, cache_dir: Path | None = None) -> KnowledgeGraph:
    """The graph of these sources; where MedQuAD is one of them, with what its pages say.

    Raises:
        SourceError: a source file is missing or broken.
        StorageError: the cache cannot be written.
    """
    graph = load_graph(files, cache_dir)
    if _MEDQUAD not in files.further:
        return graph
    return add_edges(graph, load_edges(graph, files, cache_dir), files.further[_MEDQUAD][_MEDQUAD].provenance)


def load_edges(graph: KnowledgeGraph, files: SourceFiles, cache_dir: Path | None = None) -> tuple[MinedEdge, ...]:
    """What the pages of MedQuAD say, from the cache or mined and cached.

    Args:
        graph: of ``files``.
        files: MedQuAD is one of them.
        cache_dir: where artefacts are kept.

    Raises:
        SourceError: the file cannot be read.
        StorageError: the cache cannot be written.
    """
    pages = files.further[_MEDQUAD][_MEDQUAD].path

    def mine() -> tuple[MinedEdge, ...]:
        miner = PageMiner(graph, load_lexicon(graph, cache_dir), load_vocabulary())
        return miner.mine(load_documents(pages))

    return cache.load_or_build(
        "page-statements",
        {"extractor": EXTRACTOR_VERSION, "concepts": cache.checksum(BUNDLED), **lexicon_identity(graph)},
        read=lambda folder: tuple(map(_from_row, cache.read_json(folder / _FILE))),
        build=mine,
        write=lambda folder, edges: cache.write_json(folder / _FILE, list(map(_as_row, edges))),
        describe=_counted,
        root=cache_dir,
    )


def add_edges(graph: KnowledgeGraph, edges: Sequence[MinedEdge], source: Provenance) -> KnowledgeGraph:
    """The graph with edges as relations.

    Args:
        graph: whose pages they are from.
        edges: mined.
        source: of the pages; the relations name the extractor beside it.
    """
    mined = replace(source, source=f"{source.source.partition(':')[0]}, read by extractor {EXTRACTOR_VERSION}")
    return graph.with_relations(
        [e.concept for e in edges if e.concept],
        [_as_relation(e, replace(mined, reference=e.url)) for e in edges],
        SourceSummary(source=MINED, counts=_counted(edges), left_out={}),
    )


def _as_relation(edge: MinedEdge, provenance: Provenance) -> Relation:
    other_id = edge.concept.concept_id if edge.concept else edge.term_id or ""
    is_of_disease = edge.kind in _OF_DISEASE
    return Relation(
        subject_id=edge.disease_id if is_of_disease else other_id,
        kind=edge.kind,
        object_id=other_id if is_of_disease else edge.disease_id,
        term_id=edge.term_id if edge.concept else None,
        evidence_code=_EVIDENCE_CODE,
        note=f"“{edge.sentence}”",
        provenance=provenance,
    )


def _counted(edges: Iterable[MinedEdge]) -> dict[str, int]:
    kinds = Counter(str(e.kind) for e in edges)
    return {kind: kinds[kind] for kind in sorted(kinds)}


def _as_row(edge: MinedEdge) -> list[Any]:
    concept = edge.concept and [edge.concept.concept_id, edge.concept.name, str(edge.concept.kind)]
    return [edge.disease_id, str(edge.kind), concept, edge.term_id, edge.sentence, edge.url]


def _from_row(row: Sequence[Any]) -> MinedEdge:
    disease_id, kind, concept, term_id, sentence, url = row
    named = concept and Concept(concept_id=concept[0], name=concept[1], kind=ConceptKind(concept[2]))
    return MinedEdge(
        disease_id=disease_id,
        kind=RelationKind(kind),
        concept=named,
        term_id=term_id,
        sentence=sentence,
        url=url,
    )
