"""Phenotypic findings from a story, from ids, and from one message to the next.

Promise: a quote is exactly the words at its offsets. ``find_statements`` gives all that a text says, a relative's and
what is only thought of too; ``find_findings`` gives what the patient has or has not, each term once.
Deliberately not done here: which words name a term (``retrieval.lexicon``), what denies it (``retrieval.context``), and
what healthy results and numbers mean (``retrieval.normal_results``, ``measurements``, ``growth``, ``milestones`` and
``gradings``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kg.errors import UnknownIdError, UsageError
from kg.ontology import Ontology
from kg.schema import Finding
from retrieval.context import Certainty, Context, Experiencer, Temporality, contexts_of, without_others
from retrieval.demographics import UNKNOWN, Demographics, find_onsets
from retrieval.gradings import find_gradings
from retrieval.growth import find_growth
from retrieval.lexicon import Lexicon
from retrieval.measurements import find_measurements
from retrieval.milestones import find_milestones
from retrieval.normal_results import find_normal_results
from retrieval.spans import Spans, close_gaps

MAX_CHARACTERS = 1_000_000
"""Longest text that is read: 150,000 words, far above any record, and read in seconds (docs/log.md)."""

_DISEASE_PREFIXES = ("OMIM", "ORPHA", "ORPHANET", "DECIPHER", "MONDO", "DOID")
_DENIED = "!"
_SIGNS = f"-−–{_DENIED}"  # hyphen, minus sign and the dash that word processors make of it
# "No height less than the 3rd centile": a number speaks for itself, unless it is denied where it stands.
_DENIED_AT_ONCE = re.compile(r"\b(?:no|without|den(?:y|ies|ied))[ \t]+(?:any\s+|an?\s+|the\s+)?$", re.IGNORECASE)
# Tags of HTML that text is copied with: those of a block part it like an empty line, the others say nothing.
_TAG = re.compile(
    r"</?(?:(?P<block>br|p|div|li|ul|ol|tr|td|th|table|h[1-6])|b|i|u|em|strong|span|sup|sub)\b[^<>]{0,200}>",
    re.IGNORECASE,
)
_REACH_BACK = 20  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that a text says of somebody."""

    finding: Finding
    context: Context
    """Whose it is, how sure the text is, and when it holds; ``finding.excluded`` is whether it is denied."""

    @property
    def is_of_patient(self) -> bool:
        """Whether it is said of the patient, and not only thought of."""
        return (
            self.context.experiencer is Experiencer.PATIENT and self.context.temporality is not Temporality.HYPOTHETICAL
        )


def find_findings(text: str, lexicon: Lexicon) -> tuple[Finding, ...]:
    """The patient's findings in an English text, in order of their quotes; one per term. See ``find_statements``."""
    return findings_said(find_statements(text, lexicon))


def find_statements(text: str, lexicon: Lexicon, known: Demographics = UNKNOWN) -> tuple[Statement, ...]:
    """All statements about findings in an English text, whosesoever, in order of their quotes.

    A term may be in several. What is known of the patient's age and sex says what a measured value means.

    Raises:
        UsageError, UnknownIdError: see ``require_readable``.
    """
    require_readable(text, lexicon)
    plain = close_gaps(_TAG.sub(_blank, text))  # of the same length, so that places are those of the text
    readings = [r for r in _readings(plain, lexicon, known) if _has_name(r.term_id, lexicon)]
    contexts = contexts_of(plain, [(r.start, r.end) for r in readings])
    onsets = list(find_onsets(plain))
    said = (_statement(text, lexicon, r, c, onsets) for r, c in zip(readings, contexts, strict=True))
    return tuple(sorted(said, key=lambda s: _place(s.finding)))


def findings_said(statements: Iterable[Statement]) -> tuple[Finding, ...]:
    """What statements say of the patient, in order of the quotes; one per term.

    Of several statements about a term the first sure one counts, else the first doubtful one, else the first denial. A
    past finding is still one of the patient.
    """
    said = [s.finding for s in statements if s.is_of_patient]
    found: dict[str, Finding] = {}
    for finding in sorted(said, key=lambda f: (f.excluded, f.uncertain)):
        found.setdefault(finding.term_id, finding)
    return tuple(sorted(found.values(), key=_place))


def patient_findings(statements: Iterable[Statement], ontology: Ontology) -> tuple[Finding, ...]:
    """What counts for the patient: ``findings_said`` without what a more specific finding contradicts."""
    return without_contradicted(findings_said(statements), ontology)


def patient_words(text: str, statements: Iterable[Statement], findings: Iterable[Finding]) -> str:
    """What of an English text is said of the patient, in its words; the rest is blank.

    Left out is what the words around deny, tell of a relative or only think of; and what a finding was read from that
    the patient is not known to have, or not any more.

    Args:
        text: the story.
        statements: read from it.
        findings: of the patient, as they stand now.
    """
    said = [s.finding for s in statements]
    present = [f for f in findings if not f.excluded]
    terms, quotes = {f.term_id for f in present}, {f.quote for f in present}
    kept = list(without_others(close_gaps(text), [_span(f) for f in said]))
    for finding in said:
        if finding.excluded or (finding.term_id not in terms and finding.quote not in quotes):
            start, end = _span(finding)
            kept[start:end] = " " * (end - start)
    return "".join(kept)


def _span(finding: Finding) -> tuple[int, int]:
    return finding.start or 0, finding.end or 0


def require_readable(text: str, lexicon: Lexicon) -> None:
    """Refuse what cannot be read as a story.

    Raises:
        UsageError: the text is empty or longer than ``MAX_CHARACTERS``.
        UnknownIdError: the text names an HPO id that is no phenotypic abnormality; silence would lose a finding.
    """
    if not text.strip():
        raise UsageError("the text is empty: describe the patient in a sentence or two")
    if len(text) > MAX_CHARACTERS:
        raise UsageError(
            f"the text has {len(text):,} characters, more than the limit of {MAX_CHARACTERS:,}: "
            "keep the parts about the patient"
        )
    if unknown := lexicon.unknown_ids(text):
        raise UnknownIdError(
            f"{unknown[0]} is not a phenotypic abnormality of this HPO release, nor an older id of one"
        )


def _blank(tag: re.Match[str]) -> str:
    """As many characters as the tag has; an empty line for one of a block."""
    n_spaces = len(tag[0]) - 2
    return f"\n{' ' * n_spaces}\n" if tag["block"] else f" {' ' * n_spaces} "


@dataclass(frozen=True, slots=True)
class _Reading:
    """A term that some words stand for."""

    term_id: str
    start: int
    end: int
    excluded: bool | None = None
    """Said by a result itself; None where the words around decide."""


def _readings(text: str, lexicon: Lexicon, known: Demographics) -> Iterator[_Reading]:
    results = find_normal_results(text, lexicon)
    told = Spans((r.start, r.end) for r in results)
    for mention in lexicon.find_mentions(text):
        if not told.hold(mention.start, mention.end):  # the result says the same of it
            yield _Reading(mention.term_id, mention.start, mention.end)
    for mention in results:
        yield _Reading(mention.term_id, mention.start, mention.end, excluded=True)
    for measured in (
        *find_measurements(text, known),
        *find_growth(text),
        *find_milestones(text),
        *find_gradings(text),
    ):
        yield _Reading(measured.term_id, measured.start, measured.end, excluded=measured.excluded)


def _has_name(term_id: str, lexicon: Lexicon) -> bool:
    """Whether this release has the term; a table of the project may name others."""
    try:
        lexicon.name(term_id)
    except KeyError:
        return False
    return True


def _statement(
    text: str, lexicon: Lexicon, reading: _Reading, context: Context, onsets: Sequence[tuple[int, int, str]]
) -> Statement:
    excluded = context.negated if reading.excluded is None else reading.excluded
    excluded = excluded or bool(_DENIED_AT_ONCE.search(text, max(0, reading.start - _REACH_BACK), reading.start))
    began = (age for start, end, age in onsets if start <= reading.start and reading.end <= end)
    finding = Finding(
        term_id=reading.term_id,
        label=lexicon.name(reading.term_id),
        excluded=excluded,
        uncertain=context.certainty is Certainty.UNCERTAIN and not excluded,
        onset=None if excluded else next(began, None),
        quote=text[reading.start : reading.end],
        start=reading.start,
        end=reading.end,
    )
    return Statement(finding=finding, context=context)


def _place(finding: Finding) -> tuple[int, int, str]:
    return finding.start or 0, finding.end or 0, finding.term_id


def without_contradicted(findings: Iterable[Finding], ontology: Ontology) -> tuple[Finding, ...]:
    """The findings without exclusions that a present one contradicts, a more specific term implying it.

    "Normal reflexes, absent Achilles reflex": the whole is not normal.
    """
    findings = tuple(findings)
    implied = {a for f in findings if not f.excluded for a in ontology.ancestors(f.term_id)}
    return tuple(f for f in findings if not (f.excluded and f.term_id in implied))


def merge_findings(known: Iterable[Finding], new: Iterable[Finding]) -> tuple[Finding, ...]:
    """The case after a later message: the later statement about a term replaces the earlier one, in its place.

    Offsets stay those of the message that a finding came from.
    """
    merged = {f.term_id: f for f in known}
    merged.update((f.term_id, f) for f in new)
    return tuple(merged.values())


def parse_finding_ids(text: str, ontology: Ontology) -> tuple[Finding, ...]:
    """Findings from ids such as ``HP:0001250,-HP:0000365``.

    A leading ``-`` means excluded, ``!`` denied when it was asked for. Ids are parted by commas, semicolons or white
    space. Older ids become the current ones; a repeated id counts once.

    Raises:
        UnknownIdError: an id is not of this ontology.
        UsageError: there is no id, an id is of a disease or of no phenotypic abnormality, or an id is given both as
            present and as excluded.
    """
    findings: dict[str, Finding] = {}
    for word in re.split(r"[\s,;]+", text.strip(" \t\r\n,;")):
        finding = _parse_finding_id(word, ontology)
        known = findings.setdefault(finding.term_id, finding)
        if known.excluded != finding.excluded:
            raise UsageError(f"{finding.term_id} ({finding.label}) is given both as present and as excluded: keep one")
    return tuple(findings.values())


def current_findings(findings: Iterable[Finding], ontology: Ontology) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Findings from elsewhere with today's ids and labels, and the ids that the ontology has never known."""
    known, unknown = [], []
    for f in findings:
        if f.term_id in ontology:
            term = ontology.term(f.term_id)
            known.append(replace(f, term_id=term.term_id, label=term.name))
        else:
            unknown.append(f.term_id)
    return merge_findings((), known), tuple(unknown)


def _parse_finding_id(word: str, ontology: Ontology) -> Finding:
    given = word.lstrip(_SIGNS)
    if not given:
        raise UsageError(f"expected ids of findings such as 'HP:0001250,-HP:0000365', got {word!r}")
    prefix = given.partition(":")[0].upper()
    if prefix in _DISEASE_PREFIXES:
        raise UsageError(f"{given} is a disease; give the patient's findings as HPO ids, such as HP:0001250 (Seizure)")
    try:
        term = ontology.term(given.upper())
    except UnknownIdError as error:
        raise UnknownIdError(f"{error}: look for the finding at https://hpo.jax.org") from None
    if term.term_id not in ontology.phenotypic_abnormalities:
        raise UsageError(f"{term.term_id} ({term.name}) is not a phenotypic abnormality: give findings of the patient")
    return Finding(term_id=term.term_id, label=term.name, excluded=word != given, asked=word.startswith(_DENIED))
