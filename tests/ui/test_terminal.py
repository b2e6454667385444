"""What a terminal shows: the story with marked spans, nothing lost, nothing that steers it."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from kg.schema import Finding, Provenance
from kg.sources.common_conditions import load_web_pages
from retrieval.schema import Evidence, EvidenceKind
from ui.page.evidence import evidence_row
from ui.page.words import Words
from ui.statements import word_percent
from ui.terminal import show_evidence, show_findings, show_story

SEIZURE = Finding(term_id="HP:0001250", label="Seizure", quote="fits", start=8, end=12)
FEVER = Finding(term_id="HP:0001945", label="Fever", excluded=True, quote="fever", start=17, end=22)


def shown(story: str, *findings: Finding, coloured: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, soft_wrap=True, color_system="standard" if coloured else None, force_terminal=coloured)
    show_story(console, story, findings)
    return out.getvalue()


def test_present_and_absent_findings_are_marked_in_the_story():
    assert shown("She has fits, no fever.", SEIZURE, FEVER) == "She has [+fits], no [-fever].\n"


def test_marks_are_coloured_where_the_terminal_has_colour():
    assert shown("She has fits, no fever.", SEIZURE, FEVER, coloured=True) == (
        "She has \x1b[32m[+fits]\x1b[0m, no \x1b[31m[-fever]\x1b[0m.\n"
    )


def test_what_is_neither_certain_nor_impossible_is_not_shown_so():
    shown_as = [word_percent(p) for p in (0.0, 0.0004, 0.001, 0.937, 0.999, 0.9996, 1.0)]
    assert shown_as == ["0.0%", "<0.1%", "0.1%", "93.7%", "99.9%", ">99.9%", "100.0%"]


def test_the_story_is_no_markup_and_steers_nothing():
    story = "[red]He\0 \x1b[31m\u202e \x9b [/]"
    assert shown(story) == "[red]He␀ ␛[31m� � [/]\n"
    out = io.StringIO()
    show_findings(Console(file=out, soft_wrap=True), [Finding(term_id="HP:1", label="[b]x", quote="a\x1bb[/]")])
    assert out.getvalue() == '  present  HP:1  [b]x  "a␛b[/]"\n'


def test_of_overlapping_findings_the_later_one_has_the_rest():
    whole = Finding(term_id="HP:0002371", label="Loss of speech", quote="lost use and speech", start=0, end=19)
    part = Finding(term_id="HP:0032588", label="Hand apraxia", quote="lost use", start=0, end=8)
    assert shown("lost use and speech", whole, part) == "[+lost use][+ and speech]\n"


SPAN = st.tuples(st.integers(0, 30), st.integers(1, 10), st.booleans())


@given(st.text(alphabet="ab [+]\n🙂é", max_size=30), st.lists(SPAN, max_size=4))
def test_marking_loses_no_character(story, spans):
    findings = [
        Finding(term_id=f"HP:{i}", label="x", excluded=excluded, start=start, end=start + n)
        for i, (start, n, excluded) in enumerate(spans)
    ]
    rest = iter(shown(story, *findings))
    assert all(character in rest for character in story.rstrip())


def test_a_web_page_is_named_by_its_title_beside_its_address():
    page = next(p for p in load_web_pages() if "&" not in p.title)
    provenance = Provenance(source="s", version="1", reference=page.address, licence="CC0")
    evidence = Evidence(
        evidence_id="E1", kind=EvidenceKind.FACT, text="t", disease_id="OMIM:1", term_ids=(), provenance=(provenance,)
    )
    out = io.StringIO()
    show_evidence(Console(file=out, soft_wrap=True), [evidence])
    assert f"{page.title}  {page.address}" in out.getvalue()
    row = evidence_row(evidence, Words())
    assert f">{page.title}</a>" in row
    assert row.count(page.address.replace("&", "&amp;")) == 1
