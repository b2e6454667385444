"""Patients of DDXPlus's 49 conditions, drawn from the conditions' own evidences, ranked in the whole graph.

The release says which questions may be answered with yes in a condition, not how often: each symptom and antecedent
that an HPO term is known for is drawn with the same probability; patients without a symptom are drawn again. Terms come
from the project's own table. The graph has the same statements, so this says whether the conditions are told apart,
nothing of real patients. ``python -m evaluation.ddxplus_patients``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.qa.scoring import wilson
from evaluation.report import percent
from kg.build import bundled_sources, load_graph
from kg.catalogue import SOURCES, find_files
from kg.schema import Finding, Setting
from kg.sources.ddxplus import Condition, load_condition_entries, read_conditions
from kg.symptom_mapping import TableRow, load_symptom_table
from retrieval.everyday import EverydayPractice, EverydayRanker

SHARE = 0.7
"""Of the evidences that a patient has."""
TOPS = (1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRanks:
    """Where a condition came for its patients."""

    name: str
    n_terms: int
    """Symptoms with a term; without one no patient can be drawn."""
    ranks: tuple[int, ...]
    """1 is the first."""


def terms_of(evidence_ids: Sequence[str], table: dict[str, TableRow]) -> tuple[str, ...]:
    """HPO terms of evidences, each once, as far as the table has one."""
    rows = (table[e] for e in evidence_ids if e in table)
    return tuple(dict.fromkeys(row.term_id for row in rows if row.term_id))


def rank_patients(
    condition: Condition,
    entry: str,
    practice: EverydayPractice,
    ranker: EverydayRanker,
    table: dict[str, TableRow],
    n_patients: int,
    generator: np.random.Generator,
) -> ConditionRanks:
    """Draw patients of a condition and rank all diseases for each."""
    symptoms = terms_of(condition.symptom_ids, table)
    terms = (*symptoms, *(t for t in terms_of(condition.antecedent_ids, table) if t not in symptoms))
    group = practice.model.group_index[entry]
    ranks: list[int] = []
    while symptoms and len(ranks) < n_patients:
        has = generator.random(len(terms)) < SHARE
        if not has[: len(symptoms)].any():
            continue
        findings = [Finding(term_id=t, label=t) for t, present in zip(terms, has, strict=True) if present]
        ranks.append(ranker.rank(findings)[0].index(group) + 1)
    return ConditionRanks(name=condition.name, n_terms=len(symptoms), ranks=tuple(ranks))


def main(arguments: Sequence[str] | None = None) -> int:
    """Rank and tell, the conditions found least often first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--setting", type=Setting, choices=list(Setting)[:2], default=Setting.EMERGENCY)
    parser.add_argument("--n", type=int, default=20, help="patients of each condition")
    given = parser.parse_args(arguments)
    practice = EverydayPractice.load(load_graph(bundled_sources(common=True, further=SOURCES)))
    conditions = read_conditions(find_files(["ddxplus"])["ddxplus"]["ddxplus-conditions"])
    entries, table, generator = load_condition_entries(), load_symptom_table(), np.random.default_rng(0)
    ranker = practice.ranker(given.setting)
    ranked = [rank_patients(c, entries[c.name][0], practice, ranker, table, given.n, generator) for c in conditions]
    drawn = [r for r in ranked if r.ranks]
    ranks = [rank for r in drawn for rank in r.ranks]
    lines = [f"{len(drawn)} of {len(ranked)} conditions, {len(ranks)} patients, setting {given.setting}"]
    for top in TOPS:
        all_of = percent(wilson(sum(rank <= top for rank in ranks), len(ranks)))
        shares = [np.mean([rank <= top for rank in r.ranks]) for r in drawn]
        reached = sum(share >= 0.5 for share in shares)
        lines.append(f"top-{top}: {all_of} of the patients; most patients of {reached} conditions")
    for r in sorted(drawn, key=lambda r: float(np.mean([rank <= TOPS[-1] for rank in r.ranks]))):
        told = ", ".join(f"top-{top} {np.mean([rank <= top for rank in r.ranks]):.0%}" for top in TOPS)
        lines.append(f"  {r.name}: {told} ({r.n_terms} symptoms)")
    lines += [f"  {r.name}: no symptom with a term" for r in ranked if not r.ranks]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
