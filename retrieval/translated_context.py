"""Whether a mention in Chinese or Spanish text is denied, and whose finding it is: one mechanism, a table a language.

Promise: as in ``retrieval.context``, after NegEx and ConText: a trigger reaches over the list it belongs to, and stops
at the end of the clause, at a contrast and at a word that opens a new statement; what belongs to relatives is told
apart, and doubt ("疑似", "posible") and what is only thought of ("si presenta fiebre") from what is so.
Deliberately not done here: what is past.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from retrieval.context import Certainty, Context, Experiencer, Span, Temporality
from retrieval.translated_cues import ContextRules

_COMMA = re.compile("[，,]")
_LONGEST_SENTENCE = 400  # characters; within a sentence the work grows with its square


def contexts_of(text: str, spans: Sequence[Span], rules: ContextRules) -> tuple[Context, ...]:
    """The context of each mention, in the order given.

    Args:
        text: the whole text, normalised where the language does that; offsets are those of the mentions.
        spans: offsets of all mentions in it. A trigger inside a mention belongs to its wording and denies nothing.
        rules: of the text's language.
    """
    found = [Context()] * len(spans)
    others = (rules.family, rules.parent) if rules.child.search(text) else (rules.family,)
    waiting = sorted(range(len(spans)), key=lambda i: spans[i], reverse=True)
    for start, end in _sentences(text, rules):
        inside = []
        while waiting and spans[waiting[-1]][0] < end:
            inside.append(waiting.pop())
        if not inside:
            continue
        sentence = text[start:end]
        local = [(spans[i][0] - start, spans[i][1] - start) for i in inside]
        negated = list(_negated_in(sentence, local, rules))
        family = list(_family_in(sentence, others, rules.patient))
        doubted = list(_doubted_in(sentence, local, rules))
        thought = list(_thought_in(sentence, local, rules))
        for i, span in zip(inside, local, strict=True):
            found[i] = Context(
                negated=_is_within(span, negated),
                experiencer=Experiencer.FAMILY if _is_within(span, family) else Experiencer.PATIENT,
                certainty=Certainty.UNCERTAIN if _is_within(span, doubted) else Certainty.CERTAIN,
                temporality=Temporality.HYPOTHETICAL if _is_within(span, thought) else Temporality.RECENT,
            )
    return tuple(found)


def normal_findings_in(text: str, rules: ContextRules) -> Iterator[tuple[str, Span]]:
    """Terms that a normal result excludes ("audición normal"), with the offsets of the words that say so."""
    for pattern, term_id in rules.normal:
        for match in pattern.finditer(text):
            yield term_id, match.span()


def _sentences(text: str, rules: ContextRules) -> Iterator[Span]:
    """Sentences, in order; what runs on for longer is cut, so that the work grows with the text and no faster."""
    start = 0
    for end in (*(m.end() for m in rules.sentence_end.finditer(text)), len(text)):
        while start < end:
            stop = min(end, start + _LONGEST_SENTENCE)
            yield start, stop
            start = stop


def _is_within(span: Span, scopes: Iterable[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in scopes)


def _outside(sentence: str, mentions: Sequence[Span], *patterns: re.Pattern[str]) -> list[Span]:
    """Where the patterns stand, in order, save inside a mention."""
    spans = {m.span() for pattern in patterns for m in pattern.finditer(sentence)}
    return sorted(span for span in spans if not _is_within(span, mentions))


def _negated_in(sentence: str, mentions: Sequence[Span], rules: ContextRules) -> Iterator[Span]:
    pseudo = _outside(sentence, mentions, rules.pseudo)
    before = [s for s in _outside(sentence, mentions, rules.post_negation) if not _is_within(s, pseudo)]
    list_starts = sorted(end for _, end in _outside(sentence, mentions, rules.post_start))
    for first, _ in before:
        yield _list_before(first, list_starts), first
    stops = [start for start, _ in _outside(sentence, mentions, rules.contrast, rules.clause_end)] + [len(sentence)]
    for start, end in _outside(sentence, mentions, rules.negation):
        if not _is_within((start, end), pseudo + before):
            # Where a trigger and a wording share words ("no ha perdido peso"), the wording is denied whole.
            scope = min([m[0] for m in mentions if start < m[0] < end], default=end)
            yield scope, stops[bisect_left(stops, end)]
    yield from (mention for mention in mentions if rules.denied_at_once.search(sentence, 0, mention[0]))


def _doubted_in(sentence: str, mentions: Sequence[Span], rules: ContextRules) -> Iterator[Span]:
    """Doubt is of the words it stands by: a comma ends it."""
    list_starts = sorted(end for _, end in _outside(sentence, mentions, rules.post_start))
    for first, _ in _outside(sentence, mentions, rules.post_possible):
        yield _list_before(first, list_starts), first
    stops = sorted([start for start, _ in _outside(sentence, mentions, rules.contrast, _COMMA)] + [len(sentence)])
    for _, end in _outside(sentence, mentions, rules.possible):
        yield end, stops[bisect_left(stops, end)]


def _thought_in(sentence: str, mentions: Sequence[Span], rules: ContextRules) -> Iterator[Span]:
    stops = [start for start, _ in _outside(sentence, mentions, rules.contrast)] + [len(sentence)]
    for _, end in _outside(sentence, mentions, rules.thought):
        yield end, stops[bisect_left(stops, end)]


def _list_before(place: int, list_starts: Sequence[int]) -> int:
    at = bisect_right(list_starts, place)
    return list_starts[at - 1] if at else 0


def _family_in(sentence: str, others: Sequence[re.Pattern[str]], patient: re.Pattern[str]) -> Iterator[Span]:
    for match in (m for pattern in others for m in pattern.finditer(sentence)):
        stop = patient.search(sentence, match.end())
        yield match.end(), stop.start() if stop else len(sentence)
