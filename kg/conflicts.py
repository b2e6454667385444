"""Where sources contradict each other about a disease. Nothing is decided here: both sides are kept and shown.

Three kinds: one source denies a finding that another states; one speaks for a treatment, another against it; one says
that two entries are the same disease, which Mondo keeps apart. A count such as "0 of 3 patients" is no denial.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.schema import TREATMENTS, Association, CrossReference, Predicate, Relation, RelationKind

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph

_AGAINST = (RelationKind.NO_BENEFIT, RelationKind.CONTRAINDICATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Statements that cannot all hold."""

    about_id: str
    """The finding, the drug or action, or the other entry."""
    statements: tuple[Association | Relation | CrossReference, ...]
    """Those for it first."""


def find_conflicts(graph: KnowledgeGraph, disease_ids: Sequence[str]) -> tuple[Conflict, ...]:
    """All conflicts about one disease, given by its equivalent entries."""
    return (
        *_about_findings([a for d in disease_ids for a in graph.findings_of(d)]),
        *_about_treatments(graph.relations.of(disease_ids, TREATMENTS)),
        *_about_identity(graph, disease_ids),
    )


def _about_findings(associations: Sequence[Association]) -> Iterator[Conflict]:
    by_term: dict[str, list[Association]] = defaultdict(list)
    for a in associations:
        if a.predicate is Predicate.PHENOTYPE:
            by_term[a.term_id].append(a)
    for term_id, statements in by_term.items():
        denied = [a for a in statements if a.excluded and (a.frequency is None or a.frequency.m is None)]
        deniers = {a.provenance[0].source for a in denied}
        stated = [a for a in statements if not a.excluded and a.provenance[0].source not in deniers]
        if denied and stated:
            yield Conflict(about_id=term_id, statements=(*stated, *denied))


def _about_treatments(relations: Sequence[Relation]) -> Iterator[Conflict]:
    by_subject: dict[tuple[str, str | None], list[Relation]] = defaultdict(list)
    for r in relations:
        by_subject[r.subject_id, r.term_id].append(r)
    for (subject_id, _), statements in by_subject.items():
        against = [r for r in statements if r.kind in _AGAINST]
        favour = [r for r in statements if r.kind not in _AGAINST]
        if favour and against:
            yield Conflict(about_id=subject_id, statements=(*favour, *against))


def _about_identity(graph: KnowledgeGraph, disease_ids: Sequence[str]) -> Iterator[Conflict]:
    for reference in graph.references_apart.get(disease_ids[0], ()):
        is_own = reference.disease_id in disease_ids
        about_id = reference.other_id if is_own else reference.disease_id
        yield Conflict(about_id=about_id, statements=(reference,))


def find_references_apart(graph: KnowledgeGraph) -> dict[str, tuple[CrossReference, ...]]:
    """Cross references between entries that Mondo has in two classes, by the first id of either entry's group."""
    found: dict[str, list[CrossReference]] = defaultdict(list)
    for reference in graph.cross_references:
        ends = (reference.disease_id, reference.other_id)
        classes = {graph.mondo_ids.get(e) for e in ends}
        if None in classes or len(classes) == 1 or not all(e in graph.diseases for e in ends):
            continue
        groups = {graph.equivalents(e)[0] for e in ends}
        if len(groups) > 1:
            for first in groups:
                found[first].append(reference)
    return {first: tuple(references) for first, references in found.items()}
