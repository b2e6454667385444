"""Found and gold findings -> precision, recall and F1 with intervals.

Promise: micro figures count over all documents, macro is the mean of the documents' F1; intervals come from a bootstrap
over documents, since the findings of one document resemble each other.
Deliberately not done here: partial credit for a near term; an id is right or wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import ClusterBootstrap, Rate, interval
from kg.arrays import Doubles

Place = tuple[str, int, int]
"""Term id, start and end of a mention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was right and wrong in one document."""

    n_right: int
    n_wrong: int
    """Found and not gold."""
    n_missed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement with the annotators, 0..1; a rate without a case is NaN."""

    precision: Rate
    recall: Rate
    f1: Rate
    macro_f1: Rate
    """Mean over documents; a document without a finding, found or gold, counts as 1."""
    n_gold: int
    n_found: int


def count_ids(found: AbstractSet[str], gold: AbstractSet[str]) -> Counts:
    """Compare the terms of a document."""
    return Counts(n_right=len(found & gold), n_wrong=len(found - gold), n_missed=len(gold - found))


def count_places(found: Iterable[Place], gold: Iterable[Place], *, exact: bool) -> Counts:
    """Compare mentions: right are those of the same term whose places are the same, or overlap; each is used once."""
    waiting, wanted, n_right = list(dict.fromkeys(found)), list(dict.fromkeys(gold)), 0
    for term_id, start, end in sorted(wanted):
        fitting = (
            place
            for place in waiting
            if place[0] == term_id and (place[1:] == (start, end) if exact else place[1] < end and start < place[2])
        )
        if (place := min(fitting, key=lambda p: (abs(p[1] - start) + abs(p[2] - end), p), default=None)) is not None:
            waiting.remove(place)
            n_right += 1
    return Counts(n_right=n_right, n_wrong=len(waiting), n_missed=len(wanted) - n_right)


def measure_agreement(counts: Sequence[Counts], seed: int = 0) -> Agreement:
    """Micro precision, recall and F1, macro F1, each with its 95 % interval over the documents."""
    table = np.array([(c.n_right, c.n_wrong, c.n_missed) for c in counts], dtype=np.int64).reshape(-1, 3)
    right, wrong, missed = table.T
    bootstrap = ClusterBootstrap([f"{i:09}" for i in range(len(counts))], seed)
    return Agreement(
        precision=_ratio(right, right + wrong, bootstrap),
        recall=_ratio(right, right + missed, bootstrap),
        f1=_ratio(2 * right, 2 * right + wrong + missed, bootstrap),
        macro_f1=bootstrap.mean(_safe_ratio(2 * right, 2 * right + wrong + missed, empty=1.0)),
        n_gold=int((right + missed).sum()),
        n_found=int((right + wrong).sum()),
    )


def _ratio(above: NDArray[np.int64], below: NDArray[np.int64], bootstrap: ClusterBootstrap) -> Rate:
    """Ratio of two sums over documents."""
    if not below.sum():
        return Rate(value=np.nan, low=np.nan, high=np.nan)
    sums = bootstrap.draws @ np.stack([above, below], axis=1)
    drawn = _safe_ratio(sums[:, 0], sums[:, 1], empty=np.nan)
    return interval(float(above.sum() / below.sum()), drawn[~np.isnan(drawn)])


def _safe_ratio(above: NDArray[np.int64], below: NDArray[np.int64], *, empty: float) -> Doubles:
    ratio: Doubles = np.full(len(above), empty, dtype=np.float64)
    return np.divide(above, below, out=ratio, where=below > 0)
