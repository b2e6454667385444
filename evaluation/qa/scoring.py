"""Choices -> accuracy by set and on average, with intervals; and a paired comparison with others.

Accuracy is correct / n; an answer that is missing or cannot be read is wrong. The average is over sets, each counting
the same, as MIRAGE has it. Intervals of a set are Wilson's (1927, doi:10.1080/01621459.1927.10502953); those of an
average and of a difference come from a bootstrap over questions, within each set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from evaluation.metrics import ClusterBootstrap, Rate, interval
from evaluation.peers import Discordance, mcnemar
from evaluation.qa.answers import Answers
from evaluation.qa.schema import Answered
from kg.arrays import Doubles
from kg.errors import SourceError

AVERAGE = "average"
_Z = 1.959963984540054
"""97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetScore:
    """How many questions of a set were answered rightly."""

    n: int
    n_correct: int
    n_unanswered: int
    accuracy: Rate
    """With Wilson's interval."""
    bootstrap: Rate
    """The same with the bootstrap's."""
    chance: float
    """Accuracy that guessing has on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """All sets of a run."""

    sets: Mapping[str, SetScore]
    average: Rate
    """Over sets, not questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedScore:
    """Two systems on the same questions of a set."""

    n: int
    n_correct: tuple[int, int]
    """Ours, theirs."""
    ours: Rate
    theirs: Rate
    difference: Rate
    """Ours minus theirs, both resampled together."""
    discordance: Discordance


@dataclass(frozen=True, slots=True, kw_only=True)
class QaComparison:
    """A peer beside us, by set, and on average over the sets."""

    name: str
    sets: Mapping[str, PairedScore]
    ours: Rate
    theirs: Rate
    difference: Rate
    n_unmatched: int
    """Answers of the peer to questions that are none of ours."""


def wilson(n_correct: float, n: int) -> Rate:
    """A proportion with Wilson's 95 % score interval; NaN where there is no question."""
    if n == 0:
        return Rate(value=math.nan, low=math.nan, high=math.nan)
    p, z2 = n_correct / n, _Z**2 / n
    middle, half = p + z2 / 2, math.sqrt(z2 * (p * (1 - p) + z2 / 4))
    # at 0 and 1 the ends are exact, which rounding would miss
    low = 0.0 if n_correct == 0 else (middle - half) / (1 + z2)
    high = 1.0 if n_correct == n else (middle + half) / (1 + z2)
    return Rate(value=p, low=low, high=high)


def score_answers(answered: Sequence[Answered], seed: int = 0) -> Score:
    """Accuracy by set, in the order of their first question, and on average."""
    sets: dict[str, SetScore] = {}
    correct: dict[str, Doubles] = {}
    for name, rows in by_set(answered).items():
        correct[name] = _flags([a.is_correct for a in rows])
        n_correct = int(correct[name].sum())
        sets[name] = SetScore(
            n=len(rows),
            n_correct=n_correct,
            n_unanswered=sum(a.chosen is None for a in rows),
            accuracy=wilson(n_correct, len(rows)),
            bootstrap=_mean(correct[name], seed),
            chance=float(np.mean([1 / a.n_options for a in rows])),
        )
    return Score(sets=sets, average=_average(correct, seed))


def compare_answers(answered: Sequence[Answered], peer: Answers, seed: int = 0) -> QaComparison:
    """Our choices and a peer's on the questions that both have.

    Raises:
        SourceError: there is no such question.
    """
    shared = [a for a in answered if a.key in peer.chosen]
    if not shared:
        raise SourceError(f"none of the {len(peer.chosen):,} answers of {peer.name} is to one of these questions")
    sets: dict[str, PairedScore] = {}
    ours: dict[str, Doubles] = {}
    theirs: dict[str, Doubles] = {}
    for name, rows in by_set(shared).items():
        we, they = _flags([a.is_correct for a in rows]), _flags([peer.chosen[a.key] == a.answer for a in rows])
        ours[name], theirs[name] = we, they
        sets[name] = PairedScore(
            n=len(rows),
            n_correct=(int(we.sum()), int(they.sum())),
            ours=wilson(int(we.sum()), len(rows)),
            theirs=wilson(int(they.sum()), len(rows)),
            difference=_mean(we - they, seed),
            discordance=mcnemar(int((we > they).sum()), int((they > we).sum())),
        )
    return QaComparison(
        name=peer.name,
        sets=sets,
        ours=_average(ours, seed),
        theirs=_average(theirs, seed),
        difference=_average({name: ours[name] - theirs[name] for name in ours}, seed),
        n_unmatched=len(peer.chosen) - len(shared),
    )


def by_set(answered: Sequence[Answered]) -> dict[str, list[Answered]]:
    """The questions of each set, sets in the order of their first question."""
    found: dict[str, list[Answered]] = {}
    for a in answered:
        found.setdefault(a.dataset, []).append(a)
    return found


def _mean(values: Doubles, seed: int) -> Rate:
    return interval(float(values.mean()), _resample(values, seed))


def _average(values: Mapping[str, Doubles], seed: int) -> Rate:
    """Mean over sets; each set has draws of its own, since sets of one size would else be resampled alike."""
    if not values:
        return Rate(value=math.nan, low=math.nan, high=math.nan)
    resampled = [_resample(v, seed + k) for k, v in enumerate(values.values())]
    return interval(float(np.mean([v.mean() for v in values.values()])), np.mean(resampled, axis=0))


def _resample(values: Doubles, seed: int) -> Doubles:
    """Means of resampled questions, shape [n_draws]."""
    means: Doubles = _bootstrap(len(values), seed).draws @ values / len(values)
    return means


@lru_cache(maxsize=16)
def _bootstrap(n: int, seed: int) -> ClusterBootstrap:
    """Draws of n questions, each a cluster of its own; kept, since every peer is compared by the same ones."""
    return ClusterBootstrap([f"{i:09d}" for i in range(n)], seed)


def _flags(values: Sequence[bool]) -> Doubles:
    return np.array(values, dtype=np.float64)
