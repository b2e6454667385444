"""Ranks -> rates with intervals.

Patients of one publication resemble each other, so intervals come from a bootstrap that draws publications, not
patients (cluster bootstrap: Field and Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.schema import Prediction
from retrieval.candidates import Doubles

TOPS = (1, 3, 5, 10, 50)
N_BOOTSTRAP = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A mean over cases with its 95 % interval; NaN where there is no case."""

    value: float
    low: float
    high: float


def score_predictions(predictions: Sequence[Prediction], seed: int = 0) -> dict[str, Rate]:
    """top-1, -3, -5, -10, -50, the mean reciprocal rank, and top-1 as a mean over diseases (``macro-top-1``)."""
    ranks = np.array([p.rank or np.inf for p in predictions], dtype=np.float64)
    publications = [p.publication for p in predictions]
    outcomes = {f"top-{k}": (ranks <= k).astype(np.float64) for k in TOPS} | {"mrr": 1 / ranks}
    rates = {name: clustered_mean(values, publications, seed=seed) for name, values in outcomes.items()}
    diseases = np.unique([p.gold_ids[0] for p in predictions], return_inverse=True)[1] if predictions else np.zeros(0)
    weights = 1 / np.bincount(diseases)[diseases] if predictions else np.zeros(0)
    return rates | {"macro-top-1": clustered_mean(outcomes["top-1"], publications, weights=weights, seed=seed)}


def clustered_mean(values: Doubles, clusters: Sequence[str], *, weights: Doubles | None = None, seed: int = 0) -> Rate:
    """Weighted mean of values and its 95 % percentile interval over resampled clusters.

    Args:
        values: one per case, shape [n].
        clusters: the cluster of each case, length n.
        weights: one per case; default 1.
        seed: of the resampling.
    """
    if len(values) == 0:
        return Rate(value=np.nan, low=np.nan, high=np.nan)
    weights = np.ones_like(values) if weights is None else weights
    _, index = np.unique(clusters, return_inverse=True)
    sums, totals = np.bincount(index, values * weights), np.bincount(index, weights)
    n = len(sums)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=N_BOOTSTRAP)
    low, high = np.quantile((drawn @ sums) / (drawn @ totals), (0.025, 0.975))
    return Rate(value=float(sums.sum() / totals.sum()), low=float(low), high=float(high))
