"""Text broken into lines that fit: SVG does not wrap, and the width is wanted before there is a browser.

Widths are estimates on the safe side: those of DejaVu Sans, the widest of the usual interface fonts.
"""

from __future__ import annotations

import re

_NARROW, _WIDE = frozenset("ijlftrI .,:;'|!()[]/-"), frozenset("mwMW%@")
_EAST_ASIAN = "⺀-鿿가-힣＀-￯"
_PIECE = re.compile(rf"\s+|[{_EAST_ASIAN}]|[^\s{_EAST_ASIAN}/-]+[/-]?|[/-]")
_ELLIPSIS = "…"
_LEAST_CUT = 3
"""Letters that a word is cut off at the end, at least."""


def text_width(text: str, size: float) -> float:
    """Width of a line in the unit of the font size; an upper estimate for Latin and East Asian text."""
    return size * sum(map(_char_width, text))


def wrap(text: str, width: float, size: float, max_lines: int = 3) -> tuple[str, ...]:
    """The text in lines of at most this width, broken at spaces, after hyphens and slashes, else within words.

    What does not fit into ``max_lines`` ends in an ellipsis.
    """
    lines = [""]
    for piece in _pieces(text, width, size):
        if text_width((lines[-1] + piece).rstrip(), size) <= width:
            lines[-1] += piece
        elif not piece.isspace():
            lines.append(piece)
    lines = [line.strip() for line in lines]
    if len(lines) <= max_lines:
        return tuple(lines)
    last = lines[max_lines - 1]
    while last and text_width(last + _ELLIPSIS, size) > width:
        last = last[:-1]
    return (*lines[: max_lines - 1], last.rstrip() + _ELLIPSIS)


def _pieces(text: str, width: float, size: float) -> list[str]:
    """What a line may not break inside; a word wider than a line is cut, with hyphens."""
    pieces: list[str] = []
    for piece in _PIECE.findall(text.strip()):
        rest = " " if piece.isspace() else piece
        while text_width(rest, size) > width and len(rest) > 1:
            longest = max(1, len(rest) - _LEAST_CUT)
            n = next((n for n in range(longest, 1, -1) if text_width(rest[:n] + "-", size) <= width), 1)
            pieces.append(rest[:n] + "-")
            rest = rest[n:]
        pieces.append(rest)
    return pieces


def _char_width(char: str) -> float:
    """In em."""
    if ord(char) > 0xFFFF:
        return 1.4
    if ord(char) >= 0x2E80 or char == _ELLIPSIS:
        return 1.0
    if char in _NARROW:
        return 0.42
    if char in _WIDE:
        return 1.0
    return 0.78 if char.isupper() else 0.64
