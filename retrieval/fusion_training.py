"""Training of the fusion: patients' candidates with the right one marked -> weights.

The loss is the cross-entropy of the right candidate among the list, or of "none of these" where it is not listed
(listwise softmax: Cao et al., ICML 2007). A publication with many patients counts by the square root of their number:
they resemble each other. What is held out of the features, and of the training, is the caller's affair
(``evaluation.protocols``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kg.arrays import Floats
from retrieval.features import FEATURES
from retrieval.fusion import Fusion, Layer, network_inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """How the fusion is trained; docs/log.md says what was tried."""

    n_networks: int = 4
    n_hidden: int = 48
    n_epochs: int = 15
    n_candidates: int = 120
    """Most of a list that is trained on, see ``thinned``; the trained fusion takes lists of any length."""
    batch_size: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    dropout: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One patient whose diagnosis is known."""

    values: Floats
    """Features of the candidates, shape [n_candidates, n_features]."""
    right: int | None
    """Row of the right disease; None where it is not among the candidates."""
    publication: str


def thinned(example: Example, n_kept: int) -> Example:
    """The patient with at most so many candidates: the first two thirds, the right one, evenly some of the others.

    The first are the hardest to tell from the right one; the others are what a long list ends in.
    """
    if len(example.values) <= n_kept:
        return example
    rows, right = thinned_rows(len(example.values), example.right, n_kept)
    return replace(example, values=example.values[rows], right=right)


def thinned_rows(n_listed: int, right: int | None, n_kept: int) -> tuple[list[int], int | None]:
    """Rows of a thinned list, and which of them is the right one; see ``thinned``."""
    if n_listed <= n_kept:
        return list(range(n_listed)), right
    n_first = 2 * n_kept // 3
    kept = {*range(n_first), *np.linspace(n_first, n_listed - 1, n_kept - n_first - 1).astype(int).tolist()}
    rows = sorted(kept if right is None else kept | {right})
    return rows, None if right is None else rows.index(right)


def train_fusion(examples: Sequence[Example], settings: TrainingSettings | None = None, seed: int = 0) -> Fusion:
    """Fit the networks; the same examples, in the same order, and seed give the same weights.

    Args:
        examples: at least one.
        settings: of the training.
        seed: of initial weights, order and dropout.
    """
    settings = settings or TrainingSettings()
    values, listed, right = _padded(examples, settings.n_candidates)
    seen = values[listed]
    mean, scale = seen.mean(axis=0), seen.std(axis=0) + 1e-6
    n_patients = Counter(e.publication for e in examples)
    weights = np.array([n_patients[e.publication] ** -0.5 for e in examples], np.float32)
    inputs = network_inputs(np.where(listed[..., None], values, values.min(axis=1, keepdims=True)), mean, scale)
    fitted = [_fit(inputs, listed, right, weights, settings, seed + i) for i in range(settings.n_networks)]
    return Fusion(
        features=FEATURES,
        mean=mean,
        scale=scale,
        networks=tuple(layers for layers, _ in fitted),
        nobody=tuple(nobody for _, nobody in fitted),
        publications=frozenset(n_patients),
    )


def _padded(examples: Sequence[Example], n_candidates: int) -> tuple[Floats, NDArray[np.bool_], NDArray[np.int64]]:
    """Features as one array, which rows hold a candidate, and the right row (``n_candidates``: none of these)."""
    values = np.zeros((len(examples), n_candidates, examples[0].values.shape[1]), np.float32)
    listed = np.zeros(values.shape[:2], np.bool_)
    right = np.full(len(examples), n_candidates, np.int64)
    for i, example in enumerate(thinned(e, n_candidates) for e in examples):
        n = len(example.values)
        values[i, :n], listed[i, :n] = example.values, True
        if example.right is not None:
            right[i] = example.right
    return values, listed, right


def _fit(
    inputs: Floats,
    listed: NDArray[np.bool_],
    right: NDArray[np.int64],
    weights: Floats,
    settings: TrainingSettings,
    seed: int,
) -> tuple[tuple[Layer, ...], float]:
    """One network: its layers and its score for "none of these"."""
    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(seed)
        hidden, rate = settings.n_hidden, settings.dropout
        network = nn.Sequential(
            *(nn.Linear(inputs.shape[-1], hidden), nn.GELU(), nn.Dropout(rate)),
            *(nn.Linear(hidden, hidden), nn.GELU(), nn.Dropout(rate)),
            nn.Linear(hidden, 1),
        )
        nobody = nn.Parameter(torch.zeros(1))
        parameters = [*network.parameters(), nobody]
        optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay)
        n_batches = -(-len(inputs) // settings.batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, settings.learning_rate, total_steps=settings.n_epochs * n_batches
        )
        x, y, w = torch.from_numpy(inputs), torch.from_numpy(right), torch.from_numpy(weights)
        missing = torch.from_numpy(~listed)
        for _ in range(settings.n_epochs):
            for batch in torch.randperm(len(x)).split(settings.batch_size):  # type: ignore[no-untyped-call]
                scores = network(x[batch])[..., 0].masked_fill(missing[batch], -torch.inf)
                scores = torch.cat([scores, nobody.expand(len(batch), 1)], dim=1)
                losses = nn.functional.cross_entropy(scores, y[batch], reduction="none")
                loss = (losses * w[batch]).sum() / w[batch].sum()
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    layers = tuple((each.weight.detach().numpy().copy(), each.bias.detach().numpy().copy()) for each in linear)
    return layers, float(nobody.detach())


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one order, so that the weights do not depend on the machine's cores; small networks gain nothing."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
