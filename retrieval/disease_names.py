"""Diseases that a text names: names of the graph's entries, whatever the order of their words, and parts of names.

Deliberately not done here: findings, which the lexicon knows; acronyms and misspellings of diseases.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kg.equivalence import name_key
from kg.graph import KnowledgeGraph

MAX_WORDS = 10
MAX_NAMES = 200
"""A word that more names have ("syndrome", "deficiency") tells no disease."""
_MIN_LETTERS = 5
"""Of a name of one word: shorter ones are words of everyday language or acronyms."""
_KINDS = frozenset({"syndrome", "disease", "disorder", "condition"})
"""What is left of a name such as "THE syndrome" names nothing."""
_MIN_TELLING = 4
"""Letters of a word that alone tells a disease."""
_EVERYDAY_WORDS = """
    about additional again against already also another anybody anyone anything around asked because become been
    before being below best better between both care carrier case cause caused causing child common compare confirm
    consider could describe described diagnosis difference different does done down during each early either else
    enough even ever every evidence exactly explain familial family favour feature finding first follow found
    frequent from further gene general genetic give given good help here high higher however induced inherited
    instead into involved just kind know known last late later less like likely link list long look lower made main make
    many match mean more most much must name need never next normal note often once only order other part patient person
    point possible present probable publication published question rare rather reason recurrent related reported
    resistance response result right risk said same second seen several short should show similar since single small
    some somebody something source still such suggest support sure susceptibility take tell term test than that them
    then therapy there these they thing think third this those though time together told treated treatment true type
    unusual used useful usual versus very want well were what when where whether which while with within without
    work would your
    """
_EVERYDAY = frozenset(_EVERYDAY_WORDS.split())
"""Words that some name of a disease has too; as a name they count in capitals only ("Still")."""
_WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_POSSESSIVE = re.compile(r"['’]s$")
_BREAK = re.compile(r"[.;:?!()\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiseaseMention:
    """Words that name a disease."""

    disease_ids: tuple[str, ...]
    """Entries of this name; of a part of a name every entry that has it, the shortest name first."""
    start: int
    end: int
    """Offsets in Unicode code points."""
    is_whole: bool
    """The whole name, not a part of it."""


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int
    is_first: bool
    """Begins a sentence, so that a capital says nothing."""


class DiseaseMentionFinder:
    """Finds the names of a graph's diseases.

    Args:
        graph: its entries' names.
        synonyms: disease id -> other names, which count where no entry has them as its own.
    """

    def __init__(self, graph: KnowledgeGraph, synonyms: Mapping[str, Sequence[str]] | None = None) -> None:
        self._graph = graph
        self._synonyms = synonyms or {}
        self._ids = _by_key((d.name, d.disease_id) for d in graph.diseases.values())
        others = _by_key((name, d) for d, names in self._synonyms.items() for name in names)
        self._ids |= {key: ids for key, ids in others.items() if key not in self._ids}
        self._words = frozenset(word for key in self._ids for word in key)

    def find(self, text: str) -> tuple[str, ...]:
        """Ids of the diseases named, in the order of the text; of names that overlap the longest counts."""
        return tuple(dict.fromkeys(i for mention in self.find_whole(text) for i in mention.disease_ids))

    def find_whole(self, text: str) -> tuple[DiseaseMention, ...]:
        """Where a text has whole names, in its order; of names that overlap the longest counts."""
        found = []
        for words in _sentences(text):
            start = 0
            while start < len(words):
                ids, stop = self._longest(words, start)
                if ids:
                    named = words[start:stop]
                    found.append(_mention(named, sorted(ids, key=lambda i: self._place(i, named)), is_whole=True))
                start = stop
        return tuple(found)

    def find_parts(self, text: str, covered: Collection[int] = ()) -> tuple[DiseaseMention, ...]:
        """Where a text has words that only names of diseases have ("Marfan", "Ehlers-Danlos"), in its order.

        Args:
            text: is searched.
            covered: offsets of characters that are read otherwise.
        """
        found: list[DiseaseMention] = []
        for words in _sentences(text):
            run: list[_Word] = []
            for word in words:
                if word.start in covered or not _is_next_to(text, run, word):
                    found += self._parts_of(run)
                    run = []
                if word.start not in covered and self._entries_with(word):
                    run.append(word)
            found += self._parts_of(run)
        return tuple(found)

    def with_words(self, text: str) -> DiseaseMention | None:
        """Entries whose names have all words of a text, the shortest name first; None where there are none."""
        words = [w for sentence in _sentences(text) for w in sentence if name_key(w.text)]
        ids = self._entries_with_all(words) if words else set()
        return _mention(words, sorted(ids, key=lambda i: self._place(i, words)), is_whole=False) if ids else None

    def _parts_of(self, run: Sequence[_Word]) -> Iterator[DiseaseMention]:
        """The longest stretches of neighbouring words that one entry has together, each with a telling word."""
        start = 0
        while start < len(run):
            if run[start].text in _EVERYDAY:  # "child with Duchenne"
                start += 1
                continue
            for stop in range(len(run), start, -1):
                words = run[start:stop]
                ids = self._entries_with_all(words)
                if ids and any(self._is_telling(w) for w in words):
                    yield _mention(words, sorted(ids, key=lambda i: self._place(i, words)), is_whole=False)
                    start = stop
                    break
            else:
                start += 1

    def _entries_with_all(self, words: Sequence[_Word]) -> set[str]:
        """Entries that have all words in their own name; where none has, in one of their other names."""
        ids = set.intersection(*(set(self._entries_with(w)) for w in words))
        wanted = set(map(_key_of, words)) - {""}
        own = {i for i in ids if wanted <= set(name_key(self._graph.diseases[i].name))}
        return own or ids

    def _entries_with(self, word: _Word) -> frozenset[str]:
        return self._by_word.get(_key_of(word), frozenset())

    def _is_telling(self, word: _Word) -> bool:
        key = _key_of(word)
        if len(key) < _MIN_TELLING or len(self._by_word[key]) > MAX_NAMES:
            return False
        if word.text[0].isupper() and not word.is_first:
            return True
        return key not in _EVERYDAY and (word.text[0].isupper() or key not in self._words_of_findings)

    def _place(self, disease_id: str, words: Sequence[_Word]) -> tuple[bool, int, str]:
        """Names with the words in this order first (Goldberg-Shprintzen, not Shprintzen-Goldberg), then short ones."""
        name = self._graph.diseases[disease_id].name
        said = " ".join(filter(None, map(_key_of, words)))
        own = " ".join(filter(None, ("".join(name_key(w)) for w in _WORD.findall(name))))
        return said not in own, len(name_key(name)), disease_id

    @cached_property
    def _by_word(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for disease in self._graph.diseases.values():
            for name in (disease.name, *self._synonyms.get(disease.disease_id, ())):
                for word in name_key(name):
                    found[word].add(disease.disease_id)
        return {word: frozenset(ids) for word, ids in found.items()}

    @cached_property
    def _words_of_findings(self) -> frozenset[str]:
        """Words of the ontology: they may name what is seen, not who is ill."""
        terms = self._graph.ontology.terms.values()
        return frozenset(w for t in terms for text in (t.name, *(s.text for s in t.synonyms)) for w in name_key(text))

    def _longest(self, words: Sequence[_Word], start: int) -> tuple[list[str], int]:
        """Ids of the longest name that starts here, and the place behind it."""
        reach = start
        while reach < min(len(words), start + MAX_WORDS + 3) and self._may_belong(words[reach].text):
            reach += 1
        for stop in range(reach, start, -1):
            if ids := self._ids.get(name_key(" ".join(w.text for w in words[start:stop]))):
                return ids, stop
        return [], start + 1

    def _may_belong(self, word: str) -> bool:
        return all(w in self._words for w in name_key(word))


def _by_key(named: Iterable[tuple[str, str]]) -> dict[tuple[str, ...], list[str]]:
    """Ids by the words of their names; names that are too short or too long to be told in a text are left out."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, disease_id in named:
        key = name_key(name)
        if 1 <= len(key) <= MAX_WORDS and (len(key) > 1 or (len(key[0]) >= _MIN_LETTERS and key[0] not in _KINDS)):
            found[key].append(disease_id)
    return found


def _key_of(word: _Word) -> str:
    """The word as names are compared; empty for one that says nothing ("type", "of")."""
    return "".join(name_key(_POSSESSIVE.sub("", word.text)))


def _is_next_to(text: str, run: Sequence[_Word], word: _Word) -> bool:
    """Whether a word follows on a run, but for a sign or a word that says nothing ("Charcot-Marie-Tooth type 1A")."""
    return not run or all(not name_key(w) for w in _WORD.findall(text, run[-1].end, word.start))


def _sentences(text: str) -> Iterator[list[_Word]]:
    start = 0
    for end in (*(m.start() for m in _BREAK.finditer(text)), len(text)):
        matches = list(_WORD.finditer(text, start, end))
        yield [_Word(m[0], m.start(), m.end(), n == 0) for n, m in enumerate(matches)]
        start = end + 1


def _mention(words: Sequence[_Word], disease_ids: Sequence[str], *, is_whole: bool) -> DiseaseMention:
    telling = [w for w in words if name_key(w.text)]  # not "of" before the name
    return DiseaseMention(
        disease_ids=tuple(disease_ids), start=telling[0].start, end=telling[-1].end, is_whole=is_whole
    )
