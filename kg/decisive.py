"""Which findings would speak most for a disease, and which tests observe them.

A finding decides the more, the more patients with the disease have it and the fewer other diseases do: how often it is
seen, times its information content among the diseases of the graph. Tests are those that MAxO annotates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Set
from dataclasses import dataclass

import numpy as np

from kg.graph import KnowledgeGraph
from kg.schema import Association, Relation

N_DECISIVE = 8
_UNKNOWN_FREQUENCY = 0.3
"""For a statement that does not say how often: between "occasional" and "frequent"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisiveFinding:
    """A finding that was not told yet, with the statement behind it."""

    association: Association
    weight: float
    """Share of patients who have it, times its information content in nats."""
    tests: tuple[Relation, ...]
    """That observe it, or the nearest more general finding that a test observes; empty where no source says."""


def find_decisive(
    graph: KnowledgeGraph,
    associations: Iterable[Association],
    present: Set[str],
    excluded: Set[str] = frozenset(),
    n: int = N_DECISIVE,
) -> tuple[DecisiveFinding, ...]:
    """The weightiest findings of a disease that nobody told of the patient.

    Args:
        graph: for how common findings are, and for tests.
        associations: what is stated of the disease.
        present: terms that the patient has, with which goes what is more general.
        excluded: terms that the patient has not, with which goes what is more specific.
        n: how many at most.
    """
    ontology = graph.ontology
    implied = {a for t in present for a in ontology.ancestors(t)}
    best: dict[str, Association] = {}
    for a in associations:
        if (
            not a.excluded
            and a.term_id in ontology
            and not (a.term_id in implied or excluded & ontology.ancestors(a.term_id))
        ):
            known = best.setdefault(a.term_id, a)
            best[a.term_id] = max(known, a, key=_frequency)
    weights = {t: _frequency(a) * _information(graph, t) for t, a in best.items()}
    return tuple(
        DecisiveFinding(association=best[t], weight=weights[t], tests=nearest_tests(graph, t))
        for t in sorted(weights, key=lambda t: (-weights[t], t))[:n]
    )


def nearest_tests(graph: KnowledgeGraph, term_id: str) -> tuple[Relation, ...]:
    """Tests that observe a term, else those of the nearest ancestors that any test observes."""
    level, seen = [term_id], {term_id}
    while level:
        if tests := [r for t in level for r in graph.tests_for(t)]:
            return tuple({r.subject_id: r for r in reversed(tests)}.values())[::-1]
        above = [p for t in level for p in graph.ontology.parents(t) if p not in graph.ontology.top_level]
        level = [p for p in dict.fromkeys(above) if p not in seen]
        seen.update(level)
    return ()


def _frequency(a: Association) -> float:
    return _UNKNOWN_FREQUENCY if a.frequency is None else a.frequency.midpoint


def _information(graph: KnowledgeGraph, term_id: str) -> float:
    below = graph.ontology.descendants(term_id)
    wanted = [i for i, t in enumerate(graph.ontology.terms) if t in below]
    columns = graph.annotations.columns
    states = np.isin(columns["term"], wanted) & ~columns["excluded"].astype(np.bool_)
    n_with = len(np.unique(columns["disease"][states]))
    return math.log((len(graph.diseases) + 1) / (n_with + 1))
