"""Training: it learns, it can be cut off, and it does not depend on chance that nobody set."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from kg.errors import SourceError
from llm.reader.batches import read_patients
from llm.reader.features import CANDIDATE_FEATURES, EVIDENCE_FEATURES, ReaderInputs
from llm.reader.fusion import LOG_PRIOR, LOG_SEX, N_FEATURES
from llm.reader.model import PRIOR_WEIGHT
from llm.reader.training import (
    CHECKPOINT,
    PATIENT_COLUMNS,
    ReaderExample,
    ReaderSettings,
    collate,
    draw_batches,
    fit_temperature,
    keep_apart,
    score_in_batches,
    thinned,
    train_reader,
)
from retrieval.fusion_training import Example, train_fusion

SETTINGS = ReaderSettings(
    hidden_size=16,
    evidence_size=8,
    num_hidden_layers=1,
    fusion_share=0.0,
    n_epochs=10,
    patience=9,
    batch_size=16,
    learning_rate=5e-3,
    dropout=0.0,
)
LOG_LR, LARGEST = EVIDENCE_FEATURES.index("log_lr"), CANDIDATE_FEATURES.index("case_largest")


def example(rng: np.random.Generator, n: int = 8, m: int = 4, publication: str = "PMID:1") -> ReaderExample:
    """A patient whose right disease is the one that two pieces of evidence together speak for most."""
    evidence = rng.normal(size=(n, m, len(EVIDENCE_FEATURES))).astype(np.float32)
    right = int(rng.integers(n))
    evidence[right, :2, LOG_LR] += 4.0
    inputs = ReaderInputs(
        diseases=np.arange(n),
        values=rng.normal(size=(n, len(CANDIDATE_FEATURES))).astype(np.float32),
        evidence=evidence,
        kinds=np.zeros((n, m), np.int8),
        terms=np.zeros((n, m), np.int64),
        kin=np.zeros((2, n, n), np.bool_),
    )
    return ReaderExample(inputs=inputs, right=right, publication=publication)


@pytest.fixture(scope="module")
def examples() -> list[ReaderExample]:
    rng = np.random.default_rng(0)
    sizes = rng.integers(3, 9, size=(320, 2))
    return [example(rng, int(n), int(m), f"PMID:{i % 40}") for i, (n, m) in enumerate(sizes)]


@pytest.fixture(scope="module")
def trained(examples):
    return train_reader(examples, settings=SETTINGS)


def weights_of(trained) -> dict[str, torch.Tensor]:
    return trained.model.state_dict()


def are_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_the_loss_falls_and_the_rule_is_learned(trained):
    losses = [e["loss"] for e in trained.curve]
    assert losses[-1] < 0.6 * losses[0]
    rng = np.random.default_rng(99)
    fresh = [example(rng) for _ in range(60)]
    hits = [bool((s.argmax(-1) == y).all()) for e in fresh for s, y in score_in_batches(trained.model, [e])]
    assert np.mean(hits) > 0.8


def test_without_evidence_piece_by_piece_the_rule_cannot_be_learned(examples):
    blind = train_reader(examples, settings=replace(SETTINGS, reads_evidence=False))
    assert blind.curve[-1]["loss_apart"] > 1.2


def test_the_same_seed_gives_the_same_weights_and_another_one_others(examples, trained):
    assert are_equal(weights_of(train_reader(examples, settings=SETTINGS)), weights_of(trained))
    assert not are_equal(weights_of(train_reader(examples, settings=SETTINGS, seed=1)), weights_of(trained))


def test_the_model_names_whose_patients_it_saw(trained):
    assert trained.model.config.publications == sorted(f"PMID:{i}" for i in range(40))


def test_a_killed_training_goes_on_to_the_weights_of_an_unbroken_one(examples, trained, tmp_path, monkeypatch):
    from llm.reader import training

    class KilledError(Exception):
        pass

    store = training._Training._store

    def store_and_die(self):
        store(self)
        if len(self.curve) == 2:
            raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(training._Training, "_store", store_and_die)
        with pytest.raises(KilledError):
            train_reader(examples, settings=SETTINGS, checkpoints=tmp_path)
    resumed = train_reader(examples, settings=SETTINGS, checkpoints=tmp_path)
    assert resumed.curve == trained.curve
    assert are_equal(weights_of(resumed), weights_of(trained))


def test_a_checkpoint_of_another_training_or_broken_is_refused(examples, tmp_path):
    train_reader(examples, settings=replace(SETTINGS, n_epochs=1), checkpoints=tmp_path)
    with pytest.raises(SourceError, match="of a training with other data or settings"):
        train_reader(examples, settings=replace(SETTINGS, n_epochs=1), seed=7, checkpoints=tmp_path)
    moved = [replace(e, inputs=replace(e.inputs, values=e.inputs.values + 1)) for e in examples]
    with pytest.raises(SourceError, match="of a training with other data or settings"):
        train_reader(moved, settings=replace(SETTINGS, n_epochs=1), checkpoints=tmp_path)
    (tmp_path / CHECKPOINT).write_bytes(b"nothing")
    with pytest.raises(SourceError, match="cannot read the checkpoint"):
        train_reader(examples, settings=replace(SETTINGS, n_epochs=1), checkpoints=tmp_path)


def test_training_stops_when_patients_kept_apart_are_no_better_and_keeps_the_best(examples, monkeypatch):
    from llm.reader import training

    told = iter([2.0, 1.0, 1.5, 1.6, 0.1])
    states = []

    def mean_loss(model, _):
        states.append({k: v.clone() for k, v in model.state_dict().items()})
        return next(told)

    monkeypatch.setattr(training, "mean_loss", mean_loss)
    stopped = train_reader(examples, settings=replace(SETTINGS, n_epochs=9, patience=2))
    assert [e["loss_apart"] for e in stopped.curve] == [2.0, 1.0, 1.5, 1.6]
    assert are_equal(weights_of(stopped), states[1])


def test_training_goes_on_from_a_reader_that_is_given(examples, trained):
    begun = train_reader(examples, begun=trained.model, settings=replace(SETTINGS, n_epochs=1, learning_rate=1e-5))
    assert begun.curve[0]["loss_apart"] == pytest.approx(trained.curve[-1]["loss_apart"], abs=0.1)


def test_a_fusion_of_the_same_patients_is_averaged_in(examples, trained):
    both = train_reader(examples, settings=replace(SETTINGS, fusion_share=0.4))
    assert both.model.config.fusion_share == 0.4
    patient = examples[0].inputs
    fusion = train_fusion(
        [Example(values=e.inputs.values[:, :N_FEATURES], right=e.right, publication=e.publication) for e in examples]
    )
    prior, sex = (np.append(patient.values[:, column], 0.0) for column in (LOG_PRIOR, LOG_SEX))
    fused = log_softmax(fusion.log_probabilities(patient.values[:, :N_FEATURES]) + prior + sex)
    (alone,), (mean,) = read_patients(trained.model, [patient]), read_patients(both.model, [patient])
    assert mean == pytest.approx(log_softmax(0.6 * (alone + PRIOR_WEIGHT * prior) + 0.4 * fused), abs=1e-4)


def test_the_temperature_undoes_what_was_done_to_the_scores(trained, examples):
    fitted = fit_temperature(trained.model, examples)
    trained.model.config.score_temperature = 3.0
    try:
        assert fit_temperature(trained.model, examples) == pytest.approx(fitted, rel=1e-2)
    finally:
        trained.model.config.score_temperature = fitted


def test_publications_are_kept_apart_whole(examples):
    fitted, apart = keep_apart(examples, 0.25, seed=3)
    assert len({e.publication for e in apart}) == 10
    assert not {e.publication for e in apart} & {e.publication for e in fitted}
    assert len(fitted) + len(apart) == len(examples)


def test_a_long_list_is_thinned_and_keeps_the_right_one():
    whole = replace(example(np.random.default_rng(1), n=40), right=37)
    cut = thinned(whole, 12)
    assert 12 <= len(cut.inputs.diseases) <= 13
    assert cut.inputs.diseases[:8].tolist() == list(range(8))
    assert cut.inputs.diseases[cut.right] == 37
    assert cut.inputs.kin.shape[1:] == (len(cut.inputs.diseases),) * 2
    assert thinned(replace(whole, right=None), 12).right is None


def test_hidden_evidence_is_hidden_for_all_candidates(examples):
    batch = collate(examples[:4], np.random.default_rng(0), replace(SETTINGS, evidence_dropout=0.5))
    for kinds, e in zip(batch["kinds"], examples, strict=False):
        n, m = e.inputs.kinds.shape
        is_hidden = (kinds[:n, :m] == -1).numpy()
        assert (is_hidden.all(axis=0) | ~is_hidden.any(axis=0)).all()
    assert batch["labels"].tolist() == [e.right for e in examples[:4]]


def test_age_and_sex_are_hidden_of_some_patients_and_nothing_else_of_them(examples):
    hidden = replace(SETTINGS, evidence_dropout=0.0, person_dropout=0.5)
    batch = collate(examples[:40], np.random.default_rng(0), hidden)
    n_hidden = 0
    for values, e in zip(batch["values"].numpy(), examples, strict=False):
        told = values[: len(e.inputs.values)]
        is_hidden = not told[:, PATIENT_COLUMNS].any()
        n_hidden += is_hidden
        others = np.delete(np.arange(told.shape[1]), PATIENT_COLUMNS) if is_hidden else np.arange(told.shape[1])
        assert np.array_equal(told[:, others], e.inputs.values[:, others])
    assert 10 < n_hidden < 30


def test_batches_hold_every_patient_once_and_like_lengths_together():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 40, size=500).tolist()
    batches = draw_batches(lengths, 10, rng)
    assert Counter(i for b in batches for i in b) == Counter(range(500))
    assert np.mean([np.ptp([lengths[i] for i in b]) for b in batches]) < 5
