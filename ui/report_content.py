"""An answer -> the blocks of a report, in the order in which they are read; how they look is said elsewhere.

Promise: everything that the page shows of an answer, and nothing that the answer does not hold: no clock, no chance, so
the same answer gives the same report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from kg.curie import url_of
from kg.schema import Finding
from kg.sources.common_conditions import title_of
from llm.schema import OF_WORDS, Claim, Commentary, Diagnosis, Differential, Types
from llm.wording import CITATION
from retrieval.demographics import word_demographics
from retrieval.schema import Evidence, RedFlag, UrgentCondition
from ui.statements import HPO_PAPER, NOT_A_DEVICE, word_percent

TITLE = "Differential diagnosis"


class Style(StrEnum):
    """What a block is."""

    TITLE = "title"
    SECTION = "section"
    ENTRY = "entry"  # a heading within a section
    TEXT = "text"
    ITEM = "item"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Some words."""

    text: str
    url: str | None = None
    """A web page to link to."""
    evidence_id: str | None = None
    """The evidence that the words, such as ``[E3]``, point at."""
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A heading, a paragraph or an item of a list."""

    style: Style
    spans: tuple[Span, ...]
    evidence: Evidence | None = None
    """The piece of evidence that the block tells, for the links that lead to it."""


def report_blocks(differential: Differential) -> Iterator[Block]:
    """The whole report."""
    yield _block(Style.TITLE, TITLE)
    yield _block(Style.TEXT, Span(text=NOT_A_DEVICE, strong=True))
    yield from _findings(differential)
    if differential.urgent:
        yield _block(Style.SECTION, "Don't miss")
        yield from chain.from_iterable(map(_urgent, differential.urgent))
    yield _block(Style.SECTION, TITLE)
    if differential.abstained:
        yield _block(Style.TEXT, differential.abstained)
    for diagnosis in differential.diagnoses:
        yield from _diagnosis(diagnosis, differential.types_led_by(diagnosis))
    if differential.diagnoses:
        rest = max(0.0, 1.0 - sum(d.probability for d in differential.diagnoses))
        yield _block(Style.TEXT, f"None of these: {word_percent(rest)}")
    if differential.commentary:
        yield from _commentary(differential.commentary)
    if differential.questions:
        yield _block(Style.SECTION, "Ask next")
        yield from (_block(Style.ITEM, q.text) for q in differential.questions)
    yield from _evidence(differential)
    yield from _origin(differential)


def _block(style: Style, *words: str | Span, evidence: Evidence | None = None) -> Block:
    spans = tuple(w if isinstance(w, Span) else Span(text=w) for w in words if w)
    return Block(style=style, spans=spans, evidence=evidence)


def _findings(differential: Differential) -> Iterator[Block]:
    yield _block(Style.SECTION, "Findings")
    if who := word_demographics(differential.person):
        yield _block(Style.TEXT, f"Patient: {who}")
    for title, excluded in (("Present", False), ("Excluded", True)):
        chosen = [f for f in differential.findings if f.excluded is excluded]
        if chosen:
            yield _block(Style.ENTRY, title)
            yield from map(_finding, chosen)
    if not differential.findings and differential.diagnoses:
        yield _block(Style.TEXT, OF_WORDS)


def _finding(finding: Finding) -> Block:
    told = (
        "; possible only" if finding.uncertain else "",
        f'; "{" ".join(finding.quote.split())}"' if finding.quote else "",
    )
    term = Span(text=finding.term_id, url=url_of(finding.term_id))
    return _block(Style.ITEM, Span(text=finding.label, strong=True), " (", term, ")", *told)


def _urgent(condition: UrgentCondition) -> Iterator[Block]:
    yield _block(Style.ENTRY, f"{condition.name}: {condition.urgency}, {word_percent(condition.probability)}")
    for what, flags in (("Red flags here: ", condition.present), ("Ask for: ", condition.to_ask)):
        if flags:
            yield _block(Style.ITEM, what, *_joined(map(_flag, flags), ", "))


def _flag(flag: RedFlag) -> Span:
    return Span(text=flag.label, url=flag.provenance.url)


def _diagnosis(diagnosis: Diagnosis, types: Types | None) -> Iterator[Block]:
    together = f" ({len(types.diagnoses)} listed types together: {word_percent(types.probability)})" if types else ""
    yield _block(Style.ENTRY, f"{diagnosis.rank}. {diagnosis.name}: {word_percent(diagnosis.probability)}{together}")
    ids = dict.fromkeys((diagnosis.disease_id, *diagnosis.equivalent_ids))
    yield _block(Style.TEXT, *_joined([Span(text=i, url=url_of(i)) for i in ids], ", "))
    for title, supports in (("For", True), ("Against", False)):
        chosen = [c for c in diagnosis.claims if c.supports is supports]
        if chosen:
            yield _block(Style.TEXT, Span(text=title, strong=True))
            yield from map(_claim, chosen)


def _claim(claim: Claim) -> Block:
    citations = [Span(text=f"[{e}]", evidence_id=e) for e in claim.evidence_ids]
    return _block(Style.ITEM, claim.text, " ", *_joined(citations, " "))


def _joined(spans: Iterable[Span], between: str) -> Iterator[str | Span]:
    for number, span in enumerate(spans):
        if number:
            yield between
        yield span


def _commentary(commentary: Commentary) -> Iterator[Block]:
    yield _block(Style.SECTION, "Language model")
    yield _block(Style.TEXT, f"Also read by {commentary.model}")
    if commentary.summary:
        pieces = CITATION.split(commentary.summary)  # text and evidence ids in turn
        words = (Span(text=f"[{p}]", evidence_id=p) if n % 2 else p for n, p in enumerate(pieces))
        yield _block(Style.TEXT, *words)
    yield from (_block(Style.ITEM, q.text) for q in commentary.questions)
    yield from (_block(Style.TEXT, note) for note in commentary.notes)


def _evidence(differential: Differential) -> Iterator[Block]:
    if differential.evidence:
        yield _block(Style.SECTION, "Evidence")
    for e in differential.evidence:
        references = dict.fromkeys((p.reference, p.url) for p in e.provenance)
        links = _joined([Span(text=title_of(reference), url=url) for reference, url in references], "; ")
        number = Span(text=e.evidence_id, strong=True)
        yield _block(Style.ITEM, number, f" ({e.kind}) ", e.text, " ", *links, evidence=e)
    if differential.removed_claims:
        yield _block(Style.ENTRY, f"Removed, not supported by the evidence: {len(differential.removed_claims)}")
        yield from (_block(Style.ITEM, f"{r.claim.text} ({r.reason})") for r in differential.removed_claims)


def _origin(differential: Differential) -> Iterator[Block]:
    sources = _sources(differential.evidence)
    if sources:
        yield _block(Style.SECTION, "Sources and licences")
        yield from sources
    yield _block(Style.SECTION, "Versions")
    yield from (_block(Style.ITEM, f"{name}: {version}") for name, version in differential.versions.items())


def _sources(evidence: Iterable[Evidence]) -> list[Block]:
    provenance = chain.from_iterable(e.provenance for e in evidence)
    sources = dict.fromkeys((p.source, p.version, p.licence) for p in provenance)
    blocks = [
        _block(Style.ITEM, f"{source} {version}, licence: ", Span(text=licence, url=url_of(licence)))
        for source, version, licence in sources
    ]
    paper = Span(text=HPO_PAPER, url=HPO_PAPER)
    return [*blocks, _block(Style.ITEM, "Human Phenotype Ontology: Gargano 2024, ", paper)] if blocks else []
