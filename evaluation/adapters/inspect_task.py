"""A task for inspect-ai (0.3.285) over questions that ``evaluation.adapters.export`` wrote; needs nothing of citedx.

inspect eval inspect_task.py -T questions=medqa.jsonl --model hf/MODEL
"""

from __future__ import annotations

from inspect_ai import Task, task  # type: ignore[import-not-found, import-untyped, unused-ignore]
from inspect_ai.dataset import Sample, json_dataset  # type: ignore[import-not-found, import-untyped, unused-ignore]
from inspect_ai.model import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
    ChatMessageSystem,
    ChatMessageUser,
)
from inspect_ai.scorer import choice  # type: ignore[import-not-found, import-untyped, unused-ignore]
from inspect_ai.solver import multiple_choice  # type: ignore[import-not-found, import-untyped, unused-ignore]


def to_sample(row: dict[str, str]) -> Sample:
    """A line of the exported questions."""
    asked = [ChatMessageSystem(content=row["system"]), ChatMessageUser(content=row["question"])]
    return Sample(id=row["id"], input=asked, choices=row["options"], target=row["answer"])


@task  # type: ignore[untyped-decorator, unused-ignore]
def citedx_qa(questions: str) -> Task:
    """One set of questions, put with the frame of inspect-ai's own multiple choice.

    Args:
        questions: the set's JSON lines.
    """
    return Task(dataset=json_dataset(questions, to_sample), solver=multiple_choice(), scorer=choice())
