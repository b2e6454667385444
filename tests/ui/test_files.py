"""Files and links that lead into a consultation and out of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from kg.common_schema import Setting
from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import Term
from retrieval.uploads import MAX_BYTES
from tests.ui.fakes import FakeAssistant
from ui.app import perform
from ui.case import MAX_FINDINGS, Case, Status, status_of
from ui.consultation import change, export, open_file, open_link, respond
from ui.page.saving import download_part, save_menu
from ui.page.words import Words
from ui.session import Consultation, Download, OpenFile, OpenLink

STORY = "A 3-year-old girl with seizures. No scoliosis. Possible hearing impairment."
STANDING = [("HP:0001250", Status.PRESENT), ("HP:0002650", Status.EXCLUDED), ("HP:0000365", Status.UNCERTAIN)]


def run(steps: Iterator[None]) -> None:
    for _ in steps:
        pass


def told(text: str = STORY) -> Consultation:
    consultation = Consultation()
    run(respond(FakeAssistant(), consultation, text))
    return consultation


def given(content: bytes, name: str) -> dict[str, object]:
    return {"name": name, "size": len(content), "content": base64.b64encode(content).decode()}


def opened(content: bytes, name: str, consultation: Consultation | None = None) -> Consultation:
    consultation = consultation or Consultation()
    run(open_file(FakeAssistant(), consultation, given(content, name)))
    return consultation


def exported(consultation: Consultation, kind: str) -> Download:
    steps = export(FakeAssistant(), consultation, kind)
    next(steps)
    download = consultation.download
    run(steps)
    assert consultation.download is None  # not sent twice, and not kept
    assert download is not None
    return download


def standing(case: Case) -> list[tuple[str, Status]]:
    return [(f.term_id, status_of(f)) for f in case.findings]


def test_a_text_file_is_told_as_if_it_was_written():
    consultation = opened(STORY.encode(), "C:\\letters\\smith.txt")
    (turn,) = consultation.session.turns
    assert (turn.story, turn.change) == (STORY, OpenFile(name="smith.txt"))
    assert consultation.session.case == told().session.case
    assert consultation.session.differential is not None


def test_a_guessed_encoding_is_said_beside_the_answer():
    consultation = opened("Niño con seizures. ".encode("latin-1"), "carta.txt")
    (turn,) = consultation.session.turns
    assert turn.change.note.startswith("carta.txt is not UTF-8; it was read as Latin-1")
    assert turn.differential is not None


def test_the_exported_phenopacket_is_the_same_case_again_and_undo_leads_back():
    packet = exported(told(), "phenopacket")
    assert (packet.name, packet.media_type) == ("citedx-case.json", "application/json")
    assert b"seizures" not in packet.content
    consultation = opened(packet.content, packet.name, told("Ectopia lentis."))
    case = consultation.session.case
    assert standing(case) == STANDING
    assert (case.person.sex, case.person.age) == ("FEMALE", "P3Y")
    run(change(FakeAssistant(), consultation, {"kind": "undo"}))
    assert standing(consultation.session.case) == [("HP:0001083", Status.PRESENT)]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"name": "big.pdf", "size": MAX_BYTES + 1, "content": ""}, "big.pdf is larger than 5 MB"),
        ({"name": "x.txt", "size": 3, "content": "-"}, "x.txt did not arrive whole: hand it in again"),
        ({}, "file is empty"),
        (given(b"MZ\x90\0", "report.pdf"), "report.pdf is not a text file but a Windows program"),
        (given(b"%PDF-1.7 broken", "scan.pdf"), "scan.pdf is a damaged PDF"),
        (given(b'{"id": "x"}', "x.json"), "x.json"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_leaves_the_case(data, says):
    consultation = told()
    before = consultation.session
    run(open_file(FakeAssistant(), consultation, data))
    assert consultation.session.turns[-1].note.startswith(says)
    assert "\n" not in consultation.session.turns[-1].note
    assert (consultation.session.case, consultation.session.differential) == (before.case, before.differential)


def test_a_packet_of_too_many_findings_is_one_line_and_costs_nothing():
    tops = (Term(term_id=ROOT, name="All"), Term(term_id=PHENOTYPIC_ABNORMALITY, name="A", parent_ids=(ROOT,)))
    ids = [f"HP:{9_000_000 + n}" for n in range(MAX_FINDINGS + 1)]
    terms = (Term(term_id=i, name=i, parent_ids=(PHENOTYPIC_ABNORMALITY,)) for i in ids)
    assistant = FakeAssistant(ontology=Ontology((*tops, *terms), version="1"))
    consultation = told()
    before = consultation.session.case
    for n, says in ((1, "case.json has 201 findings, more than the limit of 200"), (0, "")):
        packet = {"id": "p", "phenotypicFeatures": [{"type": {"id": i, "label": i}} for i in ids[: MAX_FINDINGS + n]]}
        run(open_file(assistant, consultation, given(json.dumps(packet).encode(), "case.json")))
        assert consultation.session.turns[-1].note == (says or None)
        assert (consultation.session.case == before) == bool(says)


def test_a_packet_that_repeats_a_finding_holds_it_once():
    packet = {"id": "p", "phenotypicFeatures": [{"type": {"id": "HP:0001250", "label": "Seizure"}}] * 300}
    consultation = opened(json.dumps(packet).encode(), "case.json")
    assert len(consultation.session.case.findings) == 1


def test_a_link_is_a_case_and_a_link_that_is_none_is_one_line():
    consultation = Consultation()
    run(open_link(FakeAssistant(), consultation, "hpo=HP:0001250,-HP:0002650,~HP:0000365&sex=FEMALE&age=P3Y"))
    assert standing(consultation.session.case) == STANDING
    assert consultation.session.turns[-1].change == OpenLink()
    assert consultation.session.setting is None
    run(open_link(FakeAssistant(), consultation, "hpo=HP:9999999&setting=emergency"))
    assert "HP:9999999" in consultation.session.turns[-1].note
    assert standing(consultation.session.case) == STANDING


def test_a_link_says_where_the_patient_is_seen():
    consultation = Consultation()
    run(open_link(FakeAssistant(), consultation, "hpo=HP:0001250&setting=emergency"))
    assert consultation.session.setting is Setting.EMERGENCY
    assert consultation.session.differential.setting is Setting.EMERGENCY
    assert "hpo=HP:0001250&amp;setting=emergency" in save_menu(consultation.session, Words())


def test_the_page_asks_for_all_of_it_by_acts():
    consultation = Consultation()
    link = {"kind": "open", "link": "hpo=HP:0001250", "language": "en"}
    run(perform(FakeAssistant(), consultation, link))
    run(
        perform(FakeAssistant(), consultation, {"kind": "file", "consultation": consultation.token, **given(b"x", "x")})
    )
    steps = perform(
        FakeAssistant(), consultation, {"kind": "save", "value": "copy", "consultation": consultation.token}
    )
    next(steps)
    assert consultation.download.name == ""
    assert consultation.download.content.startswith(b"# Differential diagnosis")


def test_reports_are_of_the_answer_with_the_story_s_words():
    consultation = told()
    markdown = exported(consultation, "markdown")
    assert markdown.name == "citedx-report.md"
    assert "Rett syndrome: 78.0%" in markdown.content.decode()
    pdf = exported(consultation, "pdf")
    assert (pdf.name, pdf.media_type, pdf.content[:5]) == ("citedx-report.pdf", "application/pdf", b"%PDF-")


@pytest.mark.parametrize("kind", ["pdf", "docx", "phenopacket"])
def test_what_cannot_be_saved_is_one_line(kind):
    consultation = Consultation()
    run(export(FakeAssistant(), consultation, kind))
    assert consultation.session.turns[-1].note
    assert consultation.download is None


def test_the_menu_comes_with_the_case_and_its_reports_with_the_answer():
    words = Words()
    assert save_menu(Consultation().session, words) == ""
    consultation = Consultation()
    menus = [save_menu(consultation.session, words) for _ in respond(FakeAssistant(), consultation, STORY)]
    assert menus[1].count("disabled") == 3
    assert "disabled" not in menus[-1]
    assert 'data-link="hpo=HP:0001250,-HP:0002650,~HP:0000365&amp;sex=FEMALE&amp;age=P3Y"' in menus[-1]


def test_a_file_on_its_way_has_a_number_of_its_own():
    download = Download(name='a"b.md', media_type="text/markdown", content="é".encode())
    first, second = download_part(download), download_part(download)
    assert 'data-name="a&quot;b.md"' in first
    assert 'data-content="w6k="' in first
    assert first != second
    assert download_part(None) == ""
