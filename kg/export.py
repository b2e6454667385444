"""The whole graph as a file that other programs read: GraphML, or JSON Lines (one node or edge a line)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import networkx as nx

from kg.errors import StorageError
from kg.graph import KnowledgeGraph
from kg.schema import Association, Provenance, Relation


class ExportFormat(StrEnum):
    """File formats of ``export_graph``."""

    GRAPHML = "graphml"
    JSONL = "jsonl"


def export_graph(graph: KnowledgeGraph, path: Path, form: ExportFormat) -> int:
    """Write every node and edge with its facts; return how many were written.

    A file is replaced in one step, where a link leads to it too; a pipe or a device is written straight.

    Raises:
        StorageError: the file cannot be written.
        BrokenPipeError: who reads a pipe has seen enough.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as out:
                return _write(graph, out, form)
        target = Path(os.path.realpath(path))
        part = target.with_name(target.name + ".part")
        try:
            with part.open("wb") as out:
                n_written = _write(graph, out, form)
            part.replace(target)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
    return n_written


def _write(graph: KnowledgeGraph, out: IO[bytes], form: ExportFormat) -> int:
    if form is ExportFormat.GRAPHML:
        network: nx.MultiDiGraph[str] = nx.MultiDiGraph(**graph.versions)
        network.add_nodes_from((n["id"], {k: v for k, v in n.items() if k != "id"}) for n in _nodes(graph))
        network.add_edges_from((e.pop("source"), e.pop("target"), number, e) for number, e in enumerate(_edges(graph)))
        nx.write_graphml(network, out)
        return len(network) + len(network.edges)
    n_written = 0
    for kind, rows in (("node", _nodes(graph)), ("edge", _edges(graph))):
        for row in rows:
            out.write((json.dumps({"type": kind, **row}, ensure_ascii=False) + "\n").encode())
            n_written += 1
    return n_written


def _nodes(graph: KnowledgeGraph) -> Iterator[dict[str, Any]]:
    for node_id, data in graph.network.nodes(data=True):
        yield {"id": node_id, **data}


def _edges(graph: KnowledgeGraph) -> Iterator[dict[str, Any]]:
    """Edges with plain values only; what is unknown is left out."""
    for start, end, data in graph.network.edges(data=True):
        edge: dict[str, Any] = {"source": start, "target": end, "predicate": data["predicate"]}
        record = graph.record_of(data)
        if record is not None:
            facts = _association(record) if isinstance(record, Association) else _relation(record)
            facts |= {
                "evidence_code": record.evidence_code or None,
                "references": ";".join(p.reference for p in provenances_of(record)),
            }
            edge |= {key: value for key, value in facts.items() if value is not None}
        yield edge


def provenances_of(record: Association | Relation) -> tuple[Provenance, ...]:
    """Who says so: several of an association whose counts were pooled, one of a relation."""
    return record.provenance if isinstance(record, Association) else (record.provenance,)


def _association(a: Association) -> dict[str, Any]:
    return {
        "excluded": a.excluded or None,
        "n": a.frequency.n if a.frequency else None,
        "m": a.frequency.m if a.frequency else None,
        "frequency": str(a.frequency) if a.frequency else None,
        "onset": a.onset_id,
        "sex": a.sex,
        "modifiers": ";".join(a.modifier_ids) or None,
    }


def _relation(r: Relation) -> dict[str, Any]:
    return {"term": r.term_id, "note": r.note or None, "source_name": r.provenance.source}
