"""The patient as known so far: age and sex, and every finding as a chip that can be changed."""

from __future__ import annotations

import json
from html import escape

from kg.curie import url_of
from kg.schema import Finding
from ui.case import Case, Status, status_of, stored
from ui.page.markup import action, button, icon, link
from ui.page.person import person_fields
from ui.page.saving import save_menu
from ui.page.words import Words
from ui.session import Session

_GROUPS = (
    (Status.PRESENT, "Present", ""),
    (Status.EXCLUDED, "Excluded", ""),
    (Status.UNCERTAIN, "Uncertain", "counts as present until you say otherwise"),
    (Status.FAMILY, "Family", "not the patient's"),
)
_SIGNS = {Status.PRESENT: "plus", Status.EXCLUDED: "minus", Status.UNCERTAIN: "question", Status.FAMILY: "family"}
_FLIPPED = {
    Status.PRESENT: Status.EXCLUDED,
    Status.EXCLUDED: Status.PRESENT,
    Status.UNCERTAIN: Status.PRESENT,
    Status.FAMILY: Status.PRESENT,
}
_SAYS = {Status.PRESENT: "{finding}: mark as present", Status.EXCLUDED: "{finding}: mark as absent"}


def findings_panel(session: Session, words: Words, token: str) -> str:
    """Who the patient is and the findings in groups, with what the browser may keep of them.

    Args:
        session: the case.
        words: of the page.
        token: names the consultation; the page sends it back with every act.
    """
    kept = "" if session.case == Case() else json.dumps(stored(session.case))
    undo = button(
        words("Undo"),
        action("undo"),
        key="undo",
        css="quiet",
        shown=f"{icon('undo')} {escape(words('Undo'))}",
        disabled=not session.past,
    )
    return (
        f'<section aria-labelledby="h-findings" data-consultation="{escape(token)}" data-kept="{escape(kept)}">'
        f'<div class="bar-of-title"><h2 id="h-findings">{escape(words("Patient"))}</h2>'
        f"{person_fields(session.case.person, words)}"
        f'<div class="tools">{undo}{save_menu(session, words)}</div></div>'
        f"{_groups(session.case, words)}</section>"
    )


def _groups(case: Case, words: Words) -> str:
    if not case.findings and not case.family:
        return f'<p class="empty">{escape(words("Findings will appear here; each can be changed or removed."))}</p>'
    shown = []
    for status, title, remark in _GROUPS:
        found = case.family if status is Status.FAMILY else [f for f in case.findings if status_of(f) is status]
        if found:
            chips = "".join(_chip(f, status, words) for f in found)
            heading = f'<h3 id="h-{status}">{escape(words(title))}</h3>'
            chips += f'<li class="remark">{escape(words(remark))}</li>' if remark else ""
            shown.append(f'{heading}<ul class="chips" aria-labelledby="h-{status}">{chips}</ul>')
    return f'<div class="groups">{"".join(shown)}</div>'


def _chip(finding: Finding, status: Status, words: Words) -> str:
    term_id, label = finding.term_id, words.label(finding.term_id, finding.label)
    turned = _FLIPPED[status]
    flip = button(
        words(_SAYS[turned], finding=label),
        action("mark", id=term_id, status=turned),
        key=f"flip-{term_id}",
        css="flip",
        shown=icon(_SIGNS[status]),
    )
    change = (
        f'<button type="button" class="swap" data-key="swap-{escape(term_id)}" data-replace="{escape(term_id)}" '
        f'data-name="{escape(label)}" title="{escape(words("Replace"))}" '
        f'aria-label="{escape(words("{finding}: replace", finding=label))}">{icon("swap")}</button>'
    )
    remove = button(
        words("{finding}: remove", finding=label),
        action("remove", id=term_id),
        key=f"remove-{term_id}",
        css="remove",
        shown=icon("cross"),
    )
    said = finding.quote.casefold().rstrip("s")  # "seizures" tells no more than "Seizure"
    quote = "" if said in label.casefold() else f'<q title="{escape(finding.quote)}">{escape(finding.quote)}</q>'
    return (
        f'<li class="chip {status}" data-term="{escape(term_id)}">{flip}'
        f'<span class="label">{link(url_of(term_id), label)}</span>{quote}{change}{remove}</li>'
    )
