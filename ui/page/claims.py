"""What speaks for and against a disease, each statement with its citations."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from llm.schema import Claim
from ui.page.markup import citations
from ui.page.words import Words


def claim_lists(claims: Sequence[Claim], words: Words, *, linked: bool = True, limit: int | None = None) -> str:
    """The claims for, then those against.

    Args:
        claims: of one diagnosis.
        words: of the page.
        linked: whether citations lead to the evidence list.
        limit: claims of either kind that are shown; the rest are counted.
    """
    lists = []
    for title, kind, supports in ((words("For"), "for", True), (words("Against"), "against", False)):
        chosen = [c for c in claims if c.supports is supports]
        items = "".join(
            f"<li>{escape(words.said(c.text))} {citations(c.evidence_ids, linked)}</li>" for c in chosen[:limit]
        )
        if items:
            n_hidden = len(chosen[limit:]) if limit is not None else 0
            more = f'<li class="more">{escape(words("and {n} more in the differential", n=n_hidden))}</li>'
            lists.append(
                f'<div class="claims {kind}"><h4>{escape(title)}</h4><ul>{items}{more if n_hidden else ""}</ul></div>'
            )
    return "".join(lists)
