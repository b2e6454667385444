"""Small pieces of HTML that all parts of the page are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

_MAX_APART = 2
"""Citations in a row that are each shown."""
_ICONS = {
    "plus": '<path d="M8 3.5v9M3.5 8h9"/>',
    "minus": '<path d="M3.5 8h9"/>',
    "question": '<path d="M5.8 6a2.2 2.2 0 1 1 3.3 1.9c-.8.5-1.1.9-1.1 1.8M8 12.2v.3"/>',
    "family": (
        '<circle cx="5.5" cy="5" r="2"/><circle cx="11" cy="6" r="1.6"/>'
        '<path d="M2 13c0-5 7-5 7 0M9.6 10c2-1.3 4.4 0 4.4 3"/>'
    ),
    "cross": '<path d="M4 4l8 8M12 4l-8 8"/>',
    "swap": '<path d="M3 6h9.5M10 3.5 12.5 6M13 10H3.5M6 12.5 3.5 10"/>',
    "undo": '<path d="M6.5 4 3.5 7l3 3M4 7h5.5a3 3 0 0 1 0 6H7"/>',
    "share": '<path d="M8 9.5V2.5M5.2 5 8 2.2 10.8 5M5 7.5H3.5v6h9v-6H11"/>',
    "clip": '<path d="m12.5 7.5-4.8 4.8a2.6 2.6 0 0 1-3.7-3.7l5-5a1.7 1.7 0 0 1 2.4 2.4l-5 5a.8.8 0 0 1-1.2-1.2L9 6"/>',
    "send": '<path d="M8 13V3.5M4 7.5l4-4 4 4"/>',
    "stop": '<rect x="4.5" y="4.5" width="7" height="7" rx="1" fill="currentColor"/>',
}


def icon(name: str) -> str:
    """A drawing of 16 by 16 units, for those who see; what it means is said beside it."""
    return (
        '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" '
        f'stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{_ICONS[name]}</svg>'
    )


def link(url: str | None, text: str) -> str:
    """Escaped text, linked where the address is a web address (``javascript:`` and the like stay plain text)."""
    if url is None or not url.startswith(("https://", "http://")):
        return escape(text)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def percent(probability: float) -> str:
    """Probability (0..1) in whole percent; what is neither impossible nor certain is not shown as 0 or 100."""
    if 0.0 < probability < 0.005:
        return "<1\u00a0%"
    return ">99\u00a0%" if 0.995 <= probability < 1.0 else f"{100 * probability:.0f}\u00a0%"


def citations(evidence_ids: Iterable[str], linked: bool = True) -> str:
    """Numbered citations; each leads to the row of the evidence list that has the same number."""
    ids = [escape(evidence_id) for evidence_id in evidence_ids]
    if not linked:
        return " ".join(f'<span class="cite">[{e}]</span>' for e in _in_runs(ids))
    return " ".join(f'<a class="cite" href="#ev-{e}">[{e}]</a>' for e in ids)


def _in_runs(ids: Sequence[str]) -> Iterator[str]:
    """``E1``, ``E2``, ``E3``, ``E7`` -> ``E1–E3``, ``E7``: numbers that lead nowhere need no place of their own."""
    run: list[str] = []
    for evidence_id in (*ids, ""):
        if run and evidence_id != f"E{int(run[-1][1:]) + 1}":
            yield from [f"{run[0]}–{run[-1]}"] if len(run) > _MAX_APART else run
            run = []
        if not re.fullmatch("E[0-9]+", evidence_id):
            yield from filter(None, [evidence_id])
        else:
            run.append(evidence_id)


def lines(text: str) -> str:
    """Escaped text that keeps its line breaks."""
    return escape(text).replace("\n", "<br>")


def action(kind: str, **values: Any) -> str:
    """Attribute that makes an element ask for something when it is used; see ``ui.case.parse_action``."""
    return f'data-action="{escape(json.dumps({"kind": kind, **values}))}"'


def button(label: str, act: str, *, key: str, css: str = "", shown: str | None = None, disabled: bool = False) -> str:
    """A button.

    Args:
        label: what it does, for the tooltip and for screen readers, where ``shown`` is an icon.
        act: of ``action``.
        key: keeps the focus on it when the page is drawn anew; one of its kind.
        css: class names.
        shown: HTML inside; default: the label.
        disabled: whether it can do nothing now.
    """
    named = "" if shown is None else f' title="{escape(label)}" aria-label="{escape(label)}"'
    off = " disabled" if disabled else ""
    inside = escape(label) if shown is None else shown
    return f'<button type="button" class="{css}" data-key="{escape(key)}"{named} {act}{off}>{inside}</button>'
