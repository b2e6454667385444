"""Age and sex in Chinese and Spanish."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.translations import Language
from retrieval.demographics import ADULT_YEARS, Demographics, Sex
from retrieval.translated_demographics import find_person


@pytest.mark.parametrize(
    ("text", "age", "quote", "sex"),
    [
        ("患儿，女，3岁，因“发育落后伴反复抽搐2年”入院。1岁起出现无热惊厥。", "P3Y", "3岁", Sex.FEMALE),
        ("患者男性，45岁，双下肢无力10年。其母有类似症状。", "P45Y", "45岁", Sex.MALE),
        ("新生儿，胎龄38周，出生体重2100g，双侧隐睾。", "P0D", "新生儿", None),
        ("男婴，8个月大，喂养困难", "P8M", "8个月", Sex.MALE),
        ("一名十二岁女孩，关节疼痛", "P12Y", "十二岁", Sex.FEMALE),
        ("一名2岁半的男孩", "P2Y6M", "2岁半", Sex.MALE),
        ("患儿1岁3个月，女", "P1Y3M", "1岁3个月", Sex.FEMALE),
        ("我儿子５岁，反复抽搐", "P5Y", "５岁", Sex.MALE),
        ("姓名：略。性别：女。年龄：28岁。", "P28Y", "28岁", Sex.FEMALE),
        ("患儿3岁时发病，父亲40岁", None, None, None),
        ("患儿男，7月，于3月5日入院", "P7M", "7月", Sex.MALE),
        ("反复癫痫，女性化乳房", None, None, None),
        ("父女关系可，子女两人", None, None, None),
    ],
)
def test_chinese(text, age, quote, sex):
    found = find_person(text, Language.CHINESE)
    assert (found.age, found.age_quote and found.age_quote.text, found.sex) == (age, quote, sex)


@pytest.mark.parametrize(
    ("text", "age", "quote", "sex"),
    [
        ("Niña de 4 años remitida por retraso. Sedestación a los 14 meses.", "P4Y", "4 años", Sex.FEMALE),
        ("Varón de 32 años que consulta por debilidad de 5 años de evolución", "P32Y", "32 años", Sex.MALE),
        ("Paciente femenina de 7 meses con hipotonía desde los 2 meses", "P7M", "7 meses", Sex.FEMALE),
        ("Recién nacido de 39 semanas de gestación", "P0D", "Recién nacido", Sex.MALE),
        ("Lactante de tres meses, varón, con fiebre", "P3M", "tres meses", Sex.MALE),
        ("Niño de 2 años y medio", "P2Y6M", "2 años y medio", Sex.MALE),
        ("Edad: 45 años. Sexo: masculino", "P45Y", "45 años", Sex.MALE),
        ("Crisis desde los 18 meses. La madre, de 30 años, padece migraña.", None, None, None),
        ("Fiebre de 3 días de evolución", None, None, None),
        ("Mi hijo de 3 años tiene crisis", "P3Y", "3 años", Sex.MALE),
    ],
)
def test_spanish(text, age, quote, sex):
    found = find_person(text, Language.SPANISH)
    assert (found.age, found.age_quote and found.age_quote.text, found.sex) == (age, quote, sex)


def test_a_grown_person_of_no_age():
    for text, language in (("一位女士，头痛", Language.CHINESE), ("Mujer con cefalea", Language.SPANISH)):
        found = find_person(text, language)
        assert (found.age, found.years, found.sex) == (None, ADULT_YEARS, Sex.FEMALE)
    assert find_person("头痛", Language.CHINESE) == Demographics()


def test_english_is_read_as_ever():
    assert find_person("A 7-year-old girl", Language.ENGLISH).age == "P7Y"


@pytest.mark.parametrize("text", ["女十十岁", "患者一百二十岁", "男三四岁", "患儿十两岁"])
def test_what_is_no_number_up_to_99_is_no_age(text):
    assert find_person(text, Language.CHINESE).years is None


@given(st.text(alphabet="患儿者男女岁个月半，。3十de años niña los desde .", max_size=80))
def test_any_text_gives_exact_quotes(text):
    for language in Language:
        found = find_person(text, language)
        assert all(text[q.start : q.end] == q.text for q in (found.age_quote, found.sex_quote) if q)


@pytest.mark.parametrize(("file", "language"), [("notes_zh", Language.CHINESE), ("notes_es", Language.SPANISH)])
def test_the_notes_of_the_tests_say_who_the_patient_is(file, language):
    notes = json.loads((Path(__file__).parents[1] / "data" / f"{file}.json").read_text(encoding="utf-8"))
    assert all(find_person(note["text"], language).years is not None for note in notes)
