"""Who has the next turn with the models."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from kg.schema import Finding
from tests.ui.fakes import FakeAssistant
from ui.shared_assistant import SharedAssistant, Turns

SEIZURE = Finding(term_id="HP:0001250", label="Seizure")


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


def test_others_have_their_turn_between_the_parts_of_an_answer_and_while_a_model_reads():
    class Reading(FakeAssistant):
        def read_again(self, differential, reader):
            is_reading.set()
            assert is_done.wait(30)
            return differential

    is_reading, is_done = Event(), Event()
    shared = SharedAssistant(Reading())
    parts = shared.weigh([SEIZURE])
    first = next(parts)
    with ThreadPoolExecutor() as pool:
        assert pool.submit(shared.find_statements, "Scoliosis.").result(timeout=30)
        reads = pool.submit(shared.read_again, first, None)
        assert is_reading.wait(30)
        assert pool.submit(shared.find_statements, "Scoliosis.").result(timeout=30)
        assert not reads.done()
        is_done.set()
    assert reads.result() is first
    assert len(list(parts)) > 0
