"""Serving a web application on this machine: the port, loading, security headers, the size of requests.

Promise: every response carries the headers; a port that cannot be had is one clear error before anything is loaded;
while the application is loaded, ``/health`` says so; a request that is too large, brings files or comes from another
website's page is refused before it is kept; an unexpected error is one line of the log, without its words.
Knows nothing of Gradio or of diagnoses. Does not do TLS: put a reverse proxy in front for other machines.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Callable, Collection
from threading import Thread
from urllib.parse import urlsplit

import typer
import uvicorn
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.errors import UsageError
from ui.unexpected import log_unexpected

# Gradio's templates need inline and evaluated script; nothing may be loaded from, or sent to, another machine.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
UNKNOWN_HOST = "citedx does not answer to this name; where a proxy has it, start citedx with --allowed-host NAME\n"

MAX_REQUEST_BYTES = 8_000_000
"""More than the longest story and the largest upload."""


class SecurityHeaders:
    """ASGI middleware that sets the headers when a response starts, so that streams stay streams."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on; add the headers to its response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen, so that the port is ours from here on; port 0 takes a free one.

    Raises:
        UsageError: the address cannot be had (port in use, no such host, not permitted).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        # create_server repeats the address in its message: "Address already in use (while attempting to ..."
        reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
        raise UsageError(f"cannot listen on {host}:{port} ({reason}): choose another with --host and --port") from error


def address_of(listener: socket.socket) -> str:
    """Web address of a listening socket, as a user of this machine would type it."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def names_to_answer(host: str, allowed: Collection[str], *, has_password: bool) -> tuple[str, ...]:
    """The names that a server answers to: those allowed and this machine's own; empty: any.

    Any where other machines are meant to reach it or a password is asked for, which a website does not know.

    Args:
        host: address that it listens on.
        allowed: further names.
        has_password: whether it asks for one.
    """
    if not allowed and (has_password or not _is_loopback(host)):
        return ()
    return (*_LOOPBACK_NAMES, host, *allowed)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower() in _LOOPBACK_NAMES
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def run(load: Callable[[], FastAPI], host: str, port: int) -> None:
    """Serve until interrupted; say where, once it is ready.

    Args:
        load: makes the application, in a thread of its own; until it is there, requests are told to come back.
        host: address to listen on.
        port: 0 takes a free one.

    Raises:
        UsageError: the address cannot be had.
        Exception: what ``load`` raised.
    """
    listener = listen(host, port)
    server = _Server(load, f"citedx is ready at {address_of(listener)}")
    server.run(sockets=[listener])
    if server.failure is not None:
        raise server.failure


class LimitBody:
    """ASGI middleware that answers 413 to a request with a larger body, whether or not it announces its length."""

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_REQUEST_BYTES) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, as far as it is not too large."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = PlainTextResponse(f"the request is larger than {self.max_bytes // 1_000_000} MB\n", 413)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > self.max_bytes:
            await refusal(scope, receive, send)
            return
        n_bytes, is_answered = 0, False

        async def receive_some() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            return {"type": "http.disconnect"} if n_bytes > self.max_bytes else message

        async def send_unless_too_large(message: Message) -> None:
            nonlocal is_answered
            if n_bytes <= self.max_bytes:
                is_answered = True
                await send(message)

        try:
            await self.app(scope, receive_some, send_unless_too_large)
        except Exception:
            if n_bytes <= self.max_bytes:
                raise
        if n_bytes > self.max_bytes and not is_answered:
            await refusal(scope, receive, send)


class Gate:
    """ASGI middleware that refuses what neither this server's page nor a program sends.

    That is what a browser asks for another website, of which the application would not know; following a link to the
    page is no such thing. What is asked of another name, since a website can have its own name lead to this machine
    and is then no other one to the browser. Files, which the application would keep on the disk. And what it offers
    beside the page and the API.

    Args:
        app: what is behind it.
        hosts: the names that this server answers to; empty: any.
        closed: paths that are not answered.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = (), closed: re.Pattern[str] | None = None) -> None:
        self.app = app
        self.hosts = frozenset(map(str.lower, hosts))
        self.closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or refuse it."""
        app = self.app
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if self.hosts and _host_name(headers.get("host", "")) not in self.hosts:
                app = PlainTextResponse(UNKNOWN_HOST, 421)
            elif _is_for_another_site(scope, headers):
                app = PlainTextResponse("another website may not use citedx; a proxy hands on the header Host\n", 403)
            elif _may_hold_files(headers) and scope["path"].rstrip("/") != "/login":
                app = PlainTextResponse("files come with a message of the page\n", 415)
            elif self.closed and self.closed.match(scope["path"]):
                app = PlainTextResponse("not answered here\n", 404)
        await app(scope, receive, send)


def _may_hold_files(headers: Headers) -> bool:
    return headers.get("content-type", "").lower().startswith("multipart/")


def _is_for_another_site(scope: Scope, headers: Headers) -> bool:
    """By what browsers say and no page can make them say otherwise; programs say nothing."""
    if (site := headers.get("sec-fetch-site")) is not None:
        is_page = scope["path"] == "/" and scope["method"] in ("GET", "HEAD")
        is_link = is_page and headers.get("sec-fetch-mode") == "navigate"
        return site not in ("same-origin", "none") and not is_link
    origin = headers.get("origin")  # alone where a page has no TLS and another machine serves it
    if origin is None:
        return False
    own = {_host_name(headers[name]) for name in ("host", "x-forwarded-host") if name in headers}
    return urlsplit(origin).hostname not in own - {None}


def _host_name(host: str) -> str | None:
    """Of a header, without the port, in lower case."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:  # such as an unclosed bracket
        return None


class PlainErrors:
    """ASGI middleware that answers 500 to what raises an unexpected error, whose own words may quote the request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        has_begun = False

        async def send_on(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        except Exception as error:
            log_unexpected(error)
            if scope["type"] == "http" and not has_begun:
                await PlainTextResponse("something went wrong inside citedx\n", 500)(scope, receive, send)


class _Deferred:
    """Hands requests on to an application; until that is there, it says so."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is not None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope["path"])(scope, receive, send)

    def _answer(self, path: str) -> Response:
        retry = {"Retry-After": "5"}
        if path == "/health":
            return JSONResponse({"status": "loading"}, 503, retry)
        return PlainTextResponse("citedx is being loaded: reload this page in a minute\n", 503, retry)


class _Server(uvicorn.Server):
    """Listens at once, loads the application beside that, and says one line when it is there."""

    def __init__(self, load: Callable[[], FastAPI], ready_line: str) -> None:
        self._deferred = _Deferred()
        config = uvicorn.Config(SecurityHeaders(self._deferred), log_level="warning", access_log=False, lifespan="off")
        super().__init__(config)
        self.failure: Exception | None = None
        self._load = load
        self._ready_line = ready_line
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._task = asyncio.create_task(self._serve_loaded())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets=sockets)
        self._stop.set()
        if self._task is not None and self._deferred.app is not None:
            await self._task

    async def _serve_loaded(self) -> None:
        """The application's whole life, in one task: what it opens must be closed where it was opened."""
        try:
            app = await _in_daemon_thread(self._load)
            async with app.router.lifespan_context(app):
                self._deferred.app = app
                typer.echo(self._ready_line)
                await self._stop.wait()
        except Exception as error:
            self.failure, self.should_exit = error, True


async def _in_daemon_thread(function: Callable[[], FastAPI]) -> FastAPI:
    """Its result; unlike with ``asyncio.to_thread``, an interrupted program does not wait for the rest of it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[FastAPI] = loop.create_future()

    def call() -> None:
        try:
            result = function()
        except Exception as error:
            loop.call_soon_threadsafe(done.set_exception, error)
        else:
            loop.call_soon_threadsafe(done.set_result, result)

    Thread(target=call, daemon=True).start()
    return await done
