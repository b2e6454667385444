"""The model: what it may and may not depend on, and its weights on disk."""

from __future__ import annotations

import importlib.util
import logging
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from kg.errors import NotReadyError, SourceError
from llm.errors import ReaderError
from llm.reader.batches import pad, read_patients
from llm.reader.features import ReaderFeatureExtractor, ReaderInputs
from llm.reader.fusion import LOG_PRIOR, LOG_SEX, N_FEATURES
from llm.reader.model import PRIOR_WEIGHT, ReaderConfig, ReaderModel
from llm.reader.training import TrainedReader
from llm.reader.transformer import TransformerRanker
from llm.reader.weights import load_reader, save_reader
from tests.fakes import small_reader
from tests.toy import BRITTLE, LARGE, STRIPED, WOBBLING, build_extractor, patient, random_fusion

FINDINGS = patient(LARGE, STRIPED, no=[BRITTLE])


@pytest.fixture(scope="module")
def extractor(toy_graph):
    return build_extractor(toy_graph)


@pytest.fixture(scope="module")
def inputs(extractor) -> ReaderInputs:
    return ReaderFeatureExtractor(extractor).extract(FINDINGS)


@pytest.fixture(scope="module")
def model() -> ReaderModel:
    return small_reader()


def chosen(inputs: ReaderInputs, rows: list[int]) -> ReaderInputs:
    kin = inputs.kin[:, rows][:, :, rows]
    rest = {n: getattr(inputs, n)[rows] for n in ("diseases", "values", "evidence", "kinds", "terms")}
    return ReaderInputs(**rest, kin=kin)


def test_probabilities_are_of_the_candidates_and_none_of_these(model, inputs):
    (log_p,) = read_patients(model, [inputs])
    assert log_p.shape == (len(inputs.diseases) + 1,)
    assert np.exp(log_p).sum() == pytest.approx(1)


def test_the_order_of_the_candidates_does_not_matter(model, inputs):
    order = list(reversed(range(len(inputs.diseases))))
    (log_p,), (turned,) = read_patients(model, [inputs]), read_patients(model, [chosen(inputs, order)])
    assert turned[:-1] == pytest.approx(log_p[:-1][order], abs=1e-5)
    assert turned[-1] == pytest.approx(log_p[-1], abs=1e-5)


def test_other_patients_in_the_batch_do_not_matter(model, inputs, extractor):
    longer = ReaderFeatureExtractor(extractor).extract(patient(LARGE, STRIPED, WOBBLING, no=[BRITTLE]))
    shorter = chosen(inputs, [0, 2])
    together = read_patients(model, [shorter, longer, inputs])
    for patient_inputs, found in zip((shorter, longer, inputs), together, strict=True):
        assert found == pytest.approx(read_patients(model, [patient_inputs])[0], abs=1e-5)


def test_evidence_that_is_hidden_is_as_if_it_were_not_there(model, inputs):
    hidden, without = inputs.kinds.copy(), np.delete(np.arange(inputs.kinds.shape[1]), 1)
    hidden[:, 1] = -1
    (masked,) = read_patients(model, [replace(inputs, kinds=hidden)])
    cut = replace(
        inputs, kinds=inputs.kinds[:, without], evidence=inputs.evidence[:, without], terms=inputs.terms[:, without]
    )
    assert masked == pytest.approx(read_patients(model, [cut])[0], abs=1e-5)
    assert masked != pytest.approx(read_patients(model, [inputs])[0], abs=1e-5)


def test_kin_are_told_apart_from_others(inputs):
    model = small_reader()
    with torch.no_grad():
        model.layers[0].kin_bias.fill_(3.0)
    kin = inputs.kin.copy()
    kin[0, 0, 1] = ~kin[0, 0, 1]
    assert read_patients(model, [replace(inputs, kin=kin)])[0] != pytest.approx(read_patients(model, [inputs])[0])


def test_a_temperature_keeps_the_order_and_levels_the_probabilities(inputs):
    cool, warm = small_reader(), small_reader()
    warm.config.score_temperature = 4.0
    (one,), (other,) = read_patients(cool, [inputs]), read_patients(warm, [inputs])
    assert np.argsort(one).tolist() == np.argsort(other).tolist()
    assert np.exp(other).max() < np.exp(one).max()


def test_half_precision_ranks_nearly_alike(model, inputs):
    half = small_reader().to(torch.bfloat16)
    batch = {k: v.to(torch.bfloat16) if v.is_floating_point() else v for k, v in pad([inputs]).items()}
    with torch.inference_mode():
        scores, expected = half(**batch).logits[0].float(), model(**pad([inputs])).logits[0]
    assert scores.numpy() == pytest.approx(expected.numpy(), abs=0.1)


def test_the_loss_is_smoothed_cross_entropy(model, inputs):
    batch = pad([inputs])
    with torch.inference_mode():
        log_p = model(**batch).logits[0].log_softmax(0)
        loss = model(**batch, labels=torch.tensor([1]), label_smoothing=0.2).loss
    assert loss.item() == pytest.approx(float(-0.8 * log_p[1] - 0.2 * log_p.mean()), abs=1e-5)


def test_a_feature_that_is_no_number_is_refused(model, inputs):
    values = inputs.values.copy()
    values[0, 0] = np.nan
    with pytest.raises(ReaderError, match="is no number"):
        read_patients(model, [replace(inputs, values=values)])


def test_whom_a_disease_befalls_counts_in_full(inputs):
    told = replace(inputs, values=inputs.values.copy())
    told.values[:, LOG_SEX] = np.linspace(1.0, -1.0, len(inputs.values))
    before, after = read_patients(small_reader(), [inputs, told])
    assert after == pytest.approx(log_softmax(before + np.append(told.values[:, LOG_SEX], 0.0)), abs=1e-4)


def test_a_fusion_moves_the_probabilities_towards_its_own(inputs, tmp_path):
    alone, both = small_reader(), small_reader()
    fusion = random_fusion(sizes=(6, 6))
    both.add_fusion(fusion, 0.4)
    inputs = replace(inputs, values=inputs.values.copy())
    inputs.values[:, LOG_PRIOR] = np.linspace(0.0, 3.0, len(inputs.values))  # counts in both
    inputs.values[:, LOG_SEX] = np.linspace(1.0, -1.0, len(inputs.values))
    prior, sex = (np.append(inputs.values[:, column], 0.0) for column in (LOG_PRIOR, LOG_SEX))
    fused = log_softmax(fusion.log_probabilities(inputs.values[:, :N_FEATURES]) + prior + sex)
    (read,), (mean,) = read_patients(alone, [inputs]), read_patients(both, [inputs])
    assert mean == pytest.approx(log_softmax(0.6 * (read + PRIOR_WEIGHT * prior) + 0.4 * fused), abs=1e-4)
    save_reader(TrainedReader(model=both, curve=()), tmp_path, {})
    assert read_patients(load_reader(tmp_path, device="cpu"), [inputs])[0] == pytest.approx(mean, abs=1e-6)


# weights


@pytest.fixture
def folder(tmp_path):
    save_reader(TrainedReader(model=small_reader(seed=3), curve=({"epoch": 0.0, "loss": 1.0},)), tmp_path, {"seed": 3})
    return tmp_path


def test_saved_weights_are_read_again(folder, inputs):
    again = load_reader(folder, device="cpu")
    assert not again.training
    assert read_patients(again, [inputs])[0] == pytest.approx(read_patients(small_reader(seed=3), [inputs])[0])


def test_the_default_size_is_small(tmp_path):
    ReaderModel(ReaderConfig()).save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").stat().st_size < 25_000_000


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda f: (f / "config.json").unlink(), "there is no reader in"),
        (lambda f: (f / "model.safetensors").unlink(), "cannot read the reader"),
        (lambda f: (f / "model.safetensors").write_bytes((f / "model.safetensors").read_bytes()[:200]), "cannot read"),
        (lambda f: (f / "model.safetensors").write_bytes(b"not weights"), "cannot read the reader"),
        (lambda f: (f / "config.json").write_text("{"), "cannot read the reader"),
        (lambda f: _edit(f / "config.json", '"log_prior"', '"moon"'), "was trained on other features"),
        (lambda f: _edit(f / "config.json", '"hidden_size": 8', '"hidden_size": 16'), "cannot read the reader"),
        (lambda f: _edit(f / "config.json", '"num_hidden_layers": 1', '"num_hidden_layers": 2'), "other sizes than"),
        (lambda f: _edit(f / "config.json", '"fusion_share": 0.0', '"fusion_share": 0.5'), "other sizes than its"),
        (lambda f: _spoil(f), "numbers that are none"),
    ],
)
def test_broken_weights_are_refused_in_one_line(folder, break_it, message):
    break_it(folder)
    with pytest.raises(SourceError, match=message) as error:
        load_reader(folder, device="cpu")
    assert "\n" not in str(error.value)


def _edit(path, old, new):
    path.write_text(path.read_text().replace(old, new))


def _spoil(folder):
    model = small_reader()
    with torch.no_grad():
        model.none_of_these[0] = torch.nan
    model.save_pretrained(folder)


def test_without_torch_the_extra_is_named(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else find_spec(name))
    with pytest.raises(NotReadyError, match=r'"\.\[models\]".*--reader graph'):
        load_reader()


def test_a_device_without_memory_gives_way_to_the_processor(folder, monkeypatch, caplog):
    move = ReaderModel.to

    def to(model, device):
        if device == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return move(model, device)

    monkeypatch.setattr(ReaderModel, "to", to)
    with caplog.at_level(logging.WARNING):
        assert load_reader(folder, device="cuda").device.type == "cpu"
    assert [r.getMessage() for r in caplog.records if "no memory left" in r.getMessage()]


# the ranker


def test_the_ranker_ranks_as_the_model_says(extractor, model, inputs):
    diseases, logs = TransformerRanker(extractor, model).rank(FINDINGS)
    (log_p,) = read_patients(model, [inputs])
    assert sorted(diseases) == sorted(inputs.diseases.tolist())
    assert all(a >= b for a, b in pairwise(logs))
    by_disease = dict(zip(inputs.diseases.tolist(), log_p, strict=False))
    assert logs == pytest.approx([by_disease[d] for d in diseases])


def test_a_finding_weighs_what_is_lost_without_it(extractor, model):
    ranker = TransformerRanker(extractor, model)
    features = ReaderFeatureExtractor(extractor)
    diseases = ranker.rank(FINDINGS)[0][:3]
    weights = ranker.weigh(FINDINGS, diseases)
    assert weights.shape == (3, 3)
    whole, left = (
        read_patients(model, features.describe([findings], np.array(diseases)))[0][:-1]
        for findings in (FINDINGS, FINDINGS[1:])
    )
    assert weights[0] == pytest.approx(whole - left, abs=1e-4)


def test_the_only_present_finding_weighs_against_chance(extractor, model):
    ranker = TransformerRanker(extractor, model)
    diseases = ranker.rank(patient(LARGE))[0][:2]
    features = ReaderFeatureExtractor(extractor).describe([patient(LARGE)], np.array(diseases))
    whole = read_patients(model, features)[0][:-1]
    assert ranker.weigh(patient(LARGE), diseases)[0] == pytest.approx(whole + np.log(3), abs=1e-4)


def test_no_candidates_no_weights(extractor, model):
    assert TransformerRanker(extractor, model).weigh(FINDINGS, []).shape == (3, 0)
