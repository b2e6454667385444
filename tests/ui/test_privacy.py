"""What a consultation leaves behind: nothing in the log, nothing on the disk, nobody asked."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kg.graph import KnowledgeGraph
from tests.ui.test_files import given, run
from tests.ui.toy_assistant import build_toy_assistant
from ui.consultation import export, look_up_care, open_file, respond
from ui.session import Consultation
from ui.shared_assistant import SharedAssistant
from ui.tools import Tools

ROOT = Path(__file__).parents[2]
STORY = "Anna Blaubart has a very large zorb and a striped zorb. No brittle flim. She smokes. Urea 9.2 mmol/L."
SERVED = """
import asyncio, json, os, sys
from tests.ui.browsing import served
from tests.ui.page_client import PageClient
from tests.ui.toy_mcp import load
from ui.app import create_server

seen = []

def watch(event, args):
    if event == "open" and (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        seen.append(str(args[0]))
    elif event in ("os.mkdir", "os.rename", "os.link", "os.symlink"):
        seen.append(f"{event} {args[0]}")
    elif event == "socket.connect" and args[1][0] != "127.0.0.1":
        seen.append(f"asks {args[1]}")

async def consult(address):
    async with PageClient(address) as page:
        for act in json.loads(os.environ["ACTS"]):
            await page.act(act)

with served(create_server(load())) as address:
    sys.addaudithook(watch)
    asyncio.run(consult(address))
print("seen:", *seen)
"""


def test_nothing_of_a_story_is_in_the_log(toy_graph: KnowledgeGraph, caplog: pytest.LogCaptureFixture):
    assistant = SharedAssistant(build_toy_assistant(toy_graph))
    consultation, tools = Consultation(), Tools(lambda: assistant)
    with caplog.at_level(logging.INFO):
        run(respond(assistant, consultation, STORY))
        run(open_file(assistant, consultation, given(STORY.encode(), "Blaubart.txt")))
        run(respond(assistant, consultation, "Why not Blaubart syndrome?"))
        run(look_up_care(assistant, consultation, "gout"))
        for kind in ("phenopacket", "pdf", "md"):
            run(export(assistant, consultation, kind))
        tools.diagnose(story=STORY)
        tools.risk(story=STORY)
    assert consultation.session.differential is not None
    said = caplog.text.casefold()
    assert [w for w in ("blaubart", "zorb", "flim", "smokes", "9.2", "gout") if w in said] == []


def test_a_served_consultation_keeps_nothing_and_asks_nobody(tmp_path: Path):
    """A report's font is made in a temporary folder; matplotlib, which Gradio imports, has a folder of its own."""
    temporary, of_matplotlib = tmp_path / "tmp", tmp_path / "matplotlib"
    temporary.mkdir(), of_matplotlib.mkdir()
    file = given(STORY.encode(), "Blaubart.txt")
    acts = [
        {"kind": "tell", "text": STORY},
        {"kind": "file", **file},
        {"kind": "tell", "text": "Why not Alpha syndrome, type II?"},
        {"kind": "care", "id": "gout"},
        *({"kind": "save", "value": kind} for kind in ("phenopacket", "pdf", "md")),
    ]
    folders = {"TMPDIR": str(temporary), "MPLCONFIGDIR": str(of_matplotlib)}
    environment = {**os.environ, **folders, "ACTS": json.dumps(acts)}
    command = [sys.executable, "-B", "-c", SERVED]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    first, *seen = ended.stdout.splitlines()[-1].split()
    assert first == "seen:"
    assert any(str(temporary) in place for place in seen)
    assert [s for s in seen if s != "os.mkdir" and not s.startswith((str(temporary), str(of_matplotlib)))] == []
    assert [p for p in temporary.rglob("*") if p.is_file()] == []
