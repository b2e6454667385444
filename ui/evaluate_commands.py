"""``citedx evaluate``: benchmarks from the command line."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from evaluation.qa.schema import ContextKind, Scoring
from evaluation.schema import Ablation, Level, Protocol, System, Weights
from kg.common_schema import Setting
from ui.sources_option import SourcesOption, load_graph_of

app = typer.Typer(help="Measure on benchmark sets.", no_args_is_help=True)

_Scheduler = Annotated[
    str | None,
    typer.Option(metavar="tcp://HOST:PORT", help="A dask cluster that does the work in place of this machine."),
]


@app.command()
def diagnosis(
    cases: Annotated[Path, typer.Option(help="Folder or zip of phenopackets, or PhenoBrain's JSON.")],
    out: Annotated[Path, typer.Option(help="Folder for metrics.json, predictions.jsonl, report.md and figures.")],
    protocol: Annotated[
        Protocol, typer.Option(help="Evaluation protocol: what may be known of a held-out publication.")
    ] = Protocol.UNSEEN_PUBLICATION,
    system: Annotated[System, typer.Option(help="Which ranker.")] = System.FUSED,
    knowledge: Annotated[
        Level, typer.Option(help="The HPO release alone, with the shipped counts, or with a case library too.")
    ] = Level.LIBRARY,
    library: Annotated[
        Path | None, typer.Option(help="Phenopackets for the case library, beside the evaluated ones.")
    ] = None,
    weights: Annotated[
        Weights | None,
        typer.Option(help="Of the systems fused and reader; default: folds, for a set large enough to train on."),
    ] = None,
    without: Annotated[
        list[Ablation] | None, typer.Option(help="What the reader does without; may be repeated.")
    ] = None,
    examine: Annotated[
        int, typer.Option(min=0, help="Patients whose diagnosis is tested further: cited evidence, next questions.")
    ] = 0,
    peer: Annotated[
        list[Path] | None,
        typer.Option(
            help="TSV of phenopacket_id and rank, or another run's predictions.jsonl, to compare with; may be repeated."
        ),
    ] = None,
    pheval: Annotated[bool, typer.Option("--pheval", help="Also write result files for PhEval.")] = False,
    present_only: Annotated[
        bool, typer.Option("--present-only", help="Leave out the patients' excluded findings.")
    ] = False,
    from_stories: Annotated[
        bool,
        typer.Option("--from-stories", help="Put the patients' findings as they are read from stories about them."),
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: one per core, at most one per fold.")
    ] = None,
    scheduler: _Scheduler = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds, the training and the bootstrap.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many cases, drawn at random.")] = None,
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
        weights=weights,
        without=frozenset(without or ()),
        examine=examine,
        peers=tuple(peer or ()),
        pheval=pheval,
        present_only=present_only,
        from_stories=from_stories,
        n_workers=workers,
        scheduler=scheduler,
        seed=seed,
        limit=limit,
    )
    report = run_benchmark(options, shlex.join(["citedx", *sys.argv[1:]]), progress=sys.stderr.isatty())
    typer.echo(report.read_text(encoding="utf-8"), nl=False)


@app.command()
def findings(
    corpus: Annotated[
        Path, typer.Option(help="Annotated texts: folder (corpus, ann), .tar.gz, .jsonl, .tsv, or a folder of these.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for metrics.json, predictions.jsonl, report.md and figures.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    ontology: Annotated[
        Path | None, typer.Option(help="Another release of the HPO (hp.obo) to read with, as the annotators had it.")
    ] = None,
) -> None:
    """Read findings from annotated texts and say how far that agrees with the annotators."""
    from evaluation.findings_benchmark import FindingsOptions, run_findings_benchmark

    options = FindingsOptions(corpus=corpus, out=out, seed=seed, ontology=ontology)
    report = run_findings_benchmark(options, shlex.join(["citedx", *sys.argv[1:]]))
    typer.echo(report.read_text(encoding="utf-8"), nl=False)


@app.command()
def qa(
    benchmark: Annotated[Path, typer.Option(help="MIRAGE's benchmark.json, PubMedQA's JSON or CRAFT-MD's CSV.")],
    out: Annotated[Path, typer.Option(help="Folder for metrics.json, predictions.jsonl, report.md and the figure.")],
    datasets: Annotated[str, typer.Option(help="Sets of the file, parted by commas; default: all.")] = "",
    model: Annotated[
        str, typer.Option(help="A language model's id, folder or address; retrieval: no language model, a floor.")
    ] = "retrieval",
    context: Annotated[
        ContextKind, typer.Option(help="What is retrieved, by the question alone.")
    ] = ContextKind.PASSAGES,
    snippets: Annotated[int, typer.Option(min=1, help="Most pieces of context for a question.")] = 32,
    scoring: Annotated[Scoring, typer.Option(help="How a language model's choice is read.")] = Scoring.GENERATIVE,
    reason: Annotated[bool, typer.Option("--reason", help="Have it reason before it answers.")] = False,
    may_leave_machine: Annotated[
        bool,
        typer.Option("--may-leave-machine", help="The model's server may be another machine; these texts are public."),
    ] = False,
    peer: Annotated[
        list[Path] | None,
        typer.Option(help="TSV of others' answers, or another run's predictions.jsonl; may be repeated."),
    ] = None,
    shard: Annotated[str | None, typer.Option(metavar="I/N", help="Only this part of the questions.")] = None,
    join: Annotated[
        bool, typer.Option("--join", help="Join the shards in --out and report; nothing is asked.")
    ] = False,
    mirage: Annotated[bool, typer.Option("--mirage", help="Also write files for MIRAGE's own program.")] = False,
    requests: Annotated[
        bool, typer.Option("--requests", help="Write requests.jsonl for a fleet of servers; nothing is asked.")
    ] = False,
    responses: Annotated[
        Path | None, typer.Option(help="The fleet's answers, in OpenAI's batch format; nothing is asked.")
    ] = None,
    parallel: Annotated[int, typer.Option(min=1, help="Questions asked at the same time, of a server.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes, each with context and model of its own.")] = 1,
    scheduler: _Scheduler = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample and the bootstrap.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many questions of each set.")] = None,
) -> None:
    """Answer benchmark questions and say how many answers are right, beside published ones."""
    from evaluation.qa.benchmark import QaOptions, run_qa_benchmark
    from evaluation.qa.runner import Shard

    options = QaOptions(
        benchmark=benchmark,
        out=out,
        datasets=tuple(name.strip() for name in datasets.split(",") if name.strip()),
        model=model,
        context=context,
        k=snippets,
        scoring=scoring,
        reasoned=reason,
        may_leave_machine=may_leave_machine,
        peers=tuple(peer or ()),
        shard=Shard.parse(shard) if shard else None,
        join=join,
        mirage=mirage,
        requests=requests,
        responses=responses,
        parallel=parallel,
        n_workers=workers,
        scheduler=scheduler,
        seed=seed,
        limit=limit,
    )
    written = run_qa_benchmark(options, shlex.join(["citedx", *sys.argv[1:]]), progress=sys.stderr.isatty())
    is_report = written.suffix == ".md"
    typer.echo(written.read_text(encoding="utf-8") if is_report else f"{written}", nl=not is_report)


@app.command()
def free_text(
    cases: Annotated[Path, typer.Option(help="CRAFT-MD's CSV or AgentClinic's JSON Lines.")],
    out: Annotated[Path, typer.Option(help="Folder for metrics.json, predictions.jsonl, report.md and the figure.")],
    model: Annotated[
        str, typer.Option(help="A language model's id, folder or address; assistant: citedx without one.")
    ] = "assistant",
    may_leave_machine: Annotated[
        bool,
        typer.Option("--may-leave-machine", help="The model's server may be another machine; these texts are public."),
    ] = False,
    parallel: Annotated[int, typer.Option(min=1, help="Cases asked at the same time, of a server.")] = 1,
    setting: Annotated[
        Setting, typer.Option(help="Where citedx takes the patients to be seen.")
    ] = Setting.GENERAL_PRACTICE,
    sources: SourcesOption = "all",
) -> None:
    """Have diagnoses named for stories and say how often the right one is among the first."""
    from evaluation.qa.free_text import load_stories
    from evaluation.qa.free_text_benchmark import FreeTextOptions, load_namer, run_free_text

    load_stories(cases)  # refused, where they are none, before minutes are spent on a graph
    namer, vocabulary = load_namer(
        model, load_graph_of(sources), setting, may_leave_machine=may_leave_machine, parallel=parallel
    )
    options = FreeTextOptions(cases=cases, out=out, model=model, parallel=parallel)
    command = shlex.join(["citedx", *sys.argv[1:]])
    report = run_free_text(options, command, namer, vocabulary, progress=sys.stderr.isatty())
    typer.echo(report.read_text(encoding="utf-8"), nl=False)
