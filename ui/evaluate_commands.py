"""``citedx evaluate``: benchmarks from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from evaluation.cases import load_cases
from evaluation.report import write_report
from evaluation.runner import predict
from evaluation.schema import Protocol
from evaluation.systems import System
from kg.build import load_graph
from kg.cache import require_writable
from kg.errors import UsageError
from retrieval.cases import load_library
from retrieval.embedding import bundled_embedder

app = typer.Typer(help="Measure on benchmark sets.", no_args_is_help=True)


@app.callback()
def _evaluate() -> None:
    """Keep ``diagnosis`` a subcommand while it is the only one."""


@app.command()
def diagnosis(
    cases: Annotated[Path, typer.Option(help="Folder or zip of phenopackets, or PhenoBrain's JSON.")],
    out: Annotated[Path, typer.Option(help="Folder for metrics.json, predictions.jsonl and report.md.")],
    protocol: Annotated[Protocol, typer.Option(help="What may be known.")] = Protocol.UNSEEN_PUBLICATION,
    system: Annotated[System, typer.Option(help="Which ranker.")] = System.FUSED,
    library: Annotated[
        Path | None, typer.Option(help="Phenopackets to add to the case library; default: the evaluated ones.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first cases, for a try.")] = None,
) -> None:
    """Rank the diagnoses of published patients and say how often the right one is found."""
    graph = load_graph()
    case_set = load_cases(cases, graph.ontology)
    scored = case_set.cases[:limit]
    if not scored:
        raise UsageError(f"{cases} holds no case that can be scored: {len(case_set.unscored)} are unscored")
    require_writable(out)
    settings = {"cases": cases.name, "protocol": str(protocol), "system": str(system), **graph.versions}
    phenopackets = library or (None if cases.suffix == ".json" else cases)
    is_terminal = sys.stderr.isatty()
    found = None
    if system is not System.GRAPH:
        found = load_library(graph, bundled_embedder(), phenopackets, progress=is_terminal)
        settings["library"] = found.version
    _check_same_run(out, settings)
    predictions = predict(scored, graph, found, protocol, system, out / "predictions.jsonl", progress=is_terminal)
    write_report(out, predictions, case_set.unscored, settings)
    typer.echo((out / "report.md").read_text(encoding="utf-8"), nl=False)


def _check_same_run(out: Path, settings: dict[str, str]) -> None:
    """A folder belongs to one run: going on with another would mix predictions."""
    note = out / "settings.txt"
    wanted = "".join(f"{name}: {value}\n" for name, value in settings.items())
    if note.exists() and note.read_text(encoding="utf-8") != wanted:
        raise UsageError(f"{out} holds a run with other settings ({note.name} names them): choose another --out")
    note.write_text(wanted, encoding="utf-8")
