"""``citedx evaluate``: benchmarks from the command line."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from evaluation.cases import load_cases
from evaluation.figures import require_matplotlib
from evaluation.fusion_folds import Job, train_on_all
from evaluation.future import is_past, past_sources, split_by_time
from evaluation.knowledge import Level, load_knowledge
from evaluation.peers import compare, load_peer
from evaluation.pheval import require_pyarrow, write_pheval_results
from evaluation.processes import n_cores, start_workers
from evaluation.protocols import N_FOLDS, split_folds
from evaluation.report import describe_run, write_report
from evaluation.runner import predict
from evaluation.schema import Case, Protocol
from evaluation.systems import WITH_VECTORS, System
from kg.cache import require_writable
from kg.errors import UsageError
from retrieval.fusion import load_fusion

MIN_PUBLICATIONS = 200
"""Sets of fewer publications are too small to train on; they are put to the shipped weights."""


class Weights(StrEnum):
    """Where the fused system's weights come from."""

    FOLDS = "folds"  # trained anew for each fold, on the others
    SHIPPED = "shipped"  # the project's; an error where they were trained on an evaluated publication


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
        typer.Option(help=f"Weights of the fused system; default: folds from {MIN_PUBLICATIONS} publications on."),
    ] = None,
    peer: Annotated[
        list[Path] | None, typer.Option(help="TSV of phenopacket_id and rank, to compare with; may be repeated.")
    ] = None,
    pheval: Annotated[bool, typer.Option("--pheval", help="Also write result files for PhEval.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: one per core, at most one per fold.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds and the bootstrap.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first cases, for a try.")] = None,
) -> None:
    """Rank the diagnoses of published patients and say how often the right one is found."""
    require_matplotlib()
    if pheval:
        require_pyarrow()
    peers = [load_peer(path) for path in peer or ()]
    is_terminal = sys.stderr.isatty()
    libraries = [path for path in (library, None if cases.suffix == ".json" else cases) if path]
    in_future = protocol is Protocol.UNSEEN_FUTURE
    whole = load_knowledge(
        knowledge,
        libraries,
        sources=past_sources() if in_future else None,
        is_known=is_past if in_future else lambda _: True,
        with_text=system in WITH_VECTORS,
        progress=is_terminal,
    )
    case_set = load_cases(cases, whole.graph.ontology)
    past: tuple[Case, ...] = ()
    if in_future:
        past, case_set = split_by_time(case_set)
    scored = case_set.cases[:limit]
    if not scored:
        raise UsageError(f"{cases} holds no case that can be scored: {len(case_set.unscored)} are unscored")
    require_writable(out)
    settings = {"cases": cases.name, "protocol": str(protocol), "system": str(system), "knowledge": str(knowledge)}
    settings |= whole.graph.versions | {"seed": str(seed)} | ({"limit": str(limit)} if limit else {})
    weights = None
    if system is System.FUSED:
        weights = fusion or _default_weights(past or scored)
        settings["fusion"] = str(weights)
    _check_same_run(out, settings)
    n_workers = min(workers or n_cores(), N_FOLDS)
    file = out / "predictions.jsonl"
    n_before, start = _n_lines(file), time.perf_counter()
    trained = load_fusion() if weights is Weights.SHIPPED else None
    if weights is Weights.FOLDS and in_future:  # what is past serves as one training set for all that came later
        with start_workers(Job(whole=whole, protocol=Protocol.UNSEEN_PUBLICATION), n_workers) as processes:
            trained, _ = train_on_all(processes, split_folds(past, seed), seed=seed, progress=is_terminal)
    predictions = predict(
        scored,
        whole,
        protocol,
        system,
        file,
        fusion=trained,
        n_workers=n_workers,
        seed=seed,
        progress=is_terminal,
    )
    run = describe_run(
        shlex.join(["citedx", *sys.argv[1:]]),
        ranked_s=time.perf_counter() - start,
        n_ranked=_n_lines(file) - n_before,
        n_workers=n_workers,
    )
    comparisons = [compare(predictions, p, seed) for p in peers]
    write_report(out, predictions, case_set.unscored, settings, comparisons=comparisons, run=run, seed=seed)
    if pheval:
        write_pheval_results(out, predictions)
    typer.echo((out / "report.md").read_text(encoding="utf-8"), nl=False)


def _default_weights(cases: Sequence[Case]) -> Weights:
    return Weights.FOLDS if len({c.publication for c in cases}) >= MIN_PUBLICATIONS else Weights.SHIPPED


def _n_lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def _check_same_run(out: Path, settings: dict[str, str]) -> None:
    """A folder belongs to one run: going on with another would mix predictions."""
    note = out / "settings.txt"
    wanted = "".join(f"{name}: {value}\n" for name, value in settings.items())
    if note.exists() and note.read_text(encoding="utf-8") != wanted:
        raise UsageError(f"{out} holds a run with other settings ({note.name} names them): choose another --out")
    note.write_text(wanted, encoding="utf-8")
