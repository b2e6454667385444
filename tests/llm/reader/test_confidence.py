"""The line in which a first probability is looked up, by hand and by what it promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.reader.confidence import MIN_ANSWERS, N_BINS, fit_confidence, recalibrated

LINE = ((0.0, 0.0), (0.5, 0.25), (0.8, 0.9), (1.0, 0.95))


def log(*probabilities: float) -> np.ndarray:
    return np.log(np.array(probabilities, np.float64))


def test_what_is_too_sure_goes_to_none_of_these():
    changed = np.exp(recalibrated(log(0.2, 0.5, 0.1, 0.2), LINE))
    assert changed == pytest.approx([0.1, 0.25, 0.05, 0.6])


def test_what_is_not_sure_enough_is_taken_from_all_others_alike():
    changed = np.exp(recalibrated(log(0.8, 0.1, 0.1), LINE))
    assert changed == pytest.approx([0.9, 0.05, 0.05])


def test_between_the_points_the_line_is_straight():
    assert np.exp(recalibrated(log(0.25, 0.75), LINE)) == pytest.approx([0.125, 0.875])


def test_without_a_line_nothing_changes():
    told = log(0.4, 0.3, 0.3)
    assert recalibrated(told, ()) is told


@given(st.lists(st.floats(1e-4, 1.0), min_size=2, max_size=20))
def test_the_order_stays_and_the_sum_is_one(shares):
    told = np.log(np.array(shares) / sum(shares))
    changed = recalibrated(told, LINE)
    assert np.exp(changed).sum() == pytest.approx(1.0, abs=1e-6)
    before, after = told[:-1], changed[:-1]
    first = int(before.argmax())
    assert after.argmax() == first or after[first] == pytest.approx(after.max())
    others = np.delete(np.arange(len(before)), first)
    assert (np.argsort(before[others], kind="stable") == np.argsort(after[others], kind="stable")).all()


def test_a_line_fitted_on_answers_makes_their_probabilities_true():
    """Answers whose probability is the square root of what it should be."""
    rng = np.random.default_rng(0)
    truth = rng.random(20_000)
    line = fit_confidence(np.sqrt(truth), rng.random(20_000) < truth)
    worth = np.interp(np.sqrt(truth), *np.array(line).T)
    assert np.abs(worth - truth).mean() < 0.02
    read, rising = np.array(line).T
    assert len(line) == N_BINS + 2
    assert (np.diff(read) > 0).all()
    assert (np.diff(rising) >= 0).all()


def test_no_answer_is_made_impossible_or_sure():
    rng = np.random.default_rng(1)
    firsts = rng.random(1_000)
    line = fit_confidence(firsts, firsts > 0.5)
    assert all(0 < worth < 1 for _, worth in line[1:])


def test_few_answers_give_no_line():
    assert fit_confidence([0.5] * (MIN_ANSWERS - 1), [True] * (MIN_ANSWERS - 1)) == ()
