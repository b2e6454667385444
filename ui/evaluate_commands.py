"""``citedx evaluate``: benchmarks from the command line."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from evaluation.schema import Level, Protocol, System, Weights

app = typer.Typer(help="Measure on benchmark sets.", no_args_is_help=True)


@app.callback()
def _evaluate() -> None:
    """Keep ``diagnosis`` a subcommand while it is the only one."""


@app.command()
def diagnosis(
    cases: Annotated[Path, typer.Option(help="Folder or zip of phenopackets, or PhenoBrain's JSON.")],
    out: Annotated[Path, typer.Option(help="Folder for metrics.json, predictions.jsonl, report.md and figures.")],
    protocol: Annotated[Protocol, typer.Option(help="What may be known.")] = Protocol.UNSEEN_PUBLICATION,
    system: Annotated[System, typer.Option(help="Which ranker.")] = System.FUSED,
    knowledge: Annotated[
        Level, typer.Option(help="The HPO release alone, with the shipped counts, or with a case library too.")
    ] = Level.LIBRARY,
    library: Annotated[
        Path | None, typer.Option(help="Phenopackets for the case library, beside the evaluated ones.")
    ] = None,
    fusion: Annotated[
        Weights | None,
        typer.Option(help="Weights of the fused system; default: folds, for a set large enough to train on."),
    ] = None,
    peer: Annotated[
        list[Path] | None, typer.Option(help="TSV of phenopacket_id and rank, to compare with; may be repeated.")
    ] = None,
    pheval: Annotated[bool, typer.Option("--pheval", help="Also write result files for PhEval.")] = False,
    present_only: Annotated[
        bool, typer.Option("--present-only", help="Leave out the patients' excluded findings.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: one per core, at most one per fold.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds, the training and the bootstrap.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first cases, for a try.")] = None,
) -> None:
    """Rank the diagnoses of published patients and say how often the right one is found."""
    from evaluation.benchmark import Options, run_benchmark

    options = Options(
        cases=cases,
        out=out,
        protocol=protocol,
        system=system,
        level=knowledge,
        library=library,
        weights=fusion,
        peers=tuple(peer or ()),
        pheval=pheval,
        present_only=present_only,
        n_workers=workers,
        seed=seed,
        limit=limit,
    )
    report = run_benchmark(options, shlex.join(["citedx", *sys.argv[1:]]), progress=sys.stderr.isatty())
    typer.echo(report.read_text(encoding="utf-8"), nl=False)
