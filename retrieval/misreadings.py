"""Words that are the words of a wording, and yet do not name its finding.

Promise: rules of grammar and a few fixed phrases, never a term: a verb of being keeps a quality from what follows
("absent were seizures"), a list's next member keeps its own words ("cerebellar atrophy and small hippocampi"), an
adjective belongs to the noun after it ("poor visual fixation" is not poor vision).
Deliberately not done here: what denies a finding (``retrieval.context``).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import takewhile

from retrieval.cues import SMALL
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
    r"|depression of (?:the )?(?:ST|(?:[a-z]+ ){1,2}(?:bone|plateau|skull|segment|bridge|fragment|bronch\w+))"
    r"|confused (?:with|for)\b"
    r"|personal(?: (?:medical|past|psychiatric))?(?: history| (?:or|and) family)\b",
    re.IGNORECASE,
)
# Phrases that have a sense of their own; a wording that lies inside one is not meant. Above the patterns stands what
# every text with one of them has, so that they are looked for in few.
_OTHER_SENSES_TEXT = r"""
clos:
\bclos(?:e|es|ed|ing|ure of)(?: (?:his|her|the|their|both|your|one|either|left|right|of)){1,3} (?:eye|eyelid)s?\b
\b(?:to|when|with|while|on|upon|fully|completely|by) clos(?:e|ed|ing) eyes?\b
\beyes?(?: (?:is|are|were|was|remain|remained|tightly|fully)){0,3} clos(?:ed|ing|ure)\b(?! (?:to|set|together))
aspirat:
\b(?:needle|marrow|joint|cyst|fluid|synovial|knee|tracheal|nasopharyngeal|gastric|duodenal|abscess) aspirat\w+
\baspirat(?:e|es|ion) (?:of|from) (?:(?:the|an?|this|his|her|left|right) ){0,2}(?:joint|knee|hip|cyst|mass|nodule)
\baspirat(?:e|es|ion) (?:of|from) (?:(?:the|an?|this|his|her|left|right) ){0,2}(?:node|lesion|abscess|bone|bursa)
\b(?:the|an) aspirate\b
strok:
\bstrok(?:ed|ing)\b
speak:
\b(?:do|does|did|can|could|cannot)(?: not|n't)? speak (?:(?:much|any|good) )?(?:english|spanish|chinese|arabic)\b
\b(?:do|does|did|can|could|cannot)(?: not|n't)? speak (?:(?:much|any|good) )?(?:mandarin|french|german|our language)\b
unresponsive:
\bunresponsive(?:ness)?\b
low energy:
\blow energy\b
weight gain:
\bweight gain\b(?:(?<=good.{12})|(?<=adequate.{12})|(?<=satisfactory.{12})|(?<=appropriate.{12})|(?<=healthy.{12}))
\bweight gain (?:(?:is|was|has been) )?(?:good|adequate|satisfactory|appropriate|excellent|fine)\b
reflex:
\b(?:moro|rooting|grasp) reflex(?:es)?(?: (?:is|was|were))? absent\b
dribbling:
\b(?:urinary|urine) dribbling\b
\bdribbling (?:of (?:the )?urine|urine|urination)\b
uterus:
\brigid,? (?:and |tender |tense |hard )*uterus\b
\buterus (?:(?:is|was|felt|tense|hard|tender|woody|and) ){0,4}rigid\b
scop:
\brigid (?:broncho|sigmoido|endo|thoraco|laryngo|cysto|hystero|procto)scop\w*
rigid:
\brigid (?:collar|cast|brace|splint|contact lens|diet|schedule|routine|thinking|belief|behavio|personality|attitude)\w*
constrict:
\bpupils?(?: \w+){0,2} constrict(?:s|ing|ion)?\b(?! to pinpoint)
coma:
\bglasgow coma (?:scale|score)\b
collarette:
\bcollarettes? of (?:fine |white |peripheral )?scales?\b
overgrowth:
\b(?:stromal|bacterial|fungal|yeast|intestinal) overgrowth\b
red reflex:
\b(?:absent )?red reflex(?:es)?(?: (?:is|was|were) absent)?\b
white:
\bwhite (?:patch|plaque|spot|lesion)(?:es|s)?\b(?= (?:on|in) (?:\w+ ){0,2}(?:tongue|mouth|lip|tonsil))
maternal:
\bmaternal (?:diabetes|hypertension|epilepsy|hypothyroidism|obesity|fever|infection|pre-?eclampsia|lupus|depression)\b
sweat test:
\bsweat tests?\b
panel:
\b[a-z-]+ gene panels?\b
\bgene panels? for (?:[a-z-]+ ?){1,3}
clinic:
\b[a-z-]+ genetics clinic\b
lesion:
\blesions? (?:on|over) (?:(?:the|his|her|both|left|right|upper|lower) ){0,3}(?:arm|leg|limb|forearm|extremit|thigh)\w*
"""


def _other_senses() -> Iterator[tuple[str, re.Pattern[str]]]:
    words = ""
    for line in _OTHER_SENSES_TEXT.strip().splitlines():
        if line.endswith(":"):
            words = line.removesuffix(":")
        else:
            yield words, re.compile(line)


_OTHER_SENSES = list(_other_senses())
_SEVERITY_OF_NEXT = re.compile(r"(?:,|\s)\s*(?:and\s+)?(?:mild|moderate|severe|extreme|profound|marked)", re.IGNORECASE)
# Fixed phrases that no wording may have a part of: "mild short[ness of breath]" is no short stature.
_UNDIVIDED = re.compile(r"\bshort(?:ness)? of breath\b", re.IGNORECASE)
_REACH_OF_SENSE = 60  # characters around a wording that its phrase may take
_RUNS_IN_FAMILIES = re.compile(r"runs? in (?:the |his |her |their )?famil", re.IGNORECASE)
_PREPOSITIONS_TEXT = "with without but while whereas although though which that who as since than"
_PREPOSITIONS = frozenset(_PREPOSITIONS_TEXT.split())
_GOES_ON_WITH = re.compile(r" (?:of|with|in) ")

Span = tuple[int, int]


def find_other_senses(text: str) -> tuple[Span, ...]:
    """Where phrases stand that have a sense of their own, in order."""
    small = text.translate(SMALL)
    spans = [m.span() for words, pattern in _OTHER_SENSES if words in small for m in pattern.finditer(small)]
    apart: list[Span] = []
    for start, end in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return tuple(apart)


def is_misread(
    text: str, senses: Sequence[Span], segment: Sequence[Token], run: tuple[int, int], *, by_meaning: bool
) -> bool:
    """Whether words that are a wording say something else where they stand.

    Args:
        text: the text.
        senses: ``find_other_senses`` of it.
        segment: tokens of a segment of it.
        run: the words: first token, and one past the last.
        by_meaning: whether they are the wording only by meaning.
    """
    first, stop = run
    tokens = segment[first:stop]
    if has_other_sense(text, senses, tokens[0].start, tokens[-1].end):
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


def has_other_sense(text: str, senses: Sequence[Span], start: int, end: int) -> bool:
    """Whether the words lie inside a phrase that has a sense of its own."""
    if _OTHER_USES.match(text, start) or _divides_phrase(text, start, end):
        return True
    before = bisect_right(senses, start, key=lambda sense: sense[0])  # they are in order and do not overlap
    return before > 0 and end <= senses[before - 1][1]


def _divides_phrase(text: str, start: int, end: int) -> bool:
    """Whether the words take a part of a phrase that has one meaning, or a severity of the next thing with it."""
    first, last = max(0, start - _REACH_OF_SENSE), end + _REACH_OF_SENSE
    for match in _UNDIVIDED.finditer(text, first, last):
        if match.start() < end and start < match.end():
            if start > match.start() or match.end() > end:
                return True
            if _SEVERITY_OF_NEXT.fullmatch(text, match.end(), end):
                return True
    return False


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
        and text[segment[stop].start : segment[stop].end].casefold() not in _PREPOSITIONS
    )
