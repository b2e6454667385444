"""What the words around a mention say of it: denied, doubted, past or only thought of, and whose finding it is.

Promise: a trigger ("no", "possible", "history of", "rule out") reaches over the list it belongs to and stops at the end
of the sentence, at a contrast ("but") and at a new clause; a headed section ("Family history:") reaches to the next
header. Each of the four answers is given for itself: "her mother may have had no seizures" is all of them.
Sources of the method: Chapman et al. 2001 (doi:10.1006/jbin.2001.1029), Harkema et al. 2009
(doi:10.1016/j.jbi.2009.05.002). Deliberately not done here: normal results (``retrieval.normal_results``), and who a
"he" is ("Her father is ill. He has gout").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from retrieval import cues
from retrieval.tellers import MY_CHILD, Teller, find_teller

_LONGEST_SENTENCE = 1_000  # characters
_LONGEST_ENTRY = 60  # characters of a line that stands for itself; wrapped lines are longer
_REACH_BACK = 60  # characters of "has since completely" before "resolved"

Span = tuple[int, int]


class Experiencer(StrEnum):
    """Who has the finding."""

    PATIENT = "patient"
    FAMILY = "family"
    """A relative, or another person the story tells of (a partner, a neighbour)."""


class Certainty(StrEnum):
    """How sure the text is."""

    CERTAIN = "certain"
    UNCERTAIN = "uncertain"
    """"possible", "suspected", "questionable": said of a finding that may be there."""


class Temporality(StrEnum):
    """When it holds."""

    RECENT = "recent"
    HISTORICAL = "historical"
    """The patient had it: "history of", "which resolved"."""
    HYPOTHETICAL = "hypothetical"
    """Nobody says that it is there: "rule out", "risk of", "return if"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the words around a mention say about it."""

    negated: bool = False
    experiencer: Experiencer = Experiencer.PATIENT
    certainty: Certainty = Certainty.CERTAIN
    temporality: Temporality = Temporality.RECENT


def contexts_of(text: str, spans: Sequence[Span]) -> tuple[Context, ...]:
    """The context of each mention, in the order given.

    Args:
        text: the whole text.
        spans: offsets of all mentions in it. A trigger inside a mention ("absent reflexes") belongs to its wording and
            denies nothing.
    """
    found = [Context()] * len(spans)
    sections = list(_sections(text))
    teller = find_teller(text.translate(cues.SMALL), spans)
    waiting = sorted(range(len(spans)), key=lambda i: spans[i], reverse=True)
    for start, end in _sentences(text):
        inside = []
        while waiting and spans[waiting[-1]][0] < end:
            inside.append(waiting.pop())
        if not inside:
            continue
        while sections and sections[0].end <= start:
            sections.pop(0)
        sentence = text[start:end].translate(cues.SMALL)
        local = [(spans[i][0] - start, spans[i][1] - start) for i in inside]
        scopes = _Scopes.of(
            sentence, local, [s.moved(-start) for s in sections if s.start < end], teller.seen_from(start)
        )
        for i, span in zip(inside, local, strict=True):
            found[i] = scopes.context_of(span)
    return tuple(found)


def without_others(text: str, mentions: Sequence[Span]) -> str:
    """The text, of the same length, with blanks for what it denies, tells of others or only thinks of.

    Args:
        text: the whole text.
        mentions: offsets of findings in it; see ``contexts_of``.
    """
    sections = list(_sections(text))
    teller = find_teller(text.translate(cues.SMALL), mentions)
    kept = list(text)
    for start, end in _sentences(text):
        local = [(a - start, b - start) for a, b in mentions if start <= a < end]
        around = [s.moved(-start) for s in sections if s.start < end and start < s.end]
        scopes = _Scopes.of(text[start:end].translate(cues.SMALL), local, around, teller.seen_from(start))
        for first, stop in (*scopes.negated, *scopes.family, *scopes.thought):
            first, stop = max(first, 0) + start, min(stop + start, end)
            kept[first:stop] = " " * max(0, stop - first)
    return "".join(kept)


@dataclass(frozen=True, slots=True)
class _Section:
    """What stands under a header that says whose or when."""

    start: int
    end: int
    is_family: bool

    def moved(self, by: int) -> _Section:
        return _Section(self.start + by, self.end + by, self.is_family)


@dataclass(frozen=True, slots=True)
class _Scopes:
    """Where in a sentence the triggers of each kind reach."""

    negated: list[Span]
    family: list[Span]
    possible: list[Span]
    past: list[Span]
    thought: list[Span]

    @classmethod
    def of(cls, sentence: str, mentions: Sequence[Span], sections: Sequence[_Section], teller: Teller) -> _Scopes:
        return cls(
            negated=list(_negated_in(sentence, mentions)),
            family=[*_family_in(sentence, teller), *((s.start, s.end) for s in sections if s.is_family)],
            possible=list(_possible_in(sentence, mentions)),
            past=[*_past_in(sentence, mentions), *((s.start, s.end) for s in sections if not s.is_family)],
            thought=[
                *_reach(sentence, cues.THOUGHT, cues.NO_THOUGHT, mentions, cues.THOUGHT_BREAK),
                *_reach(sentence, cues.OTHER, None, mentions, cues.OTHER_BREAK),
            ],
        )

    def context_of(self, mention: Span) -> Context:
        temporality = Temporality.HISTORICAL if _is_within(mention, self.past) else Temporality.RECENT
        return Context(
            negated=_is_within(mention, self.negated),
            experiencer=Experiencer.FAMILY if _is_within(mention, self.family) else Experiencer.PATIENT,
            certainty=Certainty.UNCERTAIN if _is_within(mention, self.possible) else Certainty.CERTAIN,
            temporality=Temporality.HYPOTHETICAL if _is_within(mention, self.thought) else temporality,
        )


def _is_within(span: Span, scopes: Iterable[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in scopes)


def _sentences(text: str) -> Iterator[Span]:
    """Sentences, in order; what runs on for longer is cut, so that the work grows with the text and no faster.

    A short line before another that begins like an entry is an entry too: "Ketones absent", "Protein 4.1 g".
    """
    ends = sorted([m.end() for m in cues.SENTENCE_END.finditer(text)] + list(_ends_of_entries(text)))
    start = 0
    for end in (*ends, len(text)):
        while start < end:
            stop = min(end, start + _LONGEST_SENTENCE)
            yield start, stop
            start = stop


def _ends_of_entries(text: str) -> Iterator[int]:
    for match in cues.ENTRY_END.finditer(text):
        if match.start() - text.rfind("\n", 0, match.start()) <= _LONGEST_ENTRY:
            yield match.end()


def _sections(text: str) -> Iterator[_Section]:
    text = "\n" + text  # a header may be the first word; the offsets below count one less
    headers = list(cues.HEADER.finditer(text))
    for header, following in zip_longest(headers, headers[1:]):
        is_family = bool(cues.FAMILY_HEADER.search(header[1]))
        if is_family or cues.PAST_HEADER.search(header[1]):
            limit = following.start() if following else len(text)
            stop = cues.SECTION_END.search(text, header.end(), limit)
            yield _Section(header.end() - 1, (stop.start() if stop else limit) - 1, is_family)


def _reach(
    sentence: str,
    triggers: re.Pattern[str],
    pseudo: re.Pattern[str] | None,
    mentions: Sequence[Span],
    stops: re.Pattern[str],
) -> Iterator[Span]:
    """Scopes after triggers; a trigger inside a mention or a longer phrase that means something else has none."""
    found = list(triggers.finditer(sentence))
    if not found:
        return
    blocked = [*mentions, *(m.span() for m in pseudo.finditer(sentence))] if pseudo else mentions
    for match in found:
        if not any(start <= match.start() < end for start, end in blocked):
            yield match.end(), _end_of_reach(sentence, match.end(), stops, mentions)


def _end_of_reach(sentence: str, start: int, stops: re.Pattern[str], mentions: Sequence[Span]) -> int:
    """Where a trigger stops reaching: at a stop outside of mentions, and at the end of the bracket it stands in."""
    found = (match.start() for match in stops.finditer(sentence, start))
    end = next((at for at in found if not any(a <= at < b for a, b in mentions)), len(sentence))
    if sentence.rfind("(", 0, start) > sentence.rfind(")", 0, start):
        closing = sentence.find(")", start, end)
        return closing if closing >= 0 else end
    return end


def _possible_in(sentence: str, mentions: Sequence[Span]) -> Iterator[Span]:
    yield from _reach(sentence, cues.POSSIBLE, None, mentions, cues.DOUBT_BREAK)
    yield from _reach(sentence, cues.QUERY, None, mentions, cues.DOUBT_BREAK)
    if not cues.WHICH.match(sentence):
        asked = (span for span in mentions if not cues.ANSWER.match(sentence, span[1]))  # "Ataxia? Yes" is no doubt
        yield from (span for span in asked if cues.POST_POSSIBLE.match(sentence, span[1]))


def _past_in(sentence: str, mentions: Sequence[Span]) -> Iterator[Span]:
    yield from _reach(sentence, cues.PAST, cues.NO_PAST, mentions, cues.PRESENT_AGAIN)
    for match in cues.POST_PAST.finditer(sentence):
        if cues.NOT_PAST.search(sentence, max(0, match.start() - _REACH_BACK), match.start()):
            continue
        before = cues.BEFORE_PAST.search(sentence, max(0, match.start() - _REACH_BACK), match.start())
        end = before.start() if before else match.start()
        yield _list_before(sentence, end), end


def _negated_in(sentence: str, mentions: Sequence[Span]) -> Iterator[Span]:
    yield from _signed_in(sentence, mentions)
    before = [m.span() for m in cues.POST_NEGATION.finditer(sentence)]
    last = [m.span() for m in cues.LAST_DENIED.finditer(sentence) if sentence[: m.start()].strip(" \n,;(")]
    answers = sorted(_answers_in(sentence, mentions), key=lambda m: m.start())
    after = [m.span() for m in cues.NEGATION.finditer(sentence)]
    if not before and not last and not after and not answers:
        return
    blocked = [*mentions, *(m.span() for m in cues.PSEUDO.finditer(sentence) if not _begins_in(m.span(), mentions))]
    answers = [m for m in answers if not _is_within(m.span(), blocked)]
    end_of_last = 0
    for match in answers:
        if any(match.groupdict().values()):
            start = _list_before(sentence, match.start())
            if not _answers_a_list(sentence, start, match):
                start = max(start, _last_item(sentence, match.start()))
            yield max(end_of_last, start), match.start()
        end_of_last = match.end()
    blocked += [m.span() for m in answers]
    before = [span for span in before if not _is_within(span, blocked)]
    for start, _ in before:
        first = _list_before(sentence, start)
        if cues.BARE_NEGATION.match(sentence, start) and not any(end + 1 == start for _, end in mentions):
            first = max(first, _last_item(sentence, start))  # "lymphopenia, ANA negative": of the test alone
        yield first, start
    last = [span for span in last if not _is_within(span, blocked + before)]
    for start, _ in last:
        yield max(_list_before(sentence, start), _last_item(sentence, start)), start
    for span in after:
        if not _is_within(span, blocked + before + last):
            end = _end_of_reach(sentence, span[1], cues.BREAK, mentions)
            if cues.ABSENT.match(sentence, span[0]):
                end = _end_of_noun(sentence, span[1], end, mentions)
            stated = (a for a, _ in mentions if span[1] < a < end and cues.DENYING_VERB.match(sentence, a))
            end = next((a for a in stated if sentence[:a].rstrip().endswith((",", "and"))), end)
            if cues.LIST_DENIAL.fullmatch(sentence, *span):
                is_bare = cues.BARE_NO.match(sentence, span[0]) is not None
                end = _end_of_denials(sentence, span[1], end, is_bare=is_bare)
            yield span[1], end


def _end_of_denials(sentence: str, start: int, end: int, *, is_bare: bool) -> int:
    """Where a list that began with a denial goes on with what is there: "no fever, cough for 3 weeks, weight loss".

    Its later item has a duration, a count or a value, or is an adjective, or after a bare "no" it is mild; a list with
    "or" is of denials all through.
    """
    joints = [m.start() for m in cues.ITEM_START.finditer(sentence, start) if m[0] == ","]
    for comma, following in zip_longest(joints, joints[1:], fillvalue=len(sentence)):
        if comma >= end:
            break
        item = (comma + 1, following)
        if cues.OF_ALTERNATIVES.search(sentence, start, max(end, following)):
            break
        is_stated = cues.STATED_ITEM.search(sentence, *item) and not cues.NOT_STATED.search(sentence, *item)
        is_mild = is_bare and cues.MILD_ITEM.match(sentence, comma)
        if is_stated or is_mild or cues.ADJECTIVE_ITEM.fullmatch(sentence[slice(*item)].rstrip(" .;:!?\n")):
            return comma
    return end


def _answers_a_list(sentence: str, start: int, answer: re.Match[str]) -> bool:
    """Whether an answer is of all that it follows: of a form's entry ("fever, cough: no"), or of a list that is asked.

    "Cough, fever, rash? no" answers for the rash: the others were told.
    """
    is_entry = any(mark in answer[0] for mark in ":=\t") or answer.groupdict().get("none")
    return bool(is_entry) or bool(cues.ASKS_OF_ALL.search(sentence, start, answer.start()))


def _last_item(sentence: str, end: int) -> int:
    """Where the last item of a list begins that ends here; an item that "and" joins takes the list with it."""
    start = max((m.end() for m in cues.ITEM_START.finditer(sentence, 0, end)), default=0)
    return 0 if cues.LIST_JOINT.search(sentence, start, end) else start


def _end_of_noun(sentence: str, start: int, end: int, mentions: Sequence[Span]) -> int:
    """How far an adjective reaches: over its own noun, "absent puncta, smooth philtrum", "absent T cells and anemia".

    An "and" joins further findings to it only where the noun itself is one: "absent nystagmus and ataxia".
    """
    for joint in cues.LIST_JOINT.finditer(sentence, start, end):
        if joint[0] == "," or not any(start <= a < joint.start() for a, _ in mentions):
            return joint.start()
    return end


def _answers_in(sentence: str, mentions: Sequence[Span]) -> Iterator[re.Match[str]]:
    """Answers of a form, those of "no" with a named group; a bare one follows a finding at once."""
    yield from cues.ANSWER.finditer(sentence)
    bare = [match for _, end in mentions if (match := cues.BARE_ANSWER.match(sentence, end))]
    has_plus = any("+" in match[0] for match in bare)
    for match in bare:
        # "Seizures -, ataxia +": a minus after a space and before a comma, or beside a plus, is no hyphen and no dash.
        if (
            match.groupdict()["sign"] not in ("-", "−", "–")
            or has_plus
            or (match[0][0] in " \t" and sentence[match.end() :].lstrip()[:1] in (",", ";"))
        ):
            yield match


def _signed_in(sentence: str, mentions: Sequence[Span]) -> Iterator[Span]:
    """Findings with a minus before them; beside a plus only, since a minus alone may be a bullet."""
    if "+" not in sentence:
        return
    signs = [(m[1] or m[2], span) for span in mentions if (m := cues.SIGN_BEFORE.search(sentence[: span[0]]))]
    if any(sign == "+" for sign, _ in signs):
        yield from (span for sign, span in signs if sign != "+")


def _begins_in(span: Span, mentions: Iterable[Span]) -> bool:
    """Whether a finding begins in a phrase: "no skin changes" denies them, "no change in" denies nothing."""
    return any(span[0] < start < span[1] for start, _ in mentions)


def _is_of_patient_after_all(sentence: str, relative: re.Match[str]) -> bool:
    start, end = relative.span()
    if cues.PATIENT_BEFORE.search(sentence, 0, start) and not sentence.startswith(" with", end):
        return True
    if cues.BROUGHT_BY.search(sentence, 0, start):
        return True
    return bool(cues.OWN_CHILD.match(sentence, start) and cues.TOLD_BY_PARENT.search(sentence, 0, start))


def _family_in(sentence: str, teller: Teller) -> Iterator[Span]:
    yield from teller.of_parent(sentence)
    children = [m for m in MY_CHILD.finditer(sentence) if teller.is_relative(m.start())]
    for match in (*cues.FAMILY.finditer(sentence), *children):
        if _is_of_patient_after_all(sentence, match) or teller.is_patient(sentence, match.span()):
            continue
        stop = cues.PATIENT.search(sentence, match.end()) or _main_verb(sentence, match)
        yield match.end(), stop.start() if stop else len(sentence)
    for match in cues.OF_RELATIVE.finditer(sentence):
        start = _list_before(sentence, match.start())
        if cues.PATIENT_SHOWN.search(sentence, 0, start):  # "A girl with ataxia, seizures and deafness in a brother"
            joints = cues.LIST_JOINT.finditer(sentence, start, match.start())
            start = max((joint.end() for joint in joints), default=start)
        yield start, match.start()


def _main_verb(sentence: str, relative: re.Match[str]) -> re.Match[str] | None:
    """Of "a woman whose husband died [has] chest pain"; what follows it is the patient's."""
    if not sentence.endswith("whose ", 0, relative.start()):
        return None
    own = cues.OWN_VERB.match(sentence, relative.end())
    return cues.MAIN_VERB.search(sentence, own.end() if own else relative.end())


def _list_before(sentence: str, end: int) -> int:
    """Where the list of findings begins that ends here: after the last contrast, and after the last verb's own list."""
    start = max((m.end() for m in cues.CONTRAST_BREAK.finditer(sentence, 0, end)), default=0)
    verbs = list(cues.FINITE_VERB.finditer(sentence, start, end))
    if not verbs:
        return start
    joint = cues.LIST_JOINT.search(sentence, verbs[-1].end(), end)
    return joint.end() if joint else verbs[-1].end()
