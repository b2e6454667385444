"""Findings from a story in English, Chinese or Spanish: the language is told from the text.

Promise: the same findings, with the ids of one ontology and exact quotes, whatever the language; English words and HPO
ids inside a Chinese or Spanish story are found too. A text in another language is refused by name, never half read.
Deliberately not done here: English itself (``retrieval.findings``), translation of free text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from kg.errors import NotReadyError
from kg.ontology import Ontology
from kg.schema import Finding
from kg.translations import Language, Translations, load_translations
from retrieval import chinese, spanish
from retrieval.context import Certainty, Context, Experiencer
from retrieval.demographics import UNKNOWN, Demographics, merge_demographics
from retrieval.findings import Statement, find_statements, patient_findings, patient_words, require_readable
from retrieval.languages import LanguageDetector
from retrieval.lexicon import Lexicon, Mention
from retrieval.spans import Spans, close_gaps
from retrieval.translated_context import contexts_of, normal_findings_in
from retrieval.translated_cues import RULES
from retrieval.translated_demographics import find_person
from retrieval.translated_lexicon import TranslatedLexicon
from retrieval.translated_measurements import find_translated_measurements

# English words inside a text of another language; an abbreviation alone may mean something else there ("MR检查").
_TELLING_ENGLISH = re.compile(r"HP:[0-9]{7}|[A-Za-z][a-z]{4}")
_NOT_ENGLISH = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")  # Han and its punctuation, which no English wording crosses
_TERM_ID = re.compile(r"HP:[0-9]{7}")


class MultilingualReader:
    """Reads stories in the languages of ``kg.translations.Language``.

    Args:
        ontology: whose ids are found.
        english: wordings of its terms in English.
        folder: data folder with the translations; default ``kg.datasets.data_folder()``.
    """

    def __init__(self, ontology: Ontology, english: Lexicon, folder: Path | None = None) -> None:
        self._ontology = ontology
        self._english = english
        self._folder = folder
        self._translations: dict[Language, Translations] = {}
        self._lexicons: dict[Language, TranslatedLexicon] = {}

    def find_findings(self, text: str, language: Language | None = None) -> tuple[Finding, ...]:
        """The patient's findings, in order of their quotes; one per term, none that a more specific one contradicts.

        Labels are English; see ``label`` for others. Arguments and errors are those of ``find_statements``.
        """
        return patient_findings(self.find_statements(text, language), self._ontology)

    def find_statements(
        self, text: str, language: Language | None = None, known: Demographics = UNKNOWN
    ) -> tuple[Statement, ...]:
        """All that a text says of findings, whosesoever, in order of the quotes.

        Args:
            text: the story.
            language: of the text; default: told from it.
            known: age and sex of the patient, as far as the text does not say them: what a measured value means.

        Raises:
            UsageError: the text is empty or too long.
            UnsupportedLanguageError: it is in a language that is not read.
            UnknownIdError: it names an HPO id that is no phenotypic abnormality.
            NotReadyError: it is Chinese or Spanish, and the translations have not been pulled.
        """
        require_readable(text, self._english)
        language = language or self.detect(text)
        if language is Language.ENGLISH:
            return find_statements(text, self._english, known)
        mentions = self._mentions(text, language, known)
        return tuple(self._statement(text, mention, context) for mention, context in mentions)

    def _statement(self, text: str, mention: Mention, context: Context) -> Statement:
        finding = Finding(
            term_id=mention.term_id,
            label=self._english.name(mention.term_id),
            excluded=context.negated,
            uncertain=context.certainty is Certainty.UNCERTAIN and not context.negated,
            quote=text[mention.start : mention.end],
            start=mention.start,
            end=mention.end,
        )
        return Statement(finding=finding, context=context)

    def patient_words(self, text: str, findings: Sequence[Finding]) -> str:
        """What of an English text is said of the patient, see ``retrieval.findings``; empty in other languages.

        Errors are those of ``find_statements``.
        """
        if not text.strip() or self.detect(text) is not Language.ENGLISH:
            return ""
        return patient_words(text, self.find_statements(text, Language.ENGLISH), findings)

    def find_person(self, text: str) -> Demographics:
        """The patient's age and sex; the empty record where the text says neither.

        Raises:
            UnsupportedLanguageError: the text is in a language that is not read.
        """
        return find_person(text, self.detect(text)) if text.strip() else UNKNOWN

    def detect(self, text: str) -> Language:
        """The language of a text. Raises UnsupportedLanguageError."""
        return self._detector.detect(text)

    def label(self, term_id: str, language: Language) -> str:
        """Label of a term in a language, in English where it has none.

        Raises:
            UnknownIdError: the ontology has no such term.
            NotReadyError: the translations have not been pulled.
        """
        name = self._ontology.name(term_id)
        if language is Language.ENGLISH:
            return name
        return self.translations(language).label(self._ontology.current_id(term_id)) or name

    @cached_property
    def _detector(self) -> LanguageDetector:
        try:
            spanish_labels = self.translations(Language.SPANISH).labels.values()
        except NotReadyError:  # the project's own wordings are enough to tell Spanish
            return LanguageDetector.of(self._ontology)
        return LanguageDetector.of(self._ontology, spanish_labels)

    def translations(self, language: Language) -> Translations:
        """The terms in Chinese or Spanish, loaded once. Raises NotReadyError where they have not been pulled."""
        if language not in self._translations:
            self._translations[language] = load_translations(language, self._ontology, self._folder)
        return self._translations[language]

    def _lexicon(self, language: Language) -> TranslatedLexicon:
        if language not in self._lexicons:
            self._lexicons[language] = build_lexicon(language, self._ontology, self.translations(language))
        return self._lexicons[language]

    def _mentions(self, text: str, language: Language, known: Demographics) -> Iterator[tuple[Mention, Context]]:
        """Mentions of the language, of normal results and of English inside it, each with its context."""
        rules, text = RULES[language], close_gaps(text)
        plain = chinese.normalise(text) if language is Language.CHINESE else text
        normal = [Mention(term_id=t, start=a, end=b) for t, (a, b) in normal_findings_in(plain, rules)]
        covered = {i for m in normal for i in range(m.start, m.end)}
        others = Spans(m.span() for m in rules.other_sense.finditer(plain))
        mentions = [
            m
            for m in self._lexicon(language).find_mentions(text)
            if covered.isdisjoint(range(m.start, m.end)) and not others.hold(m.start, m.end)
        ]
        covered.update(i for m in mentions for i in range(m.start, m.end))
        telling = _TELLING_ENGLISH if language is Language.CHINESE else _TERM_ID
        for m in self._english.find_mentions(_NOT_ENGLISH.sub(".", text)):
            if telling.search(text, m.start, m.end) and covered.isdisjoint(range(m.start, m.end)):
                mentions.append(m)
        mentions.sort(key=lambda m: (m.start, m.end, m.term_id))
        yield from zip(mentions, contexts_of(plain, [(m.start, m.end) for m in mentions], rules), strict=True)
        denied = Context(negated=True)
        family = contexts_of(plain, [(m.start, m.end) for m in normal], rules)
        for m, context in zip(normal, family, strict=True):
            if m.term_id in self._ontology and context.experiencer is Experiencer.PATIENT:
                yield m, denied
        # Abbreviations and units are told by their capitals, which a normalised text has not.
        cased = "".join(a if a.isascii() else b for a, b in zip(text, plain, strict=True))
        yield from self._measured(cased, language, known)

    def _measured(self, text: str, language: Language, known: Demographics) -> Iterator[tuple[Mention, Context]]:
        """What measured values say; a number speaks for itself: of the words around only whose it is counts."""
        patient = merge_demographics(known, find_person(text, language))
        measured = find_translated_measurements(text, language, patient)
        contexts = contexts_of(text, [(m.start, m.end) for m in measured], RULES[language])
        for m, context in zip(measured, contexts, strict=True):
            if m.term_id in self._ontology:
                mention = Mention(term_id=m.term_id, start=m.start, end=m.end)
                yield mention, Context(negated=m.excluded, experiencer=context.experiencer)


def build_lexicon(language: Language, ontology: Ontology, translations: Translations) -> TranslatedLexicon:
    """The lexicon of a translated language."""
    if language is Language.CHINESE:
        return TranslatedLexicon(
            ontology,
            translations,
            chinese.analyse,
            variants=chinese.variants,
            n_ordered=chinese.N_ORDERED,
            alone_by_meaning=True,
            everyday=chinese.EVERYDAY,
        )
    return TranslatedLexicon(
        ontology, translations, spanish.analyse, variants=spanish.variants, everyday=spanish.EVERYDAY
    )
