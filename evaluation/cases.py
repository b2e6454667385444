"""Benchmark files -> cases: GA4GH phenopackets, or PhenoBrain's ``[[HPO ids], [disease ids]]``."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from evaluation.schema import Case, CaseSet, Unscored
from kg.curie import canonical, is_curie
from kg.errors import SourceError, reason_of
from kg.ontology import Ontology
from kg.schema import Finding, Patient
from kg.sources.phenopackets import load_phenopackets
from retrieval.findings import current_findings


def load_cases(path: Path, ontology: Ontology) -> CaseSet:
    """Read a folder or zip of phenopackets, or a PhenoBrain ``.json``.

    Cases without a diagnosis or without a finding that the ontology knows, repeated ids, and members that cannot be
    read are unscored.

    Raises:
        SourceError: the file is missing or of another format.
    """
    if path.suffix == ".json" and path.is_file():
        return build_case_set(_read_phenobrain(path), ontology)
    packets = load_phenopackets(path)
    broken = [Unscored(case_id=s.name, reason=f"cannot be read: {s.reason}") for s in packets.skipped]
    return build_case_set(packets.patients, ontology, broken)


def build_case_set(patients: Iterable[Patient], ontology: Ontology, broken: Iterable[Unscored] = ()) -> CaseSet:
    """Sort patients into cases and unscored ones."""
    cases: dict[str, Case] = {}
    unscored = list(broken)
    for patient in patients:
        findings, unknown_ids = current_findings(patient.findings, ontology)
        reason = _why_unscored(patient, findings, cases)
        if reason:
            unscored.append(Unscored(case_id=patient.patient_id, reason=reason))
            continue
        cases[patient.patient_id] = Case(
            case_id=patient.patient_id,
            findings=findings,
            gold_ids=patient.disease_ids,
            publication=next(iter(patient.references), patient.patient_id),
            sex=patient.sex,
            age=patient.age,
            unknown_ids=unknown_ids,
        )
    return CaseSet(cases=tuple(cases.values()), unscored=tuple(unscored))


def draw_cases(cases: Sequence[Case], limit: int | None, seed: int) -> tuple[Case, ...]:
    """At most ``limit`` of the cases, at random, in their order: a file's first ones often share a gene."""
    if limit is None or limit >= len(cases):
        return tuple(cases)
    drawn = random.Random(seed).sample(range(len(cases)), limit)  # noqa: S311 - a sample, not a secret
    return tuple(cases[i] for i in sorted(drawn))


def _why_unscored(patient: Patient, findings: tuple[Finding, ...], cases: dict[str, Case]) -> str | None:
    if not patient.disease_ids:
        return "no diagnosis"
    if not any(is_curie(d) for d in patient.disease_ids):
        return f"malformed disease id: {', '.join(patient.disease_ids)}"
    if patient.patient_id in cases:
        return "repeated id"
    if all(f.excluded for f in findings):
        return "no present finding that the ontology knows"
    return None


def _read_phenobrain(path: Path) -> tuple[Patient, ...]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return tuple(
            Patient(
                patient_id=f"{path.stem}-{number}",
                findings=tuple(Finding(term_id=canonical(t), label="") for t in terms),
                disease_ids=tuple(canonical(d) for d in diseases),
            )
            for number, (terms, diseases) in enumerate(rows, start=1)
        )
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SourceError(f"{path} is not a list of [[HPO ids], [disease ids]]: {reason_of(error)}") from error
