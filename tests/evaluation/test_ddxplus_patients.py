"""Patients drawn from conditions: what they have, and that what is told beside findings is ranked by."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.ddxplus_patients import ConditionRanks, Presentation, rank_patients, report
from kg.circumstances import Circumstance, CircumstanceTable
from kg.common_schema import Setting
from kg.graph import KnowledgeGraph
from kg.sources.ddxplus import Condition, asked_of_all
from kg.symptom_mapping import TableRow
from retrieval.everyday import EverydayPractice
from tests.toy import BRITTLE, LARGE, STRIPED, build_model
from tests.toy_conditions import FLU, TABLE, with_risk

SMOKING = CircumstanceTable([Circumstance(name="smoking", factors=("D:4", "D:5")), Circumstance(name="travel")], ())
TERMS = {f"D:{i}": TableRow(label="", term_id=t, note="") for i, t in enumerate((LARGE, STRIPED, LARGE, BRITTLE, ""))}


def condition(*antecedent_ids: str) -> Condition:
    symptoms = ("D:0", "D:1", "D:2", "D:9")
    return Condition(name="Zorb", icd10="Z", severity=3, symptom_ids=symptoms, antecedent_ids=antecedent_ids)


def test_what_all_are_asked_for_is_no_antecedent_of_any():
    assert asked_of_all([condition("D:3", "D:8"), condition("D:8", "D:4")]) == {"D:8"}
    assert asked_of_all([condition("D:3")]) == frozenset()


def test_a_patient_may_have_each_term_and_each_circumstance_once():
    drawn = Presentation.of(condition(), ["D:2", "D:3", "D:4", "D:5", "D:6"], TERMS, SMOKING)
    assert drawn == Presentation(symptoms=(LARGE, STRIPED), antecedents=(BRITTLE,), circumstances=("smoking",))


def test_patients_who_smoke_are_ranked_by_it(toy_graph: KnowledgeGraph):
    graph = toy_graph.with_statements(TABLE.diseases, TABLE.associations, TABLE.provenance)
    practice = EverydayPractice(build_model(graph), with_risk(TABLE))
    ranker, group = practice.ranker(Setting.GENERAL_PRACTICE), practice.model.group_index[FLU]

    def ranks(*circumstances: str) -> tuple[int, ...]:
        drawn = Presentation(symptoms=(LARGE,), antecedents=(BRITTLE,), circumstances=circumstances)
        return rank_patients(drawn, group, ranker, 40, np.random.default_rng(0))

    assert len(ranks()) == 40
    assert np.mean(ranks("smoking")) < np.mean(ranks())
    nobody = Presentation(symptoms=(), antecedents=(BRITTLE,), circumstances=())
    assert rank_patients(nobody, group, ranker, 40, np.random.default_rng(0)) == ()


def test_the_report_has_the_shares_and_names_who_could_not_be_drawn():
    measured = [
        ConditionRanks(name="Zorb", n_terms=2, ranks=(1, 3)),
        ConditionRanks(name="Storm", n_terms=1, ranks=(9, 1)),
        ConditionRanks(name="Flim", n_terms=0, ranks=()),
    ]
    assert measured[0].share(1) == pytest.approx(0.5)
    lines = list(report(measured))
    assert lines[0] == "2 of 3 conditions, 4 patients"
    assert lines[2].startswith("top-5: 75.0 ")
    assert lines[3:] == [
        "  Storm: top-1 50%, top-5 50% (1 symptoms)",
        "  Zorb: top-1 50%, top-5 100% (2 symptoms)",
        "  Flim: no symptom with a term",
    ]
