"""FAISS against numpy, what is saved is what is loaded, and vectors of two embedders never meet."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.embedding import Vectors
from retrieval.errors import IndexMismatchError
from retrieval.index import VectorIndex


def unit_vectors(n: int, dimension: int, seed: int) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(n, dimension)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def brute_force(vectors: Vectors, queries: Vectors, k: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Cosines and rows of the k nearest vectors by sorting all of them, in double precision."""
    cosines = queries.astype(np.float64) @ vectors.astype(np.float64).T
    rows = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(cosines, rows, axis=1), rows


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(1, 300),
    dimension=st.integers(8, 40),
    k=st.integers(1, 20),
    n_queries=st.integers(1, 4),
    seed=st.integers(0, 10_000),
)
def test_search_is_brute_force(n: int, dimension: int, k: int, n_queries: int, seed: int):
    vectors, queries = unit_vectors(n, dimension, seed), unit_vectors(n_queries, dimension, seed + 1)
    cosines, rows = VectorIndex.build(vectors, "one").search(queries, k, "one")
    expected_cosines, expected_rows = brute_force(vectors, queries, k)
    assert rows.shape == cosines.shape == (n_queries, min(k, n))
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_allclose(cosines, expected_cosines, atol=1e-6)


def test_cosines_by_hand():
    index = VectorIndex.build(np.array([[1, 0], [0, 1], [-1, 0], [0.6, 0.8]], np.float32), "one")
    cosines, rows = index.search(np.array([[1, 0]], np.float32), 4, "one")
    assert rows.tolist() == [[0, 3, 1, 2]]
    np.testing.assert_allclose(cosines, [[1, 0.6, 0, -1]], atol=1e-7)


def test_k_beyond_the_index_gives_all_of_it():
    vectors = unit_vectors(3, 8, 0)
    cosines, rows = VectorIndex.build(vectors, "one").search(vectors[:1], 100, "one")
    assert cosines.shape == (1, 3)
    assert sorted(rows[0].tolist()) == [0, 1, 2]


def test_an_empty_index_has_no_neighbours():
    index = VectorIndex.build(np.zeros((0, 8), np.float32), "one")
    cosines, rows = index.search(unit_vectors(2, 8, 0), 5, "one")
    assert len(index) == 0
    assert cosines.shape == rows.shape == (2, 0)


def test_saved_and_loaded_is_the_same(tmp_path: Path):
    index, queries = VectorIndex.build(unit_vectors(50, 16, 0), "one"), unit_vectors(5, 16, 1)
    index.save(tmp_path / "vectors.faiss")
    loaded = VectorIndex.load(tmp_path / "vectors.faiss", "one")
    assert (len(loaded), loaded.embedder) == (50, "one")
    for before, after in zip(index.search(queries, 10, "one"), loaded.search(queries, 10, "one"), strict=True):
        np.testing.assert_array_equal(before, after)


def test_another_embedder_is_refused():
    index = VectorIndex.build(unit_vectors(3, 8, 0), "one@sha256:aa")
    with pytest.raises(
        IndexMismatchError, match=r"vectors of one@sha256:aa \(8 .*query is of two@sha256:bb \(8\)"
    ) as e:
        index.search(unit_vectors(1, 8, 1), 1, "two@sha256:bb")
    assert "\n" not in str(e.value)


def test_another_dimension_is_refused():
    index = VectorIndex.build(unit_vectors(3, 8, 0), "one")
    with pytest.raises(IndexMismatchError, match=r"\(8 numbers each\).*\(9\)"):
        index.search(unit_vectors(1, 9, 1), 1, "one")
