"""Each fold is looked up in what the others were worth, never in its own answers."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from evaluation.lines import append_lines
from evaluation.metrics import METRICS
from evaluation.recalibration import load_confidence, recalibrated_by_others
from evaluation.runner import PREDICTIONS
from evaluation.schema import Prediction
from kg.errors import UsageError
from llm.reader.confidence import MIN_ANSWERS


def answer(number: int, publication: str, first: float, *, is_right: bool) -> Prediction:
    return Prediction(
        case_id=str(number),
        publication=publication,
        gold_ids=("OMIM:1",),
        ranked_ids=("OMIM:1", "OMIM:2") if is_right else ("OMIM:2", "OMIM:1"),
        probabilities=(first, (1 - first) / 2),
        rank=1 if is_right else 2,
        known=True,
        in_graph=True,
        n_findings=4,
    )


@pytest.fixture(scope="module")
def answers() -> list[Prediction]:
    """Two folds: in A nine of ten are right, in B one of ten, whatever the probability says."""
    rng = np.random.default_rng(0)
    return [
        answer(i, f"PMID:{'A' if i % 2 else 'B'}{i % 8}", float(rng.uniform(0.4, 0.7)), is_right=(i // 8) % 10 != 0)
        if i % 2
        else answer(i, f"PMID:B{i % 8}", float(rng.uniform(0.4, 0.7)), is_right=(i // 8) % 10 == 0)
        for i in range(1600)
    ]


@pytest.fixture(scope="module")
def folds(answers):
    names = [frozenset(p.publication for p in answers if p.publication[5] == letter) for letter in "AB"]
    return [(publications, ()) for publications in names]


def test_a_fold_is_looked_up_in_the_other(answers, folds):
    changed = recalibrated_by_others(answers, folds)
    firsts = {letter: [p.probabilities[0] for p in changed if p.publication[5] == letter] for letter in "AB"}
    assert np.mean(firsts["A"]) == pytest.approx(0.1, abs=0.02)
    assert np.mean(firsts["B"]) == pytest.approx(0.9, abs=0.02)
    assert [p.ranked_ids for p in changed] == [p.ranked_ids for p in answers]
    assert all(sum(p.probabilities) <= 1.0001 for p in changed)


def test_an_answer_without_a_candidate_stays(answers, folds):
    silent = Prediction(
        case_id="s",
        publication="PMID:A1",
        gold_ids=("OMIM:1",),
        ranked_ids=(),
        probabilities=(),
        rank=None,
        known=False,
        in_graph=False,
        n_findings=1,
    )
    assert recalibrated_by_others([*answers, silent], folds)[-1] == silent


def test_a_line_is_taken_from_an_evaluation_in_folds_only(answers, tmp_path):
    with pytest.raises(UsageError, match="holds no evaluation of the system reader"):
        load_confidence(tmp_path)
    (tmp_path / "settings.txt").write_text("system: reader\nweights: shipped\n")
    with pytest.raises(UsageError, match="with --weights folds"):
        load_confidence(tmp_path)
    for another in ("without: fusion", "findings: present only", "limit: 300"):
        (tmp_path / "settings.txt").write_text(f"system: reader\nweights: folds\n{another}\n")
        with pytest.raises(UsageError, match=rf"another reader or of other patients \({another}\)"):
            load_confidence(tmp_path)
    (tmp_path / "settings.txt").write_text("system: reader\nweights: folds\n")
    (tmp_path / METRICS).touch()
    with pytest.raises(UsageError, match=f"fewer than {MIN_ANSWERS}"):
        load_confidence(tmp_path)
    append_lines(tmp_path / PREDICTIONS, map(asdict, answers))
    (tmp_path / METRICS).unlink()
    with pytest.raises(UsageError, match="has not come to its end"):
        load_confidence(tmp_path)
    (tmp_path / METRICS).touch()
    assert np.interp(0.5, *np.array(load_confidence(tmp_path)).T) == pytest.approx(0.5, abs=0.1)
