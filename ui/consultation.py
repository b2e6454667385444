"""What a user says and changes, and what becomes of it; how it is answered is in ``ui.answering``.

Promise: an error is one line and changes nothing; an act that is refused ends no work on an earlier one.
Works without Gradio; how things look is the business of ``ui.page``. Nothing is logged of what the user says.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kg.common_schema import Setting
from kg.errors import CitedxError, UsageError
from retrieval.demographics import merge_demographics
from retrieval.findings import patient_findings
from retrieval.uploads import plain_name, read_upload, refuse_large
from ui.answering import answer_case, answer_questions, end, one_line, refuse
from ui.care import read_case, review_risk, review_treatments
from ui.case import (
    MAX_FINDINGS,
    Case,
    apply,
    check_exclusion,
    family_findings,
    parse_action,
    parse_setting,
    parse_stored,
    patient_case,
)
from ui.exports import phenopacket_download, report_download
from ui.page.words import Words
from ui.permalink import parse_permalink
from ui.protocols import AnswererFactory, Assistant, ReaderFactory
from ui.session import (
    IN_RANKING,
    NO_FINDINGS,
    ONLY_WORDS,
    RESTORED,
    Care,
    Change,
    Consultation,
    OpenFile,
    OpenLink,
    Progress,
    SeeIn,
    Session,
    Turn,
    Undo,
    Work,
)

MAX_RISKS = 5
"""Diseases whose risk factors are shown."""


def respond(
    assistant: Assistant,
    consultation: Consultation,
    text: str,
    second_reader: ReaderFactory | None = None,
    answerer: AnswererFactory | None = None,
    source: OpenFile | None = None,
) -> Iterator[None]:
    """Answer one message, and yield whenever there is more to show.

    What it tells of the patient comes first: the findings, then the differential as it grows; then what it asks.

    Args:
        assistant: answers.
        consultation: the case so far.
        text: the message.
        second_reader: reads the case again, with a language model, while the first answer is on the page; where it
            fails, that stays.
        answerer: answers questions again, with a language model, in the same way.
        source: where the message comes from, if it was not written.
    """
    work = consultation.begin(Turn(story=text, change=source), Progress.READING)
    yield
    try:
        message = assistant.read_message(text, work.before.differential)
        known = consultation.session.case.person
        statements = assistant.find_statements(message.told, known) if message.told or not message.asked else ()
        found, family = patient_findings(statements, assistant.ontology), family_findings(statements)
        person = assistant.find_person(message.told)
        setting = consultation.session.setting
        is_worded = not found and bool(message.told) and assistant.has_telling_words(message.told, setting)
    except Exception as error:
        refuse(consultation, work, error)
        yield
        yield from _go_on(assistant, consultation, work, second_reader)
        return

    def hear(session: Session) -> Session:
        known = merge_demographics(session.case.person, person)
        case = session.case.plus(found, family, known, message.told.strip()).coherent(assistant.ontology)
        return session.changed(case.answering(work.before.asked_ids))

    if not consultation.amend(work, hear, findings=found, family=family):
        return
    is_told = bool(found) or is_worded or _is_weighed(assistant, consultation.session, work.before.case)
    if not is_told and not message.asked:
        end(consultation, work, NO_FINDINGS)
        yield
        yield from _go_on(assistant, consultation, work, second_reader)
        return
    if not (found or family or message.asked) and (is_worded or person.years is None):
        consultation.amend(work, note=ONLY_WORDS)
    latest = consultation.resume(work)  # what came meanwhile was answered without these findings
    yield
    if latest is None:
        return
    if is_told or consultation.session.is_unanswered or work.before.progress in IN_RANKING:
        yield from answer_case(assistant, consultation, latest, second_reader)
    if message.asked and not consultation.session.turns[work.turn].is_refused:
        yield from answer_questions(assistant, consultation, latest, message.asked, answerer)


def change(
    assistant: Assistant,
    consultation: Consultation,
    data: Mapping[str, Any],
    second_reader: ReaderFactory | None = None,
) -> Iterator[None]:
    """Change the case as the page asks (see ``ui.case.parse_action``; ``undo`` takes the last change back).

    Yields as ``respond`` does; a change that changes nothing is silent.
    """

    def make(session: Session) -> Session:
        if isinstance(done, Undo):
            return session.undone()
        changed = apply(done, session.case).answering(session.asked_ids)
        return session.changed(changed.coherent(assistant.ontology))

    try:
        done = Undo() if data.get("kind") == "undo" else parse_action(data, assistant.ontology)
        check_exclusion(done, consultation.session.case, assistant.ontology)
        if make(consultation.session) is consultation.session:
            return
    except CitedxError as error:
        _decline(consultation, error)
        yield
        return
    work = consultation.begin(Turn(change=done), Progress.RANKING, make)
    yield
    yield from answer_case(assistant, consultation, work, second_reader)


def see_in(
    assistant: Assistant, consultation: Consultation, setting: str, second_reader: ReaderFactory | None = None
) -> Iterator[None]:
    """Weigh the case for another setting, and those to come. Yields as ``respond`` does."""
    try:
        chosen = parse_setting(setting)
    except CitedxError as error:
        _decline(consultation, error)
        yield
        return
    if not consultation.session.case.findings and consultation.session.differential is None:
        consultation.put(setting=chosen)
        yield
        return
    seen = SeeIn(setting=chosen)
    work = consultation.begin(Turn(change=seen), Progress.RANKING, lambda s: replace(s, setting=chosen))
    yield
    yield from answer_case(assistant, consultation, work, second_reader)


def look_up_care(assistant: Assistant, consultation: Consultation, disease_id: str) -> Iterator[None]:
    """Find what the sources say about treating a disease in this patient, and about the patient's risks."""
    case, setting = consultation.session.case, consultation.session.setting
    try:
        graph = assistant.graph_of(setting or assistant.setting)
        patient = read_case(graph, findings=case.findings, family=case.family, person=case.person, story=case.story)
        treatments = review_treatments(graph, disease_id, patient)
        risks = review_risk(graph, patient, given={}, k=MAX_RISKS)
        care = Care(case=case, setting=setting, graph=graph, treatments=treatments, risks=risks)
        consultation.put(looked_up=care)
    except Exception as error:
        _decline(consultation, error)
    yield


def restore(
    assistant: Assistant,
    consultation: Consultation,
    data: Mapping[str, Any],
    second_reader: ReaderFactory | None = None,
) -> Iterator[None]:
    """Take up the case that a browser kept, where it kept one. Yields as ``respond`` does."""
    try:
        case = parse_stored(data, assistant.ontology).coherent(assistant.ontology)
    except CitedxError as error:
        _decline(consultation, error)
        yield
        return
    if case == Case():
        return
    work = consultation.begin(Turn(note=RESTORED), Progress.RANKING, lambda s: replace(s, case=case))
    yield
    yield from answer_case(assistant, consultation, work, second_reader)


def open_link(
    assistant: Assistant, consultation: Consultation, link: str, second_reader: ReaderFactory | None = None
) -> Iterator[None]:
    """Take up the case of a link (``ui.permalink``) in place of this one. Yields as ``respond`` does."""
    try:
        findings, person, setting = parse_permalink(link, assistant.ontology)
    except CitedxError as error:
        _decline(consultation, error)
        yield
        return
    case = Case(findings=findings, person=person)
    yield from _take_up(assistant, consultation, case, OpenLink(), second_reader, setting)


def open_file(
    assistant: Assistant,
    consultation: Consultation,
    data: Mapping[str, Any],
    second_reader: ReaderFactory | None = None,
    answerer: AnswererFactory | None = None,
) -> Iterator[None]:
    """Read a file: a story is told as if it was written; a phenopacket takes the place of this case.

    Args:
        assistant: answers.
        consultation: the case so far.
        data: ``name``, ``size`` in bytes, and ``content`` in base64, which a browser leaves out of a file that is too
            large.
        second_reader: see ``respond``.
        answerer: see ``respond``.
    """
    name = plain_name(str(data.get("name") or "file"))
    try:
        refuse_large(int(data.get("size") or 0), name)
        upload = read_upload(_decoded(data.get("content"), name), name)
        if upload.patient is not None:
            case, note = patient_case(upload.patient, assistant.ontology)
            if len(case.findings) > MAX_FINDINGS:
                n = len(case.findings)
                raise UsageError(f"{name} has {n} findings, more than the limit of {MAX_FINDINGS}")
    except Exception as error:
        _decline(consultation, error)
        yield
        return
    if upload.patient is None:
        source = OpenFile(name=name, note=upload.note)
        yield from respond(assistant, consultation, upload.text, second_reader, answerer, source)
    else:
        yield from _take_up(assistant, consultation, case, OpenFile(name=name, note=note), second_reader)


def export(assistant: Assistant, consultation: Consultation, kind: str) -> Iterator[None]:
    """Make a file of the case (``phenopacket``) or of its answer (see ``ui.exports.report_download``)."""
    session = consultation.session
    try:
        if kind == "phenopacket":
            case = session.case
            consultation.download = phenopacket_download(case.findings, case.person, assistant.ontology)
        elif session.differential is None or session.is_stale:
            raise UsageError("the answer is not there yet: wait for it, then save the report")
        else:
            words = Words(language=consultation.language, label_of=assistant.label)
            consultation.download = report_download(kind, session.differential, words)
    except Exception as error:
        _decline(consultation, error)
    yield
    consultation.download = None


def _decoded(content: object, name: str) -> bytes:
    try:
        return base64.b64decode(str(content or ""), validate=True)
    except binascii.Error:
        raise UsageError(f"{name} did not arrive whole: hand it in again") from None


def _take_up(
    assistant: Assistant,
    consultation: Consultation,
    case: Case,
    source: Change,
    second_reader: ReaderFactory | None,
    setting: Setting | None = None,
) -> Iterator[None]:
    """Answer another case in place of this one, to which ``undo`` leads back; in the setting that comes with it."""

    def take(session: Session) -> Session:
        return replace(session.changed(case.coherent(assistant.ontology)), setting=setting or session.setting)

    work = consultation.begin(Turn(change=source), Progress.RANKING, take)
    yield
    yield from answer_case(assistant, consultation, work, second_reader)


def _go_on(
    assistant: Assistant, consultation: Consultation, work: Work, second_reader: ReaderFactory | None
) -> Iterator[None]:
    """Take up the ranking that a message ended which told nothing."""
    latest = consultation.resume(work) if work.before.progress in IN_RANKING else None
    if latest is not None:
        yield
        yield from answer_case(assistant, consultation, latest, second_reader)


def _is_weighed(assistant: Assistant, session: Session, before: Case) -> bool:
    """Whether what the case was told beside findings changes its answer; words do outside the clinic."""
    if not session.case.findings and session.differential is None:
        return False
    if replace(session.case, story=before.story) != before:
        return True
    is_everyday = (session.setting or assistant.setting) is not Setting.GENETICS_CLINIC
    return is_everyday and session.case.story != before.story


def _decline(consultation: Consultation, error: Exception) -> None:
    """Say why an act is not done; what is being done goes on."""
    consultation.decline(one_line(error))
