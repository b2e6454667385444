"""Who has the next turn with the models."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ui.shared_assistant import Turns


def test_earlier_parts_come_first_and_of_these_who_came_first():
    turns, had = Turns(), []

    def wait_for(name: str, part: int) -> None:
        with turns.turn(part):
            had.append(name)

    with ThreadPoolExecutor() as pool, turns.turn(3):
        for n, (name, part) in enumerate((("c", 2), ("a", 0), ("d", 3), ("b", 0)), 1):
            pool.submit(wait_for, name, part)
            while len(turns._waiting) < n:
                time.sleep(0.001)
        assert had == []
    assert had == ["a", "b", "c", "d"]


def test_a_turn_ends_with_an_error():
    turns = Turns()
    with pytest.raises(ValueError, match="broken"), turns.turn():
        raise ValueError("broken")
    with turns.turn(1):
        pass
