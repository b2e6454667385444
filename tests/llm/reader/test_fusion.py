"""The fusion inside the reader: the numbers of ``retrieval.fusion``, whatever else is in the batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from llm.reader.features import CANDIDATE_FEATURES
from llm.reader.fusion import LOG_PRIOR, LOG_SEX, N_FEATURES, FusionNetworks
from retrieval.fusion import Fusion
from tests.toy import random_fusion


@pytest.fixture(scope="module")
def fusion() -> Fusion:
    return random_fusion(sizes=(6, 6))


def values_of(n: int) -> np.ndarray:
    return np.random.default_rng(n).normal(scale=2, size=(n, len(CANDIDATE_FEATURES))).astype(np.float32)


def expected(fusion: Fusion, values: np.ndarray) -> np.ndarray:
    prior = values[:, LOG_PRIOR] + values[:, LOG_SEX]
    return log_softmax(fusion.log_probabilities(values[:, :N_FEATURES]) + np.append(prior, 0.0))


@pytest.mark.parametrize("n", [1, 2, 40])
def test_as_the_fusion_and_the_prior_have_it(fusion, n):
    values = values_of(n)
    read = FusionNetworks.holding(fusion)(torch.from_numpy(values)[None], torch.ones(1, n, dtype=torch.bool))
    assert read[0].numpy() == pytest.approx(expected(fusion, values), rel=1e-4, abs=1e-4)


def test_what_pads_a_batch_changes_nothing(fusion):
    short, long = values_of(3), values_of(5)
    batch = np.zeros((2, 5, len(CANDIDATE_FEATURES)), np.float32)
    batch[0, :3], batch[1] = short, long
    listed = torch.tensor([[True] * 3 + [False] * 2, [True] * 5])
    read = FusionNetworks.holding(fusion)(torch.from_numpy(batch), listed).numpy()
    assert read[0, [0, 1, 2, 5]] == pytest.approx(expected(fusion, short), rel=1e-4, abs=1e-4)
    assert read[0, 3:5].max() < -1000
    assert read[1] == pytest.approx(expected(fusion, long), rel=1e-4, abs=1e-4)
