"""Size and weight in standard deviations or centiles -> findings.

Promise: "OFC -3.2 SD", "height < 3rd centile", "head circumference at the 1st percentile", "z-score of -2.5 for weight"
give the term for too small or too large beyond two SD or outside the 3rd to 97th centile, at any age; a value well
inside (10th to 90th centile, 1.3 SD) rules the abnormality out; in between nothing is said.
Deliberately not done here: centimetres and kilograms, which need growth charts.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from retrieval.cues import SMALL
from retrieval.measurements import Measurement
from retrieval.words import fold_case


class _Trait(NamedTuple):
    """Terms for too small, too large, and what a normal size rules out; empty for none."""

    small: str
    large: str
    abnormal: str


_TRAITS = {
    "head": _Trait("HP:0000252", "HP:0000256", "HP:0000240"),
    "birth_head": _Trait("HP:0011451", "HP:0004488", ""),
    "height": _Trait("HP:0004322", "HP:0000098", "HP:0000002"),
    "weight": _Trait("HP:0004325", "HP:0004324", "HP:0004323"),
    "mass_index": _Trait("HP:0045082", "HP:0031418", "HP:0045081"),
    "birth_weight": _Trait("HP:0001518", "HP:0001520", ""),
    "birth_length": _Trait("HP:0003561", "HP:0003517", ""),
    "femur": _Trait("HP:0003097", "", ""),
    "fetal_weight": _Trait("HP:0001511", "HP:0001520", ""),
    "aortic_root": _Trait("", "HP:0002616", "HP:0002616"),
}
_NAMES = re.compile(
    r"\b(?:(?P<birth_weight>birth\s?weight|weight\sat\sbirth)|(?P<birth_length>birth\slength|length\sat\sbirth)|"
    r"(?P<birth_head>(?:head\scircumference|ofc)\sat\sbirth|birth\s(?:head\scircumference|ofc))|"
    r"(?P<head>(?:head|occipito-?\s?frontal|occipital-?\s?frontal|cranial|fronto-?occipital)\scircumference|"
    r"head\ssize|ofc|"
    r"(?-i:HC))|(?P<mass_index>bmi|body\smass\sindex)|(?P<femur>fem(?:ur|oral)\slength)|"
    r"(?P<fetal_weight>(?:estimated\s)?fo?etal\sweight|(?-i:EFW))|"
    r"(?P<height>height|stature|(?:body\s)?length|(?-i:Ht|HT))(?<!weight.for.height)(?<!weight.for.length)|"
    r"(?P<aortic_root>aortic\s(?:root|sinus)(?:\s(?:diameter|dimension|size))?|sinus(?:es)?\sof\svalsalva)|"
    r"(?P<weight>(?:body\s)?weight|(?-i:Wt|WT)))\b(?!\s(?:loss|gain|velocity)|[\s-]for[\s-](?:height|length))",
    re.IGNORECASE,
)
# "Palpebral fissure length": of a part of the body.
_OF_A_PART = re.compile(
    r"\b(?:humer\w+|tibial?|radi(?:us|al)|uln\w+|bone|limb|arm|leg|foot|hand|finger|toe|palm|ear|nasal|nose|philtrum|"
    r"fissure|penile|penis|phallic|cervical|cervix|axial|renal|kidney|rump|sitting|trunk|uterine|fundal)\s$",
    re.IGNORECASE,
)
_NUMBER = r"\d{1,2}(?:[.,]\d{1,2})?"
_SD_WORD = r"(?:sds?|sd[-\s]?scores?|standard\sdeviations?|s\.d\.)"
_UNITS = re.compile(r"centile|%ile|sd|s\.d\.|standard\sdev|score|p\d|\bz\b")  # one is in every value below
_CENTILE = r"(?:100|\d{1,2}(?:[.,]\d)?)\s?(?:st|nd|rd|th)?"
_BELOW, _ABOVE = r"(?:<=?|≤|below|less\sthan|under)", r"(?:>=?|≥|above|more\sthan|greater\sthan|over)"
_DEVIATION = re.compile(
    rf"(?<!\d)(?:(?<!\d\s)|(?=[-−–+]\d))(?P<sign>[-−–+])\s?(?P<sd>{_NUMBER})"  # no hyphen between two numbers
    rf"(?:\s?(?:to|-|–)\s?(?P<sign_to>[-−–+])?(?P<sd_to>{_NUMBER}))?\s?{_SD_WORD}\b|"
    rf"(?:(?P<words_from>{_NUMBER}|two|three|four|five)\s?(?:to|-|–)\s?)?(?P<sd_words>{_NUMBER}|two|three|four|five|six)"
    rf"\s?{_SD_WORD}\s(?P<side>below|under|above|over)\b|"
    rf"(?:z[-\s]?scores?|\bz(?=\s?[-−–+=:]?\s?\d)|sds|sd[-\s]?score)\s?(?:of|was|is|[:=])?\s?(?P<z_sign>[-−–+])?\s?(?P<z>{_NUMBER})(?!\s?(?:cm|"
    rf"kg))(?:\s(?P<z_side>below|under|above|over)\b)?|"
    rf"(?:(?P<under>{_BELOW})|(?P<over>{_ABOVE}))?\s?(?:the\s)?(?:between\s(?:the\s)?(?P<between>{_CENTILE})\sand\s"
    rf"(?:the\s)?|(?<!from\s)(?<!from\sthe\s)(?P<centile_from>{_CENTILE})\s?(?:to|-|–)\s?(?:the\s)?)?"
    rf"(?<![\d.,])(?P<centile>{_CENTILE})\s?(?:-\s?)?(?:per)?(?:centile|%ile)|"
    rf"(?:(?P<p_under>{_BELOW})|(?P<p_over>{_ABOVE}))?\s?(?-i:P)(?P<p>\d{{1,2}})\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.;!?](?=\s|$)|\n\s*\n")
_JOINED = re.compile(r"\s*(?:\([^()]{0,20}\))?\s*(?:,\s*(?:and)?|and|&|/)\s*(?:(?:his|her|the)\s)?\s*$", re.IGNORECASE)
# "Birth weight was 2 kg, length 41 cm (-2.3 SD)", until another age is told.
_AT_BIRTH = re.compile(
    r"\b(?:at\sbirth|birth\s?(?:weight|length))\b(?!.*\b(?:at|aged?|by|now|current\w*)\s(?!birth))",
    re.IGNORECASE | re.DOTALL,
)
_BIRTH_TRAIT = {"head": "birth_head", "height": "birth_length", "weight": "birth_weight"}
_WORDS = {"two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0}
_FOR = re.compile(r"\)?\s(?:for|in|of)\s(?:(?:the|his|her)\s)?", re.IGNORECASE)
_RESPECTIVELY = re.compile(r"\brespectively\b", re.IGNORECASE)
_CAME_FROM = re.compile(r"\bfrom\s*(?:the\s*)?$", re.IGNORECASE)  # "fell from the 50th centile to -2.4 SD"
_MAX_JOINED = 4  # height, weight, head circumference and body mass index
_REACH = 90  # characters from a name to its value
_SENTENCE = 200  # characters looked back over for "birth"
_SD_BORDER, _SD_INSIDE = 2.0, 1.3


def find_growth(text: str) -> tuple[Measurement, ...]:
    """What sizes in SD or centiles say, in order of their start."""
    # Few texts have any, and looking for substrings is much faster than looking for names.
    if not _UNITS.search(text.translate(SMALL)):
        return ()
    names = list(_NAMES.finditer(text))
    found: list[Measurement] = []
    n_joined = 0
    for i, name in enumerate(names):
        n_joined = n_joined + 1 if i and _JOINED.match(text, names[i - 1].end(), name.start()) else 0
        limit = min(len(text), name.end() + _REACH)
        following = i + 1
        # "Height and weight were below the 3rd centile": the value is that of all.
        last = min(len(names), i + _MAX_JOINED)
        while following < last and _JOINED.match(text, names[following - 1].end(), names[following].start()):
            following += 1
        if following < len(names):
            limit = min(limit, names[following].start())
        start = names[following - 1].end()
        stop = _SENTENCE_END.search(text, start, limit)
        first = max(i - n_joined, i - _MAX_JOINED)
        value = _value_before(text, names[first].start()) or _value_after(
            text, start, stop.start() if stop else limit, i - first, following - first
        )
        is_of_body = not _OF_A_PART.search(text, max(0, name.start() - 12), name.start())
        if value and is_of_body and (measured := _judge(name, value, is_birth=_is_at_birth(text, name.start()))):
            found.append(measured)
    return tuple(found)


def _value_before(text: str, position: int) -> re.Match[str] | None:
    """The value that stands before its name: "at the 20th percentile for weight"."""
    found = list(_DEVIATION.finditer(text, max(0, position - _REACH), position))
    return found[-1] if found and _FOR.fullmatch(text, found[-1].end(), position) else None


def _value_after(text: str, start: int, end: int, place: int, n_names: int) -> re.Match[str] | None:
    """The value of one of the names before it: that of all, or with "respectively" the one in its place.

    Args:
        text: the story.
        start: end of the last name.
        end: of what may hold the values.
        place: of the name among the joined ones, from 0.
        n_names: joined ones.
    """
    values = [v for v in _DEVIATION.finditer(text, start, end) if not _CAME_FROM.search(text, start, v.start())]
    if n_names > 1 and _RESPECTIVELY.search(text, start, end + len(" respectively")):
        return values[place] if len(values) == n_names else None
    return values[0] if values else None


def _is_at_birth(text: str, position: int) -> bool:
    start = max(0, position - _SENTENCE)
    for end in _SENTENCE_END.finditer(text, start, position):
        start = end.end()
    return bool(_AT_BIRTH.search(text[start:position]))


def _judge(name: re.Match[str], value: re.Match[str], *, is_birth: bool) -> Measurement | None:
    told = name.lastgroup or ""
    trait = _TRAITS[_BIRTH_TRAIT.get(told, told) if is_birth else told]
    side = _side_of_centile(value) if value["centile"] or value["p"] else _side_of_deviation(value)
    term_id = {"small": trait.small, "large": trait.large, "normal": trait.abnormal}.get(side, "")
    if not term_id:
        return None
    start_of_value = value.end() - len(value[0].lstrip())
    start, end = min(name.start(), start_of_value), max(name.end(), value.end())
    return Measurement(term_id=term_id, excluded=side == "normal", start=start, end=end)


def _side_of_deviation(value: re.Match[str]) -> str:
    sign = value["sign"] or value["z_sign"] or value["side"] or value["z_side"]
    ends = [(value["sd"] or value["sd_words"] or value["z"], sign)]
    if value["sd_to"]:
        ends.append((value["sd_to"], value["sign_to"] or sign))
    elif value["words_from"]:
        ends.append((value["words_from"], sign))
    return _side_of_both({_side_of_one_deviation(told, of) for told, of in ends})


def _side_of_both(sides: set[str]) -> str:
    """Of a range: nothing is said where its ends fall on different sides."""
    return sides.pop() if len(sides) == 1 else ""


def _side_of_one_deviation(told: str, sign: str | None) -> str:
    told = fold_case(told)
    size = _WORDS[told] if told in _WORDS else float(told.replace(",", "."))
    if (sign or "").casefold() in ("-", "−", "–", "below", "under"):
        size = -size
    if size <= -_SD_BORDER:
        return "small"
    if size >= _SD_BORDER:
        return "large"
    return "normal" if abs(size) <= _SD_INSIDE else ""


def _side_of_centile(value: re.Match[str]) -> str:
    under, over = value["under"] or value["p_under"], value["over"] or value["p_over"]
    ends = filter(None, (value["centile"] or value["p"], value["between"] or value["centile_from"]))
    return _side_of_both({_side_of_one_centile(told, under=bool(under), over=bool(over)) for told in ends})


def _side_of_one_centile(told: str, *, under: bool, over: bool) -> str:
    centile = float(re.sub("[a-z]|\\s", "", told.lower()).replace(",", "."))
    if under:
        return "small" if centile <= 3 else ""
    if over:
        return "large" if centile >= 97 else ""
    if centile < 3:
        return "small"
    if centile > 97:
        return "large"
    return "normal" if 10 <= centile <= 90 else ""
