"""Training is timed as it is done, on a model of the size that was asked for."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("trl", reason="needs trl (pip install -e '.[finetuning]')")

from evaluation import finetuning_speed


def test_a_small_model_on_whatever_device_there_is(capsys: pytest.CaptureFixture[str]):
    """Llama's parameters by hand: two embeddings, attention, three feed-forward matrices, norms; LoRA of rank 16."""
    small = ["--hidden", "64", "--layers", "2", "--length", "32", "--batch-size", "2", "--steps", "3"]
    assert finetuning_speed.main(small) == 0
    said = capsys.readouterr().out
    inner = 64 * 8 // 3
    n_parameters = 2 * 32_000 * 64 + 2 * (4 * 64 * 64 + 3 * 64 * inner + 2 * 64) + 64
    n_trained = 2 * 16 * (4 * (64 + 64) + 3 * (64 + inner))
    assert said.startswith(f"{n_parameters / 1e6:.1f} million parameters, {n_trained / 1e6:.2f} million trained, ")
    assert said.endswith("3 steps of 2 x 32 tokens\n")
    (rate,) = re.findall(r"([\d,]+) tokens a second", said)
    assert int(rate.replace(",", "")) > 0


def test_an_impossible_size_is_refused(capsys: pytest.CaptureFixture[str]):
    assert finetuning_speed.main(["--hidden", "100"]) == 2
    assert capsys.readouterr().err == "--hidden is a multiple of 64, got 100\n"
