"""``/health`` and ``/metrics``: whether the server answers, how often, how fast; for load balancers and Prometheus.

Promise: numbers and versions only. No label holds a path, an address, a user or anything of a patient. ``/health`` is
open to all; ``/metrics`` asks for the same name and password as the page, where there is one.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from llm.schema import Differential
from ui.protocols import Assistant

_METHODS = ("GET", "HEAD", "POST")
_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """The numbers of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.answers = Counter(
            "citedx_answers", "Differentials asked for, by what came of them", ["outcome"], registry=self.registry
        )
        self.seconds = Histogram(
            "citedx_answer_seconds", "Time to a differential", buckets=_SECONDS, registry=self.registry
        )
        self.requests = Counter(
            "citedx_http_requests", "HTTP requests, by method and status", ["method", "status"], registry=self.registry
        )
        self.queue = Gauge("citedx_queue_length", "Messages and calls that wait for their turn", registry=self.registry)
        for outcome in ("answered", "abstained", "stopped", "failed"):
            self.answers.labels(outcome)
        ProcessCollector(registry=self.registry)  # memory, processor time, open files

    def measured(self, parts: Iterator[Differential]) -> Iterator[Differential]:
        """The same answer as it grows, counted and timed."""
        outcome, start = "failed", time.perf_counter()
        try:
            for part in parts:
                outcome = "stopped"  # unless it is taken to its end
                yield part
                outcome = "abstained" if part.abstained else "answered"
        except Exception:
            outcome = "failed"
            raise
        finally:
            self.seconds.observe(time.perf_counter() - start)
            self.answers.labels(outcome).inc()


class MeasuredAssistant:
    """An assistant whose answers are counted; in all else the assistant itself.

    Args:
        assistant: answers.
        metrics: counts.
    """

    def __init__(self, assistant: Assistant, metrics: Metrics) -> None:
        self._assistant = assistant
        self._metrics = metrics

    def weigh(self, *args: Any, **kwargs: Any) -> Iterator[Differential]:
        """See ``ui.protocols.Assistant``."""
        return self._metrics.measured(self._assistant.weigh(*args, **kwargs))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assistant, name)


class CountRequests:
    """ASGI middleware that counts responses."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on; count its response when that starts."""

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = scope["method"] if scope["method"] in _METHODS else "other"
                self.metrics.requests.labels(method, str(message["status"])).inc()
            await send(message)

        await self.app(scope, receive, send_counted if scope["type"] == "http" else send)


def add_monitoring(
    server: FastAPI, metrics: Metrics, versions: Mapping[str, str], auth: tuple[str, str] | None
) -> None:
    """Add both endpoints; before anything is mounted at the root, which would take all paths.

    Args:
        server: gets them.
        metrics: of the server.
        versions: what makes the answers.
        auth: name and password that ``/metrics`` asks for.
    """

    def require_user(given: Annotated[HTTPBasicCredentials | None, Depends(HTTPBasic(auto_error=False))]) -> None:
        if auth is None:
            return
        said = f"{given.username}:{given.password}" if given else ""
        if not secrets.compare_digest(said.encode(), ":".join(auth).encode()):
            raise HTTPException(401, "name and password, please", {"WWW-Authenticate": "Basic"})

    @server.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "ready", "versions": dict(versions)}

    @server.get("/metrics", dependencies=[Depends(require_user)])
    def numbers() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
