"""``citedx finetune``: a language model fine-tuned on published patients."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer


def finetune(
    model: Annotated[str, typer.Option(help="A causal language model: folder, or id in the local cache.")],
    cases: Annotated[Path, typer.Option(help="Folder or zip of phenopackets to make examples of.")],
    out: Annotated[Path, typer.Option(help="Folder for adapter, metrics.json, report.md, examples.jsonl.")],
    pairs: Annotated[
        list[Path] | None,
        typer.Option(help="JSON Lines of questions with answers, or MedQuAD's file, to train on too; may be repeated."),
    ] = None,
    examples: Annotated[int, typer.Option(min=1, help="Examples made of each patient.")] = 3,
    ask: Annotated[int, typer.Option(min=1, help="Held-out patients that are asked before and after.")] = 50,
    rank: Annotated[int, typer.Option(min=1, help="Rank of the LoRA matrices.")] = 16,
    alpha: Annotated[int, typer.Option(min=1, help="LoRA alpha; the adapter counts by alpha / rank.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 2e-4,
    epochs: Annotated[int, typer.Option(min=1, help="Times that every example is seen.")] = 2,
    max_steps: Annotated[int | None, typer.Option(min=1, help="End after so many steps.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Examples at a time, of each process.")] = 1,
    accumulate: Annotated[int, typer.Option(min=1, help="Batches to a step.")] = 16,
    save_steps: Annotated[int, typer.Option(min=1, help="Steps from one checkpoint to the next.")] = 50,
    context_size: Annotated[
        int | None,
        typer.Option(min=512, help="Tokens of prompt and answer; default: the model's own, at most 4,096."),
    ] = None,
    quantise: Annotated[bool, typer.Option("--quantise", help="The model's weights in 4 bits (QLoRA).")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many patients, drawn at random.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that prepare; default: one per core.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of folds, examples and training.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what --out holds of the same run.")] = False,
) -> None:
    """Fine-tune a language model (LoRA) on published patients, and ask held-out ones before and after.

    On several GPUs: torchrun --nproc-per-node N -m ui.cli finetune ...
    """
    from evaluation.finetuning import FinetuningOptions, run_finetuning
    from llm.finetuning.settings import FinetuningSettings

    settings = FinetuningSettings(
        rank=rank,
        alpha=alpha,
        learning_rate=learning_rate,
        n_epochs=epochs,
        max_steps=max_steps,
        batch_size=batch_size,
        accumulate=accumulate,
        save_steps=save_steps,
    )
    options = FinetuningOptions(
        model=model,
        cases=cases,
        out=out,
        pairs=tuple(pairs or ()),
        settings=settings,
        n_variants=examples,
        n_asked=ask,
        context_size=context_size,
        quantise=quantise,
        limit=limit,
        n_workers=workers,
        seed=seed,
        resume=resume,
    )
    report = run_finetuning(options, shlex.join(["citedx", *sys.argv[1:]]), progress=sys.stderr.isatty())
    if report is not None:
        typer.echo(report.read_text(encoding="utf-8"), nl=False)
