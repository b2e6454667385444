"""Everything is counted, and what the report shortens is whole in metrics.json."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from evaluation.peers import Peer, compare
from evaluation.report import Run, describe_run, write_report
from evaluation.runner import predict
from evaluation.schema import Case, Protocol, Unscored
from evaluation.systems import System
from kg.errors import StorageError
from tests.evaluation.predictions import prediction
from tests.toy import ALPHA, LARGE, STRIPED, patient


def strict_json(text: str) -> dict:
    def refuse(name: str) -> float:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_the_report_counts_everything(toy_graph, tmp_path):
    cases = [
        Case(case_id="c0", findings=patient(LARGE, STRIPED), gold_ids=(ALPHA,), publication="PMID:1"),
        Case(case_id="c1", findings=patient(LARGE), gold_ids=("OMIM:1",), publication="PMID:2"),
    ]
    done = predict(cases, toy_graph, None, Protocol.PUBLISHED, System.GRAPH, tmp_path / "p.jsonl")
    write_report(tmp_path, done, [Unscored(case_id="x", reason="no diagnosis")], {"system": "graph"})
    metrics = strict_json((tmp_path / "metrics.json").read_text())
    report = (tmp_path / "report.md").read_text()
    assert metrics["groups"]["all"]["n_cases"] == 2
    assert metrics["n_outside_graph"] == 1
    assert metrics["outside_graph"] == [{"case_id": "c1", "gold_ids": ["OMIM:1"]}]
    assert metrics["unscored"] == [{"case_id": "x", "reason": "no diagnosis"}]
    assert "1 of the scored cases have a disease that the graph does not hold; they count as missed." in report
    assert "1 diseases: OMIM:1 (1)." in report
    assert "- Unscored, no diagnosis: 1: x." in report
    assert metrics["groups"]["known from another publication"]["top-1"] == {"value": None, "low": None, "high": None}


def test_many_ids_are_shortened_in_the_report_only(tmp_path):
    unscored = [Unscored(case_id=f"x{i}", reason="repeated id") for i in range(25)]
    unscored.append(Unscored(case_id="y.json", reason="cannot be read: is not JSON: line 1\ncolumn 2"))
    write_report(tmp_path, [prediction(0, 1)], unscored, {})
    report = (tmp_path / "report.md").read_text()
    assert "Unscored, repeated id: 25: x0, x1," in report
    assert "x19 and 5 more, all in metrics.json." in report
    assert "x20" not in report
    assert "- Unscored, cannot be read: 1: y.json (is not JSON: line 1 column 2).\n" in report
    assert len(strict_json((tmp_path / "metrics.json").read_text())["unscored"]) == 26


def test_calibration_bands_curves_and_peers_are_told(tmp_path):
    predictions = [
        prediction(i, 1 if i < 6 else 4, f"PMID:{i}", confidence=1 - i / 10, n_findings=i + 1) for i in range(10)
    ]
    peer = Peer(name="other", ranks=(*((f"c{i}", 1 if i < 2 else None) for i in range(10)), ("nobody", 1)))
    write_report(tmp_path, predictions, [], {}, comparisons=[compare(predictions, peer)])
    metrics = strict_json((tmp_path / "metrics.json").read_text())
    report = (tmp_path / "report.md").read_text()
    assert len(metrics["top_k"]["all"]) == 50
    assert metrics["top_k"]["all"][3]["value"] == 1.0
    assert metrics["by_n_findings"]["3-4"]["n_cases"] == 2
    assert metrics["risk_coverage"]["coverage"]["value"] == 0.7
    assert metrics["risk_coverage"]["risks"][-1] == pytest.approx(0.4)
    assert metrics["calibration"]["overconfidence"]["value"] == pytest.approx(0.55 - 0.6)
    assert metrics["peers"][0]["difference"]["top-1"]["value"] == pytest.approx(0.4)
    assert metrics["peers"][0]["unmatched"] == ["nobody"]
    assert "Answering only from a probability of 40.0 % on" in report
    assert "| other | 10 (10) | top-1 | 60.0" in report
    assert "| 4, 0 | p = 0.125 |" in report
    assert "- other, 1 ids not among the scored cases, left out: nobody." in report
    for name in ("top-k", "findings", "reliability", "risk-coverage"):
        assert f"![{name}]({name}.png)" in report
        assert (tmp_path / f"{name}.png").is_file()


def test_a_system_without_probabilities_has_no_calibration(tmp_path):
    write_report(tmp_path, [replace(prediction(0, 1), ranked_ids=("OMIM:1",))], [], {})
    assert strict_json((tmp_path / "metrics.json").read_text())["calibration"] is None
    assert "This system gives no probabilities." in (tmp_path / "report.md").read_text()
    assert not (tmp_path / "reliability.png").exists()


def test_the_seed_is_that_of_the_intervals(tmp_path):
    predictions = [prediction(i, 1 if i % 2 else None, f"PMID:{i}") for i in range(30)]
    one, same, other = (write_report(tmp_path, predictions, [], {}, seed=s)["all"]["top-1"] for s in (0, 0, 1))
    assert one == same
    assert one.value == other.value
    assert (one.low, one.high) != (other.low, other.high)


def test_the_run_is_told(tmp_path):
    run = Run(
        command="citedx evaluate",
        date="2026-01-02T03:04+00:00",
        hardware="2 cores",
        version="citedx 1",
        ranked_s=4.0,
        n_ranked=2000,
        n_workers=2,
    )
    write_report(tmp_path, [prediction(0, 1)], [], {}, run=run)
    report = (tmp_path / "report.md").read_text()
    assert "- `citedx evaluate`\n- 2026-01-02T03:04+00:00, citedx 1, 2 cores\n" in report
    assert "2,000 cases ranked in 4 s by 2 processes, 2.0 ms each" in report


def test_this_machine_is_described():
    run = describe_run("citedx", ranked_s=1.26, n_ranked=3, n_workers=1)
    assert run.version.startswith("citedx ")
    assert " cores, " in run.hardware
    assert run.ranked_s == 1.3


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StorageError, match="cannot write into"):
        write_report(tmp_path / "nowhere", [prediction(0, 1)], [], {})
