"""Benchmark files as cases: what cannot be scored keeps its name and gets a reason."""

from __future__ import annotations

import json

import pytest

from evaluation.cases import build_case_set, load_cases
from evaluation.schema import Unscored
from kg.errors import SourceError
from kg.schema import Finding, Patient
from tests.toy import ALPHA, BRITTLE, EPSILON, LARGE, OLD_LARGE, STRIPED, UNKNOWN_TERM, published_patient


def test_what_cannot_be_scored_is_named(toy_graph):
    def of(patient_id: str, *findings: Finding, diseases: tuple[str, ...] = (ALPHA,)) -> Patient:
        return Patient(patient_id=patient_id, findings=findings, disease_ids=diseases, references=("PMID:1",))

    large = Finding(term_id=LARGE, label="")
    case_set = build_case_set(
        [
            of("good", large),
            of("good", large),
            of("undiagnosed", large, diseases=()),
            of("nothing"),
            of("unknown", Finding(term_id=UNKNOWN_TERM, label="")),
            of("excluded", Finding(term_id=LARGE, label="", excluded=True)),
            of("malformed", large, diseases=("Alpha syndrome",)),
            of("one of two", large, diseases=("900001", ALPHA)),
            of("outside", large, diseases=("OMIM:999999",)),
        ],
        toy_graph.ontology,
        [Unscored(case_id="broken.json", reason="cannot be read: is not JSON")],
    )
    assert [c.case_id for c in case_set.cases] == ["good", "one of two", "outside"]
    assert [(u.case_id, u.reason) for u in case_set.unscored] == [
        ("broken.json", "cannot be read: is not JSON"),
        ("good", "repeated id"),
        ("undiagnosed", "no diagnosis"),
        ("nothing", "no present finding that the ontology knows"),
        ("unknown", "no present finding that the ontology knows"),
        ("excluded", "no present finding that the ontology knows"),
        ("malformed", "malformed disease id: Alpha syndrome"),
    ]


def test_a_case_has_current_ids_and_its_publication_or_is_its_own(toy_graph):
    patients = [
        published_patient("a", ALPHA, "PMID:1", OLD_LARGE, UNKNOWN_TERM, no=[BRITTLE]),
        published_patient("b", ALPHA, "", LARGE),
    ]
    with_reference, without = build_case_set(patients, toy_graph.ontology).cases
    assert [(f.term_id, f.excluded) for f in with_reference.findings] == [(LARGE, False), (BRITTLE, True)]
    assert (with_reference.unknown_ids, without.unknown_ids) == ((UNKNOWN_TERM,), ())
    assert (with_reference.publication, without.publication) == ("PMID:1", "b")


def test_phenobrain_rows_are_cases(toy_graph, tmp_path):
    file = tmp_path / "set.json"
    file.write_text(json.dumps([[[LARGE, STRIPED], [ALPHA, "ORPHA:1"]], [[BRITTLE.lower()], [EPSILON.lower()]]]))
    cases = load_cases(file, toy_graph.ontology).cases
    assert [(c.case_id, c.gold_ids, len(c.findings), c.publication) for c in cases] == [
        ("set-1", (ALPHA, "ORPHA:1"), 2, "set-1"),
        ("set-2", (EPSILON,), 1, "set-2"),
    ]
    for other in ("[1]", "[[[1], [2]]]", "{}x"):
        file.write_text(other)
        with pytest.raises(SourceError, match="is not a list of"):
            load_cases(file, toy_graph.ontology)
