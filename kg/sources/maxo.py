"""Annotations by the Medical Action Ontology (MAxO): actions for rare diseases, and which test observes which term.

Source: Carmody et al., Med 2023, doi:10.1016/j.medj.2023.10.003; CC BY 4.0.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from kg.schema import Concept, ConceptKind, Relation, RelationKind
from kg.sources.delimited import head_value, read_rows, refuse
from kg.sources.records import SetFiles, SourceFile, SourceRecords

_RELATIONS = {
    "treats": RelationKind.TREATS,
    "prevents": RelationKind.PREVENTS,
    "contraindicated": RelationKind.CONTRAINDICATED,
    "lack of observed response": RelationKind.NO_BENEFIT,
    "no_observed_benefit": RelationKind.NO_BENEFIT,
}
_PREDICATES = {
    "is_observable_through": RelationKind.OBSERVES,
    "is_prenatally_observable_through": RelationKind.OBSERVES_PRENATALLY,
}
_ACTION_COLUMNS = (
    "disease_id",
    "disease_name",
    "source_id",
    "maxo_id",
    "maxo_name",
    "hpo_id",
    "relation",
    "evidence",
    "extension_name",
    "comment",
)
_TEST_COLUMNS = ("hpo_id", "predicate_id", "maxo_id", "maxo_label")


def load_maxo(files: SetFiles) -> SourceRecords:
    """Read ``maxo`` and ``maxo-diagnostic``. Raises SourceError."""
    actions, tests = _read_actions(files["maxo"]), _read_tests(files["maxo-diagnostic"])
    return replace(
        actions,
        concepts=tuple({c.concept_id: c for c in (*actions.concepts, *tests.concepts)}.values()),
        relations=actions.relations + tests.relations,
    )


def _read_actions(file: SourceFile) -> SourceRecords:
    names: dict[str, str] = {}
    concepts: dict[str, Concept] = {}
    left_out: Counter[str] = Counter()
    relations = []
    for _, row in read_rows(file, _ACTION_COLUMNS, quoted=False):
        kind = _RELATIONS.get(row["relation"])
        if kind is None:
            left_out[f"actions whose relation is {row['relation'] or 'empty'!r}"] += 1
            continue
        names.setdefault(row["disease_id"], row["disease_name"])
        concepts.setdefault(row["maxo_id"], _action(row["maxo_id"], row["maxo_name"]))
        relations.append(
            Relation(
                subject_id=row["maxo_id"],
                kind=kind,
                object_id=row["disease_id"],
                term_id=row["hpo_id"] if row["hpo_id"].startswith("HP:") else None,
                evidence_code=row["evidence"],
                note="; ".join(n for n in (row["extension_name"], row["comment"]) if n),
                provenance=replace(file.provenance, reference=row["source_id"]),
            )
        )
    return SourceRecords(
        names=names,
        concepts=tuple(concepts.values()),
        relations=tuple(relations),
        left_out=dict(left_out),
    )


def _read_tests(file: SourceFile) -> SourceRecords:
    provenance = replace(file.provenance, version=head_value(file, "version"))
    concepts: dict[str, Concept] = {}
    relations = []
    for number, row in read_rows(file, _TEST_COLUMNS, quoted=False):
        if row["predicate_id"] not in _PREDICATES:
            refuse(file, f"expected {' or '.join(_PREDICATES)}, got {row['predicate_id']!r}", number)
        concepts.setdefault(row["maxo_id"], _action(row["maxo_id"], row["maxo_label"]))
        relations.append(
            Relation(
                subject_id=row["maxo_id"],
                kind=_PREDICATES[row["predicate_id"]],
                object_id=row["hpo_id"],
                provenance=provenance,
            )
        )
    return SourceRecords(concepts=tuple(concepts.values()), relations=tuple(relations))


def _action(maxo_id: str, name: str) -> Concept:
    return Concept(concept_id=maxo_id, name=name, kind=ConceptKind.ACTION)
