"""Which OMIM, Orphanet and DECIPHER entries are one disease.

Two entries of different sources are one disease where Mondo says so, and of the others where their names have the same
words, whatever the order, the punctuation or the way of writing a number ("Keratoderma, palmoplantar, type IA" and
"palmoplantar keratoderma type 1A"). Entries of one source are never joined: OMIM keeps them apart on purpose. A missed
pair costs a second line, a wrong pair would cost the truth.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from kg.schema import Disease

_ROMAN_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ROMAN = {("", "x", "xx")[n // 10] + _ROMAN_UNITS[n % 10]: str(n) for n in range(1, 30)}
_EMPTY_WORDS = frozenset({"type", "of", "the", "and", "an"})  # not "a", which is a type in "haemophilia A"
_WORD = re.compile(r"[^\W_]+")
_NUMBERED = re.compile(r"([ivx]+|\d+)([a-z]?)")
SOURCE_ORDER = ("OMIM", "ORPHA", "DECIPHER")


def name_key(name: str) -> tuple[str, ...]:
    """The words of a disease name in one order: what two entries share if they plainly name one disease."""
    return tuple(sorted(_normal_word(w) for w in _WORD.findall(name.casefold()) if w not in _EMPTY_WORDS))


def group_equivalents(
    diseases: Iterable[Disease], mondo_ids: Mapping[str, str] | None = None
) -> tuple[tuple[str, ...], ...]:
    """Groups of ids of one disease, at most one id a source, OMIM first; every disease is in one group.

    A class of Mondo, or a name, that occurs twice within a source joins nothing.

    Args:
        diseases: entries.
        mondo_ids: disease id -> the class of Mondo that it is exactly equivalent to.
    """
    diseases, classes = list(diseases), mondo_ids or {}
    by_class = _joined((classes[d.disease_id], d.disease_id) for d in diseases if d.disease_id in classes)
    told = {disease_id for group in by_class for disease_id in group}
    others = [d for d in diseases if d.disease_id not in told]
    by_name = _joined((name_key(d.name), d.disease_id) for d in others)
    told.update(disease_id for group in by_name for disease_id in group)
    single = ((d.disease_id,) for d in others if d.disease_id not in told)
    return tuple(sorted([*by_class, *by_name, *single]))


def _joined(keyed: Iterable[tuple[Hashable, str]]) -> list[tuple[str, ...]]:
    """Ids of two or more sources with one key, where no source has it twice; in the order of the sources."""
    by_key: dict[Hashable, list[str]] = defaultdict(list)
    for key, disease_id in keyed:
        by_key[key].append(disease_id)
    groups = (tuple(sorted(ids, key=_source_rank)) for ids in by_key.values() if len(ids) > 1)
    return [group for group in groups if len({i.partition(":")[0] for i in group}) == len(group)]


def _source_rank(disease_id: str) -> tuple[int, str]:
    source = disease_id.partition(":")[0]
    return (SOURCE_ORDER.index(source) if source in SOURCE_ORDER else len(SOURCE_ORDER), disease_id)


def _normal_word(word: str) -> str:
    """Roman numerals as digits ("iia" -> "2a"), a plural s dropped."""
    found = _NUMBERED.fullmatch(word)
    if found:
        number, letter = found.groups()
        if number.isdigit() or number in _ROMAN:
            return (number if number.isdigit() else _ROMAN[number]) + letter
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "is", "us")) else word
