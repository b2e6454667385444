"""The page as a user meets it, in a real browser: read, click, follow up, start over; nothing leaves the machine."""

import re
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.ui.fakes import FakeAssistant
from tests.ui.loopback import served
from ui.app import EXAMPLES, Assistant, create_server

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install 'citedx[browser]')")
pytestmark = pytest.mark.browser

RETT = next(iter(EXAMPLES.values()))
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


@pytest.fixture(scope="module", params=["fake", pytest.param("release", marks=pytest.mark.release)])
def assistant(request) -> Assistant:
    return FakeAssistant(delay_s=0.5) if request.param == "fake" else request.getfixturevalue("release_assistant")


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with served(create_server(assistant)) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator["sync_api.Browser"]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium (apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


class Visitor:
    """One user with a browser profile of their own; notes every request, dialog and script error."""

    def __init__(self, browser: "sync_api.Browser", address: str, **context: object) -> None:
        self.page = browser.new_context(**context).new_page()
        self.page.set_default_timeout(60_000)
        self.requested: list[str] = []
        self.mishaps: list[str] = []
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.mishaps.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.mishaps.append(dialog.message), dialog.dismiss()))
        self.page.goto(address)
        self.box = self.page.get_by_label("Patient’s story")
        self.case = self.page.locator("#case")
        self.chips = self.page.locator("#case .chip")

    def send(self, text: str) -> None:
        self.box.fill(text)
        self.page.get_by_role("button", name="Send").click()

    def answered(self) -> None:
        """Wait for a differential."""
        self.page.locator("#case .diagnoses").wait_for()

    def close(self) -> None:
        self.page.context.close()
        hosts = {urlsplit(url).hostname for url in self.requested if urlsplit(url).scheme not in ("data", "blob")}
        assert hosts == {"127.0.0.1"}
        assert self.mishaps == []


@pytest.fixture
def visit(browser, address) -> Iterator:
    visitors: list[Visitor] = []

    def visit(**context: object) -> Visitor:
        visitors.append(Visitor(browser, address, **{"viewport": LAPTOP, **context}))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.close()


def test_a_story_becomes_a_differential_whose_citations_lead_to_their_sources(visit):
    user = visit()
    user.send(RETT)
    user.answered()
    assert "Rett syndrome" in user.case.locator(".name").first.inner_text()
    assert "hearing impairment" in user.case.locator(".chip.excluded").inner_text().lower()
    assert "Rett syndrome" in user.page.locator("#log .lead").inner_text()
    assert user.box.input_value() == ""

    citation = user.page.locator("#log a.cite").last
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
    user.page.locator("#log .turn").nth(1).locator(".lead").wait_for()
    sync_api.expect(user.page.locator(":target")).to_have_count(0)  # the row may now be another's
    user.page.get_by_role("button", name="New case").click()
    sync_api.expect(user.chips).to_have_count(0)
    sync_api.expect(user.page.locator(".welcome")).to_be_visible()


def test_keyboard_and_screen_reader_get_the_answer_too(visit):
    user = visit()
    user.box.fill(RETT)
    user.box.press("Enter")
    user.answered()
    sync_api.expect(user.page.get_by_role("status").filter(has_text="Rett syndrome")).to_have_count(1)
    second = user.case.locator("summary").nth(1)
    second.focus()
    second.press("Enter")
    sync_api.expect(user.case.locator("details").nth(1)).to_have_attribute("open", "")


def test_a_follow_up_joins_the_case_and_an_error_loses_nothing(visit):
    user = visit()
    user.page.get_by_role("button", name=next(iter(EXAMPLES))).click()
    sync_api.expect(user.box).to_have_value(RETT)
    user.page.get_by_role("button", name="Send").click()
    user.answered()
    n_findings = user.chips.count()
    user.send("She also has scoliosis.")
    sync_api.expect(user.chips).to_have_count(n_findings + 1)
    user.answered()
    assert user.page.locator("#log .turn").first.locator("a.cite").count() == 0

    user.send("   ")
    user.page.locator("#log .note").wait_for()
    assert "\n" not in user.page.locator("#log .note").inner_text()
    assert user.box.input_value() == "   "
    assert user.chips.count() == n_findings + 1
    assert user.case.locator(".diagnoses").count() == 1


def test_a_follow_up_question_is_answered_with_its_sources_and_the_case_stays(visit):
    user = visit()
    user.send(RETT)
    user.answered()
    n_findings = user.chips.count()
    user.send("Which genes?")
    turn = user.page.locator("#log .turn").nth(1)
    turn.locator(".ev").first.wait_for()
    assert "MECP2" in turn.inner_text()
    sync_api.expect(user.page.get_by_role("status").filter(has_text="MECP2")).to_have_count(1)
    citation = turn.locator("a.cite").first
    row = user.page.locator(f"#ev-{citation.inner_text().strip('[]')}")
    citation.click()
    user.page.wait_for_function(
        "row => row.matches(':target') && row.getBoundingClientRect().bottom <= innerHeight", arg=row.element_handle()
    )
    assert user.chips.count() == n_findings
    assert user.case.locator(".diagnoses").count() == 1
    assert user.box.input_value() == ""


def test_markup_in_a_story_is_text(visit):
    user = visit()
    story = "<img src=x onerror=alert(1)> seizures <script>alert(2)</script> ${alert(3)} **bold**"
    user.send(story)
    user.answered()
    assert user.page.locator("#log .story").inner_text().endswith(story)
    assert user.page.locator("#log img, #case img").count() == 0


def test_a_new_case_does_not_wait_for_the_old_answer(visit):
    user = visit()
    user.send(RETT)
    user.chips.first.wait_for()
    user.page.get_by_role("button", name="New case").click()
    sync_api.expect(user.chips).to_have_count(0)
    user.send("Scoliosis.")  # waits in the queue until the old answer, which nobody sees any more, is made
    user.answered()
    assert user.chips.count() == 1


def test_two_users_do_not_see_each_other(visit):
    one, other = visit(), visit()
    one.send(RETT)
    one.answered()
    other.send("Scoliosis.")
    other.answered()
    assert other.chips.count() == 1
    assert one.chips.count() > 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(visit, scheme):
    user = visit(viewport=PHONE, color_scheme=scheme)
    for _ in range(2):
        width, overflow = user.page.evaluate(
            """() => [document.documentElement.scrollWidth, [...document.querySelectorAll("#log *, #case *, button")]
                .filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest(".unseen")).length]"""
        )
        assert (width, overflow) == (PHONE["width"], 0)
        user.send(RETT + " " + "unbreakable" * 20)
        user.answered()
    assert user.page.evaluate("document.body.classList.contains('dark')") is (scheme == "dark")
