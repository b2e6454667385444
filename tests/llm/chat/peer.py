"""An OpenAI-compatible server that answers with a model, and can misbehave in all the ways that servers do.

python -m tests.llm.chat.peer FOLDER PORT
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from llm.chat.protocol import ChatModel, Message, Role
from llm.errors import ModelError

Send = Callable[[dict[str, Any]], Awaitable[None]]
Behaviour = Callable[[Send, dict[str, Any]], Awaitable[None]]

NOTE = {
    "type": "object",
    "properties": {"note": {"type": "string", "maxLength": 4}},
    "required": ["note"],
    "additionalProperties": False,
}


@dataclass
class Asked:
    """One request."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Peer:
    """The server's behaviour, and what it was asked."""

    model: ChatModel | None = None
    keeps: tuple[str, ...] = ("json_schema", "json_object")  # response formats that it keeps
    refuses: dict[str, int] = field(default_factory=dict)  # response formats -> status with which it refuses them
    listed: Any = field(default_factory=lambda: {"object": "list", "data": [{"id": "tiny", "max_model_len": 4096}]})
    models_status: int = 200
    n_tokens: int | None = None  # what /tokenize counts; None: it is not there
    most_tokens: int = 64  # of an answer that is held to a schema
    script: list[Behaviour] = field(default_factory=list)  # for the next answers; then the model's own
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    address: str = ""
    _at_once: int = 0

    @property
    def answers_asked(self) -> list[dict[str, Any]]:
        """Bodies of the requests for answers."""
        return [a.body for a in self.asked if a.path.endswith("/chat/completions")]

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _received(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append(Asked(scope["path"], headers, body))
        match scope["path"]:
            case "/v1/models":
                await reply_json(self.listed, status=self.models_status)(send, body)
            case "/tokenize" if self.n_tokens is not None:
                await reply_json({"count": self.n_tokens, "max_model_len": 1024, "tokens": []})(send, body)
            case "/v1/chat/completions":
                await self._counted(send, body)
            case _:
                await reply_json({"detail": "Not Found"}, status=404)(send, body)

    async def _counted(self, send: Send, body: dict[str, Any]) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            kind = body.get("response_format", {}).get("type", "")
            if self.script:
                await self.script.pop(0)(send, body)
            elif kind in self.refuses:
                await reply_json({"error": {"message": f"{kind} unknown"}}, status=self.refuses[kind])(send, body)
            else:
                await self._answer(kind if kind in self.keeps else "")(send, body)
        finally:
            self._at_once -= 1

    def _answer(self, kind: str) -> Behaviour:
        async def behave(send: Send, body: dict[str, Any]) -> None:
            assert self.model is not None
            messages = [Message(role=Role(m["role"]), text=m["content"]) for m in body["messages"]]
            schema = {"json_object": NOTE, "json_schema": body.get("response_format", {}).get("json_schema", {})}.get(
                kind
            )
            schema = schema.get("schema", schema) if schema else None
            n_tokens = min(body["max_tokens"], self.most_tokens) if schema else 8
            pieces, finish = await asyncio.to_thread(
                _spoken, self.model.reply(messages, schema=schema, max_tokens=n_tokens)
            )
            await say(*pieces, finish=finish)(send, body)

        return behave


def _spoken(pieces: Iterator[str]) -> tuple[list[str], str]:
    """What a model says, and how it ended: one that is not done when its tokens are used up broke off."""
    said: list[str] = []
    try:
        said.extend(pieces)
    except ModelError:
        return said, "length"
    return said, "stop"


@contextmanager
def serving(peer: Peer) -> Iterator[Peer]:
    """Run it on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(peer, host="127.0.0.1", port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    peer.address = f"http://127.0.0.1:{port}/v1"
    try:
        yield peer
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


def say(*pieces: str, finish: str | None = "stop", done: bool = True) -> Behaviour:
    """A stream of these pieces."""

    async def behave(send: Send, body: dict[str, Any]) -> None:
        events = [event({"role": "assistant", "content": ""}), *(event({"content": piece}) for piece in pieces)]
        events += [event({}, finish)] if finish else []
        await stream(*events, *([b"data: [DONE]\n\n"] if done else []))(send, body)

    return behave


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """A chunk of an answer, as it goes over the wire."""
    chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


def stream(*chunks: bytes, breaks: bool = False, hangs: bool = False) -> Behaviour:
    """These bytes as server-sent events; then the end, a broken connection, or silence."""

    async def behave(send: Send, body: dict[str, Any]) -> None:
        await _start(send, 200, {"content-type": "text/event-stream"})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if hangs:
            await asyncio.sleep(60)
        if not breaks:  # a handler that returns too early breaks the connection
            await send({"type": "http.response.body", "body": b""})

    return behave


def reply_json(content: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Behaviour:
    """A whole answer in JSON."""

    async def behave(send: Send, body: dict[str, Any]) -> None:
        await _start(send, status, {"content-type": "application/json"} | (headers or {}))
        await send({"type": "http.response.body", "body": json.dumps(content).encode()})

    return behave


async def hang(send: Send, body: dict[str, Any]) -> None:
    """Takes the request and says nothing."""
    await asyncio.sleep(60)


def slowly(behaviour: Behaviour, wait_s: float = 0.3) -> Behaviour:
    """The same, a little later."""

    async def behave(send: Send, body: dict[str, Any]) -> None:
        await asyncio.sleep(wait_s)
        await behaviour(send, body)

    return behave


async def _start(send: Send, status: int, headers: dict[str, str]) -> None:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def _received(receive: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
    content = b""
    while True:
        message = await receive()
        content += message.get("body", b"")
        if not message.get("more_body"):
            return json.loads(content) if content else {}


if __name__ == "__main__":
    from llm.chat.local import LocalChatModel

    model = LocalChatModel.load(sys.argv[1])
    listed = {"object": "list", "data": [{"id": "tiny", "max_model_len": model.context_size}]}
    uvicorn.run(
        Peer(model, listed=listed, most_tokens=model.context_size),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        lifespan="off",
    )
