"""The formulas of ``kg.profiles`` and ``kg.likelihood``, one number at a time, to test against."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, log1p

import numpy as np

from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodSettings
from kg.ontology import PHENOTYPIC_ABNORMALITY
from kg.schema import Association, Finding


def is_total(a: Association) -> bool:
    """Whether a statement says how many patients a series describes."""
    return a.term_id == PHENOTYPIC_ABNORMALITY and a.frequency is not None and a.frequency.n is not None


def not_restated(said: Sequence[Association], sources: Sequence[str]) -> list[Association]:
    """One entry's statements without those that an earlier source makes of the same term from the same publication."""
    return [
        a
        for a in said
        if not any(
            sources.index(one.provenance[0].source) < sources.index(a.provenance[0].source)
            and one.term_id == a.term_id
            and {p.reference for p in one.provenance} & {p.reference for p in a.provenance}
            for one in said
        )
    ]


def reference_profile(graph: KnowledgeGraph, group: tuple[str, ...], s: LikelihoodSettings) -> dict[str, float]:
    """P(t|d) before closure; 0 where the sources say absent."""
    sources = [name for name, _, _ in graph.annotations.pools["sources"]]
    series = set(sources[1:])  # the first is the release
    n: dict[str, float] = {}
    m: dict[str, float] = {}
    mentioned: dict[str, float] = {}
    n_patients = 0.0
    for said in (graph.findings_of(d) for d in group):
        for a in not_restated(said, sources):
            f = a.frequency
            if f is None:
                seen, examined = s.unstated_frequency, 1.0
            elif f.n is None or f.m is None:
                seen, examined = s.class_weight * (f.low + f.high) / 2, s.class_weight
            else:
                seen, examined = float(f.n), float(f.m)
            n[a.term_id] = n.get(a.term_id, 0.0) + (0.0 if a.excluded else seen)
            m[a.term_id] = m.get(a.term_id, 0.0) + examined
            n_patients += seen if is_total(a) and a.provenance[0].source in series else 0.0
        for a in not_restated([a for a in said if a.provenance[0].source in series], sources):
            mentioned[a.term_id] = mentioned.get(a.term_id, 0.0) + (a.frequency.m or 0.0 if a.frequency else 0.0)
    prior = s.prior_weight * s.prior_frequency
    for i in m:
        m[i] += s.unmentioned * max(n_patients - mentioned.get(i, 0.0), 0.0)
    return {i: (n[i] + prior) / (m[i] + s.prior_weight) if n[i] > 0 else 0.0 for i in n}


def reference_absences(graph: KnowledgeGraph, s: LikelihoodSettings) -> list[dict[str, float]]:
    """Per group, term -> log-ratio of noted absence, where positive."""
    sources = [name for name, _, _ in graph.annotations.pools["sources"]]
    counted: list[tuple[dict[str, float], float]] = []
    for group in graph.disease_groups:
        lacking: dict[str, float] = {}
        n_of_series = n_of_release = 0.0
        for a in (a for d in group for a in not_restated(graph.findings_of(d), sources)):
            f = a.frequency
            if f is not None and f.n is not None and f.m is not None:
                n, m = 0 if a.excluded else f.n, float(f.m)
            elif a.excluded:
                n, m = 0, 1.0 if f is None else s.class_weight
            else:
                continue
            lacking[a.term_id] = lacking.get(a.term_id, 0.0) + m - n
            if a.provenance[0].source == sources[0]:
                n_of_release = max(n_of_release, m)
            elif is_total(a):
                n_of_series += n
        counted.append((lacking, n_of_series + n_of_release))
    n_described = max(sum(n > 0 for _, n in counted), 1)
    found: list[dict[str, float]] = []
    for lacking, n in counted:
        ratios = {}
        for i, k in lacking.items():
            usual = sum(other.get(i, 0.0) / (n_other + 1) for other, n_other in counted) / n_described
            ratios[i] = log((k / max(usual, s.rare_absence) + s.absence_prior) / (n + s.absence_prior))
        found.append({i: ratio for i, ratio in ratios.items() if ratio > 0 and lacking[i] > 0})
    return found


class Reference:
    """The formulas of ``kg.likelihood``'s docstring, one number at a time."""

    def __init__(self, graph: KnowledgeGraph, settings: LikelihoodSettings | None = None) -> None:
        self.s, ontology = settings or LikelihoodSettings(), graph.ontology
        own = [reference_profile(graph, group, self.s) for group in graph.disease_groups]
        self.absent = [{i for i, p in profile.items() if p == 0} for profile in own]
        self.noted = reference_absences(graph, self.s)
        self.above = {i: ontology.ancestors(i) for i in ontology.terms}
        self.p = [
            {i: max((p for j, p in profile.items() if i in self.above[j]), default=0.0) for i in ontology.terms}
            for profile in own
        ]
        n = len(own)
        self.background = {i: max(sum(profile[i] for profile in self.p) / n, 1 / n) for i in ontology.terms}

    def log_lr(self, row: int, term_id: str, excluded: bool, asked: bool = False) -> float:
        s, p, absent = self.s, self.p[row], term_id in self.absent[row]
        if excluded and asked:
            return log(1 - s.answer_belief * p[term_id]) - log(1 - s.answer_belief * self.background[term_id])
        if excluded:
            odds = log1p(-s.exclusion_belief * p[term_id]) - log1p(-s.exclusion_belief * self.background[term_id])
            return odds + s.agreed_absence * self.noted[row].get(term_id, 0.0) * (1 - p[term_id])
        if p[term_id] > 0:
            ratio = s.exact_weight * p[term_id] / self.background[term_id]
        else:
            telling = [a for a in self.above[term_id] if self.background[a] < s.common]
            ratio = s.ancestor_weight * max((p[a] / self.background[a] for a in telling), default=0.0)
        return log((ratio + s.noise) * (s.contradiction if absent else 1.0))

    def log_lrs(self, chosen: list[Finding]) -> np.ndarray:
        rows = [[self.log_lr(row, f.term_id, f.excluded, f.asked) for row in range(len(self.p))] for f in chosen]
        return np.array(rows).reshape(len(chosen), len(self.p))
