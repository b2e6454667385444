"""Cases through a system, fold by fold; what is done is kept, so that a run that was cut off goes on."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from evaluation.protocols import Knowledge, fold_publications, hold_out
from evaluation.schema import Case, Prediction, Protocol
from evaluation.systems import RANKERS, System
from kg.errors import SourceError
from kg.graph import KnowledgeGraph
from retrieval.candidates import Doubles
from retrieval.cases import CaseLibrary
from retrieval.embedding import Vectors

N_KEPT = 100
"""Ranks kept of each prediction."""


def predict(
    cases: Sequence[Case],
    graph: KnowledgeGraph,
    library: CaseLibrary | None,
    protocol: Protocol,
    system: System,
    out: Path,
    *,
    progress: bool = False,
) -> tuple[Prediction, ...]:
    """Predictions for all cases, in their order; each fold is appended to ``out`` when it is done.

    Raises:
        LeakError: something in use rests on a held-out publication.
        SourceError: ``out`` holds predictions that cannot be read.
    """
    done = {p.case_id: p for p in _read(out)}
    described_in = _publications_by_disease(cases, graph)
    with tqdm(total=len(cases), unit="case", disable=not progress) as bar:
        for publications in fold_publications(cases):
            members = [c for c in cases if c.publication in publications]
            waiting = [c for c in members if c.case_id not in done]
            if waiting:
                knowledge = hold_out(graph, library, publications, protocol)
                fresh = tuple(_predict_fold(waiting, knowledge, system, described_in))
                with out.open("a", encoding="utf-8") as lines:
                    lines.writelines(json.dumps(asdict(p)) + "\n" for p in fresh)
                done |= {p.case_id: p for p in fresh}
            bar.update(len(members))
    return tuple(done[c.case_id] for c in cases)


def _predict_fold(
    cases: Sequence[Case], knowledge: Knowledge, system: System, described_in: Mapping[str, set[str]]
) -> Iterator[Prediction]:
    needs_vectors = knowledge.library is not None and system is not System.GRAPH
    vectors: Sequence[Vectors | None] = [None] * len(cases)
    if needs_vectors and knowledge.library is not None:
        vectors = list(knowledge.library.encode_patients([c.findings for c in cases]))
    for case, vector in zip(cases, vectors, strict=True):
        scores = RANKERS[system](knowledge, case, vector)
        is_known = any(described_in[g] - {case.publication} for g in case.gold_ids)
        yield _predict(case, scores, knowledge, is_known)


def _predict(case: Case, scores: Doubles, knowledge: Knowledge, is_known: bool) -> Prediction:
    model = knowledge.model
    order = np.argsort(-scores, kind="stable")[:N_KEPT]
    order = order[scores[order] > -np.inf]
    gold = {model.group_index[g] for g in case.gold_ids if g in model.group_index}
    ranks = [rank for rank, index in enumerate(order.tolist(), start=1) if index in gold]
    return Prediction(
        case_id=case.case_id,
        publication=case.publication,
        gold_ids=case.gold_ids,
        ranked_ids=tuple(model.groups[i][0] for i in order),
        rank=min(ranks, default=None),
        known=is_known,
        in_graph=bool(gold),
    )


def _publications_by_disease(cases: Sequence[Case], graph: KnowledgeGraph) -> dict[str, set[str]]:
    """Disease id -> publications of the set that describe a patient with it, equivalent ids being one disease."""
    publications: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        for gold in case.gold_ids:
            for disease_id in graph.equivalents(gold) if gold in graph.diseases else (gold,):
                publications[disease_id].add(case.publication)
    return publications


def _read(path: Path) -> Iterator[Prediction]:
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row: dict[str, Any] = json.loads(line)
            yield Prediction(**row | {name: tuple(row[name]) for name in ("gold_ids", "ranked_ids")})
        except (ValueError, TypeError, KeyError) as error:
            raise SourceError(f"{path}, line {number} is not a prediction: remove the file to start anew") from error
