"""The JSON object in a model's text, mended where that takes no guess.

Taken as meant: prose or a fence around the object, single quotes, the words of Python (``True``, ``None``), a comma too
many, a raw line break in a string. An object that breaks off is closed behind its last whole part: one field, or one
item of a list in a field. Anything else is no answer. Time grows with the length of the text, whatever is in it.

The package json_repair does more and is not used: it completes what broke off and invents missing parts, and on
malformed text its time grows with the square of the length (its issue 203).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_CHARS = 40_000
"""Of a text; what comes after is not read."""
MAX_STARTS = 60
"""Braces at which an object is looked for."""
MAX_DEPTH = 12

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<mark>[{}\[\]:,])
    |(?P<double>"(?:[^"\\]|\\.)*")
    |(?P<single>'(?:[^'\\]|\\.)*')
    |(?P<word>true|false|null|True|False|None)\b
    |(?P<number>-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?)(?![0-9.eE])""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"True": "true", "False": "false", "None": "null"}
_CLOSING = {"{": "}", "[": "]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundObject:
    """An object and how it was found."""

    value: dict[str, Any]
    cut: bool
    """It broke off, and what it broke off in was left out."""


def find_object(text: str, keys: Sequence[str]) -> FoundObject | None:
    """The last whole object that has one of these keys; where none is whole, the last that breaks off.

    The last, since models think aloud and repeat what they were asked for before they answer.
    """
    text = text[:MAX_CHARS]
    whole: FoundObject | None = None
    broken: FoundObject | None = None
    at = text.find("{")
    for _ in range(MAX_STARTS):
        if at < 0:
            break
        found, end = _read_object(text, at)
        is_answer = found is not None and any(k in found.value for k in keys)
        if found is not None and is_answer:
            whole, broken = (whole, found) if found.cut else (found, broken)
        at = text.find("{", end if is_answer else at + 1)
    return whole or broken


def _read_object(text: str, start: int) -> tuple[FoundObject | None, int]:
    """The object that begins here, and where it ends in the text."""
    out: list[str] = []
    stack: list[str] = []
    safe = 0  # pieces of ``out`` up to the last whole part, and what is then open
    open_at_safe = ""
    at = start
    while match := _TOKEN.match(text, at):
        part = _mended(match)
        at = match.end()
        if not part:
            continue
        if part in _CLOSING:
            if len(stack) == MAX_DEPTH:
                break
            stack.append(part)
        elif part in ("}", "]"):
            if not stack or _CLOSING[stack.pop()] != part:
                break
            if out and out[-1] == ",":
                out.pop()
        out.append(part)
        if not stack:
            return _load(out, cut=False), at
        if part == "," and len(stack) <= 2:
            safe, open_at_safe = len(out) - 1, "".join(stack)
        elif part in ("}", "]") and len(stack) <= 2:
            safe, open_at_safe = len(out), "".join(stack)
    closing = [_CLOSING[opened] for opened in reversed(open_at_safe)]
    return (_load([*out[:safe], *closing], cut=True) if safe else None), at


def _mended(match: re.Match[str]) -> str:
    """A token as JSON has it; empty for white space."""
    if match["space"] is not None:
        return ""
    if match["double"] is not None:
        return match["double"]
    if match["single"] is not None:
        inner = match["single"][1:-1].replace("\\'", "'")
        return '"' + re.sub(r'(?<!\\)"', lambda _: '\\"', inner) + '"'
    return _WORDS.get(match[0], match[0])


def _load(pieces: Sequence[str], *, cut: bool) -> FoundObject | None:
    try:
        value = json.loads("".join(pieces), strict=False)
    except ValueError:
        return None
    return FoundObject(value=value, cut=cut) if isinstance(value, dict) else None
