"""What every language model promises, wherever it runs.

A model is given messages and gives back text, piece by piece. It is trusted with nothing: what it says is parsed
against the evidence of the case, and grounding checks every claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

JsonSchema = Mapping[str, Any]


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn."""

    role: Role
    text: str


class Rung(StrEnum):
    """How an answer was held to its schema; from the surest to none."""

    CONSTRAINED = "constrained"  # decoding could not leave the schema
    JSON_SCHEMA = "json_schema"  # the server was given the schema, and a probe saw it kept
    JSON_OBJECT = "json_object"  # the server promised JSON of any shape
    PLAIN = "plain"  # asked for in words; read with repair
    READER = "reader"  # nothing usable came: the reader's own answer


class ChatModel(Protocol):
    """A language model."""

    @property
    def identity(self) -> str:
        """Name and version, for the answer; no address with a secret in it."""

    @property
    def context_size(self) -> int:
        """Tokens that prompt and answer may have together."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of a prompt as the model will see it, with its template; an upper bound where that is unknown."""

    def reply(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int = 1024,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        """The answer, piece by piece.

        Args:
            messages: the last one the user's.
            schema: JSON schema of the answer; None for prose. What comes is not promised to keep it: see ``rung``.
            max_tokens: of the answer.
            is_cancelled: asked between pieces; the answer ends where it says so.

        Raises:
            ModelError: no answer, or it broke off; the message says what to do.
        """

    @property
    def rung(self) -> Rung:
        """How the last answer with a schema was held to it."""
