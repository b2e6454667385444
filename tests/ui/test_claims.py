"""Claims in the page's language."""

from __future__ import annotations

import pytest

from kg.phrases import joined, phrase, term_name
from kg.schema import Association, Frequency, Predicate, Provenance
from kg.translations import Language
from llm.schema import Claim
from retrieval.evidence import word_how_often
from tests.ui.fakes import FakeAssistant
from tests.ui.seen import Page
from ui.page.claims import claim_lists
from ui.page.words import Words

IN_CHINESE = Words(language=Language.CHINESE, label_of=FakeAssistant().label)
IN_SPANISH = Words(language=Language.SPANISH, label_of=FakeAssistant().label)
SEIZURE = term_name("HP:0001250", "Seizure")


def how_often(frequency: Frequency | None, *, excluded: bool = False, sex: str | None = None) -> str:
    association = Association(
        disease_id="OMIM:1",
        predicate=Predicate.PHENOTYPE,
        term_id="HP:0001250",
        excluded=excluded,
        frequency=frequency,
        provenance=(Provenance(source="s", version="1", reference="PMID:1", licence="l"),),
        sex=sex,
    )
    return word_how_often(association)


@pytest.mark.parametrize(
    ("how", "spanish", "chinese"),
    [
        (how_often(Frequency.counts(3, 4)), "se ve en 3 de 4 pacientes", "见于 4 名患者中 3 名"),
        (how_often(Frequency.counts(1, 1)), "se ve en 1 de 1 paciente", "见于 1 名患者中 1 名"),
        (
            how_often(Frequency(low=0.8, high=0.99, label="Very frequent")),
            "se ve en 80% a 99% de los pacientes (muy frecuente)",
            "见于 80%–99% 的患者（很常见）",
        ),
        (how_often(Frequency(low=0.5, high=0.5)), "se ve en 50% de los pacientes", "见于 50% 的患者"),
        (how_often(None, sex="MALE"), "consta en pacientes varones", "在男性患者中有报道"),
        (how_often(None, excluded=True), "consta como ausente", "据报没有"),
        (
            how_often(Frequency.counts(0, 5), excluded=True),
            "consta como ausente (0 de 5 pacientes)",
            "据报没有（5 名患者中 0 名）",
        ),
    ],
)
def test_how_often_a_finding_is_seen(how, spanish, chinese):
    text = phrase("{label} is {how}", label=SEIZURE, how=how)
    assert IN_SPANISH.said(text) == f"Convulsiones: {spanish}"
    assert IN_CHINESE.said(text) == f"癫痫发作：{chinese}"
    assert Words().said(text) == f"Seizure is {how}"


def test_words_of_the_story_stay_as_the_passages_have_them():
    words = joined(["“tight chest”", "“wheeze”"], ", ")
    said = phrase("Words of the story also in this disease's description: {words}", words=words)
    assert IN_CHINESE.said(said) == "病史中的用词见于关于本病的文字：“tight chest”、“wheeze”"


def test_a_models_own_words_stay_as_they_are():
    claims = [
        Claim(text="It <b>fits</b>", supports=True, evidence_ids=("E1",), disease_id="OMIM:1", by_model=True),
        Claim(text=phrase("no {finding}", finding=SEIZURE), supports=False, evidence_ids=("E2",), disease_id="OMIM:1"),
    ]
    assert Page(claim_lists(claims, IN_SPANISH)).text == (
        "A favorIt <b>fits</b> [E1]En contraConvulsiones (ausente) [E2]"
    )
