"""What the reader's probability of its first candidate has turned out to be worth.

A temperature moves all probabilities alike, and the reader is too sure of some answers and not sure enough of others.
So its first probability is looked up in a rising line through few points: in bins of equally many answers, the mean
probability and the share that was right (isotonic regression, Zadrozny and Elkan, KDD 2002; bins and straight lines
between them, so that ties stay rare). The points are fitted on patients of other folds than those that trained the
weights. Where the first is worth less, all candidates are lowered alike, and what they give up goes to "none of these";
what it gains is taken from all others alike. So no order changes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import isotonic_regression

from kg.arrays import Doubles

Points = tuple[tuple[float, float], ...]
"""Probability as it was read, share that was right; rising in both, from 0 to 1 in the first."""

N_BINS = 20
MIN_ANSWERS = 200
"""Fewer say nothing about a bin."""
LEAST = 1e-12
"""Of "none of these"."""


def fit_confidence(firsts: Sequence[float], are_right: Sequence[bool]) -> Points:
    """The line for these answers; the empty one, which changes nothing, for fewer than ``MIN_ANSWERS``.

    Args:
        firsts: probability of each answer's first candidate, 0..1.
        are_right: whether that was the right one.
    """
    if len(firsts) < MIN_ANSWERS:
        return ()
    order = np.argsort(firsts, kind="stable")
    bins = np.array_split(order, N_BINS)
    n = np.array([len(b) for b in bins])
    read = np.array([np.asarray(firsts, np.float64)[b].mean() for b in bins])
    right = np.array([np.asarray(are_right, np.float64)[b].sum() for b in bins])
    rising = isotonic_regression((right + 1) / (n + 2), weights=n).x  # Laplace's rule: nothing is impossible or sure
    return ((0.0, 0.0), *zip(read.tolist(), rising.tolist(), strict=True), (1.0, float(rising[-1])))


def recalibrated(log_probabilities: Doubles, points: Points) -> Doubles:
    """The log-probabilities with the first one looked up; the order stays.

    Args:
        log_probabilities: of the candidates, in any order, and last of "none of these"; shape [n + 1], n at least 1.
        points: of the line; empty: nothing is changed.
    """
    if not points:
        return log_probabilities
    probabilities = np.exp(log_probabilities)
    row = int(probabilities[:-1].argmax())
    first = float(probabilities[row])
    worth = float(np.interp(first, *np.array(points).T))
    changed: Doubles
    if worth <= first:
        changed = log_probabilities + np.log(worth / first)
    else:
        changed = log_probabilities + np.log((1 - worth) / (1 - first))
        changed[row] = np.log(worth)
    changed[-1] = np.log(max(1 - float(np.exp(changed[:-1]).sum()), LEAST))
    return changed
