"""Age and sex of the patient in Chinese and Spanish stories.

Promise: as ``retrieval.demographics`` for English: only what is said of the patient, with the words that say so; an age
at which something began ("1岁起", "desde los 18 meses"), a duration and a relative's age are none.
Deliberately not done here: ages at which findings began, dates of birth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kg.translations import Language
from retrieval import chinese
from retrieval.context import Experiencer
from retrieval.demographics import (
    ADULT_YEARS,
    DAYS_OF,
    MOST_YEARS,
    Demographics,
    Quote,
    Sex,
    find_demographics,
    iso_age,
)
from retrieval.translated_context import contexts_of
from retrieval.translated_cues import RULES
from retrieval.words import fold_case


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """How a language tells age and sex; in patterns of ages the groups ``age``, ``n``, ``u``, ``n2``, ``half``."""

    ages: tuple[re.Pattern[str], ...]
    sexes: tuple[re.Pattern[str], ...]
    """With a group ``FEMALE`` or ``MALE``; an earlier pattern goes before a later one."""
    newborn: re.Pattern[str]
    grown: re.Pattern[str]
    numbers: dict[str, int]
    units: dict[str, str]
    """First letter of a unit -> that of ``DAYS_OF``."""


def _chinese_numbers() -> dict[str, int]:
    digits = "零一二三四五六七八九"
    numbers = {"两": 2}
    for n in range(1, 100):
        tens, ones = divmod(n, 10)
        head = "" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十"
        numbers[head + (digits[ones] if ones else "")] = n
    return numbers


# 1 to 99; a character of the kind before it makes it part of another number, or of none ("一百二十", "十十").
_CHINESE_NUMBER = "(?<![一二两三四五六七八九十百])(?:[二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_HAN_AGE = (
    rf"(?P<age>(?P<n>\d{{1,3}}(?:\.\d)?|{_CHINESE_NUMBER})(?P<u>周?岁|个?月龄?(?![份经\d])|周龄|天|日龄)(?P<half>半)?"
    rf"(?:零?(?P<n2>\d{{1,2}}|{_CHINESE_NUMBER})个?月)?)(?!\s?(?:时|起|前|后|开始|发病|以来|来|会|能|左右|诊断|出现))"
)
_CHINESE = _Rules(
    ages=tuple(
        map(
            re.compile,
            (
                rf"(?:患[儿者]|病[人例儿])[^。；;\d]{{0,8}}?{_HAN_AGE}",
                rf"[男女](?:性|孩|童|婴|生|士|子)?[^。；;\d\w]{{0,3}}(?:患[儿者][^。；;\d\w]{{0,2}})?{_HAN_AGE}",
                rf"{_HAN_AGE}大?[^。；;\d\w]{{0,2}}的?(?:[男女]|患[儿者]|小孩|孩子|婴儿|幼儿|儿童)",
                rf"(?:年龄|现年|今年|刚满)[：:为是\s]{{0,2}}{_HAN_AGE}",
                rf"(?:儿子|女儿|闺女|孩子|宝宝|小孩|我)[^。；;\d]{{0,4}}{_HAN_AGE}",
            ),
        )
    ),
    sexes=tuple(
        map(
            re.compile,
            (
                r"(?:(?<=患儿)|(?<![子父母儿孙侄甥男]))(?:(?P<FEMALE>女)|(?P<MALE>男))(?=性|孩|童|婴|士|生(?!殖)|患|子|[^\w]|\d|$)(?!性化)",
                r"我(?:的|家)?(?:(?P<FEMALE>女儿|闺女)|(?P<MALE>儿子))",
                r"(?P<FEMALE>妇女|孕妇|女士)|(?P<MALE>先生)",
            ),
        )
    ),
    newborn=re.compile(r"新生儿(?!期|科|筛|重症|监护|病房)|刚出生"),
    grown=re.compile(r"[男女](?:士|子)|妇女|孕妇|先生|成年[男女]|成人"),
    numbers=_chinese_numbers(),
    units={"岁": "y", "周": "w", "个": "m", "月": "m", "天": "d", "日": "d"},
)

_SPANISH_NUMBERS = tuple(
    re.findall(
        r"\w+",
        "cero un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
        "dieciocho diecinueve veinte",
    )
)
_SPANISH_AGE = (
    rf"(?P<age>(?P<n>\d{{1,3}}(?:[.,]\d)?|{'|'.join(_SPANISH_NUMBERS)}|una)\s(?P<u>años?|mes(?:es)?|semanas?|d[ií]as?)"
    r"(?:\sy\s(?:(?P<half>medio)|(?P<n2>\d{1,2})\smes(?:es)?))?)\b"
    r"(?!\sde\s(?:evoluci[óo]n|duraci[óo]n|seguimiento|tratamiento|gestaci[óo]n|historia|vida\sprevia)|\santes|\sdespu[ée]s)"
)
_SPANISH_PERSON = (
    r"(?:ni[ñn][oa]|var[óo]n|mujer|hombre|paciente|lactante|adolescente|beb[ée]|señora?|joven|escolar|preescolar|chic[oa]|"
    r"neonato|hij[oa]|masculino|femenin[oa]|caballero|nacid[oa])"
)
_SPANISH = _Rules(
    ages=tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            rf"\b{_SPANISH_PERSON}\b(?:[^.;\d](?!desde|\bhace\b)){{0,30}}?\b(?:de|con)\s{_SPANISH_AGE}",
            rf"\b{_SPANISH_PERSON},?\s{_SPANISH_AGE}",
            rf"\bedad(?:\s(?:actual|cronol[óo]gica))?[:\s]\s?(?:de\s|es\s)?{_SPANISH_AGE}",
            rf"(?<!los\s)(?<!hace\s){_SPANISH_AGE}\sde\sedad\b",
            rf"\btiene\s{_SPANISH_AGE}",
        )
    ),
    sexes=tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            (
                r"\b(?:(?P<FEMALE>ni[ñn]a|mujer|señora|femenin[oa]|hembra|chica|nacida|escolar\sfemenina)"
                r"|(?P<MALE>ni[ñn]o|var[óo]n|hombre|señor|masculino|chico|nacido|caballero))\b"
            ),
            r"\b(?:(?P<FEMALE>hija)|(?P<MALE>hijo))\b",
            r"\b(?:(?P<FEMALE>ella)|(?P<MALE>él))\b",
            (
                r"\b(?:(?P<FEMALE>remitida|ingresada|derivada|diagnosticada|afectada|embarazada|operada)"
                r"|(?P<MALE>remitido|ingresado|derivado|diagnosticado|afectado|operado))\b"
            ),
        )
    ),
    newborn=re.compile(r"\breci[ée]n\snacid[oa]\b|\bneonato\b|\b(?-i:RN)\b", re.IGNORECASE),
    grown=re.compile(r"\b(?:mujer|hombre|señora?|caballero|adult[oa])\b", re.IGNORECASE),
    numbers={word: n for n, word in enumerate(_SPANISH_NUMBERS)} | {"una": 1},
    units={"a": "y", "m": "m", "s": "w", "d": "d"},
)


def find_person(text: str, language: Language) -> Demographics:
    """Age and sex of the patient in a text of a language; the empty record where it says neither."""
    if language is Language.ENGLISH:
        return find_demographics(text)
    rules = _CHINESE if language is Language.CHINESE else _SPANISH
    plain = chinese.normalise(text) if language is Language.CHINESE else text
    age = next(_ages(plain, rules, language), None)
    sex = next(_sexes(plain, rules, language), None)
    years = age[1] if age else None
    if years is None and any(_of_patient(plain, *m.span(), language) for m in rules.grown.finditer(plain)):
        years = ADULT_YEARS
    return Demographics(
        age=age[0] if age else None,
        age_quote=_quote(text, *age[2]) if age else None,
        sex=sex[0] if sex else None,
        sex_quote=_quote(text, *sex[1]) if sex else None,
        years=years,
    )


def _ages(text: str, rules: _Rules, language: Language) -> Iterator[tuple[str, float, tuple[int, int]]]:
    """ISO 8601, years and place of the ages that are the patient's, the surest first."""
    for pattern in rules.ages:
        for match in pattern.finditer(text):
            age, years = _duration(match, rules)
            if years <= MOST_YEARS and _of_patient(text, *match.span("age"), language):
                yield age, years, match.span("age")
    for match in rules.newborn.finditer(text):
        if _of_patient(text, *match.span(), language):
            yield "P0D", 0.0, match.span()


def _sexes(text: str, rules: _Rules, language: Language) -> Iterator[tuple[Sex, tuple[int, int]]]:
    for pattern in rules.sexes:
        for match in pattern.finditer(text):
            name = match.lastgroup or ""
            if _of_patient(text, *match.span(name), language):
                yield Sex(name), match.span(name)


def _of_patient(text: str, start: int, end: int, language: Language) -> bool:
    (context,) = contexts_of(text, [(start, end)], RULES[language])
    return context.experiencer is Experiencer.PATIENT


def _duration(match: re.Match[str], rules: _Rules) -> tuple[str, float]:
    """ISO 8601 and years."""
    unit = rules.units["岁" if match["u"].endswith("岁") else match["u"][0].casefold()]
    parts = [(_number(match["n"], rules) + (0.5 if match["half"] else 0.0), unit)]
    if match["n2"]:
        parts.append((_number(match["n2"], rules), "m"))
    return iso_age(parts), sum(n * DAYS_OF[u] for n, u in parts) / DAYS_OF["y"]


def _number(word: str, rules: _Rules) -> float:
    known = rules.numbers.get(fold_case(word))
    return float(word.replace(",", ".")) if known is None else float(known)


def _quote(text: str, start: int, end: int) -> Quote:
    return Quote(text=text[start:end], start=start, end=end)
