"""Rates by hand, against scikit-learn, and what an interval must do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score, recall_score, top_k_accuracy_score

from evaluation.metrics import ClusterBootstrap, by_n_findings, interval, score_predictions, top_k_curve
from tests.evaluation.predictions import prediction


def test_rates_by_hand():
    rates = score_predictions([prediction(i, rank) for i, rank in enumerate([1, 2, 4, None])])
    assert {name: rates[name].value for name in ("top-1", "top-3", "top-5", "top-50")} == {
        "top-1": 0.25,
        "top-3": 0.5,
        "top-5": 0.75,
        "top-50": 0.75,
    }
    assert rates["mrr"].value == pytest.approx((1 + 1 / 2 + 1 / 4 + 0) / 4)


def test_a_disease_with_many_patients_counts_once_in_the_mean_over_diseases():
    predictions = [prediction(0, 1, gold="OMIM:1"), *(prediction(i, 9, gold="OMIM:2") for i in (1, 2, 3))]
    rates = score_predictions(predictions)
    assert rates["top-1"].value == 0.25
    assert rates["macro-top-1"].value == pytest.approx(0.5)


def test_rates_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    scores, gold = rng.random((60, 30)), rng.integers(0, 30, 60)
    ranks = (scores > scores[np.arange(60), gold][:, None]).sum(axis=1) + 1
    rates = score_predictions([prediction(i, int(rank)) for i, rank in enumerate(ranks)])
    for k in (1, 3, 5, 10):
        assert rates[f"top-{k}"].value == pytest.approx(top_k_accuracy_score(gold, scores, k=k, labels=range(30)))
    one_hot = np.eye(30)[gold]
    assert rates["mrr"].value == pytest.approx(label_ranking_average_precision_score(one_hot, scores))


def test_the_curve_goes_through_the_rates():
    predictions = [prediction(i, rank, f"PMID:{i % 3}") for i, rank in enumerate([1, 1, 2, 4, 7, 50, 51, None])]
    curve, rates = top_k_curve(predictions), score_predictions(predictions)
    assert [rate.value for rate in curve[:4]] == [0.25, 0.375, 0.375, 0.5]
    assert [curve[k - 1] for k in (1, 3, 5, 10, 50)] == [rates[f"top-{k}"] for k in (1, 3, 5, 10, 50)]


def test_every_number_of_findings_is_in_one_band():
    predictions = [prediction(n, 1, n_findings=n) for n in range(40)]
    bands = by_n_findings(predictions)
    assert [len(band) for band in bands.values()] == [1, 2, 2, 4, 8, 23]
    assert list(bands) == ["none", "1-2", "3-4", "5-8", "9-16", "17+"]
    assert [p.n_findings for p in bands["5-8"]] == [5, 6, 7, 8]


def test_no_case_has_no_rate():
    assert all(np.isnan(rate.value) for rate in score_predictions([]).values())


def test_patients_of_one_publication_widen_the_interval():
    values = np.array([1.0] * 50 + [0.0] * 50)
    apart = ClusterBootstrap([str(i) for i in range(100)]).mean(values)
    together = ClusterBootstrap(["a"] * 25 + ["b"] * 25 + ["c"] * 25 + ["d"] * 25).mean(values)
    assert apart.value == together.value == 0.5
    assert together.high - together.low > 2 * (apart.high - apart.low)
    # 100 independent coins: 0.5 +- 1.96 * sqrt(0.25 / 100)
    assert apart.low == pytest.approx(0.402, abs=0.02)
    assert apart.high == pytest.approx(0.598, abs=0.02)


@given(st.lists(st.tuples(st.integers(1, 200) | st.none(), st.integers(0, 5)), min_size=1, max_size=30))
def test_rates_rise_with_k_and_intervals_stay_within_bounds(rows):
    rates = score_predictions([prediction(i, rank, f"PMID:{p}") for i, (rank, p) in enumerate(rows)])
    tops = [rates[f"top-{k}"].value for k in (1, 3, 5, 10, 50)]
    assert tops == sorted(tops)
    assert all(0 <= r.low <= r.high <= 1 + 1e-9 for r in rates.values())


def test_the_mean_over_diseases_is_scikit_learn_s_macro_recall():
    rng = np.random.default_rng(1)
    gold = rng.choice(6, 200, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05])
    found = rng.random(200) < 0.3 + 0.1 * gold
    predictions = [
        prediction(i, 1 if f else None, gold=f"OMIM:{g}") for i, (g, f) in enumerate(zip(gold, found, strict=True))
    ]
    expected = recall_score(gold, np.where(found, gold, 99), labels=np.unique(gold), average="macro")
    assert score_predictions(predictions)["macro-top-1"].value == pytest.approx(expected)


def test_an_interval_is_that_of_a_slow_bootstrap():
    rng = np.random.default_rng(2)
    clusters, values = rng.integers(0, 20, 100), rng.random(100)
    rate = ClusterBootstrap([str(c) for c in clusters], seed=4).mean(values)
    means = []
    for _ in range(4000):
        drawn = rng.choice(np.unique(clusters), len(np.unique(clusters)))
        means.append(np.concatenate([values[clusters == c] for c in drawn]).mean())
    assert (rate.low, rate.high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))), abs=0.01)
    assert rate == ClusterBootstrap([str(c) for c in clusters], seed=4).mean(values)


def test_an_interval_holds_95_percent_of_the_draws():
    rate = interval(0.4, np.arange(1001) / 1000)
    assert (rate.value, rate.low, rate.high) == pytest.approx((0.4, 0.025, 0.975))
