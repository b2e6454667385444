"""Ranks -> rates with intervals.

Patients of one publication resemble each other, so intervals come from a bootstrap that draws publications, not
patients (cluster bootstrap: Field and Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evaluation.schema import Prediction
from kg.arrays import Doubles

TOPS = (1, 3, 5, 10, 50)
N_BOOTSTRAP = 1000
METRICS = "metrics.json"
"""Of a run that has come to its end."""
FINDING_BANDS = ((0, 0), (1, 2), (3, 4), (5, 8), (9, 16), (17, None))
"""Smallest and largest number of present findings of each band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A mean over cases with its 95 % interval; NaN where there is no case."""

    value: float
    low: float
    high: float


def percent(rate: Rate) -> str:
    """A rate in percent, with its interval."""
    return f"{100 * rate.value:.1f} ({100 * rate.low:.1f} to {100 * rate.high:.1f})"


class ClusterBootstrap:
    """Resampled clusters, drawn once, so that several rates of the same cases share their draws.

    Args:
        clusters: the cluster of each case, length n.
        seed: of the resampling.
    """

    def __init__(self, clusters: Sequence[str], seed: int = 0) -> None:
        self.n_cases = len(clusters)
        self.index: NDArray[np.int64] = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
        self._seed = seed

    @cached_property
    def draws(self) -> NDArray[np.int64]:
        """How often each cluster is drawn, shape [N_BOOTSTRAP, n_clusters]."""
        n = int(self.index.max()) + 1
        drawn = np.random.default_rng(self._seed).multinomial(n, np.full(n, 1 / n), size=N_BOOTSTRAP)
        return drawn.astype(np.int64)

    def mean(self, values: Doubles, weights: Doubles | None = None) -> Rate:
        """Weighted mean and its 95 % percentile interval over the draws.

        Args:
            values: one per case, shape [n_cases].
            weights: one per case, positive; default 1.
        """
        if self.n_cases == 0:
            return Rate(value=np.nan, low=np.nan, high=np.nan)
        weights = np.ones_like(values) if weights is None else weights
        sums, totals = np.bincount(self.index, values * weights), np.bincount(self.index, weights)
        means = (self.draws @ sums) / (self.draws @ totals)
        return interval(float(sums.sum() / totals.sum()), means)


def interval(value: float, resampled: Doubles) -> Rate:
    """A figure with the 2.5 % and 97.5 % quantiles of its resampled values."""
    low, high = np.quantile(resampled, (0.025, 0.975))
    return Rate(value=value, low=float(low), high=float(high))


def score_predictions(predictions: Sequence[Prediction], seed: int = 0) -> dict[str, Rate]:
    """top-1, -3, -5, -10, -50, the mean reciprocal rank, and top-1 as a mean over diseases (``macro-top-1``)."""
    ranks, bootstrap = ranks_of(predictions), bootstrap_of(predictions, seed)
    outcomes = {f"top-{k}": (ranks <= k).astype(np.float64) for k in TOPS} | {"mrr": 1 / ranks}
    rates = {name: bootstrap.mean(values) for name, values in outcomes.items()}
    diseases = np.unique([p.gold_ids[0] for p in predictions], return_inverse=True)[1] if predictions else np.zeros(0)
    weights = 1 / np.bincount(diseases)[diseases] if predictions else np.zeros(0)
    return rates | {"macro-top-1": bootstrap.mean(outcomes["top-1"], weights)}


def top_k_curve(predictions: Sequence[Prediction], n: int = 50, seed: int = 0) -> tuple[Rate, ...]:
    """Share of the cases whose disease is among the first k, for k from 1 to n."""
    ranks, bootstrap = ranks_of(predictions), bootstrap_of(predictions, seed)
    return tuple(bootstrap.mean((ranks <= k).astype(np.float64)) for k in range(1, n + 1))


def by_n_findings(predictions: Sequence[Prediction]) -> dict[str, tuple[Prediction, ...]]:
    """The cases in bands of their number of present findings, e.g. ``3-4``, ``none``; all bands, some may be empty."""
    return {
        f"{low}+" if high is None else f"{low}-{high}" if high else "none": tuple(
            p for p in predictions if low <= p.n_findings and (high is None or p.n_findings <= high)
        )
        for low, high in FINDING_BANDS
    }


def ranks_of(predictions: Sequence[Prediction]) -> Doubles:
    """Rank of the right disease of each case, shape [n]; infinite where it is not ranked."""
    return np.array([p.rank or np.inf for p in predictions], dtype=np.float64)


def bootstrap_of(predictions: Sequence[Prediction], seed: int = 0) -> ClusterBootstrap:
    """Resampling of the publications that describe the patients."""
    return ClusterBootstrap([p.publication for p in predictions], seed)
