"""The tools as a client of the protocol meets them: a process of its own, started and spoken to over its pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from kg.graph import KnowledgeGraph
from tests.toy import ALPHA, BRITTLE, LARGE, STRIPED, VERY_LARGE
from tests.ui.fakes import BrokenAssistant
from tests.ui.toy_assistant import build_toy_assistant
from ui.session import UNEXPECTED
from ui.shared_assistant import SharedAssistant
from ui.tools import Tools

mcp = pytest.importorskip("mcp", reason="needs mcp (pip install -e '.[mcp]')")
from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: E402

from ui.mcp_server import create_mcp_server  # noqa: E402

ROOT = Path(__file__).parents[2]
STORY = "A very large zorb and a striped zorb. No brittle flim."


@asynccontextmanager
async def connected(*command: str, log: Path) -> AsyncIterator[Any]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parameters = StdioServerParameters(command=sys.executable, args=list(command), env=environment, cwd=ROOT)
    with log.open("w") as errors:
        async with mcp.Client(stdio_client(parameters, errlog=errors), read_timeout_seconds=300) as client:
            yield client


def test_a_client_lists_and_calls_all_tools(tmp_path: Path, toy_graph: KnowledgeGraph):
    assistant = build_toy_assistant(toy_graph)
    expected = Tools(lambda: SharedAssistant(assistant))

    async def converse() -> None:
        async with connected("-m", "tests.ui.toy_mcp", log=tmp_path / "log") as client:
            tools = {t.name: t for t in (await client.list_tools()).tools}
            names = "diagnose find_findings explain similar_cases graph_neighbours treatments risk"
            assert list(tools) == names.split()
            for tool in tools.values():
                assert len(tool.description) > 60
                assert all("description" in field for field in tool.input_schema["properties"].values())
                assert tool.annotations.read_only_hint
            assert tools["diagnose"].input_schema["properties"]["k"]["maximum"] == 20
            assert tools["explain"].input_schema["required"] == ["disease", "hpo"]
            calls = [
                ("diagnose", {"story": STORY, "sex": "female", "age": "3"}),
                ("diagnose", {"hpo": f"{VERY_LARGE},-{BRITTLE}", "k": 1}),
                ("find_findings", {"story": STORY}),
                ("explain", {"disease": "Alpha syndrome, type II", "hpo": f"{LARGE},{BRITTLE}"}),
                ("similar_cases", {"hpo": f"{VERY_LARGE},{STRIPED}", "k": 2}),
                ("graph_neighbours", {"node": ALPHA, "limit": 3}),
                ("treatments", {"disease": "gout", "story": STORY, "also": "ibuprofen"}),
                ("risk", {"hpo": LARGE, "values": "urea=9.2", "scores": "curb-65", "k": 2}),
            ]
            for name, arguments in calls:
                result = await client.call_tool(name, arguments)
                assert not result.is_error, result.content
                wanted = json.loads(json.dumps(getattr(expected, name)(**arguments)))
                assert result.structured_content == wanted
                assert json.loads(result.content[0].text) == wanted

    anyio.run(converse)
    assert "loading the toy" in (tmp_path / "log").read_text()  # and not among the protocol's messages


def test_the_tools_are_listed_while_the_assistant_is_loaded(tmp_path: Path):
    ready = tmp_path / "ready"

    async def converse() -> None:
        async with connected("-m", "tests.ui.toy_mcp", str(ready), log=tmp_path / "log") as client:
            assert len((await client.list_tools()).tools) == 7
            ready.touch()
            assert not (await client.call_tool("find_findings", {"story": STORY})).is_error

    anyio.run(converse)


def test_a_client_that_goes_before_the_assistant_is_loaded_waits_for_nothing(tmp_path: Path):
    command = [sys.executable, "-m", "tests.ui.toy_mcp", str(tmp_path / "never")]
    ended = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("diagnose", {}, "give the patient as a story or as hpo ids, got neither"),
        ("diagnose", {"hpo": "HP:0000001,x"}, "is not a phenotypic abnormality"),
        ("diagnose", {"hpo": LARGE, "sex": "no"}, "sex is FEMALE or MALE, got 'no'"),
        ("diagnose", {"hpo": LARGE, "setting": "moon"}, "the setting is general-practice, emergency, genetics-clinic"),
        ("diagnose", {"hpo": LARGE, "k": 21}, "less than or equal to 20"),
        ("diagnose", {"hpo": LARGE, "k": True}, "Error executing tool diagnose: k: Input should be a valid integer"),
        ("diagnose", {"hpo": [LARGE]}, "Error executing tool diagnose: hpo: Input should be a valid string"),
        ("explain", {"disease": "Omega"}, "Error executing tool explain: hpo: Field required"),
        ("find_findings", {"story": " "}, "the text is empty"),
        ("explain", {"disease": "Omega", "hpo": LARGE}, "nothing in the graph has the id or name 'Omega'"),
        ("graph_neighbours", {"node": "zorbs"}, "nothing in the graph has the id or name 'zorbs'"),
        ("similar_cases", {"hpo": LARGE}, "started without published cases"),
    ],
)
def test_a_failing_call_is_a_tool_error_that_says_why(toy_graph: KnowledgeGraph, name, arguments, says):
    server = create_mcp_server(lambda: build_toy_assistant(toy_graph, cases=False))

    async def call() -> Any:
        async with mcp.Client(server) as client:
            return await client.call_tool(name, arguments)

    result = anyio.run(call)
    assert result.is_error
    assert says in result.content[0].text
    assert len(result.content[0].text.splitlines()) == 1


def test_an_unexpected_error_tells_nothing_of_the_patient(caplog):
    server = create_mcp_server(BrokenAssistant)

    async def call() -> Any:
        async with mcp.Client(server) as client:
            return await client.call_tool("diagnose", {"story": "Hand wringing and seizures."})

    result = anyio.run(call)
    assert result.is_error
    assert result.content[0].text == f"Error executing tool diagnose: {UNEXPECTED}"
    assert "wringing" not in caplog.text


@pytest.mark.release
def test_the_command_serves_the_released_graph(tmp_path: Path):
    async def converse() -> None:
        command = ("-m", "ui.cli", "mcp", "--no-cases", "--reader", "graph")
        async with connected(*command, log=tmp_path / "log") as client:
            result = await client.call_tool("diagnose", {"hpo": "HP:0001083,HP:0001166,HP:0002616", "k": 3})
            assert "Marfan syndrome" in [d["name"] for d in result.structured_content["diagnoses"]]

    anyio.run(converse)
