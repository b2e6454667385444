"""A run from files to figures: which cases it takes, and how their stories are put in their place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.benchmark import Options, claim_folder, run_benchmark
from evaluation.schema import Level, Protocol, System
from kg.errors import StorageError, UsageError
from tests.packets import write_packet

pytestmark = pytest.mark.release

MARFAN = "OMIM:154700"
ECTOPIA, DILATATION, SEIZURE = "HP:0001083", "HP:0002616", "HP:0001250"


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> Path:
    """Eight patients of one publication."""
    folder = tmp_path_factory.mktemp("packets")
    for i in range(8):
        write_packet(folder, f"m{i}", disease=MARFAN, present=[ECTOPIA, DILATATION], absent=[SEIZURE])
    return folder


@pytest.fixture(scope="module")
def lists(cases, tmp_path_factory) -> Path:
    """The folder of a run with their findings as they are listed."""
    out = tmp_path_factory.mktemp("lists")
    run_benchmark(options(cases, out), "")
    return out


def options(cases: Path, out: Path, **given) -> Options:
    return Options(
        cases=cases, out=out, protocol=Protocol.PUBLISHED, system=System.GRAPH, level=Level.GRAPH, n_workers=1, **given
    )


def lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_stories_take_the_place_of_lists_and_are_there_to_be_read(cases, lists, tmp_path):
    told = options(cases, tmp_path, from_stories=True, peers=(lists / "predictions.jsonl",))
    report = run_benchmark(told, "").read_text(encoding="utf-8")
    stories = lines(tmp_path / "stories.jsonl")
    assert [s["case_id"] for s in stories] == [f"m{i}" for i in range(8)]
    assert len({s["style"] for s in stories}) > 2
    found = {f["label"] for s in stories for f in s["read"] if not f["excluded"]}
    assert found >= {"Ectopia lentis", "Aortic root aneurysm"}
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["settings"]["findings"] == "read from stories"
    assert metrics["stories"]["all"]["present"]["n_listed"] == 16
    assert metrics["stories"]["all"]["absent"]["n_listed"] == 8
    assert metrics["peers"][0]["n_cases"] == 8
    assert "## Findings read back from the stories" in report


def test_a_finding_that_the_ontology_never_knew_is_told(tmp_path):
    write_packet(tmp_path / "in", "m", disease=MARFAN, present=[ECTOPIA, "HP:9999999"])
    report = run_benchmark(options(tmp_path / "in", tmp_path / "out"), "").read_text(encoding="utf-8")
    assert "has never known: 1, in 1 of the scored cases: HP:9999999 (1)." in report


def test_lists_and_stories_do_not_share_a_folder(cases, lists):
    assert not (lists / "stories.jsonl").exists()
    with pytest.raises(UsageError, match="other settings"):
        run_benchmark(options(cases, lists, from_stories=True), "")
    assert not (lists / "stories.jsonl").exists()


def test_a_folder_of_a_run_that_made_nothing_is_anothers(tmp_path):
    note = tmp_path / "out" / "settings.txt"
    claim_folder(note.parent, {"cases": "a", "seed": "0"})
    claim_folder(note.parent, {"cases": "b", "seed": "0"})
    assert note.read_text() == "cases: b\nseed: 0\n"
    (note.parent / "predictions.jsonl").write_text("{}\n")
    with pytest.raises(UsageError, match="other settings"):
        claim_folder(note.parent, {"cases": "a", "seed": "0"})
    note.write_text("theme: dark\n")  # not a run's
    (note.parent / "predictions.jsonl").unlink()
    with pytest.raises(UsageError, match="other settings"):
        claim_folder(note.parent, {"cases": "a", "seed": "0"})


def test_a_file_in_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(StorageError, match=r"^cannot write .*out: it is no folder; name another folder$"):
        claim_folder(tmp_path / "out", {"cases": "a"})


def test_a_limit_draws_cases_and_absences_that_are_left_out_are_not_told(cases, tmp_path):
    run_benchmark(options(cases, tmp_path, from_stories=True, present_only=True, limit=4), "")
    drawn = [s["case_id"] for s in lines(tmp_path / "stories.jsonl")]
    assert len(set(drawn)) == 4
    assert drawn != ["m0", "m1", "m2", "m3"]
    settings = json.loads((tmp_path / "metrics.json").read_text())["settings"]
    assert settings["findings"] == "present only, read from stories"
    told = json.loads((tmp_path / "metrics.json").read_text())["stories"]["all"]
    assert (told["present"]["n_listed"], told["absent"]["n_listed"]) == (8, 0)
