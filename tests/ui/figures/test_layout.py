"""Order and places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.figures.layout import barycentres, ordered, spread


def test_barycentres_are_weighted_means():
    assert barycentres([("a", 0, 1.0), ("a", 4, 3.0), ("b", 2, 5.0)]) == {"a": 3.0, "b": 2.0}


@given(st.permutations(range(6)))
def test_where_no_lines_need_cross_none_does(partner: list[int]):
    order = ordered(range(6), barycentres((node, partner[node], 1.0) for node in range(6)))
    assert [partner[node] for node in order] == list(range(6))


def test_what_is_tied_to_nothing_comes_last():
    assert ordered(["x", "a", "y", "b"], {"a": 2.0, "b": 1.0}) == ["b", "a", "x", "y"]


@pytest.mark.parametrize(
    ("wanted", "tops"),
    [
        ([20, 60], [15, 55]),  # room for both where they want to be
        ([20, 20], [15, 27]),  # the second gives way
        ([0, 0], [0, 12]),  # no higher than the top
        ([95, 99], [78, 90]),  # no lower than the bottom
    ],
)
def test_spread(wanted: list[float], tops: list[float]):
    assert spread(wanted, [10, 10], gap=2, top=0, bottom=100) == tops


@given(
    st.lists(st.tuples(st.floats(-50, 300), st.floats(1, 60)), min_size=1, max_size=12),
    st.floats(0, 10),
    st.floats(50, 250),
)
def test_boxes_keep_their_order_and_distance(boxes: list[tuple[float, float]], gap: float, bottom: float):
    wanted, heights = sorted(w for w, _ in boxes), [h for _, h in boxes]
    tops = spread(wanted, heights, gap, 5.0, bottom)
    ends = [top + height for top, height in zip(tops, heights, strict=True)]
    assert tops[0] >= 5.0 - 1e-6
    assert all(later - end >= gap - 1e-6 for end, later in zip(ends, tops[1:], strict=False))
    assert ends[-1] <= max(bottom, 5.0 + sum(heights) + gap * (len(heights) - 1)) + 1e-6
