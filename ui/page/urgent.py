"""What must not be missed, apart from the differential: emergencies that the findings allow, and their red flags."""

from __future__ import annotations

from html import escape

from kg.curie import url_of
from llm.schema import Differential
from retrieval.schema import RedFlag, UrgentCondition
from ui.case import Status
from ui.page.markup import action, button, icon, link, percent
from ui.page.words import Words


def urgent_section(differential: Differential | None, words: Words) -> str:
    """Each condition with the red flags that the patient has, linked to who says so, and those to ask for."""
    if differential is None or not differential.urgent:
        return ""
    items = "".join(_condition(condition, words) for condition in differential.urgent)
    return (
        f'<section class="urgent" aria-labelledby="h-urgent"><h2 id="h-urgent">{escape(words("Don’t miss"))}</h2>'
        f"<ul>{items}</ul></section>"
    )


def urgent_line(differential: Differential, words: Words) -> str:
    """The same in one line, for the conversation."""
    if not differential.urgent:
        return ""
    names = words(", ").join(condition.name for condition in differential.urgent)
    return f'<p class="beware" data-announce>{escape(words("Don’t miss: {names}.", names=names))}</p>'


def _condition(condition: UrgentCondition, words: Words) -> str:
    present = words(", ").join(f"\0{i}\1" for i in range(len(condition.present)))
    shown = escape(words("Red flags here: {flags}", flags=present))
    for i, flag in enumerate(condition.present):
        shown = shown.replace(f"\0{i}\1", link(flag.provenance.url, words.label(flag.term_id, flag.label)))
    here = f'<p class="flags">{shown}</p>' if condition.present else ""
    asked = "".join(_question(flag, condition, words) for flag in condition.to_ask)
    ask = f'<p class="flags">{escape(words("Ask for"))}{escape(words(": "))}{asked}</p>' if asked else ""
    name = link(url_of(condition.disease_id), condition.name)
    return f'<li><b>{name}</b> <span class="share">{escape(percent(condition.probability))}</span>{here}{ask}</li>'


def _question(flag: RedFlag, condition: UrgentCondition, words: Words) -> str:
    label = words.label(flag.term_id, flag.label)
    return button(
        words("{finding}: mark as present", finding=label),
        action("mark", id=flag.term_id, status=Status.PRESENT),
        key=f"flag-{condition.disease_id}-{flag.term_id}",
        css="flag",
        shown=f"{icon('plus')} {escape(label)}",
    )
