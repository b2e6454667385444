"""Which HPO term a symptom of another vocabulary is.

In this order: what the project's own table says (a person looked); the name; an exact synonym; a cross reference that
the HPO itself has; the project's own wordings. Each counts only where it points at one finding. What is left is listed,
never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kg.equivalence import name_key
from kg.ontology import PHENOTYPIC_ABNORMALITY, Ontology
from kg.sources.records import Symptom
from kg.sources.tables import load_table

COLUMNS = ("symptom_id", "label", "term_id", "term_label", "note")
BUNDLED = Path(__file__).parent / "facts" / "symptom_terms.tsv"
"""The project's own table; an empty ``term_id`` says that a person looked, and found none."""


class MappedBy(StrEnum):
    """What said which term a symptom is."""

    TABLE = "table"
    NAME = "name"
    SYNONYM = "synonym"
    CROSS_REFERENCE = "cross reference"
    WORDING = "wording"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """What a person has said of a symptom."""

    label: str
    term_id: str
    note: str


class SymptomMapping:
    """Look-up of the term that a symptom is.

    Args:
        ontology: the terms.
        cross_references: term id -> ids of other vocabularies, as the HPO has them.
        wordings: term id and wording.
        table: what a person has said, by the id of the symptom.
    """

    def __init__(
        self,
        ontology: Ontology,
        cross_references: Mapping[str, Iterable[str]],
        wordings: Iterable[tuple[str, str]],
        table: Mapping[str, TableRow],
    ) -> None:
        findings = ontology.phenotypic_abnormalities - {PHENOTYPIC_ABNORMALITY}
        terms = [ontology.terms[t] for t in findings]
        self._ontology = ontology
        self._table = table
        self._by_name = _index((name_key(t.name), t.term_id) for t in terms)
        self._by_synonym = _index(
            (name_key(s.text), t.term_id) for t in terms for s in t.synonyms if s.scope == "EXACT"
        )
        self._by_reference = _index(
            (other, ontology.current_id(t))
            for t, others in cross_references.items()
            if t in ontology and ontology.current_id(t) in findings
            for other in others
        )
        self._by_wording = _index((name_key(w), t) for t, w in wordings if t in findings)

    def find(self, symptom: Symptom) -> tuple[str, MappedBy] | None:
        """The term and what said so; None where nothing points at one."""
        row = self._table.get(symptom.symptom_id)
        if row is not None:
            known = row.term_id in self._ontology  # no term said, or one of another release
            return (self._ontology.current_id(row.term_id), MappedBy.TABLE) if known else None
        names, references = [name_key(symptom.name)], symptom.other_ids
        wordings = [name_key(w) for w in (symptom.name, *symptom.synonyms)]
        for index, keys, by in (
            (self._by_name, names, MappedBy.NAME),
            (self._by_name, wordings, MappedBy.SYNONYM),
            (self._by_synonym, wordings, MappedBy.SYNONYM),
            (self._by_reference, references, MappedBy.CROSS_REFERENCE),
            (self._by_wording, wordings, MappedBy.WORDING),
        ):
            found: set[str] = set().union(*(index.get(key, set()) for key in keys))
            if len(found) == 1:
                return min(found), by
        return None

    def label(self, symptom_id: str, name: str) -> str:
        """The project's own name, where it has one: some vocabularies have only a question."""
        row = self._table.get(symptom_id)
        return row.label if row else name

    def note(self, symptom_id: str) -> str:
        """Why a person found no term, or how it falls short; empty where nobody said."""
        row = self._table.get(symptom_id)
        return row.note if row else ""


def load_symptom_table(path: Path = BUNDLED) -> dict[str, TableRow]:
    """The table by the id of the symptom.

    Raises:
        SourceError: the file is missing or is no such table.
    """
    return load_table(
        path,
        "symptoms",
        COLUMNS,
        lambda _, rows: {
            r["symptom_id"]: TableRow(label=r["label"], term_id=r["term_id"], note=r["note"]) for r in rows
        },
    )


def _index(pairs: Iterable[tuple[Hashable, str]]) -> dict[Hashable, set[str]]:
    found: dict[Hashable, set[str]] = defaultdict(set)
    for key, term_id in pairs:
        found[key].add(term_id)
    return found
