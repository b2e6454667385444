"""Settings of the assistant: the genetics clinic as before, and textbook emergencies in the whole graph."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from kg.common_schema import Seen, Setting
from kg.errors import NotReadyError
from kg.graph import KnowledgeGraph
from kg.schema import Disease
from kg.visits import RAREST, SHARES
from llm.assistant import NOTHING_FOUND, DiagnosisAssistant
from llm.grounding import ground
from llm.questions import askable
from llm.schema import Differential
from retrieval.candidates import FusionRanker
from retrieval.descriptions import Descriptions
from retrieval.everyday import EverydayPractice
from retrieval.lexicon import Lexicon
from retrieval.passages import Passage
from tests.toy import (
    ALPHA,
    BRITTLE,
    BRITTLE_TIP,
    LARGE,
    STRIPED,
    VERY_LARGE,
    build_extractor,
    build_model,
    linear_fusion,
    patient,
)
from tests.toy_conditions import FLU, PAGE, STORM, TABLE, with_risk

STORIES = {
    "Myocardial infarction": (
        "A 58-year-old man, a smoker with high blood pressure, has had crushing chest pain for an hour that spreads to "
        "his jaw and left arm. He is sweating, short of breath and nauseated."
    ),
    "Acute appendicitis": (
        "A 19-year-old man with abdominal pain that began around the navel and moved to the right lower abdomen, with "
        "nausea, vomiting, loss of appetite and a low fever. He has abdominal tenderness with guarding."
    ),
    "Pneumonia": (
        "A 67-year-old woman with four days of fever, chills and a cough with purulent sputum. She has chest pain on "
        "breathing in, is short of breath and breathes rapidly; there are crackles over the right lung."
    ),
    "Pulmonary embolism": (
        "A 45-year-old woman, two weeks after a knee operation, with sudden shortness of breath, sharp chest pain on "
        "breathing in, a fast heart beat and coughing up of blood. Her left calf is swollen. She fainted this morning."
    ),
    "Ischemic stroke": (
        "A 72-year-old man who suddenly could not speak and has weakness of his right arm and leg with a drooping face "
        "on the right. He is dizzy and his sight is blurred."
    ),
    "Bacterial meningitis": (
        "A 20-year-old student with a severe headache, high fever and a stiff neck since yesterday. Light hurts her "
        "eyes, she vomits and has become confused."
    ),
    "Diabetic ketoacidosis": (
        "A 16-year-old girl who has been drinking a lot and passing a lot of urine for two weeks, with weight loss. "
        "Now she has abdominal pain, vomiting, deep rapid breathing and is drowsy. Her blood sugar is high and there "
        "are ketones in the urine."
    ),
    "Ectopic pregnancy": (
        "A 28-year-old woman whose period is three weeks late has sudden pain in the lower abdomen on one side, "
        "vaginal bleeding and felt faint. She has shoulder pain."
    ),
    "Asthma": (
        "A 12-year-old boy with wheezing, a tight chest, cough at night and shortness of breath after running. He "
        "breathes fast and can hardly speak."
    ),
    "Sepsis": (
        "A 70-year-old man with a urinary infection who now has a fever with chills, is confused, breathes rapidly and "
        "has a fast heart beat. His blood pressure is low and he passes little urine."
    ),
}
"""Written before the ranking was tried on them; nothing was chosen by them."""


def toy_assistant(graph: KnowledgeGraph, **options: object) -> DiagnosisAssistant:
    extractor = build_extractor(graph)
    ranker = FusionRanker(extractor, linear_fusion(log_lr=1.0))
    return DiagnosisAssistant(extractor.model, ranker, Lexicon(graph.ontology), None, **options)


def test_the_genetics_clinic_never_loads_what_is_common(toy_graph: KnowledgeGraph):
    def refuse() -> EverydayPractice:
        raise AssertionError("loaded")

    before, now = toy_assistant(toy_graph), toy_assistant(toy_graph, load_everyday=refuse)
    findings = patient(VERY_LARGE)
    assert before.setting is Setting.GENETICS_CLINIC
    answer = now.diagnose(findings, setting=Setting.GENETICS_CLINIC)
    assert answer == before.diagnose(findings)
    assert (answer.setting, answer.urgent) == (Setting.GENETICS_CLINIC, ())


def test_another_setting_needs_what_is_common(toy_graph: KnowledgeGraph):
    with pytest.raises(NotReadyError, match="without common conditions"):
        toy_assistant(toy_graph).diagnose(patient(LARGE), setting=Setting.EMERGENCY)


def test_an_answer_tells_a_risk_factor_with_its_source(toy_graph: KnowledgeGraph):
    wide = toy_graph.with_statements(TABLE.diseases, TABLE.associations, TABLE.provenance)
    practices = [EverydayPractice(build_model(wide), table) for table in (TABLE, with_risk(TABLE))]
    answers = [
        toy_assistant(toy_graph, load_everyday=lambda p=p: p).diagnose(
            patient(STRIPED, BRITTLE_TIP), setting=Setting.EMERGENCY
        )
        for p in practices
    ]
    was, now = ({d.disease_id: d for d in answer.diagnoses} for answer in answers)
    assert now[FLU].probability > was[FLU].probability
    assert not [c for c in was[FLU].claims if c.term_id == BRITTLE_TIP]
    (claim,) = (c for c in now[FLU].claims if c.term_id == BRITTLE_TIP)
    assert (claim.supports, answers[1].removed_claims) == (True, ())
    assert claim.text.endswith("makes it likelier: a risk factor is brittle flims")
    (cited,) = (e for e in answers[1].evidence if e.evidence_id in claim.evidence_ids)
    assert (cited.reference, cited.text) == (PAGE.reference, f"Zorb flu ({FLU}): a risk factor is brittle flims.")


def with_risk_factors(toy_graph: KnowledgeGraph) -> tuple[DiagnosisAssistant, KnowledgeGraph]:
    """In an emergency department, with the graph it knows there."""
    wide = toy_graph.with_statements(TABLE.diseases, TABLE.associations, TABLE.provenance)
    practice = EverydayPractice(build_model(wide), with_risk(TABLE))
    return toy_assistant(toy_graph, setting=Setting.EMERGENCY, load_everyday=lambda: practice), wide


def flu_in(answer: Differential) -> float:
    return next(d.probability for d in answer.diagnoses if d.disease_id == FLU)


@pytest.mark.parametrize(
    ("plain", "telling", "told", "factor"),
    [
        ("His father smokes.", "He has smoked a pack a day for years.", "Smoking (“pack a day”)", "smoking"),
        ("He has no relatives.", "His father had zorb flu.", "Relative with Zorb flu (“zorb flu”)", "family history"),
    ],
)
def test_what_a_story_tells_beside_findings_is_a_claim_with_its_source(
    toy_graph: KnowledgeGraph, plain: str, telling: str, told: str, factor: str
):
    assistant, wide = with_risk_factors(toy_graph)
    was, now = (assistant.diagnose(patient(STRIPED), story=story) for story in (plain, telling))
    assert flu_in(now) > flu_in(was)
    claims = [c for a in (was, now) for d in a.diagnoses for c in d.claims if "makes it likelier" in c.text]
    assert [(c.text, c.disease_id, c.term_id, c.supports) for c in claims] == [
        (f"{told} makes it likelier: a risk factor is {factor}", FLU, None, True)
    ]
    (cited,) = (e for e in now.evidence if e.evidence_id in claims[0].evidence_ids)
    assert (cited.text, cited.reference) == (f"Zorb flu ({FLU}): a risk factor is {factor}.", PAGE.reference)
    assert now.removed_claims == ()
    (flu,) = (d for d in now.diagnoses if d.disease_id == FLU)
    other = replace(flu, claims=(replace(claims[0], text="Zorbing makes it likelier: a risk factor is zorbing"),))
    (fault,) = ground([other], now.evidence, now.findings, wide)[1]
    assert fault.reason == f"{cited.evidence_id} does not name the risk factor"


def test_a_question_about_any_disease_hears_of_the_storys_words_and_of_risk_factors(toy_graph: KnowledgeGraph):
    calm = Disease(disease_id="DOID:3", name="Zorb calm")
    wide = toy_graph.with_statements((*TABLE.diseases, calm), TABLE.associations, TABLE.provenance)
    model = build_model(wide)
    written = {FLU: "purple dusk", calm.disease_id: "mauve frost", ALPHA: "glimmer dawn"}
    texts = {model.group_index[disease_id]: text for disease_id, text in written.items()}
    passages = (Passage(title="", text=texts.get(i, ""), reference=PAGE.reference) for i in range(model.n_diseases))
    descriptions = Descriptions.build(tuple((p,) if p.text else () for p in passages))
    practice = EverydayPractice(model, with_risk(TABLE), descriptions)
    assistant = toy_assistant(toy_graph, setting=Setting.EMERGENCY, load_everyday=lambda: practice)
    findings, story = patient(STRIPED, BRITTLE_TIP), "He has a purple and mauve zorb in the frost at dusk."
    answer, by_ids = assistant.diagnose(findings, 1, story=story), assistant.diagnose(findings, 1)

    def said(name: str, differential: Differential) -> dict[str, bool | None]:
        return {s.text: s.supports for s in assistant.answer(f"why not {name}?", differential).sentences}

    flu, calm_told = said("Zorb flu", answer), said("Zorb calm", answer)
    words = "Words of the story also in this disease's description: {}."
    assert flu[words.format("“dusk”, “purple”")] is True
    label = toy_graph.ontology.name(BRITTLE_TIP)
    assert flu[f"{label} makes it likelier: a risk factor is brittle flims (likelihood ratio 3.0)."] is True
    assert not any(text.startswith("The sources do not state of it") for text in flu)
    assert calm_told[words.format("“frost”, “mauve”")] is True
    assert "The sources state no finding of Zorb calm, so it cannot be weighed." in said("Zorb calm", by_ids)


def test_an_answer_keeps_its_setting_when_it_is_read_again(toy_graph: KnowledgeGraph):
    wide = toy_graph.with_statements(TABLE.diseases, TABLE.associations, TABLE.provenance)
    practice = EverydayPractice(build_model(wide), TABLE)
    assistant = toy_assistant(toy_graph, load_everyday=lambda: practice)
    answer = assistant.diagnose(patient(LARGE), setting=Setting.EMERGENCY)
    assert {d.disease_id for d in answer.diagnoses[:2]} == {FLU, STORM}
    assert answer.versions["ranker"] == "everyday-7 emergency"
    assert [u.disease_id for u in answer.urgent] == [STORM]
    priors = {c.disease_id: c.log_prior for c in answer.candidates}
    assert priors[FLU] == pytest.approx(math.log(SHARES[Seen.VERY_COMMON] / RAREST))
    assert [c.term_id for c in answer.diagnoses[0].claims if c.supports] == [LARGE]
    assert PAGE.reference in {e.reference for e in answer.evidence}
    assert assistant.diagnose(patient(LARGE)).setting is Setting.GENETICS_CLINIC
    ranked = assistant.rank(patient(LARGE), setting=Setting.EMERGENCY)
    assert [d for d, _ in ranked[:2]] == [d.disease_id for d in answer.diagnoses[:2]]
    assert assistant.rank(patient(no=[LARGE])) == ()
    by_default = toy_assistant(toy_graph, setting=Setting.EMERGENCY, load_everyday=lambda: practice)
    assert by_default.diagnose(patient(LARGE)) == answer
    assert by_default.graph is wide


def test_a_diagnosis_is_no_question_about_itself(toy_graph: KnowledgeGraph):
    term = toy_graph.ontology.term(BRITTLE)
    turned = ", ".join(reversed(term.name.split()))  # as "Aortic aneurysm, abdominal"
    for name in (None, term.name.upper(), term.synonyms[0].text, turned):
        diseases = [replace(d, name=name or d.name) for d in TABLE.diseases]
        model = build_model(toy_graph.with_statements(diseases, TABLE.associations, TABLE.provenance))
        assert (BRITTLE in askable(model, patient(LARGE), [model.group_index[STORM]])) is (name is None)
        practice = EverydayPractice(model, TABLE)
        assistant = toy_assistant(toy_graph, setting=Setting.EMERGENCY, load_everyday=lambda p=practice: p)
        claims = [c for d in assistant.diagnose(patient(LARGE)).diagnoses if d.disease_id == STORM for c in d.claims]
        assert (BRITTLE in {c.term_id for c in claims if c.text.startswith("Expected")}) is (name is None)


@pytest.mark.release
@pytest.mark.parametrize("name", STORIES)
def test_textbook_emergencies_reach_the_first_three_with_red_flags(release_assistant: DiagnosisAssistant, name: str):
    findings = release_assistant.find_findings(STORIES[name])
    person = release_assistant.find_person(STORIES[name])
    answer = release_assistant.diagnose(findings, 3, person=person, setting=Setting.EMERGENCY, story=STORIES[name])
    assert name in [d.name for d in answer.diagnoses]
    (urgent,) = [u for u in answer.urgent if u.name == name]
    assert urgent.present
    assert all(flag.provenance.reference for flag in (*urgent.present, *urgent.to_ask))


XANTHELASMA = "A 50-year-old woman has soft yellow flat patches on the inner corners of both upper eyelids."


@pytest.mark.release
def test_a_story_without_findings_is_ranked_by_its_words_outside_the_clinic(release_assistant: DiagnosisAssistant):
    assistant, practice = release_assistant, Setting.GENERAL_PRACTICE
    assert assistant.find_findings(XANTHELASMA) == ()
    answer = assistant.diagnose((), 3, setting=practice, story=XANTHELASMA)
    assert answer.diagnoses[0].name == "Xanthelasma"
    assert all(c.evidence_ids for d in answer.diagnoses for c in d.claims)
    assert assistant.rank((), setting=practice, story=XANTHELASMA)
    for setting, story in (
        (Setting.GENETICS_CLINIC, XANTHELASMA),
        (practice, "Good morning, how are you?"),
        (practice, "Write a poem about the sea."),
        (practice, ""),
    ):
        assert not assistant.has_telling_words(story, setting)
        assert assistant.diagnose((), setting=setting, story=story).abstained == NOTHING_FOUND
        assert assistant.rank((), setting=setting, story=story) == ()
