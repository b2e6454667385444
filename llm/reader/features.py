"""What the reader is shown of one patient: the candidates, and for each the evidence finding by finding.

Per candidate the fusion's features (``retrieval.features``), what lies near it in meaning (``retrieval.meanings``),
and the patient's age and sex (``llm.reader.person``), and how common it is in that sex. Per candidate and finding of
the patient how the disease accounts for it: by itself, through a more general term, a term of like meaning, its
nearest published cases or its kin; and per candidate the findings that it leads one to expect and the patient was not
said to have. Which candidates are kin of each other by gene or name is told too, since they can only be told apart by
what they do not share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
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
from retrieval.features import FEATURES, N_LISTS, CandidateFeatures, FeatureExtractor, first_of, ranks_of
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
_OF_CASES = [EVIDENCE_FEATURES.index(name) for name in ("nearest_case", "second_case", "meaning_case")]
_OF_DISEASE = [i for i in range(len(EVIDENCE_FEATURES)) if i not in _OF_CASES]
PRIORS = (
    "log_prior",  # weighted log of the disease's prevalence
    "log_sex",  # log of the share of its patients who have the patient's sex, against a half; 0 where it is not known
)
"""What is known of a disease whatever the findings: added to the scores, and not read (decision 0039)."""
CANDIDATE_FEATURES = (
    *FEATURES,
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
    *PRIORS,
)
"""The fusion's; what lies near in meaning (``retrieval.meanings``); what age has to do with the disease; ``PRIORS``."""
N_READ = len(CANDIDATE_FEATURES) - len(PRIORS)
"""The first of these are read."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A list of candidates, and what is known of them whoever the patient is: they are read dozens of times."""

    diseases: Indices
    kin: tuple[sparse.csr_array, sparse.csr_array]
    kin_among: NDArray[np.bool_]
    """See ``ReaderInputs.kin``."""
    profiles: sparse.csr_array
    """P(term | disease), shape [n, n_terms]."""
    expected: Indices
    """Terms to expect, the most telling first, -1 after the last; shape [n, N_RANKED]."""
    p_expected: Doubles
    evidence: dict[tuple[str, bool], Floats]
    """Of a term, present or excluded: features of shape [n, len(_OF_DISEASE)]."""


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
        self._lists = Recent[bytes, _Listed](N_LISTS)

    def extract(self, findings: Sequence[Finding], person: Demographics = UNKNOWN) -> ReaderInputs:
        """The inputs for a patient; the same whatever the order of the findings.

        Args:
            findings: with current ids, at least one present.
            person: age and sex, where they are known.
        """
        (likenesses,) = self._meanings.compare([_present(findings)])
        near = [first_of(of_all, N_PROPOSED) for of_all in (likenesses.nearest_case, likenesses.profile)]
        described = self._extractor.extract(findings, also=np.concatenate(near))
        return self._with_evidence(findings, person, described, likenesses)

    def describe(
        self, patients: Sequence[Sequence[Finding]], diseases: Indices, person: Demographics = UNKNOWN
    ) -> list[ReaderInputs]:
        """The inputs for given candidates (indices into the model's groups), had the patient each of these findings."""
        self._describe_findings(list(dict.fromkeys(chain(*map(self.most_specific, patients)))), self._listed(diseases))
        likenesses = self._meanings.compare([_present(findings) for findings in patients])
        return [
            self._with_evidence(findings, person, self._extractor.describe(findings, diseases), alike)
            for findings, alike in zip(patients, likenesses, strict=True)
        ]

    def _with_evidence(
        self, findings: Sequence[Finding], person: Demographics, described: CandidateFeatures, likenesses: Likenesses
    ) -> ReaderInputs:
        told, diseases = self.most_specific(findings), described.diseases
        listed = self._listed(diseases)
        nearest = self._extractor.nearest_cases(_present(findings), diseases)
        of_findings = np.zeros((len(diseases), len(told), len(EVIDENCE_FEATURES)), np.float32)
        of_findings[..., _OF_DISEASE] = self._describe_findings(told, listed)
        of_findings[..., _OF_CASES] = self._describe_cases(told, nearest)
        of_expected, expected = self._describe_expected(findings, listed)
        is_excluded = np.array([f.excluded for f in told], np.int8)
        columns = np.array([self._term_index[f.term_id] for f in told], np.int64)
        shape = (len(diseases), len(told))
        kinds = [np.broadcast_to(is_excluded, shape), np.where(expected >= 0, 2, -1).astype(np.int8)]
        values: list[NDArray[Any]] = [
            described.values,
            *_describe_likeness(likenesses, diseases, listed.kin),
            self._people.describe(person, diseases),
            self._model.log_prior()[diseases],
            self._model.log_sex(is_female=person.is_female)[diseases],
        ]
        return ReaderInputs(
            diseases=diseases,
            values=np.column_stack(values).astype(np.float32),
            evidence=np.concatenate([of_findings, of_expected], axis=1),
            kinds=np.concatenate(kinds, axis=1),
            terms=np.concatenate([np.broadcast_to(columns, shape), expected], axis=1),
            kin=listed.kin_among,
        )

    def _listed(self, diseases: Indices) -> _Listed:
        return self._lists.get(diseases.tobytes(), lambda: self._list(diseases))

    def _list(self, diseases: Indices) -> _Listed:
        kin = self._extractor.kin_of(diseases)
        expected, p_expected = np.full((len(diseases), N_RANKED), -1, np.int64), np.zeros((len(diseases), N_RANKED))
        for i, disease in enumerate(diseases.tolist()):
            terms, p = self._expected_of(disease)
            expected[i, : len(terms)], p_expected[i, : len(terms)] = terms, p
        return _Listed(
            diseases=diseases,
            kin=kin,
            kin_among=np.stack([np.asarray(m[:, diseases].todense()) > 0 for m in kin]),
            profiles=self._model.profiles_by_disease[diseases],
            expected=expected,
            p_expected=p_expected,
            evidence={},
        )

    def most_specific(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings that are read one by one: present ones first, by falling information, ties by id."""
        told = {(f.term_id, f.excluded): f for f in findings}.values()
        return sorted(told, key=lambda f: (f.excluded, -self._information[self._term_index[f.term_id]], f.term_id))[
            :N_FINDINGS
        ]

    def _describe_findings(self, findings: Sequence[Finding], listed: _Listed) -> Floats:
        """What candidates have to do with findings, whatever else the patient has: [n_candidates, n_findings, ...]."""
        new = [f for f in findings if (f.term_id, f.excluded) not in listed.evidence]
        if new:
            closures = [self._closure(self._term_index[f.term_id]) for f in new]
            terms = np.unique(np.concatenate(closures))
            p = self._model.probabilities_of(terms, listed.diseases)
            meanings = self._describe_meanings(np.array([c[0] for c in closures]), listed.profiles)
            for i, (finding, closure) in enumerate(zip(new, closures, strict=True)):
                features = self._describe_finding(finding, closure, p[:, np.searchsorted(terms, closure)], listed)
                described = np.stack([*features, *meanings[:, i]], axis=1).astype(np.float32)
                listed.evidence[finding.term_id, finding.excluded] = described
        return np.stack([listed.evidence[f.term_id, f.excluded] for f in findings], axis=1)

    def _describe_finding(
        self, finding: Finding, closure: Indices, p: Floats, listed: _Listed
    ) -> Iterator[NDArray[Any]]:
        """Features of shape [n_candidates]; ``p`` of the closure's terms, shape [n_candidates, n_terms]."""
        diseases, information = listed.diseases, self._information[closure]
        log_lr = self._model.log_lr(finding.term_id, excluded=finding.excluded).astype(np.float64)
        yield log_lr[diseases]
        yield log_lr[diseases] - log_lr[diseases].max()
        yield p[:, 0]
        yield np.full(len(diseases), information[0])
        yield _reached_share(p > 0, self._shares(closure))
        yield p[np.arange(len(p)), (p > 0).argmax(axis=1)]
        yield self._model.is_said_absent(int(closure[0]), diseases)
        for kin in listed.kin:
            yield np.maximum(largest_of_kin(kin, log_lr, UNLIKELY), LEAST_OF_KIN)

    def _describe_meanings(self, terms: Indices, profiles: sparse.csr_array) -> Floats:
        """Largest cosine of each term and one of each profile, plain and weighted by P: [2, n_terms, n_profiles]."""
        likeness = self._meanings.likeness_of_terms(terms, profiles.indices)
        weighted = likeness * profiles.data[:, None]
        return np.stack([_largest_of_rows(each, profiles.indptr).T for each in (likeness, weighted)])

    def _shares(self, closure: Indices) -> Doubles:
        """Of a term's information, the share that each term of its closure has."""
        information = self._information[closure]
        return information / max(float(information[0]), 1e-6)

    def _describe_cases(self, findings: Sequence[Finding], nearest: Indices) -> Floats:
        """What each candidate's nearest cases have to do with findings: [n_candidates, n_findings, ...]."""
        terms = np.array([self._term_index[f.term_id] for f in findings])
        closures = [self._closure(t) for t in terms.tolist()]
        implied = np.unique(np.concatenate(closures))
        described = np.zeros((nearest.shape[1], len(findings), len(_OF_CASES)), np.float32)
        for n, rows in enumerate(nearest):
            had = self._extractor.implied_by_cases(rows, implied)
            for i, closure in enumerate(closures):
                columns = np.searchsorted(implied, closure)
                described[:, i, n] = _reached_share(had[:, columns], self._shares(closure))
        has_case = nearest[0] >= 0
        cases = self._meanings.cases[nearest[0][has_case]]
        likeness = self._meanings.likeness_of_terms(terms, cases.indices)
        described[has_case, :, -1] = _largest_of_rows(likeness, cases.indptr)
        return described

    def _describe_expected(self, findings: Sequence[Finding], listed: _Listed) -> tuple[Floats, Indices]:
        """Features of the expected and unmentioned findings, and their terms; shapes [n, N_EXPECTED, ...]."""
        is_open = (listed.expected >= 0) & ~self._is_told(findings)[listed.expected]
        first = np.argsort(~is_open, axis=1, kind="stable")[:, :N_EXPECTED]
        is_open = np.take_along_axis(is_open, first, axis=1)
        terms = np.where(is_open, np.take_along_axis(listed.expected, first, axis=1), -1)
        features = np.zeros((*terms.shape, len(EVIDENCE_FEATURES)), np.float32)
        p_column, information_column = map(EVIDENCE_FEATURES.index, ("probability", "information"))
        features[..., p_column] = np.where(is_open, np.take_along_axis(listed.p_expected, first, axis=1), 0.0)
        features[..., information_column] = np.where(is_open, self._information[terms], 0.0)
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
