"""Training on made-up patients whose right answer is known: what must be learnt, and what must not matter."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from retrieval.features import FEATURES
from retrieval.fusion import Fusion
from retrieval.fusion_training import Example, TrainingSettings, thinned, train_fusion

N = len(FEATURES)
TELLING, MISLEADING = FEATURES.index("log_lr"), FEATURES.index("n_patients")
SETTINGS = TrainingSettings(n_networks=1, n_hidden=8, n_epochs=30, n_candidates=6, batch_size=16, dropout=0.0)


def make_example(rng: np.random.Generator, number: int, *, listed: bool = True, n_candidates: int = 6) -> Example:
    """A patient whose disease has the largest log_lr by far; where it is not listed, all of them are low.

    The first candidate has the most patients, which means nothing.
    """
    values = rng.normal(size=(n_candidates, N)).astype(np.float32)
    values[:, MISLEADING] = np.arange(n_candidates)[::-1]
    values[:, TELLING] = rng.uniform(-6, -4, n_candidates)
    right = int(rng.integers(n_candidates)) if listed else None
    if right is not None:
        values[right, TELLING] = rng.uniform(4, 6)
    return Example(values=values, right=right, publication=f"PMID:{number}")


def make_examples(n: int, seed: int, *, share_unlisted: float = 0.0) -> list[Example]:
    rng = np.random.default_rng(seed)
    return [make_example(rng, i, listed=bool(rng.random() >= share_unlisted)) for i in range(n)]


def share_right(fusion: Fusion, examples: Sequence[Example]) -> float:
    """Share of patients whose right candidate, or "none of these", comes first."""
    first = [int(np.argmax(fusion.log_probabilities(e.values))) for e in examples]
    return float(
        np.mean([f == (len(e.values) if e.right is None else e.right) for f, e in zip(first, examples, strict=True)])
    )


def numbers(fusion: Fusion) -> NDArray[np.float64]:
    """All weights in one row."""
    layers = [a.ravel() for network in fusion.networks for layer in network for a in layer]
    return np.concatenate([fusion.mean, fusion.scale, *layers, fusion.nobody]).astype(np.float64)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return make_examples(150, seed=1, share_unlisted=0.3)


@pytest.fixture(scope="module")
def trained(examples: list[Example]) -> Fusion:
    return train_fusion(examples, SETTINGS)


def test_the_right_candidate_is_learnt_to_be_first(trained: Fusion):
    assert share_right(trained, make_examples(200, seed=2)) > 0.95


def test_none_of_these_is_learnt(trained: Fusion):
    unlisted = make_examples(200, seed=3, share_unlisted=1.0)
    assert share_right(trained, unlisted) > 0.95
    p_nobody = [float(np.exp(trained.log_probabilities(e.values)[-1])) for e in unlisted]
    assert np.mean(p_nobody) > 0.9


def test_where_the_right_one_is_always_listed_nobody_is_unlikely():
    fusion = train_fusion(make_examples(150, seed=1), SETTINGS)
    p_nobody = [float(np.exp(fusion.log_probabilities(e.values)[-1])) for e in make_examples(50, seed=2)]
    assert np.mean(p_nobody) < 0.05


def test_longer_lists_than_those_of_the_training(trained: Fusion):
    rng = np.random.default_rng(4)
    assert share_right(trained, [make_example(rng, i, n_candidates=40) for i in range(100)]) > 0.8


def test_the_same_seed_gives_the_same_weights(examples: list[Example], trained: Fusion):
    again, other = train_fusion(examples, SETTINGS), train_fusion(examples, SETTINGS, seed=5)
    np.testing.assert_array_equal(numbers(again), numbers(trained))
    assert not np.allclose(numbers(other), numbers(trained))


def test_dropout_is_seeded_too(examples: list[Example], trained: Fusion):
    settings = replace(SETTINGS, dropout=0.2, n_epochs=3)
    one, other = (train_fusion(examples, settings, seed=7) for _ in range(2))
    np.testing.assert_array_equal(numbers(one), numbers(other))


def test_several_networks_begin_differently(examples: list[Example]):
    fusion = train_fusion(examples, replace(SETTINGS, n_networks=2, n_epochs=2), seed=3)
    second_alone = train_fusion(examples, replace(SETTINGS, n_networks=1, n_epochs=2), seed=4)
    assert len(fusion.networks) == len(fusion.nobody) == 2
    for one, other in zip(fusion.networks[1], second_alone.networks[0], strict=True):
        np.testing.assert_array_equal(one[0], other[0])
    assert not np.allclose(fusion.networks[0][0][0], fusion.networks[1][0][0])


def test_torch_is_left_as_it_was(examples: list[Example]):
    torch.manual_seed(11)
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    train_fusion(examples[:8], replace(SETTINGS, n_epochs=1))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_what_the_weights_were_trained_on(trained: Fusion, examples: list[Example]):
    assert trained.features == FEATURES
    assert trained.publications == {e.publication for e in examples}
    seen = np.concatenate([e.values for e in examples])
    np.testing.assert_allclose(trained.mean, seen.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(trained.scale, seen.std(axis=0), rtol=1e-4)


def test_long_lists_are_thinned(examples: list[Example]):
    settings = replace(SETTINGS, n_epochs=2, n_candidates=4)
    fusion = train_fusion(examples, settings)
    again = train_fusion([thinned(e, 4) for e in examples], settings)
    np.testing.assert_array_equal(numbers(again), numbers(fusion))
    assert not np.array_equal(numbers(train_fusion(examples, replace(settings, n_candidates=6))), numbers(fusion))


@pytest.mark.parametrize("shift", [-100.0, 0.0, 100.0])
def test_the_length_of_the_lists_does_not_matter(examples: list[Example], shift: float):
    """Where lists are padded, the padding has no part in means, comparisons or probabilities."""
    shifted = [replace(e, values=e.values + np.float32(shift)) for e in examples]
    one = train_fusion(shifted, replace(SETTINGS, n_epochs=2))
    other = train_fusion(shifted, replace(SETTINGS, n_epochs=2, n_candidates=9))
    np.testing.assert_allclose(numbers(other), numbers(one), rtol=1e-3, atol=1e-4)


def test_lists_of_different_lengths_are_learnt_from():
    rng = np.random.default_rng(6)
    examples = [make_example(rng, i, n_candidates=2 + i % 5) for i in range(150)]
    fusion = train_fusion(examples, SETTINGS)
    assert share_right(fusion, make_examples(100, seed=7)) > 0.95


def test_many_patients_of_one_publication_count_by_the_square_root():
    """Sixteen patients of one publication have the first of two candidates, eight of eight others the second.

    The one publication counts four and the others eight together, so that the second is right in two of three.
    """
    values = np.zeros((2, N), np.float32)
    values[:, TELLING] = [1, -1]
    examples = [Example(values=values, right=0, publication="PMID:0")] * 16
    examples += [Example(values=values, right=1, publication=f"PMID:{i}") for i in range(1, 9)]
    settings = replace(SETTINGS, n_epochs=300, n_candidates=2, batch_size=64, learning_rate=0.01, weight_decay=0.0)
    first, second, nobody = np.exp(train_fusion(examples, settings).log_probabilities(values))
    assert (first, second) == pytest.approx((1 / 3, 2 / 3), abs=0.03)
    assert nobody < 0.03


@pytest.mark.parametrize(
    ("right", "rows", "at"),
    [
        (None, [0, 1, 2, 3, 4], None),  # four of six are the first, one of the others, and room for the right one
        (2, [0, 1, 2, 3, 4], 2),
        (9, [0, 1, 2, 3, 4, 9], 5),
    ],
)
def test_a_long_list_keeps_its_beginning_the_right_one_and_some_of_the_rest(right, rows, at):
    values = np.arange(13, dtype=np.float32)[:, None] * np.ones((1, N), np.float32)
    example = Example(values=values, right=right, publication="PMID:1")
    kept = thinned(example, 6)
    assert kept.values[:, 0].tolist() == rows
    assert kept.right == at
    assert thinned(kept, 6) is kept
