"""Where the boxes of a layered picture go: an order with few crossings, and places that do not overlap.

Sugiyama's barycentre heuristic (IEEE Trans Syst Man Cybern 1981, doi:10.1109/TSMC.1981.4308636), one layer against
another that is fixed: the ranking of the diseases says something, so their order is never changed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle; y grows downwards."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Where it ends below."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.top + self.height / 2


def barycentres(edges: Iterable[tuple[_Key, float, float]]) -> dict[_Key, float]:
    """Of each node the mean position of its neighbours, by weight.

    Args:
        edges: node, position of its neighbour, weight above 0.
    """
    sums: dict[_Key, tuple[float, float]] = {}
    for node, position, weight in edges:
        total, mass = sums.get(node, (0.0, 0.0))
        sums[node] = (total + weight * position, mass + weight)
    return {node: total / mass for node, (total, mass) in sums.items()}


def ordered(nodes: Sequence[_Key], centres: Mapping[_Key, float]) -> list[_Key]:
    """Nodes by their barycentre; those without neighbours come last, in the order given."""
    return sorted(nodes, key=lambda node: centres.get(node, float("inf")))


def spread(wanted: Sequence[float], heights: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Upper sides of boxes in their order, each as near to its wanted centre as its neighbours leave it.

    Args:
        wanted: centres, ascending.
        heights: of the boxes.
        gap: least distance between two.
        top: where the first may begin.
        bottom: where the last should end; boxes that need more room end below it.
    """
    tops: list[float] = []
    free = top
    for centre, height in zip(wanted, heights, strict=True):
        tops.append(max(free, centre - height / 2))
        free = tops[-1] + height + gap
    limit = max(bottom, top + sum(heights) + gap * (len(heights) - 1))
    for i in reversed(range(len(tops))):
        tops[i] = min(tops[i], limit - heights[i])
        limit = tops[i] - gap
    return tops
