"""Reference ranges: what is too low, normal and too high for a measured value, by specimen, age and sex.

Promise: the rows of ``reference_ranges.tsv`` in their order, checked; a limit is where nobody would disagree.
Deliberately not done here: finding values in a text (``retrieval.measurements``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kg.sources.tables import load_table
from retrieval.demographics import Demographics, Sex

BUNDLED = Path(__file__).with_name("reference_ranges.tsv")

_BARE = re.compile(r"bare=([\d.]+)-([\d.]+)(?:\*([\d.]+))?")
_BOUNDS = ("age_from", "age_to", "low", "normal_low", "normal_high", "high")
_COLUMNS = ("analyte", "names", "specimen", "unit", "other_units", "sex", *_BOUNDS, "low_id", "high_id", "normal_id")
_COUNT_UNITS = {
    **dict.fromkeys(("/ul", "/mm3", "/mm", "/cumm", "/cmm", "cells/ul", "cells/mm3", "cells/mm"), 1.0),
    **dict.fromkeys(
        ("10^9/l", "109/l", "10e9/l", "g/l", "k/ul", "k/mm3", "10^3/ul", "103/ul", "10^3/mm3", "103/mm3"), 1e3
    ),
    **dict.fromkeys(("thousand/ul", "thousand/mm3", "thou/ul"), 1e3),
}
_YOUNGEST_PRESUMED = 12  # years; ranges from a later age on need an age that is told


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRange:
    """One row of the table: limits in the row's own unit, each None where there is none."""

    analyte: str
    names: tuple[str, ...]
    specimen: str
    """``blood``, ``csf``, ``urine`` or ``body``."""
    factors: Mapping[str, float]
    """Unit -> what to multiply a value by; the empty unit where a bare number is clear."""
    bare: tuple[tuple[float, float, float], ...]
    """Where a number without a unit fits one unit only: least, most, and what to multiply it by. Empty: any plausible
    number in the row's unit, if ``factors`` has the empty unit."""
    sex: Sex | None
    age_from: float | None
    age_to: float | None
    """Years; None means any age, known or not."""
    low: float | None
    """This and below is too low."""
    normal_low: float | None
    normal_high: float | None
    high: float | None
    """This and above is too high."""
    low_id: str
    high_id: str
    normal_id: str
    """Terms for too low, too high, and what a normal value rules out; empty for none."""

    def holds_for(self, patient: Demographics, *, is_grown: bool = False) -> bool:
        """Whether the row speaks of such a patient; of an unknown age or sex only rows that need none do.

        Args:
            patient: age and sex.
            is_grown: of a patient of unknown age, whether no child is told of; then rows for all but the youngest do.
        """
        if self.sex is not None and self.sex != patient.sex:
            return False
        if patient.years is None and is_grown and self.age_to is None and (self.age_from or 0) <= _YOUNGEST_PRESUMED:
            return True
        if self.age_from is None and self.age_to is None:
            return True
        years = patient.years
        return years is not None and (self.age_from or 0) <= years and (self.age_to is None or years < self.age_to)


@cache
def load_reference_ranges(path: Path = BUNDLED) -> tuple[ReferenceRange, ...]:
    """The table, in its order: of several rows for one name the first that holds for the patient counts.

    Raises:
        SourceError: the table cannot be read or has a row that is none.
    """
    return load_table(
        path,
        "reference ranges",
        _COLUMNS,
        lambda _, rows: tuple(_parse_row(row) for row in rows),
    )


def _parse_row(row: Mapping[str, str]) -> ReferenceRange:
    factors = {plain_unit(row["unit"]): 1.0}
    bare = []
    for other in filter(None, row["other_units"].split("|")):
        if told := _BARE.fullmatch(other):
            bare.append((float(told[1]), float(told[2]), float(told[3] or 1)))
        elif other == "counts":
            factors |= _COUNT_UNITS | {"": 1.0}
        elif other == "none":
            factors[""] = 1.0
        else:
            unit, factor = other.rsplit("=", 1)
            factors[plain_unit(unit)] = float(factor)
    bounds = {name: float(row[name]) if row[name] else None for name in _BOUNDS}
    return ReferenceRange(
        analyte=row["analyte"],
        names=tuple(row["names"].split("|")),
        specimen=row["specimen"],
        factors=factors,
        bare=tuple(bare),
        sex=Sex(row["sex"].upper()) if row["sex"] else None,
        low_id=row["low_id"],
        high_id=row["high_id"],
        normal_id=row["normal_id"],
        **bounds,
    )


def plain_unit(unit: str) -> str:
    """A unit as the table's are compared: "×10⁹/L" and "10^9/l" are one."""
    plain = unit.replace("℃", "c").replace("℉", "f").casefold().replace("²", "2").replace("³", "3").replace("⁹", "9")
    plain = re.sub(r"[\s×*·°]|^x(?=\s?10)|degrees?", "", plain).replace("µ", "u").replace("μ", "u").replace("per", "/")
    return plain.removeprefix("x").replace("mmhg", "")
