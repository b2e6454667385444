"""Choices -> ``metrics.json``, ``report.md`` and a figure.

Rates are 0..1 in the JSON and percent in the report. What is wrong for want of an answer, what was guessed and what
cannot be scored is counted and named.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation import figures
from evaluation.metrics import Rate, percent
from evaluation.qa.answers import Answers
from evaluation.qa.runner import FAILED
from evaluation.qa.schema import Answered
from evaluation.qa.scoring import AVERAGE, QaComparison, Score, by_set, compare_answers, score_answers
from evaluation.report import Run, named, plain
from evaluation.schema import Unscored
from kg.errors import StorageError

_EXPLAINED = (
    "Accuracy is correct / n in percent, with Wilson's 95 % interval; the average is over sets, each counting alike, "
    "with the interval of a bootstrap over the questions of each set. No answer, or one that cannot be read, is wrong."
)
_PAIRED = (
    "Difference: ours minus theirs on the same questions, in points, with the interval of a paired bootstrap. McNemar: "
    "exact test of the questions that one alone got right."
)
N_DRAWN_PEERS = 2
"""Peers in the figure beside us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Results:
    """What both files tell."""

    settings: Mapping[str, str]
    run: Run
    score: Score
    reasons: Mapping[str, Mapping[str, int]]
    """Set -> why there is no answer, or that it was guessed -> questions."""
    n_left_out: int
    comparisons: Sequence[QaComparison]
    unscored: Sequence[Unscored]


def write_qa_report(
    out: Path,
    answered: Sequence[Answered],
    peers: Sequence[Answers],
    unscored: Sequence[Unscored],
    settings: Mapping[str, str],
    run: Run,
    seed: int = 0,
) -> Score:
    """Write all files into ``out`` and return the score.

    Args:
        out: an existing folder.
        answered: choices of all scored questions.
        peers: others' answers.
        unscored: questions that cannot be scored, each with its reason.
        settings: what was run, by name.
        run: how and where.
        seed: of the bootstrap.

    Raises:
        SourceError: a peer answered none of these questions.
        NotReadyError: matplotlib is not installed.
        StorageError: a file cannot be written.
    """
    results = _Results(
        settings=settings,
        run=run,
        score=score_answers(answered, seed),
        reasons={name: dict(_reasons(rows)) for name, rows in by_set(answered).items()},
        n_left_out=sum(a.n_left_out > 0 for a in answered),
        comparisons=[compare_answers(answered, peer, seed) for peer in peers],
        unscored=unscored,
    )
    try:
        figure = figures.draw_accuracy(out, _drawn(results))
        content = json.dumps(plain(_tell(results)), indent=1, ensure_ascii=False, allow_nan=False)
        (out / "metrics.json").write_text(content + "\n", encoding="utf-8")
        (out / "report.md").write_text(_word(results, figure), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write into {out}: {error.strerror or error}") from error
    return results.score


def _reasons(rows: Sequence[Answered]) -> Counter[str]:
    """Failures of a model are counted together, whatever it said."""
    return Counter(FAILED.rstrip(": ") if a.reason.startswith(FAILED) else a.reason for a in rows if a.reason)


def _drawn(results: _Results) -> dict[str, dict[str, Rate]]:
    ours = {name: s.accuracy for name, s in results.score.sets.items()} | {AVERAGE: results.score.average}
    drawn = {"this run": ours}
    for c in results.comparisons[:N_DRAWN_PEERS]:
        if c.sets.keys() == results.score.sets.keys():
            drawn[c.name] = {name: pair.theirs for name, pair in c.sets.items()} | {AVERAGE: c.theirs}
    return drawn


def _tell(results: _Results) -> dict[str, object]:
    return {
        "settings": results.settings,
        "run": results.run,
        "sets": results.score.sets,
        "average": results.score.average,
        "reasons": results.reasons,
        "n_with_snippets_left_out": results.n_left_out,
        "peers": results.comparisons,
        "unscored": results.unscored,
    }


def _word(results: _Results, figure: str) -> str:
    sections = [
        [
            "# Evaluation on benchmark questions",
            "",
            *(f"- {name}: {value}" for name, value in results.settings.items()),
        ],
        _word_sets(results.score),
        [f"![{figure}]({figure}.png)"],
        *(_word_comparison(c) for c in results.comparisons),
        _word_reasons(results),
        _word_run(results.run, sum(s.n for s in results.score.sets.values())),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _word_sets(score: Score) -> list[str]:
    lines = ["| set | n | correct | no answer | accuracy | chance |", "|---|---|---|---|---|---|"]
    for name, s in score.sets.items():
        lines.append(
            f"| {name} | {s.n:,} | {s.n_correct:,} | {s.n_unanswered:,} | {percent(s.accuracy)} "
            f"| {100 * s.chance:.1f} |"
        )
    n, n_correct = (sum(getattr(s, field) for s in score.sets.values()) for field in ("n", "n_correct"))
    n_unanswered = sum(s.n_unanswered for s in score.sets.values())
    chance = sum(s.chance for s in score.sets.values()) / len(score.sets)
    lines.append(
        f"| {AVERAGE} | {n:,} | {n_correct:,} | {n_unanswered:,} | {percent(score.average)} | {100 * chance:.1f} |"
    )
    return [*lines, "", _EXPLAINED]


def _word_comparison(c: QaComparison) -> list[str]:
    heads = ("set", "n", "correct: us, them", "ours", "theirs", "difference", "right alone: us, them", "McNemar")
    lines = [f"## Against {c.name}, on the same questions", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, pair in c.sets.items():
        d = pair.discordance
        rates = " | ".join(percent(rate) for rate in (pair.ours, pair.theirs, pair.difference))
        lines.append(
            f"| {name} | {pair.n:,} | {pair.n_correct[0]:,}, {pair.n_correct[1]:,} | {rates} "
            f"| {d.only_ours:,}, {d.only_theirs:,} | {_p_value(d.p_value)} |"
        )
    n = sum(pair.n for pair in c.sets.values())
    rates = " | ".join(percent(rate) for rate in (c.ours, c.theirs, c.difference))
    lines += [f"| {AVERAGE} | {n:,} |  | {rates} |  |  |", "", _PAIRED]
    if c.n_unmatched:
        lines.append(f"Answers to {c.n_unmatched:,} other questions are left out.")
    return lines


def _word_reasons(results: _Results) -> list[str]:
    lines = [
        f"- {name}, {reason}: {n:,} of {results.score.sets[name].n:,}."
        for name, reasons in results.reasons.items()
        for reason, n in sorted(reasons.items())
    ]
    if results.n_left_out:
        lines.append(f"- Of {results.n_left_out:,} questions not all that was retrieved fitted into the prompt.")
    reasons = Counter(u.reason.partition(": ")[0] for u in results.unscored)
    for reason, n in sorted(reasons.items()):
        ids = [u.case_id for u in results.unscored if u.reason.partition(": ")[0] == reason]
        lines.append(f"- Unscored, {reason}: {n:,}: {named(ids)}.")
    return ["## No answer, guessed, and unscored", "", *(lines or ["- None."])]


def _word_run(run: Run, n: int) -> list[str]:
    n_earlier = n - run.n_ranked
    earlier = f"; the other {n_earlier:,} were there from an earlier run" if n_earlier > 0 else ""
    return [
        "## How this was measured",
        "",
        f"- `{run.command}`",
        f"- {run.date}, {run.version}, {run.hardware}",
        f"- {run.n_ranked:,} questions answered in {run.ranked_s:,.0f} s{earlier}",
    ]


def _p_value(p: float) -> str:
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.4f}"
