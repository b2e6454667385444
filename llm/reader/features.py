"""What the reader is shown of one patient: the candidates, and for each the evidence finding by finding.

Per candidate the fusion's features (``retrieval.features``). Per candidate and finding of the patient how the disease
accounts for it: by itself, through a more general term, through its nearest published cases, through its kin; and per
candidate the findings that it leads one to expect and the patient was not said to have. Which candidates are kin of
each other by gene or name is told too, since they can only be told apart by what they do not share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kg.arrays import Doubles, Floats, Indices
from kg.families import largest_of_kin
from kg.likelihood import UNLIKELY
from kg.schema import Finding
from retrieval.features import FEATURES, CandidateFeatures, FeatureExtractor

N_FINDINGS = 32
"""Most findings of a patient that are read one by one: the most specific; the fusion's features hold all."""
N_EXPECTED = 6
"""Expected findings of each candidate that the patient was not said to have."""

EVIDENCE_FEATURES = (
    "log_lr",  # log-likelihood ratio of the finding
    "log_lr_below_best",  # the same against the best candidate's
    "probability",  # P(finding | disease); 0 where it is not described
    "information",  # information content of the finding, in nats
    "matched",  # share of its information that the disease's nearest described term has
    "matched_probability",  # P of that term in the disease
    "noted_absent",  # a source says that it is absent
    "nearest_case",  # share of its information that the nearest published case has, and the second nearest
    "second_case",
    "gene_kin",  # largest log-likelihood ratio of kin by gene, and by name
    "name_kin",
)
CANDIDATE_FEATURES = (*FEATURES, "log_prior")
"""The fusion's, and the weighted log of the disease's prevalence."""
KINDS = ("present", "excluded", "expected")
"""Of evidence: a finding that the patient has, one that is ruled out, one that is expected and not mentioned."""
LEAST_OF_KIN = -6.0
"""Of a kin's log-likelihood ratio; no kin has the same."""
LEAST_INFORMATION = 0.5
"""Nats; terms above that say less are left out."""
N_RANKED = 60
"""Terms of a disease among which its expected findings are chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderInputs:
    """One patient as the reader sees them: n candidates, m pieces of evidence on each."""

    diseases: Indices
    """Indices into the model's groups, shape [n], in the order of the plain sum."""
    values: Floats
    """Shape [n, len(CANDIDATE_FEATURES)]."""
    evidence: Floats
    """Shape [n, m, len(EVIDENCE_FEATURES)]."""
    kinds: NDArray[np.int8]
    """Index into ``KINDS`` of each piece, -1 where there is none; shape [n, m]."""
    terms: Indices
    """Index into the ontology's terms that each piece is about, -1 where there is none; shape [n, m]."""
    kin: NDArray[np.bool_]
    """Which candidates are kin by gene, and by name; shape [2, n, n]."""


class ReaderFeatureExtractor:
    """Makes the reader's inputs.

    Args:
        extractor: candidates and the fusion's features, over what is known.
    """

    def __init__(self, extractor: FeatureExtractor) -> None:
        self._extractor = extractor
        self._model = extractor.model
        self._ontology = extractor.model.graph.ontology
        self._term_ids = tuple(self._ontology.terms)
        self._term_index = {t: i for i, t in enumerate(self._term_ids)}
        self._information = -np.log(np.minimum(self._model.background, 1.0)).astype(np.float64)
        self._closures: dict[int, Indices] = {}
        self._expected: dict[int, list[tuple[int, float]]] = {}

    def extract(self, findings: Sequence[Finding]) -> ReaderInputs:
        """The inputs for a patient; the same whatever the order of the findings.

        Args:
            findings: with current ids, at least one present.
        """
        return self._with_evidence(findings, self._extractor.extract(findings))

    def describe(self, findings: Sequence[Finding], diseases: Indices) -> ReaderInputs:
        """The inputs for given candidates, as indices into the model's groups."""
        return self._with_evidence(findings, self._extractor.describe(findings, diseases))

    def _with_evidence(self, findings: Sequence[Finding], listed: CandidateFeatures) -> ReaderInputs:
        told, diseases = self.most_specific(findings), listed.diseases
        families = self._model.graph.families
        by_gene, by_name = families.by_gene[diseases], families.by_name[diseases]
        of_findings = self._describe_findings(told, diseases, (by_gene, by_name))
        of_expected, expected = self._describe_expected(findings, diseases)
        is_excluded = np.array([f.excluded for f in told], np.int8)
        columns = np.array([self._term_index[f.term_id] for f in told], np.int64)
        shape = (len(diseases), len(told))
        kinds = [np.broadcast_to(is_excluded, shape), np.where(expected >= 0, 2, -1).astype(np.int8)]
        return ReaderInputs(
            diseases=diseases,
            values=np.column_stack([listed.values, self._model.log_prior[diseases]]).astype(np.float32),
            evidence=np.concatenate([of_findings, of_expected], axis=1),
            kinds=np.concatenate(kinds, axis=1),
            terms=np.concatenate([np.broadcast_to(columns, shape), expected], axis=1),
            kin=np.stack([np.asarray(m[:, diseases].todense()) > 0 for m in (by_gene, by_name)]),
        )

    def most_specific(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings that are read one by one: present ones first, by falling information, ties by id."""
        told = {(f.term_id, f.excluded): f for f in findings}.values()
        return sorted(told, key=lambda f: (f.excluded, -self._information[self._term_index[f.term_id]], f.term_id))[
            :N_FINDINGS
        ]

    def _describe_findings(
        self, findings: Sequence[Finding], diseases: Indices, kin: Sequence[sparse.csr_array]
    ) -> Floats:
        """Shape [n_candidates, n_findings, n_features]."""
        closures = [self._closure(self._term_index[f.term_id]) for f in findings]
        terms = np.unique(np.concatenate(closures))
        p_of_all = self._model.probabilities_of(terms, diseases)
        nearest = self._extractor.nearest_cases([f.term_id for f in findings if not f.excluded], diseases)
        had_of_all = [self._extractor.implied_by_cases(rows, terms) for rows in nearest]
        described = np.zeros((len(diseases), len(findings), len(EVIDENCE_FEATURES)), np.float32)
        for i, (finding, closure) in enumerate(zip(findings, closures, strict=True)):
            columns, information = np.searchsorted(terms, closure), self._information[closure]
            log_lr = self._model.log_lr(finding.term_id, excluded=finding.excluded).astype(np.float64)
            p = p_of_all[:, columns]
            reached = (p > 0).argmax(axis=1)
            share = information / max(float(information[0]), 1e-6)
            features = (
                log_lr[diseases],
                log_lr[diseases] - log_lr[diseases].max(),
                p[:, 0],
                np.full(len(diseases), information[0]),
                _reached_share(p > 0, share),
                p[np.arange(len(p)), reached],
                self._model.is_said_absent(int(closure[0]), diseases),
                *(
                    np.where(had.any(axis=1), share[had.argmax(axis=1)], 0.0)
                    for had in (h[:, columns] for h in had_of_all)
                ),
                *(np.maximum(largest_of_kin(each, log_lr, UNLIKELY), LEAST_OF_KIN) for each in kin),
            )
            described[:, i] = np.stack(features, axis=1)
        return described

    def _describe_expected(self, findings: Sequence[Finding], diseases: Indices) -> tuple[Floats, Indices]:
        """Features of the expected and unmentioned findings, and their terms; shapes [n, N_EXPECTED, ...]."""
        ontology = self._ontology
        implied = {a for f in findings for a in ontology.ancestors(f.term_id)}
        told = {f.term_id for f in findings}
        features = np.zeros((len(diseases), N_EXPECTED, len(EVIDENCE_FEATURES)), np.float32)
        terms = np.full((len(diseases), N_EXPECTED), -1, np.int64)
        p_column, information_column = map(EVIDENCE_FEATURES.index, ("probability", "information"))
        for i, disease in enumerate(diseases.tolist()):
            unmentioned = (
                (term, p)
                for term, p in self._expected_of(disease)
                if self._term_ids[term] not in implied and told.isdisjoint(ontology.ancestors(self._term_ids[term]))
            )
            for j, (term, p) in enumerate(islice(unmentioned, N_EXPECTED)):
                terms[i, j] = term
                features[i, j, p_column], features[i, j, information_column] = p, self._information[term]
        return features, terms

    def _closure(self, term: int) -> Indices:
        """A term and all above it that say something: the term first, then by falling information."""
        if term not in self._closures:
            above = (self._term_index[a] for a in self._ontology.ancestors(self._term_ids[term]))
            telling = (a for a in above if a != term and self._information[a] > LEAST_INFORMATION)
            self._closures[term] = np.array(
                [term, *sorted(telling, key=lambda a: (-self._information[a], a))], np.int64
            )
        return self._closures[term]

    def _expected_of(self, disease: int) -> list[tuple[int, float]]:
        """What a disease leads one to expect, the most telling first, with P; none implies another."""
        if disease not in self._expected:
            terms, p = self._model.profile_row(disease)
            ranked = np.argsort(-p * self._information[terms], kind="stable")[:N_RANKED]
            chosen: list[tuple[int, float]] = []
            covered: set[str] = set()
            for term, probability in zip(terms[ranked].tolist(), p[ranked].tolist(), strict=True):
                term_id = self._term_ids[term]
                above = self._ontology.ancestors(term_id)
                if term_id not in covered and not any(self._term_ids[t] in above for t, _ in chosen):
                    chosen.append((term, probability))
                    covered |= above
            self._expected[disease] = chosen
        return self._expected[disease]


def _reached_share(has: NDArray[np.bool_], share: Doubles) -> Doubles:
    """The share of the first term of a closure that is there, 0 where none is; ``has`` of shape [n, n_terms]."""
    reached: Doubles = np.where(has.any(axis=1), share[has.argmax(axis=1)], 0.0)
    return reached
