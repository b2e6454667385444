"""Kin by hand, and what is asked of kin against a loop over each disease's own."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from kg.families import MAX_FAMILY, are_types_of_one, build_families, largest_of_kin, log_mean_of_kin, name_stem
from kg.graph import KnowledgeGraph
from tests.toy import ALPHA, ALPHA_ORPHA, BETA, LARGE, SERIES_SOURCE, counted_series

NAMES = (
    "Joubert syndrome 5",
    "Joubert syndrome 6",
    "Meckel syndrome, type 4",
    "Leber congenital amaurosis 10",
    "Type 1",
    "Type 2",
)
GENES = (["CEP290"], ["TMEM67", "CEP290", "CEP290"], ["TMEM67", "CEP290"], ["RPE65"], [], [])


def pairs(kin: sparse.csr_array) -> set[tuple[int, int]]:
    """Who is kin of whom; fails unless the matrix is symmetric, of zeros and ones, without a diagonal."""
    dense = kin.toarray()
    np.testing.assert_array_equal(dense, dense.T)
    assert set(np.unique(dense)) <= {0.0, 1.0}
    assert not dense.diagonal().any()
    return {(int(i), int(j)) for i, j in zip(*np.triu(dense).nonzero(), strict=True)}


def test_kin_by_hand():
    families = build_families(NAMES, GENES)
    assert pairs(families.by_gene) == {(0, 1), (0, 2), (1, 2)}  # two genes in common make them no closer kin
    assert pairs(families.by_name) == {(0, 1)}  # "Type 1" and "Type 2" share no word that says anything


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Joubert syndrome 5", ("joubert", "syndrome")),
        ("SYNDROME, JOUBERT, 12a", ("joubert", "syndrome")),
        ("Ehlers-Danlos syndrome, type VIIA, autosomal dominant", ("danlos", "ehlers", "syndrome")),
        ("Deafness, X-linked recessive, 2, with or without goitre", ("deafness", "goitre")),
        ("Susceptibility to malaria due to B", ("malaria",)),
        ("Type 2", ()),
        ("", ()),
    ],
)
def test_stems(name: str, stem: tuple[str, ...]):
    assert name_stem(name) == stem


@pytest.mark.parametrize(("n", "are_kin"), [(2, True), (MAX_FAMILY, True), (MAX_FAMILY + 1, False)])
def test_a_family_too_large_shares_a_word_only(n: int, are_kin: bool):
    families = build_families([f"Ataxia {i}" for i in range(n)], [["ONE"]] * n)
    assert families.by_name.nnz == families.by_gene.nnz == (n * (n - 1) if are_kin else 0)


@pytest.mark.parametrize("n", [1, 3])
def test_where_nobody_has_kin(n: int):
    families = build_families([f"Name {'abcdefg'[i] * 3}" for i in range(n)], [[str(i)] for i in range(n)])
    assert families.by_gene.shape == families.by_name.shape == (n, n)
    assert families.by_gene.nnz == families.by_name.nnz == 0
    values = np.arange(n, dtype=float)
    np.testing.assert_array_equal(largest_of_kin(families.by_gene, values, -60.0), np.full(n, -60.0))
    np.testing.assert_array_equal(log_mean_of_kin(families.by_name, values, -60.0), np.full(n, -60.0))


def test_what_kin_say_by_hand():
    by_gene = build_families(NAMES, GENES).by_gene
    values = np.log([1.0, 2.0, 6.0, 9.0, 1.0, 1.0])
    largest = [math.log(6), math.log(6), math.log(2), -60, -60, -60]
    means = [math.log(4), math.log(3.5), math.log(1.5), -60, -60, -60]
    np.testing.assert_allclose(largest_of_kin(by_gene, values, -60.0), largest)
    np.testing.assert_allclose(log_mean_of_kin(by_gene, values, -60.0), means)
    some = np.array([3, 1])
    np.testing.assert_allclose(largest_of_kin(by_gene[some], values, 0.5), [0.5, math.log(6)])
    np.testing.assert_allclose(log_mean_of_kin(by_gene[some], values, 0.5), [0.5, math.log(3.5)])


WORLDS = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.sets(st.sampled_from("ABCD"), max_size=3), min_size=n, max_size=n),
        st.lists(st.floats(-20, 20), min_size=n, max_size=n),
        st.lists(st.integers(0, n - 1), max_size=5),
    )
)


@given(world=WORLDS)
def test_against_a_loop_over_kin(world: tuple[list[set[str]], list[float], list[int]]):
    genes, values, some = world
    kin = build_families(["x"] * len(genes), genes).by_gene

    def kin_of(one: int) -> list[int]:
        return [other for other in range(len(genes)) if other != one and genes[one] & genes[other]]

    def largest(one: int) -> float:
        return max((values[k] for k in kin_of(one)), default=-60.0)

    def log_mean(one: int) -> float:
        found = [math.exp(values[k]) for k in kin_of(one)]
        return math.log(sum(found) / len(found)) if found else -60.0

    def check(rows: Sequence[int], matrix: sparse.csr_array) -> None:
        column = np.array(values)
        np.testing.assert_allclose(largest_of_kin(matrix, column, -60.0), [largest(i) for i in rows])
        np.testing.assert_allclose(log_mean_of_kin(matrix, column, -60.0), [log_mean(i) for i in rows], atol=1e-9)

    check(range(len(genes)), kin)
    check(some, kin[np.array(some, np.int64)])


@pytest.mark.parametrize("shift", [-3000.0, 3000.0])
def test_a_mean_that_no_float_can_hold_has_a_logarithm(shift: float):
    kin = build_families(["x"] * 4, [["A"], ["A"], ["A"], []]).by_gene
    values = np.array([math.log(1) + shift, math.log(3) + shift, 2 * shift, 10.0])
    means = log_mean_of_kin(kin, values, -60.0)
    assert means[2:] == pytest.approx([math.log(2) + shift, -60])


def test_families_of_a_graph(toy_graph: KnowledgeGraph):
    """Rows are groups of equivalent ids: an entry is not kin of its own equivalent, with which it shares a gene."""
    other, named = "OMIM:900021", "OMIM:900022"
    graph = toy_graph.with_series(
        [
            counted_series(other, "PMID:1", 1, {LARGE: (1, 1)}, name="Zeta disorder", genes=["ZRB1"]),
            counted_series(named, "PMID:1", 1, {LARGE: (1, 1)}, name="Beta disease 2, autosomal dominant"),
        ],
        SERIES_SOURCE,
    )
    group = {d: i for i, ids in enumerate(graph.disease_groups) for d in ids}
    assert group[ALPHA] == group[ALPHA_ORPHA]
    assert pairs(graph.families.by_gene) == {tuple(sorted((group[ALPHA], group[other])))}
    assert pairs(graph.families.by_name) == {tuple(sorted((group[BETA], group[named])))}


@pytest.mark.parametrize(
    ("name", "other", "are_types"),
    [
        ("Noonan syndrome 1", "Noonan syndrome 4", True),
        ("Hyperoxaluria, primary, type I", "Hyperoxaluria, primary, type II", True),
        ("Noonan syndrome 1", "Costello syndrome", False),
        ("Factor V deficiency", "Factor X deficiency", False),
        ("Trisomy 13 syndrome", "Trisomy 18 syndrome", False),
        ("7", "8", False),
    ],
)
def test_types_of_one_disease(name: str, other: str, are_types: bool):
    assert are_types_of_one(name, other) is are_types
