"""What leaves the page: a menu of files and links, and the file that is on its way."""

from __future__ import annotations

import base64
import secrets
from html import escape

from ui.case import MAX_FINDINGS
from ui.page.markup import action, button, icon
from ui.page.words import Words
from ui.permalink import format_permalink
from ui.session import Download, Progress, Session


def save_menu(session: Session, words: Words) -> str:
    """Files and links of a case; nothing for an empty one. Reports wait for the whole answer."""
    if not session.case.findings:
        return ""
    is_answered = session.differential is not None and not session.is_stale and session.progress is Progress.IDLE
    reports = (("copy", "Copy the report"), ("pdf", "Report as PDF"), ("markdown", "Report as Markdown"))
    items = [_item(kind, label, words, disabled=not is_answered) for kind, label in reports]
    items.append(_item("phenopacket", "Case as phenopacket", words))
    if link := _link(session):
        items.insert(0, f'<button type="button" data-link="{escape(link)}">{escape(words("Copy a link"))}</button>')
    title = escape(words("Save and share"))
    return (
        f'<details class="menu"><summary class="quiet" data-key="save">{icon("share")} {title}</summary>'
        f'<div class="items" role="group" aria-label="{title}">{"".join(items)}</div></details>'
    )


def download_part(download: Download | None) -> str:
    """The file as the page's script takes it; a number of its own, since one file may be asked for twice."""
    if download is None:
        return ""
    content = base64.b64encode(download.content).decode()
    return (
        f'<div data-n="{secrets.token_hex(4)}" data-name="{escape(download.name)}" '
        f'data-type="{escape(download.media_type)}" data-content="{content}"></div>'
    )


def _item(kind: str, label: str, words: Words, *, disabled: bool = False) -> str:
    return button(words(label), action("save", value=kind), key=f"save-{kind}", disabled=disabled)


def _link(session: Session) -> str:
    case = session.case
    return format_permalink(case.findings, case.person, session.setting) if len(case.findings) <= MAX_FINDINGS else ""
