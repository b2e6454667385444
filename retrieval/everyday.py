"""Common and rare diseases ranked together: likelihood ratios of the findings and shares of the visits of a setting.

Naive Bayes: the log of a disease's share of the visits (``kg.visits``) plus the log-likelihood ratios of the findings
(``kg.likelihood``; of what is a risk factor, ``retrieval.risk_factors``), over a temperature, since findings of one
disease come together: 3.5 (n / 4)^(1/4) with n present findings, the higher the more of them (decision 0037). What is
not mentioned says nothing; what no table lists is "none of these". Of a story, the words count too
(``retrieval.descriptions``): with s the text score of a disease, 2 s is added, and 5.5 is in place of 3.5, as stories
at hand have it (decision 0035); a disease of which no finding is stated is then known by its text. What a story tells
that is a risk factor and no finding, such as smoking, is one more ratio (``retrieval.history``).
Deliberately not here: published cases, which are of rare diseases, and weights learned from patients, who are not at
hand for common ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import log_softmax

from kg.arrays import Doubles, Floats
from kg.common_schema import Setting
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel, load_likelihood
from kg.schema import Finding
from kg.sources.circumstances import load_circumstances
from kg.sources.common_conditions import CommonConditions, load_common_conditions
from kg.visits import RAREST, UNLISTED, VisitPrior
from retrieval.candidates import Ranker
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.descriptions import Descriptions, load_descriptions
from retrieval.history import circumstances_told, relatives_told
from retrieval.risk_factors import RiskOdds, family_names, stated_risk_factors
from retrieval.schema import Candidate

TEMPERATURE = 3.5
"""Findings of one disease come together, so that their ratios say less than their sum; fitted, see decision 0034."""
STORY_TEMPERATURE = 5.5
"""Of a story, whose words and findings say the same things again; fitted, see decision 0035."""
USUAL_FINDINGS = 4
"""Present ones of a patient; both temperatures are of as many."""
GROWTH = 0.25
"""Power of the number of present findings in the temperature; fitted, see decision 0037."""
TEXT_WEIGHT = 2.0
"""Of the text score; fitted, see decision 0035."""
ENOUGH_TEXT = 7.0
"""Text score of the nearest disease from which a story's words alone are ranked by; see decision 0031."""


class EverydayRanker:
    """A ranker (``retrieval.candidates.Ranker``) for one setting.

    Args:
        model: over a graph that has common conditions.
        prior: shares of visits, of the same graph.
        risks: risk factors, over the same model.
        setting: where the patient is seen.
        descriptions: texts of the diseases; None to do without.
        told: what a story says of the patient, see ``retrieval.findings.patient_words``; empty without a story.
        history: circumstances and relatives that are told, with the words, see ``retrieval.history``.
    """

    def __init__(
        self,
        model: LikelihoodModel,
        prior: VisitPrior,
        risks: RiskOdds,
        setting: Setting,
        descriptions: Descriptions | None = None,
        told: str = "",
        history: Mapping[str, str] | None = None,
    ) -> None:
        self._model = model
        self._prior = prior
        self._risks = risks
        self._setting = setting
        self._descriptions = descriptions
        self._told = told
        self._history = history or {}
        self._log_text: Floats | None = None
        if descriptions is not None and told.strip():
            self._log_text = TEXT_WEIGHT * descriptions.scores(told)
        texts = f", {descriptions.n_described:,} texts" if descriptions is not None else ""
        self.version = f"everyday-7 {setting}{texts}"

    def for_story(self, told: str, history: Mapping[str, str] | None = None) -> EverydayRanker:
        """The ranker for a story: its words, and the circumstances and relatives that it tells."""
        return EverydayRanker(self._model, self._prior, self._risks, self._setting, self._descriptions, told, history)

    @property
    def has_telling_words(self) -> bool:
        """Whether the story's words alone are enough to rank by."""
        return self._log_text is not None and float(self._log_text.max()) >= TEXT_WEIGHT * ENOUGH_TEXT

    def log_prior(self, person: Demographics = UNKNOWN) -> Doubles:
        """Log-share of the visits for each disease, shape [n_diseases]."""
        years = person.years if person.age else None  # a "man" of unknown age may be of any
        return self._prior.log_shares(self._setting, years, is_female=person.is_female)

    def describe(
        self, candidates: Sequence[Candidate], findings: Sequence[Finding], person: Demographics = UNKNOWN
    ) -> tuple[Candidate, ...]:
        """The candidates with what this ranker adds beside findings.

        How common each is, against the rarest of all; risk factors; the story's words and the passages they stand in.
        The sum of ``log_prior``, ``log_text``, ``log_history`` and each ``log_lr`` orders them; findings that are risk
        factors count among the latter.
        """
        prior, history = self.log_prior(person) - np.log(RAREST), self._risks.log_odds(findings, self._history)
        index = self._model.group_index
        return tuple(
            replace(
                self._with_text(c, index[c.disease_id]),
                log_prior=float(prior[index[c.disease_id]]),
                contributions=tuple(replace(x, log_lr=x.weight) for x in c.contributions),
                risks=self._risks.present(c.disease_id, findings, self._history),
                log_history=float(history[index[c.disease_id]]),
            )
            for c in candidates
        )

    def _with_text(self, candidate: Candidate, disease: int) -> Candidate:
        if self._log_text is None or self._descriptions is None or not self._log_text[disease]:
            return candidate
        passages = self._descriptions.find_passages(disease, self._told)
        return replace(candidate, log_text=float(self._log_text[disease]), passages=passages)

    def rank(self, findings: Sequence[Finding], person: Demographics = UNKNOWN) -> tuple[list[int], list[float]]:
        """Every disease that can be recognised, and log-probabilities over them and "none of these".

        One of which a finding is stated, or of which there is a text for the words of a story.
        """
        log_probabilities = self._log_probabilities(findings, self.log_prior(person))[:-1]
        order = np.argsort(-log_probabilities, kind="stable")
        order = order[np.isfinite(log_probabilities[order])]
        return order.tolist(), log_probabilities[order].tolist()

    def weigh(
        self,
        findings: Sequence[Finding],
        diseases: Sequence[int],
        person: Demographics = UNKNOWN,  # noqa: ARG002
    ) -> Floats:
        """Log-likelihood ratios."""
        return self._log_lrs(findings)[:, list(diseases)]

    def _log_probabilities(self, findings: Sequence[Finding], prior: Doubles) -> Doubles:
        """Of each disease, and last of "none of these", whose findings are as likely as in anybody."""
        is_known, temperature = self._model.is_described, TEMPERATURE
        scores = prior + self._log_lrs(findings).sum(axis=0) + self._risks.log_odds(findings, self._history)
        if self._log_text is not None and self._descriptions is not None:
            is_known, temperature = is_known | self._descriptions.has_text, STORY_TEMPERATURE
            scores = scores + self._log_text
        scores = np.where(is_known, scores, -np.inf)
        scores = np.append(scores, np.log(UNLISTED))
        log_probabilities: Doubles = log_softmax(scores / (temperature * mildness(findings)))
        return log_probabilities

    def _log_lrs(self, findings: Sequence[Finding]) -> Floats:
        """Of each finding for every disease, shape [n_findings, n_diseases]."""
        log_lrs = self._risks.log_lrs(findings)
        if self._log_text is not None:
            # Half of what a finding counts that is stated of others: nobody has said that this disease lacks it.
            unstated = np.array([0.0 if f.excluded else np.log(self._model.settings.noise) / 2 for f in findings])
            log_lrs[:, ~self._model.is_described] = unstated[:, None]
        return log_lrs


def mildness(findings: Sequence[Finding]) -> float:
    """What the number of present findings makes of a temperature; 1 for ``USUAL_FINDINGS`` of them."""
    n_present = sum(not f.excluded for f in findings)
    return float((max(n_present, 1) / USUAL_FINDINGS) ** GROWTH)


class EverydayPractice:
    """What is needed to rank in general practice and in an emergency department.

    Args:
        model: over a graph that has the conditions of the table.
        table: of common conditions.
        descriptions: texts of the graph's diseases; None to do without.
    """

    def __init__(
        self, model: LikelihoodModel, table: CommonConditions, descriptions: Descriptions | None = None
    ) -> None:
        self.model = model
        self.table = table
        self._descriptions = descriptions
        self._prior = VisitPrior(model.graph, table.conditions)
        self._circumstances = load_circumstances()
        factors = stated_risk_factors(model.graph, table)
        self._risks = RiskOdds(model, factors, self._circumstances)
        self._family_names = family_names(factors, table, model.graph.ontology)
        self._rankers: dict[Setting, EverydayRanker] = {}

    @classmethod
    def load(cls, graph: KnowledgeGraph, cache_dir: Path | None = None) -> EverydayPractice:
        """Over a graph with common conditions; what can be built again comes from the cache. Raises SourceError."""
        model, table = load_likelihood(graph, cache_dir=cache_dir), load_common_conditions()
        return cls(model, table, load_descriptions(graph, table, cache_dir))

    def ranker(self, setting: Setting) -> EverydayRanker:
        """Of one setting."""
        if setting not in self._rankers:
            self._rankers[setting] = EverydayRanker(self.model, self._prior, self._risks, setting, self._descriptions)
        return self._rankers[setting]

    def history_told(self, story: str) -> dict[str, str]:
        """What an English story tells of a patient and relatives that may be a risk factor, with the words."""
        return circumstances_told(story, self._circumstances) | relatives_told(story, self._family_names)


def can_rank(findings: Iterable[Finding], ranker: Ranker) -> bool:
    """Whether there is something to rank by: a present finding, or words of a story that tell diseases apart."""
    return any(not f.excluded for f in findings) or (isinstance(ranker, EverydayRanker) and ranker.has_telling_words)
