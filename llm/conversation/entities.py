"""What a question names: diseases, by id, name, part of a name or place in the list; findings; genes.

Of several diseases of one name the one that stands first in the case is taken, else the one with the shortest name, and
what was taken is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kg.curie import canonical
from kg.phrases import joined, phrase, word_list
from kg.schema import Finding
from llm.conversation.case import Case
from llm.conversation.gene_symbols import find_symbols, unknown_symbols
from retrieval.disease_names import DiseaseMention
from retrieval.findings import find_statements

DISEASE, FINDING, GENE = "xdisease", "xfinding", "xgene"
"""Stand for names in a masked question."""

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_ID = re.compile(r"\b(?P<source>OMIM|MIM|ORPHA|ORPHANET|DECIPHER)(?:\s?:\s?|\s)(?P<local>\d{1,7})\b", re.IGNORECASE)
_TERM_ID = re.compile(r"\bHP:\d{7}\b", re.IGNORECASE)
_OF_TESTING = re.compile(
    r"(?:(?:an?|the|of|likely|variants?|mutations?|pathogenic|benign|uncertain|significance|heterozygous|homozygous|"
    r"hemizygous|de|novo|exome|genome|panel|karyotype|sequencing)\W*)+",
    re.IGNORECASE,
)
"""Words of a genetic report, which are in names of diseases too ("... due to a pathogenic variant")."""
_FIRST_N = re.compile(r"\b(?:the\s+)?(?:top|first)\s+(?P<n>[2-9]|10|two|three|four|five)\b", re.IGNORECASE)
_NTH = re.compile(
    rf"\b(?:the\s+)?(?P<nth>{'|'.join(_ORDINALS)}|last|top|leading|10th|[1-9](?:st|nd|rd|th))"
    r"(?:\s+(?:one|diagnosis|disease|candidate|suggestion|entry)\b"
    r"|(?=\s*(?:[?,.;!]|$|\b(?:and|or|vs|versus|from|with|over|than|not|is|rather|instead|in the list)\b)))",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:\b(?:number|no\.?|nr\.?|rank|diagnosis|candidate|disease)\s*|#\s?)(?P<n>\d{1,2})\b", re.I)
_BARE = re.compile(
    r"(?<![\w.:/#-])(?<!type )(?<!grade )(?<!stage )(?<!class )(?<!age )(?<!aged )(?<!chromosome )(?<!trisomy )"
    r"(?<!group )(?<!day )(?<!week )(?<!month )(?<!year )(?<!at )(?P<n>[1-9]|1\d|20)"
    r"(?![\w%:/-]|[.,]\d|\s*(?:years?|months?|weeks?|days?|yo|mg|g|kg|cm|mm|of|in|percent|patients?|cases?|sd)\b)",
    re.IGNORECASE,
)
_IT = re.compile(
    r"\b(?:it|its|this|that|th(?:is|at|e) (?:disease|diagnosis|disorder|condition|syndrome|one))\b", re.IGNORECASE
)
_THEM = re.compile(r"\b(?:they|them|their|these|those|all of them|the others|the rest|each of them)\b", re.IGNORECASE)
N_THEM = 5
"""Diseases that "they" stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """What a question names."""

    disease_ids: tuple[str, ...] = ()
    """In the order of the question, each disease once."""
    also_findings: tuple[str, ...] = ()
    """Those of the diseases whose name is the name of a finding too ("ectopia lentis")."""
    findings: tuple[Finding, ...] = ()
    named_findings: frozenset[str] = frozenset()
    """Terms of those whose words are the name of one of the diseases."""
    gene_ids: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Ids and numbers that the sources or the case do not have, in words for the user."""
    taken: tuple[str, ...] = ()
    """How what was open was read."""
    is_it: bool = False
    """The question speaks of "it"."""
    are_they: bool = False
    """The question speaks of "them"."""
    masked: str = ""
    """The question in lower case, with ``DISEASE``, ``FINDING`` and ``GENE`` in place of names."""


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    mask: str
    disease_ids: tuple[str, ...] = ()
    finding: Finding | None = None
    gene_id: str = ""


def find_entities(question: str, case: Case) -> Entities:
    """Everything that a question names."""
    spans: list[_Span] = []
    unknown: list[str] = []
    taken: list[str] = []

    def covered() -> set[int]:
        return {i for s in spans for i in range(s.start, s.end)}

    spans += _ids(question, case, unknown)
    whole = case.sources.names.find_whole(question)
    for mention in whole:
        if covered().isdisjoint(range(mention.start, mention.end)):
            spans.append(_span(mention, (best_of(case, mention),)))
    spans += list(_places(question, case, covered(), unknown))
    of_genes = {i for s in _genes(question, case, covered()) for i in range(s.start, s.end)}
    of_ids = {i for pattern in (_ID, _TERM_ID) for m in pattern.finditer(question) for i in range(m.start(), m.end())}
    for mention in case.sources.spoken_names.find(question, covered() | of_genes | of_ids):
        if chosen := choose_disease(case, mention, question[mention.start : mention.end]):
            spans.append(_span(mention, (chosen[0],)))
            taken += chosen[1]
    spans += list(_findings(question, case, spans))
    spans += list(_genes(question, case, covered()))
    unknown += _unknown_genes(question, case, spans)
    for mention in case.sources.names.find_parts(question, covered()):
        said = question[mention.start : mention.end]
        if _OF_TESTING.fullmatch(said):
            continue
        if chosen := choose_disease(case, mention, said):
            spans.append(_span(mention, (chosen[0],)))
            taken += chosen[1]
    spans.sort(key=lambda s: (s.start, -s.end))
    named = dict.fromkeys(case.graph.equivalents(i)[0] for s in spans for i in s.disease_ids)
    masked = _mask(question, spans)
    of_findings = {(s.start, s.end) for s in spans if s.finding}
    both = [i for s in spans if (s.start, s.end) in of_findings for i in s.disease_ids]
    named_spans = {(s.start, s.end) for s in spans if s.disease_ids}
    return Entities(
        disease_ids=tuple(named),
        also_findings=tuple(case.graph.equivalents(i)[0] for i in both),
        named_findings=frozenset(s.finding.term_id for s in spans if s.finding and (s.start, s.end) in named_spans),
        findings=tuple({s.finding.term_id: s.finding for s in spans if s.finding}.values()),
        gene_ids=tuple(dict.fromkeys(s.gene_id for s in spans if s.gene_id)),
        unknown=tuple(unknown),
        taken=tuple(taken),
        is_it=bool(_IT.search(masked)),
        are_they=bool(_THEM.search(masked)),
        masked=masked,
    )


def _span(mention: DiseaseMention, disease_ids: tuple[str, ...]) -> _Span:
    return _Span(mention.start, mention.end, DISEASE, disease_ids)


def best_of(case: Case, mention: DiseaseMention) -> str:
    """Of entries with one name the likeliest in the case, else the one whose name comes first."""
    firsts = list(dict.fromkeys(case.graph.equivalents(i)[0] for i in mention.disease_ids))
    if len(firsts) == 1:
        return firsts[0]
    places = {case.graph.equivalents(c.disease_id)[0]: n for n, c in enumerate(case.differential.candidates)}
    if places.keys().isdisjoint(firsts):  # the whole ranking, which takes longer
        places = {i: rank for i in firsts if (rank := case.standing_of(i).rank) is not None}
    last, described = case.sources.model.n_diseases, case.sources.model.is_described
    return min(firsts, key=lambda i: (places.get(i, last), not described[case.index_of(i)], firsts.index(i)))


def choose_disease(case: Case, mention: DiseaseMention, said: str) -> tuple[str, tuple[str, ...]] | None:
    """Which disease a part of a name means, and how that was read, in words; None where a word names none.

    The one that is called so ("meningitis"); else, of a class ("cancer"), the likeliest here.
    """
    spoken, entries = case.sources.spoken_names, case.graph.equivalents
    ids = mention.disease_ids
    if said.islower() and said.isalpha() and not mention.is_whole:
        ids = tuple(i for i in ids if spoken.may_mean(i, said))
    if not ids:
        return None
    named = tuple(i for i in ids if mention.is_whole or any(spoken.is_name(e, said) for e in entries(i)))
    best = best_of(case, replace(mention, disease_ids=named or ids))
    return best, _note_others(said, best, ids, case, is_named=bool(named))


def _note_others(said: str, best: str, ids: Sequence[str], case: Case, *, is_named: bool) -> tuple[str, ...]:
    """That other diseases could be meant, if there are any, and which of them are in the list."""
    others = dict.fromkeys(case.graph.equivalents(i)[0] for i in ids)
    others.pop(best)
    if not others:
        return () if is_named else (phrase("“{said}” is taken for {name}.", said=said, name=case.name(best)),)
    n = phrase("1 other disease") if len(others) == 1 else phrase("{n} other diseases", n=len(others))
    shown = [case.graph.equivalents(d)[0] for d in case.shown_ids]
    listed = [
        phrase("{name} (number {rank})", name=case.name(d), rank=rank)
        for rank, d in enumerate(shown, start=1)
        if d in others
    ]
    meant = phrase("{n} in the sources could be meant by “{said}”.", n=n, said=said)
    if listed:
        meant = phrase(
            "{n} in the sources could be meant by “{said}”, of which the list has {names}.",
            n=n,
            said=said,
            names=word_list(listed),
        )
    if is_named or not shown:
        return (meant,)
    return (joined([meant, phrase("This is about the likeliest of all here, {name}.", name=case.name(best))], " "),)


def listed_kind(disease_id: str, case: Case) -> str:
    """A disease, or in place of one that is not in the list ("Friedreich ataxia") its kind that is ("... ataxia 1").

    A kind is called as the whole is, with a number or a cause behind it: "cryptogenic organizing pneumonia" is asked
    for by nobody who asks for pneumonia, unless nothing else is known of pneumonia.
    """
    shown = {case.graph.equivalents(d)[0]: d for d in case.shown_ids}
    if disease_id in shown:
        return disease_id
    name = case.name(disease_id)
    mention = case.sources.names.with_words(name)
    kinds = {case.graph.equivalents(d)[0] for d in mention.disease_ids} if mention else set()
    is_weighed = case.sources.model.is_described[case.index_of(disease_id)]
    alike = (d for d in shown if d in kinds and (not is_weighed or case.name(d).casefold().startswith(name.casefold())))
    return next(alike, disease_id)


def _ids(question: str, case: Case, unknown: list[str]) -> Iterator[_Span]:
    for match in _ID.finditer(question):
        disease_id = canonical(f"{match['source']}:{match['local']}")
        if disease_id in case.graph.diseases:
            yield _Span(match.start(), match.end(), DISEASE, (disease_id,))
        else:
            unknown.append(phrase("{id} is not a disease of the sources.", id=disease_id))
    for match in _TERM_ID.finditer(question):
        term_id = match[0].upper()
        if term_id in case.graph.ontology:
            term = case.graph.term(term_id)
            yield _Span(match.start(), match.end(), FINDING, finding=Finding(term_id=term.term_id, label=term.name))
        else:
            version = case.graph.ontology.version
            unknown.append(
                phrase("{id} is not a term of HPO {version}, nor an older id of one.", id=term_id, version=version)
            )


def _places(question: str, case: Case, covered: set[int], unknown: list[str]) -> Iterator[_Span]:
    """Places in the list: ``1 and 3``, ``the second one``, ``the first two``."""
    shown = case.shown_ids
    if not shown:
        return
    found: list[tuple[int, int, Sequence[int]]] = []
    for match in _FIRST_N.finditer(question):
        n = _NUMBERS.get(match["n"].lower()) or int(match["n"])
        found.append((*match.span(), range(1, n + 1)))
    for match in _NTH.finditer(question):
        found.append((*match.span(), [_ordinal(match["nth"].lower(), len(shown))]))
    found += [(*match.span(), [int(match["n"])]) for match in _NUMBERED.finditer(question)]
    found += [(*match.span("n"), [int(match["n"])]) for match in _BARE.finditer(question)]
    for start, end, places in found:
        if not covered.isdisjoint(range(start, end)):
            continue
        covered.update(range(start, end))
        missing = [p for p in places if p > len(shown)]
        if missing:
            unknown.append(phrase("There is no number {rank} in the list of {n}.", rank=missing[0], n=len(shown)))
        ids = tuple(shown[p - 1] for p in places if p <= len(shown))
        if ids:
            yield _Span(start, end, DISEASE, ids)


def _ordinal(word: str, n_shown: int) -> int:
    if word == "last":
        return n_shown
    if word in ("top", "leading"):
        return 1
    return _ORDINALS.index(word) + 1 if word in _ORDINALS else int(word.rstrip("sthndr"))


def _findings(question: str, case: Case, spans: Iterable[_Span]) -> Iterator[_Span]:
    """Findings that the lexicon knows; not those inside a longer name ("ataxia" in "Friedreich ataxia")."""
    taken = [(s.start, s.end) for s in spans]
    blanked = _TERM_ID.sub(lambda m: " " * len(m[0]), question)
    if not blanked.strip():
        return
    for statement in find_statements(blanked, case.sources.lexicon):
        finding = statement.finding
        start, end = finding.start or 0, finding.end or 0
        if not any(a <= start and end <= b and (a, b) != (start, end) for a, b in taken):
            yield _Span(start, end, FINDING, finding=finding)


def _genes(question: str, case: Case, covered: set[int]) -> Iterator[_Span]:
    known = case.sources.gene_ids
    for (start, end), symbol in find_symbols(question, known).items():
        if covered.isdisjoint(range(start, end)):
            yield _Span(start, end, GENE, gene_id=known[symbol])


def _unknown_genes(question: str, case: Case, spans: Sequence[_Span]) -> Iterator[str]:
    """Symbols beside known genes that no gene here has; left unsaid, one would think that they do not fit."""
    of_genes = {s.start for s in spans if s.gene_id}
    others = {i for s in spans if not s.gene_id for i in range(s.start, s.end)}
    for symbol in unknown_symbols(question, case.sources.gene_ids, of_genes, others):
        yield phrase("{symbol} is no gene of these sources.", symbol=symbol)


def _mask(question: str, spans: Sequence[_Span]) -> str:
    pieces, done = [], 0
    for span in sorted(spans, key=lambda s: (s.start, -s.end, s.mask != FINDING)):
        if span.start < done:
            continue
        pieces += [question[done : span.start], span.mask]
        done = span.end
    return " ".join("".join([*pieces, question[done:]]).casefold().replace("’", "'").split())
