"""What is stated as a risk factor raises the odds of a disease, and of no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kg.circumstances import Circumstance, CircumstanceTable
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from retrieval.risk_factors import (
    RATIO,
    RiskFactor,
    RiskOdds,
    family_names,
    relative_with,
    stated_risk_factors,
)
from tests.toy import BRITTLE, BRITTLE_TIP, LARGE, OLD_BRITTLE, WOBBLING, build_model, patient
from tests.toy_conditions import FLU, PAGE, STORM, TABLE, with_risk

NONE = CircumstanceTable((), ())
SMOKING = Circumstance(name="smoking", factors=("Smoke",))
BRITTLENESS = Circumstance(name="brittleness", factors=("brittle flims", "CITED:1"), term_ids=(BRITTLE,))
TOLD = CircumstanceTable((SMOKING, BRITTLENESS), ())
SMOKE = RiskFactor(disease_id=FLU, disease="Zorb flu", name="smoke", provenance=PAGE)


def factor(disease_id: str, term_id: str, name: str = "brittleness") -> RiskFactor:
    return replace(SMOKE, disease_id=disease_id, term_id=term_id, name=name)


@pytest.fixture(scope="module")
def model(toy_graph: KnowledgeGraph) -> LikelihoodModel:
    return build_model(toy_graph.with_statements(TABLE.diseases, TABLE.associations, TABLE.provenance))


def test_a_risk_factor_counts_for_its_disease_alone(model: LikelihoodModel):
    odds, flu = RiskOdds(model, [factor(FLU, BRITTLE)], NONE), model.group_index[FLU]
    findings = patient(LARGE, BRITTLE, BRITTLE_TIP, no=[WOBBLING])
    plain, raised = model.log_lrs(findings), odds.log_lrs(findings)
    assert plain[1, flu] < 0 < np.log(RATIO)
    assert raised[1:3, flu] == pytest.approx(np.log(RATIO))  # also what is a kind of it
    plain[1:3, flu] = raised[1:3, flu]
    assert raised.tolist() == plain.tolist()
    assert model.log_lrs(findings)[1, flu] < 0  # the model's own stay as they are


def test_a_finding_that_speaks_louder_keeps_its_ratio(model: LikelihoodModel):
    odds, storm = RiskOdds(model, [factor(STORM, BRITTLE)], NONE), model.group_index[STORM]
    own = model.log_lrs(patient(BRITTLE))[0, storm]
    assert own > np.log(RATIO)
    assert odds.log_lrs(patient(BRITTLE))[0, storm] == own


def test_what_is_denied_raises_nothing(model: LikelihoodModel):
    odds, findings = RiskOdds(model, [factor(FLU, BRITTLE)], NONE), patient(no=[BRITTLE])
    assert odds.log_lrs(findings).tolist() == model.log_lrs(findings).tolist()
    assert odds.present(FLU, findings, {}) == ()


def test_factors_of_nothing_known_are_passed_over_and_old_ids_are_todays(model: LikelihoodModel):
    known = factor(FLU, OLD_BRITTLE)
    stated = [SMOKE, factor("DOID:404", BRITTLE), factor(FLU, "HP:0404040"), known, factor(FLU, BRITTLE)]
    odds = RiskOdds(model, stated, NONE)
    (only,) = odds.present(FLU, patient(LARGE, BRITTLE_TIP), {"smoking": "smokes"})
    assert (only.term_id, only.factor) == (BRITTLE_TIP, known)  # the first statement of several
    assert odds.present(STORM, patient(BRITTLE_TIP), {}) == ()


def test_a_circumstance_that_is_told_counts_once_for_its_diseases(model: LikelihoodModel):
    odds, flu = RiskOdds(model, [SMOKE, factor(STORM, BRITTLE, "brittle flims")], TOLD), model.group_index[FLU]
    findings, history = patient(LARGE), {"smoking": "a pack a day", "travel": "returned from Zorbia"}
    expected = np.zeros(model.n_diseases)
    expected[flu] = np.log(RATIO)
    assert odds.log_odds(findings, history).tolist() == pytest.approx(expected.tolist())
    assert not odds.log_odds(findings, {}).any()
    (only,) = odds.present(FLU, findings, history)
    assert (only.factor, only.circumstance, only.quote, only.term_id) == (SMOKE, "smoking", "a pack a day", "")
    assert odds.present(STORM, findings, history) == ()


def test_a_finding_that_is_the_circumstance_is_not_counted_again(model: LikelihoodModel):
    named = replace(SMOKE, disease_id=FLU, factor_id="CITED:1", name="what is brittle")  # without a term of its own
    odds, history = RiskOdds(model, [named], TOLD), {"brittleness": "brittle"}
    assert odds.log_odds(patient(BRITTLE_TIP), history).tolist() == [0] * model.n_diseases
    assert odds.log_lrs(patient(BRITTLE_TIP))[0, model.group_index[FLU]] >= np.log(RATIO, dtype=np.float32)
    (only,) = odds.present(FLU, patient(BRITTLE_TIP), history)
    assert (only.term_id, only.quote) == (BRITTLE_TIP, "")
    assert odds.log_odds(patient(LARGE, no=[BRITTLE]), history)[model.group_index[FLU]] == pytest.approx(np.log(RATIO))


def test_the_tables_and_the_graphs_factors_are_stated(toy_graph: KnowledgeGraph):
    assert [(f.disease, f.name, f.term_id) for f in stated_risk_factors(toy_graph, with_risk(TABLE))] == [
        ("Zorb flu", "brittle flims", BRITTLE),
        ("Zorb flu", "smoking", None),
        ("Zorb flu", "family history", None),
    ]


def test_a_relative_with_the_disease_counts_where_a_source_names_the_family(model: LikelihoodModel):
    family = replace(SMOKE, disease_id=FLU, name="Family history")
    odds, flu = RiskOdds(model, [family, SMOKE], TOLD), model.group_index[FLU]
    findings, history = patient(LARGE), {relative_with("Zorb flu"): "the flu of Zorb", relative_with("Zorb storm"): "x"}
    expected = np.zeros(model.n_diseases)
    expected[flu] = np.log(RATIO)
    assert odds.log_odds(findings, history).tolist() == pytest.approx(expected.tolist())
    (only,) = odds.present(FLU, findings, history)
    assert (only.factor, only.circumstance, only.quote) == (family, "relative with Zorb flu", "the flu of Zorb")


def test_a_relatives_disease_is_known_by_the_tables_and_the_ontologys_names(toy_graph: KnowledgeGraph):
    term = toy_graph.ontology.term(BRITTLE)
    brittle = replace(TABLE.conditions[0], name=term.name, synonyms=("zorb bone", "zb"))
    factors = (replace(SMOKE, disease=term.name, name="family history"), replace(SMOKE, disease="Zorb storm"))
    names = family_names(factors, replace(TABLE, conditions=(brittle,)), toy_graph.ontology)
    synonyms = {s.text for s in term.synonyms if s.text != "BFL"}  # three letters stand for many things
    assert synonyms
    assert names == dict.fromkeys({"zorb bone", term.name} | synonyms, relative_with(term.name))
