"""Which diseases are kin: by a shared gene, or by a name that differs in its number only.

"Joubert syndrome 5" and "Joubert syndrome 6" present alike, and so do the diseases of one gene; where little is known
of a disease, its kin say what to expect. Kin are not the same disease: equivalence is in ``kg.equivalence``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

MAX_FAMILY = 400
"""A larger family shares a word, not a disease."""

_WORD = re.compile(r"[a-z0-9]+")
_NUMBER = re.compile(r"\d+[a-z]?|[ivx]+[a-z]?|[a-z]")
_INHERITANCE = frozenset({"autosomal", "dominant", "recessive", "x", "linked"})
_EMPTY_WORDS = _INHERITANCE | {"type", "of", "the", "and", "with", "without", "or", "susceptibility", "to", "due"}
_NUMBERED_THINGS = frozenset({"factor", "trisomy", "tetrasomy", "monosomy", "chromosome"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Families:
    """Kinship of disease groups as symmetric sparse matrices of 0 and 1, shape [n_groups, n_groups], no diagonal."""

    by_gene: sparse.csr_array
    by_name: sparse.csr_array


def build_families(names: Sequence[str], genes: Sequence[Iterable[str]]) -> Families:
    """Kin among diseases.

    Args:
        names: of each disease.
        genes: ids of each disease's genes.
    """
    stems = [name_stem(name) for name in names]
    return Families(by_gene=_kinship(genes), by_name=_kinship([[s] if s else [] for s in stems]))


def name_stem(name: str) -> tuple[str, ...]:
    """The words of a disease's name without numbers, letters and modes of inheritance, in alphabetical order."""
    words = _WORD.findall(name.casefold())
    return tuple(sorted(w for w in words if w not in _EMPTY_WORDS and not _NUMBER.fullmatch(w)))


def are_types_of_one(name: str, other: str) -> bool:
    """Whether two names differ in the number of a type only: "Noonan syndrome 1", "Noonan syndrome 4".

    Not where the number says of what the disease is: factor V and factor X deficiency, trisomy 13 and 18.
    """
    stem = name_stem(name)
    return bool(stem) and _NUMBERED_THINGS.isdisjoint(stem) and stem == name_stem(other)


def _kinship(keys: Sequence[Iterable[Hashable]]) -> sparse.csr_array:
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index, shared in enumerate(keys):
        for key in set(shared):
            members[key].append(index)
    pairs = [
        (one, other)
        for family in members.values()
        if 1 < len(family) <= MAX_FAMILY
        for one in family
        for other in family
        if one != other
    ]
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    kin = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(keys), len(keys)))
    kin.sum_duplicates()
    kin.data[:] = 1
    return kin


def largest_of_kin(kin: sparse.csr_array, values: NDArray[np.float64], default: float) -> NDArray[np.float64]:
    """Per row of ``kin`` the largest value among its kin; ``default`` for a row without kin.

    Args:
        kin: a matrix of ``Families``, or some of its rows, shape [n_rows, n_groups].
        values: shape [n_groups].
        default: what stands for no kin.
    """
    largest = np.full(kin.shape[0], default)
    has_kin = np.diff(kin.indptr) > 0
    if has_kin.any():
        largest[has_kin] = np.maximum.reduceat(values[kin.indices], kin.indptr[:-1][has_kin])
    return largest


def log_mean_of_kin(kin: sparse.csr_array, values: NDArray[np.float64], default: float) -> NDArray[np.float64]:
    """The same for the logarithm of the mean of exp(value)."""
    n_kin = np.diff(kin.indptr)
    has_kin = n_kin > 0
    means = largest_of_kin(kin, values, default)
    if has_kin.any():
        below = np.exp(values[kin.indices] - np.repeat(means, n_kin))
        means[has_kin] += np.log(np.add.reduceat(below, kin.indptr[:-1][has_kin]) / n_kin[has_kin])
    return means
