"""``python -m tests.ui.toy_mcp [FILE]``: the MCP server over the toy release, as a process that a client starts.

Where a file is named, it is loaded as soon as there is one.
"""

import sys
import time
from pathlib import Path

from kg.build import SourceFiles, build_graph
from llm.assistant import DiagnosisAssistant
from tests.ui.toy_assistant import build_toy_assistant
from ui.mcp_server import serve_mcp

DATA = Path(__file__).parents[1] / "data"


def load() -> DiagnosisAssistant:
    """Talkative, as libraries are that are loaded."""
    while not all(map(Path.exists, map(Path, sys.argv[1:]))):
        time.sleep(0.05)
    print("loading the toy", flush=True)  # goes to standard output, where only the protocol may be
    sources = SourceFiles(ontology=DATA / "toy.obo", annotations=DATA / "toy.hpoa", genes=DATA / "toy_genes.txt")
    return build_toy_assistant(build_graph(sources))


if __name__ == "__main__":
    sys.exit(serve_mcp(load))
