"""Three screenshots become a tour of three frames."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

image = pytest.importorskip("PIL.Image", reason="needs Pillow, which comes with Gradio")

from tests.ui.animation import Frame, assemble_tour  # noqa: E402

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 60), (40, 60, 200)


def png(colour: tuple[int, int, int], height: int = 200) -> bytes:
    file = BytesIO()
    image.new("RGB", (320, height), colour).save(file, "PNG")
    return file.getvalue()


def test_three_frames(tmp_path: Path):
    out = tmp_path / "tour.webp"
    frames = [
        Frame(picture=png(RED), seconds=1.5),
        Frame(picture=png(GREEN, height=100), seconds=0.5),
        Frame(picture=png(BLUE), seconds=2),
    ]
    assemble_tour(frames, out, width=160)
    with image.open(out) as tour:
        assert (tour.format, tour.n_frames, tour.size, tour.info["loop"]) == ("WEBP", 3, (160, 100), 0)
        seen = []
        for i, colour in enumerate((RED, GREEN, BLUE)):
            tour.seek(i)
            pixels = np.asarray(tour.convert("RGB"), int)
            assert np.abs(pixels - colour).max() <= 8  # the low frame is filled up with its own colour
            seen.append(tour.info["duration"])
        assert seen == [1500, 500, 2000]


def test_a_tour_that_is_too_large_is_not_written(tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (200, 320, 3), np.uint8)
    file = BytesIO()
    image.fromarray(noise).save(file, "PNG")
    with pytest.raises(ValueError, match="more than 1,000"):
        assemble_tour([Frame(picture=file.getvalue(), seconds=1)], tmp_path / "tour.webp", max_bytes=1000)
    assert not (tmp_path / "tour.webp").exists()
