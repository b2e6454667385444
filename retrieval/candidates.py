"""Findings and similar cases -> ranked candidate diseases.

score(d) = sum of log-likelihood ratios of the findings + ``case_weight`` * max over cases of d of
(similarity - ``similarity_floor``), where positive. Probabilities are a softmax of score / ``temperature`` over all
diseases and "none of these", whose findings are those of anybody (score 0): naive Bayes counts related findings
twice, and the temperature takes that back. docs/log.md has the figures behind the defaults.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg.likelihood import Floats, LikelihoodModel
from kg.schema import Explanation, Finding
from retrieval.schema import Candidate, CaseHit, Contribution

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionSettings:
    """Weights of the fusion; see the module's docstring."""

    similarity_floor: float = 0.6
    case_weight: float = 10.0
    temperature: float = 3.0


def rank_candidates(
    model: LikelihoodModel,
    findings: Sequence[Finding],
    hits: Sequence[CaseHit] = (),
    *,
    n: int = 10,
    settings: FusionSettings | None = None,
) -> tuple[Candidate, ...]:
    """The n most likely diseases, best first; ties are broken by id, whatever the order of the findings.

    Args:
        model: likelihood ratios over all diseases.
        findings: the patient's, with current ids.
        hits: similar cases, best first; those of diseases outside the graph are passed over.
        n: how many to return.
        settings: weights.
    """
    settings = settings or FusionSettings()
    findings = sorted(findings, key=lambda f: (f.term_id, f.excluded))
    log_lrs = model.log_lrs(findings)
    scores = fused_scores(model, log_lrs, hits, settings)
    cases = _cases_by_disease(model, hits)
    probabilities = posterior(scores, settings.temperature)
    order = np.argsort(-scores, kind="stable")[:n]
    return tuple(
        _candidate(
            model, findings, int(d), rank, float(scores[d]), float(probabilities[d]), log_lrs[:, d], cases[int(d)]
        )
        for rank, d in enumerate(order, start=1)
    )


def fused_scores(
    model: LikelihoodModel, log_lrs: Floats, hits: Sequence[CaseHit], settings: FusionSettings | None = None
) -> Doubles:
    """Scores of all diseases, shape [n_diseases], from ratios of shape [n_findings, n_diseases] and similar cases."""
    cases = _case_scores(model, _cases_by_disease(model, hits), settings or FusionSettings())
    scores: Doubles = log_lrs.sum(axis=0, dtype=np.float64) + cases
    return scores


def posterior(scores: Doubles, temperature: float) -> Doubles:
    """Softmax over the scores and a "none of these" of score 0; the sum is below 1 by the latter's share."""
    tempered = np.append(scores, 0.0) / temperature
    weights: Doubles = np.exp(tempered - tempered.max())
    shares: Doubles = weights / weights.sum()
    return shares[:-1]


def _cases_by_disease(model: LikelihoodModel, hits: Sequence[CaseHit]) -> defaultdict[int, list[CaseHit]]:
    cases: defaultdict[int, list[CaseHit]] = defaultdict(list)
    for hit in hits:
        index = model.group_index.get(hit.case.disease_id)
        if index is not None:
            cases[index].append(hit)
    return cases


def _case_scores(model: LikelihoodModel, cases: dict[int, list[CaseHit]], settings: FusionSettings) -> Doubles:
    added = np.zeros(model.n_diseases, np.float64)
    for index, hits in cases.items():
        nearest = max(h.similarity for h in hits)
        added[index] = settings.case_weight * max(0.0, nearest - settings.similarity_floor)
    return added


def _candidate(
    model: LikelihoodModel,
    findings: Sequence[Finding],
    index: int,
    rank: int,
    score: float,
    probability: float,
    log_lrs: NDArray[np.float32],
    cases: Sequence[CaseHit],
) -> Candidate:
    group = model.groups[index]
    explanation: Explanation = model.graph.explain(group[0], findings)
    contributions = tuple(
        Contribution(term_id=f.term_id, excluded=f.excluded, log_lr=float(log_lr), match=m.match)
        for f, log_lr, m in zip(findings, log_lrs, explanation.matches, strict=True)
    )
    return Candidate(
        disease_id=group[0],
        name=model.graph.diseases[group[0]].name,
        rank=rank,
        score=score,
        probability=probability,
        contributions=contributions,
        explanation=explanation,
        equivalent_ids=group,
        cases=tuple(cases),
    )
