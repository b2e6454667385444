"""Ages of milestones: late, usual and what is none; in three languages."""

import pytest

from kg.translations import Language
from retrieval.milestones import find_milestones

WALK, SIT, SPEECH = "HP:0031936", "HP:0025336", "HP:0000750"


def signs(text: str, language: Language = Language.ENGLISH) -> list[str]:
    return [("-" if m.excluded else "+") + m.term_id for m in find_milestones(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("walked at 22 months", ["+" + WALK]),
        ("He started walking independently at the age of 2 years and 3 months.", ["+" + WALK]),
        ("sat at 11 months, walked at 17 months", ["+" + SIT]),
        ("sitting at 12 months, walking at 2 years", ["+" + SIT, "+" + WALK]),
        ("walked by 13 months, sat at 6 months", ["-" + WALK, "-" + SIT]),
        ("took her first steps at 20 mo", ["+" + WALK]),
        ("She did not walk until 2 years of age", ["+" + WALK]),
        ("10 words at 3 y", ["+" + SPEECH]),
        ("first words at 2 years", ["+" + SPEECH]),
        ("first words at 12 months", ["-" + SPEECH]),
        ("200 words at 3 years", []),
        ("stopped walking at 6 years", []),
        ("He fell walking at 3 years", []),
        ("walked until 8 years", []),
        ("not walking at 20 months", []),
        ("walked at 30 years", []),
    ],
)
def test_english(text, expected):
    assert signs(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Marcha a los 22 meses, sedestación a los 11 meses.", Language.SPANISH, ["+" + WALK, "+" + SIT]),
        ("Primeras palabras a los 3 años", Language.SPANISH, ["+" + SPEECH]),
        ("caminó a los 12 meses", Language.SPANISH, ["-" + WALK]),
        ("22月龄会走，3岁仅会说10个词", Language.CHINESE, ["+" + WALK, "+" + SPEECH]),
        ("1岁1个月会走，11个月会坐", Language.CHINESE, ["-" + WALK, "+" + SIT]),
        ("2岁不会走路", Language.CHINESE, []),
    ],
)
def test_spanish_and_chinese(text, language, expected):
    assert signs(text, language) == expected
