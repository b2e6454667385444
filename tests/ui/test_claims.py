"""Claims in the page's language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.schema import Association, Finding, Frequency, Predicate, Provenance
from kg.translations import Language
from llm.schema import Claim, Differential
from retrieval.schema import Evidence, EvidenceKind
from tests.ui.fakes import FakeAssistant
from ui.page.claims import claim_text
from ui.page.words import Words

SEIZURE = Finding(term_id="HP:0001250", label="Seizure", quote="fits", start=8, end=12)
ENGLISH = Words()
IN_CHINESE = Words(language=Language.CHINESE, label_of=FakeAssistant().label)
IN_SPANISH = Words(language=Language.SPANISH, label_of=FakeAssistant().label)


def annotated(term_id: str, frequency: Frequency | None, *, excluded: bool = False) -> Evidence:
    source = Provenance(source="s", version="1", reference="PMID:1", licence="l")
    association = Association(
        disease_id="OMIM:1",
        predicate=Predicate.PHENOTYPE,
        term_id=term_id,
        excluded=excluded,
        frequency=frequency,
        provenance=(source,),
    )
    return Evidence(
        evidence_id="E1",
        kind=EvidenceKind.ANNOTATION,
        text="t",
        disease_id="OMIM:1",
        term_ids=(term_id,),
        provenance=(),
        association=association,
    )


@pytest.mark.parametrize(
    ("evidence", "supports", "chinese", "spanish"),
    [
        (
            annotated("HP:0001250", Frequency.counts(3, 4)),
            True,
            "癫痫发作：本病 4 名患者中 3 名有",
            "Convulsiones: 3 de 4 pacientes",
        ),
        (
            annotated("HP:0001250", Frequency(low=0.8, high=0.99, label="x")),
            True,
            "癫痫发作：见于 80%–99% 的本病患者",
            "Convulsiones: del 80% al 99% de los pacientes",
        ),
        (
            annotated("HP:0001250", Frequency(low=0.5, high=0.5)),
            True,
            "癫痫发作：见于 50% 的本病患者",
            "Convulsiones: 50% de los pacientes",
        ),
        (
            annotated("HP:0001250", None, excluded=True),
            False,
            "癫痫发作：此患者有，据报本病没有",
            "Convulsiones: presente en este paciente; descrito como ausente en esta enfermedad",
        ),
        (
            annotated("HP:0012171", None),
            True,
            "癫痫发作：注释为“刻板手部绞扭”，见于本病",
            "Convulsiones: anotado como «Stereotypical hand wringing»; conocido en esta enfermedad",
        ),
    ],
)
def test_a_claim_is_worded_anew_from_what_it_cites(evidence, supports, chinese, spanish):
    claim = Claim(text="English", supports=supports, evidence_ids=("E1",), disease_id="OMIM:1", term_id="HP:0001250")
    answer = Differential(findings=(SEIZURE,), diagnoses=(), evidence=(evidence,))
    assert claim_text(claim, answer, IN_CHINESE) == chinese
    assert claim_text(claim, answer, IN_SPANISH) == spanish
    assert claim_text(claim, answer, ENGLISH) == "English"
    assert claim_text(replace(claim, by_model=True), answer, IN_CHINESE) == "English"  # a model's own words
    assert claim_text(claim, replace(answer, evidence=()), IN_CHINESE) == "English"


def test_words_of_the_story_stay_as_the_passages_have_them():
    said = "Words of the story also in this disease's description: “tight chest”, “wheeze”"
    claim = Claim(text=said, supports=True, evidence_ids=("E1",), disease_id="OMIM:1")
    passage = replace(annotated("HP:0001250", None), kind=EvidenceKind.PASSAGE, association=None, term_ids=())
    answer = Differential(findings=(SEIZURE,), diagnoses=(), evidence=(passage,))
    assert claim_text(claim, answer, IN_CHINESE) == "病史中的用词见于关于本病的文字：“tight chest”、“wheeze”"
    assert claim_text(claim, answer, ENGLISH) == said


def test_what_is_expected_and_what_is_absent_is_said_in_chinese_too():
    claim = Claim(text="x", supports=False, evidence_ids=("E1",), disease_id="OMIM:1", term_id="HP:0001250")
    answer = Differential(findings=(), diagnoses=(), evidence=(annotated("HP:0001250", Frequency.counts(1, 2)),))
    assert claim_text(claim, answer, IN_CHINESE) == "本病常见而未提及：癫痫发作：本病 2 名患者中 1 名有"
    answer = replace(answer, findings=(replace(SEIZURE, excluded=True),))
    assert claim_text(claim, answer, IN_CHINESE) == "癫痫发作：此患者没有，本病 2 名患者中 1 名有"


def test_a_risk_factor_is_told_in_chinese_too():
    claim = Claim(text="English", supports=True, evidence_ids=("E1",), disease_id="OMIM:1", term_id="HP:0001250")
    stated = replace(annotated("HP:0001250", None), kind=EvidenceKind.FACT, association=None)
    answer = Differential(findings=(SEIZURE,), diagnoses=(), evidence=(stated,))
    assert claim_text(claim, answer, IN_CHINESE) == "癫痫发作：本病的危险因素"
    assert claim_text(claim, answer, ENGLISH) == "English"
    told = replace(claim, text="Smoking (“pack a day”) makes it likelier: a risk factor is smoking", term_id=None)
    assert claim_text(told, answer, IN_CHINESE) == "“pack a day”：本病的危险因素"
