"""What a story tells of a patient beside findings: pregnancy, habits, other diseases, medicines, relatives' diseases.

Promise: words count where they are said of the patient, or of a relative where relatives are asked for; a denial ("not
pregnant", "denies smoking") is kept as one, and what is only thought of counts for nothing. English stories only:
others give their findings, age and sex.
Deliberately not done here: findings (``retrieval.findings``), what a circumstance means (``kg.circumstances``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from kg.circumstances import CircumstanceTable
from retrieval.context import Certainty, Context, Experiencer, Temporality, contexts_of
from retrieval.words import plain_phrase

# "His father smokes": a habit is told with a verb of its own, before which the context looks for no relative.
_OF_ANOTHER = re.compile(
    r"\b(?:father|mother|parents?|brother|sister|husband|wife|partner|son|daughter|roommate)\s(?:who\s|is\s|was\s)?a?\s?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned:
    """A circumstance or a medicine that a story names."""

    name: str
    """Of the circumstance, or the medicine's own name."""
    is_so: bool
    is_drug: bool = False
    quote: str
    start: int
    end: int


def find_history(text: str, table: CircumstanceTable) -> tuple[Mentioned, ...]:
    """Circumstances and medicines that are told of the patient, in order; the surest word about each.

    That something is so goes before a denial: "smokes ... does not smoke at home" is a smoker.
    """
    phrases, pattern = _phrases(table)
    matches = list(pattern.finditer(text))
    contexts = contexts_of(text, [m.span() for m in matches])
    found: dict[tuple[str, bool], Mentioned] = {}
    for match, context in zip(matches, contexts, strict=True):
        if not _is_told(context) or _OF_ANOTHER.search(text, max(0, match.start() - 40), match.start()):
            continue
        for meaning in phrases[plain_phrase(match[0])]:
            if context.negated and meaning.is_so and not meaning.can_be_denied:
                continue
            said = Mentioned(
                name=meaning.name,
                is_so=meaning.is_so and not context.negated,
                is_drug=meaning.is_drug,
                quote=match[0],
                start=match.start(),
                end=match.end(),
            )
            key = said.name.casefold(), said.is_drug
            if key not in found or (said.is_so and not found[key].is_so):
                found[key] = said
    return tuple(sorted(found.values(), key=lambda m: (m.start, m.name)))


def circumstances_told(text: str, table: CircumstanceTable) -> dict[str, str]:
    """Circumstances that are so of the patient, by their words or by a medicine that is named, with these words."""
    told: dict[str, str] = {}
    for said in find_history(text, table):
        if said.is_so:
            names = [c.name for c in table.of_drug(said.name)] if said.is_drug else [said.name]
            told |= {name: said.quote for name in names if name not in told}
    return told


def relatives_told(text: str, diseases: Mapping[str, str]) -> dict[str, str]:
    """Diseases that a relative of the patient has, with the words.

    Args:
        text: an English story.
        diseases: names in every wording -> what is told by them.
    """
    by_name = {plain_phrase(name): told for name, told in diseases.items()}
    matches = list(_pattern(by_name).finditer(text))
    contexts = contexts_of(text, [m.span() for m in matches])
    told: dict[str, str] = {}
    for match, context in zip(matches, contexts, strict=True):
        if _is_told(context, Experiencer.FAMILY) and not context.negated:
            told.setdefault(by_name[plain_phrase(match[0])], match[0])
    return told


def _is_told(context: Context, experiencer: Experiencer = Experiencer.PATIENT) -> bool:
    return (
        context.experiencer is experiencer
        and context.temporality is not Temporality.HYPOTHETICAL
        and context.certainty is Certainty.CERTAIN
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """What a phrase tells."""

    name: str
    is_so: bool
    is_drug: bool = False
    can_be_denied: bool = True
    """Whether "no" before the phrase denies the circumstance: "no cirrhosis" does not deny a liver disease."""


@lru_cache(maxsize=2)
def _phrases(table: CircumstanceTable) -> tuple[Mapping[str, list[_Meaning]], re.Pattern[str]]:
    """Phrase -> what it tells, nothing for those that only look like another; and what finds them all."""
    phrases: dict[str, list[_Meaning]] = {}
    for c in table.circumstances.values():
        for words, is_so in ((c.wordings, True), (c.denials, False)):
            for wording in words:
                meaning = _Meaning(name=c.name, is_so=is_so, can_be_denied=len(c.term_ids) <= 1 and not c.drugs)
                phrases.setdefault(plain_phrase(wording), []).append(meaning)
        for wording in c.others:
            phrases.setdefault(plain_phrase(wording), [])
    for group in table.groups.values():
        for name in (*group.names, *group.members):
            phrases.setdefault(plain_phrase(name), []).append(_Meaning(name=name, is_so=True, is_drug=True))
    return phrases, _pattern(phrases)


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=lambda p: (-len(p), p))
    any_of_them = "|".join(re.escape(p).replace(r"\ ", r"[\s-]+") for p in longest_first) or r"(?!)"
    return re.compile(rf"(?<![\w-])(?:{any_of_them})(?![\w-])", re.IGNORECASE)
