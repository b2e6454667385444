"""The result files say what PhEval counts: ranks, and which row is right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluation.pheval import write_pheval_results
from evaluation.schema import Prediction
from kg.errors import SourceError
from tests.evaluation.predictions import prediction

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: pip install -e '.[pheval]'")


def ranked(rank: int | None) -> Prediction:
    ids = ("OMIM:7", "OMIM:1") if rank else ("OMIM:7", "OMIM:8")
    return replace(prediction(0, rank), ranked_ids=ids, probabilities=(0.6, 0.3))


def test_a_file_has_the_ranks_and_the_right_row(tmp_path):
    folder = write_pheval_results(tmp_path, [ranked(2)])
    assert folder == tmp_path / "pheval_disease_results"
    table = parquet.read_table(folder / "c0-disease_result.parquet")
    assert {f.name: str(f.type) for f in table.schema} == {
        "rank": "int64",
        "score": "double",
        "disease_identifier": "string",
        "mondo_identifier": "string",
        "true_positive": "bool",
    }
    assert table.to_pylist() == [
        {
            "rank": 1,
            "score": 0.6,
            "disease_identifier": "OMIM:7",
            "mondo_identifier": "OMIM:7",
            "true_positive": False,
        },
        {"rank": 2, "score": 0.3, "disease_identifier": "OMIM:1", "mondo_identifier": "OMIM:1", "true_positive": True},
    ]


def test_a_disease_that_was_not_ranked_has_rank_0(tmp_path):
    folder = write_pheval_results(tmp_path, [ranked(None)])
    rows = parquet.read_table(folder / "c0-disease_result.parquet").to_pylist()
    assert [(r["rank"], r["score"], r["disease_identifier"], r["true_positive"]) for r in rows] == [
        (1, 0.6, "OMIM:7", False),
        (2, 0.3, "OMIM:8", False),
        (0, 0.0, "OMIM:1", True),
    ]


def test_without_probabilities_the_score_falls_with_the_rank(tmp_path):
    folder = write_pheval_results(tmp_path, [replace(ranked(1), probabilities=())])
    assert parquet.read_table(folder / "c0-disease_result.parquet")["score"].to_pylist() == [1.0, 0.5]


def test_files_of_an_earlier_run_are_gone_and_names_are_names_of_files(tmp_path):
    write_pheval_results(tmp_path, [ranked(1)])
    folder = write_pheval_results(tmp_path, [replace(ranked(1), case_id="a/b c")])
    assert [f.name for f in folder.iterdir()] == ["a_b_c-disease_result.parquet"]
    with pytest.raises(SourceError, match="give one file name, a_b"):
        write_pheval_results(tmp_path, [replace(ranked(1), case_id=name) for name in ("a/b", "a b")])
