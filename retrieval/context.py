"""Whether a mention is denied, and whose finding it is: rules in the manner of NegEx and ConText.

Promise: a trigger ("no", "denies", "was not seen") reaches over the list it belongs to and stops at the end of the
sentence, at a contrast ("but") and at a new clause; findings of relatives are told apart from the patient's.
Sources of the method: Chapman et al. 2001 (doi:10.1006/jbin.2001.1029), Harkema et al. 2009
(doi:10.1016/j.jbi.2009.05.002). Deliberately not done here: normal results ("hearing was normal"), doubt, time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

Span = tuple[int, int]


class Experiencer(StrEnum):
    """Who has the finding."""

    PATIENT = "patient"
    FAMILY = "family"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the words around a mention say about it."""

    negated: bool = False
    experiencer: Experiencer = Experiencer.PATIENT


def _compile(pattern: str) -> re.Pattern[str]:
    """A space in a pattern stands for any white space, since notes wrap their lines."""
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE)


def _any_of(*patterns: str) -> re.Pattern[str]:
    return _compile(rf"\b(?:{'|'.join(patterns)})")


_BE = r"(?:is|are|was|were|has been|have been|had been)"
_SEEN = (
    r"(?:seen|noted|observed|found|detected|present|reported|identified|evident|documented|noticed|elicited|apparent)"
)
_VERB = (
    r"(?:is|are|was|were|has|have|had|shows?|showed|reveal(?:s|ed)|demonstrated|developed|presented|became|"
    r"remain(?:s|ed)|suffer(?:s|ed)|began)"
)

_SENTENCE_END = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bvs)(?<!\be\.g)(?<!\bi\.e)[.!?](?=\s|$)|;|\n\s*(?=[-*•\n])"
)

_LONGEST_SENTENCE = 1_000  # characters

_PSEUDO = _any_of(
    r"not only\b",
    r"not (?:necessarily|certain|sure|clear|yet clear|due|because|until|rule[ds]? out|excluded?)\b",
    r"(?:can|could)(?:not| not) be (?:ruled out|excluded)\b",
    r"no (?:\w+ )?(?:change|increase|decrease|improvement|response|doubt|difference|further|worsening|longer)s?\b",
    r"without (?:\w+ )?(?:difficulty|change|improvement|response|treatment|doubt|complications?)\b",
    r"gram negative\b",
)
_NEGATION = _any_of(
    r"no\b(?!\.)",
    r"not consistent with\b",
    r"not\b",
    r"\w+n['’]t\b",
    r"cannot\b",
    r"never\b(?: had\b)?",
    r"neither\b",
    r"nor\b",
    r"none of\b",
    r"without\b",
    r"den(?:y|ies|ied|ying)\b",
    r"absent\b",
    r"absence of\b",
    r"lack(?:s|ed|ing)?\b(?: of\b)?",
    r"negative for\b",
    r"free (?:of|from)\b",
    r"(?:ruled|rules) out\b",
    r"exclu(?:ded|ding)\b",
)
_POST_NEGATION = _any_of(
    r"(?:is|are|was|were|has|have|had|does|do|did) (?:not|never)(?: been)?"
    rf"(?: (?:ever )?{_SEEN}| there| occur| develop)?\b(?=\s*(?:[,;.)]|$|in\b|on\b|at\b|and\b|by\b))",
    rf"{_BE} (?:absent|negative|lacking|denied|excluded|ruled out|never {_SEEN}|not {_SEEN})\b",
    r"(?:absent|negative|denied)\b(?=\s*(?:[,;.)]|$))",
)
# "Seizures: no"; a colon has no word boundary before it.
_POST_ANSWER = _compile(r"\s*:\s*(?:no|none|never|absent|negative|denied)\b(?=\s*(?:[,;.)]|$))")

_CONTRAST = (
    r"(?:but|however|although|though|except|aside from|apart from|other than|whereas|yet|nevertheless|instead)\b",
    r"(?:due to|because|secondary to|caused by|resulting|consistent with|until|after|since)\b",
    r"(?:which|who)\b",
    rf"(?:she|he|they|it|we|i|there|the (?:patient|girl|boy|child|infant|proband)) (?:also )?{_VERB}\b",
)
# A comma or "and" starts a new clause where a verb of its own follows; "were seen" after a list is the list's verb.
_NEW_CLAUSE = (
    rf"(?:,(?: and)?|\band) (?=[^,;.]{{0,60}}?\b{_VERB}\b"
    rf"(?! (?:\w+ )?{_SEEN})(?! (?:also )?(?:absent|negative|ruled out)))"
)
_BREAK = _compile(rf"\b(?:{'|'.join(_CONTRAST)})|, with\b| with\b(?= (?:a|an|mild|severe)\b)|{_NEW_CLAUSE}")
_CONTRAST_BREAK = _any_of(*_CONTRAST)
_FINITE_VERB = _any_of(rf"{_VERB}\b", r"with\b")
_LIST_JOINT = _compile(r",|\band\b|\bor\b")

_RELATIVE = (
    r"(?:mother|father|mum|mom|dad|parents?|brothers?|sisters?|siblings?|sibs|twin|aunts?|uncles?|cousins?|"
    r"grand(?:mother|father|parents?)|nephews?|nieces?|relatives?|husband|wife|(?:her|his) (?:sons?|daughters?))"
)
_TELLING = (
    r"(?:reports?|reported|not(?:ed|ices?|iced)|says?|said|describes?|described|den(?:y|ies|ied)|brought|states?|stated|"
    r"recalls?|complain(?:s|ed)|observed|gave|felt|thinks?|thought|(?:is|was|were) (?:concerned|worried))"
)
_FAMILY = _any_of(
    rf"{_RELATIVE}(?:'s|’s)?(?:,[^,;.]{{0,40}},)?"
    rf"(?= (?:(?:also|both|too|had|has|have|who|aged \d+)\s)*(?!{_TELLING}\b)"
    rf"(?:{_VERB}|with|died|affected|diagnosed|carr(?:y|ies|ied))\b|\s?:|'s|’s)"
    rf"(?!(?: \w+){{0,2}} {_TELLING}\b)",
    r"family history\b",
)
# "The son of healthy parents presented with", "the patient and her mother have": the patient is (also) the subject.
_PATIENT_BEFORE = _compile(
    r"(?:\b(?:of|to|by|from)(?: [\w-]+){0,3}|\b(?:patient|proband|she|he|girl|boy|child|infant) and (?:her|his)) $"
)
_OF_RELATIVE = _any_of(
    rf"(?:{_BE} (?:also )?(?:\w+ )?)?"
    rf"in (?:her|his|the|my|our|their|a|one|two|both|another)(?: \w+){{0,2}}? {_RELATIVE}\b"
)
_PATIENT = _any_of(
    r"(?:she|he|i|we|the patient|our patient|the proband|the index|the (?:girl|boy|child|infant)|(?:her|his) own)\b"
)


def contexts_of(text: str, spans: Sequence[Span]) -> tuple[Context, ...]:
    """The context of each mention, in the order given.

    Args:
        text: the whole text.
        spans: offsets of all mentions in it. A trigger inside a mention ("absent reflexes") belongs to its wording and
            denies nothing.
    """
    found = [Context()] * len(spans)
    waiting = sorted(range(len(spans)), key=lambda i: spans[i], reverse=True)
    for start, end in _sentences(text):
        inside = []
        while waiting and spans[waiting[-1]][0] < end:
            inside.append(waiting.pop())
        if not inside:
            continue
        sentence = text[start:end]
        local = [(spans[i][0] - start, spans[i][1] - start) for i in inside]
        negated = list(_negated_in(sentence, local))
        family = list(_family_in(sentence))
        for i, span in zip(inside, local, strict=True):
            found[i] = Context(
                negated=_is_within(span, negated),
                experiencer=Experiencer.FAMILY if _is_within(span, family) else Experiencer.PATIENT,
            )
    return tuple(found)


def _is_within(span: Span, scopes: Iterable[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in scopes)


def _sentences(text: str) -> Iterator[Span]:
    """Sentences, in order; what runs on for longer is cut, so that the work grows with the text and no faster."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    start = 0
    for end in (*ends, len(text)):
        while start < end:
            stop = min(end, start + _LONGEST_SENTENCE)
            yield start, stop
            start = stop


def _negated_in(sentence: str, mentions: Sequence[Span]) -> Iterator[Span]:
    blocked = [m.span() for m in _PSEUDO.finditer(sentence)] + list(mentions)
    before = [m.span() for m in _POST_NEGATION.finditer(sentence)] + [m.span() for m in _POST_ANSWER.finditer(sentence)]
    before = [span for span in before if not _is_within(span, blocked)]
    for trigger in before:
        yield _list_before(sentence, trigger[0]), trigger[0]
    for match in _NEGATION.finditer(sentence):
        if not _is_within(match.span(), blocked + before):
            stop = _BREAK.search(sentence, match.end())
            yield match.end(), stop.start() if stop else len(sentence)


def _family_in(sentence: str) -> Iterator[Span]:
    for match in _FAMILY.finditer(sentence):
        if _PATIENT_BEFORE.search(sentence, 0, match.start()) and not sentence.startswith(" with", match.end()):
            continue
        stop = _PATIENT.search(sentence, match.end())
        yield match.end(), stop.start() if stop else len(sentence)
    for match in _OF_RELATIVE.finditer(sentence):
        yield _list_before(sentence, match.start()), match.start()


def _list_before(sentence: str, end: int) -> int:
    """Where the list of findings begins that ends here: after the last contrast, and after the last verb's own list."""
    start = max((m.end() for m in _CONTRAST_BREAK.finditer(sentence, 0, end)), default=0)
    verbs = list(_FINITE_VERB.finditer(sentence, start, end))
    if not verbs:
        return start
    joint = _LIST_JOINT.search(sentence, verbs[-1].end(), end)
    return joint.end() if joint else verbs[-1].end()
