"""The comparison is made on the same patients and adds up; how fast anything is, is not tested."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from evaluation.speed import SpeedComparison, main, measure_speed, sample_patients
from kg.errors import NotReadyError, UsageError

PATIENTS = (("HP:0000001", "HP:0000002"), ("HP:0000003", "HP:0000004"), ("HP:0000005", "HP:0000006"))


def peer(folder: Path, answer: str) -> Path:
    """A Python that keeps its input and threads, and gives this answer instead of running anything."""
    script = folder / "python"
    script.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"kept = dict(argv=sys.argv[1:], threads=os.environ['RAYON_NUM_THREADS'], patients=json.load(sys.stdin))\n"
        f"json.dump(kept, open({str(folder / 'kept.json')!r}, 'w'))\nsys.stdout.write({answer!r})\n"
    )
    script.chmod(0o755)
    return script


def timed(seconds: list[float | None]) -> str:
    return json.dumps({"version": "1", "release": "2031-01-01", "n_diseases": 7, "seconds": seconds})


def test_patients_are_drawn_from_those_with_enough_findings_and_the_same_for_a_seed():
    sources = [("a", "b", "c"), ("d", "e"), ("f", "f", "g"), ("h", "i", "j", "k")]
    drawn = sample_patients(sources, 10, 3, seed=5)
    assert drawn == sample_patients([s[::-1] for s in sources], 10, 3, seed=5)
    assert sorted(len(set(p)) for p in drawn) == [3, 3]
    assert {frozenset(p) for p in drawn} <= {frozenset("abc")} | {frozenset("hijk") - {x} for x in "hijk"}
    assert len(sample_patients(sources, 1, 2)) == 1
    with pytest.raises(UsageError, match="no patient has 5 findings"):
        sample_patients(sources, 1, 5)


def test_both_see_the_same_patients_and_one_unknown_to_the_peer_is_left_out(tmp_path):
    seen = []

    def score(findings):
        seen.append(tuple(f.term_id for f in findings))
        return np.array([0.5, 2.0, 1.0])

    result = measure_speed(score, PATIENTS, peer(tmp_path, timed([0.2, None, 0.4])), n_peer_threads=3)
    kept = json.loads((tmp_path / "kept.json").read_text())
    assert kept["patients"] == [list(p) for p in PATIENTS]
    assert kept["threads"] == "3"
    assert Path(kept["argv"][-1]).name == "peers_hpo3.py"
    assert set(seen) == {PATIENTS[0], PATIENTS[2]}
    assert result.peer_ms == pytest.approx(300)
    assert (result.peer, result.peer_n_diseases, result.peer_threads) == ("hpo3 1 with HPO 2031-01-01", 7, 3)
    assert (result.n_patients, result.n_left_out, result.n_findings, result.own_n_diseases) == (2, 1, 2, 3)
    assert result.ratio == pytest.approx(300 / result.own_ms)


def test_it_is_worded_with_its_conditions():
    comparison = SpeedComparison(
        own_ms=0.5,
        own_n_diseases=11845,
        peer_ms=200,
        peer_n_diseases=12801,
        peer="hpo3 1.5.1 with HPO 2025-11-24",
        peer_threads=2,
        n_patients=199,
        n_left_out=1,
        n_findings=10,
        machine="Toy 9000, 2 cores",
        load=0.1,
    )
    assert str(comparison).splitlines() == [
        "citedx, likelihood ratios, 11,845 diseases in order: 0.50 ms a patient",
        (
            "hpo3 1.5.1 with HPO 2025-11-24, Resnik batch similarity (best-match average), 12,801 diseases, 2 threads: "
            "200.0 ms a patient"
        ),
        (
            "ratio 400; medians over 199 patients of 10 findings (1 left out, with a term that hpo3 does not know); "
            "Toy 9000, 2 cores, load 0.1 before"
        ),
    ]


def test_what_is_no_peer_is_refused(tmp_path):
    def score(findings):
        return np.zeros(2)

    with pytest.raises(UsageError, match="cannot be run: No such file"):
        measure_speed(score, PATIENTS, tmp_path / "nowhere")
    with pytest.raises(NotReadyError, match="it has pyhpo, but not hpo3"):
        measure_speed(score, PATIENTS, Path(sys.executable))
    with pytest.raises(NotReadyError, match="something else than JSON: 'hello'"):
        measure_speed(score, PATIENTS, peer(tmp_path, "hello"))
    with pytest.raises(NotReadyError, match="hpo3 1 with HPO 2031-01-01 knows the terms of no patient"):
        measure_speed(score, PATIENTS, peer(tmp_path, timed([None] * 3)))


@pytest.mark.release
def test_the_command_measures_the_release(tmp_path, capsys):
    python = peer(tmp_path, timed([0.2] * 4))
    assert main(["--hpo3-python", str(python), "--patients", "4", "--findings", "3"]) == 0
    assert "medians over 4 patients of 3 findings (0 left out" in capsys.readouterr().out
    assert main(["--hpo3-python", str(tmp_path / "nowhere"), "--patients", "1"]) == 2
    assert "cannot be run" in capsys.readouterr().err
