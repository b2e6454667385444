"""One text through a mean-pooled BERT, in numpy: the vector of sentence-transformers without its seconds of imports.

Promise: the same unit vector as sentence-transformers gives (a test holds both together). Deliberately not done
here: batches, training, any other architecture; see docs/decisions/0004.

Architecture: Devlin et al. 2019, https://aclanthology.org/N19-1423; mean pooling: Reimers and Gurevych 2019,
https://aclanthology.org/D19-1410.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import erf
from threadpoolctl import ThreadpoolController
from tokenizers import Tokenizer

Floats = NDArray[np.float32]


class MeanPooledBert:
    """A BERT encoder with mean pooling and unit length.

    Args:
        folder: holds ``tokenizer.json`` and ``model.safetensors``.
        settings: the model's ``config.json``.
        max_tokens: longer texts are cut.

    Raises:
        OSError, ValueError, KeyError, SafetensorError: the folder does not hold such a model.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], max_tokens: int) -> None:
        if settings.get("hidden_act", "gelu") != "gelu":
            raise ValueError(f"expected the activation gelu, got {settings['hidden_act']}")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_tokens)
        self._tokenizer.no_padding()
        self._weights = {k.removeprefix("bert."): v for k, v in load_file(folder / "model.safetensors").items()}
        self._n_layers = int(settings["num_hidden_layers"])
        self._n_heads = int(settings["num_attention_heads"])
        self._threads = ThreadpoolController()
        self._epsilon = float(settings["layer_norm_eps"])

    def encode(self, text: str) -> Floats:
        """Unit vector of one text, shape [dimension].

        One thread: the matrices are small, and on busy cores several threads wait for each other ten times as long.
        """
        with self._threads.limit(limits=1, user_api="blas"):
            return self._encode(text)

    def _encode(self, text: str) -> Floats:
        ids = self._tokenizer.encode(text).ids
        w = self._weights
        hidden = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
        hidden = self._normalised(hidden + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(self._n_layers):
            hidden = self._layer(hidden, f"encoder.layer.{layer}")
        mean = hidden.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)

    def _layer(self, hidden: Floats, name: str) -> Floats:
        attended = self._linear(self._attention(hidden, f"{name}.attention.self"), f"{name}.attention.output.dense")
        hidden = self._normalised(hidden + attended, f"{name}.attention.output.LayerNorm")
        inner = self._linear(hidden, f"{name}.intermediate.dense")
        inner = inner * (1 + erf(inner / np.sqrt(2))) / 2
        return self._normalised(hidden + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attention(self, hidden: Floats, name: str) -> Floats:
        """Scaled dot-product attention over the heads, shape [n_tokens, width]."""
        n_tokens, width = hidden.shape
        query, key, value = (
            self._linear(hidden, f"{name}.{part}").reshape(n_tokens, self._n_heads, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(width / self._n_heads)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return np.asarray((weights @ value).transpose(1, 0, 2).reshape(n_tokens, width))

    def _linear(self, x: Floats, name: str) -> Floats:
        return np.asarray(x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"])

    def _normalised(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self._epsilon)
        return np.asarray(scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"])
