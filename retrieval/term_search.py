"""Phenotypic abnormalities while their name is being typed, in English and one other language.

Promise: every word of the query begins a word of the wording (in Chinese: is part of it), whatever their order; the
nearest wording comes first; an answer takes a few milliseconds. Misspelt and inflected words are left to
``retrieval.lexicon``, which is asked where nothing begins as the query does, and other words for the same to
``retrieval.linking``, which is asked last.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

from kg.ontology import PHENOTYPIC_ABNORMALITY, Ontology
from kg.translations import Translations
from retrieval.lexicon import Lexicon
from retrieval.linking import PhraseLinker

MAX_QUERY = 200
"""Characters that are looked at."""

_SHARED = 10  # wordings of one term that may stand before the next term's
_HAN = re.compile(r"[\u3400-\u9fff]")
_BETWEEN_WORDS = re.compile(r"[^\w\u3400-\u9fff]+")
_TERM_ID = re.compile(r"HP:[0-9]{7}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TermHit:
    """A term that a query may mean."""

    term_id: str
    wording: str
    """What matched: the name, or a synonym of it."""


class _Wording(NamedTuple):
    folded: str
    """Words in lower case, each with a space before it."""
    text: str
    term_id: str
    is_name: bool


class TermSearch:
    """Finds terms by the beginnings of words.

    Args:
        ontology: whose phenotypic abnormalities are found.
        lexicon: of the ontology.
        translations: labels and wordings of another language.
        linker: of the ontology; None to do without.
    """

    def __init__(
        self,
        ontology: Ontology,
        lexicon: Lexicon,
        translations: Translations | None = None,
        linker: PhraseLinker | None = None,
    ) -> None:
        self._ontology = ontology
        self._lexicon = lexicon
        self._linker = linker
        self._wordings = [*_wordings(ontology), *(_translated(ontology, translations) if translations else ())]
        # One text, so that looking through all wordings is one search of the C library.
        self._text = "\n".join(w.folded for w in self._wordings)
        self._starts = array("l", _starts(self._wordings))

    def find(self, query: str, limit: int = 8) -> tuple[TermHit, ...]:
        """At most ``limit`` terms, each once, the nearest wording first; none for an empty query."""
        query = query[:MAX_QUERY].strip()
        if _TERM_ID.fullmatch(query.upper()):
            return self._with_id(query.upper())
        whole = _fold(query)
        words = sorted((word if _HAN.search(word) else f" {word}" for word in whole.split()), key=len, reverse=True)
        if not words:
            return ()
        found = (w for w in self._with_word(words[0]) if all(word in w.folded for word in words[1:]))

        def distance(w: _Wording) -> tuple[bool, bool, bool, int, str]:
            return w.folded != whole, not w.folded.startswith(whole), not w.is_name, len(w.text), w.text

        hits: dict[str, TermHit] = {}
        for w in nsmallest(limit * _SHARED, found, key=distance):
            hits.setdefault(w.term_id, TermHit(term_id=w.term_id, wording=w.text))
        return tuple(hits.values())[:limit] if hits else self._meant(query)

    def _meant(self, query: str) -> tuple[TermHit, ...]:
        """What a query means that no wording begins with."""
        if term_id := self._lexicon.term_named(query):
            return (TermHit(term_id=term_id, wording=self._ontology.name(term_id)),)
        links = self._linker.nearest(query) if self._linker else ()
        return tuple(TermHit(term_id=link.term_id, wording=link.wording) for link in links)

    def _with_word(self, word: str) -> Iterator[_Wording]:
        at = self._text.find(word)
        while at >= 0:
            i = bisect_right(self._starts, at) - 1
            yield self._wordings[i]
            if i + 1 == len(self._starts):
                return
            at = self._text.find(word, self._starts[i + 1])

    def _with_id(self, term_id: str) -> tuple[TermHit, ...]:
        if term_id not in self._ontology:
            return ()
        term = self._ontology.term(term_id)
        is_finding = term.term_id in self._ontology.phenotypic_abnormalities
        return (TermHit(term_id=term.term_id, wording=term.name),) if is_finding else ()


def _fold(text: str) -> str:
    return " " + " ".join(_BETWEEN_WORDS.sub(" ", text.casefold()).split())


def _starts(wordings: Iterable[_Wording]) -> Iterator[int]:
    """Where each stands in the text of all."""
    start = 0
    for wording in wordings:
        yield start
        start += len(wording.folded) + 1


def _wordings(ontology: Ontology) -> Iterator[_Wording]:
    for term_id in sorted(ontology.phenotypic_abnormalities - {PHENOTYPIC_ABNORMALITY}):  # "abnormality" is no finding
        term = ontology.terms[term_id]
        yield _Wording(_fold(term.name), term.name, term_id, True)
        for synonym in term.synonyms:
            yield _Wording(_fold(synonym.text), synonym.text, term_id, False)


def _translated(ontology: Ontology, translations: Translations) -> Iterator[_Wording]:
    said = [(t, text, True) for t, text in translations.labels.items()]
    said += [(t, text, False) for t, text in translations.synonyms]
    for term_id, text, is_name in said:
        if term_id in ontology.phenotypic_abnormalities and term_id != PHENOTYPIC_ABNORMALITY:
            yield _Wording(_fold(text), text, term_id, is_name)
