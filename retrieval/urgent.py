"""What must not be missed: urgent conditions that the findings allow, with the red flags that make them so.

An emergency is listed where its probability is at least ``LEAST``, or the patient has one of its red flags and it is at
least ``LEAST_FLAGGED``; what is merely urgent, where it is at least ``LEAST`` and the patient has a red flag. Urgency
and red flags are the clinical judgement of the table's authors (decision 0024).
Deliberately not here: triage. That nothing is listed doesn't mean that nothing is urgent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from kg.common_schema import CommonCondition, Urgency
from kg.likelihood import LikelihoodModel
from kg.ontology import Ontology
from kg.schema import Finding
from kg.sources.common_conditions import CommonConditions, CommonFinding
from retrieval.schema import Ranking, RedFlag, UrgentCondition

LEAST = 0.02
LEAST_FLAGGED = 0.005
"""As many conditions are listed with it as before probabilities were made milder (decision 0034)."""
MOST = {Urgency.EMERGENCY: 5, Urgency.URGENT: 2}
"""Conditions that are listed: neither kind crowds out the other."""
MOST_ASKED = 3
"""Red flags to ask for, of each."""


def find_urgent(
    model: LikelihoodModel,
    table: CommonConditions,
    findings: Sequence[Finding],
    ranked: Ranking,
) -> tuple[UrgentCondition, ...]:
    """Urgent conditions that must not be missed: emergencies first, the likeliest first.

    Args:
        model: over a graph that has the conditions.
        table: of common conditions.
        findings: the patient's, with current ids.
        ranked: by the setting's ranker, for these findings.
    """
    probabilities = {i: float(np.exp(log_p)) for i, log_p in zip(*ranked, strict=True)}
    listed = []
    for condition in table.conditions:
        probability = probabilities.get(model.group_index.get(condition.disease_id, -1), 0.0)
        is_emergency = condition.urgency is Urgency.EMERGENCY
        if condition.urgency is Urgency.ROUTINE or probability < (LEAST_FLAGGED if is_emergency else LEAST):
            continue
        urgent = _describe(condition, table, findings, probability, model.graph.ontology)
        if urgent.present or (is_emergency and probability >= LEAST):
            listed.append(urgent)
    listed.sort(key=lambda u: (-u.probability, u.disease_id))
    return tuple(u for urgency, most in MOST.items() for u in [u for u in listed if u.urgency is urgency][:most])


def _describe(
    condition: CommonCondition,
    table: CommonConditions,
    findings: Sequence[Finding],
    probability: float,
    ontology: Ontology,
) -> UrgentCondition:
    flags = table.red_flags_of(condition.disease_id)
    has = {t for f in findings if not f.excluded for t in ontology.ancestors(f.term_id)}
    lacks = {f.term_id for f in findings if f.excluded}
    unsaid = [
        f
        for f in flags
        if f.association.term_id not in has and not ontology.ancestors(f.association.term_id) & lacks and _may_ask(f)
    ]
    unsaid.sort(key=lambda f: -_midpoint(f))
    return UrgentCondition(
        disease_id=condition.disease_id,
        name=condition.name,
        urgency=condition.urgency,
        probability=probability,
        present=tuple(_flags(f for f in flags if f.association.term_id in has)),
        to_ask=tuple(_flags(unsaid[:MOST_ASKED])),
    )


def _may_ask(flag: CommonFinding) -> bool:
    """What every patient has mostly is the diagnosis in other words."""
    return 0 < _midpoint(flag) < 1


def _midpoint(flag: CommonFinding) -> float:
    return flag.association.frequency.midpoint if flag.association.frequency else 0.0


def _flags(findings: Iterable[CommonFinding]) -> Iterator[RedFlag]:
    for f in findings:
        yield RedFlag(term_id=f.association.term_id, label=f.label, provenance=f.association.provenance[0])
