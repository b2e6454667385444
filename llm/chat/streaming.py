"""Pieces of an answer from a thread, so that whoever waits for them can always stop.

A forward pass of a large model and a silent server both hold the thread that waits for them. The work is therefore
done in a thread of its own; the caller looks every few hundredths of a second whether the answer is still wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Event, Semaphore, Thread

POLL_S = 0.05

Emit = Callable[[str], None]
Producer = Callable[[Emit, Event], None]


def pieces_from_thread(produce: Producer, is_cancelled: Callable[[], bool]) -> Generator[str]:
    """What a producer emits, as it comes, until it ends or is no longer wanted.

    The thread has ended when the iterator has, also when it is closed before its end: nothing goes on unseen.

    Args:
        produce: called in a thread with a function that takes a piece, and an event that asks it to stop early.
        is_cancelled: asked before every piece and while none comes.

    Raises:
        Exception: what the producer raised.
    """
    queue: SimpleQueue[str | Exception | None] = SimpleQueue()
    stop = Event()

    def run() -> None:
        try:
            produce(queue.put, stop)
        except Exception as error:
            queue.put(error)
        else:
            queue.put(None)

    thread = Thread(target=run, name="chat-model", daemon=True)
    thread.start()
    try:
        while not is_cancelled():
            try:
                item = queue.get(timeout=POLL_S)
            except Empty:
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        stop.set()
        thread.join()


@contextmanager
def admission(places: Semaphore, is_cancelled: Callable[[], bool]) -> Iterator[bool]:
    """Wait for one of the places; False where the answer was no longer wanted before one was free."""
    is_admitted = False
    try:
        while not is_admitted and not is_cancelled():
            is_admitted = places.acquire(timeout=POLL_S)
        yield is_admitted
    finally:
        if is_admitted:
            places.release()


def until_marker(pieces: Iterator[str], markers: Sequence[str]) -> Iterator[str]:
    """The pieces up to the first of some markers; what may be the beginning of one is held back."""
    held = ""
    keep = max(len(marker) for marker in markers) - 1
    for piece in pieces:
        held += piece
        found = [at for at in (held.find(marker) for marker in markers) if at >= 0]
        if found:
            held = held[: min(found)]
            break
        if len(held) > keep:
            yield held[: len(held) - keep]
            held = held[len(held) - keep :]
    if held:
        yield held


class IncrementalText:
    """Tokens to text, piece by piece; the pieces together are the text of all tokens.

    A character can be spread over tokens, and many tokenizers drop the space before the first token of a text. Both are
    seen only from the tokens before, so the last whole piece is decoded again with each new token (as vLLM does).

    Args:
        decode: tokens -> text.
    """

    def __init__(self, decode: Callable[[list[int]], str]) -> None:
        self._decode = decode
        self._before: list[int] = []
        self._open: list[int] = []

    def push(self, token: int) -> str:
        """The text that is certain after one more token; empty while a character is not whole."""
        self._open.append(token)
        before, text = self._decode(self._before), self._decode(self._before + self._open)
        if text.endswith("\N{REPLACEMENT CHARACTER}"):
            return ""
        self._before, self._open = self._open, []
        return text[len(before) :]

    def end(self) -> str:
        """What is left when no more tokens come."""
        before, text = self._decode(self._before), self._decode(self._before + self._open)
        self._open = []
        return text[len(before) :]


class ThoughtFilter:
    """Drops what a model thinks aloud before it answers: a ``<think>`` block at the very beginning.

    Servers that know the model's format keep its thoughts out of the answer themselves; others hand them on.
    """

    def __init__(self) -> None:
        self._held = ""
        self._is_inside = False
        self._is_after = False  # between thoughts and answer, where blank lines stand
        self._is_past = False

    def push(self, piece: str) -> str:
        """What of the text so far is surely answer, and was not handed on before."""
        if self._is_past:
            return piece
        self._held += piece
        begun = self._held.lstrip()
        if not self._is_inside and not self._is_after:
            if begun and not begun.startswith(_THOUGHTS[: len(begun)]):
                return self._pass_on(self._held)
            self._is_inside = begun.startswith(_THOUGHTS)
        if self._is_inside and _END_OF_THOUGHTS in self._held:
            self._is_inside, self._is_after = False, True
            begun = self._held.partition(_END_OF_THOUGHTS)[2].lstrip()
            self._held = begun
        return self._pass_on(begun) if self._is_after and begun else ""

    def end(self) -> str:
        """What is left when no more comes; thoughts that never ended are no answer."""
        return "" if self._is_inside or self._is_after or self._is_past else self._pass_on(self._held)

    def _pass_on(self, text: str) -> str:
        self._is_past, self._held = True, ""
        return text


_THOUGHTS = "<think>"
_END_OF_THOUGHTS = "</think>"
