"""The learned fusion: features of the candidates -> how likely each one is, and that it is none of them.

A small network scores every candidate from its own features and from how far each of them lies below the best
candidate's; the scores, and one for "none of these", become probabilities by a softmax over the list. Several networks,
trained from different beginnings, are averaged. Runs on numpy alone; training is in ``retrieval.fusion_training``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy.special import erf, log_softmax

from kg.arrays import Doubles, Floats
from kg.errors import SourceError, StorageError
from retrieval.features import FEATURES

BUNDLED = Path(__file__).parent / "weights" / "fusion"
CLIP = 5.0
"""Standardised features are cut off here: what lies beyond was hardly ever seen in training."""

Layer = tuple[Floats, Floats]
"""Weights, shape [n_out, n_in], and bias, shape [n_out]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """Trained weights, and what they were trained on."""

    features: tuple[str, ...]
    mean: Floats
    """Of each feature over the training candidates, shape [n_features]."""
    scale: Floats
    """Standard deviations, shape [n_features]."""
    networks: tuple[tuple[Layer, ...], ...]
    """GELU between the layers; the first takes 2 * n_features numbers, the last gives one."""
    nobody: tuple[float, ...]
    """Each network's score for "none of these"."""
    publications: frozenset[str] = frozenset()
    """Whose patients it was trained on: it must not be tested on them."""

    @property
    def n_hidden(self) -> int:
        """Numbers in the hidden layers."""
        return len(self.networks[0][0][1])

    def log_probabilities(self, values: Floats) -> Doubles:
        """Log-probability of each candidate, and last of "none of these", shape [n_candidates + 1].

        Args:
            values: features of the candidates of one patient, shape [n_candidates, n_features]; at least one row.
        """
        inputs = network_inputs(values, self.mean, self.scale)
        per_network = [
            log_softmax(np.append(_forward(layers, inputs), nobody).astype(np.float64))
            for layers, nobody in zip(self.networks, self.nobody, strict=True)
        ]
        averaged: Doubles = log_softmax(np.mean(per_network, axis=0))
        return averaged


def network_inputs(values: Floats, mean: Floats, scale: Floats) -> Floats:
    """Standardised features, and how far each lies below the largest of the list: shape [..., n, 2 * n_features]."""
    standard = np.clip((values - mean) / scale, -CLIP, CLIP)
    return np.concatenate([standard, standard - standard.max(axis=-2, keepdims=True)], axis=-1).astype(np.float32)


def _forward(layers: Sequence[Layer], x: Floats) -> Floats:
    for weights, bias in layers[:-1]:
        x = x @ weights.T + bias
        x = 0.5 * x * (1 + erf(x / np.sqrt(2, dtype=np.float32)))
    weights, bias = layers[-1]
    scores: Floats = (x @ weights.T + bias)[..., 0]
    return scores


def save_fusion(fusion: Fusion, folder: Path, card: dict[str, object]) -> None:
    """Write ``fusion.safetensors`` and ``fusion.json``, which says what the weights are. Raises StorageError.

    Args:
        fusion: the weights.
        folder: is made where missing.
        card: what a person should know of the training; kept beside the weights.
    """
    tensors = {"mean": fusion.mean, "scale": fusion.scale, "nobody": np.array(fusion.nobody, np.float32)}
    for i, layers in enumerate(fusion.networks):
        for j, (weights, bias) in enumerate(layers):
            tensors |= {f"{i}.{j}.weights": weights, f"{i}.{j}.bias": bias}
    described = {**card, "features": list(fusion.features), "publications": sorted(fusion.publications)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, folder / "fusion.safetensors")
        (folder / "fusion.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StorageError(f"cannot write the fusion into {folder}: {reason}") from error


def load_fusion(folder: Path = BUNDLED) -> Fusion:
    """Read what ``save_fusion`` wrote.

    Raises:
        SourceError: a file is missing or broken, or the weights are for other features than this program computes.
    """
    try:
        card = json.loads((folder / "fusion.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "fusion.safetensors")
        shape = max(tuple(int(p) for p in name.split(".")[:2]) for name in tensors if name.endswith(".weights"))
        networks = tuple(
            tuple((tensors[f"{i}.{j}.weights"], tensors[f"{i}.{j}.bias"]) for j in range(shape[1] + 1))
            for i in range(shape[0] + 1)
        )
        fusion = Fusion(
            features=tuple(card["features"]),
            mean=tensors["mean"],
            scale=tensors["scale"],
            networks=networks,
            nobody=tuple(float(s) for s in tensors["nobody"]),
            publications=frozenset(card["publications"]),
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise SourceError(f"cannot read the fusion in {folder}: {error}") from error
    if fusion.features != FEATURES:
        raise SourceError(f"the fusion in {folder} was trained on other features: train it again (citedx train fusion)")
    return fusion
