"""A question in Spanish or Chinese -> the English words that it is understood by.

Diseases by the project's table of names, Spanish eponyms by rule, findings by the language's own lexicon, and the words
by which questions are known (``question_words_*.tsv``), in the order of the question. What is read as
nothing stays as it is written, so that a question about what nobody here knows is not answered about something else.
Deliberately not done here: grammar; the words of an answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from kg.errors import CitedxError, NotReadyError
from kg.schema import Provenance
from kg.sources.disease_names import bundled_disease_names, load_disease_names
from kg.sources.tables import Rows, load_table
from kg.translations import Language
from retrieval import chinese
from retrieval.demographics import Demographics
from retrieval.disease_names import DiseaseMentionFinder
from retrieval.errors import UnsupportedLanguageError
from retrieval.multilingual import MultilingualReader
from retrieval.translated_demographics import find_person

_WORDS = Path(__file__).parent / "question_words_{}.tsv"
"""One row each, patterns in small letters: Spanish without accents, Chinese in simplified characters. Of rows that fit
at one place the one that covers most counts, of two of one length the first."""
MAX_ASKED = 200
"""Characters; longer texts in these languages are stories, whatever they have of a question."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ASKS_IN_CHINESE = re.compile(
    r"为什么|为何|啥|怎么|如何|怎样|什么|哪[些个种一里]|是不是|会不会|能不能|有没有可能|可不可能|多少|几岁|多大|请问|难道|多久"
    r"|[吗呢么][?？。!！ ]*$|[?？][ ]*$"
    r"|^\W*(?:那|那么)?(?:如果|假如|假设|要是|若|比较|对比|解释|介绍|讲讲|说说|可能是|下一步|还需要)"
)
_TELLS_IN_CHINESE = re.compile(r"不知|不明|没有?什么|无什么|未见什么")
"""Of a sentence with a question word that asks nothing."""
_ASKS_IN_SPANISH = re.compile(
    r"^(?:(?:y|pero|entonces|ok|vale|bueno|gracias|hola)\b[\s,]*)?"
    r"(?:¿|(?:por qué|por que no|qué|cuál|cuáles|cómo|cuándo|cuánto|cuánta|quién|puede ser|podría ser|compara|"
    r"explícame|háblame|dime|qué pasa si|y si|si (?:no )?(?:tuvie|hubie|fue|presentase|apareciese|existie)(?:ra|se))\b)"
    r"|¿|\bc[oó]mo se (?:hereda|trata|diagnostica|diferencia|distingue|confirma)n?\b"
    r"|^\W*qu[eé] (?:pasa|pasar[ií]a|ocurre|ocurrir[ií]a|suceder[ií]a) si\b"
    r"|[,;.]\s*por ?qu[eé] no (?:sale|aparece|est[aá]|figura)\b",
    re.IGNORECASE,
)
_OF_SPANISH = """
el la los las del de es que con por para un una tiene si y o puede podria seria hay mas cual como su se lo al esta
"""
_OF_ENGLISH = """
the is of what why how it he she in and or could does do are this that with not which for on can would
"""
_SPANISH_WORDS, _ENGLISH_WORDS = frozenset(_OF_SPANISH.split()), frozenset(_OF_ENGLISH.split())
_WORD = re.compile(r"[^\W\d_]+|\d+")
_LATIN = re.compile(r"[a-z0-9](?:[a-z0-9:.-]*[a-z0-9])?")
_SPANISH_WORD = re.compile(r"[^\W_]+(?:[-:'’][^\W_]+)*")
_FORMS = (
    (re.compile(r"\b(?:sindrome|s\.) (?:de |del )?(?:la |el )?(?=\w)"), "syndrome"),
    (re.compile(r"\b(?:enfermedad|enf\.) (?:de |del )?(?:la |el )?(?=\w)"), "disease"),
)
"""Spanish for "... syndrome" and "... disease"; an eponym follows."""
_MAX_EPONYM = 4
"""Words."""


def asked_in(question: str) -> Language | None:
    """The language of a question that is not asked in English; None for an English one, and for what asks nothing."""
    said = question.strip()
    if len(said) > MAX_ASKED:
        return None
    if _HAN.search(said):
        plain = chinese.normalise(said)
        asks = _ASKS_IN_CHINESE.search(plain) and not _TELLS_IN_CHINESE.search(plain)
        return Language.CHINESE if asks else None
    if _ASKS_IN_SPANISH.search(said):
        return Language.SPANISH
    words = {w[0] for w in _WORD.finditer(_plain_spanish(said))}
    is_spanish = words & _SPANISH_WORDS and not words & _ENGLISH_WORDS
    return Language.SPANISH if said.endswith("?") and is_spanish else None


class QuestionTranslator:
    """Puts questions into English words.

    Args:
        stories: reads findings in the languages.
        names: of diseases, in English.
    """

    def __init__(self, stories: MultilingualReader, names: DiseaseMentionFinder) -> None:
        self._stories = stories
        self._names = names

    def language_of(self, text: str) -> Language:
        """The language of a text, English where it is none that is read."""
        try:
            return asked_in(text) or self._stories.detect(text)
        except UnsupportedLanguageError:
            return Language.ENGLISH

    def find_person(self, text: str) -> Demographics:
        """Age and sex that a text tells of somebody."""
        return find_person(text, self.language_of(text))

    def tells(self, text: str, language: Language) -> bool:
        """Whether a text in a language tells a finding; without the translations nobody knows, and it may."""
        try:
            return bool(self._stories.find_statements(text, language))
        except NotReadyError:
            return True
        except CitedxError:
            return False

    def in_english(self, question: str) -> str:
        """The English words that a question is understood by; an English one, and a longer text, as it is."""
        language = self.language_of(question) if len(question) <= MAX_ASKED else Language.ENGLISH
        return question if language is Language.ENGLISH else self.translate(question, language)

    def translate(self, question: str, language: Language) -> str:
        """The English words that a question in another language is understood by."""
        is_chinese = language is Language.CHINESE
        plain = chinese.normalise(question) if is_chinese else _plain_spanish(question)
        spans = dict(self._findings(question, language))
        spans |= _names_in(plain, language)
        if not is_chinese:
            spans |= self._eponyms(question, plain, spans)
        return " ".join(filter(None, _words(question, plain, language, spans)))

    def _findings(self, question: str, language: Language) -> Iterator[tuple[int, tuple[int, str]]]:
        """Start of each finding -> its end and its English name; the longest of those that begin at one place."""
        try:
            statements = self._stories.find_statements(question, language)
        except CitedxError:  # without the translations, say, or an id that is none: the rest is understood still
            return
        for finding in sorted((s.finding for s in statements), key=lambda f: (f.start or 0, f.end or 0)):
            yield finding.start or 0, (finding.end or 0, finding.label)

    def _eponyms(
        self, question: str, plain: str, taken: dict[int, tuple[int, str]]
    ) -> Iterator[tuple[int, tuple[int, str]]]:
        """``síndrome de Marfan`` -> Marfan syndrome: what is a name in English, else what is written as one."""
        for pattern, kind in _FORMS:
            for match in pattern.finditer(plain):
                if match.start() in taken:
                    continue
                words = list(_SPANISH_WORD.finditer(plain, match.end()))[:_MAX_EPONYM]
                for n in range(len(words), 0, -1):
                    end = words[n - 1].end()
                    name = f"{question[match.end() : end]} {kind}"
                    if self._is_name(name):
                        yield match.start(), (end, name)
                        break
                else:
                    if words and question[words[0].start()].isupper():
                        yield match.start(), (words[0].end(), f"{question[match.end() : words[0].end()]} {kind}")

    def _is_name(self, name: str) -> bool:
        return any((m.start, m.end) == (0, len(name)) for m in self._names.find_whole(name))


def _plain_spanish(text: str) -> str:
    """Small letters without accents; one character for each of the text."""
    return "".join(unicodedata.normalize("NFD", c)[0].lower()[:1] or c for c in text)


@cache
def _disease_names(language: Language) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Names of diseases in a language, the longest first, with the English ones."""
    plain = chinese.normalise if language is Language.CHINESE else _plain_spanish
    edge = "" if language is Language.CHINESE else r"\b"
    rows = load_disease_names(bundled_disease_names(language))
    ordered = sorted(rows, key=lambda row: -len(row[0]))
    return tuple((re.compile(f"{edge}{re.escape(plain(name))}{edge}"), english) for name, english in ordered)


def _names_in(plain: str, language: Language) -> dict[int, tuple[int, str]]:
    """Start of each name of a disease -> its end and the English name; of names that overlap the longest counts."""
    found: dict[int, tuple[int, str]] = {}
    covered: set[int] = set()
    for pattern, english in _disease_names(language):
        for match in pattern.finditer(plain):
            if covered.isdisjoint(range(*match.span())):
                covered.update(range(*match.span()))
                found[match.start()] = (match.end(), english)
    return found


@cache
def _patterns(language: Language) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Words by which questions are known, and the English ones for them; empty where they say nothing."""
    edge = "" if language is Language.CHINESE else r"\b"

    def build(_: Provenance, rows: Rows) -> tuple[tuple[re.Pattern[str], str], ...]:
        return tuple((re.compile(f"(?:{row['said']}){edge}"), row["meant"]) for row in rows)

    return load_table(_WORDS.with_name(_WORDS.name.format(language)), "words of questions", ("said", "meant"), build)


def _words(question: str, plain: str, language: Language, spans: dict[int, tuple[int, str]]) -> Iterator[str]:
    """English words for a question, in its order; what is read as nothing stays as it is written."""
    starts = sorted(spans)
    place = 0
    while place < len(plain):
        limit = next((s for s in starts if s > place), len(plain))
        found = spans.get(place) or _longest(plain, place, limit, language)
        if found is None:
            end = _end_of_unread(plain, place, limit, language)
            unread = question[place:end]
            is_name = len(unread) > 1 or (unread.isascii() and unread.isalnum())  # one Han character names nothing
            found = end, unread if is_name else ""
        place, said = found
        yield said


def _longest(plain: str, place: int, limit: int, language: Language) -> tuple[int, str] | None:
    """The end of the longest known words that begin here and end before ``limit``, and what they mean."""
    best = (place + 1, "") if not plain[place].isalnum() else None
    for pattern, meant in _patterns(language):
        match = pattern.match(plain, place, limit)
        if match and match.end() > (best[0] if best else place):
            best = match.end(), meant
    return best


def _end_of_unread(plain: str, place: int, limit: int, language: Language) -> int:
    """Where a word ends that begins here and is read as nothing."""
    if word := _SPANISH_WORD.match(plain, place, limit) if language is Language.SPANISH else _LATIN.match(plain, place):
        return word.end()
    end = place + 1
    while end < limit and _HAN.match(plain[end]) and _longest(plain, end, limit, language) is None:
        end += 1
    return end
