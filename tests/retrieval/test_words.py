"""Forms of words: inflection, families, and what must stay apart."""

import pytest

from retrieval.words import derivation_of, inflection_of


@pytest.mark.parametrize(
    ("word", "inflected"),
    [
        ("Anaemias", "anemia"),
        ("anemic", "anemia"),
        ("tumours", "tumor"),
        ("feet", "foot"),
        ("stenoses", "stenos"),
        ("stenotic", "stenos"),
        ("hypoplastic", "hypoplas"),
        ("microcephaly", "microcephalia"),
        ("microcephalic", "microcephalia"),
        ("Crohn’s", "crohn"),
        ("non-verbal", "nonverbal"),
        ("schönberg", "schonberg"),
        ("abscess", "abscess"),
        ("nevi", "nevus"),
    ],
)
def test_inflection(word, inflected):
    assert inflection_of(word) == inflected


@pytest.mark.parametrize(
    "words",
    [
        ("deceleration", "decelerated"),
        ("irregular", "irregularities"),
        ("short", "shortening", "shortened"),
        ("loss", "lost", "losing"),
        ("absent", "absence"),
        ("dilated", "dilatation", "dilation"),
        ("breath", "breathing"),
        ("webbed", "webbing"),
        ("deficiency", "deficient"),
    ],
)
def test_words_of_one_family_share_a_stem(words):
    assert len({derivation_of(inflection_of(word)) for word in words}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("sleep", "sleepy"), ("organ", "organize"), ("neutrophil", "neutrophilia"), ("limb", "limbic"), ("ear", "early")],
)
def test_words_of_different_meaning_keep_different_forms(one, other):
    assert inflection_of(one) != inflection_of(other)
