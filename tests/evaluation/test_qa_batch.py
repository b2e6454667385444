"""Requests for a fleet and its responses: out and back again, and what comes back broken."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluation.qa.answering import UNREADABLE
from evaluation.qa.batch_files import BatchAnswerer, request_of
from evaluation.qa.prompts import ask_for_json
from evaluation.qa.runner import FAILED, PREDICTIONS, read_answered
from evaluation.qa.schema import Snippet
from kg.errors import SourceError
from tests.evaluation.questions import question
from ui.cli import app

BENCHMARK = {
    "medqa": {
        str(i): {"question": f"Question {i}?", "options": {"A": "Gout", "B": "Marfan"}, "answer": "AB"[i % 2]}
        for i in range(6)
    }
}


def response(name: str, text: str, *, status: int = 200) -> dict[str, Any]:
    body = {"object": "chat.completion", "choices": [{"message": {"role": "assistant", "content": text}}]}
    return {"id": name, "custom_id": name, "response": {"status_code": status, "body": body}, "error": None}


def write(file: Path, *rows: object) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_a_request_is_the_prompt_that_we_put():
    asked, snippets = question(), (Snippet(text="Long fingers: Marfan.", reference="PMID:1"),)
    row = request_of(asked, snippets, model="fleet", reasoned=False)
    assert (row["custom_id"], row["method"], row["url"]) == ("medqa/q1", "POST", "/v1/chat/completions")
    messages = ask_for_json(asked, snippets, reasoned=False)
    assert row["body"]["messages"] == [{"role": m.role, "content": m.text} for m in messages]
    assert (row["body"]["model"], row["body"]["temperature"], row["body"]["max_tokens"]) == ("fleet", 0, 64)
    schema = row["body"]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["answer_choice"]["enum"] == ["A", "B", "C", "D"]


def test_responses_are_read_in_any_order(tmp_path: Path):
    right, unreadable = response("medqa/q1", '{"answer_choice": "B"}'), response("medqa/q2", "B, I think")
    answerer = BatchAnswerer(write(tmp_path / "r.jsonl", unreadable, right), "fleet")
    assert answerer.answer(question("q1"), ()).chosen == "B"
    reply = answerer.answer(question("q2"), ())
    assert (reply.chosen, reply.reason) == (None, UNREADABLE)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (response("medqa/other", "x"), "r.jsonl has no response to medqa/q1"),
        (response("medqa/q1", "x", status=400), "a response with status 400 to medqa/q1"),
        ({"custom_id": "medqa/q1", "response": None, "error": {"code": "x"}}, "a response with status None"),
        (
            {"custom_id": "medqa/q1", "response": {"status_code": 200, "body": {"choices": [7]}}},
            "the server's answer cannot be read",
        ),
    ],
)
def test_what_is_no_answer_is_a_failure_of_the_model_and_stops_no_other(tmp_path: Path, row: object, says: str):
    reply = BatchAnswerer(write(tmp_path / "r.jsonl", row), "fleet").answer(question("q1"), ())
    assert reply.chosen is None
    assert re.match(f"{FAILED}.*{says}", reply.reason)


@pytest.mark.parametrize("row", [7, {"id": "x"}, {"custom_id": 1}, {"custom_id": "x", "response": "y"}])
def test_what_is_no_file_of_responses_is_refused(tmp_path: Path, row: object):
    good = response("medqa/q1", "x")
    with pytest.raises(SourceError, match=r"r\.jsonl, line 2 is no response of OpenAI's batch format"):
        BatchAnswerer(write(tmp_path / "r.jsonl", good, row), "fleet")
    with pytest.raises(SourceError, match="line 2 answers medqa/q1 for the second time"):
        BatchAnswerer(write(tmp_path / "r.jsonl", good, good), "fleet")
    with pytest.raises(SourceError, match="cannot read"):
        BatchAnswerer(tmp_path / "no.jsonl", "fleet")
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff")
    with pytest.raises(SourceError, match=r"cannot read .*bytes\.jsonl: byte 0xff is not UTF-8"):
        BatchAnswerer(tmp_path / "bytes.jsonl", "fleet")


def test_out_and_back_through_the_command_line(tmp_path: Path):
    """A fleet that always says B is right on every second question; one answer it owes."""
    benchmark, out = tmp_path / "benchmark.json", tmp_path / "out"
    benchmark.write_text(json.dumps(BENCHMARK))
    given = [
        "evaluate",
        "qa",
        "--benchmark",
        str(benchmark),
        "--context",
        "none",
        "--model",
        "fleet",
        "--out",
        str(out),
    ]
    written = CliRunner().invoke(app, [*given, "--requests"])
    assert written.output == f"{out / 'requests.jsonl'}\n"
    asked = [json.loads(line) for line in (out / "requests.jsonl").read_text().splitlines()]
    assert [row["custom_id"] for row in asked] == [f"medqa/{i}" for i in range(6)]
    back = write(tmp_path / "back.jsonl", *(response(r["custom_id"], '{"answer_choice": "B"}') for r in asked[1:]))
    result = CliRunner().invoke(app, [*given, "--responses", str(back)])
    assert "| medqa | 6 | 3 | 1 | 50.0 (18.8 to 81.2) | 50.0 |" in result.output
    assert [a.chosen for a in read_answered(out / PREDICTIONS)] == [None, "B", "B", "B", "B", "B"]
    other = CliRunner().invoke(app, [*given, "--snippets", "3", "--responses", str(back)])
    assert "holds a run with other settings" in str(other.exception)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--requests", "--shard", "1/2"], "leave out --join, --shard and --responses"),
        (["--requests", "--model", "retrieval"], "for a language model that writes"),
        (["--responses", "x", "--scoring", "log-likelihood"], "for a language model that writes"),
        (["--requests", "--workers", "2"], "leave out --workers and --scheduler"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, more: list[str], says: str):
    given = ["evaluate", "qa", "--benchmark", "x", "--model", "fleet", "--out", str(tmp_path / "out"), *more]
    assert says in str(CliRunner().invoke(app, given).exception)
