"""Treatments and risk as public JSON: the same for the command line, the web API and MCP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kg.cautions import CheckedCaution
from kg.decisive import DecisiveFinding
from kg.graph import KnowledgeGraph
from kg.schema import Provenance
from kg.scores import Assessment, Publication
from kg.sources.scores import ScoreTable
from kg.treatments import Treatment, TreatmentReview
from retrieval.patient import PatientRecord
from retrieval.risk import DiseaseRisk, FilledInput
from ui.answer_json import finding_json, person_json
from ui.care import MORE_SOURCES, RiskReview, knowledge_of
from ui.statements import NO_SOURCE, NOT_COUNTED

_N_TESTS = 4


def treatments_json(graph: KnowledgeGraph, review: TreatmentReview, patient: PatientRecord) -> dict[str, Any]:
    """What the sources say about treating a disease in a patient."""
    disease = review.disease
    return {
        "disease": {
            "name": disease.name,
            "id": disease.disease_ids[0] if disease.disease_ids else None,
            "equivalent_ids": list(disease.disease_ids),
            "common_condition": disease.condition.disease_id if disease.condition else None,
        },
        "patient": patient_json(graph, patient),
        "treatments": [treatment_json(graph, t) for t in review.treatments],
        "first_tests": [{"name": f.name, "citations": _citations([f.provenance])} for f in review.first_tests],
        "decisive_findings": [_decisive_json(graph, d) for d in review.decisive],
        "pages": [{"name": graph.relations.concept(p.object_id).name, "url": p.object_id} for p in review.pages],
        "unchecked": list(review.unknown),
        "note": None if review.has_treatment_sources else MORE_SOURCES,
        "versions": graph.versions,
    }


def treatment_json(graph: KnowledgeGraph, treatment: Treatment) -> dict[str, Any]:
    """One treatment; ``cautions`` is empty, and ``caution_note`` says so, where no source was found that checks it."""
    return {
        "name": treatment.name,
        "id": treatment.concept_id,
        "kind": str(treatment.kind),
        "withheld": treatment.is_withheld,
        "disputed": treatment.is_disputed,
        "for_findings": [{"id": t, "label": graph.ontology.name(t)} for t in treatment.term_ids],
        "notes": list(treatment.notes),
        "cautions": [
            *(_caution_json(c) for c in treatment.cautions),
            *(
                {
                    "says": "avoid",
                    "about": treatment.name,
                    "when": graph.diseases[r.object_id].name,
                    "applies": True,
                    "reason": r.note,
                    "citations": _citations([r.provenance]),
                }
                for r in treatment.contraindications
            ),
        ],
        "caution_note": None if treatment.cautions or treatment.contraindications else NO_SOURCE,
        "citations": _citations(treatment.provenance),
    }


def _caution_json(checked: CheckedCaution) -> dict[str, Any]:
    caution = checked.caution
    return {
        "says": str(caution.weight),
        "about": caution.treatment,
        "when": " and ".join(map(str, caution.when)),
        "applies": checked.applies,
        "reason": caution.reason,
        "citations": _citations([caution.provenance]),
    }


def _decisive_json(graph: KnowledgeGraph, decisive: DecisiveFinding) -> dict[str, Any]:
    a = decisive.association
    return {
        "id": a.term_id,
        "label": graph.ontology.name(a.term_id),
        "frequency": None if a.frequency is None else str(a.frequency),
        "tests": [
            {
                "id": t.subject_id,
                "name": graph.relations.concept(t.subject_id).name,
                "observes": t.object_id,
                "citations": _citations([t.provenance]),
            }
            for t in decisive.tests[:_N_TESTS]
        ],
        "citations": _citations(a.provenance),
    }


def risk_json(graph: KnowledgeGraph, review: RiskReview, table: ScoreTable) -> dict[str, Any]:
    """Risk factors by disease, and published scores."""
    return {
        "patient": patient_json(graph, review.patient),
        "risk_factors": [_risk_json(r) for r in review.risks],
        "n_diseases": review.n_risks,
        "scores": [assessment_json(a, review.inputs, table) for a in review.assessments],
        "note": NOT_COUNTED,
        "versions": graph.versions,
    }


def _risk_json(risk: DiseaseRisk) -> dict[str, Any]:
    return {
        "disease": {"id": risk.disease_id, "name": risk.disease},
        "n_known": risk.n_known,
        "factors": [
            {"factor": m.factor.name, "told": m.told, "citations": _citations([m.factor.provenance])}
            for m in risk.matched
        ],
    }


def assessment_json(assessment: Assessment, inputs: Mapping[str, FilledInput], table: ScoreTable) -> dict[str, Any]:
    """One score of a patient; points and risk are ranges until all inputs are known."""
    score = assessment.score
    used = [inputs[name] for name in score.names() if name in inputs]
    return {
        "id": score.score_id,
        "name": score.name,
        "predicts": score.predicts,
        "population": score.population,
        "complete": assessment.is_complete,
        "not_applicable": [str(c) for c in assessment.unmet],
        "points": list(assessment.total) if assessment.total else None,
        "risk_percent": assessment.risk,
        "bands": [
            {
                "from": b.low,
                "to": b.high,
                "label": b.label,
                "risk_percent": b.risk,
                "interval_95": None if b.interval is None else list(b.interval),
                "n": b.n,
            }
            for b in assessment.bands
        ],
        "items": [{"text": i.text, "points": [i.low, i.high]} for i in assessment.items],
        "inputs": [{"name": f.name, "value": f.value, "from": f.source} for f in used],
        "missing": [
            {"name": n, "text": table.inputs[n].label, "expected": table.inputs[n].expected} for n in assessment.missing
        ],
        "citations": _publications([score.publication, score.risk_publication]),
    }


def patient_json(graph: KnowledgeGraph, patient: PatientRecord) -> dict[str, Any]:
    """What is known of the patient, and in which words it was told."""
    known = patient.values(knowledge_of(graph).circumstances, graph.ontology)
    return {
        **person_json(patient.person),
        "findings": [finding_json(f) for f in patient.findings],
        "circumstances": [
            {"name": name, "value": value, "quote": patient.quote_of(name)}
            for name, value in known.items()
            if name not in ("age", "sex")
        ],
        "diseases": sorted(patient.told.diseases),
        "drugs": sorted(patient.told.drugs),
    }


def _citations(provenance: Iterable[Provenance]) -> list[dict[str, Any]]:
    return [{"source": p.source, "version": p.version, "id": p.reference, "url": p.url} for p in provenance]


def _publications(publications: Iterable[Publication]) -> list[dict[str, Any]]:
    return [{"text": p.cite, "id": p.reference, "doi": p.doi or None} for p in dict.fromkeys(publications)]
