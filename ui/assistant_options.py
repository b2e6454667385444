"""The options that say which assistant and which language model a command uses, and what they load."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg.common_schema import Setting
from kg.errors import UsageError
from kg.translations import Language
from retrieval.schema import ReaderName

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph
    from llm import DiagnosisAssistant
    from llm.chat.protocol import ChatModel

CasesOption = Annotated[bool, typer.Option("--cases/--no-cases", help="Look for similar published cases.")]
LibraryOption = Annotated[
    Path | None, typer.Option("--library", help="Folder or release zip of phenopackets to add to the case library.")
]
SettingOption = Annotated[
    Setting, typer.Option(help="Where the patient is seen; it decides what is likely before anything is found.")
]
ReaderOption = Annotated[ReaderName, typer.Option(help="What weighs the candidates.")]
ModelOption = Annotated[
    str | None,
    typer.Option(help="A language model that reads the case too: folder, id, or http://127.0.0.1:8000/v1#NAME."),
]
AdapterOption = Annotated[Path | None, typer.Option(help="Folder of a PEFT adapter for a local --model.")]
ContextOption = Annotated[
    int | None, typer.Option(min=512, help="Tokens of prompt and answer together; default: as the model says.")
]
QuantiseOption = Annotated[bool, typer.Option("--quantise", help="A local --model's weights in 4 bits.")]
LeaveOption = Annotated[
    bool, typer.Option("--may-leave-machine", help="Patients' findings may go to a --model on another machine.")
]
LanguageOption = Annotated[
    Language, typer.Option(help="Language of what is printed, and of a report; JSON stays English.")
]
EmbedderOption = Annotated[
    Path | None, typer.Option("--embedder", help="Folder of another sentence-transformers model for the case index.")
]


def load_model(
    model: str | None, adapter: Path | None, context_size: int | None, *, quantise: bool, may_leave_machine: bool
) -> ChatModel | None:
    """The language model; None where none is named. Raises UsageError: options for one, and none is named."""
    if model is None:
        if adapter or context_size or quantise or may_leave_machine:
            raise UsageError(
                "--adapter, --context-size, --quantise and --may-leave-machine are about a language model: "
                "name one with --model"
            )
        return None
    from llm.chat.load import load_chat_model

    return load_chat_model(
        model,
        adapter=adapter,
        context_size=context_size,
        may_leave_machine=may_leave_machine,
        quantise=quantise,
    )


def load_assistant(
    *,
    cases: bool,
    library: Path | None,
    embedder: Path | None,
    reader: ReaderName,
    setting: Setting,
    graph: KnowledgeGraph | None = None,
) -> DiagnosisAssistant:
    """The assistant that the options ask for. Raises UsageError: they contradict each other; others as it does."""
    if not cases and (library or embedder):
        raise UsageError("--library and --embedder are about similar cases; leave out --no-cases")
    from llm import DiagnosisAssistant
    from retrieval.embedding import SentenceEmbedder

    return DiagnosisAssistant.load(
        graph=graph,
        cases=cases,
        phenopackets=library,
        embedder=SentenceEmbedder(embedder) if embedder else None,
        reader=reader,
        setting=setting,
        progress=sys.stderr.isatty(),
    )
