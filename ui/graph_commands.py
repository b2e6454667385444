"""``citedx graph``: the knowledge graph from the command line."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from kg.catalogue import HPO
from kg.export import ExportFormat, export_graph, provenances_of
from kg.network import NOT
from kg.schema import Disease
from retrieval.findings import parse_finding_ids
from ui.graph_json import explanation_json, neighbours_json
from ui.node_view import name_of, show_node
from ui.sources_option import SourcesOption, load_graph_of
from ui.terminal import show_explanation

app = typer.Typer(help="Query the knowledge graph.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NodeArgument = Annotated[str, typer.Argument(help="Id, name, synonym or gene symbol.")]


@app.command()
def show(node: NodeArgument, sources: SourcesOption = HPO) -> None:
    """Show a term, disease or gene with all that is known of it."""
    graph = load_graph_of(sources)
    show_node(Console(), graph, graph.node(node))


@app.command()
def neighbours(node: NodeArgument, sources: SourcesOption = HPO, as_json: JsonOption = False) -> None:
    """List what a node is directly tied to."""
    graph, console = load_graph_of(sources), Console()
    if as_json:
        typer.echo(json.dumps(neighbours_json(graph, node, None), ensure_ascii=False, indent=2))
        return
    for predicate, other, outwards in graph.neighbours(node):
        arrow = "->" if outwards else "<-"
        console.print(f"{arrow} {predicate}  {other}  {escape(name_of(graph, other))}", highlight=False, soft_wrap=True)


@app.command()
def explain(
    disease: Annotated[str, typer.Argument(help="Disease id or name.")],
    hpo: Annotated[str, typer.Option("--hpo", help='Findings, excluded ones with a minus: "HP:0001250,-HP:0000365".')],
    sources: SourcesOption = HPO,
    as_json: JsonOption = False,
) -> None:
    """Show how a disease explains findings: matched, contradicted, unexplained, missing."""
    graph = load_graph_of(sources)
    node = graph.node(disease)
    disease_id = node.disease_id if isinstance(node, Disease) else graph.disease(disease).disease_id
    explanation = graph.explain(disease_id, parse_finding_ids(hpo, graph.ontology))
    if as_json:
        typer.echo(json.dumps(explanation_json(graph, explanation), ensure_ascii=False, indent=2))
    else:
        show_explanation(Console(), graph, explanation)


@app.command()
def path(start: NodeArgument, end: NodeArgument, sources: SourcesOption = HPO) -> None:
    """Show a shortest chain of statements between two nodes, with their references."""
    graph, console = load_graph_of(sources), Console()
    steps = graph.shortest_path(start, end)
    console.print(f"{steps[0]}  {escape(name_of(graph, steps[0]))}", highlight=False)
    for one, other in pairwise(steps):
        statements = graph.statements_between(one, other)
        predicate, forward, record = min(statements, key=lambda s: s[0].startswith(NOT))  # what no source denies
        arrow = f"-- {predicate} ->" if forward else f"<- {predicate} --"
        references = "  [dim]" + "; ".join(p.reference for p in provenances_of(record)) + "[/]" if record else ""
        console.print(
            f"  {arrow} {other}  {escape(name_of(graph, other))}{references}", highlight=False, soft_wrap=True
        )


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="File to write.")],
    form: Annotated[ExportFormat, typer.Option("--format", help="File format.")] = ExportFormat.GRAPHML,
    sources: SourcesOption = HPO,
) -> None:
    """Write the whole graph to a file, or to /dev/stdout."""
    n_written = export_graph(load_graph_of(sources), out, form)
    # On standard output it would stand in the graph.
    Console(stderr=True).print(f"wrote {n_written:,} nodes and edges to {out}", highlight=False, soft_wrap=True)
