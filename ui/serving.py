"""Serving a web application on this machine: security headers, the port, one line when it is ready.

Promise: every response carries the headers, and a port that cannot be had is one clear error before anything starts.
Knows nothing of Gradio or of diagnoses. Does not do TLS: put a reverse proxy in front for other machines.
"""

from __future__ import annotations

import socket

import typer
import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.errors import UsageError

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


def run(app: ASGIApp, host: str, port: int) -> None:
    """Serve until interrupted; say where, once it is ready.

    Raises:
        UsageError: the address cannot be had.
    """
    listener = listen(host, port)
    server = _Server(uvicorn.Config(app, log_level="warning", access_log=False))
    server.ready_line = f"citedx is ready at {address_of(listener)}"
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says one line when requests are answered."""

    ready_line = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            typer.echo(self.ready_line)
