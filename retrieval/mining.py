"""Edges of the graph read from pages about diseases: findings, risk factors, treatments, tests (MedQuAD).

Promise: an edge is what one sentence of a page about the disease says, in the answer to a question of that kind, and
keeps the sentence and the page. Few rules, and strict ones: what denies, compares, warns, hopes or speaks of another
disease is left out. Deliberately not done here: how often a finding is there; which disease a page is about
(``retrieval.page_subjects``); adding the edges to a graph (``retrieval.mined_graph``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kg.graph import KnowledgeGraph
from kg.ontology import PHENOTYPIC_ABNORMALITY
from kg.schema import Concept, ConceptKind, RelationKind
from kg.sources.medquad import Document
from kg.sources.records import Symptom
from kg.sources.wordings import bundled_wordings, load_wordings
from kg.symptom_mapping import SymptomMapping
from retrieval import mining_cues as cues
from retrieval.concepts import ConceptMention, ConceptVocabulary, NamedConcept, Role
from retrieval.context import Experiencer
from retrieval.disease_names import DiseaseMention, DiseaseMentionFinder
from retrieval.findings import Statement, find_statements
from retrieval.lexicon import Lexicon
from retrieval.page_sentences import PageSentence, split_answer
from retrieval.page_subjects import PageSubject, PageSubjects

EXTRACTOR_VERSION = "1"
"""Raised with every change of the rules, the cues or the table of concepts that changes an edge."""

_HPO_TABLE = re.compile(
    r"The Human Phenotype Ontology provides the following list.*?(?:Signs and Symptoms Approximate|$).*?"
    r"(?:The Human Phenotype Ontology \(HPO\) has collected.*?(?:under study|condition)\.|$)"
)
"""Annotations of the HPO, which the graph has anyway, as a page repeats them."""
_LINKS = re.compile(r"These resources (?:address|from MedlinePlus).*")
"""Titles of other pages."""
_NEOPLASM = "HP:0002664"
_TOO_GENERAL = frozenset({PHENOTYPIC_ABNORMALITY, _NEOPLASM, "HP:0012531"})  # the last is pain

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinedEdge:
    """What a sentence says of a disease."""

    disease_id: str
    kind: RelationKind
    concept: Concept | None = None
    """The treatment, test or risk factor; None where it is a finding."""
    term_id: str | None = None
    """The finding; of a risk factor the term that it is, of a treatment the finding that it is for."""
    sentence: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A sentence of a page, and what is named in it."""

    page: PageSubject
    text: str
    """With what leads to it, if it is an item of a list."""
    start: int
    """Where the item begins; what leads to it is not said by it."""
    statements: Sequence[Statement]
    """About findings, in the words that the ontology or the project's wordings have for them."""
    diseases: Sequence[DiseaseMention]

    def says(self, *patterns: re.Pattern[str]) -> bool:
        return any(pattern.search(self.text) for pattern in patterns)

    def means_own(self, pattern: re.Pattern[str]) -> bool:
        """Whether all diseases that a pattern finds are the page's."""
        found = (cues.TARGET_END.split(m["what"], maxsplit=1)[0] for m in pattern.finditer(self.text))
        return all(self.page.is_meant(what) for what in found)

    def names_another(self, told: Sequence[Span]) -> bool:
        """Whether a disease is named that is neither the page's nor what is told of it."""
        return any(
            not _overlaps((m.start, m.end), told) and not self.page.is_own(self.text[m.start : m.end])
            for m in self.diseases
        )


class PageMiner:
    """Reads edges from pages.

    Args:
        graph: says which disease a page is about; its names tell other diseases.
        lexicon: of findings.
        vocabulary: of treatments, tests and risk factors.
    """

    def __init__(self, graph: KnowledgeGraph, lexicon: Lexicon, vocabulary: ConceptVocabulary) -> None:
        self._graph = graph
        self._lexicon = lexicon
        self._vocabulary = vocabulary
        self._names = DiseaseMentionFinder(graph)
        self._mapping = SymptomMapping(graph.ontology, {}, load_wordings(bundled_wordings("en")), {})
        self._readers: dict[str, tuple[re.Pattern[str], Callable[[_Read], Iterable[MinedEdge]]]] = {
            "symptoms": (cues.SIGN, self._findings),
            "causes": (cues.RISK, self._risk_factors),
            "susceptibility": (cues.RISK, self._risk_factors),
            "treatment": (cues.TREATED, self._treatments),
            "exams and tests": (cues.EXAMINED, self._tests),
        }

    def mine(self, documents: Iterable[Document]) -> tuple[MinedEdge, ...]:
        """Edges of all pages, in their order; of sentences of a page that say the same the first."""
        documents = list(documents)
        subjects = PageSubjects(self._graph, documents)
        found: dict[tuple[str | None, ...], MinedEdge] = {}
        for document in documents:
            if page := subjects.subject_of(document):
                for edge in self._of_page(page, document):
                    what = edge.concept.concept_id if edge.concept else edge.term_id
                    found.setdefault((edge.disease_id, edge.kind, what, edge.url), edge)
        return tuple(found.values())

    def _of_page(self, page: PageSubject, document: Document) -> Iterator[MinedEdge]:
        for kind, answer in document.answers:
            if kind not in self._readers:
                continue
            cue, read = self._readers[kind]
            for sentence in split_answer(_LINKS.sub("", _HPO_TABLE.sub(" ", answer))):
                if cue.search(sentence.whole):
                    yield from read(self._read(page, sentence))

    def _read(self, page: PageSubject, sentence: PageSentence) -> _Read:
        text = sentence.whole
        diseases = self._names.find_whole(text)
        wider = [(m.start, m.end) for m in diseases if not page.is_own(text[m.start : m.end])]
        statements = [
            s
            for s in find_statements(text, self._lexicon)
            if self._is_sure(s) and not any(_is_part(_span(s), whole) for whole in wider)
        ]
        return _Read(
            page=page, text=text, start=len(text) - len(sentence.text), statements=statements, diseases=diseases
        )

    def _is_sure(self, statement: Statement) -> bool:
        mapped = self._mapping.find(Symptom(symptom_id="", name=statement.finding.quote))
        return mapped is not None and mapped[0] == statement.finding.term_id

    def _concepts(self, said: _Read, *roles: Role) -> list[ConceptMention]:
        found = self._vocabulary.find(said.text, roles)
        return [m for m in found if m.start >= said.start and not cues.PREFIXED.search(said.text, 0, m.start)]

    # One reader a kind

    def _findings(self, said: _Read) -> Iterator[MinedEdge]:
        against = (cues.NOT_A_SIGN, cues.OTHER_ILLNESS, cues.THOUGHT, cues.UNSETTLED, cues.OF_A_KIND, cues.COMPARED)
        if said.says(*against) or not said.means_own(cues.SIGN_OF):
            return
        if said.names_another([_span(s) for s in said.statements]):
            return
        for s in said.statements:
            is_there = not s.finding.excluded and s.context.experiencer is Experiencer.PATIENT
            is_itself = said.page.is_own(s.finding.quote) or said.page.is_own(s.finding.label)
            is_told = _span(s)[0] >= said.start and not is_itself
            if is_there and is_told and s.finding.term_id not in _TOO_GENERAL:
                yield _edge(said, RelationKind.FINDING, term_id=s.finding.term_id)

    def _treatments(self, said: _Read) -> Iterator[MinedEdge]:
        against = (cues.DENIED, cues.UNSETTLED, cues.HARM, cues.OTHER_ILLNESS, cues.THOUGHT, cues.COMPARED)
        mentions = self._concepts(said, Role.TREATMENT, Role.DRUG)
        told = [*((m.start, m.end) for m in mentions), *map(_span, said.statements)]
        if not said.says(*against) and not said.names_another(told):
            for m in mentions:
                yield _edge(said, RelationKind.TREATS, m, term_id=_treated_term(said, m))

    def _tests(self, said: _Read) -> Iterator[MinedEdge]:
        against = (cues.DENIED, cues.UNSETTLED, cues.OTHER_ILLNESS, cues.NOT_FOR_DIAGNOSIS, cues.THOUGHT)
        mentions = self._concepts(said, Role.TEST)
        is_for_another = said.names_another([(m.start, m.end) for m in mentions])
        if not said.says(*against) and said.means_own(cues.DIAGNOSED) and not is_for_another:
            for m in mentions:
                yield _edge(said, RelationKind.EXAMINES, m)

    def _risk_factors(self, said: _Read) -> Iterator[MinedEdge]:
        against = (cues.DENIED, cues.UNSETTLED, cues.AGAINST_RISK, cues.OF_A_KIND)
        if said.says(*against) or not said.means_own(cues.RISK_OF):
            return
        factors = [f for f in self._factors(said) if not said.page.is_own(said.text[f.start : f.end])]
        if said.names_another([(f.start, f.end) for f in factors]):
            return
        compared = cues.COMPARED.search(said.text)
        end = compared.start() if compared else len(said.text)
        targets = [m.span("what") for m in cues.RISK_OF.finditer(said.text)]
        for f in factors:
            if f.end <= end and not _overlaps((f.start, f.end), targets):
                yield _edge(said, RelationKind.RISK_FACTOR, f, term_id=f.named.term_id)

    def _factors(self, said: _Read) -> Iterator[ConceptMention]:
        """Risk factors by the table, and findings that are told as such."""
        named = self._concepts(said, Role.RISK_FACTOR)
        for m in named:
            kin = cues.KIN_OF.match(said.text, m.end) if m.named.concept.name == "family history" else None
            if kin is None or said.page.is_meant(kin["what"]):
                yield m
        told = [(m.start, m.end) for m in named]
        for s in said.statements:
            start, end = _span(s)
            is_other = not said.page.is_meant(s.finding.quote) and not self._is_neoplasm(s.finding.term_id)
            is_told = start >= said.start and not s.finding.excluded and not _overlaps((start, end), told)
            if is_other and is_told and not _is_aside(said.text[:start]):
                yield ConceptMention(named=_as_factor(s), start=start, end=end)

    def _is_neoplasm(self, term_id: str) -> bool:
        """Which are told by more words than the lexicon reads ("testicular carcinoma in situ")."""
        return _NEOPLASM in self._graph.ontology.ancestors(term_id)


def _treated_term(said: _Read, mention: ConceptMention) -> str | None:
    """The one finding that a treatment is said to be for; None where it is none, or several."""
    terms = set()
    for s in said.statements:
        start, end = _span(s)
        between = said.text[min(end, mention.end) : max(start, mention.start)]
        after, before = cues.TREATED_FINDING.search(said.text, 0, start), cues.FINDING_TREATED.match(said.text[end:])
        is_for = (after and mention.end <= start) or (before and end <= mention.start)
        if is_for and not cues.OTHER_CLAUSE.search(between) and not said.page.is_own(s.finding.quote):
            terms.add(s.finding.term_id)
    return terms.pop() if len(terms) == 1 else None


def _is_aside(before: str) -> bool:
    """Whether words stand in brackets, are what something else is for ("therapy for psoriasis"), or run in a family."""
    is_bracketed = before.count("(") > before.count(")")
    return is_bracketed or before.rstrip().endswith(" for") or bool(cues.HISTORY_OF_KIN.search(before))


def _as_factor(statement: Statement) -> NamedConcept:
    finding = statement.finding
    concept = Concept(
        concept_id=f"CITEDX:risk-{re.sub('[^a-z0-9]+', '-', finding.label.lower()).strip('-')}",
        name=finding.label,
        kind=ConceptKind.RISK_FACTOR,
    )
    return NamedConcept(role=Role.RISK_FACTOR, concept=concept, wordings=(), term_id=finding.term_id)


def _edge(
    said: _Read, kind: RelationKind, mention: ConceptMention | None = None, *, term_id: str | None = None
) -> MinedEdge:
    return MinedEdge(
        disease_id=said.page.disease_id,
        kind=kind,
        concept=mention.named.concept if mention else None,
        term_id=term_id,
        sentence=said.text,
        url=said.page.url,
    )


def _span(statement: Statement) -> Span:
    return statement.finding.start or 0, statement.finding.end or 0


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in others)


def _is_part(span: Span, whole: Span) -> bool:
    return whole[0] <= span[0] and span[1] <= whole[1] and span != whole
