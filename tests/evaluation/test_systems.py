"""Each ranker's scores and probabilities by hand; the baselines have a file of their own."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.schema import Case, System
from evaluation.systems import RANKERS, TEMPERATURE, Question
from kg.errors import UsageError
from retrieval.candidates import rank_diseases
from tests.evaluation.store import STORE, build_knowledge
from tests.toy import ALPHA, BETA, BRITTLE, DELTA, EPSILON, GAMMA, STRIPED, VERY_LARGE, linear_fusion, patient

CASE = Case(case_id="c", findings=patient(VERY_LARGE, STRIPED, no=[BRITTLE]), gold_ids=(ALPHA,), publication="PMID:7")


@pytest.fixture(scope="module")
def knowledge(toy_graph):
    return build_knowledge(toy_graph, STORE, with_text=True)


def test_every_system_has_a_ranker():
    assert set(RANKERS) == set(System)


def test_graph_is_the_sum_of_likelihood_ratios_with_kin_and_its_probabilities_a_softmax(knowledge):
    ranking = RANKERS[System.GRAPH](Question(knowledge=knowledge, case=CASE))
    log_lr = knowledge.model.log_lrs(CASE.findings).sum(axis=0, dtype=np.float64)
    assert ranking.scores == pytest.approx(knowledge.model.with_kin(log_lr, knowledge.model.kin_means(log_lr)))
    weights = np.exp(ranking.scores / TEMPERATURE)
    assert ranking.probabilities == pytest.approx(weights / (weights.sum() + 1))  # 1: "none of these"


def test_graph_says_nothing_of_a_disease_that_is_not_described(toy_graph):
    bare = build_knowledge(toy_graph.without_references({EPSILON}))
    ranking = RANKERS[System.GRAPH](Question(knowledge=bare, case=CASE))
    row = bare.model.group_index[EPSILON]
    assert ranking.scores[row] == -np.inf
    assert ranking.probabilities is not None
    assert ranking.probabilities[row] == 0


@pytest.mark.parametrize("system", [System.GRAPH, System.CASES, System.RESNIK, System.NAIVE_BAYES])
def test_the_order_of_the_findings_is_of_no_matter(knowledge, system):
    turned = Case(case_id="c", findings=CASE.findings[::-1], gold_ids=(ALPHA,), publication="PMID:7")
    one, other = (RANKERS[system](Question(knowledge=knowledge, case=c)) for c in (CASE, turned))
    assert one.scores.tolist() == other.scores.tolist()


def test_cases_is_the_nearest_case_of_each_disease(knowledge):
    ranking = RANKERS[System.CASES](Question(knowledge=knowledge, case=CASE))
    scores = {d: float(ranking.scores[knowledge.model.group_index[d]]) for d in (ALPHA, BETA, GAMMA, EPSILON, DELTA)}
    assert scores[ALPHA] == pytest.approx(1)  # a1 has the same present findings
    assert 0 < scores[GAMMA] < 1  # g1 shares Large zorb
    assert scores[DELTA] == -np.inf  # no case
    assert ranking.probabilities is None


def test_fused_gives_the_fusion_s_probabilities(knowledge):
    fusion = linear_fusion(nobody=1.5, log_lr=0.5, case_largest=2)
    ranking = RANKERS[System.FUSED](Question(knowledge=knowledge, case=CASE, weights=fusion))
    diseases, log_probabilities = rank_diseases(knowledge.extractor, fusion, CASE.findings)
    assert ranking.scores[diseases] == pytest.approx(log_probabilities)
    assert ranking.probabilities is not None
    assert 0.5 < ranking.probabilities.sum() < 1
    assert np.argmax(ranking.scores) == knowledge.model.group_index[ALPHA]


def test_text_is_the_most_similar_worded_case_of_each_disease(knowledge):
    (vector,) = knowledge.library.encode_patients([CASE.findings])
    ranking = RANKERS[System.TEXT](Question(knowledge=knowledge, case=CASE, vector=vector))
    best: dict[str, float] = {}
    for hit in knowledge.library.similar(CASE.findings, k=1000):
        best[hit.case.disease_id] = max(hit.similarity, best.get(hit.case.disease_id, -1))
    for disease_id, similarity in best.items():
        assert ranking.scores[knowledge.model.group_index[disease_id]] == pytest.approx(similarity)
    assert ranking.scores[knowledge.model.group_index[DELTA]] == -np.inf
    without_vector = RANKERS[System.TEXT](Question(knowledge=knowledge, case=CASE))
    assert without_vector.scores == pytest.approx(ranking.scores)


def test_what_a_system_needs_is_said(toy_graph):
    without = Question(knowledge=build_knowledge(toy_graph), case=CASE)
    with pytest.raises(UsageError, match="fused needs trained weights: --weights folds or shipped"):
        RANKERS[System.FUSED](without)
    with pytest.raises(UsageError, match="text needs a case library"):
        RANKERS[System.TEXT](without)
    with pytest.raises(UsageError, match="embedding needs a case library"):
        RANKERS[System.EMBEDDING](without)
