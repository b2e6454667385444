"""Which language a text is in."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import UsageError
from kg.translations import Language
from retrieval.errors import UnsupportedLanguageError
from retrieval.languages import LanguageDetector

DETECTOR = LanguageDetector(
    {
        Language.ENGLISH: frozenset(
            ["seizures", "hypotonia", "ataxia", "nystagmus", "dysarthria", "seizure", "hearing", "short", "stature"]
        ),
        Language.SPANISH: frozenset(["convulsiones", "hipotonía", "ataxia", "nistagmo", "disartria", "talla", "baja"]),
    }
)


@pytest.mark.parametrize(
    "text",
    [
        "Seizures, hypotonia",
        "A 3-year-old girl with seizures. No fever.",
        "pt c/o HA, no n/v",
        "Ataxia",  # the same word in Spanish
        "2 y/o M w/ FTT",
        "siezures",  # a typo is no other language
        "Sjögren",
        "Hirschsprung disease was excluded in Dr. 王's clinic by a biopsy of the rectum",
        "",
        "123 %",
        "🙂",
        "\0",
    ],
)
def test_english(text):
    assert DETECTOR.detect(text) is Language.ENGLISH


@pytest.mark.parametrize(
    "text",
    [
        "Convulsiones, hipotonía",
        "Ataxia, nistagmo, disartria",
        "Niña de 3 años con fiebre",
        "El paciente no camina",
        "talla baja",
    ],
)
def test_spanish(text):
    assert DETECTOR.detect(text) is Language.SPANISH


@pytest.mark.parametrize(
    "text", ["抽搐", "患儿，女，3岁，抽搐", "癲癇發作", "患儿 seizures, hypotonia，发育迟缓", "头颅MRI示脑室扩大"]
)
def test_chinese(text):
    assert DETECTOR.detect(text) is Language.CHINESE


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("3-jähriges Mädchen mit Epilepsie. Kein Fieber.", "German"),
        ("Pat. mit Fieber, Husten, Atemnot", "German"),
        ("Garçon de 4 ans avec un retard de langage, sans fièvre", "French"),
        ("fièvre, toux", "French"),
        ("Avez-vous de la fièvre?", "French"),
        ("Il paziente ha la febbre e tosse", "Italian"),
        ("O paciente tem febre e tosse", "Portuguese"),
        ("De patiënt heeft koorts en hoest", "Dutch"),
        ("Девочка трёх лет с судорогами", "Russian"),
        ("طفل عمره ثلاث سنوات يعاني من نوبات", "Arabic"),
        ("3歳の女児。けいれんと発達遅滞を認めた。", "Japanese"),
        ("痙攣、発達遅滞", "Japanese"),
        ("3세 여아, 경련과 발달 지연", "Korean"),
        ("Παιδί με σπασμούς", "Greek"),
    ],
)
def test_other_languages_are_named(text, name):
    with pytest.raises(UnsupportedLanguageError, match=f"seems to be {name}.*English, Chinese and Spanish"):
        DETECTOR.detect(text)


def test_the_word_is_a_wrong_use():
    assert issubclass(UnsupportedLanguageError, UsageError)
    assert UnsupportedLanguageError.exit_code == 2


def test_decomposed_accents_are_read():
    assert DETECTOR.detect("Hipotoni\u0301a, nin\u0303o de 2 an\u0303os") is Language.SPANISH


@given(st.text())
def test_any_text_has_an_answer(text):
    with suppress(UnsupportedLanguageError):
        assert DETECTOR.detect(text) in Language


@pytest.mark.release
def test_names_and_synonyms_of_the_release_are_english(release_graph):
    detector = LanguageDetector.of(release_graph.ontology)
    names = [release_graph.ontology.name(t) for t in sorted(release_graph.ontology.phenotypic_abnormalities)[::20]]
    names += ["café-au-lait spots", "Torsade de pointes", "S3", "naïve T cells", "Ménétrier disease"]
    assert [name for name in names if detector.detect(name) is not Language.ENGLISH] == []
