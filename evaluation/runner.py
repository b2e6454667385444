"""Cases through a system, fold by fold, over several processes or machines.

Promise: the predictions and their file are the same for any number of processes or machines, and whatever the moment
at which a run was cut off and started again; a fold is written when it is done. Patients are encoded in the parent, a
fold at a time, while others rank.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from evaluation import fusion_folds, reader_folds
from evaluation.lines import append_lines, read_whole_lines
from evaluation.processes import Workers, start_workers
from evaluation.protocols import Fold, Knowledge, check_no_leak, hold_out, split_folds
from evaluation.schema import Ablation, Case, Prediction, Protocol, System, Trust
from evaluation.systems import RANKERS, TRAINED, WITH_VECTORS, Question, Ranking
from evaluation.trust import examine
from kg.errors import SourceError, UsageError
from kg.graph import KnowledgeGraph
from retrieval.candidates import FusionRanker, Ranker
from retrieval.embedding import Vectors
from retrieval.fusion import Fusion

if TYPE_CHECKING:
    from llm.reader.model import ReaderModel

    TrainedWeights = Fusion | ReaderModel

N_KEPT = 100
"""Ranks kept of each prediction."""
PREDICTIONS, SETTINGS = "predictions.jsonl", "settings.txt"
"""Files of a run: what was answered, and what was asked for, by which the run is known again."""
READERS = "readers"
"""Folder beside the predictions that keeps the reader of each fold, so that a run that was cut off goes on."""


@dataclass(frozen=True, kw_only=True)
class Job(fusion_folds.Job):
    """All that a process needs to know before it is given folds."""

    system: System
    described_in: Mapping[str, set[str]]
    """Disease id -> publications that describe a patient with it, of those that count as another one."""
    without: frozenset[Ablation] = frozenset()
    """What the reader does without."""
    seed: int = 0
    examined: frozenset[str] = frozenset()
    """Ids of the cases that are asked about further; see ``evaluation.trust``."""


def predict(
    cases: Sequence[Case],
    whole: Knowledge,
    protocol: Protocol,
    system: System,
    out: Path,
    *,
    weights: TrainedWeights | None = None,
    others: Sequence[Case] | None = None,
    listed: Sequence[Case] | None = None,
    without: frozenset[Ablation] = frozenset(),
    examined: frozenset[str] = frozenset(),
    n_workers: int = 1,
    scheduler: str | None = None,
    seed: int = 0,
    progress: bool = False,
) -> tuple[Prediction, ...]:
    """Predictions for all cases, in their order; each fold is appended to ``out`` when it is done.

    Args:
        cases: with different ids.
        whole: what is known before anything is held out.
        protocol: what is held out.
        system: the ranker.
        out: JSON lines; what it holds already is not ranked again.
        weights: of a trained system; None: trained here, for each fold anew on the others, or once on ``others``.
        others: patients to learn from, who alone may make a disease known, since they were published before these
            or are another set; None: the other folds are.
        listed: the same cases as they are learned from, where their findings are others than those that are put to
            the systems; None: as they are.
        without: what the reader does without.
        examined: ids of cases that are asked about further; see ``evaluation.trust``.
        n_workers: processes; 1 means this one.
        scheduler: address of a dask cluster, whose workers are used instead.
        seed: of the folds and the training.
        progress: show bars.

    Raises:
        LeakError: something in use rests on a held-out publication.
        SourceError: ``out`` holds predictions that cannot be read.
        StorageError: ``out`` cannot be written.
        UsageError: there is no patient to train the fusion on, or no library for a system that needs one.
        CitedxError: a process died.
    """
    described_in = _publications_by_disease(cases if others is None else others, whole.graph)
    job = Job(
        whole=whole,
        protocol=protocol,
        system=system,
        described_in=described_in,
        without=without,
        seed=seed,
        examined=examined,
    )
    done = {p.case_id: p for p in read_predictions(out)}
    folds = split_folds(cases, seed)
    waiting = [k for k, (_, members) in enumerate(folds) if any(c.case_id not in done for c in members)]
    n_waiting = sum(len(folds[k][1]) for k in waiting)
    _ = whole.graph.families, whole.graph.disease_groups  # made once, for all processes
    with start_workers(job, min(n_workers, len(waiting)), scheduler if waiting else None) as workers:
        of_fold: Mapping[int, TrainedWeights | None] = dict.fromkeys(waiting, weights)
        if system in TRAINED and weights is None:
            to_learn = (
                folds if listed is None else split_folds(listed, seed)
            )  # the same publications, so the same folds
            of_fold = _train(
                workers, job, to_learn, waiting, others, seed=seed, kept=out.parent / READERS, progress=progress
            )
        tasks = ((folds[k], _encode(job, folds[k][1]), of_fold[k]) for k in waiting)
        with tqdm(total=len(cases), initial=len(cases) - n_waiting, unit="case", disable=not progress) as bar:
            for ranked in workers.run(predict_fold, tasks):
                fresh = [p for p in ranked if p.case_id not in done]
                append_lines(out, map(asdict, fresh))
                done |= {p.case_id: p for p in fresh}
                bar.update(len(ranked))
    return tuple(done[c.case_id] for c in cases)


def predict_fold(
    job: Job, fold: Fold, vectors: Vectors | None, weights: TrainedWeights | None
) -> tuple[Prediction, ...]:
    """Predictions for the cases of a fold, by what may be known of them. Raises LeakError."""
    publications, cases = fold
    knowledge = hold_out(job.whole, publications, job.protocol)
    check_no_leak(knowledge, publications, job.protocol, publications_of(weights))
    predictions = []
    for row, case in enumerate(cases):
        vector = None if vectors is None else vectors[row]
        if any(not f.excluded for f in case.findings):
            ranking = RANKERS[job.system](Question(knowledge=knowledge, case=case, vector=vector, weights=weights))
        else:  # a story from which nothing was read: the product abstains
            ranking = Ranking(scores=np.full(knowledge.model.n_diseases, -np.inf))
        is_known = any(job.described_in.get(g, set()) - {case.publication} for g in case.gold_ids)
        trust = _examine(job, case, knowledge, weights) if case.case_id in job.examined else None
        predictions.append(replace(_predict(case, ranking, knowledge, is_known), trust=trust))
    return tuple(predictions)


def publications_of(weights: TrainedWeights | None) -> frozenset[str]:
    """Whose patients weights were trained on."""
    if weights is None:
        return frozenset()
    return weights.publications if isinstance(weights, Fusion) else frozenset(weights.config.publications)


def _examine(job: Job, case: Case, knowledge: Knowledge, weights: TrainedWeights | None) -> Trust | None:
    if weights is None:
        raise UsageError("only the systems fused and reader can be examined (--examine)")
    if isinstance(weights, Fusion):
        ranker: Ranker = FusionRanker(knowledge.extractor, weights)
    else:
        from llm.reader.transformer import TransformerRanker

        ranker = TransformerRanker(knowledge.extractor, weights)
    return examine(ranker, knowledge.model, case, job.whole.model, job.seed)


def _train(
    workers: Workers,
    job: Job,
    folds: Sequence[Fold],
    waiting: Sequence[int],
    others: Sequence[Case] | None,
    *,
    seed: int,
    kept: Path,
    progress: bool,
) -> Mapping[int, TrainedWeights]:
    """The weights of each fold that waits."""
    if not waiting:
        return {}
    if job.system is System.FUSED:
        if others is None:
            return fusion_folds.train_fold_fusions(workers, folds, waiting, seed=seed, progress=progress)
        fusion, _ = fusion_folds.train_on_all(workers, split_folds(others, seed), seed=seed, progress=progress)
        return dict.fromkeys(waiting, fusion)
    if others is None:
        return reader_folds.train_fold_readers(
            workers, folds, waiting, without=job.without, seed=seed, kept=kept, progress=progress
        )
    reader, _ = reader_folds.train_reader_on_all(job, split_folds(others, seed), seed=seed, progress=progress)
    return dict.fromkeys(waiting, reader.model)


def _predict(case: Case, ranking: Ranking, knowledge: Knowledge, is_known: bool) -> Prediction:
    model = knowledge.model
    order = np.argsort(-ranking.scores, kind="stable")[:N_KEPT]
    order = order[ranking.scores[order] > -np.inf]
    entries = [model.graph.entry_id(g) for g in case.gold_ids]  # a class of Mondo, say, means an entry too
    gold = {model.group_index[entry] for entry in entries if entry}
    ranks = [rank for rank, index in enumerate(order.tolist(), start=1) if index in gold]
    shares = () if ranking.probabilities is None else ranking.probabilities[order].tolist()
    return Prediction(
        case_id=case.case_id,
        publication=case.publication,
        gold_ids=case.gold_ids,
        ranked_ids=tuple(model.groups[i][0] for i in order),
        probabilities=tuple(float(f"{p:.4g}") for p in shares),
        rank=min(ranks, default=None),
        known=is_known,
        in_graph=bool(model.is_described[list(gold)].any()),
        n_findings=sum(not f.excluded for f in case.findings),
    )


def _publications_by_disease(cases: Sequence[Case], graph: KnowledgeGraph) -> dict[str, set[str]]:
    """Disease id -> publications that describe a patient with it, equivalent ids being one disease."""
    publications: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        for gold in case.gold_ids:
            for disease_id in graph.equivalents(gold) if graph.entry_id(gold) else (gold,):
                publications[disease_id].add(case.publication)
    return dict(publications)


def _encode(job: Job, cases: Sequence[Case]) -> Vectors | None:
    # Always the whole fold: the batch that a text is in moves its vector by the last bits.
    if job.whole.library is None or job.system not in WITH_VECTORS:
        return None
    return job.whole.library.encode_patients([c.findings for c in cases])


def read_predictions(path: Path) -> tuple[Prediction, ...]:
    """Predictions of an earlier run, as they were made; none where there is no such file. Raises SourceError."""
    return tuple(_read_predictions(path))


def _read_predictions(path: Path) -> Iterator[Prediction]:
    for number, line in enumerate(read_whole_lines(path), start=1):
        try:
            row: dict[str, Any] = json.loads(line)
            trust = _read_trust(row["trust"]) if row["trust"] else None
            lists = {name: tuple(row[name]) for name in ("gold_ids", "ranked_ids", "probabilities")}
            yield Prediction(**row | lists | {"trust": trust})
        except (ValueError, TypeError, KeyError) as error:
            raise SourceError(f"{path}, line {number} is not a prediction: remove the file to start anew") from error


def _read_trust(told: dict[str, Any]) -> Trust:
    # Of a run before answers were of two kinds the ranks are numbers, of which no dictionary is made.
    return Trust(**told | {"ranks_after": {name: dict(ranks) for name, ranks in told["ranks_after"].items()}})
