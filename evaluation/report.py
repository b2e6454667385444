"""Predictions -> ``metrics.json``, ``report.md`` and figures: what a reader understands in a minute.

``metrics.json`` holds every figure of the report and more: all ids that the report shortens, curves, bins. Rates are
0..1 there and percent in the report; what does not exist is null.
"""

from __future__ import annotations

import json
import math
import platform
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from evaluation import figures
from evaluation.calibration import (
    Calibration,
    RiskCoverage,
    has_probabilities,
    measure_calibration,
    measure_risk_coverage,
)
from evaluation.machine import describe_machine, describe_version
from evaluation.metrics import METRICS, Rate, by_n_findings, percent, score_predictions, top_k_curve
from evaluation.peers import Comparison
from evaluation.schema import Prediction, Unscored
from evaluation.stories import ReadBack, with_total
from evaluation.trust import TrustSummary, summarise_trust, word_trust
from kg.errors import StorageError

COLUMNS = ("top-1", "top-3", "top-10", "top-50", "mrr", "macro-top-1")
BAND_COLUMNS = ("top-1", "top-3", "top-10")
MAX_NAMED = 20
"""Ids named in the report for each reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How figures came about, so that others can have them again."""

    command: str
    date: str
    """Local time, ISO 8601."""
    hardware: str
    version: str
    """Of citedx: the commit where it runs from a checkout, else the package's."""
    ranked_s: float
    """Wall time of ranking."""
    n_ranked: int
    """Cases ranked in that time; the others were there from an earlier run."""
    n_workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Cases that are reported together."""

    n_cases: int
    n_publications: int
    rates: Mapping[str, Rate]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Results:
    """What both files tell."""

    settings: Mapping[str, str]
    run: Run | None
    groups: Mapping[str, _Group]
    bands: Mapping[str, _Group]
    calibration: Calibration | None
    trust: TrustSummary | None
    risk_coverage: RiskCoverage | None
    comparisons: Sequence[Comparison]
    read_back: Mapping[str, ReadBack]
    outside: Sequence[Prediction]
    unknown_ids: Mapping[str, Sequence[str]]
    unscored: Sequence[Unscored]


def describe_run(command: str, *, ranked_s: float, n_ranked: int, n_workers: int) -> Run:
    """The run of this moment on this machine."""
    return Run(
        command=command,
        date=datetime.now().astimezone().isoformat(timespec="minutes"),
        hardware=f"{describe_machine()}, Python {platform.python_version()}",
        version=describe_version(),
        ranked_s=round(ranked_s, 1),
        n_ranked=n_ranked,
        n_workers=n_workers,
    )


def write_report(
    out: Path,
    predictions: Sequence[Prediction],
    unscored: Sequence[Unscored],
    settings: Mapping[str, str],
    *,
    comparisons: Sequence[Comparison] = (),
    read_back: Mapping[str, ReadBack] | None = None,
    unknown_ids: Mapping[str, Sequence[str]] | None = None,
    run: Run | None = None,
    seed: int = 0,
) -> dict[str, dict[str, Rate]]:
    """Write all files into ``out`` and return the rates by group of cases.

    Args:
        out: an existing folder.
        predictions: of all scored cases.
        unscored: the others, each with its reason.
        settings: what was run, by name.
        comparisons: with peers.
        read_back: what was read from the stories that the findings come from, by their style; None without stories.
        unknown_ids: of findings that were left out, since the ontology has never known them, by scored case.
        run: how and where.
        seed: of the bootstrap.

    Raises:
        NotReadyError: matplotlib is not installed.
        StorageError: a file cannot be written.
    """
    members = {
        "all": list(predictions),
        "known from another publication": [p for p in predictions if p.known],
        "new": [p for p in predictions if not p.known],
    }
    calibrated = has_probabilities(predictions)
    results = _Results(
        settings=settings,
        run=run,
        groups={name: _measure(group, seed) for name, group in members.items()},
        bands={name: _measure(band, seed) for name, band in by_n_findings(predictions).items()},
        calibration=measure_calibration(predictions, seed=seed) if calibrated else None,
        risk_coverage=measure_risk_coverage(predictions, seed=seed) if calibrated else None,
        comparisons=comparisons,
        read_back=with_total(read_back or {}),
        trust=summarise_trust(predictions, seed),
        outside=[p for p in predictions if not p.in_graph],
        unknown_ids=unknown_ids or {},
        unscored=unscored,
    )
    curves = {name: top_k_curve(group, seed=seed) for name, group in members.items() if group}
    try:
        drawn = _draw(out, results, curves)
        content = json.dumps(plain(_tell(results, curves)), indent=1, ensure_ascii=False, allow_nan=False)
        (out / METRICS).write_text(content + "\n", encoding="utf-8")
        (out / "report.md").write_text(_word(results, drawn), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write into {out}: {error.strerror or error}") from error
    return {name: dict(group.rates) for name, group in results.groups.items()}


def _measure(predictions: Sequence[Prediction], seed: int) -> _Group:
    return _Group(
        n_cases=len(predictions),
        n_publications=len({p.publication for p in predictions}),
        rates=score_predictions(predictions, seed),
    )


def _draw(out: Path, results: _Results, curves: Mapping[str, Sequence[Rate]]) -> dict[str, str]:
    """Draw all figures; returns the Markdown that shows each, by name."""
    names = []
    if curves:
        names.append(figures.draw_top_k(out, curves))
        names.append(figures.draw_by_n_findings(out, {n: (b.n_cases, b.rates) for n, b in results.bands.items()}))
    if results.calibration is not None and results.risk_coverage is not None:
        names.append(figures.draw_reliability(out, results.calibration))
        names.append(figures.draw_risk_coverage(out, results.risk_coverage))
    return {name: f"![{name}]({name}.png)" for name in names}


# metrics.json


def _tell(results: _Results, curves: Mapping[str, Sequence[Rate]]) -> dict[str, Any]:
    return {
        "settings": results.settings,
        "run": results.run,
        "groups": {name: _flat(group) for name, group in results.groups.items()},
        "n_outside_graph": len(results.outside),
        "by_n_findings": {name: _flat(band) for name, band in results.bands.items()},
        "calibration": results.calibration,
        "risk_coverage": results.risk_coverage and _curve(results.risk_coverage),
        "trust": results.trust,
        "peers": results.comparisons,
        "stories": {style: _shares(r) for style, r in results.read_back.items()},
        "top_k": curves,
        "outside_graph": [{"case_id": p.case_id, "gold_ids": p.gold_ids} for p in results.outside],
        "unknown_findings": results.unknown_ids,
        "unscored": results.unscored,
    }


def _flat(group: _Group) -> dict[str, Any]:
    return {"n_cases": group.n_cases, "n_publications": group.n_publications, **group.rates}


def _shares(read_back: ReadBack) -> dict[str, Any]:
    """The counts, and the shares that the report tells."""
    sides = {"present": read_back.present, "absent": read_back.absent}
    told = {name: asdict(side) | {"precision": side.precision, "recall": side.recall} for name, side in sides.items()}
    return asdict(read_back) | told


def _curve(curve: RiskCoverage) -> dict[str, Any]:
    """The record with a curve of some hundred points in place of one per case."""
    coverages, risks = figures.thin(curve)
    return asdict(curve) | {"coverages": coverages.tolist(), "risks": risks.tolist()}


def plain(value: Any) -> Any:
    """A value as strict JSON has it: records as objects, numbers that are none or endless as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


# report.md


def _word(results: _Results, drawn: Mapping[str, str]) -> str:
    sections = [
        ["# Evaluation of diagnosis", "", *(f"- {name}: {value}" for name, value in results.settings.items())],
        _word_groups(results),
        [drawn["top-k"]] if drawn else [],
        _word_comparisons(results.comparisons),
        _word_stories(results.read_back),
        _word_calibration(results, drawn),
        word_trust(results.trust) if results.trust else [],
        ["## By number of present findings", "", *_table("present findings", results.bands, BAND_COLUMNS)],
        [drawn["findings"]] if drawn else [],
        _word_unscored(results),
        _word_run(results.run, results.groups["all"].n_cases),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _word_groups(results: _Results) -> list[str]:
    explained = (
        "Percent, with 95 % intervals from a bootstrap over publications. Known from another publication: another "
        "publication of the set (under unseen-future: a past one) describes a patient with the disease; new: none "
        "does. macro-top-1: each disease counts once. Where all cases agree, or are of one publication, the interval "
        "has no width, which does not make the rate sure."
    )
    return [*_table("cases", results.groups, COLUMNS), "", explained]


def _table(head: str, groups: Mapping[str, _Group], columns: Sequence[str]) -> list[str]:
    lines = [f"| {head} | n (publications) | {' | '.join(columns)} |", "|---|---|" + "---|" * len(columns)]
    for name, group in groups.items():
        if group.n_cases:
            cells = " | ".join(percent(group.rates[column]) for column in columns)
            lines.append(f"| {name} | {group.n_cases:,} ({group.n_publications:,}) | {cells} |")
    return lines


def _word_comparisons(comparisons: Sequence[Comparison]) -> list[str]:
    if not comparisons:
        return []
    heads = ("peer", "n (publications)", "", "ours", "theirs", "difference", "found by one only: us, them", "McNemar")
    lines = ["## Against peers, on the same cases", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for c in comparisons:
        for top, d in c.discordance.items():
            rates = " | ".join(percent(side[top]) for side in (c.ours, c.theirs, c.difference))
            lines.append(
                f"| {c.name} | {c.n_cases:,} ({c.n_publications:,}) | {top} | {rates} "
                f"| {d.only_ours:,}, {d.only_theirs:,} | {_p_value(d.p_value)} |"
            )
    lines += ["", "McNemar's exact test takes patients as independent; the intervals do not."]
    for c in comparisons:
        for ids, reason in ((c.unmatched, "not among the scored cases"), (c.ambiguous, "ambiguous")):
            lines += [f"- {c.name}, {len(ids):,} ids {reason}, left out: {named(ids)}."] if ids else []
    return lines


def _word_stories(read_back: Mapping[str, ReadBack]) -> list[str]:
    if not read_back:
        return []
    lines = [
        "## Findings read back from the stories",
        "",
        "| style | stories | findings | present: precision | recall | absent: precision | recall | polarity turned |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for style, r in read_back.items():
        shares = (r.present.precision, r.present.recall, r.absent.precision, r.absent.recall)
        cells = " | ".join(f"{100 * share:.1f}" for share in shares)
        n_listed = r.present.n_listed + r.absent.n_listed
        lines.append(f"| {style} | {r.n_stories:,} | {n_listed:,} | {cells} | {r.n_turned:,} |")
    explained = (
        "Percent, by the very term. The stories are made of the ontology's own wordings, so they are easier to read "
        "than what people write."
    )
    return [*lines, "", explained]


def _word_calibration(results: _Results, drawn: Mapping[str, str]) -> list[str]:
    calibration, curve = results.calibration, results.risk_coverage
    if calibration is None or curve is None:
        return ["## Calibration", "", "This system gives no probabilities."]
    error = (
        f"Of the first disease's probability: expected calibration error {100 * calibration.ece:.1f} % "
        f"({100 * calibration.ece_equal_mass:.1f} % in bins of equally many cases), "
        f"probability minus accuracy {percent(calibration.overconfidence)} points, "
        f"Brier score {calibration.brier.value:.3f} ({calibration.brier.low:.3f} to {calibration.brier.high:.3f})."
    )
    area = (
        f"Area under the risk-coverage curve {percent(curve.aurc)} %; {100 * curve.aurc_random:.1f} % without an "
        f"order, {100 * curve.aurc_best:.1f} % with the best."
    )
    half = f"Of the half of the cases with the highest probability the first is right in {percent(curve.surer_half)} %."
    risk = f"{100 * curve.accepted_risk:.0f} %"
    answered = (
        f"Answering only from a probability of {100 * curve.threshold:.1f} % on keeps the share of wrong first "
        f"diseases at {risk} or less, for {percent(curve.coverage)} % of the cases."
        if curve.coverage.value
        else f"No threshold brings the share of wrong first diseases to {risk}."
    )
    rows = (
        f"| {100 * b.low:.0f} to {100 * b.high:.0f} | {b.n_cases:,} | {100 * b.confidence:.1f} "
        f"| {percent(b.accuracy)} |"
        for b in calibration.bins
    )
    heads = ["| probability, % | n | mean probability | first disease is right |", "|---|---|---|---|"]
    pictures = f"{drawn['reliability']} {drawn['risk-coverage']}"
    return ["## Calibration", "", error, f"{area} {answered} {half}", "", *heads, *rows, "", pictures]


def _word_unscored(results: _Results) -> list[str]:
    lines = ["## Outside the graph, and unscored", ""]
    diseases = Counter(p.gold_ids[0] for p in results.outside)
    lines.append(
        f"- Outside the graph: {len(results.outside):,} of the scored cases have a disease that nothing in use "
        "describes; they count as missed."
    )
    if diseases:
        counted = [f"{disease_id} ({n})" for disease_id, n in diseases.most_common()]
        lines[-1] += f" {len(diseases):,} diseases: {named(counted)}."
    if results.unknown_ids:
        unknown = Counter(i for ids in results.unknown_ids.values() for i in ids)
        counted = [f"{term_id} ({n})" for term_id, n in unknown.most_common()]
        lines.append(
            f"- Findings left out, with ids that the ontology has never known: {unknown.total():,}, in "
            f"{len(results.unknown_ids):,} of the scored cases: {named(counted)}."
        )
    by_reason: dict[str, list[str]] = defaultdict(list)
    for u in results.unscored:
        reason, _, detail = u.reason.partition(": ")
        by_reason[reason].append(f"{u.case_id} ({detail[:100]})" if detail else u.case_id)
    lines += [f"- Unscored, {reason}: {len(ids):,}: {named(ids)}." for reason, ids in sorted(by_reason.items())]
    return lines if by_reason else [*lines, "- Unscored: none."]


def _word_run(run: Run | None, n_cases: int) -> list[str]:
    if run is None:
        return []
    each = f", {1000 * run.ranked_s / run.n_ranked:.1f} ms each" if run.n_ranked else ""
    processes = "1 process" if run.n_workers == 1 else f"{run.n_workers} processes"
    n_earlier = n_cases - run.n_ranked
    earlier = f"; the other {n_earlier:,} were there from an earlier run" if n_earlier > 0 else ""
    ranked = f"{run.n_ranked:,} cases ranked in {run.ranked_s:,.0f} s by {processes}{each}"
    return [
        "## How this was measured",
        "",
        f"- `{run.command}`",
        f"- {run.date}, {run.version}, {run.hardware}",
        f"- {ranked}, preparation and training of the folds included{earlier}",
    ]


def named(ids: Sequence[str]) -> str:
    """The first ids, and how many more there are, in one line."""
    shown = ", ".join(" ".join(i.split()) for i in ids[:MAX_NAMED])
    n_more = len(ids) - MAX_NAMED
    return f"{shown} and {n_more:,} more, all in metrics.json" if n_more > 0 else shown


def _p_value(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
