"""Phenotypic findings from a story, from ids, and from one message to the next.

Promise: a quote is exactly the words at its offsets; a term is found once; what belongs to a relative is left out.
Deliberately not done here: which words name a term (``retrieval.lexicon``) and what denies it (``retrieval.context``).
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from kg.errors import UnknownIdError, UsageError
from kg.ontology import Ontology
from kg.schema import Finding
from retrieval.context import Experiencer, contexts_of
from retrieval.lexicon import Lexicon

MAX_CHARACTERS = 200_000
"""Longest text that is read: far above any case report, and small enough to answer at once."""

_DISEASE_PREFIXES = ("OMIM", "ORPHA", "ORPHANET", "DECIPHER", "MONDO", "DOID")
_SIGNS = "-−–!"  # hyphen, minus sign and the dash that word processors make of it
_MAX_CONTROL_SHARE = 0.02
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def find_findings(text: str, lexicon: Lexicon) -> tuple[Finding, ...]:
    """The patient's findings in a text, in order of their quotes; one per term.

    Of several mentions of a term the first that is not denied counts, else the first.

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
    mentions = lexicon.find_mentions(text)
    contexts = contexts_of(text, [(m.start, m.end) for m in mentions])
    found: dict[str, Finding] = {}
    for mention, context in zip(mentions, contexts, strict=True):
        known = found.get(mention.term_id)
        is_news = known is None or (known.excluded and not context.negated)
        if context.experiencer is Experiencer.PATIENT and is_news:
            found[mention.term_id] = Finding(
                term_id=mention.term_id,
                label=lexicon.name(mention.term_id),
                excluded=context.negated,
                quote=text[mention.start : mention.end],
                start=mention.start,
                end=mention.end,
            )
    return tuple(sorted(found.values(), key=lambda f: (f.start or 0, f.end or 0)))


def merge_findings(known: Iterable[Finding], new: Iterable[Finding]) -> tuple[Finding, ...]:
    """The case after a later message: the later statement about a term replaces the earlier one, in its place.

    Offsets stay those of the message that a finding came from.
    """
    merged = {f.term_id: f for f in known}
    merged.update((f.term_id, f) for f in new)
    return tuple(merged.values())


def parse_finding_ids(text: str, ontology: Ontology) -> tuple[Finding, ...]:
    """Findings from ids such as ``HP:0001250,-HP:0000365``; a leading ``-`` or ``!`` means excluded.

    Ids are parted by commas, semicolons or white space. Older ids become the current ones; a repeated id counts once.

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
    return Finding(term_id=term.term_id, label=term.name, excluded=word != given)


def decode_text(data: bytes) -> str:
    """The text of a file: UTF-8 with or without byte order mark, or UTF-16 with one.

    Raises:
        UsageError: the bytes are not text, or in another encoding.
    """
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in data:
        raise UsageError("not a text file: it holds NUL bytes; give plain text in UTF-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the text is not {encoding.upper()} (byte {data[error.start]:#04x} at position {error.start}): "
            "save it as UTF-8"
        ) from None
    n_control = sum(unicodedata.category(c) == "Cc" and not c.isspace() for c in text)
    if "\0" in text or n_control > _MAX_CONTROL_SHARE * len(text):
        raise UsageError(f"not a text file: {n_control} of its {len(text)} characters are control characters")
    return text
