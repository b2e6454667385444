"""Answers to follow-up questions in the conversation.

An answer brings the evidence that the page has not listed yet; what is listed already keeps its one row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape
from itertools import groupby

from llm.conversation.schema import Answer, Sentence
from llm.schema import RemovedClaim
from retrieval.schema import Evidence
from ui.answer_json import cited_evidence
from ui.page.evidence import evidence_row
from ui.page.markup import citations
from ui.page.words import Words


def answers_html(answers: Iterable[Answer], listed: Collection[str], words: Words, *, is_current: bool) -> str:
    """The answers of one turn.

    Args:
        answers: in order.
        listed: numbers of the evidence that has a row on the page already.
        words: of the page.
        is_current: the evidence is that of the case as it stands; else citations are no links, since their numbers may
            be others' by now, and every piece that is cited is listed here.
    """
    known = set(listed) if is_current else set()
    parts = []
    for answer in answers:
        rows = [e for e in cited_evidence(answer) if e.evidence_id not in known]
        known.update(e.evidence_id for e in rows)
        parts.append(_answer(answer, rows, words, is_current))
    return "".join(parts)


def _answer(answer: Answer, rows: Sequence[Evidence], words: Words, is_current: bool) -> str:
    understood = f'<p class="by">{escape(words.said(answer.understood))}</p>' if answer.understood else ""
    by = _by(answer.model.model, words) if answer.model and answer.basis else ""
    notes = "".join(f'<p class="note">{escape(n)}</p>' for n in answer.model.notes) if answer.model else ""
    basis = _folded(words("What the sources say"), _sentences(answer.basis, words, is_current)) if answer.basis else ""
    listed = "".join(evidence_row(e, words, linked=is_current) for e in rows)
    sources = f'<ol class="evidence">{listed}</ol>' if listed else ""
    said = _sentences(answer.sentences, words, is_current)
    return f'<div class="answer">{understood}{by}{said}{notes}{basis}{_removed(answer.removed, words)}{sources}</div>'


def _sentences(sentences: Sequence[Sentence], words: Words, is_current: bool) -> str:
    """Paragraphs, and lists of what speaks for and against; neighbours of one kind go together."""
    parts: list[str] = []
    announced = False
    for supports, group in groupby(sentences, key=lambda s: s.supports):
        items = [f"{escape(words.said(s.text))} {citations(s.evidence_ids, is_current)}".rstrip() for s in group]
        if supports is None:
            for item in items:
                parts.append(f"<p>{item}</p>" if announced else f"<p data-announce>{item}</p>")
                announced = True
        else:
            title, kind = (words("For"), "for") if supports else (words("Against"), "against")
            listed = "".join(f"<li>{item}</li>" for item in items)
            parts.append(f'<div class="claims {kind}"><h4>{escape(title)}</h4><ul>{listed}</ul></div>')
    return "".join(parts)


def _removed(removed: Sequence[RemovedClaim], words: Words) -> str:
    if not removed:
        return ""
    items = "".join(f"<li>{escape(r.claim.text)} ({escape(r.reason)})</li>" for r in removed)
    return _folded(words("Removed, not supported by the evidence: {n}", n=len(removed)), f"<ul>{items}</ul>")


def _folded(title: str, content: str) -> str:
    return f'<details class="removed"><summary>{escape(title)}</summary>{content}</details>'


def _by(model: str, words: Words) -> str:
    return f'<p class="by">{escape(words("Worded by {model}", model=model))}</p>'
