"""The project's own table (TSV) of what diseases are called in Spanish and Chinese -> English names.

The graph's names are English; these are for questions. One row per name: ``name, english``, below the head of all the
project's tables (``kg.sources.tables``); docs/sources.md says how they are made.
"""

from __future__ import annotations

from pathlib import Path

from kg.sources.tables import load_table

COLUMNS = ("name", "english")
FACTS = Path(__file__).parents[1] / "facts"


def bundled_disease_names(language: str) -> Path:
    """The table of a language: ``zh`` or ``es``."""
    return FACTS / f"disease_names_{language}.tsv"


def load_disease_names(path: Path) -> tuple[tuple[str, str], ...]:
    """Name and English name, in the order of the file.

    Raises:
        SourceError: the file is missing or is no such table.
    """
    return load_table(path, "disease names", COLUMNS, lambda _, rows: tuple((r["name"], r["english"]) for r in rows))
