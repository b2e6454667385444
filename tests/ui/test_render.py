"""What is shown is escaped, cited and linked as promised."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.schema import Finding, Provenance
from llm.schema import Claim, Diagnosis, Differential, Question, RemovedClaim
from retrieval.demographics import demographics_of
from retrieval.schema import Evidence, EvidenceKind
from tests.ui.fakes import COMMENTARY, FakeAssistant
from ui import render
from ui.app import EXAMPLES
from ui.render import Turn

EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'"
SEIZURE = Finding(term_id="HP:0001250", label="Seizure", quote="fits", start=8, end=12)


class Page(HTMLParser):
    """Tags, attributes and text of a piece of HTML, as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str | None]:
        return [value for key, value in self.attributes if key == name]


def evil_differential() -> Differential:
    provenance = Provenance(source=EVIL, version=EVIL, reference=f"PMID:{EVIL}", licence=EVIL)
    evidence = Evidence(
        evidence_id="E1", kind=EvidenceKind.CASE, text=EVIL, disease_id="OMIM:1", term_ids=(), provenance=(provenance,)
    )
    claim = Claim(text=EVIL, supports=True, evidence_ids=("E1",), disease_id="OMIM:1")
    against = Claim(text=EVIL, supports=False, evidence_ids=(EVIL,), disease_id="OMIM:1")
    return Differential(
        findings=(),
        diagnoses=(
            Diagnosis(disease_id=f"X:{EVIL}", name=EVIL, rank=1, probability=0.5, claims=(claim, against)),
            Diagnosis(disease_id="OMIM:2", name=EVIL, rank=2, probability=0.25, claims=()),
        ),
        evidence=(evidence,),
        removed_claims=(RemovedClaim(claim=claim, reason=EVIL),),
        questions=(Question(term_id="HP:1", text=EVIL, gain=0.1),),
        versions={EVIL: EVIL, "hpo": EVIL},
    )


def test_words_of_users_and_sources_never_become_markup():
    differential = evil_differential()
    findings = (
        Finding(term_id="HP:1", label=EVIL, quote=EVIL, start=0, end=len(EVIL)),
        Finding(term_id="HP:2", label=EVIL, excluded=True),
    )
    abstained = Differential(findings=(), diagnoses=(), evidence=(), abstained=EVIL)
    turns = [
        Turn(story=EVIL, findings=findings, differential=differential),
        Turn(story=EVIL, note=EVIL),
        Turn(story=EVIL, differential=abstained),
    ]
    shown = (
        render.chat_log(turns, differential)
        + render.case_panel(findings, differential)
        + render.case_panel(findings, abstained)
        + render.footer(differential.versions)
    )
    page = Page(shown)
    assert page.text.count("<img src=x onerror=alert(1)>") > 20
    assert not {"img", "script"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x", "/local", "", None])
def test_only_web_addresses_become_links(url):
    assert render.link(url, "PMID:1 & <b>") == "PMID:1 &amp; &lt;b&gt;"


def test_a_link_gives_nothing_away_to_its_page():
    assert render.link("https://omim.org/entry/1?a=1&b", "OMIM:1") == (
        '<a href="https://omim.org/entry/1?a=1&amp;b" target="_blank" rel="noopener noreferrer">OMIM:1</a>'
    )


def test_marks_the_findings_in_the_story():
    deaf = Finding(term_id="HP:0000365", label="Hearing impairment", excluded=True, quote="deaf", start=18, end=22)
    assert render.marked_story("She has fits,\nnot deaf.", [deaf, SEIZURE]) == (
        'She has <mark class="present" title="Seizure">fits</mark>,<br>not '
        '<mark class="excluded" title="Hearing impairment">deaf</mark>.'
    )


def test_of_overlapping_spans_the_later_marks_what_is_left():
    hands = Finding(term_id="HP:0032588", label="Hand apraxia", quote="lost hand use", start=0, end=13)
    speech = Finding(term_id="HP:0002371", label="Loss of speech", quote="lost hand use, speech", start=0, end=21)
    assert render.marked_story("lost hand use, speech", [speech, hands, hands]) == (
        '<mark class="present" title="Hand apraxia">lost hand use</mark>'
        '<mark class="present" title="Loss of speech">, speech</mark>'
    )


@given(story=st.text(), spans=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted)))
def test_marking_neither_adds_nor_loses_a_character(story, spans):
    findings = [Finding(term_id="HP:1", label="x", quote="x", start=start, end=end) for start, end in spans]
    assert Page(render.marked_story(story, findings)).text == story.replace("\n", "")


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.0, "0"), (0.004, "&lt;1"), (0.006, "1"), (0.784, "78"), (1.0, "100")]
)
def test_percent(probability, shown):
    assert render.percent(probability) == f"{shown}&nbsp;%"


def rett() -> tuple[Turn, Differential]:
    assistant, story = FakeAssistant(), next(iter(EXAMPLES.values()))
    findings = assistant.find_findings(story)
    differential = assistant.diagnose(findings)
    return Turn(story=story, findings=findings, differential=differential), differential


def test_every_citation_leads_to_a_row_of_evidence():
    turn, differential = rett()
    page = Page(render.chat_log([turn], differential) + render.case_panel(turn.findings, differential))
    cited = {href for href in page.values("href") if href.startswith("#")}
    rows = [i for i in page.values("id") if i.startswith("ev-")]
    assert rows == [f"ev-E{n}" for n in range(1, 11)]
    assert cited == {f"#{row}" for row in rows}


def test_every_reference_of_an_evidence_row_is_linked_and_a_book_is_not():
    turn, differential = rett()
    hrefs = Page(render.case_panel(turn.findings, differential)).values("href")
    assert "https://pubmed.ncbi.nlm.nih.gov/9792883/" in hrefs
    assert "https://pubmed.ncbi.nlm.nih.gov/34778139/" in hrefs
    assert "https://www.orpha.net/en/disease/detail/778" in hrefs
    assert not [href for href in hrefs if "ISBN" in href]


def test_citations_of_an_earlier_answer_are_not_links():
    turn, _ = rett()
    earlier = Page(render.chat_log([turn], current=None))
    assert "[E1]" in earlier.text
    assert earlier.values("href") == []
    assert "Earlier answer: its evidence is no longer shown." in earlier.text


def test_the_answer_says_what_leads_why_and_what_to_ask():
    turn, differential = rett()
    text = Page(render.chat_log([turn], differential)).text
    assert "Excluded: Hearing impairment." in text
    assert "Rett syndrome leads with 78\xa0%." in text
    assert "Irregular breathing is very frequent. [E5]" in text
    assert "and 1 more in the differential" in text
    assert "The question that would help most: Does she have scoliosis?" in text


def test_the_panel_shows_claims_for_and_against_and_what_is_left_over():
    turn, differential = rett()
    text = Page(render.case_panel(turn.findings, differential)).text
    assert "AgainstLasting absence of speech is only occasional. [E8]" in text
    assert "None of these: 7\xa0%" in text
    assert "hand wringing" in text


def test_an_abstention_is_shown_with_its_reason():
    differential = FakeAssistant().diagnose(())
    reason = "There is no present finding to rank diseases by."
    assert reason in Page(render.case_panel((), differential)).text
    assert reason in Page(render.chat_log([Turn(story="x", differential=differential)], differential)).text


def test_footer_cites_the_ontology_with_version_and_licence():
    page = Page(render.footer({"citedx": "0.1.0", "hpo": "2025-01-16"}))
    assert "Human Phenotype Ontology (2025-01-16)" in page.text
    assert page.text.endswith("citedx 0.1.0")
    assert page.values("href") == ["https://doi.org/10.1093/nar/gkad1005", "https://hpo.jax.org/app/license"]


def test_public_json():
    source = {"source": "HPO annotations", "version": "2025-01-16", "licence": "L"}
    claim = Claim(text="Seizures are known.", supports=True, evidence_ids=("E1",), disease_id="OMIM:312750")
    differential = Differential(
        findings=(SEIZURE,),
        diagnoses=(
            Diagnosis(
                disease_id="OMIM:312750",
                equivalent_ids=("OMIM:312750", "ORPHA:778"),
                name="Rett syndrome",
                rank=1,
                probability=0.75,
                claims=(claim,),
            ),
        ),
        evidence=(
            Evidence(
                evidence_id="E1",
                kind=EvidenceKind.ANNOTATION,
                text="Rett syndrome: seizure",
                disease_id="OMIM:312750",
                term_ids=("HP:0001250",),
                provenance=(Provenance(reference="PMID:1", **source), Provenance(reference="PMID:2", **source)),
            ),
        ),
        removed_claims=(RemovedClaim(claim=claim, reason="E9 does not exist"),),
        questions=(Question(term_id="HP:0002650", text="Scoliosis?", gain=0.25),),
        person=demographics_of("FEMALE", "P3Y"),
        versions={"hpo": "2025-01-16"},
    )
    said = {"text": "Seizures are known.", "supports": True, "citations": ["E1"]}
    assert json.loads(json.dumps(render.differential_json(differential))) == {
        "patient": {"sex": "FEMALE", "age": "P3Y"},
        "findings": [
            {"id": "HP:0001250", "label": "Seizure", "excluded": False, "quote": "fits", "start": 8, "end": 12}
        ],
        "diagnoses": [
            {
                "rank": 1,
                "id": "OMIM:312750",
                "equivalent_ids": ["OMIM:312750", "ORPHA:778"],
                "name": "Rett syndrome",
                "probability": 0.75,
                "claims": [said],
            }
        ],
        "evidence": [
            {
                "id": "E1",
                "kind": "annotation",
                "text": "Rett syndrome: seizure",
                "source": "HPO annotations",
                "version": "2025-01-16",
                "reference": "PMID:1; PMID:2",
                "url": "https://pubmed.ncbi.nlm.nih.gov/1/",
            }
        ],
        "abstained": None,
        "commentary": None,
        "removed_claims": [{**said, "reason": "E9 does not exist"}],
        "questions": [{"id": "HP:0002650", "text": "Scoliosis?", "gain": 0.25}],
        "versions": {"hpo": "2025-01-16"},
    }


def test_the_panel_says_who_the_patient_is_where_it_is_known():
    panel = render.case_panel((SEIZURE,), None, person=demographics_of("FEMALE", "P3Y"))
    assert '<p class="person">Patient: female, 3 years</p>' in panel
    assert "Patient:" not in render.case_panel((SEIZURE,), None)


def test_a_language_model_s_words_are_escaped_and_their_citations_lead_to_the_evidence():
    differential = replace(FakeAssistant().diagnose((SEIZURE,)), commentary=COMMENTARY)
    log = render.chat_log((render.Turn(story="x", findings=(SEIZURE,), differential=differential),), differential)
    assert "tiny &amp; sure" in log
    assert 'Hand apraxia is known of it <a class="cite" href="#ev-E1"' in log
    assert "Scoliosis: present or absent?" in log
    assert "3 of 9 pieces of evidence" in log
    told = render.differential_json(differential)["commentary"]
    assert told["rung"] == "constrained"
    assert told["questions"] == [{"id": "HP:0002650", "text": "Scoliosis: present or absent?"}]
    json.dumps(told)


def test_a_claim_by_a_language_model_is_marked_in_the_json():
    claim = Claim(text="t", supports=True, evidence_ids=("E1",), disease_id="OMIM:312750", by_model=True)
    assert render._claim_json(claim)["by_model"] is True
    assert "by_model" not in render._claim_json(replace(claim, by_model=False))
