"""Babelon tables (TSV) -> ``Translation`` records: labels of ontology terms in another language.

Format: https://github.com/monarch-initiative/babelon. Source: https://github.com/obophenotype/hpo-translations.
Promise: every row that carries a usable translation of a label, in the order of the file. Official and candidate
translations are usable: a candidate is a person's wording that waits for review, and a reader gains more from it than
from silence. ``NOT_TRANSLATED`` rows hold the English text or a machine's draft and are left out.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from kg.errors import SourceError, reason_of

USABLE = frozenset({"OFFICIAL", "CANDIDATE"})
LABEL = "rdfs:label"
COLUMNS = ("subject_id", "predicate_id", "translation_language", "translation_value", "translation_status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """One term's label in one language."""

    term_id: str
    language: str
    """As BCP 47 has it: ``zh``, ``es``."""
    label: str
    status: str
    """``OFFICIAL`` or ``CANDIDATE``."""


def load_babelon(path: Path) -> tuple[Translation, ...]:
    """All usable labels.

    Raises:
        SourceError: the file is missing, is no Babelon table, or holds no usable label.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            missing = set(COLUMNS) - set(rows.fieldnames or ())
            if missing:
                raise SourceError(f"{path} is not a Babelon table: it has no column {', '.join(sorted(missing))}")
            records = tuple(_translation(row) for row in rows if _is_usable(row))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"cannot read the translations {path}: {reason_of(error)}") from error
    if not records:
        raise SourceError(f"{path} holds no translated label: fetch it again")
    return records


def _is_usable(row: dict[str, str | None]) -> bool:
    is_label = row["predicate_id"] == LABEL and row["translation_status"] in USABLE
    return is_label and bool((row["translation_value"] or "").strip())


def _translation(row: dict[str, str]) -> Translation:
    return Translation(
        term_id=row["subject_id"],
        language=row["translation_language"],
        label=row["translation_value"].strip(),
        status=row["translation_status"],
    )
