"""Questions as a file of requests for a fleet of servers, and the file of responses that comes back.

The format is that of OpenAI's batch API, a line of JSON a request, which vLLM's ``run_batch`` reads and writes too
(https://docs.vllm.ai/en/latest/examples/offline_inference/openai_batch.html). Nothing is sent from here: whoever runs
the fleet takes the one file there and brings the other back; docs/serving.md shows how.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.qa.answering import UNREADABLE
from evaluation.qa.context import Retrieve
from evaluation.qa.prompts import MAX_TOKENS, answer_schema, ask_for_json, read_choice
from evaluation.qa.runner import FAILED
from evaluation.qa.schema import Question, Reply, Snippet
from kg.errors import SourceError, StorageError, reason_of
from llm.chat.dialect import AnswerReader
from llm.errors import ModelError

REQUESTS = "requests.jsonl"


def write_requests(
    questions: Sequence[Question], retrieve: Retrieve, file: Path, *, model: str, k: int, reasoned: bool
) -> None:
    """One request a question, with all its snippets: a model that has no room for them needs a smaller ``k``.

    Args:
        questions: with different keys.
        retrieve: the context.
        file: is written anew.
        model: as the servers call it.
        k: most snippets for a question.
        reasoned: whether the model reasons before it answers.

    Raises:
        StorageError: the file cannot be written.
    """
    try:
        with file.open("w", encoding="utf-8") as lines:
            for question in questions:
                asked = request_of(question, retrieve(question, k), model=model, reasoned=reasoned)
                lines.write(json.dumps(asked, ensure_ascii=False) + "\n")
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror or error}") from error


def request_of(question: Question, snippets: Sequence[Snippet], *, model: str, reasoned: bool) -> dict[str, Any]:
    """A line of the file."""
    schema = {"name": "answer", "schema": answer_schema(question, reasoned=reasoned), "strict": True}
    messages = ask_for_json(question, snippets, reasoned=reasoned)
    return {
        "custom_id": _id_of(question),
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": model,
            "messages": [{"role": m.role.value, "content": m.text} for m in messages],
            "temperature": 0,
            "max_tokens": MAX_TOKENS[reasoned],
            "response_format": {"type": "json_schema", "json_schema": schema},
        },
    }


class BatchAnswerer:
    """Answers that a file of responses holds.

    Args:
        file: lines in any order.
        model: that gave them, by name.

    Raises:
        SourceError: the file cannot be read, or answers a request twice.
    """

    def __init__(self, file: Path, model: str) -> None:
        self.identity = model
        self._file = file
        self._responses = _read_responses(file)

    def answer(self, question: Question, snippets: Sequence[Snippet]) -> Reply:
        """What the file has for the question; a failed request is one answer that is missing."""
        response = self._responses.get(_id_of(question))
        if response is None:
            return _failed(f"{self._file.name} has no response to {_id_of(question)}")
        body, status = response.get("body"), response.get("status_code")
        if status != 200 or not isinstance(body, dict):
            return _failed(f"{self._file.name} has a response with status {status} to {_id_of(question)}")
        try:
            text = AnswerReader().read(json.dumps(body).encode())
        except ModelError as error:
            return _failed(str(error))
        chosen = read_choice(text, question)
        return Reply(chosen=chosen, reason="" if chosen else UNREADABLE, n_shown=len(snippets), text=text)


def _failed(why: str) -> Reply:
    return Reply(chosen=None, reason=f"{FAILED}{why}")


def _id_of(question: Question) -> str:
    return "/".join(question.key)


def _read_responses(file: Path) -> Mapping[str, Mapping[str, Any]]:
    """Response of each request; an empty one where only an error came."""
    found: dict[str, Mapping[str, Any]] = {}
    number = 0
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                row = json.loads(line)
                name, response = row["custom_id"], row.get("response") or {}
                if not isinstance(name, str) or not isinstance(response, dict):
                    raise TypeError
                if name in found:
                    raise SourceError(f"{file}, line {number} answers {name} for the second time")
                found[name] = response
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read {file}: {reason_of(error)}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SourceError(f"{file}, line {number} is no response of OpenAI's batch format") from error
    return found
