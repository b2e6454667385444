"""Figures: both formats, the same bytes every time, and the words a reader looks for."""

from __future__ import annotations

import importlib
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from evaluation import figures
from evaluation.calibration import measure_calibration, measure_risk_coverage
from evaluation.metrics import by_n_findings, score_predictions, top_k_curve
from tests.evaluation.predictions import prediction

PREDICTIONS = [
    prediction(i, 1 if i % 3 else None, f"PMID:{i}", confidence=i / 40, n_findings=1 + i % 9) for i in range(40)
]


def draw_all(out) -> list[str]:
    bands = {n: (len(band), score_predictions(band)) for n, band in by_n_findings(PREDICTIONS).items()}
    return [
        figures.draw_top_k(out, {"all": top_k_curve(PREDICTIONS)}),
        figures.draw_by_n_findings(out, bands),
        figures.draw_reliability(out, measure_calibration(PREDICTIONS)),
        figures.draw_risk_coverage(out, measure_risk_coverage(PREDICTIONS)),
    ]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    out = tmp_path_factory.mktemp("figures")
    return out, draw_all(out)


def words_of(file) -> str:
    texts = ET.parse(file).getroot().iter("{http://www.w3.org/2000/svg}text")  # noqa: S314 - our own file
    return " ".join("".join(t.itertext()) for t in texts)


def test_both_formats_of_every_figure(drawn):
    out, names = drawn
    assert sorted(f.name for f in out.iterdir()) == sorted(f"{n}.{kind}" for n in names for kind in ("png", "svg"))
    assert all((out / f"{n}.png").read_bytes().startswith(b"\x89PNG\r\n") for n in names)


def test_the_same_numbers_give_the_same_bytes(drawn, tmp_path):
    out, names = drawn
    draw_all(tmp_path)
    for name in names:
        for kind in ("png", "svg"):
            assert (tmp_path / f"{name}.{kind}").read_bytes() == (out / f"{name}.{kind}").read_bytes()
    assert "date" not in (out / "top-k.svg").read_text().lower()


def test_the_words_are_text_and_say_what_is_shown(drawn):
    out, _ = drawn
    assert "right disease at or above that rank, %" in words_of(out / "top-k.svg")
    assert "probability of the first disease, %" in words_of(out / "reliability.svg")
    assert "cases answered, %" in words_of(out / "risk-coverage.svg")
    answered = measure_risk_coverage(PREDICTIONS).coverage.value
    assert f"20 % error: {100 * answered:.1f} % answered" in words_of(out / "risk-coverage.svg")
    found = words_of(out / "findings.svg")
    assert "1-2" in found
    assert "17+" not in found  # a band without a case


def test_a_long_curve_is_thinned_with_both_ends():
    curve = measure_risk_coverage([prediction(i, 1, f"PMID:{i}", confidence=1 / (i + 1)) for i in range(1000)])
    coverages, risks = figures.thin(curve, 50)
    assert (len(coverages), len(risks)) == (50, 50)
    assert (coverages[0], coverages[-1]) == (0.001, 1.0)
    short = figures.thin(measure_risk_coverage(PREDICTIONS))
    assert np.array_equal(short[0], measure_risk_coverage(PREDICTIONS).coverages)


def test_nothing_global_is_changed(drawn):
    matplotlib = importlib.import_module("matplotlib")
    assert matplotlib.rcParams["svg.fonttype"] == matplotlib.rcParamsDefault["svg.fonttype"]
