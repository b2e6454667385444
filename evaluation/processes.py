"""Work that shares one job: in several processes, on a cluster's machines, or in this process.

Processes are spawned, not forked: PyTorch and OpenMP may hang in a forked child. Each gets the job once and uses one
thread for linear algebra, so that results do not depend on the number of processes. A cluster's workers (dask) have
their threads limited by dask, and get the job once too.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from kg.errors import CitedxError
from retrieval.cluster import connect_cluster

Result = TypeVar("Result")
Task = tuple[Any, ...]

_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def n_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """Runs functions of (job, *arguments) elsewhere, or in this process.

    Args:
        job: what every function is given first.
        submit: hands a function and a task to whoever does it with the job; None: this process does.
    """

    def __init__(self, job: Any, submit: Callable[[Callable[..., Any], Task], Future[Any]] | None) -> None:
        self._job = job
        self._submit = submit

    def run(self, function: Callable[..., Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """Results of ``function(job, *task)`` in the order of the tasks, each as soon as it is there.

        Args:
            function: at the top of a module, so that a process can import it.
            tasks: its further arguments; taken while earlier tasks are worked on.
        """
        if self._submit is None:
            yield from (function(self._job, *task) for task in tasks)
            return
        pending: deque[Future[Result]] = deque()
        for task in tasks:
            pending.append(self._submit(function, task))
            while pending and pending[0].done():
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


@contextmanager
def start_workers(job: Any, n_workers: int, scheduler: str | None = None) -> Iterator[Workers]:
    """Workers that know the job.

    Args:
        job: can be pickled.
        n_workers: processes of this machine; below 2, this one.
        scheduler: address of a dask cluster, whose workers are used instead.

    Raises:
        NotReadyError: the cluster cannot be used.
        CitedxError: a process or machine died.
    """
    if scheduler:
        with connect_cluster(scheduler) as client:
            held = client.scatter(job, broadcast=True, hash=False)
            executor = client.get_executor(pure=False)
            yield Workers(job, lambda function, task: executor.submit(_apply, function, held, task))
        return
    if n_workers < 2:
        yield Workers(job, None)
        return
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(n_workers, mp_context=spawn, initializer=_start, initargs=(pickle.dumps(job),))

    def submit(function: Callable[..., Any], task: Task) -> Future[Any]:
        with _single_threaded_children():
            return pool.submit(_run, function, task)

    try:
        yield Workers(job, submit)
    except BrokenProcessPool as error:
        raise CitedxError(
            f"one of {n_workers} processes died, perhaps for want of memory: run again with fewer --workers; "
            "what was done is kept"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


_job: Any = None
"""What this process was started for."""


def _start(pickled: bytes) -> None:
    global _job
    _job = pickle.loads(pickled)  # noqa: S301 - made by the parent


def _run(function: Callable[..., Result], task: Task) -> Result:
    return function(_job, *task)


def _apply(function: Callable[..., Result], job: Any, task: Task) -> Result:
    return function(job, *task)


@contextmanager
def _single_threaded_children() -> Iterator[None]:
    """Processes started meanwhile use one thread each for linear algebra; submitting work is what starts them."""
    before = {name: os.environ.get(name) for name in _THREAD_LIMITS}
    os.environ.update(dict.fromkeys(_THREAD_LIMITS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
