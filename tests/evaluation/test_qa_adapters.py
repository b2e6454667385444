"""Questions for lm-eval and inspect-ai: the same prompts as ours, and files that those programs can read."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from evaluation.adapters import export
from evaluation.adapters.export import export_questions, main, row_of
from evaluation.qa.context import no_context
from evaluation.qa.prompts import ask_for_letter
from evaluation.qa.schema import Snippet
from kg.errors import UsageError
from tests.evaluation.questions import question

SNIPPETS = (Snippet(text="Marfan syndrome makes long fingers.", reference="PMID:1"),)
QUESTIONS = (
    question("1"),
    question("2", text='What is "gout"?', answer="A"),
    question("3", dataset="MMLU-Med", options={"A": "yes", "B": "no"}, answer="B"),
)


def retrieve(_, k):
    return SNIPPETS[:k]


def exported(folder: Path) -> Path:
    assert export_questions(QUESTIONS, retrieve, 8, folder) == ("medqa", "MMLU-Med")
    return folder


def rows_of(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_row_has_the_prompt_that_we_put():
    asked = question(given=["We saw."])
    row, (system, user) = row_of(asked, retrieve, 8), ask_for_letter(asked, SNIPPETS)
    assert (row["system"], row["prompt"]) == (system.text, user.text)
    assert (row["letters"], row["gold"], row["answer"]) == (["A", "B", "C", "D"], 1, "B")
    assert row["options"][row["gold"]] == "Marfan syndrome"
    assert row["question"] in row["prompt"]
    assert "Options" not in row["question"]
    assert row_of(asked, no_context, 8)["question"].count("Document") == 1


def test_options_that_are_not_lettered_are_refused():
    with pytest.raises(UsageError, match="lettered A, C, not A, B, C"):
        row_of(question(options={"A": "x", "C": "y"}, answer="C"), no_context, 1)


def test_every_set_has_its_questions_and_its_task(tmp_path):
    folder = exported(tmp_path)
    assert sorted(p.name for p in folder.iterdir()) == [
        "_common.yaml",
        "citedx_qa.yaml",
        "citedx_qa_medqa.yaml",
        "citedx_qa_mmlu_med.yaml",
        "inspect_task.py",
        "medqa.jsonl",
        "mmlu_med.jsonl",
    ]
    assert [row["id"] for row in rows_of(folder / "medqa.jsonl")] == ["1", "2"]
    assert [row["gold"] for row in rows_of(folder / "mmlu_med.jsonl")] == [1]


def test_the_task_files_name_what_the_rows_have(tmp_path):
    yaml = pytest.importorskip("yaml")
    folder = exported(tmp_path)
    group = yaml.safe_load((folder / "citedx_qa.yaml").read_text())
    assert group["task"] == ["citedx_qa_medqa", "citedx_qa_mmlu_med"]
    assert group["aggregate_metric_list"] == [{"metric": "acc", "aggregation": "mean", "weight_by_size": False}]
    for name in group["task"]:
        task = yaml.safe_load((folder / f"{name}.yaml").read_text())
        common = yaml.safe_load((folder / task["include"]).read_text())
        (row, *_) = rows_of(Path(task["dataset_kwargs"]["data_files"][common["test_split"]]))
        assert task["task"] == name
        assert {common["doc_to_text"], common["doc_to_choice"], common["doc_to_target"]} <= row.keys()


def test_the_description_is_the_system_message(tmp_path):
    jinja2, yaml = pytest.importorskip("jinja2"), pytest.importorskip("yaml")
    description = yaml.safe_load((export.HERE / export.COMMON).read_text())["description"]
    row = row_of(QUESTIONS[0], no_context, 1)
    rendered = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(description).render(**row)
    assert rendered == row["system"]


def test_the_inspect_task_reads_fields_that_the_rows_have():
    """Without the package: the keys that the source reads are those of a row."""
    tree = ast.parse((export.HERE / export.INSPECT).read_text(encoding="utf-8"))
    keys = {
        node.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "row"
    }
    assert keys == {"id", "system", "question", "options", "answer"}
    assert keys <= row_of(QUESTIONS[0], no_context, 1).keys()


def test_the_command_exports(tmp_path, capsys):
    benchmark = tmp_path / "benchmark.json"
    asked = {"question": "Which?", "options": {"A": "x", "B": "y"}, "answer": "A"}
    benchmark.write_text(json.dumps({"medqa": {"1": asked, "2": asked}, "mmlu": {"1": asked}}))
    given = ["--benchmark", str(benchmark), "--datasets", "medqa", "--out", str(tmp_path / "out")]
    assert main(given) == 0
    assert capsys.readouterr().out.startswith("2 questions of medqa: ")
    assert len(rows_of(tmp_path / "out" / "medqa.jsonl")) == 2
    assert main(["--benchmark", str(tmp_path / "no.json"), "--out", str(tmp_path)]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_lm_eval_reads_the_tasks(tmp_path):
    tasks = pytest.importorskip("lm_eval.tasks", reason="lm-eval is not installed: pip install lm-eval")
    folder = exported(tmp_path)
    manager = tasks.TaskManager(include_path=str(folder), include_defaults=False)
    task = tasks.get_task_dict(["citedx_qa_medqa"], manager)["citedx_qa_medqa"]
    for doc, row in zip(task.test_docs(), rows_of(folder / "medqa.jsonl"), strict=True):
        assert task.doc_to_text(doc) == row["prompt"]
        assert task.doc_to_choice(doc) == row["letters"]
        assert task.doc_to_target(doc) == row["gold"]


def test_inspect_reads_and_scores_the_task(tmp_path):
    inspect_ai = pytest.importorskip("inspect_ai", reason="inspect-ai is not installed: pip install inspect-ai")
    from evaluation.adapters.inspect_task import citedx_qa

    folder = exported(tmp_path)
    (log,) = inspect_ai.eval(
        citedx_qa(questions=str(folder / "medqa.jsonl")),
        model=inspect_ai.model.get_model(
            "mockllm/model",
            custom_outputs=[
                inspect_ai.model.ModelOutput.from_content("mockllm/model", f"ANSWER: {letter}") for letter in "BB"
            ],
        ),
        log_dir=str(tmp_path / "logs"),
        display="none",
    )
    assert log.status == "success"
    assert log.results.scores[0].metrics["accuracy"].value == 0.5
