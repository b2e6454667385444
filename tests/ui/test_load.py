"""Twenty users at once: each page shows what its own story led to, to the letter, and nothing of another's."""

from __future__ import annotations

import asyncio
from itertools import combinations

import pytest

from kg.graph import KnowledgeGraph
from llm.assistant import DiagnosisAssistant
from tests.ui.browsing import served
from tests.ui.load import plan_visit, visit_together
from tests.ui.toy_assistant import build_toy_assistant
from ui.app import create_server

PHRASES = ("a large zorb", "a red striped zorb", "brittle flim", "wobbling flim")
N_USERS = 20


@pytest.fixture(scope="module")
def assistant(toy_graph: KnowledgeGraph) -> DiagnosisAssistant:
    return build_toy_assistant(toy_graph)


def stories() -> list[str]:
    """Each with another set of findings, present and absent."""
    parts = [c for n in range(1, len(PHRASES) + 1) for c in combinations(PHRASES, n)]
    present = [f"Visitor {n}: {', '.join(part)}." for n, part in enumerate(parts)]
    absent = [f"{story} No {other}." for story in present for other in PHRASES if other not in story]
    return [*present, *absent][:N_USERS]


def test_twenty_users_at_once_have_their_own_answers(assistant: DiagnosisAssistant):
    visits = [plan_visit(assistant, story) for story in stories()]
    assert len({visit.expected for visit in visits}) == N_USERS
    with served(create_server(assistant)) as address:
        outcomes = asyncio.run(visit_together(address, visits))
    assert [outcome.error for outcome in outcomes] == [""] * N_USERS
    assert all(outcome.is_own for outcome in outcomes)


def test_an_answer_of_another_is_noticed(assistant: DiagnosisAssistant):
    one, other = (plan_visit(assistant, story) for story in stories()[:2])
    with served(create_server(assistant)) as address:
        (outcome,) = asyncio.run(visit_together(address, [type(one)(acts=one.acts, expected=other.expected)]))
    assert not outcome.error
    assert not outcome.is_own
