"""Answers to follow-up questions -> what is shown: escaped HTML for the page and the public JSON.

An answer brings the evidence that the page has not listed yet; what is listed already keeps its one row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Any

from llm.conversation.schema import Answer, Sentence
from llm.schema import RemovedClaim
from retrieval.schema import Evidence
from ui.evidence import citations, evidence_json, evidence_row


def answers_html(answers: Iterable[Answer], listed: Collection[str], *, is_current: bool) -> str:
    """The answers of one turn.

    Args:
        answers: in order.
        listed: numbers of the evidence that has a row on the page already.
        is_current: the evidence is that of the case as it stands; else citations are no links, since their numbers may
            be others' by now, and every piece that is cited is listed here.
    """
    known = set(listed) if is_current else set()
    parts = []
    for answer in answers:
        rows = [e for e in cited_evidence(answer) if e.evidence_id not in known]
        known.update(e.evidence_id for e in rows)
        parts.append(_answer(answer, rows, is_current))
    return "".join(parts)


def cited_evidence(answer: Answer) -> tuple[Evidence, ...]:
    """What an answer's sentences cite, by number."""
    cited = {i for s in (*answer.sentences, *answer.basis) for i in s.evidence_ids}
    chosen = (e for e in answer.evidence if e.evidence_id in cited)
    return tuple(sorted(chosen, key=lambda e: int(e.evidence_id.removeprefix("E"))))


def answer_json(answer: Answer) -> dict[str, Any]:
    """The public JSON of an answer."""
    model = answer.model
    return {
        "question": answer.question,
        "understood": answer.understood,
        "in_sources": answer.is_covered,
        "sentences": [_sentence_json(s) for s in answer.sentences],
        "basis": [_sentence_json(s) for s in answer.basis],
        "evidence": [evidence_json(e) for e in cited_evidence(answer)],
        "removed": [{"text": r.claim.text, "reason": r.reason} for r in answer.removed],
        "model": None if model is None else {"name": model.model, "rung": model.rung, "notes": list(model.notes)},
    }


def _answer(answer: Answer, rows: Sequence[Evidence], is_current: bool) -> str:
    understood = f'<p class="by">{escape(answer.understood)}</p>' if answer.understood else ""
    by = f'<p class="by">Worded by {escape(answer.model.model)}</p>' if answer.model and answer.basis else ""
    notes = "".join(f'<p class="note">{escape(n)}</p>' for n in answer.model.notes) if answer.model else ""
    basis = _folded("What the sources say", _sentences(answer.basis, is_current)) if answer.basis else ""
    listed = "".join(evidence_row(e, linked=is_current) for e in rows)
    sources = f'<ol class="evidence">{listed}</ol>' if listed else ""
    said = _sentences(answer.sentences, is_current)
    return f'<div class="answer">{understood}{by}{said}{notes}{basis}{_removed(answer.removed)}{sources}</div>'


def _sentences(sentences: Sequence[Sentence], is_current: bool) -> str:
    """Paragraphs, and lists of what speaks for and against; neighbours of one kind go together."""
    parts: list[str] = []
    announced = False
    for supports, group in groupby(sentences, key=lambda s: s.supports):
        items = [f"{escape(s.text)} {citations(s.evidence_ids, is_current)}".rstrip() for s in group]
        if supports is None:
            for item in items:
                parts.append(f"<p>{item}</p>" if announced else f"<p data-announce>{item}</p>")
                announced = True
        else:
            title, kind = ("For", "for") if supports else ("Against", "against")
            listed = "".join(f"<li>{item}</li>" for item in items)
            parts.append(f'<div class="claims {kind}"><h4>{title}</h4><ul>{listed}</ul></div>')
    return "".join(parts)


def _removed(removed: Sequence[RemovedClaim]) -> str:
    if not removed:
        return ""
    items = "".join(f"<li>{escape(r.claim.text)} ({escape(r.reason)})</li>" for r in removed)
    return _folded(f"Removed for want of evidence: {len(removed)}", f"<ul>{items}</ul>")


def _folded(title: str, content: str) -> str:
    return f'<details class="removed"><summary>{escape(title)}</summary>{content}</details>'


def _sentence_json(sentence: Sentence) -> dict[str, Any]:
    said = {"text": sentence.text, "supports": sentence.supports, "citations": list(sentence.evidence_ids)}
    return {**said, "by_model": True} if sentence.by_model else said
