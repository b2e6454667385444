"""Patients' text stays on this machine, however an address is spelt."""

import pytest

from llm.chat.address import looks_like_address, parse_address
from llm.errors import ModelError


@pytest.mark.parametrize(
    ("text", "base_url", "model"),
    [
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1", None),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1", None),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1", None),
        ("HTTP://127.0.0.1/", "http://127.0.0.1/v1", None),
        ("http://127.8.9.1:1/api", "http://127.8.9.1:1/api", None),
        ("http://localhost:8000/v1", "http://localhost:8000/v1", None),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1", None),
        ("https://127.0.0.1/v1#org/model:7b", "https://127.0.0.1/v1", "org/model:7b"),
    ],
)
def test_loopback_is_taken(text: str, base_url: str, model: str | None) -> None:
    address = parse_address(text)
    assert (address.base_url, address.model, address.is_loopback) == (base_url, model, True)


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/v1",
        "http://192.168.0.7:8000/v1",
        "http://10.0.0.1/v1",
        "http://0.0.0.0:8000/v1",
        "http://[::]/v1",
        "http://[::ffff:8.8.8.8]/v1",
        "http://[fe80::1]/v1",
        "http://127.0.0.1.example.com/v1",
        "http://localhost.example.com/v1",
        "http://127.0.0.1.nip.io/v1",
        "http://2130706433/v1",
        "http://0x7f000001/v1",
        "http://0177.0.0.1/v1",
        "http://127.1/v1",
        "http://127.0.0.1%2eexample.com/v1",
        "http://localhost./v1",
        "http://xn--lcalhost-7ib/v1",
    ],
)
def test_everything_else_is_refused_unless_allowed(text: str) -> None:
    with pytest.raises(ModelError, match=r"not an address of this machine.*--may-leave-machine|cannot be read"):
        parse_address(text)


def test_what_is_allowed_is_no_loopback() -> None:
    address = parse_address("https://llm.example.com/v1#m", may_leave_machine=True)
    assert (address.base_url, address.is_loopback) == ("https://llm.example.com/v1", False)


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost@evil.example/v1",
        "http://127.0.0.1:80@evil.example/v1",
        "http://user:secret@127.0.0.1/v1",
        "http://127.0.0.1/v1?key=secret",
        "ftp://127.0.0.1/v1",
        "file:///etc/passwd",
        "http://",
        "http:///v1",
        "http://127.0.0.1:port/v1",
        "http://127.0.0.1:99999999/v1",
        "http://[::1/v1",
        "http://evil.example\\@127.0.0.1/v1",
        "http://127.0.0.1\\.evil.example/v1",
        "http://127.0.0.1\n.evil.example/v1",
    ],
)
@pytest.mark.parametrize("may_leave_machine", [False, True])
def test_an_address_with_more_or_less_than_a_place_is_refused(text: str, may_leave_machine: bool) -> None:
    with pytest.raises(ModelError, match="address") as raised:
        parse_address(text, may_leave_machine=may_leave_machine)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "is_address"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("127.0.0.1:8000", True),
        ("localhost", True),
        ("localhost/v1", True),
        ("[::1]:8000/v1", True),
        ("gpu-box:8000/v1", True),
        ("Qwen/Qwen3-4B", False),
        ("models/llama", False),
        ("/models/llama", False),
        ("C:\\models\\llama", False),
        ("./localhost", False),
    ],
)
def test_an_address_is_told_from_a_folder(name: str, is_address: bool) -> None:
    assert looks_like_address(name) is is_address
