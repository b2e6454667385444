"""Wordings of terms in another language, found in text: one way of looking for every language.

A language gives an analyser, which cuts a text into segments of units (Chinese: characters and words that have
synonyms; Spanish: stems). Promise: exact offsets, the longest wording wins; units are compared by form, then by
meaning, then by meaning without what is said of any finding ("mild", "both"). A wording is a bag of units, since
adjective and noun change places; only two single Chinese characters, and what has an "and" in it, keep their order.
Coordinated wordings that share a word are completed ("manos y pies pequeños").
Deliberately not done here: negation and relatives (``retrieval.translated_context``), misspellings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from kg.ontology import Ontology
from kg.translations import Translations
from retrieval.lexicon import Mention
from retrieval.words import number

_MAX_REACH = 40  # units in a wording
_MAX_SHARED = 4  # units of a coordinated wording that stand on the other side of the joint


class Unit(NamedTuple):
    """The smallest part of a text that is compared."""

    start: int
    end: int
    form: int
    """Number of the form."""
    meaning: int
    """Number of what it means."""
    kind: str = ""
    """``modifier`` (said of a finding without changing which one it is), ``joint`` (and, or, comma), or empty."""


Analyse = Callable[[str], Iterable[list[Unit]]]
"""Text -> segments that no wording crosses, each of units in order."""


class _Reading(NamedTuple):
    """Some units read as a wording; the smaller, the better."""

    minus_n_units: int
    coarseness: int
    """0 by form, 1 by meaning, 2 without modifiers."""
    first: int
    stop: int
    term_id: str


JOINT = Unit(0, 0, *(number("&"),) * 2, "joint")
"""What "and" and a comma in a list are; a wording that has one itself ("nausea and vomiting") is found across it."""


def _in_order(numbers: Iterable[int]) -> int:
    return sum(n * (2 * place + 1) for place, n in enumerate(numbers, 1))


def unit_numbers(form: str, meaning: str) -> tuple[int, int]:
    """Numbers of a form and of a meaning; the two never meet."""
    return number(form), number(f"{meaning} =")


class TranslatedLexicon:
    """Finds the labels of an ontology's phenotypic abnormalities in text of another language.

    Args:
        ontology: whose ids are found. A wording that several terms share is that of the term that the project's own
            table gives it to, then of the one whose label it is, then of the more general one, then of the lower id.
        translations: labels and further wordings.
        analyse: the language's analyser.
        variants: other ways to write a label, the label itself included.
        n_ordered: characters up to which the order of two units matters.
        alone_by_meaning: whether a wording of one unit is compared by meaning too.
        everyday: wordings that mostly mean something else in running text.
    """

    def __init__(
        self,
        ontology: Ontology,
        translations: Translations,
        analyse: Analyse,
        *,
        variants: Callable[[str], Iterable[str]],
        n_ordered: int = 0,
        alone_by_meaning: bool = False,
        everyday: frozenset[str] = frozenset(),
    ) -> None:
        self._analyse = analyse
        self._n_ordered = n_ordered
        self._alone_by_meaning = alone_by_meaning
        self._term_of: dict[int, str] = {}
        self._reach: dict[int, int] = {}
        self._certain: set[int] = set()
        own = [(term_id, text, (text,)) for term_id, text in translations.synonyms]
        official = [(term_id, text, variants(text)) for term_id, text in sorted(translations.labels.items())]
        for term_id, text, wordings in own + official:
            if term_id in ontology.phenotypic_abnormalities:
                for wording in wordings:
                    self._add(ontology, wording, term_id, everyday, is_certain=wording == text)

    def find_mentions(self, text: str) -> tuple[Mention, ...]:
        """All mentions in the text, in order of their start; of wordings that overlap the longest."""
        mentions = [m for segment in self._analyse(text) if segment for m in self._chosen(segment)]
        return tuple(sorted(mentions, key=lambda m: (m.start, m.end, m.term_id)))

    def _add(self, ontology: Ontology, text: str, term_id: str, everyday: frozenset[str], *, is_certain: bool) -> None:
        units = [u for segment in self._analyse(text) for u in segment]
        if not units or len(units) > _MAX_REACH or text.casefold() in everyday:
            return
        by_form, by_meaning = {_in_order(u.form for u in units)}, {_in_order(u.meaning for u in units)}
        if all(u.kind != "joint" for u in units):
            by_form.add(sum(u.form for u in units))
            by_meaning.add(sum(u.meaning for u in units))
        if len(units) == 1 and not self._alone_by_meaning:
            by_meaning.clear()
        for key in by_form | by_meaning:
            known = self._term_of.get(key)
            is_certain_here = is_certain and key in by_form
            if known is None or (
                key not in self._certain and (is_certain_here or term_id in ontology.ancestors(known))
            ):
                self._term_of[key] = term_id
            if is_certain_here:
                self._certain.add(key)
        for unit in units:
            self._reach[unit.meaning] = max(self._reach.get(unit.meaning, 0), len(units))

    def _chosen(self, units: list[Unit]) -> Iterator[Mention]:
        """Readings that do not overlap, the longest first; then those that a coordination shares words with."""
        taken: set[int] = set()
        chosen: list[_Reading] = []
        for reading in sorted(self._readings(units)):
            if taken.isdisjoint(range(reading.first, reading.stop)):
                taken.update(range(reading.first, reading.stop))
                chosen.append(reading)
                yield Mention(
                    term_id=reading.term_id, start=units[reading.first].start, end=units[reading.stop - 1].end
                )
        for reading in chosen:
            yield from self._coordinated(units, reading, taken)

    def _readings(self, units: list[Unit]) -> Iterator[_Reading]:
        """Every run of units that is a wording."""
        form = list(accumulate((u.form for u in units), initial=0))
        meaning = list(accumulate((u.meaning for u in units), initial=0))
        gist = list(accumulate((0 if u.kind == "modifier" else u.meaning for u in units), initial=0))
        n_joints = list(accumulate((u.kind == "joint" for u in units), initial=0))
        n_told = list(accumulate((u.kind != "modifier" for u in units), initial=0))
        reach = [_MAX_REACH if u.kind == "modifier" else self._reach.get(u.meaning, 0) for u in units]
        for first, unit in enumerate(units):
            if unit.kind == "joint":
                continue
            limit = self._reach.get(unit.meaning, 0)
            for stop in range(first + 1, min(first + _MAX_REACH, len(units)) + 1):
                limit = min(limit, reach[stop - 1])
                n, n_gist = stop - first, n_told[stop] - n_told[first]
                if n_gist > limit:
                    break
                last = units[stop - 1]
                if last.kind == "joint":
                    continue
                if n_joints[stop] > n_joints[first] or (n == 2 and last.end - unit.start <= self._n_ordered):
                    run = units[first:stop]
                    keys = [_in_order(u.form for u in run), _in_order(u.meaning for u in run)]
                else:
                    keys = [form[stop] - form[first]]
                    if n > 1 or self._alone_by_meaning:
                        keys.append(meaning[stop] - meaning[first])
                    if n > n_gist > 1 and not unit.kind and not last.kind:  # modifiers at the ends are no part of it
                        keys.append(gist[stop] - gist[first])
                for coarseness, key in enumerate(keys):
                    if term_id := self._term_of.get(key):
                        yield _Reading(-(n_gist if coarseness > 1 else n), coarseness, first, stop, term_id)
                        break

    def _coordinated(self, units: list[Unit], reading: _Reading, taken: set[int]) -> Iterator[Mention]:
        """Mentions beside a joint that share the end of the reading after it, or the start of the one before it."""
        first, stop = reading.first, reading.stop
        before = [(own, first - 1) for own in range(max(first - 1 - _MAX_SHARED, 0), first - 1)]
        after = [(stop + 1, own) for own in range(min(stop + 1 + _MAX_SHARED, len(units)), stop + 1, -1)]
        if first > 1 and units[first - 1].kind == "joint":
            shared = [(cut, stop) for cut in range(first + 1, stop)]
            yield from self._completed(units, before, shared, taken)
        if stop < len(units) - 1 and units[stop].kind == "joint":
            shared = [(first, cut) for cut in range(stop - 1, first, -1)]
            yield from self._completed(units, after, shared, taken)

    def _completed(
        self, units: list[Unit], own: Iterable[tuple[int, int]], shared: list[tuple[int, int]], taken: set[int]
    ) -> Iterator[Mention]:
        """The mention of the longest own run that no finding has taken, completed by a shared run."""
        for start, end in own:
            run = units[start:end]
            if any(u.kind == "joint" for u in run) or not taken.isdisjoint(range(start, end)):
                continue
            for begun, ended in shared:
                if any(u.kind == "joint" for u in units[begun:ended]):
                    continue
                parts = sorted([(start, end), (begun, ended)])
                read = [u for a, b in parts for u in units[a:b]]
                for key in (sum(u.form for u in read), sum(u.meaning for u in read)):
                    if term_id := self._term_of.get(key):
                        taken.update(range(start, end))
                        yield Mention(term_id=term_id, start=units[parts[0][0]].start, end=units[parts[1][1] - 1].end)
                        return
