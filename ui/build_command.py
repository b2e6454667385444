"""``citedx build``: the knowledge graph from its sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from kg.graph import KnowledgeGraph
from ui.sources_option import SourcesOption, load_graph_of


def build(
    sources: SourcesOption = "all",
    unmapped: Annotated[bool, typer.Option("--unmapped", help="List the symptoms without an HPO term.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of docs/sources.md.")] = False,
) -> None:
    """Build the graph from its sources and keep it in the cache; the one that is there stays until it is whole."""
    graph = load_graph_of(sources)
    if markdown:
        typer.echo(summaries_as_markdown(graph))
        return
    for kind, n in graph.counts().items():
        typer.echo(f"{n:>9,} {kind}")
    for summary in graph.summaries:
        typer.echo(f"{summary.source}: {_counted(summary.counts)}")
        for reason, n in summary.left_out.items():
            typer.echo(f"  left out: {n:,} {reason}")
        if unmapped:
            for u in summary.unmapped:
                typer.echo(f"  {u.n_statements:>4} {u.symptom_id}  {u.name}" + (f": {u.note}" if u.note else ""))
    if not unmapped and any(s.unmapped for s in graph.summaries):
        typer.echo("symptoms without an HPO term: citedx build --unmapped")


def summaries_as_markdown(graph: KnowledgeGraph) -> str:
    """One row a source: what it states, what was left out, and which releases were read."""
    rows = [f"| {s.source} | {_counted(s.counts)} | {_counted(s.left_out) or 'nothing'} |" for s in graph.summaries]
    return "\n".join(["| source | states | left out |", "|---|---|---|", *rows])


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {what}" for what, n in counts.items())
