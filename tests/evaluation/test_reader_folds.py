"""The reader of a fold has seen nothing of that fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation import reader_folds
from evaluation.fusion_folds import Job, choose_training_cases
from evaluation.processes import Workers
from evaluation.protocols import check_no_leak, hold_out, split_folds
from evaluation.reader_folds import (
    build_reader_examples,
    gather_examples,
    simulate_examples,
    train_fold_readers,
    train_reader_on_all,
)
from evaluation.schema import Ablation, Protocol
from kg.errors import UsageError
from llm.reader.features import CANDIDATE_FEATURES
from tests.evaluation.store import STORE, build_knowledge, cases_of_store


@pytest.fixture(scope="module")
def folds(toy_graph):
    return split_folds(cases_of_store(toy_graph), seed=1)


@pytest.fixture(scope="module")
def job(toy_graph):
    return Job(whole=build_knowledge(toy_graph, STORE), protocol=Protocol.UNSEEN_PUBLICATION)


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(reader_folds, "N_SIMULATED", 8)


def test_each_reader_names_the_publications_of_the_other_folds(job, folds):
    readers = train_fold_readers(Workers(job, None), folds, range(len(folds)))
    everything = frozenset(p for publications, _ in folds for p in publications)
    for k, (publications, _) in enumerate(folds):
        seen = frozenset(readers[k].config.publications)
        assert seen == everything - publications
        check_no_leak(hold_out(job.whole, publications, job.protocol), publications, job.protocol, seen)


def test_examples_are_made_of_what_never_held_both_folds(toy_graph, job, folds):
    """The same as from a store that the patients of both folds were never in."""
    (mine, _), (theirs, cases) = folds[0], folds[1]
    left = [p for p in STORE if p.references[0] not in mine | theirs]
    never, held_out = build_knowledge(toy_graph, left), hold_out(job.whole, mine | theirs, job.protocol)
    chosen = choose_training_cases(cases, 0)
    found = list(build_reader_examples(held_out.extractor, chosen, 100))
    expected = list(build_reader_examples(never.extractor, chosen, 100))
    assert [e.right for e in found] == [e.right for e in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.inputs.values == pytest.approx(other.inputs.values, abs=1e-4)
        assert one.inputs.evidence.astype(float) == pytest.approx(other.inputs.evidence.astype(float), abs=2e-3)


def test_every_other_patient_is_seen_with_the_release_alone_too(toy_graph, job, folds):
    """The same as from the toy release, which rests on none of the patients."""
    n_patients = CANDIDATE_FEATURES.index("n_patients")
    examples = list(gather_examples(job, folds, 0, 100))
    others = [cases for _, cases in folds[1:]]
    alone = [e for e in examples if (e.inputs.values[:, n_patients] == 0).all()]
    expected = [
        e for cases in others for e in build_reader_examples(build_knowledge(toy_graph).extractor, cases[::2], 100)
    ]
    assert len(examples) == sum(map(len, others)) + len(expected)
    found = {e.inputs.values.tobytes() for e in alone}
    assert all(e.inputs.values.tobytes() in found for e in expected)


def test_without_cases_no_published_case_is_learned_from(job, folds):
    bare = replace(job, whole=replace(job.whole, cases=()))
    case_largest = CANDIDATE_FEATURES.index("case_largest")

    def show_cases(without):
        examples = gather_examples(bare, folds, 0, 100, without=without)
        return any(e.inputs.values[:, case_largest].any() for e in examples)

    assert show_cases(frozenset())  # the release has series of patients
    assert not show_cases({Ablation.CASES})


def test_simulated_patients_see_no_published_case(job, folds):
    publications = frozenset().union(*(p for p, _ in folds))
    examples = simulate_examples(job.whole, publications, 100, seed=0, n=6)
    assert len(examples) == 6
    assert all((e.inputs.values[:, CANDIDATE_FEATURES.index("case_largest")] == 0).all() for e in examples)
    assert {e.publication for e in examples} == {""}


def test_without_evidence_simulation_and_fusion(job, folds):
    without = frozenset({Ablation.EVIDENCE, Ablation.SIMULATION, Ablation.FUSION})
    (reader,) = train_fold_readers(Workers(job, None), folds, [0], without=without).values()
    assert not reader.config.reads_evidence
    assert reader.fusion is None


def test_one_reader_of_all_patients(job, folds):
    trained, n_patients = train_reader_on_all(job, folds)
    assert n_patients == len(STORE)
    assert trained.model.config.publications == ["PMID:1", "PMID:2", "PMID:3", "PMID:4"]
    assert all(np.isfinite(e["loss"]) for e in trained.curve)
    assert trained.model.fusion is not None


def test_nobody_to_learn_from(job, folds):
    with pytest.raises(UsageError, match="needs patients of other publications"):
        train_fold_readers(Workers(replace(job), None), folds[:1], [0], without=frozenset({Ablation.SIMULATION}))
