"""A cluster of two workers gives what one process gives; what is wrong with a cluster is said in a line."""

from __future__ import annotations

import gzip
import json
import lzma
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.processes import start_workers
from evaluation.qa.benchmark import QaOptions, run_qa_benchmark
from evaluation.qa.passages import PUBMEDQA
from evaluation.qa.runner import PREDICTIONS
from evaluation.runner import predict
from evaluation.schema import Protocol, System
from kg.errors import CitedxError, NotReadyError, UsageError
from kg.graph import KnowledgeGraph
from llm.errors import ModelError
from retrieval.cases import build_library, series_of, word_case
from retrieval.cluster import ClusterEmbedder, check_workers, connect_cluster
from retrieval.embedding import bundled_embedder
from retrieval.passages import MEDQUAD
from tests.evaluation.store import STORE, build_knowledge, cases_of_store
from tests.fakes import HashEmbedder

dask = pytest.importorskip("dask", reason="distributed is not installed: pip install -e .[distributed]")
distributed = pytest.importorskip("distributed", reason="distributed is not installed: pip install -e .[distributed]")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one page and one abstract to retrieve."""
    folder = tmp_path_factory.mktemp("data")
    for file in (MEDQUAD, PUBMEDQA):
        (folder / file).parent.mkdir()
    page = {"url": "https://x", "focus": "Marfan", "synonyms": [], "qa": [{"type": "signs", "answer": "Long fingers."}]}
    (folder / MEDQUAD).write_bytes(lzma.compress(json.dumps(page).encode()))
    article = {"QUESTION": "Does it?", "CONTEXTS": ["We saw gout."], "LONG_ANSWER": "It does.", "final_decision": "yes"}
    (folder / PUBMEDQA).write_bytes(gzip.compress(json.dumps({"7": article}).encode()))
    return folder


@pytest.fixture(scope="module")
def address(data: Path) -> Iterator[str]:
    """A scheduler with two worker processes of this machine, which read the data folder."""
    settings = {"distributed.scheduler.allowed-failures": 0}  # a task that kills its worker is not tried again
    with pytest.MonkeyPatch.context() as patch, dask.config.set(settings):
        patch.setenv("CITEDX_DATA", str(data))
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
        ) as local:
            yield local.scheduler_address


def seen_by(job: str, number: int) -> tuple[str, int, int]:
    return job, number, os.getpid()


def refusing(job: str, number: int) -> None:
    raise (UsageError, ModelError)[number](f"{job} {number} is no use")


def dying(job: str, number: int) -> None:
    os._exit(number)


def test_workers_know_the_job_and_results_are_in_order(address: str):
    with start_workers("job", 1, address) as workers:
        results = list(workers.run(seen_by, [(n,) for n in range(20)]))
    assert [(job, n) for job, n, _ in results] == [("job", n) for n in range(20)]
    pids = {pid for _, _, pid in results}
    assert len(pids) == 2
    assert os.getpid() not in pids


@pytest.mark.parametrize("system", [System.GRAPH, System.FUSED])
def test_patients_are_ranked_as_in_one_process(toy_graph: KnowledgeGraph, tmp_path: Path, address: str, system: System):
    cases, whole = cases_of_store(toy_graph), build_knowledge(toy_graph, STORE, with_text=True)
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    done = predict(cases, whole, Protocol.UNSEEN_PUBLICATION, system, here)
    assert predict(cases, whole, Protocol.UNSEEN_PUBLICATION, system, there, scheduler=address) == done
    assert sorted(there.read_text().splitlines()) == sorted(here.read_text().splitlines())
    there.write_text("".join(there.read_text().splitlines(keepends=True)[:3])[:-20])  # cut off, in the middle of a line
    assert predict(cases, whole, Protocol.UNSEEN_PUBLICATION, system, there, scheduler=address) == done


def questions_file(folder: Path) -> Path:
    asked = {
        str(i): {
            "question": f"Question {i}: {('long fingers', 'gout')[i % 2]}?",
            "options": {"A": "Gout", "B": "Marfan"},
            "answer": "BA"[i % 2],
        }
        for i in range(40)
    }
    file = folder / "benchmark.json"
    file.write_text(json.dumps({"medqa": asked}))
    return file


def test_questions_are_answered_as_in_one_process(
    tmp_path: Path, data: Path, address: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CITEDX_DATA", str(data))
    benchmark = questions_file(tmp_path)

    def run(name: str, **more: Any) -> tuple[bytes, dict[str, Any]]:
        out = tmp_path / name
        run_qa_benchmark(QaOptions(benchmark=benchmark, out=out, k=4, **more), "typed")
        return (out / PREDICTIONS).read_bytes(), json.loads((out / "metrics.json").read_text())

    here, told = run("here")
    there, told_there = run("there", scheduler=address)
    assert there == here
    assert len(here.splitlines()) == 40
    assert run("processes", n_workers=2)[0] == here
    assert {n: told_there[n] for n in ("sets", "average", "settings")} == {
        n: told[n] for n in ("sets", "average", "settings")
    }
    (tmp_path / "there" / PREDICTIONS).write_bytes(here[: len(here) // 2])
    assert run("there", scheduler=address)[0] == here


def test_a_worker_with_other_data_is_refused(tmp_path: Path, data: Path, address: str, monkeypatch: pytest.MonkeyPatch):
    other = tmp_path / "other"
    for file in (MEDQUAD, PUBMEDQA):
        (other / file).parent.mkdir(parents=True)
        (other / file).write_bytes((data / file).read_bytes())
    (other / PUBMEDQA).write_bytes(gzip.compress(b"{}"))
    monkeypatch.setenv("CITEDX_DATA", str(other))
    given = QaOptions(benchmark=questions_file(tmp_path), out=tmp_path / "out", scheduler=address)
    with pytest.raises(NotReadyError, match=r"a worker has other data than this machine: passages medquad\.jsonl\.xz@"):
        run_qa_benchmark(given, "typed")


@pytest.mark.parametrize("make", [HashEmbedder, bundled_embedder])
def test_an_index_built_by_a_cluster_is_the_same(toy_graph: KnowledgeGraph, address: str, make: Callable[[], Any]):
    cases = series_of(toy_graph) * 20
    texts = [word_case(c, toy_graph.ontology) for c in cases]
    with connect_cluster(address) as client:
        spread = ClusterEmbedder(make(), client, n_texts=7)
        assert spread.identity == make().identity
        assert np.array_equal(spread.encode(texts), make().encode(texts))
        there = build_library(cases, spread, toy_graph.ontology)
    here = build_library(cases, make(), toy_graph.ontology)
    findings = cases_of_store(toy_graph)[0].findings
    assert there.version == here.version
    assert [(h.case.case_id, h.similarity) for h in there.similar(findings, 9)] == [
        (h.case.case_id, h.similarity) for h in here.similar(findings, 9)
    ]


def test_the_texts_are_encoded_by_the_workers(address: str):
    here = HashEmbedder()
    with connect_cluster(address) as client:
        assert ClusterEmbedder(here, client, n_texts=2).encode(["a", "b", "c", "d", "e"]).shape == (5, 256)
        assert here.calls == [("a",)]  # what it loads at first use goes with it
        assert ClusterEmbedder(here, client).encode(["a", "b"]).shape == (2, 256)
        assert here.calls == [("a",), ("a", "b")]  # too few to send


@pytest.mark.parametrize(("number", "kind"), [(0, UsageError), (1, ModelError)])
def test_what_a_worker_refuses_is_said_as_it_is_here(address: str, number: int, kind: type[Exception]):
    with pytest.raises(kind, match=f"job {number} is no use"), start_workers("job", 1, address) as workers:
        list(workers.run(refusing, [(number,)]))


def test_where_nobody_answers_it_is_said_how_to_start():
    said = r"no scheduler answers at tcp://127\.0\.0\.1:9: start one with `dask scheduler`"
    with pytest.raises(NotReadyError, match=said), connect_cluster("tcp://127.0.0.1:9"):
        pass


@pytest.mark.parametrize("address", ["", "127.0.0.1", "nonsense://x", "tcp://127.0.0.1:99999"])
def test_what_is_no_address_is_refused(address: str):
    with pytest.raises(NotReadyError, match="no scheduler answers at"), connect_cluster(address):
        pass


class Answering:
    """A client whose workers say that they have these versions."""

    def __init__(self, *found: dict[str, str]) -> None:
        self._found = found

    def run(self, function: Callable[[], dict[str, str]]) -> dict[str, dict[str, str]]:
        return {f"tcp://10.0.0.{i}:1": function() | changed for i, changed in enumerate(self._found)}


def test_workers_of_other_versions_are_refused():
    check_workers(Answering({}, {}), "tcp://s:1")
    with pytest.raises(NotReadyError, match=r"the worker tcp://10\.0\.0\.1:1 has citedx 9, and 0\.1\.0 is here"):
        check_workers(Answering({}, {"citedx": "9"}), "tcp://s:1")
    with pytest.raises(NotReadyError, match=r"tcp://s:1 has no workers: start some with `dask worker tcp://s:1`"):
        check_workers(Answering(), "tcp://s:1")


def test_a_worker_that_dies_is_one_line(address: str):
    """The last test: the cluster has to recover from it."""
    said = "died or were lost.*run the same command again"
    with pytest.raises(CitedxError, match=said), start_workers("job", 1, address) as workers:
        list(workers.run(dying, [(3,)]))
