"""Age, sex and onset: what is said of the patient, with the words; others' ages are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.demographics import (
    UNKNOWN,
    Demographics,
    Sex,
    demographics_of,
    find_demographics,
    find_onsets,
    iso_age,
    merge_demographics,
    word_demographics,
    years_of,
)


@pytest.mark.parametrize(
    ("text", "age", "quote", "sex"),
    [
        ("A 7-year-old girl with ataxia", "P7Y", "7-year-old", Sex.FEMALE),
        ("3 months old male infant", "P3M", "3 months old", Sex.MALE),
        ("a two-and-a-half-year-old boy", "P2Y6M", "two-and-a-half-year-old", Sex.MALE),
        ("a 4½-year-old boy", "P4Y6M", "4½-year-old", Sex.MALE),
        ("She is 2 years and 3 months old", "P2Y3M", "2 years and 3 months old", Sex.FEMALE),
        ("This newborn girl, born at 34 weeks", "P0D", "newborn", Sex.FEMALE),
        ("The patient, aged 6 weeks, was floppy", "P6W", "aged 6 weeks", None),
        ("24F with cough", "P24Y", "24", Sex.FEMALE),
        ("67 y/o M with pain", "P67Y", "67 y/o", Sex.MALE),
        ("F/24, fever", "P24Y", "F/24", Sex.FEMALE),
        ("Age: 45\nSex: M", "P45Y", "Age: 45", Sex.MALE),
        ("Demographics: 62-year-old woman", "P62Y", "62-year-old", Sex.FEMALE),
        ("Her 3-year-old brother is ill; she is 5 years old", "P5Y", "5 years old", Sex.FEMALE),
        ("A G2P1 28-year-old mother gave birth to a boy", None, None, Sex.MALE),
        ("He has fever", None, None, Sex.MALE),
        ("T 98.6F, seizures", None, None, None),
        ("67F sudden chest pain", "P67Y", "67", Sex.FEMALE),
        ("Seen today. 78M on warfarin", "P78Y", "78", Sex.MALE),
        ("This is a 29F G2P1, headache", "P29Y", "29", Sex.FEMALE),
        ("Temp 102F, seizures", None, None, None),
        ("102F today", None, None, None),
        ("6M old with fever", None, None, None),
        ("45 yo f with pain", "P45Y", "45 yo", Sex.FEMALE),
        ("He is 52. He has pain.", "P52Y", "He is 52", Sex.MALE),
        ("He is 52 kg", None, None, Sex.MALE),
        ("Adult man, 42: fever", "P42Y", "man, 42", Sex.MALE),
        ("A girl (7) with fever", "P7Y", "girl (7", Sex.FEMALE),
        ("A woman, 3 weeks of cough", None, None, Sex.FEMALE),
        ("My husband is 52 years old and has pain", "P52Y", "52 years old", None),
        ("I have a cough. My husband is 52 years old", None, None, None),
        ("My husband aged 61 has pain", "P61Y", "aged 61", None),
        ("My boyfriend, 28, collapsed", "P28Y", "boyfriend, 28", None),
        ("Her sister, 28, is well", None, None, Sex.FEMALE),
        ("His brother, aged 8, is deaf", None, None, Sex.MALE),
        ("6yo M brought in by grandmother after taking her tablets", "P6Y", "6yo", Sex.MALE),
        ("14 y girl with ataxia", "P14Y", "14 y", Sex.FEMALE),
        ("3 months boy", "P3M", "3 months", Sex.MALE),
        ("My daughter Mia is 4 and has a rash", "P4Y", "daughter Mia is 4", None),
        ("My 7-year-old daughter has a fever", "P7Y", "7-year-old", None),
        ("I have a cough. My daughter is 7 years old", None, None, None),
        ("I am 34 and my daughter has fever", None, None, None),
        ("I am 34 and have fever", "P34Y", "I am 34", None),
        ("born at 34 weeks' gestation", None, None, None),
        ("She reports that he is ill", None, None, None),
    ],
)
def test_age_and_sex_of_the_patient(text, age, quote, sex):
    found = find_demographics(text)
    assert (found.age, found.age_quote and found.age_quote.text, found.sex) == (age, quote, sex)


def test_ages_in_years():
    assert find_demographics("a 6-month-old boy").years == pytest.approx(0.5)
    assert find_demographics("a man with fever").years == 18.0
    assert find_demographics("a patient with fever") == Demographics()


@given(st.text(max_size=200))
def test_any_text_gives_exact_quotes(text):
    found = find_demographics("A 7-year-old " + text)
    quotes = [q for q in (found.age_quote, found.sex_quote) if q]
    assert all(("A 7-year-old " + text)[q.start : q.end] == q.text for q in quotes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seizures since the age of 2 years", [("seizures since the age of 2 years", "P2Y")]),
        ("She developed ataxia at 6 months.", [("She developed ataxia at 6 months", "P6M")]),
        ("Seizures began at 6 weeks of age.", [("Seizures began at 6 weeks of age", "P6W")]),
        ("At 3 months of age he developed seizures", [(" he developed seizures", "P3M")]),
        ("hypotonia since birth", [("hypotonia since birth", "P0D")]),
        ("fever, and rash since birth", [("fever, and rash since birth", "P0D")]),
        ("acne, blisters since birth, pale skin", [(" blisters since birth", "P0D")]),
        ("seizures began 3 years ago", []),
        ("She was examined at 5 years: microcephaly", []),
        ("orchiopexy for undescended testes at 7 months of age", []),
        ("abdominal pain began at 32 weeks' gestation", []),
        ("ataxia", []),
    ],
)
def test_onsets(text, expected):
    assert [(text[start:end], age) for start, end, age in find_onsets(text)] == expected


@pytest.mark.parametrize(
    ("age", "years"),
    [("P7Y", 7.0), ("P1Y6M", 1.5), ("P3M", 0.25), ("P2W", 14 / 365.25), ("P0D", 0.0), ("P4YT3H", 4.0)],
)
def test_iso_ages_in_years(age, years):
    assert years_of(age) == pytest.approx(years)


@pytest.mark.parametrize(
    ("parts", "age"),
    [
        ([(2.5, "y")], "P2Y6M"),
        ([(1.99, "y")], "P2Y"),
        ([(18, "m")], "P18M"),
        ([(2.99, "m")], "P3M"),
        ([(6, "w")], "P6W"),
    ],
)
def test_ages_are_written_in_whole_units(parts, age):
    assert iso_age(parts) == age


@pytest.mark.parametrize("age", ["", "P", "7", "seven", "PT3H", "P-3Y", "HP:0003577", f"P{'9' * 400}M"])
def test_what_is_no_iso_age_has_no_years(age):
    assert years_of(age) is None


def test_a_source_s_age_and_sex_as_a_record():
    assert demographics_of("MALE", "P7Y") == Demographics(sex=Sex.MALE, age="P7Y", years=7.0)
    assert demographics_of("OTHER_SEX", "unknown") == UNKNOWN
    assert demographics_of(None, None) == UNKNOWN


def test_what_is_said_later_holds_and_what_is_not_said_stays():
    first = find_demographics("A 7-year-old girl with seizures.")
    assert merge_demographics(first, UNKNOWN) == first
    older = merge_demographics(first, find_demographics("She is now 9 years old."))
    assert (older.years, older.sex) == (9.0, Sex.FEMALE)
    assert merge_demographics(UNKNOWN, first) == first


@pytest.mark.parametrize(
    ("sex", "age", "words"),
    [
        ("FEMALE", "P7Y", "female, 7 years"),
        ("MALE", None, "male"),
        (None, "P18M", "18 months"),
        (None, "P3M", "3 months"),
        (None, "P1M", "30 days"),
        (None, "P1D", "1 day"),
        (None, "P0D", "newborn"),
        (None, None, ""),
    ],
)
def test_a_patient_in_words(sex, age, words):
    assert word_demographics(demographics_of(sex, age)) == words
