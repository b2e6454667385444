"""Who tells a story, and of whom: "my son has a fever" is of the patient, unless the speaker is the patient.

Promise: a story in the first person that has told the speaker's own findings ("I have had a cough") is the speaker's,
so that "my son" is a relative from there on. One that begins with "my husband" and tells nothing of the speaker is the
husband's. Deliberately not done here: who a "he" is, and a speaker who tells of the child first.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CHILD = (
    r"(?:sons?|daughters?|child(?:ren)?|baby|babies|kids?|toddler|newborn|infant|twins|boys?|girls?|little (?:one|man))"
)
_SPOUSE = r"(?:husband|wife|spouse|partner|fianc[ée]e?|(?:boy|girl)friend)"
_KIN = (
    r"(?:mother|father|mum|mom|mam|dad|brother|sister|aunt|uncle|cousin|grand\w+|nan|nana|nephew|niece|neighbou?r|"
    r"roommate|flatmate|friend|colleague)"
)
GROWN = rf"(?:{_SPOUSE}|{_KIN})"
_AGED = r"\d{1,3}[ -]?(?:years?|yrs?|yo|y/o)(?:[ -]old)? "
MY_CHILD = re.compile(rf"\bmy (?:[\w-]+ ){{0,3}}?{CHILD}\b(?!'s|’s)")
_GREETING = r"\W*(?:(?:hi|hello|please help|so|doctor|doc)\W+)*"
# Of a spouse a story is told for the spouse's sake, of kin also as family history: not if the age is told.
_OF_RELATIVE = re.compile(
    rf"{_GREETING}my (?:[\w-]+ ){{0,3}}?(?:(?P<spouse>{_SPOUSE})|(?P<kin>{_KIN}))\b(?!['’]s\b)"
    r"(?P<aged>(?:,| is| who is|,? aged)\s*\(?\d{1,3}\b)?"
)
_TELLS_OF_CHILD = re.compile(rf"\b(?:my|our) (?:[\w-]+ ){{0,3}}?{CHILD}\b")
# "I had seizures as a child", told by a parent of the patient.
_OF_PARENT = re.compile(
    r"\bi (?:(?:have|had|was)\b[^.;!?\n]{0,60}?\b(?:as an? (?:child|baby|kid|girl|boy|teenager)|when i was|too|as well|"
    r"at (?:her|his) age)\b|also (?:have|had)\b[^.;!?\n]{0,60})"
)
_BEGINS_WITH_CHILD = re.compile(
    r"(?:^|[.!?,;\n]|\babout\b)\W{0,20}(?:(?:hi|hello|dear|good \w+|thank you|please help|so|and|doctor|doc|team)\W+)*"
    rf"(?:my|our) (?:[\w-]+ ){{0,3}}?{CHILD}\b"
)
_TOO = re.compile(r"\b(?:too|also|as well)\b")
_SELF = re.compile(r"\bi(?: have|['’]ve| had| am|['’]m| feel| felt| suffer| get| got| keep)\b")
# "I have noticed a rash", "I have a son with a rash", "I had a fever in pregnancy": of the child after all.
_NOT_OF_SELF = re.compile(
    rf"\b(?:notic\w+|seen|found|worr\w+|concerned|afraid|scared|sure|told|asking|writing|think\w*|read|her|his|him|he|"
    rf"she|they|their|it|that|my|{CHILD}|{GROWN})\b"
)
_IN_PREGNANCY = re.compile(r"\b(?:pregnan\w+|gestation\w*|birth|labou?r|deliver\w+|carrying|expecting)\b")
_CLAUSE_END = re.compile(r"[.!?;\n]|,|\bbut\b")
_MOST_WORDS = 60  # characters from "I have" to the finding


@dataclass(frozen=True, slots=True)
class Teller:
    """Whom the story of a first person is of."""

    own_from: int | None
    """From where on the speaker has told findings of their own; None where there are none."""
    relative: str
    """A grown-up relative's word ("husband") where the story is his or hers; empty else."""
    tells_of_child: bool
    """Whether the speaker names a child of theirs."""
    begins_with_child: bool = False
    """Whether that is before anything of the speaker's own."""

    def seen_from(self, start: int) -> Teller:
        """The same with offsets that count from there."""
        return Teller(
            None if self.own_from is None else self.own_from - start,
            self.relative,
            self.tells_of_child,
            self.begins_with_child,
        )

    def is_patient(self, text: str, span: tuple[int, int]) -> bool:
        """Whether words in small letters begin with the relative whom the story is of: "my husband", "husband's"."""
        start, end = span
        is_my = re.search(r"\bmy (?:[\w-]+ ){0,3}$", text[:start]) is not None
        return (
            bool(self.relative)
            and is_my
            and text.startswith(self.relative, start)
            and text[end - 2 : end] not in ("'s", "’s")
        )

    def of_parent(self, sentence: str) -> Iterator[tuple[int, int]]:
        """Where a sentence tells what a parent has had, in a story that began with the child."""
        if self.begins_with_child:
            yield from (match.span() for match in _OF_PARENT.finditer(sentence))

    def is_relative(self, at: int) -> bool:
        """Whether "my son" at an offset is the patient's relative, the patient being the speaker."""
        return self.own_from is not None and self.own_from < at


def find_teller(text: str, mentions: Sequence[tuple[int, int]] | None = None) -> Teller:
    """Whom a story is of.

    Args:
        text: the whole story, in small letters.
        mentions: offsets of findings; without them any "I have" counts as one of the speaker's own.
    """
    starts = None if mentions is None else sorted(start for start, _ in mentions)
    own = next((m.start() for m in _SELF.finditer(text) if _is_own(text, m, starts)), None)
    tells_of_child = _TELLS_OF_CHILD.search(text) is not None
    relative = "" if own is not None or tells_of_child else _relative_told_of(text)
    first = _BEGINS_WITH_CHILD.search(text, 0, len(text) if own is None else own) if tells_of_child else None
    return Teller(own, relative, tells_of_child, first is not None)


def _relative_told_of(text: str) -> str:
    begins = _OF_RELATIVE.match(text)
    if begins is None or _TOO.search(text, begins.end(), _end_of_clause(text, begins.end())):
        return ""
    if begins["spouse"] or begins["aged"] or re.search(_AGED, begins[0]):
        return begins["spouse"] or begins["kin"]
    return ""


def _is_own(text: str, match: re.Match[str], starts: Sequence[int] | None) -> bool:
    end = min(_end_of_clause(text, match.end()), match.end() + _MOST_WORDS)
    if _IN_PREGNANCY.search(text, match.end(), end):
        return False
    first = end
    if starts is not None:
        following = bisect_left(starts, match.end())
        if following == len(starts) or starts[following] >= end:
            return False
        first = starts[following]
    return not _NOT_OF_SELF.search(text, match.end(), first)


def _end_of_clause(text: str, start: int) -> int:
    end = _CLAUSE_END.search(text, start)
    return end.start() if end else len(text)
