"""Guessing the password, and logging out.

Promise: after so many wrong passwords from one address none from there is looked at for a while; counts are in memory
and hold addresses alone; who is logged in already is not touched, nor by another's logging out. An address is the
client's, or what a trusted proxy says it is (uvicorn's ``FORWARDED_ALLOW_IPS``).
"""

from __future__ import annotations

import math
import time
from collections import Counter

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WRONG_PASSWORDS = parse("20 per 10 minutes")
LOGIN_NOTE = (
    f"After {WRONG_PASSWORDS.amount} wrong passwords within ten minutes an address is locked out until the oldest of "
    "them is ten minutes old."
)
_REFUSED = (400, 401)  # Gradio's log-in and ``/metrics``


class LimitGuesses:
    """ASGI middleware that answers 429 to a password from an address that has sent too many wrong ones."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._looked_at: Counter[str] = Counter()  # passwords sent at the same moment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on; count it if its password turns out to be wrong."""
        if scope["type"] != "http" or not _brings_password(scope):
            await self.app(scope, receive, send)
            return
        address = scope["client"][0] if scope.get("client") else ""
        if self._limiter.get_window_stats(WRONG_PASSWORDS, address).remaining <= self._looked_at[address]:
            await self._refusal(address)(scope, receive, send)
            return

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _REFUSED:
                self._limiter.hit(WRONG_PASSWORDS, address)
            await send(message)

        self._looked_at[address] += 1
        try:
            await self.app(scope, receive, send_counted)
        finally:
            self._looked_at -= Counter([address])  # addresses without one are forgotten

    def _refusal(self, address: str) -> PlainTextResponse:
        left = self._limiter.get_window_stats(WRONG_PASSWORDS, address).reset_time - time.time()
        seconds = max(1, math.ceil(left))
        return PlainTextResponse(
            f"too many wrong passwords from here: try again in {math.ceil(seconds / 60)} min\n",
            429,
            {"Retry-After": str(seconds)},
        )


class LogOutHere:
    """ASGI middleware: who logs out leaves the others in, who have the same name; Gradio's own would end all."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if scope["type"] == "http" and scope["path"].rstrip("/") == "/logout":
            scope = {**scope, "query_string": b"all_session=false"}
        await self.app(scope, receive, send)


def _brings_password(scope: Scope) -> bool:
    path = scope["path"].rstrip("/")
    is_login = scope["method"] == "POST" and path == "/login"
    return is_login or (path == "/metrics" and "authorization" in Headers(scope=scope))
