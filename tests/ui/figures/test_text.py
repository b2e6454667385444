"""Lines fit their width and lose nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.figures.text import text_width, wrap


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Seizure", ("Seizure",)),
        ("Stereotypical hand wringing", ("Stereotypical", "hand wringing")),
        ("tonic-clonic/other kind", ("tonic-clonic/", "other kind")),
        ("智力障碍伴癫痫发作和语言丧失", ("智力障碍伴癫痫发", "作和语言丧失")),
        ("Hydroxymethylglutarate", ("Hydroxymeth-", "ylglutarate")),
        ("a word and another word and yet another word and more", ("a word and", "another word", "and yet…")),
    ],
)
def test_wrap(text: str, lines: tuple[str, ...]):
    assert wrap(text, 104, 13) == lines


@given(text=st.text(max_size=80), width=st.floats(40, 300), max_lines=st.integers(1, 4))
def test_lines_fit_and_say_what_the_text_says(text: str, width: float, max_lines: int):
    lines = wrap(text, width, 13, max_lines)
    assert 1 <= len(lines) <= max_lines
    assert all(text_width(line, 13) <= width for line in lines)
    bare, said = ("".join(t.replace("-", "").split()) for t in (text, "".join(lines)))
    assert said == bare or (said.endswith("…") and bare.startswith(said[:-1]))


def test_wide_letters_need_more_room():
    assert text_width("ill", 10) < text_width("bad", 10) < text_width("MWM", 10)
    assert text_width("癫痫", 10) == 20
