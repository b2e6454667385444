"""One act at a time: what the session becomes, and what an error leaves alone."""

from __future__ import annotations

import logging
import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.common_schema import Setting
from kg.schema import Finding
from llm.schema import Differential
from retrieval.demographics import UNKNOWN
from tests.toy import LARGE, VERY_LARGE
from tests.ui.consulting import LENS, RETT, SCOLIOSIS, SEIZURE, edit, first_name, labels, run, told
from tests.ui.fakes import COMMENTARY, BrokenAssistant, DyingChatReader, FakeAssistant, FakeChatReader
from tests.ui.toy_assistant import build_toy_assistant
from ui.case import Case, Status
from ui.consultation import change, respond, restore
from ui.page.conversation import chat_log
from ui.page.words import Words
from ui.session import NO_FINDINGS, ONLY_WORDS, RESTORED, UNEXPECTED, Consultation, Progress, Session, Undo


def test_the_answer_comes_part_by_part():
    consultation = Consultation()
    seen = [consultation.session for _ in respond(FakeAssistant(), consultation, RETT)]
    assert [s.progress for s in seen] == [
        Progress.READING,
        Progress.RANKING,
        Progress.WEIGHING,
        Progress.ASKING,
        Progress.IDLE,
        Progress.IDLE,
    ]
    story, findings, ranking, claims, whole, _ = seen
    assert (story.turns[-1].story, story.case) == (RETT, Case())
    assert (len(findings.case.findings), findings.differential) == (7, None)
    assert ranking.differential.diagnoses[0].claims == ()
    assert claims.differential.diagnoses[0].claims
    assert claims.differential.questions == ()
    assert len(whole.differential.questions) == 2
    assert whole.turns[-1].differential == whole.differential


def test_whoever_waits_for_what_is_loaded_once_is_told_so():
    consultation = Consultation()
    seen = [consultation.session for _ in respond(FakeAssistant(is_loaded=False), consultation, RETT)]
    assert [s.progress for s in seen][1:4] == [Progress.RANKING, Progress.LOADING, Progress.WEIGHING]
    assert "Loading what is known of common conditions, once" in chat_log(seen[2], Words())
    assert seen[-1].differential.diagnoses


def test_a_follow_up_adds_to_the_same_case_and_the_later_statement_counts():
    session = told("Seizures. No scoliosis.", "Scoliosis and hand wringing.").session
    assert sorted(labels(session)) == ["Scoliosis", "Seizure", "Stereotypical hand wringing"]
    assert not any(finding.excluded for finding in session.case.findings)
    assert session.differential.findings == session.case.findings
    assert len(session.turns) == 2


def test_relatives_findings_are_kept_apart_and_do_not_count():
    session = told("Seizures. Mother has ectopia lentis. Possible scoliosis.").session
    assert labels(session) == ["Seizure", "Scoliosis"]
    assert [f.term_id for f in session.case.family] == [LENS]
    assert [f.term_id for f in session.turns[-1].family] == [LENS]
    assert LENS not in {f.term_id for f in session.differential.findings}
    assert session.case.find(SCOLIOSIS).uncertain


def test_age_alone_changes_the_case():
    consultation = told("Seizures.")
    run(respond(FakeAssistant(), consultation, "She is a 7-year-old girl."))
    assert consultation.session.case.person.age == "P7Y"
    assert consultation.session.turns[-1].note is None


def test_a_message_is_read_by_the_age_that_is_known(monkeypatch):
    """What a heart rate means in it: see ``retrieval.measurements``."""
    read = []
    find = FakeAssistant.find_statements
    monkeypatch.setattr(
        FakeAssistant, "find_statements", lambda self, text, known: read.append(known.age) or find(self, text, known)
    )
    told("She is a 7-year-old girl with seizures.", "Heart rate 150, scoliosis.")
    assert read == [None, "P7Y"]


def test_an_error_keeps_the_case():
    consultation = told(RETT)
    before = consultation.session
    run(respond(FakeAssistant(), consultation, "  "))
    after = consultation.session
    assert (after.case, after.differential, after.past) == (before.case, before.differential, before.past)
    assert after.turns[-1].note == "the story is empty: write what is seen in the patient"
    assert after.turns[-1].is_refused
    assert after.turns[:-1] == before.turns
    assert after.progress is Progress.IDLE


def test_a_message_without_findings_says_so_and_keeps_the_case():
    consultation = told(RETT)
    before = consultation.session
    run(respond(FakeAssistant(), consultation, "Good morning."))
    after = consultation.session
    assert (after.case.findings, after.case.person) == (before.case.findings, before.case.person)
    assert after.differential is before.differential
    assert after.turns[-1].note == NO_FINDINGS


def test_a_first_message_that_tells_the_age_alone_says_that_it_has_no_findings():
    consultation = told("He is a 52-year-old man and his face has gone droopy.")
    assert consultation.session.case.person.age == "P52Y"
    assert consultation.session.turns[-1].note == NO_FINDINGS
    assert consultation.session.progress is Progress.IDLE


def test_outside_the_clinic_words_without_findings_are_weighed_too():
    consultation = told("Seizures.")
    consultation.put(setting=Setting.GENERAL_PRACTICE)
    run(respond(FakeAssistant(), consultation, "He smokes."))
    assert consultation.session.case.story == "Seizures.\n\nHe smokes."
    assert consultation.session.turns[-1].note == ONLY_WORDS
    assert consultation.session.turns[-1].differential is not None


def test_a_click_leaves_no_exclusion_beside_a_kind_of_it(toy_graph):
    assistant, consultation = build_toy_assistant(toy_graph), Consultation()
    for data in ({"id": LARGE, "status": "excluded"}, {"id": VERY_LARGE, "status": "present"}):
        run(change(assistant, consultation, {"kind": "mark", **data}))
    assert [(f.term_id, f.excluded) for f in consultation.session.case.findings] == [(VERY_LARGE, False)]
    run(change(assistant, consultation, {"kind": "mark", "id": LARGE, "status": "excluded"}))
    assert [f.term_id for f in consultation.session.case.findings] == [VERY_LARGE]
    assert (
        consultation.session.turns[-1].note
        == "Large zorb cannot be absent while Very large zorb, a kind of it, is present"
    )


def test_of_earlier_answers_only_what_the_page_shows_is_kept():
    consultation = told(RETT, "Scoliosis.", "Ectopia lentis.")
    first, second, third = (turn.differential for turn in consultation.session.turns)
    assert (first.questions, first.candidates) == ((), ())
    assert [bool(d.claims) for d in first.diagnoses] == [True] + [False] * (len(first.diagnoses) - 1)
    assert second.evidence == third.evidence == consultation.session.differential.evidence
    assert 0 < len(first.evidence) < len(third.evidence)


def test_an_exclusion_is_gone_once_a_later_message_tells_a_kind_of_it(toy_graph):
    """As within one message; a kind of what is excluded is no contradiction that anybody meant."""
    excluded = (Finding(term_id=LARGE, label="", excluded=True),)
    kind = (Finding(term_id=VERY_LARGE, label=""),)
    case = Case(findings=excluded).plus(kind)
    assert [f.term_id for f in case.coherent(toy_graph.ontology).findings] == [VERY_LARGE]


def test_an_unexpected_error_is_one_line_and_is_logged_without_clinical_text(caplog):
    consultation = told(RETT)
    before = consultation.session
    with caplog.at_level(logging.INFO):
        run(respond(BrokenAssistant(), consultation, "Also scoliosis."))
    assert consultation.session.turns[-1].note == UNEXPECTED
    assert consultation.session.turns[-1].is_refused
    assert (consultation.session.case, consultation.session.differential) == (before.case, before.differential)
    (record,) = caplog.records
    assert re.fullmatch(
        r"unexpected RuntimeError at answering\.py:\d+ answer_case > fakes\.py:\d+ weigh", record.getMessage()
    )
    assert "scoliosis" not in caplog.text.lower()
    assert record.exc_info is None


def test_an_error_leaves_the_patient_s_age_and_sex_as_they_were():
    assert told(RETT, assistant=BrokenAssistant()).session.case.person == UNKNOWN
    assert told(RETT).session.case.person.sex == "FEMALE"


def test_a_changed_case_is_weighed_anew_and_undo_leads_back():
    consultation = told("Seizures. No scoliosis.")
    assert first_name(consultation.session) == "Rett syndrome"
    before = consultation.session.case
    edit(consultation, kind="mark", id=SCOLIOSIS, status="present")
    assert first_name(consultation.session) == "Angelman syndrome"
    edit(consultation, kind="undo")
    assert consultation.session.case == before
    assert first_name(consultation.session) == "Rett syndrome"
    assert consultation.session.turns[-1].change == Undo()
    edit(consultation, kind="undo")
    assert consultation.session.case == Case()
    assert consultation.session.differential is None
    n_turns = len(consultation.session.turns)
    edit(consultation, kind="undo")  # nothing is left to undo
    assert len(consultation.session.turns) == n_turns


def test_a_change_that_changes_nothing_is_silent():
    consultation = told("Seizures.")
    before = consultation.session
    edit(consultation, kind="mark", id=SEIZURE, status="present")
    assert consultation.session is before


def test_a_change_that_is_none_is_one_line():
    consultation = told("Seizures.")
    edit(consultation, kind="mark", id="HP:9999999", status="present")
    assert consultation.session.turns[-1].note.startswith("HP:9999999 is not a term of HPO")
    assert labels(consultation.session) == ["Seizure"]


def test_a_question_that_nobody_can_answer_is_not_asked_again():
    consultation = told("Seizures.")
    asked = [q.term_id for q in consultation.session.differential.questions]
    edit(consultation, kind="leave-open", id=asked[0])
    assert [q.term_id for q in consultation.session.differential.questions] == asked[1:]


def test_an_answer_to_a_question_is_kept_apart_from_what_was_told():
    consultation = told("Seizures.")
    scoliosis, lens = [q.term_id for q in consultation.session.differential.questions]
    edit(consultation, kind="mark", id=scoliosis, status="excluded")
    edit(consultation, kind="mark", id="HP:0000365", status="excluded")
    edit(consultation, kind="mark", id=lens, status="present")
    asked = {f.term_id: f.asked for f in consultation.session.case.findings}
    assert asked == {"HP:0001250": False, scoliosis: True, "HP:0000365": False, lens: True}


def test_an_answer_in_words_is_an_answer():
    consultation = told("Seizures.")
    list(respond(FakeAssistant(), consultation, "No scoliosis, no hearing loss."))
    asked = {f.label: f.asked for f in consultation.session.case.findings}
    assert asked["Scoliosis"]
    assert not asked["Seizure"]


EDITS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "kind": st.just("mark"),
                "id": st.sampled_from([SEIZURE, SCOLIOSIS, LENS]),
                "status": st.sampled_from([str(s) for s in Status]),
            }
        ),
        st.fixed_dictionaries({"kind": st.just("remove"), "id": st.sampled_from([SEIZURE, SCOLIOSIS])}),
        st.fixed_dictionaries({"kind": st.just("age"), "value": st.sampled_from(["", "P3Y", "P5M"])}),
    ),
    min_size=1,
    max_size=25,
)


@given(EDITS)
def test_undo_leads_back_through_every_change(edits):
    consultation = told("Seizures.")
    seen = [consultation.session.case]
    for data in edits:
        edit(consultation, **data)
        if consultation.session.case != seen[-1]:
            seen.append(consultation.session.case)
    for case in reversed(seen[:-1]):
        edit(consultation, kind="undo")
        assert consultation.session.case == case


def test_a_kept_case_is_taken_up_again():
    consultation = Consultation()
    kept = {"findings": [[SEIZURE, "present"], [LENS, "family"]], "unknown": [SCOLIOSIS], "sex": "MALE", "age": "P5M"}
    run(restore(FakeAssistant(), consultation, kept))
    session = consultation.session
    assert (labels(session), session.case.unknown, session.past) == (["Seizure"], (SCOLIOSIS,), ())
    assert first_name(session) == "Rett syndrome"
    assert session.turns[-1].note == RESTORED


@pytest.mark.parametrize("kept", [{"findings": [["HP:9999999", "present"]], "unknown": []}, {"findings": 1}])
def test_a_kept_case_that_cannot_be_read_is_one_line(kept):
    consultation = Consultation()
    run(restore(FakeAssistant(), consultation, kept))
    assert consultation.session.case == Case()
    assert "\n" not in consultation.session.turns[-1].note


def test_nothing_kept_is_nothing_to_say():
    consultation = Consultation()
    run(restore(FakeAssistant(), consultation, {"findings": [], "unknown": []}))
    assert consultation.session == Session()


def test_a_language_model_reads_after_the_first_answer_is_on_the_page():
    consultation = Consultation()
    seen = [consultation.session for _ in respond(FakeAssistant(), consultation, RETT, FakeChatReader)]
    *_, first, second = seen
    assert first.progress is Progress.MODEL
    assert first.differential.commentary is None
    assert first.differential.questions
    assert second.progress is Progress.IDLE
    assert second.differential.commentary == COMMENTARY
    assert len(second.turns) == 1


def test_a_language_model_is_stopped_in_the_middle():
    consultation = Consultation()
    steps = respond(FakeAssistant(), consultation, RETT, partial(FakeChatReader, delay_s=60))
    while consultation.session.progress is not Progress.MODEL:
        next(steps)
    shown: Differential = consultation.session.differential
    consultation.stop()
    run(steps)  # returns at once, since the reader is told
    assert consultation.session.differential == shown
    assert consultation.session.progress is Progress.IDLE


def test_where_the_language_model_breaks_the_first_answer_stays_with_a_note():
    session = told(RETT, second_reader=DyingChatReader).session
    assert session.differential.commentary is None
    assert session.differential.diagnoses
    assert session.turns[-1].note == UNEXPECTED


def test_where_there_is_no_diagnosis_no_language_model_is_asked():
    session = told("no seizures", second_reader=DyingChatReader).session
    assert session.turns[-1].note is None
    assert session.differential.abstained
    assert session.progress is Progress.IDLE


def test_a_story_without_findings_is_answered_where_its_words_tell_enough():
    consultation = told("telling words, 40 years old")
    session = consultation.session
    assert session.case.findings == ()
    assert session.differential is not None
    assert session.turns[-1].note == ONLY_WORDS
    assert session.progress is Progress.IDLE
    run(respond(FakeAssistant(), consultation, "He is 52 years old."))
    assert consultation.session.case.person.age == "P52Y"
    assert consultation.session.turns[-1].differential is not None
