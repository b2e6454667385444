"""The client against a server that others wrote: ``transformers serve`` with the tiny model."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from llm.chat.dialect import ServerError
from llm.chat.protocol import Message, Role, Rung
from llm.chat.server import DEFAULT_CONTEXT_SIZE, ServerChatModel

if importlib.util.find_spec("openai") is None:
    pytest.skip("transformers serve needs openai: pip install 'transformers[serving]'", allow_module_level=True)

ASK = [Message(role=Role.SYSTEM, text="Be brief."), Message(role=Role.USER, text="Which disease?")]
READY_S = 900.0  # ready in 5 s, and in minutes on a machine that has much else to do


@pytest.fixture(scope="module")
def server(
    tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Its address, and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(tiny_folder)]
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    said = tmp_path_factory.mktemp("server") / "said.txt"
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(tmp_path_factory.mktemp("hub"))}
    with said.open("wb") as log:
        process = subprocess.Popen([*command, *options], env=os.environ | offline, stdout=log, stderr=log)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/health", process, said)
        yield f"http://127.0.0.1:{port}/v1#{tiny_folder}", process
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], said: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        assert process.poll() is None, said.read_text()[-2000:]
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"transformers serve was not ready after {READY_S:g} s")


def test_it_is_asked_from_the_first_word_to_its_death(server: tuple[str, subprocess.Popen[bytes]]) -> None:
    address, process = server
    model = ServerChatModel.connect(address)
    assert model.context_size == DEFAULT_CONTEXT_SIZE  # it tells none

    prose = list(model.reply(ASK, max_tokens=12))
    assert len(prose) > 1
    assert list(model.reply(ASK, max_tokens=12)) == prose

    enum = {"type": "object", "properties": {"e": {"enum": ["E1"]}}, "required": ["e"], "additionalProperties": False}
    pieces = model.reply(ASK, schema=enum, max_tokens=900)
    assert next(pieces)
    assert model.rung is Rung.PLAIN  # it takes a schema with HTTP 200 and ignores it
    process.kill()
    with pytest.raises(ServerError, match="broke off"):
        list(pieces)
    with pytest.raises(ServerError, match="is the server running"):
        list(model.reply(ASK))
