"""Answers of pages -> sentences and items of lists, each item with the words that lead to it.

MedQuAD's answers have lost their lines: a list is ``Risk factors include: - Smoking. - Older age.``, and a heading runs
into its text. Deliberately not done here: what a sentence says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CHARACTERS = 420
"""Of a sentence: longer ones are lists that have lost their signs."""
_MIN_WORDS = 5
"""Of a sentence that may lead to what follows: "- Surgery." does not."""
_ABBREVIATED = r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bDr)(?<!\b[A-Z])(?<!\bU\.S)(?<!\betc)"
_SENTENCE_END = re.compile(rf"{_ABBREVIATED}[.?!][\"')\]]*\d{{0,2}}\s+(?=[A-Z0-9\"(])")
_HEAD = re.compile(r"(?P<name>[^.:;]{3,60}) : ")
_ANNOUNCED = re.compile(r"\b(?:includ\w+|following|these|types|used|such as|options|as follows)\b", re.IGNORECASE)
"""A sentence without a colon leads to a list only where it says so."""
_GLUED = re.compile(r"(?<=[a-z)]) (?=[A-Z][\w-]* (?:(?:and|of|the|for) )?[A-Z])")
"""Where a heading follows on an item that begins small and has no end of its own."""
_ITEM = re.compile(r"(?:^|\s)-\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSentence:
    """A sentence, or an item of a list."""

    text: str
    lead: str = ""
    """What introduces the list; empty for a sentence by itself."""

    @property
    def whole(self) -> str:
        """Lead and text, as they are quoted."""
        return f"{self.lead} {self.text}" if self.lead else self.text


def split_answer(answer: str) -> Iterator[PageSentence]:
    """The sentences of an answer, in its order; questions and what is too long are left out.

    Of an entry of a glossary ("MRI : A procedure that ...") the head is the item.
    """
    colon_lead = glossary_lead = latest = ""
    for is_item, text in _pieces(answer):
        head = _HEAD.match(text) if is_item else None
        is_sentence = text[-1] in ".!)" and len(text.split()) >= _MIN_WORDS
        if not is_item:
            colon_lead = ""
        if head:
            glossary_lead = lead = colon_lead or glossary_lead
            text = head["name"]
        elif is_item:
            lead = colon_lead if is_sentence else latest
        else:
            lead = ""
        if text[-1] not in "?:" and len(text) + len(lead) <= MAX_CHARACTERS:
            yield PageSentence(text=text, lead=lead)
        if text[-1] == ":":
            colon_lead, glossary_lead, latest = text, "", text
        elif is_sentence and not head:
            latest = text if _ANNOUNCED.search(text) else ""


def _pieces(answer: str) -> Iterator[tuple[bool, str]]:
    """Whether it is an item, and its text."""
    for n, part in enumerate(_ITEM.split(answer)):
        start = 0
        if n > 0 and part[:1].islower():
            part = _GLUED.split(part, maxsplit=1)[0]
        for end in (*(m.end() for m in _SENTENCE_END.finditer(part)), len(part)):
            if text := part[start:end].strip():
                yield n > 0 and start == 0, text
            start = end
