"""Ages at which a child sat, walked and spoke -> findings.

Promise: "walked at 22 months", "10 words at 3 years", "marcha a los 22 meses", "22月龄会走" give the delay where the
age lies beyond the window of the WHO's growth standards (doi:10.1111/j.1651-2227.2006.tb02379.x: walking alone by 17.6
months, sitting without support by 9.2) or, for words, beyond what children of that age lack; an age in the middle of
the window or before rules the delay out; in between nothing is said.
Deliberately not done here: what a child does not do yet ("not walking at 2"), which are wordings.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kg.translations import Language
from retrieval.measurements import Measurement


class _Milestone(NamedTuple):
    """A term, the age in months by which a child has reached it, and until which it is early or usual."""

    term_id: str
    late: float
    usual: float


_WALKS = _Milestone("HP:0031936", 18, 15)
_SITS = _Milestone("HP:0025336", 9.5, 8)
_FIRST_WORDS = _Milestone("HP:0000750", 18, 14)
_FEW_WORDS = _Milestone("HP:0000750", 23.9, 0)  # fewer than fifty at two years
_MOST_MONTHS = 144
_MONTHS_OF = {"y": 12.0, "a": 12.0, "岁": 12.0, "m": 1.0, "月": 1.0, "个": 1.0, "w": 7 / 30.4375}
_N = r"(?P<n>\d{1,2}(?:[.,]\d{1,2})?)"
_ENGLISH_AGE = (
    rf"(?:about\s|around\s|the\s|age\s|of\s)*{_N}\s?-?"
    r"(?P<u>y(?:ears?|rs?)?|m(?:onths?|o|ths?|os)?|w(?:ee)?ks?)\b(?:\s(?:and\s)?(?P<n2>\d{1,2})\s?m(?:onths?|o|ths?)?\b)?"
)
_AT = r"\s(?:only\s)?(?:at|by|from)\s"
_ALONE = r"(?:\s(?:independently|alone|unaided|unassisted|unsupported|without\s(?:support|help)|up|first))*"
# "Walking" of a moment ("fell walking at 3 years") and of a loss ("stopped walking at 6 years") is no milestone.
_BEGAN = r"(?:(?:started|began|commenced|achieved|independent|unaided|(?<![^,;:.\n(]\s)(?<![^,;:.\n(\s]))\s?)"
_NOT_UNTIL = rf"\b(?:did\snot|didn['’]t)\s{{}}{_ALONE}\suntil\s"
_WAS_ACHIEVED = r"(?:was|being|is)?\s?(?:only\s)?(?:achieved|attained|acquired|possible|reached)"
_SPANISH_ALONE = r"(?:\s(?:autónoma|independiente|libre|liberada|estable|sin\sapoyo|sol[oa]))*"
_SPANISH_AGE = rf"(?:a|hacia|sobre)\slos\s{_N}\s(?P<u>años?|mes(?:es)?)\b(?:\sy\s(?P<n2>\d{{1,2}})\smes(?:es)?\b)?"
_HAN_AGE = rf"(?<![\d.]){_N}(?P<u>岁|个?月龄?)(?:(?P<n2>\d{{1,2}})个?月)?(?:时|才|仅|始|开始|能|会|可)*"
_PATTERNS = {
    Language.ENGLISH: (
        (_WALKS, rf"\b(?:walked|{_BEGAN}(?:walking|to\swalk)|took\s(?:\w+\s)?first\ssteps){_ALONE}{_AT}{_ENGLISH_AGE}"),
        (_WALKS, rf"{_NOT_UNTIL.format('walk')}{_ENGLISH_AGE}"),
        (_WALKS, rf"\b(?:walking|ambulation){_ALONE}\s{_WAS_ACHIEVED}{_AT}{_ENGLISH_AGE}"),
        (_WALKS, rf"\b(?:able\sto|could)\swalk{_ALONE}{_AT}{_ENGLISH_AGE}"),
        (_SITS, rf"\bsitting{_ALONE}\s{_WAS_ACHIEVED}{_AT}{_ENGLISH_AGE}"),
        (_SITS, rf"\b(?:able\sto|could)\ssit{_ALONE}{_AT}{_ENGLISH_AGE}"),
        (_SITS, rf"{_NOT_UNTIL.format('sit')}{_ENGLISH_AGE}"),
        (_FIRST_WORDS, rf"{_NOT_UNTIL.format('(?:speak|talk)')}{_ENGLISH_AGE}"),
        (_SITS, rf"\b(?:sat|{_BEGAN}(?:sitting|to\ssit)){_ALONE}{_AT}{_ENGLISH_AGE}"),
        (_FIRST_WORDS, rf"\b(?:first|single)\swords?(?:\s(?:was|were|came|spoken))*{_AT}{_ENGLISH_AGE}"),
        (_FEW_WORDS, rf"(?<![\d.-])(?:[1-9]|[1-3]\d)\swords{_AT}{_ENGLISH_AGE}"),
    ),
    Language.SPANISH: (
        (_WALKS, rf"\b(?:marcha|deambulación|caminó|anduvo){_SPANISH_ALONE}\s{_SPANISH_AGE}"),
        (_SITS, rf"\b(?:sedestación|se\ssentó){_SPANISH_ALONE}\s{_SPANISH_AGE}"),
        (_FIRST_WORDS, rf"\bprimeras\spalabras\s{_SPANISH_AGE}"),
        (_FEW_WORDS, rf"(?<![\d.-])(?:[1-9]|[1-3]\d)\spalabras\s{_SPANISH_AGE}"),
    ),
    Language.CHINESE: (
        (_WALKS, rf"{_HAN_AGE}(?:独立?)?(?:行走|走路|走)"),
        (_SITS, rf"{_HAN_AGE}(?:独立?)?坐"),
        (_FEW_WORDS, rf"{_HAN_AGE}(?:说|讲)(?:[1-9]|[1-3]\d)个(?:词|字)"),
    ),
}  # fmt: skip
_COMPILED = {
    language: tuple((milestone, re.compile(pattern, re.IGNORECASE)) for milestone, pattern in patterns)
    for language, patterns in _PATTERNS.items()
}
_TELLING_ENGLISH = "walk|sat |sitting|to sit| sit |words|word |steps|until|ambul"
# Looking for substrings is much faster than looking for patterns, and few texts have any.
_TELLING = {
    Language.ENGLISH: tuple(_TELLING_ENGLISH.split("|")),
    Language.SPANISH: ("marcha", "deambul", "camin", "anduvo", "sedest", "se sent", "palabras"),
    Language.CHINESE: ("走", "坐", "词", "字"),
}
_LOST = re.compile(
    r"\b(?:not|n['’]t|never|stopped|lost|ceased|until|last|difficulty|perdió|no|dejó\sde)\s(?:\w+\s)?$|[不未没]$",
    re.IGNORECASE,
)


def find_milestones(text: str, language: Language = Language.ENGLISH) -> tuple[Measurement, ...]:
    """What the ages of milestones say, in order of their start."""
    small = text.lower()
    if not any(word in small for word in _TELLING[language]):
        return ()
    found = []
    for milestone, pattern in _COMPILED[language]:
        for match in pattern.finditer(text):
            months = _months(match)
            if months > _MOST_MONTHS or _LOST.search(text, max(0, match.start() - 20), match.start()):
                continue
            if months > milestone.late or months <= milestone.usual:
                is_usual = months <= milestone.usual
                found.append(
                    Measurement(term_id=milestone.term_id, excluded=is_usual, start=match.start(), end=match.end())
                )
    return tuple(sorted(found, key=lambda m: (m.start, m.end, m.term_id)))


def _months(match: re.Match[str]) -> float:
    months = float(match["n"].replace(",", ".")) * _MONTHS_OF[match["u"][0].casefold()]
    return months + float(match["n2"] or 0)
