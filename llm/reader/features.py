"""What the reader is shown of one patient: the candidates, and for each the evidence finding by finding.

Per candidate the fusion's features (``retrieval.features``), what lies near it in meaning (``retrieval.meanings``), and
what the patient's age and sex have to do with it (``llm.reader.person``). Per candidate and finding of the patient how
the disease accounts for it: by itself, through a more general term, a term of like meaning, its nearest published cases
or its kin; and per candidate the findings that it leads one to expect and the patient was not said to have. Which
candidates are kin of each other by gene or name is told too, since they can only be told apart by what they do not
share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kg.arrays import Doubles, Floats, Indices
from kg.families import largest_of_kin
from kg.likelihood import UNLIKELY
from kg.recent import Recent
from kg.schema import Finding
from llm.reader.person import PERSON_FEATURES, PersonFeatures
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.features import FEATURES, CandidateFeatures, FeatureExtractor, first_of, ranks_of
from retrieval.meanings import Likenesses, MeaningIndex

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
    "meaning",  # largest cosine in meaning of the finding and a term of the disease
    "meaning_probability",  # the same, each cosine times that term's P
    "meaning_case",  # cosine of the finding and the nearest term of the nearest published case
)
CANDIDATE_FEATURES = (
    *FEATURES,
    "log_prior",  # weighted log of the disease's prevalence
    "meaning_case",  # cosine in meaning of the nearest published case, and of the second nearest
    "meaning_case_second",
    "meaning_case_below_best",
    "meaning_case_rank",
    "gene_kin_meaning_case",  # nearest case of kin
    "name_kin_meaning_case",
    "meaning_profile",  # cosine in meaning of all that is described
    "meaning_profile_below_best",
    "meaning_profile_rank",
    *PERSON_FEATURES,
)
"""The fusion's; what lies near in meaning (``retrieval.meanings``); what age and sex have to do with the disease."""
KINDS = ("present", "excluded", "expected")
"""Of evidence: a finding that the patient has, one that is ruled out, one that is expected and not mentioned."""
LEAST_OF_KIN = -6.0
"""Of a kin's log-likelihood ratio; no kin has the same."""
LEAST_INFORMATION = 0.5
"""Nats; terms above that say less are left out."""
N_PROPOSED = 100
"""Candidates beside the fusion's: those with the nearest case in meaning, and as many with the nearest profile."""
N_RANKED = 60
"""Terms of a disease among which its expected findings are chosen."""
N_RELATED = 200
"""Terms whose relatives are kept: the findings of a patient are looked at again and again."""


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
        self._meanings = MeaningIndex(extractor)
        self._people = PersonFeatures(extractor.model)
        self._ontology = extractor.model.graph.ontology
        self._term_ids = tuple(self._ontology.terms)
        self._term_index = {t: i for i, t in enumerate(self._term_ids)}
        self._information = self._model.information
        self._closures: dict[int, Indices] = {}
        self._related = Recent[str, Indices](N_RELATED)
        self._expected: dict[int, tuple[Indices, Floats]] = {}

    def extract(self, findings: Sequence[Finding], person: Demographics = UNKNOWN) -> ReaderInputs:
        """The inputs for a patient; the same whatever the order of the findings.

        Args:
            findings: with current ids, at least one present.
            person: age and sex, where they are known.
        """
        likenesses = self._meanings.compare(_present(findings))
        near = [first_of(of_all, N_PROPOSED) for of_all in (likenesses.nearest_case, likenesses.profile)]
        listed = self._extractor.extract(findings, also=np.concatenate(near))
        return self._with_evidence(findings, person, listed, likenesses)

    def describe(self, findings: Sequence[Finding], diseases: Indices, person: Demographics = UNKNOWN) -> ReaderInputs:
        """The inputs for given candidates, as indices into the model's groups."""
        listed = self._extractor.describe(findings, diseases)
        return self._with_evidence(findings, person, listed, self._meanings.compare(_present(findings)))

    def _with_evidence(
        self, findings: Sequence[Finding], person: Demographics, listed: CandidateFeatures, likenesses: Likenesses
    ) -> ReaderInputs:
        told, diseases = self.most_specific(findings), listed.diseases
        families = self._model.graph.families
        kin = families.by_gene[diseases], families.by_name[diseases]
        of_findings = self._describe_findings(told, diseases, kin)
        of_expected, expected = self._describe_expected(findings, diseases)
        is_excluded = np.array([f.excluded for f in told], np.int8)
        columns = np.array([self._term_index[f.term_id] for f in told], np.int64)
        shape = (len(diseases), len(told))
        kinds = [np.broadcast_to(is_excluded, shape), np.where(expected >= 0, 2, -1).astype(np.int8)]
        values: list[NDArray[Any]] = [
            listed.values,
            self._model.log_prior[diseases],
            *_describe_likeness(likenesses, diseases, kin),
            self._people.describe(person, diseases),
        ]
        return ReaderInputs(
            diseases=diseases,
            values=np.column_stack(values).astype(np.float32),
            evidence=np.concatenate([of_findings, of_expected], axis=1),
            kinds=np.concatenate(kinds, axis=1),
            terms=np.concatenate([np.broadcast_to(columns, shape), expected], axis=1),
            kin=np.stack([np.asarray(m[:, diseases].todense()) > 0 for m in kin]),
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
        nearest = self._extractor.nearest_cases(_present(findings), diseases)
        had_of_all = [self._extractor.implied_by_cases(rows, terms) for rows in nearest]
        meanings = self._describe_meanings(findings, diseases, nearest[0])
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
                *meanings[:, i],
            )
            described[:, i] = np.stack(features, axis=1)
        return described

    def _describe_meanings(self, findings: Sequence[Finding], diseases: Indices, nearest: Indices) -> Floats:
        """The three features of meaning, of each finding and candidate: shape [3, n_findings, n_candidates]."""
        told = np.array([self._term_index[f.term_id] for f in findings])
        described = np.zeros((3, len(diseases), len(findings)), np.float32)
        profiles = self._model.profiles_by_disease[diseases]
        has_case = nearest >= 0
        cases = self._meanings.cases[nearest[has_case]]
        both = np.concatenate([profiles.indices, cases.indices])
        of_profiles, of_cases = np.split(self._meanings.likeness_of_terms(told, both), [len(profiles.indices)])
        described[0] = _largest_of_rows(of_profiles, profiles.indptr)
        described[1] = _largest_of_rows(of_profiles * profiles.data[:, None], profiles.indptr)
        described[2, has_case] = _largest_of_rows(of_cases, cases.indptr)
        return described.transpose(0, 2, 1)

    def _describe_expected(self, findings: Sequence[Finding], diseases: Indices) -> tuple[Floats, Indices]:
        """Features of the expected and unmentioned findings, and their terms; shapes [n, N_EXPECTED, ...]."""
        is_told = self._is_told(findings)
        features = np.zeros((len(diseases), N_EXPECTED, len(EVIDENCE_FEATURES)), np.float32)
        terms = np.full((len(diseases), N_EXPECTED), -1, np.int64)
        p_column, information_column = map(EVIDENCE_FEATURES.index, ("probability", "information"))
        for i, disease in enumerate(diseases.tolist()):
            expected, p = self._expected_of(disease)
            unmentioned = np.flatnonzero(~is_told[expected])[:N_EXPECTED]
            terms[i, : len(unmentioned)] = expected[unmentioned]
            features[i, : len(unmentioned), p_column] = p[unmentioned]
        features[:, :, information_column] = np.where(terms >= 0, self._information[terms], 0.0)
        return features, terms

    def _is_told(self, findings: Sequence[Finding]) -> NDArray[np.bool_]:
        """Of which terms the findings speak: those themselves, all above and all below them; shape [n_terms]."""
        is_told = np.zeros(len(self._term_ids), np.bool_)
        for finding in findings:
            is_told[self._related.get(finding.term_id, partial(self._relatives, finding.term_id))] = True
        return is_told

    def _relatives(self, term_id: str) -> Indices:
        """A term, all above it and all below it."""
        related = self._ontology.ancestors(term_id) | self._ontology.descendants(term_id)
        return np.array([self._term_index[t] for t in related], np.int64)

    def _closure(self, term: int) -> Indices:
        """A term and all above it that say something: the term first, then by falling information."""
        if term not in self._closures:
            above = (self._term_index[a] for a in self._ontology.ancestors(self._term_ids[term]))
            telling = (a for a in above if a != term and self._information[a] > LEAST_INFORMATION)
            self._closures[term] = np.array(
                [term, *sorted(telling, key=lambda a: (-self._information[a], a))], np.int64
            )
        return self._closures[term]

    def _expected_of(self, disease: int) -> tuple[Indices, Floats]:
        """What a disease leads one to expect, the most telling first, with P; none implies another."""
        if disease not in self._expected:
            terms, p = self._model.profile_row(disease)
            ranked = np.argsort(-p * self._information[terms], kind="stable")[:N_RANKED]
            chosen: list[int] = []
            above_chosen: set[str] = set()
            for row in ranked.tolist():
                term_id = self._term_ids[terms[row]]
                above = self._ontology.ancestors(term_id)
                if term_id not in above_chosen and not any(self._term_ids[terms[c]] in above for c in chosen):
                    chosen.append(row)
                    above_chosen |= above
            self._expected[disease] = terms[chosen].astype(np.int64), p[chosen]
        return self._expected[disease]


def _present(findings: Sequence[Finding]) -> list[str]:
    return [f.term_id for f in findings if not f.excluded]


def _describe_likeness(likenesses: Likenesses, diseases: Indices, kin: Sequence[sparse.csr_array]) -> Iterator[Doubles]:
    """Features of candidates, each of shape [n_candidates]."""
    case, profile = likenesses.nearest_case, likenesses.profile
    yield case[diseases]
    yield likenesses.second_case[diseases]
    yield case[diseases] - case.max()
    yield np.log1p(ranks_of(case, diseases))
    yield from (largest_of_kin(each, case, 0.0) for each in kin)
    yield profile[diseases]
    yield profile[diseases] - profile.max()
    yield np.log1p(ranks_of(profile, diseases))


def _largest_of_rows(values: Floats, starts: Indices) -> Floats:
    """Largest of each group of rows, at least 0, and 0 of an empty group.

    Args:
        values: shape [n_rows, m].
        starts: first row of each group, and the end of the last, shape [n_groups + 1].
    """
    largest = np.zeros((len(starts) - 1, values.shape[1]), np.float32)
    is_filled = np.diff(starts) > 0
    if is_filled.any():
        largest[is_filled] = np.maximum.reduceat(values, starts[:-1][is_filled], axis=0)
    return np.maximum(largest, 0.0)


def _reached_share(has: NDArray[np.bool_], share: Doubles) -> Doubles:
    """The share of the first term of a closure that is there, 0 where none is; ``has`` of shape [n, n_terms]."""
    reached: Doubles = np.where(has.any(axis=1), share[has.argmax(axis=1)], 0.0)
    return reached
