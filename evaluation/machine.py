"""What figures were measured on, and by which version, in words."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path


def describe_machine() -> str:
    """Processor and number of cores."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    processor = next(names, "") or platform.processor() or platform.machine()
    return f"{processor}, {os.cpu_count()} cores"


def describe_version() -> str:
    """``citedx 0.1, commit 1c60432``, with a remark where files differ from it; outside a checkout the first part."""
    package = f"citedx {metadata.version('citedx')}"
    here = Path(__file__).resolve().parents[1]
    if not (here / ".git").exists():
        return package
    git = ["git", "-C", str(here)]
    try:
        commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)  # noqa: S603
        status = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return package
    return f"{package}, commit {commit.stdout.strip()}" + (" with local changes" if status.stdout.strip() else "")
