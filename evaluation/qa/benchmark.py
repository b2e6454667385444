"""One run, from a file of questions to a folder of figures: what ``citedx evaluate qa`` does."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from evaluation.benchmark import claim_folder
from evaluation.figures import require_matplotlib
from evaluation.processes import start_workers
from evaluation.qa.answering import RETRIEVAL, Answerer, GenerativeAnswerer, LikelihoodAnswerer, RetrievalAnswerer
from evaluation.qa.answers import load_answers
from evaluation.qa.batch_files import REQUESTS, BatchAnswerer, write_requests
from evaluation.qa.context import Retrieve, describe_context, load_context
from evaluation.qa.mirage_files import write_mirage_files
from evaluation.qa.questions import draw_questions, load_questions
from evaluation.qa.report import write_qa_report
from evaluation.qa.runner import AskAll, Shard, answer_questions, ask_here, ask_workers, join_shards, read_answered
from evaluation.qa.schema import Answered, ContextKind, Question, Scoring
from evaluation.report import describe_run
from kg.cache import digest
from kg.errors import NotReadyError, UsageError
from llm.chat.protocol import ChatModel
from llm.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class QaOptions:
    """What is asked for."""

    benchmark: Path
    """As ``evaluation.qa.questions`` reads it."""
    out: Path
    datasets: tuple[str, ...] = ()
    """Sets of the file; none: all."""
    model: str = RETRIEVAL
    """``retrieval``, or a language model's id, folder or address."""
    context: ContextKind = ContextKind.PASSAGES
    k: int = 32
    """Most snippets for a question."""
    scoring: Scoring = Scoring.GENERATIVE
    reasoned: bool = False
    """Whether a language model reasons before it answers."""
    may_leave_machine: bool = False
    """Whether a server may be on another machine; benchmark questions are public."""
    peers: tuple[Path, ...] = ()
    shard: Shard | None = None
    """Only this part, without a report."""
    join: bool = False
    """Join the parts and report; no question is asked."""
    mirage: bool = False
    """Also write files for MIRAGE's own program."""
    requests: bool = False
    """Write a file of requests for a fleet of servers; no question is asked."""
    responses: Path | None = None
    """The file that came back; no question is asked."""
    parallel: int = 1
    """Questions that each process asks at the same time."""
    n_workers: int = 1
    """Processes of this machine."""
    scheduler: str | None = None
    """Address of a dask cluster, which answers in place of this machine's processes."""
    seed: int = 0
    limit: int | None = None
    """Only so many questions of each set, drawn at random."""


def run_qa_benchmark(
    options: QaOptions, command: str, *, model: ChatModel | None = None, progress: bool = False
) -> Path:
    """Retrieve, ask, score, draw; returns the report, or the file of a shard's choices or of the requests.

    What ``out`` holds of the same run is not asked again.

    Args:
        options: what is asked for.
        command: how a person has it again, for the report.
        model: a language model that is there already; default: the one that the options name.
        progress: show bars.

    Raises:
        UsageError: the options, the questions or the folder cannot be used.
        NotReadyError: a library, a model or a data set is missing.
        ModelError: the model cannot be used, or fails again and again.
        StorageError: a file cannot be written.
    """
    _check(options)
    peers = [answers for path in options.peers for answers in load_answers(path)]
    read = load_questions(options.benchmark, options.datasets)
    questions = draw_questions(read.questions, options.limit, options.seed)
    if not questions:
        raise UsageError(f"{options.benchmark} holds no question that can be scored: {len(read.unscored):,} unscored")
    settings = _settings(options, questions)
    claim_folder(options.out, settings)
    if options.requests:
        return _write_requests(options, questions, progress=progress)
    shard = options.shard or Shard()
    file = options.out / shard.file_name
    start, n_before = time.perf_counter(), sum(1 for _ in read_answered(file))
    if options.join:
        answered, n_asked = join_shards(questions, options.out), 0
    else:
        with _asking(options, model, progress=progress) as ask_all:
            answered = answer_questions(shard.of(questions), ask_all, file)
        n_asked = sum(1 for _ in read_answered(file)) - n_before
    if shard.n > 1:
        return file
    n_workers = options.n_workers * options.parallel
    run = describe_run(command, ranked_s=time.perf_counter() - start, n_ranked=n_asked, n_workers=n_workers)
    write_qa_report(options.out, answered, peers, read.unscored, settings, run, options.seed)
    if options.mirage:
        write_mirage_files(options.out, answered, options.model, options.context, options.k)
    return options.out / "report.md"


def _check(options: QaOptions) -> None:
    """What can be seen before minutes are spent."""
    require_matplotlib()
    if options.join and options.shard:
        raise UsageError("--join is for all shards together: leave out --shard")
    if options.requests and (options.join or options.shard or options.responses):
        raise UsageError("--requests writes all requests and asks nothing: leave out --join, --shard and --responses")
    is_batch = options.requests or options.responses
    if is_batch and (options.model == RETRIEVAL or options.scoring is not Scoring.GENERATIVE):
        raise UsageError("--requests and --responses are for a language model that writes: name it with --model")
    if is_batch and (options.n_workers > 1 or options.scheduler):
        raise UsageError("--requests and --responses ask nothing: leave out --workers and --scheduler")
    if options.model == RETRIEVAL and (options.reasoned or options.scoring is not Scoring.GENERATIVE):
        raise UsageError("--scoring and --reason are for language models, got --model retrieval")
    if options.reasoned and options.scoring is not Scoring.GENERATIVE:
        raise UsageError("--reason is for generative scoring")


def _write_requests(options: QaOptions, questions: Sequence[Question], *, progress: bool) -> Path:
    file, retrieve = options.out / REQUESTS, load_context(options.context, progress=progress)
    write_requests(questions, retrieve, file, model=options.model, k=options.k, reasoned=options.reasoned)
    return file


@contextmanager
def _asking(options: QaOptions, model: ChatModel | None, *, progress: bool) -> Iterator[AskAll]:
    """Who has questions answered: this process, or workers."""
    if options.n_workers > 1 or options.scheduler:
        job = _Job(options=options, context=tuple(describe_context(options.context).items()))
        with start_workers(job, options.n_workers, options.scheduler) as workers:
            yield partial(ask_workers, workers=workers, answer_part=answer_part, progress=progress)
        return
    yield partial(
        ask_here,
        answerer=_load_answerer(options, model),
        retrieve=load_context(options.context, progress=progress),
        k=options.k,
        parallel=options.parallel,
        progress=progress,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What a worker has to know before it is given questions."""

    options: QaOptions
    context: tuple[tuple[str, str], ...]
    """Versions of what is retrieved from, which a worker must have too."""


def answer_part(job: _Job, questions: Sequence[Question]) -> tuple[Answered | ModelError, ...]:
    """What a worker makes of some questions; model and context are loaded once a process.

    Raises:
        NotReadyError: the model or the data are not there, or the data are others.
        ModelError: the model failed again and again.
    """
    answerer, retrieve = _load_once(job)
    options = job.options
    asked = ask_here(questions, retrieve=retrieve, answerer=answerer, k=options.k, parallel=options.parallel)
    return tuple(made for _, made in asked)


@lru_cache(maxsize=1)
def _load_once(job: _Job) -> tuple[Answerer, Retrieve]:
    for name, version in describe_context(job.options.context).items():
        if (name, version) not in job.context:
            raise NotReadyError(f"a worker has other data than this machine: {name} {version}")
    return _load_answerer(job.options, None), load_context(job.options.context)


def _load_answerer(options: QaOptions, model: ChatModel | None) -> Answerer:
    if options.model == RETRIEVAL:
        from retrieval.embedding import bundled_embedder

        return RetrievalAnswerer(bundled_embedder())
    if options.responses:
        return BatchAnswerer(options.responses, options.model)
    if model is None:
        model = load_model(options.model, may_leave_machine=options.may_leave_machine, parallel=options.parallel)
    if options.scoring is Scoring.LOG_LIKELIHOOD:
        return LikelihoodAnswerer(model)
    return GenerativeAnswerer(model, reasoned=options.reasoned)


def load_model(name: str, *, may_leave_machine: bool = False, parallel: int = 1) -> ChatModel:
    """A language model by id, folder or address, which a server is asked so many times at once.

    Raises:
        NotReadyError, ModelError: it cannot be used.
    """
    from llm.chat.load import load_chat_model

    return load_chat_model(name, may_leave_machine=may_leave_machine, max_concurrent=parallel)


def _settings(options: QaOptions, questions: tuple[Question, ...]) -> dict[str, str]:
    """What makes this run another one than any other, by name; shards of one run have the same."""
    is_model = options.model != RETRIEVAL
    settings = {
        "benchmark": options.benchmark.name,
        "sets": ", ".join(dict.fromkeys(q.dataset for q in questions)),
        "model": options.model,
        **({"scoring": options.scoring, "reasoned": options.reasoned} if is_model else {}),
        "context": options.context,
        "snippets": options.k,
        **describe_context(options.context),
        "contents": digest({"questions": repr([(q.key, q.text, dict(q.options), q.answer) for q in questions])})[:12],
        "seed": options.seed,
        **({"limit": options.limit} if options.limit else {}),
    }
    return {name: str(value) for name, value in settings.items()}
