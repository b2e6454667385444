"""Where a server is, and whether a patient's text may go there.

Loopback means an address of this machine in its full form; every other spelling, also one that a resolver would take
for loopback (``127.1``, ``2130706433``), counts as elsewhere. The address is read by the parser that later dials it.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import re
import socket
from dataclasses import dataclass

from kg.errors import NotReadyError, UsageError
from llm.chat.constrained import INSTALL_HINT
from llm.errors import ModelError

KEY_HINT = "a key is read from the environment (CITEDX_API_KEY)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """An OpenAI-compatible server, and which of its models is meant."""

    base_url: str  # such as http://127.0.0.1:8000/v1; no slash at its end
    place: str  # host and port, for messages
    model: str | None  # None: the only one that it serves
    is_loopback: bool


class AddressError(ModelError, UsageError):
    """An address that is none, or that patients' text may not go to: wrong use, before any server is asked."""


def parse_address(text: str, *, may_leave_machine: bool = False) -> ServerAddress:
    """Read ``http://HOST:PORT/v1`` or ``http://HOST:PORT/v1#MODEL``.

    Args:
        text: the address; without a path, ``/v1`` is meant.
        may_leave_machine: whether a patient's text may go to another machine.

    Raises:
        NotReadyError: httpx is not installed.
        AddressError: it is no address, holds a user name, password or query, or is not loopback.
    """
    require_client()
    import httpx

    try:
        url = httpx.URL(text)
        host, place = url.host, url.netloc.decode("ascii")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise AddressError(
            "the server's address cannot be read: it should look like http://127.0.0.1:8000/v1"
        ) from error
    if url.scheme not in ("http", "https") or not host:
        raise AddressError(f"the server's address begins with http:// or https:// and a host, not with {url.scheme}:")
    if url.userinfo or url.query:
        raise AddressError(f"the server's address must hold no user name, password or query: {KEY_HINT}")
    if not re.fullmatch(r"[\w.:%-]+", host) or not 0 < (url.port or 80) < 65536:
        raise AddressError("the server's address cannot be read: its host or its port is none")
    is_loopback = _is_loopback(host)
    if not is_loopback and not may_leave_machine:
        raise AddressError(
            f"{place} is not an address of this machine, and patients' text may not leave it: take http://127.0.0.1:PORT"
            "/v1, or allow it (--may-leave-machine)"
        )
    path = url.path.rstrip("/") or "/v1"
    return ServerAddress(
        base_url=f"{url.scheme}://{place}{path}", place=place, model=url.fragment or None, is_loopback=is_loopback
    )


def looks_like_address(name: str) -> bool:
    """Whether a model's name is an address, with or without ``http://``."""
    return "://" in name or re.match(r"(localhost|[\w.-]+:\d+|\[[\da-fA-F:]+\])(:\d+)?(/|$)", name) is not None


def require_client() -> None:
    """Raises NotReadyError: a package that speaks to servers is not installed."""
    missing = [name for name in ("httpx", "tenacity") if importlib.util.find_spec(name) is None]
    if missing:
        raise NotReadyError(f"a language model on a server needs {' and '.join(missing)}: {INSTALL_HINT}")


def _is_loopback(host: str) -> bool:
    if host == "localhost":  # by RFC 6761 loopback, and by a hosts file anything
        return all(_is_loopback(found) for found in _resolved(host))
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def _resolved(host: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise ModelError(f"{host} has no address on this machine: write 127.0.0.1") from error
