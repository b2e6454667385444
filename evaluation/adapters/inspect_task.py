"""A task for inspect-ai (0.3.285) over questions that ``evaluation.adapters.export`` wrote; needs nothing of citedx.

inspect eval inspect_task.py -T questions=medqa.jsonl --model hf/MODEL
"""

from __future__ import annotations

from inspect_ai import Task, task  # type: ignore[import-not-found, import-untyped, unused-ignore]
from inspect_ai.dataset import Sample, json_dataset  # type: ignore[import-not-found, import-untyped, unused-ignore]
from inspect_ai.scorer import choice  # type: ignore[import-not-found, import-untyped, unused-ignore]
from inspect_ai.solver import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
    multiple_choice,
    system_message,
)


def to_sample(row: dict[str, object]) -> Sample:
    """A line of the exported questions."""
    return Sample(id=row["id"], input=row["question"], choices=row["options"], target=row["answer"])


@task  # type: ignore[untyped-decorator, unused-ignore]
def citedx_qa(questions: str) -> Task:
    """One set of questions.

    Args:
        questions: the set's JSON lines.
    """
    dataset = json_dataset(questions, to_sample)
    system = "You are a medical expert and answer a multiple-choice question. Documents are material to judge."
    return Task(dataset=dataset, solver=[system_message(system), multiple_choice()], scorer=choice())
