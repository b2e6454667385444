"""Acts that come while an earlier one is answered: what goes on, what ends, what is never lost."""

from __future__ import annotations

import pytest

from kg.common_schema import Setting
from kg.schema import Finding
from tests.ui.consulting import LENS, RETT, SCOLIOSIS, edit, first_name, labels, run, told
from tests.ui.fakes import BrokenAssistant, FakeAssistant
from ui.consultation import change, export, respond, see_in
from ui.session import NO_FINDINGS, STOPPED, UNEXPECTED, Consultation, Progress, Session


def test_a_later_act_ends_the_work_on_an_earlier_one():
    consultation = Consultation()
    steps = respond(FakeAssistant(), consultation, "Seizures.")
    for _ in range(3):
        next(steps)
    assert consultation.session.progress is Progress.WEIGHING
    edit(consultation, kind="mark", id=SCOLIOSIS, status="present")
    after = consultation.session
    run(steps)
    assert consultation.session is after
    assert first_name(after) == "Angelman syndrome"


def test_a_message_that_is_overtaken_still_joins_the_case():
    consultation = Consultation()
    steps = respond(FakeAssistant(), consultation, "Seizures.")
    next(steps)
    run(respond(FakeAssistant(), consultation, "Scoliosis."))
    assert labels(consultation.session) == ["Scoliosis"]
    run(steps)
    assert sorted(labels(consultation.session)) == ["Scoliosis", "Seizure"]
    assert not consultation.session.is_stale  # it is answered with both


def test_an_overtaken_greeting_leaves_the_later_change_at_work():
    consultation = told("Seizures.")
    greeting = respond(FakeAssistant(), consultation, "Hello.")
    next(greeting)
    steps = see_in(FakeAssistant(), consultation, Setting.GENETICS_CLINIC)
    next(steps)
    run(greeting)
    assert consultation.session.turns[1].note == NO_FINDINGS
    assert consultation.session.progress is Progress.RANKING
    consultation.stop()
    run(steps)
    assert consultation.session.turns[2].note == STOPPED


def test_where_an_overtaken_message_cannot_be_answered_the_later_change_stays():
    consultation = Consultation()
    steps = respond(BrokenAssistant(), consultation, "Seizures.")
    next(steps)
    edit(consultation, kind="mark", id=SCOLIOSIS, status="present")
    run(steps)
    assert sorted(labels(consultation.session)) == ["Scoliosis", "Seizure"]
    assert consultation.session.turns[0].note == UNEXPECTED
    assert not consultation.session.turns[0].is_refused


@pytest.mark.parametrize("data", [{"kind": "age", "value": "abc"}, {"kind": "nonsense"}])
def test_an_act_that_is_refused_ends_no_work(data):
    consultation = Consultation()
    steps = respond(FakeAssistant(), consultation, "Seizures.")
    next(steps), next(steps)
    run(change(FakeAssistant(), consultation, data))
    run(export(FakeAssistant(), consultation, "report"))
    assert consultation.session.progress is Progress.RANKING
    assert [turn.is_refused for turn in consultation.session.turns] == [False, True, True]
    run(steps)
    assert consultation.session.turns[0].differential == consultation.session.differential is not None
    assert consultation.session.progress is Progress.IDLE


def test_a_change_is_made_of_the_case_as_it_stands_then(monkeypatch):
    """What a message adds between the click and its change stays."""
    consultation = told("Seizures.")
    begin = Consultation.begin

    def late(self, turn, progress, make):
        consultation.put(case=consultation.session.case.plus((Finding(term_id=LENS, label="Ectopia lentis"),)))
        return begin(self, turn, progress, make)

    monkeypatch.setattr(Consultation, "begin", late)
    edit(consultation, kind="mark", id=SCOLIOSIS, status="present")
    assert sorted(labels(consultation.session)) == ["Ectopia lentis", "Scoliosis", "Seizure"]


def test_a_question_in_mid_ranking_is_answered_after_the_ranking():
    consultation = told("Seizures.")
    steps = change(FakeAssistant(), consultation, {"kind": "mark", "id": SCOLIOSIS, "status": "present"})
    next(steps)
    run(respond(FakeAssistant(), consultation, "Which genes?"))
    run(steps)
    session = consultation.session
    assert not session.is_stale
    assert first_name(session) == "Angelman syndrome"
    assert session.turns[-1].answers
    assert session.progress is Progress.IDLE


@pytest.mark.parametrize("n_steps", [2, 3, 4])
@pytest.mark.parametrize(
    ("text", "note"), [("Good morning.", NO_FINDINGS), (" ", "the story is empty")], ids=["greeting", "empty"]
)
def test_a_message_that_tells_nothing_ends_no_ranking(n_steps, text, note):
    consultation = Consultation()
    steps = respond(FakeAssistant(), consultation, "Seizures.")
    for _ in range(n_steps):
        next(steps)
    run(respond(FakeAssistant(), consultation, text))
    run(steps)
    session = consultation.session
    assert session.turns[-1].note.startswith(note)
    assert session.differential is not None
    assert not session.is_stale
    assert session.differential.questions
    assert session.progress is Progress.IDLE


def test_a_message_that_tells_nothing_after_a_stop_ranks_nothing():
    consultation = Consultation()
    steps = respond(FakeAssistant(), consultation, RETT)
    next(steps), next(steps)
    consultation.stop()
    run(respond(FakeAssistant(), consultation, "Good morning."))
    run(steps)
    assert consultation.session.differential is None


def test_stop_keeps_what_is_there():
    consultation = Consultation()
    steps = respond(FakeAssistant(), consultation, RETT)
    for _ in range(3):
        next(steps)
    shown = consultation.session.differential
    consultation.stop()
    run(steps)
    session = consultation.session
    assert (session.differential, session.progress) == (shown, Progress.IDLE)
    assert session.turns[-1].differential == shown
    assert session.turns[-1].note is None
    consultation.stop()  # nothing is being done
    assert consultation.session is session


def test_stop_before_the_ranking_says_so():
    consultation = Consultation()
    steps = respond(FakeAssistant(), consultation, RETT)
    next(steps), next(steps)
    consultation.stop()
    run(steps)
    assert consultation.session.turns[-1].note == STOPPED
    assert consultation.session.differential is None
    assert len(consultation.session.case.findings) == 7


def test_stop_while_the_story_is_read_keeps_its_findings_and_ranks_nothing():
    consultation = told("Scoliosis.")
    steps = respond(FakeAssistant(), consultation, RETT)
    next(steps)
    consultation.stop()
    run(steps)
    assert len(consultation.session.case.findings) == 8
    assert consultation.session.is_stale
    assert consultation.session.progress is Progress.IDLE


def test_a_new_case_is_not_reached_by_an_answer_to_the_old_one():
    consultation = Consultation()
    steps = respond(FakeAssistant(), consultation, RETT)
    next(steps)
    consultation.close()
    run(steps)
    assert consultation.session == Session()


def test_an_overtaken_message_of_a_closed_case_is_dropped():
    consultation = Consultation()
    steps = respond(FakeAssistant(), consultation, RETT)
    next(steps)
    consultation.close()
    run(respond(FakeAssistant(), consultation, "Scoliosis."))
    run(steps)
    assert labels(consultation.session) == ["Scoliosis"]
