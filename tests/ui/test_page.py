"""What is shown is escaped, cited, linked and worded as promised."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.common_schema import Setting
from kg.datasets import load_manifest, path_of
from kg.genetics import Genetics
from kg.schema import Finding, Gene, Provenance, Term
from kg.translations import TRANSLATED, Language
from llm.schema import Claim, Diagnosis, Differential, Question, RemovedClaim
from retrieval.demographics import Demographics, demographics_of
from retrieval.schema import Evidence, EvidenceKind
from tests.ui.fakes import COMMENTARY, FakeAssistant, FakeChatReader
from tests.ui.seen import Page
from ui.case import Case, LeaveOpen, Mark, Remove, Replace, SetAge, SetSex, Status
from ui.consultation import change, respond
from ui.examples import EXAMPLES
from ui.page import frame
from ui.page.conversation import chat_log, marked_story
from ui.page.differential import differential_section
from ui.page.evidence import View, evidence_view, views_section
from ui.page.findings import findings_panel
from ui.page.markup import citations, link, percent
from ui.page.person import age_in_unit, person_fields, word_person
from ui.page.words import TEXTS, Words
from ui.session import Consultation, Progress, Session, Turn, Undo

EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'{0}"
SEIZURE = Finding(term_id="HP:0001250", label="Seizure", quote="fits", start=8, end=12)
ENGLISH = Words()
IN_CHINESE = Words(language=Language.CHINESE, label_of=FakeAssistant().label)


def told(*messages: str, second_reader=None) -> Session:
    consultation = Consultation()
    for text in messages:
        for _ in respond(FakeAssistant(), consultation, text, second_reader):
            pass
    return consultation.session


def answer_page(session: Session, words: Words = ENGLISH) -> str:
    view = evidence_view(session.differential, words)
    return differential_section(session, Setting.GENETICS_CLINIC, words, FakeAssistant().genetics) + views_section(
        [view]
    )


def drawn(session: Session, words: Words = ENGLISH) -> Page:
    """Everything that changes."""
    return Page(chat_log(session, words) + findings_panel(session, words, "abc") + answer_page(session, words))


def evil_session() -> Session:
    provenance = Provenance(source=EVIL, version=EVIL, reference=f"PMID:{EVIL}", licence=EVIL)
    evidence = Evidence(
        evidence_id="E1", kind=EvidenceKind.CASE, text=EVIL, disease_id="OMIM:1", term_ids=(), provenance=(provenance,)
    )
    claim = Claim(text=EVIL, supports=True, evidence_ids=("E1",), disease_id="OMIM:1")
    against = Claim(text=EVIL, supports=False, evidence_ids=(EVIL,), disease_id="OMIM:1")
    findings = (
        Finding(term_id="HP:1", label=EVIL, quote=EVIL, start=0, end=len(EVIL)),
        Finding(term_id="HP:2", label=EVIL, excluded=True),
        Finding(term_id="HP:3", label=EVIL, uncertain=True),
    )
    differential = Differential(
        findings=findings,
        diagnoses=(
            Diagnosis(disease_id=f"X:{EVIL}", name=EVIL, rank=1, probability=0.5, claims=(claim, against)),
            Diagnosis(disease_id="OMIM:2", name=EVIL, rank=2, probability=0.25, claims=()),
        ),
        evidence=(evidence,),
        removed_claims=(RemovedClaim(claim=claim, reason=EVIL),),
        questions=(Question(term_id=EVIL, text=EVIL, gain=0.1),),
        commentary=replace(COMMENTARY, model=EVIL, summary=f"{EVIL} [E1]", notes=(EVIL,)),
    )
    family = (Finding(term_id="HP:4", label=EVIL),)
    changes = (
        Mark(term_id="HP:1", label=EVIL, status=Status.PRESENT),
        Remove(term_id="HP:1", label=EVIL),
        Replace(term_id="HP:1", label=EVIL, by_id="HP:2", by_label=EVIL),
        LeaveOpen(term_id="HP:1", label=EVIL),
    )
    return Session(
        case=Case(findings=findings, family=family),
        differential=differential,
        turns=(
            Turn(story=EVIL, note=EVIL),
            Turn(story=EVIL, differential=Differential(findings=(), diagnoses=(), evidence=(), abstained=EVIL)),
            *(Turn(change=done) for done in changes),
            Turn(story=EVIL, findings=findings, family=family, differential=differential),
        ),
    )


@pytest.mark.parametrize("language", list(TEXTS))
def test_words_of_users_and_sources_never_become_markup(language):
    genes = Genetics(
        genes=(Gene(gene_id=f"NCBIGene:{EVIL}", symbol=EVIL),), inheritance=(Term(term_id="HP:5", name=EVIL),)
    )
    session, words = evil_session(), Words(language=language, label_of=lambda term_id, language: EVIL)
    html = (
        chat_log(session, words)
        + findings_panel(session, words, EVIL)
        + differential_section(session, Setting.GENETICS_CLINIC, words, lambda disease_id, setting: genes)
        + views_section([evidence_view(session.differential, words)])
        + frame.footer({EVIL: EVIL, "hpo": EVIL}, words)
    )
    shown = Page(html)
    assert shown.text.count("<img src=x onerror=alert(1)>") > 20
    assert not {"img", "script"} & set(shown.tags)
    assert not [name for name, _ in shown.attributes if name.startswith("on")]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x", "/local", "", None])
def test_only_web_addresses_become_links(url):
    assert link(url, "PMID:1 & <b>") == "PMID:1 &amp; &lt;b&gt;"


def test_a_link_gives_nothing_away_to_its_page():
    assert link("https://omim.org/entry/1?a=1&b", "OMIM:1") == (
        '<a href="https://omim.org/entry/1?a=1&amp;b" target="_blank" rel="noopener noreferrer">OMIM:1</a>'
    )


def test_marks_the_findings_in_the_story():
    deaf = Finding(term_id="HP:0000365", label="Hearing impairment", excluded=True, quote="deaf", start=18, end=22)
    assert marked_story("She has fits,\nnot deaf.", [deaf, SEIZURE], ENGLISH) == (
        'She has <mark class="present" title="Seizure">fits</mark>,<br>not '
        '<mark class="excluded" title="Hearing impairment">deaf</mark>.'
    )


def test_of_overlapping_spans_the_later_marks_what_is_left():
    hands = Finding(term_id="HP:0032588", label="Hand apraxia", quote="lost hand use", start=0, end=13)
    speech = Finding(term_id="HP:0002371", label="Loss of speech", quote="lost hand use, speech", start=0, end=21)
    assert marked_story("lost hand use, speech", [speech, hands, hands], ENGLISH) == (
        '<mark class="present" title="Hand apraxia">lost hand use</mark>'
        '<mark class="present" title="Loss of speech">, speech</mark>'
    )


@given(story=st.text(), spans=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted)))
def test_marking_neither_adds_nor_loses_a_character(story, spans):
    findings = [Finding(term_id="HP:1", label="x", quote="x", start=start, end=end) for start, end in spans]
    assert Page(marked_story(story, findings, ENGLISH)).text == story.replace("\n", "")


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.0, "0"),
        (0.004, "<1"),
        (0.006, "1"),
        (0.784, "78"),
        (0.994, "99"),
        (0.995, ">99"),
        (0.9999, ">99"),
        (1.0, "100"),
    ],
)
def test_percent(probability, shown):
    assert percent(probability) == f"{shown}\u00a0%"


# The conversation


@pytest.mark.parametrize(
    ("ids", "shown"),
    [
        ([], ""),
        (["E1"], "[E1]"),
        (["E1", "E2"], "[E1] [E2]"),
        (["E1", "E2", "E3"], "[E1–E3]"),
        (["E9", "E10", "E11", "E13", "x", "E14", "E15"], "[E9–E11] [E13] [x] [E14] [E15]"),
    ],
)
def test_numbers_that_lead_nowhere_are_shown_as_runs(ids, shown):
    assert Page(citations(ids, linked=False)).text == shown
    assert Page(citations(ids)).text == " ".join(f"[{i}]" for i in ids)
    assert "aria-label" not in citations(ids)  # a number is its own name in every language


def test_who_is_first_with_little_does_not_lead():
    session = told(EXAMPLES[0].story)
    first, *rest = session.differential.diagnoses
    unsure = replace(session.differential, diagnoses=(replace(first, probability=0.03), *rest))
    turns = tuple(replace(t, differential=unsure if t.differential else None) for t in session.turns)
    log = Page(chat_log(replace(session, differential=unsure, turns=turns), ENGLISH)).text
    assert "No clear leader: Rett syndrome is first with 3\xa0%." in log
    assert "leads with" not in log


def test_every_citation_leads_to_a_row_of_evidence():
    shown = drawn(told(EXAMPLES[0].story))
    cited = {href for href in shown.values("href") if href.startswith("#")}
    rows = [i for i in shown.values("id") if i.startswith("ev-")]
    assert rows == [f"ev-E{n}" for n in range(1, 11)]
    assert cited == {f"#{row}" for row in rows}


def test_citations_of_an_earlier_answer_are_not_links():
    log = Page(chat_log(replace(told(EXAMPLES[0].story), differential=None), ENGLISH))
    assert "[E1]" in log.text
    assert log.values("href") == []
    assert "Earlier answer: its evidence is no longer shown." in log.text


def test_the_answer_says_what_leads_why_and_what_to_ask():
    log = Page(chat_log(told(EXAMPLES[0].story), ENGLISH))
    assert "Excluded: Hearing impairment." in log.text
    assert "Rett syndrome leads with 78\xa0%." in log.text
    assert "Irregular breathing is very frequent. [E5]" in log.text
    assert "and 1 more in the differential" in log.text
    assert "Does the patient have scoliosis?YesNoNot known" in log.text
    assert log.actions()[:3] == [
        {"kind": "mark", "id": "HP:0002650", "status": "present"},
        {"kind": "mark", "id": "HP:0002650", "status": "excluded"},
        {"kind": "leave-open", "id": "HP:0002650"},
    ]


def test_a_change_is_one_line_and_one_sentence():
    consultation = Consultation()
    for text in ("Seizures.",):
        for _ in respond(FakeAssistant(), consultation, text):
            pass
    for _ in change(FakeAssistant(), consultation, {"kind": "mark", "id": "HP:0002650", "status": "present"}):
        pass
    last = Page(chat_log(consultation.session, ENGLISH)).text.partition("Earlier answer")[2]
    assert "Scoliosis: present" in last
    assert "Angelman syndrome leads with 60\xa0%." in last
    assert "Then:" not in last


@pytest.mark.parametrize(
    ("done", "line"),
    [
        (Undo(), "Last change undone"),
        (Mark(term_id="HP:0001250", label="Seizure", status=Status.EXCLUDED), "Seizure: absent"),
        (Mark(term_id="HP:0001250", label="Seizure", status=Status.FAMILY), "Seizure: of a relative"),
        (Remove(term_id="HP:0001250", label="Seizure"), "Seizure: removed"),
        (
            Replace(term_id="HP:0001250", label="Seizure", by_id="HP:0002650", by_label="Scoliosis"),
            "Seizure replaced with Scoliosis",
        ),
        (LeaveOpen(term_id="HP:0001250", label="Seizure"), "Seizure: not known"),
        (SetSex(sex=None), "Patient: sex not known"),
        (SetAge(age="P5M"), "Patient: 5 months"),
    ],
)
def test_what_was_changed(done, line):
    assert line in Page(chat_log(Session(turns=(Turn(change=done),)), ENGLISH)).text


@pytest.mark.parametrize("progress", sorted(set(Progress) - {Progress.IDLE}))
def test_what_is_being_done_is_said(progress):
    session = replace(told("Seizures."), progress=progress)
    log = chat_log(session, ENGLISH)
    assert '<p class="busy">' in log
    assert "Rett syndrome leads" in Page(log).text  # and what is there stays


def test_a_language_model_s_words_are_escaped_and_their_citations_lead_to_the_evidence():
    log = chat_log(told("Seizures.", second_reader=FakeChatReader), ENGLISH)
    assert "Also read by tiny &amp; sure" in log
    assert 'Hand apraxia is known of it <a class="cite" href="#ev-E1"' in log
    assert "Scoliosis: present or absent?" in log
    assert "3 of 9 pieces of evidence" in log


def test_an_abstention_is_shown_with_its_reason():
    session = told("No seizures.")
    reason = session.differential.abstained
    assert reason in Page(chat_log(session, ENGLISH)).text
    assert reason in Page(answer_page(session)).text


def test_the_welcome_offers_what_this_installation_reads(monkeypatch, tmp_path):
    monkeypatch.setenv("CITEDX_DATA", str(tmp_path))
    shown = Page(chat_log(Session(), ENGLISH))
    assert shown.values("data-fill") == [e.story for e in EXAMPLES if e.language is Language.ENGLISH]
    assert "Chinese and Spanish need a download first" in shown.text
    for language in TRANSLATED:
        (path,) = (path_of(d) for d in load_manifest() if d.name == f"hpo-{language}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    shown = Page(chat_log(Session(), ENGLISH))
    assert shown.values("data-fill") == [e.story for e in EXAMPLES]
    assert {e.kind for e in EXAMPLES} >= {"rare, English", "common, English", "rare, Chinese"}
    assert "in English, Chinese or Spanish" in shown.text


# The case


def test_each_finding_can_be_turned_replaced_and_removed():
    shown = Page(findings_panel(told("Seizures. No scoliosis. Mother has ectopia lentis."), ENGLISH, "abc"))
    assert "not the patient's" in shown.text
    turned = [a for a in shown.actions() if a["kind"] == "mark"]
    assert [(a["id"], a["status"]) for a in turned] == [
        ("HP:0001250", "excluded"),
        ("HP:0002650", "present"),
        ("HP:0001083", "present"),
    ]
    assert shown.values("data-replace") == ["HP:0001250", "HP:0002650", "HP:0001083"]
    assert [a["id"] for a in shown.actions() if a["kind"] == "remove"] == ["HP:0001250", "HP:0002650", "HP:0001083"]
    assert "https://hpo.jax.org/browse/term/HP:0001250" in shown.values("href")


def test_undo_is_there_once_there_is_something_to_undo():
    assert 'data-action="{&quot;kind&quot;: &quot;undo&quot;}" disabled' in findings_panel(Session(), ENGLISH, "")
    assert "disabled" not in findings_panel(told("Seizures."), ENGLISH, "")


def test_every_focusable_thing_has_a_key_of_its_own():
    shown = drawn(told("Seizures. No scoliosis. Mother has ectopia lentis."))
    keys = shown.values("data-key")
    assert len(keys) == len(set(keys)) > 12


def test_the_quote_is_shown_where_it_says_more_than_the_label():
    shown = Page(findings_panel(told("Seizures and lost purposeful hand use."), ENGLISH, ""))
    assert shown.tags.count("q") == 1
    assert "lost purposeful hand use" in shown.text


@pytest.mark.parametrize(
    ("person", "fields", "words", "chinese"),
    [
        (demographics_of("FEMALE", "P7Y"), (7, "Y"), "female, 7 years", "女、7 岁"),
        (demographics_of("MALE", "P1Y6M"), (18, "M"), "male, 18 months", "男、18 个月"),
        (demographics_of(None, "P10D"), (10, "D"), "10 days", "10 天"),
        (demographics_of(None, "P3W"), (21, "D"), "21 days", "21 天"),
        (demographics_of(None, "P0D"), (0, "D"), "newborn", "0 天"),
        (Demographics(years=18.0), (None, "Y"), "adult", "成人"),
        (Demographics(), (None, "Y"), "", ""),
    ],
)
def test_age_and_sex_in_words_and_as_fields(person, fields, words, chinese):
    assert age_in_unit(person) == fields
    assert word_person(person, ENGLISH) == words
    assert word_person(person, IN_CHINESE) == chinese
    n, unit = fields
    html = person_fields(person, ENGLISH)
    assert f'value="{"" if n is None else n}"' in html
    assert f'<option value="{unit}" selected>' in html


# The answer


def test_the_cards_show_claims_for_and_against_genetics_and_what_is_left_over():
    text = Page(answer_page(told(EXAMPLES[0].story))).text
    assert "AgainstLasting absence of speech is only occasional. [E8]" in text
    assert "None of these: 7\xa0%" in text
    assert "Rett syndrome78\xa0%MECP2 · X-linked dominant inheritance · about 1 in 9,000 to 23,000 people" in text
    assert "· MECP2 · how common it is" in text
    assert "约每 9,000 至 23,000 人中 1 人" in Page(answer_page(told(EXAMPLES[0].story), IN_CHINESE)).text
    in_spanish = Words(language=Language.SPANISH)
    shown = Page(answer_page(told(EXAMPLES[0].story), in_spanish)).text
    assert "entre 1 de cada 9\xa0000 y 1 de cada 23\xa0000 personas" in shown


def test_types_of_one_disease_say_what_they_have_together():
    one = Diagnosis(disease_id="OMIM:1", name="Noonan syndrome 4", rank=1, probability=0.5, claims=())
    two = replace(one, disease_id="OMIM:2", name="Noonan syndrome 1", rank=2, probability=0.25)
    answer = Differential(
        findings=(), diagnoses=(one, two, replace(one, name="Costello syndrome", probability=0.125)), evidence=()
    )
    session = Session(differential=answer)
    nothing = Genetics()
    html = differential_section(session, Setting.GENETICS_CLINIC, ENGLISH, lambda disease_id, setting: nothing)
    assert Page(html).text.count("2 types in this list together: 75\xa0%") == 1  # under the likeliest
    html = differential_section(session, Setting.GENETICS_CLINIC, IN_CHINESE, lambda disease_id, setting: nothing)
    assert "2 个亚型合计：75\xa0%" in Page(html).text


def test_every_reference_of_an_evidence_row_is_linked_and_a_book_is_not():
    hrefs = Page(answer_page(told(EXAMPLES[0].story))).values("href")
    assert "https://pubmed.ncbi.nlm.nih.gov/9792883/" in hrefs
    assert "https://pubmed.ncbi.nlm.nih.gov/34778139/" in hrefs
    assert "https://www.orpha.net/en/disease/detail/778" in hrefs
    assert "https://www.ncbi.nlm.nih.gov/gene/4204" in hrefs
    assert "https://ghr.nlm.nih.gov/condition/rett-syndrome" in hrefs
    assert not [href for href in hrefs if "ISBN" in href]


def test_a_differential_that_does_not_speak_of_the_case_is_dimmed():
    session = told("Seizures.")
    assert "aria-busy=true" not in answer_page(session)
    assert "aria-busy=true" in answer_page(replace(session, case=Case()))


def test_several_views_are_tabs_and_one_is_a_section():
    one = View(name="evidence", title="Evidence", body="<p>here</p>")
    assert "tablist" not in views_section([one])
    shown = Page(views_section([one, View(name="graph", title="A & B", body="<p>there</p>")]))
    assert shown.values("role") == ["tablist", "tab", "tab", "tabpanel", "tabpanel"]
    assert shown.values("aria-selected") == ["true", "false"]
    assert shown.values("aria-controls") == ["view-evidence", "view-graph"]
    assert shown.values("hidden") == [None]
    assert "A & B" in shown.text


def test_footer_cites_the_ontology_with_version_and_licence():
    shown = Page(frame.footer({"citedx": "0.1.0", "hpo": "2025-01-16"}, ENGLISH))
    assert "Human Phenotype Ontology (2025-01-16)" in shown.text
    assert shown.text.endswith("citedx 0.1.0")
    assert shown.values("href") == ["https://doi.org/10.1093/nar/gkad1005", "https://hpo.jax.org/app/license"]
