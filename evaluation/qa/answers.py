"""Answers of others to the same questions: MIRAGE's published ones, or another run of ours.

The file of published answers is a table of ``dataset, question_id, model, setting, answer``, one letter each, as
MIRAGE's own scorer read them; no letter is no answer, and counts as wrong.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluation.qa.schema import Key
from kg.errors import SourceError, reason_of

_COLUMNS = ("dataset", "question_id", "model", "setting", "answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One system's answers."""

    name: str
    """``gpt-4-32k, cot``; of another run of ours the name of its folder."""
    chosen: Mapping[Key, str | None]


def load_answers(path: Path) -> tuple[Answers, ...]:
    """All systems of a file, in its order.

    Args:
        path: the table (TSV, plain or gzipped), or the ``predictions.jsonl`` of another run of ours.

    Raises:
        SourceError: it is missing, has other columns, no row, or two answers of one system to one question.
    """
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", newline="") as lines:
            found = _read_run(lines, path) if path.suffix == ".jsonl" else _read_table(lines, path)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"cannot read the answers {path}: {reason_of(error)}") from error
    if not found:
        raise SourceError(f"{path} holds no answer")
    return tuple(Answers(name=name, chosen=chosen) for name, chosen in found.items())


def _read_table(lines: Iterable[str], path: Path) -> dict[str, dict[Key, str | None]]:
    table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    if not set(_COLUMNS) <= set(table.fieldnames or ()):
        raise SourceError(f"{path} needs a first line with the tab-separated columns {', '.join(_COLUMNS)}")
    found: dict[str, dict[Key, str | None]] = {}
    for number, row in enumerate(table, start=2):
        if any(row[column] is None for column in _COLUMNS):
            raise SourceError(f"{path}, line {number} has too few columns")
        key = (row["dataset"], row["question_id"])
        chosen = found.setdefault(f"{row['model']}, {row['setting']}", {})
        if key in chosen:
            raise SourceError(f"{path}, line {number} answers {' '.join(key)} a second time")
        chosen[key] = row["answer"].strip() or None
    return found


def _read_run(lines: Iterable[str], path: Path) -> dict[str, dict[Key, str | None]]:
    chosen: dict[Key, str | None] = {}
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            chosen[str(row["dataset"]), str(row["question_id"])] = row["chosen"]
        except (ValueError, TypeError, KeyError) as error:
            raise SourceError(f"{path}, line {number} is not a prediction of citedx evaluate qa") from error
    return {path.absolute().parent.name: chosen} if chosen else {}
