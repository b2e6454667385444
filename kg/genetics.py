"""How a disease is inherited, how common it is and which genes are tied to it, over all its equivalent entries."""

from __future__ import annotations

from dataclasses import dataclass

from kg.graph import KnowledgeGraph
from kg.schema import Gene, Predicate, Prevalence, Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Genetics:
    """What a geneticist wants to know of one disease beside its findings; empty where no source says."""

    genes: tuple[Gene, ...] = ()
    """By symbol."""
    inheritance: tuple[Term, ...] = ()
    """Modes such as ``X-linked dominant inheritance``, in the order of the entries."""
    prevalence: Prevalence | None = None


def genetics_of(graph: KnowledgeGraph, disease_id: str) -> Genetics:
    """Genes, modes of inheritance and prevalence of a disease.

    Raises:
        UnknownIdError: the graph has no such disease.
    """
    entries = graph.equivalents(disease_id)
    genes = {gene.gene_id: gene for entry in entries for gene in graph.genes_of(entry)}
    modes = dict.fromkeys(
        a.term_id
        for entry in entries
        for a in graph.associations_of(entry)
        if a.predicate is Predicate.INHERITANCE and not a.excluded
    )
    return Genetics(
        genes=tuple(sorted(genes.values(), key=lambda gene: gene.symbol)),
        inheritance=tuple(graph.term(term_id) for term_id in modes),
        prevalence=graph.prevalence_of(disease_id),
    )
