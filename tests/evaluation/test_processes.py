"""Work in processes: results in order, one thread each, and nothing of that left behind here."""

from __future__ import annotations

import os

import pytest

from evaluation.processes import Workers, n_cores, start_workers

LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def seen_by(job: str, number: int) -> tuple[str, int, int, tuple[str | None, ...]]:
    return job, number, os.getpid(), tuple(os.environ.get(name) for name in LIMITS)


def failing(job: str, number: int) -> None:
    raise ValueError(f"{job} {number}")


def test_without_processes_tasks_are_done_here_one_after_the_other():
    taken = []

    def tasks():
        for number in range(3):
            taken.append(number)
            yield (number,)

    results = Workers("job", None).run(seen_by, tasks())
    assert next(results)[:3] == ("job", 0, os.getpid())
    assert taken == [0]
    assert [number for _, number, _, _ in results] == [1, 2]
    with start_workers("job", 1) as workers, pytest.raises(ValueError, match="job 7"):
        list(workers.run(failing, [(7,)]))


def test_processes_know_the_job_and_use_one_thread_and_this_one_is_as_before(monkeypatch):
    monkeypatch.setenv(LIMITS[0], "5")
    monkeypatch.delenv(LIMITS[1], raising=False)
    before = dict(os.environ)
    with start_workers("job", 2) as workers:
        results = list(workers.run(seen_by, [(n,) for n in range(20)]))
    assert [(job, number) for job, number, _, _ in results] == [("job", n) for n in range(20)]
    assert os.getpid() not in {pid for _, _, pid, _ in results}
    assert {limits for _, _, _, limits in results} == {("1", "1", "1")}
    assert dict(os.environ) == before


def test_there_is_a_core():
    assert 1 <= n_cores() <= (os.cpu_count() or 1)
