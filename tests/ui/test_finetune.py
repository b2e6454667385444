"""``citedx finetune`` refuses in one line, before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.llm.chat.tiny import save_tiny_model
from ui.cli import main


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


def outcome(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["citedx", "finetune", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0), capsys.readouterr().err


def test_errors_are_one_line(monkeypatch, capsys, tmp_path, tiny):
    pytest.importorskip("trl", reason="needs trl (pip install -e '.[finetuning]')")
    out = tmp_path / "out"
    done = tmp_path / "done"
    done.mkdir()
    (done / "report.md").write_text("")
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text("[]\n")
    missing = tmp_path / "missing.zip"
    for arguments, code, says in (
        (("--model", tmp_path / "nothing", "--cases", missing, "--out", out), 2, "there is no folder"),
        (("--model", tmp_path, "--cases", missing, "--out", out), 1, "is not a model of transformers"),
        (("--model", tiny, "--cases", missing, "--out", out, "--context-size", 9999), 1, "was made for 2048 tokens"),
        (("--model", tiny, "--cases", missing, "--out", out, "--learning-rate", 0), 2, "learning rate is above 0"),
        (("--model", tiny, "--cases", missing, "--out", out, "--pairs", pairs), 2, "line 1 is neither a question"),
        (("--model", tiny, "--cases", missing, "--out", done), 2, "holds a finished fine-tuning"),
    ):
        found, error = outcome(monkeypatch, capsys, *arguments)
        assert (found, error.count("\n")) == (code, 1), error
        assert error.startswith("citedx: ")
        assert says in error


@pytest.mark.release
def test_cases_that_are_not_there_are_named(monkeypatch, capsys, tmp_path, tiny):
    pytest.importorskip("trl", reason="needs trl (pip install -e '.[finetuning]')")
    found, error = outcome(
        monkeypatch, capsys, "--model", tiny, "--cases", tmp_path / "missing.zip", "--out", tmp_path / "out"
    )
    assert (found, error.count("\n")) == (2, 1), error
    assert "missing.zip" in error
