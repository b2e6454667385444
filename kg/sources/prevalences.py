"""The table of prevalences (TSV) <-> ``Prevalence`` records.

One row per disease: ``disease_id, low, high, reference``, shares of people and the address of the page that gives them.
Lines that begin with ``#`` name source, version and licence.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kg.errors import SourceError, StorageError
from kg.schema import Prevalence, Provenance
from kg.sources.tables import split_head, word_head

COLUMNS = ("disease_id", "low", "high", "reference")
BUNDLED = Path(__file__).parents[1] / "facts" / "prevalences.tsv"
"""The project's own table; docs/sources.md says how it is made."""


def load_prevalences(path: Path = BUNDLED) -> tuple[Prevalence, ...]:
    """All records, in the order of the file.

    Raises:
        SourceError: the file is missing or is no such table.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read the prevalences {path}: {error}") from error
    try:
        source, lines = split_head(text)
        return tuple(
            Prevalence(
                disease_id=row["disease_id"],
                low=float(row["low"]),
                high=float(row["high"]),
                provenance=replace(source, reference=row["reference"]),
            )
            for row in csv.DictReader(lines, delimiter="\t")
        )
    except (KeyError, ValueError, TypeError) as error:
        raise SourceError(f"{path} is not a table of {', '.join(COLUMNS)}: {error!r}") from error


def write_prevalences(prevalences: Iterable[Prevalence], source: Provenance, path: Path) -> None:
    """Write the table; the same records give the same bytes. Raises StorageError."""
    out = io.StringIO(word_head(source))
    out.seek(0, io.SEEK_END)
    rows = csv.writer(out, delimiter="\t", lineterminator="\n")
    rows.writerow(COLUMNS)
    for p in sorted(prevalences, key=lambda p: p.disease_id):
        rows.writerow((p.disease_id, f"{p.low:.3g}", f"{p.high:.3g}", p.provenance.reference))
    try:
        path.write_text(out.getvalue(), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
