"""Rankers under test: each turns a fold's knowledge and a patient into scores of all diseases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evaluation.baselines import embedding_scores, naive_bayes_scores, resnik_scores
from evaluation.protocols import Knowledge
from evaluation.schema import Case, System
from kg.arrays import Doubles
from kg.errors import UsageError
from kg.schema import Finding
from retrieval.candidates import rank_diseases
from retrieval.embedding import Vectors
from retrieval.fusion import Fusion

if TYPE_CHECKING:
    from llm.reader.model import ReaderModel

TRAINED = frozenset({System.FUSED, System.READER})
"""Systems with weights."""
TEMPERATURE = 3.0
"""Of the graph's posterior: naive Bayes counts related findings twice, which this takes back (docs/log.md)."""


WITH_VECTORS = frozenset({System.TEXT, System.EMBEDDING})
"""Systems that compare the patient's vector, so need a library of worded cases and its embedder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One patient, put to a system."""

    knowledge: Knowledge
    case: Case
    vector: Vectors | None = None
    """Of the worded patient, shape [dimension], for the systems that compare texts."""
    weights: Fusion | ReaderModel | None = None
    """For the fused system and the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A system's answer."""

    scores: Doubles
    """Shape [n_diseases], higher is likelier; -inf where the system says nothing of a disease."""
    probabilities: Doubles | None = None
    """Of the diseases, shape [n_diseases]; None where the scores have no such meaning."""


def _rank_by_graph(question: Question) -> Ranking:
    model = question.knowledge.model
    log_lr = model.log_lrs(_ordered(question.case)).sum(axis=0, dtype=np.float64)
    scores = model.with_kin(log_lr, model.kin_means(log_lr)) + model.log_prior(is_female=question.case.person.is_female)
    tempered = np.append(scores, 0.0) / TEMPERATURE  # "none of these" has the findings of anybody: a ratio of 1
    weights = np.exp(tempered - tempered.max())
    return Ranking(scores=scores, probabilities=(weights / weights.sum())[:-1])


def _rank_by_cases(question: Question) -> Ranking:
    present = [f.term_id for f in _ordered(question.case) if not f.excluded]
    largest, _, _ = question.knowledge.extractor.case_similarities(present)
    return Ranking(scores=np.where(largest > 0, largest, -np.inf))


def _rank_fused(question: Question) -> Ranking:
    if not isinstance(question.weights, Fusion):
        raise UsageError("the system fused needs trained weights: --weights folds or shipped")
    extractor = question.knowledge.extractor
    diseases, log_probabilities = rank_diseases(
        extractor, question.weights, question.case.findings, question.case.person
    )
    scores = np.full(extractor.model.n_diseases, -np.inf)
    scores[diseases] = log_probabilities
    return Ranking(scores=scores, probabilities=np.exp(scores))


def _rank_by_reader(question: Question) -> Ranking:
    from llm.reader.batches import read_patient
    from llm.reader.model import ReaderModel

    if not isinstance(question.weights, ReaderModel):
        raise UsageError("the system reader needs trained weights: --weights folds or shipped")
    inputs = question.knowledge.reader_features.extract(question.case.findings, question.case.person)
    scores = np.full(question.knowledge.model.n_diseases, -np.inf)
    if len(inputs.diseases):
        scores[inputs.diseases] = read_patient(question.weights, inputs)[:-1]
    return Ranking(scores=scores, probabilities=np.exp(scores))


def _rank_by_text(question: Question) -> Ranking:
    knowledge = question.knowledge
    scores = np.full(knowledge.model.n_diseases, -np.inf)
    if knowledge.library is None:
        raise UsageError("the system text needs a case library: give --library")
    for hit in knowledge.library.similar(question.case.findings, k=500, vector=question.vector):
        index = knowledge.model.group_index.get(hit.case.disease_id)
        if index is not None:
            scores[index] = max(scores[index], hit.similarity)
    return Ranking(scores=scores)


def _rank_by_resnik(question: Question) -> Ranking:
    return Ranking(scores=resnik_scores(question.knowledge.graph, question.case.findings))


def _rank_by_naive_bayes(question: Question) -> Ranking:
    return Ranking(scores=naive_bayes_scores(question.knowledge.graph, question.case.findings))


def _rank_by_embedding(question: Question) -> Ranking:
    knowledge = question.knowledge
    if knowledge.library is None or question.vector is None:
        raise UsageError("the system embedding needs a case library, whose embedder it uses: give --library")
    return Ranking(scores=embedding_scores(knowledge.graph, knowledge.library, question.vector))


def _ordered(case: Case) -> list[Finding]:
    return sorted(case.findings, key=lambda f: (f.term_id, f.excluded))


RANKERS: dict[System, Callable[[Question], Ranking]] = {
    System.GRAPH: _rank_by_graph,
    System.CASES: _rank_by_cases,
    System.FUSED: _rank_fused,
    System.READER: _rank_by_reader,
    System.TEXT: _rank_by_text,
    System.RESNIK: _rank_by_resnik,
    System.NAIVE_BAYES: _rank_by_naive_bayes,
    System.EMBEDDING: _rank_by_embedding,
}
