"""Negation and experiencer: which of the words in capitals are denied, and whose they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.context import Context, Experiencer, contexts_of


def contexts(text: str) -> list[Context]:
    """Contexts of the runs of capitals in the text."""
    return list(contexts_of(text, [m.span() for m in re.finditer(r"\b[A-Z]{3,}(?: [A-Z]{3,})*\b", text)]))


def negated(text: str) -> list[bool]:
    return [c.negated for c in contexts(text)]


def of_family(text: str) -> list[bool]:
    return [c.experiencer is Experiencer.FAMILY for c in contexts(text)]


@pytest.mark.parametrize(
    "text",
    [
        "no SEIZURES",
        "He denies HEADACHE",
        "denied VOMITING",
        "without FEVER",
        "absent REFLEXES",
        "absence of TEARS",
        "negative for ATAXIA",
        "She does not have ATAXIA",
        "She doesn't have ATAXIA",
        "never had SEIZURES",
        "no history of SEIZURES",
        "no evidence of ATAXIA",
        "We ruled out EPILEPSY",
        "EPILEPSY was ruled out",
        "REFLEXES were absent",
        "SEIZURES were not seen",
        "SEIZURES have never been observed",
        "SEIZURES: no",
        "negative\n   for ATAXIA",
        "not consistent with EPILEPSY",
    ],
)
def test_denied(text):
    assert negated(text) == [True]


@pytest.mark.parametrize(
    "text",
    [
        "SEIZURES",
        "Not only SEIZURES were seen",
        "no change in SEIZURES",
        "no increase in SEIZURES",
        "walks without difficulty, has SEIZURES",
        "EPILEPSY could not be ruled out",
        "No. 3 had SEIZURES",
        "No fever. SEIZURES",
        "He could not walk because of ATAXIA",
        "no cause was found; SEIZURES persist",
    ],
)
def test_not_denied(text):
    assert negated(text) == [False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no SEIZURES, HEARING LOSS or ATAXIA", [True, True, True]),
        ("without FEVER, VOMITING, or DIARRHEA", [True, True, True]),
        ("no SEIZURES or ATAXIA were seen", [True, True]),
        ("SEIZURES, ATAXIA and PAIN were not seen", [True, True, True]),
        ("no FEVER but VOMITING", [True, False]),
        ("no FEVER; VOMITING", [True, False]),
        ("no FEVER. VOMITING", [True, False]),
        ("no FEVER however VOMITING", [True, False]),
        ("never had FEVER although ATAXIA is present", [True, False]),
        ("no findings except ATAXIA", [False]),
        ("no FEVER and she has ATAXIA", [True, False]),
        ("no FEVER, and ATAXIA was marked", [True, False]),
        ("SEIZURES were present and DEAFNESS was absent", [False, True]),
        ("denies HEADACHE but has FEVER", [True, False]),
    ],
)
def test_the_scope_of_a_denial(text, expected):
    assert negated(text) == expected


def test_a_trigger_inside_a_mention_belongs_to_it():
    text = "Absent reflexes, ataxia"
    spans = [(0, 15), (17, 23)]
    assert [c.negated for c in contexts_of(text, spans)] == [False, False]
    assert [c.negated for c in contexts_of(text, spans[1:])] == [True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("her mother has EPILEPSY", [True]),
        ("father: DEAFNESS", [True]),
        ("family history of EPILEPSY", [True]),
        ("Her mother, aged 40, has DEAFNESS and she has ATAXIA", [True, False]),
        ("Her brother has DEAFNESS. ATAXIA at 3", [True, False]),
        ("SEIZURES were also present in her brother", [True]),
        ("She was born to a mother with DIABETES", [True]),
        ("Her mother reports SEIZURES", [False]),
        ("The mother had noticed SEIZURES", [False]),
        ("a son of healthy parents presented with SEIZURES", [False]),
        ("The patient and her mother have DEAFNESS", [False]),
        ("She has ATAXIA", [False]),
    ],
)
def test_whose_finding_it_is(text, expected):
    assert of_family(text) == expected


def test_a_relative_can_be_without_a_finding():
    assert contexts("Her mother has no EPILEPSY") == [Context(negated=True, experiencer=Experiencer.FAMILY)]


@given(st.text(max_size=200), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=5))
def test_any_text_and_spans_get_one_context_each(text, ends):
    spans = [(min(e), max(e)) for e in ends]
    assert len(contexts_of(text, spans)) == len(spans)


@given(st.text(alphabet="abcdefghijkl mpqruvxz,", max_size=80))
def test_without_any_trigger_nothing_is_denied(text):
    # None of the triggers can be spelt with these letters.
    assert contexts_of(text, [(0, len(text))]) == (Context(),)
