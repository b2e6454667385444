"""Publications that may describe the patients of a set that does not say where its patients come from.

PhenoBrain's public test set gives findings and diseases alone, and some of its patients are in the Phenopacket Store
too. Whatever might be such a patient's own publication is taken for it: a published case of one of the patient's
diseases that has at least half of the patient's findings, by the very same terms. That takes some other publications
with it, so figures err towards too low.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from evaluation.schema import Case
from kg.graph import KnowledgeGraph
from retrieval.schema import PublishedCase

MIN_SHARED = 2
"""Shared findings; one alone is no sign."""
MIN_SHARE = 0.5
"""Of the patient's present findings."""


def find_twins(cases: Iterable[Case], published: Sequence[PublishedCase], graph: KnowledgeGraph) -> frozenset[str]:
    """References of the published cases that may be one of these patients.

    Args:
        cases: evaluated patients.
        published: all that is in use.
        graph: knows which ids name one disease.
    """
    by_disease: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for one in published:
        by_disease[one.disease_id].append((one.provenance.reference, frozenset(t.term_id for t in one.present)))
    twins: set[str] = set()
    for case in cases:
        present = {f.term_id for f in case.findings if not f.excluded}
        least = max(MIN_SHARED, MIN_SHARE * len(present))
        ids = {d for g in case.gold_ids for d in (graph.equivalents(g) if graph.entry_id(g) else (g,))}
        twins |= {ref for d in ids for ref, terms in by_disease[d] if len(present & terms) >= least}
    return frozenset(twins)
