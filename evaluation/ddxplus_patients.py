"""Patients of DDXPlus's 49 conditions, drawn from the conditions' own evidences, ranked in the whole graph.

The release says which questions may be answered with yes in a condition, not how often: each symptom and antecedent
that an HPO term is known for, and each antecedent that is a circumstance (smoking), is drawn with the same probability;
patients without a symptom are drawn again. Terms and circumstances come from the project's own tables. What is asked of
all conditions (travel) is not drawn. The graph has the same statements, so this says whether the conditions are told
apart, nothing of real patients. ``python -m evaluation.ddxplus_patients``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.metrics import percent
from evaluation.qa.scoring import wilson
from kg.build import bundled_sources, load_graph
from kg.catalogue import SOURCES, find_files
from kg.circumstances import CircumstanceTable
from kg.common_schema import Setting
from kg.schema import Finding
from kg.sources.circumstances import load_circumstances
from kg.sources.ddxplus import Condition, asked_of_all, load_condition_entries, read_conditions
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

    def share(self, top: int) -> float:
        """Of the patients for whom it came among so many; there must be patients."""
        return float(np.mean([rank <= top for rank in self.ranks]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """What a patient with a condition may have."""

    symptoms: tuple[str, ...]
    """HPO terms, each once, as far as the table has one; so are the antecedents."""
    antecedents: tuple[str, ...]
    circumstances: tuple[str, ...]
    """Names, of antecedents without a term."""

    @classmethod
    def of(
        cls, condition: Condition, antecedent_ids: Sequence[str], table: dict[str, TableRow], known: CircumstanceTable
    ) -> Presentation:
        """Of a condition, with these of its antecedents."""
        symptoms = terms_of(condition.symptom_ids, table)
        told = (known.of_factor(a) for a in antecedent_ids if not terms_of([a], table))
        return cls(
            symptoms=symptoms,
            antecedents=tuple(t for t in terms_of(antecedent_ids, table) if t not in symptoms),
            circumstances=tuple(dict.fromkeys(c.name for c in told if c)),
        )


def terms_of(evidence_ids: Sequence[str], table: dict[str, TableRow]) -> tuple[str, ...]:
    """HPO terms of evidences, each once, as far as the table has one."""
    rows = (table[e] for e in evidence_ids if e in table)
    return tuple(dict.fromkeys(row.term_id for row in rows if row.term_id))


def rank_patients(
    presentation: Presentation,
    group: int,
    ranker: EverydayRanker,
    n_patients: int,
    generator: np.random.Generator,
) -> tuple[int, ...]:
    """Draw patients and rank all diseases for each; the ranks of the disease, 1 is the first."""
    symptoms, terms = presentation.symptoms, (*presentation.symptoms, *presentation.antecedents)
    ranks: list[int] = []
    while symptoms and len(ranks) < n_patients:
        has = generator.random(len(terms)) < SHARE
        told = generator.random(len(presentation.circumstances)) < SHARE
        if not has[: len(symptoms)].any():
            continue
        findings = [Finding(term_id=t, label=t) for t, present in zip(terms, has, strict=True) if present]
        history = {c: c for c, is_so in zip(presentation.circumstances, told, strict=True) if is_so}
        ranks.append(ranker.for_story("", history).rank(findings)[0].index(group) + 1)
    return tuple(ranks)


def measure(
    practice: EverydayPractice, setting: Setting, n_patients: int, *, findings_alone: bool = False
) -> list[ConditionRanks]:
    """Every condition's patients, in a graph that has them. Raises NotReadyError, SourceError."""
    conditions = read_conditions(find_files(["ddxplus"])["ddxplus"]["ddxplus-conditions"])
    entries, table, generator = load_condition_entries(), load_symptom_table(), np.random.default_rng(0)
    of_all, circumstances = asked_of_all(conditions), load_circumstances()
    measured = []
    for condition in conditions:
        antecedents = [a for a in condition.antecedent_ids if a not in of_all]
        presentation = Presentation.of(condition, antecedents, table, circumstances)
        if findings_alone:
            presentation = replace(presentation, circumstances=())
        group = practice.model.group_index[entries[condition.name][0]]
        ranks = rank_patients(presentation, group, practice.ranker(setting), n_patients, generator)
        measured.append(ConditionRanks(name=condition.name, n_terms=len(presentation.symptoms), ranks=ranks))
    return measured


def report(measured: Sequence[ConditionRanks]) -> Iterator[str]:
    """Lines for a person, the conditions found least often first."""
    drawn = [r for r in measured if r.ranks]
    ranks = [rank for r in drawn for rank in r.ranks]
    yield f"{len(drawn)} of {len(measured)} conditions, {len(ranks)} patients"
    for top in TOPS:
        all_of = percent(wilson(sum(rank <= top for rank in ranks), len(ranks)))
        reached = sum(r.share(top) >= 0.5 for r in drawn)
        yield f"top-{top}: {all_of} of the patients; most patients of {reached} conditions"
    for r in sorted(drawn, key=lambda r: r.share(TOPS[-1])):
        yield f"  {r.name}: {', '.join(f'top-{top} {r.share(top):.0%}' for top in TOPS)} ({r.n_terms} symptoms)"
    yield from (f"  {r.name}: no symptom with a term" for r in measured if not r.ranks)


def main(arguments: Sequence[str] | None = None) -> int:
    """Rank and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--setting", type=Setting, choices=list(Setting)[:2], default=Setting.EMERGENCY)
    parser.add_argument("--n", type=int, default=20, help="patients of each condition")
    parser.add_argument("--findings-alone", action="store_true", help="without circumstances")
    given = parser.parse_args(arguments)
    practice = EverydayPractice.load(load_graph(bundled_sources(common=True, further=SOURCES)))
    measured = measure(practice, given.setting, given.n, findings_alone=given.findings_alone)
    sys.stdout.write("\n".join((f"setting {given.setting}", *report(measured))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
