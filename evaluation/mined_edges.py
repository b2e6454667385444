"""How many of the edges that are read from pages hold: random ones, judged by hand against their sentence.

``evaluation/mined_edges.tsv`` has the verdicts. ``python -m evaluation.mined_edges`` prints the precision by kind, with
Wilson's interval, of the judged edges that are still mined: other wordings change some, and the rest stay a random
draw; another extractor has to be judged anew. With ``--draw SEED OUT`` it writes a new draw. The question was: does
this sentence say that this disease has this finding, that this raises its risk, that this treats it, that this test is
done for it? Where a finding stands beside a treatment, for it too. Half right is wrong.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from evaluation.metrics import Rate
from evaluation.qa.scoring import wilson
from kg.build import bundled_sources, load_graph
from kg.catalogue import SOURCES
from kg.graph import KnowledgeGraph
from kg.schema import Provenance, RelationKind
from kg.sources.tables import load_table, write_table
from retrieval.mined_graph import load_edges
from retrieval.mining import EXTRACTOR_VERSION, MinedEdge

TABLE = Path(__file__).with_suffix(".tsv")
KINDS = (RelationKind.FINDING, RelationKind.RISK_FACTOR, RelationKind.TREATS, RelationKind.EXAMINES)
N_DRAWN = 150
"""Edges of each kind."""
_COLUMNS = ("kind", "disease_id", "disease", "other_id", "other", "term_id", "holds", "why_not", "url", "quotation")
_JUDGED = f"MedQuAD, read by extractor {EXTRACTOR_VERSION}"
_QUOTED = 160  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedEdge:
    """An edge and what a person said of it."""

    kind: RelationKind
    disease_id: str
    other_id: str
    """The concept, or the term of a finding."""
    term_id: str
    url: str
    holds: bool


def load_judged(path: Path = TABLE) -> tuple[str, tuple[JudgedEdge, ...]]:
    """What was judged, such as ``MedQuAD, read by extractor 1``, and the verdicts. Raises SourceError."""
    return load_table(path, "judged edges", _COLUMNS, lambda head, rows: (head.source, tuple(map(_judged, rows))))


def _judged(row: Mapping[str, str]) -> JudgedEdge:
    if row["holds"] not in {"yes", "no"}:
        raise ValueError(f"expected yes or no, got {row['holds']!r}")
    return JudgedEdge(
        kind=RelationKind(row["kind"]),
        disease_id=row["disease_id"],
        other_id=row["other_id"],
        term_id=row["term_id"],
        url=row["url"],
        holds=row["holds"] == "yes",
    )


def precision_by_kind(judged: Iterable[JudgedEdge]) -> dict[RelationKind, tuple[Rate, int, int]]:
    """Kind -> precision with its interval, edges that hold, edges judged."""
    verdicts: dict[RelationKind, list[bool]] = {}
    for edge in judged:
        verdicts.setdefault(edge.kind, []).append(edge.holds)
    return {kind: (wilson(sum(held), len(held)), sum(held), len(held)) for kind, held in verdicts.items()}


def still_mined(judged: Iterable[JudgedEdge], edges: Iterable[MinedEdge]) -> list[JudgedEdge]:
    """The judged edges that are among these."""
    mined = set(map(_key, edges))
    return [j for j in judged if (j.kind, j.disease_id, j.other_id, j.term_id, j.url) in mined]


def draw_edges(edges: Iterable[MinedEdge], kind: RelationKind, seed: int, n: int = N_DRAWN) -> list[MinedEdge]:
    """A random draw of one kind, without repetition; all of them where there are fewer."""
    pool = [e for e in edges if e.kind is kind]
    return random.Random(seed).sample(pool, min(n, len(pool)))  # noqa: S311 - no secret


def write_draw(path: Path, edges: Iterable[MinedEdge], graph: KnowledgeGraph) -> None:
    """Write edges to judge: ``holds`` is empty. Raises StorageError."""
    source = Provenance(
        source=_JUDGED,
        version="to judge",
        reference="",
        licence="quotations CC BY 4.0 (MedQuAD), verdicts Apache-2.0",
    )
    write_table(path, _COLUMNS, (_row(e, graph) for e in edges), source)


def _row(edge: MinedEdge, graph: KnowledgeGraph) -> tuple[str, ...]:
    kind, disease_id, other_id, term_id, url = _key(edge)
    other = edge.concept.name if edge.concept else graph.ontology.name(other_id)
    names = (disease_id, graph.diseases[disease_id].name, other_id, other, term_id)
    return (str(kind), *names, "", "", url, quote(edge.sentence, other))


def quote(sentence: str, words: str) -> str:
    """The part of a sentence around some words, or its beginning where they are worded otherwise."""
    sentence = " ".join(sentence.split())
    if len(sentence) <= _QUOTED:
        return sentence
    found = next((m for w in words.split() if (m := re.search(re.escape(w[:5]), sentence, re.IGNORECASE))), None)
    start = min(max(0, found.start() - _QUOTED // 2), len(sentence) - _QUOTED) if found else 0
    shown = sentence[start : start + _QUOTED].strip()
    return f"{'… ' if start else ''}{shown}{' …' if start + _QUOTED < len(sentence) else ''}"


def _key(edge: MinedEdge) -> tuple[RelationKind, str, str, str, str]:
    other_id = edge.concept.concept_id if edge.concept else edge.term_id or ""
    return edge.kind, edge.disease_id, other_id, (edge.term_id or "") if edge.concept else "", edge.url


def main(
    draw: Annotated[tuple[int, Path] | None, typer.Option("--draw", help="Write a new draw: SEED OUT.")] = None,
) -> None:
    """Print how many of the judged edges hold, or draw anew."""
    files = bundled_sources(further=tuple(SOURCES))
    graph = load_graph(files)
    edges = load_edges(graph, files)
    if draw:
        seed, out = draw
        write_draw(out, [e for kind in KINDS for e in draw_edges(edges, kind, seed)], graph)
        return
    source, judged = load_judged()
    if source != _JUDGED:
        sys.stdout.write(f"judged was {source}, not extractor {EXTRACTOR_VERSION}: draw and judge anew\n")
    for kind, (rate, n_held, n) in precision_by_kind(still_mined(judged, edges)).items():
        counted = f"{sum(j.kind is kind for j in judged)} judged, {sum(e.kind is kind for e in edges)} mined"
        held = f"{n_held} of {n} hold, {rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})"
        sys.stdout.write(f"{kind}: {held}; {counted}\n")


if __name__ == "__main__":
    typer.run(main)
