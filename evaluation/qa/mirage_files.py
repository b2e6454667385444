"""Choices as MIRAGE's own program reads them: one file a question, in the folders of its ``prediction`` tree.

``src/evaluate.py`` of MIRAGE then computes the accuracy. It reads every reply in which it finds no letter as "A"; here
no answer is a wrong one. Where some questions have none, the two figures may therefore differ; the report counts them.

Source: github Teddy-XiongGZ/MIRAGE, commit 224ebe9.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from evaluation.qa.prompts import ANSWER
from evaluation.qa.schema import Answered, ContextKind
from kg.errors import StorageError

DATASETS = ("mmlu", "medqa", "medmcqa", "pubmedqa", "bioasq")
_NO_ANSWER = "none"


def write_mirage_files(
    out: Path, answered: Sequence[Answered], model: str, context: ContextKind, k: int
) -> tuple[Path, int]:
    """Write ``out/prediction``; returns its path and the number of files. Choices of other sets are passed over.

    Args:
        out: folder of the run.
        answered: choices.
        model: identity of the model, which becomes a folder (``--llm_name``).
        context: what was retrieved; where nothing was, the files go where MIRAGE looks for answers without retrieval.
        k: snippets for a question.

    Raises:
        StorageError: a file cannot be written.
    """
    root, n = out / "prediction", 0
    name = folder_name(model)
    try:
        for a in answered:
            if a.dataset not in DATASETS:
                continue
            retrieved = [f"rag_{k}", name, "citedx", context.value]
            folder = root.joinpath(a.dataset, *(["cot", name] if context is ContextKind.NONE else retrieved))
            folder.mkdir(parents=True, exist_ok=True)
            split = "dev" if a.dataset == "medmcqa" else "test"
            reply = json.dumps({ANSWER: a.chosen or _NO_ANSWER})
            (folder / f"{split}_{a.question_id}.json").write_text(json.dumps([reply]), encoding="utf-8")
            n += 1
    except OSError as error:
        raise StorageError(f"cannot write into {root}: {error.strerror or error}") from error
    return root, n


def folder_name(model: str) -> str:
    """A model's identity as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", model).strip("-.") or "model"
