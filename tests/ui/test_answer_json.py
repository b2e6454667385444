"""The public JSON of an answer."""

import json
from dataclasses import replace

from kg.schema import Finding, Provenance
from llm.schema import Claim, Diagnosis, Differential, Question, RemovedClaim
from retrieval.demographics import demographics_of
from retrieval.schema import Evidence, EvidenceKind
from tests.ui.fakes import COMMENTARY
from ui.answer_json import differential_json

SEIZURE = Finding(term_id="HP:0001250", label="Seizure", quote="fits", start=8, end=12)
CLAIM = Claim(text="Seizures are known.", supports=True, evidence_ids=("E1",), disease_id="OMIM:312750")


def test_public_json():
    source = {"source": "HPO annotations", "version": "2025-01-16", "licence": "L"}
    differential = Differential(
        findings=(SEIZURE,),
        diagnoses=(
            Diagnosis(
                disease_id="OMIM:312750",
                equivalent_ids=("OMIM:312750", "ORPHA:778"),
                name="Rett syndrome",
                rank=1,
                probability=0.75,
                claims=(CLAIM,),
            ),
        ),
        evidence=(
            Evidence(
                evidence_id="E1",
                kind=EvidenceKind.ANNOTATION,
                text="Rett syndrome: seizure",
                disease_id="OMIM:312750",
                term_ids=("HP:0001250",),
                provenance=(Provenance(reference="PMID:1", **source), Provenance(reference="PMID:2", **source)),
            ),
        ),
        removed_claims=(RemovedClaim(claim=CLAIM, reason="E9 does not exist"),),
        questions=(Question(term_id="HP:0002650", text="Scoliosis?", gain=0.25),),
        person=demographics_of("FEMALE", "P3Y"),
        versions={"hpo": "2025-01-16"},
    )
    said = {"text": "Seizures are known.", "supports": True, "citations": ["E1"]}
    assert json.loads(json.dumps(differential_json(differential))) == {
        "patient": {"sex": "FEMALE", "age": "P3Y"},
        "findings": [
            {"id": "HP:0001250", "label": "Seizure", "excluded": False, "quote": "fits", "start": 8, "end": 12}
        ],
        "diagnoses": [
            {
                "rank": 1,
                "id": "OMIM:312750",
                "equivalent_ids": ["OMIM:312750", "ORPHA:778"],
                "name": "Rett syndrome",
                "probability": 0.75,
                "claims": [said],
            }
        ],
        "evidence": [
            {
                "id": "E1",
                "kind": "annotation",
                "text": "Rett syndrome: seizure",
                "source": "HPO annotations",
                "version": "2025-01-16",
                "reference": "PMID:1; PMID:2",
                "url": "https://pubmed.ncbi.nlm.nih.gov/1/",
            }
        ],
        "abstained": None,
        "commentary": None,
        "removed_claims": [{**said, "reason": "E9 does not exist"}],
        "questions": [{"id": "HP:0002650", "text": "Scoliosis?", "gain": 0.25}],
        "versions": {"hpo": "2025-01-16"},
    }


def test_what_a_language_model_adds_is_marked():
    diagnosis = Diagnosis(
        disease_id="OMIM:312750", name="Rett", rank=1, probability=0.5, claims=(CLAIM, replace(CLAIM, by_model=True))
    )
    answer = Differential(findings=(), diagnoses=(diagnosis,), evidence=(), commentary=COMMENTARY)
    told = json.loads(json.dumps(differential_json(answer)))
    said, by_model = told["diagnoses"][0]["claims"]
    assert by_model == {**said, "by_model": True}
    assert "by_model" not in said
    assert told["commentary"]["rung"] == "constrained"
    assert told["commentary"]["questions"] == [{"id": "HP:0002650", "text": "Scoliosis: present or absent?"}]
