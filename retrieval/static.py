"""A static embedding in numpy: the vector of a text is the mean of its tokens' vectors, at unit length.

Promise: the same vectors as sentence-transformers gives for the same folder (a test holds both together), without its
seconds of imports and without torch. Deliberately not done here: training (``retrieval.embedder_training``), prompts,
any other architecture.

Method: https://sbert.net/docs/package_reference/sentence_transformer/models.html#staticembedding
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_array
from tokenizers import Tokenizer

from kg import cache
from kg.arrays import Floats

_FEW = 1024
_CHUNK = 8192  # texts tokenised at a time; bounds the memory
_MODULES = (
    ("", "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding"),
    ("1_Normalize", "sentence_transformers.base.modules.normalize.Normalize"),
)


class StaticModel:
    """Token vectors and the tokenizer that goes with them.

    Args:
        tokenizer: cuts a text into ids.
        table: vectors of the ids, shape [n_tokens, dimension].
    """

    def __init__(self, tokenizer: Tokenizer, table: Floats) -> None:
        if tokenizer.get_vocab_size() > len(table):
            raise ValueError(f"expected a vector for each of {tokenizer.get_vocab_size()} tokens, got {len(table)}")
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.table = table

    @classmethod
    def load(cls, folder: Path) -> StaticModel:
        """Read a folder saved by sentence-transformers, model2vec or ``save``.

        Raises:
            OSError, ValueError, KeyError, SafetensorError: the folder does not hold such a model.
        """
        tensors = load_file(folder / "model.safetensors")
        if "embedding.weight" in tensors:
            table = tensors["embedding.weight"]
        else:  # as model2vec writes them, and sentence-transformers reads them: rows of a table times weights
            table = tensors["embeddings"]
            if "mapping" in tensors:
                table = table[tensors["mapping"]]
            if "weights" in tensors:
                table = table.astype(np.float32) * tensors["weights"][:, None]
        return cls(load_tokenizer(folder), np.asarray(table, np.float32))

    def save(self, folder: Path) -> None:
        """Write a sentence-transformers folder; the vectors are rounded to 8 bits, each row with a scale of its own.

        Rounding changes no cosine by more than a few thousandths, and keeps the file at a quarter. Raises OSError.
        """
        (folder / _MODULES[1][0]).mkdir(parents=True, exist_ok=True)
        scales = np.maximum(np.abs(self.table).max(axis=1), np.finfo(np.float32).tiny) / 127
        rounded = np.rint(self.table / scales[:, None]).astype(np.int8)
        save_file({"embeddings": rounded, "weights": scales.astype(np.float32)}, folder / "model.safetensors")
        self.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        modules = [{"idx": i, "name": str(i), "path": path, "type": kind} for i, (path, kind) in enumerate(_MODULES)]
        cache.write_json(folder / "modules.json", modules)
        cache.write_json(folder / "config_sentence_transformers.json", {"similarity_fn_name": "cosine"})
        cache.write_json(folder / _MODULES[1][0] / "config.json", {})

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, shape [n_texts, dimension]; of a text without tokens, zeros."""
        parts = [self._encode(list(texts[i : i + _CHUNK])) for i in range(0, len(texts), _CHUNK)]
        return np.concatenate(parts) if parts else np.zeros((0, self.table.shape[1]), np.float32)

    def _encode(self, texts: list[str]) -> Floats:
        vectors = token_counts(list(self.tokenize(texts)), len(self.table)) @ self.table
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)

    def tokenize(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Token ids of each text."""
        if len(texts) < _FEW:  # threads take longer to start than to work
            yield from (self.tokenizer.encode(text, add_special_tokens=False).ids for text in texts)
        else:
            for encoding in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False):
                yield encoding.ids


def load_tokenizer(folder: Path) -> Tokenizer:
    """The folder's ``tokenizer.json``. Raises OSError, or ValueError where it is none."""
    text = (folder / "tokenizer.json").read_text(encoding="utf-8")
    try:
        return Tokenizer.from_str(text)
    except Exception as error:  # tokenizers raises nothing narrower
        raise ValueError(f"tokenizer.json: {error}") from error


def token_counts(ids: Sequence[Sequence[int]], n_tokens: int) -> csr_array:
    """How often each text has each token, shape [n_texts, n_tokens]."""
    lengths = np.fromiter(map(len, ids), np.int64, len(ids))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    columns = np.fromiter((i for text in ids for i in text), np.int32, starts[-1])
    return csr_array((np.ones(len(columns), np.float32), columns, starts), shape=(len(ids), n_tokens))
