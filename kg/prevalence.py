"""How common a disease is: numbers in the words of a page -> a share of people, with the page that says so.

Promise: only what a sentence gives as a number ("1 in 10,000 to 15,000 newborns", "1 to 24 per 1 million", "about 30
families"). "Rare" is no number. Incidence at birth and prevalence are taken as one, which they nearly are for what is
inborn; of several numbers the first counts, which is mostly the general one.

A page tells of a disease that it names, by an entry's name or by what stands before the first comma of a single entry's
name; one on "Duchenne and Becker muscular dystrophy" tells of both, whose number together is the most that either can
have. What a sentence says of a whole family of diseases is not passed on to its members.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kg.equivalence import name_key
from kg.schema import Disease, Prevalence, Provenance
from kg.sources.medquad import Document

WORLD = 7e9
"""People alive when these pages were written."""
UNDERREPORTED = 5.0
"""True patients for each one described, of diseases that are known from reported cases only."""
RAREST = 1e-9

_FREQUENCY = "frequency"
_NUMBER = r"(\d[\d,]*(?:\.\d+)?)(?:\s*(million|billion))?"
_UPTO = rf"(?:\s*(?:to|and|or|-|–)\s*(?:1 in\s+)?{_NUMBER})?"
_HEDGE = r"(?:every\s+|approximately\s+|about\s+|an estimated\s+|nearly\s+)*"
_ONE_IN = re.compile(rf"\b(?:1|one)\s+(?:in|out of|per)\s+{_HEDGE}{_NUMBER}{_UPTO}", re.IGNORECASE)
_PER = re.compile(
    rf"{_NUMBER}{_UPTO}\s+(?:(?:cases|people|individuals|newborns|births)\s+)?(?:in|per|out of)\s+"
    r"(?:every\s+)?(?:1\s+)?(million|1,000,000|100,000|10,000|1,000)\b",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    rf"(?:fewer than|less than|more than|at least|approximately|about|only|around|nearly|over)\s+{_NUMBER}\s+"
    r"(?!percent)(?:[\w-]+\s+){0,3}?(cases|individuals|people|patients|families)\b",
    re.IGNORECASE,
)
_SCALE = {"million": 1e6, "billion": 1e9}
_SENTENCE_END = re.compile(r"(?<=[.;])\s+")
_OF_A_FAMILY = re.compile(
    r"^(?:together|collectively),|\ball (?:\w+ )?(?:forms|types|causes) of\b|\bof all (?:forms|types)\b"
    r"|\bmany types of\b|\ball hereditary\b|\bgroup of conditions\b"
    r"|\b(?:sub)?group of (?:\w+ ){1,4}(?:known as|affects?)\b"
    r"|\bless common than\b.*\bwhich\b",
    re.IGNORECASE,
)
"""In a sentence whose numbers are of other diseases than the page's alone."""
_PAIR = re.compile(r"^(\S+) and (\S+) (\S+ \S+)$")


def parse_prevalence(text: str) -> tuple[float, float] | None:
    """Smallest and largest share of people, 0..1, that the first number of a text gives; None without one."""
    for pattern, read in ((_ONE_IN, _read_one_in), (_PER, _read_per), (_REPORTED, _read_reported)):
        for found in pattern.finditer(text):
            shares = read(found)
            if shares and all(RAREST <= s <= 0.5 for s in shares):
                return min(shares), max(shares)
    return None


def _read_one_in(found: re.Match[str]) -> tuple[float, float] | None:
    one, unit, other, other_unit = found.groups()
    first = _value(one, unit or (other_unit if other and _value(one, None) < 1000 else None))
    last = _value(other, other_unit) if other else first
    return (1 / last, 1 / first) if first > 1 and last > 1 else None


def _read_per(found: re.Match[str]) -> tuple[float, float] | None:
    one, unit, other, other_unit, whole = found.groups()
    people = _SCALE.get(whole.lower()) or _value(whole, None)
    first = _value(one, unit)
    return first / people, (_value(other, other_unit) if other else first) / people


def _read_reported(found: re.Match[str]) -> tuple[float, float] | None:
    n, unit, _ = found.groups()
    share = max(_value(n, unit) * UNDERREPORTED / WORLD, RAREST)
    return share, share


def _value(number: str, unit: str | None) -> float:
    return float(number.replace(",", "")) * _SCALE.get((unit or "").lower(), 1.0)


def find_prevalences(
    documents: Iterable[Document], diseases: Mapping[str, Disease], source: Provenance
) -> tuple[Prevalence, ...]:
    """One record for each disease of which a page tells, sorted by disease id.

    Args:
        documents: pages; of several about one disease the one that says it is commonest counts.
        diseases: id -> entry.
        source: name, version and licence of the documents; its reference is replaced by the page's address.
    """
    by_name = _index(diseases.values())
    found: dict[str, Prevalence] = {}
    for document in documents:
        for low, high in _told(document):
            for disease_id in {d for name in _names(document, by_name) for d in by_name.get(name_key(name), ())}:
                record = Prevalence(disease_id=disease_id, low=low, high=high, provenance=_at(source, document.url))
                found[disease_id] = max(found.get(disease_id, record), record, key=lambda p: p.middle)
    return tuple(sorted(found.values(), key=lambda p: p.disease_id))


def _told(document: Document) -> Iterator[tuple[float, float]]:
    for kind, answer in document.answers:
        shares = parse_prevalence(answer) if kind == _FREQUENCY else None
        if shares and shares not in map(parse_prevalence, filter(_OF_A_FAMILY.search, _SENTENCE_END.split(answer))):
            yield shares


def _names(document: Document, by_name: Mapping[tuple[str, ...], set[str]]) -> tuple[str, ...]:
    """What a page is about; of two diseases that share the last two words of their names, both."""
    pair = None if name_key(document.focus) in by_name else _PAIR.match(document.focus)
    both = (f"{pair[1]} {pair[3]}", f"{pair[2]} {pair[3]}") if pair else ()
    return (document.focus, *document.synonyms, *both)


def _index(diseases: Iterable[Disease]) -> dict[tuple[str, ...], set[str]]:
    """Ids by the words of a whole name, else by those before the first comma, where a single entry has them."""
    whole: dict[tuple[str, ...], set[str]] = defaultdict(set)
    begun: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for disease in diseases:
        whole[name_key(disease.name)].add(disease.disease_id)
        begun[name_key(disease.name.partition(",")[0])].add(disease.disease_id)
    return {key: ids for key, ids in begun.items() if len(ids) == 1} | whole


def _at(source: Provenance, url: str) -> Provenance:
    return Provenance(source=source.source, version=source.version, reference=url, licence=source.licence)
