"""Many users at once, and many cases one after the other: ``python -m tests.ui.load`` measures both and prints tables.

A real ``citedx chat`` is started, and patients of the Phenopacket Store are told to it as stories, each in a session of
its own (``tests.ui.page_client``). What a page shows in the end is compared, to the letter, with what this process's
own assistant answers to that story and to no other. Needs CITEDX_DATA and the released graph; server and users share
the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

import httpx
import numpy as np
import psutil

from evaluation.cases import draw_cases, load_cases
from evaluation.stories import Storyteller
from kg.datasets import data_folder
from llm.assistant import DiagnosisAssistant
from tests.ui.page_client import Act, PageClient, PageError, Waited, expected_parts
from ui.protocols import Assistant
from ui.shared_assistant import compute_in_one_thread

LOOKED_AT = (50, 100, 200, 300, 400, 500)
"""Numbers of cases after which memory is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a user does, and what the page has to show after it."""

    acts: Sequence[Act]
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a visit."""

    waited: tuple[Waited, ...] = ()
    """Of each act."""
    error: str = ""
    is_own: bool = False
    """Whether the page showed this user's answers and nothing else."""


def plan_visit(assistant: Assistant, story: str) -> Visit:
    """A story, and the first of its findings turned to absent."""
    found = assistant.find_statements(story)[0].finding
    acts = ({"kind": "tell", "text": story}, {"kind": "mark", "id": found.term_id, "status": "excluded"})
    return Visit(acts=acts, expected=expected_parts(assistant, acts))


async def visit_together(address: str, visits: Sequence[Visit]) -> list[Outcome]:
    """Visits by as many users: when all have opened the page, all send at the same moment."""
    async with AsyncExitStack() as stack:
        users = await asyncio.gather(*(stack.enter_async_context(PageClient(address)) for _ in visits))
        return list(await asyncio.gather(*map(_visit, users, visits)))


async def _visit(user: PageClient, visit: Visit) -> Outcome:
    try:
        waited = tuple([await user.act(act) for act in visit.acts])
    except (PageError, httpx.HTTPError) as error:
        return Outcome(error=f"{type(error).__name__}: {error}")
    return Outcome(waited=waited, is_own=user.parts == visit.expected)


@contextmanager
def running_chat(*before: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A real ``citedx chat`` on a free port: its address and its process.

    Args:
        before: a command that runs it, such as strace.
    """
    command = [*before, sys.executable, "-m", "ui.cli", "chat", "--port", str(_free_port())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            ready = process.stdout.readline()
            if "ready at" not in ready:
                raise PageError(f"citedx chat did not start: {ready}")
            yield ready.split()[-1], process
        finally:
            process.terminate()


def _free_port() -> int:
    from ui.serving import listen

    with listen("127.0.0.1", 0) as free:
        return int(free.getsockname()[1])


def tell_stories(assistant: DiagnosisAssistant, n: int, seed: int = 0) -> list[str]:
    """Stories of n published patients in which the assistant recognises something."""
    ontology = assistant.ontology
    cases = load_cases(data_folder() / "phenopackets" / "all_phenopackets.zip", ontology).cases
    teller = Storyteller(ontology, seed)
    told = (teller.tell(case).text for case in draw_cases(cases, 2 * n, seed))
    return [story for story in told if assistant.find_findings(story)][:n]


def measure_users(address: str, visits: Sequence[Visit], n_users: int) -> None:
    """Let them all come, ``n_users`` at a time, and print how long they waited."""
    outcomes: list[Outcome] = []
    for i in range(0, len(visits), n_users):
        outcomes += asyncio.run(visit_together(address, visits[i : i + n_users]))
    wrong = [o.error for o in outcomes if o.error]
    mixed = sum(not o.is_own for o in outcomes if not o.error)
    print(
        f"{len(outcomes)} users, {n_users} at once: {len(wrong)} errors {set(wrong) or ''}, {mixed} with another answer"
    )
    fine = [o.waited for o in outcomes if o.waited]
    print(f"{'seconds':36} median    p95    max")
    _print_times("story: findings", [told.findings_s or 0.0 for told, _ in fine])
    _print_times("story: claims with evidence", [told.evidence_s or told.answer_s for told, _ in fine])
    _print_times("story: whole answer, questions too", [told.answer_s for told, _ in fine])
    _print_times("a finding turned: whole answer", [turned.answer_s for _, turned in fine])


def _print_times(name: str, seconds: Sequence[float]) -> None:
    median, p95, largest = np.percentile(seconds, (50, 95, 100))
    print(f"{name:36} {median:6.2f} {p95:6.2f} {largest:6.2f}")


async def _one_after_the_other(address: str, stories: Sequence[str], server: psutil.Process) -> None:
    sizes: dict[int, float] = {}
    for n, story in enumerate(stories, 1):
        async with PageClient(address) as user:
            await user.act({"kind": "tell", "text": story})
        if n in LOOKED_AT:
            sizes[n] = server.memory_info().rss / 1e6
            print(f"after {n:3} cases {sizes[n]:7.1f} MB {sizes[n] / sizes[LOOKED_AT[0]] - 1:+6.1%}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20, help="at once")
    parser.add_argument("--visits", type=int, default=100, help="of all users together")
    parser.add_argument("--cases", type=int, default=LOOKED_AT[-1], help="one after the other; 0: leave memory out")
    asked = parser.parse_args()
    compute_in_one_thread()
    assistant = DiagnosisAssistant.load()
    stories = tell_stories(assistant, max(asked.visits, asked.cases))
    with running_chat() as (address, process):
        print("load average", *(f"{load:.1f}" for load in os.getloadavg()), f"; {os.cpu_count()} cores")
        visits = [plan_visit(assistant, story) for story in stories[: asked.visits]]
        asyncio.run(visit_together(address, visits[:1]))  # warm
        if visits:
            measure_users(address, visits, asked.users)
        asyncio.run(_one_after_the_other(address, stories[: asked.cases], psutil.Process(process.pid)))
        print("load average", *(f"{load:.1f}" for load in os.getloadavg()))


if __name__ == "__main__":
    start = time.monotonic()
    main()
    print(f"{time.monotonic() - start:.0f} s")
