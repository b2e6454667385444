"""One name, two ways; and nothing heavy or far away is touched before it is asked for."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from llm.chat.load import load_chat_model
from llm.chat.local import LocalChatModel
from llm.chat.protocol import Message, Role
from llm.chat.server import ServerChatModel
from llm.errors import ModelError
from tests.llm.chat import peer as acts
from tests.llm.chat.peer import Peer

LIGHT = """
import sys
import llm.chat.load, llm.chat.local, llm.chat.server, llm.chat.weights, llm.chat.constrained
print([m for m in ("torch", "transformers", "llguidance", "peft", "httpx", "tenacity") if m in sys.modules])
"""

NO_NETWORK = """
import socket, sys

def refuse(event, args):
    if event == "socket.getaddrinfo" or (event == "socket.connect" and args[0].family != socket.AF_UNIX):
        raise RuntimeError(f"{event} {args[1:]}")

sys.addaudithook(refuse)
from llm.chat.load import load_chat_model
from llm.chat.protocol import Message, Role

model = load_chat_model(sys.argv[1])
print(len("".join(model.reply([Message(role=Role.USER, text="hello")], max_tokens=8))) > 1)
"""


def test_a_folder_is_a_local_model_and_an_address_a_server(tiny_folder: Path, peer: Peer) -> None:
    assert isinstance(load_chat_model(str(tiny_folder)), LocalChatModel)
    assert load_chat_model(str(tiny_folder), context_size=99).context_size == 99
    assert isinstance(load_chat_model(peer.address), ServerChatModel)
    assert load_chat_model(peer.address + "#tiny", context_size=99).context_size == 99
    both = [load_chat_model(str(tiny_folder)), load_chat_model(peer.address)]
    ask = [Message(role=Role.USER, text="Which disease?")]
    assert len({"".join(model.reply(ask, max_tokens=8)) for model in both}) == 1


def test_a_server_is_asked_as_often_at_once_as_is_said(peer: Peer) -> None:
    peer.script = [acts.slowly(acts.say("yes"))] * 7
    model = load_chat_model(peer.address, max_concurrent=6)
    ask = [Message(role=Role.USER, text="Which disease?")]
    with ThreadPoolExecutor(7) as pool:
        assert list(pool.map(lambda _: "".join(model.reply(ask, max_tokens=8)), range(7))) == ["yes"] * 7
    assert peer.most_at_once == 6


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("http://192.0.2.1/v1", {}, "patients' text may not leave"),
        ("127.0.0.1:8000/v1", {}, "write http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/v1", {"adapter": Path("a")}, "loads adapters itself"),
        ("http://127.0.0.1:8000/v1", {"quantise": True}, "quantises its model itself"),
    ],
)
def test_what_does_not_go_together(name: str, settings: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_chat_model(name, **settings)


def test_importing_is_light() -> None:
    run = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_local_model_asks_nobody(tiny_folder: Path) -> None:
    run = subprocess.run([sys.executable, "-c", NO_NETWORK, str(tiny_folder)], capture_output=True, text=True)
    assert run.stdout.strip() == "True", run.stderr
