"""How long a ranking takes, beside hpo3's Resnik similarity, on the same patients in the same run.

It promises the median over patients of one number of findings, in one process for this project, and says nothing of
accuracy. The peer is measured as it comes, with all cores, unless ``n_peer_threads`` says otherwise; its release and
its number of diseases are its own, and are reported.

    python -m venv ELSEWHERE && ELSEWHERE/bin/pip install hpo3
    python -m evaluation.speed --hpo3-python ELSEWHERE/bin/python --cases all_phenopackets.zip
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from evaluation.cases import load_cases
from evaluation.machine import describe_machine
from evaluation.peer_process import ask_peer
from evaluation.protocols import Knowledge
from evaluation.schema import Case, System
from evaluation.systems import RANKERS, Question
from kg.arrays import Doubles
from kg.build import load_graph
from kg.errors import CitedxError, NotReadyError, UsageError
from kg.graph import KnowledgeGraph
from kg.schema import Finding

N_WARM_UP = 3
PEER_HINT = "make an environment of its own with: python -m venv DIR && DIR/bin/pip install hpo3"

Score = Callable[[Sequence[Finding]], Doubles]
"""Findings -> scores of all diseases, higher is likelier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedComparison:
    """Medians over the same patients."""

    own_ms: float
    """Milliseconds from findings to all diseases in order, in one process."""
    own_n_diseases: int
    peer_ms: float
    """Milliseconds from findings to hpo3's similarity of all its diseases."""
    peer_n_diseases: int
    peer: str
    """hpo3's version and its HPO release."""
    peer_threads: int
    n_patients: int
    n_left_out: int
    """Patients with a term that the peer's release does not know; timed by neither."""
    n_findings: int
    machine: str
    load: float
    """Processes that wanted a core in the minute before: above 0, another program may have slowed the peer, which
    takes all cores, more than the project."""

    @property
    def ratio(self) -> float:
        """How many times faster the project is."""
        return self.peer_ms / self.own_ms

    def __str__(self) -> str:
        return (
            f"citedx, likelihood ratios, {self.own_n_diseases:,} diseases in order: {self.own_ms:.2f} ms a patient\n"
            f"{self.peer}, Resnik batch similarity (best-match average), {self.peer_n_diseases:,} diseases, "
            f"{self.peer_threads} threads: {self.peer_ms:.1f} ms a patient\n"
            f"ratio {self.ratio:.0f}; medians over {self.n_patients} patients of {self.n_findings} findings "
            f"({self.n_left_out} left out, with a term that hpo3 does not know); {self.machine}, "
            f"load {self.load:.1f} before"
        )


def sample_patients(
    sources: Iterable[Iterable[str]], n: int, n_findings: int, seed: int = 0
) -> tuple[tuple[str, ...], ...]:
    """At most n patients of exactly so many findings, drawn from those that have as many; the same for one seed.

    Args:
        sources: term ids of each patient or disease.
        n: how many are wanted.
        n_findings: of each.
        seed: of the drawing.

    Raises:
        UsageError: none has as many findings.
    """
    rich = [sorted(terms) for terms in map(set, sources) if len(terms) >= n_findings]
    if not rich:
        raise UsageError(f"no patient has {n_findings} findings to draw from: choose fewer with --findings")
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    return tuple(tuple(rng.sample(terms, n_findings)) for terms in rng.sample(rich, min(n, len(rich))))


def measure_speed(
    score: Score, patients: Sequence[Sequence[str]], hpo3_python: Path, *, n_peer_threads: int | None = None
) -> SpeedComparison:
    """Time both on the same patients: first the peer in a process of its own, then ``score`` and sorting here.

    Args:
        score: the ranking under test.
        patients: term ids of each, all of the same number.
        hpo3_python: of the environment that has hpo3.
        n_peer_threads: threads of the peer; default: all cores.

    Raises:
        UsageError: there is no such Python.
        NotReadyError: it has no hpo3, or hpo3 knows the terms of no patient.
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    n_threads = n_peer_threads or os.cpu_count() or 1
    peer = _ask_peer(hpo3_python, patients, n_threads)
    shared = [ids for ids, seconds in zip(patients, peer["seconds"], strict=True) if seconds is not None]
    if not shared:
        raise NotReadyError(f"hpo3 {peer['version']} with HPO {peer['release']} knows the terms of no patient")
    findings = [[Finding(term_id=t, label="") for t in term_ids] for term_ids in shared]
    n_diseases = len(score(findings[0]))
    for patient in findings[:N_WARM_UP]:
        _seconds(score, patient)
    return SpeedComparison(
        own_ms=1000 * median(_seconds(score, patient) for patient in findings),
        own_n_diseases=n_diseases,
        peer_ms=1000 * median(s for s in peer["seconds"] if s is not None),
        peer_n_diseases=peer["n_diseases"],
        peer=f"hpo3 {peer['version']} with HPO {peer['release']}",
        peer_threads=n_threads,
        n_patients=len(shared),
        n_left_out=len(patients) - len(shared),
        n_findings=len(shared[0]),
        machine=describe_machine(),
        load=load,
    )


def _seconds(score: Score, findings: Sequence[Finding]) -> float:
    start = time.perf_counter()
    np.argsort(-score(findings), kind="stable")
    return time.perf_counter() - start


def _ask_peer(python: Path, patients: Sequence[Sequence[str]], n_threads: int) -> dict[str, Any]:
    return ask_peer(
        python,
        Path(__file__).with_name("peers_hpo3.py"),
        [list(ids) for ids in patients],
        peer="hpo3",
        hint=PEER_HINT,
        settings={"RAYON_NUM_THREADS": str(n_threads)},
    )


def _graph_score(graph: KnowledgeGraph) -> Score:
    """The system ``graph``, as it is evaluated."""
    knowledge = Knowledge(graph=graph)

    def score(findings: Sequence[Finding]) -> Doubles:
        case = Case(case_id="", findings=tuple(findings), gold_ids=(), publication="")
        return RANKERS[System.GRAPH](Question(knowledge=knowledge, case=case)).scores

    return score


def _annotated(graph: KnowledgeGraph) -> Iterator[set[str]]:
    for disease_id in graph.diseases:
        yield {a.term_id for a in graph.findings_of(disease_id) if not a.excluded}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.speed", description="Ranking time beside hpo3's.")
    parser.add_argument("--hpo3-python", type=Path, required=True, help="Python of an environment that has hpo3")
    parser.add_argument("--cases", type=Path, help="phenopackets to draw findings from; default: annotations")
    parser.add_argument("--patients", type=int, default=200, help="how many")
    parser.add_argument("--findings", type=int, default=10, help="of each patient")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hpo3-threads", type=int, help="default: all cores")
    given = parser.parse_args(arguments)
    try:
        graph = load_graph()
        if given.cases is None:
            sources: Iterable[Iterable[str]] = _annotated(graph)
        else:
            cases = load_cases(given.cases, graph.ontology).cases
            sources = ([f.term_id for f in c.findings if not f.excluded] for c in cases)
        patients = sample_patients(sources, given.patients, given.findings, given.seed)
        score = _graph_score(graph)
        comparison = measure_speed(score, patients, given.hpo3_python, n_peer_threads=given.hpo3_threads)
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{comparison}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
