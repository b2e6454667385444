"""Agreement with annotators by hand, and the whole command on a small set."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from evaluation import findings_benchmark
from evaluation.findings_metrics import Counts, count_ids, count_places, measure_agreement
from kg.build import SourceFiles
from tests.evaluation.test_corpora import write_set
from ui.cli import app

A, B, C = "HP:0000001", "HP:0000002", "HP:0000003"


def test_micro_counts_over_documents_and_macro_is_their_mean():
    """4 right, 1 wrong, 3 missed: P 4 / 5, R 4 / 7, F1 8 / 12; the documents have 6 / 7, 2 / 5 and 1."""
    one, two = Counts(n_right=3, n_wrong=0, n_missed=1), Counts(n_right=1, n_wrong=1, n_missed=2)
    empty = Counts(n_right=0, n_wrong=0, n_missed=0)
    found = measure_agreement([one, two, empty])
    assert found.precision.value == pytest.approx(4 / 5)
    assert found.recall.value == pytest.approx(4 / 7)
    assert found.f1.value == pytest.approx(8 / 12)
    assert found.macro_f1.value == pytest.approx((6 / 7 + 2 / 5 + 1) / 3)
    assert (found.n_gold, found.n_found) == (7, 5)
    assert found.f1.low <= found.f1.value <= found.f1.high


def test_without_a_finding_there_is_no_rate():
    assert math.isnan(measure_agreement([Counts(n_right=0, n_wrong=0, n_missed=0)]).f1.value)


@pytest.mark.parametrize(
    ("found", "exact", "overlap"),
    [
        ([(A, 0, 5)], (1, 0, 0), (1, 0, 0)),
        ([(A, 2, 9)], (0, 1, 1), (1, 0, 0)),
        ([(A, 5, 9)], (0, 1, 1), (0, 1, 1)),
        ([(B, 0, 5)], (0, 1, 1), (0, 1, 1)),
        ([(A, 0, 5), (A, 1, 3)], (1, 1, 0), (1, 1, 0)),  # one gold place is used once
        ([], (0, 0, 1), (0, 0, 1)),
    ],
)
def test_places(found, exact, overlap):
    for is_exact, expected in ((True, exact), (False, overlap)):
        c = count_places(found, [(A, 0, 5)], exact=is_exact)
        assert (c.n_right, c.n_wrong, c.n_missed) == expected


IDS = st.frozensets(st.sampled_from([A, B, C]))


@given(IDS, IDS)
def test_every_id_is_right_wrong_or_missed(found, gold):
    c = count_ids(found, gold)
    assert c.n_right + c.n_wrong == len(found)
    assert c.n_right + c.n_missed == len(gold)


@pytest.mark.release
def test_the_command_scores_a_set(tmp_path: Path):
    text = "She has seizures and a cleft palate. No hearing impairment."
    lines = "8\t16\tseizures\tHP:0001250\n40\t58\thearing impairment\tHP:0000365\tNeg\n0\t3\tShe\tHP:0000252\n"
    corpus = write_set(tmp_path / "notes", corpus_1=text, ann_1=lines)
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["evaluate", "findings", "--corpus", str(corpus), "--out", str(out)])
    assert result.exception is None
    assert result.output == (out / "report.md").read_text(encoding="utf-8")
    (row,) = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [[f["id"] for f in row[kind]] for kind in ("right", "wrong", "missed")] == [
        ["HP:0000365", "HP:0001250"],
        ["HP:0000175"],
        ["HP:0000252"],
    ]
    assert row["present"] == ["HP:0000175", "HP:0001250"]
    assert row["right"][1]["quote"] == "seizures"
    assert "notes" in result.output
    json.loads((out / "metrics.json").read_text(encoding="utf-8"))


def test_a_set_is_read_with_the_release_of_its_annotators(
    tmp_path: Path, toy_sources: SourceFiles, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(findings_benchmark, "bundled_sources", lambda: toy_sources)
    corpus = write_set(tmp_path / "notes", corpus_1="She has a toy sign.", ann_1="10\t18\ttoy sign\tHP:9000001\n")
    older = tmp_path / "hp.obo"
    older.write_text(
        "format-version: 1.2\ndata-version: hp/releases/2001-01-01\n\n"
        "[Term]\nid: HP:0000001\nname: All\n\n"
        "[Term]\nid: HP:0000118\nname: Phenotypic abnormality\nis_a: HP:0000001 ! All\n\n"
        "[Term]\nid: HP:9000001\nname: Toy sign\nis_a: HP:0000118 ! Phenotypic abnormality\n"
    )
    out = tmp_path / "out"
    command = ["evaluate", "findings", "--corpus", str(corpus), "--out", str(out), "--ontology", str(older)]
    result = CliRunner().invoke(app, command)
    assert result.exception is None
    (row,) = [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [f["id"] for f in row["right"]] == ["HP:9000001"]
    assert "2001-01-01" in result.output
