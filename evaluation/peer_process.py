"""Another project's program as a peer: run by the Python of an environment of its own, JSON in and JSON out."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.errors import NotReadyError, UsageError


def ask_peer(
    python: Path, script: Path, question: object, *, peer: str, hint: str, settings: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The answer of a script of ours that imports nothing of the project.

    Args:
        python: of the environment that has the peer.
        script: reads the question as JSON, writes its answer as JSON.
        question: what JSON can hold.
        peer: its name, for messages.
        hint: how to make such an environment.
        settings: environment variables beside the present ones.

    Raises:
        UsageError: there is no such Python.
        NotReadyError: it has no such peer, or answers with something else than JSON.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the user's own interpreter and our own file
            [str(python), "-I", str(script)],
            input=json.dumps(question),
            env=os.environ | (settings or {}),
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise UsageError(f"{python} cannot be run: {error.strerror}; {hint}") from error
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotReadyError(f"{python} cannot measure {peer}: {reason}; {hint}")
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise NotReadyError(f"{python} answers with something else than JSON: {done.stdout[:60]!r}") from error
    return answer
