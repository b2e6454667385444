"""Wordings of phenotypic abnormalities, found in free text whatever the order and form of their words.

Promise: names and synonyms of the terms below "Phenotypic abnormality" are found with exact offsets, and the longest
wording wins. A wording is a bag of words, so "wringing of the hands" is "hand wringing". Words are compared by
inflection where a wording is one word, by derivation where it has several, and by meaning where that finds nothing.
Deliberately not done here: negation and family members (``retrieval.context``), misspellings, other languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, product, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from kg import cache
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from retrieval.words import Token, Word, segments

_STATE_VERSION = 3  # raise with every change of the tables or rules above
_MAX_REACH = 30  # tokens in a wording; the longest of HPO has 16
_MAX_SHARED = 3  # words on either side of a coordination's gap
_MAX_GAP = 3  # tokens in that gap
_JOINTS = ("conjunction", "comma")
_SCOPES = {"NAME": 0, "EXACT": 1, "NARROW": 2, "RELATED": 2, "BROAD": 3}
# A wording of this form with two capitals; two letters alone name too many other things (RA: right atrium).
_ABBREVIATION = re.compile(r"\b[A-Za-z][\w-]{1,6}\w\b")
_TERM_ID = re.compile(r"\bHP:[0-9]{7}\b")
# Wordings of one word that nearly always mean something else in running text ("falls within", "corn", "tearing").
_EVERYDAY_WORDS = """
arranging boil bouncing corn cutting dullness falls hopping illusions inaction inertia jumping mole oncology ordering
piles placidity rosette shock sleepy spinning tearing tired trance twirling
"""
_EVERYDAY = frozenset(_EVERYDAY_WORDS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Where a text words a term."""

    term_id: str
    start: int
    end: int
    """Offsets in Unicode code points. Mentions that share a word overlap ("short hands and feet")."""


_Run = tuple[int, int]  # first token, and one past the last


class _Reading(NamedTuple):
    """Some tokens read as a wording; the smaller, the better."""

    minus_n_words: int
    by_meaning: bool
    n_tokens: int
    run: _Run
    term_id: str


class Lexicon:
    """Finds the wordings of an ontology's phenotypic abnormalities in text.

    Args:
        ontology: where names and synonyms come from. A wording that several terms share is that of the term whose
            name it is, else exact synonym, else narrow or related, else broad; then of the more general term.
    """

    def __init__(self, ontology: Ontology) -> None:
        self._term_by_key, self._reach, self._term_by_abbreviation = _index(ontology)
        self._names = {term_id: ontology.terms[term_id].name for term_id in sorted(ontology.phenotypic_abnormalities)}
        self._older_ids = {old: new for old, new in ontology.older_ids.items() if new in self._names}

    def name(self, term_id: str) -> str:
        """Preferred label of a term that ``find_mentions`` can return."""
        return self._names[term_id]

    def to_state(self) -> dict[str, Any]:
        """What JSON can hold of the lexicon, for a cache."""
        return {
            "version": _STATE_VERSION,
            "keys": list(self._term_by_key),
            "term_ids": list(self._term_by_key.values()),
            "words": list(self._reach),
            "reach": list(self._reach.values()),
            "abbreviations": self._term_by_abbreviation,
            "names": self._names,
            "older_ids": self._older_ids,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Lexicon:
        """The lexicon that ``to_state`` described.

        Raises:
            ValueError: the state is of another version of this module.
        """
        if state.get("version") != _STATE_VERSION:
            raise ValueError(f"expected lexicon state {_STATE_VERSION}, got {state.get('version')!r}: build it again")
        lexicon = cls.__new__(cls)
        lexicon._term_by_key = dict(zip(state["keys"], state["term_ids"], strict=True))
        lexicon._reach = dict(zip(state["words"], state["reach"], strict=True))
        lexicon._term_by_abbreviation, lexicon._names = dict(state["abbreviations"]), dict(state["names"])
        lexicon._older_ids = dict(state["older_ids"])
        return lexicon

    def find_mentions(self, text: str) -> tuple[Mention, ...]:
        """All mentions in the text, in order of their start; of wordings that overlap the longest."""
        mentions = [m for segment in segments(text) if segment for m in self._chosen(segment)]
        covered = {i for m in mentions for i in range(m.start, m.end)}
        if not text.isupper():  # in capitals an abbreviation looks like any other word
            for match in _ABBREVIATION.finditer(text):
                term_id = self._term_by_abbreviation.get(match[0].removesuffix("s"))
                if term_id and covered.isdisjoint(range(*match.span())):
                    mentions.append(Mention(term_id=term_id, start=match.start(), end=match.end()))
        for match in _TERM_ID.finditer(text):
            if term_id := self._current_id(match[0]):
                mentions.append(Mention(term_id=term_id, start=match.start(), end=match.end()))
        return tuple(sorted(mentions, key=lambda m: (m.start, m.end, m.term_id)))

    def unknown_ids(self, text: str) -> tuple[str, ...]:
        """Ids in the text that are not, and never were, phenotypic abnormalities of this release."""
        return tuple(m[0] for m in _TERM_ID.finditer(text) if self._current_id(m[0]) is None)

    def _current_id(self, term_id: str) -> str | None:
        return term_id if term_id in self._names else self._older_ids.get(term_id)

    def _chosen(self, segment: list[Token]) -> Iterator[Mention]:
        """The readings of a segment that do not overlap, the longest first; then those over a gap."""
        words = [token.word for token in segment]
        # A word takes part in wordings of at most this many words; 0 ends every run.
        reach = [self._reach.get(w.meaning, 0) for w in words]
        derived = list(accumulate((w.derived for w in words), initial=0))
        taken: set[int] = set()
        for reading in sorted(self._readings(words, reach, derived)):
            first, stop = reading.run
            if taken.isdisjoint(range(first, stop)):
                taken.update(range(first, stop))
                yield Mention(term_id=reading.term_id, start=segment[first].start, end=segment[stop - 1].end)

        pairs = _coordinations([w.kind in _JOINTS for w in words], [n > 0 for n in reach]) if taken else ()
        for shared, own in pairs:
            # What is shared belongs to a finding already; what is not shared is no finding by itself.
            if shared[0] in taken and taken.isdisjoint(range(*own)):
                key = derived[shared[1]] - derived[shared[0]] + derived[own[1]] - derived[own[0]]
                if term_id := self._term_by_key.get(key):
                    taken.update(range(*own))
                    start, end = segment[min(shared[0], own[0])].start, segment[max(shared[1], own[1]) - 1].end
                    yield Mention(term_id=term_id, start=start, end=end)

    def _readings(self, words: list[Word], reach: list[int], derived: list[int]) -> Iterator[_Reading]:
        """Every run of words that is a wording."""
        meaning = list(accumulate((w.meaning for w in words), initial=0))
        n_told = list(accumulate((w.meaning != 0 for w in words), initial=0))
        term_of = self._term_by_key.get
        for i, word in enumerate(words):
            if not word.kind and (term_id := term_of(word.inflected)):
                yield _Reading(-1, False, 1, (i, i + 1), term_id)
            limit = reach[i]
            for stop in range(i + 2, min(i + _MAX_REACH, len(words)) + 1):
                limit = min(limit, reach[stop - 1])
                if n_told[stop] - n_told[i] > limit:
                    break
                if term_id := term_of(derived[stop] - derived[i]):
                    yield _Reading(i - stop, False, stop - i, (i, stop), term_id)
                elif word.meaning and words[stop - 1].meaning and (term_id := term_of(meaning[stop] - meaning[i])):
                    yield _Reading(n_told[i] - n_told[stop], True, stop - i, (i, stop), term_id)


def load_lexicon(graph: KnowledgeGraph, cache_dir: Path | None = None) -> Lexicon:
    """The lexicon of a graph's ontology, from the cache or built and cached. Raises StorageError."""
    return cache.load_or_build(
        "lexicon",
        {"format": str(_STATE_VERSION), "graph": graph.identity},
        read=lambda folder: Lexicon.from_state(cache.read_json(folder / "lexicon.json")),
        build=lambda: Lexicon(graph.ontology),
        write=lambda folder, lexicon: cache.write_json(folder / "lexicon.json", lexicon.to_state()),
        root=cache_dir,
    )


def _coordinations(is_joint: list[bool], is_known: list[bool]) -> Iterator[tuple[_Run, _Run]]:
    """Pairs of runs that a coordination joins over a gap: the one that is shared, and the one that is not.

    "lost purposeful hand use and speech" gives lost + speech, "macular and papular rash" gives rash + macular.
    """
    n = len(is_joint)
    in_run = [known and not joint for joint, known in zip(is_joint, is_known, strict=True)]
    in_gap = [known or joint for joint, known in zip(is_joint, is_known, strict=True)]

    def runs_from(start: int) -> list[_Run]:
        stops = takewhile(lambda stop: in_run[stop - 1], range(start + 1, min(start + _MAX_SHARED, n) + 1))
        return [(start, stop) for stop in stops]

    def runs_to(stop: int) -> list[_Run]:
        starts = takewhile(lambda start: in_run[start], range(stop - 1, max(stop - _MAX_SHARED, 0) - 1, -1))
        return [(start, stop) for start in starts]

    for joint in (i for i in range(n) if is_joint[i]):
        if after := runs_from(joint + 1)[::-1]:
            for gap in takewhile(lambda i: in_gap[i], range(joint - 1, max(joint - _MAX_GAP, 1) - 1, -1)):
                yield from product(runs_to(gap), after)
        if before := runs_to(joint)[::-1]:
            for gap in takewhile(lambda i: in_gap[i - 1], range(joint + 2, min(joint + 1 + _MAX_GAP, n - 1) + 1)):
                yield from product(runs_from(gap), before)


def _index(ontology: Ontology) -> tuple[dict[int, str], dict[int, int], dict[str, str]]:
    """Key -> term, word -> number of words in its longest wording, abbreviation -> term."""
    keys: dict[int, tuple[int, str]] = {}
    reach: dict[int, int] = {}
    abbreviations: dict[str, str] = {}  # empty where several terms share one

    def better(old: tuple[int, str] | None, scope: int, term_id: str) -> tuple[int, str]:
        is_new = old is None or scope < old[0] or (scope == old[0] and term_id in ontology.ancestors(old[1]))
        return (scope, term_id) if old is None or is_new else old

    for text, scope, term_id in _wordings(ontology):
        n_capitals = sum(c.isupper() for c in text)
        if n_capitals > 1 and _ABBREVIATION.fullmatch(text):
            if abbreviations.setdefault(text.removesuffix("s"), term_id) != term_id:
                abbreviations[text.removesuffix("s")] = ""
            continue
        words = [t.word for segment in segments(text) for t in segment if t.word.kind != "comma"]
        told = [w.meaning for w in words if w.meaning]
        is_telling = not ((len(text) < 3 and text.isupper()) or text.isdigit() or text.casefold() in _EVERYDAY)
        if len(words) == 1 and is_telling:
            keys[words[0].inflected] = better(keys.get(words[0].inflected), scope, term_id)
        elif len(words) > 1:
            key = sum(w.derived for w in words)
            keys[key] = better(keys.get(key), scope, term_id)
        if len(told) > 1 and not any(w.kind == "modifier" for w in words):
            keys[sum(told)] = better(keys.get(sum(told)), scope, term_id)
        for word in words:
            reach[word.meaning] = max(reach.get(word.meaning, 0), len(words))
    reach[0] = _MAX_REACH  # words that are not compared by meaning limit nothing
    return {key: term_id for key, (_, term_id) in keys.items()}, reach, abbreviations


def _wordings(ontology: Ontology) -> Iterator[tuple[str, int, str]]:
    """Text, scope and term of all names and synonyms of phenotypic abnormalities."""
    for term_id in sorted(ontology.phenotypic_abnormalities):
        term = ontology.terms[term_id]
        yield term.name, _SCOPES["NAME"], term_id
        for synonym in term.synonyms:
            yield synonym.text, _SCOPES[synonym.scope], term_id
