"""Questions through a model, one after the other or several at a time; resumable, and divided among machines.

Promise: the choices and their file are the same however a run was cut off, divided and joined again, as far as the
model answers alike. A question on which the model failed counts as wrong, and is asked again when the run goes on;
where it fails several times in a row, the run stops, since then it is the model that is not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from evaluation.lines import append_lines, as_line, read_whole_lines
from evaluation.processes import Workers
from evaluation.qa.answering import Answerer
from evaluation.qa.context import Retrieve
from evaluation.qa.schema import Answered, Key, Question, Reply
from kg.errors import SourceError, StorageError, UsageError
from llm.errors import ModelError

Asked = TypeVar("Asked")
Made = TypeVar("Made")
AskAll = Callable[[Sequence[Question]], Iterator[tuple[Question, "Answered | ModelError"]]]
"""What is made of questions, in their order, each as soon as it is there."""

PREDICTIONS = "predictions.jsonl"
FAILED = "the model failed: "
MAX_FAILURES = 5
"""In a row."""
PART = 16
"""Questions that a worker is given at a time: what is lost at most where it dies."""
_SHARD = re.compile(r"([1-9]\d*)/([1-9]\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A part of the questions: every ``n``-th, from the ``i``-th on."""

    i: int = 1
    n: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """``2/4``. Raises UsageError."""
        found = _SHARD.fullmatch(text)
        if not found or int(found[1]) > int(found[2]):
            raise UsageError(f"a shard is i/n with i from 1 to n, such as 2/4; got {text!r}")
        return cls(i=int(found[1]), n=int(found[2]))

    @property
    def file_name(self) -> str:
        """Where its predictions are kept."""
        return PREDICTIONS if self.n == 1 else f"predictions-{self.i}-of-{self.n}.jsonl"

    def of(self, questions: Sequence[Question]) -> tuple[Question, ...]:
        """Its questions, in their order."""
        return tuple(questions[self.i - 1 :: self.n])


def answer_questions(questions: Sequence[Question], ask_all: AskAll, file: Path) -> tuple[Answered, ...]:
    """Choices for all questions, in their order; each is appended to ``file`` when it is made.

    Args:
        questions: with different keys.
        ask_all: has them answered: ``ask_here`` or ``ask_workers``.
        file: JSON lines; what it holds already is not asked again, but for failures.

    Raises:
        ModelError: the model failed ``MAX_FAILURES`` times in a row.
        SourceError: ``file`` holds choices that cannot be read, or of other questions.
        StorageError: ``file`` cannot be written.
    """
    done = {a.key: a for a in read_answered(file)}
    check_known(done, questions, file)
    waiting = [q for q in questions if q.key not in done or done[q.key].reason.startswith(FAILED)]
    for question, made in ask_all(waiting):
        if isinstance(made, ModelError):
            made = record(question, Reply(chosen=None, reason=f"{FAILED}{made}"), [])
        append_lines(file, [asdict(made)])
        done[question.key] = made
    return tuple(done[q.key] for q in questions)


def ask_here(
    waiting: Sequence[Question],
    *,
    retrieve: Retrieve,
    answerer: Answerer,
    k: int,
    parallel: int = 1,
    progress: bool = False,
) -> Iterator[tuple[Question, Answered | ModelError]]:
    """Questions answered in this process.

    Args:
        waiting: the questions.
        retrieve: the context.
        answerer: the model.
        k: most snippets for a question.
        parallel: questions that are asked at the same time, in threads.
        progress: show a bar.

    Raises:
        ModelError: the model failed ``MAX_FAILURES`` times in a row.
    """

    def ask(question: Question) -> Answered | ModelError:
        snippets = retrieve(question, k)
        try:
            reply = answerer.answer(question, snippets)
        except ModelError as error:
            return error
        return record(question, reply, [s.reference for s in snippets])

    return ask_in_order(waiting, ask, parallel=parallel, progress=progress)


def ask_workers(
    waiting: Sequence[Question],
    workers: Workers,
    answer_part: Callable[..., Sequence[Answered | ModelError]],
    *,
    progress: bool = False,
) -> Iterator[tuple[Question, Answered | ModelError]]:
    """Questions answered in parts by the workers of other processes or machines.

    Args:
        waiting: the questions.
        workers: know the job.
        answer_part: from the job and some questions to their answers.
        progress: show a bar.

    Raises:
        ModelError: the model failed ``MAX_FAILURES`` times in a row in one of the parts.
    """
    parts = [tuple(waiting[i : i + PART]) for i in range(0, len(waiting), PART)]
    with tqdm(total=len(waiting), unit="case", disable=not progress) as bar:
        for part, made in zip(parts, workers.run(answer_part, [(part,) for part in parts]), strict=True):
            yield from zip(part, made, strict=True)
            bar.update(len(part))


def ask_in_order(
    waiting: Sequence[Asked], ask: Callable[[Asked], Made | ModelError], *, parallel: int, progress: bool
) -> Iterator[tuple[Asked, Made | ModelError]]:
    """What was made of each, in their order, some at the same time.

    Raises:
        ModelError: ``MAX_FAILURES`` in a row failed.
    """
    n_failed = 0
    with ThreadPoolExecutor(parallel) as pool, tqdm(total=len(waiting), unit="case", disable=not progress) as bar:
        try:
            for asked, made in zip(waiting, pool.map(ask, waiting), strict=True):
                n_failed = n_failed + 1 if isinstance(made, ModelError) else 0
                if n_failed == MAX_FAILURES:
                    raise ModelError(f"{n_failed} in a row failed, the last with: {made}")
                yield asked, made
                bar.update()
        finally:  # whoever stops does not wait for the thousands that were not asked yet
            pool.shutdown(wait=False, cancel_futures=True)


def join_shards(questions: Sequence[Question], out: Path) -> tuple[Answered, ...]:
    """The choices of all shards in a folder, written to ``predictions.jsonl`` in the order of the questions.

    Raises:
        UsageError: there is no shard, or questions are missing.
        SourceError: a shard cannot be read, or is of other questions.
        StorageError: the file cannot be written.
    """
    files = sorted(out.glob("predictions-*-of-*.jsonl"))
    if not files:
        raise UsageError(f"{out} holds no shard to join: run with --shard 1/n ... n/n first")
    done: dict[Key, Answered] = {}
    for file in files:
        of_shard = {a.key: a for a in read_answered(file)}
        check_known(of_shard, questions, file)
        # Shards of another division may have been begun in the folder: a failure takes the place of no answer.
        done |= {k: a for k, a in of_shard.items() if k not in done or not a.reason.startswith(FAILED)}
    missing = [q for q in questions if q.key not in done]
    if missing:
        names = ", ".join(file.name for file in files)
        raise UsageError(
            f"{len(missing):,} of {len(questions):,} questions are not answered yet, the first is "
            f"{' '.join(missing[0].key)}; there are: {names}"
        )
    answered = tuple(done[q.key] for q in questions)
    try:
        (out / PREDICTIONS).write_text("".join(as_line(asdict(a)) for a in answered), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {out / PREDICTIONS}: {error.strerror or error}") from error
    return answered


def record(question: Question, reply: Reply, references: Sequence[str]) -> Answered:
    """A choice with its question."""
    return Answered(
        dataset=question.dataset,
        question_id=question.question_id,
        answer=question.answer,
        n_options=len(question.options),
        chosen=reply.chosen,
        reason=reply.reason,
        scores=reply.scores,
        references=tuple(references[: reply.n_shown]),
        n_left_out=len(references) - reply.n_shown,
        text=reply.text,
    )


def check_known(done: dict[Key, Answered], questions: Sequence[Question], file: Path) -> None:
    """Refuse choices of other questions. Raises SourceError."""
    right = {q.key: q.answer for q in questions}
    strange = [a for a in done.values() if right.get(a.key) != a.answer]
    if strange:
        raise SourceError(f"{file} answers {' '.join(strange[0].key)}, which is none of these questions")


def read_answered(file: Path) -> Iterator[Answered]:
    """Choices of an earlier run; of several for a question the last counts. Raises SourceError."""
    for number, line in enumerate(read_whole_lines(file), start=1):
        try:
            row = json.loads(line)
            yield Answered(**row | {name: tuple(row[name]) for name in ("scores", "references")})
        except (ValueError, TypeError, KeyError) as error:
            raise SourceError(f"{file}, line {number} is not a choice: remove the file to start anew") from error
