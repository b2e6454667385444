"""Questions with answers to train on: JSON Lines, plain or xz.

A line is ``{"question": ..., "answer": ...}``, a conversation ``{"messages": [{"role": ..., "content": ...}, ...]}``
that ends with the assistant's turn, or a page of MedQuAD, of which every answered question is taken. Benchmark
questions do not belong here: what a model is tested on it must not have been trained on, and nobody but the user can
see to that.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kg.errors import SourceError
from llm.chat.protocol import Message, Role
from llm.finetuning.examples import Example


def load_pairs(path: Path) -> tuple[Example, ...]:
    """All pairs, in the order of the file.

    Raises:
        SourceError: the file is missing, a line is of no such shape, or there is none.
    """
    try:
        with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as lines:
            pairs = tuple(
                pair for number, line in enumerate(lines, 1) if line.strip() for pair in _read(line, path, number)
            )
    except (OSError, lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read {path}: {error}") from error
    if not pairs:
        raise SourceError(f"{path} holds no question with an answer")
    return pairs


def _read(line: str, path: Path, number: int) -> list[Example]:
    try:
        row = json.loads(line)
        source = str(row.get("url") or f"{path.name}, line {number}")
        return [Example(messages=turns[:-1], answer=turns[-1].text, source=source) for turns in _conversations(row)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            f"{path}, line {number} is neither a question with its answer nor messages that end with the assistant's"
        ) from error


def _conversations(row: dict[str, Any]) -> Iterator[tuple[Message, ...]]:
    if "qa" in row:
        for pair in row["qa"]:
            yield from _conversations(pair)
        return
    if "messages" in row:
        turns = tuple(Message(role=Role(m["role"]), text=_text(m["content"])) for m in row["messages"])
    else:
        question = Message(role=Role.USER, text=_text(row["question"]))
        turns = (question, Message(role=Role.ASSISTANT, text=_text(row["answer"])))
    if len(turns) < 2 or turns[-1].role is not Role.ASSISTANT:
        raise ValueError("it ends with no answer")
    yield turns


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError("a text is wanted")
    return value
