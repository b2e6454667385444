"""What every user must be able to see and hear: phone and laptop, light and dark, its languages, axe-core."""

from __future__ import annotations

import re

import pytest

from tests.ui.browsing import LAPTOP, PHONE, Visitor
from ui.examples import EXAMPLES

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
expect = sync_api.expect
pytestmark = pytest.mark.browser

STORY = EXAMPLES[0].story + " Possible scoliosis. Mother has ectopia lentis. " + "unbreakable" * 20


def serious(user: Visitor) -> list[str]:
    """Serious and critical violations that axe-core finds and headings out of order, with where they are."""
    found = axe.Axe().run(user.page).response["violations"]
    return [
        f"{v['id']}: {node['html'][:120]} {node['any'][:1]}"
        for v in found
        if v["impact"] in ("serious", "critical") or v["id"] == "heading-order"
        for node in v["nodes"]
    ]


def sticking_out(user: Visitor) -> tuple[int, list[str]]:
    """How wide the page is, and what reaches over the right edge of its column."""
    width, parts = user.page.evaluate(
        """() => [document.documentElement.scrollWidth,
            [...document.querySelectorAll("#head *, #log *, #compose *, #case *, #foot *")]
            .filter(e => !e.closest(".unseen") && e.getBoundingClientRect().right >
                (e.closest("#log, #findings section") ?? document.body).getBoundingClientRect().right)
            .map(e => e.outerHTML.slice(0, 99))]"""
    )
    return width, parts


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [LAPTOP, {"width": 360, "height": 740}], ids=["laptop", "phone"])
def test_axe_finds_nothing_serious_and_nothing_sticks_out(visit, scheme, viewport):
    user: Visitor = visit(viewport=viewport, color_scheme=scheme)
    for n_turns in (1, 2):
        assert serious(user) == []
        assert sticking_out(user) == (viewport["width"], [])
        user.send(STORY)
        expect(user.turns).to_have_count(n_turns)
        user.answered()
    user.page.locator(".menu summary").click()
    assert serious(user) == []
    assert user.page.evaluate("document.body.classList.contains('dark')") is (scheme == "dark")


def test_what_must_not_be_missed_appears_with_the_setting_which_outlives_a_reload(visit):
    user: Visitor = visit()
    user.send(STORY)
    user.answered()
    expect(user.page.locator(".urgent")).to_have_count(0)
    user.page.get_by_label("Where the patient is seen").select_option("emergency")
    expect(user.page.locator(".urgent")).to_contain_text("Status epilepticus")
    user.answered()
    expect(user.page.locator("#announce")).to_contain_text(re.compile(r"leads with .* Don’t miss: Status epilepticus"))
    assert serious(user) == []
    user.page.reload()
    user.answered()
    expect(user.page.get_by_label("Where the patient is seen")).to_have_value("emergency")
    expect(user.page.locator(".urgent")).to_have_count(1)
    expect(user.chip("HP:0001083")).to_have_class("chip family")
    user.page.locator(".urgent .flag").click()
    expect(user.chip("HP:0001083")).to_have_class("chip present")


def test_the_search_is_a_combobox_that_axe_approves(visit):
    user: Visitor = visit()
    user.page.get_by_role("combobox", name="Search for a finding").press_sequentially("s")
    user.page.locator("#terms [role=option]").first.wait_for()
    assert serious(user) == []


def test_what_is_chosen_is_seen_in_forced_colours(visit):
    user: Visitor = visit(forced_colors="active")
    user.page.get_by_role("combobox", name="Search for a finding").press_sequentially("s")
    expect(user.page.locator("#terms [aria-selected=true]")).to_have_css("outline-width", "2px")
    expect(user.page.locator("#terms [aria-selected=false]").first).to_have_css("outline-style", "none")
    user.send(STORY)
    user.answered()
    expect(user.page.locator("[role=tab][aria-selected=true]")).to_have_css("outline-style", "solid")
    user.log.locator("a.cite").first.click()
    expect(user.page.locator(".ev:target")).to_have_css("outline-style", "solid")


def test_on_paper_nothing_is_cut_off_and_all_is_dark_on_light(visit):
    user: Visitor = visit(color_scheme="dark")
    user.send(STORY)
    user.answered()
    user.page.emulate_media(media="print")
    for part in ("#log", "#case"):
        shown, whole = user.page.locator(part).evaluate("e => [e.clientHeight, e.scrollHeight]")
        assert shown == whole
    expect(user.log.locator(".lead")).to_have_css("color", "rgb(27, 37, 41)")
    expect(user.page.locator("#compose")).to_be_hidden()
    expect(user.chip("HP:0001250")).to_be_visible()


def test_a_spanish_browser_gets_the_page_in_spanish_and_narrow_columns_hold_it(visit):
    user: Visitor = visit(locale="es-MX", viewport=PHONE)
    assert user.page.evaluate("document.documentElement.lang") == "es"
    user.story.fill("Seizures. No hearing impairment.")
    user.page.get_by_role("button", name="Enviar").click()
    user.answered()
    assert "Convulsiones" in user.chip("HP:0001250").inner_text()
    assert user.log.locator(".lead").inner_text() == "Rett syndrome encabeza la lista con 78\xa0%."
    assert serious(user) == []
    assert sticking_out(user) == (PHONE["width"], [])


def test_a_chinese_browser_gets_the_page_in_chinese_and_either_can_change(visit):
    user: Visitor = visit(locale="zh-CN")
    expect(user.page.get_by_role("heading", name="鉴别诊断")).to_be_visible()
    assert user.page.evaluate("document.documentElement.lang") == "zh"
    user.story.fill("Seizures. No hearing impairment.")
    user.page.get_by_role("button", name="发送").click()
    user.answered()
    assert "癫痫发作" in user.chip("HP:0001250").inner_text()
    assert user.log.locator(".lead").inner_text() == "Rett syndrome 居首，概率 78\xa0%。"
    user.page.get_by_role("button", name="听力障碍：标为存在").click()
    expect(user.turns.last).to_contain_text("听力障碍：存在")
    user.answered()
    assert serious(user) == []
    user.page.get_by_role("combobox", name="搜索表型").press_sequentially("癫痫")
    expect(user.page.locator("#terms [role=option]")).to_have_text("癫痫发作")

    user.page.get_by_label("语言").select_option("en")
    expect(user.page.get_by_role("heading", name="Differential")).to_be_visible()
    assert user.chip("HP:0001250").locator(".label").inner_text() == "Seizure"
    user.page.reload()
    user.answered()
    expect(user.page.get_by_role("heading", name="Differential")).to_be_visible()  # the choice is kept
