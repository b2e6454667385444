"""English texts that remember how they were put together, so that a page can say them in another language.

A ``Phrase`` is a ``str``: JSON, grounding and a language model's prompt see the English text. Promise: what
is made with other means, such as an f-string, is the same text and stays English everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence


class TermName(str):
    """Name of a term."""

    term_id: str


class Number(str):
    """A number with commas between thousands."""


class Phrase(str):
    """A text with places that are filled."""

    template: str
    values: Mapping[str, object]


class Joined(str):
    """Texts one after the other."""

    parts: Sequence[str]
    comma: str
    """Between two of them."""
    last: str
    """Before the last."""


def term_name(term_id: str, name: str) -> TermName:
    """A term by its English name."""
    named = TermName(name)
    named.term_id = term_id
    return named


def phrase(template: str, **values: object) -> Phrase:
    """``phrase("{name} is {place}.", name=..., place=...)``; a value may itself be made so."""
    text = Phrase(template.format(**values) if values else template)
    text.template, text.values = template, values
    return text


def joined(parts: Iterable[str], comma: str, last: str | None = None) -> Joined:
    """Texts with a comma, or what stands for it, between them and another word before the last."""
    parts = list(parts)
    last = comma if last is None else last
    text = Joined(last.join(filter(None, [comma.join(parts[:-1]), *parts[-1:]])))
    text.parts, text.comma, text.last = parts, comma, last
    return text


def word_list(words: Iterable[str]) -> Joined:
    """``a``, ``a and b``, ``a, b and c``."""
    return joined(words, ", ", " and ")


def first_of(words: Sequence[str], n: int) -> str:
    """The first of some words, and how many more there are."""
    if len(words) <= n:
        return word_list(words)
    return phrase("{words} and {n} more", words=joined(words[:n], ", "), n=len(words) - n)


def in_words_of(text: str, say: Callable[[str], str], label: Callable[[str, str], str]) -> str:
    """A text in another language; as it is where it does not know how it was put together.

    Args:
        text: any.
        say: English template -> that of the language, with the same places.
        label: term id and English name -> label in the language.
    """
    match text:
        case TermName():
            return label(text.term_id, text)
        case Number():
            return text.replace(",", say(","))
        case Joined():
            parts = [in_words_of(part, say, label) for part in text.parts]
            return say(text.last).join(filter(None, [say(text.comma).join(parts[:-1]), *parts[-1:]]))
        case Phrase():
            values = {
                place: in_words_of(value, say, label) if isinstance(value, str) else value
                for place, value in text.values.items()
            }
            return say(text.template).format(**values) if values else say(text.template)
    return text
