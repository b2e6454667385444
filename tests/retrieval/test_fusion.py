"""The fusion against the same network in torch, what holds of any probabilities, and what a folder may hold."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from torch import nn

from kg.errors import SourceError, StorageError
from retrieval.features import FEATURES
from retrieval.fusion import BUNDLED, CLIP, Fusion, load_fusion, network_inputs, save_fusion
from tests.toy import linear_fusion, random_fusion

N = len(FEATURES)
FILES = ("fusion.json", "fusion.safetensors")


def random_values(n_candidates: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(scale=2, size=(n_candidates, N)).astype(np.float32)


def in_torch(fusion: Fusion, values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The same from torch's own layers."""
    standard = torch.clamp(torch.tensor((values - fusion.mean) / fusion.scale), -CLIP, CLIP)
    inputs = torch.cat([standard, standard - standard.max(dim=0).values], dim=1)
    per_network = []
    for layers, nobody in zip(fusion.networks, fusion.nobody, strict=True):
        modules: list[nn.Module] = []
        for weights, bias in layers:
            linear = nn.Linear(weights.shape[1], weights.shape[0])
            linear.load_state_dict({"weight": torch.tensor(weights), "bias": torch.tensor(bias)})
            modules += [linear, nn.GELU()]
        with torch.no_grad():
            scores = nn.Sequential(*modules[:-1])(inputs)[:, 0]
        per_network.append(torch.log_softmax(torch.cat([scores, torch.tensor([nobody])]), dim=0))
    return torch.log_softmax(torch.stack(per_network).mean(dim=0), dim=0).numpy().astype(np.float64)


@pytest.mark.parametrize("sizes", [(), (4,), (6, 5), (3, 3, 3)])
@pytest.mark.parametrize("n_networks", [1, 3])
def test_against_torch(sizes: tuple[int, ...], n_networks: int):
    fusion = random_fusion(len(sizes), sizes, n_networks)
    for n_candidates in (1, 2, 40):
        values = random_values(n_candidates, n_candidates)
        np.testing.assert_allclose(fusion.log_probabilities(values), in_torch(fusion, values), rtol=1e-4, atol=1e-5)


def test_by_hand():
    """Scores 0, log 2 and log 5, and log 2 for "none of these": 1, 2, 5 and 2 of 10."""
    values = np.zeros((3, N), np.float32)
    values[:, FEATURES.index("log_lr")] = np.log([1, 2, 5])
    fusion = linear_fusion(nobody=float(np.log(2)), log_lr=1)
    np.testing.assert_allclose(np.exp(fusion.log_probabilities(values)), [0.1, 0.2, 0.5, 0.2], rtol=1e-5)


def test_networks_are_averaged_in_logarithms():
    """Odds of 1 : 1 and of 1 : 9 are 1 : 3 together."""
    values = np.zeros((1, N), np.float32)
    values[0, FEATURES.index("log_lr")] = 1
    one, other = linear_fusion(), linear_fusion(nobody=float(np.log(9)))
    both = replace(one, networks=one.networks + other.networks, nobody=one.nobody + other.nobody)
    np.testing.assert_allclose(np.exp(both.log_probabilities(values)), [0.25, 0.75])


@given(n_candidates=st.integers(1, 20), seed=st.integers(0, 99))
def test_probabilities_sum_to_one(n_candidates: int, seed: int):
    log_probabilities = random_fusion(seed).log_probabilities(random_values(n_candidates, seed))
    assert log_probabilities.shape == (n_candidates + 1,)
    assert np.exp(log_probabilities).sum() == pytest.approx(1)


@given(n_candidates=st.integers(1, 12), data=st.data())
def test_the_order_of_the_candidates_does_not_matter(n_candidates: int, data: st.DataObject):
    fusion, values = random_fusion(), random_values(n_candidates)
    order = np.array(data.draw(st.permutations(range(n_candidates))), np.int64)
    one, other = fusion.log_probabilities(values), fusion.log_probabilities(values[order])
    np.testing.assert_allclose(other[:-1], one[:-1][order], rtol=1e-4, atol=1e-5)
    assert other[-1] == pytest.approx(one[-1], rel=1e-4, abs=1e-5)


def test_what_lies_beyond_is_cut_off():
    """A feature of a million is told as the largest that training ever saw: five deviations above the mean."""
    fusion, values = random_fusion(), random_values(3)
    values[:, 0] = [1e6, -1e6, 0]
    cut = values.copy()
    cut[:2, 0] = fusion.mean[0] + np.array([CLIP, -CLIP], np.float32) * fusion.scale[0]
    np.testing.assert_allclose(fusion.log_probabilities(values), fusion.log_probabilities(cut), rtol=1e-4, atol=1e-5)


def test_inputs_by_hand():
    values = np.array([[[1, 8], [3, 2]]], np.float32)
    inputs = network_inputs(values, np.array([1, 2], np.float32), np.array([2, 1], np.float32))
    np.testing.assert_array_equal(inputs, [[[0, 5, -1, 0], [1, 0, 0, -5]]])  # 6 deviations are told as 5
    assert inputs.dtype == np.float32


def test_what_is_saved_is_loaded(tmp_path: Path):
    fusion, values = random_fusion(), random_values(7)
    save_fusion(fusion, tmp_path / "deep" / "fusion", {"n_patients": 3, "trained_on": "toy"})
    loaded = load_fusion(tmp_path / "deep" / "fusion")
    assert (loaded.features, loaded.publications) == (FEATURES, fusion.publications)
    assert loaded.nobody == fusion.nobody
    for one, other in zip((loaded.mean, loaded.scale), (fusion.mean, fusion.scale), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [len(layers) for layers in loaded.networks] == [3, 3]
    np.testing.assert_array_equal(loaded.log_probabilities(values), fusion.log_probabilities(values))


def test_the_card_says_what_the_weights_are(tmp_path: Path):
    save_fusion(random_fusion(), tmp_path, {"n_patients": 3, "trained_on": "toy"})
    assert sorted(p.name for p in tmp_path.iterdir()) == list(FILES)
    assert json.loads((tmp_path / "fusion.json").read_text(encoding="utf-8")) == {
        "trained_on": "toy",
        "n_patients": 3,
        "features": list(FEATURES),
        "publications": ["PMID:1", "PMID:2"],
    }


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_fusion(random_fusion(), tmp_path / "fusion", {})
    return tmp_path / "fusion"


def refused(folder: Path) -> str:
    """The one line with which a folder is refused."""
    with pytest.raises(SourceError) as error:
        load_fusion(folder)
    (line,) = str(error.value).splitlines()
    assert str(folder) in line
    return line


def test_a_missing_folder(tmp_path: Path):
    assert refused(tmp_path / "nowhere").startswith(f"cannot read the fusion in {tmp_path / 'nowhere'}: ")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(saved: Path, name: str):
    (saved / name).unlink()
    assert "No such file or directory" in refused(saved)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("n_left", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file(saved: Path, name: str, n_left: float):
    content = (saved / name).read_bytes()
    (saved / name).write_bytes(content[: int(len(content) * n_left)])
    assert refused(saved).startswith("cannot read the fusion in ")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[]", b"null", b'{"features": []}', b'{"features": null}'])
def test_a_card_that_says_something_else(saved: Path, content: bytes):
    (saved / "fusion.json").write_bytes(content)
    assert refused(saved).startswith("cannot read the fusion in ")


@pytest.mark.parametrize("gone", ["mean", "scale", "nobody", "0.0.weights", "0.1.bias", "1.2.bias"])
def test_a_missing_tensor(saved: Path, gone: str):
    tensors = {name: t for name, t in load_file(saved / "fusion.safetensors").items() if name != gone}
    save_file(tensors, saved / "fusion.safetensors")
    assert gone in refused(saved)


def test_no_weights_at_all(saved: Path):
    save_file({"mean": np.zeros(N, np.float32)}, saved / "fusion.safetensors")
    refused(saved)


@pytest.mark.parametrize("features", [FEATURES[:-1], (*FEATURES, "another"), FEATURES[::-1], ()])
def test_weights_for_other_features(tmp_path: Path, features: tuple[str, ...]):
    save_fusion(replace(random_fusion(), features=features), tmp_path, {})
    assert "was trained on other features: train it again (citedx train fusion)" in refused(tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"^cannot write the fusion into .*file/fusion: Not a directory$"):
        save_fusion(random_fusion(), tmp_path / "file" / "fusion", {})


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_written(tmp_path: Path, name: str):
    (tmp_path / name).mkdir()
    with pytest.raises(StorageError, match=r"^cannot write the fusion into .*: .*Is a directory") as error:
        save_fusion(random_fusion(), tmp_path, {})
    assert len(str(error.value).splitlines()) == 1


def test_the_bundled_weights():
    fusion = load_fusion()
    assert fusion.publications
    assert all(p.startswith("PMID:") for p in fusion.publications)
    card = json.loads((BUNDLED / "fusion.json").read_text(encoding="utf-8"))
    assert {"trained_on", "n_patients", "seed", "versions"} <= set(card)
    log_probabilities = fusion.log_probabilities(random_values(10))
    assert np.exp(log_probabilities).sum() == pytest.approx(1)
    assert np.isfinite(log_probabilities).all()
