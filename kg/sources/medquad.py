"""MedQuAD (JSON Lines, plain or xz) -> documents: questions about a condition, answered on a page of the NIH.

Source: Ben Abacha and Demner-Fushman 2019, doi:10.1186/s12859-019-3119-4; CC BY 4.0.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from pathlib import Path

from kg.errors import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A page about one condition."""

    url: str
    focus: str
    """Name of the condition."""
    synonyms: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    """Type of the question (``frequency``, ``symptoms`` ...) and the text of the answer."""


def load_documents(path: Path) -> tuple[Document, ...]:
    """All documents, in the order of the file.

    Raises:
        SourceError: the file is missing or is no such file.
    """
    try:
        with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as lines:
            return tuple(_document(json.loads(line)) for line in lines if line.strip())
    except (OSError, lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read {path}: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path} is not MedQuAD as JSON Lines: {error!r}") from error


def _document(row: dict[str, object]) -> Document:
    answers, synonyms = row["qa"], row["synonyms"]
    if not isinstance(answers, list) or not isinstance(synonyms, list):
        raise TypeError("qa and synonyms are lists")
    return Document(
        url=str(row["url"]),
        focus=str(row["focus"]),
        synonyms=tuple(str(s) for s in synonyms),
        answers=tuple((str(a["type"]), str(a["answer"])) for a in answers),
    )
