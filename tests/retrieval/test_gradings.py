"""Graded signs: power, acuity and the Beighton score."""

import pytest

from retrieval.gradings import find_gradings

WEAK, PROXIMAL, DISTAL = "HP:0001324", "HP:0003701", "HP:0002460"
ACUITY, HYPERMOBILE = "HP:0007663", "HP:0001382"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("power MRC 4/5 in hip flexion", [(WEAK, "power MRC 4/5")]),
        ("Power 2/5 proximally, 5/5 distally", [(PROXIMAL, "Power 2/5 proximally")]),
        ("strength was 4-/5 in the distal legs", [(DISTAL, "strength was 4-/5 in the distal")]),
        ("power 5/5 throughout", []),
        ("pain 4/5", []),
        ("VA OD 6/60, OS 6/6", [(ACUITY, "VA OD 6/60")]),
        ("visual acuity was 20/400", [(ACUITY, "visual acuity was 20/400")]),
        ("VA 20/25", []),
        ("Beighton 7/9", [(HYPERMOBILE, "Beighton 7/9")]),
        ("Beighton score of 3/9", []),
    ],
)
def test_graded_signs(text, expected):
    assert [(m.term_id, text[m.start : m.end]) for m in find_gradings(text)] == expected
