"""What coordinations leave out: "macular and papular rash" is a macular rash and a papular rash.

Promise: members share the first words of a finding beside the joint ("short hands and feet"), its last words
("macular and papular rash"), or words on both sides ("short fourth and fifth metacarpals"); only what the dictionary
knows is spelt out. Deliberately not done here: wordings that hold an "and" themselves (``retrieval.lexicon``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile

from retrieval.words import JOINTS, Word, analyse

Run = tuple[int, int]
"""First word, and one past the last."""
Found = tuple[Run, str]
_MAX_OWN = 3  # words that a member does not share
_MAX_IN_A_ROW = 2
_ADJECTIVES = "small large short long broad narrow wide thin thick sparse curly coarse brittle dry soft flat"
_SHARED = frozenset(analyse(word).meaning for word in _ADJECTIVES.split())
_MAX_MEMBERS = 8  # of a list whose members share words on both sides; bounds the work


class Coordinations:
    """The coordinations of a segment.

    Args:
        words: of the segment.
        runs: those that are findings already, by first word; they do not overlap.
        term_of: the term that words from several places name together, or None.
        term_of_key: the same of a sum of ``Word.derived``, for words that must be those of a wording.
        touching: of each word, whether the next one follows with nothing but a space or hyphen between them.
    """

    def __init__(
        self,
        words: list[Word],
        runs: Mapping[int, Run],
        term_of: Callable[[Sequence[Word]], str | None],
        term_of_key: Callable[[int], str | None],
        touching: Sequence[bool],
    ) -> None:
        self._words, self._runs, self._touching = words, runs, touching
        self._term_of, self._term_of_key = term_of, term_of_key
        self._taken = {place for run in runs.values() for place in range(*run)}
        self._is_joint = [w.kind in JOINTS for w in words]

    def spelt_out(self) -> Iterator[Found]:
        """Further findings. No word is of two members: what is not shared is no finding by itself."""
        words, runs = self._words, self._runs
        by_stop = {run[1]: run for run in runs.values()}
        joints = [i for i in range(1, len(words) - 1) if self._is_joint[i]]
        for joint in joints if runs else ():
            if run := by_stop.get(joint):
                yield from self._shared_before(run)
            if words[joint].kind == "conjunction":
                # "low back and right hip joint pain": the last member's own words may stand before the finding.
                gap = self._free(range(joint + 1, min(joint + _MAX_OWN, len(words) - 1)))
                begin = joint + 1 + len(gap)
                if begin in runs and (not gap or runs[begin][1] - begin > 1):
                    yield from self._shared_after(joint, runs[begin])
        for joint in joints:
            if words[joint].kind == "conjunction":
                yield from self._shared_around(joint)
        for run in runs.values():
            yield from self._stacked(run)
            yield from self._in_a_row(run)

    def _shared_before(self, run: Run) -> Iterator[Found]:
        """Members after a finding that share its first words."""
        words, (first, joint), n = self._words, run, len(self._words)
        while joint < n - 1 and self._is_joint[joint]:
            own = self._free(range(joint + 1, min(joint + 1 + _MAX_OWN, n)))
            if words[joint].kind == "comma" and own and own[-1] + 1 < n and not self._is_joint[own[-1] + 1]:
                return  # a comma alone starts something new unless the list goes on
            pairs = ((n_own, stop) for n_own in range(len(own), 0, -1) for stop in range(run[1] - 1, first, -1))
            for n_own, stop in pairs:
                if term_id := self._term_of(words[first:stop] + words[joint + 1 : joint + 1 + n_own]):
                    break
            else:
                return
            self._taken.update(own[:n_own])
            yield (first, joint + 1 + n_own), term_id
            joint += 1 + n_own

    def _shared_after(self, joint: int, run: Run) -> Iterator[Found]:
        """Members before a finding that share its last words."""
        words, (begin, stop) = self._words, run
        while joint > 0 and self._is_joint[joint]:
            own = self._free(range(joint - 1, max(joint - 1 - _MAX_OWN, -1), -1))
            starts = range(begin + (begin == joint + 1), stop)
            for n_own, start in ((n_own, start) for n_own in range(len(own), 0, -1) for start in starts):
                if term_id := self._term_of(words[joint - n_own : joint] + words[start:stop]):
                    break
            else:
                return
            self._taken.update(own[:n_own])
            yield (joint - n_own, stop), term_id
            joint -= 1 + n_own

    def _shared_around(self, joint: int) -> Iterator[Found]:
        """Members of one word that share the words before the first and after the last; all of them are findings."""
        is_joint, n = self._is_joint, len(self._words)
        if is_joint[joint - 1] or is_joint[joint + 1]:
            return
        members = [joint - 1, joint + 1]
        while members[0] > 1 and is_joint[members[0] - 1] and not is_joint[members[0] - 2]:
            if len(members) == _MAX_MEMBERS:
                break
            members.insert(0, members[0] - 2)
        n_after = len(self._free(range(joint + 2, min(joint + 2 + _MAX_OWN, n))))
        while n_after and len(members) > 1:
            first = members[0]
            if self._taken.isdisjoint(range(first, joint + 2)):
                n_before = len(self._free(range(first - 1, max(first - 1 - _MAX_OWN, -1), -1)))
                stops = range(joint + 2 + n_after, joint + 2, -1)
                for start, stop in ((i, k) for i in range(first - n_before, first + 1) for k in stops):
                    if term_ids := self._all_of(members, start, stop):
                        self._taken.update(range(start, stop))
                        yield from (((start, stop), term_id) for term_id in term_ids)
                        return
            members.pop(0)

    def _stacked(self, run: Run) -> Iterator[Found]:
        """An adjective before a finding that is said of its last word too: "large echogenic kidneys"."""
        words, (begin, stop) = self._words, run
        at = begin - 1
        if at < 0 or at in self._taken or stop - begin < 2 or words[at].meaning not in _SHARED:
            return
        if not all(self._touching[at : stop - 1]):
            return
        if term_id := self._term_of([words[at], words[stop - 1]]):
            self._taken.add(at)
            yield (at, stop), term_id

    def _in_a_row(self, run: Run) -> Iterator[Found]:
        """Members before a finding, each with its last words, commas or not: "low-set, posteriorly rotated ears".

        Only of a part of the body: "multiple congenital contractures", "ankles or legs, chest pain" are one finding.
        """
        words, (begin, stop) = self._words, run
        at, thing = begin, words[stop - 1]
        if stop - begin < 2 or thing.is_quality or not all(self._touching[begin : stop - 1]):
            return
        while at > 0:
            last = at - 1 if self._is_joint[at - 1] else at
            own = self._free(range(last - 1, max(last - 1 - _MAX_IN_A_ROW, -1), -1))
            if not own or (last == at and not all(self._touching[own[-1] : at])):
                return
            for n_own, start in ((n, s) for n in range(len(own), 0, -1) for s in range(begin + 1, stop)):
                shared = (*words[last - n_own : last], *words[start:stop])
                if term_id := self._term_of_key(sum(word.derived for word in shared)):
                    break
            else:
                return
            if self._term_of_key(thing.inflected) or self._term_of([thing]):
                return
            self._taken.update(range(last - n_own, last))
            yield (last - n_own, stop), term_id
            at = last - n_own

    def _all_of(self, members: Sequence[int], start: int, stop: int) -> list[str]:
        """The term of each member with the words around them; empty unless each has one of its own."""
        before, after = self._words[start : members[0]], self._words[members[-1] + 1 : stop]
        term_ids: list[str] = []
        for i in members:
            term_id = self._term_of([*before, self._words[i], *after])
            if term_id is None or term_id in term_ids:
                return []
            term_ids.append(term_id)
        return term_ids

    def _free(self, places: range) -> list[int]:
        """The first of these places, up to a joint or a word that a finding has."""
        return list(takewhile(lambda i: not self._is_joint[i] and i not in self._taken, places))
