"""How evidence is shown wherever it is cited: links, numbered citations, rows, the public JSON.

Promise: every word of a source passes ``html.escape``, and only web addresses become links.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from retrieval.schema import Evidence


def link(url: str | None, text: str) -> str:
    """Escaped text, linked where the address is a web address (``javascript:`` and the like stay plain text)."""
    if url is None or not url.startswith(("https://", "http://")):
        return escape(text)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def citations(evidence_ids: Iterable[str], linked: bool = True) -> str:
    """Numbered citations; each leads to the row of the evidence that has the same number."""
    ids = [escape(evidence_id) for evidence_id in evidence_ids]
    if not linked:
        return " ".join(f'<span class="cite">[{e}]</span>' for e in ids)
    return " ".join(f'<a class="cite" href="#ev-{e}" aria-label="Evidence {e}">[{e}]</a>' for e in ids)


def evidence_row(evidence: Evidence, linked: bool = True) -> str:
    """One numbered piece with its references; ``linked``: citations lead to it."""
    number = escape(evidence.evidence_id)
    references = dict.fromkeys((p.url, p.reference) for p in evidence.provenance)
    links = " · ".join(link(url, reference) for url, reference in references)
    anchor = f' id="ev-{number}"' if linked else ""
    return (
        f'<li{anchor} class="ev"><span class="number">{number}</span><div><p>{escape(evidence.text)}</p>'
        f'<p class="reference"><span class="kind">{escape(evidence.kind)}</span> {links}</p></div></li>'
    )


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """The public JSON of one piece."""
    return {
        "id": evidence.evidence_id,
        "kind": str(evidence.kind),
        "text": evidence.text,
        "source": "; ".join(dict.fromkeys(p.source for p in evidence.provenance)),
        "version": "; ".join(dict.fromkeys(p.version for p in evidence.provenance)),
        "reference": evidence.reference,
        "url": evidence.url,
    }
