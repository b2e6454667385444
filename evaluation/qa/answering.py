"""Who answers: a language model that writes or weighs the letters, or retrieval alone.

Retrieval alone (no language model) chooses the option that the retrieved texts support most. It is a floor that anyone
can have again; where no text supports any option more than another ("yes" and "no" name nothing) it guesses, by a
hash of the question's id, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Protocol, runtime_checkable

import numpy as np

from evaluation.qa.prompts import MAX_TOKENS, answer_schema, ask_for_json, ask_for_letter, n_that_fit, read_choice
from evaluation.qa.schema import Question, Reply, Snippet
from evaluation.qa.search import WordIndex, words_of
from kg.arrays import Doubles
from kg.errors import UsageError
from llm.chat.protocol import ChatModel, Message
from llm.errors import ModelError
from retrieval.embedding import Embedder

RETRIEVAL = "retrieval"
"""Name of the model that is none."""
UNREADABLE = "unreadable"
NO_ROOM = "the question does not fit into the context"
GUESSED = "guessed"
_EMPTY_WORDS = frozenset({"yes", "no", "maybe", "true", "false", "all", "none", "above", "both"})
"""Words of options that no text can support: what they say is about the question or the other options."""


class Answerer(Protocol):
    """Answers questions with options."""

    @property
    def identity(self) -> str:
        """Name and version."""

    def answer(self, question: Question, snippets: Sequence[Snippet]) -> Reply:
        """The choice. Raises ModelError where a language model fails."""


@runtime_checkable
class ScoresOptions(Protocol):
    """A language model that can also say how likely it holds given answers."""

    def log_likelihoods(self, messages: Sequence[Message], answers: Sequence[str]) -> Sequence[float]:
        """Natural logarithm of the probability of each answer after the messages, in their order.

        Raises:
            ModelError: it cannot be told.
        """


class GenerativeAnswerer:
    """A language model writes the letter, held to a schema as well as it can be.

    Args:
        model: writes.
        reasoned: whether it reasons before it answers, as MIRAGE's models do.
    """

    def __init__(self, model: ChatModel, *, reasoned: bool = False) -> None:
        self._model = model
        self._reasoned = reasoned
        self.identity = model.identity

    def answer(self, question: Question, snippets: Sequence[Snippet]) -> Reply:
        """As many snippets are shown as fit, the best first. Raises ModelError."""
        max_tokens = MAX_TOKENS[self._reasoned]
        prompts = [ask_for_json(question, snippets[:n], reasoned=self._reasoned) for n in range(len(snippets) + 1)]
        n_shown = n_that_fit(self._model, prompts, max_tokens)
        if n_shown is None:
            return Reply(chosen=None, reason=NO_ROOM)
        schema = answer_schema(question, reasoned=self._reasoned)
        text = "".join(self._model.reply(prompts[n_shown], schema=schema, max_tokens=max_tokens))
        chosen = read_choice(text, question)
        return Reply(chosen=chosen, reason="" if chosen else UNREADABLE, n_shown=n_shown, text=text)


class LikelihoodAnswerer:
    """The letter that a language model holds most likely.

    Args:
        model: must offer ``log_likelihoods``.

    Raises:
        UsageError: it does not.
    """

    def __init__(self, model: ChatModel) -> None:
        if not isinstance(model, ScoresOptions):
            raise UsageError(f"{model.identity} gives no likelihoods: use --scoring generative")
        self._model = model
        self._scorer: ScoresOptions = model
        self.identity = model.identity

    def answer(self, question: Question, snippets: Sequence[Snippet]) -> Reply:
        """As many snippets are shown as fit, the best first. Raises ModelError."""
        prompts = [ask_for_letter(question, snippets[:n]) for n in range(len(snippets) + 1)]
        n_shown = n_that_fit(self._model, prompts, max_tokens=8)
        if n_shown is None:
            return Reply(chosen=None, reason=NO_ROOM)
        letters = list(question.options)
        scores = tuple(float(s) for s in self._scorer.log_likelihoods(prompts[n_shown], letters))
        if len(scores) != len(letters) or any(np.isnan(s) or s > 0 for s in scores):
            raise ModelError(f"{self.identity} gave no log-likelihoods of the {len(letters)} options: {scores}")
        return Reply(chosen=letters[int(np.argmax(scores))], scores=scores, n_shown=n_shown)


class RetrievalAnswerer:
    """The option that the retrieved texts support most.

    Support is BM25 of the option's words in each text, and the cosine of option and text; either is summed over the
    texts, weighed by 1 / (1 + rank), and standardised over the options; then the two are averaged.

    Args:
        embedder: makes the vectors.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.identity = f"{RETRIEVAL}, {embedder.identity}"

    def answer(self, question: Question, snippets: Sequence[Snippet]) -> Reply:
        """All snippets are read, and the set's own passages before them."""
        texts = [*question.given, *(s.text for s in snippets)]
        support = self._support(list(question.options.values()), texts)
        letters = list(question.options)
        best = np.flatnonzero(support >= support.max() - 1e-9)
        guess = int.from_bytes(blake2b(question.question_id.encode(), digest_size=8).digest(), "big")
        return Reply(
            chosen=letters[best[guess % len(best)]],
            reason=GUESSED if len(best) == len(letters) else "",
            scores=tuple(float(f"{s:.4g}") for s in support),
            n_shown=len(snippets),
        )

    def _support(self, options: list[str], texts: list[str]) -> Doubles:
        """Of each option, shape [n_options]; all 0 where nothing tells them apart."""
        words = [[w for w in words_of(o) if w not in _EMPTY_WORDS] for o in options]
        if not any(words) or not any(words_of(t) for t in texts):
            return np.zeros(len(options))
        weights = 1 / np.arange(2, len(texts) + 2)
        index = WordIndex(texts)
        by_words = np.array([float(index.scores(" ".join(w)) @ weights) for w in words])
        vectors = self._embedder.encode([*options, *texts]).astype(np.float64)
        by_meaning = vectors[: len(options)] @ (weights @ vectors[len(options) :])
        return (_standardised(by_words) + _standardised(by_meaning)) / 2


def _standardised(values: Doubles) -> Doubles:
    """With mean 0 and standard deviation 1; zeros where all are the same."""
    spread = values.std()
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
