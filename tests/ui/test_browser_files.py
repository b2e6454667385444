"""Files and links in a real browser: in by choice or by drop, out by saving or copying."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.ui.browsing import Visitor

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
expect = sync_api.expect
pytestmark = pytest.mark.browser

STORY = "A 3-year-old girl with seizures. No scoliosis. Possible hearing impairment."
CHIPS = {"HP:0001250": "present", "HP:0002650": "excluded", "HP:0000365": "uncertain"}


def choose(user: Visitor, name: str, content: bytes) -> None:
    user.page.set_input_files("#file", {"name": name, "mimeType": "application/octet-stream", "buffer": content})


def menu(user: Visitor, item: str):
    user.page.locator(".menu summary").click()
    return user.page.get_by_role("button", name=item)


def saved(user: Visitor, item: str) -> tuple[str, bytes]:
    with user.page.expect_download() as download:
        menu(user, item).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def has_case(user: Visitor) -> None:
    for term_id, status in CHIPS.items():
        expect(user.chip(term_id)).to_have_class(f"chip {status}")
    expect(user.chips).to_have_count(len(CHIPS))
    expect(user.page.get_by_label("Sex", exact=True)).to_have_value("FEMALE")
    expect(user.page.get_by_label("Age", exact=True)).to_have_value("3")


def begun(visit, **context: object) -> Visitor:
    user: Visitor = visit(**context)
    user.send(STORY)
    user.answered()
    return user


def test_the_report_is_saved_and_opens(visit):
    pypdf = pytest.importorskip("pypdf", reason="needs pypdf (pip install -e '.[documents]')")
    user = begun(visit)
    name, content = saved(user, "Report as PDF")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert name == "citedx-report.pdf"
    assert "Rett syndrome: 78.0%" in text
    assert "not a medical device" in text
    name, content = saved(user, "Report as Markdown")
    assert (name, content[:24]) == ("citedx-report.md", b"# Differential diagnosis")


def test_the_exported_phenopacket_loads_again_to_the_same_case(visit):
    user = begun(visit)
    name, content = saved(user, "Case as phenopacket")
    assert json.loads(content)["metaData"]["phenopacketSchemaVersion"] == "2.0"
    other: Visitor = visit()
    choose(other, name, content)
    other.answered()
    has_case(other)
    expect(other.turns.last).to_contain_text("File: citedx-case.json")


def test_a_link_leads_to_the_same_case_and_holds_no_word_of_the_story(visit):
    user = begun(visit, permissions=["clipboard-read", "clipboard-write"])
    menu(user, "Copy a link").click()
    expect(user.page.locator("#toast")).to_have_text("Copied")
    link = user.page.evaluate("navigator.clipboard.readText()")
    assert link == f"{user.address}/#hpo=HP:0001250,-HP:0002650,~HP:0000365&sex=FEMALE&age=P3Y"
    other: Visitor = visit(link)
    other.answered()
    has_case(other)
    assert other.page.url == f"{user.address}/"  # so that a reload brings back what was changed since
    assert not any("HP:0001250" in url for url in other.requested)

    # The same in a page that has a case already, which undo brings back.
    other.page.evaluate("location.hash = 'hpo=HP:0001083'")
    expect(other.chips).to_have_count(1)
    other.answered()
    other.page.get_by_role("button", name="Undo").click()
    has_case(other)


def test_the_report_is_copied_with_and_without_the_browser_s_clipboard(visit):
    user = begun(visit, permissions=["clipboard-read", "clipboard-write"])
    menu(user, "Copy the report").click()
    expect(user.page.locator("#toast")).to_have_text("Copied")
    assert user.page.evaluate("navigator.clipboard.readText()").startswith("# Differential diagnosis")
    user.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no TLS')); }")
    menu(user, "Copy a link").click()
    user.page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('#hpo=')")


def test_the_menu_closes_by_escape_and_gives_the_focus_back(visit):
    user = begun(visit)
    summary = user.page.locator(".menu summary")
    summary.press("Enter")
    user.page.keyboard.press("Tab")
    expect(user.page.get_by_role("button", name="Copy a link")).to_be_focused()
    user.page.keyboard.press("Escape")
    expect(user.page.get_by_role("button", name="Copy a link")).to_be_hidden()
    expect(summary).to_be_focused()


def test_a_dropped_letter_is_read(visit):
    user: Visitor = visit()
    user.page.evaluate(
        """text => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], "letter.txt", {type: "text/plain"}));
            for (const kind of ["dragover", "drop"])
                document.body.dispatchEvent(new DragEvent(kind, {dataTransfer, bubbles: true, cancelable: true}));
        }""",
        STORY,
    )
    user.answered()
    has_case(user)
    expect(user.turns.last).to_contain_text("File: letter.txt")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("records.txt", b"x" * 9_000_000, "larger than 5 MB"),
        ("letter.txt", b"MZ\x90\0\x03\0\0\0", "is not a text file but a Windows program"),
        ("scan.pdf", b"%PDF-1.7\nbroken", "is a damaged PDF"),
        ("case.json", b'{"phenotypicFeatures": 3}', "case.json"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_costs_nothing(visit, name, content, says):
    user = begun(visit)
    user.story.fill("what I was writing")
    choose(user, name, content)
    expect(user.turns.last.locator(".note")).to_contain_text(says)
    has_case(user)
    expect(user.story).to_have_value("what I was writing")
    expect(user.cards.first.locator(".name")).to_contain_text("Rett syndrome")
    user.story.fill("")
