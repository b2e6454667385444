"""Applications served on this machine while a test asks them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from ui import serving


@contextmanager
def served(application: ASGIApp) -> Iterator[str]:
    """The address of a page while it is there."""
    listener = serving.listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    try:
        yield serving.address_of(listener)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
