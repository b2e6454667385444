"""Patients simulated from what the graph says of diseases, for the reader to begin with.

Each is drawn for one disease, whether or not a patient with it was ever published: findings by their frequency, some
put less precisely than they are described, some that belong to nobody in particular, some ruled out that other diseases
have. Nothing is known of how findings go together, so that a simulated patient is only a beginning.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg.graph import KnowledgeGraph
from kg.schema import Association, Finding

_ENTRIES = ("OMIM:", "ORPHA:", "DECIPHER:")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSettings:
    """What simulated patients are like; set so that their numbers are those of published patients."""

    most_findings: int = 16
    told: float = 0.75
    """Share of what a patient has that is told."""
    imprecise: float = 0.25
    """Share of findings that are told as the next more general term."""
    strange: float = 0.12
    """Share of findings that the disease does not explain."""
    ruled_out: float = 0.35
    """Findings that are told to be absent, for each that is told to be present."""
    unstated: float = 0.4
    """Frequency of a finding without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPatient:
    """A patient who never was."""

    disease_id: str
    findings: tuple[Finding, ...]


def simulate_patients(
    graph: KnowledgeGraph, n: int, seed: int = 0, settings: SimulationSettings | None = None
) -> tuple[SimulatedPatient, ...]:
    """Patients with diseases drawn at random, at most one of a disease before all have had one.

    Only statements that rest on no publication are drawn from (entries of OMIM and Orphanet as such), so that no fold
    over publications holds out what a patient shows.

    Args:
        graph: what is known.
        n: how many.
        seed: of the drawing.
        settings: what they are like.
    """
    settings, drawn = settings or SimulationSettings(), random.Random(seed)  # noqa: S311 - a simulation
    described = {d: told for d in sorted(graph.diseases) if len(told := _statements(graph, d)) > 1}
    common = [a.term_id for told in described.values() for a in told]
    patients: list[SimulatedPatient] = []
    while len(patients) < n and described:
        order = sorted(described)
        drawn.shuffle(order)
        for disease_id in order[: n - len(patients)]:
            findings = tuple(_draw(described[disease_id], common, graph, drawn, settings))
            if findings:
                patients.append(SimulatedPatient(disease_id=disease_id, findings=findings))
    return tuple(patients)


def _statements(graph: KnowledgeGraph, disease_id: str) -> tuple[Association, ...]:
    return tuple(
        a
        for a in graph.findings_of(disease_id)
        if not a.excluded and all(p.reference.startswith(_ENTRIES) for p in a.provenance)
    )


def _draw(
    statements: Sequence[Association],
    common: Sequence[str],
    graph: KnowledgeGraph,
    drawn: random.Random,
    settings: SimulationSettings,
) -> Iterator[Finding]:
    """The findings of one patient; at least one of the disease's own."""
    ontology = graph.ontology
    has = [a.term_id for a in statements if drawn.random() < _frequency(a, settings)]
    told = [t for t in has if drawn.random() < settings.told][: settings.most_findings] or has[:1]
    if not told:
        return
    present: dict[str, None] = {}
    for term_id in told:
        parents = sorted(set(ontology.term(term_id).parent_ids) & ontology.phenotypic_abnormalities)
        less_precise = bool(parents) and drawn.random() < settings.imprecise
        present[drawn.choice(parents) if less_precise else term_id] = None
    n_strange = sum(drawn.random() < settings.strange for _ in present)
    present |= dict.fromkeys(drawn.choice(common) for _ in range(n_strange))
    implied = {a for t in present for a in ontology.ancestors(t)}
    n_ruled_out = sum(drawn.random() < settings.ruled_out for _ in present)
    own = {a.term_id for a in statements}
    candidates = (drawn.choice(common) for _ in range(4 * n_ruled_out))
    ruled_out = dict.fromkeys(t for t in candidates if t not in implied and t not in own)
    for term_id, excluded in [*((t, False) for t in present), *((t, True) for t in list(ruled_out)[:n_ruled_out])]:
        yield Finding(term_id=term_id, label=ontology.name(term_id), excluded=excluded)


def _frequency(association: Association, settings: SimulationSettings) -> float:
    frequency = association.frequency
    return settings.unstated if frequency is None else frequency.midpoint
