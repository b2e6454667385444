"""What is known of each candidate disease for one patient, as numbers that a fusion can weigh.

Evidence of three kinds: likelihood ratios of the findings (of the disease, and of its kin by gene and by name), the
nearest published cases, and how much is known of the disease at all. The candidates themselves are those that come
first by a plain sum of these, by their nearest case alone, by the ratio alone, or by the information that they share
with the patient: each finds diseases that the others miss. Left out on purpose: how many
statements the annotations make of a disease. Where an evaluation removes a publication, a disease with few statements
left is likely the answer, which no real patient's disease would tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kg.arrays import Doubles, Floats, Indices
from kg.families import largest_of_kin, log_mean_of_kin
from kg.likelihood import UNLIKELY, LikelihoodModel
from kg.recent import Recent
from kg.schema import Finding
from retrieval.finding_sets import N_PATIENTS, FindingSetIndex
from retrieval.schema import PublishedCase

CASE_WEIGHT = 20.0
"""Of the largest cosine to a case, in the plain sum."""
PATIENTS_WEIGHT = 0.5
"""Of log(1 + published patients), in the same sum."""
SUPPORTS, CONTRADICTS = 0.5, -0.05
"""Log-likelihood ratios beyond which a present finding is support, and an excluded one contradiction."""
SHARPNESS = 20.0
"""Of the soft maximum over a disease's cases."""
FEW = 50
"""Ranks below this number are counted one by one, which is faster than sorting all."""
N_LISTS = 16
"""Lists of candidates whose kin are kept: a list is described dozens of times, with one finding more or less."""

FEATURES = (
    "log_lr",  # summed log-likelihood ratio of all findings
    "log_lr_below_best",
    "log_lr_rank",
    "log_lr_present",  # of the present findings, and of the excluded ones
    "log_lr_excluded",
    "log_lr_smallest",  # of one present finding
    "log_lr_largest",
    "supported",  # share of the present findings that speak for the disease
    "contradicted",  # number of excluded findings that speak against it
    "gene_kin_largest",  # the same of kin by gene: largest, log of the mean
    "gene_kin_mean",
    "name_kin_largest",
    "name_kin_mean",
    "case_largest",  # cosine to the disease's nearest published case, and to the second nearest
    "case_second",
    "case_soft",  # soft maximum over all of its cases
    "case_below_best",
    "case_rank",
    "gene_kin_case",  # nearest case of kin
    "name_kin_case",
    "n_patients",  # log(1 + n) of published patients and their publications
    "n_publications",
    "explained",  # share of the patient's findings, by information content, weighted by P(finding | disease)
    "mentioned",  # the same share of those that the disease has at all
    "shared",  # share of the patient's findings and all above them, by information content, that the disease has
    "shared_below_best",
    "shared_rank",
    "expected_seen",  # share of the disease's expected findings that the patient has or implies
    "n_present",  # of the patient: log of counts, the same for all candidates
    "n_excluded",
    "is_omim",  # the entry's sources; of OMIM too where OMIM has neither the disease nor any kin of it
    "is_orphanet",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """How many candidates each of four rankings proposes; one disease may be proposed by several."""

    by_sum: int = 150
    """The plain sum of likelihood ratio, nearest case and published patients."""
    by_case: int = 100
    """The nearest published case."""
    by_ratio: int = 100
    """The likelihood ratio, without kin."""
    by_shared: int = 100
    """The shared information: what a match by ontology alone would propose."""


PROPOSALS = Proposals()
NO_DISEASES = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateFeatures:
    """Candidates of one patient, the most likely by a plain sum first."""

    diseases: Indices
    """Indices into the model's groups, shape [n_candidates]."""
    values: Floats
    """Shape [n_candidates, n_features], in the order of ``FEATURES``."""


class FeatureExtractor:
    """Candidates and their features.

    Args:
        model: likelihood ratios over a graph.
        cases: published cases; those of diseases outside the graph are passed over. ``cases`` has them by disease.
    """

    def __init__(self, model: LikelihoodModel, cases: Sequence[PublishedCase]) -> None:
        self.model = model
        graph = model.graph
        self._term_index = {t: i for i, t in enumerate(graph.ontology.terms)}
        known = sorted(
            (c for c in cases if c.disease_id in model.group_index), key=lambda c: model.group_index[c.disease_id]
        )
        self.cases = tuple(known)
        self._sets = FindingSetIndex(known, model)
        self._kin = Recent[bytes, tuple[sparse.csr_array, sparse.csr_array]](N_LISTS)
        self._coverages = Recent[tuple[str, ...], dict[str, Doubles]](N_PATIENTS)
        group_of_case = np.array([model.group_index[c.disease_id] for c in known], np.int64)
        self._with_cases, self._starts = np.unique(group_of_case, return_index=True)
        self._group_of_case = group_of_case
        n_patients, n_publications = model.described_patients()
        self._n_patients, self._n_publications = np.log1p(n_patients), np.log1p(n_publications)
        self._information = model.information
        self._expected = model.expected(self._information)
        groups = model.groups
        self._is_omim = _is_omim_or_alone(model)
        self._is_orphanet = np.array([any(d.startswith("ORPHA:") for d in g) for g in groups], np.float64)

    def extract(
        self, findings: Sequence[Finding], proposals: Proposals = PROPOSALS, also: Indices = NO_DISEASES
    ) -> CandidateFeatures:
        """The candidates of a patient, the first by the plain sum first, and what is known of each.

        Args:
            findings: with current ids, at least one present.
            proposals: how many candidates; fewer where fewer diseases are described.
            also: candidates of another kind, as indices into the model's groups; those not described are left out.
        """
        return self._describe(findings, partial(self._choose, n=proposals, also=also))

    def describe(self, findings: Sequence[Finding], diseases: Indices) -> CandidateFeatures:
        """What is known of given candidates.

        Args:
            findings: with current ids, at least one present.
            diseases: indices into the model's groups, shape [n_candidates].
        """
        return self._describe(findings, lambda *_: diseases)

    def _describe(self, findings: Sequence[Finding], choose: Callable[..., Indices]) -> CandidateFeatures:
        findings = sorted(findings, key=lambda f: (f.term_id, f.excluded))
        present = [f.term_id for f in findings if not f.excluded]
        is_excluded = np.array([f.excluded for f in findings])
        log_lrs = self.model.log_lrs(findings)
        of_present, of_excluded = log_lrs[~is_excluded], log_lrs[is_excluded]
        log_lr = log_lrs.sum(axis=0, dtype=np.float64)
        similarities = self.case_similarities(present)
        coverage = self._coverages.get(tuple(present), lambda: self._describe_coverage(present))
        chosen = choose(log_lr, similarities[0], coverage["shared"])
        features = {
            **_describe_ratios(of_present[:, chosen], of_excluded[:, chosen]),
            **self._describe_evidence(chosen, log_lr, similarities),
            **{name: of_all[chosen] for name, of_all in coverage.items()},
            "shared_below_best": coverage["shared"][chosen] - coverage["shared"].max(),
            "shared_rank": np.log1p(ranks_of(coverage["shared"], chosen)),
            "n_patients": self._n_patients[chosen],
            "n_publications": self._n_publications[chosen],
            "n_present": np.full(len(chosen), np.log(len(present))),
            "n_excluded": np.full(len(chosen), np.log1p(is_excluded.sum())),
            "is_omim": self._is_omim[chosen],
            "is_orphanet": self._is_orphanet[chosen],
        }
        values = np.stack([features[name] for name in FEATURES], axis=1).astype(np.float32)
        return CandidateFeatures(diseases=chosen, values=values)

    def _choose(
        self,
        log_lr: Doubles,
        nearest: Doubles,
        shared: Doubles,
        *,
        n: Proposals,
        also: Indices,
    ) -> Indices:
        """The first of each ranking and those beside them, in the order of the plain sum."""
        with_kin = self.model.with_kin(log_lr, self.model.kin_means(log_lr))
        plain_sum = with_kin + CASE_WEIGHT * nearest + PATIENTS_WEIGHT * self._n_patients
        is_described = np.isfinite(plain_sum)
        proposed = [
            first_of(plain_sum, n.by_sum),
            first_of(np.where(is_described & (nearest > 0), nearest, -np.inf), n.by_case),
            first_of(np.where(is_described, log_lr, -np.inf), n.by_ratio),
            first_of(np.where(is_described, shared, -np.inf), n.by_shared),
            also[is_described[also]],
        ]
        chosen = np.unique(np.concatenate(proposed))
        return chosen[np.argsort(-plain_sum[chosen], kind="stable")]

    def _describe_evidence(
        self,
        chosen: Indices,
        log_lr: Doubles,
        similarities: tuple[Doubles, Doubles, Doubles],
    ) -> dict[str, Doubles]:
        """The summed ratio and the cases, of the chosen and of their kin."""
        by_gene, by_name = self.kin_of(chosen)
        largest, second, soft = similarities
        return {
            "log_lr": log_lr[chosen],
            "log_lr_below_best": log_lr[chosen] - log_lr.max(),
            "log_lr_rank": np.log1p(ranks_of(log_lr, chosen)),
            "gene_kin_largest": largest_of_kin(by_gene, log_lr, UNLIKELY),
            "gene_kin_mean": log_mean_of_kin(by_gene, log_lr, UNLIKELY),
            "name_kin_largest": largest_of_kin(by_name, log_lr, UNLIKELY),
            "name_kin_mean": log_mean_of_kin(by_name, log_lr, UNLIKELY),
            "case_largest": largest[chosen],
            "case_second": second[chosen],
            "case_soft": soft[chosen],
            "case_below_best": largest[chosen] - largest.max(),
            "case_rank": np.log1p(ranks_of(largest, chosen)),
            "gene_kin_case": largest_of_kin(by_gene, largest, 0.0),
            "name_kin_case": largest_of_kin(by_name, largest, 0.0),
        }

    def kin_of(self, diseases: Indices) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Kin of candidates by gene and by name, of shape [n_candidates, n_diseases] each; not to be changed."""
        families = self.model.graph.families
        return self._kin.get(diseases.tobytes(), lambda: (families.by_gene[diseases], families.by_name[diseases]))

    def case_similarities(self, present: Sequence[str]) -> tuple[Doubles, Doubles, Doubles]:
        """Per disease: largest and second largest cosine to its cases, and their soft maximum; 0 without cases."""
        return self.per_disease(self._sets.similarities(present))

    def per_disease(self, similarities: Doubles) -> tuple[Doubles, Doubles, Doubles]:
        """The largest, the second largest and the soft maximum over each disease's cases; 0 without cases.

        Args:
            similarities: to each of ``cases``, shape [n_cases].
        """
        largest, second, soft = np.zeros((3, self.model.n_diseases))
        if not len(self._with_cases):
            return largest, second, soft
        largest[self._with_cases] = np.maximum.reduceat(similarities, self._starts)
        sums = np.add.reduceat(np.exp(SHARPNESS * similarities), self._starts)
        soft[self._with_cases] = np.log1p(sums) / SHARPNESS
        best = np.flatnonzero(similarities == largest[self._group_of_case])
        _, firsts = np.unique(self._group_of_case[best], return_index=True)
        others = similarities.copy()
        others[best[firsts]] = -np.inf
        next_best = np.maximum.reduceat(others, self._starts)
        second[self._with_cases] = np.where(np.isfinite(next_best), next_best, 0.0)
        return largest, second, soft

    def nearest_cases(self, present: Sequence[str], diseases: Indices) -> Indices:
        """The nearest published case of each disease and the second nearest, shape [2, n]; -1 for none.

        Numbers are rows of ``implied_by_cases``.
        """
        nearest = np.full((2, len(diseases)), -1, np.int64)
        if not len(self._with_cases):
            return nearest
        similarities = self._sets.similarities(present)
        first = np.searchsorted(self._group_of_case, diseases, side="left")
        stop = np.searchsorted(self._group_of_case, diseases, side="right")
        for i in np.flatnonzero(stop > first).tolist():
            of_disease = similarities[first[i] : stop[i]]
            ranked = np.argsort(-of_disease, kind="stable")[:2]
            nearest[: len(ranked), i] = first[i] + ranked
        return nearest

    def implied_by_cases(self, rows: Indices, terms: Indices) -> NDArray[np.bool_]:
        """Whether published cases have terms or more specific ones, shape [n_rows, n_terms]; a row of -1 has none."""
        return self._sets.implied(rows, terms)

    def _describe_coverage(self, present: Sequence[str]) -> dict[str, Doubles]:
        """Of all diseases, shares, 0..1: findings explained by P, mentioned, shared as far up, expected ones seen."""
        explained, mentioned, shared, seen = np.zeros((4, self.model.n_diseases))
        columns = [self._term_index[t] for t in present]
        for column in columns:
            diseases, p = self.model.profile_column(column)
            explained[diseases] += self._information[column] * p
            mentioned[diseases] += self._information[column]
        ontology = self.model.graph.ontology
        closure = sorted({self._term_index[a] for t in present for a in ontology.ancestors(t)})
        for column in closure:
            diseases, p = self.model.profile_column(column)
            shared[diseases] += self._information[column]
            seen[diseases] += self._information[column] * p
        total = max(float(self._information[columns].sum()), 1e-6)
        return {
            "explained": explained / total,
            "mentioned": mentioned / total,
            "shared": shared / max(float(self._information[closure].sum()), 1e-6),
            "expected_seen": seen / np.maximum(self._expected, 1e-6),
        }


def _describe_ratios(of_present: Floats, of_excluded: Floats) -> dict[str, Doubles]:
    """How single findings speak for the candidates; log-likelihood ratios of shape [n_findings, n_candidates]."""
    return {
        "log_lr_present": of_present.sum(axis=0, dtype=np.float64),
        "log_lr_excluded": of_excluded.sum(axis=0, dtype=np.float64),
        "log_lr_smallest": of_present.min(axis=0).astype(np.float64),
        "log_lr_largest": of_present.max(axis=0).astype(np.float64),
        "supported": (of_present > SUPPORTS).mean(axis=0),
        "contradicted": (of_excluded < CONTRADICTS).sum(axis=0).astype(np.float64),
    }


def first_of(scores: Doubles, n: int) -> Indices:
    """Indices of the n largest finite scores, largest first, ties by index."""
    threshold = np.partition(scores, -n)[-n] if n < len(scores) else -np.inf
    among = np.flatnonzero((scores >= threshold) & np.isfinite(scores))
    return among[np.argsort(-scores[among], kind="stable")][:n]


def _is_omim_or_alone(model: LikelihoodModel) -> Doubles:
    """1 for a disease that OMIM has, or of which it has no kin by gene or name either; shape [n_diseases].

    Published patients have OMIM's diseases, so what is trained on them distrusts what Orphanet alone has: rightly a
    family ("Dent disease") beside its members, wrongly a disease that is nobody's kin (Turner syndrome).
    """
    families = model.graph.families
    is_omim = np.array([any(d.startswith("OMIM:") for d in g) for g in model.groups], np.float64)
    n_kin: Doubles = families.by_gene @ is_omim + families.by_name @ is_omim
    return np.where(n_kin > 0, is_omim, 1.0)


def ranks_of(scores: Doubles, chosen: Indices) -> Doubles:
    """Ranks of the chosen among all: 0 for the largest score; equal scores share the best of their ranks."""
    if len(chosen) < FEW:
        return np.array([np.count_nonzero(scores > score) for score in scores[chosen]], np.float64)
    return np.searchsorted(np.sort(-scores), -scores[chosen]).astype(np.float64)
