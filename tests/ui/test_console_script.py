"""The command line as a process: where its output goes, and how it ends when it is interrupted."""

import os
import resource
import subprocess
import sys

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
