"""For whom a treatment is not, or only with caution: the project's own statements, each with the page that says so.

Promise: a caution that is not known to apply is never taken for one that doesn't; a treatment of which no source here
says anything is told as such. Silence is no reassurance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kg.circumstances import CircumstanceTable
from kg.conditions import Conditions, Values, hold_all
from kg.schema import Provenance


class Weight(StrEnum):
    """How strongly a source speaks against a treatment."""

    AVOID = "avoid"
    CAUTION = "caution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """A page says for whom a treatment is not, or with caution."""

    treatment: str
    """Name of a group of drugs."""
    when: Conditions
    weight: Weight
    reason: str
    provenance: Provenance
    locator: str = ""
    """Words of the page at that place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCaution:
    """A caution against one patient."""

    caution: Caution
    applies: bool | None
    """None where what it depends on was not told."""
    is_of_part: bool = False
    """It is about some of the medicines that the treatment stands for: aspirin, of NSAIDs."""


def check_cautions(
    treatment: str, cautions: Iterable[Caution], values: Values, table: CircumstanceTable
) -> tuple[CheckedCaution, ...]:
    """All cautions about a treatment of this name, those that apply first, then those that may.

    Empty where no source here says for whom the treatment is not.
    """
    whole = {g.name for g in table.groups_of(treatment)}
    parts = {g.name for g in table.parts_of(treatment)}
    checked = [
        CheckedCaution(caution=c, applies=hold_all(c.when, values), is_of_part=c.treatment in parts)
        for c in cautions
        if c.treatment in whole | parts
    ]
    order = {True: 0, None: 1, False: 2}
    return tuple(sorted(checked, key=lambda c: (order[c.applies], c.caution.weight)))
