"""Wordings of phenotypic abnormalities, found in free text whatever the order and form of their words.

Promise: names and synonyms of the terms below "Phenotypic abnormality" are found with exact offsets, and the longest
wording wins. A wording is a bag of words, so "wringing of the hands" is "hand wringing". Words are compared by
inflection where a wording is one word, by derivation where it has several, and by meaning where that finds nothing.
Deliberately not done here: negation and family members (``retrieval.context``), other languages.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from kg import cache
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from retrieval.coordinations import Coordinations, Run
from retrieval.fixed_phrases import find_fixed_phrases
from retrieval.lexicon_index import ABBREVIATION, ADDITIONS, MAX_REACH, N_BITS, Order, build_index
from retrieval.misreadings import Span, find_other_senses, has_other_sense, is_misread, opens_next_member
from retrieval.misspellings import RARE_WORDS, VOCABULARY, Speller, common_words, words_in
from retrieval.words import Token, Word, analyse, segments

_STATE_VERSION = 27  # raise with every change of the tables or rules of this and the modules below
_EXPLAINED = re.compile(r"\s*\(\s*(?P<short>[A-Za-z][\w-]{0,6}\w)\s*[);,]")
# "Lactate (4.2 mmol/L) and CK (800 U/L) were elevated": a value between a thing and the rest of a sentence.
_VALUES = re.compile(r"\((?!HP:)(?=[^()]*\d)[^()]{1,45}\)(?=\s*(?:,|\w))")
_LONGEST_MENTION = 200  # characters looked back over for one that holds a phrase
_MAX_LONG_FORM = 120  # characters
_TERM_ID = re.compile(r"\bHP:[0-9]{7}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Where a text words a term."""

    term_id: str
    start: int
    end: int
    """Offsets in Unicode code points. Mentions that share a word overlap ("short hands and feet")."""


class _Reading(NamedTuple):
    """Some tokens read as a wording; the smaller, the better."""

    minus_n_words: int
    by_meaning: bool
    n_tokens: int
    run: Run
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
        senses = find_other_senses(text)
        read = segments(_VALUES.sub(lambda m: " " * len(m[0]), text), self._read)
        mentions = [m for segment in read if segment for m in self._chosen(text, senses, segment)]
        mentions = self._with_phrases(text, mentions)
        mentions += self._abbreviated(text, mentions)
        for match in _TERM_ID.finditer(text):
            if term_id := self._current_id(match[0]):
                mentions.append(Mention(term_id=term_id, start=match.start(), end=match.end()))
        return tuple(sorted(mentions, key=lambda m: (m.start, m.end, m.term_id)))

    def _with_phrases(self, text: str, mentions: list[Mention]) -> list[Mention]:
        """Mentions with ``retrieval.fixed_phrases`` in place of the wordings inside them."""
        phrases = [p for p in find_fixed_phrases(text) if p.term_id in self._names]
        mentions = sorted(mentions, key=lambda m: m.start)
        starts = [m.start for m in mentions]
        inside: set[int] = set()
        found = []
        for start, end, term_id in phrases:
            around = range(bisect_left(starts, start - _LONGEST_MENTION), bisect_right(starts, end))
            spans = {i: (mentions[i].start, mentions[i].end) for i in around}
            is_part = any(a <= start and end <= b and b - a > end - start for a, b in spans.values())
            if not is_part or (start, end) in spans.values():  # "dry, thinning hair": a member of a row
                inside |= {i for i, (a, b) in spans.items() if start <= a and b <= end}
                found.append(Mention(term_id=term_id, start=start, end=end))
        return [m for i, m in enumerate(mentions) if i not in inside] + found

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

    def _chosen(self, text: str, senses: Sequence[Span], segment: list[Token]) -> Iterator[Mention]:
        """The readings of a segment that do not overlap, the longest first; then those of coordinations."""
        words = [token.word for token in segment]
        chosen: dict[int, _Reading] = {}  # by first token
        taken: set[int] = set()
        readings = sorted(self._readings(words))
        begun = {r.run[1]: r.run[0] for r in readings if not r.by_meaning and r.run[1] - r.run[0] > 1}
        for reading in readings:
            first, stop = reading.run
            if reading.by_meaning and words[first + 1].kind == "conjunction" and begun.get(first + 1, first) < first:
                continue  # "hearing loss and renal hypoplasia": the loss is of hearing
            if taken.isdisjoint(range(first, stop)) and not is_misread(
                text, senses, segment, reading.run, by_meaning=reading.by_meaning
            ):
                taken.update(range(first, stop))
                chosen[first] = reading
        runs = {i: reading.run for i, reading in chosen.items()}
        touching = [after.start - before.end == 1 for before, after in pairwise(segment)]
        for (first, stop), term_id in [
            *(member for reading in chosen.values() for member in self._members(words, reading)),
            *Coordinations(words, runs, self._term_of, self._term_by_key.get, touching).spelt_out(),
        ]:
            start, end = segment[first].start, segment[stop - 1].end
            if not opens_next_member(text, segment, (first, stop)) and not has_other_sense(text, senses, start, end):
                yield Mention(term_id=term_id, start=start, end=end)

    def _members(self, words: list[Word], reading: _Reading) -> Iterator[tuple[Run, str]]:
        """The reading, or all that its words name together.

        A wording may join two findings ("cleft lip and palate"), and "mild to moderate" is mild and moderate.
        """
        first, stop = reading.run
        before = words[first - 1] if first and words[first - 1].kind == "modifier" else None
        for joint in range(first + 1, stop - 1):
            if words[joint].kind == "conjunction":
                joined = self._joined(words[first:joint], words[joint + 1 : stop], before)
                if joined and reading.term_id not in joined:
                    alone = self._joined(words[first:joint], words[joint + 1 : stop], None)
                    run = reading.run if joined == alone else (first - 1, stop)
                    yield from ((run, term_id) for term_id in joined)
                    return
        yield reading.run, reading.term_id
        if before and words[first].kind == "modifier":
            other = self._term_by_key.get(before.derived + sum(w.derived for w in words[first + 1 : stop]))
            if other and other != reading.term_id:
                yield (first - 1, stop), other

    def _joined(self, before: list[Word], after: list[Word], modifier: Word | None) -> tuple[str, str] | None:
        """The terms on either side of an "and", one of which may lack words that the other has.

        A modifier before them ("bilateral cleft lip and palate") is said of both.
        """
        one, other = self._term_of(before), self._term_of(after)
        if one and not other:  # "cleft lip and palate"
            shared = next((n for n in range(1, len(before)) if self._term_of(before[:n] + after)), 0)
            after = before[:shared] + after
        elif other and not one:  # "palmar and plantar pits"
            shared = next((n for n in range(1, len(after)) if self._term_of(before + after[n:])), len(after))
            before = before + after[shared:]
        one, other = self._term_of(before), self._term_of(after)
        if modifier:
            said = self._term_by_key.get
            one = said(modifier.derived + sum(w.derived for w in before)) or one
            other = said(modifier.derived + sum(w.derived for w in after)) or other
        return (one, other) if one and other else None

    def _readings(self, words: list[Word]) -> Iterator[_Reading]:
        """Every run of words that is a wording."""
        # A word takes part in wordings of at most this many words; 0 ends every run. Modifiers limit nothing.
        reach = [self._reach.get(w.meaning, 0) if w.core else MAX_REACH for w in words]
        partners = [self._partners.get(w.meaning, -1) if w.core else -1 for w in words]
        derived = list(accumulate((w.derived for w in words), initial=0))
        plain = list(accumulate((0 if w.kind == "modifier" else w.derived for w in words), initial=0))
        n_plain = list(accumulate((w.kind != "modifier" for w in words), initial=0))
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
                elif (
                    n_plain[stop] - n_plain[i] not in (1, stop - i)
                    and word.kind != "modifier" != last.kind
                    and (term_id := term_of(plain[stop] - plain[i]))
                ):
                    yield _Reading(n_plain[i] - n_plain[stop], False, stop - i, (i, stop), term_id)
                elif term_id := term_of(meaning[stop] - meaning[i]):
                    yield _Reading(n_told[i] - n_told[stop], True, stop - i, (i, stop), term_id)
                elif word.core and last.core and (term_id := term_of(core[stop] - core[i])):
                    yield _Reading(n_core[i] - n_core[stop], True, stop - i, (i, stop), term_id)

    def _term_of(self, words: Sequence[Word]) -> str | None:
        """The term that words from several places name together."""
        get = self._term_by_key.get
        return (
            get(sum(w.derived for w in words)) or get(sum(w.meaning for w in words)) or get(sum(w.core for w in words))
        )


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


def build_lexicon(graph: KnowledgeGraph) -> Lexicon:
    """The lexicon of a graph's ontology; words of its diseases' names and of plain English are known."""
    diseases = (word for disease in graph.diseases.values() for word in words_in(disease.name))
    return Lexicon(graph.ontology, {*diseases, *common_words()})


def lexicon_identity(graph: KnowledgeGraph) -> dict[str, str]:
    """What the lexicon of a graph, and with it the reading of texts, depends on."""
    return {
        "format": str(_STATE_VERSION),
        "additions": cache.checksum(ADDITIONS),
        "words": f"{cache.checksum(VOCABULARY)} {cache.checksum(RARE_WORDS)}",
        "graph": graph.identity,
    }


def load_lexicon(graph: KnowledgeGraph, cache_dir: Path | None = None) -> Lexicon:
    """The lexicon of a graph's ontology, from the cache or built and cached. Raises StorageError."""
    return cache.load_or_build(
        "lexicon",
        lexicon_identity(graph),
        read=lambda folder: Lexicon.from_state(cache.read_json(folder / "lexicon.json")),
        build=lambda: build_lexicon(graph),
        write=lambda folder, lexicon: cache.write_json(folder / "lexicon.json", lexicon.to_state()),
        root=cache_dir,
    )
