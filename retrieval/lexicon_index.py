"""What wordings are looked up in: key of a wording -> term, and which words go together in wordings at all.

Promise: names and synonyms of all kinds, the project's own wordings (``ADDITIONS``) and what
``retrieval.wording_patterns`` makes of them; what is listed outranks what is made.
Deliberately not done here: reading a text (``retrieval.lexicon``).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

from kg.ontology import PHENOTYPIC_ABNORMALITY, Ontology
from kg.sources.wordings import bundled_wordings, load_wordings
from retrieval.misspellings import words_in
from retrieval.wording_patterns import other_wordings
from retrieval.words import Word, derivation_of, inflection_of, segments

MAX_REACH = 30
"""Tokens in a wording; the longest of HPO has 16."""
N_BITS = 512
"""Of the sets of partners."""
ABBREVIATION = re.compile(r"\b(?=[A-Z]|[a-z]{1,3}[A-Z])[A-Za-z][\w-]{0,6}\w\b")
"""The form of an abbreviation; those of the ontology have two capitals as well."""

_MIN_ABBREVIATION = 3  # two letters name too many other things (RA: right atrium), unless the text explains them
_SCOPES = {"NAME": 0, "ADDED": 1, "EXACT": 2, "NARROW": 3, "RELATED": 3, "BROAD": 4}
_MADE = 5  # scope of wordings that the ontology does not list
_MIN_STEM = 5  # letters by which a word of the same family stands for a name ("dehydrated": Dehydration)
ADDITIONS = bundled_wordings("en")
"""How clinicians and families put it: the project's own table."""
# Wordings of one word that nearly always mean something else in running text ("falls within", "corn", "tearing").
_EVERYDAY_WORDS = """
arranging boil bouncing collecting collectionism corn cutting dullness falls hopping hypersensitivity illusions
inaction inactivity inertia jumping mole mouthing oncology ordering piles placidity rosette shock sleepy spinning
tearing tired trance twirling
"""
_EVERYDAY = frozenset(_EVERYDAY_WORDS.split())
# Abbreviations of a finding that as often mean something else: a biparietal diameter, a urine specimen, liver tests,
# reactive airways, a jaw joint.
_OTHER_ABBREVIATIONS = frozenset(("BPD", "CSU", "LFT", "RAD", "TMD"))
_PARTS = ("small bowel", "small intestine", "small muscle", "small bone")  # name a part of the body, not a small one


class Order(NamedTuple):
    """Two words whose order tells two terms apart: "right-to-left shunt", "left-to-right shunt"."""

    first: int
    second: int
    """Words, as derived."""
    as_is: str
    """The term where the first stands before the second."""
    swapped: str

    def term_of(self, words: Sequence[Word]) -> str:
        """The term that these words name in their order."""
        places = {word.derived: i for i, word in enumerate(words)}
        return self.as_is if places.get(self.first, 0) < places.get(self.second, 0) else self.swapped


class Index(NamedTuple):
    """What wordings are looked up in."""

    term_by_key: dict[int, str]
    reach: dict[int, int]
    """Word, by meaning -> number of words in its longest wording."""
    partners: dict[int, int]
    """Word, by meaning -> the words that some wording has beside it, as a set of bits that a word has one of."""
    abbreviations: dict[str, str]
    """Empty where several terms share one."""
    by_order: dict[int, Order]
    """Key of a wording that names another term with two of its words swapped."""
    vocabulary: Counter[str]
    """Words of the wordings, and how many wordings have them."""


def build_index(ontology: Ontology) -> Index:
    """The index of an ontology's phenotypic abnormalities.

    A key that several terms have is that of the term whose name it is, else of an added wording, else of an exact
    synonym, and so on in the order of ``_SCOPES``; then of the more general term.
    """
    keys: dict[int, tuple[int, str]] = {}
    reach: dict[int, int] = {}
    partners: dict[int, int] = {}
    abbreviations: dict[str, str] = {}
    orders: dict[int, dict[tuple[int, ...], str]] = defaultdict(dict)
    vocabulary: Counter[str] = Counter()

    def add(key: int, scope: int, term_id: str) -> None:
        old = keys.get(key)
        if old is None or scope < old[0] or (scope == old[0] and term_id in ontology.ancestors(old[1])):
            keys[key] = scope, term_id

    for text, scope, term_id in _wordings(ontology):
        n_capitals = sum(c.isupper() for c in text)
        if n_capitals > 1 and len(text) >= _MIN_ABBREVIATION and ABBREVIATION.fullmatch(text):
            short = text.removesuffix("s")
            if short in _OTHER_ABBREVIATIONS or abbreviations.setdefault(short, term_id) != term_id:
                abbreviations[short] = ""
            continue
        vocabulary.update(word.casefold() for word in words_in(text))
        words = _words(text)
        told = [w.meaning for w in words if w.meaning]
        is_telling = not ((len(text) < 3 and text.isupper()) or text.isdigit() or text.casefold() in _EVERYDAY)
        if len(words) == 1 and is_telling:
            add(words[0].inflected, scope, term_id)
            if scope == _SCOPES["NAME"] and len(derivation_of(inflection_of(text))) >= _MIN_STEM:
                add(words[0].derived, scope, term_id)
        elif len(words) > 1 and scope != _MADE:
            add(sum(w.derived for w in words), scope, term_id)
            forms = tuple(w.derived for w in words)
            orders[sum(forms)].setdefault(forms, term_id)
        if scope != _SCOPES["ADDED"] and len(told) > 1 and not all(w.is_quality for w in words if w.core):
            add(sum(told), scope, term_id)
        for word in (w for w in words if w.core):
            reach[word.meaning] = max(reach.get(word.meaning, 0), len(words))
        for one, other in combinations_with_replacement({w.meaning for w in words if w.core}, 2):
            partners[one] = partners.get(one, 0) | 1 << other % N_BITS
            partners[other] = partners.get(other, 0) | 1 << one % N_BITS
    for part in _PARTS:
        words = _words(part)
        for key in (sum(w.derived for w in words), sum(w.meaning for w in words)):
            keys.pop(key, None)
    return Index(
        {key: term_id for key, (_, term_id) in keys.items()},
        reach,
        {word: partners.get(word, 0) for word in reach},
        abbreviations,
        {key: order for key, term_ids in orders.items() if (order := _order(term_ids, ontology))},
        vocabulary,
    )


def _order(term_by_forms: Mapping[tuple[int, ...], str], ontology: Ontology) -> Order | None:
    """The two words of a wording whose order tells terms apart; None where the order of words is only a way to put it.

    Swapped words have another beside them that stays ("drooping eyelids", "eyelids droop" are the same), and the terms
    are no kinds of each other.
    """
    for (forms, term_id), (others, other_id) in combinations(term_by_forms.items(), 2):
        moved = [i for i, (one, other) in enumerate(zip(forms, others, strict=True)) if one != other]
        if len(moved) == 2 < len(forms) and term_id != other_id:  # the words are the same, so two that moved swapped
            related = term_id in ontology.ancestors(other_id) or other_id in ontology.ancestors(term_id)
            if not related:
                return Order(forms[moved[0]], forms[moved[1]], term_id, other_id)
    return None


def _words(text: str) -> list[Word]:
    return [t.word for segment in segments(text) for t in segment if t.word.kind != "comma"]


def _wordings(ontology: Ontology) -> Iterator[tuple[str, int, str]]:
    """Text, scope and term of all names and synonyms of phenotypic abnormalities, and of what is made from them."""
    additions = defaultdict(list)
    for term_id, text in load_wordings(ADDITIONS):
        additions[term_id].append(text)
    for term_id in sorted(ontology.phenotypic_abnormalities - {PHENOTYPIC_ABNORMALITY}):
        term = ontology.terms[term_id]
        listed = [
            (term.name, _SCOPES["NAME"]),
            *((text, _SCOPES["ADDED"]) for text in additions[term_id]),
            *((s.text, _SCOPES[s.scope]) for s in term.synonyms),
        ]
        yield from ((text, scope, term_id) for text, scope in listed)
        for text, scope in listed:
            if scope in (_SCOPES["NAME"], _SCOPES["EXACT"]):
                yield from ((made, _MADE, term_id) for made in other_wordings(text))
