"""What "no" to a question does to a ranking, by hand and as an invariant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.arrays import Floats
from kg.schema import Finding
from retrieval.answers import EXPECTED, AnswerRanker
from retrieval.candidates import FusionRanker, Ranker
from retrieval.demographics import UNKNOWN, Demographics
from tests.toy import (
    BRITTLE,
    BRITTLE_TIP,
    LARGE,
    RED_STRIPED,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    build_extractor,
    linear_fusion,
    patient,
)

TERMS = (LARGE, VERY_LARGE, STRIPED, RED_STRIPED, BRITTLE, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES)
SHARES = (0.5, 0.3, 0.1)
"""Of the first three diseases; the rest is none of these."""


class FixedRanker:
    """Says the same of every patient, and keeps what it was shown."""

    version = "fixed-1"

    def __init__(self) -> None:
        self.shown: list[tuple[Finding, ...]] = []

    def rank(self, findings: Sequence[Finding], person: Demographics = UNKNOWN) -> tuple[list[int], list[float]]:
        self.shown.append(tuple(findings))
        return [0, 1, 2], np.log(SHARES).tolist()

    def weigh(self, findings: Sequence[Finding], diseases: Sequence[int], person: Demographics = UNKNOWN) -> Floats:
        self.shown.append(tuple(findings))
        return np.full((len(findings), len(diseases)), 7.0, np.float32)


@pytest.fixture(scope="module")
def extractor(toy_graph):
    return build_extractor(toy_graph)


@pytest.fixture(scope="module")
def model(extractor):
    return extractor.model


def denied(*term_ids: str) -> tuple[Finding, ...]:
    return tuple(Finding(term_id=t, label="", excluded=True, asked=True) for t in term_ids)


def test_no_is_bayes_rule_on_what_the_ranker_says_without_it(model):
    inner = FixedRanker()
    told = patient(LARGE, no=[BRITTLE])
    diseases, logs = AnswerRanker(inner, model).rank([*told, *denied(STRIPED)])
    ratios = [*np.exp(model.log_lr(STRIPED, excluded=True, asked=True)[:3]), 1.0]
    joint = np.array([*SHARES, 0.1]) * ratios
    expected = joint / joint.sum()
    assert inner.shown == [told]
    assert diseases == np.argsort(-expected[:3], kind="stable").tolist()
    assert np.exp(logs) == pytest.approx(expected[diseases], rel=1e-5)
    assert len(set(ratios)) > 1


def test_without_a_denial_the_ranker_is_left_alone(model):
    findings = (*patient(LARGE, no=[BRITTLE]), Finding(term_id=STRIPED, label="", asked=True))
    inner = FixedRanker()
    ranker: Ranker = AnswerRanker(inner, model)
    assert ranker.rank(findings) == ([0, 1, 2], np.log(SHARES).tolist())
    assert inner.shown == [findings]
    assert ranker.version == "fixed-1"


def test_each_finding_weighs_by_whoever_read_it(model):
    inner = FixedRanker()
    first, last = patient(LARGE)[0], patient(no=[BRITTLE])[0]
    weights = AnswerRanker(inner, model).weigh([first, *denied(STRIPED), last], [2, 0])
    assert inner.shown[-1] == (first, last)
    assert weights[[0, 2]].tolist() == [[7.0, 7.0], [7.0, 7.0]]
    assert weights[1] == pytest.approx(model.log_lr(STRIPED, excluded=True, asked=True)[[2, 0]])


def test_what_contradicts_a_first_candidate_is_read_like_a_no_to_a_question(model):
    """The third disease nearly always has a large zorb; none of the three a brittle flim."""
    shares = model.answer_probabilities([LARGE, BRITTLE], [0, 1, 2]).max(axis=1)
    assert shares[0] >= EXPECTED > shares[1]
    inner, told = FixedRanker(), patient(STRIPED, no=[LARGE, BRITTLE])
    asked = [replace(f, asked=f.term_id == LARGE) for f in told]
    ranker, like = AnswerRanker(inner, model), AnswerRanker(FixedRanker(), model)
    assert ranker.rank(told) == like.rank(asked) != (inner.rank(told))
    assert LARGE not in {f.term_id for f in inner.shown[1]}
    assert ranker.weigh(told, [0, 2]).tolist() == like.weigh(asked, [0, 2]).tolist()


@given(
    shown=st.dictionaries(st.sampled_from(TERMS), st.booleans()).filter(lambda said: any(said.values())),
    term_id=st.sampled_from(TERMS),
    weight=st.floats(-1, 1),
)
def test_no_to_a_sign_never_raises_a_disease_above_one_that_has_it_no_more_often(extractor, shown, term_id, weight):
    """Whatever the ranker has learned of exclusions: here it may take each for the disease, or against it."""
    model = extractor.model
    findings = patient(*(t for t in shown if shown[t]), no=[t for t in shown if not shown[t]])
    ranker = AnswerRanker(FusionRanker(extractor, linear_fusion(log_lr=0.5, log_lr_excluded=weight)), model)
    before = dict(zip(*ranker.rank(findings), strict=True))
    after = dict(zip(*ranker.rank([*findings, *denied(term_id)]), strict=True))
    column = list(model.graph.ontology.terms).index(term_id)
    listed = list(before)
    p = model.probabilities_of(np.array([column]), np.array(listed))[:, 0]
    assert after.keys() == before.keys()
    gained = [after[d] - before[d] for d in listed]
    for one, p_one in zip(gained, p, strict=True):
        for other, p_other in zip(gained, p, strict=True):
            if p_one >= p_other:
                assert one <= other + 1e-5
