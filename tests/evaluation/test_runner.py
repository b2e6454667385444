"""Predictions: the same for any number of processes and after any interruption, each by what may be known of it."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from evaluation.errors import LeakError
from evaluation.lines import append_lines, read_whole_lines
from evaluation.runner import predict, read_predictions
from evaluation.schema import Case, Protocol, System
from evaluation.systems import WITH_VECTORS
from kg.errors import CitedxError, SourceError, StorageError, UsageError
from tests.evaluation.store import STORE, build_knowledge, cases_of_store
from tests.fakes import small_reader
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BRITTLE,
    EPSILON,
    FLIM,
    LARGE,
    STRIPED,
    linear_fusion,
    patient,
    published_patient,
)

UNSEEN = Protocol.UNSEEN_PUBLICATION
FUSION = linear_fusion(log_lr=0.5, case_largest=2)


def case(case_id: str, publication: str, *term_ids: str, gold: str = ALPHA) -> Case:
    return Case(case_id=case_id, findings=patient(*term_ids), gold_ids=(gold,), publication=publication)


@pytest.fixture(scope="module")
def whole(toy_graph):
    return build_knowledge(toy_graph, STORE)


@pytest.fixture(scope="module")
def cases(toy_graph):
    outside = case("o1", "PMID:3", BRITTLE, gold="OMIM:999999")
    return (*cases_of_store(toy_graph), outside)


@pytest.fixture(scope="module")
def fused(whole, cases, tmp_path_factory):
    """Trained in the folds, by one process: the predictions and their file."""
    file = tmp_path_factory.mktemp("fused") / "p.jsonl"
    return predict(cases, whole, UNSEEN, System.FUSED, file), file.read_bytes()


# Processes


def test_two_processes_write_what_one_does(whole, cases, fused, tmp_path):
    file = tmp_path / "p.jsonl"
    assert predict(cases, whole, UNSEEN, System.FUSED, file, n_workers=2) == fused[0]
    assert file.read_bytes() == fused[1]


def test_an_error_in_a_process_is_the_one_that_is_seen(whole, cases, tmp_path):
    with pytest.raises(UsageError, match="the system embedding needs a case library"):
        predict(cases, whole, Protocol.PUBLISHED, System.EMBEDDING, tmp_path / "p.jsonl", n_workers=2)


def test_a_process_that_dies_is_told_in_one_line(toy_graph, cases, tmp_path):
    class Fatal:
        """Ends the process that unpickles it."""

        def __reduce__(self):
            return os._exit, (3,)

    knowledge = build_knowledge(toy_graph)
    object.__setattr__(knowledge, "library", Fatal())
    with pytest.raises(CitedxError, match=r"one of 2 processes died, .* fewer --workers"):
        predict(cases, knowledge, Protocol.PUBLISHED, System.GRAPH, tmp_path / "p.jsonl", n_workers=2)


# Interruption


@pytest.mark.parametrize("system", System)
def test_a_run_that_was_cut_off_in_a_line_writes_the_same_file(toy_graph, cases, tmp_path, system):
    whole = build_knowledge(toy_graph, STORE, with_text=system in WITH_VECTORS)
    file = tmp_path / "p.jsonl"
    weights = small_reader() if system is System.READER else FUSION
    done = predict(cases, whole, UNSEEN, system, file, weights=weights)
    content = file.read_bytes()
    for n_left in (len(content) - 1, len(content) - 40, len(content) // 2, 10, 0):
        file.write_bytes(content[:n_left])
        assert predict(cases, whole, UNSEEN, system, file, weights=weights) == done
        assert file.read_bytes() == content


def test_a_fusion_that_is_trained_in_the_folds_is_the_same_after_a_cut(whole, cases, fused, tmp_path):
    done, content = fused
    file = tmp_path / "p.jsonl"
    file.write_bytes(content[: len(content) // 2])
    assert predict(cases, whole, UNSEEN, System.FUSED, file) == done
    assert file.read_bytes() == content


def test_what_is_done_is_not_ranked_again(toy_graph, cases, fused, tmp_path):
    done, content = fused
    file = tmp_path / "p.jsonl"
    file.write_bytes(content)
    nothing = build_knowledge(toy_graph.without_references({EPSILON}))
    assert predict(cases, nothing, UNSEEN, System.FUSED, file) == done


def test_predictions_are_in_the_order_of_the_cases_and_lines_in_that_of_the_folds(whole, cases, tmp_path):
    contents = []
    for seed in (0, 0, 1):
        file = tmp_path / f"{len(contents)}.jsonl"
        done = predict(cases, whole, UNSEEN, System.GRAPH, file, seed=seed)
        assert [p.case_id for p in done] == [c.case_id for c in cases]
        contents.append(file.read_text())
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]
    assert sorted(contents[0].splitlines()) != contents[0].splitlines()


def test_ranks_after_questions_are_read_back_and_those_of_an_older_form_refused(whole, cases, tmp_path):
    out = tmp_path / "predictions.jsonl"
    predict(cases, whole, UNSEEN, System.GRAPH, out)
    row = json.loads(out.read_text().splitlines()[0])
    ranks = {"record": {"gain": 2.0}, "completed": {"gain": 1.0}}
    told = {"drop_cited": 0.1, "drop_uncited": 0.0, "rank_before": 3, "ranks_after": ranks}
    out.write_text(json.dumps(row | {"trust": told}) + "\n")
    (read,) = read_predictions(out)
    assert read.trust is not None
    assert read.trust.ranks_after == ranks
    out.write_text(json.dumps(row | {"trust": told | {"ranks_after": {"gain": 2.0}}}) + "\n")
    with pytest.raises(SourceError, match="remove the file to start anew"):
        read_predictions(out)


def test_a_file_that_is_being_written_is_read_without_harm_and_mended_by_its_own_run(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text('{"a": 1}\n{"a"')
    assert read_whole_lines(path) == ['{"a": 1}']
    assert path.read_text() == '{"a": 1}\n{"a"'
    append_lines(path, [{"a": "é\ud83d"}])
    assert path.read_text() == '{"a": 1}\n{"a": "é\\ud83d"}\n'
    assert [json.loads(line)["a"] for line in read_whole_lines(path)] == [1, "é\ud83d"]
    append_lines(tmp_path / "new.jsonl", [{}])
    assert read_whole_lines(tmp_path / "new.jsonl") == ["{}"]


@pytest.mark.parametrize("line", ['{"case_id": "c0"}', "[1]", "no JSON"])
def test_a_damaged_line_is_named(whole, cases, tmp_path, line):
    out = tmp_path / "predictions.jsonl"
    out.write_text(f"{line}\n")
    with pytest.raises(SourceError, match=r"predictions\.jsonl, line 1 is not a prediction: remove the file"):
        predict(cases, whole, UNSEEN, System.GRAPH, out)


def test_a_file_of_something_else_is_refused(whole, cases, tmp_path):
    out = tmp_path / "p.jsonl"
    out.write_bytes(b"\xff\xfe\n")
    with pytest.raises(SourceError, match=r"cannot go on with .*p\.jsonl: .*remove the file"):
        predict(cases, whole, UNSEEN, System.GRAPH, out)


def test_a_file_that_cannot_be_written_is_named(whole, cases, tmp_path):
    with pytest.raises(StorageError, match=r"cannot write .*nowhere/p\.jsonl: No such file"):
        predict(cases, whole, UNSEEN, System.GRAPH, tmp_path / "nowhere" / "p.jsonl")


# What a prediction says


def test_a_prediction_has_rounded_probabilities_and_the_rank_of_the_right_disease(fused):
    for p in fused[0]:
        assert len(p.probabilities) == len(p.ranked_ids) > 0
        assert list(p.probabilities) == sorted(p.probabilities, reverse=True)
        assert sum(p.probabilities) < 1.001
        assert all(x == float(f"{x:.4g}") for x in p.probabilities)
        assert p.rank is None or p.ranked_ids[p.rank - 1] == p.gold_ids[0]
        assert (p.rank is None) == (p.gold_ids[0] not in p.ranked_ids)


def test_present_findings_are_counted(fused):
    assert {p.case_id: p.n_findings for p in fused[0]} == {
        "a1": 2, "a2": 3, "a3": 2, "b1": 2, "b2": 1, "g1": 2, "e1": 1, "o1": 1
    }  # fmt: skip


def test_a_disease_that_nothing_describes_is_missed_and_marked(fused):
    by_id = {p.case_id: p for p in fused[0]}
    assert (by_id["o1"].in_graph, by_id["o1"].rank, by_id["o1"].known) == (False, None, False)
    assert all(p.in_graph for case_id, p in by_id.items() if case_id != "o1")


def test_a_disease_that_the_held_out_publication_alone_describes_is_outside(toy_graph, tmp_path):
    patients = cases_of_store(toy_graph)
    only = [case("z1", "PMID:8", LARGE, gold="OMIM:900077")]
    whole = build_knowledge(toy_graph, [*STORE, published_patient("z1", "OMIM:900077", "PMID:8", LARGE)])
    assert "OMIM:900077" in whole.graph.diseases
    *_, last = predict([*patients, *only], whole, UNSEEN, System.GRAPH, tmp_path / "p.jsonl")
    assert (last.case_id, last.in_graph, last.rank) == ("z1", False, None)
    assert "OMIM:900077" not in last.ranked_ids


def test_an_equivalent_entry_is_the_right_disease(whole, tmp_path):
    done = predict([case("c", "PMID:7", LARGE, gold=ALPHA_ORPHA)], whole, UNSEEN, System.GRAPH, tmp_path / "p.jsonl")
    assert done[0].rank == done[0].ranked_ids.index(ALPHA) + 1
    assert ALPHA_ORPHA not in done[0].ranked_ids


def test_scores_without_that_meaning_give_no_probabilities(whole, cases, tmp_path):
    done = predict(cases[:1], whole, UNSEEN, System.CASES, tmp_path / "p.jsonl")
    assert done[0].ranked_ids
    assert done[0].probabilities == ()


@pytest.mark.parametrize("system", [System.GRAPH, System.FUSED, System.CASES])
def test_a_story_without_a_present_finding_is_missed(whole, tmp_path, system):
    told = [replace(case("c1", "PMID:7"), findings=patient(no=[LARGE])), case("c2", "PMID:8")]
    weights = small_reader() if system is System.READER else FUSION
    for p in predict(told, whole, UNSEEN, system, tmp_path / "p.jsonl", weights=weights):
        assert (p.rank, p.ranked_ids, p.probabilities, p.in_graph, p.n_findings) == (None, (), (), True, 0)


def test_a_disease_is_known_where_another_publication_of_the_set_has_it(whole, tmp_path):
    cases = [
        case("a1", "PMID:1", LARGE, gold=ALPHA),
        case("a2", "PMID:2", LARGE, gold=ALPHA_ORPHA),
        case("e1", "PMID:3", BRITTLE, gold=EPSILON),
        case("e2", "PMID:3", BRITTLE, gold=EPSILON),
    ]
    done = predict(cases, whole, UNSEEN, System.GRAPH, tmp_path / "p.jsonl")
    assert [p.known for p in done] == [True, True, False, False]
    past = [case("p1", "PMID:9", FLIM, gold=EPSILON)]
    done = predict(cases, whole, Protocol.UNSEEN_FUTURE, System.GRAPH, tmp_path / "f.jsonl", others=past)
    assert [p.known for p in done] == [False, False, True, True]


# The weights


def test_shipped_weights_that_saw_a_case_are_refused(whole, cases, tmp_path):
    trained = replace(FUSION, publications=frozenset({"PMID:4"}))
    with pytest.raises(LeakError, match="trained on PMID:4"):
        predict(cases, whole, UNSEEN, System.FUSED, tmp_path / "p.jsonl", weights=trained)


def test_weights_are_learned_from_what_is_listed(whole, cases, fused, tmp_path):
    told = [cases[0], *(replace(c, findings=()) for c in cases[1:])]
    first, *others = predict(told, whole, UNSEEN, System.FUSED, tmp_path / "p.jsonl", listed=cases)
    assert first == fused[0][0]
    assert not any(p.ranked_ids for p in others)


def test_the_past_alone_trains_where_there_is_one(whole, toy_graph, tmp_path):
    past = cases_of_store(toy_graph)
    later = [case("c1", "PMID:7", LARGE, STRIPED), case("c2", "PMID:8", BRITTLE, gold=EPSILON)]
    file = tmp_path / "p.jsonl"
    one, other = predict(later, whole, Protocol.UNSEEN_FUTURE, System.FUSED, file, others=past)
    assert (one.known, other.known) == (True, True)
    assert 0 < sum(one.probabilities) <= 1.001
    with pytest.raises(UsageError, match="needs patients of other publications"):
        predict(later, whole, Protocol.UNSEEN_FUTURE, System.FUSED, tmp_path / "q.jsonl", others=[])
