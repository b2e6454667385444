"""Stories in a clinician's words with the diagnosis that a textbook of medicine gives them."""

import numpy as np
import pytest

from kg.schema import Finding
from llm.assistant import DiagnosisAssistant
from retrieval.demographics import demographics_of

pytestmark = pytest.mark.release

RETT = (
    "A 3-year-old girl who lost purposeful hand use and speech after a normal first year, with repetitive hand "
    "wringing, seizures, deceleration of head growth and breathing irregularities while awake. No hearing impairment."
)

TEXTBOOK = {
    "Marfan syndrome": """
        A 19-year-old man, very tall, with arachnodactyly, pectus excavatum, scoliosis, ectopia lentis, myopia and
        dilatation of the aortic root. His father died of aortic dissection. Intelligence is normal.""",
    "cystic fibrosis": """
        An 8-year-old boy with recurrent pneumonia, bronchiectasis, chronic sinusitis with nasal polyps, pancreatic
        insufficiency with steatorrhea, failure to thrive and elevated sweat chloride. He had meconium ileus at
        birth.""",
    "Wilson disease": """
        A 22-year-old woman with cirrhosis, a Kayser-Fleischer ring, dysarthria, tremor and dystonia. Ceruloplasmin
        is decreased and urinary copper is high.""",
    "neurofibromatosis type 1": """
        A 10-year-old girl with multiple cafe-au-lait spots, axillary freckling, Lisch nodules, plexiform
        neurofibroma, scoliosis and learning difficulties. There is an optic nerve glioma.""",
    "phenylketonuria": """
        A 4-year-old boy from abroad who was not screened at birth, with intellectual disability, seizures, fair
        skin, blond hair, eczema and a musty odour. Plasma phenylalanine is raised (hyperphenylalaninemia). Head
        small.""",
    "Duchenne muscular dystrophy": """
        A 5-year-old boy with progressive proximal muscle weakness, calf hypertrophy, Gowers sign, waddling gait and
        a very high creatine kinase.""",
    "Huntington disease": """
        A 45-year-old man with chorea, personality changes, depression, cognitive decline and gait disturbance.""",
}
IDS = {
    "Marfan syndrome": {"OMIM:154700", "ORPHA:558"},
    "cystic fibrosis": {"OMIM:219700", "ORPHA:586"},
    "Wilson disease": {"OMIM:277900", "ORPHA:905"},
    "neurofibromatosis type 1": {"OMIM:162200", "ORPHA:636"},
    "phenylketonuria": {"OMIM:261600", "ORPHA:716"},
    "Duchenne muscular dystrophy": {"OMIM:310200", "ORPHA:98896"},
    "Huntington disease": {"OMIM:143100", "ORPHA:399"},
}


def test_rett_syndrome(release_assistant: DiagnosisAssistant):
    findings = release_assistant.find_findings(RETT)
    assert [f.term_id for f in findings if f.excluded] == ["HP:0000365"]
    answer = release_assistant.diagnose(findings, person=release_assistant.find_person(RETT))
    first, second = answer.diagnoses[:2]
    assert "Rett syndrome" in first.name
    assert {"OMIM:312750", "ORPHA:778"} & {*first.equivalent_ids, *second.equivalent_ids}
    assert answer.removed_claims == ()


@pytest.mark.parametrize("disease", TEXTBOOK)
def test_the_textbook_diagnosis_is_among_the_first_three(release_assistant: DiagnosisAssistant, disease: str):
    findings = release_assistant.find_findings(TEXTBOOK[disease])
    answer = release_assistant.diagnose(findings, k=3, person=release_assistant.find_person(TEXTBOOK[disease]))
    assert any(IDS[disease] & set(d.equivalent_ids) for d in answer.diagnoses), [d.name for d in answer.diagnoses]
    assert answer.removed_claims == ()


@pytest.mark.parametrize("disease", TEXTBOOK)
def test_only_marfans_story_rules_something_out(release_assistant: DiagnosisAssistant, disease: str):
    findings = release_assistant.find_findings(TEXTBOOK[disease])
    ruled_out = ["Intellectual disability"] if disease == "Marfan syndrome" else []  # "Intelligence is normal."
    assert [f.label for f in findings if f.excluded] == ruled_out


def test_a_girl_has_no_disease_of_boys(release_assistant: DiagnosisAssistant):
    told = "Tall stature, developmental delay, hypotonia, attention deficit hyperactivity disorder and macrocephaly."
    findings = release_assistant.find_findings(told)
    for sex, has_it in (("MALE", True), ("FEMALE", False)):
        answer = release_assistant.diagnose(findings, person=demographics_of(sex, "P9Y"))
        assert ("47,XYY syndrome" in [d.name for d in answer.diagnoses]) is has_it


def test_marfan_of_the_father_is_not_the_patients(release_assistant: DiagnosisAssistant):
    findings = release_assistant.find_findings(TEXTBOOK["Marfan syndrome"])
    assert "HP:0002647" not in {f.term_id for f in findings}  # aortic dissection


TALL = (
    "A 24-year-old man with tall stature, arachnodactyly, ectopia lentis, scoliosis and dilatation of the aortic root."
)
HOMOCYSTINURIA = "OMIM:236200"
CRUMPLED_EAR, CONTRACTURAL_ARACHNODACTYLY = "HP:0009901", "OMIM:121050"


@pytest.mark.parametrize("story", [TALL, *TEXTBOOK.values()])
def test_no_never_raises_a_disease_above_one_that_has_the_sign_no_more_often(
    release_assistant: DiagnosisAssistant, story: str
):
    findings, person = release_assistant.find_findings(story), release_assistant.find_person(story)
    before = release_assistant.diagnose(findings, k=20, person=person)
    assert before.questions
    model = release_assistant.model
    for term_id in {CRUMPLED_EAR, *(q.term_id for q in before.questions)}:
        denial = Finding(term_id=term_id, label="", excluded=True, asked=True)
        after = {
            d.disease_id: d.probability
            for d in release_assistant.diagnose([*findings, denial], 20, person=person).diagnoses
        }
        kept = [d for d in before.diagnoses if d.disease_id in after]
        column = list(model.graph.ontology.terms).index(term_id)
        rows = np.array([model.group_index[d.disease_id] for d in kept])
        p = model.probabilities_of(np.array([column]), rows)[:, 0]
        gained = np.array([np.log(after[d.disease_id] / d.probability) for d in kept])
        assert np.all(np.diff(gained[np.argsort(p, kind="stable")]) <= 1e-4)


def test_no_crumpled_ear_does_not_speak_for_the_disease_with_crumpled_ears(release_assistant: DiagnosisAssistant):
    findings, person = release_assistant.find_findings(TALL), release_assistant.find_person(TALL)
    denial = Finding(term_id=CRUMPLED_EAR, label="", excluded=True, asked=True)
    shares = [
        {d.disease_id: d.probability for d in release_assistant.diagnose(told, 20, person=person).diagnoses}
        for told in (findings, [*findings, denial])
    ]
    before, after = (of[CONTRACTURAL_ARACHNODACTYLY] for of in shares)
    assert after < before / 2


@pytest.mark.parametrize("result", ["Homocysteine normal.", "IQ normal."])
def test_a_normal_result_does_not_speak_for_the_disease_that_it_contradicts(
    release_assistant: DiagnosisAssistant, result: str
):
    """Homocystinuria: raised homocysteine in 14 of 14 patients, and most have an intellectual disability."""
    story = "8 yo boy, tall stature, arachnodactyly, pectus excavatum, ectopia lentis."
    shares = []
    for told in (story, f"{story} {result}"):
        findings, person = release_assistant.find_findings(told), release_assistant.find_person(told)
        diagnoses = release_assistant.diagnose(findings, 20, person=person).diagnoses
        shares.append(next(d.probability for d in diagnoses if d.disease_id == HOMOCYSTINURIA))
    assert shares[1] < shares[0] - 0.1
