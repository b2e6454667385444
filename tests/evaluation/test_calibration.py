"""Calibration and risk-coverage by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from evaluation.calibration import has_probabilities, measure_calibration, measure_risk_coverage
from evaluation.schema import Prediction
from tests.evaluation.predictions import prediction


def answers(*rows: tuple[float, bool]) -> list[Prediction]:
    """One patient per publication, from (confidence, whether right)."""
    return [prediction(i, 1 if right else None, f"PMID:{i}", confidence=c) for i, (c, right) in enumerate(rows)]


def drawn(n: int, seed: int = 0) -> list[Prediction]:
    rng = np.random.default_rng(seed)
    confidences = rng.random(n)
    return answers(*((float(c), bool(r < c * c)) for c, r in zip(confidences, rng.random(n), strict=True)))


def test_calibration_by_hand():
    # 0.9 and 0.95 share a bin (0.8, 1], half right; 0.3 is wrong, in (0.2, 0.4].
    calibration = measure_calibration(answers((0.95, True), (0.9, False), (0.3, False)), n_bins=5)
    assert calibration.ece == pytest.approx((abs(0.95 + 0.9 - 1) + 0.3) / 3)
    assert calibration.overconfidence.value == pytest.approx((0.95 + 0.9 + 0.3 - 1) / 3)
    assert calibration.brier.value == pytest.approx((0.05**2 + 0.9**2 + 0.3**2) / 3)
    assert [(round(b.low, 9), b.n_cases, b.accuracy.value) for b in calibration.bins] == [(0.2, 1, 0.0), (0.8, 2, 0.5)]
    assert calibration.bins[1].confidence == pytest.approx(0.925)
    # Two bins of equally many: {0.3, 0.9} and {0.95}.
    halves = measure_calibration(answers((0.95, True), (0.9, False), (0.3, False)), n_bins=2)
    assert halves.ece_equal_mass == pytest.approx((1.2 + 0.05) / 3)


def test_a_confidence_at_an_edge_is_in_the_bin_below():
    bins = measure_calibration(answers((0.0, False), (0.1, False), (0.100001, False), (1.0, True))).bins
    assert [(b.low, b.high, b.n_cases) for b in bins] == [(0.0, 0.1, 2), (0.1, 0.2, 1), (0.9, 1.0, 1)]


@pytest.mark.parametrize("seed", range(3))
def test_calibration_is_that_of_scikit_learn(seed):
    predictions = drawn(500, seed)
    confidences = np.array([p.probabilities[0] for p in predictions])
    right = np.array([p.rank == 1 for p in predictions])
    calibration = measure_calibration(predictions)
    accuracy, confidence = calibration_curve(right, confidences, n_bins=10)
    assert [b.accuracy.value for b in calibration.bins] == pytest.approx(accuracy)
    assert [b.confidence for b in calibration.bins] == pytest.approx(confidence)
    sizes = np.array([b.n_cases for b in calibration.bins])
    assert calibration.ece == pytest.approx(np.average(np.abs(accuracy - confidence), weights=sizes))
    accuracy, confidence = calibration_curve(right, confidences, n_bins=10, strategy="quantile")
    assert calibration.ece_equal_mass == pytest.approx(np.abs(accuracy - confidence).mean())
    assert calibration.brier.value == pytest.approx(brier_score_loss(right, confidences))


def test_risk_and_coverage_by_hand():
    curve = measure_risk_coverage(answers((0.9, True), (0.7, False), (0.8, True), (0.6, True), (0.1, False)))
    assert curve.coverages == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])
    assert curve.risks == pytest.approx([0, 0, 1 / 3, 1 / 4, 2 / 5])
    assert curve.aurc.value == pytest.approx((1 / 3 + 1 / 4 + 2 / 5) / 5)
    assert curve.aurc_best == pytest.approx((1 / 4 + 2 / 5) / 5)
    assert curve.aurc_random == pytest.approx(0.4)
    assert (curve.coverage.value, curve.threshold) == (0.4, 0.8)
    at_a_quarter = measure_risk_coverage(answers((0.9, True), (0.7, False), (0.8, True), (0.6, True)), 0.25)
    assert (at_a_quarter.coverage.value, at_a_quarter.threshold) == (1.0, 0.6)


def test_equal_confidences_are_answered_together_or_not_at_all():
    curve = measure_risk_coverage(answers((0.9, True), (0.5, True), (0.5, True), (0.5, False)), accepted_risk=0.2)
    assert curve.risks == pytest.approx([0, 1 / 6, 2 / 9, 1 / 4])
    assert curve.coverage.value == 0.25


def test_no_threshold_where_the_surest_answer_is_wrong():
    curve = measure_risk_coverage(answers((0.9, False), (0.5, True)))
    assert curve.coverage.value == 0
    assert curve.threshold == np.inf


def test_intervals_hold_the_value_and_shrink_with_more_publications():
    few, many = (measure_risk_coverage(drawn(n)) for n in (50, 2000))
    for curve in (few, many):
        assert curve.aurc.low <= curve.aurc.value <= curve.aurc.high
    assert many.aurc.high - many.aurc.low < 0.5 * (few.aurc.high - few.aurc.low)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=12))
def test_the_order_of_the_cases_is_of_no_matter(rows):
    one, other = (measure_risk_coverage(answers(*r)) for r in (rows, rows[::-1]))
    assert one.risks == pytest.approx(other.risks)
    assert one.coverage.value == other.coverage.value
    assert one.aurc_best - 1e-9 <= one.aurc.value
    assert one.risks[-1] == pytest.approx(one.aurc_random)
    a, b = (measure_calibration(answers(*r)) for r in (rows, rows[::-1]))
    assert a.ece == pytest.approx(b.ece)
    assert 0 <= a.ece <= 1


def test_an_answer_without_a_disease_is_unsure_and_wrong():
    silent = prediction(0, None)
    assert has_probabilities([silent])
    assert measure_risk_coverage([silent, *answers((0.4, True))]).risks == pytest.approx([0, 0.5])
    assert not has_probabilities([])
    assert not has_probabilities([Prediction(**fields_of(silent) | {"ranked_ids": ("OMIM:1",)})])


def fields_of(p: Prediction) -> dict[str, object]:
    return {name: getattr(p, name) for name in Prediction.__slots__}
