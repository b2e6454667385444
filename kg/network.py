"""The graph as networkx sees it, and paths through it; ``KnowledgeGraph`` has the same as methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import networkx as nx

from kg.errors import UnknownIdError
from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import Predicate

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph

IS_A = "is_a"
ASSOCIATED_GENE = "associated_gene"
NOT = "NOT "
"""Before the predicate of a statement that excludes its finding, as in the annotation files."""


def build_network(graph: KnowledgeGraph) -> nx.MultiDiGraph[str]:
    """Nodes with ``kind`` and ``name``; edges with ``predicate`` and, for statements, where their record is.

    ``row`` is that of ``annotations.record``, ``relation`` the place in ``relations.relations``.
    """
    network: nx.MultiDiGraph[str] = nx.MultiDiGraph(**graph.versions)
    network.add_nodes_from((t.term_id, {"kind": "term", "name": t.name}) for t in graph.ontology.terms.values())
    network.add_nodes_from((d.disease_id, {"kind": "disease", "name": d.name}) for d in graph.diseases.values())
    network.add_nodes_from((g.gene_id, {"kind": "gene", "name": g.symbol}) for g in graph.genes.values())
    network.add_nodes_from(
        (c.concept_id, {"kind": str(c.kind), "name": c.name}) for c in graph.relations.concepts.values()
    )
    network.add_edges_from(
        (t, parent, IS_A, {"predicate": IS_A}) for t in graph.ontology.terms for parent in graph.ontology.parents(t)
    )
    network.add_edges_from(
        (d.disease_id, parent, IS_A, {"predicate": IS_A})
        for d in graph.diseases.values()
        for parent in d.parent_ids
        if parent in graph.diseases
    )
    network.add_edges_from(
        (d, g.gene_id, ASSOCIATED_GENE, {"predicate": ASSOCIATED_GENE})
        for d in graph.diseases
        for g in graph.genes_of(d)
    )
    columns, disease_ids, term_ids = graph.annotations.columns, list(graph.diseases), list(graph.ontology.terms)
    names = [[str(p) for p in Predicate], [f"{NOT}{p}" for p in Predicate]]
    rows = zip(*(columns[name].tolist() for name in ("disease", "term", "predicate", "excluded")), strict=True)
    network.add_edges_from(
        (disease_ids[d], term_ids[t], f"{names[excluded][p]}:{row}", {"predicate": names[excluded][p], "row": row})
        for row, (d, t, p, excluded) in enumerate(rows)
    )
    network.add_edges_from(
        (r.subject_id, r.object_id, f"{r.kind}:{place}", {"predicate": str(r.kind), "relation": place})
        for place, r in enumerate(graph.relations.relations)
    )
    return network


def find_shortest_path(network: nx.MultiDiGraph[str], start: str, end: str) -> tuple[str, ...]:
    """Ids along a shortest chain of statements, either way along the edges.

    The root terms are left out: through "Phenotypic abnormality" everything is near everything. So is what a source
    denies.

    Raises:
        UnknownIdError: nothing connects the two.
    """
    tops = {ROOT, PHENOTYPIC_ABNORMALITY} - {start, end}
    denied = [(one, other, key) for one, other, key in network.edges(keys=True) if key.startswith(NOT)]
    view = nx.restricted_view(network, tops, denied).to_undirected(as_view=True)
    try:
        return tuple(nx.bidirectional_shortest_path(view, start, end))
    except nx.NetworkXNoPath:
        raise UnknownIdError(f"nothing connects {start} and {end}") from None


def nodes_between(graph: KnowledgeGraph, disease_ids: Sequence[str], term_ids: Sequence[str]) -> set[str]:
    """The diseases, the findings, and the annotated terms that are equal to, above or below a finding."""
    findings = [graph.ontology.current_id(t) for t in term_ids]
    nodes: set[str] = {*findings, *(graph.disease(d).disease_id for d in disease_ids)}
    for disease_id in disease_ids:
        for a in graph.findings_of(disease_id):
            for t in findings:
                if a.term_id in graph.ontology.ancestors(t) or t in graph.ontology.ancestors(a.term_id):
                    nodes |= {a.term_id} | _chain(graph.ontology, a.term_id, t)
    return nodes


def _chain(ontology: Ontology, one: str, other: str) -> set[str]:
    """Terms between a term and its ancestor, both included."""
    low, high = (one, other) if other in ontology.ancestors(one) else (other, one)
    return {t for t in ontology.ancestors(low) if high in ontology.ancestors(t)}
