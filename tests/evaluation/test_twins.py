"""Which publications may describe a patient of whom nobody says where they come from."""

from __future__ import annotations

import pytest

from evaluation.schema import Case
from evaluation.twins import find_twins
from kg.graph import KnowledgeGraph
from retrieval.cases import cases_of
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BETA,
    BRITTLE,
    FLIM,
    LARGE,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    patient,
    published_patient,
)

STORE = (
    published_patient("same", ALPHA, "PMID:1", LARGE, STRIPED, WOBBLING),
    published_patient("half", ALPHA, "PMID:2", LARGE, STRIPED, BRITTLE, FLIM),
    published_patient("less", ALPHA, "PMID:3", LARGE, BRITTLE),
    published_patient("finer", ALPHA, "PMID:4", VERY_LARGE, STRIPED),
    published_patient("other disease", BETA, "PMID:5", LARGE, STRIPED, WOBBLING),
)


def nameless(disease_id: str, *present: str, no: tuple[str, ...] = ()) -> Case:
    return Case(case_id="1", findings=patient(*present, no=no), gold_ids=(disease_id,), publication="1")


@pytest.mark.parametrize("disease_id", [ALPHA, ALPHA_ORPHA])
def test_half_of_the_findings_by_the_same_terms_and_one_of_the_diseases(toy_graph: KnowledgeGraph, disease_id: str):
    published = cases_of(STORE, toy_graph.ontology, "toy")
    case = nameless(disease_id, LARGE, STRIPED, WOBBLING, no=(BRITTLE,))
    assert find_twins([case], published, toy_graph) == {"PMID:1", "PMID:2"}


def test_one_shared_finding_is_no_sign(toy_graph: KnowledgeGraph):
    published = cases_of(STORE, toy_graph.ontology, "toy")
    assert find_twins([nameless(ALPHA, LARGE)], published, toy_graph) == frozenset()
    assert find_twins([], published, toy_graph) == frozenset()


def test_a_class_of_mondo_means_the_entries_that_are_equivalent_to_it(toy_graph: KnowledgeGraph):
    graph = KnowledgeGraph(
        toy_graph.ontology,
        tuple(toy_graph.diseases.values()),
        toy_graph.annotations,
        {},
        {},
        mondo_ids={ALPHA: "MONDO:1", ALPHA_ORPHA: "MONDO:1"},
    )
    published = cases_of(STORE, graph.ontology, "toy")
    case = nameless("MONDO:1", LARGE, STRIPED, WOBBLING)
    assert find_twins([case], published, graph) == {"PMID:1", "PMID:2"}
    assert find_twins([case], published, toy_graph) == frozenset()


def test_a_disease_outside_the_graph_has_twins_too(toy_graph: KnowledgeGraph):
    unknown = published_patient("new", "OMIM:999999", "PMID:9", LARGE, STRIPED)
    published = cases_of([unknown], toy_graph.ontology, "toy")
    assert find_twins([nameless("OMIM:999999", LARGE, STRIPED)], published, toy_graph) == {"PMID:9"}
