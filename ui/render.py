"""Records -> what is shown: escaped HTML for the page and the public JSON.

Promise: every word that comes from a user or a source passes ``html.escape``, and only web addresses become links.
Pure functions without Gradio; what is clicked and kept is the business of ``ui.app``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain
from typing import Any

from kg.curie import url_of
from kg.schema import Finding, Provenance
from llm.conversation.schema import Answer
from llm.schema import Claim, Commentary, Diagnosis, Differential
from retrieval.demographics import UNKNOWN, Demographics, word_demographics
from retrieval.schema import Evidence
from ui.answers import answers_html, cited_evidence
from ui.evidence import citations, evidence_json, evidence_row, link

HEADER = (
    '<h1>citedx</h1><p class="banner">Decision support for professionals, not a medical device.</p>'
    '<div id="announce" class="unseen" role="status"></div>'  # where screen readers hear how the answer stands
)
WELCOME = (
    '<div class="welcome"><h2>Tell the patient’s story</h2>'
    "<p>Write in plain words what is seen, and what was looked for and is absent. citedx reads the findings, ranks the "
    "diseases that explain them, and cites the source of every statement.</p>"
    "<p>Names, dates and addresses are not needed: leave them out.</p></div>"
)
_HPO_LICENCE = "https://hpo.jax.org/app/license"
CITATION = re.compile(r"\[(E[0-9]+)\]")
HPO_PAPER = "https://doi.org/10.1093/nar/gkad1005"
_CHAT_CLAIMS = 4  # a chat answer stays readable at a glance; the case panel shows all claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of the user and what came of it."""

    story: str
    findings: tuple[Finding, ...] = ()
    """Findings read from this message, with offsets into it."""
    differential: Differential | None = None
    """The answer; None while it is being made, or where there is none."""
    note: str | None = None
    """One line where there is no answer, or only a first one: an error, or no findings."""
    answers: tuple[Answer, ...] = ()
    """To the questions of the message."""


def percent(probability: float) -> str:
    """Probability (0..1) in whole percent as HTML; what rounds to zero is shown as less than one."""
    return "&lt;1&nbsp;%" if 0.0 < probability < 0.005 else f"{100 * probability:.0f}&nbsp;%"


def story_pieces(story: str, findings: Iterable[Finding]) -> Iterator[tuple[str, Finding | None]]:
    """The whole text in pieces, each with its finding; of overlapping spans the later has the rest."""
    spans = [(f.start, f.end, f) for f in findings if f.start is not None and f.end is not None]
    done = 0
    for start, end, finding in sorted(spans, key=lambda span: span[:2]):
        start, end = max(start, done), min(end, len(story))
        if start >= end:
            continue
        if done < start:
            yield story[done:start], None
        yield story[start:end], finding
        done = end
    if done < len(story):
        yield story[done:], None


def marked_story(story: str, findings: Iterable[Finding]) -> str:
    """The user's text with the words of each finding marked."""
    return "".join(_marked(words, finding) for words, finding in story_pieces(story, findings))


def _marked(words: str, finding: Finding | None) -> str:
    if finding is None:
        return _lines(words)
    kind = "excluded" if finding.excluded else "present"
    return f'<mark class="{kind}" title="{escape(finding.label)}">{_lines(words)}</mark>'


def chat_log(turns: Sequence[Turn], current: Differential | None) -> str:
    """The conversation.

    Each answer numbers its evidence anew, so only the citations of the current answer are links: an old ``[E3]`` must
    never lead to a new row.
    """
    if not turns:
        return WELCOME
    latest = max((n for n, turn in enumerate(turns) if turn.differential is not None), default=-1)
    listed = {e.evidence_id for e in current.evidence} if current else set()
    items = []
    for n, turn in enumerate(turns):
        is_current = n >= latest and (current is not None or latest < 0)
        answers = answers_html(turn.answers, listed, is_current=is_current)
        if is_current:
            listed.update(e.evidence_id for answer in turn.answers for e in cited_evidence(answer))
        items.append(f'<li class="turn">{_story(turn)}{_reply(turn, turn.differential == current, answers)}</li>')
    return f'<ol class="log" aria-label="Conversation">{"".join(items)}</ol>'


def case_panel(
    findings: Sequence[Finding],
    differential: Differential | None,
    busy: bool = False,
    person: Demographics = UNKNOWN,
) -> str:
    """The case as it stands: who it is, the findings, the ranked differential and the numbered evidence."""
    return (
        f'<section aria-labelledby="h-findings"><h2 id="h-findings">Findings</h2>{_person(person)}{_findings(findings)}'
        "</section>"
        '<section aria-labelledby="h-differential"><h2 id="h-differential">Differential</h2>'
        f"{_differential(differential, busy)}</section>"
        f'<section aria-labelledby="h-evidence"><h2 id="h-evidence">Evidence</h2>{_evidence(differential)}</section>'
    )


def footer(versions: Mapping[str, str]) -> str:
    """Citation, version and licence of the ontology, as its licence asks for, and what made the answers."""
    release = f" ({escape(versions['hpo'])})" if "hpo" in versions else ""
    others = " · ".join(escape(f"{name} {version}") for name, version in versions.items() if name != "hpo")
    return (
        f"<p>Findings and disease annotations: Human Phenotype Ontology{release}, {link(HPO_PAPER, 'Gargano 2024')}, "
        f"{link(_HPO_LICENCE, 'licence')}. OMIM and Orphanet names are those of the HPO annotations.</p><p>{others}</p>"
    )


def differential_json(differential: Differential) -> dict[str, Any]:
    """The public JSON of an answer, the same for the command line and the web API."""
    return {
        "patient": person_json(differential.person),
        "findings": [finding_json(finding) for finding in differential.findings],
        "diagnoses": [
            {
                "rank": diagnosis.rank,
                "id": diagnosis.disease_id,
                "equivalent_ids": list(diagnosis.equivalent_ids),
                "name": diagnosis.name,
                "probability": diagnosis.probability,
                "claims": [_claim_json(claim) for claim in diagnosis.claims],
            }
            for diagnosis in differential.diagnoses
        ],
        "evidence": [evidence_json(evidence) for evidence in differential.evidence],
        "abstained": differential.abstained,
        "commentary": _commentary_json(differential.commentary),
        "removed_claims": [{**_claim_json(r.claim), "reason": r.reason} for r in differential.removed_claims],
        "questions": [{"id": q.term_id, "text": q.text, "gain": q.gain} for q in differential.questions],
        "versions": dict(differential.versions),
    }


def person_json(person: Demographics) -> dict[str, Any]:
    """The public JSON of a patient's age and sex."""
    return {"sex": person.sex, "age": person.age}


def finding_json(finding: Finding) -> dict[str, Any]:
    """The public JSON of a finding; offsets count Unicode code points of the user's text."""
    return {
        "id": finding.term_id,
        "label": finding.label,
        "excluded": finding.excluded,
        "quote": finding.quote,
        "start": finding.start,
        "end": finding.end,
    }


def _claim_json(claim: Claim) -> dict[str, Any]:
    said = {"text": claim.text, "supports": claim.supports, "citations": list(claim.evidence_ids)}
    return {**said, "by_model": True} if claim.by_model else said


def _commentary_json(commentary: Commentary | None) -> dict[str, Any] | None:
    if commentary is None:
        return None
    return {
        "model": commentary.model,
        "rung": commentary.rung,
        "summary": commentary.summary,
        "is_ranking": commentary.is_ranking,
        "questions": [{"id": q.term_id, "text": q.text} for q in commentary.questions],
        "notes": list(commentary.notes),
    }


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _story(turn: Turn) -> str:
    if not turn.story.strip():
        return ""
    return f'<div class="story"><h3 class="unseen">You</h3>{marked_story(turn.story, turn.findings)}</div>'


def _reply(turn: Turn, is_current: bool, answers: str) -> str:
    found = _found(turn.findings) if turn.findings else ""
    note = "" if turn.note is None else f'<p class="note" data-announce>{escape(turn.note)}</p>'
    if turn.differential is not None:
        answer = _answer(turn.differential, is_current) + note
    elif note or answers:
        answer = note
    else:
        doing = "Weighing the evidence" if turn.findings else "Reading the story"
        answer = f'<p class="busy" data-announce>{doing} …</p>'
    return f'<div class="reply"><h3 class="unseen">citedx</h3>{found}{answer}{answers}</div>'


def _found(findings: Sequence[Finding]) -> str:
    groups = (("Present", False), ("Excluded", True))
    parts = []
    for title, excluded in groups:
        labels = ", ".join(escape(f.label) for f in findings if f.excluded is excluded)
        if labels:
            parts.append(f"<b>{title}:</b> {labels}.")
    return f'<p class="found">{" ".join(parts)}</p>'


def _answer(differential: Differential, is_current: bool) -> str:
    if differential.abstained is not None or not differential.diagnoses:
        lead = f'<p class="lead" data-announce>{escape(differential.abstained or "No diagnosis.")}</p>'
    else:
        lead = _lead(differential.diagnoses, linked=is_current)
    ask = ""
    if differential.questions:
        ask = f'<p class="ask"><b>The question that would help most:</b> {escape(differential.questions[0].text)}</p>'
    commentary = _commentary(differential.commentary, linked=is_current)
    earlier = "" if is_current else '<p class="earlier">Earlier answer: its evidence is no longer shown.</p>'
    return f'<div class="answer">{lead}{commentary}{ask}{earlier}</div>'


def _commentary(commentary: Commentary | None, linked: bool) -> str:
    """A language model's summary with its citations, its questions, and how it came about."""
    if commentary is None:
        return ""
    parts = [f'<p class="by">Also read by {escape(commentary.model)}</p>']
    if commentary.summary:
        summary = CITATION.sub(lambda m: citations([m[1]], linked), escape(commentary.summary))
        parts.append(f'<p class="summary">{summary}</p>')
    parts += [f'<p class="ask">{escape(question.text)}</p>' for question in commentary.questions]
    parts += [f'<p class="note">{escape(note)}</p>' for note in commentary.notes]
    return f'<div class="commentary">{"".join(parts)}</div>'


def _lead(diagnoses: Sequence[Diagnosis], linked: bool) -> str:
    first, rest = diagnoses[0], diagnoses[1:4]
    others = ", ".join(f"{escape(d.name)} ({percent(d.probability)})" for d in rest)
    return (
        f'<p class="lead" data-announce><b>{escape(first.name)}</b> leads with {percent(first.probability)}.</p>'
        + _claims(first.claims, linked, _CHAT_CLAIMS)
        + (f'<p class="rest">Then: {others}.</p>' if others else "")
    )


def _claims(claims: Sequence[Claim], linked: bool = True, limit: int | None = None) -> str:
    lists = []
    for title, kind, supports in (("For", "for", True), ("Against", "against", False)):
        chosen = [c for c in claims if c.supports is supports]
        items = "".join(f"<li>{escape(c.text)} {citations(c.evidence_ids, linked)}</li>" for c in chosen[:limit])
        if items:
            hidden = len(chosen[limit:]) if limit is not None else 0
            more = f'<li class="more">and {hidden} more in the differential</li>' if hidden else ""
            lists.append(f'<div class="claims {kind}"><h4>{title}</h4><ul>{items}{more}</ul></div>')
    return "".join(lists)


def _person(person: Demographics) -> str:
    words = word_demographics(person)
    return f'<p class="person">Patient: {escape(words)}</p>' if words else ""


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return '<p class="empty">None yet.</p>'
    groups = []
    for title, kind, excluded in (("Present", "present", False), ("Excluded", "excluded", True)):
        chips = "".join(_chip(f, kind) for f in findings if f.excluded is excluded)
        if chips:
            groups.append(f'<h3>{title}</h3><ul class="chips">{chips}</ul>')
    return "".join(groups)


def _chip(finding: Finding, kind: str) -> str:
    quote = f"<q>{escape(finding.quote)}</q>" if finding.quote else f"<q>{escape(finding.term_id)}</q>"
    return f'<li class="chip {kind}">{link(url_of(finding.term_id), finding.label)} {quote}</li>'


def _differential(differential: Differential | None, busy: bool) -> str:
    if differential is None:
        return f'<p class="empty">{"Weighing the evidence …" if busy else "Appears with the first findings."}</p>'
    reason = f'<p class="note">{escape(differential.abstained)}</p>' if differential.abstained is not None else ""
    if not differential.diagnoses:
        return reason
    rows = "".join(_diagnosis(d, is_open=i == 0) for i, d in enumerate(differential.diagnoses))
    rest = max(0.0, 1.0 - sum(d.probability for d in differential.diagnoses))
    none_of_these = f'<p class="rest">None of these: {percent(rest)}</p>'
    return f'{reason}<ol class="diagnoses">{rows}</ol>{none_of_these}'


def _diagnosis(diagnosis: Diagnosis, is_open: bool) -> str:
    ids = dict.fromkeys((diagnosis.disease_id, *diagnosis.equivalent_ids))
    width = f"{100 * diagnosis.probability:.1f}%"
    return (
        f'<li><details{" open" if is_open else ""}><summary><span class="rank">{diagnosis.rank}</span>'
        f'<span class="name">{escape(diagnosis.name)}</span><span class="share">{percent(diagnosis.probability)}</span>'
        f'<span class="bar" aria-hidden="true"><i style="width:{width}"></i></span></summary>'
        f'<p class="ids">{" · ".join(link(url_of(i), i) for i in ids)}</p>{_claims(diagnosis.claims)}</details></li>'
    )


def _evidence(differential: Differential | None) -> str:
    if differential is None or not differential.evidence:
        return '<p class="empty">Each statement’s source is listed here.</p>'
    rows = "".join(evidence_row(evidence) for evidence in differential.evidence)
    return f'<ol class="evidence">{rows}</ol>{_sources(differential.evidence)}{_removed(differential)}'


def _sources(evidence: Iterable[Evidence]) -> str:
    provenance: Iterable[Provenance] = chain.from_iterable(e.provenance for e in evidence)
    sources = dict.fromkeys((p.source, p.version, p.licence) for p in provenance)
    items = "; ".join(f"{escape(f'{name} {version}')} ({link(terms, terms)})" for name, version, terms in sources)
    return f'<p class="sources">Sources: {items}.</p>'


def _removed(differential: Differential) -> str:
    if not differential.removed_claims:
        return ""
    items = "".join(f"<li>{escape(r.claim.text)} ({escape(r.reason)})</li>" for r in differential.removed_claims)
    title = f"Removed for want of evidence: {len(differential.removed_claims)}"
    return f'<details class="removed"><summary>{title}</summary><ul>{items}</ul></details>'
