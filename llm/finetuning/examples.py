"""Examples: what a model is shown, what it should answer, and both as tokens.

Promise: the prompt's tokens are those that the model gets when it is asked (``LocalChatModel`` makes them), the
answer's those that it would write, and the loss is on the answer alone, with the token that ends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import SourceError, StorageError
from llm.chat.local import LocalChatModel
from llm.chat.protocol import Message, Role

NO_LOSS = -100
"""Label of a token on which there is no loss, as PyTorch has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One conversation up to the answer that is learned."""

    messages: tuple[Message, ...]
    answer: str
    source: str
    """The publication or page that it was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenExample:
    """The same as tokens."""

    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    """As many; ``NO_LOSS`` for the prompt's."""


def encode_example(model: LocalChatModel, example: Example) -> TokenExample | None:
    """An example as tokens; None where it does not fit into the context: a cut answer would be learned as a whole one.

    Raises:
        ModelError: the model's template refuses the conversation.
    """
    prompt = model.encode(example.messages)
    answer = [*model.encode_answer(example.answer), model.end_id]
    if len(prompt) + len(answer) > model.context_size:
        return None
    return TokenExample(input_ids=(*prompt, *answer), labels=(*[NO_LOSS] * len(prompt), *answer))


def save_examples(examples: Iterable[Example], path: Path) -> None:
    """Write JSON Lines; whole or not at all. Raises StorageError."""
    new = path.with_suffix(".new")
    try:
        with new.open("w", encoding="utf-8") as lines:
            for e in examples:
                messages = [{"role": m.role, "content": m.text} for m in e.messages]
                row = {"source": e.source, "messages": [*messages, {"role": Role.ASSISTANT, "content": e.answer}]}
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        new.replace(path)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def load_examples(path: Path) -> tuple[Example, ...]:
    """Read what ``save_examples`` wrote. Raises SourceError."""
    try:
        with path.open(encoding="utf-8") as lines:
            return tuple(_example(json.loads(line)) for line in lines)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise SourceError(f"cannot read {path}: {error}; choose another --out to start anew") from error


def _example(row: dict[str, Any]) -> Example:
    turns = tuple(Message(role=Role(m["role"]), text=m["content"]) for m in row["messages"])
    return Example(messages=turns[:-1], answer=turns[-1].text, source=row["source"])
