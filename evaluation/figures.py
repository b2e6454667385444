"""Figures of a run as SVG and PNG: the same bytes for the same numbers.

Colours are those of Okabe and Ito (jfly.uni-koeln.de/color), which the colour-blind tell apart; curves differ in line
style and markers too. Text in the SVG stays text, in whatever sans-serif font the reader's system has.

Deliberately not done here: any computation; a figure shows what ``metrics.json`` holds.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evaluation.calibration import Calibration, RiskCoverage
from evaluation.metrics import Rate
from kg.errors import NotReadyError, how_to_install

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"
_STYLES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."))
_SETTINGS: Any = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "citedx",
}
_SIZE = (6.4, 4.2)  # inches
_DPI = 150


def require_matplotlib() -> None:
    """Raise NotReadyError where figures cannot be drawn, before minutes are spent on what they would show."""
    if importlib.util.find_spec("matplotlib") is None:
        raise NotReadyError(f"matplotlib is not installed: {how_to_install('evaluation')}")


def draw_top_k(out: Path, curves: Mapping[str, Sequence[Rate]]) -> str:
    """Share of cases found among the first k, for each group of cases; returns the figure's name."""

    def draw(axes: Axes) -> None:
        for (name, rates), (colour, line) in zip(curves.items(), _STYLES, strict=False):
            ranks = np.arange(1, len(rates) + 1)
            value, low, high = _percents(rates)
            axes.fill_between(ranks, low, high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(ranks, value, line, color=colour, linewidth=2, label=name)
        axes.set_xscale("log")
        axes.set_xticks(ticks := [1, 2, 3, 5, 10, 20, 50], [str(t) for t in ticks])
        axes.minorticks_off()
        axes.set(xlabel="rank", ylabel="right disease at or above that rank, %", ylim=(0, 100))
        axes.set_title("How often the right disease is found")
        axes.legend(loc="best")

    return _save(out, "top-k", draw)


def draw_reliability(out: Path, calibration: Calibration) -> str:
    """Accuracy of the first disease against its probability."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 100], [0, 100], ":", color=GREY, linewidth=1.5, label="perfect calibration")
        confidence = 100 * np.array([b.confidence for b in calibration.bins])
        value, low, high = _percents([b.accuracy for b in calibration.bins])
        axes.errorbar(
            confidence, value, [value - low, high - value], fmt="o-", color=BLUE, capsize=3, label="observed, 95 %"
        )
        for x, y, b in zip(confidence, high, calibration.bins, strict=True):
            axes.annotate(
                f"{b.n_cases:,}", (x, y), (0, 4), textcoords="offset points", ha="center", fontsize=8, color=GREY
            )
        axes.set(xlabel="probability of the first disease, %", ylabel="it is right, %", xlim=(0, 100), ylim=(0, 108))
        axes.set_title(f"Reliability (ECE {100 * calibration.ece:.1f} %; small figures: cases)")
        axes.legend(loc="best")

    return _save(out, "reliability", draw)


def draw_risk_coverage(out: Path, curve: RiskCoverage) -> str:
    """Error among the answered against the share that is answered."""

    def draw(axes: Axes) -> None:
        coverages, risks = thin(curve)
        axes.plot(100 * coverages, 100 * risks, color=BLUE, linewidth=2, label="most confident first")
        axes.axhline(100 * curve.aurc_random, color=GREY, linestyle="--", label="in any order")
        coverage, risk = 100 * curve.coverage.value, 100 * curve.accepted_risk
        axes.axhline(risk, color=ORANGE, linestyle=":", linewidth=1.5)
        axes.plot(coverage, risk, "o", color=ORANGE, label=f"{risk:.0f} % error: {coverage:.1f} % answered")
        axes.set(xlabel="cases answered, %", ylabel="first disease is wrong, %", xlim=(0, 100), ylim=(0, 100))
        axes.set_title(f"Risk and coverage (area {100 * curve.aurc.value:.1f} %)")
        axes.legend(loc="best")

    return _save(out, "risk-coverage", draw)


def draw_by_n_findings(out: Path, bands: Mapping[str, tuple[int, Mapping[str, Rate]]]) -> str:
    """Top-1 and top-10 by the number of present findings.

    Args:
        out: folder.
        bands: band -> number of cases, rates by metric; a band without a case has no mark.
    """

    def draw(axes: Axes) -> None:
        filled = {name: band for name, band in bands.items() if band[0]}
        places = np.arange(len(filled))
        for metric, colour, marker, shift in (("top-1", BLUE, "o", -0.08), ("top-10", ORANGE, "s", 0.08)):
            value, low, high = _percents([rates[metric] for _, rates in filled.values()])
            errors = [value - low, high - value]
            axes.errorbar(places + shift, value, errors, fmt=marker, color=colour, capsize=4, label=f"{metric}, 95 %")
        axes.set_xticks(places, [f"{name}\nn = {n:,}" for name, (n, _) in filled.items()])
        axes.set(xlabel="present findings of the patient", ylabel="right disease found, %", ylim=(0, 100))
        axes.set_title("Accuracy by number of findings")
        axes.legend(loc="best")

    return _save(out, "findings", draw)


def draw_agreement(out: Path, rates: Mapping[str, Mapping[str, Rate]]) -> str:
    """F1 of the findings of each set, for each way of counting.

    Args:
        out: folder.
        rates: way of counting -> set -> F1; at most three ways, of the same sets.
    """

    def draw(axes: Axes) -> None:
        shifts = np.linspace(-0.12, 0.12, max(2, len(rates)))
        for (way, by_set), (colour, _), marker, shift in zip(rates.items(), _STYLES, "os^", shifts, strict=False):
            value, low, high = _percents(list(by_set.values()))
            errors = [value - low, high - value]
            places = np.arange(len(by_set)) + shift
            axes.errorbar(places, value, errors, fmt=marker, color=colour, capsize=4, label=f"{way}, 95 %")
        names = list(next(iter(rates.values())))
        axes.set_xticks(np.arange(len(names)), names)
        axes.set(ylabel="micro F1 of the documents' terms, %", ylim=(0, 100))
        axes.set_title("Findings read from text")
        axes.legend(loc="lower right")

    return _save(out, "agreement", draw)


def draw_accuracy(out: Path, rates: Mapping[str, Mapping[str, Rate]]) -> str:
    """Accuracy on sets of questions, of one system beside others.

    Args:
        out: folder.
        rates: system -> set -> accuracy; at most three systems, of the same sets.
    """

    def draw(axes: Axes) -> None:
        shifts = np.linspace(-0.15, 0.15, max(2, len(rates)))
        for (system, by_set), (colour, _), marker, shift in zip(rates.items(), _STYLES, "os^", shifts, strict=False):
            value, low, high = _percents(list(by_set.values()))
            errors, places = [value - low, high - value], np.arange(len(by_set)) + shift
            axes.errorbar(places, value, errors, fmt=marker, color=colour, capsize=4, label=f"{system}, 95 %")
        names = list(next(iter(rates.values())))
        axes.set_xticks(np.arange(len(names)), names)
        axes.set(ylabel="questions answered rightly, %", ylim=(0, 100))
        axes.set_title("Benchmark questions")
        axes.legend(loc="lower right")

    return _save(out, "accuracy", draw)


def thin(curve: RiskCoverage, n_points: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """At most this many points of the curve, evenly spread, the first and the last among them."""
    n = len(curve.risks)
    kept = np.unique(np.linspace(0, n - 1, min(n, n_points)).round().astype(np.int64))
    return curve.coverages[kept], curve.risks[kept]


def _percents(rates: Sequence[Rate]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values and interval ends in percent."""
    table = 100 * np.array([(r.value, r.low, r.high) for r in rates])
    # A bar of no cases beside the others would have a length below 0 by the last bit.
    return table[:, 0], np.minimum(table[:, 1], table[:, 0]), np.maximum(table[:, 2], table[:, 0])


def _save(out: Path, name: str, draw: Callable[[Axes], None]) -> str:
    """Draw and write both formats; returns the name without its ending. Raises NotReadyError, OSError."""
    require_matplotlib()
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(_SETTINGS):
        figure = Figure(figsize=_SIZE, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.add_subplot())
        figure.savefig(out / f"{name}.svg", metadata={"Date": None})
        figure.savefig(out / f"{name}.png", dpi=_DPI)
    return name
