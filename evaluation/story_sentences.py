"""What a story's sentences are made of: who the patient is, lists of findings, and templates that hold them.

Promise: every phrase that is handed in comes out once, and a list is never longer than five. Deliberately not done
here: what makes a style (``evaluation.story_styles``).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from evaluation.story_wordings import Phrase, capitalised

MOST_IN_LIST = 5
"""Findings in one list of a sentence."""
_GOES_ON = re.compile(r"\b(?:also|addition|then|further)\b", re.IGNORECASE)  # not in a first sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """How a text speaks of the patient."""

    age: str = ""
    """"7-year-old"; empty where unknown, or where the noun says it."""
    short_age: str = ""
    """"7yo"."""
    noun: str
    """"girl", "man", "patient"."""
    subject: str
    """"she", "the patient"."""
    possessive: str
    """"her", "the patient's"."""
    letter: str = ""
    """"F"."""
    is_adult: bool = False

    @property
    def described(self) -> str:
        """``7-year-old girl``."""
        return f"{self.age} {self.noun}".lstrip()

    @property
    def introduced(self) -> str:
        """``an 8-year-old girl``."""
        is_open = re.match(r"(?:[aeiou]|8|11-|18-)", self.described)
        return f"{'an' if is_open else 'a'} {self.described}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a style words."""

    person: Person
    present: Sequence[Phrase]
    absent: Sequence[Phrase]
    relative: str = ""
    """A finding of a relative, with its article, which the patient has not; empty for none."""
    normal: Sequence[str] = ()
    """Sentences on what was normal."""
    rng: random.Random = field(default_factory=random.Random)

    def words(self) -> dict[str, str]:
        """What a template may name of the patient."""
        person = self.person
        return {
            "she": person.subject,
            "She": capitalised(person.subject),
            "her": person.possessive,
            "Her": capitalised(person.possessive),
            "informant": capitalised(person.subject) if person.is_adult else "The parents",
        }

    def by_system(self) -> Mapping[str, tuple[list[Phrase], list[Phrase]]]:
        """Organ system -> what is present and what is absent, in the order of the findings."""
        systems: dict[str, tuple[list[Phrase], list[Phrase]]] = {}
        for side, phrases in enumerate((self.present, self.absent)):
            for phrase in phrases:
                systems.setdefault(phrase.system, ([], []))[side].append(phrase)
        return systems


def join_items(items: Sequence[str], joint: str) -> str:
    """``a, b and c``; with a comma before the joint where an item has one of its own."""
    if len(items) < 2:
        return "".join(items)
    comma = "," if any(re.search(r"\b(?:and|or)\b", item) for item in items) else ""
    return f"{', '.join(items[:-1])}{comma} {joint} {items[-1]}"


def list_full(phrases: Sequence[Phrase]) -> str:
    """``a high palate, hypotonia and seizures``."""
    return join_items([p.full for p in phrases], "and")


def list_bare(phrases: Sequence[Phrase], joint: str = "and") -> str:
    """``high palate, hypotonia or seizures``."""
    return join_items([p.listed for p in phrases], joint)


def split_portions(
    phrases: Sequence[Phrase], rng: random.Random, most: int = MOST_IN_LIST
) -> Iterator[Sequence[Phrase]]:
    """The phrases in lists of 2 to ``most``."""
    start = 0
    while start < len(phrases):
        size = rng.randint(2, most)
        yield phrases[start : start + size]
        start += size


def verb_after(phrases: Sequence[Phrase], joint: str = "and") -> str:
    """``was`` or ``were``, for the list before it; with "or" it goes by the last."""
    return "were" if phrases[-1].is_plural or (joint == "and" and len(phrases) > 1) else "was"


def verb_before(phrases: Sequence[Phrase]) -> str:
    """What goes before a list; it goes by the first."""
    return "there were" if phrases[0].is_plural else "there was"


def word_sentences(told: Told, phrases: Sequence[Phrase], templates: Sequence[str], joint: str = "and") -> list[str]:
    """One sentence for each portion, by the templates in turn from a random one on.

    A template may name ``list`` (without articles), ``full`` (with them), and the verb after them, ``was``, or before
    them, ``there_was``; with a capital, these begin a sentence.
    """
    fresh = [number for number, template in enumerate(templates) if not _GOES_ON.search(template)]
    first = told.rng.choice(fresh)
    sentences = []
    for number, portion in enumerate(split_portions(phrases, told.rng)):
        bare, full, before = list_bare(portion, joint), list_full(portion), verb_before(portion)
        template = templates[(first + number) % len(templates)]
        sentences.append(
            template.format(
                list=bare,
                List=capitalised(bare),
                full=full,
                Full=capitalised(full),
                was=verb_after(portion, joint),
                there_was=before,
                There_was=capitalised(before),
                **told.words(),
            )
        )
    return sentences


def split_dated(told: Told) -> tuple[list[Phrase], list[str]]:
    """What is present without a known onset, and sentences on the rest."""
    undated = [p for p in told.present if not p.when]
    by_time: dict[str, list[Phrase]] = {}
    for phrase in told.present:
        if phrase.when:
            by_time.setdefault(phrase.when, []).append(phrase)
    sentences = [
        f"{capitalised(list_full(portion))} {verb_after(portion)} first noted {when}."
        for when, phrases in by_time.items()
        for portion in split_portions(phrases, told.rng)
    ]
    return undated, sentences


def word_denials(told: Told, examined: Sequence[str]) -> list[str]:
    """Sentences on what is absent: complaints are denied, other findings were not found."""
    complaints = [p for p in told.absent if p.is_complaint]
    others = [p for p in told.absent if not p.is_complaint]
    asked = ("{informant} denied {list}.", "There was no history of {list}.", "{She} has never had {list}.")
    return [*word_sentences(told, complaints, asked, "or"), *word_sentences(told, others, examined, "or")]


def word_family(told: Told, *templates: str) -> str:
    """A sentence on a relative by one of the templates, which name ``x``; empty where there is nothing to tell."""
    template = told.rng.choice(templates)
    return template.format(x=told.relative, X=capitalised(told.relative), **told.words()) if told.relative else ""


def join_sentences(sentences: Iterable[str]) -> str:
    """A paragraph of those that are not empty."""
    return " ".join(s for s in sentences if s)


def join_blocks(*blocks: str) -> str:
    """A text of the paragraphs that are not empty."""
    return "\n\n".join(b for b in blocks if b)


def word_section(heading: str, sentences: Iterable[str]) -> str:
    """A paragraph below its heading; empty without a sentence."""
    text = join_sentences(sentences)
    return f"{heading}:\n{text}" if text else ""
