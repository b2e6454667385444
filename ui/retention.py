"""What the server forgets of its pages, and when.

Promise: a page that was closed is forgotten ``KEPT_S`` seconds after its last use, sooner where many are closed after
it; a call of the API leaves nothing. Gradio itself keeps 10,000 sessions for ever, each with all that its page showed.
A page that comes back after it was forgotten, such as one whose connection was lost, brings its case along
(``ui.app.perform``).
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from gradio.state_holder import StateHolder

KEPT_S = 600
"""How long a closed page is kept: a telephone that was put away comes back to its conversation."""
MAX_CLOSED = 20
"""Closed pages that are kept, of about a megabyte each."""
MAX_PAGES = 1000
"""Open and closed; of more, those that were unused longest are forgotten."""


class SessionStore(StateHolder):  # type: ignore[misc]
    """Gradio's sessions, without those that nobody comes back to."""

    def delete_all_expired_state(self) -> None:
        """Forget; Gradio calls this every second. A session without a state is a call of the API."""
        n_before = len(self.session_data)
        with self.lock:
            sessions = self.session_data.items()
            calls = [key for key, session in sessions if not session.state_data]
            closed = [key for key, session in sessions if session.is_closed and session.state_data]
            for group in (calls, closed):  # apart, so that calls push no page out
                self._forget(group)
        if len(self.session_data) < n_before:
            return_free_memory()

    def _forget(self, keys: Sequence[Any]) -> None:
        """Of these sessions, the longest unused first: those that are too old or too many."""
        now = datetime.now()
        for n_later, key in zip(reversed(range(len(keys))), keys, strict=True):
            if n_later >= MAX_CLOSED or self.time_last_used.get(key, now) < now - timedelta(seconds=KEPT_S):
                del self.session_data[key]
                self.time_last_used.pop(key, None)


def return_free_memory() -> None:
    """Give back to the system what the C library holds in reserve: a megabyte more with every answer otherwise."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):  # glibc
        libc.malloc_trim(0)


def limit_retention(application: Any) -> None:
    """Have a Gradio application forget its sessions; before it is served."""
    page, store = application.get_blocks(), SessionStore()
    page.state_session_capacity = MAX_PAGES
    store.set_blocks(page)
    application.state_holder = store
