"""Nothing of a held-out publication is in use, and the check would see it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import LeakError
from evaluation.protocols import (
    N_FOLDS,
    Knowledge,
    check_no_leak,
    fold_publications,
    hold_out,
    release_alone,
    split_folds,
)
from evaluation.schema import Case, Protocol
from kg.likelihood import LikelihoodSettings
from kg.profiles import build_profiles
from retrieval.cases import series_of
from tests.evaluation.store import STORE, build_knowledge
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BETA,
    BRITTLE,
    GAMMA,
    LARGE,
    STRIPED,
    VERY_LARGE,
    WOBBLING_STRIPES,
    build_toy_library,
    counted_series,
    linear_fusion,
    patient,
)

UNSEEN = [Protocol.UNSEEN_PUBLICATION, Protocol.UNSEEN_FUTURE]


def case(case_id: str, publication: str) -> Case:
    return Case(case_id=case_id, findings=patient(LARGE), gold_ids=(ALPHA,), publication=publication)


def publications_of(graph) -> list[str]:
    refs = {r for row in range(len(graph.annotations)) for r in graph.annotations.references(row)}
    return sorted(r for r in refs if r.startswith("PMID:"))


def statements_of(graph) -> list[tuple]:
    """All statements, in an order of their own."""
    records = (graph.annotations.record(row) for row in range(len(graph.annotations)))
    return sorted((a.disease_id, a.term_id, str(a.frequency), [p.reference for p in a.provenance]) for a in records)


# Folds


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(0, 3), st.randoms())
def test_folds_part_the_publications_whatever_the_order(numbers, seed, rng):
    cases = [case(str(i), f"PMID:{n}") for i, n in enumerate(numbers)]
    folds = fold_publications(cases, seed=seed)
    shuffled = rng.sample(cases, len(cases))
    assert folds == fold_publications(shuffled, seed=seed)
    assert len(folds) == N_FOLDS
    assert sorted(p for fold in folds for p in fold) == sorted({c.publication for c in cases})
    sizes = [len(fold) for fold in folds]
    assert max(sizes) - min(sizes) <= 1


def test_another_seed_deals_otherwise():
    cases = [case(str(i), f"PMID:{i}") for i in range(40)]
    assert fold_publications(cases, seed=0) != fold_publications(cases, seed=1)


@given(st.lists(st.integers(0, 12), max_size=40))
def test_patients_of_a_publication_are_together_and_everybody_is_in_one_fold(numbers):
    cases = [case(str(i), f"PMID:{n}") for i, n in enumerate(numbers)]
    folds = split_folds(cases, seed=3)
    assert folds == split_folds(cases, seed=3)
    assert sorted(c.case_id for _, members in folds for c in members) == sorted(c.case_id for c in cases)
    for publications, members in folds:
        assert {c.publication for c in members} == publications
        assert [int(c.case_id) for c in members] == sorted(int(c.case_id) for c in members)  # the order given


# What goes and what stays


@pytest.mark.parametrize("protocol", UNSEEN)
def test_unseen_leaves_no_trace_in_any_source(toy_graph, protocol):
    whole = build_knowledge(toy_graph, STORE, with_text=True)
    for publication in [*publications_of(toy_graph), "PMID:1", "PMID:4"]:
        left = hold_out(whole, frozenset({publication}), protocol)
        assert publication not in publications_of(left.graph)
        assert publication not in {c.provenance.reference for c in left.cases}
        assert left.library is not None
        assert left.library.cases == left.cases


def test_published_keeps_the_release_and_nothing_else_of_the_publication(toy_graph):
    whole = build_knowledge(toy_graph, STORE, [counted_series(GAMMA, "PMID:90000004", 3, {LARGE: (3, 3)})])
    left = hold_out(whole, frozenset({"PMID:90000004", "PMID:1"}), Protocol.PUBLISHED)
    of_release = [s for s in statements_of(left.graph) if s[3] == ["PMID:90000004"]]
    assert of_release == [s for s in statements_of(toy_graph) if s[3] == ["PMID:90000004"]]
    assert len(of_release) == 3
    assert "PMID:1" not in publications_of(left.graph)
    assert not {"PMID:90000004", "PMID:1"} & {c.provenance.reference for c in left.cases}


def test_what_is_left_is_what_there_would_be_without_the_publication(toy_graph):
    held_out = frozenset({"PMID:1", "PMID:4"})
    left = hold_out(build_knowledge(toy_graph, STORE), held_out, Protocol.UNSEEN_PUBLICATION)
    never = build_knowledge(toy_graph, [p for p in STORE if p.references[0] not in held_out])
    assert statements_of(left.graph) == statements_of(never.graph)
    assert sorted(c.case_id for c in left.cases) == sorted(c.case_id for c in never.cases)
    findings = patient(LARGE, STRIPED, no=[BRITTLE])
    assert left.model.log_lrs(findings) == pytest.approx(never.model.log_lrs(findings))


def test_the_release_alone_is_what_there_was_before_anything_was_joined(toy_graph):
    alone, never = release_alone(build_knowledge(toy_graph, STORE)), build_knowledge(toy_graph)
    assert alone.cases == never.cases
    terms = list(toy_graph.ontology.terms)
    for excluded in (False, True):
        ratios = [np.stack([k.model.log_lr(t, excluded=excluded) for t in terms]) for k in (alone, never)]
        np.testing.assert_allclose(*ratios, rtol=1e-6)
    assert alone.model.described_patients()[0].sum() == 0


def test_statements_of_other_publications_stay(toy_graph):
    for publication in publications_of(toy_graph):
        left = hold_out(build_knowledge(toy_graph), frozenset({publication}), Protocol.UNSEEN_PUBLICATION)
        expected = [s for s in statements_of(toy_graph) if publication not in s[3]]
        assert statements_of(left.graph) == expected
        assert len(expected) < len(toy_graph.annotations)


def test_a_series_that_shares_a_count_with_a_held_out_publication_goes_too(toy_graph):
    whole = build_knowledge(toy_graph, with_text=True)
    pooled, other = f"{ALPHA}|PMID:90000001", f"{ALPHA}|PMID:90000002"  # 7 of 8 Very large zorb are of both
    assert {pooled, other} <= {c.case_id for c in whole.cases}
    for protocol in Protocol:
        left = hold_out(whole, frozenset({"PMID:90000001"}), protocol)
        assert not {pooled, other} & {c.case_id for c in left.cases}
        assert left.library is not None
        assert not {pooled, other} & {c.case_id for c in left.library.cases}


def test_a_single_patient_of_the_other_publication_stays(toy_graph):
    told = replace(STORE[0], references=("PMID:90000002",))
    left = hold_out(build_knowledge(toy_graph, [told]), frozenset({"PMID:90000001"}), Protocol.UNSEEN_PUBLICATION)
    assert [c.case_id for c in left.cases if c.disease_id == ALPHA] == ["a1"]


def test_counts_that_restate_the_release_count_once_and_go_alone(toy_graph):
    # The release says of Gamma's PMID:90000004: 10 of 10 Large zorb (by its old id), 1 of 1 wobbling stripes.
    restated = counted_series(GAMMA, "PMID:90000004", 10, {LARGE: (10, 10), WOBBLING_STRIPES: (1, 1)})
    whole = build_knowledge(toy_graph, [], [restated])
    repeated = np.flatnonzero(whole.graph.annotations.restatements())
    assert {whole.graph.annotations.record(r).term_id for r in repeated.tolist()} == {LARGE, WOBBLING_STRIPES}
    settings = LikelihoodSettings(unmentioned=0)
    gamma = toy_graph.disease_groups.index((GAMMA,))
    large = list(toy_graph.ontology.terms).index(LARGE)
    once, twice = (build_profiles(g, settings).present[gamma, large] for g in (toy_graph, whole.graph))
    assert twice == pytest.approx(once)
    left = hold_out(whole, frozenset({"PMID:90000004"}), Protocol.PUBLISHED)
    assert statements_of(left.graph) == statements_of(toy_graph)


def test_the_library_without_a_case_finds_the_others_as_before(toy_graph):
    library = build_toy_library(toy_graph)
    gone = library.cases[0]
    findings = patient(LARGE, STRIPED)
    expected = [(h.case.case_id, h.similarity) for h in library.similar(findings) if h.case != gone]
    left = library.only(lambda c: c != gone).similar(findings)
    assert sorted(expected) == sorted((h.case.case_id, h.similarity) for h in left)


# The check, on knowledge that nothing was taken from


@pytest.mark.parametrize("protocol", UNSEEN)
def test_the_check_sees_an_annotation(toy_graph, protocol):
    leaky = Knowledge(graph=toy_graph)
    for publication in publications_of(toy_graph):
        with pytest.raises(LeakError, match=f"an annotation of .* rests on {publication}, which is held out"):
            check_no_leak(leaky, frozenset({publication, "PMID:5"}), protocol)
    check_no_leak(leaky, frozenset({"PMID:5"}), protocol)


def test_under_published_the_release_may_rest_on_anything(toy_graph):
    check_no_leak(Knowledge(graph=toy_graph), frozenset(publications_of(toy_graph)), Protocol.PUBLISHED)


@pytest.mark.parametrize("protocol", Protocol)
def test_the_check_sees_joined_counts(toy_graph, protocol):
    series = counted_series(BETA, "PMID:7", 2, {BRITTLE: (1, 2)})
    leaky = Knowledge(graph=build_knowledge(toy_graph, [], [series]).graph)
    with pytest.raises(LeakError, match=f"an annotation of {BETA} rests on PMID:7"):
        check_no_leak(leaky, frozenset({"PMID:7"}), protocol)
    check_no_leak(leaky, frozenset({"PMID:8"}), protocol)


@pytest.mark.parametrize("protocol", Protocol)
def test_the_check_sees_a_case(toy_graph, protocol):
    cases = build_knowledge(toy_graph, STORE).cases
    leaky = Knowledge(graph=toy_graph, cases=cases)
    with pytest.raises(LeakError, match="the case b2 rests on PMID:3, which is held out"):
        check_no_leak(leaky, frozenset({"PMID:3"}), protocol)
    check_no_leak(leaky, frozenset({"PMID:5"}), protocol)


@pytest.mark.parametrize("protocol", Protocol)
def test_the_check_sees_a_worded_case(toy_graph, protocol):
    library = build_knowledge(toy_graph, STORE, with_text=True).library
    leaky = Knowledge(graph=toy_graph, library=library)
    with pytest.raises(LeakError, match="the case b2 rests on PMID:3, which is held out"):
        check_no_leak(leaky, frozenset({"PMID:3"}), protocol)


@pytest.mark.parametrize("protocol", Protocol)
def test_the_check_sees_what_the_weights_were_trained_on(toy_graph, protocol):
    fusion = replace(linear_fusion(), publications=frozenset({"PMID:5", "PMID:6"}))
    with pytest.raises(LeakError, match=r"trained on PMID:6, which is held out: .* \(--weights folds\)"):
        check_no_leak(Knowledge(graph=toy_graph), frozenset({"PMID:6", "PMID:7"}), protocol, fusion.publications)
    check_no_leak(Knowledge(graph=toy_graph), frozenset({"PMID:7"}), protocol, fusion.publications)


def test_the_check_does_not_trust_the_removal(toy_graph):
    """A series is found by its own reference, whatever graph it stands beside."""
    held_out = frozenset({"PMID:90000005"})
    bare = toy_graph.without_references(held_out)
    assert "PMID:90000005" in {c.provenance.reference for c in series_of(toy_graph)}
    with pytest.raises(LeakError, match="PMID:90000005"):
        check_no_leak(Knowledge(graph=bare, cases=series_of(toy_graph)), held_out, Protocol.UNSEEN_PUBLICATION)
    check_no_leak(Knowledge(graph=bare, cases=series_of(bare)), held_out, Protocol.UNSEEN_PUBLICATION)


def test_equivalent_entries_lose_the_same_publication(toy_graph):
    series = counted_series(ALPHA_ORPHA, "PMID:9", 1, {VERY_LARGE: (1, 1)})
    left = hold_out(build_knowledge(toy_graph, [], [series]), frozenset({"PMID:9"}), Protocol.UNSEEN_PUBLICATION)
    assert statements_of(left.graph) == statements_of(toy_graph)
