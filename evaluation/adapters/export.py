"""Benchmark questions with what is retrieved for them, as ``lm-eval`` and ``inspect-ai`` read them.

Promise: lm-eval puts the same prompts as ``citedx evaluate qa``; inspect-ai the same system message, question and
documents, with the options in its own frame. The average over sets is MIRAGE's. Neither is needed to export.

    python -m evaluation.adapters.export --benchmark benchmark.json --context passages --out FOLDER
    lm_eval --model hf --model_args pretrained=MODEL --include_path FOLDER --tasks citedx_qa --apply_chat_template
    cd FOLDER; inspect eval inspect_task.py -T questions=medqa.jsonl --model hf/MODEL

Both were run as they stand here (lm-eval 0.4.13, inspect-ai 0.3.285); inspect-ai takes no absolute path of a task.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from evaluation.qa.context import Retrieve, load_context
from evaluation.qa.prompts import JUST_A_LETTER, SYSTEM, word_options, word_question
from evaluation.qa.questions import draw_questions, load_questions
from evaluation.qa.schema import ContextKind, Question
from kg.cache import require_writable
from kg.errors import CitedxError, StorageError, UsageError

HERE = Path(__file__).parent
COMMON, GROUP, INSPECT = "_common.yaml", "citedx_qa", "inspect_task.py"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def export_questions(questions: Sequence[Question], retrieve: Retrieve, k: int, out: Path) -> tuple[str, ...]:
    """Write a set's questions, its task for lm-eval, the group of all, and the task for inspect-ai; returns the sets.

    Args:
        questions: of one or several sets.
        retrieve: the context.
        k: most snippets for a question.
        out: folder.

    Raises:
        UsageError: options are not lettered A, B, C ..., as both programs have them.
        StorageError: a file cannot be written.
    """
    require_writable(out)
    rows: dict[str, list[dict[str, object]]] = {}
    for question in questions:
        rows.setdefault(question.dataset, []).append(row_of(question, retrieve, k))
    tasks = {name: f"{GROUP}_{re.sub(r'[^A-Za-z0-9]+', '_', name).lower()}" for name in rows}
    try:
        for name, lines in rows.items():
            file = out / f"{tasks[name].removeprefix(f'{GROUP}_')}.jsonl"
            file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
            (out / f"{tasks[name]}.yaml").write_text(_task(tasks[name], file), encoding="utf-8")
        (out / f"{GROUP}.yaml").write_text(_group(list(tasks.values())), encoding="utf-8")
        for name in (COMMON, INSPECT):
            shutil.copyfile(HERE / name, out / name)
    except OSError as error:
        raise StorageError(f"cannot write into {out}: {error.strerror or error}") from error
    return tuple(rows)


def row_of(question: Question, retrieve: Retrieve, k: int) -> dict[str, object]:
    """A question as a line of JSON. Raises UsageError."""
    letters = list(question.options)
    if letters != list(_LETTERS[: len(letters)]):
        raise UsageError(f"the options of {question.question_id} are lettered {', '.join(letters)}, not A, B, C ...")
    asked = word_question(question, retrieve(question, k))
    return {
        "id": question.question_id,
        "system": SYSTEM,
        "question": asked,
        "prompt": f"{asked}\n\n{word_options(question)}\n\n{JUST_A_LETTER}",
        "letters": letters,
        "options": list(question.options.values()),
        "gold": letters.index(question.answer),
        "answer": question.answer,
    }


def _task(name: str, file: Path) -> str:
    """JSON strings are YAML strings."""
    return (
        f"include: {COMMON}\n"
        f"task: {name}\n"
        "dataset_kwargs:\n"
        "  data_files:\n"
        f"    test: {json.dumps(str(file.resolve()), ensure_ascii=False)}\n"
    )


def _group(tasks: Sequence[str]) -> str:
    listed = "".join(f"  - {task}\n" for task in tasks)
    return (
        f"group: {GROUP}\n"
        f"task:\n{listed}"
        "aggregate_metric_list:\n"
        "  - metric: acc\n"
        "    aggregation: mean\n"
        "    weight_by_size: false\n"
        "metadata:\n"
        "  version: 1.0\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.adapters.export", description="Questions for others.")
    parser.add_argument("--benchmark", type=Path, required=True)
    parser.add_argument("--datasets", default="", help="parted by commas; default: all")
    parser.add_argument("--context", type=ContextKind, choices=list(ContextKind), default=ContextKind.NONE)
    parser.add_argument("--snippets", type=int, default=32)
    parser.add_argument("--limit", type=int, help="only so many questions of each set")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    try:
        names = [name.strip() for name in given.datasets.split(",") if name.strip()]
        questions = draw_questions(load_questions(given.benchmark, names).questions, given.limit)
        sets = export_questions(questions, load_context(given.context), given.snippets, given.out)
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{len(questions):,} questions of {', '.join(sets)}: {given.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
