"""A page that asks for a password, on a machine that others use too."""

from __future__ import annotations

import pytest

from tests.ui.browsing import served
from tests.ui.fakes import FakeAssistant
from ui.app import create_server
from ui.examples import EXAMPLES

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
expect = sync_api.expect
pytestmark = pytest.mark.browser


def log_in(page) -> None:
    page.get_by_role("textbox").first.fill("doctor")
    page.locator("input[type=password]").fill("secret")
    page.get_by_role("button", name="Login").click()
    page.locator("[data-consultation]:not([data-consultation=''])").wait_for()


def test_who_logs_out_leaves_nothing_of_the_case_in_the_browser(browser):
    server = create_server(FakeAssistant(), auth=("doctor", "secret"))
    with served(server) as address, browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(address)
        log_in(page)
        page.locator("#story").fill(EXAMPLES[0].story)
        page.get_by_role("button", name="Send").click()
        page.locator("#log .turn .lead").wait_for()
        page.locator("#story").fill("She also")
        page.get_by_role("link", name="Log out").click()

        page.locator("input[type=password]").wait_for()
        assert page.evaluate("sessionStorage.length") == 0
        page.go_back()  # to what was there before citedx
        expect(page.locator(".turn")).to_have_count(0)
        page.goto(address)
        log_in(page)
        expect(page.locator(".welcome")).to_be_visible()
        expect(page.locator("#story")).to_have_value("")


def test_a_page_without_a_password_has_no_way_out(visit):
    expect(visit().page.get_by_role("link", name="Log out")).to_have_count(0)
