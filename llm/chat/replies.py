"""A model's reply as one text, as far as it will be read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from llm.chat.json_repair import MAX_CHARS
from llm.chat.protocol import ChatModel, JsonSchema, Message


def whole_reply(
    model: ChatModel,
    messages: Sequence[Message],
    *,
    schema: JsonSchema,
    max_tokens: int,
    is_cancelled: Callable[[], bool],
) -> str | None:
    """The model's text; None if it was cancelled.

    Raises:
        ModelError: no answer, or it broke off.
    """
    pieces = model.reply(messages, schema=schema, max_tokens=max_tokens, is_cancelled=is_cancelled)
    text = ""
    for piece in pieces:
        text += piece
        if len(text) > MAX_CHARS or is_cancelled():
            break
    if isinstance(pieces, Generator):
        pieces.close()  # a connection ends with it
    return None if is_cancelled() else text
