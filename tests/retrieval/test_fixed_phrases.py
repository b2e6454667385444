"""Phrases that no bag of words can tell: what is one, and what only has its words."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import Synonym, Term
from retrieval.fixed_phrases import find_fixed_phrases
from retrieval.lexicon import Lexicon

ALOPECIA, NOCTURIA, RIGID_ABDOMEN, PODAGRA = "HP:0001596", "HP:0000017", "HP:0032545", "HP:0001854"
FATIGUE, DROWSY, HYPOTONIA, HEMIPARESIS = "HP:0012378", "HP:0002329", "HP:0001252", "HP:0001269"
WEIGHT_LOSS = "HP:0001824"
FEVER, SEIZURE = "HP:0001945", "HP:0001250"
RED, SWOLLEN, PAIN = "HP:0010783", "HP:0000969", "HP:0012531"
NO_WALK, LATE_WALK = "HP:0002540", "HP:0031936"
FREQUENCY, URGENCY, HESITANCY = "HP:0100515", "HP:0000012", "HP:0000019"


def found(text: str) -> list[tuple[str, str]]:
    return [(p.term_id, text[p.start : p.end]) for p in find_fixed_phrases(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Her hair is thinning.", [(ALOPECIA, "hair is thinning")]),
        ("Hair on the top has been getting thinner", [(ALOPECIA, "Hair on the top has been getting thinner")]),
        ("thinning of the scalp hair", [(ALOPECIA, "thinning of the scalp hair")]),
        ("thin hair", []),
        ("gets up three times a night to pee", [(NOCTURIA, "gets up three times a night to pee")]),
        ("has to pass urine several times at night", [(NOCTURIA, "has to pass urine several times at night")]),
        ("He gets up at night. He has pain when he goes to urinate", []),
        ("abdomen is tender and rigid", [(RIGID_ABDOMEN, "abdomen is tender and rigid")]),
        ("Abdomen: rigid", [(RIGID_ABDOMEN, "Abdomen: rigid")]),
        ("soft abdomen, rigid neck", []),
        ("The big toe is red, hot and swollen", [(PODAGRA, "big toe is red, hot and swollen")]),
        ("The big toe is broad", []),
        ("N/V x2 d", [("HP:0002018", "N"), ("HP:0002013", "V")]),
        ("No N/V/D", [("HP:0002018", "N"), ("HP:0002013", "V"), ("HP:0002014", "D")]),
        ("Fell, no LOC", [("HP:0007185", "LOC")]),
        ("LOC: alert", []),
        ("mild TR, severe AR", [("HP:0005180", "mild TR"), ("HP:0001659", "severe AR")]),
        ("trivial TR", []),
        ("lost her speech and is not walking", [(NO_WALK, "not walking")]),
        ("is not walking at 20 months", [(LATE_WALK, "not walking at 20")]),
        ("not yet walking", [(LATE_WALK, "not yet walking")]),
        ("she still isn't walking", [(LATE_WALK, "still isn't walking")]),
        ("not walking well", []),
        ("pain when not walking", []),
        ("She is tired and pale", [(FATIGUE, "tired")]),
        ("pale, tired and thin", [(FATIGUE, "tired")]),
        ("I'm so tired", [(FATIGUE, "tired")]),
        ("is tired of waiting", []),
        ("He was very sleepy", [(DROWSY, "sleepy")]),
        ("the sleepy town", []),
        ("the baby went limp", [(HYPOTONIA, "went limp")]),
        ("a limp", []),
        ("the streak runs up", []),
        ("his right arm and leg are weak", [(HEMIPARESIS, "right arm and leg are weak")]),
        ("weakness of the left arm and leg", [(HEMIPARESIS, "weakness of the left arm and leg")]),
        ("both arms and legs are weak", []),
        ("The leg is red, hot and swollen", [(RED, "red"), (SWOLLEN, "swollen")]),
        ("a hot and painful ankle", [(PAIN, "painful")]),
        ("swollen tender lymph nodes", []),
        ("a red car", []),
        ("My son has a temperature.", [(FEVER, "has a temperature")]),
        ("had a temperature of 36.8", []),
        ("has lost 12 kg in three months", [(WEIGHT_LOSS, "lost 12 kg")]),
        ("lost about two stone", [(WEIGHT_LOSS, "lost about two stone")]),
        ("lost 3 teeth", []),
        ("He had a fit", [(SEIZURE, "had a fit")]),
        ("had a fit of laughter", []),
    ],
)
def test_a_pattern(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dysuria, frequency and urgency", [FREQUENCY, URGENCY]),
        ("Frequency, dysuria", [FREQUENCY]),
        ("burning when peeing and frequency", [FREQUENCY]),
        ("hesitancy and poor stream", [HESITANCY]),
        ("no dysuria, frequency or urgency", [FREQUENCY, URGENCY]),
        ("seizures of increasing frequency and dysuria", []),
        ("frequency of seizures, dysuria", []),
        ("frequency and severity", []),
        ("vaccine hesitancy", []),
        ("diarrhoea, urgency and frequency", []),
    ],
)
def test_a_word_of_urine_is_told_by_its_company(text, expected):
    assert [term_id for term_id, _ in found(text)] == expected


def test_a_phrase_takes_the_place_of_the_wording_inside_it():
    fine = Term(
        term_id="HP:0002213",
        name="Fine hair",
        synonyms=(Synonym(text="Thin hair"),),
        parent_ids=(PHENOTYPIC_ABNORMALITY,),
    )
    terms = (Term(term_id=ROOT, name="All"), Term(term_id=PHENOTYPIC_ABNORMALITY, name="Phenotypic abnormality"), fine)
    without = Lexicon(Ontology(terms))
    assert [m.term_id for m in without.find_mentions("Her hair is thinning")] == ["HP:0002213"]
    alopecia = Term(term_id=ALOPECIA, name="Alopecia", parent_ids=(PHENOTYPIC_ABNORMALITY,))
    lexicon = Lexicon(Ontology((*terms, alopecia)))
    assert [m.term_id for m in lexicon.find_mentions("Her hair is thinning")] == [ALOPECIA]
    assert [m.term_id for m in lexicon.find_mentions("Her hair is thin")] == ["HP:0002213"]


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    text = "up at night " + text + " frequency, urgency"
    assert all(0 <= p.start < p.end <= len(text) for p in find_fixed_phrases(text))


def test_the_work_grows_with_the_text_and_no_faster():
    part = "has to get up at night hair is thinning not walking frequency, "
    seconds = []
    for n in (500, 2_000):
        before = time.process_time()
        find_fixed_phrases(part * n)
        seconds.append(time.process_time() - before)
    assert seconds[1] < 12 * seconds[0] + 0.1  # four times the text; quadratic would be sixteen
