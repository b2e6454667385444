"""A language model that says what it is told to, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from llm.chat.protocol import JsonSchema, Message, Rung
from llm.errors import ModelError

TEMPLATE_TOKENS = 8
"""Tokens that a message's frame costs."""


class ScriptedModel:
    """Says one text, whatever it is asked, or several in turn, the last for ever; a token is four characters.

    Args:
        text: what it says.
        context_size: tokens of prompt and answer.
        rung: how it claims to be held to a schema.
        breaks_after: characters after which the connection breaks; None: it holds.
        on_piece: called with each piece before it is handed out.
    """

    identity = "scripted-1"

    def __init__(
        self,
        text: str | Sequence[str],
        *,
        context_size: int = 8192,
        rung: Rung = Rung.PLAIN,
        breaks_after: int | None = None,
        on_piece: Callable[[str], None] = lambda piece: None,
    ) -> None:
        self.context_size = context_size
        self.rung = rung
        self.asked: list[tuple[Message, ...]] = []
        """The messages of every call so far."""
        self.schemas: list[JsonSchema | None] = []
        self.max_tokens: list[int] = []
        self._texts = [text] if isinstance(text, str) else list(text)
        self._breaks_after = breaks_after
        self._on_piece = on_piece

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(TEMPLATE_TOKENS + -(-len(m.text) // 4) for m in messages)

    def reply(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int = 1024,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        if self.count_tokens(messages) + max_tokens > self.context_size:
            raise ModelError("the prompt does not fit")
        self.asked.append(tuple(messages))
        self.schemas.append(schema)
        self.max_tokens.append(max_tokens)
        return self._pieces(is_cancelled)

    def _pieces(self, is_cancelled: Callable[[], bool]) -> Iterator[str]:
        said = self._texts[min(len(self.asked), len(self._texts)) - 1]
        text = said if self._breaks_after is None else said[: self._breaks_after]
        for start in range(0, len(text), 16):
            if is_cancelled():
                return
            self._on_piece(text[start : start + 16])
            yield text[start : start + 16]
        if self._breaks_after is not None:
            raise ModelError("the server at port 8000 closed the connection; start it again")
