"""A "no" to a question speaks by the graph's likelihoods alone, whatever the ranker has learned of exclusions.

Published patients' exclusions are chosen by who wrote of them: a paper's table lists the signs of its disease, so that
an exclusion was recorded at all speaks for the disease, and a ranker trained on such patients learns that. A sign that
is denied because it was asked for was chosen by nobody. So a ranker reads the patient without these answers, and each
then moves the log-odds of its candidates by a log-likelihood ratio (``kg.likelihood``), by which "no" never raises a
disease against one that has the sign less often. "Yes" is a finding like any other, and the ranker's to read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import log_softmax

from kg.arrays import Doubles, Floats
from kg.likelihood import LikelihoodModel
from kg.schema import Finding
from retrieval.candidates import Ranker
from retrieval.demographics import UNKNOWN, Demographics

LEAST = 1e-12
"""Of "none of these"."""


class AnswerRanker:
    """A ranker that is not shown what was denied when asked; see ``Ranker``.

    Args:
        ranker: reads everything else.
        model: over the same knowledge.
    """

    def __init__(self, ranker: Ranker, model: LikelihoodModel) -> None:
        self._ranker = ranker
        self._model = model

    @property
    def version(self) -> str:
        """That of the ranker."""
        return self._ranker.version

    def rank(self, findings: Sequence[Finding], person: Demographics = UNKNOWN) -> tuple[list[int], list[float]]:
        """The ranker's candidates without the denials, in the order that these leave."""
        told, denied = _parted(findings)
        diseases, log_probabilities = self._ranker.rank(told, person)
        if not diseases or not denied:
            return diseases, log_probabilities
        rest = np.log(max(1.0 - float(np.exp(log_probabilities).sum()), LEAST))
        moved = self._moved(np.append(log_probabilities, rest), denied, diseases)[:-1]
        order = np.argsort(-moved, kind="stable")
        return [diseases[i] for i in order], moved[order].tolist()

    def weigh(self, findings: Sequence[Finding], diseases: Sequence[int], person: Demographics = UNKNOWN) -> Floats:
        """The ranker's weights, and of each denial its log-likelihood ratio."""
        weights = self._model.log_lrs(findings)[:, list(diseases)]
        weights[[not is_denial(f) for f in findings]] = self._ranker.weigh(_parted(findings)[0], diseases, person)
        return weights

    def _moved(self, log_probabilities: Doubles, denied: Sequence[Finding], diseases: Sequence[int]) -> Doubles:
        """After the denials; "none of these", the last, has a sign as often as the average disease, a ratio of 1."""
        log_lrs = self._model.log_lrs(denied)[:, list(diseases)].sum(axis=0, dtype=np.float64)
        moved: Doubles = log_softmax(log_probabilities + np.append(log_lrs, 0.0))
        return moved


def is_denial(finding: Finding) -> bool:
    """Whether a finding is a "no" to a question."""
    return finding.asked and finding.excluded


def _parted(findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """What the ranker reads, and the denials; each in the given order."""
    return tuple(f for f in findings if not is_denial(f)), tuple(f for f in findings if is_denial(f))
