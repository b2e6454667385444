"""The chat in the browser: Gradio Blocks in a FastAPI application.

Promise: a case lives in its browser session and nowhere else; an error is one line in the chat and changes nothing.
Does not call out, keep a history or log clinical text. Import lazily: Gradio takes seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any, Protocol

from fastapi import FastAPI

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.conversation.answerer import Answerer
from llm.conversation.reading import Message
from llm.conversation.schema import Answer
from llm.reader import Reader
from llm.schema import Differential
from retrieval.cases import CaseLibrary
from retrieval.demographics import UNKNOWN, Demographics, merge_demographics
from retrieval.findings import merge_findings
from ui import render, serving
from ui.failures import UNEXPECTED as UNEXPECTED
from ui.failures import one_line as _one_line
from ui.monitoring import CountRequests, MeasuredAssistant, Metrics, add_monitoring
from ui.render import Turn
from ui.tools import Tools

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # Gradio reads it once, when it is imported
import gradio as gr

EXAMPLES = {
    "A girl who lost hand use and speech": (
        "A 3-year-old girl who lost purposeful hand use and speech after a normal first year, with repetitive hand "
        "wringing, seizures, deceleration of head growth and breathing irregularities while awake. "
        "No hearing impairment."
    ),
    "A tall man with a dislocated lens": (
        "A 24-year-old man with tall stature, arachnodactyly, ectopia lentis, scoliosis and dilatation of the aortic "
        "root. No intellectual disability."
    ),
}
NO_FINDINGS = "No findings were recognised in this message, so the case is unchanged. Name signs or symptoms."


class Assistant(Protocol):
    """What the page needs of ``llm.assistant.DiagnosisAssistant``."""

    @property
    def versions(self) -> Mapping[str, str]:
        """What makes the answers, e.g. ``{"hpo": "2025-01-16"}``."""

    @property
    def graph(self) -> KnowledgeGraph:
        """What is known."""

    @property
    def library(self) -> CaseLibrary | None:
        """Published cases; None where the assistant does without."""

    def find_findings(self, text: str) -> tuple[Finding, ...]:
        """Findings with offsets into the text; raises ``UsageError`` for text that cannot be used."""

    def find_person(self, text: str) -> Demographics:
        """Age and sex of the patient, where the text says them."""

    def diagnose(
        self,
        findings: Sequence[Finding],
        k: int = 10,
        *,
        person: Demographics = UNKNOWN,
        reader: Reader | None = None,
    ) -> Differential:
        """Ranked differential; abstains with a reason where nothing is usable."""

    def read_message(self, text: str, differential: Differential | None = None) -> Message:
        """What a message tells of the patient, and what it asks."""

    def answer(
        self,
        question: str,
        differential: Differential | None = None,
        *,
        earlier: Sequence[Answer] = (),
        answerer: Answerer | None = None,
    ) -> Answer:
        """The answer to a question about the case or the sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One user's case and conversation."""

    findings: tuple[Finding, ...] = ()
    person: Demographics = UNKNOWN
    differential: Differential | None = None
    answers: tuple[Answer, ...] = ()
    """To questions about this differential."""
    turns: tuple[Turn, ...] = ()

    def plus(self, turn: Turn) -> Session:
        """The same case, one turn further."""
        return replace(self, turns=(*self.turns, turn))


@dataclass(slots=True)
class Consultation:
    """Holds the session of one case; a new case is a new one, which a late answer to the old case cannot reach."""

    session: Session = field(default_factory=Session)
    closed: bool = False
    """The user has begun a new case: what is still being worked out is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One state of the page while a message is answered."""

    session: Session
    text: str | None = None
    """What the text box is to hold; None leaves it alone."""
    busy: bool = False


def respond(
    assistant: Assistant,
    session: Session,
    text: str,
    second_reader: Reader | None = None,
    answerer: Answerer | None = None,
) -> Iterator[Step]:
    """Answer one message: what it tells of the patient, step by step, and then what it asks.

    Errors end in a step with the case as it was and the text back in its box.

    Args:
        assistant: answers.
        session: the case so far.
        text: the message.
        second_reader: reads the case again, with a language model, while the first answer is on the page; where it
            fails, that stays.
        answerer: answers questions again, with a language model, while the first answer is on the page.
    """
    turn = Turn(story=text)
    yield Step(session=session.plus(turn), busy=True)
    try:
        message = assistant.read_message(text, session.differential)
        found = assistant.find_findings(message.told) if message.told or not message.asked else ()
        person = assistant.find_person(message.told)
    except Exception as error:
        yield Step(session=session.plus(Turn(story=text, note=_one_line(error))), text=text)
        return
    if not found and not message.asked:
        yield Step(session=session.plus(replace(turn, note=NO_FINDINGS)))
        return
    last = Step(session=session.plus(turn))
    if found:
        turn = replace(turn, findings=found)
        findings = merge_findings(session.findings, found)
        case = replace(session, findings=findings, person=merge_demographics(session.person, person))
        for last in _diagnose(assistant, session, case, turn, second_reader):
            yield replace(last, busy=True) if message.asked and last.text is None else last
        if last.session.differential is None or last.text:
            return
    if message.asked:
        yield from _answer(assistant, last.session, message.asked, answerer)


def _diagnose(
    assistant: Assistant, before: Session, case: Session, turn: Turn, second_reader: Reader | None
) -> Iterator[Step]:
    """The findings, then the differential of the whole case."""
    told = replace(case, differential=None, answers=())
    # The old differential does not speak of the new findings: it goes before the new one comes.
    yield Step(session=told.plus(turn), text="", busy=True)
    try:
        differential = assistant.diagnose(case.findings, person=case.person)
    except Exception as error:
        yield Step(session=before.plus(Turn(story=turn.story, note=_one_line(error))), text=turn.story)
        return

    def answered(differential: Differential, note: str | None = None) -> Session:
        return replace(told, differential=differential).plus(replace(turn, differential=differential, note=note))

    if second_reader is None or not differential.diagnoses:
        yield Step(session=answered(differential))
        return
    yield Step(session=answered(differential), busy=True)
    try:
        second = assistant.diagnose(case.findings, person=case.person, reader=second_reader)
    except Exception as error:
        yield Step(session=answered(differential, _one_line(error)))
        return
    yield Step(session=answered(second))


def _answer(
    assistant: Assistant, session: Session, questions: Sequence[str], answerer: Answerer | None
) -> Iterator[Step]:
    """The answers to a message's questions, by the functions at once, and then by a language model."""
    *turns, turn = session.turns
    earlier = session.answers

    def answered(answers: Sequence[Answer], note: str | None = None) -> Session:
        now = replace(turn, answers=tuple(answers), note=note or turn.note)
        return replace(session, answers=(*earlier, *answers), turns=(*turns, now))

    answers: list[Answer] = []
    try:
        for question in questions:
            known = (*earlier, *answers)
            answers.append(assistant.answer(question, session.differential, earlier=known))
            yield Step(session=answered(answers), text="", busy=True)
            if answerer is not None:
                answers[-1] = assistant.answer(question, session.differential, earlier=known, answerer=answerer)
                yield Step(session=answered(answers), busy=True)
    except Exception as error:
        yield Step(session=answered(answers, _one_line(error)), text=None if answers or turn.findings else turn.story)
        return
    yield Step(session=answered(answers))


def _endpoint(function: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A function for programs, with its errors as Gradio shows them: one line."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            raise gr.Error(_one_line(error), print_exception=False) from None

    return call


class _Page(gr.Blocks):  # type: ignore[misc]
    """Blocks that do not print what a malformed request held."""

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Refuse a request with too few values in one line; Gradio's own error quotes them, in the log too."""
        try:
            super().validate_inputs(block_fn, inputs)
        except ValueError:
            n_wanted = len(block_fn.inputs)
            message = f"{block_fn.api_name} takes {n_wanted} values, got {len(inputs)}: see /gradio_api/info"
            raise gr.Error(message, print_exception=False) from None


def build_app(assistant: Assistant, second_reader: Reader | None = None, answerer: Answerer | None = None) -> gr.Blocks:
    """Lay out the page and wire its events.

    The queue hands the assistant one message at a time, since its models are shared by all sessions.
    """

    def send(text: str, consultation: Consultation) -> Iterator[tuple[Any, ...]]:
        # An empty text: Send was clicked twice.
        steps = respond(assistant, consultation.session, text, second_reader, answerer) if text else iter(())
        for step in steps:
            consultation.session = step.session
            if consultation.closed:
                break
            yield (*show(step.session, step.busy), gr.skip() if step.text is None else step.text)
        yield (gr.skip(), gr.skip(), gr.skip())  # when a generator ends, Gradio shows its last output again

    def start_over(consultation: Consultation) -> tuple[Consultation, str, str, str]:
        consultation.closed = True
        return (Consultation(), *show(Session()), "")

    def show(session: Session, busy: bool = False) -> tuple[str, str]:
        log = render.chat_log(session.turns, session.differential)
        return log, render.case_panel(session.findings, session.differential, busy, session.person)

    with _Page(title="citedx", analytics_enabled=False, fill_width=True) as page:
        consultation = gr.State(Consultation())
        with gr.Row(elem_id="head"):
            _html(render.HEADER)
            restart = gr.Button("New case", size="sm", elem_id="restart")
        with gr.Row(elem_id="body"):
            with gr.Column(elem_id="chat"):
                log = _html(render.WELCOME, elem_id="log")
                with gr.Row(elem_id="examples"):
                    examples = {gr.Button(title, size="sm"): story for title, story in EXAMPLES.items()}
                with gr.Row(elem_id="compose"):
                    box = gr.Textbox(
                        label="Patient’s story",
                        placeholder="What is seen, and what is absent …",
                        show_label=False,
                        max_lines=8,
                        elem_id="box",
                    )
                    submit = gr.Button("Send", variant="primary", elem_id="send")
            panel = _html(render.case_panel((), None), elem_id="case")
        _html(render.footer(assistant.versions), elem_id="foot")

        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        for button, story in examples.items():
            button.click(lambda story=story: story, None, box, queue=False, **private)
        view = [log, panel, box]
        limit: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "assistant"}
        # "always_last": what is sent while an old case is still worked on goes out as soon as that is done.
        # Gradio's own way to cancel would lose it, and could still store the old answer's state afterwards.
        sending: dict[str, Any] = {"trigger_mode": "always_last", **limit, **private}
        gr.on([box.submit, submit.click], send, [box, consultation], view, **sending)
        restart.click(start_over, consultation, [consultation, *view], queue=False, **private)
        for function in Tools(lambda: assistant).functions:
            gr.api(_endpoint(function), api_name=function.__name__, **limit)
    page.queue(max_size=16)
    return page


def create_server(
    assistant: Assistant,
    auth: tuple[str, str] | None = None,
    second_reader: Reader | None = None,
    answerer: Answerer | None = None,
    root_path: str = "",
) -> FastAPI:
    """The page and its API as an ASGI application, with security headers and no documentation pages.

    Args:
        assistant: answers.
        auth: name and password that page, API and metrics ask for.
        second_reader: reads each case again, with a language model.
        answerer: answers questions again, with a language model.
        root_path: where a proxy shows the application, such as ``/citedx``; empty: at the root.
    """
    undocumented: dict[str, Any] = {"openapi_url": None}  # FastAPI's pages would load scripts from elsewhere
    metrics = Metrics()
    page = build_app(MeasuredAssistant(assistant, metrics), second_reader, answerer)
    metrics.queue.set_function(lambda: len(page._queue))
    server = FastAPI(title="citedx", **undocumented)
    server.add_middleware(serving.LimitBody)
    server.add_middleware(CountRequests, metrics=metrics)
    server.add_middleware(serving.SecurityHeaders)
    add_monitoring(server, metrics, assistant.versions, auth)
    mounted: FastAPI = gr.mount_gradio_app(
        server,
        page,
        path="/",
        auth=auth,
        root_path=root_path or None,
        theme=gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=FONT, font_mono=MONO),
        head=f"<style>{_asset('page.css')}</style>",
        js=_asset("page.js"),
        footer_links=[],
        run_history=False,  # Gradio would keep stories in the browser's storage
        enable_monitoring=False,
        max_file_size="1b",  # nothing is uploaded here
        ssr_mode=False,
        app_kwargs=undocumented,
    )
    return mounted


def _html(value: str, elem_id: str | None = None) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, js_on_load=None, apply_default_css=False, padding=False)


FONT = ["system-ui", "sans-serif"]
MONO = ["ui-monospace", "monospace"]


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
