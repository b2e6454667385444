"""The table of diseases that befall one sex (TSV) -> ``FemaleShare`` records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kg.schema import Provenance
from kg.sources.tables import Rows, load_table

COLUMNS = ("name", "female_share")
BUNDLED = Path(__file__).parents[1] / "facts" / "sexes.tsv"
"""The project's own, from general knowledge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FemaleShare:
    """How many of a disease's patients are female, about."""

    name: str
    """Of its entries; ``*`` stands for any words, as in "Spermatogenic failure*"."""
    share: float
    """Above 0, below 1: nothing is so rare that a registered sex could rule it out."""

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(f"expected 0 < female_share < 1, got {self.share} of {self.name}")


def load_female_shares(path: Path = BUNDLED) -> tuple[FemaleShare, ...]:
    """All records, in the order of the file. Raises SourceError: the file is missing or is no such table."""

    def build(_: Provenance, rows: Rows) -> tuple[FemaleShare, ...]:
        return tuple(FemaleShare(name=row["name"], share=float(row["female_share"])) for row in rows)

    return load_table(path, "sexes", COLUMNS, build)
