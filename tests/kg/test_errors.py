"""What is said of a file that cannot be read holds nothing of the file."""

import json
from pathlib import Path

import pytest

from kg.errors import reason_of

STORY = "Mr. Smith has seizures. "


def _raised(call):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever a reader of files raises
        call()
    return caught.value


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: (STORY * 50).encode().__add__(b"\xff").decode(), "byte 0xff is not UTF-8"),
        (
            lambda: json.loads(f'{{"story": "{STORY}",\n x'),
            "Expecting property name enclosed in double quotes: line 2 column 2 (char 39)",
        ),
        (lambda: {}["text"], "there is no text"),
        (lambda: STORY["text"], "it is laid out otherwise"),
        (lambda: Path("/nowhere/at/all").read_text(), "No such file or directory"),
        (lambda: (_ for _ in ()).throw(ValueError("two\nlines")), "two"),
        (lambda: (_ for _ in ()).throw(ValueError()), "ValueError"),
        (lambda: (_ for _ in ()).throw(ValueError("long " * 100)), ("long " * 24)),
    ],
)
def test_reason(call, reason):
    assert reason_of(_raised(call)) == reason
