"""The project's own tables: tab-separated, below lines that begin with ``#`` and name source, version and licence."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from kg.errors import SourceError, StorageError, reason_of
from kg.schema import Provenance

Built = TypeVar("Built")

Rows = list[dict[str, str]]
_NAMED = ("source", "version", "licence")


def load_table(
    path: Path, what: str, columns: Sequence[str], build: Callable[[Provenance, Rows], Built], *, gzipped: bool = False
) -> Built:
    """Read a table.

    Args:
        path: of the file.
        what: it holds, for the error.
        columns: that it must have; it may have more.
        build: makes the records from the source (with an empty reference) and the rows.
        gzipped: whether the file is.

    Raises:
        SourceError: the file is missing, lacks a column, or a row has another number of values.
    """
    try:
        with (gzip.open if gzipped else open)(path, "rt", encoding="utf-8", newline="") as lines:
            text = lines.read()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise SourceError(f"cannot read the {what} {path}: {reason_of(error)}") from error
    try:
        return build(*_parse(text, columns))
    except (KeyError, ValueError, TypeError, StopIteration, csv.Error) as error:
        raise SourceError(f"{path} is not a table of {', '.join(columns)}: {reason_of(error)}") from error


def write_table(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]], source: Provenance, *, gzipped: bool = False
) -> None:
    """Write a table; the same rows give the same bytes. Raises StorageError."""
    out = io.StringIO()
    out.writelines(f"# {name}: {getattr(source, name)}\n" for name in _NAMED)
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows([columns, *rows])
    content = out.getvalue().encode()
    try:
        path.write_bytes(gzip.compress(content, mtime=0) if gzipped else content)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def _parse(text: str, columns: Sequence[str]) -> tuple[Provenance, Rows]:
    lines = list(io.StringIO(text, newline=None))  # str.splitlines would also part lines inside a value
    head = dict(line[1:].strip().split(": ", 1) for line in lines if line.startswith("#") and ": " in line)
    source = Provenance(reference="", **{name: head[name] for name in _NAMED})
    reader = csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t")
    if missing := [c for c in columns if c not in (reader.fieldnames or ())]:
        raise ValueError(f"it has no column {missing[0]}")
    rows = list(reader)
    for n, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise ValueError(f"row {n} has not the {len(reader.fieldnames or ())} values that the header names")
    return source, rows
