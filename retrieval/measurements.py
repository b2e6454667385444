"""Measured values -> findings, where a value lies so far from its reference range that nobody would disagree.

Promise: a name, a number and a unit of ``reference_ranges.tsv`` ("potassium 2.4 mmol/L", "T 102.8 F", "BP 178/112")
give the term for too low or too high, or, inside the range, that of the abnormality as excluded; in between they give
nothing. A range that the text states itself ("3.6 (ref 0.5-2.2)") goes first. Ranges that hold for adults only need an
adult, those of one sex that sex; where neither an age nor a child is told of, only what is far out in anybody is said.
A number without a unit is read where it fits one unit only ("Plt 82"). Words do as well as numbers in a list of results
("Creatinine: elevated").
Deliberately not done here: size and weight in SD or centiles (``retrieval.growth``), specimens other than blood and
cerebrospinal fluid, the table (``retrieval.reference_ranges``), what a value means together with others, whose value it
is (``retrieval.context``).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from retrieval.demographics import ADULT_YEARS, UNKNOWN, Demographics, find_demographics, merge_demographics
from retrieval.reference_ranges import ReferenceRange, load_reference_ranges, plain_unit
from retrieval.value_context import NEED_UNIT, OF_PREGNANCY, PREGNANT, is_level, is_meant, is_the_patients
from retrieval.words import plain_phrase

INCREASED_BLOOD_PRESSURE = "HP:0032263"
HYPOTENSION = "HP:0002615"

_SMALLEST_BARE_COUNT = 1_000  # where the row does not say what a count without a unit means
# Texts with one of these may be of a child.
_CHILD = re.compile(
    r"\b(?:child(?:ren)?|infants?|newborns?|neonat\w*|bab(?:y|ies)|toddlers?|boys?|girls?|kids?|p(?:a)?ediatric\w*|sons?|"
    r"daughters?|twins?|pre-?term|premature|birth\s?weight|nicu|mo(?:nth)?s?[- ]old|school\w*|teen\w*|adolescent)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a measured value says."""

    term_id: str
    excluded: bool
    """The value is normal, which rules the term out."""
    start: int
    end: int
    """Offsets from the name of what was measured to its unit or range."""


_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,7}(?:[.,]\d{1,3})?)"
_MORE, _LESS = r">=?|≥|greater than|more than|above|over", r"<=?|≤|less than|below|under"
_BETWEEN = (
    r"(?:\s|[,:=]|\((?:[^()\d]{1,40}|25-OH)\)|\b(?:is|are|was|were|of|at|levels?|counts?|concentrations?|values?|rate|"
    r"activity|in|"
    r"serum|plasma|blood|total|measured|found|to|be|showed|an?|approximately|about|around|only|up|as|low|high|"
    r"elevated|raised|"
    r"increased|reduced|decreased|markedly|mildly|slightly|significantly|with|fasting|random|the|his|her)\b|"
    r"\d(?:[.,]\d+)?\s?(?:l|lit(?:er|re)s?)[,;]?\s?\(?(?=\d+\s?%))"  # "FVC 1.8 L (45% predicted)"
)
_UNIT = (
    r"(?:[x×*·]?\s?10\s?\^?[³⁹369]\s?(?:cells\s?)?/\s?[a-zµμ]{1,3}[3³]?|%|°\s?[cf]\b|[℃℉]|(?:degrees?\s)?(?:celsius|"
    r"fahrenheit)|"
    r"k/[a-zµμ]{1,2}[3³]?|thousand/[a-zµμ]{1,2}[3³]?|(?:cells|beats|breaths|units|mm)\s?(?:/\s?|per\s|in\sthe\s)"
    r"[a-zµμ]{1,6}[3³]?(?:\shour)?|[a-zµμ]{1,6}\s?/\s?(?:[a-z]{1,4})[²³^23]{0,2}(?:/h(?:r|our)?\b)?|/\s?[a-zµμ]{1,4}[3³]?|"
    r"(?:seconds|secs?|msec|milliseconds|bpm|rpm|fl|s|ms|c|f|[µμu]m3|[µμ]m³|kpa|mm\s?hg)\b)"
)
_VALUE = re.compile(
    rf"(?:{_BETWEEN}){{0,12}}?\s*(?:(?P<more>{_MORE})|(?P<less>{_LESS}))?\s*(?P<value>{_NUMBER})"
    rf"(?!\d|[.,]\d|/(?!15\b)\d|\s?[-–]\s?\d|st\b|nd\b|rd\b|th\b|"
    rf"\s?(?:l|lit(?:er|re)s?)[,;]?\s?\(?\d+\s?%)\s?-?(?P<unit>{_UNIT})?(?!\w)",
    re.IGNORECASE,
)
# After a number without a unit: "platelets 1.2 lakh", "albumin 20 g" that was given, "she sat 90 minutes".
_OTHER_UNIT = re.compile(
    r"\s?%|\s?[a-zµμ]{1,6}\s?/\s?[a-zµμ]|"
    r"\s?(?:lakhs?|lacs?|million|thousand|k|mg|ng|pg|[µμ]g|mcg|g|gm|grams?|ml|mmol|mol|meq|(?:usp\s)?units?|iu|ui|bags?|pools?|pints?|doses?|"
    r"tab\w*|times|seconds|min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|years?|positive|negative)\b",
    re.IGNORECASE,
)
_STATED = re.compile(
    rf"\s*[\[(,;]?\s*\(?(?:(?i:reference|ref\.?|normal|nl|nv|expected)|N|(?<![,;]\s)RR|NR)(?i:\s(?:ranges?|values?|intervals?|"
    rf"limits?))?"
    rf"[\s,:;=]*(?:(?P<below>(?i:{_LESS}|up to))|(?P<above>(?i:{_MORE})))?\s*(?P<a>{_NUMBER})"
    rf"(?:\s*(?:-|–|to)\s*(?P<b>{_NUMBER}))?[^)\];,.\n]{{0,15}}[)\]]?"
)
_WORD = re.compile(
    r"\s*(?:\([^()\d]{1,30}\))?(?:\s(?:level|count|concentration)s?)?\s*(?::|=|\s(?:is|was|were)(?:\salso)?\s)\s*"
    r"(?:(?:markedly|mildly|slightly|moderately|significantly|very)\s)?"
    r"(?:(?P<high>elevated|raised|increased|high)|(?P<low>low|decreased|reduced))\b"
    r"(?!\s?(?:normal|at\s\d|to\s\d|in\sthe\s(?!serum|plasma|blood)|sensation))",
    re.IGNORECASE,
)
_PRESSURE = re.compile(
    r"\b(?:(?i:blood pressure)|BP|bp)(?:\s|[,:=]|\([^()\d]{1,20}\)|\b(?i:is|was|of|at|measured|found|to|be|elevated|"
    r"high|low)\b){0,8}(\d{2,3})\s?/\s?(\d{2,3})(?![\d.]\d|\d|\s?/)(?i:\s?mm\s?Hg)?"
)
_SPECIMEN = re.compile(
    r"\b(?P<csf>csf|cerebro-?\s?spinal fluid|cerebral spinal fluid|lumbar puncture|spinal fluid)\b|"
    r"\b(?P<other>urin(?:e|alysis|ary)|dip-?stick|specific gravity|"
    r"(?:pleural|peritoneal|synovial|ascitic|amniotic|joint|gastric|pericardial|"
    r"drain) "
    r"(?:fluid|aspirate)|ascites|stool|f(?:a)?ecal|semen|sweat|sputum|saliva|vaginal|gastric|dialysate|cord)\b|"
    r"\b(?P<blood>serum|plasma|(?:complete )?blood (?:count|tests?|work|chemistry|gas|glucose|sugar|urea)|cbc|"
    r"h(?:a)?ematolog\w+|"
    r"metabolic panel|electrolytes|chemistry|laboratory (?:studies|tests?|findings|results))\b|(?P<stop>[.!?]\s|"
    r"\n\s*\n)",
    re.IGNORECASE,
)


_TOLD = re.compile(
    r"(?!\s*\(MCH)(?:[^.;!?\n]{0,60}?[\d:=]|[^.;!?\n]{0,25}?\b(?:is|was|were)\b)", re.IGNORECASE
)  # else nothing is told


def find_measurements(text: str, known: Demographics = UNKNOWN) -> tuple[Measurement, ...]:
    """What the measured values of a text say, in order of their start.

    Args:
        text: the story.
        known: age and sex, which choose the ranges, as far as the text does not say them.
    """
    text = text.replace("º", "°").replace("˚", "°")  # an ordinal sign or a ring, written for degrees
    pattern, rows_by_name = _names()
    pressures, matches = list(_PRESSURE.finditer(text)), [m for m in pattern.finditer(text) if _is_told(text, m)]
    if not pressures and not matches:
        return ()
    patient = merge_demographics(known, find_demographics(text))
    is_grown = patient.years is None and not _CHILD.search(text)
    found = list(_read_pressures(text, pressures, patient, is_grown=is_grown))
    specimen_at = _specimens(text)
    not_asked = OF_PREGNANCY if PREGNANT.search(text) else frozenset()
    for match in matches:
        specimen, named = specimen_at(match.start()), rows_by_name[plain_phrase(match[0])]
        rows = [r for r in named if _is_of(r, specimen) and r.analyte not in not_asked]
        if rows and (
            measured := _read(text, match, [r for r in rows if r.holds_for(patient, is_grown=is_grown)], rows)
        ):
            found.append(measured)
    return tuple(sorted(found, key=lambda m: (m.start, m.end, m.term_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredValue:
    """A number that a text gives, in the unit of its analyte's row."""

    analyte: str
    """``SYSTOLIC`` and ``DIASTOLIC`` for the two of a blood pressure."""
    value: float
    start: int
    end: int


SYSTOLIC, DIASTOLIC = "systolic blood pressure", "diastolic blood pressure"


def find_values(text: str) -> tuple[MeasuredValue, ...]:
    """The measured numbers of a text, normal or not, in order; "above 5" and what is not the patient's are left out."""
    text = text.replace("º", "°").replace("˚", "°")
    pattern, rows_by_name = _names()
    found = []
    for match in _PRESSURE.finditer(text):
        span = {"start": match.start(), "end": match.end()}
        if is_the_patients(text, match.start()):
            found.append(MeasuredValue(analyte=SYSTOLIC, value=float(match[1]), **span))
            found.append(MeasuredValue(analyte=DIASTOLIC, value=float(match[2]), **span))
    specimen_at = _specimens(text)
    for name in (m for m in pattern.finditer(text) if _is_told(text, m)):
        rows = [r for r in rows_by_name[plain_phrase(name[0])] if r.specimen in ("blood", "body")]
        row = next((r for r in rows if _is_of(r, specimen_at(name.start()))), None)
        told = _VALUE.match(text, name.end()) if row else None
        if row is None or told is None or told["more"] or told["less"]:
            continue
        if not told["unit"] and _OTHER_UNIT.match(text, told.end()):
            continue
        value = _canonical(_parse_number(told["value"]), plain_unit(told["unit"] or ""), row)
        if value is not None:
            found.append(MeasuredValue(analyte=row.analyte, value=value, start=name.start(), end=told.end()))
    return tuple(sorted(found, key=lambda v: v.start))


def _is_told(text: str, name: re.Match[str]) -> bool:
    """Whether a value may follow a name, and it is the patient's."""
    return bool(_TOLD.match(text, name.end())) and is_meant(text, name)


@cache
def _names() -> tuple[re.Pattern[str], Mapping[str, tuple[ReferenceRange, ...]]]:
    """What finds the names of all rows, and the rows of each name."""
    rows: defaultdict[str, list[ReferenceRange]] = defaultdict(list)
    wordings: set[str] = set()
    for row in load_reference_ranges():
        for name in row.names:
            rows[plain_phrase(name)].append(row)
            wordings.add(name)
    by_letter: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(wordings, key=lambda n: (-len(n), n)):
        # An abbreviation is one in its own letters only: "K" and "Na", not "k" or "na".
        is_abbreviation = any(c.isupper() for c in name)
        pattern = re.escape(name) if is_abbreviation else f"(?i:{re.escape(name)})".replace(r"\ ", r"[\s-]{1,3}")
        by_letter[name[0].casefold()].append(pattern)
    # One look at the first letter decides which names are tried.
    parts = [f"(?=[{c}{c.upper()}])(?:{'|'.join(patterns)})" for c, patterns in by_letter.items()]
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(parts)})(?![\w+/])"), {k: tuple(v) for k, v in rows.items()}


def _specimens(text: str) -> Callable[[int], str]:
    """What tells the specimen that was named last before a place; empty where none was."""
    named = [(m.start(), m.lastgroup or "") for m in _SPECIMEN.finditer(text)]
    starts = [start for start, _ in named]

    def specimen_at(place: int) -> str:
        n_before = bisect_right(starts, place)
        return named[n_before - 1][1] if n_before else ""

    return specimen_at


def _is_of(row: ReferenceRange, specimen: str) -> bool:
    if row.specimen == "body":
        return True
    return row.specimen == {"": "blood", "stop": "blood", "other": "urine"}.get(specimen, specimen)


def _read(
    text: str, name: re.Match[str], applicable_rows: list[ReferenceRange], rows: list[ReferenceRange]
) -> Measurement | None:
    applicable = next(iter(applicable_rows), None)
    match = _VALUE.match(text, name.end())
    if match is None and name[0] in NEED_UNIT:
        return None
    if match is None:
        word = _WORD.match(text, name.end())
        term_id = (rows[0].high_id if word["high"] else rows[0].low_id) if word else ""
        return (
            Measurement(term_id=term_id, excluded=False, start=name.start(), end=word.end())
            if word and term_id
            else None
        )
    if not match["unit"] and _OTHER_UNIT.match(text, match.end()):
        return None
    if not is_level(text, name, match, rows[0].analyte):
        return None
    value = _parse_number(match["value"])
    unit = plain_unit(match["unit"] or "")
    stated = _STATED.match(text, match.end())
    if rows[0].analyte.startswith("immunoglobulin") and unit and not any(unit in row.factors for row in rows):
        return None  # "IgA 120 U/mL (normal < 10)" is of an antibody; elsewhere a stated range has the value's unit
    if stated and (stated["b"] or stated["below"] or stated["above"]):
        side = _side_of_stated(value, stated)
        row, end = rows[0], stated.end()
    elif applicable is not None:
        canonical = _canonical(value, unit, applicable)
        if canonical is None:
            return None
        side = _side(canonical, applicable, more=bool(match["more"]), less=bool(match["less"]))
        row, end = applicable, match.end()
    else:
        return None
    term_id = {"low": row.low_id, "high": row.high_id, "normal": row.normal_id, "": ""}[side]
    if not term_id:
        return None
    return Measurement(term_id=term_id, excluded=side == "normal", start=name.start(), end=end)


def _canonical(value: float, unit: str, row: ReferenceRange) -> float | None:
    """The value in the row's unit; None for a unit that the row does not know, or none that would be needed."""
    if row.analyte == "temperature":
        if unit in ("f", "fahrenheit") or (not unit and 93 <= value <= 110):
            return (value - 32) / 1.8 if 80 <= value <= 115 else None
        return value if unit in ("c", "celsius", "") and 25 <= value <= 45 else None
    if not unit and row.bare:
        return next((value * factor for least, most, factor in row.bare if least <= value <= most), None)
    if unit not in row.factors or (not unit and not _is_plausible(value, row)):
        return None
    return value * row.factors[unit]


def _is_plausible(value: float, row: ReferenceRange) -> bool:
    """Whether a bare number can be meant in the row's unit ("K 45" is no potassium)."""
    if "/ul" in row.factors:
        return value >= _SMALLEST_BARE_COUNT
    return (row.low is None or value >= row.low / 4) and (row.high is None or value <= row.high * 4)


def _side(value: float, row: ReferenceRange, *, more: bool = False, less: bool = False) -> str:
    """``low``, ``normal``, ``high``, or empty where it is none of them for sure."""
    if row.low is not None and value <= row.low and not more:
        return "low"
    if row.high is not None and value >= row.high and not less:
        return "high"
    above_low = row.normal_low is None or (value >= row.normal_low and not less)
    below_high = row.normal_high is None or (value <= row.normal_high and not more)
    has_range = row.normal_low is not None or row.normal_high is not None
    return "normal" if has_range and above_low and below_high else ""


def _side_of_stated(value: float, stated: re.Match[str]) -> str:
    first = _parse_number(stated["a"])
    if stated["b"]:
        second = _parse_number(stated["b"])
        return "low" if value < first else "high" if value > second else "normal"
    if stated["below"]:
        return "high" if value > first else "normal"
    if stated["above"]:
        return "low" if value < first else "normal"
    return ""


def _read_pressures(
    text: str, found: list[re.Match[str]], patient: Demographics, *, is_grown: bool
) -> Iterator[Measurement]:
    """Blood pressures of an adult: one reading is an increased pressure, not yet hypertension.

    Of an unknown age, where no child is told of, only what is far out is said.
    """
    if not is_grown and (patient.years is None or patient.years < ADULT_YEARS):
        return
    for match in found:
        systolic, diastolic = int(match[1]), int(match[2])
        if not 20 <= diastolic < systolic <= 300 or not is_the_patients(text, match.start()):
            continue
        span = {"start": match.start(), "end": match.end()}
        if systolic >= (160 if is_grown else 145) or diastolic >= (110 if is_grown else 95):
            yield Measurement(term_id=INCREASED_BLOOD_PRESSURE, excluded=False, **span)
        elif systolic <= 90:
            yield Measurement(term_id=HYPOTENSION, excluded=False, **span)
        elif not is_grown and 100 <= systolic < 130 and diastolic < 85:
            yield Measurement(term_id=INCREASED_BLOOD_PRESSURE, excluded=True, **span)


def _parse_number(text: str) -> float:
    """``221,000`` has thousands, ``0,5`` a decimal comma."""
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", text):
        return float(text.replace(",", ""))
    return float(text.replace(",", "."))
