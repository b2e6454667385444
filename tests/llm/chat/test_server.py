"""A client that trusts nothing: what servers do wrong, and where text and key may go."""

import json
import logging
import threading
import time
from collections.abc import Iterator

import pytest

from llm.chat.address import parse_address
from llm.chat.client import TimeOuts
from llm.chat.dialect import ServerError, UnusableAnswerError
from llm.chat.protocol import Message, Role, Rung
from llm.chat.server import DEFAULT_CONTEXT_SIZE, TEMPLATE_TOKENS, TURN_TOKENS, ServerChatModel, most_tokens
from llm.errors import ModelError
from tests.llm.chat import peer as acts
from tests.llm.chat.peer import Behaviour, Peer, serving

ASK = [Message(role=Role.SYSTEM, text="Be brief."), Message(role=Role.USER, text="Which disease?")]
SCHEMA = {
    "type": "object",
    "properties": {"evidence": {"type": "array", "items": {"enum": ["E1", "E2", "E3"]}, "maxItems": 3}},
    "required": ["evidence"],
    "additionalProperties": False,
}
IN_SCHEMA = '{"evidence":["E1"]}'
KEY = "sk-secret-key-4711"


def connect(peer: Peer, **settings: object) -> ServerChatModel:
    return ServerChatModel(parse_address(peer.address), backoff_s=0.01, **settings)


def scripted(peer: Peer, *script: Behaviour, **settings: object) -> ServerChatModel:
    model = connect(peer, **settings)
    peer.script = list(script)
    return model


@pytest.fixture
def mute() -> Iterator[Peer]:
    """A server without a model: every answer is in its script."""
    with serving(Peer()) as started:
        yield started


def test_the_tiny_model_answers_over_the_wire_as_it_does_here(peer: Peer, tiny_model) -> None:
    model = connect(peer)
    pieces = list(model.reply(ASK, max_tokens=8))
    assert len(pieces) > 1
    assert "".join(pieces) == "".join(tiny_model.reply(ASK, max_tokens=8))
    assert (model.identity, model.context_size) == (f"tiny ({peer.address[7:-3]})", 4096)
    assert peer.answers_asked == [
        {
            "model": "tiny",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Which disease?"}],
            "max_tokens": 8,
            "temperature": 0.0,
            "stream": True,
        }
    ]


def test_a_server_that_keeps_schemas_is_given_them_after_one_probe(peer: Peer) -> None:
    model = connect(peer)
    for question in ("one", "two"):
        answer = json.loads(
            "".join(model.reply([Message(role=Role.USER, text=question)], schema=SCHEMA, max_tokens=64))
        )
        assert list(answer) == ["evidence"]
        assert set(answer["evidence"]) <= {"E1", "E2", "E3"}
    assert model.rung is Rung.JSON_SCHEMA
    probe, *others = [b["response_format"]["json_schema"]["schema"] for b in peer.answers_asked]
    (word,) = probe["properties"]["word"]["enum"]
    assert word not in json.dumps(peer.answers_asked[0]["messages"])
    assert others == [SCHEMA, SCHEMA]


def test_two_servers_are_probed_with_different_words(peer: Peer) -> None:
    for _ in range(2):
        list(connect(peer).reply(ASK, schema=SCHEMA, max_tokens=64))
    probes = [b["response_format"]["json_schema"]["schema"] for b in peer.answers_asked[::2]]
    assert probes[0] != probes[1]


@pytest.mark.parametrize(
    ("keeps", "refuses", "rung"),
    [
        (("json_object",), {}, Rung.JSON_OBJECT),  # ignores a schema with HTTP 200
        ((), {}, Rung.PLAIN),
        (("json_object",), {"json_schema": 400}, Rung.JSON_OBJECT),
        (("json_object",), {"json_schema": 422}, Rung.JSON_OBJECT),
        (("json_object",), {"json_schema": 500}, Rung.JSON_OBJECT),
        ((), {"json_schema": 400, "json_object": 400}, Rung.PLAIN),
    ],
)
def test_a_server_that_keeps_less_is_asked_for_less(
    peer: Peer, keeps: tuple[str, ...], refuses: dict[str, int], rung: Rung
) -> None:
    peer.keeps, peer.refuses = keeps, refuses
    model = connect(peer)
    assert "".join(model.reply(ASK, schema=SCHEMA, max_tokens=64))
    assert model.rung is rung
    sent = peer.answers_asked[-1].get("response_format", {}).get("type")
    assert sent == {Rung.JSON_OBJECT: "json_object", Rung.PLAIN: None}[rung]
    n_asked = len(peer.answers_asked)
    assert "".join(model.reply(ASK, schema=SCHEMA, max_tokens=64))
    assert len(peer.answers_asked) == n_asked + 1  # the probe is remembered


@pytest.mark.parametrize("answer", ['{"word":"banana"}', '"word"', "[]", "{", "", "[" * 100_000])
def test_an_answer_that_only_looks_like_json_is_no_kept_schema(mute: Peer, answer: str) -> None:
    model = scripted(mute, acts.say(answer), acts.say('"text"'), acts.say(IN_SCHEMA))
    assert "".join(model.reply(ASK, schema=SCHEMA)) == IN_SCHEMA
    assert model.rung is Rung.PLAIN


def test_a_schema_that_the_server_refuses_is_asked_for_on_the_next_rung(peer: Peer) -> None:
    model = connect(peer)
    list(model.reply(ASK, schema=SCHEMA, max_tokens=64))
    peer.script = [acts.reply_json({"error": "enum too long"}, status=400), acts.say(IN_SCHEMA)]
    assert "".join(model.reply(ASK, schema=SCHEMA)) == IN_SCHEMA
    assert model.rung is Rung.JSON_OBJECT
    list(model.reply(ASK, schema=SCHEMA, max_tokens=64))
    assert model.rung is Rung.JSON_SCHEMA  # the server has not changed, only that schema was too much


def test_a_sick_servers_probe_is_not_believed(peer: Peer) -> None:
    peer.script = [acts.reply_json({}, status=500)] * 12  # four attempts on each rung
    model = connect(peer)
    with pytest.raises(ServerError, match="500"):
        list(model.reply(ASK, schema=SCHEMA, max_tokens=64))
    assert "".join(model.reply(ASK, schema=SCHEMA, max_tokens=64))
    assert model.rung is Rung.JSON_SCHEMA


def test_a_failed_probe_is_made_again(mute: Peer) -> None:
    model = scripted(mute, acts.reply_json({}, status=403))
    with pytest.raises(ServerError, match="403"):
        list(model.reply(ASK, schema=SCHEMA))
    mute.script = [acts.say("no"), acts.say("no"), acts.say(IN_SCHEMA)]
    assert "".join(model.reply(ASK, schema=SCHEMA)) == IN_SCHEMA


@pytest.mark.parametrize(
    "failure",
    [
        acts.reply_json({"error": {"message": "busy"}}, status=429, headers={"retry-after": "0"}),
        acts.reply_json({}, status=500),
        acts.reply_json({}, status=503, headers={"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}),
        acts.stream(breaks=True),
    ],
)
def test_a_passing_failure_is_retried(mute: Peer, failure: Behaviour) -> None:
    model = scripted(mute, failure, failure, acts.say("yes"))
    assert list(model.reply(ASK)) == ["yes"]
    assert len(mute.answers_asked) == 3


def test_the_server_says_how_long_to_wait(mute: Peer) -> None:
    model = scripted(mute, acts.reply_json({}, status=429, headers={"retry-after": "1"}), acts.say("yes"))
    started = time.monotonic()
    assert list(model.reply(ASK)) == ["yes"]
    assert time.monotonic() - started >= 1.0


@pytest.mark.parametrize(
    ("behaviour", "n_asked", "message"),
    [
        (acts.reply_json({"error": {"message": "overloaded\nnow"}}, status=503), 4, r"HTTP 503 \(overloaded now\)"),
        (acts.reply_json({}, status=401), 1, "CITEDX_API_KEY"),
        (acts.reply_json({"error": "no such model"}, status=404), 1, r"no such model.*has it this model"),
        (acts.reply_json({"detail": [{"input": "Which disease?"}]}, status=422), 1, "HTTP 422: it does not take"),
        (acts.reply_json({"message": "x" * 500}, status=400), 1, r"x{200}\.\.\.\)"),
        (acts.reply_json({}, status=307, headers={"location": "http://192.0.2.1/v1"}), 1, "not followed"),
        (acts.reply_json({"hello": "world"}), 1, "broke off before its end"),
        (acts.reply_json(["hello"]), 1, "cannot be read"),
        (acts.stream(b"data: {not json\n\n"), 1, "cannot be read"),
        (acts.stream(b"data: [1]\n\n"), 1, "cannot be read"),
        (acts.stream(b'data: {"choices":[{"delta":{"content":7}}]}\n\n'), 1, "cannot be read"),
        (acts.stream(b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n'), 1, "cannot be read"),
        (acts.stream(b'data: {"choices":3}\n\n'), 1, "cannot be read"),
        (acts.stream(b"data: " + b"[" * 200_000 + b"\n\n"), 1, "cannot be read"),
        (acts.stream(b"data: " + b"x" * (2 << 20)), 1, "not read on"),
        (acts.stream(b'data: {"error":{"message":"out of memory"}}\n\n'), 1, "failed while it answered: out of memory"),
        (acts.stream(acts.event({"refusal": "I must not"})), 1, "refused to answer"),
        (acts.stream(b"<html>It works!</html>"), 1, "broke off before its end"),
        (acts.say(finish="stop"), 1, "empty answer"),
        (acts.say(" \n", finish="stop"), 1, "empty answer"),
        (acts.say("half", finish="content_filter"), 1, "filter"),
        (acts.say("<think>hm, ", "measles?</think>"), 1, "empty answer"),
    ],
)
def test_an_unusable_answer_is_one_clear_error(mute: Peer, behaviour: Behaviour, n_asked: int, message: str) -> None:
    model = scripted(mute, *[behaviour] * 5)
    with pytest.raises(ModelError, match=message) as raised:
        list(model.reply(ASK))
    assert len(mute.answers_asked) == n_asked
    assert "\n" not in str(raised.value)
    assert "Which disease" not in str(raised.value)


@pytest.mark.parametrize(
    "behaviour",
    [
        acts.stream(acts.event({"content": "The "}), acts.event({"content": "dis"}), breaks=True),
        acts.stream(acts.event({"content": "The "}), acts.event({"content": "dis"})),  # ends without a word
        acts.say("The ", "dis", finish=None, done=False),
    ],
)
def test_an_answer_that_breaks_off_is_an_error_and_never_begun_again(mute: Peer, behaviour: Behaviour) -> None:
    model = scripted(mute, behaviour, acts.say("another answer"))
    pieces = model.reply(ASK)
    assert [next(pieces), next(pieces)] == ["The ", "dis"]
    with pytest.raises(ServerError, match="broke off"):
        next(pieces)
    assert len(mute.answers_asked) == 1


def test_a_cut_answer_is_an_error_in_a_schema_and_none_in_prose(mute: Peer) -> None:
    model = scripted(mute, acts.say("Once upon", finish="length"))
    assert list(model.reply(ASK)) == ["Once upon"]
    mute.script = [acts.say("no"), acts.say("no"), acts.say('{"evi', finish="length")]
    with pytest.raises(UnusableAnswerError, match="not whole"):
        list(model.reply(ASK, schema=SCHEMA))


def test_a_silent_server_is_given_up(mute: Peer) -> None:
    model = scripted(mute, acts.hang, time_outs=TimeOuts(silence_s=0.2))
    with pytest.raises(ServerError, match=r"said nothing for 0\.2 s"):
        list(model.reply(ASK))
    assert len(mute.answers_asked) == 1  # a server that is slow would only get slower


def test_a_server_that_never_ends_is_given_up(mute: Peer) -> None:
    model = scripted(mute, acts.stream(acts.event({"content": "The"}), hangs=True), time_outs=TimeOuts(total_s=0.4))
    with pytest.raises(ServerError, match=r"not done after 0\.4 s"):
        list(model.reply(ASK))


@pytest.mark.parametrize(
    "behaviour", [acts.hang, acts.stream(acts.event({"content": "The"}), hangs=True), acts.reply_json({}, status=503)]
)
def test_cancelling_ends_every_wait(mute: Peer, behaviour: Behaviour) -> None:
    model = ServerChatModel(parse_address(mute.address), backoff_s=20.0)
    mute.script = [behaviour] * 4
    is_cancelled = threading.Event()
    threading.Timer(0.5, is_cancelled.set).start()
    started = time.monotonic()
    assert "".join(model.reply(ASK, is_cancelled=is_cancelled.is_set)) in ("", "The")
    assert time.monotonic() - started < 15
    mute.script = [acts.say("free")]
    assert list(model.reply(ASK)) == ["free"]  # its place was given back


def test_an_abandoned_answer_gives_its_place_back(mute: Peer) -> None:
    model = scripted(mute, acts.stream(acts.event({"content": "The"}), hangs=True), acts.say("free"), max_concurrent=1)
    pieces = model.reply(ASK)
    assert next(pieces) == "The"
    pieces.close()
    assert list(model.reply(ASK)) == ["free"]


def test_no_more_answers_at_once_than_allowed(mute: Peer) -> None:
    model = scripted(mute, *[acts.slowly(acts.say("yes"))] * 6, max_concurrent=2)
    threads = [threading.Thread(target=lambda: list(model.reply(ASK))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (mute.most_at_once, len(mute.answers_asked)) == (2, 6)


def test_whoever_waits_for_a_place_can_cancel(mute: Peer) -> None:
    model = scripted(mute, acts.stream(acts.event({"content": "The"}), hangs=True), max_concurrent=1)
    pieces = model.reply(ASK)
    next(pieces)
    assert list(model.reply(ASK, is_cancelled=lambda: True)) == []
    pieces.close()


def test_dialects_of_a_good_answer(mute: Peer) -> None:
    chunks = acts.event({"content": "a\u2028b"}) + acts.event({"content": "患"})
    whole = {"choices": [{"message": {"role": "assistant", "content": "all"}, "finish_reason": "stop"}]}
    model = scripted(
        mute,
        acts.stream(*(chunks[i : i + 1] for i in range(len(chunks))), acts.event({}, "stop")),  # byte by byte
        acts.stream(b": ping\r\n\r\n" + acts.event({"content": "x"}).replace(b"\n", b"\r\n"), b"data: [DONE]"),
        acts.stream(
            acts.event({"reasoning_content": "hm"}),
            acts.event({"content": None}),
            acts.event({"content": "y"}),
            b'data: {"choices":[],"usage":{}}\n\n',
            b"data: [DONE]\n\n",
        ),
        acts.reply_json(whole),
        acts.say("<thi", "nk>hm</th", "ink>\n\n", "z"),
    )
    assert ["".join(model.reply(ASK)) for _ in range(5)] == ["a\u2028b患", "x", "y", "all", "z"]


def test_the_key_goes_into_one_header_and_nowhere_else(
    mute: Peer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CITEDX_API_KEY", f" {KEY}\n")
    caplog.set_level(logging.DEBUG)
    model = scripted(mute, acts.say("yes"), acts.reply_json({"error": f"wrong key {KEY}"}, status=401), acts.hang)
    assert list(model.reply(ASK)) == ["yes"]
    with pytest.raises(ServerError) as raised:
        list(model.reply(ASK))
    assert all(a.headers["authorization"] == f"Bearer {KEY}" for a in mute.asked)
    assert "wrong key ***" in str(raised.value)
    assert KEY not in repr(model.__dict__) + model.identity + str(raised.value) + caplog.text
    assert "Which disease" not in caplog.text


@pytest.mark.parametrize("key", ["two words", "schlüssel", "a\x7fb"])
def test_a_key_that_no_header_takes_is_refused_unread(mute: Peer, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    model = connect(mute)
    monkeypatch.setenv("CITEDX_API_KEY", key)
    with pytest.raises(ServerError, match="CITEDX_API_KEY holds") as raised:
        list(model.reply(ASK))
    assert key not in str(raised.value)


def test_without_a_key_no_header_is_sent(mute: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CITEDX_API_KEY", raising=False)
    connect(mute)
    assert "authorization" not in mute.asked[0].headers


def test_proxies_of_the_environment_do_not_see_this_machine(mute: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    model = scripted(mute, acts.say("direct"))
    assert list(model.reply(ASK)) == ["direct"]


def test_nobody_at_the_address() -> None:
    with serving(Peer()) as gone:
        address = gone.address
    with pytest.raises(ServerError, match=r"cannot reach 127\.0\.0\.1:\d+ .*is the server running"):
        ServerChatModel(parse_address(address), backoff_s=0.01)


def test_the_models_name(mute: Peer) -> None:
    mute.listed = {"data": [{"id": "a"}, {"id": "b", "max_model_len": 77}]}
    with pytest.raises(ModelError, match=r"several models \(a, b\): name one, http://127\.0\.0\.1:\d+/v1#a"):
        connect(mute)
    named = ServerChatModel.connect(f"{mute.address}#b")
    assert (named.identity.split()[0], named.context_size) == ("b", 77)
    for listed in ({"data": []}, {"data": None}, ["a"], {"data": [3, {"id": 4}]}):
        mute.listed = listed
        with pytest.raises(ModelError, match="does not list its models"):
            connect(mute)
    mute.models_status = 404
    assert ServerChatModel.connect(f"{mute.address}#c").context_size == DEFAULT_CONTEXT_SIZE


@pytest.mark.parametrize(
    ("entry", "asked", "size"),
    [
        ({"max_model_len": 8192}, None, 8192),
        ({"max_model_len": 8192}, 2048, 2048),
        ({"meta": {"n_ctx_train": 131072, "n_ctx": 512}}, None, 512),
        ({"meta": {"n_ctx_train": 131072}}, None, DEFAULT_CONTEXT_SIZE),
        ({"max_model_len": "many"}, None, DEFAULT_CONTEXT_SIZE),
        ({}, 32768, 32768),
    ],
)
def test_the_context_size(mute: Peer, entry: dict[str, object], asked: int | None, size: int) -> None:
    mute.listed = {"data": [{"id": "m"} | entry]}
    assert connect(mute, context_size=asked).context_size == size


def test_a_context_larger_than_the_servers_is_refused(mute: Peer) -> None:
    with pytest.raises(ModelError, match="started for 4096 tokens, not for 8192"):
        connect(mute, context_size=8192)


def test_a_prompt_that_may_not_fit_is_never_sent(mute: Peer) -> None:
    model = connect(mute, context_size=1024)
    with pytest.raises(ModelError, match=r"up to 1\d{3} tokens and the answer may have 10.* reads 1024"):
        list(model.reply([Message(role=Role.USER, text="1" * 1000)], max_tokens=10))
    assert mute.answers_asked == []


def test_tokens_are_counted_by_the_server_that_can(mute: Peer) -> None:
    mute.listed = {"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 1024}]}
    mute.n_tokens = 17
    assert connect(mute).count_tokens(ASK) == 17
    asked = mute.asked[-1]
    assert (asked.path, asked.body["messages"][1]) == ("/tokenize", {"role": "user", "content": "Which disease?"})
    mute.n_tokens = None
    model = connect(mute)
    assert model.count_tokens(ASK) == most_tokens(ASK)
    n_asked = len(mute.asked)
    model.count_tokens(ASK)
    assert len(mute.asked) == n_asked


def test_the_bound_on_tokens() -> None:
    def bound(text: str) -> int:
        return most_tokens([Message(role=Role.USER, text=text)]) - TURN_TOKENS - TEMPLATE_TOKENS

    assert most_tokens([]) == TEMPLATE_TOKENS
    assert bound("") == 0
    assert bound("gait") == 2
    assert bound("broad gait") == 5  # 3 + 2; the space belongs to the word
    assert bound("HP:0001250") == 10
    assert bound("the FBN1 gene") == 2 + 5 + 2
    assert bound("12 years") == 2 + 3
    assert bound("患者") == 6
    assert bound("a\n\nb") == 4


@pytest.mark.parametrize(
    "text",
    ["<|im_start|>system", "<|eot_id|>", "</s>", "[INST]", "[/INST]", "<start_of_turn>user", "<<SYS>>", "<</SYS>>"],
)
def test_a_text_from_outside_begins_no_turn(mute: Peer, text: str) -> None:
    model = scripted(mute, acts.say("yes"))
    list(model.reply([Message(role=Role.USER, text=f"a{text}b <2 years| p<0.05")]))
    (sent,) = [m["content"] for m in mute.answers_asked[0]["messages"]]
    assert text not in sent
    assert sent.replace(" ", "") == f"a{text}b <2 years| p<0.05".replace(" ", "")
    assert sent.endswith("b <2 years| p<0.05")
