"""What an OpenAI-compatible server says: bytes -> events -> the text of an answer.

Nothing a server sends is trusted to be well formed, or to end.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from llm.errors import ModelError

MAX_EVENT_BYTES = 1 << 20
MAX_REASON = 200


class ServerError(ModelError):
    """A server that did not answer.

    Attributes:
        status: of HTTP; None where none came.
        is_transient: the same request may succeed a little later.
        retry_after_s: what the server asks to wait.
    """

    def __init__(
        self, text: str, *, status: int | None = None, is_transient: bool = False, retry_after_s: float = 0.0
    ) -> None:
        super().__init__(text)
        self.status = status
        self.is_transient = is_transient
        self.retry_after_s = retry_after_s


class UnusableAnswerError(ModelError):
    """An answer that came to its end and cannot be used: empty, cut at its limit, or refused."""


class AnswerReader:
    """Reads one answer.

    Attributes:
        finish_reason: why the server ended it, as it says; None as long as it has not.
    """

    def __init__(self) -> None:
        self.finish_reason: str | None = None

    async def read_events(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
        """Text of a stream of server-sent events.

        Raises:
            ModelError: what came cannot be read, or reports a failure.
        """
        async for data in _events(chunks):
            if data.strip() == b"[DONE]":
                self.finish_reason = self.finish_reason or "stop"
                return
            if piece := self.read(data):
                yield piece

    def read(self, data: bytes) -> str:
        """Text of one event, or of a whole answer from a server that does not stream.

        Raises:
            ModelError: see ``read_events``.
        """
        try:
            content = json.loads(data)
            if content.get("error"):
                raise ServerError(f"the server failed while it answered: {reason_of(content)}")
            choices = content.get("choices") or []
            return self._read_choice(choices[0]) if choices else ""
        except (ValueError, AttributeError, TypeError, LookupError, RecursionError) as error:
            raise ModelError("the server's answer cannot be read: is it an OpenAI-compatible server?") from error

    def _read_choice(self, choice: dict[str, Any]) -> str:
        said = choice.get("delta") or choice.get("message") or {}
        self.finish_reason = choice.get("finish_reason") or self.finish_reason
        if said.get("refusal"):
            raise UnusableAnswerError("the model refused to answer: ask in other words, or take another model")
        piece = said.get("content") or ""
        if not isinstance(piece, str):
            raise TypeError(f"content is a {type(piece).__name__}")
        return piece


def reason_of(content: Any) -> str:
    """The reason that a server gives, in one short line; empty where it gives none.

    Only a reason in words is taken: a list of what was wrong with a request repeats the request.
    """
    found = content if isinstance(content, dict) else {}
    error = found.get("error")
    for reason in (
        error.get("message") if isinstance(error, dict) else error,
        found.get("message"),
        found.get("detail"),
    ):
        if isinstance(reason, str) and reason.strip():
            line = " ".join(reason.split())
            return line if len(line) <= MAX_REASON else line[:MAX_REASON] + "..."
    return ""


async def _events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each event; comments, with which servers keep a connection open, are passed over."""
    data: list[bytes] = []
    async for line in _lines(chunks):
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif not line and data:
            yield b"\n".join(data)
            data = []
    if data:
        yield b"\n".join(data)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines as server-sent events have them: httpx's own would also break at characters that JSON may hold (U+2028)."""
    held = b""
    async for chunk in chunks:
        *whole, held = (held + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r")
        if len(held) > MAX_EVENT_BYTES:
            raise ModelError(f"the server sends a line of more than {MAX_EVENT_BYTES} bytes: it is not read on")
    if held:
        yield held.removesuffix(b"\r")
