"""One name for any language model: a folder, the id of a model in the local cache, or a server's address."""

from __future__ import annotations

from pathlib import Path

from llm.chat.address import looks_like_address
from llm.chat.protocol import ChatModel
from llm.errors import ModelError


def load_chat_model(
    name: str,
    *,
    adapter: Path | None = None,
    context_size: int | None = None,
    may_leave_machine: bool = False,
    quantise: bool = False,
    max_concurrent: int = 4,
) -> ChatModel:
    """Load a local model, or reach the server that has one.

    Args:
        name: ``FOLDER``, ``ORGANISATION/NAME``, ``http://127.0.0.1:8000/v1`` or, where the server has several models,
            ``http://127.0.0.1:8000/v1#NAME``.
        adapter: folder of a PEFT adapter for a local model.
        context_size: tokens that prompt and answer may have together; default: what the model or server says.
        may_leave_machine: whether patients' text may go to a server that is not on this machine.
        quantise: a local model's weights in 4 bits.
        max_concurrent: answers that a server is asked for at once; further ones wait.

    Raises:
        NotReadyError: a package or the model is not there.
        ModelError: the model or the server cannot be used.
    """
    if not looks_like_address(name):
        from llm.chat.local import LocalChatModel

        return LocalChatModel.load(name, adapter=adapter, context_size=context_size, quantise=quantise)
    if "://" not in name:
        raise ModelError(f"{name} looks like a server's address: write http://{name}")
    if adapter is not None:
        raise ModelError("a server loads adapters itself: start it with the adapter and name it, http://...#NAME")
    if quantise:
        raise ModelError("a server quantises its model itself: go without --quantise")
    from llm.chat.server import ServerChatModel

    return ServerChatModel.connect(
        name, may_leave_machine=may_leave_machine, context_size=context_size, max_concurrent=max_concurrent
    )
