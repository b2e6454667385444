"""``citedx evaluate diagnosis`` from outside: what cannot be scored is counted and named, never dropped."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaluation import reader_folds
from evaluation.errors import TrainedOnError
from kg.cache import checksum
from kg.errors import NotReadyError, SourceError, UsageError
from kg.sources.counts import load_counts
from retrieval.fusion import BUNDLED, load_fusion
from tests.packets import write_packet
from ui.cli import app, main

pytestmark = pytest.mark.release

MARFAN, RETT = "OMIM:154700", "OMIM:312750"
OF_MARFAN, OF_RETT = ("HP:0001166", "HP:0001083", "HP:0002616"), ("HP:0032588", "HP:0002371", "HP:0012171")


def packet(folder: Path, name: str, **given) -> None:
    """A patient with Marfan syndrome, unless something else is given."""
    write_packet(folder, name, **{"disease": MARFAN, "present": OF_MARFAN, **given})


def arguments(cases: Path, out: Path, *options: str) -> list[str]:
    given = ["evaluate", "diagnosis", "--cases", str(cases), "--out", str(out), "--workers", "1"]
    return [*given, "--system", "graph", "--protocol", "published", *options]


def evaluate(cases: Path, out: Path, *options: str):
    """With the graph alone under ``published``, unless the options say otherwise."""
    return CliRunner().invoke(app, arguments(cases, out, *options))


def strict_json(file: Path) -> dict:
    def refuse(name: str) -> float:
        raise ValueError(f"{name} is no JSON")

    return json.loads(file.read_text(encoding="utf-8"), parse_constant=refuse)


def predictions_of(out: Path) -> dict[str, dict]:
    return {row["case_id"]: row for row in map(json.loads, (out / "predictions.jsonl").read_text().splitlines())}


@pytest.fixture(scope="module")
def bad_set(tmp_path_factory):
    """A good case, and one of every kind that cannot be scored or found; evaluated with a peer."""
    root = tmp_path_factory.mktemp("set")
    folder, out = root / "packets", root / "out"
    packet(folder, "a-good")
    packet(folder, "b-again", patient_id="a-good", publication="PMID:2")
    packet(folder, "c-undiagnosed", disease=None)
    packet(folder, "d-nothing-present", present=(), absent=("HP:0001250",))
    packet(folder, "e-no-findings", present=())
    packet(folder, "f-malformed", disease="Marfan syndrome", publication="PMID:3")
    packet(folder, "g-outside", disease="OMIM:999999")
    (folder / "h-broken.json").write_text("{")
    peer = root / "other.tsv"
    peer.write_text("phenopacket_id\trank\na_good\t\nz-unknown\t1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["/any/where/citedx", "evaluate", "--as", "typed here"])
        result = evaluate(folder, out, "--peer", str(peer))
    assert result.exception is None
    return result.output, strict_json(out / "metrics.json"), out


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
    output, metrics, out = bad_set
    assert metrics["outside_graph"] == [{"case_id": "g-outside", "gold_ids": ["OMIM:999999"]}]
    assert metrics["groups"]["all"]["top-50"]["value"] == 0.5
    assert "Outside the graph: 1 of the scored cases" in output
    assert "OMIM:999999 (1)." in output
    assert predictions_of(out)["g-outside"]["rank"] is None


def test_no_malformed_id_is_ever_ranked(bad_set):
    ranked = {d for row in predictions_of(bad_set[2]).values() for d in row["ranked_ids"]}
    assert ranked
    assert all(d.startswith(("OMIM:", "ORPHA:", "DECIPHER:")) for d in ranked)


def test_a_peer_is_compared_on_the_cases_that_both_have(bad_set):
    output, metrics, _ = bad_set
    (peer,) = metrics["peers"]
    assert (peer["name"], peer["n_cases"], peer["unmatched"]) == ("other", 1, ["z-unknown"])
    assert peer["theirs"]["top-10"]["value"] == 0
    assert "left out: z-unknown." in output


def test_the_report_says_how_to_have_it_again(bad_set):
    output, metrics, _ = bad_set
    settings = metrics["settings"]
    assert (settings["cases"], settings["protocol"], settings["system"]) == ("packets", "published", "graph")
    assert (settings["knowledge"], settings["seed"]) == ("library", "0")
    assert "weights" not in settings
    assert metrics["run"]["n_ranked"] == 2
    assert "## How this was measured\n\n- `citedx evaluate --as 'typed here'`\n" in output


@pytest.mark.parametrize("name", ["top-k", "findings", "reliability", "risk-coverage"])
def test_every_figure_is_there_in_both_formats(bad_set, name):
    _, _, out = bad_set
    assert ET.parse(out / f"{name}.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_the_fusion_is_trained_in_the_folds_and_a_second_run_ranks_nothing(tmp_path):
    cases, out = tmp_path / "packets", tmp_path / "out"
    packet(cases, "m1")
    packet(cases, "m2", publication="PMID:2")
    packet(cases, "r1", disease=RETT, present=OF_RETT, publication="PMID:2")
    options = ("--system", "fused", "--protocol", "unseen-publication", "--weights", "folds", "--pheval")
    options = (*options, "--knowledge", "graph")
    assert evaluate(cases, out, *options).exception is None
    first = strict_json(out / "metrics.json")
    assert first["settings"]["weights"] == "folds"
    assert first["groups"]["known from another publication"]["n_cases"] == 2
    assert first["calibration"]["bins"]
    assert first["run"]["n_ranked"] == 3
    files = (out / "pheval_disease_results").iterdir()
    assert sorted(f.name for f in files) == [f"{name}-disease_result.parquet" for name in ("m1", "m2", "r1")]
    kept = (out / "predictions.jsonl").read_bytes()
    again = evaluate(cases, out, *options)
    assert "0 cases ranked" in again.output
    assert "; the other 3 were there from an earlier run" in again.output
    assert (out / "predictions.jsonl").read_bytes() == kept


def test_the_reader_is_trained_in_the_folds_and_examined(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_folds, "N_SIMULATED", 12)
    cases, out = tmp_path / "packets", tmp_path / "out"
    further = ("HP:0002650", "HP:0000098", "HP:0000545", "HP:0000767", "HP:0002616", "HP:0001519", "HP:0000218")
    packet(cases, "m1", present=(*OF_MARFAN, *further))  # enough to be asked about
    packet(cases, "m2", publication="PMID:2")
    packet(cases, "r1", disease=RETT, present=OF_RETT, publication="PMID:2")
    options = (
        "--workers",
        "1",
        "--system",
        "reader",
        "--protocol",
        "unseen-publication",
        "--weights",
        "folds",
        "--knowledge",
        "graph",
    )
    result = evaluate(cases, out, *options, "--without", "cases", "--examine", "3", "--workers", "1")
    assert result.exception is None
    metrics = strict_json(out / "metrics.json")
    assert (metrics["settings"]["system"], metrics["settings"]["without"]) == ("reader", "cases")
    assert metrics["calibration"]["bins"]
    ranks = metrics["trust"]["ranks_after"]
    assert {a: set(by) for a, by in ranks.items()} == {
        answerer: {"gain", "random", "frequent"} for answerer in ("record", "completed")
    }
    assert "## Reasons and questions" in result.output


@pytest.mark.parametrize("without", ["evidence", "simulation", "fusion"])
def test_the_shipped_reader_is_no_ablation_of_the_training(tmp_path, without):
    packet(tmp_path / "packets", "m1")
    result = evaluate(tmp_path / "packets", tmp_path / "out", "--system", "reader", "--without", without)
    assert isinstance(result.exception, UsageError)
    says = (
        f"--without {without} needs readers that are trained for it, fold by fold, and the shipped weights were trained"
    )
    assert str(result.exception).startswith(says)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("option", "value"), [("--weights", "folds"), ("--without", "evidence"), ("--examine", "3")])
def test_what_only_trained_systems_have_is_refused_of_others(tmp_path, option, value):
    packet(tmp_path / "packets", "m1")
    result = evaluate(tmp_path / "packets", tmp_path / "out", "--system", "graph", option, value)
    assert isinstance(result.exception, UsageError)
    assert f"{option} is for the system" in str(result.exception)


def test_a_library_is_refused_where_none_is_known(tmp_path):
    packet(tmp_path / "packets", "m")
    result = evaluate(tmp_path / "packets", tmp_path / "out", "--library", str(tmp_path), "--knowledge", "counts")
    assert str(result.exception) == "--library is for --knowledge library, got --knowledge counts"
    assert not (tmp_path / "out").exists()


def test_a_folder_of_patients_may_be_called_cases(tmp_path):
    packet(tmp_path / "cases", "m")
    packet(tmp_path / "cases", "r", disease="OMIM:312750", present=OF_RETT, publication="PMID:2")
    assert evaluate(tmp_path / "cases", tmp_path / "out", "--system", "graph").exception is None
    assert "cases: cases\n" in (tmp_path / "out" / "settings.txt").read_text()


def test_a_patient_in_another_library_too_does_not_help_themselves(tmp_path):
    """The library's copy names no publication, so that holding out the patient's own would not remove it."""
    cases, library = tmp_path / "packets", tmp_path / "library"
    packet(cases, "g", disease="OMIM:999999")
    packet(library, "g", disease="OMIM:999999", publication="")
    packet(library, "other", disease="OMIM:999998", publication="")
    result = evaluate(cases, tmp_path / "out", "--system", "cases", "--library", str(library))
    assert result.exception is None
    prediction = predictions_of(tmp_path / "out")["g"]
    assert (prediction["rank"], prediction["in_graph"]) == (None, False)
    assert "OMIM:999998" in prediction["ranked_ids"]


def test_weights_that_saw_an_evaluated_publication_are_refused(tmp_path):
    seen = min(load_fusion().publications)
    packet(tmp_path, "p", publication=seen)
    options = ("--system", "fused", "--weights", "shipped", "--knowledge", "graph")
    result = evaluate(tmp_path, tmp_path / "out", *options)
    assert isinstance(result.exception, TrainedOnError)
    assert result.exception.exit_code == 2
    assert f"the weights were trained on {seen}, which is held out" in str(result.exception)
    assert not (tmp_path / "out").exists()  # the corrected command may have it


def test_which_weights_ranked_is_noted_so_that_others_are_not_gone_on_with(tmp_path):
    packet(tmp_path / "packets", "p")
    options = ("--system", "fused", "--weights", "shipped", "--knowledge", "graph")
    assert evaluate(tmp_path / "packets", tmp_path / "out", *options).exception is None
    settings = strict_json(tmp_path / "out" / "metrics.json")["settings"]
    assert settings["weights"] == f"shipped {checksum(BUNDLED / 'fusion.safetensors')[:12]}"
    note = tmp_path / "out" / "settings.txt"
    note.write_text(note.read_text().replace(settings["weights"], "shipped 0123456789ab"))
    result = evaluate(tmp_path / "packets", tmp_path / "out", *options)
    assert isinstance(result.exception, UsageError)


def test_a_patient_of_whom_no_publication_is_named_is_not_found_by_their_own(tmp_path):
    """The library describes a disease of its own by this patient, and by another of other findings."""
    library, cases = tmp_path / "library", tmp_path / "cases.json"
    packet(library, "self", disease="OMIM:999999")
    packet(library, "other", disease="OMIM:999999", present=OF_RETT, publication="PMID:2")
    cases.write_text(json.dumps([[list(OF_MARFAN), ["OMIM:999999"]]]))
    assert evaluate(cases, tmp_path / "out", "--system", "cases", "--library", str(library)).exception is None
    (prediction,) = predictions_of(tmp_path / "out").values()
    assert (prediction["rank"], prediction["in_graph"]) == (None, True)  # the other shares no finding
    settings = strict_json(tmp_path / "out" / "metrics.json")["settings"]
    assert settings["left out, may describe the patients"] == "1 publications"


def test_weights_that_saw_what_may_be_the_patients_publication_are_refused(tmp_path):
    series = next(s for s in load_counts()[0] if sum(c.n_present > 0 for c in s.counts) > 2)
    present = [c.term_id for c in series.counts if c.n_present]
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps([[present, [series.disease.disease_id]]]))
    options = ("--system", "fused", "--weights", "shipped", "--knowledge", "counts")
    result = evaluate(cases, tmp_path / "out", *options)
    assert isinstance(result.exception, TrainedOnError)


def test_excluded_findings_can_be_left_out(tmp_path):
    cases = tmp_path / "packets"
    packet(cases, "m", absent=("HP:0001250", "HP:0000365"))
    small = ("--knowledge", "graph")
    for name, options in (("all", small), ("present", (*small, "--present-only"))):
        assert evaluate(cases, tmp_path / name, *options).exception is None
    told, silent = (predictions_of(tmp_path / name)["m"] for name in ("all", "present"))
    assert told["n_findings"] == silent["n_findings"] == 3  # present ones
    assert told["probabilities"] != silent["probabilities"]
    settings = strict_json(tmp_path / "present" / "metrics.json")["settings"]
    assert settings["findings"] == "present only"


# Wrong use: one line, exit code 2


def fails(capsys, monkeypatch, *given: str) -> tuple[int, str]:
    """Exit code and standard error, as the console script has them."""
    monkeypatch.setattr(sys, "argv", ["citedx", *given])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), capsys.readouterr().err


def test_other_settings_in_the_same_folder_are_refused(tmp_path, capsys, monkeypatch):
    cases, out = tmp_path / "packets", tmp_path / "out"
    packet(cases, "p")
    small = ("--knowledge", "graph")
    assert evaluate(cases, out, *small).exception is None
    kept = {f.name: f.read_bytes() for f in out.iterdir()}
    code, said = fails(capsys, monkeypatch, *arguments(cases, out, *small, "--seed", "1"))
    assert code == 2
    assert said == f"citedx: {out} holds a run with other settings (settings.txt names them): choose another --out\n"
    packet(cases, "q", present=OF_RETT)  # the same name, another set
    assert isinstance(evaluate(cases, out, *small).exception, UsageError)
    assert {f.name: f.read_bytes() for f in out.iterdir()} == kept


def test_a_folder_without_a_case_that_can_be_scored_is_refused(tmp_path):
    packet(tmp_path, "p", disease=None)
    result = evaluate(tmp_path, tmp_path / "out", "--knowledge", "graph")
    assert isinstance(result.exception, UsageError)
    assert "holds no case that can be scored; 1 cannot, the first: p: no diagnosis" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_broken_peer_is_refused_before_anything_is_ranked(tmp_path):
    packet(tmp_path, "p")
    peer = tmp_path / "peer.tsv"
    peer.write_text("nothing")
    result = evaluate(tmp_path, tmp_path / "out", "--peer", str(peer))
    assert isinstance(result.exception, SourceError)
    assert not (tmp_path / "out").exists()


def test_weights_are_of_the_fused_system(tmp_path):
    packet(tmp_path, "p")
    result = evaluate(tmp_path, tmp_path / "out", "--weights", "folds")
    assert isinstance(result.exception, UsageError)
    assert "--weights is for the systems fused and reader, got --system graph" in str(result.exception)


def test_unseen_future_needs_its_release(tmp_path, monkeypatch, capsys):
    packet(tmp_path / "packets", "p")
    monkeypatch.setenv("CITEDX_DATA", str(tmp_path))
    code, said = fails(
        capsys, monkeypatch, *arguments(tmp_path / "packets", tmp_path / "out", "--protocol", "unseen-future")
    )
    assert code == 2
    assert said.startswith(f"citedx: unseen-future needs {tmp_path}/hpo/hp.v2023-01-27.json.gz: put it there")
    assert len(said.splitlines()) == 1
    assert isinstance(
        evaluate(tmp_path / "packets", tmp_path / "out", "--protocol", "unseen-future").exception, NotReadyError
    )


def test_a_folder_that_is_not_there_is_named(tmp_path):
    result = evaluate(tmp_path / "nowhere", tmp_path / "out")
    assert isinstance(result.exception, SourceError)
    assert "nowhere" in str(result.exception)


@pytest.mark.data
def test_unseen_future_learns_from_the_past_alone(tmp_path):
    cases, out = tmp_path / "packets", tmp_path / "out"
    packet(cases, "past-1", publication="PMID:1")
    packet(cases, "past-2", disease=RETT, present=OF_RETT, publication="PMID:2")
    packet(cases, "later-1", publication="PMID:40000001")
    packet(cases, "later-2", disease="OMIM:999999", publication="PMID:40000002")
    packet(cases, "later-3", disease="OMIM:999999", publication="PMID:40000003")
    result = evaluate(cases, out, "--system", "fused", "--weights", "folds", "--protocol", "unseen-future")
    assert result.exception is None
    metrics = strict_json(out / "metrics.json")
    assert [u["case_id"] for u in metrics["unscored"]] == ["past-1", "past-2"]
    assert metrics["settings"]["hpo"].startswith("2023-01-27")
    rows = predictions_of(out)
    assert {name: row["known"] for name, row in rows.items()} == {"later-1": True, "later-2": False, "later-3": False}
    assert {name: row["in_graph"] for name, row in rows.items()} == {
        "later-1": True,
        "later-2": False,
        "later-3": False,
    }


@pytest.mark.parametrize(("what", "option"), [("findings", "--corpus"), ("free-text", "--cases")])
def test_a_file_of_another_kind_is_refused_before_a_graph_is_built(tmp_path, monkeypatch, what, option):
    monkeypatch.setenv("CITEDX_CACHE", str(tmp_path / "cache"))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    result = CliRunner().invoke(
        app, ["evaluate", what, option, str(tmp_path / "bytes"), "--out", str(tmp_path / "out")]
    )
    assert isinstance(result.exception, SourceError)
    assert not (tmp_path / "cache").exists()
