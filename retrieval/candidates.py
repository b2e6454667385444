"""Findings and published cases -> ranked candidate diseases.

The candidates and what is known of each come from ``retrieval.features``; how likely each one is, from the learned
``retrieval.fusion``. Probabilities are over the candidates and "none of these".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from scipy.special import log_softmax

from kg.arrays import Floats
from kg.likelihood import LikelihoodModel
from kg.schema import Finding
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.features import FeatureExtractor
from retrieval.fusion import Fusion
from retrieval.schema import Candidate, CaseHit, Contribution, Ranking


class Ranker(Protocol):
    """Says how likely each candidate is, and what each finding has to do with it."""

    @property
    def version(self) -> str:
        """Name and version, for the answer."""

    def rank(self, findings: Sequence[Finding], person: Demographics = UNKNOWN) -> tuple[list[int], list[float]]:
        """Candidates as indices into the model's groups, best first, and their log-probabilities."""

    def weigh(self, findings: Sequence[Finding], diseases: Sequence[int], person: Demographics = UNKNOWN) -> Floats:
        """How much each finding speaks for each disease (below 0: against), shape [n_findings, n_diseases]."""


class FusionRanker:
    """The learned fusion as a ranker; a finding speaks by its log-likelihood ratio, sex by the prior, age does not.

    Args:
        extractor: over what is known.
        fusion: weighs it.
    """

    version = "fusion-1"

    def __init__(self, extractor: FeatureExtractor, fusion: Fusion) -> None:
        self._extractor = extractor
        self._fusion = fusion

    def rank(self, findings: Sequence[Finding], person: Demographics = UNKNOWN) -> tuple[list[int], list[float]]:
        """See ``rank_diseases``."""
        return rank_diseases(self._extractor, self._fusion, findings, person)

    def weigh(
        self,
        findings: Sequence[Finding],
        diseases: Sequence[int],
        person: Demographics = UNKNOWN,  # noqa: ARG002
    ) -> Floats:
        """Log-likelihood ratios."""
        return self._extractor.model.log_lrs(findings)[:, list(diseases)]


def rank_candidates(
    model: LikelihoodModel,
    ranker: Ranker,
    findings: Sequence[Finding],
    hits: Sequence[CaseHit] = (),
    *,
    person: Demographics = UNKNOWN,
    n: int = 10,
) -> tuple[Candidate, ...]:
    """The n most likely diseases, best first; the same whatever the order of the findings.

    Arguments are those of ``describe_candidates``; the findings have one present, at least.
    """
    findings = in_order(findings)
    return describe_candidates(model, ranker, findings, ranker.rank(findings, person), hits, person=person, n=n)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted, so that a ranking is the same to the last digit however they were told."""
    return sorted(findings, key=lambda f: (f.term_id, f.excluded))


def describe_candidates(
    model: LikelihoodModel,
    ranker: Ranker,
    findings: Sequence[Finding],
    ranked: Ranking,
    hits: Sequence[CaseHit] = (),
    *,
    person: Demographics = UNKNOWN,
    n: int = 10,
) -> tuple[Candidate, ...]:
    """The first n of a ranking, with what is known of each.

    Args:
        model: over what is known.
        ranker: weighs it.
        findings: the patient's, with current ids.
        ranked: by the ranker, for these findings.
        hits: similar cases, best first, to go with their diseases; those of diseases outside the graph are passed over.
        person: the patient's age and sex, where they are known.
        n: how many to return.
    """
    diseases, log_probabilities = ranked
    weights = ranker.weigh(findings, diseases[:n], person)
    log_lrs = model.log_lrs(findings)
    cases = cases_by_disease(model, hits)
    return tuple(
        describe_candidate(
            model,
            findings,
            disease,
            rank,
            log_probability,
            weights[:, rank - 1],
            log_lrs[:, disease],
            cases[disease],
            person,
        )
        for rank, (disease, log_probability) in enumerate(zip(diseases[:n], log_probabilities, strict=False), start=1)
    )


def rank_diseases(
    extractor: FeatureExtractor, fusion: Fusion, findings: Sequence[Finding], person: Demographics = UNKNOWN
) -> tuple[list[int], list[float]]:
    """Candidates as indices into the model's groups, best first, and their log-probabilities.

    What the fusion finds is weighed by how common the diseases are in people of the patient's sex. The probabilities
    sum to one with that of "none of these". Ties are broken by the plain sum that chose the candidates.
    """
    features = extractor.extract(findings)
    if not len(features.diseases):
        return [], []
    log_prior = np.append(extractor.model.log_prior(is_female=person.is_female)[features.diseases], 0.0)
    log_probabilities = log_softmax(fusion.log_probabilities(features.values) + log_prior)[:-1]
    order = np.argsort(-log_probabilities, kind="stable")
    return features.diseases[order].tolist(), log_probabilities[order].tolist()


def cases_by_disease(model: LikelihoodModel, hits: Sequence[CaseHit]) -> defaultdict[int, list[CaseHit]]:
    """Similar cases by the index of their disease; those of diseases outside the graph are passed over."""
    cases: defaultdict[int, list[CaseHit]] = defaultdict(list)
    for hit in hits:
        index = model.group_index.get(hit.case.disease_id)
        if index is not None:
            cases[index].append(hit)
    return cases


def describe_candidate(
    model: LikelihoodModel,
    findings: Sequence[Finding],
    index: int,
    rank: int,
    log_probability: float,
    weights: Floats,
    log_lrs: Floats,
    cases: Sequence[CaseHit],
    person: Demographics = UNKNOWN,
) -> Candidate:
    """The record of one candidate.

    Args:
        model: over what is known.
        findings: the patient's, with current ids.
        index: of the disease among the model's groups.
        rank: from 1.
        log_probability: natural logarithm.
        weights: of each finding, shape [n_findings].
        log_lrs: of each finding by the graph's likelihoods, natural logarithm, shape [n_findings].
        cases: similar ones with this disease.
        person: age and sex, where they are known.
    """
    group = model.groups[index]
    explanation = model.graph.explain(group[0], findings)
    contributions = tuple(
        Contribution(term_id=f.term_id, excluded=f.excluded, weight=float(weight), log_lr=float(log_lr), match=m.match)
        for f, weight, log_lr, m in zip(findings, weights, log_lrs, explanation.matches, strict=True)
    )
    return Candidate(
        disease_id=group[0],
        name=model.graph.diseases[group[0]].name,
        rank=rank,
        score=log_probability,
        probability=float(np.exp(log_probability)),
        log_prior=float(model.log_prior(is_female=person.is_female)[index]),
        contributions=contributions,
        explanation=explanation,
        equivalent_ids=group,
        cases=tuple(cases),
    )
