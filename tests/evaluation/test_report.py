"""Everything is counted, and what the report shortens is whole in metrics.json."""

from __future__ import annotations

import json
import platform
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from evaluation.machine import describe_machine, describe_version
from evaluation.peers import Peer, compare
from evaluation.report import Run, describe_run, write_report
from evaluation.runner import predict
from evaluation.schema import Case, Protocol, System, Unscored
from evaluation.stories import Polarity, ReadBack
from kg.errors import StorageError
from tests.evaluation.predictions import prediction
from tests.evaluation.store import build_knowledge
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
    done = predict(cases, build_knowledge(toy_graph), Protocol.PUBLISHED, System.GRAPH, tmp_path / "p.jsonl")
    write_report(tmp_path, done, [Unscored(case_id="x", reason="no diagnosis")], {"system": "graph"})
    metrics = strict_json((tmp_path / "metrics.json").read_text())
    report = (tmp_path / "report.md").read_text()
    assert metrics["groups"]["all"]["n_cases"] == 2
    assert metrics["n_outside_graph"] == 1
    assert metrics["outside_graph"] == [{"case_id": "c1", "gold_ids": ["OMIM:1"]}]
    assert metrics["unscored"] == [{"case_id": "x", "reason": "no diagnosis"}]
    assert "1 of the scored cases have a disease that nothing in use describes; they count as missed." in report
    assert "1 diseases: OMIM:1 (1)." in report
    assert "- Unscored, no diagnosis: 1: x." in report
    assert "the interval has no width, which does not make the rate sure." in report
    assert metrics["groups"]["known from another publication"]["top-1"] == {"value": None, "low": None, "high": None}


def test_findings_that_were_left_out_are_counted(tmp_path):
    write_report(
        tmp_path, [prediction(0, 1)], [], {}, unknown_ids={"c0": ["HP:9999999", "HP:9999998"], "c1": ["HP:9999999"]}
    )
    told = "ids that the ontology has never known: 3, in 2 of the scored cases: HP:9999999 (2), HP:9999998 (1)."
    assert told in (tmp_path / "report.md").read_text()
    metrics = strict_json((tmp_path / "metrics.json").read_text())
    assert metrics["unknown_findings"] == {"c0": ["HP:9999999", "HP:9999998"], "c1": ["HP:9999999"]}


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


def test_what_was_read_from_stories_is_told_by_style(tmp_path):
    letter = ReadBack(
        n_stories=2,
        present=Polarity(n_listed=8, n_read=5, n_right=4),
        absent=Polarity(n_listed=4, n_read=4, n_right=3),
        n_turned=1,
    )
    form = ReadBack(n_stories=1, present=Polarity(n_listed=2, n_read=5, n_right=1))
    write_report(tmp_path, [prediction(0, 1)], [], {}, read_back={"letter": letter, "form": form})
    report = (tmp_path / "report.md").read_text()
    assert (
        "| letter | 2 | 12 | 80.0 | 50.0 | 75.0 | 75.0 | 1 |\n| form | 1 | 2 | 20.0 | 50.0 | 0.0 | 0.0 | 0 |" in report
    )
    assert "| all | 3 | 14 | 50.0 | 50.0 | 75.0 | 75.0 | 1 |\n" in report
    told = strict_json((tmp_path / "metrics.json").read_text())["stories"]["letter"]
    assert told["present"] == {"n_listed": 8, "n_read": 5, "n_right": 4, "precision": 0.8, "recall": 0.5}
    assert (told["n_stories"], told["n_turned"]) == (2, 1)


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
        assert (tmp_path / f"{name}.svg").is_file()


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
    write_report(tmp_path, [prediction(i, 1) for i in range(2003)], [], {"system": "graph", "seed": "4"}, run=run)
    report = (tmp_path / "report.md").read_text()
    assert "- `citedx evaluate`\n- 2026-01-02T03:04+00:00, citedx 1, 2 cores\n" in report
    assert "2,000 cases ranked in 4 s by 2 processes, 2.0 ms each, preparation and training" in report
    assert "; the other 3 were there from an earlier run\n" in report
    assert "- system: graph\n- seed: 4\n" in report
    metrics = strict_json((tmp_path / "metrics.json").read_text())
    assert metrics["settings"] == {"system": "graph", "seed": "4"}
    assert (metrics["run"]["n_ranked"], metrics["run"]["n_workers"], metrics["run"]["ranked_s"]) == (2000, 2, 4.0)


def test_this_machine_is_described():
    run = describe_run("citedx", ranked_s=1.26, n_ranked=3, n_workers=1)
    assert run.version == describe_version()
    assert run.hardware == f"{describe_machine()}, Python {platform.python_version()}"
    assert run.ranked_s == 1.3
    assert abs(datetime.fromisoformat(run.date) - datetime.now(UTC)) < timedelta(minutes=2)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StorageError, match="cannot write into"):
        write_report(tmp_path / "nowhere", [prediction(0, 1)], [], {})


def test_groups_part_the_known_from_the_new(tmp_path):
    predictions = [
        *(replace(prediction(i, 1, f"PMID:{i}"), known=True) for i in range(4)),
        *(replace(prediction(i, 2, f"PMID:{i // 2}"), known=False) for i in range(4, 10)),
    ]
    rates = write_report(tmp_path, predictions, [], {})
    assert {name: rates[name]["top-1"].value for name in rates} == {
        "all": 0.4, "known from another publication": 1.0, "new": 0.0
    }  # fmt: skip
    groups = strict_json((tmp_path / "metrics.json").read_text())["groups"]
    assert {name: (g["n_cases"], g["n_publications"]) for name, g in groups.items()} == {
        "all": (10, 5), "known from another publication": (4, 4), "new": (6, 3)
    }  # fmt: skip
    report = (tmp_path / "report.md").read_text()
    assert "| known from another publication | 4 (4) | 100.0 (100.0 to 100.0) |" in report
    assert "| new | 6 (3) | 0.0 (0.0 to 0.0) | 100.0 (100.0 to 100.0) |" in report


def test_a_set_without_a_scored_case_is_told_without_figures(tmp_path):
    write_report(tmp_path, [], [Unscored(case_id="x", reason="no diagnosis")], {})
    metrics = strict_json((tmp_path / "metrics.json").read_text())
    assert metrics["groups"]["all"]["top-1"] == {"value": None, "low": None, "high": None}
    assert not list(tmp_path.glob("*.png"))
    assert "- Unscored, no diagnosis: 1: x." in (tmp_path / "report.md").read_text()


def test_no_threshold_is_null_in_the_file_and_words_in_the_report(tmp_path):
    predictions = [prediction(i, None, f"PMID:{i}", confidence=0.9) for i in range(3)]
    write_report(tmp_path, predictions, [], {})
    assert strict_json((tmp_path / "metrics.json").read_text())["risk_coverage"]["threshold"] is None
    assert "No threshold brings the share of wrong first diseases to 20 %." in (tmp_path / "report.md").read_text()
