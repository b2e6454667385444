"""The tables of prevalences (TSV) <-> ``Prevalence`` records.

One row per disease: ``disease_id, low, high, reference``, shares of people and the address of the page that gives them.
One table is read from pages at hand by a program; the other, for what that lacks or has from reported patients alone,
by hand from pages of the web.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from kg.schema import Prevalence, Provenance
from kg.sources.tables import Rows, load_table, write_table

COLUMNS = ("disease_id", "low", "high", "reference")
BUNDLED = Path(__file__).parents[1] / "facts" / "prevalences.tsv"
"""The project's own table; docs/sources.md says how it is made."""
CITED_COLUMNS = ("disease_id", "label", "low", "high", "reference")
CITED = BUNDLED.with_name("cited_prevalences.tsv")
"""Read by hand."""
SHARE_COLUMNS = ("page", "disease_id", "label", "share")
FAMILY_SHARES = BUNDLED.with_name("family_shares.tsv")
"""Likewise; from general knowledge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyShare:
    """How many of the patients of a family of diseases have this one of it, about."""

    page: str
    """Address of the page on the family."""
    disease_id: str
    label: str
    """For those who read the table."""
    share: float
    """Above 0, to 1."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"expected 0 < share <= 1, got {self.share} of {self.disease_id}")


def load_prevalences(path: Path = BUNDLED) -> tuple[Prevalence, ...]:
    """All records, in the order of the file.

    Raises:
        SourceError: the file is missing or is no such table.
    """
    return load_table(path, "prevalences", COLUMNS, _read)


def load_cited_prevalences(path: Path = CITED) -> tuple[Prevalence, ...]:
    """As ``load_prevalences``, of the table that was read by hand."""
    return load_table(path, "prevalences", CITED_COLUMNS, _read)


def _read(source: Provenance, rows: Rows) -> tuple[Prevalence, ...]:
    return tuple(
        Prevalence(
            disease_id=row["disease_id"],
            low=float(row["low"]),
            high=float(row["high"]),
            provenance=replace(source, reference=row["reference"]),
        )
        for row in rows
    )


def write_prevalences(prevalences: Iterable[Prevalence], source: Provenance, path: Path) -> None:
    """Write the table; the same records give the same bytes. Raises StorageError."""
    ordered = sorted(prevalences, key=lambda p: p.disease_id)
    rows = [(p.disease_id, f"{p.low:.3g}", f"{p.high:.3g}", p.provenance.reference) for p in ordered]
    write_table(path, COLUMNS, rows, source)


def load_family_shares(path: Path = FAMILY_SHARES) -> tuple[FamilyShare, ...]:
    """All records, in the order of the file. Raises SourceError: the file is missing or is no such table."""

    def build(_: Provenance, rows: Rows) -> tuple[FamilyShare, ...]:
        return tuple(
            FamilyShare(page=row["page"], disease_id=row["disease_id"], label=row["label"], share=float(row["share"]))
            for row in rows
        )

    return load_table(path, "family shares", SHARE_COLUMNS, build)
