"""Language models for tests: scripted, deterministic, and as strict about their promises as real ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from llm.chat.protocol import JsonSchema, Message, Rung
from llm.errors import ModelError


class ScriptedModel:
    """Says what a script says; counts words as tokens.

    Args:
        script: from the user's message to the answer; may raise ModelError.
        context_size: words that prompt and answer may have together.
    """

    identity = "scripted-1"
    rung = Rung.PLAIN

    def __init__(self, script: Callable[[str], str], context_size: int = 100_000) -> None:
        self._script = script
        self.context_size = context_size
        self.asked: list[str] = []
        """The user's messages so far."""
        self.schemas: list[JsonSchema | None] = []

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Words."""
        return sum(len(m.text.split()) for m in messages)

    def reply(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int = 1024,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        """The scripted answer in pieces of a few characters."""
        if self.count_tokens(messages) + max_tokens > self.context_size:
            raise ModelError("the prompt does not fit")
        self.asked.append(messages[-1].text)
        self.schemas.append(schema)
        answer = self._script(messages[-1].text)
        for i in range(0, len(answer), 5):
            if is_cancelled():
                return
            yield answer[i : i + 5]


class WeighingModel(ScriptedModel):
    """Also says how likely it holds each answer.

    Args:
        weigh: from the user's message and an answer to a log-likelihood.
        context_size: see ``ScriptedModel``.
    """

    def __init__(self, weigh: Callable[[str, str], float], context_size: int = 100_000) -> None:
        super().__init__(lambda _: "I only weigh.", context_size)
        self._weigh = weigh

    def log_likelihoods(self, messages: Sequence[Message], answers: Sequence[str]) -> Sequence[float]:
        """See ``evaluation.qa.answering.ScoresOptions``."""
        self.asked.append(messages[-1].text)
        return [self._weigh(messages[-1].text, a) for a in answers]


def option_with(word: str, prompt: str) -> str:
    """The letter of the first option that has a word; A where none has it."""
    found = re.search(rf"^([A-Z])\. .*{re.escape(word)}", prompt, re.MULTILINE)
    return found[1] if found else "A"
