"""Every way in which a disease can explain a finding; the rows are those of tests/data/recipe.py."""

import pytest

from kg.errors import UnknownIdError
from kg.graph import KnowledgeGraph
from kg.schema import Association, Finding, FindingMatch, Match
from tests.toy import SERIES_SOURCE, counted_series

ALPHA, BETA, GAMMA, DELTA, EPSILON = "OMIM:900001", "OMIM:900002", "OMIM:900003", "ORPHA:902", "OMIM:900004"


def finding(number: int, *, excluded: bool = False) -> Finding:
    return Finding(term_id=f"HP:90000{number:02}", label="", excluded=excluded)


def match(graph: KnowledgeGraph, disease_id: str, number: int, *, excluded: bool = False) -> FindingMatch:
    (found,) = graph.explain(disease_id, [finding(number, excluded=excluded)]).matches
    return found


def said(associations: tuple[Association, ...]) -> list[tuple[str, str, str]]:
    """Disease, last digits of the term, and frequency."""
    return [(a.disease_id, a.term_id[-2:], str(a.frequency or "")) for a in associations]


VERY_LARGE = [("ORPHA:901", "13", "80% to 99% of patients (very frequent)"), ("OMIM:900001", "13", "7 of 8 patients")]
NOT_BRITTLE = [("OMIM:900001", "21", "")]
STRIPED = ("OMIM:900001", "12", "3 of 4 patients")
WOBBLING = ("ORPHA:901", "22", "5% to 29% of patients (occasional)")


@pytest.mark.parametrize(
    ("number", "excluded", "expected", "rows"),
    [
        (13, False, Match.EXACT, VERY_LARGE),  # middle 0.895 before 0.875
        (11, False, Match.SPECIFIC, VERY_LARGE),
        (14, False, Match.GENERAL, [STRIPED]),
        (24, False, Match.GENERAL, [STRIPED, WOBBLING]),  # two parents, 0.75 before 0.17
        (21, False, Match.CONTRADICTED, NOT_BRITTLE),
        (23, False, Match.CONTRADICTED, NOT_BRITTLE),  # what is absent is absent in every form
        (20, False, Match.SPECIFIC, [WOBBLING]),  # absent "Brittle flim" says nothing of the whole flim
        (13, True, Match.CONTRADICTED, VERY_LARGE),
        (11, True, Match.CONTRADICTED, VERY_LARGE),
        (21, True, Match.AGREED_ABSENT, NOT_BRITTLE),
        (23, True, Match.AGREED_ABSENT, NOT_BRITTLE),
        (14, True, Match.NEUTRAL, []),
    ],
)
def test_alpha_with_its_equivalent_entry(toy_graph, number, excluded, expected, rows):
    for disease_id in (ALPHA, "ORPHA:901"):
        found = match(toy_graph, disease_id, number, excluded=excluded)
        assert found.match is expected
        assert said(found.associations) == rows


def test_an_organ_system_alone_explains_nothing(toy_graph):
    found = match(toy_graph, EPSILON, 21)  # annotated: "Abnormality of the flim"
    assert (found.match, found.associations) == (Match.UNEXPLAINED, ())
    assert match(toy_graph, EPSILON, 20).match is Match.EXACT


def test_only_the_nearest_general_terms_are_named(toy_graph):
    # Gamma has "Large zorb" twice (10 of 10, and 4 of 5); of "Very large zorb" nothing is said.
    found = match(toy_graph, GAMMA, 13)
    assert found.match is Match.GENERAL
    assert said(found.associations) == [(GAMMA, "11", "10 of 10 patients"), (GAMMA, "11", "4 of 5 patients")]


def test_nobody_in_a_series_and_excluded_by_class_are_absent(toy_graph):
    assert match(toy_graph, BETA, 14).match is Match.CONTRADICTED  # 0 of 5
    assert match(toy_graph, GAMMA, 23, excluded=True).match is Match.AGREED_ABSENT  # HP:0040285


def test_a_past_history_is_no_finding_of_the_disease(toy_graph):
    assert match(toy_graph, BETA, 22).match is Match.UNEXPLAINED


def test_matches_keep_the_order_and_current_ids(toy_graph):
    findings = [finding(12), finding(90), finding(92, excluded=True)]
    matches = toy_graph.explain(ALPHA, findings).matches
    assert [m.finding.term_id for m in matches] == ["HP:9000012", "HP:9000011", "HP:9000021"]
    assert [m.match for m in matches] == [Match.EXACT, Match.SPECIFIC, Match.AGREED_ABSENT]


def missing(graph: KnowledgeGraph, disease_id: str, *findings: Finding) -> list[tuple[str, str, str]]:
    return said(graph.explain(disease_id, findings).missing)


def test_what_is_expected_and_not_mentioned_is_missing(toy_graph):
    # Of the two rows on "Very large zorb" the more telling one; 3 of 4 is not expected, 5 to 29 % neither.
    assert missing(toy_graph, ALPHA) == VERY_LARGE[:1]
    assert missing(toy_graph, ALPHA, finding(22), finding(12)) == VERY_LARGE[:1]
    assert missing(toy_graph, GAMMA) == [(GAMMA, "11", "10 of 10 patients")]  # 1 of 1 is one patient
    assert missing(toy_graph, EPSILON) == []


@pytest.mark.parametrize(
    "mentioned",
    [finding(13), finding(13, excluded=True), finding(11), finding(11, excluded=True), finding(10)],
)
def test_what_is_mentioned_in_any_form_is_not_missing(toy_graph, mentioned):
    assert missing(toy_graph, ALPHA, mentioned) == []


def test_a_more_specific_finding_mentions_the_general_one(toy_graph):
    assert missing(toy_graph, GAMMA, finding(13)) == []


def test_unknown_ids_are_refused(toy_graph):
    with pytest.raises(UnknownIdError, match="OMIM:1 is not a disease"):
        toy_graph.explain("OMIM:1", [])
    with pytest.raises(UnknownIdError, match="HP:9000091 is not a term"):
        toy_graph.explain(ALPHA, [finding(91)])


def test_the_number_of_patients_of_a_series_explains_nothing(toy_graph):
    """That 9 of 9 have a phenotypic abnormality is no match for a finding, and not missing where none is said."""
    series = counted_series(BETA, "PMID:1", 9, {"HP:9000021": (8, 9)})
    graph = toy_graph.with_series([series], SERIES_SOURCE)
    assert match(graph, BETA, 11) == FindingMatch(finding=finding(11), match=Match.UNEXPLAINED)
    assert said(graph.explain(BETA, [finding(11)]).missing) == [(BETA, "21", "8 of 9 patients")]
    assert said(match(graph, BETA, 21).associations)[0] == (BETA, "21", "8 of 9 patients")
