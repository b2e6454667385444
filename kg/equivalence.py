"""Which OMIM, Orphanet and DECIPHER entries plainly name one disease.

Two entries of different sources are one disease where their names have the same words, whatever the order, the
punctuation or the way of writing a number ("Keratoderma, palmoplantar, type IA" and "palmoplantar keratoderma
type 1A"). Entries of one source are never joined: OMIM keeps them apart on purpose. A table of equivalences
(Mondo) will make this exact; until then a missed pair costs a second line, a wrong pair would cost the truth.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

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


def group_equivalents(diseases: Iterable[Disease]) -> tuple[tuple[str, ...], ...]:
    """Groups of ids that name one disease, at most one id a source, OMIM first; every disease is in one group.

    A name that occurs twice within a source joins nothing.
    """
    by_key: dict[tuple[str, ...], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for disease in diseases:
        source = disease.disease_id.partition(":")[0]
        by_key[name_key(disease.name)][source].append(disease.disease_id)
    groups: list[tuple[str, ...]] = []
    for per_source in by_key.values():
        single = sorted((ids[0] for ids in per_source.values() if len(ids) == 1), key=_source_rank)
        if single:
            groups.append(tuple(single))
        groups.extend((i,) for ids in per_source.values() if len(ids) > 1 for i in ids)
    return tuple(sorted(groups))


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
