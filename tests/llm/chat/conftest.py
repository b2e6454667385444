"""A tiny language model, alone and behind a server, for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from llm.chat.local import LocalChatModel
from tests.llm.chat.peer import Peer, serving
from tests.llm.chat.tiny import save_tiny_model


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of transformers on disk."""
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def tiny_model(tiny_folder: Path) -> LocalChatModel:
    """The same, loaded."""
    return LocalChatModel.load(str(tiny_folder))


@pytest.fixture
def peer(tiny_model: LocalChatModel) -> Iterator[Peer]:
    """An OpenAI-compatible server with the tiny model, which it can hold to a schema."""
    pytest.importorskip("llguidance", reason="llguidance is not installed")
    with serving(Peer(tiny_model)) as started:
        yield started
