"""The tour of the README can be taken: every step of it is there on the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm.assistant import DiagnosisAssistant

pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
pytest.importorskip("PIL", reason="needs Pillow, which comes with Gradio")
pytestmark = [pytest.mark.browser, pytest.mark.release]


def test_the_tour_is_a_minute_and_small(browser, release_assistant: DiagnosisAssistant, tmp_path: Path):
    from tests.ui.animation import assemble_tour
    from tests.ui.tour import MAX_TOUR_BYTES, TOUR_SIZE, take_tour

    frames = take_tour(browser, release_assistant)
    assert 55 <= sum(frame.seconds for frame in frames) <= 65
    assert len({frame.picture for frame in frames}) == len(frames)
    assemble_tour(frames, tmp_path / "tour.webp", width=TOUR_SIZE["width"], max_bytes=MAX_TOUR_BYTES)
