"""How likely a disease is to be why somebody comes, before anything is found: by setting, age and sex.

A condition of the project's table (``kg.sources.common_conditions``) has its class for the setting, as the share of
visits in the middle of the class. Of any other disease of which a page says how common it is, ``VISITS`` of those who
have it come with it, undiagnosed, in place of the other visits of a year. The rest have the share of the rarest, and
entries of the Disease Ontology or Mondo that no source of rare diseases has ten times that. Ages outside the typical
ones, and the sex that a condition seldom or never befalls, lower the share of a condition; neither is known of others.
One whose name says whom it befalls ("... in children", "Neonatal ...") is lowered more steeply, at most as by the other
sex.

Decision 0027 has the reasons. Deliberately not here: the genetics clinic, whose ranking was learned from its patients
(``retrieval.fusion``, ``llm.reader``), and what findings say (``kg.likelihood``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from kg.arrays import Doubles
from kg.common_schema import CommonCondition, Seen, Setting, Sex
from kg.equivalence import SOURCE_ORDER
from kg.graph import KnowledgeGraph

SHARES = {
    Seen.VERY_COMMON: 2e-2,
    Seen.COMMON: 3e-3,
    Seen.UNCOMMON: 3e-4,
    Seen.RARE: 3e-5,
    Seen.NOT_SEEN: 3e-6,
}
"""Of visits: the middle of each class, on a logarithmic scale."""
VISITS = 0.01
"""Of the people with a rare disease, those for whom it is the unknown reason of one visit."""
RAREST = 1e-7
RAREST_OF_COMMON_NAMES = 1e-6
UNLISTED = 0.3
"""Of visits: for what is in no table."""
_MOSTLY = {True: 1.3, False: 0.6}
_ONLY = {True: 2.0, False: 0.002}
"""How much commoner a condition is in the sex that it mostly, or only, befalls, and in the other one."""
_LEAST_BY_AGE = -3.0
"""Most that an unusual age takes away, in nats."""
_NAMES_AN_AGE = re.compile(r"\b(child(ren|hood)?|infan(t|ts|cy|tile)|neonat\w*|newborns?|prematurity)\b", re.IGNORECASE)
_STEEPER_BY_NAME = 3.0
_LEAST_BY_NAME = math.log(_ONLY[False])


class VisitPrior:
    """Log-shares of visits for all diseases at once.

    Args:
        graph: with the conditions among its diseases; others are passed over.
        conditions: of the table.
    """

    def __init__(self, graph: KnowledgeGraph, conditions: Sequence[CommonCondition]) -> None:
        index = {d: i for i, group in enumerate(graph.disease_groups) for d in group}
        self._conditions = {index[c.disease_id]: c for c in conditions if c.disease_id in index}
        self._base = np.log([_share_of_rare(graph, group) for group in graph.disease_groups])

    def log_shares(self, setting: Setting, years: float | None = None, *, is_female: bool | None = None) -> Doubles:
        """Natural logarithm of each disease's share of the visits, shape [n_diseases]; they don't sum to one.

        Args:
            setting: where.
            years: age; None where it is not known.
            is_female: sex; None where it is not known.
        """
        log_shares = self._base.copy()
        for i, condition in self._conditions.items():
            share = np.log(SHARES[condition.seen_in(setting)])
            log_shares[i] = share + _by_sex(condition.sex, is_female) + _by_age(condition, years)
        return log_shares


def _share_of_rare(graph: KnowledgeGraph, group: Sequence[str]) -> float:
    prevalence = graph.prevalence_of(group[0])
    is_rare = any(disease_id.startswith(SOURCE_ORDER) for disease_id in group)
    least = RAREST if is_rare else RAREST_OF_COMMON_NAMES
    return least if prevalence is None else max(VISITS * prevalence.middle, least)


def _by_sex(befalls: Sex, is_female: bool | None) -> float:
    if is_female is None or befalls is Sex.ANY:
        return 0.0
    fits = is_female is (befalls in (Sex.FEMALE, Sex.MOSTLY_FEMALE))
    return float(np.log((_ONLY if befalls in (Sex.FEMALE, Sex.MALE) else _MOSTLY)[fits]))


def _by_age(condition: CommonCondition, years: float | None) -> float:
    """A tenth of the age and five years outside the typical ages divide the share by e, a third of it by a name's."""
    if years is None:
        return 0.0
    outside = max(condition.age_from - years, years - condition.age_to, 0.0) / (5 + years / 10)
    if _NAMES_AN_AGE.search(condition.name):
        return max(-_STEEPER_BY_NAME * outside, _LEAST_BY_NAME)
    return max(-outside, _LEAST_BY_AGE)
