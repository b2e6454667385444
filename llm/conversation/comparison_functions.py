"""What tells diseases apart in this patient: which findings favour one, what else they differ in, what to look for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kg.phrases import Joined, Phrase, joined, phrase, word_list
from kg.schema import Finding
from llm.conversation.case import Case, said_of, with_ratio, word_probability, word_ratio
from llm.conversation.schema import Request, Result, Sentence
from llm.questions import askable, rank_questions
from retrieval.everyday import EverydayRanker

N_COMPARED = 4
"""Diseases that are compared at most."""
N_FAVOURING = 10
"""Findings that tell them apart which are shown at most."""
N_CONTRASTS = 3
MIN_CONTRAST = float(np.log(2))
"""A finding tells diseases apart where its likelihood ratios differ by a factor of two."""
MAX_LOG_ODDS = float(np.log(10_000))
MIN_DIFFERENCE = float(np.log(1.05))
"""Below it two likelihood ratios are the same."""


def compare_diseases(case: Case, request: Request) -> Result:
    """Findings of the patient, and findings to look for, that tell diseases apart; their genes."""
    ids = request.disease_ids[:N_COMPARED]
    sentences = [Sentence(text=case.word_standing(d)) for d in ids]
    sentences += _differences(case, ids)
    sentences += _telling_apart(case, ids)
    return Result(sentences=tuple(sentences))


def _differences(case: Case, disease_ids: Sequence[str]) -> Iterator[Sentence]:
    """The patient's findings, the most telling first; where none tells much, those that do most."""
    rows = [(f, [case.log_ratio(f, d) for d in disease_ids]) for f in case.findings]
    rows = [row for row in rows if max(row[1]) - min(row[1]) > MIN_DIFFERENCE]
    rows.sort(key=lambda row: min(row[1]) - max(row[1]))
    telling = [(f, ratios) for f, ratios in rows if max(ratios) - min(ratios) > MIN_CONTRAST]
    for finding, ratios in telling[:N_FAVOURING] or rows[:N_CONTRASTS]:
        parts, cited = _stated_of(case, disease_ids, finding, ratios)
        said = {
            "finding": case.named(finding),
            "name": case.name(disease_ids[int(np.argmax(ratios))]),
            "parts": parts,
        }
        text = (
            phrase("{finding} favours {name}: {parts}.", **said)
            if telling
            else phrase("{finding} favours {name} a little: {parts}.", **said)
        )
        yield Sentence(text=text, evidence_ids=cited)
    gap = _word_gap(case, disease_ids)
    if gap:
        yield gap
    elif not rows:
        yield Sentence(text=phrase("None of the patient's findings tells them apart."))


def _word_gap(case: Case, disease_ids: Sequence[str]) -> Sentence | None:
    """What the likeliest of the diseases has before the least likely, by its parts; None where there is no gap."""
    by_share = sorted((case.candidate(d) for d in disease_ids), key=lambda c: -c.score)
    first, last = by_share[0], by_share[-1]
    gap = first.score - last.score
    if not MIN_CONTRAST < gap < np.inf:
        return None
    findings = sum(c.log_lr for c in first.contributions) - sum(c.log_lr for c in last.contributions)
    parts = {
        phrase("the findings together"): findings,
        phrase("how common the two are"): first.log_prior - last.log_prior,
        phrase("the story's own words"): first.log_text - last.log_text,
        phrase("what the story tells beside findings"): first.log_history - last.log_history,
    }
    is_everyday = isinstance(case.ranker, EverydayRanker)
    if not is_everyday:
        learned = phrase("what the ranking learned from published patients makes of that")
        parts[learned] = gap - sum(parts.values())
    said = word_list(
        phrase("{what} {odds}", what=what, odds=_word_odds(x)) for what, x in parts.items() if abs(x) > MIN_DIFFERENCE
    )
    puts = phrase(
        "What puts {first} before {last} ({share} against {other}), in odds: {parts}.",
        first=first.name,
        last=last.name,
        share=word_probability(first.probability),
        other=word_probability(last.probability),
        parts=joined([said, TEMPERED] if is_everyday else [said], "; "),
    )
    similar = phrase(
        "Of the published patients most like this one {one} have the one and {other} the other.",
        one=len(first.cases),
        other=len(last.cases),
    )
    prevalences = (case.graph.prevalence_of(c.disease_id) for c in (first, last))
    return Sentence(
        text=joined([puts, similar], " ") if first.cases or last.cases else puts,
        evidence_ids=tuple(case.book.cite_prevalence(p) for p in prevalences if p),
    )


TEMPERED = phrase("of their product the ranking takes a root, since what belongs to one disease comes together")


def _word_odds(log_odds: float) -> Phrase:
    """``12 to 1``, ``1 to 3.4``; beyond ten thousand the number says nothing more."""
    if abs(log_odds) > MAX_LOG_ODDS:
        return phrase("over 10,000 to 1") if log_odds > 0 else phrase("1 to over 10,000")
    if log_odds >= 0:
        return phrase("{n} to 1", n=word_ratio(log_odds))
    return phrase("1 to {n}", n=word_ratio(-log_odds))


def _telling_apart(case: Case, disease_ids: Sequence[str]) -> Iterator[Sentence]:
    """What was not mentioned and would tell the diseases apart."""
    model = case.sources.model
    indices = [case.index_of(d) for d in disease_ids]
    terms = askable(model, case.findings, indices)
    shares = [1 / len(indices)] * len(indices)
    for term_id, gain in rank_questions(model, indices, shares, terms)[:N_CONTRASTS]:
        if gain <= 0:
            continue
        parts, cited = _stated_of(case, disease_ids, Finding(term_id=term_id, label=""))
        text = phrase("Worth looking for: {finding}: {parts}.", finding=case.label(term_id), parts=parts)
        yield Sentence(text=text, evidence_ids=cited)


def _stated_of(
    case: Case, disease_ids: Sequence[str], finding: Finding, log_ratios: Sequence[float] = ()
) -> tuple[Joined, tuple[str, ...]]:
    """``A: seen in 3 of 4 patients (likelihood ratio 56); B: not stated``, and the evidence."""
    parts: list[str] = []
    cited: list[str] = []
    for n, disease_id in enumerate(disease_ids):
        words, ids = case.statement(disease_id, finding)
        said = with_ratio(words, log_ratios[n]) if len(log_ratios) else words
        parts.append(said_of(case.name(disease_id), said))
        cited += ids
    return joined(parts, "; "), tuple(dict.fromkeys(cited))
