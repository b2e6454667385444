"""The ranking by hand on the toy, and what holds of any ranking: order, sums, and what a case may change."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import UnknownIdError
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from kg.schema import Finding, Match
from retrieval.candidates import FusionSettings, posterior, rank_candidates
from retrieval.schema import Candidate, CaseHit
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    DELTA,
    EPSILON,
    GAMMA,
    LARGE,
    OLD_LARGE,
    RED_STRIPED,
    STRIPED,
    UNKNOWN_TERM,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    build_model,
    hit,
    patient,
)

TERMS = (LARGE, VERY_LARGE, STRIPED, RED_STRIPED, BRITTLE, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES)
DISEASES = (ALPHA, ALPHA_ORPHA, BETA, GAMMA, DELTA, EPSILON)
FINDINGS = st.lists(
    st.builds(Finding, term_id=st.sampled_from(TERMS), label=st.just(""), excluded=st.booleans()),
    min_size=1,
    max_size=5,
)
HITS = st.lists(
    st.builds(lambda d, s: hit(d, LARGE, similarity=s), st.sampled_from(DISEASES), st.floats(-1, 1)), max_size=4
)


@pytest.fixture(scope="module")
def model(toy_graph: KnowledgeGraph) -> LikelihoodModel:
    return build_model(toy_graph)


def by_id(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    return {c.disease_id: c for c in candidates}


def scores(candidates: Sequence[Candidate]) -> dict[str, float]:
    return {c.disease_id: c.score for c in candidates}


def test_scores_by_hand(model: LikelihoodModel):
    """Very large zorb present, wobbling flim excluded; the model's formulas with the toy's numbers.

    Alpha has 7/8 and "very frequent" (0.895 of 10) for the first, with the prior (15.95 + 0.2) / (18 + 1) = 0.85; and
    "occasional" (0.17 of 10) for the second, (1.7 + 0.2) / 11. Gamma has 14/15 of the more general large zorb and 1/1
    of a term below wobbling flim; Delta has "frequent" (0.545 of 10) wobbling flim and "very rare" (0.025 of 10)
    striped zorb. Backgrounds are means over the five diseases, at least 1/5.
    """
    p_large, p_delta = {"alpha": 0.85, "gamma": 14.2 / 16}, 0.45 / 11
    p_wobbling = {ALPHA: 1.9 / 11, GAMMA: 1.2 / 2, DELTA: 5.65 / 11, BETA: 0.0, EPSILON: 0.0}
    zorb = (p_large["alpha"] + p_large["gamma"] + p_delta) / 5
    large = (p_large["alpha"] + p_large["gamma"]) / 5
    ratio = {
        ALPHA: 0.9 * 0.85 / 0.2 + 0.02,
        GAMMA: 0.02 * p_large["gamma"] / min(large, zorb) + 0.02,
        DELTA: 0.02 * p_delta / zorb + 0.02,
        BETA: 0.02,
        EPSILON: 0.02,
    }
    wobbling = sum(p_wobbling.values()) / 5
    expected = {d: math.log(ratio[d]) + math.log((1 - 0.2 * p_wobbling[d]) / (1 - 0.2 * wobbling)) for d in ratio}
    found = rank_candidates(model, patient(VERY_LARGE, no=[WOBBLING]))
    assert scores(found) == pytest.approx(expected, abs=1e-5)
    assert [c.disease_id for c in found] == [ALPHA, GAMMA, DELTA, BETA, EPSILON]
    weights = {d: math.exp(s / 3) for d, s in expected.items()}  # temperature 3, and 1 for "none of these"
    total = sum(weights.values()) + 1
    for candidate in found:
        assert candidate.probability == pytest.approx(weights[candidate.disease_id] / total, abs=1e-6)


def test_a_finding_that_the_source_denies(model: LikelihoodModel):
    """Beta lacks red stripes in 0 of 5 and says nothing more: 0.3 of the chance 0.02; excluded, it gains 0.3."""
    assert by_id(rank_candidates(model, patient(RED_STRIPED)))[BETA].score == pytest.approx(math.log(0.006), abs=1e-5)
    assert by_id(rank_candidates(model, patient(no=[RED_STRIPED])))[BETA].score == pytest.approx(
        0.3 - math.log(1 - 0.2 * 0.2), abs=1e-5
    )


def test_matches_and_ids(model: LikelihoodModel):
    candidates = by_id(rank_candidates(model, patient(LARGE, RED_STRIPED, no=[BRITTLE])))
    alpha = candidates[ALPHA]
    assert (alpha.name, alpha.equivalent_ids) == ("Alpha syndrome, type II", (ALPHA, ALPHA_ORPHA))
    assert {c.term_id: c.match for c in alpha.contributions} == {
        LARGE: Match.SPECIFIC,
        RED_STRIPED: Match.GENERAL,
        BRITTLE: Match.AGREED_ABSENT,
    }
    assert candidates[DELTA].equivalent_ids == (DELTA,)
    assert ALPHA_ORPHA not in candidates


def test_ties_are_broken_by_id(model: LikelihoodModel):
    found = rank_candidates(model, patient(VERY_LARGE))
    assert scores(found)[BETA] == scores(found)[EPSILON]
    assert [c.disease_id for c in found[-2:]] == [BETA, EPSILON]


@settings(deadline=None, max_examples=40)
@given(findings=FINDINGS, hits=HITS, data=st.data())
def test_the_order_of_the_findings_does_not_matter(
    model: LikelihoodModel, findings: list[Finding], hits: list[CaseHit], data: st.DataObject
):
    shuffled = data.draw(st.permutations(findings))
    assert rank_candidates(model, shuffled, hits) == rank_candidates(model, findings, hits)


@settings(deadline=None, max_examples=40)
@given(findings=FINDINGS, hits=HITS, n=st.integers(1, 8))
def test_what_holds_of_any_ranking(model: LikelihoodModel, findings: list[Finding], hits: list[CaseHit], n: int):
    found = rank_candidates(model, findings, hits, n=n)
    assert [c.rank for c in found] == list(range(1, min(n, 5) + 1))
    assert all(one.score >= other.score for one, other in pairwise(found))
    assert all(0 <= c.probability <= 1 for c in found)
    assert sum(c.probability for c in found) <= 1 + 1e-9
    assert found == rank_candidates(model, findings, hits, n=8)[:n]


@settings(deadline=None, max_examples=40)
@given(findings=FINDINGS, hits=HITS)
def test_a_score_is_the_sum_of_its_parts(model: LikelihoodModel, findings: list[Finding], hits: list[CaseHit]):
    for candidate in rank_candidates(model, findings, hits):
        nearest = max((h.similarity for h in hits if h.case.disease_id in candidate.equivalent_ids), default=-1)
        of_cases = 10 * max(0.0, nearest - 0.6)
        of_findings = sum(c.log_lr for c in candidate.contributions)
        assert candidate.score == pytest.approx(of_findings + of_cases, abs=1e-4)


@pytest.mark.parametrize(("disease_id", "raised"), [(BETA, BETA), (ALPHA_ORPHA, ALPHA), (DELTA, DELTA)])
def test_a_similar_case_raises_its_own_disease_alone(model: LikelihoodModel, disease_id: str, raised: str):
    findings = patient(LARGE, STRIPED)
    before, near = rank_candidates(model, findings), hit(disease_id, LARGE, similarity=0.8)
    after = rank_candidates(model, findings, [near])
    gains = {d: score - scores(before)[d] for d, score in scores(after).items()}
    assert gains == pytest.approx({d: 2.0 if d == raised else 0.0 for d in gains})  # 10 * (0.8 - 0.6)
    assert by_id(after)[raised].cases == (near,)
    assert all(not c.cases for c in after if c.disease_id != raised)
    assert by_id(after)[raised].probability > by_id(before)[raised].probability


def test_only_the_nearest_case_counts(model: LikelihoodModel):
    findings, hits = patient(LARGE), [hit(BETA, LARGE, similarity=s) for s in (0.9, 0.8, 0.7)]
    assert scores(rank_candidates(model, findings, hits)) == scores(rank_candidates(model, findings, hits[:1]))
    assert by_id(rank_candidates(model, findings, hits))[BETA].cases == tuple(hits)


def test_a_case_below_the_floor_adds_nothing(model: LikelihoodModel):
    findings, far = patient(LARGE), hit(BETA, LARGE, similarity=0.59)
    assert scores(rank_candidates(model, findings, [far])) == scores(rank_candidates(model, findings))


def test_a_case_of_a_foreign_disease_is_passed_over(model: LikelihoodModel):
    findings = patient(LARGE)
    assert rank_candidates(model, findings, [hit("OMIM:1", LARGE)]) == rank_candidates(model, findings)


def test_the_weights_of_the_fusion(model: LikelihoodModel):
    findings, near = patient(LARGE), hit(BETA, LARGE, similarity=0.5)
    fused = rank_candidates(
        model, findings, [near], settings=FusionSettings(similarity_floor=0.25, case_weight=4, temperature=1)
    )
    alone = scores(rank_candidates(model, findings))
    assert scores(fused)[BETA] == pytest.approx(alone[BETA] + 1)  # 4 * (0.5 - 0.25)
    total = 1 + sum(math.exp(s) for s in scores(fused).values())
    assert fused[0].probability == pytest.approx(math.exp(fused[0].score) / total)


def test_old_ids_are_ranked_as_the_current_ones(model: LikelihoodModel):
    assert scores(rank_candidates(model, patient(OLD_LARGE))) == scores(rank_candidates(model, patient(LARGE)))


def test_an_unknown_finding_is_refused(model: LikelihoodModel):
    with pytest.raises(UnknownIdError, match=UNKNOWN_TERM):
        rank_candidates(model, patient(UNKNOWN_TERM))


def test_posterior_by_hand():
    np.testing.assert_allclose(posterior(np.array([0.0, 0.0, 0.0]), 2.0), [0.25] * 3)
    np.testing.assert_allclose(posterior(np.array([2 * math.log(2), -1e9]), 2.0), [2 / 3, 0])
    np.testing.assert_allclose(posterior(np.array([5000.0, 0.0]), 1.0), [1, 0])  # no overflow
