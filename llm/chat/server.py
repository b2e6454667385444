"""A language model on an OpenAI-compatible server: vLLM, TGI, Ollama, llama.cpp and others.

Servers take a schema and ignore it without a word. Each is therefore asked once whether it truly keeps one: with an
enum of a single random word that the prompt does not name. What the probe sees decides how answers are asked for, and
``rung`` says which way was gone; what comes is checked all the same, by whoever reads it.
"""

from __future__ import annotations

import json
import math
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Semaphore
from typing import Any

from llm.chat.address import ServerAddress, parse_address
from llm.chat.client import CompletionsClient, TimeOuts
from llm.chat.dialect import ServerError, UnusableAnswerError
from llm.chat.protocol import JsonSchema, Message, Rung
from llm.chat.streaming import admission
from llm.errors import ModelError

DEFAULT_CONTEXT_SIZE = 4096
"""Tokens, where neither user nor server names a number: Ollama's own default, beyond which it cuts prompts unasked."""

TEMPLATE_TOKENS = 64
"""More than the system prompt has that chat templates add where there is none."""
TURN_TOKENS = 16
"""More than a template puts around a turn."""

_LADDER = (Rung.JSON_SCHEMA, Rung.JSON_OBJECT, Rung.PLAIN)
_PROBE_TOKENS = 512  # for a word; a model that thinks first needs more
_WORD = re.compile(r" ?[A-Z]?[a-z]+")  # a space before a word belongs to it
_CONTROL_TOKEN = re.compile(r"<(?=\|[^|<>\n]{1,40}\|>|/?s>|(?:start|end)_of_turn>)|\[(?=/?INST\])|<(?=</?SYS>>)")


class ServerChatModel:
    """A model behind an address.

    Args:
        address: see ``parse_address``, which refuses what is not loopback unless it is allowed.
        context_size: tokens that prompt and answer may have together; default: what the server says, else
            ``DEFAULT_CONTEXT_SIZE``. Set it where an Ollama server runs with more.
        time_outs: see there.
        max_concurrent: answers at once; further ones wait.
        backoff_s: wait before the second attempt; doubles with each further one.

    Raises:
        NotReadyError: httpx or tenacity is not installed.
        ModelError: the server does not answer, serves several models or none and the address names none, or was
            started for fewer tokens.
    """

    def __init__(
        self,
        address: ServerAddress,
        *,
        context_size: int | None = None,
        time_outs: TimeOuts | None = None,
        max_concurrent: int = 4,
        backoff_s: float = 0.5,
    ) -> None:
        self._client = CompletionsClient(
            address, time_outs=time_outs, max_concurrent=max_concurrent, backoff_s=backoff_s
        )
        served = self._served_models(is_needed=address.model is None)
        self._name = address.model or _only_name(served, address)
        self.identity = f"{self._name} ({address.place})"
        entry = next((m for m in served if m["id"] == self._name), {})
        self.context_size = _context_size(context_size, _told_context_size(entry), self.identity)
        self._can_tokenize = entry.get("owned_by") == "vllm" and address.base_url.endswith("/v1")
        self._kept: Rung | None = None
        self._probing = Semaphore(1)
        self.rung = Rung.PLAIN  # until an answer came; of several answers at once, of the last

    @classmethod
    def connect(
        cls, url: str, *, may_leave_machine: bool = False, context_size: int | None = None, max_concurrent: int = 4
    ) -> ServerChatModel:
        """At ``http://HOST:PORT/v1`` or ``...#MODEL``. Raises ModelError, NotReadyError: see ``parse_address``."""
        address = parse_address(url, may_leave_machine=may_leave_machine)
        return cls(address, context_size=context_size, max_concurrent=max_concurrent)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt: as vLLM counts them, and for other servers an upper bound."""
        if self._can_tokenize:
            try:
                body = {"model": self._name, "messages": _told(messages)}
                return int(self._client.request("POST", "/../tokenize", body)["count"])
            except (ServerError, LookupError, TypeError, ValueError):
                self._can_tokenize = False  # behind a gateway that hides it; the bound holds all the same
        return most_tokens(messages)

    def reply(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int = 1024,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[str]:
        """The answer, piece by piece; prose that reaches ``max_tokens`` ends there.

        The messages go as they are: where the server keeps no schema, they have to say what is wanted.

        Raises:
            ModelError: the prompt and ``max_tokens`` do not fit into the context; the server does not answer, breaks
                off, or its answer is empty, refused or, in a schema, cut.
        """
        n_prompt = self.count_tokens(messages)
        if n_prompt + max_tokens > self.context_size:
            raise ModelError(
                f"the prompt has up to {n_prompt} tokens and the answer may have {max_tokens}, and {self.identity} "
                f"reads {self.context_size} together: show less evidence, or name the server's context size if it is "
                "larger"
            )
        body = {"model": self._name, "messages": _told(messages), "max_tokens": max_tokens, "temperature": 0.0}
        if schema is None:
            yield from self._client.stream(body, is_cancelled, must_be_whole=False)
            return
        kept = self._kept_rung(is_cancelled)
        if kept is not None:
            yield from self._descend(kept, body, schema, is_cancelled)

    def _descend(
        self, kept: Rung, body: dict[str, Any], schema: JsonSchema, is_cancelled: Callable[[], bool]
    ) -> Iterator[str]:
        """From the surest rung that the server keeps to the first that takes this schema."""
        for rung in _LADDER[_LADDER.index(kept) :]:
            pieces = self._client.stream(body | _response_format(rung, schema), is_cancelled, must_be_whole=True)
            try:
                for piece in pieces:
                    self.rung = rung
                    yield piece
                return
            except ServerError as error:
                if rung is Rung.PLAIN or not _is_about_format(error):
                    self._kept = None if rung is Rung.PLAIN else self._kept  # a sick server fails its probe too
                    raise
            finally:
                pieces.close()

    def _kept_rung(self, is_cancelled: Callable[[], bool]) -> Rung | None:
        """What the server keeps, probed once; None if the answer is no longer wanted."""
        with admission(self._probing, is_cancelled) as is_admitted:
            if is_admitted and self._kept is None:
                self._kept = self._probe(is_cancelled)
            return self._kept if not is_cancelled() else None

    def _probe(self, is_cancelled: Callable[[], bool]) -> Rung | None:
        word = secrets.token_hex(4)
        schema = {
            "type": "object",
            "properties": {"word": {"type": "string", "enum": [word]}},
            "required": ["word"],
            "additionalProperties": False,
        }
        if self._try(Rung.JSON_SCHEMA, schema, "Say any word.", is_cancelled) == {"word": word}:
            return Rung.JSON_SCHEMA
        if isinstance(self._try(Rung.JSON_OBJECT, {}, "Say any word, as JSON.", is_cancelled), dict):
            return Rung.JSON_OBJECT
        return None if is_cancelled() else Rung.PLAIN

    def _try(self, rung: Rung, schema: JsonSchema, question: str, is_cancelled: Callable[[], bool]) -> object:
        """What a short question is answered with, read as JSON; None where it is refused or no JSON comes."""
        body = {
            "model": self._name,
            "messages": [{"role": "user", "content": question}],
            "max_tokens": min(_PROBE_TOKENS, self.context_size // 2),
            "temperature": 0.0,
        }
        pieces = self._client.stream(body | _response_format(rung, schema), is_cancelled, must_be_whole=True)
        try:
            return json.loads("".join(pieces))
        except ServerError as error:
            if not _is_about_format(error):
                raise
        except (UnusableAnswerError, ValueError, RecursionError):
            pass
        return None

    def _served_models(self, *, is_needed: bool) -> list[dict[str, Any]]:
        """What ``/models`` lists; a server without it is no fault where the model's name is known."""
        try:
            listed = self._client.request("GET", "/models")
        except ServerError as error:
            if is_needed or error.status in (None, 401, 403):
                raise
            return []
        entries = listed.get("data") if isinstance(listed, dict) else None
        return [m for m in entries or [] if isinstance(m, dict) and isinstance(m.get("id"), str)]


def most_tokens(messages: Sequence[Message]) -> int:
    """An upper bound on the tokens of a prompt for a server that does not count them.

    A tokenizer has at most one token for two letters of a word that stands in a text of its language. Everything else
    (capitals as in gene symbols, digits, signs, other scripts) may be one token a byte in byte-level vocabularies, and
    ids such as ``HP:0001250`` are. A template adds ``TURN_TOKENS`` a turn and ``TEMPLATE_TOKENS`` once, at most.
    Letters in no language's order can have more: the server itself refuses a prompt that is too long, or cuts it.
    """
    return TEMPLATE_TOKENS + sum(TURN_TOKENS + _most_tokens_of(message.text) for message in messages)


def _most_tokens_of(text: str) -> int:
    words = _WORD.findall(text)
    rest = _WORD.sub("", text)
    return sum(math.ceil(len(word.lstrip()) / 2) for word in words) + len(rest.encode("utf-8", "replace"))


def _told(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as the dialect has them; what a template may take for a control token is broken up.

    Which tokens steer a server's model is not known here, so those of the common templates are: a text from outside
    must not begin a turn of its own.
    """
    return [{"role": m.role.value, "content": _CONTROL_TOKEN.sub(r"\g<0> ", m.text)} for m in messages]


def _response_format(rung: Rung, schema: JsonSchema) -> dict[str, Any]:
    if rung is Rung.JSON_SCHEMA:
        named = {"name": "answer", "schema": dict(schema), "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    return {"response_format": {"type": "json_object"}} if rung is Rung.JSON_OBJECT else {}


def _is_about_format(error: ServerError) -> bool:
    """Whether a request may have failed for its response format: refused, or unknown in a way that breaks a server."""
    return error.status in (400, 415, 422, 500, 501)


def _only_name(served: list[dict[str, Any]], address: ServerAddress) -> str:
    names = [str(m["id"]) for m in served]
    if len(names) == 1:
        return names[0]
    if names:
        listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        raise ModelError(f"{address.place} serves several models ({listed}): name one, {address.base_url}#{names[0]}")
    raise ModelError(f"{address.place} does not list its models: name the one to ask, {address.base_url}#NAME")


def _told_context_size(entry: Mapping[str, Any]) -> int | None:
    """Tokens for which the server was started, as vLLM and SGLang, LM Studio, Groq, and llama.cpp say it."""
    meta = entry.get("meta")
    told = [entry.get(name) for name in ("max_model_len", "loaded_context_length", "context_window")]
    told.append(meta.get("n_ctx") if isinstance(meta, dict) else None)
    return next((n for n in told if isinstance(n, int) and n > 0), None)


def _context_size(asked: int | None, told: int | None, identity: str) -> int:
    if asked is None:
        return told or DEFAULT_CONTEXT_SIZE
    if told is not None and asked > told:
        raise ModelError(f"{identity} was started for {told} tokens, not for {asked}: ask for fewer")
    return asked
