"""Rankers under test: each turns a fold's knowledge and a patient into scores of all diseases."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np

from evaluation.protocols import Knowledge
from evaluation.schema import Case
from kg.schema import Finding
from retrieval.candidates import Doubles, fused_scores
from retrieval.embedding import Vectors

Ranker = Callable[[Knowledge, Case, Vectors | None], Doubles]
"""Knowledge, case and the case's vector (None without a library) -> scores, shape [n_diseases], higher is likelier."""


class System(StrEnum):
    """Names of the systems."""

    GRAPH = "graph"  # likelihood ratios
    CASES = "cases"  # the most similar case of each disease
    FUSED = "fused"  # both, as the product ranks


def _rank_by_graph(knowledge: Knowledge, case: Case, _: Vectors | None) -> Doubles:
    scores: Doubles = knowledge.model.log_lrs(_ordered(case)).sum(axis=0, dtype=np.float64)
    return scores


def _rank_by_cases(knowledge: Knowledge, case: Case, vector: Vectors | None) -> Doubles:
    scores = np.full(knowledge.model.n_diseases, -np.inf)
    if knowledge.library is not None:
        for hit in knowledge.library.similar(case.findings, k=500, vector=vector):
            index = knowledge.model.group_index.get(hit.case.disease_id)
            if index is not None:
                scores[index] = max(scores[index], hit.similarity)
    return scores


def _rank_fused(knowledge: Knowledge, case: Case, vector: Vectors | None) -> Doubles:
    hits = knowledge.library.similar(case.findings, vector=vector) if knowledge.library else ()
    return fused_scores(knowledge.model, knowledge.model.log_lrs(_ordered(case)), hits)


def _ordered(case: Case) -> list[Finding]:
    return sorted(case.findings, key=lambda f: (f.term_id, f.excluded))


RANKERS: dict[System, Ranker] = {
    System.GRAPH: _rank_by_graph,
    System.CASES: _rank_by_cases,
    System.FUSED: _rank_fused,
}
