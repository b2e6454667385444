"""The project's own tables of circumstances, groups of drugs and cautions (TSV) -> records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from kg.cautions import Caution, Weight
from kg.circumstances import TAKES, Circumstance, CircumstanceTable, DrugGroup
from kg.conditions import parse_conditions
from kg.errors import SourceError
from kg.schema import Provenance
from kg.sources.tables import Rows, load_table

_FACTS = Path(__file__).parents[1] / "facts"
CIRCUMSTANCES = _FACTS / "circumstances.tsv"
DRUG_GROUPS = _FACTS / "drug_groups.tsv"
CAUTIONS = _FACTS / "cautions.tsv"
_PERSON = frozenset({"age", "sex"})


@cache
def load_circumstances(circumstances: Path = CIRCUMSTANCES, groups: Path = DRUG_GROUPS) -> CircumstanceTable:
    """Read both tables. Raises SourceError."""
    columns = ("name", "factors", "term_ids", "diseases", "drugs", "wordings", "denials", "others")
    return CircumstanceTable(
        load_table(circumstances, "circumstances", columns, lambda _, rows: [_circumstance(row) for row in rows]),
        load_table(
            groups, "groups of drugs", ("group", "names", "members"), lambda _, rows: [_group(row) for row in rows]
        ),
    )


@cache
def load_cautions(path: Path = CAUTIONS) -> tuple[Caution, ...]:
    """Read the table. Raises SourceError."""
    columns = ("treatment", "when", "says", "reason", "source", "locator")
    return load_table(path, "cautions", columns, _cautions)


def require_known(cautions: Iterable[Caution], table: CircumstanceTable) -> None:
    """Refuse cautions about what is no group, or that depend on what is no circumstance. Raises SourceError."""
    known = _PERSON | set(table.circumstances) | {TAKES + name for name in table.groups}
    for c in cautions:
        if strangers := {c.treatment} - set(table.groups) | {w.name for w in c.when} - known:
            raise SourceError(f"the caution about {c.treatment} names {', '.join(sorted(strangers))}, which is unknown")


def _cautions(source: Provenance, rows: Rows) -> tuple[Caution, ...]:
    return tuple(
        Caution(
            treatment=row["treatment"],
            when=parse_conditions(row["when"]),
            weight=Weight(row["says"]),
            reason=row["reason"],
            provenance=replace(source, reference=row["source"]),
            locator=row["locator"],
        )
        for row in rows
    )


def _circumstance(row: Mapping[str, str]) -> Circumstance:
    return Circumstance(
        name=row["name"],
        factors=_parts(row["factors"]),
        term_ids=_parts(row["term_ids"]),
        diseases=_parts(row["diseases"]),
        drugs=_parts(row["drugs"]),
        wordings=_parts(row["wordings"]),
        denials=_parts(row["denials"]),
        others=_parts(row["others"]),
    )


def _group(row: Mapping[str, str]) -> DrugGroup:
    return DrugGroup(
        name=row["group"],
        names=_parts(row["names"]),
        members=_parts(row["members"]),
        hetionet_classes=_parts(row["hetionet_classes"]),
    )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)
