"""Entry point of the console script: all of the command line is imported where an interruption can be caught."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; see ``ui.cli``."""
    try:
        from ui.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell has it
    run()
