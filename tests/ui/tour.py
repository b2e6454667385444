"""The pictures of the README: ``python -m tests.ui.tour`` takes a tour of the page, and its screenshots, in a browser.

Written are ``tour.webp``, about a minute, and ``page-{light,dark}.webp`` and ``phone-{light,dark}.webp``, into
``docs/pictures`` or ``--out``. The answers are those of the product's own assistant over the release; they are held
between their parts until the screenshot is taken, so that each run shows the same.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING, Any

from PIL import Image

from llm.assistant import DiagnosisAssistant
from llm.schema import Differential
from tests.conftest import CHROMIUM_NAMES
from tests.ui.animation import Frame, assemble_tour
from tests.ui.browsing import CHROMIUM_FLAGS, LAPTOP, PHONE, Visitor, served
from ui.app import create_server
from ui.examples import EXAMPLES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

TOUR_SIZE = {"width": 1280, "height": 800}
MAX_TOUR_BYTES = 2_500_000
STORY = EXAMPLES[1].story
QUESTION = "Why not Marfan syndrome?"
_CAPTION = """([text, box]) => {
    document.querySelectorAll(".tour").forEach(e => e.remove());
    const put = (css, said) => {
        const e = document.createElement("div");
        e.className = "tour";
        e.textContent = said;
        e.style.cssText = "position: fixed; z-index: 99; pointer-events: none;" + css;
        document.body.append(e);
    };
    if (text) put(`left: 50%; bottom: 1.2rem; transform: translateX(-50%); padding: .55rem 1.1rem; border-radius: 2rem;
        background: #0f172ae6; color: #fff; font: 600 1.15rem system-ui, sans-serif; white-space: nowrap;`, text);
    if (box) put(`left: ${box.x - 7}px; top: ${box.y - 7}px; width: ${box.width + 14}px; height: ${box.height + 14}px;
        box-sizing: border-box; border: 3px solid #f59e0b; border-radius: .7rem;`, "");
}"""

_SETTLED = """() => new Promise(done => {
    let timer = null;
    const watch = new MutationObserver(() => wait());
    const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => { watch.disconnect(); done(); }, 300);
    };
    watch.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
    wait();
})"""
"""Gradio draws the parts of the page one after the other."""


class HeldAssistant:
    """An assistant whose answers wait, part by part, for ``let_go``; in all else the assistant itself."""

    def __init__(self, assistant: DiagnosisAssistant) -> None:
        self._assistant = assistant
        self._parts = Semaphore(0)

    def weigh(self, *args: Any, **kwargs: Any) -> Iterator[Differential]:
        """The ranking, the claims, the questions, each when it is let go."""
        for part in self._assistant.weigh(*args, **kwargs):
            self._parts.acquire()
            yield part

    def let_go(self, n_parts: int = 1) -> None:
        """Show so many parts more."""
        self._parts.release(n_parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assistant, name)


class Guide:
    """Leads through the page and takes the frames."""

    def __init__(self, user: Visitor, assistant: HeldAssistant) -> None:
        self.user = user
        self.page = user.page
        self.assistant = assistant
        self.frames: list[Frame] = []

    def show(self, seconds: float, text: str = "", at: Locator | None = None) -> None:
        """One frame of the page as it is.

        Args:
            seconds: how long it is seen.
            text: the caption.
            at: what is framed, such as what is clicked next.
        """
        self.page.mouse.move(0, 0)
        self.page.evaluate(_SETTLED)
        if at is not None:
            at.scroll_into_view_if_needed()
        self.page.evaluate(_CAPTION, [text, at.bounding_box() if at is not None else None])
        self.frames.append(Frame(picture=self.page.screenshot(animations="disabled"), seconds=seconds))
        self.page.evaluate(_CAPTION, ["", None])

    def answered(self, n_turns: int) -> None:
        """Let the answer to a change go, and wait for it."""
        self.assistant.let_go(3)
        self.user.turns.nth(n_turns - 1).locator(".lead").wait_for()
        self.user.log.locator(".busy").wait_for(state="detached")


def lead_tour(guide: Guide) -> None:
    """All that is shown, in the order of a consultation."""
    tell_story(guide)
    look_at_reasons(guide)
    change_case(guide)
    ask_on(guide)


def tell_story(guide: Guide) -> None:
    """The story is written, and the answer grows."""
    user, page = guide.user, guide.page
    guide.show(3, "Tell a patient’s story in plain words")
    for share in (0.2, 0.45, 0.7):
        user.story.fill(STORY[: int(len(STORY) * share)])
        guide.show(0.4, "Tell a patient’s story in plain words")
    user.story.fill(STORY)
    guide.show(2.5, "Enter sends it", at=page.get_by_role("button", name="Send"))
    page.keyboard.press("Enter")
    user.chips.first.wait_for()
    guide.show(2.5, "The findings come first, present and absent", at=page.locator("#findings section"))
    guide.assistant.let_go()
    user.cards.first.wait_for()
    guide.show(1.5, "Then the diseases that explain them")
    guide.assistant.let_go()
    page.locator("#answer .ev").first.wait_for()
    guide.show(2, "What speaks for and against each, with its evidence")
    guide.answered(1)
    guide.show(3, "And what would help most to know", at=user.log.locator(".ask"))


def look_at_reasons(guide: Guide) -> None:
    """From a claim to its source, and the pictures."""
    user, page = guide.user, guide.page
    citation = user.log.locator("a.cite").nth(2)
    guide.show(2, "Every statement cites its evidence", at=citation)
    citation.click()
    row = page.locator("#answer :target")
    row.wait_for()
    guide.show(3, "A click leads there, and on to the publication", at=row)
    for name, text in (
        ("Graph", "The findings, the terms and the diseases as a graph"),
        ("Weights", "How strongly each finding speaks for each disease"),
        ("Similar patients", "Published patients, finding by finding"),
    ):
        tab = page.get_by_role("tab", name=name)
        tab.click()
        tab.evaluate("tab => tab.closest('[role=tablist]').scrollIntoView({block: 'start'})")
        guide.show(3.5, text)
    page.get_by_role("tab", name="Evidence").click()


def change_case(guide: Guide) -> None:
    """A chip is turned, a finding added, a question answered."""
    user, page = guide.user, guide.page
    flip = user.chips.filter(has_text="Ectopia lentis").locator(".flip")
    guide.show(2.5, "Was a finding misread? Turn it", at=flip)
    flip.click()
    guide.answered(2)
    page.evaluate("scrollTo(0, 0)")
    guide.show(3, "Everything is weighed anew", at=user.cards.first)
    undo = page.get_by_role("button", name="Undo")
    guide.show(1.5, "Undo", at=undo)
    undo.click()
    guide.answered(3)
    search = page.get_by_role("combobox", name="Search for a finding")
    search.press_sequentially("pectus ex")
    option = page.locator("#terms [role=option]").first
    option.wait_for()
    guide.show(2.5, "Add findings from the Human Phenotype Ontology", at=option)
    option.click()
    guide.answered(4)
    yes = user.log.locator(".ask").get_by_role("button", name="Yes", exact=True).first
    guide.show(2.5, "Answer the questions by a click", at=yes)
    yes.click()
    guide.answered(5)
    guide.show(2, "Answer the questions by a click")


def ask_on(guide: Guide) -> None:
    """A question about the case, the files, the other language."""
    user, page = guide.user, guide.page
    user.story.fill(QUESTION)
    guide.show(2, "Ask on")
    page.keyboard.press("Enter")
    user.turns.nth(5).locator("a.cite").first.wait_for()
    user.log.locator(".busy").wait_for(state="detached")
    user.turns.nth(5).evaluate("turn => turn.scrollIntoView({block: 'start'})")
    page.evaluate("scrollTo(0, 0)")
    guide.show(4, "The answer cites its sources, too")
    page.locator(".menu summary").click()
    guide.show(3, "Take it along: report, phenopacket, link", at=page.locator(".menu .items"))
    page.locator(".menu summary").click()
    page.get_by_label("Language", exact=True).select_option("zh")
    page.get_by_role("heading", name="鉴别诊断").wait_for()
    guide.show(2.5, "English and Chinese")
    page.emulate_media(color_scheme="dark")
    page.get_by_label("语言", exact=True).select_option("en")
    page.get_by_role("heading", name="Differential").wait_for()
    page.evaluate("document.body.classList.add('dark')")
    guide.show(3, "Light and dark. Nothing leaves your machine")


def photograph(browser: Browser, address: str, scheme: str, size: dict[str, int], **context: object) -> bytes:
    """The page after an answer, as a PNG."""
    user = Visitor(browser, address, viewport=size, color_scheme=scheme, reduced_motion="reduce", **context)
    user.page.set_default_timeout(120_000)
    user.send(STORY)
    user.answered()
    picture = user.page.screenshot(animations="disabled")
    user.close()
    return picture


@contextmanager
def started_browser() -> Iterator[Browser]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def take_tour(browser: Browser, assistant: DiagnosisAssistant) -> list[Frame]:
    """The frames of the tour."""
    held = HeldAssistant(assistant)
    with served(create_server(held)) as address:
        user = Visitor(browser, address, viewport=TOUR_SIZE, reduced_motion="reduce")
        user.page.set_default_timeout(120_000)
        guide = Guide(user, held)
        try:
            lead_tour(guide)
        finally:
            held.let_go(1000)  # or the server would wait for ever
        user.close()
    return guide.frames


def main(arguments: Sequence[str] | None = None) -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "docs" / "pictures")
    out = parser.parse_args(arguments).out
    assistant = DiagnosisAssistant.load()
    with started_browser() as browser:
        frames = take_tour(browser, assistant)
        assemble_tour(frames, out / "tour.webp", width=TOUR_SIZE["width"], max_bytes=MAX_TOUR_BYTES)
        print(f"tour.webp: {len(frames)} frames, {sum(f.seconds for f in frames):.0f} s")
        phone = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
        with served(create_server(assistant)) as address:
            for scheme in ("light", "dark"):
                for name, size, context in (("page", LAPTOP, {}), ("phone", PHONE, phone)):
                    picture = Image.open(BytesIO(photograph(browser, address, scheme, size, **context)))
                    picture.save(out / f"{name}-{scheme}.webp", quality=90, method=6)
    for file in sorted(out.glob("*.webp")):
        print(f"{file.name}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
