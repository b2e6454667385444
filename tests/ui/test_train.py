"""What the project ships is made by its own commands: weights of fusion and embedder, the table of counts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models
from typer.testing import CliRunner

from evaluation import reader_folds, recalibration
from kg.schema import Provenance
from kg.sources.counts import load_counts
from llm.reader.weights import load_reader
from retrieval.embedding import SentenceEmbedder
from retrieval.features import FEATURES
from retrieval.fusion import load_fusion
from retrieval.static import StaticModel
from tests.packets import write_packet
from tests.toy import counted_series
from ui.cli import app

pytestmark = pytest.mark.release

MARFAN, RETT = "OMIM:154700", "OMIM:312750"
LONG_FINGERS, ECTOPIA, SEIZURE, WRINGING = "HP:0001166", "HP:0001083", "HP:0001250", "HP:0012171"


@pytest.fixture
def packets(tmp_path):
    """Four patients of two publications, one without any publication, one without a diagnosis."""
    folder = tmp_path / "packets"
    write_packet(folder, "m1", disease=MARFAN, present=[LONG_FINGERS, ECTOPIA], publication="PMID:1", gene="FBN1")
    write_packet(folder, "m2", disease=MARFAN, present=[ECTOPIA], absent=[SEIZURE, LONG_FINGERS], publication="PMID:1")
    write_packet(folder, "m3", disease=MARFAN, present=[LONG_FINGERS], publication="PMID:2")
    write_packet(folder, "r1", disease=RETT, present=[SEIZURE, WRINGING], publication="PMID:2")
    write_packet(folder, "alone", disease=RETT, present=[WRINGING], publication="")
    write_packet(folder, "nobody", disease=None, present=[SEIZURE], publication="PMID:2")
    return folder


def run(*arguments: str | Path):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_trained_weights_load_and_say_what_they_saw(packets, tmp_path):
    out = tmp_path / "weights"
    result = run("train", "fusion", "--cases", packets, "--out", out, "--workers", 1, "--seed", 3)
    assert result.exception is None
    assert result.output == f"trained on 5 patients of 3 publications: {out}; 1 cases cannot be used\n"
    fusion = load_fusion(out)
    assert fusion.publications == {"PMID:1", "PMID:2", "alone"}
    assert fusion.features == FEATURES
    probabilities = np.exp(fusion.log_probabilities(np.tile(fusion.mean, (3, 1))))
    assert probabilities.shape == (4,)
    assert probabilities.sum() == pytest.approx(1)
    card = json.loads((out / "fusion.json").read_text())
    assert (card["trained_on"], card["n_patients"], card["seed"]) == ("packets", 5, 3)
    assert "hpo" in card["versions"]


def test_a_table_of_counts_loads(packets, tmp_path):
    out = tmp_path / "counts.tsv.gz"
    source = ("--source", "Toy store", "--version", "2030-01-01", "--licence", "CC0-1.0")
    result = run("data", "counts", "--cases", packets, *source, "--out", out)
    assert result.exception is None
    assert result.output == f"4 patients, 2 diseases, 3 series: {out}\n"
    series, provenance = load_counts(out)
    assert provenance == Provenance(source="Toy store", version="2030-01-01", reference="", licence="CC0-1.0")
    assert series == (
        counted_series(
            MARFAN,
            "PMID:1",
            2,
            {ECTOPIA: (2, 2), LONG_FINGERS: (1, 2), SEIZURE: (0, 1)},
            name=f"disease {MARFAN}",
            genes=["FBN1"],
        ),
        counted_series(MARFAN, "PMID:2", 1, {LONG_FINGERS: (1, 1)}, name=f"disease {MARFAN}"),
        counted_series(RETT, "PMID:2", 1, {SEIZURE: (1, 1), WRINGING: (1, 1)}, name=f"disease {RETT}"),
    )


def test_an_embedder_is_trained_from_any_teacher(tmp_path):
    """One round over the release with a static teacher; the shipped weights take twelve, and MiniLM."""
    teacher, out = tmp_path / "teacher", tmp_path / "embedder"
    teacher.mkdir()
    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1, "##b": 2}, unk_token="[UNK]"))  # noqa: S106
    StaticModel(tokenizer, np.eye(3, 300, dtype=np.float32)).save(teacher)
    result = run("train", "embedder", "--out", out, "--teacher", teacher, "--epochs", 1)
    assert result.exception is None
    assert " tokens; loss " in result.output
    embedder = SentenceEmbedder(out)
    assert embedder.encode(["seizure", "short thumb"]).shape == (2, 256)
    card = json.loads((out / "training.json").read_text())
    assert card["teacher"].startswith("teacher@sha256:")
    assert (card["seed"], card["settings"]["n_epochs"], len(card["losses"])) == (0, 1, 1)
    assert "hpo" in card["versions"]


def test_the_reader_is_trained_on_a_few_patients_and_read_again(packets, tmp_path, monkeypatch):
    monkeypatch.setattr(reader_folds, "N_SIMULATED", 12)
    out = tmp_path / "reader"
    result = run("train", "reader", "--cases", packets, "--out", out, "--limit", 4, "--epochs", 2)
    assert result.exception is None
    assert result.output.startswith("trained on 4 patients of ")
    reader = load_reader(out, device="cpu")
    assert reader.config.publications
    card = json.loads((out / "training.json").read_text())
    assert (card["trained_on"], card["n_patients"], card["seed"]) == ("packets", 4, 0)
    assert len(card["curve"]) == 2
    assert not (out / "checkpoint.pt").exists()
    before = json.loads((out / "config.json").read_text())
    monkeypatch.setattr(recalibration, "load_confidence", lambda run: ((0.0, 0.0), (1.0, 0.9)))
    result = run("train", "confidence", "--evaluation", tmp_path, "--reader", out)
    assert result.output.startswith("a line of 2 points")
    assert load_reader(out, device="cpu").config.confidence == [(0.0, 0.0), (1.0, 0.9)]
    after = json.loads((out / "config.json").read_text())
    assert {k for k in before | after if before.get(k) != after.get(k)} == {"confidence"}  # and no weight


def test_a_reader_is_calibrated_by_an_evaluation_alone(tmp_path):
    result = run("train", "confidence", "--evaluation", tmp_path, "--reader", tmp_path)
    assert "holds no evaluation of the system reader" in str(result.exception)
