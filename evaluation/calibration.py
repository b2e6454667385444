"""Is a probability what it says, and what is gained by keeping silent below one?

Everything here is about the first disease of each answer: its probability is the *confidence*, and the answer is right
where that disease is. An answer without any disease has confidence 0 and is wrong.

Deliberately not done here: making probabilities better, or choosing a threshold for anyone.

Sources: expected calibration error, Guo et al. 2017 (arXiv:1706.04599); risk, coverage and the area under their curve
(AURC), Geifman and El-Yaniv 2017 (arXiv:1705.08500) and 2019 (arXiv:1805.08206).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import ClusterBootstrap, Rate, bootstrap_of, interval
from evaluation.schema import Prediction
from kg.arrays import Doubles

N_BINS = 10
ACCEPTED_RISK = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Answers of similar confidence."""

    low: float
    """Smallest confidence of the bin, 0..1."""
    high: float
    n_cases: int
    confidence: float
    """Mean over the bin's cases."""
    accuracy: Rate
    """Share of right answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far confidence and accuracy are apart; all on a scale of 0..1."""

    ece: float
    """Expected calibration error over bins of equal width: mean of |accuracy - confidence|, weighted by cases."""
    ece_equal_mass: float
    """The same over bins of equally many cases."""
    overconfidence: Rate
    """Mean confidence minus accuracy; negative where the system is too modest."""
    brier: Rate
    """Mean squared difference of confidence and outcome."""
    bins: tuple[Bin, ...]
    """Of equal width, without the empty ones, in order of confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCoverage:
    """Error among the answered cases as more of them are answered, the most confident first."""

    coverages: Doubles
    """Share of cases answered, 0..1, rising, shape [n]."""
    risks: Doubles
    """Share of wrong answers among these, 0..1, shape [n]."""
    aurc: Rate
    """Mean risk over all coverages; the less the better."""
    aurc_best: float
    """The AURC of the same answers, had every right one been more confident than every wrong one."""
    aurc_random: float
    """The AURC of the same answers without an order: the risk of answering all."""
    accepted_risk: float
    coverage: Rate
    """Largest share of cases that can be answered at the accepted risk."""
    threshold: float
    """Confidence that an answer then needs; infinite where the risk is never as low."""
    surer_half: Rate
    """Share of right answers among the half of the cases with the highest confidence."""


def has_probabilities(predictions: Sequence[Prediction]) -> bool:
    """Whether there are cases, and all that were answered carry probabilities."""
    return bool(predictions) and all(p.probabilities or not p.ranked_ids for p in predictions)


def confidences_of(predictions: Sequence[Prediction]) -> tuple[Doubles, Doubles]:
    """Confidence, 0..1, and 1 where the answer is right, else 0; each of shape [n]."""
    confidences = np.array([p.probabilities[0] if p.probabilities else 0.0 for p in predictions], dtype=np.float64)
    return confidences, np.array([p.rank == 1 for p in predictions], dtype=np.float64)


def measure_calibration(predictions: Sequence[Prediction], n_bins: int = N_BINS, seed: int = 0) -> Calibration:
    """Confidence against accuracy. Needs a case."""
    confidences, right = confidences_of(predictions)
    # Bins are open at their lower edge but for the first, as those of most published figures.
    members = np.clip(np.ceil(confidences * n_bins).astype(np.int64) - 1, 0, n_bins - 1)
    equal_mass = equal_mass_bins(confidences, n_bins)
    bootstrap = bootstrap_of(predictions, seed)
    return Calibration(
        ece=expected_error(confidences, right, members),
        ece_equal_mass=expected_error(confidences, right, equal_mass),
        overconfidence=bootstrap.mean(confidences - right),
        brier=bootstrap.mean((confidences - right) ** 2),
        bins=tuple(
            Bin(
                low=b / n_bins,
                high=(b + 1) / n_bins,
                n_cases=int((members == b).sum()),
                confidence=float(confidences[members == b].mean()),
                accuracy=bootstrap_of([p for p, m in zip(predictions, members, strict=True) if m == b], seed).mean(
                    right[members == b]
                ),
            )
            for b in np.unique(members).tolist()
        ),
    )


def equal_mass_bins(confidences: Doubles, n_bins: int = N_BINS) -> NDArray[np.int64]:
    """The bin of each case, where each bin has equally many, the least confident first; shape [n]."""
    bins = np.empty(len(confidences), np.int64)
    bins[np.argsort(confidences, kind="stable")] = np.arange(len(confidences)) * n_bins // len(confidences)
    return bins


def expected_error(confidences: Doubles, right: Doubles, bins: NDArray[np.int64]) -> float:
    """Mean of |accuracy - confidence| over bins, weighted by their cases; all of shape [n]."""
    return float(np.abs(np.bincount(bins, confidences - right)).sum() / len(bins))


def measure_risk_coverage(
    predictions: Sequence[Prediction], accepted_risk: float = ACCEPTED_RISK, seed: int = 0
) -> RiskCoverage:
    """Risk against coverage. Needs a case.

    Cases of equal confidence have no order, so each of them counts with the mean of all of them, and a threshold
    answers all or none of them.
    """
    confidences, right = confidences_of(predictions)
    order = np.argsort(-confidences, kind="stable")
    levels = np.unique(-confidences[order], return_inverse=True)[1]
    wrong = 1 - right[order]
    risks = _risks(levels, wrong)
    answered = _n_answered(levels, risks, accepted_risk)
    resampled = _resample(levels, wrong, order, bootstrap_of(predictions, seed), accepted_risk)
    half = np.sort(order[: max(1, len(order) // 2)])
    return RiskCoverage(
        coverages=np.arange(1, len(wrong) + 1) / len(wrong),
        risks=risks,
        aurc=interval(float(risks.mean()), resampled[:, 0]),
        aurc_best=float(_risks(np.arange(len(wrong)), np.sort(wrong)).mean()),
        aurc_random=float(wrong.mean()),
        accepted_risk=accepted_risk,
        coverage=interval(answered / len(wrong), resampled[:, 1]),
        threshold=float(confidences[order[answered - 1]]) if answered else np.inf,
        surer_half=bootstrap_of([predictions[i] for i in half], seed).mean(right[half]),
    )


def _risks(levels: NDArray[np.int64], wrong: Doubles) -> Doubles:
    """Mean of ``wrong`` over the first k cases, for every k; ``levels`` numbers their confidences downwards."""
    shared = (np.bincount(levels, wrong) / np.maximum(np.bincount(levels), 1))[levels]
    risks: Doubles = np.cumsum(shared) / np.arange(1, len(wrong) + 1)
    return risks


def _n_answered(levels: NDArray[np.int64], risks: Doubles, accepted_risk: float) -> int:
    """Most cases that can be answered at the risk, all of a confidence or none."""
    is_end = np.append(levels[1:] != levels[:-1], True)
    # A sum of thirds may miss a risk that it equals by the last bit.
    return int(np.max(np.flatnonzero(is_end & (risks <= accepted_risk + 1e-12)), initial=-1)) + 1


def _resample(
    levels: NDArray[np.int64],
    wrong: Doubles,
    order: NDArray[np.int64],
    bootstrap: ClusterBootstrap,
    accepted_risk: float,
) -> Doubles:
    """AURC and coverage of every draw of publications, shape [n_draws, 2]."""
    clusters = bootstrap.index[order]
    figures = []
    for draw in bootstrap.draws:
        rows = np.repeat(np.arange(len(wrong)), draw[clusters])
        risks = _risks(levels[rows], wrong[rows])
        figures.append((risks.mean(), _n_answered(levels[rows], risks, accepted_risk) / len(rows)))
    return np.array(figures)
