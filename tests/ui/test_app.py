"""What leaves the server, and what a page that the server does not know brings with it."""

import asyncio
import json
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from gradio.utils import get_upload_folder
from limits import parse
from starlette.responses import PlainTextResponse

from kg.errors import UsageError
from kg.translations import Language
from tests.ui.fakes import FakeAssistant
from ui import app, login_limit, serving
from ui.answer_json import differential_json
from ui.examples import EXAMPLES
from ui.session import RESTORED, UNEXPECTED, Consultation

RETT = EXAMPLES[0].story


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
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Permissions-Policy"] == "camera=(), geolocation=(), microphone=()"
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"].split() == ["'self'", "data:", "blob:"]
    assert policy["connect-src"] == policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'self'"
    assert policy["object-src"] == "'none'"
    here = {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"}
    assert {source for sources in policy.values() for source in sources.split()} <= here


def test_nothing_leads_out_of_the_application(client):
    assert client.get("/openapi.json").status_code == 404
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config["run_history"] is False
    assert config["footer_links"] == []


def test_the_api_is_seven_endpoints_and_gives_the_public_json(client):
    endpoints = client.get("/gradio_api/info").json()["named_endpoints"]
    names = "diagnose find_findings explain similar_cases graph_neighbours treatments risk"
    assert list(endpoints) == [f"/{name}" for name in names.split()]
    answer = call_api(client, RETT, "", "", "", 10, "")
    assert answer.startswith("event: complete")
    (result,) = json.loads(answer.split("data: ", 1)[1])
    assistant = FakeAssistant()
    findings = [said.finding for said in assistant.find_statements(RETT)]
    *_, expected = assistant.weigh(findings, person=assistant.find_person(RETT))
    assert result == json.loads(json.dumps(differential_json(expected)))


def test_the_api_says_what_is_wrong_in_one_line(client):
    answer = call_api(client, " ", "", "", "", 10, "")
    assert answer.startswith("event: error")
    assert "the story is empty: write what is seen in the patient" in answer


def test_a_malformed_request_is_one_line_and_its_story_is_not_printed(client, capfd, caplog):
    answer = call_api(client, RETT)
    assert answer.startswith("event: error")
    assert "diagnose takes 6 values, got 1: see /gradio_api/info" in answer
    printed = capfd.readouterr()
    assert "wringing" not in printed.out + printed.err + caplog.text


def test_a_file_that_an_object_names_is_neither_fetched_nor_copied(client, tmp_path):
    file = tmp_path / f"{secrets.token_hex()}.txt"
    file.write_text(RETT)
    named = {"path": str(file), "meta": {"_type": "gradio.FileData"}}
    for value in (named, [named], {"a": named | {"path": f"https://citedx.invalid/{file.name}"}}):
        assert "story is text, got " in call_api(client, value, "", "", "", 10, "")
    assert not list(Path(get_upload_folder()).rglob(file.name))


@pytest.mark.parametrize("path", ["upload", "upload?upload_id=1", "process_recording", "component_server"])
def test_no_file_is_taken_outside_a_message(client, path):
    name = f"{secrets.token_hex()}.txt"
    answer = client.post(f"/gradio_api/{path}", files={"files": (name, b"x")})
    assert (answer.status_code, answer.text) == (415, "files come with a message of the page\n")
    assert not list(Path(get_upload_folder()).rglob(name))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # a program
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://citedx.example"}, 200),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": "https://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Origin": "http://testserver:8080"}, 200),  # without TLS, browsers tell less
        ({"Origin": "http://ward.example", "X-Forwarded-Host": "ward.example"}, 200),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_another_website_is_refused(client, headers, status):
    answer = client.get("/gradio_api/token", headers=headers)
    assert answer.status_code == status
    assert status == 200 or "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/?a=b", 200), ("/config", 403), ("/logout", 403)])
def test_a_link_of_another_website_leads_to_the_page_alone(client, path, status):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get(path, headers=headers).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "file=https://elsewhere.example/x.png",
        "file%3Dhttps://elsewhere.example/x.png",
        "file/pyproject.toml",
        "proxy=https://elsewhere.example/x",
        "deep_link?session_hash=x",
        "stream/x/1/2/playlist.m3u8",
        "run-history/buckets",
        "vibe-code/",
        "callers",
    ],
)
def test_what_gradio_offers_beside_page_and_api_is_closed(client, path):
    answer = client.get(f"/gradio_api/{path}")
    assert (answer.status_code, answer.text) == (404, "not answered here\n")


def test_who_logs_out_leaves_the_others_in():
    server = app.create_server(FakeAssistant(), auth=("doctor", "secret"))
    with TestClient(server, base_url="https://ward.example") as one, TestClient(server, cookies={}) as other:
        for client in (one, other):
            assert client.post("/login", data={"username": "doctor", "password": "secret"}).status_code == 200
        one.get("/logout", follow_redirects=False)
        assert (one.get("/config").status_code, other.get("/config").status_code) == (401, 200)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:7860", 200),
        ("127.0.0.1:7860", 200),
        ("[::1]:7860", 200),
        ("Ward.example", 200),
        ("elsewhere.example:7860", 421),  # a website whose name leads here
        ("localhost.elsewhere.example", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
def test_only_the_names_that_it_was_given_are_answered(host, status):
    names = serving.names_to_answer("127.0.0.1", ["ward.example"], has_password=False)
    with TestClient(app.create_server(FakeAssistant(), hosts=names)) as client:
        for path in ("/", "/health", "/gradio_api/info"):
            answer = client.get(path, headers={"Host": host})
            assert answer.status_code == status
            assert status == 200 or answer.text == serving.UNKNOWN_HOST


@pytest.mark.parametrize(
    ("host", "allowed", "has_password", "names"),
    [
        ("127.0.0.1", [], False, {"localhost", "127.0.0.1", "::1"}),
        ("127.0.0.2", [], False, {"localhost", "127.0.0.1", "::1", "127.0.0.2"}),
        ("::ffff:127.0.0.1", [], False, {"localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1"}),
        ("localhost", [], False, {"localhost", "127.0.0.1", "::1"}),
        ("127.0.0.1", [], True, set()),  # a website knows no password
        ("0.0.0.0", [], False, set()),  # noqa: S104 # by whatever name other machines know this one
        ("10.0.0.1", ["ward.example"], True, {"localhost", "127.0.0.1", "::1", "10.0.0.1", "ward.example"}),
    ],
)
def test_which_names_a_server_answers_to(host, allowed, has_password, names):
    assert set(serving.names_to_answer(host, allowed, has_password=has_password)) == names


def test_an_unexpected_error_of_the_server_is_logged_without_its_words(client, capfd, caplog):
    answer = client.post("/gradio_api/call/wringing", json={"data": []})
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    printed = capfd.readouterr()
    assert "wringing" not in printed.out + printed.err + caplog.text
    assert re.fullmatch(r"unexpected FnIndexInferError at .+", caplog.messages[-1])


def test_what_is_wrong_with_an_act_is_not_printed(client, capfd):
    (act,) = (d for d in client.get("/config").json()["dependencies"] if d["api_visibility"] == "private")
    asked = {"data": [None], "event_data": [RETT], "fn_index": act["id"], "trigger_id": act["targets"][0][0]}
    client.post("/gradio_api/queue/join", json={**asked, "session_hash": "act"})
    answer = client.get("/gradio_api/queue/data", params={"session_hash": "act"}).text
    assert UNEXPECTED in answer
    assert "Traceback" not in capfd.readouterr().err


def test_a_password_closes_the_page_and_the_api():
    with TestClient(app.create_server(FakeAssistant(), auth=("doctor", "secret"))) as client:
        assert client.get("/config").status_code == 401
        assert login_limit.LOGIN_NOTE in client.get("/").text
        assert client.post("/gradio_api/call/diagnose", json={"data": [RETT]}).status_code == 401
        assert client.post("/login", data={"username": "doctor", "password": "wrong"}).status_code == 400
        assert client.post("/login", data={"username": "doctor", "password": "secret"}).status_code == 200
        assert client.get("/config").status_code == 200


def test_after_many_wrong_passwords_none_is_looked_at_and_who_is_in_stays_in(monkeypatch):
    monkeypatch.setattr(login_limit, "WRONG_PASSWORDS", parse("2 per 10 minutes"))
    right, wrong = ({"username": "doctor", "password": p} for p in ("secret", "guess"))
    server = app.create_server(FakeAssistant(), auth=("doctor", "secret"))
    with TestClient(server, client=("10.0.0.1", 1)) as client:
        assert client.post("/login", data=right).status_code == 200
        assert client.post("/login", data=wrong).status_code == 400
        assert client.get("/metrics", auth=("doctor", "guess")).status_code == 401
        refused = client.post("/login/", data=right)
        assert (refused.status_code, refused.text) == (429, "too many wrong passwords from here: try again in 10 min\n")
        assert 540 < int(refused.headers["retry-after"]) <= 600
        assert client.get("/metrics", auth=("doctor", "secret")).status_code == 429
        assert client.get("/config").status_code == 200
    with TestClient(server, client=("10.0.0.2", 1)) as another:
        assert another.get("/metrics", auth=("doctor", "secret")).status_code == 200


def test_wrong_passwords_sent_at_the_same_moment_count_together():
    async def slow_login(scope, receive, send):
        await asyncio.sleep(0.05)
        await PlainTextResponse("wrong", 400)(scope, receive, send)

    async def guess() -> list[int]:
        transport = httpx.ASGITransport(login_limit.LimitGuesses(slow_login), client=("10.0.0.3", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return [r.status_code for r in await asyncio.gather(*(client.post("/login") for _ in range(100)))]

    codes = asyncio.run(guess())
    assert (codes.count(400), codes.count(429)) == (login_limit.WRONG_PASSWORDS.amount, 80)


def test_a_port_in_use_is_one_clear_line():
    with serving.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"^cannot listen on 127\.0\.0\.1:{port} \(.*in use\): choose another"):
            serving.listen("127.0.0.1", port)


def test_a_port_that_cannot_exist_is_one_clear_line():
    with pytest.raises(UsageError, match=r"^cannot listen on 127\.0\.0\.1:70000 "):
        serving.listen("127.0.0.1", 70000)


LOADING = """
import sys
from fastapi import FastAPI
from kg.errors import UsageError
from ui.serving import run

def load():
    if sys.stdin.readline() == "fail\\n":
        raise UsageError("the disk is full")
    return FastAPI()

try:
    run(load, "127.0.0.1", int(sys.argv[1]))
except UsageError as error:
    sys.exit(f"citedx: {error}")
"""


@pytest.fixture
def loading() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that loads until it is written a line, and fails where that says so; the server's address."""
    with serving.listen("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    command, root, pipe = [sys.executable, "-c", LOADING, port], Path(__file__).parents[2], subprocess.PIPE
    with subprocess.Popen(command, cwd=root, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1) as process:
        address = f"http://127.0.0.1:{port}"
        while process.poll() is None:
            try:
                httpx.get(address)
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        yield process, address
        process.terminate()


def test_says_that_it_is_loading_and_where_it_is_when_it_answers(loading):
    process, address = loading
    health, page = httpx.get(f"{address}/health"), httpx.get(address)
    assert (health.status_code, health.json()) == (503, {"status": "loading"})
    assert (page.status_code, page.text) == (503, "citedx is being loaded: reload this page in a minute\n")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    process.stdin.write("load\n")
    assert process.stdout.readline() == f"citedx is ready at {address}\n"
    assert httpx.get(address).status_code == 404  # answered, by an application without pages
    process.terminate()
    assert process.wait(timeout=30) == 0 or process.returncode == -signal.SIGTERM
    assert "Traceback" not in process.stderr.read()


def test_a_server_that_cannot_be_loaded_ends_with_the_reason(loading):
    process, _ = loading
    process.stdin.write("fail\n")
    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == "citedx: the disk is full\n"


KEPT = {"findings": [["HP:0001250", "present"]], "unknown": [], "sex": "FEMALE", "age": "P3Y"}


def do(visited: Consultation, **data: object) -> None:
    for _ in app.perform(FakeAssistant(), visited, data, None):
        pass


def test_half_an_emoji_leaves_the_page_whole():
    consultation = Consultation()
    do(consultation, kind="tell", text="Hand wringing \ud83d and seizures.")
    page = "".join(app.draw(FakeAssistant(), consultation))
    assert "wringing" in page
    page.encode()


def test_a_page_that_the_server_does_not_know_brings_its_case():
    consultation = Consultation()
    do(consultation, kind="mark", id="HP:0002650", status="present", consultation="old", kept=KEPT, language="zh-CN")
    assert [f.term_id for f in consultation.session.case.findings] == ["HP:0001250", "HP:0002650"]
    assert consultation.session.case.person.age == "P3Y"
    assert consultation.session.turns[0].note == RESTORED
    assert consultation.language is Language.CHINESE
    assert re.fullmatch("[0-9a-f]{16}", consultation.token)


@pytest.mark.parametrize("data", [{"kind": "tell", "text": "Scoliosis."}, {"kind": "file", "name": "a.txt"}])
@pytest.mark.parametrize("meanwhile", [Consultation.close, Consultation.stop])
def test_what_was_meant_for_a_kept_case_that_is_closed_or_stopped_is_dropped(data, meanwhile):
    consultation = Consultation()
    acts = app.perform(FakeAssistant(), consultation, {**data, "kept": KEPT, "language": "en"}, None)
    next(acts)
    meanwhile(consultation)
    for _ in acts:
        pass
    session = consultation.session
    assert not any(f.term_id == "HP:0002650" for f in session.case.findings)
    assert [t.note for t in session.turns] == ([RESTORED] if meanwhile is Consultation.stop else [])


def test_a_kept_case_is_read_by_a_language_model_with_the_act_that_comes_with_it():
    read = []

    def reader(**_):
        read.append(consultation.session.progress)
        raise UsageError("no model")

    consultation = Consultation()
    data = {"kind": "tell", "text": "Scoliosis.", "kept": KEPT, "language": "en"}
    for _ in app.perform(FakeAssistant(), consultation, data, reader):
        pass
    assert len(read) == 1
    assert [bool(t.story) for t in consultation.session.turns] == [False, True]


def test_a_page_that_the_server_knows_brings_nothing():
    consultation = Consultation()
    do(consultation, kind="open", kept=None, language="en-GB")
    token = consultation.token
    do(consultation, kind="tell", text="Scoliosis.", consultation=token, kept=KEPT)
    assert [f.term_id for f in consultation.session.case.findings] == ["HP:0002650"]
    do(consultation, kind="new", consultation=token, kept=KEPT)
    assert consultation.session.case.findings == ()
    assert consultation.token == token


def test_a_new_case_after_a_restart_is_a_new_case():
    consultation = Consultation()
    do(consultation, kind="new", consultation="old", kept=KEPT)
    assert consultation.session.case.findings == ()


@pytest.mark.parametrize("data", [{}, {"kind": None}, {"kind": "mark"}, {"kind": "tell", "text": None, "kept": "x"}])
def test_what_no_page_sends_is_one_line_and_no_error(data):
    consultation = Consultation()
    do(consultation, **data)
    assert len(consultation.session.turns) == 1
    assert consultation.session.turns[0].note


def test_the_parts_of_the_page_name_the_consultation_and_keep_ids_only():
    consultation = Consultation()
    do(consultation, kind="tell", text="Seizures, a secret.", language="en")
    parts = app.draw(FakeAssistant(), consultation)
    assert f'data-consultation="{consultation.token}"' in parts[3]
    kept = re.search('data-kept="([^"]*)"', parts[3])
    assert "HP:0001250" in kept[1]
    assert "secret" not in kept[1]


def test_the_footer_names_what_made_the_answer_that_is_shown():
    consultation, everyday = Consultation(), FakeAssistant(versions={"hpo": "2025-01-16", "ranker": "everyday"})
    assert "ranker" not in app.draw(FakeAssistant(), consultation)[6]
    for _ in app.perform(everyday, consultation, {"kind": "tell", "text": "Seizures.", "language": "en"}, None):
        pass
    assert "ranker everyday" in app.draw(FakeAssistant(), consultation)[6]
