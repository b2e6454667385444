"""What the graph answers, as JSON: the same for the command line, the web API and MCP. Every list is bounded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kg.curie import url_of
from kg.graph import KnowledgeGraph
from kg.schema import Association, Concept, Disease, Explanation, Gene, Term
from retrieval.evidence import word_association
from retrieval.schema import CaseHit, CountedTerm

MAX_STATEMENTS = 5
"""Statements behind one match."""
MAX_MISSING = 20
MAX_CASE_TERMS = 40


def node_json(graph: KnowledgeGraph, node_id: str) -> dict[str, str]:
    """Id, name and kind of a term, disease, gene or other concept."""
    match node := graph.node(node_id):
        case Term():
            return {"id": node.term_id, "name": node.name, "kind": "term"}
        case Disease():
            return {"id": node.disease_id, "name": node.name, "kind": "disease"}
        case Gene():
            return {"id": node.gene_id, "name": node.symbol, "kind": "gene"}
        case Concept():
            return {"id": node.concept_id, "name": node.name, "kind": str(node.kind)}


def neighbours_json(graph: KnowledgeGraph, node: str, limit: int | None) -> dict[str, Any]:
    """What a node is directly tied to: the first ``limit`` ties (None: all), and how many there are.

    Raises:
        UnknownIdError: there is no such node.
    """
    ties = graph.neighbours(node)
    shown = [
        {"predicate": predicate, "direction": "out" if outwards else "in", **node_json(graph, other)}
        for predicate, other, outwards in ties[:limit]
    ]
    return {"node": node_json(graph, node), "n_neighbours": len(ties), "neighbours": shown}


def explanation_json(graph: KnowledgeGraph, explanation: Explanation) -> dict[str, Any]:
    """How a disease explains findings, with the statements behind each match, the most telling first."""
    disease_id = explanation.disease_id
    prevalence = graph.prevalence_of(disease_id)
    return {
        "disease": {
            "id": disease_id,
            "name": graph.disease(disease_id).name,
            "equivalent_ids": list(graph.equivalents(disease_id)),
            "genes": sorted({g.symbol for d in graph.equivalents(disease_id) for g in graph.genes_of(d)}),
            "prevalence": None if prevalence is None else str(prevalence),
        },
        "findings": [
            {
                "id": m.finding.term_id,
                "label": graph.ontology.name(m.finding.term_id),
                "excluded": m.finding.excluded,
                "match": str(m.match),
                "statements": _statements(graph, m.associations[:MAX_STATEMENTS]),
            }
            for m in explanation.matches
        ],
        "n_missing": len(explanation.missing),
        "missing": _statements(graph, explanation.missing[:MAX_MISSING]),
        "versions": graph.versions,
    }


def case_json(graph: KnowledgeGraph, hit: CaseHit, term_ids: Sequence[str]) -> dict[str, Any]:
    """A published case beside the patient: what both have, what only one of them has.

    Args:
        graph: for names.
        hit: the case.
        term_ids: the patient's present findings.
    """
    case, ontology = hit.case, graph.ontology
    shared = set(hit.shared_term_ids)
    disease = graph.diseases.get(case.disease_id)
    only_patient = [t for t in term_ids if not (shared & ontology.ancestors(t))]
    only_case = [t for t in case.present if not (shared & ontology.ancestors(t.term_id))]
    return {
        "disease": {"id": case.disease_id, "name": disease.name if disease else case.disease_id},
        "similarity": round(hit.similarity, 4),
        "is_series": case.is_series,
        "reference": case.provenance.reference,
        "url": case.provenance.url,
        "shared": _terms(graph, hit.shared_term_ids),
        "only_patient": _terms(graph, only_patient),
        "only_case": _counted(graph, only_case),
        "absent_in_case": _counted(graph, case.absent),
    }


def _statements(graph: KnowledgeGraph, associations: Iterable[Association]) -> list[dict[str, Any]]:
    return [
        {
            "text": word_association(a, graph),
            "term_id": a.term_id,
            "references": [{"id": p.reference, "url": p.url, "source": p.source} for p in a.provenance],
        }
        for a in associations
    ]


def _terms(graph: KnowledgeGraph, term_ids: Iterable[str]) -> list[dict[str, Any]]:
    return [{"id": t, "label": graph.ontology.name(t), "url": url_of(t)} for t in term_ids]


def _counted(graph: KnowledgeGraph, terms: Sequence[CountedTerm]) -> list[dict[str, Any]]:
    return [
        {"id": t.term_id, "label": graph.ontology.name(t.term_id), "n": t.n, "m": t.m} for t in terms[:MAX_CASE_TERMS]
    ]
