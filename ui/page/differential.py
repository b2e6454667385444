"""The ranked diseases as cards: how likely, by which gene, how common, what speaks for and against."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from kg.common_schema import Setting
from kg.curie import url_of
from kg.genetics import Genetics
from kg.schema import Prevalence
from llm.schema import Diagnosis, Differential, Types
from ui.page.claims import claim_lists
from ui.page.markup import action, button, link, percent
from ui.page.words import Words
from ui.session import Progress, Session

_SHOWN_GENES = 4


SETTINGS = {
    Setting.GENERAL_PRACTICE: "General practice",
    Setting.EMERGENCY: "Emergency department",
    Setting.GENETICS_CLINIC: "Genetics clinic",
}
"""In words of the page."""


def differential_section(
    session: Session, setting: Setting, words: Words, genetics: Callable[[str, Setting], Genetics]
) -> str:
    """The differential; dimmed while it does not speak of the latest findings yet, or of this setting."""
    inside = _empty(session, words) if session.differential is None else _ranked(session.differential, words, genetics)
    return (
        f'<section aria-labelledby="h-differential"{" class=stale aria-busy=true" if session.is_stale else ""}>'
        f'<div class="bar-of-title"><h2 id="h-differential">{escape(words("Differential"))}</h2>'
        f"{_setting_field(setting, words)}</div>{inside}</section>"
    )


def _setting_field(setting: Setting, words: Words) -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if value is setting else ""}>{escape(words(name))}</option>'
        for value, name in SETTINGS.items()
    )
    label = escape(words("Where the patient is seen"))
    return f'<select data-field="setting" data-key="setting" aria-label="{label}" title="{label}">{options}</select>'


def _empty(session: Session, words: Words) -> str:
    is_busy = session.progress is not Progress.IDLE
    text = words("Ranking the diseases") + " …" if is_busy else words("Appears with the first findings.")
    return f'<p class="empty">{escape(text)}</p>'


def _ranked(differential: Differential, words: Words, genetics: Callable[[str, Setting], Genetics]) -> str:
    reason = differential.abstained
    note = "" if reason is None else f'<p class="note">{escape(words.said(reason))}</p>'
    if not differential.diagnoses:
        return note
    cards = "".join(
        _card(d, differential, words, genetics(d.disease_id, differential.setting), is_open=i == 0)
        for i, d in enumerate(differential.diagnoses)
    )
    rest = max(0.0, 1.0 - sum(d.probability for d in differential.diagnoses))
    none_of_these = escape(words("None of these: {share}", share=percent(rest)))
    return f'{note}<ol class="diagnoses">{cards}</ol><p class="rest">{none_of_these}</p>'


def _card(diagnosis: Diagnosis, differential: Differential, words: Words, genetics: Genetics, *, is_open: bool) -> str:
    ids = dict.fromkeys((diagnosis.disease_id, *diagnosis.equivalent_ids))
    sources = " · ".join(link(url_of(i), i) for i in ids)
    types = _types(differential.types_led_by(diagnosis), words)
    width = f"{100 * diagnosis.probability:.1f}%"
    return (
        f'<li><details data-key="d-{escape(diagnosis.disease_id)}"{" open" if is_open else ""}>'
        f'<summary><span class="rank">{diagnosis.rank}</span>'
        f'<h3 class="name">{escape(diagnosis.name)}</h3>'
        f'<span class="share">{escape(percent(diagnosis.probability))}</span>'
        f'<span class="bar" aria-hidden="true"><i style="width:{width}"></i></span>'
        f"{_genetics(genetics, words)}{types}</summary>"
        f'<p class="ids">{sources}{_links(genetics, words)}</p>'
        f"{claim_lists(diagnosis.claims, words)}"
        f"{_care_button(diagnosis.disease_id, words)}</details></li>"
    )


def _care_button(disease_id: str, words: Words) -> str:
    return button(words("Treatment and risk"), action("care", id=disease_id), key=f"care-{disease_id}", css="plain")


def _types(types: Types | None, words: Words) -> str:
    return f'<small class="types">{escape(word_types(types, words))}</small>' if types else ""


def word_types(types: Types, words: Words) -> str:
    """What the types of one disease in the list are given together."""
    return words("{n} types in this list together: {share}", n=len(types.diagnoses), share=percent(types.probability))


def _genetics(genetics: Genetics, words: Words) -> str:
    """Genes, inheritance and how common it is under the name, for reading."""
    symbols = [g.symbol for g in genetics.genes[:_SHOWN_GENES]]
    n_more = len(genetics.genes) - len(symbols)
    genes = ", ".join(symbols) + (words(" and {n} more", n=n_more) if n_more else "")
    modes = words(", ").join(words.label(t.term_id, t.name) for t in genetics.inheritance)
    said = [f"<i>{escape(genes)}</i>"] if genes else []
    said += [escape(modes)] if modes else []
    said += [escape(_how_common(genetics.prevalence, words))] if genetics.prevalence else []
    return f"<small>{' · '.join(said)}</small>" if said else ""


def _how_common(prevalence: Prevalence, words: Words) -> str:
    few, many = (n.replace(",", words(",")) for n in prevalence.one_in)
    if few == many:
        return words("about 1 in {few} people", few=few)
    return words("about 1 in {few} to {many} people", few=few, many=many)


def _links(genetics: Genetics, words: Words) -> str:
    """Where the genes are described, and who says how common it is."""
    links = [link(url_of(g.gene_id), g.symbol) for g in genetics.genes[:_SHOWN_GENES]]
    if genetics.prevalence:
        links.append(link(genetics.prevalence.provenance.url, words("how common it is")))
    return "".join(f" · {shown}" for shown in links)
