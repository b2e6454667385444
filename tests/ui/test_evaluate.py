"""``citedx evaluate diagnosis`` from outside: what cannot be scored is counted and named, never dropped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kg.errors import SourceError, UsageError
from ui.cli import app

pytestmark = pytest.mark.release

MARFAN = ("OMIM:154700", "Marfan syndrome")


def packet(
    folder: Path,
    name: str,
    *,
    patient_id: str = "",
    disease: str | None = MARFAN[0],
    present: tuple[str, ...] = ("HP:0001166", "HP:0001083", "HP:0002616"),
    absent: tuple[str, ...] = (),
) -> None:
    features = [{"type": {"id": t, "label": "x"}, "excluded": t in absent} for t in (*present, *absent)]
    diagnosis = {"disease": {"id": disease, "label": "x"}}
    content = {
        "id": patient_id or name,
        "phenotypicFeatures": features,
        "interpretations": [{"id": "i", "progressStatus": "SOLVED", "diagnosis": diagnosis}] if disease else [],
        "metaData": {"externalReferences": [{"id": "PMID:1"}]},
    }
    (folder / f"{name}.json").write_text(json.dumps(content))


def evaluate(cases: Path, out: Path, *options: str):
    arguments = ["evaluate", "diagnosis", "--cases", str(cases), "--out", str(out), "--system", "graph"]
    return CliRunner().invoke(app, [*arguments, "--protocol", "published", "--workers", "1", *options])


@pytest.fixture(scope="module")
def bad_set(tmp_path_factory):
    """A good case, and one of every kind that cannot be scored or found; evaluated with a peer."""
    root = tmp_path_factory.mktemp("set")
    folder, out = root / "packets", root / "out"
    folder.mkdir()
    packet(folder, "a-good")
    packet(folder, "b-again", patient_id="a-good")
    packet(folder, "c-undiagnosed", disease=None)
    packet(folder, "d-nothing-present", present=(), absent=("HP:0001250",))
    packet(folder, "e-no-findings", present=())
    packet(folder, "f-malformed", disease="Marfan syndrome")
    packet(folder, "g-outside", disease="OMIM:999999")
    (folder / "h-broken.json").write_text("{")
    peer = root / "other.tsv"
    peer.write_text("phenopacket_id\trank\na_good\t\nz-unknown\t1\n")
    result = evaluate(folder, out, "--peer", str(peer))
    assert result.exception is None
    return result.output, json.loads((out / "metrics.json").read_text()), out


def test_every_case_is_scored_or_has_a_reason(bad_set):
    _, metrics, _ = bad_set
    assert metrics["groups"]["all"]["n_cases"] == 2
    assert {u["case_id"]: u["reason"].partition(":")[0] for u in metrics["unscored"]} == {
        "a-good": "repeated id",
        "c-undiagnosed": "no diagnosis",
        "d-nothing-present": "no present finding that the ontology knows",
        "e-no-findings.json": "cannot be read",
        "f-malformed": "malformed disease id",
        "h-broken.json": "cannot be read",
    }


@pytest.mark.parametrize(
    "line",
    [
        "- Unscored, repeated id: 1: a-good.",
        "- Unscored, no diagnosis: 1: c-undiagnosed.",
        "- Unscored, no present finding that the ontology knows: 1: d-nothing-present.",
        "- Unscored, malformed disease id: 1: f-malformed (Marfan syndrome).",
        "- Unscored, cannot be read: 2: e-no-findings.json (has no phenotypicFeatures, so there is nothing to diagnose",
        "h-broken.json (is not JSON",
    ],
)
def test_the_report_names_each(bad_set, line):
    output, _, out = bad_set
    assert line in output
    assert output == (out / "report.md").read_text()


def test_a_disease_outside_the_graph_is_missed_and_told_apart(bad_set):
    output, metrics, _ = bad_set
    assert metrics["outside_graph"] == [{"case_id": "g-outside", "gold_ids": ["OMIM:999999"]}]
    assert metrics["groups"]["all"]["top-50"]["value"] == 0.5
    assert "Outside the graph: 1 of the scored cases" in output
    assert "OMIM:999999 (1)." in output


def test_a_peer_is_compared_on_the_cases_that_both_have(bad_set):
    output, metrics, _ = bad_set
    (peer,) = metrics["peers"]
    assert (peer["name"], peer["n_cases"], peer["unmatched"]) == ("other", 1, ["z-unknown"])
    assert peer["theirs"]["top-10"]["value"] == 0
    assert "left out: z-unknown." in output


def test_the_report_says_how_to_have_it_again(bad_set):
    output, metrics, out = bad_set
    assert metrics["settings"]["seed"] == "0"
    assert metrics["run"]["n_ranked"] == 2
    assert "## How this was measured" in output
    assert (out / "top-k.png").is_file()


def test_result_files_for_pheval(tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install -e '.[pheval]'")
    packet(tmp_path, "p")
    assert evaluate(tmp_path, tmp_path / "out", "--pheval").exception is None
    assert [f.name for f in (tmp_path / "out/pheval_disease_results").iterdir()] == ["p-disease_result.parquet"]


def test_a_folder_without_a_case_that_can_be_scored_is_refused(tmp_path):
    packet(tmp_path, "p", disease=None)
    result = evaluate(tmp_path, tmp_path / "out")
    assert isinstance(result.exception, UsageError)
    assert "holds no case that can be scored: 1 are unscored" in str(result.exception)


def test_a_broken_peer_is_refused_before_anything_is_ranked(tmp_path):
    packet(tmp_path, "p")
    peer = tmp_path / "peer.tsv"
    peer.write_text("nothing")
    result = evaluate(tmp_path, tmp_path / "out", "--peer", str(peer))
    assert isinstance(result.exception, SourceError)
    assert not (tmp_path / "out").exists()


def test_another_seed_is_another_run(tmp_path):
    packet(tmp_path, "p")
    assert evaluate(tmp_path, tmp_path / "out").exception is None
    result = evaluate(tmp_path, tmp_path / "out", "--seed", "1")
    assert isinstance(result.exception, UsageError)
    assert "holds a run with other settings" in str(result.exception)
