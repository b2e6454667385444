"""Diseases that a text names: names of the graph's entries, whatever the order of their words.

Deliberately not done here: findings, which the lexicon knows; acronyms and misspellings of diseases.
"""

from __future__ import annotations

import re
from collections import defaultdict

from kg.equivalence import name_key
from kg.graph import KnowledgeGraph

MAX_WORDS = 10
_MIN_LETTERS = 5
"""Of a name of one word: shorter ones are words of everyday language or acronyms."""
_WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_BREAK = re.compile(r"[.;:?!()\n]")


class DiseaseNames:
    """Finds the names of a graph's diseases.

    Args:
        graph: its entries' names.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._ids: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for disease in graph.diseases.values():
            key = name_key(disease.name)
            if 1 <= len(key) <= MAX_WORDS and (len(key) > 1 or len(key[0]) >= _MIN_LETTERS):
                self._ids[key].append(disease.disease_id)
        self._words = frozenset(word for key in self._ids for word in key)

    def find(self, text: str) -> tuple[str, ...]:
        """Ids of the diseases named, in the order of the text; of names that overlap the longest counts."""
        found: dict[str, None] = {}
        for part in _BREAK.split(text):
            words = [m[0] for m in _WORD.finditer(part)]
            start = 0
            while start < len(words):
                ids, stop = self._longest(words, start)
                found |= dict.fromkeys(ids)
                start = stop
        return tuple(found)

    def _longest(self, words: list[str], start: int) -> tuple[list[str], int]:
        """Ids of the longest name that starts here, and the place behind it."""
        reach = start
        while reach < min(len(words), start + MAX_WORDS + 3) and self._may_belong(words[reach]):
            reach += 1
        for stop in range(reach, start, -1):
            if ids := self._ids.get(name_key(" ".join(words[start:stop]))):
                return ids, stop
        return [], start + 1

    def _may_belong(self, word: str) -> bool:
        return all(w in self._words for w in name_key(word))
