"""Pieces of text: nothing is lost, nothing comes twice, nothing goes on unseen."""

import itertools
import threading
from collections.abc import Sequence
from threading import Event, Semaphore

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.chat.streaming import Emit, IncrementalText, ThoughtFilter, admission, pieces_from_thread, until_marker
from tests.llm.chat.tiny import tiny_tokenizer

TOKENIZER = tiny_tokenizer()


def decode(tokens: list[int]) -> str:
    return TOKENIZER.decode(tokens)


def cut(text: str, places: Sequence[int]) -> list[str]:
    """A text cut into pieces."""
    bounds = [0, *sorted(min(p, len(text)) for p in places), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(bounds)]


@given(st.text(max_size=40))
def test_the_pieces_of_any_text_are_the_text(text: str) -> None:
    stream = IncrementalText(decode)
    pieces = [stream.push(token) for token in TOKENIZER(text).input_ids]
    assert "".join(pieces) + stream.end() == text
    assert not any("\N{REPLACEMENT CHARACTER}" in piece for piece in pieces) or "\N{REPLACEMENT CHARACTER}" in text


@given(st.lists(st.integers(2, len(TOKENIZER) - 1), max_size=30))
def test_bytes_that_are_no_text_are_not_lost_either(tokens: list[int]) -> None:
    stream = IncrementalText(decode)
    pieces = [stream.push(token) for token in tokens]
    whole = "".join(pieces) + stream.end()
    assert whole.replace("\N{REPLACEMENT CHARACTER}", "") == decode(tokens).replace("\N{REPLACEMENT CHARACTER}", "")


def test_a_tokenizer_that_drops_the_first_space_keeps_the_others() -> None:
    words = ["▁broad", "▁gait", "▁and", "s"]

    def drops(tokens: list[int]) -> str:  # as SentencePiece decodes
        return "".join(words[t] for t in tokens).replace("▁", " ").removeprefix(" ")

    stream = IncrementalText(drops)
    assert [stream.push(t) for t in range(4)] + [stream.end()] == ["broad", " gait", " and", "s", ""]


@given(st.text("aUser:\n ", max_size=60), st.lists(st.integers(0, 60), max_size=6))
def test_a_text_ends_before_a_marker_however_it_is_cut(text: str, places: list[int]) -> None:
    found = "".join(until_marker(iter(cut(text, places)), ("\nUser:", "\na")))
    ends = [at for at in (text.find("\nUser:"), text.find("\na")) if at >= 0]
    assert found == text[: min(ends, default=len(text))]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("an answer", "an answer"),
        ("<think>hm</think>\n\nan answer", "an answer"),
        ("\n<think>\nhm < 3 </think>{}", "{}"),
        ("<think></think>x</think>", "x</think>"),
        ("<think>never ends", ""),
        ("<thinking is hard", "<thinking is hard"),
        ("<thi", "<thi"),
        (" ", " "),
        ("", ""),
        ("a <think>b</think>", "a <think>b</think>"),
    ],
)
def test_thoughts_before_the_answer_are_dropped(text: str, answer: str) -> None:
    for pieces in (list(text), [text], cut(text, [3, 9, 14])):
        thoughts = ThoughtFilter()
        assert "".join(thoughts.push(p) for p in pieces) + thoughts.end() == answer


def test_what_a_producer_raises_is_raised_after_its_pieces() -> None:
    def produce(emit: Emit, stop: Event) -> None:
        emit("a")
        raise ValueError("broken")

    pieces = pieces_from_thread(produce, lambda: False)
    assert next(pieces) == "a"
    with pytest.raises(ValueError, match="broken"):
        next(pieces)


@pytest.mark.parametrize("ends_by", ["cancel", "close"])
def test_the_thread_has_ended_when_the_pieces_have(ends_by: str) -> None:
    has_ended = Event()
    is_cancelled = Event()

    def produce(emit: Emit, stop: Event) -> None:
        emit("a")
        stop.wait()
        has_ended.set()

    pieces = pieces_from_thread(produce, is_cancelled.is_set)
    assert next(pieces) == "a"
    if ends_by == "cancel":
        threading.Timer(0.1, is_cancelled.set).start()
        assert list(pieces) == []
    else:
        pieces.close()
    assert has_ended.is_set()


def test_a_place_is_given_back_whatever_happens() -> None:
    places = Semaphore(1)

    def fail() -> None:
        with admission(places, lambda: False) as is_admitted:
            assert is_admitted
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    with admission(places, lambda: False) as is_admitted:
        assert is_admitted
        with admission(places, lambda: True) as second:
            assert not second
    assert places.acquire(blocking=False)
