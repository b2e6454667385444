"""The consultation in the browser: Gradio Blocks in a FastAPI application.

Promise: a case lives in its browser session and nowhere else; whatever is clicked comes as one kind of event, which
``ui.consultation`` answers. Does not call out, keep a history or log clinical text. Import lazily: Gradio takes
seconds.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from kg.common_schema import Setting
from ui import consultation as acts
from ui import serving
from ui.answering import one_line
from ui.login_limit import LOGIN_NOTE, LimitGuesses, LogOutHere
from ui.monitoring import CountRequests, MeasuredAssistant, Metrics, add_monitoring
from ui.page import frame
from ui.page.care import care_view
from ui.page.conversation import chat_log
from ui.page.differential import differential_section
from ui.page.evidence import evidence_view, views_section
from ui.page.findings import findings_panel
from ui.page.pictures import picture_views
from ui.page.saving import download_part
from ui.page.urgent import urgent_section
from ui.page.words import Words, language_of
from ui.protocols import AnswererFactory, Assistant, ReaderFactory
from ui.session import Consultation
from ui.shared_assistant import SharedAssistant
from ui.tools import Tools

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # Gradio reads these when it is imported and when a page is made
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"  # of the times of events, which nobody looks at here
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**12)  # nor at the table that each event made of them
import gradio as gr

from ui.retention import limit_retention

MAX_WAITING = 256
"""Acts of all users that wait for their turn; a page sends few, and each is answered within seconds."""
MAX_AT_ONCE = 32
"""Acts that are answered at the same time; the models themselves take turns (``ui.shared_assistant``)."""

CLOSED = re.compile(
    r"/gradio_api/(?!(?:app_id|call|cancel|component_server|heartbeat|info|login_check|queue|reset|"
    r"startup-events|token|user)(?:/|$))"
)
"""What neither the page nor a program needs of Gradio, which would hand on files of other servers in this one's name
(``file=``, ``proxy=``) and keep what a page shows on the disk (``deep_link``)."""

_NOT_RANKED_AGAIN = ("open", "care", "save", "language")
"""Acts after which the case's answer stays as it is."""


@contextmanager
def _errors_of_one_line() -> Iterator[None]:
    """What goes wrong here, as Gradio shows it; it would print anything else, with its words."""
    try:
        yield
    except Exception as error:
        raise gr.Error(one_line(error), print_exception=False) from None


class _Page(gr.Blocks):  # type: ignore[misc]
    """Blocks that do not print what a malformed request held, and do no work for what is not sent."""

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Refuse a request with too few values in one line; Gradio's own error quotes them, in the log too."""
        try:
            super().validate_inputs(block_fn, inputs)
        except ValueError:
            n_wanted = len(block_fn.inputs)
            message = f"{block_fn.api_name} takes {n_wanted} values, got {len(inputs)}: see /gradio_api/info"
            raise gr.Error(message, print_exception=False) from None

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], state: Any, *_: Any) -> list[Any]:
        """Values as they came; Gradio would fetch or copy whatever address or file an object among them names."""
        self.validate_inputs(block_fn, inputs)
        values = zip(block_fn.inputs, inputs, strict=True)
        return [state[block._id] if block.stateful else value for block, value in values]

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """Gradio would make a component anew for each part that is skipped, a tenth of a busy server's time."""
        skipped = gr.skip()
        if not isinstance(predictions, tuple) or len(predictions) != len(block_fn.outputs):
            return await super().postprocess_data(block_fn, predictions, state)  # type: ignore[no-any-return]
        sent = [i for i, part in enumerate(predictions) if part != skipped]
        of_sent = copy(block_fn)
        of_sent.outputs = [block_fn.outputs[i] for i in sent]
        given = [predictions[i] for i in sent]
        shown = await super().postprocess_data(of_sent, given[0] if len(given) == 1 else given, state) if sent else []
        by_place = dict(zip(sent, shown, strict=True))
        return [by_place.get(i, skipped) for i in range(len(predictions))]


def perform(
    assistant: Assistant,
    consultation: Consultation,
    data: Mapping[str, Any],
    second_reader: ReaderFactory | None = None,
    answerer: AnswererFactory | None = None,
) -> Iterator[None]:
    """Do what the page asks, and yield whenever there is more to show.

    A page that this server does not know, after a restart or a reload, brings the ids of its case with it: the case is
    taken up first. Where the user stops or closes it meanwhile, the act is dropped: it was meant for that case.
    """
    if data.get("consultation") != consultation.token or not consultation.token:
        consultation.token = secrets.token_hex(8)
        consultation.language = language_of(str(data.get("language")))
        if data.get("setting") in list(Setting):
            consultation.session = replace(consultation.session, setting=Setting(data["setting"]))
        if isinstance(data.get("kept"), dict) and data.get("kind") != "new":
            before = consultation.n_cases, consultation.stopped_at
            reader = second_reader if data.get("kind") in _NOT_RANKED_AGAIN else None
            yield from acts.restore(assistant, consultation, data["kept"], reader)
            if (consultation.n_cases, consultation.stopped_at) != before:
                return
    match data.get("kind"):
        case "open" if data.get("link"):
            yield from acts.open_link(assistant, consultation, str(data["link"]), second_reader)
        case "open":
            yield
        case "file":
            yield from acts.open_file(assistant, consultation, data, second_reader, answerer)
        case "save":
            yield from acts.export(assistant, consultation, str(data.get("value")))
        case "language":
            consultation.language = language_of(str(data.get("value")))
            yield
        case "setting":
            yield from acts.see_in(assistant, consultation, str(data.get("value")), second_reader)
        case "care":
            yield from acts.look_up_care(assistant, consultation, str(data.get("id")))
        case "tell":
            text = str(data.get("text")).encode(errors="replace").decode()  # half an emoji could not be sent back
            yield from acts.respond(assistant, consultation, text, second_reader, answerer)
        case "stop":
            consultation.stop()
            yield
        case "new":
            consultation.close()
            yield
        case _:
            yield from acts.change(assistant, consultation, data, second_reader)


def draw(assistant: Assistant, consultation: Consultation, *, has_password: bool = False) -> tuple[str, ...]:
    """All parts of the page, in the order of the layout."""
    session, words = consultation.session, Words(language=consultation.language, label_of=assistant.label)
    pictures = picture_views(session.differential, assistant.ontology, words)
    care = [care_view(session.care, words)] if session.differential else []
    views = [evidence_view(session.differential, words), *pictures, *care]
    setting = session.setting or assistant.setting
    answer = (
        urgent_section(session.differential, words)
        + differential_section(session, setting, words, assistant.genetics)
        + views_section(views)
    )
    return (
        frame.header(words, has_password=has_password),
        chat_log(session, words),
        frame.compose(words),
        findings_panel(session, words, consultation.token),
        frame.search(words),
        answer,
        frame.footer(session.differential.versions if session.differential else assistant.versions, words),
        download_part(consultation.download),
    )


_CHANGING = (1, 3, 5, 6, 7)
"""Places of the conversation, findings, answer, versions and a file; the other parts change with the language only."""


def build_app(
    assistant: Assistant,
    second_reader: ReaderFactory | None = None,
    answerer: AnswererFactory | None = None,
    *,
    has_password: bool = False,
) -> gr.Blocks:
    """Lay out the page and wire its one event."""
    shared = SharedAssistant(assistant)

    def answer(consultation: Consultation, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        language, drawn = consultation.language, at_rest
        with _errors_of_one_line():
            for n, _ in enumerate(perform(shared, consultation, event._data or {}, second_reader, answerer)):
                parts = draw(shared, consultation, has_password=has_password)
                if consultation.language is not language:
                    yield parts
                else:
                    # What has not changed is not sent: the box and the search would lose what is being typed.
                    sent = _CHANGING if n == 0 else [i for i in _CHANGING if parts[i] != drawn[i]]
                    yield tuple(part if i in sent else gr.skip() for i, part in enumerate(parts))
                language, drawn = consultation.language, parts
        yield (gr.skip(),) * len(at_rest)  # when a generator ends, Gradio shows its last output again

    def find_terms(asked: Mapping[str, str]) -> list[dict[str, str]]:
        """Findings whose wording begins as the query does, for the search."""
        words = Words(language=language_of(str(asked.get("language"))), label_of=shared.label)
        hits = []
        for hit in shared.search_terms(str(asked.get("query")), words.language):
            label = words.label(hit.term_id, shared.ontology.name(hit.term_id))
            hits.append({"id": hit.term_id, "label": label, "wording": "" if hit.wording == label else hit.wording})
        return hits

    at_rest = draw(shared, Consultation(), has_password=has_password)
    shared.search_terms("a")  # what it looks through is made when it is first asked, which is better now
    head, log, compose, findings, search, differential, foot, file = at_rest
    with _Page(title="citedx", analytics_enabled=False, fill_width=True) as page:
        consultation = gr.State(Consultation())
        parts = [_html(head, elem_id="head")]
        with gr.Row(elem_id="body"):
            with gr.Column(elem_id="chat"):
                parts.append(_html(log, elem_id="log"))
                parts.append(box := _html(compose, elem_id="compose", js_on_load=_asset("page/page.js")))
            with gr.Column(elem_id="case"):
                parts.append(_html(findings, elem_id="findings"))
                looks: dict[str, Any] = {"server_functions": [find_terms], "js_on_load": _asset("page/search.js")}
                parts.append(_html(search, elem_id="search", **looks))
                parts.append(_html(differential, elem_id="answer", js_on_load=_asset("figures/figures.js")))
        parts.append(_html(foot, elem_id="foot"))
        parts.append(_html(file, elem_id="download", js_on_load=_asset("page/files.js")))
        box.click(
            answer,
            consultation,
            parts,
            api_visibility="private",
            show_progress="hidden",
            trigger_mode="multiple",  # no act is lost; a later one ends the work on an earlier one
            concurrency_limit=MAX_AT_ONCE,
        )
        for function in Tools(lambda: shared).functions:
            name = function.__name__
            gr.api(_errors_of_one_line()(function), api_name=name, concurrency_limit=1, concurrency_id="programs")
    page.queue(max_size=MAX_WAITING)
    return page


def create_server(
    assistant: Assistant,
    auth: tuple[str, str] | None = None,
    second_reader: ReaderFactory | None = None,
    answerer: AnswererFactory | None = None,
    root_path: str = "",
    hosts: Collection[str] = (),
) -> FastAPI:
    """The page and its API as an ASGI application, with security headers and no documentation pages.

    Args:
        assistant: answers.
        auth: name and password that page, API and metrics ask for.
        second_reader: reads each case again, with a language model.
        answerer: answers questions again, with a language model.
        root_path: where a proxy shows the application, such as ``/citedx``; empty: at the root.
        hosts: the names that it answers to; empty: any.
    """
    undocumented: dict[str, Any] = {"openapi_url": None}  # FastAPI's pages would load scripts from elsewhere
    metrics = Metrics()
    measured = MeasuredAssistant(assistant, metrics)
    page = build_app(measured, second_reader, answerer, has_password=auth is not None)
    metrics.queue.set_function(lambda: len(page._queue))
    server = FastAPI(title="citedx", **undocumented)
    server.add_middleware(serving.LimitBody)
    server.add_middleware(serving.Gate, hosts=hosts, closed=CLOSED)
    server.add_middleware(LogOutHere)
    server.add_middleware(LimitGuesses)
    server.add_middleware(serving.PlainErrors)
    server.add_middleware(CountRequests, metrics=metrics)
    server.add_middleware(serving.SecurityHeaders)
    add_monitoring(server, metrics, assistant.versions, auth)
    mounted: FastAPI = gr.mount_gradio_app(
        server,
        page,
        path="/",
        auth=auth,
        auth_message=LOGIN_NOTE,  # Gradio's page says nothing about an answer 429
        root_path=root_path or None,
        theme=gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=FONT, font_mono=MONO),
        head=f"<style>{_asset('page/page.css')}{_asset('figures/figures.css')}</style>",
        footer_links=[],
        run_history=False,  # Gradio would keep stories in the browser's storage
        enable_monitoring=False,
        max_file_size="1b",  # files come with an act (``serving.Gate``)
        ssr_mode=False,
        app_kwargs=undocumented,
    )
    limit_retention(mounted.routes[-1].app)  # type: ignore[attr-defined] # what was mounted last
    return mounted


def _html(value: str, *, elem_id: str, js_on_load: str | None = None, **more: Any) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, js_on_load=js_on_load, apply_default_css=False, padding=False, **more)


FONT = ["system-ui", "sans-serif"]
MONO = ["ui-monospace", "monospace"]


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
