"""The web API as programs use it, over real HTTP: Gradio's own client, bare requests, a proxy, a password."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.graph import KnowledgeGraph
from llm.assistant import DiagnosisAssistant
from tests.toy import ALPHA, BRITTLE, LARGE, STRIPED, VERY_LARGE
from tests.ui.browsing import served
from tests.ui.fakes import FakeAssistant
from tests.ui.toy_assistant import build_toy_assistant
from ui.app import create_server
from ui.monitoring import MeasuredAssistant, Metrics
from ui.serving import MAX_REQUEST_BYTES, SECURITY_HEADERS
from ui.shared_assistant import SharedAssistant
from ui.tools import Tools

STORY = "A very large zorb and a striped zorb. No brittle flim."
AUTH = ("doctor", "secret")


@pytest.fixture(scope="module")
def assistant(toy_graph: KnowledgeGraph) -> DiagnosisAssistant:
    return build_toy_assistant(toy_graph)


@pytest.fixture(scope="module")
def address(assistant: DiagnosisAssistant) -> Iterator[str]:
    with served(create_server(assistant)) as address:
        yield address


@pytest.fixture(scope="module")
def locked_address(assistant: DiagnosisAssistant) -> Iterator[str]:
    with served(create_server(assistant, auth=AUTH)) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("diagnose", {"story": STORY, "sex": "female", "age": "3"}),
        ("diagnose", {"hpo": f"{VERY_LARGE},-{BRITTLE}", "k": 1}),
        ("find_findings", {"story": STORY}),
        ("explain", {"disease": "Alpha syndrome, type II", "hpo": f"{LARGE},{BRITTLE}"}),
        ("similar_cases", {"hpo": f"{VERY_LARGE},{STRIPED}", "k": 2}),
        ("graph_neighbours", {"node": ALPHA, "limit": 3}),
        ("treatments", {"disease": "gout", "story": STORY, "also": "ibuprofen"}),
        ("risk", {"hpo": LARGE, "values": "urea=9.2", "scores": "curb-65", "k": 2}),
    ],
)
def test_gradio_s_client_gets_what_the_functions_say(client: Client, assistant: DiagnosisAssistant, name, arguments):
    answer = client.predict(**arguments, api_name=f"/{name}")
    expected = getattr(Tools(lambda: SharedAssistant(assistant)), name)(**arguments)
    assert answer == json.loads(json.dumps(expected))


def test_gradio_s_client_gets_errors_of_one_line(client: Client):
    with pytest.raises(AppError, match="sex is FEMALE or MALE, got 'no'"):
        client.predict(hpo=LARGE, sex="no", api_name="/diagnose")
    with pytest.raises(AppError, match="k is a whole number from 1 to 20, got 100"):
        client.predict(hpo=LARGE, k=100, api_name="/diagnose")


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("explain", [5, None], "disease is text, got 5"),
        ("explain", [ALPHA, None], "hpo is text, got null"),
        ("graph_neighbours", [ALPHA, "x"], "limit is a whole number from 1 to 200, got text"),
        ("diagnose", ["", LARGE, "", "", 2.5, ""], "k is a whole number from 1 to 20, got 2.5"),
        ("diagnose", ["", LARGE, "", "", "3", ""], "k is a whole number from 1 to 20, got text"),
        ("diagnose", ["", LARGE, "", "", True, ""], "k is a whole number from 1 to 20, got true or false"),
        ("diagnose", ["", [LARGE], "", "", 5, ""], "hpo is text, got a list"),
    ],
)
def test_a_value_of_another_type_is_named(address: str, name, values, says):
    call = f"{address}/gradio_api/call/{name}"
    event = httpx.post(call, json={"data": values}).json()["event_id"]
    assert json.dumps(says) in httpx.get(f"{call}/{event}").text


class FailingAssistant(FakeAssistant):
    def weigh(self, *_, **__):
        yield from super().weigh([])
        raise RuntimeError


def test_what_was_left_or_failed_is_counted_too():
    metrics = Metrics()

    def count(outcome: str) -> float | None:
        return metrics.registry.get_sample_value("citedx_answers_total", {"outcome": outcome})

    assert (count("stopped"), count("failed")) == (0, 0)
    parts = MeasuredAssistant(FakeAssistant(), metrics).weigh([])
    next(parts)
    parts.close()  # as when the page is closed
    assert (count("stopped"), count("failed")) == (1, 0)
    with pytest.raises(RuntimeError):
        list(MeasuredAssistant(FailingAssistant(), metrics).weigh([]))
    assert (count("stopped"), count("failed"), count("answered")) == (1, 1, 0)
    assert metrics.registry.get_sample_value("citedx_answer_seconds_count") == 2


def test_health_and_metrics_tell_numbers_and_nothing_of_a_patient(client: Client, address: str):
    def value(name: str, **labels: str) -> float:
        text = httpx.get(f"{address}/metrics").text
        samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())

    before = value("citedx_answers_total", outcome="answered"), value("citedx_answers_total", outcome="abstained")
    client.predict(story=STORY, api_name="/diagnose")
    client.predict(hpo=f"-{BRITTLE}", api_name="/diagnose")
    after = value("citedx_answers_total", outcome="answered"), value("citedx_answers_total", outcome="abstained")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
    assert value("citedx_answer_seconds_count") == value("citedx_answers_total")
    assert value("citedx_queue_length") == 0
    assert value("process_resident_memory_bytes") > 10e6
    httpx.request("PROPFIND", f"{address}/zorb?story=zorb")
    assert value("citedx_http_requests_total", method="other") >= 1
    text = httpx.get(f"{address}/metrics").text + httpx.get(f"{address}/health").text
    assert not any(word in text for word in ("zorb", "flim", "HP:9", "OMIM"))
    health = httpx.get(f"{address}/health").json()
    assert health["status"] == "ready"
    assert health["versions"]["hpo"] == "2030-01-01"


def test_a_request_that_is_too_large_is_refused_in_one_line(address: str):
    def chunks() -> Iterator[bytes]:
        for _ in range(MAX_REQUEST_BYTES // 1_000_000 + 2):
            yield b"x" * 1_000_000

    for content in (b"x" * (MAX_REQUEST_BYTES + 1), chunks()):
        answer = httpx.post(f"{address}/gradio_api/call/diagnose", content=content, timeout=60)
        assert (answer.status_code, answer.text) == (413, "the request is larger than 8 MB\n")
        assert answer.headers["X-Content-Type-Options"] == SECURITY_HEADERS["X-Content-Type-Options"]
    assert httpx.get(f"{address}/health").status_code == 200


def test_a_password_closes_everything_but_health(locked_address: str):
    for path in ("/config", "/gradio_api/info", "/metrics"):
        assert httpx.get(f"{locked_address}{path}").status_code == 401
    call = {"data": [STORY, "", "", "", 5]}
    assert httpx.post(f"{locked_address}/gradio_api/call/diagnose", json=call).status_code == 401
    assert httpx.get(f"{locked_address}/health").json()["status"] == "ready"
    assert httpx.get(f"{locked_address}/metrics", auth=("doctor", "wrong")).status_code == 401
    assert "citedx_answers_total" in httpx.get(f"{locked_address}/metrics", auth=AUTH).text
    answer = Client(locked_address, auth=AUTH, verbose=False).predict(hpo=VERY_LARGE, api_name="/diagnose")
    assert answer["diagnoses"][0]["id"] == ALPHA


def proxy(target: str, prefix: str) -> Starlette:
    """As a hospital's proxy does: strips the prefix and hands the rest on."""

    async def forward(request: Request) -> Response:
        async with httpx.AsyncClient() as client:
            answer = await client.request(
                request.method,
                target + request.url.path.removeprefix(prefix),
                params=request.query_params,
                headers={k: v for k, v in request.headers.items() if k not in ("host", "accept-encoding")},
                content=await request.body(),
                timeout=60,
            )
        kept = {k: v for k, v in answer.headers.items() if k in ("content-type", "set-cookie", "location")}
        return Response(answer.content, answer.status_code, kept)

    return Starlette(routes=[Route(f"{prefix}{{path:path}}", forward, methods=["GET", "POST"])])


def test_behind_a_proxy_every_address_has_its_prefix(assistant: DiagnosisAssistant):
    with (
        served(create_server(assistant, root_path="/hospital/citedx")) as inner,
        served(proxy(inner, "/hospital/citedx")) as outer,
    ):
        config = httpx.get(f"{outer}/hospital/citedx/config").json()
        assert config["root"].endswith("/hospital/citedx")
        assert httpx.get(f"{outer}/hospital/citedx/health").json()["status"] == "ready"
        client = Client(f"{outer}/hospital/citedx/", verbose=False)
        assert client.predict(hpo=VERY_LARGE, api_name="/diagnose")["diagnoses"][0]["id"] == ALPHA
