"""The public JSON of an answer."""

import io
import json
from dataclasses import replace

from rich.console import Console

from kg.common_schema import Setting, Urgency
from kg.schema import Finding, Provenance
from kg.translations import Language
from llm.schema import Claim, Diagnosis, Differential, Question, RemovedClaim
from retrieval.demographics import demographics_of
from retrieval.schema import Evidence, EvidenceKind, RedFlag, UrgentCondition
from tests.ui.fakes import COMMENTARY
from ui.answer_json import differential_json
from ui.page.words import Words
from ui.report import report_markdown
from ui.terminal import show_differential

SEIZURE = Finding(term_id="HP:0001250", label="Seizure", quote="fits", start=8, end=12)
CLAIM = Claim(text="Seizures are known.", supports=True, evidence_ids=("E1",), disease_id="OMIM:312750")


PAGE = Provenance(source="facts", version="1", reference="https://example.org/storm", licence="L")
STORM = UrgentCondition(
    disease_id="DOID:8",
    name="Zorb storm",
    urgency=Urgency.EMERGENCY,
    probability=0.25,
    present=(RedFlag(term_id="HP:0001250", label="Seizure", provenance=PAGE),),
    to_ask=(RedFlag(term_id="HP:0001945", label="Fever", provenance=PAGE),),
)
URGENT = Differential(findings=(SEIZURE,), diagnoses=(), evidence=(), setting=Setting.EMERGENCY, urgent=(STORM,))


def test_what_must_not_be_missed_is_told_with_its_red_flags():
    public = differential_json(URGENT)
    said = {"reference": PAGE.reference, "url": "https://example.org/storm"}
    assert public["setting"] == "emergency"
    assert public["urgent"] == [
        {
            "id": "DOID:8",
            "name": "Zorb storm",
            "urgency": "emergency",
            "probability": 0.25,
            "red_flags_present": [{"id": "HP:0001250", "label": "Seizure", **said}],
            "red_flags_to_ask": [{"id": "HP:0001945", "label": "Fever", **said}],
        }
    ]


def test_what_must_not_be_missed_stands_before_the_differential():
    console = Console(record=True, width=200, file=io.StringIO())
    show_differential(console, URGENT)
    text = console.export_text()
    assert "! Zorb storm  emergency, 25.0%" in text
    assert "red flags here: Seizure (https://example.org/storm)" in text
    assert "ask for: Fever" in text
    assert text.index("Don’t miss") < text.index("Differential")
    show_differential(console, URGENT, Words(language=Language.SPANISH))
    text = console.export_text()
    assert "! Zorb storm  emergencia, 25.0%" in text
    assert "signos de alarma en este caso: Seizure (https://example.org/storm)" in text
    assert text.index("No pasar por alto") < text.index("Diagnóstico diferencial")
    report = report_markdown(URGENT)
    assert "Zorb storm: emergency, 25.0%" in report.replace("\\", "")
    assert report.index("Don") < report.index("Zorb storm")


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
        "setting": "genetics-clinic",
        "urgent": [],
        "findings": [
            {
                "id": "HP:0001250",
                "label": "Seizure",
                "excluded": False,
                "uncertain": False,
                "asked": False,
                "quote": "fits",
                "start": 8,
                "end": 12,
            }
        ],
        "diagnoses": [
            {
                "rank": 1,
                "id": "OMIM:312750",
                "equivalent_ids": ["OMIM:312750", "ORPHA:778"],
                "name": "Rett syndrome",
                "probability": 0.75,
                "types": None,
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


def test_types_of_one_disease_are_told_together():
    names = ("Noonan syndrome 4", "Costello syndrome", "Noonan syndrome 1", "7")
    diagnoses = tuple(
        Diagnosis(disease_id=f"OMIM:{rank}", name=name, rank=rank, probability=share, claims=())
        for rank, (name, share) in enumerate(zip(names, (0.5, 0.2, 0.125, 0.1), strict=True), start=1)
    )
    answer = Differential(findings=(), diagnoses=diagnoses, evidence=())
    together = {"ids": ["OMIM:1", "OMIM:3"], "probability": 0.625}
    assert [d["types"] for d in differential_json(answer)["diagnoses"]] == [together, None, None, None]
    console = Console(width=200)
    with console.capture() as captured:
        show_differential(console, answer)
    assert "1. Noonan syndrome 4  50.0%  2 types: 62.5%  OMIM:1" in captured.get()
    assert "2. Costello syndrome  20.0%  OMIM:2" in captured.get()
    assert "Noonan syndrome 4: 50.0% (2 listed types together: 62.5%)" in report_markdown(answer).replace("\\", "")


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
