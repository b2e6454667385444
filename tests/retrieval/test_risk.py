"""From a story to risk factors and filled-in scores; over the toy graph and the project's own tables."""

from __future__ import annotations

import pytest

from kg.errors import UnknownIdError, UsageError
from kg.graph import KnowledgeGraph
from kg.scores import assess
from kg.sources.circumstances import load_circumstances
from kg.sources.scores import load_scores
from kg.treatments import TreatmentKnowledge
from retrieval.demographics import UNKNOWN, demographics_of, find_demographics
from retrieval.history import circumstances_told, find_history, relatives_told
from retrieval.measurements import DIASTOLIC, SYSTOLIC, find_values
from retrieval.patient import PatientRecord, read_patient
from retrieval.risk import assess_scores, fill_inputs, match_risks, offered_scores

TABLE = load_circumstances()
SCORES = load_scores()


def told_in(story: str) -> dict[str, bool]:
    return {m.name: m.is_so for m in find_history(story, TABLE) if not m.is_drug}


def drugs_in(story: str) -> list[str]:
    return [m.name.casefold() for m in find_history(story, TABLE) if m.is_drug and m.is_so]


@pytest.fixture(scope="module")
def knowledge(toy_graph: KnowledgeGraph) -> TreatmentKnowledge:
    return TreatmentKnowledge.load(toy_graph)


def record(knowledge: TreatmentKnowledge, story: str, *given: str, pregnant: bool | None = None) -> PatientRecord:
    return read_patient((), find_demographics(story), knowledge, story=story, given=given, pregnant=pregnant)


def test_circumstances_are_told_with_their_words_or_by_a_medicine():
    story = "She smokes a pack a day and takes ibuprofen and prednisone. She has not traveled. Her father is diabetic."
    told = circumstances_told(story, TABLE)
    assert told["smoking"] in ("smokes", "pack a day")
    assert (told["NSAID use"], told["corticosteroid use"]) == ("ibuprofen", "prednisone")
    assert told.keys().isdisjoint({"travel", "diabetes", "pregnancy"})
    assert circumstances_told("", TABLE) == {}


@pytest.mark.parametrize(
    ("story", "told"),
    [
        ("Her father had colon cancer at 45, and her mother has gout.", {"bowel": "colon cancer", "gout": "gout"}),
        ("Family history: Gout.", {"gout": "Gout"}),
        ("She has gout. Her father is healthy.", {}),
        ("There is no family history of colon cancer.", {}),
        ("His brother may have gout.", {}),
        ("", {}),
    ],
)
def test_relatives_diseases_are_told_with_their_words(story, told):
    assert relatives_told(story, {"Colorectal cancer": "bowel", "colon cancer": "bowel", "gout": "gout"}) == told
    assert relatives_told(story, {}) == {}


def test_a_factor_is_the_circumstance_that_its_id_tells_or_else_its_name():
    from_a_page = TABLE.of_factor("WEB:smoking-of-a-page", "Smoking")  # pages' ids are their own
    assert from_a_page == TABLE.circumstances["smoking"]
    assert TABLE.of_factor("WEB:smoking-of-a-page", "hair color") is None
    assert TABLE.of_factor("", "") is None


@pytest.mark.parametrize(
    ("story", "name", "is_so"),
    [
        ("She is 20 weeks pregnant.", "pregnancy", True),
        ("She is not pregnant.", "pregnancy", False),
        ("A pregnancy test was negative. Negative pregnancy test.", "pregnancy", False),
        ("He smokes a pack a day.", "smoking", True),
        ("He is a non-smoker.", "smoking", False),
        ("He quit smoking ten years ago.", "smoking", False),
        ("His father smokes.", "smoking", None),
        ("He has diabetes insipidus.", "diabetes", None),
        ("No diabetes.", "diabetes", False),
        ("Nonalcoholic steatohepatitis.", "alcohol", None),
        ("There was no cirrhosis.", "liver disease", None),  # one liver disease is denied, not all
        ("There was no cirrhosis.", "cirrhosis", False),
        ("She was admitted to rule out stroke.", "stroke", None),
        ("He had a cold last week.", "recent cold", True),
        ("The pain spreads with radiation to the chest.", "radiation", None),
        ("She got a hepatitis B vaccine.", "hepatitis B", None),
        ("He raises pigeons.", "birds", True),
        ("His mother has lupus.", "lupus", None),
        ("She has never had a blood transfusion.", "blood transfusion", False),
    ],
)
def test_words_of_a_story_tell_circumstances(story, name, is_so):
    assert told_in(story).get(name) is is_so


def test_medicines_are_found_with_their_words():
    (drug,) = [m for m in find_history("She takes Ibuprofen daily.", TABLE) if m.is_drug]
    assert (drug.name.casefold(), drug.quote, drug.start) == ("ibuprofen", "Ibuprofen", 10)
    assert drugs_in("She does not take warfarin.") == []


def test_values_are_read_in_the_unit_of_their_analyte():
    story = "BP 88/54 mmHg, RR 32/min, temperature 102.2 F, creatinine 177 umol/L, potassium > 5.0 mmol/L."
    found = {v.analyte: v.value for v in find_values(story)}
    assert found.pop("creatinine") == pytest.approx(2.0, abs=0.01)
    assert found.pop("temperature") == pytest.approx(39.0)
    assert found == {SYSTOLIC: 88.0, DIASTOLIC: 54.0, "respiratory rate": 32.0}


@pytest.mark.parametrize(
    "story",
    [
        "Ascitic fluid albumin was 1.1 g/dL.",
        "Lumbar puncture: WBC 250/uL.",
        "Urinalysis showed creatinine 25 mg/dL.",
    ],
)
def test_a_value_of_another_specimen_is_none_of_the_blood(story):
    assert find_values(story) == ()
    assert len(find_values(f"{story} Serum albumin was 3.1 g/dL.")) == 1


@pytest.mark.release
def test_a_finding_given_by_name_answers_a_score(release_graph: KnowledgeGraph):
    knowledge = TreatmentKnowledge.load(release_graph)
    patient = record(knowledge, "A 60-year-old man.", "hemoptysis")
    filled = fill_inputs(patient, knowledge, SCORES, {})
    assert (filled["hemoptysis"].value, filled["hemoptysis"].source) == (True, "given")


def test_inputs_say_where_they_are_from_and_given_ones_go_first(knowledge: TreatmentKnowledge):
    patient = record(knowledge, "A 72-year-old woman, BP 88/54 mmHg, RR 32/min, BUN 30 mg/dL. She has diabetes.")
    filled = fill_inputs(patient, knowledge, SCORES, {"confusion": "no", "systolic": "120"})
    assert {n: (f.value, f.source) for n, f in filled.items() if n != "urea"} == {
        "age": (72.0, "patient"),
        "sex": ("female", "patient"),
        "systolic": (120.0, "given"),
        "diastolic": (54.0, f"measured {DIASTOLIC}"),
        "respiratory_rate": (32.0, "measured respiratory rate"),
        "diabetes": (True, '"diabetes"'),
        "confusion": (False, "given"),
    }
    assert filled["urea"].value == pytest.approx(30 * 0.357)  # 2.801 mg/dL of nitrogen are 1 mmol/L of urea
    (curb,) = assess_scores([SCORES.score("curb-65")], filled)
    assert curb.is_complete
    assert curb.total == (4, 4)  # urea, respiratory rate, diastolic pressure, age


def test_an_unread_value_is_asked_for_and_an_impossible_one_is_no_value(knowledge: TreatmentKnowledge):
    patient = record(knowledge, "A 72-year-old woman, RR 320/min.")
    filled = fill_inputs(patient, knowledge, SCORES, {})
    assert "respiratory_rate" not in filled
    assert "respiratory_rate" in assess(SCORES.score("curb-65"), {n: f.value for n, f in filled.items()}).missing


def test_a_man_of_unknown_age_has_no_age(knowledge: TreatmentKnowledge):
    patient = record(knowledge, "A man with a cough.")
    assert patient.told.years is None
    assert patient.told.sex == "male"


def test_wrong_inputs_are_refused(knowledge: TreatmentKnowledge):
    patient = record(knowledge, "")
    with pytest.raises(UnknownIdError, match="'mood' is nothing"):
        fill_inputs(patient, knowledge, SCORES, {"mood": "good"})
    with pytest.raises(UsageError, match="age"):
        fill_inputs(patient, knowledge, SCORES, {"age": "old"})


def test_what_is_given_is_a_medicine_a_circumstance_a_disease_or_named_as_unknown(knowledge: TreatmentKnowledge):
    patient = record(knowledge, "", "ibuprofen", "ulcerative colitis", "pregnant", "Large zorb", "zorbicin")
    assert patient.told.drugs == {"ibuprofen"}
    assert patient.told.diseases == {"Ulcerative colitis"}
    assert patient.told.said["pregnancy"]
    assert patient.told.present
    assert patient.unknown == ("zorbicin",)
    assert record(knowledge, "She is pregnant.", pregnant=False).told.said == {"pregnancy": False}


def test_risk_factors_are_matched_with_what_tells_them(knowledge: TreatmentKnowledge):
    patient = record(knowledge, "A 70-year-old man smokes and has diabetes.")
    risks = {d.disease: d for d in match_risks(patient, knowledge)}
    infarction = {m.factor.name: m.told for m in risks["Myocardial infarction"].matched}
    assert infarction == {"smoking": "smokes", "diabetes": "diabetes"}
    assert all(m.factor.provenance.url for m in risks["Myocardial infarction"].matched)


def test_a_relative_with_the_disease_is_a_risk_factor(knowledge: TreatmentKnowledge):
    risks = match_risks(record(knowledge, "Her father had colon cancer at 45. Sister: Crohn's disease."), knowledge)
    told = {d.disease: [m.told for m in d.matched if m.factor.is_of_family] for d in risks}
    assert told["Colorectal cancer"] == ["relative: colon cancer"]
    assert told["Crohn disease"] == ["relative: Crohn's disease"]
    own = match_risks(record(knowledge, "She had colon cancer at 45."), knowledge)
    assert not [m for d in own for m in d.matched if m.factor.is_of_family]


def test_what_the_other_sex_alone_can_have_is_left_out(knowledge: TreatmentKnowledge):
    only_women = {c.name for c in knowledge.common.conditions if c.sex == "female"}
    man = demographics_of("MALE", "P70Y")
    patient = read_patient((), man, knowledge, story="He smokes.")
    shown = {d.disease for d in match_risks(patient, knowledge)}
    assert only_women
    assert not only_women & shown
    assert match_risks(read_patient((), UNKNOWN, knowledge), knowledge) == ()


def test_more_risk_factors_come_first(knowledge: TreatmentKnowledge):
    risks = match_risks(record(knowledge, "A 70-year-old woman who smokes has diabetes."), knowledge)
    counts = [(sum(not m.is_of_many for m in r.matched), len(r.matched)) for r in risks]
    assert counts == sorted(counts, reverse=True)
    assert counts[0][0] == 2
    assert {m.told for r in risks if not any(not m.is_of_many for m in r.matched) for m in r.matched} <= {
        "female",
        "70 years",
    }
    assert all(len(r.matched) <= r.n_known for r in risks)


def test_scores_are_offered_for_what_was_told(knowledge: TreatmentKnowledge):
    offered = offered_scores(record(knowledge, "She has atrial fibrillation."), knowledge, SCORES)
    assert [s.score_id for s in offered] == []  # of the release's finding, which the toy ontology doesn't have
    smoker = offered_scores(record(knowledge, "She smokes."), knowledge, SCORES)
    assert [s.score_id for s in smoker] == ["framingham-2008"]
