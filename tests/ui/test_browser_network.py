"""Whom the server and the page talk to during a consultation, as the system's calls and Chromium's own log tell."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import CHROMIUM_NAMES
from tests.ui.browsing import CHROMIUM_FLAGS, Visitor
from tests.ui.load import running_chat
from ui.examples import EXAMPLES

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install -e '.[browser]')")
expect = sync_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.release]

_ADDRESS = re.compile(r'sa_family=AF_INET6?,.*?"([0-9a-f.:]+)"')


def consult(user: Visitor) -> None:
    """Use everything that asks the server for something."""
    user.page.set_default_timeout(120_000)
    user.send(EXAMPLES[0].story)
    user.answered()
    for tab in user.page.get_by_role("tab").all():
        tab.click()
    user.page.get_by_role("combobox", name="Search for a finding").press_sequentially("scol")
    user.page.locator("#terms [role=option]").first.click()
    user.turns.nth(1).locator(".lead").wait_for()
    user.answered()
    user.send("Which genes?")
    user.turns.nth(2).locator(".ev").first.wait_for()
    user.log.locator(".busy").wait_for(state="detached")
    with user.page.expect_download():
        user.page.locator(".menu summary").click()
        user.page.get_by_role("button", name="Report as PDF").click()
    user.page.get_by_label("Language", exact=True).select_option("zh")
    user.page.get_by_role("heading", name="鉴别诊断").wait_for()


def logged(log: Path, kind: str) -> list[dict[str, Any]]:
    """What Chromium's log tells of the beginnings of a kind of events."""
    told = json.loads(log.read_text())
    number = told["constants"]["logEventTypes"][kind]
    begin = told["constants"]["logEventPhase"]["PHASE_BEGIN"]
    return [e["params"] for e in told["events"] if (e["type"], e["phase"]) == (number, begin)]


@pytest.fixture(scope="module")
def logs(browser, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What the server's system calls and Chromium's network log say after a consultation."""
    if shutil.which("strace") is None:
        pytest.skip("no strace on the PATH: install the strace package of your system")
    folder = tmp_path_factory.mktemp("network")
    calls, log = folder / "calls.txt", folder / "log.json"
    # -D: the server is this process's child, and strace the stranger.
    strace = ("strace", "-D", "-f", "--seccomp-bpf", "-s", "0", "-o", str(calls))
    strace = (*strace, "-e", "trace=connect,sendto,sendmsg,sendmmsg")
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)))
    with running_chat(*strace) as (address, _):
        flags = [*CHROMIUM_FLAGS, f"--log-net-log={log}"]
        with browser.browser_type.launch(executable_path=chromium, args=flags) as logging:
            user = Visitor(logging, address)
            consult(user)
            user.close()
    return calls, log


def test_the_server_talks_to_this_machine_only(logs):
    calls = logs[0].read_text()
    assert calls.count("sendto(") > 10  # the answers to the page
    assert {a for a in _ADDRESS.findall(calls) if not ipaddress.ip_address(a).is_loopback} == set()


def test_the_page_asks_this_machine_only(logs):
    """Chromium asks its maker for things, too; those requests have no page for an initiator."""
    events = logged(logs[1], "URL_REQUEST_START_JOB")
    asked = {urlsplit(e["url"]).hostname for e in events if e["initiator"].startswith("http")}
    assert asked == {"127.0.0.1"}
    assert sum(urlsplit(e["url"]).path.endswith("/queue/join") for e in events) >= 6  # one for each act
