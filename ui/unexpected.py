"""An unexpected error in the log: where it happened, and none of its own words, which may quote a patient's story."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

logger = logging.getLogger(__name__)


def log_unexpected(error: Exception) -> None:
    """One line: the kind of error, and the path through the code."""
    frames = traceback.extract_tb(error.__traceback__)
    path = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    logger.error("unexpected %s at %s", type(error).__name__, path)
