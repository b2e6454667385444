"""How an act is answered: the differential part by part, then the questions of the message, then a language model.

Promise: work that the user no longer wants (``ui.session``) ends at once; an error is one line and changes nothing.
What the acts are is in ``ui.consultation``. Nothing is logged of what the user says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kg.errors import CitedxError
from llm.conversation.schema import Answer
from llm.schema import Differential
from ui.protocols import AnswererFactory, Assistant, ReaderFactory
from ui.session import UNEXPECTED, Consultation, Progress, Session, Work
from ui.unexpected import log_unexpected

_STAGES = (Progress.WEIGHING, Progress.ASKING, Progress.IDLE)
"""What follows each part of an answer that grows."""


def answer_case(
    assistant: Assistant, consultation: Consultation, work: Work, second_reader: ReaderFactory | None
) -> Iterator[None]:
    """Weigh the case as it stands, until it is answered or the user does something else."""
    case = consultation.session.case

    def show(differential: Differential | None, progress: Progress) -> bool:
        def put(session: Session) -> Session:
            return replace(session, differential=differential, progress=progress)

        return consultation.amend(work, put, if_wanted=True, differential=differential)

    differential: Differential | None = None
    try:
        setting = consultation.session.setting
        if not assistant.is_ready(setting):
            if not consultation.amend(work, _loading, if_wanted=True):
                return
            yield
        if not case.findings and not assistant.has_telling_words(case.story, setting):
            if show(None, Progress.IDLE):
                yield
            return
        parts = assistant.weigh(
            case.findings, person=case.person, unknown=case.unknown, setting=setting, story=case.story
        )
        for differential, progress in zip(parts, _STAGES, strict=False):
            if not show(differential, progress):
                return
            yield
    except Exception as error:
        if consultation.is_wanted(work):
            refuse(consultation, work, error)
            yield
        return
    if differential is None or second_reader is None or not differential.diagnoses:
        if show(differential, Progress.IDLE):
            yield
        return
    if not show(differential, Progress.MODEL):
        return
    yield
    try:
        reader = second_reader(is_cancelled=lambda: not consultation.is_wanted(work))
        differential = assistant.read_again(differential, reader)
    except Exception as error:
        if consultation.is_wanted(work):
            end(consultation, work, one_line(error))
            yield
        return
    if show(differential, Progress.IDLE):
        yield


def answer_questions(
    assistant: Assistant,
    consultation: Consultation,
    work: Work,
    questions: Sequence[str],
    answerer: AnswererFactory | None,
) -> Iterator[None]:
    """The answers to a message's questions, by the functions at once, and then by a language model."""
    answers: list[Answer] = []
    session = consultation.session
    differential, earlier = session.differential, session.answers

    def show(progress: Progress = Progress.ANSWERING) -> bool:
        def put(session: Session) -> Session:
            return replace(session, progress=progress)

        return consultation.amend(work, put, if_wanted=True, answers=tuple(answers))

    try:
        for question in questions:
            if not show():
                return
            yield
            known = (*earlier, *answers)
            answers.append(assistant.answer(question, differential, earlier=known))
            if answerer is not None:
                if not show(Progress.MODEL):
                    return
                yield
                by_model = answerer(is_cancelled=lambda: not consultation.is_wanted(work))
                answers[-1] = assistant.answer(question, differential, earlier=known, answerer=by_model)
    except Exception as error:
        if consultation.is_wanted(work):
            is_refused = not answers and not consultation.session.turns[work.turn].findings
            consultation.amend(work, answers=tuple(answers), is_refused=is_refused)
            end(consultation, work, one_line(error))
            yield
        return
    if show(Progress.IDLE):
        yield


def _loading(session: Session) -> Session:
    return replace(session, progress=Progress.LOADING)


def end(consultation: Consultation, work: Work, note: str) -> None:
    """Say why there is no answer; what the user has begun meanwhile goes on."""

    def idle(session: Session) -> Session:
        return replace(session, progress=Progress.IDLE) if consultation.is_wanted(work) else session

    consultation.amend(work, idle, note=note)


def refuse(consultation: Consultation, work: Work, error: Exception) -> None:
    """Say why, and leave the case as it was; where the user has changed it since, as it is."""
    if work.is_overtaken:
        end(consultation, work, one_line(error))
        return

    def back(session: Session) -> Session:
        if not consultation.is_wanted(work):
            return session
        before = work.before
        return replace(
            session,
            case=before.case,
            past=before.past,
            differential=before.differential,
            progress=Progress.IDLE,
        )

    note = one_line(error)
    consultation.amend(work, back, note=note, findings=(), family=(), differential=None, is_refused=True)


def one_line(error: Exception) -> str:
    """What the user reads. An unexpected error's own words may quote the story, so only its path is logged."""
    if isinstance(error, CitedxError):
        return str(error)
    log_unexpected(error)
    return UNEXPECTED
