"""The patient's age and sex, in words and as fields."""

from __future__ import annotations

from html import escape

from kg.translations import Language
from retrieval.demographics import Demographics, Sex, word_demographics
from ui.page.words import Words

_UNITS = (("Y", "years", 1.0), ("M", "months", 1 / 12), ("D", "days", 1 / 365.25))


def word_person(person: Demographics, words: Words) -> str:
    """Such as "female, 7 years"; empty where neither is known."""
    if words.language is Language.ENGLISH:
        return word_demographics(person)
    sex = "" if person.sex is None else words(person.sex.lower())
    return words(", ").join(part for part in (sex, _word_age(person, words)) if part)


def _word_age(person: Demographics, words: Words) -> str:
    n, unit = age_in_unit(person)
    if n is not None:
        name = next(name for letter, name, _ in _UNITS if letter == unit)
        return f"{n} {words(name)}"
    return "" if person.years is None else words("adult")


def age_in_unit(person: Demographics) -> tuple[int | None, str]:
    """The age as a whole number of the largest unit that has it, and the unit's letter in ISO 8601."""
    if person.age is None or person.years is None:
        return None, "Y"
    for letter, _, size in _UNITS:
        n = person.years / size
        if n >= 1 and (letter == "D" or abs(n - round(n)) < 1e-2):
            return round(n), letter
    return round(person.years * 365.25), "D"


def person_fields(person: Demographics, words: Words) -> str:
    """Age and sex, to read and to change."""
    n, unit = age_in_unit(person)
    sexes = (("", words("sex not known")), (Sex.FEMALE, words("female")), (Sex.MALE, words("male")))
    options = "".join(_option(value, text, value == (person.sex or "")) for value, text in sexes)
    units = "".join(_option(letter, words(name), letter == unit) for letter, name, _ in _UNITS)
    unit_label = escape(words("Unit of the age"))
    placeholder = words("adult") if n is None and person.years is not None else words("age")
    return (
        f'<div class="person" role="group" aria-label="{escape(words("Patient"))}">'
        f'<select data-field="sex" data-key="sex" aria-label="{escape(words("Sex"))}">{options}</select>'
        f'<input data-field="age" data-key="age" type="number" min="0" max="1500" inputmode="numeric" '
        f'value="{"" if n is None else n}" placeholder="{escape(placeholder)}" aria-label="{escape(words("Age"))}">'
        f'<select data-field="age-unit" data-key="age-unit" aria-label="{unit_label}">{units}</select>'
        "</div>"
    )


def _option(value: str, text: str, selected: bool) -> str:
    return f'<option value="{escape(value)}"{" selected" if selected else ""}>{escape(text)}</option>'
