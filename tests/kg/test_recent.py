"""Results are made once, and only the latest are kept."""

from __future__ import annotations

import pickle

from kg.recent import Recent


def test_the_latest_results_are_made_once():
    recent, made = Recent[str, str](2), []

    def ask(key: str) -> str:
        return recent.get(key, lambda: made.append(key) or key.upper())

    assert [ask(key) for key in "aabbab"] == list("AABBAB")
    assert made == ["a", "b"]
    assert ask("c") == "C"
    assert [ask(key) for key in "bca"] == ["B", "C", "A"]
    assert made == ["a", "b", "c", "a"]


def test_a_copy_begins_empty():
    recent = Recent[str, int](1)
    assert recent.get("a", lambda: 1) == 1
    assert pickle.loads(pickle.dumps(recent)).get("a", lambda: 2) == 2  # noqa: S301 - our own bytes
