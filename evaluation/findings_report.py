"""Agreement with the annotators -> ``metrics.json``, ``report.md`` and a figure.

Promise: what was left out is counted and named. Rates are 0..1 in the JSON and percent in the report.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation import figures
from evaluation.corpora import Corpus, NegationSet
from evaluation.findings_metrics import Agreement
from evaluation.metrics import percent
from evaluation.report import Run, named, plain
from evaluation.schema import Unscored
from kg.errors import StorageError

_DRAWN = ("all mentions", "findings of the patient")
_EXPLAINED = (
    "Percent, with 95 % intervals from a bootstrap over documents. A term counts once in a document, and only with its "
    "exact id. All mentions: denied and relatives' ones too, as the annotators of most sets marked them and peers "
    "report; findings of the patient: what is present, without gold that the set marks as denied. Mentions: every "
    "place counts."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusResult:
    """A set and how well it was read."""

    corpus: Corpus
    n_documents: int
    """Scored ones."""
    agreements: Mapping[str, Agreement]
    """By way of counting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast texts were read, on one core."""

    what: str
    """What was done with each."""
    n_texts: int
    n_words: int
    """Of each text."""
    seconds: float
    """Processor time."""

    @property
    def per_second(self) -> float:
        """Texts a second."""
        return self.n_texts / self.seconds


def write_findings_report(
    out: Path,
    results: Sequence[CorpusResult],
    negation: Sequence[tuple[NegationSet, Agreement]],
    settings: Mapping[str, str],
    *,
    speeds: Sequence[Speed] = (),
    run: Run | None = None,
) -> None:
    """Write all files into an existing folder. Raises NotReadyError without matplotlib, StorageError."""
    drawn = [r for r in results if r.n_documents and r.corpus.documents]
    try:
        figure = ""
        if drawn:
            rates = {way: {r.corpus.name: r.agreements[way].f1 for r in drawn} for way in _DRAWN}
            name = figures.draw_agreement(out, rates)
            figure = f"![{name}]({name}.png)"
        content = {
            "settings": settings,
            "run": run,
            "speeds": speeds,
            "corpora": {r.corpus.name: _tell(r) for r in results},
            "negation": {s.name: {"n": len(s.sentences), "unscored": s.unscored, **plain(a)} for s, a in negation},
        }
        text = json.dumps(plain(content), indent=1, ensure_ascii=False, allow_nan=False)
        (out / "metrics.json").write_text(text + "\n", encoding="utf-8")
        sections = [
            ["# Evaluation of reading findings", "", *(f"- {name}: {value}" for name, value in settings.items())],
            _word_agreements(results),
            [figure] if figure else [],
            _word_negation(negation),
            _word_left_out(results, negation),
            _word_run(run, speeds),
        ]
        report = "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"
        (out / "report.md").write_text(report, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write into {out}: {error.strerror or error}") from error


def _tell(result: CorpusResult) -> dict[str, object]:
    corpus = result.corpus
    return {
        "n_documents": result.n_documents,
        "agreements": result.agreements,
        "n_older_ids": corpus.n_older_ids,
        "outside": corpus.outside,
        "unknown": corpus.unknown,
        "unscored": corpus.unscored,
    }


def _word_agreements(results: Sequence[CorpusResult]) -> list[str]:
    if not results:
        return []
    head = "| set | documents | counted | gold | found | precision | recall | F1 | mean F1 of documents |"
    lines = [head, "|---|---|---|---|---|---|---|---|---|"]
    for result in results:
        for way, a in result.agreements.items():
            rates = " | ".join(percent(rate) for rate in (a.precision, a.recall, a.f1, a.macro_f1))
            lines.append(
                f"| {result.corpus.name} | {result.n_documents:,} | {way} | {a.n_gold:,} | {a.n_found:,} | {rates} |"
            )
    return [*lines, "", _EXPLAINED]


def _word_negation(negation: Sequence[tuple[NegationSet, Agreement]]) -> list[str]:
    if not negation:
        return []
    lines = ["## Negation, of given phrases", "", "| set | sentences | negated | precision | recall | F1 |"]
    lines.append("|---|---|---|---|---|---|")
    for s, a in negation:
        rates = " | ".join(percent(rate) for rate in (a.precision, a.recall, a.f1))
        lines.append(f"| {s.name} | {len(s.sentences):,} | {a.n_gold:,} | {rates} |")
    return lines


def _word_left_out(results: Sequence[CorpusResult], negation: Sequence[tuple[NegationSet, Agreement]]) -> list[str]:
    lines = []
    for r in results:
        name, corpus = r.corpus.name, r.corpus
        lines += [f"- {name}: {corpus.n_older_ids:,} gold ids are older ones, read as today's."] * bool(
            corpus.n_older_ids
        )
        for counts, reason in (
            (corpus.outside, "are no phenotypic abnormality"),
            (corpus.unknown, "are unknown to the release"),
        ):
            if counts:
                ids = [f"{term_id} ({n})" for term_id, n in counts.items()]
                lines.append(f"- {name}: {sum(counts.values()):,} gold ids {reason}, left out: {named(ids)}.")
    for name, unscored in [(r.corpus.name, r.corpus.unscored) for r in results] + [
        (s.name, s.unscored) for s, _ in negation
    ]:
        lines += _word_unscored(name, unscored)
    return ["## Left out, and unscored", "", *(lines or ["- Nothing."])]


def _word_unscored(name: str, unscored: Sequence[Unscored]) -> list[str]:
    reasons = Counter(u.reason.partition(": ")[0] for u in unscored)
    return [
        f"- {name}, unscored, {reason}: {n:,}: "
        + named([u.case_id for u in unscored if u.reason.partition(": ")[0] == reason])
        + "."
        for reason, n in sorted(reasons.items())
    ]


def _word_run(run: Run | None, speeds: Sequence[Speed]) -> list[str]:
    lines = []
    if run is not None:
        lines += [f"- `{run.command}`", f"- {run.date}, {run.version}, {run.hardware}"]
    lines += [
        f"- Speed, {s.what}: {s.per_second:,.0f} texts of {s.n_words} words a second on one core "
        f"({s.n_texts:,} texts in {s.seconds:.1f} s of processor time)"
        for s in speeds
    ]
    return ["## How this was measured", "", *lines] if lines else []
