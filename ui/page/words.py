"""The page's own words in the user's language, and the labels of findings.

Promise: what has no translation is shown in English, never left out; sources, quotes and a model's prose stay in the
language that they are in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kg.errors import NotReadyError, UnknownIdError
from kg.phrases import in_words_of
from kg.translations import Language
from ui.page.chinese import CHINESE
from ui.page.chinese_answers import CHINESE_ANSWERS
from ui.page.spanish import SPANISH
from ui.page.spanish_answers import SPANISH_ANSWERS

TEXTS: Mapping[Language, Mapping[str, str]] = {
    Language.ENGLISH: {},
    Language.SPANISH: {**SPANISH, **SPANISH_ANSWERS},
    Language.CHINESE: {**CHINESE, **CHINESE_ANSWERS},
}
"""The page's languages, each with its wordings by the English ones."""

Label = Callable[[str, Language], str]
"""Term id and language -> label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Says things in one language: ``words("Present")``."""

    language: Language = Language.ENGLISH
    label_of: Label | None = None
    """Labels in other languages; None where there are only English ones."""

    def __call__(self, english: str, **values: object) -> str:
        """A text of the page, which its English wording names, with values in place of ``{name}``."""
        text = TEXTS[self.language].get(english, english)
        return text.format(**values) if values else text

    def said(self, text: str) -> str:
        """A sentence of an answer or a claim, as far as it knows how it was put together (``kg.phrases``)."""
        return text if self.language is Language.ENGLISH else in_words_of(text, self, self.label)

    def label(self, term_id: str, english: str) -> str:
        """Label of a term; the English one where there is no other."""
        if self.language is Language.ENGLISH or self.label_of is None:
            return english
        try:
            return self.label_of(term_id, self.language)
        except (NotReadyError, UnknownIdError):
            return english


ENGLISH = Words()


def language_of(code: str) -> Language:
    """The page's language for a browser's (``zh-CN``, ``en-GB``); English where it has no other."""
    wanted = code.partition("-")[0].casefold()
    return next((language for language in TEXTS if language == wanted), Language.ENGLISH)
