"""Published cases beside the patient: what both have, what only the patient has, what only the case has.

Two findings are shared when one is the other or implies it; where they are not the same, both are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from kg.ontology import Ontology
from kg.schema import Finding
from llm.schema import Differential
from retrieval.cases import related_terms
from retrieval.schema import CaseHit, CountedTerm, PublishedCase
from ui.figures.ranking import Shown, shown_diagnoses
from ui.figures.wording import Wording
from ui.page.markup import citations, link

MAX_LISTED = 8
"""Findings of one list that are seen at once; the others unfold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A patient and a case."""

    shared: tuple[tuple[str, tuple[CountedTerm, ...]], ...]
    """Findings of the patient, each with the case's: the same, and those that imply it or follow from it."""
    differing: tuple[tuple[Finding, CountedTerm], ...]
    """Present in one, and looked for and absent in the other."""
    only_here: tuple[str, ...]
    """Of the patient; the case is silent."""
    only_there: tuple[CountedTerm, ...]
    """Of the case; the patient's findings are silent."""


def compare(findings: Sequence[Finding], case: PublishedCase, ontology: Ontology) -> Comparison:
    """Every present finding of either side in one of the lists; a shared one with each that it is related to.

    Args:
        findings: the patient's, with current ids.
        case: a published patient or series.
        ontology: the is-a hierarchy.
    """
    present = [f for f in findings if not f.excluded]
    here, there = [f.term_id for f in present], {t.term_id: t for t in case.present}
    pairs = dict.fromkeys(related_terms(here, list(there), ontology))
    pairs |= dict.fromkeys((mine, their) for their, mine in related_terms(there, here, ontology))
    shared: dict[str, list[CountedTerm]] = {term_id: [] for term_id in here}
    for mine, their in pairs:
        shared[mine].append(there[their])
    left_here = [f for f in present if not shared[f.term_id]]
    left_there = [t for t in case.present if t.term_id not in {their for _, their in pairs}]
    absent_there = [(f, t) for f in left_here for t in case.absent if t.term_id in ontology.ancestors(f.term_id)]
    absent_here = [
        (f, t) for t in left_there for f in findings if f.excluded and f.term_id in ontology.ancestors(t.term_id)
    ]
    differing = {f.term_id: (f, t) for f, t in absent_there} | {t.term_id: (f, t) for f, t in absent_here}
    return Comparison(
        shared=tuple((mine, tuple(theirs)) for mine, theirs in shared.items() if theirs),
        differing=tuple(differing.values()),
        only_here=tuple(f.term_id for f in left_here if f.term_id not in differing),
        only_there=tuple(t for t in left_there if t.term_id not in differing),
    )


def similar_cases(differential: Differential, ontology: Ontology, wording: Wording, *, n: int = 3) -> str:
    """The most similar published cases of the diagnoses, as HTML; empty where there are none.

    Args:
        differential: the answer.
        ontology: the is-a hierarchy.
        wording: labels and language.
        n: at most so many cases.
    """
    shown = shown_diagnoses(differential, len(differential.diagnoses))
    hits = [(hit, d) for d in shown for hit in d.candidate.cases]
    nearest = sorted(hits, key=lambda pair: -pair[0].similarity)[:n]
    if not nearest:
        return ""
    numbers = {e.case: e.evidence_id for e in differential.evidence if e.case is not None}
    cards = "".join(
        _card(hit, d, compare(differential.findings, hit.case, ontology), numbers.get(hit.case), wording)
        for hit, d in nearest
    )
    note = wording.say(
        "Similarity: cosine of the findings’ embeddings. Findings count as shared when one is the other or implies it."
    )
    return f'<figure class="fig fig-cases">{cards}<figcaption><p>{escape(note)}</p></figcaption></figure>'


def _card(hit: CaseHit, shown: Shown, comparison: Comparison, evidence_id: str | None, wording: Wording) -> str:
    say, case = wording.say, hit.case
    kind = say("Published patients") if case.is_series else say("Published patient")
    cite = citations([evidence_id]) if evidence_id else ""
    reference = link(case.provenance.url, case.provenance.reference)
    lists = (
        _list("here", say("Only this patient"), [escape(wording.term(t)) for t in comparison.only_here], wording),
        _list("shared", say("Both"), [_pair(mine, theirs, wording) for mine, theirs in comparison.shared], wording),
        _list("there", say("Only the published case"), [_counted(t, wording) for t in comparison.only_there], wording),
    )
    width = 100 * max(0.0, hit.similarity)
    differing = [_differing(finding, their, wording) for finding, their in comparison.differing]
    more = _list("differing", say("Present in one, absent in the other"), differing, wording) if differing else ""
    return (
        f'<article class="fig-case" data-disease="{escape(shown.diagnosis.disease_id)}">'
        f"<h4>{escape(shown.diagnosis.name)}</h4>"
        f'<p class="fig-source">{escape(kind)} · {reference} {cite}</p>'
        f'<p class="fig-similarity">{escape(say("Similarity"))} {hit.similarity:.2f}'
        f'<span class="fig-meter" aria-hidden="true"><i style="width:{width:.0f}%"></i></span></p>'
        f'<div class="fig-sides">{"".join(lists)}</div>{more}</article>'
    )


def _list(kind: str, title: str, items: Sequence[str], wording: Wording) -> str:
    head = f"<h5>{escape(title)} <span>{len(items)}</span></h5>"
    hidden = items[MAX_LISTED:]
    more = ""
    if hidden:
        summary = escape(wording.say("{n} more").format(n=len(hidden)))
        more = f"<details><summary>{summary}</summary><ul>{_items(hidden)}</ul></details>"
    return f'<section class="fig-side {kind}">{head}<ul>{_items(items[:MAX_LISTED])}</ul>{more}</section>'


def _items(items: Iterable[str]) -> str:
    return "".join(f"<li>{item}</li>" for item in items)


def _pair(mine: str, theirs: Sequence[CountedTerm], wording: Wording) -> str:
    """The finding, with the case's own where that is another."""
    same = [t for t in theirs if t.term_id == mine]
    others = wording.listed(_counted(t, wording) for t in theirs if t.term_id != mine)
    label = _counted(same[0], wording) if same else escape(wording.term(mine))
    return label + (_note("there: {finding}", others, wording) if others else "")


def _differing(finding: Finding, their: CountedTerm, wording: Wording) -> str:
    """The finding, absent in one of the two."""
    if their.term_id == finding.term_id:
        said = "absent here" if finding.excluded else "absent there"
        return _counted(their, wording) + _note(said, "", wording)
    said = "absent here; there: {finding}" if finding.excluded else "absent there: {finding}"
    return escape(wording.term(finding.term_id)) + _note(said, _counted(their, wording), wording)


def _note(said: str, finding: str, wording: Wording) -> str:
    """Words with a finding, which is HTML, in its place."""
    return f' <span class="fig-note">{escape(wording.say(said)).replace("{finding}", finding)}</span>'


def _counted(counted: CountedTerm, wording: Wording) -> str:
    label = escape(wording.term(counted.term_id))
    return label if counted.n is None else f'{label} <span class="fig-count">{counted.n}/{counted.m}</span>'
