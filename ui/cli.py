"""The command line. Heavy libraries are imported inside the commands that use them, so that every start is quick.

Exit codes: 0 done, 1 failed, 2 wrong use or not ready. An error is one line on standard error.
"""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import re
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from kg.common_schema import Setting
from kg.errors import CitedxError, UsageError
from kg.translations import Language
from retrieval.demographics import UNKNOWN, Sex
from retrieval.schema import ReaderName
from ui import (
    build_command,
    care_commands,
    data_commands,
    evaluate_commands,
    finetune_command,
    graph_commands,
    train_commands,
)
from ui.assistant_options import (
    AdapterOption,
    CasesOption,
    ContextOption,
    EmbedderOption,
    LanguageOption,
    LeaveOption,
    LibraryOption,
    ModelOption,
    QuantiseOption,
    ReaderOption,
    SettingOption,
    load_assistant,
    load_model,
)
from ui.graph_commands import JsonOption
from ui.plain_text import plain

if TYPE_CHECKING:
    from fastapi import FastAPI

    from llm import DiagnosisAssistant

app = typer.Typer(
    help="A diagnosis assistant that cites its evidence. Decision support for professionals, not a medical device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback with local variables would print patients' words
)
app.command("build")(build_command.build)
app.command()(care_commands.treat)
app.command()(care_commands.risk)
app.add_typer(graph_commands.app, name="graph")
app.add_typer(data_commands.app, name="data")
app.add_typer(evaluate_commands.app, name="evaluate")
app.add_typer(train_commands.app, name="train")
app.command()(finetune_command.finetune)

TextArgument = Annotated[str | None, typer.Argument(help="The patient's story.", show_default=False)]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="A text file, PDF or phenopacket; - for standard input.")
]
PhenopacketOption = Annotated[Path | None, typer.Option(help="A GA4GH phenopacket in JSON.")]
HpoOption = Annotated[
    str | None, typer.Option("--hpo", help='Findings, excluded ones with a minus: "HP:0001250,-HP:0000365".')
]


@app.callback()
def _global_options(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what is being done.")] = False,
) -> None:
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="citedx: %(message)s")
    for builder in (
        "kg.cache",
        "retrieval.cases",
        "retrieval.embedder_training",
    ):  # whoever waits for minutes wants to know what for
        logging.getLogger(builder).setLevel(logging.INFO)


@app.command()
def chat(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    auth: Annotated[
        str | None, typer.Option(metavar="USER:PASS", envvar="CITEDX_AUTH", help="Ask for this name and password.")
    ] = None,
    root_path: Annotated[str, typer.Option(help="Where a proxy shows the page, such as /citedx.")] = "",
    allowed_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Name of this server, beside localhost; repeatable.")
    ] = None,
    cases: CasesOption = True,
    library: LibraryOption = None,
    embedder: EmbedderOption = None,
    setting: SettingOption = Setting.GENETICS_CLINIC,
    reader: ReaderOption = ReaderName.TRANSFORMER,
    model: ModelOption = None,
    adapter: AdapterOption = None,
    context_size: ContextOption = None,
    quantise: QuantiseOption = False,
    may_leave_machine: LeaveOption = False,
) -> None:
    """Open the chat in the browser."""
    credentials = _parse_credentials(auth)
    if root_path and not re.fullmatch(r"(/[\w.~-]+)+", root_path):
        raise UsageError(f"--root-path is a path such as /citedx, got {root_path}")
    from ui.serving import names_to_answer, run

    hosts = names_to_answer(host, allowed_host or (), has_password=credentials is not None)

    def load() -> FastAPI:
        language_model = load_model(
            model, adapter, context_size, quantise=quantise, may_leave_machine=may_leave_machine
        )
        assistant = load_assistant(cases=cases, library=library, embedder=embedder, reader=reader, setting=setting)
        from llm.chat.address import looks_like_address
        from llm.chat.reader import ChatReader
        from llm.conversation.chat import ChatAnswerer
        from ui.app import create_server
        from ui.shared_assistant import compute_in_one_thread

        if model is None or looks_like_address(model):  # one on this machine needs every core
            compute_in_one_thread()
        Thread(target=_prepare, args=[assistant], daemon=True).start()  # for who asks for another setting first
        read_with = partial(ChatReader, language_model) if language_model else None
        answer_with = partial(ChatAnswerer, language_model) if language_model else None
        return create_server(assistant, credentials, read_with, answer_with, root_path, hosts)

    run(load, host, port)


@app.command()
def diagnose(
    text: TextArgument = None,
    file: FileOption = None,
    phenopacket: PhenopacketOption = None,
    hpo: HpoOption = None,
    sex: Annotated[
        Sex | None, typer.Option(help="Patient's sex; default: as read from the story.", case_sensitive=False)
    ] = None,
    age: Annotated[
        str | None, typer.Option(help="Patient's age: years, or ISO 8601 such as P3M; default: as read.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="Number of diagnoses.")] = 10,
    report: Annotated[
        Path | None, typer.Option(help="Also write the answer to this file, as Markdown (.md) or PDF (.pdf).")
    ] = None,
    save_phenopacket: Annotated[
        Path | None, typer.Option(help="Also write the case to this file, as a GA4GH phenopacket without the story.")
    ] = None,
    max_risk: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Give no diagnosis where the first is likelier to be wrong than this."),
    ] = None,
    language: LanguageOption = Language.ENGLISH,
    as_json: JsonOption = False,
    cases: CasesOption = True,
    library: LibraryOption = None,
    embedder: EmbedderOption = None,
    setting: SettingOption = Setting.GENETICS_CLINIC,
    reader: ReaderOption = ReaderName.TRANSFORMER,
    model: ModelOption = None,
    adapter: AdapterOption = None,
    context_size: ContextOption = None,
    quantise: QuantiseOption = False,
    may_leave_machine: LeaveOption = False,
) -> None:
    """Rank diagnoses for a story, a phenopacket or a list of HPO ids."""
    from kg.build import load_graph
    from ui import exports, intake

    intake.require_one(TEXT=text, **{"--file": file, "--phenopacket": phenopacket, "--hpo": hpo})
    if report is not None:
        exports.require_report(report)
    if save_phenopacket is not None:
        exports.require_writable_file(save_phenopacket)
    graph = load_graph()
    # Before minutes of building: can it be used?
    found, told, story = intake.patient_of(graph, text, file, phenopacket, hpo)
    person = intake.with_given(told, sex, age)
    language_model = load_model(model, adapter, context_size, quantise=quantise, may_leave_machine=may_leave_machine)
    assistant = load_assistant(
        graph=graph, cases=cases, library=library, embedder=embedder, reader=reader, setting=setting
    )
    from llm.chat.reader import ChatReader
    from ui.page.words import Words

    second_reader = ChatReader(language_model) if language_model else None
    differential = assistant.diagnose(
        found, k=k, person=person, accepted_risk=max_risk, reader=second_reader, story=story
    )
    words = Words(language=language, label_of=assistant.label)
    if as_json:
        from ui.answer_json import differential_json

        _print_json(differential_json(differential))
    else:
        from ui.terminal import show_differential

        show_differential(Console(soft_wrap=True), differential, words)
    if save_phenopacket is not None:
        exports.save_phenopacket(differential, graph.ontology, save_phenopacket)
    if report is not None:
        exports.save_report(differential, report, words)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help='Such as "why not Marfan?" or "which genes?".')],
    file: FileOption = None,
    phenopacket: PhenopacketOption = None,
    hpo: HpoOption = None,
    language: LanguageOption = Language.ENGLISH,
    as_json: JsonOption = False,
    cases: CasesOption = True,
    library: LibraryOption = None,
    embedder: EmbedderOption = None,
    setting: SettingOption = Setting.GENETICS_CLINIC,
    reader: ReaderOption = ReaderName.TRANSFORMER,
    model: ModelOption = None,
    adapter: AdapterOption = None,
    context_size: ContextOption = None,
    quantise: QuantiseOption = False,
    may_leave_machine: LeaveOption = False,
) -> None:
    """Answer a question about a patient's differential, or about a disease, gene or term."""
    from kg.build import load_graph
    from ui import intake

    given = {"--file": file, "--phenopacket": phenopacket, "--hpo": hpo}
    has_patient = any(value is not None for value in given.values())
    if has_patient:
        intake.require_one(**given)
    graph = load_graph()
    patient = intake.patient_of(graph, None, file, phenopacket, hpo) if has_patient else ((), UNKNOWN, "")
    found, person, story = patient
    language_model = load_model(model, adapter, context_size, quantise=quantise, may_leave_machine=may_leave_machine)
    assistant = load_assistant(
        graph=graph, cases=cases, library=library, embedder=embedder, reader=reader, setting=setting
    )
    differential = assistant.diagnose(found, person=person, story=story) if has_patient else None
    if differential is not None:
        differential = replace(differential, evidence=())  # it is not shown, so the answer's own evidence begins at E1
    from llm.conversation.chat import ChatAnswerer

    answerer = ChatAnswerer(language_model) if language_model else None
    answer = assistant.answer(question, differential, answerer=answerer)
    if as_json:
        from ui.answer_json import answer_json

        _print_json(answer_json(answer))
    else:
        from ui.page.words import Words
        from ui.terminal import show_answer

        show_answer(Console(soft_wrap=True), answer, Words(language=language, label_of=assistant.label))


@app.command()
def findings(
    text: TextArgument = None,
    file: FileOption = None,
    as_json: JsonOption = False,
    language: Annotated[
        Language, typer.Option(help="Language of the labels; that of the story is told from its text.")
    ] = Language.ENGLISH,
) -> None:
    """List the phenotypic findings in a story, in English, Chinese or Spanish."""
    from kg.build import load_graph
    from ui import intake

    intake.require_one(TEXT=text, **{"--file": file})
    story = (text or "") if file is None else intake.read_file(file).text
    if file is not None and not story:
        raise UsageError(f"{file} is a phenopacket, not a story: citedx diagnose --phenopacket {file}")
    reader = intake.story_reader(load_graph())
    with intake.progress(story):
        found = reader.find_findings(story)
    if language is not Language.ENGLISH:
        found = tuple(replace(f, label=reader.label(f.term_id, language)) for f in found)
    if as_json:
        from ui.answer_json import finding_json

        _print_json({"findings": [finding_json(f) for f in found]})
    else:
        from ui.terminal import show_findings, show_story

        console = Console(soft_wrap=True)
        if found:
            show_story(console, story, found)
            console.print()
            show_findings(console, found)
        else:
            Console(stderr=True).print("no finding was recognised")


@app.command()
def mcp(
    cases: CasesOption = True,
    library: LibraryOption = None,
    embedder: EmbedderOption = None,
    setting: SettingOption = Setting.GENETICS_CLINIC,
    reader: ReaderOption = ReaderName.TRANSFORMER,
) -> None:
    """Serve the assistant as tools of the Model Context Protocol, over standard input and output."""
    from ui.mcp_server import serve_mcp

    serve_mcp(lambda: load_assistant(cases=cases, library=library, embedder=embedder, reader=reader, setting=setting))


@app.command()
def doctor() -> None:
    """Check that everything is installed, built and whole."""
    from ui.doctor import examine

    healthy = True
    for check in examine():
        healthy &= check.ok
        typer.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.detail}")
    if not healthy:
        raise typer.Exit(2)


def _prepare(assistant: DiagnosisAssistant) -> None:
    try:
        assistant.prepare()
    except CitedxError as error:  # whoever asks for the setting is told again
        typer.echo(f"citedx: {plain(str(error))}", err=True)


def _parse_credentials(auth: str | None) -> tuple[str, str] | None:
    if auth is None:
        return None
    user, colon, password = auth.partition(":")
    if not (user and colon and password):
        raise UsageError("--auth needs USER:PASS, both not empty")
    return user, password


def _print_json(content: dict[str, Any]) -> None:
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    typer.echo(json.dumps(content, ensure_ascii=not is_unicode, indent=2))


def main() -> None:
    """What the console script does once everything is imported."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not everything that a file holds can be shown
    try:
        code = _run()
        if sys.stdout is not None:
            sys.stdout.flush()  # at exit it would be too late to say what is wrong
    except BrokenPipeError:  # the reader of a pipe has seen enough
        _drop_output()
        code = 0
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            _drop_output()
            typer.echo(f"citedx: cannot write: {error.strerror}", err=True)
        elif error.filename is not None:
            typer.echo(f"citedx: cannot use {plain(str(error.filename))}: {error.strerror}", err=True)
        else:
            raise
        code = 1
    sys.exit(code)


def _run() -> int | str | None:
    """The exit code, as ``sys.exit`` takes it. Raises OSError where the output cannot be written."""
    try:
        app()
    except CitedxError as error:
        typer.echo(f"citedx: {plain(str(error))}", err=True)
        return error.exit_code
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # Typer and Rich make a failure of it
            raise ended.__context__ from None
        return ended.code
    return 0


def _drop_output() -> None:
    """Python would try to write the rest at exit, and complain again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
