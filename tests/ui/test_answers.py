"""Answers as HTML and JSON: escaped, each piece of evidence with one row, and no link to what may be another's."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.translations import Language
from llm.chat.protocol import Rung
from llm.conversation.schema import Answer, ModelPart, Sentence
from llm.schema import Claim, RemovedClaim
from tests.ui.fakes import ANSWER, DIAGNOSES, EVIDENCE, FakeAssistant
from ui.answer_json import answer_json, cited_evidence
from ui.consultation import respond
from ui.page.answers import answers_html
from ui.page.conversation import chat_log
from ui.page.words import Words
from ui.session import UNEXPECTED, Consultation, Progress, Session

RETT = "hand wringing and seizures"
ENGLISH = Words()


def states(session: Session, text: str, **options: object) -> list[Session]:
    """What a message makes of a session, one after the other."""
    consultation = Consultation(session=session)
    return [consultation.session for _ in respond(FakeAssistant(), consultation, text, **options)]


def last(session: Session, text: str, **options: object) -> Session:
    return states(session, text, **options)[-1]


def log_of(session: Session) -> str:
    return chat_log(session, ENGLISH)


def rows(log: str) -> list[str]:
    return re.findall(r'id="ev-(E\d+)"', log)


def test_new_evidence_has_a_row_in_the_answer_and_what_is_listed_keeps_its_own():
    shown = answers_html([ANSWER], {e.evidence_id for e in EVIDENCE}, ENGLISH, is_current=True)
    assert rows(shown) == ["E11"]
    assert re.findall(r'href="#ev-(E\d+)"', shown) == ["E11", "E2"]
    assert "gene MECP2 &amp; none else." in shown
    assert "&lt;Rett&gt;" in shown


def test_an_answer_to_an_old_case_links_nothing_and_lists_all_that_it_cites():
    shown = answers_html([ANSWER], {e.evidence_id for e in EVIDENCE}, ENGLISH, is_current=False)
    assert rows(shown) == []
    assert "#ev-" not in shown
    assert [e.evidence_id for e in cited_evidence(ANSWER)] == ["E2", "E11"]
    assert all(html.escape(e.text) in shown for e in cited_evidence(ANSWER))


def test_a_question_is_a_turn_and_the_case_stays():
    before = last(Session(), RETT)
    after = last(before, "which genes?")
    assert (after.case, after.differential) == (before.case, before.differential)
    assert after.answers == after.turns[-1].answers == (ANSWER,)
    assert rows(log_of(after)) == ["E11"]
    again = last(after, "which genes?")
    assert rows(log_of(again)) == ["E11"]
    told = last(again, "scoliosis")
    assert told.answers == ()
    assert rows(log_of(told)) == []


def test_a_question_without_a_case_is_answered():
    session = last(Session(), "what is Rett?")
    assert session.differential is None
    assert rows(log_of(session)) == ["E2", "E11"]


class Worded:
    def __init__(self, is_cancelled):
        self.is_cancelled = is_cancelled

    def answer(self, sources, differential, question, earlier):
        part = ModelPart(model="<tiny>", rung=Rung.CONSTRAINED, notes=("Nothing <more>.",))
        said = Sentence(text="MECP2 it is.", evidence_ids=("E11",), by_model=True)
        claim = Claim(text="<b>Cured</b>", supports=True, evidence_ids=(), disease_id="")
        removed = (RemovedClaim(claim=claim, reason="it cites nothing"),)
        return replace(ANSWER, sentences=(said,), basis=ANSWER.sentences, removed=removed, model=part)


class Dying(Worded):
    def answer(self, sources, differential, question, earlier):
        raise RuntimeError("which genes? secret")


def test_the_functions_answer_is_on_the_page_before_the_models():
    *_, first, second = states(last(Session(), RETT), "which genes?", answerer=Worded)
    assert first.progress is Progress.MODEL
    assert first.answers == (ANSWER,)
    shown = log_of(second)
    assert "Worded by &lt;tiny&gt;" in shown
    assert "What the sources say" in shown
    assert "&lt;b&gt;Cured&lt;/b&gt; (it cites nothing)" in shown
    assert "Nothing &lt;more&gt;." in shown
    assert second.progress is Progress.IDLE


def test_where_the_model_breaks_the_functions_answer_stays_with_a_note():
    session = last(last(Session(), RETT), "which genes?", answerer=Dying)
    assert session.answers == (ANSWER,)
    assert session.turns[-1].note == UNEXPECTED
    assert not session.turns[-1].is_refused


def test_json():
    public = json.loads(json.dumps(answer_json(ANSWER)))
    assert public["in_sources"] is True
    assert public["sentences"][1] == {"text": "Hand wringing speaks for it.", "supports": True, "citations": ["E2"]}
    assert [e["id"] for e in public["evidence"]] == ["E2", "E11"]
    assert public["model"] is None


@example(text="<script>alert(1)</script><img src=x onerror=y>", supports=None, is_current=True)
@given(text=st.text(max_size=40), supports=st.sampled_from([None, True, False]), is_current=st.booleans())
def test_no_text_becomes_markup(text, supports, is_current):
    answer = Answer(question=text, understood=text, sentences=(Sentence(text=text, supports=supports),))
    shown = answers_html([answer], (), ENGLISH, is_current=is_current)
    assert html.escape(text) in shown
    assert not re.search("<(script|img)", shown)


def test_the_fakes_answer_is_of_the_fakes_case():
    assert ANSWER.disease_ids[0] == DIAGNOSES[0].disease_id
    with pytest.raises(ValueError, match="E2"):
        replace(ANSWER, evidence=())


def test_in_chinese_the_frame_of_an_answer_is_chinese():
    words = Words(language=Language.CHINESE)
    assert "<h4>支持</h4>" in answers_html([ANSWER], (), words, is_current=True)


def test_stop_keeps_the_functions_answer():
    consultation = Consultation(session=last(Session(), RETT))
    for _ in respond(FakeAssistant(), consultation, "which genes?", answerer=Worded):
        if consultation.session.progress is Progress.MODEL:
            consultation.stop()
    assert consultation.session.answers == (ANSWER,)
    assert consultation.session.progress is Progress.IDLE
    assert consultation.session.turns[-1].note is None
