"""What the reader is shown, by hand on the toy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.reader.features import (
    CANDIDATE_FEATURES,
    EVIDENCE_FEATURES,
    KINDS,
    N_EXPECTED,
    N_FINDINGS,
    ReaderFeatureExtractor,
    ReaderInputs,
)
from tests.toy import (
    ALPHA,
    BRITTLE,
    BRITTLE_TIP,
    LARGE,
    RED_STRIPED,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    build_extractor,
    patient,
)

TERMS = (LARGE, VERY_LARGE, STRIPED, RED_STRIPED, BRITTLE, BRITTLE_TIP, WOBBLING)


@pytest.fixture(scope="module")
def features(toy_graph) -> ReaderFeatureExtractor:
    return ReaderFeatureExtractor(build_extractor(toy_graph))


@pytest.fixture(scope="module")
def model(toy_graph):
    return build_extractor(toy_graph).model


def evidence(inputs: ReaderInputs, name: str) -> np.ndarray:
    return inputs.evidence[:, :, EVIDENCE_FEATURES.index(name)]


def same(one: ReaderInputs, other: ReaderInputs) -> bool:
    names = ("diseases", "values", "evidence", "kinds", "terms", "kin")
    return all(np.array_equal(getattr(one, n), getattr(other, n)) for n in names)


def test_shapes_and_kinds(features, toy_graph):
    inputs = features.extract(patient(LARGE, STRIPED, no=[BRITTLE]))
    n = len(inputs.diseases)
    assert inputs.values.shape == (n, len(CANDIDATE_FEATURES))
    assert inputs.evidence.shape == (n, 3 + N_EXPECTED, len(EVIDENCE_FEATURES))
    assert inputs.kin.shape == (2, n, n)
    assert (inputs.kinds[:, :2] == KINDS.index("present")).all()
    assert (inputs.kinds[:, 2] == KINDS.index("excluded")).all()
    assert set(np.unique(inputs.kinds[:, 3:])) <= {-1, KINDS.index("expected")}
    assert np.isfinite(inputs.evidence).all()


def test_the_numbers_of_a_finding_are_the_models(features, model):
    inputs = features.extract(patient(LARGE))
    term = list(model.graph.ontology.terms).index(LARGE)
    assert evidence(inputs, "log_lr")[:, 0] == pytest.approx(model.log_lr(LARGE)[inputs.diseases])
    described = model.probabilities_of(np.array([term]), inputs.diseases)[:, 0]
    assert evidence(inputs, "probability")[:, 0] == pytest.approx(described)
    assert evidence(inputs, "information")[:, 0] == pytest.approx(model.information_content(LARGE))
    assert evidence(inputs, "log_lr_below_best")[:, 0].max() == pytest.approx(0)


def test_a_finer_finding_than_described_is_matched_by_what_is_above_it(features, model):
    """Where only Large zorb is described, Very large zorb is matched by its share of information."""
    inputs = features.extract(patient(VERY_LARGE))
    p, matched = evidence(inputs, "probability")[:, 0], evidence(inputs, "matched")[:, 0]
    above = evidence(inputs, "matched_probability")[:, 0]
    share = model.information_content(LARGE) / model.information_content(VERY_LARGE)
    has_above = model.probabilities_of(np.array([list(model.graph.ontology.terms).index(LARGE)]), inputs.diseases)[:, 0]
    coarser = (p == 0) & (has_above > 0)
    assert coarser.any()
    assert matched[coarser] == pytest.approx(share)
    assert above[coarser] == pytest.approx(has_above[coarser])
    assert matched[p > 0] == pytest.approx(1)
    assert (matched[(p == 0) & (has_above == 0)] < share).all()  # through an organ system at most


def test_what_is_expected_is_described_and_was_not_told(features, model):
    findings = patient(LARGE, no=[BRITTLE])
    inputs, ontology = features.extract(findings), model.graph.ontology
    told = {a for f in findings for a in ontology.ancestors(f.term_id)}
    terms = list(ontology.terms)
    rows, columns = np.nonzero(inputs.kinds == KINDS.index("expected"))
    assert len(rows)
    for row, column in zip(rows, columns, strict=True):
        term = int(inputs.terms[row, column])
        described, p = model.profile_row(int(inputs.diseases[row]))
        assert terms[term] not in told
        assert not ontology.ancestors(terms[term]) & {LARGE, BRITTLE}
        known = float(p[list(described).index(term)])
        assert inputs.evidence[row, column, EVIDENCE_FEATURES.index("probability")] == pytest.approx(known)


def test_the_nearest_case_is_told(features, model):
    """A disease with a series of its own that has the finding is matched wholly; one without cases not at all."""
    inputs = features.extract(patient(LARGE))
    row = inputs.diseases.tolist().index(model.group_index[ALPHA])
    assert evidence(inputs, "nearest_case")[row, 0] == pytest.approx(1)
    is_alone = inputs.values[:, CANDIDATE_FEATURES.index("case_largest")] == 0
    assert (evidence(inputs, "nearest_case")[is_alone] == 0).all()


@given(st.lists(st.sampled_from(TERMS), min_size=1, max_size=5, unique=True), st.randoms())
def test_the_order_of_the_findings_does_not_matter(features, terms, random):
    findings = list(patient(*terms[:3], no=terms[3:]))
    expected = features.extract(findings)
    random.shuffle(findings)
    assert same(features.extract(findings), expected)


def test_given_candidates_are_described_as_they_are_listed(features):
    findings, less = patient(LARGE, STRIPED, no=[BRITTLE]), patient(STRIPED)
    listed = features.extract(findings)
    alone, _, again = features.describe([findings, less, findings], listed.diseases)
    assert same(alone, listed)
    assert same(again, listed)


def test_candidates_are_described_as_anew_whoever_was_described_before(features, toy_graph):
    diseases = features.extract(patient(LARGE, BRITTLE)).diseases
    patients = [patient(BRITTLE, no=[LARGE]), patient(LARGE), patient(LARGE, STRIPED, no=[BRITTLE])]
    fresh = [ReaderFeatureExtractor(build_extractor(toy_graph)).describe([p], diseases)[0] for p in patients]
    for described, alone in zip(features.describe(patients, diseases), fresh, strict=True):
        assert described.values == pytest.approx(alone.values, abs=1e-6)
        assert described.evidence == pytest.approx(alone.evidence, abs=1e-6)
        assert np.array_equal(described.terms, alone.terms)


def test_of_very_many_findings_the_most_specific_are_read_one_by_one(features, toy_graph, monkeypatch):
    monkeypatch.setattr("llm.reader.features.N_FINDINGS", 2)
    inputs = features.extract(patient(LARGE, VERY_LARGE, STRIPED, BRITTLE))
    terms = list(toy_graph.ontology.terms)
    assert inputs.evidence.shape[1] == 2 + N_EXPECTED < N_FINDINGS
    assert LARGE not in {terms[t] for t in inputs.terms[0, :2]}
