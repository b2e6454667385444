"""Reports: everything that the answer says, nothing that acts, links that lead where they say."""

import io
from dataclasses import replace
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kg.schema import Finding
from kg.translations import Language
from llm.schema import Differential, RemovedClaim
from tests.ui.fakes import COMMENTARY, EVIDENCE, FakeAssistant, claim
from ui.page.words import Words
from ui.report import escape_markdown, report_markdown
from ui.report_pdf import report_pdf

pypdf = pytest.importorskip("pypdf", reason="needs pypdf (pip install -e '.[documents]')")
pytest.importorskip("fpdf", reason="needs fpdf2 (pip install -e '.[documents]')")

HOSTILE = (
    "<img src=x onerror=alert(1)> [x](javascript:alert(2)) **bold** `code` # 1. www.evil.example http://evil.example"
)
STORY = "A 3-year-old girl who lost purposeful hand use, with hand wringing and seizures. No hearing impairment."


def answer_to(story: str) -> Differential:
    assistant = FakeAssistant()
    findings = [said.finding for said in assistant.find_statements(story)]
    *_, answer = assistant.weigh(findings, person=assistant.find_person(story))
    return answer


@pytest.fixture(scope="module")
def answer() -> Differential:
    answer = replace(answer_to(STORY), commentary=COMMENTARY)
    foreign = Finding(term_id="HP:0002650", label="脊柱侧弯 (β, ½, Ж)", uncertain=True, quote=HOSTILE)
    removed = RemovedClaim(claim=claim("As everybody knows", "OMIM:312750", "E99"), reason="no such evidence")
    return replace(answer, findings=(*answer.findings, foreign), removed_claims=(removed,))


def said(answer: Differential) -> list[str]:
    """All that a report has to say."""
    return [
        "Decision support for professionals, not a medical device.",
        "female, 3 years",
        *(f.label for f in answer.findings),
        *(f.term_id for f in answer.findings),
        HOSTILE,
        *(f"{d.rank}. {d.name}: {d.probability:.1%}" for d in answer.diagnoses),
        f"None of these: {1 - sum(d.probability for d in answer.diagnoses):.1%}",
        *(c.text for d in answer.diagnoses for c in d.claims),
        "tiny & sure",
        "Hand apraxia is known of it [E1].",
        *COMMENTARY.notes,
        *(q.text for q in answer.questions),
        *(e.text for e in answer.evidence),
        *(p.reference for e in answer.evidence for p in e.provenance),
        "As everybody knows (no such evidence)",
        "HPO annotations 2025-01-16, licence: https://hpo.jax.org/app/license",
        "https://doi.org/10.1093/nar/gkad1005",
        "hpo: 2025-01-16",
    ]


def read_markdown(text: str) -> tuple[str, list[str]]:
    """The words that a reader of the rendered text sees, and where its links lead."""
    words, links = [], []
    for token in MarkdownIt("commonmark").parse(text):
        for child in token.children or []:
            assert child.type != "html_inline"
            words.append(" " if child.type == "softbreak" else child.content)
            if child.type == "link_open":
                links.append(str(child.attrs["href"]))
        assert token.type not in ("html_block", "code_block", "fence", "blockquote_open")
        words.append(" " if token.block else "")
    return "".join(words), links


def test_markdown_says_it_all_and_links_to_the_sources_alone(answer: Differential):
    words, links = read_markdown(report_markdown(answer))
    assert [s for s in said(answer) if s not in words] == []
    assert all(link.startswith("https://") and "evil" not in link for link in links)
    assert "https://pubmed.ncbi.nlm.nih.gov/9792883/" in links
    n_citations = sum(len(c.evidence_ids) for d in answer.diagnoses for c in d.claims) + 1
    n_without_page = 1  # E9 cites a book
    n_terms, n_ids = len(answer.findings), sum(len(d.equivalent_ids) or 1 for d in answer.diagnoses)
    n_references = sum(len(e.provenance) for e in EVIDENCE) - n_without_page
    assert len(links) == n_terms + n_ids + n_citations - n_without_page + n_references + 2


def test_a_report_says_why_there_is_no_diagnosis():
    answer = answer_to("No seizures.")
    text = report_markdown(answer)
    assert answer.abstained
    assert answer.abstained in text
    assert "## Evidence" not in text
    assert "None of these" not in text


@given(st.text())
@example("1. one")
@example("- x\n# y\n> z")
@example("    code")
@example("a\\*b &amp; <i> ![x](y) ~~z~~ $m$ |t|")
def test_escaped_text_reads_as_it_was(text: str):
    flat = " ".join("".join("\ufffd" if category(c) == "Cc" and not c.isspace() else c for c in text).split())
    html = MarkdownIt("gfm-like", {"linkify": False}).render("- " + escape_markdown(flat, at_start=True))
    plain = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert html == f"<ul>\n<li>{plain}</li>\n</ul>\n" if flat else "<li></li>" in html


@pytest.fixture(scope="module")
def pages(answer: Differential):
    return pypdf.PdfReader(io.BytesIO(report_pdf(answer))).pages


def test_pdf_says_it_all(answer: Differential, pages):
    words = " ".join(" ".join(p.extract_text().split()) for p in pages)
    assert [s for s in said(answer) if s not in words] == []


def test_in_pdf_citations_lead_to_their_evidence_and_references_to_their_pages(answer: Differential, pages):
    links = [a.get_object() for p in pages for a in p.get("/Annots", [])]
    addresses = [a["/A"]["/URI"] for a in links if "/A" in a]
    assert "https://pubmed.ncbi.nlm.nih.gov/9792883/" in addresses
    assert all(a.startswith("https://") and "evil" not in a for a in addresses)
    inner = [a["/Dest"] for a in links if "/Dest" in a]
    assert len(inner) >= sum(len(c.evidence_ids) for d in answer.diagnoses for c in d.claims) + 1
    evidence_page = next(p for p in pages if "E1 (annotation)" in p.extract_text())
    assert {d[0].idnum for d in inner} == {evidence_page.indirect_reference.idnum}


def test_what_the_pdf_s_font_has_not_is_shown_and_counted(answer: Differential):
    strange = Finding(term_id="HP:0002650", label="scoliosis", quote="😀 عرب")
    pdf = pypdf.PdfReader(io.BytesIO(report_pdf(replace(answer, findings=(strange,)))))
    words = pdf.pages[0].extract_text()
    assert "Characters that the font of this report has not are shown as □: 4." in words
    assert "□ □□□" in words


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            Language.SPANISH,
            ["Diagnóstico diferencial", "Convulsiones", "Paciente: mujer, 3 años", "Ninguna de estas:", "En contra"],
        ),
        (Language.CHINESE, ["鉴别诊断", "癫痫发作", "患者：女、3 岁", "以上都不是：", "反对"]),
    ],
)
def test_a_report_is_in_the_page_s_language_and_the_font_has_its_words(answer, language, expected):
    words = Words(language=language, label_of=FakeAssistant().label)
    answer = replace(answer, findings=answer.findings[:-1])  # without the hostile quote
    text, _ = read_markdown(report_markdown(answer, words))
    pdf = pypdf.PdfReader(io.BytesIO(report_pdf(answer, words)))
    printed = " ".join(" ".join(p.extract_text().split()) for p in pdf.pages)
    assert [s for s in expected if s not in text or s not in printed] == []
    assert "□" not in printed
    assert pdf.metadata.title == expected[0]


def test_the_same_answer_gives_the_same_pdf(answer: Differential):
    assert report_pdf(answer) == report_pdf(answer)
