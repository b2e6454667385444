"""English texts that another language can say: their English is what an f-string would give."""

from __future__ import annotations

import copy
import json

import pytest

from kg.phrases import Number, first_of, in_words_of, joined, phrase, term_name, word_list

SEIZURE = term_name("HP:0001250", "Seizure")
SPANISH = {
    "{finding} is {how}.": "{finding}: {how}.",
    "seen in {n} of {m} patients": "se ve en {n} de {m} pacientes",
    "no {finding}": "ausencia de {finding}",
    " and ": " y ",
    ",": "\u202f",
}


LABELS = {"HP:0001250": "Crisis"}


def in_spanish(text: str) -> str:
    return in_words_of(text, lambda template: SPANISH.get(template, template), lambda term_id, _: LABELS[term_id])


SAID = phrase("{finding} is {how}.", finding=SEIZURE, how=phrase("seen in {n} of {m} patients", n=3, m=4))


@pytest.mark.parametrize(
    ("text", "english", "spanish"),
    [
        (SAID, "Seizure is seen in 3 of 4 patients.", "Crisis: se ve en 3 de 4 pacientes."),
        (word_list([SEIZURE, phrase("no {finding}", finding="x")]), "Seizure and no x", "Crisis y ausencia de x"),
        (word_list(["a", "b", SEIZURE]), "a, b and Seizure", "a, b y Crisis"),
        (word_list([]), "", ""),
        (word_list([SEIZURE]), "Seizure", "Crisis"),
        (joined(["a", SEIZURE, "c"], "; "), "a; Seizure; c", "a; Crisis; c"),
        (first_of(["a", "b", "c"], 2), "a, b and 1 more", "a, b and 1 more"),
        (first_of(["a", "b"], 2), "a and b", "a y b"),
        (Number("12,500"), "12,500", "12\u202f500"),
        (phrase("{left} braces in a value", left="{x}"), "{x} braces in a value", "{x} braces in a value"),
        ("12,500 {x}", "12,500 {x}", "12,500 {x}"),  # knows nothing of itself
        (f"{SAID}", "Seizure is seen in 3 of 4 patients.", "Seizure is seen in 3 of 4 patients."),
    ],
)  # fmt: skip
def test_a_text_is_english_and_can_be_said_in_another_language(text, english, spanish):
    assert text == english
    assert in_spanish(text) == spanish


def test_a_template_without_places_may_have_braces():
    assert phrase("{x}") == "{x}"
    assert in_spanish(phrase("{x}")) == "{x}"


def test_what_is_copied_is_still_known():
    assert in_spanish(copy.deepcopy(SAID)) == "Crisis: se ve en 3 de 4 pacientes."
    assert json.loads(json.dumps({"text": SAID})) == {"text": "Seizure is seen in 3 of 4 patients."}
