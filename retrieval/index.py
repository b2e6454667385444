"""Vectors -> nearest vectors: inner-product search with FAISS, bound to the embedder that made the vectors."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.embedding import INSTALL_HINT, Vectors
from retrieval.errors import EmbedderError, IndexMismatchError


class VectorIndex:
    """An index over unit vectors; the inner product is the cosine.

    Args:
        index: a FAISS index with inner-product metric.
        embedder: identity of the embedder that made the vectors.
    """

    def __init__(self, index: Any, embedder: str) -> None:
        self._index = index
        self.embedder = embedder

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @classmethod
    def build(cls, vectors: Vectors, embedder: str) -> VectorIndex:
        """Index unit vectors, shape [n, dimension]; their order gives the row numbers.

        Args:
            vectors: at least one.
            embedder: identity of the embedder that made them.
        """
        faiss, vectors = _faiss(), np.ascontiguousarray(vectors, dtype=np.float32)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls(index, embedder)

    def search(self, queries: Vectors, k: int, embedder: str) -> tuple[Vectors, NDArray[np.int64]]:
        """Cosines and rows of the k nearest vectors, best first, each of shape [n_queries, min(k, len(self))].

        Raises:
            IndexMismatchError: the queries were made by another embedder, or have another dimension.
        """
        if embedder != self.embedder or queries.shape[1] != self._index.d:
            raise IndexMismatchError(
                f"the case index holds vectors of {self.embedder} ({self._index.d} numbers each), "
                f"the query is of {embedder} ({queries.shape[1]}); build the index again with one embedder"
            )
        k = min(k, len(self))
        if k < 1:  # which FAISS refuses
            return np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
        similarities, rows = self._index.search(np.ascontiguousarray(queries, dtype=np.float32), k)
        return similarities, rows

    def subset(self, rows: Sequence[int]) -> VectorIndex:
        """An index over some of the vectors; row i of the new one is ``rows[i]`` of this one."""
        vectors = self._index.reconstruct_n(0, len(self))[list(rows)] if len(self) else np.zeros((0, self._index.d))
        return VectorIndex.build(vectors, self.embedder)

    def save(self, path: Path) -> None:
        """Write the FAISS index."""
        _faiss().write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path, embedder: str) -> VectorIndex:
        """Read an index written by ``save``; the embedder is named by the manifest beside it."""
        return cls(_faiss().read_index(str(path)), embedder)


def _faiss() -> Any:
    if importlib.util.find_spec("faiss") is None:
        raise EmbedderError(f"faiss is not installed: {INSTALL_HINT}")
    import faiss

    return faiss
