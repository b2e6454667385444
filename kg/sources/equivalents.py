"""The table of equivalent disease entries (TSV): what Mondo says of OMIM, Orphanet and DECIPHER.

One row per entry: ``disease_id, mondo_id``; entries with one class of Mondo are one disease.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kg.schema import Provenance
from kg.sources.tables import Rows, load_table, write_table

COLUMNS = ("disease_id", "mondo_id")
BUNDLED = Path(__file__).parents[1] / "facts" / "equivalents.tsv"
"""The project's own table; docs/sources.md says how it is made."""


def load_equivalents(path: Path = BUNDLED) -> dict[str, str]:
    """Disease id -> class of Mondo.

    Raises:
        SourceError: the file is missing or is no such table.
    """

    def build(_: Provenance, rows: Rows) -> dict[str, str]:
        return {row["disease_id"]: row["mondo_id"] for row in rows}

    return load_table(path, "equivalent entries", COLUMNS, build)


def write_equivalents(mondo_ids: Mapping[str, str], source: Provenance, path: Path) -> None:
    """Write the table, sorted by class; the same entries give the same bytes. Raises StorageError."""
    by_class = sorted((mondo_id, disease_id) for disease_id, mondo_id in mondo_ids.items())
    write_table(path, COLUMNS, [(disease_id, mondo_id) for mondo_id, disease_id in by_class], source)
