"""Text of a story or a file on its way to a terminal: nothing of it is lost, and nothing steers the terminal."""

from __future__ import annotations

import re

from rich import markup

# Control characters but tab and line feed; and those that turn the direction of what follows.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """The text with its control characters as signs."""
    return _STEERING.sub(lambda c: chr(0x2400 + ord(c[0])) if c[0] < " " else "\ufffd", text.replace("\r\n", "\n"))


def escape(text: str) -> str:
    """The same for Rich, without being markup."""
    return markup.escape(plain(text))
