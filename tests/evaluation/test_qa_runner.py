"""Questions through a model: cut off, divided and joined, with failures between; and the whole command."""

from __future__ import annotations

import gzip
import json
import lzma
import re
import statistics
import threading
import time
from dataclasses import asdict, replace
from functools import partial

import pytest
from typer.testing import CliRunner

from evaluation.lines import append_lines
from evaluation.qa.answering import RETRIEVAL, GenerativeAnswerer
from evaluation.qa.benchmark import QaOptions, run_qa_benchmark
from evaluation.qa.context import no_context
from evaluation.qa.mirage_files import folder_name, write_mirage_files
from evaluation.qa.passages import PUBMEDQA
from evaluation.qa.runner import (
    FAILED,
    MAX_FAILURES,
    PREDICTIONS,
    Shard,
    answer_questions,
    ask_here,
    join_shards,
    read_answered,
)
from evaluation.qa.schema import ContextKind, Scoring, Snippet
from kg.errors import SourceError, UsageError
from llm.errors import ModelError
from retrieval.passages import MEDQUAD
from tests.evaluation.chat_models import ScriptedModel, WeighingModel, option_with
from tests.evaluation.questions import answered, question
from ui.cli import app

QUESTIONS = tuple(
    question(str(i), text=f"Question {i}?", dataset=("medqa", "mmlu")[i % 2], answer="ABCD"[i % 4]) for i in range(12)
)


def letter_of(prompt: str) -> str:
    """C to every third question, else A."""
    n = int(re.search(r"Question (\d+)\?", prompt)[1])
    return json.dumps({"answer_choice": "C" if n % 3 == 0 else "A"})


def one_snippet(asked, k):
    return (Snippet(text=f"About {asked.question_id}", reference=f"PMID:{asked.question_id}"),)[:k]


def run(file, script=letter_of, questions=QUESTIONS, **more):
    answerer = GenerativeAnswerer(ScriptedModel(script))
    return answer_questions(questions, partial(ask_here, retrieve=one_snippet, answerer=answerer, k=1, **more), file)


def test_choices_come_in_the_order_of_the_questions_and_are_kept(tmp_path):
    file = tmp_path / PREDICTIONS
    made = run(file)
    assert [a.question_id for a in made] == [str(i) for i in range(12)]
    assert [a.chosen for a in made[:4]] == ["C", "A", "A", "C"]
    assert made[5].references == ("PMID:5",)
    assert tuple(read_answered(file)) == made


def test_a_run_that_was_cut_off_goes_on_and_gives_the_same_file(tmp_path):
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    made = run(whole)
    content = whole.read_bytes()
    cut.write_bytes(content[: content.find(b"\n", len(content) // 2) + 30])  # in the middle of a line
    asked = []
    again = run(cut, lambda p: asked.append(p) or letter_of(p))
    assert again == made
    assert cut.read_bytes() == content
    assert 0 < len(asked) < 12


def test_questions_asked_at_the_same_time_give_the_same_file(tmp_path):
    at_once, most = 0, 0
    lock = threading.Lock()

    def slow(prompt):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        return letter_of(prompt)

    made = run(tmp_path / "one.jsonl")
    assert run(tmp_path / "four.jsonl", slow, parallel=4) == made
    assert (tmp_path / "four.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()
    assert 1 < most <= 4


@pytest.mark.parametrize("n", [1, 2, 5, 12, 20])
def test_shards_joined_are_the_whole(tmp_path, n):
    whole = run(tmp_path / "whole.jsonl")
    parts = [Shard(i=i, n=n) for i in range(1, n + 1)]
    assert sorted(q.key for p in parts for q in p.of(QUESTIONS)) == sorted(q.key for q in QUESTIONS)
    out = tmp_path / "out"
    out.mkdir()
    for part in parts:
        run(out / f"predictions-{part.i}-of-{n}.jsonl", questions=part.of(QUESTIONS))
    assert join_shards(QUESTIONS, out) == whole
    assert (out / PREDICTIONS).read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_failure_takes_the_place_of_no_answer(tmp_path):
    whole = run(tmp_path / "whole.jsonl")
    out = tmp_path / "out"
    out.mkdir()
    for name in ("1-of-1", "2-of-2"):  # begun in two, then done in one
        part = Shard.parse(name.replace("-of-", "/"))
        failed = [
            replace(a, chosen=None, reason=f"{FAILED}out of breath") if name == "2-of-2" else a
            for a in whole
            if a.key in {q.key for q in part.of(QUESTIONS)}
        ]
        append_lines(out / f"predictions-{name}.jsonl", map(asdict, failed))
    assert join_shards(QUESTIONS, out) == whole


def test_shards_with_a_hole_are_not_joined(tmp_path):
    with pytest.raises(UsageError, match="holds no shard to join"):
        join_shards(QUESTIONS, tmp_path)
    part = Shard.parse("1/2")
    run(tmp_path / part.file_name, questions=part.of(QUESTIONS))
    with pytest.raises(UsageError, match=r"6 of 12 questions are not answered yet, the first is mmlu 1"):
        join_shards(QUESTIONS, tmp_path)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", ""])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(UsageError, match="a shard is i/n"):
        Shard.parse(text)


def test_a_failure_counts_as_wrong_and_is_asked_again(tmp_path):
    file = tmp_path / PREDICTIONS

    def failing(prompt):
        if "Question 3?" in prompt:
            raise ModelError("out of breath")
        return letter_of(prompt)

    made = run(file, failing)
    assert (made[3].chosen, made[3].reason) == (None, f"{FAILED}out of breath")
    assert [a.chosen for a in made[4:6]] == ["A", "A"]
    asked = []
    again = run(file, lambda p: asked.append(p) or letter_of(p))
    assert len(asked) == 1
    assert again[3].chosen == "C"
    assert run(file) == again


def test_a_model_that_is_not_there_stops_the_run(tmp_path):
    file = tmp_path / PREDICTIONS

    def dying(prompt):
        if int(re.search(r"Question (\d+)\?", prompt)[1]) >= 4:
            raise ModelError("no server at 127.0.0.1")
        return letter_of(prompt)

    with pytest.raises(ModelError, match=r"5 in a row failed, the last with: no server"):
        run(file, dying)
    assert len(list(read_answered(file))) == 4 + MAX_FAILURES - 1
    assert [a.chosen for a in run(file)] == [a.chosen for a in run(tmp_path / "fresh.jsonl")]


def test_choices_of_other_questions_are_refused(tmp_path):
    file = tmp_path / PREDICTIONS
    run(file)
    with pytest.raises(SourceError, match="answers medqa 0, which is none of these questions"):
        run(file, questions=QUESTIONS[1:])
    file.write_text('{"no": "choice"}\n')
    with pytest.raises(SourceError, match="line 1 is not a choice"):
        run(file)


# MIRAGE's files


def mirage_accuracy(folder, benchmark, dataset, split):
    """As MIRAGE's evaluate.py counts: sorted ids, what stands behind the last "answer_choice", no letter read as A."""
    rows, n_right = benchmark[dataset], 0
    for question_id in sorted(rows):
        reply = json.loads((folder / f"{split}_{question_id}.json").read_text())[0]
        said = re.findall(r'^\s*(A|B|C|D)"', reply.split('"answer_choice": "')[-1].strip())
        n_right += statistics.mode([said[0] if said else "A"] * 2) == rows[question_id]["answer"]
    return n_right / len(rows)


def test_mirage_counts_what_we_count(tmp_path):
    right = {"01": "A", "02": "B", "03": "C", "04": "D"}
    chosen = {"01": "A", "02": "C", "03": "C", "04": None}
    rows = [answered(i, chosen[i], dataset="medmcqa", answer=right[i]) for i in right]
    root, n = write_mirage_files(
        tmp_path, [*rows, answered("1", "A", dataset="usmle")], "Org/model 7B", ContextKind.NONE, 32
    )
    assert n == 4
    folder = root / "medmcqa" / "cot" / "Org-model-7B"
    assert mirage_accuracy(folder, {"medmcqa": {i: {"answer": a} for i, a in right.items()}}, "medmcqa", "dev") == 0.5
    write_mirage_files(tmp_path, rows, "m", ContextKind.PASSAGES, 32)
    assert (root / "medmcqa" / "rag_32" / "m" / "citedx" / "passages" / "dev_01.json").is_file()


@pytest.mark.parametrize(
    ("model", "name"), [("http://127.0.0.1:8000/v1", "http-127.0.0.1-8000-v1"), ("../..", "model"), ("", "model")]
)
def test_no_model_leaves_the_folder(model, name):
    assert folder_name(model) == name


# The command

BENCHMARK = {
    "medqa": {
        str(i): {
            "question": f"Question {i}: long fingers?",
            "options": {"A": "Gout", "B": "Marfan"},
            "answer": "AB"[i % 2],
        }
        for i in range(10)
    },
    "pubmedqa": {"7": {"question": "Does it?", "options": {"A": "yes", "B": "no"}, "answer": "A", "PMID": [7]}},
}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with a benchmark and passages; returns the benchmark's path."""
    for file in (MEDQUAD, PUBMEDQA):
        (tmp_path / file).parent.mkdir(exist_ok=True)
    page = {"url": "https://x", "focus": "Marfan", "synonyms": [], "qa": [{"type": "signs", "answer": "Long fingers."}]}
    (tmp_path / MEDQUAD).write_bytes(lzma.compress(json.dumps(page).encode()))
    article = {"QUESTION": "Does it?", "CONTEXTS": ["We saw."], "LONG_ANSWER": "It does.", "final_decision": "yes"}
    (tmp_path / PUBMEDQA).write_bytes(gzip.compress(json.dumps({"7": article}).encode()))
    monkeypatch.setenv("CITEDX_DATA", str(tmp_path))
    file = tmp_path / "benchmark.json"
    file.write_text(json.dumps(BENCHMARK))
    return file


def options(benchmark, out, **more) -> QaOptions:
    return QaOptions(benchmark=benchmark, out=out, **{"model": "fake", "context": ContextKind.NONE, **more})


def metrics_of(out):
    return json.loads((out / "metrics.json").read_text())


def test_a_model_from_end_to_end(data, tmp_path):
    """It knows of Marfan only: right where that is the answer, and on the yes of PubMedQA by its A."""
    model = ScriptedModel(lambda p: json.dumps({"answer_choice": option_with("Marfan", p)}))
    peer = tmp_path / "peer.tsv"
    rows = [f"medqa\t{i}\tgpt\tcot\t{'AB'[i % 2] if i < 9 else ''}\n" for i in range(10)]
    peer.write_text("dataset\tquestion_id\tmodel\tsetting\tanswer\n" + "".join(rows))
    report = run_qa_benchmark(options(data, tmp_path / "out", peers=(peer,), mirage=True), "typed", model=model)
    told = metrics_of(tmp_path / "out")
    assert {name: (s["n_correct"], s["n"]) for name, s in told["sets"].items()} == {
        "medqa": (5, 10),
        "pubmedqa": (1, 1),
    }
    assert told["average"]["value"] == 0.75
    pair = told["peers"][0]["sets"]["medqa"]
    assert (pair["n_correct"], pair["discordance"]["only_ours"], pair["discordance"]["only_theirs"]) == ([5, 9], 1, 5)
    text = report.read_text()
    assert "| medqa | 10 | 5 | 0 | 50.0 (23.7 to 76.3) | 50.0 |" in text
    assert "## Against gpt, cot, on the same questions" in text
    assert "- `typed`" in text
    assert (tmp_path / "out" / "accuracy.svg").is_file()
    assert (tmp_path / "out" / "accuracy.png").is_file()
    assert len(list((tmp_path / "out" / "prediction").rglob("*.json"))) == 11


def test_likelihoods_from_end_to_end(data, tmp_path):
    model = WeighingModel(lambda prompt, letter: -1.0 if letter == option_with("Marfan", prompt) else -3.0)
    given = options(data, tmp_path / "out", scoring=Scoring.LOG_LIKELIHOOD, datasets=("medqa",))
    run_qa_benchmark(given, "typed", model=model)
    assert metrics_of(tmp_path / "out")["sets"]["medqa"]["n_correct"] == 5
    first = next(read_answered(tmp_path / "out" / PREDICTIONS))
    assert (first.chosen, first.scores) == ("B", (-3.0, -1.0))


def test_unreadable_answers_are_counted(data, tmp_path):
    run_qa_benchmark(options(data, tmp_path / "out"), "typed", model=ScriptedModel(lambda _: "B"))
    assert metrics_of(tmp_path / "out")["reasons"]["medqa"] == {"unreadable": 10}
    assert "- medqa, unreadable: 10 of 10." in (tmp_path / "out" / "report.md").read_text()


def test_another_model_does_not_go_on_with_the_same_folder(data, tmp_path):
    model = ScriptedModel(lambda _: "B")
    run_qa_benchmark(options(data, tmp_path / "out"), "typed", model=model)
    with pytest.raises(UsageError, match="holds a run with other settings"):
        run_qa_benchmark(options(data, tmp_path / "out", model="other"), "typed", model=model)


def test_shards_through_the_command(data, tmp_path):
    model = ScriptedModel(lambda p: json.dumps({"answer_choice": option_with("Marfan", p)}))
    out = tmp_path / "out"
    for i in (2, 1, 3):
        file = run_qa_benchmark(options(data, out, shard=Shard(i=i, n=3)), "typed", model=model)
        assert file == out / f"predictions-{i}-of-3.jsonl"
        assert not (out / "metrics.json").exists()
    run_qa_benchmark(options(data, out, join=True), "typed")
    alone = tmp_path / "alone"
    run_qa_benchmark(options(data, alone), "typed", model=model)
    for name in ("sets", "average"):
        assert metrics_of(out)[name] == metrics_of(alone)[name]
    assert (out / PREDICTIONS).read_bytes() == (alone / PREDICTIONS).read_bytes()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"join": True, "shard": Shard(i=1, n=2)}, "leave out --shard"),
        ({"model": RETRIEVAL, "reasoned": True}, "for language models, got --model retrieval"),
        ({"scoring": Scoring.LOG_LIKELIHOOD, "reasoned": True}, "--reason is for generative scoring"),
        ({"datasets": ("usmle",)}, "has no set 'usmle'"),
    ],
)
def test_options_that_contradict_each_other_are_refused(data, tmp_path, more, says):
    with pytest.raises(UsageError, match=says):
        run_qa_benchmark(options(data, tmp_path / "out", **more), "typed")
    assert not (tmp_path / "out").exists()


def test_retrieval_alone_through_the_command_line(data, tmp_path):
    """The one page on long fingers is about Marfan, so every question gets B; PubMedQA's can only be guessed."""
    given = ["evaluate", "qa", "--benchmark", str(data), "--out", str(tmp_path / "out"), "--snippets", "4"]
    result = CliRunner().invoke(app, given)
    assert result.exception is None
    assert result.output == (tmp_path / "out" / "report.md").read_text()
    told = metrics_of(tmp_path / "out")
    assert told["sets"]["medqa"]["n_correct"] == 5
    assert told["reasons"] == {"medqa": {}, "pubmedqa": {"guessed": 1}}
    made = {a.key: a for a in read_answered(tmp_path / "out" / PREDICTIONS)}
    assert made["pubmedqa", "7"].references == ("https://x",)
    assert set(made["medqa", "1"].references) == {"https://x", "PMID:7"}
    n_before = (tmp_path / "out" / PREDICTIONS).read_bytes()
    assert CliRunner().invoke(app, given).exception is None
    assert (tmp_path / "out" / PREDICTIONS).read_bytes() == n_before
    assert "0 questions answered" in (tmp_path / "out" / "report.md").read_text()


def test_nothing_retrieved_is_nothing():
    assert no_context(question(), 8) == ()
