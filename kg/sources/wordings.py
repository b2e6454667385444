"""The project's own tables of clinical wordings (TSV) -> wordings of terms in a language.

The ontology's synonyms are not how clinicians and families put it, and its official translations have one label a term
and no synonyms. These tables add what people write for the commonest terms; docs/sources.md says how they are made. One
row per wording: ``term_id, wording``, below the head of all the project's tables (``kg.sources.tables``).
"""

from __future__ import annotations

from pathlib import Path

from kg.sources.tables import load_table

COLUMNS = ("term_id", "wording")
FACTS = Path(__file__).parents[1] / "facts"


def bundled_wordings(language: str) -> Path:
    """The table of a language: ``en``, ``zh`` or ``es``."""
    return FACTS / f"wordings_{language}.tsv"


def load_wordings(path: Path) -> tuple[tuple[str, str], ...]:
    """Term id and wording, in the order of the file.

    Raises:
        SourceError: the file is missing or is no such table.
    """
    return load_table(
        path, "wordings", COLUMNS, lambda _, rows: tuple((row["term_id"], row["wording"]) for row in rows)
    )
