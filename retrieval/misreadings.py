"""Words that are the words of a wording, and yet do not name its finding.

Promise: rules of grammar and a few fixed phrases, never a term: a verb of being keeps a quality from what follows
("absent were seizures"), a list's next member keeps its own words ("cerebellar atrophy and small hippocampi"), an
adjective belongs to the noun after it ("poor visual fixation" is not poor vision).
Deliberately not done here: what denies a finding (``retrieval.context``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from retrieval.words import JOINTS, Token

_BEING = re.compile(r"\b(?:is|are|was|were|been)\b", re.IGNORECASE)
# What is said of seizures is no name of a kind, as "absence seizures" is.
_NO_SEIZURES = re.compile(
    r"\b(?:seizures?|convulsions?|epilep\w+|fits)\b.*\babsent\b|\babsence of\b.*\b(?:seizures?|convulsions?)",
    re.IGNORECASE | re.DOTALL,
)
_ADJECTIVE = re.compile(r"(?!canal|interval|signal|sugar)\w{3,}(?:al|ar|ic|ous|ary)", re.IGNORECASE)
# Words after an adjective that add nothing to it ("seizures of the tonic type").
_EMPTY_NOUNS_TEXT = """
abnormalities abnormality appearance area bone bones changes character concentration disease disorder features findings
form function level levels manifestations nature origin pattern problems region regions symptoms system type types
variety
"""
_EMPTY_NOUNS = frozenset(_EMPTY_NOUNS_TEXT.split())
_OTHER_USES = re.compile(
    r"(?:short|long) arms?(?: of)?(?: the)?(?: human)? (?:chromosom\w+|\d|[XY]\b|cytogenetic|marker|delet|duplicat)"
    r"|depression of (?:the )?(?:ST|[a-z]+ (?:bone|plateau|skull|segment|bridge|fragment))"
    r"|confused (?:with|for)\b",
    re.IGNORECASE,
)
_RUNS_IN_FAMILIES = re.compile(r"runs? in (?:the |his |her |their )?famil", re.IGNORECASE)
_GOES_ON_WITH = re.compile(r" (?:of|with|in) ")


def is_misread(text: str, segment: Sequence[Token], run: tuple[int, int], *, by_meaning: bool) -> bool:
    """Whether words that are a wording say something else where they stand.

    Args:
        text: the text.
        segment: tokens of a segment of it.
        run: the words: first token, and one past the last.
        by_meaning: whether they are the wording only by meaning.
    """
    first, stop = run
    tokens = segment[first:stop]
    if _OTHER_USES.match(text, tokens[0].start):
        return True
    if len(tokens) == 1:
        return False
    if _RUNS_IN_FAMILIES.match(text, tokens[-1].start):
        return True
    n_qualities = sum(1 for _ in takewhile(lambda t: t.word.is_quality, tokens))
    if n_qualities == len(tokens):
        return False
    if n_qualities and _BEING.search(text, tokens[n_qualities - 1].end, tokens[n_qualities].start):
        return True
    if any(t.word.is_quality for t in tokens) and _NO_SEIZURES.search(text, tokens[0].start, tokens[-1].end):
        return True
    return (by_meaning and _lacks_its_noun(text, segment, stop)) or opens_next_member(text, segment, run)


def opens_next_member(text: str, segment: Sequence[Token], run: tuple[int, int]) -> bool:
    """Whether the words after an "and" begin the next member: "and small [hippocampi]", "and limb [defects]"."""
    first, stop = run
    joint = max((i for i in range(first, stop) if segment[i].word.kind in JOINTS), default=first)
    if joint == first:
        return False
    goes_on = _goes_on(text, segment, stop)
    if all(t.word.is_quality or t.word.kind for t in segment[joint + 1 : stop]):
        return goes_on or _GOES_ON_WITH.match(text, segment[stop - 1].end) is not None
    return goes_on and segment[stop].word.is_quality


def _lacks_its_noun(text: str, segment: Sequence[Token], stop: int) -> bool:
    """Whether the last word is an adjective of the noun after it."""
    last = segment[stop - 1]
    if not _goes_on(text, segment, stop) or not _ADJECTIVE.fullmatch(text, last.start, last.end):
        return False
    return text[segment[stop].start : segment[stop].end].casefold() not in _EMPTY_NOUNS


def _goes_on(text: str, segment: Sequence[Token], stop: int) -> bool:
    """Whether a content word follows directly."""
    return (
        stop < len(segment)
        and not segment[stop].word.kind
        and text[segment[stop - 1].end : segment[stop].start].isspace()
        and text[segment[stop].start].isalpha()
    )
