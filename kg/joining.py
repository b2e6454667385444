"""Statements of further sources, each with its own ids -> the graph, in which one disease is one node.

Entries of the Disease Ontology become nodes, or names of the nodes that are the same disease (``kg.equivalence``); of
other vocabularies those that a source speaks of and no entry is. Symptoms become HPO terms (``kg.symptom_mapping``).
What cannot be joined is counted, by source and reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from kg.annotations import AnnotationTable
from kg.disease_names import DiseaseNames
from kg.equivalence import group_equivalents, name_key
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from kg.relations import RelationTable
from kg.schema import Association, Concept, ConceptKind, CrossReference, Disease, Predicate, Relation, RelationKind
from kg.sources.records import Page, SourceRecords, Symptom
from kg.summary import SourceSummary, UnmappedSymptom
from kg.symptom_mapping import SymptomMapping

_TOO_GENERAL = frozenset({"HP:0000001", "HP:0000118", "HP:0003674", "HP:0031797", "HP:0012823"})
"""Roots: "all", abnormality, onset, clinical course, clinical modifier."""
_OF_TERM = frozenset({RelationKind.OBSERVES, RelationKind.OBSERVES_PRENATALLY})
_OF_DISEASE = frozenset({RelationKind.RISK_FACTOR, RelationKind.DESCRIBED_BY})
"""Kinds whose object is a term, and whose subject is a disease; of the others the object is a disease."""


def join_sources(
    graph: KnowledgeGraph, records: Mapping[str, SourceRecords], mapping: SymptomMapping, versions: Mapping[str, str]
) -> KnowledgeGraph:
    """The graph with what further sources state.

    Args:
        graph: of the HPO release.
        records: name of the source -> its statements.
        mapping: which term a symptom is.
        versions: what to note of the sources' releases.
    """
    mondo_ids = dict(graph.mondo_ids)
    for r in records.values():
        mondo_ids |= r.mondo_ids or {}
    references = tuple(c for r in records.values() for c in r.cross_references)
    joined = _join_diseases(graph, records.values(), mondo_ids, references)
    symptoms: dict[str, Symptom] = {}
    for s in (s for r in records.values() for s in r.symptoms):
        if s.symptom_id not in symptoms or s.synonyms or s.other_ids:  # the source that knows more of it
            symptoms[s.symptom_id] = s
    joiner = _Joiner(graph.ontology, joined, mapping, symptoms)
    parts = [joiner.join(name, r) for name, r in records.items()]
    table = AnnotationTable.from_associations(
        [a for part in parts for a in part.associations], list(joined.entries), list(graph.ontology.terms)
    )
    concepts = {**{c.concept_id: c for part in reversed(parts) for c in part.concepts}, **graph.relations.concepts}
    new_relations = (r for part in parts for r in part.relations)
    return KnowledgeGraph(
        graph.ontology,
        tuple(joined.entries.values()),
        graph.annotations.joined(table),
        {d: graph.genes_of(d) for d in graph.diseases if graph.genes_of(d)},
        {**graph.versions, **versions},
        prevalences=graph.prevalences,
        mondo_ids=mondo_ids,
        relations=RelationTable(concepts.values(), [*graph.relations.relations, *new_relations]),
        cross_references=(*graph.cross_references, *references),
        summaries=[*graph.summaries, *(part.summary for part in parts)],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Diseases:
    """The nodes of the joined graph, and the ids that mean them."""

    entries: Mapping[str, Disease]
    names: DiseaseNames
    groups: tuple[tuple[str, ...], ...]


def _join_diseases(
    graph: KnowledgeGraph,
    records: Iterable[SourceRecords],
    mondo_ids: Mapping[str, str],
    references: tuple[CrossReference, ...],
) -> _Diseases:
    records = tuple(records)
    entries = {**graph.diseases, **{d.disease_id: d for r in records for d in r.diseases}}

    def named() -> _Diseases:
        groups = group_equivalents(entries.values(), mondo_ids, references)
        return _Diseases(entries=entries, groups=groups, names=DiseaseNames(groups, mondo_ids, references))

    known = named()
    words = {i: name for r in reversed(records) for i, name in (r.names or {}).items()}
    spoken_of = dict.fromkeys(i for r in records for i in _diseases_of(r))
    new = [i for i in spoken_of if known.names.entry_id(i) is None and i in words]
    if not new:
        return known
    entries |= {i: Disease(disease_id=i, name=words[i]) for i in new}
    return named()


def _diseases_of(records: SourceRecords) -> Iterator[str]:
    """Ids of the diseases that a source states something of."""
    yield from (a.disease_id for a in records.associations)
    yield from (s.disease_id for s in records.symptom_statements)
    for r in records.relations:
        if r.kind in _OF_DISEASE:
            yield r.subject_id
        elif r.kind not in _OF_TERM:
            yield r.object_id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What one source adds."""

    associations: list[Association]
    relations: list[Relation]
    concepts: list[Concept]
    summary: SourceSummary


class _Joiner:
    """Turns the ids of a source into those of the graph, and counts what it cannot.

    Args:
        ontology: the terms.
        diseases: the nodes.
        mapping: which term a symptom is.
        symptoms: every source's, by id.
    """

    def __init__(
        self, ontology: Ontology, diseases: _Diseases, mapping: SymptomMapping, symptoms: Mapping[str, Symptom]
    ) -> None:
        self._ontology = ontology
        self._diseases = diseases
        self._mapping = mapping
        self._symptoms = symptoms
        self._left_out: Counter[str] = Counter()

    def join(self, source: str, records: SourceRecords) -> _Part:
        """What a source adds to the graph."""
        self._left_out = Counter(records.left_out or {})
        inferred = self._most_specific(records.associations)
        observed, how, unmapped = self._map_symptoms(records)
        associations = [*inferred, *observed]
        relations = [*self._relations(records.relations), *self._pages(records.pages)]
        concepts = [self._named(c) for c in records.concepts]
        described = {r.object_id for r in relations if r.kind is RelationKind.DESCRIBED_BY}
        pages = {p.url: p.names[0] for p in records.pages if p.url in described}
        concepts += [Concept(concept_id=url, name=name, kind=ConceptKind.PAGE) for url, name in pages.items()]
        kinds = Counter(str(r.kind) for r in relations)
        counts = {
            "diseases": len(records.diseases),
            "equivalent ids": len(records.mondo_ids or {}) + len(records.cross_references),
            "symptoms": len(records.symptoms),
            "findings": len(associations),
            **{f"symptoms mapped by {by}": n for by, n in sorted(how.items())},
            **{kind: kinds[kind] for kind in sorted(kinds)},
        }
        return _Part(
            associations=associations,
            relations=relations,
            concepts=concepts,
            summary=SourceSummary(
                source=source,
                counts={kind: n for kind, n in counts.items() if n},
                left_out=dict(self._left_out),
                unmapped=unmapped,
            ),
        )

    def _entry(self, disease_id: str) -> str | None:
        entry = self._diseases.names.entry_id(disease_id)
        if entry is None:
            self._left_out["statements about a disease that no source names"] += 1
        return entry

    def _term(self, term_id: str) -> str | None:
        if term_id not in self._ontology:
            self._left_out[f"statements about a term that HPO {self._ontology.version} does not have"] += 1
            return None
        return self._ontology.current_id(term_id)

    def _most_specific(self, associations: Iterable[Association]) -> list[Association]:
        """Inferred statements without what others of the same disease and kind imply."""
        of: dict[tuple[str, Predicate], dict[str, Association]] = defaultdict(dict)
        for a in associations:
            entry, term_id = self._entry(a.disease_id), self._term(a.term_id)
            if entry and term_id:
                of[entry, a.predicate][term_id] = replace(a, disease_id=entry, term_id=term_id)
        return [
            told[term_id]
            for told in of.values()
            for term_id in self._ontology.most_specific(told)
            if term_id not in _TOO_GENERAL
        ]

    def _map_symptoms(
        self, records: SourceRecords
    ) -> tuple[list[Association], Counter[str], tuple[UnmappedSymptom, ...]]:
        """Statements about terms, each once; how many symptoms were mapped by what; and the symptoms without a term."""
        found: dict[tuple[str, str], Association] = {}
        by: dict[str, str] = {}
        lost: Counter[str] = Counter()
        for s in records.symptom_statements:
            symptom = self._symptoms.get(s.symptom_id)
            mapped = symptom and self._mapping.find(symptom)
            if not mapped:
                lost[s.symptom_id] += 1
                continue
            term_id, by[s.symptom_id] = mapped
            if entry := self._entry(s.disease_id):
                found.setdefault(
                    (entry, term_id),
                    Association(
                        disease_id=entry,
                        predicate=Predicate.PHENOTYPE,
                        term_id=term_id,
                        evidence_code=s.evidence_code,
                        provenance=(s.provenance,),
                    ),
                )
        if lost:
            self._left_out["statements about a symptom without an HPO term"] += lost.total()
        return list(found.values()), Counter(by.values()), tuple(self._unmapped(i, n) for i, n in lost.most_common())

    def _unmapped(self, symptom_id: str, n_statements: int) -> UnmappedSymptom:
        symptom = self._symptoms.get(symptom_id) or Symptom(symptom_id=symptom_id, name=symptom_id)
        return UnmappedSymptom(
            symptom_id=symptom_id,
            name=self._mapping.label(symptom_id, symptom.name),
            n_statements=n_statements,
            note=self._mapping.note(symptom_id),
        )

    def _named(self, concept: Concept) -> Concept:
        return replace(concept, name=self._mapping.label(concept.concept_id, concept.name))

    def _relations(self, relations: Iterable[Relation]) -> Iterator[Relation]:
        for r in relations:
            term_id = r.term_id and self._term(r.term_id)
            if r.kind in _OF_TERM:
                if observed := self._term(r.object_id):
                    yield replace(r, object_id=observed)
            elif r.kind in _OF_DISEASE:
                if entry := self._entry(r.subject_id):
                    factor = self._symptoms.get(r.object_id)
                    mapped = factor and self._mapping.find(factor)
                    yield replace(r, subject_id=entry, term_id=mapped[0] if mapped else None)
            elif entry := self._entry(r.object_id):
                yield replace(r, object_id=entry, term_id=term_id)

    def _pages(self, pages: Iterable[Page]) -> Iterator[Relation]:
        """Which disease a page is about: that of its best name, else of the concept that its source takes it for."""
        for page in pages:
            entries = (
                *(self._by_name.get(name_key(name)) for name in page.names),
                *(self._diseases.names.entry_id(i) for i in page.other_ids),
            )
            entry = next((e for e in entries if e), None)
            if entry is None:
                self._left_out["pages about what is no disease of the graph, or several"] += 1
            else:
                yield Relation(
                    subject_id=entry, kind=RelationKind.DESCRIBED_BY, object_id=page.url, provenance=page.provenance
                )

    @cached_property
    def _by_name(self) -> dict[tuple[str, ...], str]:
        """First id of the one disease that has a name."""
        found: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for group in self._diseases.groups:
            for disease_id in group:
                found[name_key(self._diseases.entries[disease_id].name)].add(group[0])
        return {name: min(of) for name, of in found.items() if len(of) == 1}
