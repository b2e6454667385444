"""How common a disease is: numbers in the words of a page -> a share of people, with the page that says so.

Promise: only what a sentence gives as a number ("1 in 10,000 to 15,000 newborns", "1 to 24 per 1 million", "about 30
families"). "Rare" is no number. Incidence at birth and prevalence are taken as one, which they nearly are for what is
inborn; of several numbers the first counts, which is mostly the general one. What is said of a small people ("the Old
Order Amish population") is passed over.

A page tells of a disease that it names, by an entry's name; one that names none so, by what stands before the first
comma of a single entry's name, unless a number or a type follows, as of one of several. One on "Duchenne and Becker
muscular dystrophy" tells of both, whose number together is the most that either can have. What a sentence says of a
whole family of diseases is not passed on to its members; what a page on a family says is, to those of which the
project's table says how many of the family's patients have them ("Kabuki syndrome 1": 0.75).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from kg.equivalence import name_key
from kg.schema import Disease, Prevalence, Provenance
from kg.sources.medquad import Document
from kg.sources.prevalences import FamilyShare

WORLD = 7e9
"""People alive when these pages were written."""
UNDERREPORTED = 5.0
"""True patients for each one described, of diseases that are known from reported cases only."""
RAREST = 1e-9

_FREQUENCY = "frequency"
_NUMBER = r"(\d[\d,]*(?:\.\d+)?)(?:\s*(million|billion))?"
_UPTO = rf"(?:\s*(?:to|and|or|-|–)\s*(?:1 in\s+)?{_NUMBER})?"
_HEDGE = r"(?:every\s+|approximately\s+|about\s+|an estimated\s+|nearly\s+)*"
_ONE_IN = re.compile(rf"\b(?:1|one)\s+(?:in|of|out of|per)\s+{_HEDGE}{_NUMBER}{_UPTO}", re.IGNORECASE)
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
_OF_A_PEOPLE = re.compile(
    r"\b(?:Amish|Mennonite|Hutterite|Ashkenazi|Jew(?:s|ish)|Navajo|Ojibwa|Hmong|Turkey)\b|\bisolated \S+ community\b"
    r"|\b(?:island|region) of\b|\bin this (?:population|region)\b|\bprovince\b|\btested\b|\badults over\b",
    re.IGNORECASE,
)
"""In a sentence whose numbers are of some people only: a small people with few forebears, the tested, the old."""
_NUMBERED = re.compile(r",.*(?:\btype\b|\d)", re.IGNORECASE)
"""Of a name whose words before the first comma are a family's."""
_PAIR = re.compile(r"^(\S+) and (\S+) (\S+ \S+)$")


def parse_prevalence(text: str) -> tuple[float, float] | None:
    """Smallest and largest share of people, 0..1, that the first number of a text gives; None without one.

    Reported patients count where no share is given.
    """
    told = [(found.start(), _read_one_in(found)) for found in _ONE_IN.finditer(text)]
    told += [(found.start(), _read_per(found)) for found in _PER.finditer(text)]
    reported = [(found.start(), _read_reported(found)) for found in _REPORTED.finditer(text)]
    for _, shares in [*sorted(told, key=lambda at: at[0]), *reported]:
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
    documents: Iterable[Document],
    diseases: Mapping[str, Disease],
    source: Provenance,
    shares: Iterable[FamilyShare] = (),
) -> tuple[Prevalence, ...]:
    """One record for each disease of which a page tells, sorted by disease id.

    Args:
        documents: pages; of several about one disease the one that says it is commonest counts.
        diseases: id -> entry.
        source: name, version and licence of the documents; its reference is replaced by the page's address.
        shares: of members in the number of a page on a family; a page on the member itself comes first.
    """
    whole, begun = _index(diseases.values())
    by_page: dict[str, list[FamilyShare]] = defaultdict(list)
    for share in shares:
        by_page[share.page].append(share)
    found: dict[str, Prevalence] = {}
    of_families: dict[str, Prevalence] = {}
    for document in documents:
        for low, high in _told(document):
            for member in by_page.get(document.url, ()):
                of_families[member.disease_id] = Prevalence(
                    disease_id=member.disease_id,
                    low=low * member.share,
                    high=high * member.share,
                    provenance=_at(source, document.url),
                )
            members = {member.disease_id for member in by_page.get(document.url, ())}
            for disease_id in (_named(document, whole) or (set() if members else _named(document, begun))) - members:
                record = Prevalence(disease_id=disease_id, low=low, high=high, provenance=_at(source, document.url))
                found[disease_id] = max(found.get(disease_id, record), record, key=lambda p: p.middle)
    return tuple(sorted((of_families | found).values(), key=lambda p: p.disease_id))


def _told(document: Document) -> Iterator[tuple[float, float]]:
    for kind, answer in document.answers:
        if kind == _FREQUENCY:
            general = [s for s in _SENTENCE_END.split(answer) if not _OF_A_PEOPLE.search(s)]
            shares = parse_prevalence(" ".join(general))
            if shares and shares not in map(parse_prevalence, filter(_OF_A_FAMILY.search, general)):
                yield shares


def _named(document: Document, ids: Mapping[tuple[str, ...], set[str]]) -> set[str]:
    """What a page is about; of two diseases that share the last two words of their names, both."""
    pair = None if name_key(document.focus) in ids else _PAIR.match(document.focus)
    both = (f"{pair[1]} {pair[3]}", f"{pair[2]} {pair[3]}") if pair else ()
    return {d for name in (document.focus, *document.synonyms, *both) for d in ids.get(name_key(name), ())}


def _index(diseases: Collection[Disease]) -> tuple[dict[tuple[str, ...], set[str]], dict[tuple[str, ...], set[str]]]:
    """Ids by the words of a whole name; and by those before a single entry's first comma, unless it is numbered."""
    whole: dict[tuple[str, ...], set[str]] = defaultdict(set)
    begun: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for disease in diseases:
        whole[name_key(disease.name)].add(disease.disease_id)
        begun[name_key(disease.name.partition(",")[0])].add(disease.disease_id)
    numbered = {d.disease_id for d in diseases if _NUMBERED.search(d.name)}
    return whole, {key: ids for key, ids in begun.items() if len(ids) == 1 and not ids & numbered}


def _at(source: Provenance, url: str) -> Provenance:
    return Provenance(source=source.source, version=source.version, reference=url, licence=source.licence)
