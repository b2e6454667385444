"""One browser and one server for all browser tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.conftest import CHROMIUM_NAMES
from tests.ui.fakes import FakeAssistant, FakeChatReader


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """A headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
    from tests.ui.browsing import CHROMIUM_FLAGS

    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The page with an assistant that takes its time, so that what is on the way can be seen."""
    from tests.ui.browsing import served
    from ui.app import create_server

    with served(create_server(FakeAssistant(delay_s=0.2))) as address:
        yield address


@pytest.fixture(scope="session")
def model_address() -> Iterator[str]:
    """The same with a language model that takes a minute."""
    from tests.ui.browsing import served
    from ui.app import create_server

    reader = partial(FakeChatReader, delay_s=60)
    with served(create_server(FakeAssistant(), second_reader=reader)) as address:
        yield address


@pytest.fixture
def visit(browser, address) -> Iterator[Callable]:
    """Makes visitors."""
    from tests.ui.browsing import Visitor

    visitors: list[Visitor] = []

    def visit(at: str = address, **context: object) -> Visitor:
        visitors.append(Visitor(browser, at, **context))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.close()
