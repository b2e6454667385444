"""The page without a browser: one visitor's session over HTTP, with the requests that Gradio's page sends.

Promise: a session is opened, acts and is left as the browser does it, with its heartbeat, its queue and its growing
answers; what the page would show is at hand part by part. Runs no script of the page and draws nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from gradio_client.utils import apply_diff

from ui.app import draw, perform
from ui.protocols import Assistant
from ui.session import Consultation

Act = Mapping[str, object]
"""What a page sends: ``{"kind": "tell", "text": ...}``, ``{"kind": "mark", "id": ..., "status": ...}``."""
FINDINGS, ANSWER = 3, 5
"""Places of the findings and of the answer among the parts of the page."""
_TOKEN = re.compile(r'(?<=data-consultation=")[0-9a-f]*')


_CHIP, _ROW = '<li class="chip ', 'id="ev-'


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """How long an act took, in seconds."""

    findings_s: float | None
    """Until the number of findings was another; None where it stayed."""
    evidence_s: float | None
    """Until the number of pieces of evidence was another, which come with the claims; None where it stayed."""
    answer_s: float
    """Until nothing was being done any more: the answer with its claims, evidence, pictures and questions."""


class PageError(Exception):
    """The server refused or broke off an act."""


class PageClient:
    """One visitor; an async context manager, which opens the page and leaves it.

    Args:
        address: of the server.
        timeout_s: longest silence of the server.
    """

    def __init__(self, address: str, timeout_s: float = 120) -> None:
        self._http = httpx.AsyncClient(base_url=address, timeout=timeout_s, trust_env=False)
        self._session_hash = secrets.token_hex(6)
        self._parts: list[str] = []
        self._dependency: dict[str, Any] = {}
        self._heartbeat: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._get("/")
        config = (await self._get("/config")).json()
        (self._dependency,) = (d for d in config["dependencies"] if d["api_visibility"] == "private")
        values = {c["id"]: c["props"].get("value") for c in config["components"]}
        self._parts = [values[i] for i in self._dependency["outputs"]]
        self._heartbeat = asyncio.create_task(self._stay())
        await self.act({"kind": "open"})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        await self._http.aclose()

    @property
    def parts(self) -> tuple[str, ...]:
        """HTML of all parts; without the consultation's token, which is random."""
        return _without_token(self._parts)

    async def act(self, act: Act) -> Waited:
        """Do what a click or a message does, until it is answered.

        Raises:
            PageError: with the server's words.
        """
        start = time.perf_counter()
        await self._join(act)
        n_before, outputs = self._counts(), list[Any]()
        changed: dict[str, float] = {}
        async for sent in self._answers():
            outputs = _updated(outputs, sent)
            self._show(outputs)
            for what, n, before in zip(("findings", "evidence"), self._counts(), n_before, strict=True):
                if n != before:
                    changed.setdefault(what, time.perf_counter() - start)
        whole = time.perf_counter() - start
        return Waited(findings_s=changed.get("findings"), evidence_s=changed.get("evidence"), answer_s=whole)

    async def _join(self, act: Act) -> None:
        """Queue an act, as ``page.js`` and Gradio's script send it."""
        token = _TOKEN.search(self._parts[FINDINGS])
        body = {
            "data": [None],
            "event_data": {**act, "language": "en-GB", "consultation": token[0] if token else "", "kept": None},
            "fn_index": self._dependency["id"],
            "session_hash": self._session_hash,
            "trigger_id": self._dependency["targets"][0][0],
        }
        joined = await self._http.post("/gradio_api/queue/join", json=body)
        if joined.status_code != httpx.codes.OK:
            raise PageError(f"{joined.status_code}: {joined.text[:200]}")

    async def _answers(self) -> AsyncIterator[list[Any]]:
        """What the server sends, whenever there is more to show."""
        query = {"session_hash": self._session_hash}
        async with self._http.stream("GET", "/gradio_api/queue/data", params=query) as lines:
            async for line in lines.aiter_lines():
                message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                match message:
                    case {"msg": "unexpected_error" | "server_stopped"} | {"success": False}:
                        raise PageError(str(message))
                    case {"msg": "process_generating", "output": {"data": sent}}:
                        yield sent

    def _counts(self) -> tuple[int, int]:
        """Findings and pieces of evidence."""
        return self._parts[FINDINGS].count(_CHIP), self._parts[ANSWER].count(_ROW)

    def _show(self, outputs: list[Any]) -> None:
        for place, value in enumerate(outputs):
            if not isinstance(value, Mapping):  # an update without a value: the part stays as it is
                self._parts[place] = value

    async def _get(self, path: str) -> httpx.Response:
        return (await self._http.get(path)).raise_for_status()

    async def _stay(self) -> None:
        """The connection by which the server knows that the page is open."""
        async with self._http.stream("GET", f"/gradio_api/heartbeat/{self._session_hash}", timeout=None) as beats:
            async for _ in beats.aiter_lines():
                pass


def expected_parts(assistant: Assistant, acts: Iterable[Act]) -> tuple[str, ...]:
    """What the page shows to a single user after these acts, reckoned without a server."""
    consultation = Consultation()
    for act in acts:
        for _ in perform(assistant, consultation, {**act, "consultation": consultation.token, "language": "en-GB"}):
            pass
    return _without_token(draw(assistant, consultation))


def _without_token(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(_TOKEN.sub("", part) for part in parts)


def _updated(outputs: list[Any], sent: list[Any]) -> list[Any]:
    """The first time all is sent, later what has changed."""
    return [apply_diff(old, edits) for old, edits in zip(outputs, sent, strict=True)] if outputs else sent
