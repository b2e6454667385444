"""Translations of a few terms, written into a data folder as the publisher has them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kg.translations import Language

COLUMNS = (
    "source_language",
    "translation_language",
    "subject_id",
    "predicate_id",
    "source_value",
    "translation_value",
    "translation_status",
)


def write_babelon(folder: Path, language: Language, labels: Mapping[str, str]) -> Path:
    """The file of official labels by term id, where the manifest has it."""
    path = folder / "hpo" / f"hp-{language}.babelon.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [COLUMNS]
    rows += [
        ("en", str(language), term_id, "rdfs:label", term_id, label, "OFFICIAL") for term_id, label in labels.items()
    ]
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return path
