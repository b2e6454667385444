"""Where the patient is seen, what must not be missed there, and treatment and risk of a disease of the differential."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kg.common_schema import Setting
from kg.graph import KnowledgeGraph
from kg.schema import Provenance
from kg.translations import Language
from retrieval.schema import RedFlag
from tests.toy import LARGE
from tests.ui.fakes import STATUS_EPILEPTICUS, FakeAssistant
from tests.ui.toy_assistant import build_toy_assistant
from ui.app import draw, perform
from ui.case import Status
from ui.consultation import change, look_up_care, open_link, respond, see_in
from ui.page.care import care_view
from ui.page.urgent import urgent_line, urgent_section
from ui.page.words import Words
from ui.session import Consultation, SeeIn

STORY = "A girl with seizures. No scoliosis."
HTML = "<script>alert(1)</script>"


def run(steps: Iterator[None]) -> None:
    for _ in steps:
        pass


def told(assistant: FakeAssistant | None = None, text: str = STORY) -> Consultation:
    consultation = Consultation()
    run(respond(assistant or FakeAssistant(), consultation, text))
    return consultation


def test_another_setting_weighs_the_case_anew_and_stays_for_the_next():
    consultation = told()
    assert consultation.session.differential.setting is Setting.GENETICS_CLINIC
    run(see_in(FakeAssistant(), consultation, "emergency"))
    session = consultation.session
    assert session.turns[-1].change == SeeIn(setting=Setting.EMERGENCY)
    assert session.differential.setting is Setting.EMERGENCY
    assert session.differential.urgent == (STATUS_EPILEPTICUS,)
    assert not session.is_stale
    assert replace(session, setting=Setting.GENERAL_PRACTICE).is_stale
    consultation.close()
    run(respond(FakeAssistant(), consultation, STORY))
    assert consultation.session.differential.setting is Setting.EMERGENCY


def test_before_a_case_a_setting_is_only_kept():
    consultation = Consultation()
    run(see_in(FakeAssistant(), consultation, "general-practice"))
    assert consultation.session.setting is Setting.GENERAL_PRACTICE
    assert consultation.session.turns == ()


def test_a_setting_that_is_none_is_one_line_and_changes_nothing():
    consultation = told()
    before = consultation.session
    run(see_in(FakeAssistant(), consultation, "ward 7"))
    assert consultation.session.turns[-1].note.startswith("the setting is general-practice, emergency, genetics-clinic")
    assert (consultation.session.setting, consultation.session.differential) == (None, before.differential)


@pytest.mark.parametrize(("kept", "setting"), [("emergency", Setting.EMERGENCY), ("ward", None), (None, None)])
def test_a_page_brings_the_setting_that_its_browser_kept(kept, setting):
    consultation = Consultation()
    run(perform(FakeAssistant(), consultation, {"kind": "open", "language": "en", "setting": kept}))
    assert consultation.session.setting is setting


def test_what_must_not_be_missed_stands_apart_with_sources_and_questions():
    assistant, consultation = FakeAssistant(), told()
    assert urgent_section(consultation.session.differential, Words()) == ""
    run(see_in(assistant, consultation, "emergency"))
    section = urgent_section(consultation.session.differential, Words())
    assert "Don’t miss" in section
    assert '<a href="https://medlineplus.gov/seizures.html"' in section
    assert "12\u00a0%" in section
    assert "Ectopia lentis: mark as present" in section
    assert "Don’t miss: Status epilepticus." in urgent_line(consultation.session.differential, Words())
    assert "不可漏诊" in urgent_section(consultation.session.differential, Words(language=Language.CHINESE))
    log, answer = draw(assistant, consultation)[1], draw(assistant, consultation)[5]
    assert "Don’t miss: Status epilepticus." in log
    assert answer.index("h-urgent") < answer.index("h-differential")
    assert '<option value="emergency" selected>' in answer


def test_words_of_a_table_never_become_markup():
    flag = RedFlag(
        term_id="HP:0001250",
        label=HTML,
        provenance=Provenance(source=HTML, version=HTML, reference="javascript:alert(1)", licence=HTML),
    )
    wild = replace(STATUS_EPILEPTICUS, name=HTML, disease_id=HTML, present=(flag,), to_ask=(flag,))
    differential = replace(told().session.differential, urgent=(wild,))
    shown = urgent_section(differential, Words()) + urgent_line(differential, Words())
    assert "<script>" not in shown
    assert 'href="javascript' not in shown


@pytest.fixture(scope="module")
def toy_assistant(toy_graph: KnowledgeGraph):
    return build_toy_assistant(toy_graph, cases=False)


def looked_up(toy_assistant, disease: str = "gout") -> Consultation:
    consultation = Consultation()
    mark = {"kind": "mark", "id": LARGE, "status": Status.PRESENT}
    run(change(toy_assistant, consultation, mark))
    run(change(toy_assistant, consultation, {"kind": "age", "value": "P72Y"}))
    run(look_up_care(toy_assistant, consultation, disease))
    return consultation


def test_treatment_and_risk_are_looked_up_for_the_patient(toy_assistant):
    consultation = looked_up(toy_assistant)
    shown = care_view(consultation.session.care, Words()).body
    assert "NSAIDs" in shown
    assert "No source here gives a dose, and none is shown." in shown
    assert "<h3>Risk factors of this patient, for any disease</h3>" in shown  # not of the disease that was chosen
    assert "older age" in shown
    assert shown.count("<a href=") > 5
    run(change(toy_assistant, consultation, {"kind": "sex", "value": "FEMALE"}))
    assert consultation.session.care is None  # it was for another patient
    run(change(toy_assistant, consultation, {"kind": "undo"}))
    assert consultation.session.care is not None
    run(change(toy_assistant, consultation, {"kind": "undo"}))
    assert consultation.session.care is None
    assert "Choose “Treatment and risk”" in care_view(None, Words()).body


def test_what_relatives_have_counts_without_a_story_too(toy_assistant):
    consultation = Consultation()
    run(change(toy_assistant, consultation, {"kind": "mark", "id": LARGE, "status": Status.FAMILY}))
    run(look_up_care(toy_assistant, consultation, "gout"))
    assert consultation.session.care.risks.patient.family == {LARGE}


def test_of_a_disease_that_nobody_knows_one_line_is_said(toy_assistant):
    consultation = looked_up(toy_assistant, "DOID:999999")
    assert consultation.session.care is None
    assert "DOID:999999" in consultation.session.turns[-1].note


def test_what_was_told_of_one_patient_is_not_used_for_the_next(toy_assistant, monkeypatch):
    read = []
    monkeypatch.setattr("ui.consultation.read_case", lambda *_, story, **__: read.append(story) or 1 / 0)
    consultation = Consultation()
    run(respond(toy_assistant, consultation, "She is pregnant and takes warfarin. Large."))
    run(look_up_care(toy_assistant, consultation, "gout"))
    run(open_link(toy_assistant, consultation, f"#hpo={LARGE}"))
    run(look_up_care(toy_assistant, consultation, "gout"))
    assert ["warfarin" in story for story in read] == [True, False]
