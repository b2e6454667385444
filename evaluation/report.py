"""Predictions -> ``metrics.json`` and ``report.md``: what a reader understands in a minute."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from evaluation.metrics import Rate, score_predictions
from evaluation.schema import Prediction, Unscored
from kg.errors import StorageError

COLUMNS = ("top-1", "top-3", "top-10", "top-50", "mrr", "macro-top-1")


def write_report(
    out: Path, predictions: Sequence[Prediction], unscored: Sequence[Unscored], settings: Mapping[str, str]
) -> dict[str, dict[str, Rate]]:
    """Write both files into ``out`` and return the rates by group of cases. Raises StorageError."""
    groups = {
        "all": list(predictions),
        "known from another publication": [p for p in predictions if p.known],
        "new": [p for p in predictions if not p.known],
    }
    rates = {name: score_predictions(members) for name, members in groups.items()}
    sizes = {name: (len(members), len({p.publication for p in members})) for name, members in groups.items()}
    reasons = Counter(u.reason.partition(":")[0] for u in unscored)
    n_outside = sum(not p.in_graph for p in predictions)
    metrics = {
        "settings": dict(settings),
        "groups": {
            name: {
                "n_cases": sizes[name][0],
                "n_publications": sizes[name][1],
                **{metric: asdict(rate) for metric, rate in rates[name].items()},
            }
            for name in groups
        },
        "n_outside_graph": n_outside,
        "unscored": [asdict(u) for u in unscored],
    }
    try:
        (out / "metrics.json").write_text(json.dumps(metrics, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (out / "report.md").write_text(_word(rates, sizes, reasons, n_outside, settings), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write into {out}: {error.strerror or error}") from error
    return rates


def _word(
    rates: Mapping[str, Mapping[str, Rate]],
    sizes: Mapping[str, tuple[int, int]],
    reasons: Mapping[str, int],
    n_outside: int,
    settings: Mapping[str, str],
) -> str:
    lines = ["# Evaluation of diagnosis", "", *(f"- {name}: {value}" for name, value in settings.items()), ""]
    lines += [f"| cases | n (publications) | {' | '.join(COLUMNS)} |", "|---|---|" + "---|" * len(COLUMNS)]
    for name, (n_cases, n_publications) in sizes.items():
        if n_cases:
            cells = " | ".join(_percent(rates[name][column]) for column in COLUMNS)
            lines.append(f"| {name} | {n_cases:,} ({n_publications:,}) | {cells} |")
    lines += [
        "",
        "Percent, with 95 % intervals from a bootstrap over publications.",
        f"{n_outside:,} of the scored cases have a disease that the graph does not hold; they count as missed.",
    ]
    lines += [f"Unscored, {reason}: {n:,}." for reason, n in sorted(reasons.items())]
    return "\n".join(lines) + "\n"


def _percent(rate: Rate) -> str:
    return f"{100 * rate.value:.1f} ({100 * rate.low:.1f} to {100 * rate.high:.1f})"
