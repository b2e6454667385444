"""Graded signs of an examination -> findings: muscle power, visual acuity and the Beighton score.

Promise: "power 4/5" is weakness (proximal or distal where it says so), an acuity of 0.3 and less ("VA 6/60", "20/400")
is a reduced one, and a Beighton score of 6 and more of 9 is joint hypermobility, at any age.
Deliberately not done here: full power (``retrieval.normal_results``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.measurements import Measurement
from retrieval.words import fold_case

_WEAKNESS = {"": "HP:0001324", "prox": "HP:0003701", "dist": "HP:0002460"}
_REDUCED_ACUITY, _HYPERMOBILITY = "HP:0007663", "HP:0001382"
_LEAST_HYPERMOBILE = 6
_MOST_REDUCED = 0.3
_GRADE = r"[0-4](?:\s?[+-])?(?:\s?-\s?[0-4])?\s?/\s?5\b"
_POWER = re.compile(
    rf"\b(?:power|strength|mrc)\b(?:[\s:,]|\b(?!normal|5)[a-z]{{1,12}}\b){{0,8}}?(?P<grade>{_GRADE})", re.IGNORECASE
)
_SITE = re.compile(r"\s?(?:in\sthe\s)?(?P<site>prox|dist)\w*", re.IGNORECASE)
_ACUITY = re.compile(
    r"\b(?:VA|BCVA|[Vv]isual acuity|[Vv]ision)\b(?:[\s:,=]|\b(?:OD|OS|OU|RE|LE|R|L|is|was|of|in|the|right|left|"
    r"eyes?|both|best|corrected)\b){0,10}(?P<n>6|20)\s?/\s?(?P<d>\d{1,3})\b"
)
_BEIGHTON = re.compile(
    r"\bBeighton(?:'s)?(?:\sscore)?(?:[\s:=]|\b(?:of|is|was)\b){0,3}(?P<n>\d)\s?/\s?9\b", re.IGNORECASE
)


def find_gradings(text: str) -> tuple[Measurement, ...]:
    """What graded signs say, in order of their start."""
    if "/" not in text:
        return ()
    return tuple(sorted(_gradings_in(text), key=lambda m: (m.start, m.end)))


def _gradings_in(text: str) -> Iterator[Measurement]:
    for match in _POWER.finditer(text):
        site = _SITE.match(text, match.end())
        term_id = _WEAKNESS[fold_case(site["site"]) if site else ""]
        yield Measurement(term_id=term_id, excluded=False, start=match.start(), end=(site or match).end())
    for match in _ACUITY.finditer(text):
        if int(match["d"]) and int(match["n"]) / int(match["d"]) <= _MOST_REDUCED:
            yield Measurement(term_id=_REDUCED_ACUITY, excluded=False, start=match.start(), end=match.end())
    for match in _BEIGHTON.finditer(text):
        if int(match["n"]) >= _LEAST_HYPERMOBILE:
            yield Measurement(term_id=_HYPERMOBILITY, excluded=False, start=match.start(), end=match.end())
