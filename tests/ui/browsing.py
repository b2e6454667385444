"""A page that is served, and visitors with a real browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from ui import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LAPTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def served(application: FastAPI, port: int = 0) -> Iterator[str]:
    """The address of a page while it is there."""
    listener = serving.listen("127.0.0.1", port)
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", timeout_graceful_shutdown=1))
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


class Visitor:
    """One user with a browser profile of their own; notes every request, dialog and script error."""

    def __init__(self, browser: Browser, address: str, **context: object) -> None:
        self.context = browser.new_context(**{"viewport": LAPTOP, "locale": "en-GB", **context})
        self.requested: list[str] = []
        self.mishaps: list[str] = []
        self.address = address
        self.page = self.open_tab()
        self.story = self.page.locator("#story")
        self.log = self.page.locator("#log")
        self.turns = self.page.locator("#log .turn")
        self.chips = self.page.locator("#findings .chip")
        self.cards = self.page.locator("#answer .diagnoses > li")

    def open_tab(self) -> Page:
        """Another page of the same user, once it is ready."""
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("pageerror", lambda error: self.mishaps.append(str(error)))
        page.on("dialog", lambda dialog: (self.mishaps.append(dialog.message), dialog.dismiss()))
        page.goto(self.address)
        page.locator("[data-consultation]:not([data-consultation=''])").wait_for()
        return page

    def send(self, text: str) -> None:
        """Write and send a message."""
        self.story.fill(text)
        self.page.get_by_role("button", name="Send").click()

    def answered(self) -> None:
        """Wait until nothing is being done about the last turn, and it has an answer."""
        self.page.locator("#log .turn:last-child .lead").wait_for()
        self.page.locator("#log .busy").wait_for(state="detached")

    def chip(self, term_id: str):
        """The chip of a finding."""
        return self.page.locator(f'#findings .chip[data-term="{term_id}"]')

    def close(self) -> None:
        """Leave; nothing may have been asked of another machine, and no script may have failed."""
        self.context.close()
        hosts = {urlsplit(url).hostname for url in self.requested if urlsplit(url).scheme not in ("data", "blob")}
        assert hosts == {"127.0.0.1"}
        assert self.mishaps == []
