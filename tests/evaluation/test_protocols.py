"""Nothing of a held-out publication is in use, and the check would see it."""

from __future__ import annotations

import json

import pytest

from evaluation.cases import build_case_set, load_cases
from evaluation.errors import LeakError
from evaluation.protocols import Knowledge, check_no_leak, fold_publications, hold_out
from evaluation.runner import predict
from evaluation.schema import Case, Protocol
from evaluation.systems import System
from kg.errors import SourceError
from kg.schema import Finding, Patient
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BRITTLE,
    EPSILON,
    LARGE,
    STRIPED,
    UNKNOWN_TERM,
    build_model,
    build_toy_library,
    patient,
)


def case(case_id: str, publication: str, *term_ids: str, gold: str = ALPHA) -> Case:
    return Case(case_id=case_id, findings=patient(*term_ids), gold_ids=(gold,), publication=publication)


def publications_of(graph) -> list[str]:
    refs = {r for row in range(len(graph.annotations)) for r in graph.annotations.references(row)}
    return sorted(r for r in refs if r.startswith("PMID:"))


def test_folds_part_the_publications_whatever_the_order():
    cases = [case(str(i), f"PMID:{i % 25}", LARGE) for i in range(100)]
    folds = fold_publications(cases)
    assert folds == fold_publications(cases[::-1])
    assert len(folds) == 10
    assert sorted(p for fold in folds for p in fold) == sorted({c.publication for c in cases})


def test_unseen_publication_leaves_no_trace_and_published_keeps_the_graph(toy_graph):
    library = build_toy_library(toy_graph)
    for publication in publications_of(toy_graph):
        held_out = frozenset({publication})
        unseen = hold_out(toy_graph, library, held_out, Protocol.UNSEEN_PUBLICATION)
        published = hold_out(toy_graph, library, held_out, Protocol.PUBLISHED)
        assert publication not in publications_of(unseen.model.graph)
        assert len(published.model.graph.annotations) == len(toy_graph.annotations)
        for knowledge in (unseen, published):
            assert knowledge.library is not None
            references = {c.provenance.reference for c in knowledge.library.cases}
            assert publication not in references


def test_statements_of_other_publications_stay(toy_graph):
    publication = publications_of(toy_graph)[0]
    left = toy_graph.without_references({publication}).annotations
    named = [r for r in range(len(toy_graph.annotations)) if publication in toy_graph.annotations.references(r)]
    assert named
    assert len(left) == len(toy_graph.annotations) - len(named)


def test_a_series_that_shares_a_count_with_a_held_out_publication_goes_too(toy_graph):
    table = toy_graph.annotations
    pooled = next(r for r in range(len(table)) if len(table.references(r)) > 1)
    held_out, other = table.references(pooled)[:2]
    library = build_toy_library(toy_graph)
    series = f"{table.record(pooled).disease_id}|{other}"
    assert series in {c.case_id for c in library.cases}
    knowledge = hold_out(toy_graph, library, frozenset({held_out}), Protocol.UNSEEN_PUBLICATION)
    assert knowledge.library is not None
    assert series not in {c.case_id for c in knowledge.library.cases}


def test_the_check_sees_a_leak(toy_graph):
    publication = publications_of(toy_graph)[0]
    leaky = Knowledge(model=build_model(toy_graph), library=None)
    with pytest.raises(LeakError, match=publication):
        check_no_leak(leaky, frozenset({publication}), Protocol.UNSEEN_PUBLICATION)
    check_no_leak(leaky, frozenset({publication}), Protocol.PUBLISHED)
    with_cases = Knowledge(model=build_model(toy_graph), library=build_toy_library(toy_graph))
    with pytest.raises(LeakError, match="the case"):
        check_no_leak(with_cases, frozenset({publication}), Protocol.PUBLISHED)


def test_the_library_without_a_case_finds_the_others_as_before(toy_graph):
    library = build_toy_library(toy_graph)
    gone = library.cases[0]
    findings = patient(LARGE, STRIPED)
    expected = [(h.case.case_id, h.similarity) for h in library.similar(findings) if h.case != gone]
    left = library.only(lambda c: c != gone).similar(findings)
    assert sorted(expected) == sorted((h.case.case_id, h.similarity) for h in left)


@pytest.mark.parametrize("system", System)
def test_a_run_goes_on_where_it_was_cut_off(toy_graph, tmp_path, system):
    cases = [case(f"c{i}", f"PMID:{i}", *terms) for i, terms in enumerate([(LARGE,), (STRIPED,), (BRITTLE, LARGE)])]
    library, out = build_toy_library(toy_graph), tmp_path / "predictions.jsonl"
    whole = predict(cases, toy_graph, library, Protocol.UNSEEN_PUBLICATION, system, out)
    lines = out.read_text().splitlines(keepends=True)
    out.write_text("".join(lines[:1]))
    assert predict(cases, toy_graph, library, Protocol.UNSEEN_PUBLICATION, system, out) == whole
    assert sorted(out.read_text().splitlines(keepends=True)) == sorted(lines)
    assert [p.case_id for p in whole] == ["c0", "c1", "c2"]
    assert all(p.rank is None or p.ranked_ids[p.rank - 1] == ALPHA for p in whole)


def test_a_damaged_line_is_named(toy_graph, tmp_path):
    out = tmp_path / "predictions.jsonl"
    out.write_text('{"case_id": "c0"}\n')
    with pytest.raises(SourceError, match=r"predictions\.jsonl, line 1 is not a prediction"):
        predict([case("c0", "PMID:1", LARGE)], toy_graph, None, Protocol.PUBLISHED, System.GRAPH, out)


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
        ],
        toy_graph.ontology,
    )
    assert [c.case_id for c in case_set.cases] == ["good"]
    assert [(u.case_id, u.reason) for u in case_set.unscored] == [
        ("good", "repeated id"),
        ("undiagnosed", "no diagnosis"),
        ("nothing", "no present finding that the ontology knows"),
        ("unknown", "no present finding that the ontology knows"),
        ("excluded", "no present finding that the ontology knows"),
    ]


def test_phenobrain_rows_are_cases(toy_graph, tmp_path):
    file = tmp_path / "set.json"
    file.write_text(json.dumps([[[LARGE, STRIPED], [ALPHA, "ORPHA:1"]], [[BRITTLE], [EPSILON]]]))
    cases = load_cases(file, toy_graph.ontology).cases
    assert [(c.case_id, c.gold_ids, len(c.findings)) for c in cases] == [
        ("set-1", (ALPHA, "ORPHA:1"), 2),
        ("set-2", (EPSILON,), 1),
    ]
    file.write_text("[1]")
    with pytest.raises(SourceError, match="is not a list of"):
        load_cases(file, toy_graph.ontology)


def test_a_disease_is_known_where_another_publication_of_the_set_has_it(toy_graph, tmp_path):
    cases = [
        case("a1", "PMID:1", LARGE, gold=ALPHA),
        case("a2", "PMID:2", LARGE, gold=ALPHA_ORPHA),
        case("e1", "PMID:3", BRITTLE, gold=EPSILON),
        case("e2", "PMID:3", BRITTLE, gold=EPSILON),
    ]
    done = predict(cases, toy_graph, None, Protocol.PUBLISHED, System.GRAPH, tmp_path / "p.jsonl")
    assert [p.known for p in done] == [True, True, False, False]
