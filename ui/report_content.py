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
from retrieval.schema import Evidence, RedFlag, UrgentCondition
from ui.page.person import word_person
from ui.page.words import ENGLISH, Words
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


def report_blocks(differential: Differential, words: Words = ENGLISH) -> Iterator[Block]:
    """The whole report, in the language of these words."""
    yield _block(Style.TITLE, words(TITLE))
    yield _block(Style.TEXT, Span(text=words(NOT_A_DEVICE), strong=True))
    yield from _findings(differential, words)
    if differential.urgent:
        yield _block(Style.SECTION, words("Don’t miss"))
        yield from chain.from_iterable(_urgent(condition, words) for condition in differential.urgent)
    yield _block(Style.SECTION, words(TITLE))
    if differential.abstained:
        yield _block(Style.TEXT, words.said(differential.abstained))
    for diagnosis in differential.diagnoses:
        yield from _diagnosis(diagnosis, differential.types_led_by(diagnosis), words)
    if differential.diagnoses:
        rest = max(0.0, 1.0 - sum(d.probability for d in differential.diagnoses))
        yield _block(Style.TEXT, words("None of these: {share}", share=word_percent(rest)))
    if differential.commentary:
        yield from _commentary(differential.commentary, words)
    if differential.questions:
        yield _block(Style.SECTION, words("Ask next"))
        yield from (_block(Style.ITEM, words.said(q.text)) for q in differential.questions)
    yield from _evidence(differential, words)
    yield from _origin(differential, words)


def _block(style: Style, *words: str | Span, evidence: Evidence | None = None) -> Block:
    spans = tuple(w if isinstance(w, Span) else Span(text=w) for w in words if w)
    return Block(style=style, spans=spans, evidence=evidence)


def _findings(differential: Differential, words: Words) -> Iterator[Block]:
    yield _block(Style.SECTION, words("Findings"))
    if who := word_person(differential.person, words):
        yield _block(Style.TEXT, words("Patient: {who}", who=who))
    for title, excluded in ((words("Present"), False), (words("Excluded"), True)):
        chosen = [f for f in differential.findings if f.excluded is excluded]
        if chosen:
            yield _block(Style.ENTRY, title)
            yield from (_finding(f, words) for f in chosen)
    if not differential.findings and differential.diagnoses:
        yield _block(Style.TEXT, words(OF_WORDS))


def _finding(finding: Finding, words: Words) -> Block:
    told = (
        words("; possible only") if finding.uncertain else "",
        f'; "{" ".join(finding.quote.split())}"' if finding.quote else "",
    )
    term = Span(text=finding.term_id, url=url_of(finding.term_id))
    label = Span(text=words.label(finding.term_id, finding.label), strong=True)
    return _block(Style.ITEM, label, " (", term, ")", *told)


def _urgent(condition: UrgentCondition, words: Words) -> Iterator[Block]:
    share = word_percent(condition.probability)
    yield _block(Style.ENTRY, f"{condition.name}{words(': ')}{words(condition.urgency)}{words(', ')}{share}")
    red_flags, ask = words("Red flags here: {flags}", flags=""), words("Ask for") + words(": ")
    for what, flags in ((red_flags, condition.present), (ask, condition.to_ask)):
        if flags:
            yield _block(Style.ITEM, what, *_joined((_flag(flag, words) for flag in flags), words(", ")))


def _flag(flag: RedFlag, words: Words) -> Span:
    return Span(text=words.label(flag.term_id, flag.label), url=flag.provenance.url)


def _diagnosis(diagnosis: Diagnosis, types: Types | None, words: Words) -> Iterator[Block]:
    together = ""
    if types:
        n, share = len(types.diagnoses), word_percent(types.probability)
        together = words(" ({n} listed types together: {share})", n=n, share=share)
    yield _block(Style.ENTRY, f"{diagnosis.rank}. {diagnosis.name}: {word_percent(diagnosis.probability)}{together}")
    ids = dict.fromkeys((diagnosis.disease_id, *diagnosis.equivalent_ids))
    yield _block(Style.TEXT, *_joined([Span(text=i, url=url_of(i)) for i in ids], ", "))
    for title, supports in ((words("For"), True), (words("Against"), False)):
        chosen = [c for c in diagnosis.claims if c.supports is supports]
        if chosen:
            yield _block(Style.TEXT, Span(text=title, strong=True))
            yield from (_claim(c, words) for c in chosen)


def _claim(claim: Claim, words: Words) -> Block:
    citations = [Span(text=f"[{e}]", evidence_id=e) for e in claim.evidence_ids]
    return _block(Style.ITEM, words.said(claim.text), " ", *_joined(citations, " "))


def _joined(spans: Iterable[Span], between: str) -> Iterator[str | Span]:
    for number, span in enumerate(spans):
        if number:
            yield between
        yield span


def _commentary(commentary: Commentary, words: Words) -> Iterator[Block]:
    yield _block(Style.SECTION, words("Language model"))
    yield _block(Style.TEXT, words("Also read by {model}", model=commentary.model))
    if commentary.summary:
        pieces = CITATION.split(commentary.summary)  # text and evidence ids in turn
        spans = (Span(text=f"[{p}]", evidence_id=p) if n % 2 else p for n, p in enumerate(pieces))
        yield _block(Style.TEXT, *spans)
    yield from (_block(Style.ITEM, q.text) for q in commentary.questions)
    yield from (_block(Style.TEXT, note) for note in commentary.notes)


def _evidence(differential: Differential, words: Words) -> Iterator[Block]:
    if differential.evidence:
        yield _block(Style.SECTION, words("Evidence"))
    for e in differential.evidence:
        references = dict.fromkeys((p.reference, p.url) for p in e.provenance)
        links = _joined([Span(text=title_of(reference), url=url) for reference, url in references], "; ")
        number = Span(text=e.evidence_id, strong=True)
        yield _block(Style.ITEM, number, f" ({words(e.kind)}) ", words.said(e.text), " ", *links, evidence=e)
    if n_removed := len(differential.removed_claims):
        yield _block(Style.ENTRY, words("Removed, not supported by the evidence: {n}", n=n_removed))
        yield from (_block(Style.ITEM, f"{r.claim.text} ({r.reason})") for r in differential.removed_claims)


def _origin(differential: Differential, words: Words) -> Iterator[Block]:
    sources = _sources(differential.evidence, words)
    if sources:
        yield _block(Style.SECTION, words("Sources and licences"))
        yield from sources
    yield _block(Style.SECTION, words("Versions"))
    yield from (_block(Style.ITEM, f"{name}: {version}") for name, version in differential.versions.items())


def _sources(evidence: Iterable[Evidence], words: Words) -> list[Block]:
    provenance = chain.from_iterable(e.provenance for e in evidence)
    sources = dict.fromkeys((p.source, p.version, p.licence) for p in provenance)
    licence_is = words("licence") + words(": ")
    blocks = [
        _block(Style.ITEM, f"{source} {version}, {licence_is}", Span(text=licence, url=url_of(licence)))
        for source, version, licence in sources
    ]
    paper = Span(text=HPO_PAPER, url=HPO_PAPER)
    return [*blocks, _block(Style.ITEM, "Human Phenotype Ontology: Gargano 2024, ", paper)] if blocks else []
