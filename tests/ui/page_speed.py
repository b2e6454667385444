"""How long a user waits: ``python -m tests.ui.page_speed`` sends stories of 200 words in a browser and prints a table.

Times are the browser's own, from Enter until the page shows the findings, the ranking, the claims with their evidence,
and the questions. The server and the browser share the machine; the first story of each run is not counted.
"""

from __future__ import annotations

import random
import shutil
import statistics
from typing import TYPE_CHECKING

from llm.assistant import DiagnosisAssistant
from tests.conftest import CHROMIUM_NAMES
from tests.ui.browsing import CHROMIUM_FLAGS, Visitor, served
from ui.app import create_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

N_STORIES = 20
STEPS = {
    "findings": "#findings .chip",
    "ranking": "#answer .diagnoses",
    "claims and evidence": "#answer .ev",
    "questions": "#log .ask",
}
_SENTENCES = (
    "A {age}-year-old girl was referred for a second opinion after she had been seen at several clinics.",
    "She was born at term after an uneventful pregnancy and her weight at birth was in the normal range.",
    "She learned to sit and to walk at the usual age, and her parents remember that she was a calm child.",
    "In the second year she lost purposeful hand use and she stopped using the words that she had learned.",
    "Repetitive hand wringing was noticed by her grandparents and it became more frequent in the months after that.",
    "Seizures began at {onset} years and two drugs were tried before they became rare.",
    "Deceleration of head growth was seen when the curves of the family doctor were put side by side.",
    "Breathing irregularities while awake were described by her mother, who had recorded them with a telephone.",
    "There is no hearing impairment and no scoliosis, and an examination of the eyes showed nothing unusual.",
    "Her mother has migraine and her older brother is healthy; possible ataxia was noted by a physiotherapist.",
    "She sleeps badly, laughs at night, grinds her teeth and has cold feet, and she is fed by spoon at home.",
    "The family asks what the condition may be, and whether it could come again if they had another child.",
)
_WATCH = """steps => {
    window.seen = {};
    const look = () => {
        for (const [name, selector] of Object.entries(steps))
            if (!(name in seen) && document.querySelector(selector)) seen[name] = performance.now() - sentAt;
    };
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
    document.addEventListener("keydown", e => { if (e.key === "Enter") window.sentAt = performance.now(); }, true);
}"""


def story(seed: int) -> str:
    """A story of 200 words, of which no two are the same."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    sentences = list(_SENTENCES)
    middle = sentences[1:-1]
    chance.shuffle(middle)
    told = " ".join([sentences[0], *middle, sentences[-1]])
    return told.format(age=chance.randint(4, 15), onset=chance.randint(2, 4))


def measure(page: Page, text: str) -> dict[str, float]:
    """Seconds until each step is seen."""
    page.evaluate(_WATCH, STEPS)
    page.locator("#story").fill(text)
    page.locator("#story").press("Enter")
    page.locator(STEPS["questions"]).wait_for()
    seen: dict[str, float] = page.evaluate("window.seen")
    return {name: seen[name] / 1000 for name in STEPS}


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    stories = [story(seed) for seed in range(N_STORIES + 1)]
    n_words = statistics.median(len(text.split()) for text in stories)
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with served(create_server(DiagnosisAssistant.load())) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        times = []
        for text in stories:
            user = Visitor(browser, address)
            user.page.set_default_timeout(120_000)
            times.append(measure(user.page, text))
            user.close()
        browser.close()
    print(f"{N_STORIES} stories of {n_words:.0f} words; seconds from Enter\n{'':20} median    max")
    for name in STEPS:
        taken = [seen[name] for seen in times[1:]]
        print(f"{name:20} {statistics.median(taken):6.2f} {max(taken):6.2f}")


if __name__ == "__main__":
    main()
