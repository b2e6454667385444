"""Treatments, tests and risk factors that a text names, by a table of wordings.

Promise: of wordings that overlap the longest counts, in any case and number ("Beta blockers", "beta-blocker"), with
exact offsets. Deliberately not done here: findings, which ``retrieval.lexicon`` knows, and whether a text speaks for or
against what it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from kg.schema import Concept, ConceptKind
from kg.sources.tables import load_table

COLUMNS = ("kind", "concept_id", "name", "wordings", "term_id")
BUNDLED = Path(__file__).parent / "medical_concepts.tsv"
_WORD = re.compile(r"[^\W_]+")
_BREAK = re.compile(r"[^-\s'’/.]|(?<!\b\w)[.]\s")
"""Between the words of a wording may stand a space, a hyphen, an apostrophe, a slash or the point of "H. pylori"."""
_SINGULAR_S = re.compile(r"(?<![suix])s$")


class Role(StrEnum):
    """What a concept is looked for as."""

    DRUG = "drug"
    TREATMENT = "treatment"
    TEST = "test"
    RISK_FACTOR = "risk factor"


_KINDS = {
    Role.DRUG: ConceptKind.DRUG,
    Role.TREATMENT: ConceptKind.ACTION,
    Role.TEST: ConceptKind.ACTION,
    Role.RISK_FACTOR: ConceptKind.RISK_FACTOR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedConcept:
    """A row of the table."""

    role: Role
    concept: Concept
    wordings: tuple[str, ...]
    """Beside its name."""
    term_id: str | None = None
    """The HPO term that a risk factor is, where it is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptMention:
    """Where a text names a concept."""

    named: NamedConcept
    start: int
    end: int
    """Offsets in Unicode code points."""


class ConceptVocabulary:
    """Finds concepts by their wordings.

    Args:
        concepts: of wordings that several of one search have, the first counts.
    """

    def __init__(self, concepts: Iterable[NamedConcept]) -> None:
        self._by_key: dict[Role, dict[tuple[str, ...], NamedConcept]] = {role: {} for role in Role}
        for named in concepts:
            for wording in (named.concept.name, *named.wordings):
                self._by_key[named.role].setdefault(_key(wording), named)
        self._n_words = max((len(key) for keys in self._by_key.values() for key in keys), default=0)

    def find(self, text: str, roles: Iterable[Role]) -> tuple[ConceptMention, ...]:
        """Mentions of concepts of these roles, in the order of the text."""
        return tuple(self._found(text, tuple(self._by_key[role] for role in roles)))

    def _found(self, text: str, tables: tuple[dict[tuple[str, ...], NamedConcept], ...]) -> Iterator[ConceptMention]:
        words = list(_WORD.finditer(text))
        keys = [_singular(w[0]) for w in words]
        place = 0
        while place < len(words):
            stop = place + 1
            for last in range(min(len(words), place + self._n_words), place, -1):
                key = tuple(keys[place:last])
                named = next((table[key] for table in tables if key in table), None)
                if named and _is_one_phrase(text, words[place:last]):
                    yield ConceptMention(named=named, start=words[place].start(), end=words[last - 1].end())
                    stop = last
                    break
            place = stop


def load_vocabulary(path: Path = BUNDLED) -> ConceptVocabulary:
    """The vocabulary of a table. Raises SourceError."""
    return load_table(path, "concepts", COLUMNS, lambda _, rows: ConceptVocabulary(map(_named, rows)))


def _named(row: dict[str, str]) -> NamedConcept:
    role = Role(row["kind"])
    return NamedConcept(
        role=role,
        concept=Concept(concept_id=row["concept_id"], name=row["name"], kind=_KINDS[role]),
        wordings=tuple(w for w in row["wordings"].split("|") if w),
        term_id=row["term_id"] or None,
    )


def _key(wording: str) -> tuple[str, ...]:
    return tuple(_singular(word) for word in _WORD.findall(wording))


def _singular(word: str) -> str:
    return _SINGULAR_S.sub("", word.lower())


def _is_one_phrase(text: str, words: list[re.Match[str]]) -> bool:
    return not any(_BREAK.search(text, one.end(), other.start()) for one, other in pairwise(words))
