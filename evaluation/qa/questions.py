"""Benchmark files -> questions: MIRAGE (``benchmark.json``), PubMedQA with its contexts, CRAFT-MD.

What a file is, is seen from its content. A question that cannot be scored is counted and named, never dropped.

Sources: MIRAGE, Xiong et al. 2024 (arXiv:2402.13178); PubMedQA, Jin et al. 2019 (arXiv:1909.06146), whose long answer
is the very conclusion that is asked for and therefore never shown; CRAFT-MD, Johri et al. 2025
(doi:10.1038/s41591-024-03328-5).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from evaluation.qa.schema import Question, QuestionSet
from evaluation.schema import Unscored
from kg.errors import SourceError, UsageError, reason_of

PUBMEDQA = "pubmedqa-contexts"
"""PubMedQA with its own contexts; MIRAGE's ``pubmedqa`` comes without."""
_DECISIONS = {"A": "yes", "B": "no", "C": "maybe"}
_ASKED = "What is the most likely diagnosis?"
_LETTERS = "ABCD"


def load_questions(path: Path, datasets: Sequence[str] = ()) -> QuestionSet:
    """The questions of a file, in its order.

    Args:
        path: JSON of MIRAGE or PubMedQA, or CSV of CRAFT-MD; plain or gzipped.
        datasets: only these sets; default: all.

    Raises:
        SourceError: the file is missing or is none of these.
        UsageError: it has no set of a given name.
    """
    read = list(_read(path))
    names = list(dict.fromkeys(name for name, _ in read))
    if unknown := [name for name in datasets if name not in names]:
        raise UsageError(f"{path} has no set {unknown[0]!r}; it has: {', '.join(names)}")
    wanted = [item for name, item in read if not datasets or name in datasets]
    return QuestionSet(
        questions=tuple(q for q in wanted if isinstance(q, Question)),
        unscored=tuple(u for u in wanted if isinstance(u, Unscored)),
    )


def draw_questions(questions: Sequence[Question], limit: int | None, seed: int = 0) -> tuple[Question, ...]:
    """At most so many questions of each set, drawn at random, in their order; None: all."""
    if limit is None:
        return tuple(questions)
    by_set: dict[str, list[int]] = defaultdict(list)
    for i, question in enumerate(questions):
        by_set[question.dataset].append(i)
    rng = random.Random(seed)  # noqa: S311 - a sample
    kept = [i for rows in by_set.values() for i in rng.sample(rows, min(limit, len(rows)))]
    return tuple(questions[i] for i in sorted(kept))


def load_pubmedqa(path: Path) -> dict[str, dict[str, Any]]:
    """PubMedQA's articles by PMID, as published. Raises SourceError."""
    content = _load_json(path)
    if not _is_pubmedqa(content):
        raise SourceError(f"{path} is not PubMedQA: expected articles by PMID with QUESTION and CONTEXTS")
    return {pmid: row for pmid, row in content.items() if _is_article(row)}


def _read(path: Path) -> Iterator[tuple[str, Question | Unscored]]:
    """Name of the set, and a question of it or why it cannot be scored."""
    if path.name.removesuffix(".gz").endswith(".csv"):
        try:
            yield from _read_craftmd(_content(path), path)
        except csv.Error as error:
            raise SourceError(f"{path} is no CSV: {reason_of(error)}") from error
        return
    content = _load_json(path)
    if _is_pubmedqa(content):
        for pmid, row in content.items():
            yield PUBMEDQA, _pubmedqa(pmid, row)
        return
    for name, rows in content.items():
        if not isinstance(rows, dict):
            raise SourceError(f"{path} is no benchmark file: {name!r} holds no questions by id")
        for question_id, row in rows.items():
            yield name, _mirage(name, question_id, row)


def _mirage(dataset: str, question_id: str, row: Mapping[str, Any]) -> Question | Unscored:
    try:
        return _question(
            dataset,
            question_id,
            str(row["question"]),
            {str(letter): str(text) for letter, text in row["options"].items()},
            str(row["answer"]),
            sources=frozenset(f"PMID:{p}" for p in row.get("PMID", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        return Unscored(case_id=question_id, reason=f"cannot be read: {reason_of(error)}")


def _pubmedqa(pmid: str, row: object) -> Question | Unscored:
    if not _is_article(row):
        return Unscored(case_id=pmid, reason="no article with QUESTION and CONTEXTS")
    decision = str(row.get("final_decision", ""))
    letter = next((key for key, word in _DECISIONS.items() if word == decision), None)
    if letter is None:
        return Unscored(case_id=pmid, reason=f"no decision: {decision!r}")
    given = tuple(str(c) for c in row["CONTEXTS"])
    return _question(
        PUBMEDQA, pmid, str(row["QUESTION"]), _DECISIONS, letter, sources=frozenset({f"PMID:{pmid}"}), given=given
    )


def _read_craftmd(text: str, path: Path) -> Iterator[tuple[str, Question | Unscored]]:
    table = csv.DictReader(io.StringIO(text))
    columns = ("case_vignette", *(f"choice_{i}" for i in range(1, 5)), "answer", "dataset", "case_id")
    if missing := [c for c in columns if c not in (table.fieldnames or ())]:
        raise SourceError(f"{path} is not CRAFT-MD: it has no column {missing[0]}")
    for row in table:
        options = {letter: (row[f"choice_{i}"] or "").strip() for i, letter in enumerate(_LETTERS, start=1)}
        answer = (row["answer"] or "").strip().casefold()
        right = [letter for letter, option in options.items() if option.casefold() == answer]
        story = (row["case_vignette"] or "").strip()
        if len(right) != 1:
            reason = f"the answer is {len(right)} of the choices: {answer!r}"
            yield row["dataset"], Unscored(case_id=row["case_id"], reason=reason)
        else:
            yield (
                row["dataset"],
                _question(row["dataset"], row["case_id"], f"{story}\n{_ASKED}" if story else "", options, right[0]),
            )


def _question(
    dataset: str, question_id: str, text: str, options: Mapping[str, str], answer: str, **more: Any
) -> Question | Unscored:
    if not text.strip():
        return Unscored(case_id=question_id, reason="no question")
    try:
        return Question(
            dataset=dataset, question_id=question_id, text=text.strip(), options=dict(options), answer=answer, **more
        )
    except ValueError as error:
        return Unscored(case_id=question_id, reason=f"cannot be read: {reason_of(error)}")


def _is_pubmedqa(content: Mapping[str, Any]) -> bool:
    return _is_article(next(iter(content.values()), None))


def _is_article(row: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(row, dict) and {"QUESTION", "CONTEXTS"} <= row.keys() and isinstance(row["CONTEXTS"], list)


def _load_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_content(path))
    except ValueError as error:
        raise SourceError(f"{path} is not JSON: {reason_of(error)}") from error
    if not isinstance(content, dict) or not content:
        raise SourceError(f"{path} is no benchmark file: expected a JSON object of questions")
    return content


def _content(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read {path}: {reason_of(error)}") from error
