"""Wordings of phenotypic abnormalities, found in free text whatever the order and form of their words.

Promise: names and synonyms of the terms below "Phenotypic abnormality" are found with exact offsets, and the longest
wording wins. A wording is a bag of words, so "wringing of the hands" is "hand wringing". Words are compared by
inflection where a wording is one word, by derivation where it has several, and by meaning where that finds nothing.
Deliberately not done here: negation and family members (``retrieval.context``), other languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from kg import cache
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from retrieval.lexicon_index import ABBREVIATION, ADDITIONS, MAX_REACH, N_BITS, Order, build_index
from retrieval.misspellings import RARE_WORDS, VOCABULARY, Speller, common_words, words_in
from retrieval.words import JOINTS, Token, Word, analyse, segments

_STATE_VERSION = 6  # raise with every change of the tables or rules of this and the modules below
_MAX_OWN = 3  # words that a member of a coordination does not share
_EXPLAINED = re.compile(r"\s*\(\s*(?P<short>[A-Za-z][\w-]{0,6}\w)\s*[);,]")
_BEING = re.compile(r"\b(?:is|are|was|were|been)\b", re.IGNORECASE)
_NO_SEIZURES = re.compile(
    r"\b(?:seizures?|convulsions?|epilep\w+|fits)\b.*\babsent\b|\babsence of\b.*\b(?:seizures?|convulsions?)",
    re.IGNORECASE | re.DOTALL,
)
_MAX_LONG_FORM = 120  # characters
_TERM_ID = re.compile(r"\bHP:[0-9]{7}\b")


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
        ontology: where names and synonyms come from.
        known_words: words that are no misspellings; so are the words of names, synonyms and definitions.
    """

    def __init__(self, ontology: Ontology, known_words: Iterable[str] = ()) -> None:
        index = build_index(ontology)
        defined = (word for term in ontology.terms.values() for word in words_in(f"{term.name} {term.definition}"))
        self._set_speller(Speller({*known_words, *defined}, index.vocabulary))
        self._term_by_key, self._reach, self._partners = index.term_by_key, index.reach, index.partners
        self._term_by_abbreviation, self._by_order = index.abbreviations, index.by_order
        self._names = {term_id: ontology.terms[term_id].name for term_id in sorted(ontology.phenotypic_abnormalities)}
        self._older_ids = {old: new for old, new in ontology.older_ids.items() if new in self._names}

    def name(self, term_id: str) -> str:
        """Preferred label of a term that ``find_mentions`` can return."""
        return self._names[term_id]

    def _set_speller(self, speller: Speller) -> None:
        self._speller = speller
        self._read = lru_cache(maxsize=1 << 16)(lambda raw: analyse(speller.corrected(raw)))

    def to_state(self) -> dict[str, Any]:
        """What JSON can hold of the lexicon, for a cache."""
        return {
            "version": _STATE_VERSION,
            "keys": list(self._term_by_key),
            "term_ids": list(self._term_by_key.values()),
            "words": list(self._reach),
            "reach": list(self._reach.values()),
            "partners": [f"{mask:x}" for mask in self._partners.values()],
            "abbreviations": self._term_by_abbreviation,
            "by_order": [[key, *order] for key, order in self._by_order.items()],
            "names": self._names,
            "older_ids": self._older_ids,
            "known": " ".join(sorted(self._speller.known)),
            "targets": self._speller.targets,
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
        lexicon._partners = dict(zip(state["words"], (int(p, 16) for p in state["partners"]), strict=True))
        lexicon._term_by_abbreviation, lexicon._names = dict(state["abbreviations"]), dict(state["names"])
        lexicon._by_order = {key: Order(*order) for key, *order in state["by_order"]}
        lexicon._older_ids = dict(state["older_ids"])
        lexicon._set_speller(Speller.of_forms(state["known"].split(), state["targets"]))
        return lexicon

    def find_mentions(self, text: str) -> tuple[Mention, ...]:
        """All mentions in the text, in order of their start; of wordings that overlap the longest."""
        mentions = [m for segment in segments(text, self._read) if segment for m in self._chosen(text, segment)]
        mentions += self._abbreviated(text, mentions)
        for match in _TERM_ID.finditer(text):
            if term_id := self._current_id(match[0]):
                mentions.append(Mention(term_id=term_id, start=match.start(), end=match.end()))
        return tuple(sorted(mentions, key=lambda m: (m.start, m.end, m.term_id)))

    def term_named(self, wording: str) -> str | None:
        """The term that a wording names as a whole; None where it names none, or words are left over."""
        runs = [segment for segment in segments(wording, self._read) if segment]
        if len(runs) != 1:
            return None
        words = [token.word for token in runs[0]]
        return self._term_of(words) or (self._term_by_key.get(words[0].inflected) if len(words) == 1 else None)

    def _abbreviated(self, text: str, mentions: Sequence[Mention]) -> Iterator[Mention]:
        """Abbreviations: those that the text itself explains, else those of the ontology."""
        if text.isupper():  # in capitals an abbreviation looks like any other word
            return
        terms = self._term_by_abbreviation | _explained(text, mentions)
        covered = {i for m in mentions for i in range(m.start, m.end)}
        for match in ABBREVIATION.finditer(text):
            term_id = terms.get(match[0]) or terms.get(match[0].removesuffix("s"))
            if term_id and match.start() not in covered and covered.isdisjoint(range(*match.span())):
                yield Mention(term_id=term_id, start=match.start(), end=match.end())

    def unknown_ids(self, text: str) -> tuple[str, ...]:
        """Ids in the text that are not, and never were, phenotypic abnormalities of this release."""
        return tuple(m[0] for m in _TERM_ID.finditer(text) if self._current_id(m[0]) is None)

    def _current_id(self, term_id: str) -> str | None:
        return term_id if term_id in self._names else self._older_ids.get(term_id)

    def _chosen(self, text: str, segment: list[Token]) -> Iterator[Mention]:
        """The readings of a segment that do not overlap, the longest first; then those of coordinations."""
        words = [token.word for token in segment]
        chosen: dict[int, _Reading] = {}  # by first token
        taken: set[int] = set()
        for reading in sorted(self._readings(words)):
            first, stop = reading.run
            if taken.isdisjoint(range(first, stop)) and not _is_parted(text, segment[first:stop]):
                taken.update(range(first, stop))
                chosen[first] = reading
        for (first, stop), term_id in [
            *(member for reading in chosen.values() for member in self._members(words, reading)),
            *(self._coordinated(words, chosen, taken) if taken else ()),
        ]:
            yield Mention(term_id=term_id, start=segment[first].start, end=segment[stop - 1].end)

    def _members(self, words: list[Word], reading: _Reading) -> Iterator[tuple[_Run, str]]:
        """The reading, or, where its wording joins two findings ("cleft lip and palate"), each of them."""
        first, stop = reading.run
        for joint in range(first + 1, stop - 1):
            if words[joint].kind == "conjunction":
                joined = self._joined(words[first:joint], words[joint + 1 : stop])
                if joined and reading.term_id not in joined:
                    yield from ((reading.run, term_id) for term_id in joined)
                    return
        yield reading.run, reading.term_id

    def _joined(self, before: list[Word], after: list[Word]) -> tuple[str, str] | None:
        """The terms on either side of an "and", one of which may lack words that the other has."""
        one, other = self._term_of(before), self._term_of(after)
        if one and not other:  # "cleft lip and palate"
            other = next(filter(None, (self._term_of(before[:n] + after) for n in range(1, len(before)))), None)
        elif other and not one:  # "palmar and plantar pits"
            one = next(filter(None, (self._term_of(before + after[n:]) for n in range(1, len(after)))), None)
        return (one, other) if one and other else None

    def _readings(self, words: list[Word]) -> Iterator[_Reading]:
        """Every run of words that is a wording."""
        # A word takes part in wordings of at most this many words; 0 ends every run. Modifiers limit nothing.
        reach = [self._reach.get(w.meaning, 0) if w.core else MAX_REACH for w in words]
        partners = [self._partners.get(w.meaning, -1) if w.core else -1 for w in words]
        derived = list(accumulate((w.derived for w in words), initial=0))
        meaning = list(accumulate((w.meaning for w in words), initial=0))
        core = list(accumulate((w.core for w in words), initial=0))
        n_told = list(accumulate((w.meaning != 0 for w in words), initial=0))
        n_core = list(accumulate((w.core != 0 for w in words), initial=0))
        term_of = self._term_by_key.get
        n = len(words)
        for i, word in enumerate(words):
            if not word.kind and (term_id := term_of(word.inflected) or term_of(word.derived)):
                yield _Reading(-1, False, 1, (i, i + 1), term_id)
            limit, allowed = reach[i], partners[i]
            if not limit:
                continue
            for stop in range(i + 2, min(i + MAX_REACH, n) + 1):
                last = words[stop - 1]
                limit = min(limit, reach[stop - 1])
                # Words that no wording has together end the run; nearly all end here, at once.
                if n_core[stop] - n_core[i] > limit or (last.core and not allowed >> last.core % N_BITS & 1):
                    break
                allowed &= partners[stop - 1]
                key = derived[stop] - derived[i]
                if term_id := term_of(key):
                    if key in self._by_order:
                        term_id = self._by_order[key].term_of(words[i:stop])
                    yield _Reading(i - stop, False, stop - i, (i, stop), term_id)
                elif not (word.meaning and last.meaning):
                    continue
                elif term_id := term_of(meaning[stop] - meaning[i]):
                    yield _Reading(n_told[i] - n_told[stop], True, stop - i, (i, stop), term_id)
                elif word.core and last.core and (term_id := term_of(core[stop] - core[i])):
                    yield _Reading(n_core[i] - n_core[stop], True, stop - i, (i, stop), term_id)

    def _coordinated(
        self, words: list[Word], chosen: Mapping[int, _Reading], taken: set[int]
    ) -> Iterator[tuple[_Run, str]]:
        """What coordinations leave out: "macular and papular rash" gives macular + rash.

        What is shared belongs to a finding beside the joint already; what is not is no finding by itself.
        """
        is_joint = [w.kind in JOINTS for w in words]
        by_stop = {reading.run[1]: reading.run for reading in chosen.values()}
        for joint in range(1, len(words) - 1):
            if is_joint[joint]:
                if run := by_stop.get(joint):
                    yield from self._shared_before(words, is_joint, taken, run)
                if words[joint].kind == "conjunction":
                    # "low back and right hip joint pain": the last member's own words may stand before the finding.
                    gap = _free_run(range(joint + 1, min(joint + _MAX_OWN, len(words) - 1)), is_joint, taken)
                    begin = joint + 1 + len(gap)
                    if begin in chosen and (not gap or chosen[begin].n_tokens > 1):
                        yield from self._shared_after(words, is_joint, taken, joint, chosen[begin].run)

    def _shared_before(
        self, words: list[Word], is_joint: list[bool], taken: set[int], run: _Run
    ) -> Iterator[tuple[_Run, str]]:
        """Members after a finding that share its first words."""
        first, joint = run
        n = len(words)
        while joint < n - 1 and is_joint[joint]:
            own = _free_run(range(joint + 1, min(joint + 1 + _MAX_OWN, n)), is_joint, taken)
            if words[joint].kind == "comma" and own and own[-1] + 1 < n and not is_joint[own[-1] + 1]:
                return  # a comma alone starts something new unless the list goes on
            pairs = ((n_own, stop) for n_own in range(len(own), 0, -1) for stop in range(run[1] - 1, first, -1))
            for n_own, stop in pairs:
                if term_id := self._term_of(words[first:stop] + words[joint + 1 : joint + 1 + n_own]):
                    break
            else:
                return
            taken.update(own[:n_own])
            yield (first, joint + 1 + n_own), term_id
            joint += 1 + n_own

    def _shared_after(
        self, words: list[Word], is_joint: list[bool], taken: set[int], joint: int, run: _Run
    ) -> Iterator[tuple[_Run, str]]:
        """Members before a finding that share its last words."""
        begin, stop = run
        while joint > 0 and is_joint[joint]:
            own = _free_run(range(joint - 1, max(joint - 1 - _MAX_OWN, -1), -1), is_joint, taken)
            pairs = (
                (n_own, start)
                for n_own in range(len(own), 0, -1)
                for start in range(begin + (begin == joint + 1), stop)
            )
            for n_own, start in pairs:
                if term_id := self._term_of(words[joint - n_own : joint] + words[start:stop]):
                    break
            else:
                return
            taken.update(own[:n_own])
            yield (joint - n_own, stop), term_id
            joint -= 1 + n_own

    def _term_of(self, words: Sequence[Word]) -> str | None:
        """The term that words from several places name together."""
        get = self._term_by_key.get
        return (
            get(sum(w.derived for w in words)) or get(sum(w.meaning for w in words)) or get(sum(w.core for w in words))
        )


def _is_parted(text: str, tokens: Sequence[Token]) -> bool:
    """Whether words that are a wording say something else here.

    A verb of being keeps a quality from what follows ("absent were seizures", unlike "hands were short"), and what is
    said of seizures ("seizures were absent") is no name of a kind ("absence seizures").
    """
    if any(t.word.is_quality for t in tokens) and _NO_SEIZURES.search(text, tokens[0].start, tokens[-1].end):
        return True
    n_qualities = sum(1 for _ in takewhile(lambda t: t.word.is_quality, tokens))
    if not 0 < n_qualities < len(tokens):
        return False
    return _BEING.search(text, tokens[n_qualities - 1].end, tokens[n_qualities].start) is not None


def _explained(text: str, mentions: Sequence[Mention]) -> dict[str, str]:
    """Abbreviation -> term where the text explains it in brackets: "developmental delay (DD)".

    The term is empty where the abbreviation stands for something else there.
    """
    term_by_end = {m.end: m for m in mentions}
    found: dict[str, str] = {}
    for match in _EXPLAINED.finditer(text):
        mention, short = term_by_end.get(match.start()), match["short"].removesuffix("s")
        if mention and _stands_for(short, text[mention.start : mention.end]):
            found.setdefault(short, mention.term_id)
        elif _stands_for(
            short, " ".join(text[max(0, match.start() - _MAX_LONG_FORM) : match.start()].split()[-len(short) :])
        ):
            found.setdefault(short, "")
    return found


def _stands_for(short: str, long: str) -> bool:
    """The letters of an abbreviation begin the words of its long form, in order."""
    initials = "".join(word[0] for word in re.findall(r"[^\W_]+", long)).casefold()
    letters = iter(initials)
    return len(short) > 1 and all(letter in letters for letter in short.casefold())


def _free_run(places: range, is_joint: list[bool], taken: set[int]) -> list[int]:
    """The first of these places, up to a joint or a word that a finding has."""
    return list(takewhile(lambda i: not is_joint[i] and i not in taken, places))


def build_lexicon(graph: KnowledgeGraph) -> Lexicon:
    """The lexicon of a graph's ontology; words of its diseases' names and of plain English are known."""
    diseases = (word for disease in graph.diseases.values() for word in words_in(disease.name))
    return Lexicon(graph.ontology, {*diseases, *common_words()})


def load_lexicon(graph: KnowledgeGraph, cache_dir: Path | None = None) -> Lexicon:
    """The lexicon of a graph's ontology, from the cache or built and cached. Raises StorageError."""
    return cache.load_or_build(
        "lexicon",
        {
            "format": str(_STATE_VERSION),
            "additions": cache.checksum(ADDITIONS),
            "words": f"{cache.checksum(VOCABULARY)} {cache.checksum(RARE_WORDS)}",
            "graph": graph.identity,
        },
        read=lambda folder: Lexicon.from_state(cache.read_json(folder / "lexicon.json")),
        build=lambda: build_lexicon(graph),
        write=lambda folder, lexicon: cache.write_json(folder / "lexicon.json", lexicon.to_state()),
        root=cache_dir,
    )
