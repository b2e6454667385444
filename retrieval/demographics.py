"""Age and sex of the patient, and the ages at which findings began, as the story tells them.

Promise: the first age and sex that are said of the patient ("a 7-year-old girl", "3 months old male infant"),
with the words that say so; weeks of gestation and ages of relatives are not the patient's. An onset is the age in the
clause of a finding that says when it began ("seizures since the age of 2 years").
Deliberately not done here: ages in words only ("elderly"), dates of birth, several patients in one text; Chinese and
Spanish (``retrieval.translated_demographics``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kg.errors import UsageError
from retrieval.context import Experiencer, contexts_of
from retrieval.cues import SMALL
from retrieval.tellers import CHILD, GROWN, Teller, find_teller
from retrieval.words import fold_case

ADULT_YEARS = 18.0
MOST_YEARS = 120


class Sex(StrEnum):
    """As phenopackets word it."""

    FEMALE = "FEMALE"
    MALE = "MALE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words of the text."""

    text: str
    start: int
    end: int
    """Offsets in Unicode code points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demographics:
    """What a story says of the patient's age and sex; None where it does not."""

    age: str | None = None
    """ISO 8601 duration, e.g. ``P7Y``, ``P3M``; a newborn is ``P0D``."""
    age_quote: Quote | None = None
    sex: Sex | None = None
    sex_quote: Quote | None = None
    years: float | None = None
    """The age in years. A "man" or "woman" of unknown age counts as just grown up."""

    @property
    def is_female(self) -> bool | None:
        """None where the sex is not known."""
        return None if self.sex is None else self.sex is Sex.FEMALE


UNKNOWN = Demographics()
"""Neither age nor sex."""
_ISO_AGE = re.compile(r"P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T.*)?")


def demographics_of(sex: str | None, age: str | None) -> Demographics:
    """The record of a patient whose sex (as phenopackets word it) and age (ISO 8601) a source gives, or neither.

    A sex that is neither female nor male, and an age that is no such duration, count as unknown.
    """
    years = years_of(age) if age else None
    return Demographics(
        age=age if years is not None else None,
        sex=Sex(sex) if sex in list(Sex) else None,
        years=years,
    )


def parse_demographics(sex: str | None, age: str | None) -> Demographics:
    """Sex and age as they are typed; None or an empty text is unknown.

    Args:
        sex: ``FEMALE`` or ``MALE``, in any case.
        age: a number of years, or an ISO 8601 duration such as ``P3M``.

    Raises:
        UsageError: the sex is neither; the age is neither, or more than ``MOST_YEARS``.
    """
    if sex and sex.upper() not in list(Sex):
        raise UsageError(f"sex is {' or '.join(Sex)}, got {sex[:40]!r}")
    is_number = bool(age) and str(age).isdecimal() and str(age).isascii()
    person = demographics_of(sex and sex.upper(), f"P{age}Y" if is_number else age and age.upper())
    if age and (person.years is None or person.years > MOST_YEARS):
        raise UsageError(f"an age is a number of years up to {MOST_YEARS}, or such as P3M or P2Y6M, got {age[:40]!r}")
    return person


def merge_demographics(known: Demographics, said: Demographics) -> Demographics:
    """What is known of the patient after more was said: the newer word holds."""
    has_age = said.years is not None
    has_sex = said.sex is not None
    return Demographics(
        age=said.age if has_age else known.age,
        age_quote=said.age_quote if has_age else known.age_quote,
        sex=said.sex if has_sex else known.sex,
        sex_quote=said.sex_quote if has_sex else known.sex_quote,
        years=said.years if has_age else known.years,
    )


def word_demographics(person: Demographics) -> str:
    """Such as "female, 7 years"; empty where neither is known."""
    return ", ".join(part for part in ((person.sex or "").lower(), _word_age(person)) if part)


def _word_age(person: Demographics) -> str:
    if person.years is None:
        return ""
    if person.age is None:
        return "adult"
    days = round(person.years * 365.25)
    for n, unit in ((int(person.years + 1e-3), "year"), (int(person.years * 12 + 1e-3), "month"), (days, "day")):
        if n >= 2 or (unit == "day" and n):
            return f"{n} {unit}{'s' if n > 1 else ''}"
    return "newborn"


def years_of(age: str) -> float | None:
    """Years of an ISO 8601 duration such as ``P1Y6M``; None where it is none."""
    match = _ISO_AGE.fullmatch(age)
    if match is None or not any(match.groups()):
        return None
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return years + months / 12 + (7 * weeks + days) / 365.25


_NUMBER_WORDS = {
    word: n
    for n, word in enumerate(
        re.split(
            r"\s+",
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen twenty",
        )
    )
}
_N = rf"(?:\d{{1,3}}(?:[.,]\d{{1,2}}|\s?½)?|{'|'.join(_NUMBER_WORDS)})"
_UNIT = r"(?:years?|yrs?|y|months?|mos?|mths?|weeks?|wks?|days?)"
_AND = (
    rf"(?:(?:\s|-)?(?:and|,)?(?:\s|-)?(?P<n2>{_N})(?:\s|-)?(?P<u2>months?|weeks?|days?)|"
    r"(?P<half>(?:\s|-)and(?:\s|-)a(?:\s|-)half))?"
)
_DURATION = rf"(?P<n>{_N})(?:\s|-)?(?P<half_before>and(?:\s|-)a(?:\s|-)half(?:\s|-))?(?P<u>{_UNIT})\b{_AND}"
# "24F with cough" anywhere, "67F sudden pain" where a sentence begins or after an article; "98F" is a temperature.
_SHORT_AGE = (
    r"(?<![\d.])(?:(?<![Tt]emp\s)(?<!\bT\s)(?<!\bof\s)(?!(?:99|1[01]\d)F,)(?P<n>\d{1,3})"
    r"(?=\s?[FM](?:,|\s(?:with|who|pres\w+|c/o|h/o|pt|patient|admitted|referred)))|"
    r"(?:(?<![^\n])|(?<=[.;:!?]\s)|(?<=\b[Aa]\s)|(?<=\b[Aa]n\s)|(?<=\bthis\s))(?!(?:9[3-9]|1[01]\d)\s?F)(?P<n1>\d{1,3})"
    r"(?=\s?[FM]\b(?!\s(?:old|of\sage|walk|tall|long|away|deep)|/[A-Za-z]|[-’'])))\s?"
)
_AGE_END = r"(?![.,]?\d)(?=\s*(?:[.,;:!?()]|$|and\b|but\b|with\b|who\b|ha[sd]\b|present\w*\b))"
_PERSON = (
    r"(?:man|woman|male|female|lady|gentleman|boy|girl|patient|husband|wife|mother|father|mum|mom|dad|son|daughter|"
    r"boyfriend|girlfriend|partner|spouse|brother|sister)"
)
_AGES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_DURATION}[\s-]*(?:old|of\sage)\b(?![\s-]+(?:gestation|fetus))",
        rf"\bage[ds]?[:\s]\s*(?:of\s)?{_DURATION}",
        r"\bage\s?:\s*(?P<n>\d{1,3})\b(?!\s*(?:%|weeks|months|days|/|-|–))",
        r"\b(?P<n>\d{1,3})\s?(?P<u>y(?:/?o|\.o\.?)|yo|yr[\s-]old|m/?o)\b",
        rf"(?-i:{_SHORT_AGE})(?=(?-i:[FM]\b))",
        rf"\b{_DURATION}(?=[\s-]+(?:(?:girl|boy|man|woman|male|female|lady|infant)\b(?!\spattern)|(?-i:[FM]\b)))",
        r"\b(?-i:[FM])/(?P<n>\d{1,3})\b(?!/)",
        rf"\baged\s(?P<n>\d{{1,3}}){_AGE_END}",
        # "He is 52." and "Adult man, 42: ...", where no unit of anything else follows.
        rf"\b(?:he|she|i|{_PERSON}(?-i:\s[A-Z][a-z]+)?)(?:['’]s|['’]m|\s(?:is|am|was|turned))\s(?:now\s|just\s|only\s)?(?P<n>\d{{1,3}}){_AGE_END}",
        rf"\b{_PERSON}(?:,\s?|\s\()(?P<n>\d{{1,3}}){_AGE_END}(?!\s*[,;]\s?\d)",
    )
)
_NEWBORN = re.compile(r"\b(?:newborn|neonate)\b(?!\s(?:screen|period|nurser|intensive))", re.IGNORECASE)
_RELATIVES = (
    r"(?:mother|father|parents?|brothers?|sisters?|siblings?|twin|aunts?|uncles?|cousins?|grand\w+|nephews?|nieces?|"
    r"sons?|"
    r"daughters?|husband|wife|partner|gravida|primigravida|G\d)"
)
_OF_ANOTHER = re.compile(
    rf"(?:[\s,-]+(?!(?:by|with|to|from|has|had|whose|and)\b)[\w-]+){{0,3}}?[\s,-]+{_RELATIVES}\b", re.IGNORECASE
)
# "His brother, aged 8, is deaf": the words between a relative and his verb.
_OF_KIN = re.compile(
    r"\b(?:mother|father|brothers?|sisters?|siblings?|twin|aunts?|uncles?|cousins?|grand\w+|nephews?|nieces?)"
    r"(?:,\s?|\s\(|\s)(?:who\sis\s)?(?:now\s)?$",
    re.IGNORECASE,
)
# "My 7-year-old daughter", "my husband is 52": whom the story is of says whether the patient's.
_MINE = re.compile(
    r"\bmy (?:[\w½-]+ ){0,3}?(?:(?P<child>CHILD)|(?P<grown>GROWN))\b(?!['’]s)".replace("CHILD", CHILD).replace(
        "GROWN", GROWN
    )
)
_SPEAKER = re.compile(r"i(?:['’]m|\sam)\b", re.IGNORECASE)
_BORN_TO = re.compile(
    r"\bborn\b[^.;]{0,40}\bto\s(?:an?|the|his|her)\s[^.;]{0,30}$|\b(?:his|her|whose)\s(?:\w+\s){0,2}$", re.IGNORECASE
)
_SEX = re.compile(
    r"\b(?:(?P<FEMALE>woman|girl|female|lady|schoolgirl)|(?P<MALE>man|boy|male|gentleman|schoolboy))\b", re.IGNORECASE
)
_SEX_LETTER = re.compile(
    rf"(?:\b\d{{1,3}}\s?y(?:/?o|r|\.o\.)?\s?|\b[Ss]ex:\s?|{_SHORT_AGE}|(?=[FM]/\d))"
    r"(?:(?P<FEMALE>[Ff])|(?P<MALE>[Mm]))\b"
)
_PRONOUN = re.compile(r"\b(?:(?P<FEMALE>she|her|hers|herself)|(?P<MALE>he|his|him|himself))\b", re.IGNORECASE)
_GROWN = re.compile(r"\b(?:man|woman|gentleman|lady|adult)\b", re.IGNORECASE)
DAYS_OF = {"y": 365.25, "m": 30.4375, "w": 7.0, "d": 1.0}
"""Days of a year, month, week and day, by its first letter."""


def find_demographics(text: str) -> Demographics:
    """Age and sex of the patient in an English text. The empty record where it says neither."""
    teller = find_teller(text.translate(SMALL))
    age = _find_age(text, teller)
    sex = _find_sex(text, teller)
    grown = _GROWN.search(text)
    years = age[1] if age else None
    if years is None and grown:
        years = ADULT_YEARS
    return Demographics(
        age=age[0] if age else None,
        age_quote=age[2] if age else None,
        sex=sex[0] if sex else None,
        sex_quote=sex[1] if sex else None,
        years=years,
    )


def _find_age(text: str, teller: Teller) -> tuple[str, float, Quote] | None:
    for pattern in _AGES:
        for match in pattern.finditer(text):
            if not _is_another(text, match.start(), match.end(), teller):
                iso, years = _duration(match)
                if years <= MOST_YEARS:
                    return iso, years, _quote(text, match.start(), match.end())
    for match in _NEWBORN.finditer(text):
        if not _is_another(text, match.start(), match.end(), teller):
            return "P0D", 0.0, _quote(text, match.start(), match.end())
    return None


def _find_sex(text: str, teller: Teller) -> tuple[Sex, Quote] | None:
    for pattern in (_SEX, _SEX_LETTER):
        for match in pattern.finditer(text):
            start, end = match.span(match.lastgroup or 0)
            if not _is_another(text, start, end, teller):
                return Sex(match.lastgroup or ""), _quote(text, start, end)
    pronouns = list(_PRONOUN.finditer(text))
    if pronouns and len({m.lastgroup for m in pronouns}) == 1:
        return Sex(pronouns[0].lastgroup or ""), _quote(text, *pronouns[0].span())
    return None


def _is_another(text: str, start: int, end: int, teller: Teller) -> bool:
    """Whether an age or a sex is that of a relative, of the mother at birth, or of a parent who tells."""
    before = text[max(0, start - 80) : start]
    if _BORN_TO.search(before):
        return True
    if teller.tells_of_child and teller.own_from is None and _SPEAKER.match(text, start):
        return True
    first = max(0, start - 60)
    around = text[first : end + 60].translate(SMALL)
    mine = next((m for m in _MINE.finditer(around) if _is_by(m, start - first, end - first)), None)
    if mine and mine["child"]:
        return teller.is_relative(start)
    if mine and mine["grown"] == teller.relative:
        return False
    if _OF_KIN.search(before) or _OF_ANOTHER.match(text, end, end + 60):
        return True
    (context,) = contexts_of(text[max(0, start - 200) : end + 100], [(min(start, 200), min(start, 200) + end - start)])
    return context.experiencer is Experiencer.FAMILY


def _is_by(words: re.Match[str], start: int, end: int) -> bool:
    """Whether words hold an age or stand right before it: "my 7-year-old daughter", "my husband is 52"."""
    return words.start() <= end <= words.end() or (words.start() <= start <= words.end() + len(" is now "))


def _quote(text: str, start: int, end: int) -> Quote:
    return Quote(text=text[start:end], start=start, end=end)


def _duration(match: re.Match[str]) -> tuple[str, float]:
    """ISO 8601 and years."""
    found = match.groupdict()
    n, unit = _number(found.get("n") or found["n1"]), (found.get("u") or "y")[0].casefold()
    if found.get("half") or found.get("half_before"):
        n += 0.5
    days = n * DAYS_OF[unit]
    parts = [(n, unit)]
    if found.get("n2") and found.get("u2"):
        second = (_number(found["n2"]), found["u2"][0].casefold())
        parts.append(second)
        days += second[0] * DAYS_OF[second[1]]
    return iso_age(parts), days / DAYS_OF["y"]


def iso_age(parts: list[tuple[float, str]]) -> str:
    """ISO 8601 of numbers of units (``DAYS_OF``): ``P2Y6M`` for two and a half years; weeks stand by themselves."""
    if len(parts) == 1 and parts[0][1] == "w" and parts[0][0] == int(parts[0][0]):
        return f"P{int(parts[0][0])}W"
    years = months = days = 0
    for n, unit in parts:
        if unit == "y":
            years, months = years + round(12 * n) // 12, months + round(12 * n) % 12
        elif unit == "m":
            months, days = months + round(30 * n) // 30, days + round(30 * n) % 30
        else:
            days += round(n * DAYS_OF[unit])
    told = "".join(f"{n}{letter}" for n, letter in ((years, "Y"), (months, "M"), (days, "D")) if n)
    return f"P{told or '0D'}"


def _number(text: str) -> float:
    word = _NUMBER_WORDS.get(fold_case(text))
    if word is not None:
        return float(word)
    whole = text.removesuffix("½").strip()
    return float(whole.replace(",", ".")) + (0.5 if text.endswith("½") else 0.0)


_BEGAN = (
    r"(?:began|begin|started|start|developed|develops|developing|onset|appeared|manifested|first|since|noted|noticed|"
    r"became|"
    r"emerged|occurred|acquired|lost|evident|present|experienced|suffered|had)"
)
_ONSET = re.compile(
    rf"\b(?P<how>since|from|at|by|around|aged?|with\sonset\sat)\s(?:about\s|around\s|approximately\s)?"
    rf"(?P<told>(?:the\s)?ages?\s(?:of\s)?)?{_DURATION}(?P<old>\s(?:of\sage|old|of\slife))?",
    re.IGNORECASE,
)
_AGO_OR_FOR = re.compile(
    r"['’]?\s(?:ago|later|after|before|earlier|prior|follow|duration|of\sgestation|gestation\w*|of\spregnancy|pregnan\w+)",
    re.IGNORECASE,
)
_FROM_BIRTH = re.compile(r"\b(?:since|from|at)\sbirth\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[.;:!?](?=\s|$)|\n\s*\n|,(?=\s(?:and\s|but\s)?(?:he|she|the|at|by|since|with|which)\b)|\b(?:but|while|"
    r"whereas)\b|\band\s(?=at\s)"
)
_BEGUN = re.compile(rf"\b{_BEGAN}\b", re.IGNORECASE)
_NOT_ONSET = re.compile(
    r"\b(?:examin\w+|evaluat\w+|seen|diagnos\w+|admitted|weigh\w+|measured|referred|died|until|last|follow|"
    r"surg\w+|operat\w+|repair\w*|treated|underwent|gestation\w*|pregnan\w+)\b",
    re.IGNORECASE,
)


def find_onsets(text: str) -> Iterator[tuple[int, int, str]]:
    """Parts of the text whose findings began at an age: start, end, ISO 8601 age."""
    if not (_ONSET.search(text) or _FROM_BIRTH.search(text)):
        return
    start = 0
    for end in (*(m.end() for m in _CLAUSE.finditer(text)), len(text)):
        if (told := _onset_in(text[start:end])) is not None:
            first, last, age = told
            yield start + first, start + last, age
        start = end


def _onset_in(clause: str) -> tuple[int, int, str] | None:
    """The one age in a clause at which something began, with the part of the clause that it is said of."""
    if _NOT_ONSET.search(clause):
        return None
    ages = [m for m in _ONSET.finditer(clause) if not _AGO_OR_FOR.match(clause, m.end())]
    births = list(_FROM_BIRTH.finditer(clause))
    if len(ages) + len(births) != 1:
        return None
    (told,) = ages or births
    if ages:
        is_age = (
            told["told"] or told["old"] or told["how"].casefold() in ("since", "aged", "age", "at", "with onset at")
        )
        if not is_age or not (told["how"].casefold() == "since" or _BEGUN.search(clause)):
            return None
    age = _duration(told)[0] if ages else "P0D"
    if not clause[: told.start()].strip():
        return told.end(), len(clause), age  # "At 3 months he developed ..."
    comma = clause.rfind(",", 0, told.start())
    is_list = comma < 0 or clause[comma + 1 :].lstrip().startswith(("and ", "or "))
    return 0 if is_list else comma + 1, told.end(), age
