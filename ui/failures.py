"""What a user reads when something fails: one line, and nothing of the patient in the log."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

from kg.errors import CitedxError

UNEXPECTED = "Something went wrong inside citedx. Your case and text are kept: try again, or see the server’s log."
_LOG = logging.getLogger(__name__)


def one_line(error: Exception) -> str:
    """What the user reads. An unexpected error's own words may quote the story, so only its path is logged."""
    if isinstance(error, CitedxError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    path = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    _LOG.error("unexpected %s at %s", type(error).__name__, path)
    return UNEXPECTED
