"""The case as a user changes it, with the mouse and with the keyboard alone."""

from __future__ import annotations

import json

import pytest

from tests.ui.browsing import PHONE, Visitor, served
from tests.ui.fakes import FakeAssistant
from ui.app import create_server

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
expect = sync_api.expect
pytestmark = pytest.mark.browser

SEIZURE, DEAF, SCOLIOSIS, LENS = "HP:0001250", "HP:0000365", "HP:0002650", "HP:0001083"
STORY = "A 3-year-old girl with seizures. No scoliosis. Mother has ectopia lentis. Possible hearing impairment."


def begin(visit, **context: object) -> Visitor:
    user: Visitor = visit(**context)
    user.send(STORY)
    user.answered()
    return user


def leads(user: Visitor, name: str) -> None:
    expect(user.cards.first.locator(".name")).to_contain_text(name)


def test_the_findings_stand_in_groups(visit):
    user = begin(visit)
    for term_id, status in ((SEIZURE, "present"), (SCOLIOSIS, "excluded"), (LENS, "family"), (DEAF, "uncertain")):
        assert status in user.chip(term_id).get_attribute("class").split()
    expect(user.page.get_by_label("Sex", exact=True)).to_have_value("FEMALE")
    expect(user.page.get_by_label("Age", exact=True)).to_have_value("3")


def test_a_flipped_chip_ranks_anew_and_undo_leads_back(visit):
    user = begin(visit)
    leads(user, "Rett syndrome")
    user.page.get_by_role("button", name="Scoliosis: mark as present").click()
    leads(user, "Angelman syndrome")
    expect(user.turns.last).to_contain_text("Scoliosis: present")
    user.page.get_by_role("button", name="Undo").click()
    leads(user, "Rett syndrome")
    assert "excluded" in user.chip(SCOLIOSIS).get_attribute("class")


def test_a_relative_s_and_an_uncertain_finding_become_present_by_a_click(visit):
    user = begin(visit)
    user.chip(LENS).locator(".flip").click()
    expect(user.chip(LENS)).to_have_class("chip present")
    user.chip(DEAF).locator(".flip").click()
    expect(user.chip(DEAF)).to_have_class("chip present")


def test_an_answered_question_ranks_anew(visit):
    user: Visitor = visit()
    user.send("Seizures.")
    user.answered()
    question = user.log.get_by_role("group", name="Does the patient have scoliosis?")
    question.get_by_role("button", name="Yes").click()
    leads(user, "Angelman syndrome")
    expect(user.chip(SCOLIOSIS)).to_have_class("chip present")
    user.log.get_by_role("group", name="Does the patient have ectopia lentis?").get_by_role(
        "button", name="Not known"
    ).click()
    user.answered()
    expect(user.log.locator(".ask")).to_have_count(0)
    expect(user.chips).to_have_count(2)


def test_age_and_sex_are_changed(visit):
    user = begin(visit)
    user.page.get_by_label("Sex", exact=True).select_option("male")
    user.answered()
    expect(user.turns.last).to_contain_text("Patient: male")
    user.page.get_by_label("Unit of the age").select_option("months")
    user.page.get_by_label("Age", exact=True).fill("30")
    user.page.get_by_label("Age", exact=True).press("Tab")
    expect(user.turns.last).to_contain_text("Patient: 2 years")
    kept = json.loads(user.page.evaluate("sessionStorage.getItem('citedx.case')"))
    assert (kept["sex"], kept["age"]) == ("MALE", "P30M")


def test_a_finding_is_added_by_the_keyboard_alone(visit):
    user = begin(visit)
    search = user.page.get_by_role("combobox", name="Search for a finding")
    search.focus()
    user.page.keyboard.type("arach")
    option = user.page.locator("#terms [role=option]", has_text="Arachnodactyly")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(search).to_have_attribute("aria-activedescendant", "term-0")
    user.page.keyboard.press("Enter")
    expect(user.chip("HP:0001166")).to_have_class("chip present")
    expect(search).to_have_value("")
    assert user.page.evaluate("document.activeElement.id") == "term"

    user.page.keyboard.type("s")
    options = user.page.locator("#terms [role=option]")
    expect(options).to_have_count(5)
    user.page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    user.page.keyboard.press("Escape")
    expect(user.page.locator("#terms")).to_be_hidden()
    user.page.keyboard.type("zz")
    expect(options.first).to_have_text("No finding has this name.")
    user.page.keyboard.press("Enter")
    expect(user.chips).to_have_count(5)


def test_a_finding_is_found_by_a_synonym_and_takes_another_s_place(visit):
    user = begin(visit)
    user.chip(SCOLIOSIS).hover()
    user.page.get_by_role("button", name="Scoliosis: replace").click()
    search = user.page.get_by_role("combobox", name="Search for a finding")
    expect(search).to_be_focused()
    expect(search).to_have_attribute("placeholder", "Replace Scoliosis with …")
    search.press_sequentially("arach")
    user.page.locator("#terms [role=option]", has_text="Arachnodactyly").click()
    expect(user.chip("HP:0001166")).to_have_class("chip excluded")
    expect(user.chip(SCOLIOSIS)).to_have_count(0)
    expect(search).to_have_attribute("placeholder", "Add a finding …")


def test_the_focus_stays_where_the_user_is(visit):
    user = begin(visit)
    flip = user.page.get_by_role("button", name="Scoliosis: mark as present")
    flip.focus()
    flip.press("Enter")
    leads(user, "Angelman syndrome")
    expect(user.page.get_by_role("button", name="Scoliosis: mark as absent")).to_be_focused()
    remove = user.page.get_by_role("button", name="Scoliosis: remove")
    remove.focus()
    remove.press("Space")
    expect(user.page.get_by_role("button", name="Undo")).to_be_focused()
    second = user.cards.nth(1).locator("summary")
    second.focus()
    second.press("Enter")
    user.page.get_by_role("button", name="Undo").click()
    leads(user, "Angelman syndrome")
    user.answered()
    expect(user.page.locator("details[data-key='d-OMIM:105830']")).to_have_attribute("open", "")


def test_a_reload_in_mid_answer_brings_the_case_back(visit):
    user: Visitor = visit()
    user.send(STORY)
    user.chips.first.wait_for()
    user.page.reload()
    user.answered()
    expect(user.chips).to_have_count(4)
    expect(user.log.locator(".note")).to_contain_text("here is your case again")
    assert "3-year-old" not in user.page.locator("#body").inner_text()
    leads(user, "Rett syndrome")


def test_only_ids_are_kept_in_the_browser_and_nothing_after_a_new_case(visit):
    user = begin(visit)
    kept = user.page.evaluate("[JSON.stringify(sessionStorage), JSON.stringify(localStorage)].join()")
    assert SEIZURE in kept
    assert "seizure" not in kept.lower()
    user.page.get_by_role("button", name="New case").click()
    expect(user.chips).to_have_count(0)
    assert user.page.evaluate("sessionStorage.getItem('citedx.case')") is None


def test_the_case_outlives_a_restart_of_the_server(browser):
    with served(create_server(FakeAssistant())) as address:
        user = Visitor(browser, address)
        user.send(STORY)
        user.answered()
    with served(create_server(FakeAssistant()), port=int(address.rsplit(":", 1)[1])):
        user.page.get_by_role("button", name="Scoliosis: mark as present").click()
        leads(user, "Angelman syndrome")
        expect(user.chips).to_have_count(4)
        expect(user.log.locator(".note")).to_contain_text("here is your case again")
        user.close()


def test_what_was_being_written_outlives_a_lost_server(browser):
    with served(create_server(FakeAssistant())) as address:
        user = Visitor(browser, address)
        user.send(STORY)
        user.answered()
    user.send("And arachnodactyly.")
    user.page.get_by_text("Connection to the server was lost").wait_for()
    with served(create_server(FakeAssistant()), port=int(address.rsplit(":", 1)[1])):
        expect(user.log.locator(".note")).to_contain_text("here is your case again")
        user.answered()
        expect(user.story).to_have_value("And arachnodactyly.")
        assert "arachno" not in user.page.evaluate("JSON.stringify(sessionStorage)")
        user.page.get_by_role("button", name="Send").click()
        expect(user.chips).to_have_count(5)
        user.close()


@pytest.mark.parametrize("viewport", [PHONE])
def test_a_thumb_finds_every_button_of_a_chip(visit, viewport):
    user = begin(visit, viewport=viewport, has_touch=True, is_mobile=True)
    for button in user.chip(SEIZURE).get_by_role("button").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 24  # WCAG 2.2, target size
        assert button.evaluate("b => getComputedStyle(b).opacity") == "1"
