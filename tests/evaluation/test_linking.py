"""Held-out synonyms leave nothing of themselves behind; recall and shares by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from evaluation.linking import LinkingScore, RetrievalScore, hold_out_synonyms, score_linking, score_retrieval
from kg.arrays import Floats
from kg.schema import Provenance
from retrieval.linking import Wording, bag_of
from retrieval.schema import PublishedCase

WORDINGS = (
    Wording("T:1", "Seizure", "name"),
    Wording("T:1", "Seizures", "plural_form"),  # its name in another form
    Wording("T:1", "Epileptic fit", ""),
    Wording("T:1", "Fits, epileptic", "layperson"),  # the same words
    Wording("T:2", "Webbed finger", "name"),
    Wording("T:2", "Shared words", ""),
    Wording("T:3", "Thin hair", "name"),
    Wording("T:3", "Words, shared", ""),  # of two terms
    Wording("T:3", "Sparse hair", ""),
)
DIRECTIONS = {"a": [1, 0, 0], "b": [0, 1, 0], "c": [0, 0, 1], "ab": [0.8, 0.6, 0], "bc": [0, 0.6, 0.8]}
DIRECTIONS["all"] = [0.5, 0.5, 0.5]


def encode(texts: Sequence[str]) -> Floats:
    return np.array([DIRECTIONS[t] for t in texts], np.float32)


def test_what_is_held_out_by_hand():
    asked, held_out = hold_out_synonyms(WORDINGS, share=1.0)
    assert asked == (WORDINGS[2], WORDINGS[8])
    assert held_out == {WORDINGS[2], WORDINGS[3], WORDINGS[8]}


def test_a_share_is_drawn_by_the_seed():
    many = [Wording(f"T:{i}", f"word{i}", "name") for i in range(50)]
    many += [Wording(f"T:{i}", f"other{i}", "") for i in range(50)]
    drawn = [hold_out_synonyms(many, 0.2, seed)[0] for seed in (0, 0, 1)]
    assert len(drawn[0]) == 10
    assert drawn[0] == drawn[1] != drawn[2]
    left = {bag_of(w.text) for w in many if w not in hold_out_synonyms(many, 0.2)[1]}
    assert not {bag_of(w.text) for w in drawn[0]} & left


def test_recall_by_hand():
    known = [Wording("T:3", "c", ""), Wording("T:1", "a", ""), Wording("T:2", "b", ""), Wording("T:1", "bc", "")]
    asked = [Wording("T:1", "ab", ""), Wording("T:2", "ab", ""), Wording("T:1", "bc", ""), Wording("T:2", "all", "")]
    # Ranks: T:1 is nearest to ab, T:2 second; a second wording of T:1 is bc itself, and nearest to all.
    assert score_linking(encode, asked, known) == LinkingScore(first=0.5, among_ten=1.0, n=4)


def test_terms_beyond_the_tenth_are_not_among_ten():
    known = [Wording(f"T:{i:02}", "ab", "") for i in range(10)] + [Wording("T:99", "b", "")]
    assert score_linking(encode, [Wording("T:99", "a", "")], known) == LinkingScore(first=0, among_ten=0, n=1)


def case(disease_id: str, publication: str) -> PublishedCase:
    provenance = Provenance(source="toy", version="1", reference=publication, licence="none")
    return PublishedCase(case_id="", disease_id=disease_id, provenance=provenance, present=())


def test_shares_by_hand():
    """Thirteen cases; the patient's own publication is left out, and a patient without any other is not asked."""
    cases = [case("D:1", "P:1"), case("D:1", "P:1"), case("D:2", "P:2"), *(case("D:1", f"P:{i}") for i in range(3, 6))]
    cases += [case("D:3", f"P:{i}") for i in range(6, 13)]
    vectors = np.zeros((13, 2), np.float32)
    vectors[:, 0], vectors[:, 1] = 1, np.arange(13) / 100
    queries = np.array([[1, -1], [1, -1], [1, 1]], np.float32)  # the smaller the row, the nearer; the last: the larger
    score = score_retrieval(vectors, queries, cases, np.array([0, 2, 12]))
    # Row 0: rows 2..11, three of D:1. Row 2: nobody else has D:2. Row 12: rows 11..2, six of D:3.
    assert score == RetrievalScore(share=pytest.approx(0.45), by_publication=pytest.approx(0.45), n=2)
