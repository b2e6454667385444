"""Files with one JSON object a line, to which a run adds as it goes on: a run may be cut off at any moment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from kg.errors import SourceError, StorageError, reason_of


def read_whole_lines(path: Path) -> list[str]:
    """The lines of a file, if there is one, without a last one that is not whole: cut off, or being written."""
    if not path.exists():
        return []
    try:
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        return whole.decode().split("\n")[:-1]  # other ends of lines may stand in a reply
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot go on with {path}: {reason_of(error)}; remove the file to start anew") from error


def append_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Add rows; what is left of a line that was cut off before is removed. Raises StorageError."""
    text = "".join(map(as_line, rows))
    try:
        with path.open("ab+") as file:
            if _is_cut_off(file):
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
            file.write(text.encode(errors="backslashreplace"))  # half a character is then an escape of JSON's
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def _is_cut_off(file: BinaryIO) -> bool:
    """By its last byte alone: a run adds thousands of lines, one by one."""
    if not file.seek(0, SEEK_END):
        return False
    file.seek(-1, SEEK_END)
    return file.read(1) != b"\n"


def as_line(row: Mapping[str, object]) -> str:
    """A row as it stands in such a file."""
    return json.dumps(row, ensure_ascii=False) + "\n"
