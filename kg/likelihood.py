"""How strongly findings speak for a disease: P(finding | disease) against P(finding | any disease).

The model, for a disease d (entries that plainly name one disease are pooled) and a term t:

*Profile.* P(t|d), what is said to be absent, and which absences are noted unusually often: ``kg.profiles``.

*Background.* P(t) is the mean of P(t|d) over all diseases, and at least one over their number.

*Present finding.* LR = w_d P(t|d) / P(t) where t or a more specific term is annotated, else
w_a max over annotated ancestors a of P(a|d) / P(a) (a patient's words may be finer than the annotation; ancestors as
``common`` as that are left out), plus ``noise``: anything can be seen by chance in anybody. A finding that the source
says is absent scores ``contradiction`` times that.

*Kin.* The ratio of all findings together is mixed with the mean ratio of the diseases that share a gene or a name
(``with_kin``): of many diseases little is written, and much of their kin.

*Prior.* The logarithm of a disease's prevalence, by a weight, and of the share of its patients who have the patient's
sex against a half (``log_prior``); added to the ratio of all findings.

*Excluded finding.* LR = (1 - r P(t|d)) / (1 - r P(t)), where r is how much an exclusion is believed: what was not
seen was often not looked for. Where one is looked for at all tells of the disease too: ``agreed_absence`` times the
profile's log-ratio of noted absences is added. Not so a "no" to a question: that was looked for because it was asked
for, whatever the disease, so r is larger and nothing is added: the likelier t is in a disease, the more speaks against.

Terms compare to LIRICAL (Robinson et al., Am J Hum Genet 2020, doi:10.1016/j.ajhg.2020.06.021). The default weights
were set on random published patients of the Phenopacket Store; docs/log.md has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kg import cache
from kg.arrays import Doubles, Floats, Indices
from kg.families import log_mean_of_kin
from kg.graph import KnowledgeGraph
from kg.profiles import Profiles, ProfileSettings, build_profiles, read_profiles, write_profiles
from kg.recent import Recent
from kg.schema import Finding
from kg.sexes import female_shares

FORMAT = "5"
KIN_WEIGHTS = (0.5, 0.5, 0.25)
"""Of a disease itself, of the mean of its kin by gene, and by name."""
PREVALENCE_WEIGHT = 0.4
"""Of the log of a disease's prevalence; not all of it: who is seen by a specialist is no random sample of people."""
UNKNOWN_PREVALENCE = 1e-7
"""Of a disease of which no source says how common it is: those are the rarest."""
UNLIKELY = -60.0
"""Log-likelihood ratio of no kin at all."""
N_KEPT = 100
"""Findings whose ratios are kept, of 50 kB each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodSettings(ProfileSettings):
    """Weights of the model; see the module's docstring, and that of ``kg.profiles``."""

    exact_weight: float = 0.9
    ancestor_weight: float = 0.02
    noise: float = 0.02
    contradiction: float = 0.3
    exclusion_belief: float = 0.2
    answer_belief: float = 0.8
    """As ``exclusion_belief``, of a "no" to a question."""
    agreed_absence: float = 0.3
    common: float = 0.5
    """Ancestors with at least this background say nothing."""


class LikelihoodModel:
    """Log-likelihood ratios of findings for all diseases at once.

    Args:
        graph: the knowledge graph.
        profiles: made by ``build_profiles`` with the same settings.
        settings: weights of the model.
    """

    def __init__(self, graph: KnowledgeGraph, profiles: Profiles, settings: LikelihoodSettings) -> None:
        self.graph = graph
        self.settings = settings
        self.groups = graph.disease_groups
        self.group_index = {d: i for i, group in enumerate(self.groups) for d in group}
        self._profiles = profiles
        self._term_index = {t: i for i, t in enumerate(graph.ontology.terms)}
        mean = np.asarray(profiles.present.sum(axis=0)).ravel() / len(self.groups)
        self.background: Floats = np.maximum(mean, 1 / len(self.groups)).astype(np.float32)
        self.information: Doubles = -np.log(np.minimum(self.background, 1.0)).astype(np.float64)
        """Information content of each term among the diseases, in nats, shape [n_terms]."""
        # A patient is read dozens of times, with and without single findings.
        self._recent = Recent[int, Floats](N_KEPT)

    @property
    def n_diseases(self) -> int:
        """Number of diseases, equivalent entries counted once."""
        return len(self.groups)

    @cached_property
    def is_described(self) -> NDArray[np.bool_]:
        """Of which diseases at least one finding is stated, shape [n_diseases]; the others cannot be recognised."""
        described: NDArray[np.bool_] = np.bincount(self._profiles.present.indices, minlength=self.n_diseases) > 0
        return described

    def log_prior(self, *, is_female: bool | None = None) -> Doubles:
        """How common each disease is, against one of which nothing is known, in nats; shape [n_diseases].

        Args:
            is_female: the patient's sex; None where it is not known.
        """
        prior: Doubles = self._log_prevalence + self.log_sex(is_female=is_female)
        return prior

    def log_sex(self, *, is_female: bool | None) -> Doubles:
        """Log of the share of each disease's patients who have that sex, against a half; 0 where it is not known."""
        if is_female is None:
            return np.zeros(self.n_diseases)
        log_ratio: Doubles = np.log(2 * (self._female_shares if is_female else 1 - self._female_shares))
        return log_ratio

    @cached_property
    def _female_shares(self) -> Doubles:
        return female_shares(self.graph)

    @cached_property
    def _log_prevalence(self) -> Doubles:
        known = (self.graph.prevalence_of(group[0]) for group in self.groups)
        shares = np.array([UNKNOWN_PREVALENCE if p is None else p.middle for p in known])
        prior: Doubles = PREVALENCE_WEIGHT * np.log(shares / UNKNOWN_PREVALENCE)
        return prior

    def profile_column(self, term_index: int) -> tuple[NDArray[np.int32], Floats]:
        """Diseases with a term (by its index in the ontology) or a more specific one, and P(term | disease)."""
        return self._column(self._profiles.present, term_index)

    def probabilities_of(self, terms: Indices, diseases: Indices) -> Floats:
        """P(term or a more specific one | disease) as described, shape [n_diseases, n_terms].

        Args:
            terms: indices into the ontology's terms.
            diseases: indices into ``groups``.
        """
        row_of = np.full(self.n_diseases, -1)
        row_of[diseases] = np.arange(len(diseases))
        found = np.zeros((len(diseases), len(terms)), np.float32)
        for column, term in enumerate(terms.tolist()):
            described, p = self._column(self._profiles.present, term)
            rows = row_of[described]
            found[rows[rows >= 0], column] = p[rows >= 0]
        return found

    def is_said_absent(self, term: int, diseases: Indices) -> NDArray[np.bool_]:
        """Of which diseases a source says that a term (by its index) is absent, shape [n_diseases]."""
        return np.isin(diseases, self._column(self._profiles.absent, term)[0])

    def profile_row(self, disease: int) -> tuple[NDArray[np.int32], Floats]:
        """Terms (by index) that are described of a disease, and all above them, with P(term | disease)."""
        matrix = self.profiles_by_disease
        start, end = matrix.indptr[disease], matrix.indptr[disease + 1]
        return matrix.indices[start:end], matrix.data[start:end]

    @cached_property
    def profiles_by_disease(self) -> sparse.csr_array:
        """P(term or a more specific one | disease) as described, shape [n_diseases, n_terms]; not to be changed."""
        return sparse.csr_array(self._profiles.present)

    def expected(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Per disease the sum over terms of P(term | disease) times a weight per term of the ontology."""
        sums: NDArray[np.float64] = self._profiles.present @ weights
        return sums

    def described_patients(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Published patients that counts rest on and their publications, per disease, shape [n_diseases] each."""
        return self._profiles.n_patients, self._profiles.n_publications

    def kin_means(self, log_ratios: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log of the mean likelihood ratio over each disease's kin, by gene and by name, shape [n_diseases] each."""
        families = self.graph.families
        return (
            log_mean_of_kin(families.by_gene, log_ratios, UNLIKELY),
            log_mean_of_kin(families.by_name, log_ratios, UNLIKELY),
        )

    def with_kin(
        self, log_ratios: NDArray[np.float64], means: tuple[NDArray[np.float64], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Log-likelihood ratios where the patient may have what is described of the disease, or of its kin.

        A mixture of the disease's own ratio and the means of its kin; -inf where nothing is described of the disease.

        Args:
            log_ratios: summed over findings, shape [n_diseases].
            means: ``kin_means`` of them.
        """
        own, gene, name = (np.log(w) for w in KIN_WEIGHTS)
        mixed = np.logaddexp(np.logaddexp(log_ratios + own, means[0] + gene), means[1] + name)
        return np.where(self.is_described, mixed, -np.inf)

    def information_content(self, term_id: str) -> float:
        """-log of the term's background probability, in nats; 0 for what every disease has."""
        return float(-np.log(min(self.background_of(term_id), 1.0)))

    def background_of(self, term_id: str) -> float:
        """Mean of P(term | disease) over all diseases, 0..1."""
        return float(self.background[self._column_index(term_id)])

    def probability(self, term_id: str) -> Floats:
        """P(term | disease) of every disease, shape [n_diseases]: annotated, inherited from an ancestor, or by chance.

        The ancestor's share follows from the likelihood ratio, so this is what a question about the term would find.
        """
        column = self._column_index(term_id)
        return _as_probability(self._present_ratio(column) * self.background[column])

    def answer_probabilities(self, term_ids: Sequence[str], diseases: Sequence[int]) -> Floats:
        """The same of some terms and some diseases (indices into ``groups``), shape [n_terms, n_diseases]."""
        s, background = self.settings, self.background
        described = self.profiles_by_disease[list(diseases)].toarray()
        inherited = described * np.where(background < s.common, np.float32(s.ancestor_weight) / background, 0)
        columns = [self._column_index(t) for t in term_ids]
        ratios = np.zeros((len(columns), len(diseases)), np.float32)
        for row, column in enumerate(columns):
            ancestors = self.graph.ontology.ancestors(self.graph.annotations.term_ids[column])
            above = [self._term_index[a] for a in ancestors if self._term_index[a] != column]
            ratios[row] = inherited[:, above].max(axis=1, initial=0)
            own = described[:, column]
            ratios[row, own > 0] = own[own > 0] * (s.exact_weight / background[column])
            ratios[row] += s.noise
            ratios[row, self.is_said_absent(column, np.array(diseases))] *= s.contradiction
        return _as_probability(ratios * background[columns][:, None])

    def log_lr(self, term_id: str, *, excluded: bool = False, asked: bool = False) -> Floats:
        """Natural-log likelihood ratio of one finding for every disease, shape [n_diseases]; see ``Finding``."""
        column = self._column_index(term_id)
        if not excluded:
            return self._present_log_lr(column)
        return self._absent_log_lr(column, self.settings.answer_belief) if asked else self._excluded_log_lr(column)

    def log_lrs(self, findings: Sequence[Finding]) -> Floats:
        """Log-likelihood ratios, shape [n_findings, n_diseases]; their sum over findings ranks the diseases."""
        rows = [self.log_lr(f.term_id, excluded=f.excluded, asked=f.asked) for f in findings]
        return np.stack(rows) if rows else np.zeros((0, self.n_diseases), np.float32)

    def _column_index(self, term_id: str) -> int:
        return self._term_index[self.graph.ontology.current_id(term_id)]

    def _column(self, matrix: sparse.csc_array, column: int) -> tuple[NDArray[np.int32], Floats]:
        """Rows and values of one column, without the cost of slicing."""
        start, end = matrix.indptr[column], matrix.indptr[column + 1]
        return matrix.indices[start:end], matrix.data[start:end]

    def _present_log_lr(self, column: int) -> Floats:
        def compute() -> Floats:
            log_lr = np.log(self._present_ratio(column))
            log_lr.setflags(write=False)  # the next who asks gets the same array
            return log_lr

        return self._recent.get(column, compute)

    def _present_ratio(self, column: int) -> Floats:
        s = self.settings
        ratio = np.zeros(self.n_diseases, np.float32)
        for above in self.graph.ontology.ancestors(self.graph.annotations.term_ids[column]):
            index = self._term_index[above]
            if index != column and self.background[index] < s.common:
                rows, p = self._column(self._profiles.present, index)
                ratio[rows] = np.maximum(ratio[rows], p * (s.ancestor_weight / self.background[index]))
        rows, p = self._column(self._profiles.present, column)
        ratio[rows] = p * (s.exact_weight / self.background[column])
        ratio += s.noise
        ratio[self._column(self._profiles.absent, column)[0]] *= s.contradiction
        return ratio

    def _excluded_log_lr(self, column: int) -> Floats:
        log_lr = self._absent_log_lr(column, self.settings.exclusion_belief)
        rows, log_ratios = self._column(self._profiles.noted_absent, column)
        log_lr[rows] += self.settings.agreed_absence * log_ratios
        return log_lr

    def _absent_log_lr(self, column: int, belief: float) -> Floats:
        p = np.zeros(self.n_diseases, np.float32)
        rows, values = self._column(self._profiles.present, column)
        p[rows] = values
        background = min(float(self.background[column]), 1.0)
        log_lr: Floats = np.log1p(-belief * p) - np.float32(np.log1p(-belief * background))
        return log_lr


def _as_probability(p: Floats) -> Floats:
    """Never certain."""
    clipped: Floats = np.clip(p, 1e-4, 1 - 1e-4)
    return clipped


def load_likelihood(
    graph: KnowledgeGraph, settings: LikelihoodSettings | None = None, cache_dir: Path | None = None
) -> LikelihoodModel:
    """The model of this graph, its profiles from the cache or built and cached. Raises StorageError."""
    settings = settings or LikelihoodSettings()
    of_profiles = {f.name: getattr(settings, f.name) for f in fields(ProfileSettings)}
    identity = {"format": FORMAT, "graph": graph.identity, "settings": repr(of_profiles)}
    profiles = cache.load_or_build(
        "profiles",
        identity,
        read=read_profiles,
        build=lambda: build_profiles(graph, settings),
        write=write_profiles,
        root=cache_dir,
    )
    return LikelihoodModel(graph, profiles, settings)
