"""The table of equivalent disease entries (TSV): what Mondo says of OMIM, Orphanet and DECIPHER.

One row per entry: ``disease_id, mondo_id``; entries with one class of Mondo are one disease. Lines that begin with
``#`` name source, version and licence.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from kg.errors import SourceError, StorageError
from kg.schema import Provenance
from kg.sources.tables import split_head, word_head

COLUMNS = ("disease_id", "mondo_id")
BUNDLED = Path(__file__).parents[1] / "facts" / "equivalents.tsv"
"""The project's own table; docs/sources.md says how it is made."""


def load_equivalents(path: Path = BUNDLED) -> dict[str, str]:
    """Disease id -> class of Mondo.

    Raises:
        SourceError: the file is missing or is no such table.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read the equivalent entries {path}: {error}") from error
    try:
        _, lines = split_head(text)
        return {row["disease_id"]: row["mondo_id"] for row in csv.DictReader(lines, delimiter="\t")}
    except (KeyError, ValueError, TypeError) as error:
        raise SourceError(f"{path} is not a table of {', '.join(COLUMNS)}: {error!r}") from error


def write_equivalents(mondo_ids: Mapping[str, str], source: Provenance, path: Path) -> None:
    """Write the table, sorted by class; the same entries give the same bytes. Raises StorageError."""
    out = io.StringIO(word_head(source))
    out.seek(0, io.SEEK_END)
    rows = csv.writer(out, delimiter="\t", lineterminator="\n")
    rows.writerow(COLUMNS)
    for mondo_id, disease_id in sorted((mondo_id, disease_id) for disease_id, mondo_id in mondo_ids.items()):
        rows.writerow((disease_id, mondo_id))
    try:
        path.write_text(out.getvalue(), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
