"""How many of the edges that are read from pages hold: random ones, judged by hand against their sentence.

``evaluation/mined_edges.tsv`` has the verdicts. ``python -m evaluation.mined_edges`` prints the precision by kind, with
Wilson's interval, and whether the table is a draw from the edges of today's extractor; with ``--draw SEED OUT`` it
writes a new draw to judge. The question was: does this sentence say that this disease has this finding, that this
raises its risk, that this treats it, that this test is done for it? Where a finding stands beside a treatment, for it
too. Half right is wrong.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Which edges of a kind were judged."""

    seed: int
    n: int = 150
    """At most."""


DRAWS: Mapping[RelationKind, Draw] = {
    RelationKind.FINDING: Draw(seed=20261130),
    RelationKind.RISK_FACTOR: Draw(seed=20261129, n=300),  # more than there are
    RelationKind.TREATS: Draw(seed=20261130),
    RelationKind.EXAMINES: Draw(seed=20261129),
}
"""Judged after the rules were last changed; earlier draws had changed them."""
_COLUMNS = ("kind", "disease_id", "disease", "other_id", "other", "term_id", "holds", "why_not", "url", "quotation")
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


def load_judged(path: Path = TABLE) -> tuple[JudgedEdge, ...]:
    """The verdicts. Raises SourceError."""
    return load_table(path, "judged edges", _COLUMNS, lambda _, rows: tuple(map(_judged, rows)))


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


def draw_edges(edges: Sequence[MinedEdge], kind: RelationKind, draw: Draw) -> list[MinedEdge]:
    """A random draw of one kind, without repetition; all of them where there are fewer."""
    pool = [e for e in edges if e.kind is kind]
    return random.Random(draw.seed).sample(pool, min(draw.n, len(pool)))  # noqa: S311 - no secret


def is_drawn(judged: Iterable[JudgedEdge], edges: Sequence[MinedEdge]) -> bool:
    """Whether the verdicts are of the draws of ``DRAWS`` from these edges."""
    drawn = {_key(e) for kind, draw in DRAWS.items() for e in draw_edges(edges, kind, draw)}
    return drawn == {(j.kind, j.disease_id, j.other_id, j.term_id, j.url) for j in judged}


def write_draw(path: Path, edges: Iterable[MinedEdge], graph: KnowledgeGraph) -> None:
    """Write edges to judge: ``holds`` is empty. Raises StorageError."""
    source = Provenance(
        source=f"MedQuAD, read by extractor {EXTRACTOR_VERSION}; verdicts: citedx",
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
        write_draw(out, [e for kind in DRAWS for e in draw_edges(edges, kind, Draw(seed=seed))], graph)
        return
    judged = load_judged()
    for kind, (rate, n_held, n) in precision_by_kind(judged).items():
        n_mined = sum(e.kind is kind for e in edges)
        line = f"{kind}: {n_held} of {n} hold, {rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%}); {n_mined} mined"
        sys.stdout.write(f"{line}\n")
    if not is_drawn(judged, edges):
        sys.stdout.write("the extractor has changed since: draw and judge anew\n")


if __name__ == "__main__":
    typer.run(main)
