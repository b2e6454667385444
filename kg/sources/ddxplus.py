"""DDXPlus (English): 49 conditions with their symptoms and antecedents, as questions to a patient.

Source: Fansi Tchango et al., NeurIPS 2022, arXiv:2205.09148; doi:10.6084/m9.figshare.22687585; CC BY 4.0.
The release names conditions by words; the project's own table says which entry each is (``kg/facts``). A symptom
here is that the question can be answered with yes in the condition: how often, the release does not say. An antecedent
of all conditions (travel) is a question to everybody, and no risk factor of any.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from kg.schema import Concept, ConceptKind, Relation, RelationKind
from kg.sources.delimited import read_lines, refuse
from kg.sources.records import SetFiles, SourceFile, SourceRecords, Symptom, SymptomStatement
from kg.sources.tables import load_table

PREFIX = "DDXPLUS:"
COLUMNS = ("condition", "disease_id", "label", "note")
BUNDLED = Path(__file__).parents[1] / "facts" / "ddxplus_conditions.tsv"
"""The project's own table: which disease entry a condition is; ``note`` says where the fit is not exact."""

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A question to the patient."""

    evidence_id: str
    """``DDXPLUS:E_201``"""
    group_id: str
    """The question that must be answered with yes before this one makes sense; its own id for most."""
    question: str
    is_antecedent: bool
    """Whether it asks for history and habits rather than for a symptom."""
    data_type: str
    """``B`` yes or no, ``C`` one of several values, ``M`` any of several values."""
    values: tuple[tuple[str, str], ...] = ()
    """Code and meaning of each value that is given in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition and the questions that may be answered with yes in it."""

    name: str
    icd10: str
    severity: int
    """1, most severe, to 5."""
    symptom_ids: tuple[str, ...]
    antecedent_ids: tuple[str, ...]


def read_evidences(file: SourceFile) -> tuple[Evidence, ...]:
    """The questions of ``release_evidences.json``. Raises SourceError."""
    return _read(file, _evidence)


def read_conditions(file: SourceFile) -> tuple[Condition, ...]:
    """The conditions of ``release_conditions.json``. Raises SourceError."""
    return _read(file, _condition)


def asked_of_all(conditions: Sequence[Condition]) -> frozenset[str]:
    """Antecedents of all conditions: questions to everybody, which speak for none."""
    asked = [frozenset(c.antecedent_ids) for c in conditions]
    return frozenset.intersection(*asked) if len(asked) > 1 else frozenset()


def load_condition_entries(path: Path = BUNDLED) -> dict[str, tuple[str, str]]:
    """Name of a condition -> id and name of the disease entry. Raises SourceError."""
    return load_table(
        path, "conditions", COLUMNS, lambda _, rows: {r["condition"]: (r["disease_id"], r["label"]) for r in rows}
    )


def load_ddxplus(files: SetFiles) -> SourceRecords:
    """Read ``ddxplus-conditions`` and ``ddxplus-evidences``. Raises SourceError."""
    evidences = {e.evidence_id: e for e in read_evidences(files["ddxplus-evidences"])}
    file, entries = files["ddxplus-conditions"], load_condition_entries()
    statements, relations = [], []
    conditions = read_conditions(file)
    of_all = asked_of_all(conditions)
    for condition in conditions:
        if condition.name not in entries:
            refuse(file, f"it has the condition {condition.name!r}, which {BUNDLED.name} does not know")
        disease_id, _ = entries[condition.name]
        for evidence_id in (*condition.symptom_ids, *condition.antecedent_ids):
            if evidence_id not in evidences:
                refuse(file, f"{condition.name} names {evidence_id}, which is not in {files['ddxplus-evidences'].path}")
        statements += [
            SymptomStatement(disease_id=disease_id, symptom_id=s, provenance=file.provenance)
            for s in condition.symptom_ids
        ]
        relations += [
            Relation(subject_id=disease_id, kind=RelationKind.RISK_FACTOR, object_id=a, provenance=file.provenance)
            for a in condition.antecedent_ids
            if a not in of_all
        ]
    asked = {r.object_id for r in relations}
    return SourceRecords(
        names=dict(entries.values()),
        symptoms=tuple(_symptom(e) for e in evidences.values()),
        symptom_statements=tuple(statements),
        concepts=tuple(
            Concept(concept_id=e.evidence_id, name=e.question, kind=ConceptKind.RISK_FACTOR)
            for e in evidences.values()
            if e.evidence_id in asked
        ),
        relations=tuple(relations),
    )


def _read(file: SourceFile, build: Callable[[Mapping[str, Any]], Read]) -> tuple[Read, ...]:
    text = "".join(line for _, line in read_lines(file))
    try:
        return tuple(build(entry) for entry in json.loads(text).values())
    except json.JSONDecodeError as error:
        refuse(file, f"it is no JSON, or cut off ({error.msg})", error.lineno, error)
    except KeyError as error:
        refuse(file, f"an entry has no field {error}", cause=error)
    except (ValueError, TypeError, AttributeError) as error:
        refuse(file, f"it is not laid out as the English release of DDXPlus ({error})", cause=error)


def _evidence(entry: Mapping[str, Any]) -> Evidence:
    return Evidence(
        evidence_id=PREFIX + entry["name"],
        group_id=PREFIX + entry["code_question"],
        question=entry["question_en"],
        is_antecedent=bool(entry["is_antecedent"]),
        data_type=entry["data_type"],
        values=tuple((code, meaning["en"]) for code, meaning in entry["value_meaning"].items()),
    )


def _condition(entry: Mapping[str, Any]) -> Condition:
    return Condition(
        name=entry["cond-name-eng"],
        icd10=entry["icd10-id"].upper(),
        severity=int(entry["severity"]),
        symptom_ids=_ids(entry["symptoms"]),
        antecedent_ids=_ids(entry["antecedents"]),
    )


def _ids(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(PREFIX + name for name in names)


def _symptom(evidence: Evidence) -> Symptom:
    return Symptom(symptom_id=evidence.evidence_id, name=evidence.question)
