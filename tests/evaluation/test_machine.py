"""The words for where figures come from, against what the machine itself says."""

from __future__ import annotations

import os
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from evaluation.machine import describe_machine, describe_version

ROOT = Path(__file__).parents[2]


def test_the_machine_has_a_processor_and_its_cores():
    processor, _, cores = describe_machine().rpartition(", ")
    assert processor
    assert cores == f"{os.cpu_count()} cores"


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_a_checkout_names_its_commit():
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    expected = f"citedx {metadata.version('citedx')}, commit {commit}"
    assert describe_version() in (expected, f"{expected} with local changes")
