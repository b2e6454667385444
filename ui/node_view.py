"""Nodes of the graph -> text for a terminal: a term, a disease, a gene, a drug, with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from kg.conflicts import Conflict
from kg.graph import KnowledgeGraph, Node
from kg.schema import Association, Concept, CrossReference, Disease, Gene, Predicate, Relation, Term


def show_node(console: Console, graph: KnowledgeGraph, node: Node) -> None:
    """Everything about one node."""
    if isinstance(node, Term):
        _show_term(console, graph, node)
    elif isinstance(node, Disease):
        _show_disease(console, graph, node)
    elif isinstance(node, Concept):
        _show_concept(console, graph, node)
    else:
        console.print(f"[bold]{node.gene_id}  {escape(node.symbol)}[/]  gene", highlight=False)
        for disease in graph.diseases_of_gene(node.gene_id):
            console.print(f"  {disease.disease_id}  {escape(disease.name)}", highlight=False)


def _show_term(console: Console, graph: KnowledgeGraph, term: Term) -> None:
    ontology = graph.ontology
    console.print(f"[bold]{term.term_id}  {escape(term.name)}[/]", highlight=False)
    if term.definition:
        console.print(escape(term.definition), highlight=False)
    for title, ids in (("is a", ontology.parents(term.term_id)), ("more specific", ontology.children(term.term_id))):
        if ids:
            named = "; ".join(f"{ontology.name(t)} ({t})" for t in ids)
            console.print(f"[dim]{title}:[/] {escape(named)}", highlight=False)
    if term.synonyms:
        console.print("[dim]also called:[/] " + escape("; ".join(s.text for s in term.synonyms)), highlight=False)
    console.print(f"[dim]annotated for[/] {len({a.disease_id for a in graph.diseases_of(term.term_id)})} diseases")
    tests = [graph.relations.concept(r.subject_id).name for r in graph.tests_for(term.term_id)]
    if tests:
        console.print("[dim]observed by:[/] " + escape("; ".join(dict.fromkeys(tests))), highlight=False)


def _show_disease(console: Console, graph: KnowledgeGraph, disease: Disease) -> None:
    console.print(f"[bold]{disease.disease_id}  {escape(disease.name)}[/]", highlight=False)
    others = [i for i in graph.equivalents(disease.disease_id) if i != disease.disease_id]
    others += graph.other_ids_of(disease.disease_id)
    if disease.definition:
        console.print(escape(disease.definition), highlight=False)
    genes = graph.genes_of(disease.disease_id)
    if others:
        console.print(f"[dim]same disease:[/] {', '.join(others)}", highlight=False)
    if genes:
        console.print(f"[dim]genes:[/] {', '.join(g.symbol for g in genes)}", highlight=False)
    prevalence = graph.prevalence_of(disease.disease_id)
    if prevalence:
        told = f"{prevalence} ({prevalence.provenance.source}, {prevalence.provenance.url})"
        console.print(f"[dim]prevalence:[/] {escape(told)}", highlight=False, soft_wrap=True)
    for predicate in Predicate:
        rows = [a for a in graph.associations_of(disease.disease_id) if a.predicate is predicate]
        if rows:
            console.print(_association_table(graph, rows, str(predicate)))
    for title, relations in (
        ("treatments", graph.treatments_of(disease.disease_id)),
        ("risk factors", graph.risk_factors_of(disease.disease_id)),
        ("tests", graph.tests_of(disease.disease_id)),
        ("findings on pages", graph.findings_on_pages(disease.disease_id)),
        ("pages", graph.pages_of(disease.disease_id)),
    ):
        if relations:
            console.print(_relation_table(graph, relations, title))
    for conflict in graph.conflicts_of(disease.disease_id):
        console.print(f"[yellow]conflicting:[/] {escape(_conflict(graph, conflict))}", highlight=False, soft_wrap=True)


def _show_concept(console: Console, graph: KnowledgeGraph, concept: Concept) -> None:
    console.print(f"[bold]{escape(concept.concept_id)}  {escape(concept.name)}[/]  {concept.kind}", highlight=False)
    console.print(_relation_table(graph, graph.relations.of((concept.concept_id,)), "statements"))


def _relation_table(graph: KnowledgeGraph, relations: Iterable[Relation], title: str) -> Table:
    """One row for each thing said, with everyone who says it."""
    reference = Column("reference", overflow="fold")  # an address cut short leads nowhere
    table = Table("from", "", "to", "concerning", "says", reference, title=title, title_justify="left", box=None)
    said: dict[tuple[str, ...], list[Relation]] = {}
    for r in relations:
        said.setdefault((r.subject_id, str(r.kind), r.object_id, r.term_id or "", r.note), []).append(r)
    for (start, kind, end, term_id, note), statements in said.items():
        concerning = "; ".join(t for t in (graph.ontology.name(term_id) if term_id else "", note) if t)
        sources = "; ".join(dict.fromkeys(r.provenance.source for r in statements))
        references = "; ".join(dict.fromkeys(r.provenance.reference for r in statements))
        ends = (f"{name_of(graph, i)} ({i})" for i in (start, end))
        start_text, end_text = (escape(e) for e in ends)
        table.add_row(start_text, kind, end_text, escape(concerning), escape(sources), escape(references))
    return table


def _conflict(graph: KnowledgeGraph, conflict: Conflict) -> str:
    """``Asthma, susceptibility to (OMIM:600807): Disease Ontology says the same disease, Mondo another``."""
    said = []
    for s in conflict.statements:
        if isinstance(s, CrossReference):
            said.append(f"{s.provenance.source} takes {s.disease_id} and {s.other_id} for one disease, Mondo for two")
        elif isinstance(s, Relation):
            said.append(f"{s.provenance.source} says {s.kind}")
        else:
            said.append(f"{s.provenance[0].source} says {'absent' if s.excluded else 'present'}")
    return f"{name_of(graph, conflict.about_id)} ({conflict.about_id}): {'; '.join(dict.fromkeys(said))}"


def name_of(graph: KnowledgeGraph, node_id: str) -> str:
    """What a person calls a node."""
    node = graph.node(node_id)
    return node.symbol if isinstance(node, Gene) else node.name


def _association_table(graph: KnowledgeGraph, associations: Iterable[Association], title: str) -> Table:
    table = Table("term", "label", "how often", "reference", title=title, title_justify="left", box=None)
    for a in sorted(associations, key=lambda a: -(a.frequency.midpoint if a.frequency else -1)):
        often = "absent" if a.excluded and not a.frequency else str(a.frequency or "")
        references = "; ".join(p.reference for p in a.provenance)
        table.add_row(a.term_id, escape(graph.ontology.name(a.term_id)), escape(often), references)
    return table
