"""The conversation as a user meets it, in a real browser; nothing leaves the machine."""

from __future__ import annotations

import re

import pytest

from tests.ui.browsing import Visitor
from ui.examples import EXAMPLES

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
expect = sync_api.expect
pytestmark = pytest.mark.browser

RETT = EXAMPLES[0].story


def test_a_story_becomes_a_differential_whose_citations_lead_to_their_sources(visit):
    user: Visitor = visit()
    user.send(RETT)
    user.page.locator("#log .busy").first.wait_for()
    user.answered()
    assert "Rett syndrome" in user.cards.first.inner_text()
    assert "MECP2" in user.cards.first.inner_text()
    assert "Rett syndrome leads with 78" in user.log.locator(".lead").inner_text()
    assert user.story.input_value() == ""

    citation = user.log.locator("a.cite").last
    number = citation.inner_text().strip("[]")
    row = user.page.locator(f"#ev-{number}")
    plain = row.evaluate("row => getComputedStyle(row).backgroundColor")
    citation.click()
    user.page.wait_for_function(
        """([row, plain]) => {
            const box = row.getBoundingClientRect();
            return getComputedStyle(row).backgroundColor !== plain && box.top >= 0 && box.bottom <= innerHeight;
        }""",
        arg=[row.element_handle(), plain],
    )
    source = row.locator("a").first
    assert re.match(
        r"https://(pubmed\.ncbi\.nlm\.nih\.gov|omim\.org|www\.orpha\.net|hpo\.jax\.org)/", source.get_attribute("href")
    )
    assert source.get_attribute("rel") == "noopener noreferrer"
    assert source.get_attribute("target") == "_blank"

    user.send("She also has scoliosis.")
    user.turns.nth(1).locator(".lead").wait_for()
    expect(user.page.locator(":target")).to_have_count(0)  # the row may now be another's
    expect(user.turns.first.locator("a.cite")).to_have_count(0)
    user.page.get_by_role("button", name="New case").click()
    expect(user.chips).to_have_count(0)
    expect(user.page.locator(".welcome")).to_be_visible()


def test_enter_sends_and_shift_enter_begins_a_new_line(visit):
    user: Visitor = visit()
    user.story.focus()
    user.page.keyboard.type("Seizures.")
    user.page.keyboard.press("Shift+Enter")
    user.page.keyboard.type("Scoliosis.")
    assert user.story.input_value() == "Seizures.\nScoliosis."
    user.page.keyboard.press("Enter")
    user.answered()
    assert user.log.locator(".story").inner_text().endswith("Seizures.\nScoliosis.")
    expect(user.page.locator("#announce[role=status]")).to_have_text("Angelman syndrome leads with 60\xa0%.")
    assert user.page.evaluate("document.activeElement.id") == "story"


def test_an_example_is_filled_in_to_be_read_before_it_is_sent(visit):
    user: Visitor = visit()
    user.page.get_by_role("button", name=EXAMPLES[0].title).click()
    expect(user.story).to_have_value(RETT)
    user.page.keyboard.press("Enter")
    user.answered()


def test_a_message_that_cannot_be_used_comes_back(visit):
    user: Visitor = visit()
    user.send(RETT)
    user.answered()
    n_findings = user.chips.count()
    user.send("   ")
    user.log.locator(".note").wait_for()
    assert "\n" not in user.log.locator(".note").inner_text()
    expect(user.story).to_have_value("   ")
    assert user.chips.count() == n_findings
    assert user.cards.count() == 4


def test_a_follow_up_question_is_answered_with_its_sources_and_the_case_stays(visit):
    user: Visitor = visit()
    user.send(RETT)
    user.answered()
    n_findings = user.chips.count()
    user.send("Which genes?")
    turn = user.turns.nth(1)
    turn.locator(".ev").first.wait_for()
    assert "MECP2" in turn.inner_text()
    expect(user.page.locator("#announce")).to_contain_text("MECP2")
    citation = turn.locator("a.cite").first
    row = user.page.locator(f"#ev-{citation.inner_text().strip('[]')}")
    citation.click()
    user.page.wait_for_function(
        "row => row.matches(':target') && row.getBoundingClientRect().bottom <= innerHeight", arg=row.element_handle()
    )
    assert (user.chips.count(), user.cards.count()) == (n_findings, 4)
    expect(user.story).to_have_value("")


def test_markup_in_a_story_is_text(visit):
    user: Visitor = visit()
    story = "<img src=x onerror=alert(1)> seizures <script>alert(2)</script> ${alert(3)} {{x}} @children **bold**"
    user.send(story)
    user.answered()
    assert user.log.locator(".story").inner_text().endswith(story)
    assert user.page.locator("#log img, #log script, #findings img, #answer img").count() == 0


def test_a_new_case_does_not_wait_for_the_old_answer(visit):
    user: Visitor = visit()
    user.send(RETT)
    user.chips.first.wait_for()
    user.page.get_by_role("button", name="New case").click()
    expect(user.chips).to_have_count(0)
    user.send("Scoliosis.")
    user.answered()
    assert user.chips.count() == 1


def test_two_users_and_two_tabs_of_one_are_three_cases(visit):
    one, other = visit(), visit()
    one.send(RETT)
    second_tab = one.open_tab()
    other.send("Scoliosis.")
    second_tab.locator("#story").fill("Seizures.")
    second_tab.locator("#story").press("Enter")
    for page, n in ((one.page, 7), (other.page, 1), (second_tab, 1)):
        page.locator("#log .ask").wait_for()
        expect(page.locator("#findings .chip")).to_have_count(n)


def test_stop_in_the_middle_of_a_language_model_s_answer_keeps_what_is_there(visit, model_address):
    user: Visitor = visit(model_address)
    stop = user.page.get_by_role("button", name="Stop")
    expect(stop).to_be_hidden()
    user.send(RETT)
    expect(user.log.locator(".busy")).to_contain_text("language model")
    expect(user.cards).to_have_count(4)  # the first answer does not wait
    stop.click()
    expect(user.log.locator(".busy")).to_have_count(0)
    expect(stop).to_be_hidden()
    expect(user.cards).to_have_count(4)
    expect(user.log.locator(".ask")).to_be_visible()
    assert user.log.locator(".commentary").count() == 0


def test_a_change_ends_a_language_model_s_answer(visit, model_address):
    user: Visitor = visit(model_address)
    user.send("Seizures.")
    expect(user.log.locator(".busy")).to_contain_text("language model")
    user.log.get_by_role("button", name="Yes").first.click()
    expect(user.turns.last.locator(".lead")).to_contain_text("Angelman syndrome leads")
