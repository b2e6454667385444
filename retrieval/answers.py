"""What "no" says by the graph's likelihoods alone, whatever the ranker has learned of exclusions.

Published patients' exclusions are chosen by who wrote of them: a paper's table lists the signs of its disease, so that
an exclusion was recorded at all speaks for the disease, and a ranker trained on such patients learns that. A sign that
is denied because it was asked for was chosen by nobody. So a ranker reads the patient without these answers, and each
then moves the log-odds of its candidates by a log-likelihood ratio (``kg.likelihood``), by which "no" never raises a
disease against one that has the sign less often. "Yes" is a finding like any other, and the ranker's to read.

So is what a story denies by itself, as long as it contradicts none of the first candidates: "homocysteine normal" is
no reason for homocystinuria. What one of them nearly always has is read like a "no" to a question (decision 0041).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from scipy.special import log_softmax

from kg.arrays import Doubles, Floats
from kg.likelihood import LikelihoodModel
from kg.schema import Finding
from retrieval.candidates import Ranker
from retrieval.demographics import UNKNOWN, Demographics

Findings: TypeAlias = tuple[Finding, ...]

LEAST = 1e-12
"""Of "none of these"."""
EXPECTED = 0.8
"""Share of a disease's patients with a sign, from which on its absence contradicts the disease."""
N_FIRST = 3
"""Candidates that must not owe their place to what contradicts them."""


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
        told, denied, ranked = self._part(findings, person)
        diseases, log_probabilities = ranked or self._ranker.rank(told, person)
        if not diseases or not denied:
            return diseases, log_probabilities
        rest = np.log(max(1.0 - float(np.exp(log_probabilities).sum()), LEAST))
        moved = self._moved(np.append(log_probabilities, rest), denied, diseases)[:-1]
        order = np.argsort(-moved, kind="stable")
        return [diseases[i] for i in order], moved[order].tolist()

    def weigh(self, findings: Sequence[Finding], diseases: Sequence[int], person: Demographics = UNKNOWN) -> Floats:
        """The ranker's weights, and of each denial its log-likelihood ratio."""
        told, denied, _ = self._part(findings, person)
        by_term = {f.term_id: f for f in denied}
        weights = self._model.log_lrs([by_term.get(f.term_id, f) for f in findings])[:, list(diseases)]
        weights[[f.term_id not in by_term for f in findings]] = self._ranker.weigh(told, diseases, person)
        return weights

    def _part(
        self, findings: Sequence[Finding], person: Demographics
    ) -> tuple[Findings, Findings, tuple[list[int], list[float]] | None]:
        """What the ranker is shown, and the denials, in the given order; the ranking, where it was looked at."""
        told = tuple(f for f in findings if not is_denial(f))
        denied = tuple(f for f in findings if is_denial(f))
        if not any(f.excluded for f in told):
            return told, denied, None
        ranked = self._ranker.rank(told, person)
        contradicting = self._contradicting(told, ranked[0][:N_FIRST])
        if not contradicting:
            return told, denied, ranked
        told = tuple(f for f in told if f not in contradicting)
        return told, (*denied, *(replace(f, asked=True) for f in contradicting)), None

    def _contradicting(self, told: Findings, diseases: Sequence[int]) -> Findings:
        """What is said to be absent though one of these diseases nearly always has it."""
        absent = tuple(f for f in told if f.excluded)
        if not absent or not diseases:
            return ()
        shares = self._model.answer_probabilities([f.term_id for f in absent], diseases).max(axis=1)
        return tuple(f for f, share in zip(absent, shares.tolist(), strict=True) if share >= EXPECTED)

    def _moved(self, log_probabilities: Doubles, denied: Sequence[Finding], diseases: Sequence[int]) -> Doubles:
        """After the denials; "none of these", the last, has a sign as often as the average disease, a ratio of 1."""
        log_lrs = self._model.log_lrs(denied)[:, list(diseases)].sum(axis=0, dtype=np.float64)
        moved: Doubles = log_softmax(log_probabilities + np.append(log_lrs, 0.0))
        return moved


def is_denial(finding: Finding) -> bool:
    """Whether a finding is a "no" to a question."""
    return finding.asked and finding.excluded
