"""What the server still knows of pages that were closed."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from tests.ui.browsing import served
from tests.ui.fakes import FakeAssistant
from tests.ui.page_client import FINDINGS, PageClient
from ui.app import create_server
from ui.retention import KEPT_S, MAX_CLOSED, SessionStore

N_LATER = MAX_CLOSED + 5


@pytest.fixture
def server() -> FastAPI:
    return create_server(FakeAssistant())


def store_of(server: FastAPI) -> SessionStore:
    store = server.routes[-1].app.state_holder
    assert isinstance(store, SessionStore)
    return store


def text_of(store: SessionStore) -> str:
    """All that is kept in words: of the consultations and of what pages showed."""
    return repr([(session.state_data, session.config_values) for session in store.session_data.values()])


async def until(is_so) -> None:
    """Gradio looks once a second."""
    for _ in range(100):
        if is_so():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it is not so after ten seconds")


def test_closed_pages_are_forgotten_and_an_open_one_is_not(server: FastAPI):
    store = store_of(server)

    async def visits(address: str) -> None:
        async with PageClient(address) as staying:
            await staying.act({"kind": "tell", "text": "Scoliosis of the one who stays."})
            for n in range(N_LATER):
                async with PageClient(address) as user:
                    await user.act({"kind": "tell", "text": f"Seizures of visitor {n}."})
            await until(lambda: len(store.session_data) == MAX_CLOSED + 1)
            kept = text_of(store)
            assert "visitor 0." not in kept
            assert f"visitor {N_LATER - 1}." in kept
            await staying.act({"kind": "mark", "id": "HP:0001250", "status": "present"})
            assert "the one who stays" in staying.parts[1]
            assert staying.parts[FINDINGS].count('class="chip ') == 2

    with served(server) as address:
        asyncio.run(visits(address))


def test_a_page_that_was_closed_long_ago_is_forgotten(server: FastAPI):
    store = store_of(server)

    async def visit(address: str) -> None:
        async with PageClient(address) as user:
            await user.act({"kind": "tell", "text": "Seizures of a visitor."})
            for key in store.time_last_used:
                store.time_last_used[key] -= timedelta(seconds=KEPT_S + 1)
            time.sleep(1.5)
            assert len(store.session_data) == 1  # open, though long unused
        await until(lambda: not store.session_data)

    with served(server) as address:
        asyncio.run(visit(address))


def test_calls_of_the_api_are_forgotten(server: FastAPI):
    store = store_of(server)
    with served(server) as address:
        for _ in range(N_LATER):
            call = {"data": ["Seizures.", "", "", "", 1, ""]}
            job = httpx.post(f"{address}/gradio_api/call/diagnose", json=call).json()["event_id"]
            assert "event: complete" in httpx.get(f"{address}/gradio_api/call/diagnose/{job}").text
        asyncio.run(until(lambda: len(store.session_data) <= MAX_CLOSED))


def test_calls_of_the_api_push_no_page_out():
    store, now = SessionStore(), datetime.now()
    page = SimpleNamespace(is_closed=True, state_data={"consultation": 1})
    calls = {f"call {n}": SimpleNamespace(is_closed=False, state_data={}) for n in range(N_LATER)}
    store.session_data = {"page": page, **calls}
    store.time_last_used = dict.fromkeys(store.session_data, now)
    store.delete_all_expired_state()
    assert "page" in store.session_data
    assert len(store.session_data) == 1 + MAX_CLOSED
