"""Predictions: the same for any number of processes, with probabilities where scores have that meaning."""

from __future__ import annotations

import os

import numpy as np
import pytest

from evaluation.runner import predict, probabilities_of, set_aside_malformed
from evaluation.schema import Case, CaseSet, Protocol, Unscored
from evaluation.systems import System
from kg.errors import CitedxError, UsageError
from tests.toy import ALPHA, BRITTLE, EPSILON, LARGE, STRIPED, build_toy_library, patient

CASES = [
    Case(case_id=f"c{i}", findings=patient(*terms, no=no), gold_ids=(gold,), publication=f"PMID:{i // 2}")
    for i, (terms, no, gold) in enumerate(
        [
            ((LARGE,), (), ALPHA),
            ((STRIPED,), (BRITTLE,), ALPHA),
            ((BRITTLE, LARGE), (), EPSILON),
            ((BRITTLE,), (), EPSILON),
            ((LARGE, STRIPED, BRITTLE), (), "OMIM:1"),
        ]
    )
]


@pytest.mark.parametrize("system", [System.GRAPH, System.FUSED])
def test_two_processes_write_what_one_does(toy_graph, tmp_path, system):
    library = build_toy_library(toy_graph)
    files = [tmp_path / name for name in ("one", "two")]
    one, two = (
        predict(CASES, toy_graph, library, Protocol.UNSEEN_PUBLICATION, system, file, n_workers=n)
        for n, file in enumerate(files, start=1)
    )
    assert one == two
    assert [p.case_id for p in two] == ["c0", "c1", "c2", "c3", "c4"]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_an_error_in_a_process_is_the_one_that_is_seen(toy_graph, tmp_path):
    with pytest.raises(UsageError, match="the system embedding needs a case library"):
        predict(CASES, toy_graph, None, Protocol.PUBLISHED, System.EMBEDDING, tmp_path / "p.jsonl", n_workers=2)


def test_a_process_that_dies_is_told_in_one_line(toy_graph, tmp_path):
    class Fatal:
        """Ends the process that unpickles it."""

        def __reduce__(self):
            return os._exit, (3,)

    with pytest.raises(CitedxError, match=r"one of 2 processes died, .* fewer --workers"):
        predict(CASES, toy_graph, Fatal(), Protocol.PUBLISHED, System.GRAPH, tmp_path / "p.jsonl", n_workers=2)


def test_a_line_that_was_cut_off_is_ranked_again(toy_graph, tmp_path):
    file = tmp_path / "p.jsonl"
    whole = predict(CASES, toy_graph, None, Protocol.PUBLISHED, System.GRAPH, file)
    content = file.read_text()
    file.write_text(content[:-30])
    assert predict(CASES, toy_graph, None, Protocol.PUBLISHED, System.GRAPH, file) == whole
    assert file.read_text() == content


def test_folds_follow_the_seed(toy_graph, tmp_path):
    orders = []
    for seed in (0, 0, 1):
        file = tmp_path / f"{len(orders)}.jsonl"
        predict(CASES, toy_graph, None, Protocol.PUBLISHED, System.GRAPH, file, seed=seed)
        orders.append(file.read_text())
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert sorted(orders[0].splitlines()) == sorted(orders[2].splitlines())


def test_probabilities_are_a_softmax_with_none_of_these():
    # At temperature 3, scores of 3 ln 2 and 3 ln 3 weigh 2 and 3, "none of these" 1, and what cannot be weighs 0.
    scores = np.array([3 * np.log(2), -np.inf, 3 * np.log(3)])
    assert probabilities_of(System.GRAPH, scores) == pytest.approx([2 / 6, 0, 3 / 6])
    assert probabilities_of(System.FUSED, np.full(3, -np.inf)) == pytest.approx([0, 0, 0])
    assert probabilities_of(System.CASES, scores) is None


def test_a_prediction_carries_rounded_probabilities_and_counts_present_findings(toy_graph, tmp_path):
    done = predict(CASES, toy_graph, None, Protocol.PUBLISHED, System.GRAPH, tmp_path / "p.jsonl")
    assert [p.n_findings for p in done] == [1, 1, 2, 1, 3]
    for p in done:
        assert len(p.probabilities) == len(p.ranked_ids) > 0
        assert list(p.probabilities) == sorted(p.probabilities, reverse=True)
        assert sum(p.probabilities) < 1
        assert all(x == float(f"{x:.4g}") for x in p.probabilities)
    (read, *_) = predict(CASES, toy_graph, None, Protocol.PUBLISHED, System.GRAPH, tmp_path / "p.jsonl")
    assert read == done[0]


def test_scores_without_that_meaning_give_no_probabilities(toy_graph, tmp_path):
    library = build_toy_library(toy_graph)
    done = predict(CASES[:1], toy_graph, library, Protocol.PUBLISHED, System.CASES, tmp_path / "p.jsonl")
    assert done[0].ranked_ids
    assert done[0].probabilities == ()


def test_a_case_needs_a_gold_id_that_can_be_one():
    def of(case_id: str, *gold: str) -> Case:
        return Case(case_id=case_id, findings=patient(LARGE), gold_ids=gold, publication="PMID:1")

    before = Unscored(case_id="x", reason="no diagnosis")
    found = set_aside_malformed(
        CaseSet(cases=(of("a", ALPHA), of("b", "Marfan"), of("c", "154700", ALPHA)), unscored=(before,))
    )
    assert [c.case_id for c in found.cases] == ["a", "c"]
    assert found.unscored == (before, Unscored(case_id="b", reason="malformed disease id: Marfan"))
