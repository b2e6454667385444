"""The numbered evidence, and the other views of an answer beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain

from kg.schema import Provenance
from kg.sources.common_conditions import title_of
from llm.schema import Differential
from retrieval.schema import Evidence
from ui.page.markup import link
from ui.page.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One way to look at an answer."""

    name: str
    """Of its tab in the page, such as ``evidence``."""
    title: str
    body: str
    """Escaped HTML."""


def views_section(views: Sequence[View]) -> str:
    """Views of an answer as tabs; a single one as a plain section."""
    if len(views) == 1:
        (view,) = views
        heading = f'<h2 id="h-{view.name}">{escape(view.title)}</h2>'
        return f'<section aria-labelledby="h-{view.name}">{heading}{view.body}</section>'
    tabs = "".join(
        f'<button type="button" role="tab" id="tab-{v.name}" aria-controls="view-{v.name}" data-tab="{v.name}" '
        f'aria-selected="{str(i == 0).lower()}" tabindex="{0 if i == 0 else -1}">{escape(v.title)}</button>'
        for i, v in enumerate(views)
    )
    panels = "".join(
        f'<div role="tabpanel" id="view-{v.name}" aria-labelledby="tab-{v.name}" tabindex="0"'
        f"{'' if i == 0 else ' hidden'}>{v.body}</div>"
        for i, v in enumerate(views)
    )
    return f'<section class="views"><div role="tablist">{tabs}</div>{panels}</section>'


def evidence_view(differential: Differential | None, words: Words) -> View:
    """The numbered list that citations lead to, its sources, and what was removed."""
    if differential is None or not differential.evidence:
        body = f'<p class="empty">{escape(words("Each statement’s source is listed here."))}</p>'
    else:
        rows = "".join(evidence_row(evidence, words) for evidence in differential.evidence)
        body = (
            f'<ol class="evidence">{rows}</ol>{_sources(differential.evidence, words)}{_removed(differential, words)}'
        )
    return View(name="evidence", title=words("Evidence"), body=body)


def evidence_row(evidence: Evidence, words: Words, *, linked: bool = True) -> str:
    """One numbered piece with its references; ``linked``: citations lead to it."""
    number = escape(evidence.evidence_id)
    references = dict.fromkeys((p.url, p.reference) for p in evidence.provenance)
    links = " · ".join(link(url, title_of(reference)) for url, reference in references)
    anchor = f' id="ev-{number}"' if linked else ""
    return (
        f'<li{anchor} class="ev"><span class="number">{number}</span><div><p>{escape(words.said(evidence.text))}</p>'
        f'<p class="reference"><span class="kind">{escape(words(evidence.kind))}</span> {links}</p></div></li>'
    )


def _sources(evidence: Iterable[Evidence], words: Words) -> str:
    provenance: Iterable[Provenance] = chain.from_iterable(e.provenance for e in evidence)
    sources = dict.fromkeys((p.source, p.version, p.licence) for p in provenance)
    items = "; ".join(f"{escape(f'{name} {version}')} ({link(terms, terms)})" for name, version, terms in sources)
    return f'<p class="sources">{escape(words("Sources"))}{escape(words(": "))}{items}.</p>'


def _removed(differential: Differential, words: Words) -> str:
    if not differential.removed_claims:
        return ""
    items = "".join(f"<li>{escape(r.claim.text)} ({escape(r.reason)})</li>" for r in differential.removed_claims)
    title = escape(words("Removed, not supported by the evidence: {n}", n=len(differential.removed_claims)))
    return f'<details class="removed" data-key="removed"><summary>{title}</summary><ul>{items}</ul></details>'
