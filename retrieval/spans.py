"""Stretches of a text, as offsets, and what lies inside one of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


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
