"""Misspelled words of wordings: a word that nobody knows, one slip of the pen from one that wordings have.

Promise: only long words are corrected, only by one letter inserted, left out, replaced or swapped with its neighbour,
never the first and never the ending, and only where one word alone is that near. A word that the ontology, the
diseases or plain English have, in any inflected form, is never touched.
Deliberately not done here: short words, words run together or apart, phonetic spelling, what the sentence makes likely.

Method: P. Norvig, "How to Write a Spelling Corrector", https://norvig.com/spell-correct.html
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from retrieval.embedding import BUNDLED
from retrieval.words import derivation_of, inflection_of

VOCABULARY = BUNDLED / "tokenizer.json"
"""The embedder's vocabulary: the words of the ontology, and 20,000 of plain English."""
RARE_WORDS = Path(__file__).parent / "english_words.txt"
"""Rarer English words that lie one slip from a word of the wordings ("infernal": internal), one a line: those of
Webster's New International Dictionary of 1934 (public domain) and of pyspellchecker 0.9.1 (MIT)."""
MIN_LETTERS = 7
"""Of a word that is corrected. Shorter words have too many neighbours."""
MAX_LETTERS = 30
"""The longest word of a name has 29; the slips of a longer one are not worth their number."""

_DOMINANT = 50  # times that a word is more common than the next near one, before it is the one meant
# Beginnings that part two words on purpose, though one letter parts them: microgyria and macrogyria.
_CONTRARY = (("macr", "micr"), ("ante", "anti"), ("infra", "intra"), ("abd", "add"))
_CONTRARIES = frozenset(pair for one, other in _CONTRARY for pair in ((one, other), (other, one)))
_WORD = re.compile(r"[^\W\d_]{5,}")


class Speller:
    """Reads misspelled words as the words meant.

    Args:
        known: words that are right as they are.
        targets: words that a misspelling may stand for, with how often the ontology has them; they are known too.
    """

    def __init__(self, known: Iterable[str], targets: Mapping[str, int]) -> None:
        self.targets = {t: n for t, n in targets.items() if len(t) >= MIN_LETTERS and t.isalpha()}
        self.known = frozenset(form for word in {*known, *targets} for form in _forms(word.casefold()))

    @classmethod
    def of_forms(cls, known: Iterable[str], targets: Mapping[str, int]) -> Speller:
        """The speller that has these ``known`` forms and ``targets``, as another one's attributes give them."""
        speller = cls.__new__(cls)
        speller.known, speller.targets = frozenset(known), dict(targets)
        return speller

    def corrected(self, word: str) -> str:
        """The word meant; the word itself where it is known, short, or near to no word or to several."""
        folded = word.casefold()
        is_word = MIN_LETTERS <= len(folded) <= MAX_LETTERS and folded.isascii() and folded.isalpha()
        if not is_word or folded in self.known:
            return word
        is_name = not (word.islower() or word.isupper() or word.istitle())  # VESIcare, IgGfc
        if is_name or not self.known.isdisjoint(_forms(folded)):
            return word
        return self._nearest(folded) or word

    def _nearest(self, word: str) -> str | None:
        near = sorted({t for t in _slips(word) if t in self.targets}, key=lambda t: (-self.targets[t], t))
        near = [t for t in near if all((word[:n], t[:n]) not in _CONTRARIES for n in (3, 4, 5))]
        if not near:
            return None
        stem = derivation_of(inflection_of(near[0]))
        other = next((t for t in near if derivation_of(inflection_of(t)) != stem), None)
        return near[0] if other is None or self.targets[near[0]] >= _DOMINANT * self.targets[other] else None


def common_words() -> list[str]:
    """Words of plain English and of medicine."""
    vocabulary = json.loads(VOCABULARY.read_text(encoding="utf-8"))["model"]["vocab"]
    return [*(token for token in vocabulary if token.isalpha()), *RARE_WORDS.read_text(encoding="utf-8").split()]


def words_in(text: str) -> list[str]:
    """The words of a text that are long enough to matter here."""
    return _WORD.findall(text)


def _forms(word: str) -> Iterator[str]:
    inflected = inflection_of(word)
    return iter((word, inflected, derivation_of(inflected)))


def _slips(word: str) -> Iterator[str]:
    """What one slip makes of a word, its first letter kept.

    The last letter changes in a swap only: another ending is another word of the same stem (*secretin*, *secreting*).
    """
    for i in range(1, len(word)):
        before, here, after = word[:i], word[i], word[i + 1 :]
        if after:
            yield before + after
            yield before + after[0] + here + after[1:]
            yield from (before + letter + after for letter in string.ascii_lowercase)
        yield from (before + letter + here + after for letter in string.ascii_lowercase)
