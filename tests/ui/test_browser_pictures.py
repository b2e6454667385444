"""The pictures of a real answer on the page: they fit, look right to axe-core, and lead to their evidence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from llm.assistant import DiagnosisAssistant
from tests.ui.browsing import LAPTOP, PHONE, Visitor, served
from ui.app import create_server

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
expect = sync_api.expect
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
pytestmark = [pytest.mark.browser, pytest.mark.release]

STORY = "A man with tall stature, arachnodactyly, ectopia lentis, scoliosis and dilatation of the aortic root."
STICKING_OUT = """() => [...document.querySelectorAll("#log, #compose, #case, [role=tabpanel]:not([hidden])")]
    .filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 99))"""


@pytest.fixture(scope="module")
def real_address(release_assistant: DiagnosisAssistant) -> Iterator[str]:
    with served(create_server(release_assistant)) as address:
        yield address


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_pictures_of_an_answer_fit_the_page_and_cite_its_evidence(visit, real_address, viewport):
    user: Visitor = visit(at=real_address, viewport=viewport)
    user.page.set_default_timeout(60_000)
    user.send(STORY)
    user.answered()
    tabs = user.page.get_by_role("tab")
    names = ["Evidence", "Graph", "Weights", "Similar patients", "Treatment and risk"]
    assert [tab.inner_text() for tab in tabs.all()] == names
    user.page.get_by_role("button", name="Treatment and risk").first.click()
    user.page.locator("#view-care h3").first.wait_for()
    expect(tabs.last).to_be_focused()  # so that a screen reader says where this led
    expect(user.page.locator("#view-care .busy")).to_be_hidden()
    assert user.page.locator("#tab-care").evaluate("e => e.getBoundingClientRect().right") <= viewport["width"]
    at_top = "e => e.getBoundingClientRect().top - Math.max(0, e.closest('#case').getBoundingClientRect().top) < 40"
    tablist = user.page.get_by_role("tablist").element_handle()
    user.page.wait_for_function(at_top, arg=tablist)
    for tab in reversed(tabs.all()):
        tab.click()
        assert user.page.get_by_role("tabpanel").is_visible()
        assert user.page.evaluate(STICKING_OUT) == []
        found = axe.Axe().run(user.page).response["violations"]
        assert [n["html"] for v in found if v["impact"] in ("serious", "critical") for n in v["nodes"]] == []

    user.page.get_by_role("tab", name="Graph").click()
    assert "Marfan" in user.page.get_by_role("tabpanel").inner_text()
    assert user.page.locator("#view-graph .fig-node:visible").count() >= 5

    user.page.get_by_role("tab", name="Weights").click()
    citation = user.page.locator("#view-weights a.cite:visible").first
    row = user.page.locator(citation.get_attribute("href"))
    citation.click()
    row.wait_for(state="visible")
