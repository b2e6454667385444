"""Probabilities of the reader, looked up in what other folds' answers were worth.

The line of a fold (``llm.reader.confidence``) is fitted on the answers to all other folds' patients, each of which was
given by weights that had not seen its publication; that of the shipped weights on all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from evaluation.metrics import METRICS
from evaluation.protocols import Fold
from evaluation.runner import PREDICTIONS, SETTINGS, read_predictions
from evaluation.schema import Prediction, System, Weights
from kg.errors import UsageError
from llm.reader.confidence import MIN_ANSWERS, Points, fit_confidence, recalibrated


def recalibrated_by_others(predictions: Sequence[Prediction], folds: Sequence[Fold]) -> tuple[Prediction, ...]:
    """The predictions with the probabilities of each fold looked up in the line of the others, in the same order."""
    fold_of = {p: k for k, (publications, _) in enumerate(folds) for p in publications}
    lines = [_line([p for p in predictions if fold_of[p.publication] != k]) for k in range(len(folds))]
    return tuple(_looked_up(p, lines[fold_of[p.publication]]) for p in predictions)


def load_confidence(run: Path) -> Points:
    """The line for weights that are trained on all patients of an evaluation of the reader.

    Args:
        run: folder of ``citedx evaluate diagnosis --system reader --weights folds``.

    Raises:
        UsageError: it is not such a folder, or holds too few answers.
        SourceError: its predictions cannot be read.
    """
    settings = run / SETTINGS
    lines = settings.read_text(encoding="utf-8").splitlines() if settings.is_file() else []
    if not {f"system: {System.READER}", f"weights: {Weights.FOLDS}"} <= set(lines):
        raise UsageError(f"{run} holds no evaluation of the system reader with --weights folds")
    if unlike := [line for line in lines if line.partition(":")[0] in ("without", "findings", "limit")]:
        raise UsageError(f"{run} holds an evaluation of another reader or of other patients ({unlike[0]})")
    if not (run / METRICS).is_file():
        raise UsageError(f"{run} holds an evaluation that has not come to its end: run the same command again")
    line = _line(read_predictions(run / PREDICTIONS))
    if not line:
        raise UsageError(f"{run} holds fewer than {MIN_ANSWERS} answers, too few to calibrate by")
    return line


def _line(predictions: Sequence[Prediction]) -> Points:
    answered = [p for p in predictions if p.probabilities]
    return fit_confidence([p.probabilities[0] for p in answered], [p.rank == 1 for p in answered])


def _looked_up(prediction: Prediction, line: Points) -> Prediction:
    """Kept are the first ranks only; what the others have counts as "none of these", whose share is not looked up."""
    shares = np.array(prediction.probabilities, np.float64)
    if not len(shares):
        return prediction
    rest = max(1.0 - float(shares.sum()), 0.0)
    with np.errstate(divide="ignore"):
        changed = np.exp(recalibrated(np.log(np.append(shares, rest)), line)[:-1])
    return replace(prediction, probabilities=tuple(float(f"{p:.4g}") for p in changed))
