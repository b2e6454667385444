"""What lies inside a stretch of text, against looking at every one."""

from hypothesis import given
from hypothesis import strategies as st

from retrieval.spans import Spans

SPAN = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda ends: (min(ends), max(ends)))


@given(st.lists(SPAN, max_size=8), SPAN)
def test_it_is_inside_one_of_them(spans, asked):
    start, end = asked
    assert Spans(spans).hold(start, end) == any(a <= start and end <= b for a, b in spans)
