"""Which entries of OMIM, Orphanet, DECIPHER, and of further vocabularies such as the Disease Ontology are one disease.

Two entries of different sources are one disease where Mondo says so, and of the others where their names have the same
words, whatever the order, the punctuation or the way of writing a number ("Keratoderma, palmoplantar, type IA" and
"palmoplantar keratoderma type 1A"). Entries of one source are never joined: OMIM keeps them apart on purpose. A missed
pair costs a second line, a wrong pair would cost the truth.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

from kg.ontology import Ontology
from kg.schema import CrossReference, Disease

_ROMAN_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ROMAN = {("", "x", "xx")[n // 10] + _ROMAN_UNITS[n % 10]: str(n) for n in range(1, 30)}
_EMPTY_WORDS = frozenset({"type", "of", "the", "and", "an"})  # not "a", which is a type in "haemophilia A"
_WORD = re.compile(r"[^\W_]+")
_NUMBERED = re.compile(r"([ivx]+|\d+)([a-z]?)")
SOURCE_ORDER = ("OMIM", "ORPHA", "DECIPHER")
FURTHER_SOURCES = ("DOID", "MONDO", "DDXPLUS")
"""Vocabularies whose entries are names of diseases that the others have, or diseases of their own."""


def name_key(name: str) -> tuple[str, ...]:
    """The words of a disease name in one order: what two entries share if they plainly name one disease."""
    return tuple(sorted(_normal_word(w) for w in _WORD.findall(name.casefold()) if w not in _EMPTY_WORDS))


def terms_called(names: Iterable[str], term_ids: Iterable[str], ontology: Ontology) -> frozenset[str]:
    """Which terms are diseases of these names: a name is a wording of the term, or has the words of its label."""
    called = tuple(names)
    worded = {term_id for name in called for term_id in ontology.with_wording(name)}
    keys = set(map(name_key, called))
    return frozenset(t for t in term_ids if t in worded or name_key(ontology.name(t)) in keys)


def group_equivalents(
    diseases: Iterable[Disease],
    mondo_ids: Mapping[str, str] | None = None,
    cross_references: Iterable[CrossReference] = (),
) -> tuple[tuple[str, ...], ...]:
    """Groups of ids of one disease, at most one id a source, OMIM first; every disease is in one group.

    A class of Mondo, or a name, that occurs twice within a source joins nothing. The annotated sources come first;
    entries of further ones join the groups that are there, and change none.

    Args:
        diseases: entries.
        mondo_ids: disease id -> the class of Mondo that it is exactly equivalent to.
        cross_references: what further sources say their entries are; counts where Mondo does not say otherwise.
    """
    diseases, classes = list(diseases), mondo_ids or {}
    further = [d for d in diseases if _source(d.disease_id) in FURTHER_SOURCES]
    groups = _group_annotated([d for d in diseases if _source(d.disease_id) not in FURTHER_SOURCES], classes)
    if further:
        references = _references(cross_references)
        for source in FURTHER_SOURCES:
            names = {d.disease_id: name_key(d.name) for d in diseases}
            entries = [d.disease_id for d in further if _source(d.disease_id) == source]
            groups = _attach(groups, entries, classes, references, names)
    return tuple(sorted(groups))


def _group_annotated(diseases: Sequence[Disease], classes: Mapping[str, str]) -> list[tuple[str, ...]]:
    by_class = _joined((classes[d.disease_id], d.disease_id) for d in diseases if d.disease_id in classes)
    told = {disease_id for group in by_class for disease_id in group}
    others = [d for d in diseases if d.disease_id not in told]
    by_name = _joined((name_key(d.name), d.disease_id) for d in others)
    told.update(disease_id for group in by_name for disease_id in group)
    return [*by_class, *by_name, *((d.disease_id,) for d in others if d.disease_id not in told)]


def _attach(
    groups: list[tuple[str, ...]],
    entries: Sequence[str],
    classes: Mapping[str, str],
    references: Mapping[str, set[str]],
    names: Mapping[str, tuple[str, ...]],
) -> list[tuple[str, ...]]:
    """The groups with one source's entries: by class, else by cross reference, else by name; alone where none fits.

    An entry joins where exactly one group fits it, and it alone fits the group.
    """
    grown = list(groups)
    waiting = list(entries)
    for keys_of in (
        lambda i: {_class_of(i, classes)} - {None},
        lambda i: references.get(i, set()) | {i},
        lambda i: {names[i]},
    ):
        rows: dict[Hashable, set[int]] = defaultdict(set)
        for row, group in enumerate(groups):
            for key in {key for disease_id in group for key in keys_of(disease_id)}:
                rows[key].add(row)
        wanted: dict[int, list[str]] = defaultdict(list)
        for entry in waiting:
            fitting = {row for key in keys_of(entry) for row in rows.get(key, ())}
            if len(fitting) == 1 and not _contradicts(entry, groups[min(fitting)], classes):
                wanted[min(fitting)].append(entry)
        for row, claimants in wanted.items():
            if len(claimants) == 1 and grown[row] == groups[row]:
                grown[row] = (*groups[row], claimants[0])
                waiting.remove(claimants[0])
    return [*grown, *((entry,) for entry in waiting)]


def _contradicts(entry: str, group: Sequence[str], classes: Mapping[str, str]) -> bool:
    """Whether Mondo has classes for both, and other ones."""
    there = {classes[i] for i in group if i in classes}
    own = _class_of(entry, classes)
    return own is not None and bool(there) and own not in there


def _class_of(disease_id: str, classes: Mapping[str, str]) -> str | None:
    """The class of Mondo that an entry is: Mondo's own ids are classes themselves."""
    return disease_id if disease_id.startswith("MONDO:") else classes.get(disease_id)


def _references(cross_references: Iterable[CrossReference]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for reference in cross_references:
        found[reference.disease_id].add(reference.other_id)
    return found


def _joined(keyed: Iterable[tuple[Hashable, str]]) -> list[tuple[str, ...]]:
    """Ids of two or more sources with one key, where no source has it twice; in the order of the sources."""
    by_key: dict[Hashable, list[str]] = defaultdict(list)
    for key, disease_id in keyed:
        by_key[key].append(disease_id)
    groups = (tuple(sorted(ids, key=_source_rank)) for ids in by_key.values() if len(ids) > 1)
    return [group for group in groups if len({_source(i) for i in group}) == len(group)]


def _source(disease_id: str) -> str:
    return disease_id.partition(":")[0]


def _source_rank(disease_id: str) -> tuple[int, str]:
    source = _source(disease_id)
    return (SOURCE_ORDER.index(source) if source in SOURCE_ORDER else len(SOURCE_ORDER), disease_id)


def _normal_word(word: str) -> str:
    """Roman numerals as digits ("iia" -> "2a"), a plural s dropped."""
    found = _NUMBERED.fullmatch(word)
    if found:
        number, letter = found.groups()
        if number.isdigit() or number in _ROMAN:
            return (number if number.isdigit() else _ROMAN[number]) + letter
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "is", "us")) else word
