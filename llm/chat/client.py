"""HTTP to an OpenAI-compatible server: time-outs, retries, cancellation, a limit on answers at once.

The key comes from the environment and goes into one header; it is in no message and no log. Redirects are not followed,
and proxies of the environment are not used for this machine: a patient's text goes where the address says.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from dataclasses import dataclass
from threading import BoundedSemaphore, Event
from typing import TYPE_CHECKING, Any

from llm.chat.address import ServerAddress, require_client
from llm.chat.dialect import AnswerReader, ServerError, UnusableAnswerError, reason_of
from llm.chat.streaming import POLL_S, Emit, ThoughtFilter, admission, pieces_from_thread
from llm.errors import ModelError

if TYPE_CHECKING:
    import httpx
    import tenacity

KEY_NAME = "CITEDX_API_KEY"
_ATTEMPTS = 4
_LONGEST_WAIT_S = 30.0
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_MAX_BODY_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOuts:
    """How long a server is waited for, in seconds."""

    connect_s: float = 10.0
    silence_s: float = 120.0  # until the next byte of an answer; a long prompt is read before the first one
    question_s: float = 20.0  # until the next byte of what needs no model to answer
    total_s: float = 600.0  # for a whole answer, with all attempts


class CompletionsClient:
    """Asks one server.

    Args:
        address: whether it may be asked has been decided (``parse_address``).
        time_outs: see there.
        max_concurrent: answers at once; further ones wait.
        backoff_s: wait before the second attempt; doubles with each further one.
    """

    def __init__(
        self,
        address: ServerAddress,
        *,
        time_outs: TimeOuts | None = None,
        max_concurrent: int = 4,
        backoff_s: float = 0.5,
    ) -> None:
        require_client()
        self._address = address
        self._time_outs = time_outs or TimeOuts()
        self._places = BoundedSemaphore(max_concurrent)
        self._backoff_s = backoff_s

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """JSON of a short answer.

        Args:
            method: GET or POST.
            path: after the base address; ``/../x`` is beside it.
            body: of a POST.

        Raises:
            ServerError: none came, or one that is not JSON.
        """

        async def ask(emit: Emit) -> None:
            async with self._open(method, path, body, self._time_outs.question_s) as response:
                emit((await _read_body(response)).decode("utf-8", "replace"))

        text = "".join(self._run(ask, lambda: False))
        try:
            return json.loads(text)
        except ValueError as error:
            raise ServerError(f"{self._address.base_url}{path} does not answer in JSON") from error

    def stream(self, body: dict[str, Any], is_cancelled: Callable[[], bool], *, must_be_whole: bool) -> Generator[str]:
        """An answer, piece by piece.

        Args:
            body: of the request to ``/chat/completions``.
            is_cancelled: asked all the time, also while the server is silent.
            must_be_whole: an answer cut at its limit of tokens is an error.

        Raises:
            ServerError: no answer came, after retries, or it broke off.
            UnusableAnswerError: it is empty, cut or refused.
            ModelError: it cannot be read.
        """

        async def ask(emit: Emit) -> None:
            is_empty = True

            def hand_on(piece: str) -> None:
                nonlocal is_empty
                is_empty = is_empty and not piece.strip()
                if piece:
                    emit(piece)

            exchange = self._open("POST", "/chat/completions", body | {"stream": True}, self._time_outs.silence_s)
            reader, thoughts = AnswerReader(), ThoughtFilter()
            async with exchange as response:
                async for piece in _pieces(reader, response):
                    hand_on(thoughts.push(piece))
            hand_on(thoughts.end())
            _check_end(reader, is_empty=is_empty, must_be_whole=must_be_whole)

        with admission(self._places, is_cancelled) as is_admitted:
            if is_admitted:
                yield from self._run(ask, is_cancelled)

    def _run(self, ask: Callable[[Emit], Awaitable[None]], is_cancelled: Callable[[], bool]) -> Generator[str]:
        """The pieces that a request emits, in a thread with an event loop of its own: only so can a wait be ended."""

        def produce(emit: Emit, stop: Event) -> None:
            asyncio.run(_unless_stopped(self._with_retries(ask, emit), stop))

        return pieces_from_thread(produce, is_cancelled)

    async def _with_retries(self, ask: Callable[[Emit], Awaitable[None]], emit: Emit) -> None:
        """Ask again after a passing failure, but never once a piece has been handed on: it would come twice."""
        import tenacity

        has_begun = False

        def handed_on(piece: str) -> None:
            nonlocal has_begun
            has_begun = True
            emit(piece)

        attempts = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=self._wait_s,
            retry=tenacity.retry_if_exception(
                lambda e: isinstance(e, ServerError) and e.is_transient and not has_begun
            ),
            reraise=True,
        )
        try:
            async with asyncio.timeout(self._time_outs.total_s):
                await attempts(ask, handed_on)
        except TimeoutError as error:
            raise ServerError(
                f"{self._address.place} was not done after {self._time_outs.total_s:g} s: ask for less, or take a "
                "faster server"
            ) from error

    def _wait_s(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, ServerError) else 0.0
        return min(max(asked, self._backoff_s * 2.0 ** (state.attempt_number - 1)), _LONGEST_WAIT_S)

    def _open(self, method: str, path: str, body: dict[str, Any] | None, silence_s: float) -> _Exchange:
        import httpx

        is_encrypted = self._address.base_url.startswith("https:")
        client = httpx.AsyncClient(
            timeout=httpx.Timeout(silence_s, connect=self._time_outs.connect_s),
            follow_redirects=False,
            trust_env=not self._address.is_loopback,
            # Certificates that nobody asks for take 20 ms to read; a proxy of the environment may ask.
            verify=is_encrypted or not self._address.is_loopback,
        )
        return _Exchange(client, self._address, method, path, body)


class _Exchange:
    """One request and its answer, opened and closed together; failures of HTTP become errors of the project."""

    def __init__(
        self, client: httpx.AsyncClient, address: ServerAddress, method: str, path: str, body: dict[str, Any] | None
    ) -> None:
        self._client = client
        self._address = address
        self._method = method
        self._url = address.base_url + path
        self._body = body
        self._response: httpx.Response | None = None

    async def __aenter__(self) -> httpx.Response:
        import httpx

        key = _key()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            request = self._client.build_request(self._method, self._url, json=self._body, headers=headers)
            self._response = await self._client.send(request, stream=True)
            if self._response.status_code != 200:
                raise await _refusal(self._response, self._address, key)
        except httpx.RequestError as error:
            await self._close()
            raise self._explained(error) from error
        except BaseException:
            await self._close()
            raise
        return self._response

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        import httpx

        await self._close()
        if isinstance(error, httpx.RequestError):
            raise self._explained(error) from error

    async def _close(self) -> None:
        if self._response is not None:
            await self._response.aclose()
        await self._client.aclose()

    def _explained(self, error: httpx.RequestError) -> ServerError:
        import httpx

        place = self._address.place
        if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
            return ServerError(f"{place} said nothing for {self._client.timeout.read:g} s: is the server overloaded?")
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            reason = str(error) or type(error).__name__
            return ServerError(f"cannot reach {place} ({reason}): is the server running?", is_transient=True)
        return ServerError(f"{place} broke off ({type(error).__name__}): is the server running?", is_transient=True)


async def _unless_stopped(work: Awaitable[None], stop: Event) -> None:
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait({task}, timeout=POLL_S)
        if stop.is_set():
            task.cancel()
            await asyncio.wait({task})
            return
    await task


async def _pieces(reader: AnswerReader, response: httpx.Response) -> AsyncIterator[str]:
    if "json" in response.headers.get("content-type", ""):  # a server that does not stream
        if piece := reader.read(await _read_body(response)):
            yield piece
        return
    async for piece in reader.read_events(response.aiter_bytes()):
        yield piece


def _check_end(reader: AnswerReader, *, is_empty: bool, must_be_whole: bool) -> None:
    if reader.finish_reason is None:
        raise ServerError("the server's answer broke off before its end: ask again")
    if reader.finish_reason == "content_filter":
        raise UnusableAnswerError("the server's filter stopped the answer: take another server or model")
    if reader.finish_reason == "length" and must_be_whole:
        raise UnusableAnswerError("the answer was not whole at its limit of tokens: allow it more")
    if is_empty:
        raise UnusableAnswerError("the server gave an empty answer: ask again, or take another model")


async def _refusal(response: httpx.Response, address: ServerAddress, key: str) -> ServerError:
    """What a status other than 200 means, and what to do."""
    status = response.status_code
    hint = _hint(status, address)
    try:
        reason = reason_of(json.loads(await _read_body(response)))
    except ValueError:
        reason = ""
    said = f" ({reason.replace(key, '***') if key else reason})" if reason else ""
    return ServerError(
        f"{address.place} answers with HTTP {status}{said}: {hint}",
        status=status,
        is_transient=status in _TRANSIENT,
        retry_after_s=_seconds(response.headers.get("retry-after", "")),
    )


def _hint(status: int, address: ServerAddress) -> str:
    if 300 <= status < 400:
        return "it sends elsewhere, which is not followed; give the address of the server itself"
    if status in (401, 403):
        return f"set its key in the environment ({KEY_NAME})"
    if status == 404:
        return f"has it this model, and does its API begin at {address.base_url}?"
    if status == 429:
        return "too many ask it; try later"
    return "try later, and see the server's log" if status >= 500 else "it does not take the request"


async def _read_body(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise ModelError(f"the server sends more than {_MAX_BODY_BYTES} bytes: it is not read on")
    return body


def _seconds(text: str) -> float:
    """Of a Retry-After header; a date or nonsense counts as none."""
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _key() -> str:
    key = os.environ.get(KEY_NAME, "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ServerError(f"{KEY_NAME} holds characters that no key has: set it anew")
    return key
