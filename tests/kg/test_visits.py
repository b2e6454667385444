"""How likely a disease is to be why somebody comes: by hand."""

from __future__ import annotations

import math

import pytest

from kg.common_schema import CommonCondition, Seen, Setting, Sex, Urgency
from kg.graph import KnowledgeGraph
from kg.schema import Disease, Prevalence, Provenance
from kg.visits import RAREST, RAREST_OF_COMMON_NAMES, SHARES, VISITS, VisitPrior
from tests.toy import ALPHA, BETA, GAMMA

SOURCE = Provenance(source="toy", version="1", reference="", licence="CC0-1.0")
FLU = "DOID:7"


def condition(disease_id: str = BETA, sex: Sex = Sex.ANY, name: str = "Beta") -> CommonCondition:
    return CommonCondition(
        disease_id=disease_id,
        name=name,
        system="zorbs",
        general_practice=Seen.VERY_COMMON,
        emergency=Seen.NOT_SEEN,
        specialised=Seen.RARE,
        age_from=20,
        age_to=60,
        sex=sex,
        urgency=Urgency.ROUTINE,
        references=("https://example.org",),
    )


@pytest.fixture
def graph(toy_graph: KnowledgeGraph) -> KnowledgeGraph:
    """With an entry that no source of rare diseases has, and a prevalence."""
    further = toy_graph.with_statements([Disease(disease_id=FLU, name="Zorb flu")], [], SOURCE)
    further.prevalences = (Prevalence(disease_id=ALPHA, low=1e-3, high=1e-3, provenance=SOURCE),)
    return further


def share(graph: KnowledgeGraph, disease_id: str, *conditions: CommonCondition, **who: object) -> float:
    setting = who.pop("setting", Setting.GENERAL_PRACTICE)
    log_shares = VisitPrior(graph, conditions).log_shares(setting, **who)
    index = next(i for i, group in enumerate(graph.disease_groups) if disease_id in group)
    return math.exp(log_shares[index])


def test_a_condition_has_the_class_of_the_setting_and_others_what_is_known_of_them(graph: KnowledgeGraph):
    assert share(graph, BETA, condition()) == pytest.approx(SHARES[Seen.VERY_COMMON])
    assert share(graph, BETA, condition(), setting=Setting.EMERGENCY) == pytest.approx(SHARES[Seen.NOT_SEEN])
    assert share(graph, ALPHA, condition()) == pytest.approx(1e-3 * VISITS)
    assert share(graph, GAMMA, condition()) == pytest.approx(RAREST)
    assert share(graph, FLU) == pytest.approx(RAREST_OF_COMMON_NAMES)
    assert share(graph, BETA, condition("DOID:404")) == pytest.approx(RAREST)  # the graph doesn't have it


@pytest.mark.parametrize(
    ("sex", "is_female", "times"),
    [
        (Sex.ANY, True, 1),
        (Sex.FEMALE, None, 1),
        (Sex.FEMALE, True, 2),
        (Sex.FEMALE, False, 0.002),
        (Sex.MALE, False, 2),
        (Sex.MOSTLY_MALE, True, 0.6),
        (Sex.MOSTLY_FEMALE, True, 1.3),
    ],
)
def test_sex_counts(graph: KnowledgeGraph, sex: Sex, is_female: bool | None, times: float):
    found = share(graph, BETA, condition(sex=sex), is_female=is_female)
    assert found == pytest.approx(times * SHARES[Seen.VERY_COMMON])


@pytest.mark.parametrize(
    ("years", "log_times"), [(None, 0), (20, 0), (60, 0), (10, -10 / 6), (70, -10 / 12), (0, -3), (110, -3)]
)
def test_an_unusual_age_counts_but_excludes_nothing(graph: KnowledgeGraph, years: float | None, log_times: float):
    found = share(graph, BETA, condition(), years=years)
    assert found == pytest.approx(math.exp(log_times) * SHARES[Seen.VERY_COMMON])


@pytest.mark.parametrize(
    ("name", "years", "log_times"),
    [
        ("Zorb infection in children", 60, 0),
        ("Zorb infection in children", 70, -3 * 10 / 12),
        ("Neonatal zorb", 10, -3 * 10 / 6),
        ("Zorb of prematurity", 110, math.log(0.002)),
        ("Childlike zorb", 70, -10 / 12),
    ],
)
def test_a_name_that_says_whom_it_befalls_counts_as_much_as_the_other_sex(
    graph: KnowledgeGraph, name: str, years: float, log_times: float
):
    found = share(graph, BETA, condition(name=name), years=years)
    assert found == pytest.approx(math.exp(log_times) * SHARES[Seen.VERY_COMMON])
