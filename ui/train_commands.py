"""``citedx train``: the project's own weights, made again from published patients."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Train the project's own weights.", no_args_is_help=True)


@app.command()
def fusion(
    cases: Annotated[Path, typer.Option(help="Folder or zip of phenopackets to train on.")],
    out: Annotated[Path, typer.Option(help="Folder for fusion.safetensors and fusion.json.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: one per core.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of folds, sample and training.")] = 0,
) -> None:
    """Train the weights that fuse graph and cases; each patient is seen without their own fold of publications."""
    from evaluation.cases import load_cases
    from evaluation.fusion_folds import Job, train_on_all
    from evaluation.knowledge import load_knowledge
    from evaluation.processes import n_cores, start_workers
    from evaluation.protocols import split_folds
    from evaluation.schema import Level, Protocol
    from kg.cache import require_writable
    from retrieval.fusion import save_fusion

    whole = load_knowledge(Level.LIBRARY, [cases])
    case_set = load_cases(cases, whole.graph.ontology)
    require_writable(out)
    folds = split_folds(case_set.cases, seed)
    with start_workers(Job(whole=whole, protocol=Protocol.PUBLISHED), workers or n_cores()) as pool:
        trained, n_examples = train_on_all(pool, folds, also_series=True, seed=seed, progress=sys.stderr.isatty())
    card = {"trained_on": cases.name, "n_patients": n_examples, "seed": seed, "versions": whole.graph.versions}
    save_fusion(trained, out, card)
    typer.echo(
        f"trained on {n_examples:,} patients of {len(trained.publications):,} publications: {out}; "
        f"{len(case_set.unscored):,} cases cannot be used"
    )


@app.command()
def embedder(
    out: Annotated[Path, typer.Option(help="Folder for the sentence-transformers model.")],
    teacher: Annotated[
        Path | None,
        typer.Option(help="Folder of the model that gives tokens their first vectors; default: all-MiniLM-L6-v2."),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Times that every term is seen.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Of batches, drawn cases and dropout.")] = 0,
) -> None:
    """Train the embedder on the ontology's wordings and on cases drawn from its diseases; minutes on one core."""
    from dataclasses import asdict

    from kg.build import load_graph
    from kg.cache import require_writable
    from retrieval.embedder_training import EmbedderSettings, save_embedder, train_from_teacher
    from retrieval.embedding import SentenceEmbedder, packaged_minilm

    first = SentenceEmbedder(teacher) if teacher else packaged_minilm()
    require_writable(out)
    graph, settings = load_graph(), EmbedderSettings(n_epochs=epochs)
    trained = train_from_teacher(graph, first, settings=settings, seed=seed, progress=sys.stderr.isatty())
    card = {"teacher": first.identity, "seed": seed, "versions": graph.versions, "settings": asdict(settings)}
    save_embedder(trained, out, card)
    of_wordings, of_cases = trained.losses[-1]
    typer.echo(
        f"{len(trained.model.table):,} tokens; loss {of_wordings:.3f} of wordings, {of_cases:.3f} of cases: {out}"
    )


@app.command()
def reader(
    cases: Annotated[Path, typer.Option(help="Folder or zip of phenopackets to train on.")],
    out: Annotated[Path, typer.Option(help="Folder for the model, and for checkpoints while it is trained.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many patients, drawn at random.")] = None,
    confidence: Annotated[
        Path | None,
        typer.Option(help="Folder of an evaluation of the reader in folds, to calibrate the probabilities by."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most epochs.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of folds, simulation and training.")] = 0,
) -> None:
    """Train the reader: on simulated patients, then on published ones, each seen without their own publications.

    A training that was cut off goes on where it was, with the same command.
    """
    from dataclasses import asdict, replace

    from evaluation.cases import draw_cases, load_cases
    from evaluation.fusion_folds import Job
    from evaluation.knowledge import load_knowledge
    from evaluation.protocols import split_folds
    from evaluation.reader_folds import train_reader_on_all
    from evaluation.recalibration import load_confidence
    from evaluation.schema import Level, Protocol
    from kg.cache import require_writable
    from llm.reader.training import CHECKPOINT, ReaderSettings
    from llm.reader.weights import save_reader

    line = load_confidence(confidence) if confidence else ()
    whole = load_knowledge(Level.LIBRARY, [cases])
    case_set = load_cases(cases, whole.graph.ontology)
    require_writable(out)
    settings = replace(ReaderSettings(), n_epochs=epochs) if epochs else ReaderSettings()
    trained, n_patients = train_reader_on_all(
        Job(whole=whole, protocol=Protocol.PUBLISHED),
        split_folds(draw_cases(case_set.cases, limit, seed), seed),
        settings=settings,
        seed=seed,
        checkpoints=out,
        progress=sys.stderr.isatty(),
    )
    trained.model.config.confidence = list(line)
    card = {"trained_on": cases.name, "n_patients": n_patients, "seed": seed, "versions": whole.graph.versions}
    save_reader(trained, out, {**card, "settings": asdict(settings)})
    (out / CHECKPOINT).unlink(missing_ok=True)
    n_publications = len(trained.model.config.publications)
    typer.echo(f"trained on {n_patients:,} patients of {n_publications:,} publications: {out}")


@app.command()
def confidence(
    evaluation: Annotated[Path, typer.Option(help="Folder of an evaluation of the reader in folds.")],
    reader: Annotated[Path, typer.Option(help="Folder of the reader whose settings are changed.")],
) -> None:
    """Calibrate a reader's probabilities anew, by what the answers of the folds were worth; nothing is trained."""
    from evaluation.recalibration import load_confidence
    from llm.reader.weights import save_confidence

    line = load_confidence(evaluation)
    save_confidence(line, reader)
    typer.echo(f"a line of {len(line)} points, by {evaluation}: {reader}")
