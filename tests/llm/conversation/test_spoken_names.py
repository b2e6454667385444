"""Diseases by what no entry is called, and which of several a word means; on the toy release with more names."""

from __future__ import annotations

import pytest

from kg.common_schema import CommonCondition, Seen, Sex, Urgency
from kg.graph import KnowledgeGraph
from kg.schema import Disease, Provenance
from llm.conversation.case import Case, Sources
from llm.conversation.spoken_names import SpokenNames
from llm.conversation.understanding import KNOWN_ELSEWHERE, UNKNOWN, read_question, understand
from llm.schema import Differential
from retrieval.lexicon import Lexicon
from tests.toy import VERY_LARGE, build_model, patient

SAH, LUNG, PNEUMONIA, TIA, LIMB, GUT, KIDNEY, CRISIS = (f"OMIM:91000{n}" for n in range(8))
NAMES = {
    SAH: "Subarachnoid hemorrhage",
    LUNG: "Hospital-acquired pneumonia",
    PNEUMONIA: "Pneumonia",
    TIA: "Transient ischemic attack",
    LIMB: "Acute limb ischaemia",
    KIDNEY: "Sponge kidney",
    CRISIS: "Hypertensive emergency",
    GUT: "Tumor of the gut",
}
SAYS = Provenance(source="toy", version="1", reference="", licence="none")
CONDITION = CommonCondition(
    disease_id=LIMB,
    name="Acute limb ischaemia",
    synonyms=("cold leg", "rupture", "ALI"),
    system="vessels",
    general_practice=Seen.RARE,
    emergency=Seen.RARE,
    specialised=Seen.RARE,
    age_from=0,
    age_to=90,
    sex=Sex.ANY,
    urgency=Urgency.EMERGENCY,
    references=("DOID:1",),
)
TEXTS = ("Seen in hospital.", "An emergency of the kidney.", "A pneumonia is an inflammation, a tumor is not.")


@pytest.fixture(scope="module")
def graph(toy_graph: KnowledgeGraph) -> KnowledgeGraph:
    return toy_graph.with_statements([Disease(disease_id=i, name=n) for i, n in NAMES.items()], [], SAYS)


@pytest.fixture(scope="module")
def spoken(graph) -> SpokenNames:
    return SpokenNames(graph, [CONDITION], {TIA: ("TOY",), GUT: ("TIA", "MI")}, TEXTS)


@pytest.fixture(scope="module")
def case(graph) -> Case:
    class Ranker:
        version = "by id"

        def rank(self, findings, person):
            ids = [model.group_index[i] for i in (PNEUMONIA, LUNG, GUT)]
            return ids, [-1.0, -2.0, -3.0]

    model = build_model(graph)
    return Case(
        Sources(model, Ranker(), Lexicon(graph.ontology)),
        Differential(findings=patient(VERY_LARGE), diagnoses=(), evidence=()),
    )


@pytest.mark.parametrize(
    ("phrase", "disease_id"),
    [
        ("subarachnoid haemorrhage", SAH),
        ("Haemorrhage, subarachnoid", SAH),
        ("acute limb ischemia", LIMB),
        ("SAH", SAH),
        ("sah", SAH),
        ("TIA", TIA),
        ("TOY", TIA),
        ("rupture", LIMB),
        ("cold leg", LIMB),
        ("gut tumours", GUT),
    ],
)
def test_other_spellings_abbreviations_and_synonyms_lead_to_the_entry(spoken, phrase, disease_id):
    assert spoken.called(phrase) == (disease_id,)


@pytest.mark.parametrize("phrase", ["COPD", "MI", "flurbitis", "hemorrhage", "", "SA", "DM"])
def test_what_no_entry_is_called_leads_nowhere(spoken, phrase):
    assert spoken.called(phrase) == ()


def test_in_a_text_abbreviations_are_in_capitals_and_a_synonym_of_one_word_does_not_count(spoken):
    text = "why not a subarachnoid haemorrhage, ALI, ali or a rupture?"
    found = [(text[m.start : m.end], m.disease_ids) for m in spoken.find(text)]
    assert found == [("subarachnoid haemorrhage", (SAH,)), ("ALI", (LIMB,))]
    assert spoken.find(text, range(len(text))) == ()


def test_a_word_of_running_text_is_a_disease_only_as_the_last_of_its_name(spoken):
    assert spoken.with_words("hospital") == spoken.with_words("kidneys") == ()
    assert spoken.with_words("emergency") == ()
    assert spoken.with_words("pneumonia") == (PNEUMONIA, LUNG)
    assert spoken.with_words("tumour") == ()  # "of the gut" comes last
    assert spoken.with_words("hospital-acquired") == (LUNG,)
    assert spoken.with_words("disease") == ()


@pytest.mark.parametrize(
    ("question", "disease_ids"),
    [
        ("why not subarachnoid haemorrhage?", (SAH,)),
        ("why not SAH?", (SAH,)),
        ("could it be a sah?", (SAH,)),
        ("how is SAH inherited?", (SAH,)),
        ("why not pneumonia?", (PNEUMONIA,)),
        ("compare TIA with acute limb ischemia", (TIA, LIMB)),
    ],
)
def test_a_question_is_about_the_disease_that_it_names(case, question, disease_ids):
    first, *_ = read_question(question, case)
    assert first.disease_ids == disease_ids


def test_a_usual_abbreviation_without_an_entry_is_not_a_rare_namesake_and_its_place_is_told(case):
    reading = understand("why not COPD?", case)
    assert reading.requests == ()
    assert reading.unknown == (f"{UNKNOWN.format(said='COPD')} {KNOWN_ELSEWHERE}",)
