"""Other people's files, plain or compressed: lines and tab-separated rows; errors say where, and what to do."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, NoReturn, cast

from kg.errors import SourceError
from kg.sources.records import SourceFile

_CUT_OFF = (EOFError, zlib.error, gzip.BadGzipFile)


def read_rows(file: SourceFile, columns: Sequence[str], *, quoted: bool = True) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a tab-separated table as (line, column -> value); lines that begin with ``#`` are no rows.

    Args:
        file: its first row names the columns.
        columns: that it must have; it may have more.
        quoted: whether ``"`` is a quote, or a character like any other.

    Raises:
        SourceError: the file is missing, cut off, not UTF-8, lacks a column, or a row has another number of values.
    """
    with reading(file):
        numbered = ((n, line) for n, line in read_lines(file) if not line.startswith("#"))
        header: list[str] = []
        number, line = 0, ""
        for number, line in numbered:
            values = _values(line, quoted=quoted)
            if not header:
                header = _checked_header(file, number, values, columns)
            elif len(values) != len(header):
                refuse(file, f"expected {len(header)} tab-separated values, got {len(values)}", number)
            else:
                yield number, dict(zip(header, values, strict=True))
        if not header:
            refuse(file, f"it is empty; expected a table of {', '.join(columns)}")
        require_end(file, number, line)


def require_end(file: SourceFile, number: int, last_line: str) -> None:
    """Refuse a file whose last line does not end: publishers end theirs, so it is what is left of a longer one."""
    if not last_line.endswith("\n"):
        refuse(file, "the line has no end, so the file is cut off", number)


def read_lines(file: SourceFile) -> Iterator[tuple[int, str]]:
    """Lines of a text file with their numbers, from 1. Raises SourceError as ``read_rows`` does."""
    with reading(file), _opened(file) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                refuse(file, f"byte {line[error.start]:#04x} is not UTF-8", number)


def head_value(file: SourceFile, key: str) -> str:
    """What a file says of itself in lines such as ``#version: 2025-05-31``. Raises SourceError where it does not."""
    for _, line in read_lines(file):
        name, colon, value = line.lstrip("#").strip().partition(":")
        if colon and name.strip() == key and value.strip():
            return value.strip()
        if not line.startswith("#"):
            break
    return refuse(file, f"it has no line #{key}, so it is another release than this reads")


@contextmanager
def reading(file: SourceFile) -> Iterator[None]:
    """Turn what goes wrong with a file into one line."""
    try:
        yield
    except OSError as error:
        if isinstance(error, _CUT_OFF):
            refuse(file, f"it is damaged or cut off ({error})", cause=error)
        refuse(file, error.strerror or str(error), cause=error)
    except _CUT_OFF as error:
        refuse(file, f"it is damaged or cut off ({error})", cause=error)
    except csv.Error as error:
        refuse(file, str(error), cause=error)


def refuse(file: SourceFile, reason: str, line: int | None = None, cause: Exception | None = None) -> NoReturn:
    """Raise the SourceError that names file, line and remedy."""
    place = f"{file.path}, line {line}" if line else str(file.path)
    raise SourceError(f"{place}: {reason}; fetch it again: citedx data pull {file.pull} --overwrite") from cause


def _values(line: str, *, quoted: bool) -> list[str]:
    if not quoted:
        return line.rstrip("\r\n").split("\t")
    return next(csv.reader([line], delimiter="\t"), [])


def _opened(file: SourceFile) -> IO[bytes]:
    if file.path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(file.path))
    return file.path.open("rb")


def _checked_header(file: SourceFile, line: int, header: list[str], columns: Sequence[str]) -> list[str]:
    missing = [c for c in columns if c not in header]
    if missing:
        refuse(file, f"it has no column {', '.join(missing)}; its columns are {', '.join(header)}", line)
    return header
