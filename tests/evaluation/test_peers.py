"""Peers' files: how ids find our cases, and the paired comparison against the textbook."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.peers import Peer, compare, load_peer, match_peer, mcnemar
from kg.errors import SourceError
from tests.evaluation.predictions import prediction


def test_a_file_is_read(tmp_path):
    file = tmp_path / "other.tsv"
    file.write_text("phenopacket_id\trank\tnote\nPMID_1_A\t3\tx\nPMID_2_B\t\t\n")
    assert load_peer(file) == Peer(name="other", ranks=(("PMID_1_A", 3), ("PMID_2_B", None)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id\trank\na\t1\n", "tab-separated columns phenopacket_id and rank"),
        ("", "tab-separated columns"),
        pytest.param(f"phenopacket_id\trank\n{'x' * 140_000}\t1\n", "field larger than", id="long"),
        ("phenopacket_id\trank\n", "holds no rank"),
        ("phenopacket_id\trank\na\t0\n", "line 2 needs a rank of 1, 2, 3 ... or nothing, got '0'"),
        ("phenopacket_id\trank\na\t1\nb\tfirst\n", "line 3 needs a rank"),
        ("phenopacket_id\trank\n\t1\n", "line 2 has no phenopacket_id"),
    ],
)
def test_a_broken_file_is_named(tmp_path, field_limit, content, says):
    file = tmp_path / "peer.tsv"
    file.write_text(content)
    with pytest.raises(SourceError, match=says.replace(".", r"\.")):
        load_peer(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"cannot read the peer's ranks .*nowhere\.tsv"):
        load_peer(tmp_path / "nowhere.tsv")


def test_ids_match_whatever_their_punctuation_and_what_does_not_is_named():
    ours = ["PMID_1_Patient_A", "PMID_2_II-1", "PMID_2_II_2", "PMID_2_II.2", "PMID_3_x", "PMID_4_x"]
    theirs = (
        ("PMID_1_Patient_A", 1),  # as it is
        ("store/PMID_2_II_1.json", 2),  # punctuation, folder and ending
        ("PMID_2_II_2", 3),  # as it is, though another differs in punctuation only
        ("PMID_2_II 2", 4),  # either of two
        ("pmid_3_X_en-prompt.txt", None),  # case, and the ending of a prompt
        ("PMID_4_x", 1),  # one case ...
        ("PMID:4 x", 2),  # ... twice
        ("PMID_5_x", 1),  # nobody
    )
    matched = match_peer(Peer(name="p", ranks=theirs), ours)
    assert matched.ranks == {"PMID_1_Patient_A": 1, "PMID_2_II-1": 2, "PMID_2_II_2": 3, "PMID_3_x": None}
    assert matched.unmatched == ("PMID_5_x",)
    assert matched.ambiguous == ("PMID_2_II 2", "PMID_4_x", "PMID:4 x")


def test_a_comparison_by_hand():
    ours = [prediction(i, rank, f"PMID:{i}") for i, rank in enumerate([1, 1, 1, 2, None, 1])]
    peer = Peer(name="p", ranks=(("c0", 1), ("c1", 4), ("c2", None), ("c3", 1), ("c4", 12), ("elsewhere", 1)))
    found = compare(ours, peer)
    assert (found.n_cases, found.n_publications, found.unmatched) == (5, 5, ("elsewhere",))
    assert {top: rate.value for top, rate in found.ours.items()} == {"top-1": 0.6, "top-3": 0.8, "top-10": 0.8}
    assert {top: rate.value for top, rate in found.theirs.items()} == {"top-1": 0.4, "top-3": 0.4, "top-10": 0.6}
    assert found.difference["top-1"].value == pytest.approx(0.2)
    assert (found.discordance["top-1"].only_ours, found.discordance["top-1"].only_theirs) == (2, 1)
    assert (found.discordance["top-10"].only_ours, found.discordance["top-10"].only_theirs) == (1, 0)


def test_a_pair_resampled_together_has_the_narrower_interval():
    ranks = [1, None] * 50
    ours = [prediction(i, rank, f"PMID:{i}") for i, rank in enumerate(ranks)]
    same = compare(ours, Peer(name="p", ranks=tuple((f"c{i}", rank) for i, rank in enumerate(ranks))))
    assert (same.difference["top-1"].low, same.difference["top-1"].high) == (0, 0)
    assert same.ours["top-1"].high - same.ours["top-1"].low > 0.1


def test_nothing_in_common_is_said():
    with pytest.raises(SourceError, match="none of the 1 ids of p is one of the scored cases"):
        compare([prediction(0, 1)], Peer(name="p", ranks=(("x", 1),)))


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_textbook_s(only_ours, only_theirs):
    n, least = only_ours + only_theirs, min(only_ours, only_theirs)
    expected = min(1.0, 2 * sum(comb(n, i) for i in range(least + 1)) / 2**n)
    found = mcnemar(only_ours, only_theirs)
    assert found.p_value == pytest.approx(expected)
    assert (found.only_ours, found.only_theirs) == (only_ours, only_theirs)
    assert found.p_value == pytest.approx(mcnemar(only_theirs, only_ours).p_value)


def test_mcnemar_by_hand():
    assert mcnemar(5, 0).p_value == pytest.approx(2 / 2**5)
    assert mcnemar(6, 1).p_value == pytest.approx(2 * (1 + 7) / 2**7)
    assert mcnemar(0, 0).p_value == 1


def test_an_ambiguous_id_is_not_compared_and_named():
    ours = [prediction(i, 1) for i in range(3)]
    found = compare(ours, Peer(name="p", ranks=(("c0", 1), ("C1", 1), ("c1", 2), ("c2", None), ("zz", 4))))
    assert (found.n_cases, found.ambiguous, found.unmatched) == (2, ("C1", "c1"), ("zz",))
    assert found.theirs["top-1"].value == 0.5


def test_another_run_of_ours_is_a_peer(tmp_path):
    file = tmp_path / "lists" / "predictions.jsonl"
    file.parent.mkdir()
    file.write_text('{"case_id": "a", "rank": 2, "known": true}\n{"case_id": "b", "rank": null}\n')
    assert load_peer(file) == Peer(name="lists", ranks=(("a", 2), ("b", None)))


@pytest.mark.parametrize(
    ("content", "says"), [("", "holds no rank"), ('{"case_id": "a", "rank": 1}\n{"case_id"', "line 2 is not a")]
)
def test_a_run_that_was_cut_off_is_named(tmp_path, content, says):
    file = tmp_path / "predictions.jsonl"
    file.write_text(content)
    with pytest.raises(SourceError, match=says):
        load_peer(file)
