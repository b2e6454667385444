"""A tour of the page: screenshots, each with how long it is seen, as one animated picture that a README can show.

Promise: the file is below the limit, or there is none. Taking the screenshots is the business of a browser test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

QUALITIES = (85, 70, 55, 40)
"""Of the WebP, the best first; the first that keeps the limit is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One screenshot of the tour."""

    picture: bytes
    """A PNG, as ``page.screenshot()`` returns it."""
    seconds: float


def assemble_tour(frames: Sequence[Frame], out: Path, *, width: int = 960, max_bytes: int = 3_000_000) -> None:
    """Write an animated WebP that runs for ever.

    Args:
        frames: at least one; all are scaled to the width, and those lower than the highest are filled up below with
            the colour of their lower left corner.
        out: the file.
        width: in pixels.
        max_bytes: of the file.

    Raises:
        ValueError: no quality keeps the limit.
    """
    scaled = [_scale(Image.open(BytesIO(frame.picture)).convert("RGB"), width) for frame in frames]
    height = max(picture.height for picture in scaled)
    first, *others = (_fill_up(picture, height) for picture in scaled)
    durations = [round(1000 * frame.seconds) for frame in frames]
    for quality in QUALITIES:
        file = BytesIO()
        first.save(
            file, "WEBP", save_all=True, append_images=others, duration=durations, loop=0, quality=quality, method=6
        )
        if file.tell() <= max_bytes:
            out.write_bytes(file.getvalue())
            return
    raise ValueError(f"the tour has {file.tell():,} bytes at the lowest quality, more than {max_bytes:,}")


def _scale(picture: Image.Image, width: int) -> Image.Image:
    return picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)


def _fill_up(picture: Image.Image, height: int) -> Image.Image:
    filled = Image.new("RGB", (picture.width, height), picture.getpixel((0, picture.height - 1)))
    filled.paste(picture)
    return filled
