"""Stretches of a text, as offsets, and what lies inside one of them; stretches without words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

# Patterns that begin with white space try again at each of it, so that their work grows with the square of a gap.
_LONG_GAP = re.compile(r"(?<=\s{20})\s+(?=\s{20})")


def close_gaps(text: str) -> str:
    """The text with bars in long gaps, such as those of an empty table; as long as it was."""
    return _LONG_GAP.sub(lambda gap: "|" * len(gap[0]), text)


class Spans:
    """Stretches that may overlap; asking takes the logarithm of their number, so that work grows with the text.

    Args:
        spans: start and end of each.
    """

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        in_order = sorted(spans)
        self._starts = [start for start, _ in in_order]
        self._furthest = list(accumulate((end for _, end in in_order), max))

    def hold(self, start: int, end: int) -> bool:
        """Whether one of them holds all from ``start`` to ``end``."""
        before = bisect_right(self._starts, start)
        return before > 0 and end <= self._furthest[before - 1]
