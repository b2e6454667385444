"""Sizes in SD and centiles; the borders are 2 SD and the 3rd and 97th centile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.build import load_graph
from retrieval.growth import _TRAITS, find_growth

MICROCEPHALY, MACROCEPHALY, SKULL_SIZE = "HP:0000252", "HP:0000256", "HP:0000240"
SHORT, TALL, HEIGHT = "HP:0004322", "HP:0000098", "HP:0000002"
WIDE_ROOT = "HP:0002616"
LIGHT, WEIGHT = "HP:0004325", "HP:0004323"


def signs(text: str) -> list[str]:
    return [("-" if m.excluded else "+") + m.term_id for m in find_growth(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OFC -3.2 SD", ["+" + MICROCEPHALY]),
        ("head circumference 52 cm (+2.6 SDS)", ["+" + MACROCEPHALY]),
        ("head circumference was 3 standard deviations below the mean", ["+" + MICROCEPHALY]),
        ("head circumference at the 1st percentile", ["+" + MICROCEPHALY]),
        ("HC at the 3rd centile", []),
        ("OFC −1.9 SD", []),
        ("OFC -0.4 SD", ["-" + SKULL_SIZE]),
        ("Height was 2-3 SD above the mean", ["+" + TALL]),
        ("Height was 2 to 3 SD below the mean", ["+" + SHORT]),
        ("Head circumference 3–4 SD above the mean", ["+" + MACROCEPHALY]),
        ("Height 95 cm -2.5 SD", ["+" + SHORT]),
        ("height -1 to -3 SD", []),
        ("OFC +1 to +3 SD", []),
        ("OFC -2 to +2 SD", []),
        ("height between -1 and +1 SD", ["-" + HEIGHT]),
        ("Height z-score 2.4 below the mean", ["+" + SHORT]),
        ("Height SDS 2.5 below the mean", ["+" + SHORT]),
        ("Height z-score 2.4", ["+" + TALL]),
        ("Height at the 100th centile", ["+" + TALL]),
        ("height between the 3rd and 10th centile", []),
        ("height between the 25th and 50th centile", ["-" + HEIGHT]),
        ("height 10th-25th percentile", ["-" + HEIGHT]),
        ("height 1st to 2nd percentile", ["+" + SHORT]),
        ("height fell from the 50th to the 1st centile", ["+" + SHORT]),
        ("OFC 45 cm (-2 to -3 SD)", ["+" + MICROCEPHALY]),
        ("height < 3rd centile", ["+" + SHORT]),
        ("height above the 97th centile", ["+" + TALL]),
        ("height > 90th centile", []),
        ("Height was at the 50th percentile.", ["-" + HEIGHT]),
        ("stature was short (<P3)", ["+" + SHORT]),
        ("height z-score: -2.5", ["+" + SHORT]),
        ("height and weight were below the 3rd centile", ["+" + SHORT, "+" + LIGHT]),
        ("weight 8 kg (3rd centile), length 70 cm (<1st centile), OFC -2.8 SD", ["+" + SHORT, "+" + MICROCEPHALY]),
        ("the 60th percentile for height and 1st percentile for weight", ["-" + HEIGHT, "+" + LIGHT]),
        ("birth weight 2.1 kg (<P3)", ["+HP:0001518"]),
        ("Birth weight was 3 kg, length 41 cm (-2.3 SD)", ["+HP:0003561"]),
        ("aortic root Z +3.2", ["+" + WIDE_ROOT]),
        ("Aortic root diameter 4 cm (Z = 4.1)", ["+" + WIDE_ROOT]),
        ("aortic root z-score 0.4", ["-" + WIDE_ROOT]),
        ("aortic root 3.2 cm", []),
        ("OFC Z -3.2", ["+" + MICROCEPHALY]),
        ("Ht 98 cm (<0.4th centile), Wt 14 kg (2nd centile)", ["+" + SHORT, "+" + LIGHT]),
        ("Ht -3.2 SD", ["+" + SHORT]),
        ("femur length <3rd centile", ["+HP:0003097"]),
        ("estimated fetal weight <3rd centile", ["+HP:0001511"]),
        ("penile length -3 SD", []),
        ("height 90 cm, penile length -3 SD", []),
        ("palpebral fissure length -3 SD", []),
        ("height velocity below the 3rd centile", []),
        ("weight loss of 3 kg", []),
        ("height 10 cm", []),
    ],
)
def test_sizes(text, expected):
    assert signs(text) == expected


def test_the_quote_is_name_and_value():
    text = "Her OFC was 40 cm (-4 SD)."
    (found,) = find_growth(text)
    assert text[found.start : found.end] == "OFC was 40 cm (-4 SD"


@given(st.floats(-9, 9).map(lambda z: round(z, 1)))
def test_no_size_is_both_small_and_large(z):
    (sign,) = signs(f"height {z:+} SD") or [""]
    assert sign == ("+" + SHORT if z <= -2 else "+" + TALL if z >= 2 else "-" + HEIGHT if abs(z) <= 1.3 else "")


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    assert all(0 <= m.start < m.end <= len("height " + text) for m in find_growth("height " + text))


@pytest.mark.release
def test_all_terms_are_of_the_release():
    ontology = load_graph().ontology
    assert all(term_id in ontology.terms for trait in _TRAITS.values() for term_id in trait if term_id)
