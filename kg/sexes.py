"""Whom a disease befalls: the share of its patients who are female, for the prior of a patient whose sex is known.

From the project's table where it has the disease (``kg/facts/sexes.tsv``, by the entry's name; general knowledge); else
from the inheritance, where X-linked recessive, or X-linked without more, is all that is stated; else half. In the
Phenopacket Store (0.1.26, the part at hand) 1 of 117 published patients with the first is female, 4 of 29 with the
second.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from fnmatch import translate

import numpy as np

from kg.arrays import Doubles
from kg.graph import KnowledgeGraph
from kg.schema import Predicate
from kg.sources.sexes import FemaleShare, load_female_shares

FEMALE_BY_INHERITANCE = {
    "HP:0001419": 0.05,  # X-linked recessive
    "HP:0001417": 0.2,  # X-linked
}
"""Where nothing else is stated of the inheritance."""
EVEN = 0.5


def female_shares(graph: KnowledgeGraph, table: Sequence[FemaleShare] | None = None) -> Doubles:
    """Share of each disease's patients who are female, 0..1 without the ends, shape [n_diseases].

    Args:
        graph: names and inheritance; in the order of its ``disease_groups``.
        table: what is known of single diseases; of several rows that fit a name the first counts. Default: the bundled.

    Raises:
        SourceError: the bundled table cannot be read.
    """
    table = load_female_shares() if table is None else table
    # One search a name, not one for each row: there are thousands of names.
    rows = re.compile("|".join(f"({translate(row.name.casefold())})" for row in table) or "(?!)")
    stated: defaultdict[str, set[str]] = defaultdict(set)
    for disease_id, term_id in graph.annotations.statements(Predicate.INHERITANCE):
        stated[disease_id].add(term_id)
    shares = np.full(len(graph.disease_groups), EVEN)
    for i, group in enumerate(graph.disease_groups):
        fitting = [
            f.lastindex - 1 for d in group if (f := rows.match(graph.diseases[d].name.casefold())) and f.lastindex
        ]
        if fitting:
            shares[i] = table[min(fitting)].share
        elif len(modes := {t for d in group for t in stated[d]}) == 1:
            shares[i] = FEMALE_BY_INHERITANCE.get(modes.pop(), EVEN)
    return shares
