"""``citedx mcp``: the assistant as tools of the Model Context Protocol, over standard input and output.

Promise: the tools are listed at once, while the assistant is still being loaded; a failing call is a tool error of one
line; nothing but the protocol is written to standard output. The client decides where a story comes from and where an
answer goes: this process sends nothing anywhere. Needs the ``mcp`` extra; import lazily.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from functools import wraps
from importlib.metadata import version
from threading import Thread
from typing import Any

from pydantic import ValidationError

from kg.errors import NotReadyError, how_to_install
from ui.answering import one_line
from ui.protocols import Assistant
from ui.shared_assistant import SharedAssistant
from ui.tools import Tools

try:
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp_types import ToolAnnotations
except ImportError:
    raise NotReadyError(f"citedx mcp needs the package mcp, 2.0 or newer: {how_to_install('mcp')}") from None

INSTRUCTIONS = (
    "citedx ranks rare diseases for a patient's findings and cites a source for every statement. Decision support for "
    "professionals, not a medical device. Cite the evidence (E1, E2 ...) with its reference when you repeat a claim, "
    "and say so where the answer abstains. Leave out names, dates and addresses of patients."
)


class _Server(MCPServer[Any]):
    """Says what is wrong with the arguments of a call in one line, without their values."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """As the package does."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            first = error.__cause__.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ToolError(f"Error executing tool {name}: {where}: {first['msg']}") from None


def create_mcp_server(load: Callable[[], Assistant], begin: Callable[[], object] = lambda: None) -> MCPServer[Any]:
    """The server with its seven tools.

    Args:
        load: gives the assistant; called for each tool call.
        begin: called when the server listens, and standard output is the protocol's alone.
    """

    @asynccontextmanager
    async def lifespan(_: MCPServer[Any]) -> AsyncIterator[None]:
        begin()
        yield

    server = _Server(
        "citedx",
        title="citedx",
        description="Differential diagnosis in which every statement cites its evidence, of rare and common diseases.",
        instructions=INSTRUCTIONS,
        version=version("citedx"),
        lifespan=lifespan,
        log_level="ERROR",  # below, the package tells of the errors of calls, which may quote the patient
    )
    reads_only = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    for function in Tools(load).functions:
        server.add_tool(_tool(function), annotations=reads_only)
    return server


def serve_mcp(load: Callable[[], Assistant]) -> None:
    """Serve until the client closes standard input; the assistant is loaded meanwhile."""
    loaded: Future[Assistant] = Future()

    def load_once() -> None:
        try:
            loaded.set_result(SharedAssistant(load()))
        except Exception as error:
            loaded.set_exception(error)

    # A daemon, unlike the threads of a pool: a client that goes before the graph is built waits for nothing.
    create_mcp_server(loaded.result, Thread(target=load_once, daemon=True).start).run("stdio")


def _tool(function: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A function for programs, with its errors as the protocol shows them: one line."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            raise ToolError(one_line(error)) from None

    return call
