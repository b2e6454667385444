"""The figures in a real browser: text fits its place, paths light up, a disease can be chosen, axe is content."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import ui.figures
from kg.graph import KnowledgeGraph
from tests.ui.browsing import LAPTOP, PHONE
from tests.ui.figures.answers import toy_answer, toy_wording
from ui.figures import candidate_matrix, evidence_graph, similar_cases, waterfalls
from ui.serving import SECURITY_HEADERS

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
pytestmark = pytest.mark.browser

FOLDER = Path(ui.figures.__file__).parent
FITS = """() => [...document.querySelectorAll("svg .fig-node")].filter((node) => {
    const text = node.querySelector("text"), drawing = node.closest("svg");
    if (!text || getComputedStyle(drawing).display === "none") return false;
    const box = text.getBBox(), room = node.querySelector(".fig-hit").getBBox();
    return box.x < room.x || box.x + box.width > room.x + room.width
        || box.y < room.y - 2 || box.y + box.height > room.y + room.height + 2;
}).map((node) => node.textContent)"""
"""Labels that are larger than the place that was kept for them."""


@pytest.fixture(scope="module")
def document(toy_graph: KnowledgeGraph) -> str:
    answer, wording = toy_answer(toy_graph), toy_wording(toy_graph)
    figures = [
        evidence_graph(answer, wording),
        waterfalls(answer, wording),
        similar_cases(answer, toy_graph.ontology, wording),
        candidate_matrix(answer, wording),
    ]
    assert all(figures)
    evidence = "".join(f'<li id="ev-{e.evidence_id}">{e.evidence_id}</li>' for e in answer.evidence)
    style = (FOLDER.parent / "page" / "page.css").read_text() + (FOLDER / "figures.css").read_text()
    return (
        '<!doctype html><html lang="en"><head><title>Figures</title>'
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>{style}</style></head>'
        '<body style="margin: 0; background: var(--card)"><main><h1>Figures</h1><h2>Evidence</h2><h3>Drawn</h3>'
        f"{''.join(figures)}<ol>{evidence}</ol></main>"
        f"<script>{(FOLDER / 'figures.js').read_text()}</script></body></html>"
    )


@pytest.fixture
def show(browser, document: str) -> Iterator:
    """Opens the figures as the server would send them; nothing may be requested, and no script may fail."""
    mishaps: list[str] = []
    contexts = []

    def show(viewport: dict[str, int] = LAPTOP) -> "sync_api.Page":
        contexts.append(browser.new_context(viewport=viewport))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: mishaps.append(str(error)))
        page.on("console", lambda message: mishaps.append(message.text))
        page.route(
            "**/*",
            lambda route: (
                route.fulfill(body=document, content_type="text/html", headers=SECURITY_HEADERS)
                if route.request.url == "http://figures.test/"
                else mishaps.append(route.request.url)
            ),
        )
        page.goto("http://figures.test/")
        return page

    yield show
    for context in contexts:
        context.close()
    assert mishaps == []


@pytest.mark.parametrize(("viewport", "shown", "hidden"), [(LAPTOP, "wide", "narrow"), (PHONE, "narrow", "wide")])
def test_the_drawing_that_fits_is_shown_and_its_labels_fit(show, viewport, shown: str, hidden: str):
    page = show(viewport)
    sync_api.expect(page.locator(f".fig-{shown}")).to_be_visible()
    sync_api.expect(page.locator(f".fig-{hidden}")).to_be_hidden()
    assert page.evaluate(FITS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("svg text")].filter((t) => t.getBoundingClientRect().height)
            .map((t) => parseFloat(getComputedStyle(t).fontSize) * (t.getScreenCTM()?.a ?? 1))"""
    )
    assert min(sizes) >= 10  # pixels on the screen


def test_pointer_and_keyboard_light_up_paths(show):
    page = show()
    drawing = page.locator(".fig-wide")
    finding, others = drawing.locator('[data-node="f0"]'), drawing.locator(':scope > [data-of]:not([data-of~="f0"])')
    finding.hover()
    sync_api.expect(drawing).to_have_class("fig-wide lit")
    lit = drawing.locator(":scope > .on")
    assert lit.count() == drawing.locator(':scope > [data-of~="f0"]').count() > 1
    sync_api.expect(others.first).to_have_css("opacity", "0.13")
    page.mouse.move(0, 0)
    sync_api.expect(drawing).to_have_class("fig-wide")
    page.keyboard.press("Tab")
    sync_api.expect(drawing.locator(".fig-node").first).to_be_focused()
    sync_api.expect(drawing).to_have_class("fig-wide lit")


@pytest.mark.parametrize("how", ["click", "Enter", " ", "list"])
def test_a_disease_is_chosen_in_all_figures_and_told_to_the_page(show, how: str):
    page = show()
    page.evaluate("document.addEventListener('citedx:disease', (event) => (window.told = event.detail.id))")
    second = page.locator(".fig-wide .fig-disease").nth(1)
    disease_id = second.get_attribute("data-disease")
    if how == "click":
        second.click()
    elif how == "list":
        page.locator(".fig-choose select").select_option(disease_id)
    else:
        second.focus()
        page.keyboard.press(how)
    assert page.evaluate("window.told") == disease_id
    sync_api.expect(second).to_have_attribute("aria-pressed", "true")
    sync_api.expect(page.locator('.fig-wide [aria-pressed="true"]')).to_have_count(1)
    sync_api.expect(page.locator(".fig-waterfall:visible")).to_have_attribute("data-for", disease_id)
    sync_api.expect(page.locator(".fig-choose select")).to_have_value(disease_id)
    key = second.get_attribute("data-node")
    chosen = page.locator(".fig-wide .chosen").evaluate_all("edges => edges.map((edge) => edge.dataset.to)")
    assert set(chosen) == {key}


@pytest.mark.parametrize("look", ["", "dark"])
@pytest.mark.parametrize("viewport", [LAPTOP, PHONE])
def test_axe_finds_nothing_serious(show, viewport, look: str):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    page = show(viewport)
    page.evaluate("look => { document.documentElement.className = look; }", look)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    violations = axe.Axe().run(page).response["violations"]
    grave = [(v["id"], v["nodes"][0]["html"]) for v in violations if v["impact"] in ("serious", "critical")]
    assert grave == []
