"""What a language model makes of patients that it was not trained on.

Each is asked as the product asks, with constrained decoding: can the answer be read, do its claims and its sentences
hold, is the right disease first. How likely it holds the answer that it should give is the loss. No answer is counted
as such, not left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.metrics import ClusterBootstrap, Rate
from llm.chat.answer import Answer, answer_schema, claims_within, parse_answer
from llm.chat.local import LocalChatModel
from llm.chat.reader import tokens_of_answer
from llm.errors import ModelError
from llm.finetuning.examples import Example
from llm.finetuning.targets import PromptedCase
from llm.grounding import ground, ground_prose, sentences_of


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """A patient to be asked."""

    case_id: str
    prompted: PromptedCase
    example: Example
    """With the answer that should be given; ``source`` is the publication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of asking."""

    case_id: str
    publication: str
    log_likelihood: float
    """Of the answer that should be given, in nats."""
    n_tokens: int
    """Of that answer."""
    is_read: bool
    """An answer came, and could be read."""
    n_claims: int
    n_grounded: int
    """Claims that hold."""
    n_sentences: int
    n_kept: int
    """Sentences of the summary that hold."""
    model_first: bool
    """The model ranks the right disease first; False too where it gave no ranking."""
    reader_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Over all patients asked."""

    n: int
    loss: float
    """Mean negative log-likelihood of a token of the answers that should be given, in nats."""
    read: Rate
    """Share of the answers that can be read."""
    grounded: Rate
    """Share of the claims that hold."""
    n_claims: int
    sentences: Rate
    """Share of the summaries' sentences that hold."""
    n_sentences: int
    model_top_1: Rate
    reader_top_1: Rate

    @property
    def perplexity(self) -> float:
        """Of a token of the answers that should be given."""
        return math.exp(min(self.loss, 700.0))


def ask(model: LocalChatModel, held: HeldOut) -> Outcome:
    """Put one patient to the model. Raises ModelError where it cannot be asked at all."""
    (log_likelihood,) = model.log_likelihoods(held.example.messages, [held.example.answer])
    case = held.prompted
    answer = _answer(model, case)
    given = answer or Answer()
    diagnoses = tuple(
        replace(d, claims=tuple(c for c in given.claims if c.disease_id == d.disease_id))
        for d in case.reading.diagnoses
    )
    grounded, _ = ground(diagnoses, case.reading.evidence, case.findings, case.graph)
    _, removed = ground_prose(given.summary, diagnoses, case.reading.evidence, case.findings, case.graph)
    n_sentences = len(sentences_of(given.summary))
    first = case.reading.diagnoses[0]
    return Outcome(
        case_id=held.case_id,
        publication=held.example.source,
        log_likelihood=log_likelihood,
        n_tokens=len(model.encode_answer(held.example.answer)),
        is_read=answer is not None,
        n_claims=len(given.claims) + len(given.removed),
        n_grounded=sum(len(d.claims) for d in grounded),
        n_sentences=n_sentences,
        n_kept=n_sentences - len(removed),
        model_first=bool(given.ranking) and given.ranking[0] in case.right_ids,
        reader_first=first.disease_id in case.right_ids,
    )


def score(outcomes: Sequence[Outcome], seed: int = 0) -> Scores:
    """Figures with 95 % intervals by bootstrap over publications.

    Args:
        outcomes: at least one.
        seed: of the bootstrap.
    """
    return Scores(
        n=len(outcomes),
        loss=-sum(o.log_likelihood for o in outcomes) / sum(o.n_tokens for o in outcomes),
        read=_share(outcomes, seed, [(o.is_read, 1) for o in outcomes]),
        grounded=_share(outcomes, seed, [(o.n_grounded, o.n_claims) for o in outcomes]),
        n_claims=sum(o.n_claims for o in outcomes),
        sentences=_share(outcomes, seed, [(o.n_kept, o.n_sentences) for o in outcomes]),
        n_sentences=sum(o.n_sentences for o in outcomes),
        model_top_1=_share(outcomes, seed, [(o.model_first, 1) for o in outcomes]),
        reader_top_1=_share(outcomes, seed, [(o.reader_first, 1) for o in outcomes]),
    )


def _answer(model: LocalChatModel, case: PromptedCase) -> Answer | None:
    max_tokens = tokens_of_answer(model)
    schema = answer_schema(case.prompt, claims_within(max_tokens))
    try:
        return parse_answer(
            "".join(model.reply(case.prompt.messages, schema=schema, max_tokens=max_tokens)), case.prompt
        )
    except ModelError:  # it was not done after so many tokens
        return None


def _share(outcomes: Sequence[Outcome], seed: int, parts: Sequence[tuple[int, int]]) -> Rate:
    """Of a total, over the outcomes that have any of it."""
    rows = [(o.publication, n, m) for o, (n, m) in zip(outcomes, parts, strict=True) if m]
    bootstrap = ClusterBootstrap([publication for publication, _, _ in rows], seed)
    values, weights = (
        np.array(column, np.float64) for column in ([n / m for _, n, m in rows], [m for _, _, m in rows])
    )
    return bootstrap.mean(values, weights)
