"""One message at a time: what the session becomes, and what leaves the server."""

import html
import json
import logging
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from kg.errors import UsageError
from retrieval.demographics import UNKNOWN
from tests.ui.fakes import COMMENTARY, BrokenAssistant, DyingChatReader, FakeAssistant, FakeChatReader
from ui import app, render, serving
from ui.app import Session, Step, respond
from ui.render import differential_json

RETT = next(iter(app.EXAMPLES.values()))


def last_step(session: Session, text: str, assistant: FakeAssistant | None = None) -> Step:
    *_, last = respond(assistant or FakeAssistant(), session, text)
    return last


def labels(session: Session) -> list[str]:
    return [finding.label for finding in session.findings]


def test_the_answer_comes_in_three_steps_story_findings_differential():
    story, findings, answer = respond(FakeAssistant(), Session(), RETT)
    assert (story.busy, story.text, story.session.findings) == (True, None, ())
    assert story.session.turns[-1].story == RETT
    assert (findings.busy, findings.text, findings.session.differential) == (True, "", None)
    assert len(findings.session.findings) == 7
    assert (answer.busy, answer.text) == (False, None)  # what is typed meanwhile stays
    assert answer.session.differential is not None
    assert answer.session.differential.diagnoses[0].name == "Rett syndrome"
    assert answer.session.turns[-1].differential == answer.session.differential


def test_a_follow_up_adds_to_the_same_case_and_the_later_statement_counts():
    session = last_step(Session(), "Seizures. No scoliosis.").session
    session = last_step(session, "Scoliosis and hand wringing.").session
    assert sorted(labels(session)) == ["Scoliosis", "Seizure", "Stereotypical hand wringing"]
    assert not any(finding.excluded for finding in session.findings)
    assert session.differential is not None
    assert session.differential.findings == session.findings
    assert len(session.turns) == 2


def test_an_error_keeps_the_case_and_the_typed_text():
    before = last_step(Session(), RETT).session
    step = last_step(before, "  ")
    assert step.text == "  "
    assert (step.session.findings, step.session.differential) == (before.findings, before.differential)
    assert step.session.turns[-1].note == "the story is empty: write what is seen in the patient"
    assert step.session.turns[:-1] == before.turns


def test_a_message_without_findings_says_so_and_keeps_the_case():
    before = last_step(Session(), RETT).session
    step = last_step(before, "Good morning.")
    assert (step.session.findings, step.session.differential) == (before.findings, before.differential)
    assert step.session.turns[-1].note == app.NO_FINDINGS
    assert step.text is None  # left in its box


def test_an_unexpected_error_is_one_line_and_is_logged_without_clinical_text(caplog):
    before = last_step(Session(), RETT).session
    with caplog.at_level(logging.INFO):
        step = last_step(before, "Also scoliosis.", BrokenAssistant())
    assert step.session.turns[-1].note == app.UNEXPECTED
    assert step.text == "Also scoliosis."
    assert (step.session.findings, step.session.differential) == (before.findings, before.differential)
    (record,) = caplog.records
    assert re.fullmatch(
        r"unexpected RuntimeError at app\.py:\d+ _diagnose > fakes\.py:\d+ diagnose", record.getMessage()
    )
    assert "scoliosis" not in caplog.text.lower()
    assert record.exc_info is None


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(app.create_server(FakeAssistant())) as client:
        yield client


def call_api(client: TestClient, *values: object) -> str:
    job = client.post("/gradio_api/call/diagnose", json={"data": list(values)}).json()["event_id"]
    return client.get(f"/gradio_api/call/diagnose/{job}").text


def test_page_is_served_and_loads_nothing_from_elsewhere(client):
    page = client.get("/")
    assert page.status_code == 200
    assert '<meta property="og:title" content="citedx" />' in page.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!testserver)', page.text)


@pytest.mark.parametrize("path", ["/", "/config", "/theme.css", "/gradio_api/info", "/no-such-page", "/docs"])
def test_every_response_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    assert {name: headers[name] for name in serving.SECURITY_HEADERS} == serving.SECURITY_HEADERS
    assert "connect-src 'self'" in headers["Content-Security-Policy"]


def test_nothing_leads_out_of_the_application(client):
    assert client.get("/openapi.json").status_code == 404
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config["run_history"] is False
    assert config["footer_links"] == []


def test_the_api_is_five_endpoints_and_gives_the_public_json(client):
    endpoints = client.get("/gradio_api/info").json()["named_endpoints"]
    assert list(endpoints) == ["/diagnose", "/find_findings", "/explain", "/similar_cases", "/graph_neighbours"]
    answer = call_api(client, RETT, "", "", "", 10)
    assert answer.startswith("event: complete")
    (result,) = json.loads(answer.split("data: ", 1)[1])
    assistant = FakeAssistant()
    expected = assistant.diagnose(assistant.find_findings(RETT), person=assistant.find_person(RETT))
    assert result == json.loads(json.dumps(differential_json(expected)))


def test_the_api_says_what_is_wrong_in_one_line(client):
    answer = call_api(client, " ", "", "", "", 10)
    assert answer.startswith("event: error")
    assert "the story is empty: write what is seen in the patient" in answer


def test_a_malformed_request_is_one_line_and_its_story_is_not_printed(client, capfd, caplog):
    answer = call_api(client, RETT)
    assert answer.startswith("event: error")
    assert "diagnose takes 5 values, got 1: see /gradio_api/info" in answer
    printed = capfd.readouterr()
    assert "wringing" not in printed.out + printed.err + caplog.text


def test_a_password_closes_the_page_and_the_api():
    with TestClient(app.create_server(FakeAssistant(), auth=("doctor", "secret"))) as client:
        assert client.get("/config").status_code == 401
        assert client.post("/gradio_api/call/diagnose", json={"data": [RETT]}).status_code == 401
        assert client.post("/login", data={"username": "doctor", "password": "wrong"}).status_code == 400
        assert client.post("/login", data={"username": "doctor", "password": "secret"}).status_code == 200
        assert client.get("/config").status_code == 200


def test_a_port_in_use_is_one_clear_line():
    with serving.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"^cannot listen on 127\.0\.0\.1:{port} \(.*in use\): choose another"):
            serving.listen("127.0.0.1", port)


def test_a_port_that_cannot_exist_is_one_clear_line():
    with pytest.raises(UsageError, match=r"^cannot listen on 127\.0\.0\.1:70000 "):
        serving.listen("127.0.0.1", 70000)


LOADING = """
import sys, time
from pathlib import Path
from fastapi import FastAPI
from kg.errors import UsageError
from ui.serving import run

def load():
    while not Path(sys.argv[1]).exists():
        time.sleep(0.02)
    if Path(sys.argv[1]).read_text():
        raise UsageError("the disk is full")
    return FastAPI()

try:
    run(load, "127.0.0.1", int(sys.argv[2]))
except UsageError as error:
    sys.exit(f"citedx: {error}")
"""


@pytest.fixture
def loading(tmp_path) -> Iterator[tuple[subprocess.Popen[str], Path, str]]:
    """A server that loads until a file is there, and fails where that says so; the file; the server's address."""
    with serving.listen("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    go, root = tmp_path / "go", Path(__file__).parents[2]
    command = [sys.executable, "-c", LOADING, str(go), port]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        address = f"http://127.0.0.1:{port}"
        while process.poll() is None:
            try:
                httpx.get(address)
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        yield process, go, address
        process.terminate()


def test_says_that_it_is_loading_and_where_it_is_when_it_answers(loading):
    process, go, address = loading
    health, page = httpx.get(f"{address}/health"), httpx.get(address)
    assert (health.status_code, health.json()) == (503, {"status": "loading"})
    assert (page.status_code, page.text) == (503, "citedx is being loaded: reload this page in a minute\n")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    go.touch()
    assert process.stdout.readline() == f"citedx is ready at {address}\n"
    assert httpx.get(address).status_code == 404  # answered, by an application without pages
    process.terminate()
    assert process.wait(timeout=30) == 0 or process.returncode == -signal.SIGTERM
    assert "Traceback" not in process.stderr.read()


def test_a_server_that_cannot_be_loaded_ends_with_the_reason(loading):
    process, go, _ = loading
    go.write_text("fail")
    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == "citedx: the disk is full\n"


def test_a_language_model_reads_after_the_first_answer_is_on_the_page():
    *_, first, second = respond(FakeAssistant(), Session(), RETT, FakeChatReader())
    assert first.busy
    assert first.session.differential is not None
    assert first.session.differential.commentary is None
    assert not second.busy
    assert second.session.differential.commentary == COMMENTARY
    assert len(second.session.turns) == 1


def test_where_the_language_model_breaks_the_first_answer_stays_with_a_note():
    *_, first, second = respond(FakeAssistant(), Session(), RETT, DyingChatReader())
    assert second.session.differential == first.session.differential
    assert second.session.turns[-1].note
    assert "out of luck" not in second.session.turns[-1].note
    log = render.chat_log(second.session.turns, second.session.differential)
    assert "Rett" in log
    assert second.session.turns[-1].note in html.unescape(log)


def test_where_there_is_no_diagnosis_no_language_model_is_asked():
    *_, last = respond(FakeAssistant(), Session(), "no seizures", DyingChatReader())
    assert last.session.turns[-1].note is None
    assert last.session.differential.abstained


def test_an_error_leaves_the_patient_s_age_and_sex_as_they_were():
    last = last_step(Session(), RETT, BrokenAssistant())
    assert last.session.person == UNKNOWN
    assert last_step(Session(), RETT).session.person.sex == "FEMALE"
