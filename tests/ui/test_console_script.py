"""The command line as a process: where its output goes, and how it ends when it is interrupted."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from kg.cache import cache_root

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "ui.cli", "risk", "--list"]
INTERRUPTED = """
import sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == "ui.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
from ui.console_script import main
main()
"""
WATCHED = """
import os, sys
from ui.cli import main

seen = []

def watch(event, args):
    if event.startswith("socket."):
        seen.append(event)
    elif event == "open" and (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        seen.append(str(args[0]))

sys.addaudithook(watch)
try:
    main()
finally:
    print(*dict.fromkeys(seen), sep="\\n", file=sys.stderr)
"""


def test_who_reads_the_output_may_stop_at_any_time():
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(COMMAND, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_full_disk_is_one_line(tmp_path):
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    with (tmp_path / "out").open("wb") as out:
        ended = subprocess.run(COMMAND, stdout=out, stderr=subprocess.PIPE, preexec_fn=limit, check=False)
    assert (ended.returncode, ended.stderr) == (1, b"citedx: cannot write: File too large\n")


def test_an_interruption_while_everything_is_imported_ends_without_a_trace():
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, b"")


@pytest.mark.release
def test_a_diagnosis_asks_nobody_and_keeps_nothing_but_its_report(tmp_path):
    report, temporary = tmp_path / "report.pdf", tmp_path / "tmp"
    temporary.mkdir()
    story = "A boy with seizures and ectopia lentis."
    command = [sys.executable, "-B", "-c", WATCHED, "diagnose", story, "--no-cases", "--report", str(report)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    seen = set(ended.stderr.split()) - {"/dev/null", str(report)}
    of_the_graph = str(cache_root())  # nothing of a patient
    assert [s for s in seen if not s.startswith((str(temporary), of_the_graph))] == []
    assert [p for p in temporary.rglob("*") if p.is_file()] == []
    assert report.is_file()
