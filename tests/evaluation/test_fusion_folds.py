"""The fusion of a fold has seen nothing of that fold: neither as an example, nor in the features of one."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.fusion_folds import (
    MAX_PER_PUBLICATION,
    Condition,
    Job,
    build_examples,
    choose_training_cases,
    train_fold_fusions,
    train_on_all,
)
from evaluation.protocols import check_no_leak, hold_out, split_folds
from evaluation.schema import Case, Protocol
from kg.errors import UsageError
from retrieval.cases import series_of
from retrieval.features import FEATURES, FeatureExtractor
from retrieval.fusion_training import Example
from tests.evaluation.store import STORE, RecordingWorkers, build_knowledge, cases_of_store
from tests.toy import ALPHA, BETA, BRITTLE, GAMMA, LARGE, patient, published_patient

CROWD = tuple(published_patient(f"x{i}", GAMMA, "PMID:5", LARGE, BRITTLE) for i in range(MAX_PER_PUBLICATION + 3))
PATIENTS = (*STORE, *CROWD)


@pytest.fixture(scope="module")
def folds(toy_graph):
    return split_folds(cases_of_store(toy_graph, PATIENTS), seed=1)


@pytest.fixture(scope="module")
def job(toy_graph):
    return Job(whole=build_knowledge(toy_graph, PATIENTS), protocol=Protocol.UNSEEN_PUBLICATION)


@pytest.fixture(scope="module")
def nested(job, folds):
    """Fusions for all folds, and the workers that trained them."""
    workers = RecordingWorkers(job)
    return train_fold_fusions(workers, folds, range(len(folds)), seed=2), workers


def examples_without(toy_graph, folds, j: int, *held_out: int) -> list[Example]:
    """What fold j teaches, by knowledge that never held the patients of these folds."""
    publications = frozenset().union(*(folds[k][0] for k in held_out))
    never = build_knowledge(toy_graph, [p for p in PATIENTS if p.references[0] not in publications])
    return list(build_examples(never.extractor, choose_training_cases(folds[j][1], 2)))


def assert_same(found: list[Example], expected: list[Example]) -> None:
    assert [(e.publication, e.right) for e in found] == [(e.publication, e.right) for e in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.values == pytest.approx(other.values, rel=1e-4, abs=1e-4)


def trained_on(workers: RecordingWorkers) -> list[list[Example]]:
    """The examples of every training."""
    return [task[0] for task, _ in workers.done if isinstance(task[0], list)]


def test_no_example_of_a_fold_rests_on_its_publications(toy_graph, folds, nested):
    _, workers = nested
    trainings = trained_on(workers)
    assert len(folds) == len(trainings) == 5
    for k, examples in enumerate(trainings):
        others = [j for j in range(len(folds)) if j != k]
        assert not {e.publication for e in examples} & folds[k][0]
        assert_same(examples, [e for j in others for e in examples_without(toy_graph, folds, j, j, k)])


def test_the_features_would_differ_had_the_fold_been_known(toy_graph, folds):
    """So that the test before could fail."""
    j, k = (next(i for i, fold in enumerate(folds) if p in fold[0]) for p in ("PMID:2", "PMID:1"))
    strict, loose = examples_without(toy_graph, folds, j, j, k), examples_without(toy_graph, folds, j, j)
    assert any(not np.array_equal(one.values, other.values) for one, other in zip(strict, loose, strict=True))


def test_each_fusion_names_the_publications_of_the_other_folds(job, folds, nested):
    fusions, _ = nested
    everything = frozenset(p for publications, _ in folds for p in publications)
    assert set(fusions) == set(range(len(folds)))
    for k, (publications, _) in enumerate(folds):
        assert fusions[k].publications == everything - publications
        check_no_leak(
            hold_out(job.whole, publications, job.protocol), publications, job.protocol, fusions[k].publications
        )


def test_a_fold_alone_gets_the_same_fusion_as_among_all(job, folds, nested):
    (again,) = train_fold_fusions(RecordingWorkers(job), folds, [3], seed=2).values()
    before = nested[0][3]
    assert again.nobody == before.nobody
    for one, other in zip(again.networks, before.networks, strict=True):
        for (weights, bias), (same_weights, same_bias) in zip(one, other, strict=True):
            assert np.array_equal(weights, same_weights)
            assert np.array_equal(bias, same_bias)


@pytest.mark.parametrize("also_series", [False, True])
def test_one_fusion_of_all_sees_each_patient_with_their_disease_described_by_others_and_by_nobody(
    toy_graph, job, folds, also_series
):
    workers = RecordingWorkers(job)
    fusion, n_patients = train_on_all(workers, folds, also_series=also_series, seed=2)
    assert n_patients == len(STORE) + MAX_PER_PUBLICATION
    assert fusion.publications == {"PMID:1", "PMID:2", "PMID:3", "PMID:4", "PMID:5"}
    assert [task[1] for task, _ in workers.done] == [c for c in Condition for _ in folds]
    for ((publications, cases), condition, _), found in workers.done:
        unseen = [p for p in PATIENTS if p.references[0] not in publications]
        if condition is Condition.UNDESCRIBED:
            diseases = {d for p in PATIENTS if p.references[0] in publications for d in p.disease_ids}
            about = {p.references[0] for p in PATIENTS if diseases & {*p.disease_ids}}
            unseen = [p for p in unseen if p.references[0] not in about]
        known = build_knowledge(toy_graph, unseen)
        pooled = FeatureExtractor(known.model, series_of(known.graph))
        expected = [*build_examples(known.extractor, cases), *(build_examples(pooled, cases) if also_series else ())]
        assert_same(list(found), expected)


def test_at_most_so_many_patients_of_a_publication_in_the_order_given():
    def of(case_id: str, publication: str) -> Case:
        return Case(case_id=case_id, findings=patient(LARGE), gold_ids=(ALPHA,), publication=publication)

    cases = [of(f"{i:02}", "PMID:1" if i % 2 else "PMID:2") for i in range(50)] + [of("99", "PMID:3")]
    chosen = [c.case_id for c in choose_training_cases(cases, 0)]
    assert len(chosen) == 2 * MAX_PER_PUBLICATION + 1
    assert sum(int(c) % 2 for c in chosen[:-1]) == MAX_PER_PUBLICATION
    assert chosen == sorted(chosen)
    assert chosen == [c.case_id for c in choose_training_cases(cases, 0)]
    assert chosen != [c.case_id for c in choose_training_cases(cases, 1)]


def test_an_example_marks_the_right_disease_or_none(toy_graph):
    extractor = build_knowledge(toy_graph).extractor
    cases = [
        Case(case_id="b", findings=patient(BRITTLE), gold_ids=("OMIM:1", BETA), publication="PMID:1"),
        Case(case_id="x", findings=patient(BRITTLE), gold_ids=("OMIM:1",), publication="PMID:2"),
    ]
    known, unknown = build_examples(extractor, cases)
    diseases = extractor.extract(patient(BRITTLE)).diseases.tolist()
    assert known.right == diseases.index(extractor.model.group_index[BETA])
    assert unknown.right is None
    assert known.values.shape == (len(diseases), len(FEATURES))


def test_nobody_to_learn_from_is_said(toy_graph, job, folds):
    with pytest.raises(UsageError, match="needs patients of other publications"):
        train_fold_fusions(RecordingWorkers(job), folds[:1], [0])
    with pytest.raises(UsageError, match="needs patients of other publications"):
        train_on_all(RecordingWorkers(job), [])
