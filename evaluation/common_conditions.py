"""Whether the project's facts on common conditions tell the conditions apart.

``simulate`` draws patients from the table and ranks the conditions of the table by them: what is then not found has too
few rows, or rows like another's. It says nothing of real patients. ``python -m evaluation.common_conditions`` does this
after checking the table and its sources (``evaluation.cited_sources``).
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.cited_sources import SourceCheck, load_cited_sources
from kg.annotations import AnnotationTable
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel, LikelihoodSettings
from kg.ontology import Ontology
from kg.profiles import build_profiles
from kg.schema import Finding
from kg.sources.common_conditions import CommonConditions, find_flaws, load_common_conditions
from retrieval.lexicon import load_lexicon


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedRanks:
    """Where the condition of simulated patients came, among the conditions of the table."""

    ranks: Mapping[str, tuple[int, ...]]
    """Condition -> rank of each patient, 1 first; a tie counts as the mean of its places, rounded up."""

    def share_within(self, k: int, disease_id: str | None = None) -> float:
        """Share of patients, 0..1, of one condition or of all, whose condition is among the first k."""
        chosen = self.ranks.values() if disease_id is None else [self.ranks[disease_id]]
        return float(np.mean([rank <= k for ranks in chosen for rank in ranks]))


def build_table_graph(table: CommonConditions, ontology: Ontology) -> KnowledgeGraph:
    """A graph of these conditions alone."""
    nothing = AnnotationTable.from_associations([], [], list(ontology.terms))
    empty = KnowledgeGraph(ontology, (), nothing, {}, {"hpo": ontology.version})
    return empty.with_statements(table.diseases, table.associations, table.provenance)


def build_table_model(table: CommonConditions, ontology: Ontology) -> LikelihoodModel:
    """The project's likelihood model over these conditions alone."""
    graph, settings = build_table_graph(table, ontology), LikelihoodSettings()
    return LikelihoodModel(graph, build_profiles(graph, settings), settings)


def simulate(table: CommonConditions, ontology: Ontology, n_patients: int, seed: int = 0) -> SimulatedRanks:
    """Draw patients of each condition by its classes of frequency, and rank the conditions for them.

    What every patient has is left out: it mostly is the diagnosis in other words. A patient without a finding is drawn
    again; nothing is drawn of a condition that has only such findings.

    Args:
        table: the facts.
        ontology: the terms.
        n_patients: of each condition.
        seed: of the draw.
    """
    model = build_table_model(table, ontology)
    drawn: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for statement in table.associations:
        if statement.frequency is not None and 0 < statement.frequency.midpoint < 1:
            drawn[statement.disease_id].append((statement.term_id, statement.frequency.midpoint))
    generator = np.random.default_rng(seed)
    ranks = {
        disease_id: tuple(_rank_of_patient(model, disease_id, terms, generator) for _ in range(n_patients))
        for disease_id, terms in drawn.items()
    }
    return SimulatedRanks(ranks=ranks)


def _rank_of_patient(
    model: LikelihoodModel, disease_id: str, terms: Sequence[tuple[str, float]], generator: np.random.Generator
) -> int:
    shares = np.array([share for _, share in terms])
    has = np.zeros(len(terms), np.bool_)
    while not has.any():
        has = generator.random(len(terms)) < shares
    findings = [Finding(term_id=t, label=t) for (t, _), present in zip(terms, has, strict=True) if present]
    scores = model.log_lrs(findings).sum(axis=0)
    own = scores[model.group_index[disease_id]]
    return 1 + int((scores > own).sum()) + int((scores == own).sum()) // 2


def main() -> int:
    """Check the bundled table against the data folder and simulate; 1 where a row does not hold."""
    table, graph = load_common_conditions(), KnowledgeGraph.load()
    check = SourceCheck(load_cited_sources(), graph, load_lexicon(graph))
    flaws = (*find_flaws(table, graph.ontology), *check.find_unsupported(table))
    ranks = simulate(table, graph.ontology, n_patients=100)
    names = {c.disease_id: c.name for c in table.conditions}
    worst = sorted(ranks.ranks, key=lambda d: ranks.share_within(5, d))[:20]
    lines = [
        *flaws,
        f"{len(table.conditions)} conditions, {len(table.findings)} findings, {len(table.facts)} other facts",
        f"{len(flaws)} rows or sources that do not hold",
        f"100 simulated patients of each: first {ranks.share_within(1):.1%}, among five {ranks.share_within(5):.1%}",
        *(
            f"  {names[d]}: first {ranks.share_within(1, d):.0%}, among five {ranks.share_within(5, d):.0%}"
            for d in worst
        ),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(bool(flaws))


if __name__ == "__main__":
    sys.exit(main())
