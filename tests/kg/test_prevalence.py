"""How common diseases are: from words to numbers, from pages to diseases, through the graph to the prior."""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from dataclasses import replace
from math import log
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.build import SourceFiles, build_graph, load_graph
from kg.errors import SourceError
from kg.graph import KnowledgeGraph
from kg.likelihood import PREVALENCE_WEIGHT, UNKNOWN_PREVALENCE
from kg.prevalence import find_prevalences, parse_prevalence
from kg.schema import Disease, Prevalence, Provenance
from kg.sources.medquad import Document, load_documents
from kg.sources.prevalences import (
    FamilyShare,
    load_cited_prevalences,
    load_family_shares,
    load_prevalences,
    write_prevalences,
)
from tests.toy import ALPHA, ALPHA_ORPHA, BETA, build_model

SOURCE = Provenance(source="pages", version="1", reference="", licence="CC0-1.0")
ALPHA_PAGE, BETA_PAGE = "https://example.org/alpha", "https://example.org/beta"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("It occurs in 1 in 10,000 to 15,000 newborns.", 1 / 15000, 1 / 10000),
        ("between 1 in 5,600 and 1 in 26,550 newborns", 1 / 26550, 1 / 5600),
        ("about one in every 1 million people", 1e-6, 1e-6),
        ("1 in 1 to 2 million people", 1 / 2e6, 1e-6),
        ("an estimated 1 to 24 per 1 million people worldwide", 1e-6, 24e-6),
        ("2 to 5 per 100,000 individuals", 2e-5, 5e-5),
        ("less than 1 per million people", 1e-6, 1e-6),
        ("approximately 30 affected families have been described", 30 * 5 / 7e9, 30 * 5 / 7e9),
        ("Only 1 person in 3. In Iceland 1 in 40,000 people.", 1 / 40000, 1 / 40000),
        ("1 to 2.5 per 100,000 newborns; of mothers with diabetes 1 in 350", 1e-5, 2.5e-5),
        ("1 of every 30,000 to 40,000 individuals", 1 / 40000, 1 / 30000),
        ("more than 60 people, or 1 in 8,000 births", 1 / 8000, 1 / 8000),
        ("8 percent of people have it; 1 in 200 people elsewhere", 1 / 200, 1 / 200),
    ],
)
def test_numbers_in_words(text: str, low: float, high: float):
    assert parse_prevalence(text) == pytest.approx((low, high))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It is a very rare disorder.",
        "less than 1 percent of individuals",
        "5 to 8 percent of all cases",
        "in 1 in 1",
    ],
)
def test_what_is_no_number_of_people(text: str):
    assert parse_prevalence(text) is None


@given(st.text(alphabet="0123456789,. in1onepertomilon-\n", max_size=60))
def test_any_text_gives_shares_or_nothing(text: str):
    shares = parse_prevalence(text)
    assert shares is None or 0 < shares[0] <= shares[1] <= 0.5


def page(focus: str, text: str, url: str = ALPHA_PAGE, synonyms: tuple[str, ...] = ()) -> Document:
    answers = (("symptoms", "1 in 7 people cough."), ("frequency", text))
    return Document(url=url, focus=focus, synonyms=synonyms, answers=answers)


def test_pages_find_their_diseases_by_name():
    named = {
        "OMIM:1": "Ataxia, with deafness",  # what stands before the first comma is shared: no page tells of it
        "OMIM:2": "Ataxia, with blindness",
        "OMIM:3": "Chorea, hyperammonemia due to",
        "OMIM:4": "Dystonia type II",
    }
    diseases = {d: Disease(disease_id=d, name=name) for d, name in named.items()}
    pages = [
        page("ataxia", "1 in 100 people"),
        page("chorea", "1 in 1,000 people"),
        page("another", "1 in 400 people", BETA_PAGE, synonyms=("Dystonia, type 2",)),
        page("dystonia type 2", "1 in 500 people"),
        page("dystonia type 2", "It is rare."),
    ]
    found = {p.disease_id: (p.middle, p.provenance.reference) for p in find_prevalences(pages, diseases, SOURCE)}
    assert found == {"OMIM:3": (pytest.approx(1e-3), ALPHA_PAGE), "OMIM:4": (pytest.approx(1 / 400), BETA_PAGE)}


@pytest.mark.parametrize("name", ["Ataxia, type 1G", "Ataxia, hereditary, 3", "Ataxia, Lowry type"])
def test_one_of_several_types_is_not_told_of_by_a_page_on_all(name: str):
    diseases = {"OMIM:1": Disease(disease_id="OMIM:1", name=name)}
    assert find_prevalences([page("ataxia", "1 in 100 people")], diseases, SOURCE) == ()
    assert find_prevalences([page(name, "1 in 100 people")], diseases, SOURCE)


def test_a_page_that_names_an_entry_tells_of_no_other_by_its_beginning():
    diseases = {n: Disease(disease_id=n, name=n) for n in ("Alpha-chorea", "Chorea, beta")}
    (found,) = find_prevalences([page("alpha-chorea", "1 in 100 people", synonyms=("chorea",))], diseases, SOURCE)
    assert found.disease_id == "Alpha-chorea"


@pytest.mark.parametrize(
    "text",
    [
        "It is rare. Together, such diseases occur in about 1 in 4,000 people. In Finland 1 in 12,000 people have it.",
        "This group of conditions affects an estimated 1 in 2,500 people.",
        "The prevalence of all forms of ataxia ranges from 1 in 30,000 to 1 in 250,000 newborns.",
        "It is less common than chorea, which affects about 1 in 40,000 people.",
    ],
)
def test_a_familys_number_is_no_members(text: str):
    diseases = {"OMIM:1": Disease(disease_id="OMIM:1", name="Ataxia")}
    assert find_prevalences([page("ataxia", text)], diseases, SOURCE) == ()
    assert find_prevalences([page("ataxia", "1 in 9,000 people. " + text)], diseases, SOURCE)


@pytest.mark.parametrize(
    "text",
    [
        "1 in 1,300 newborns in the Old Order Amish population have it.",
        "The condition affects an estimated 1 in 1,500 people in this population.",
        "Of those tested 1 in 700 people had it.",
    ],
)
def test_a_small_peoples_number_is_not_everybodys(text: str):
    diseases = {"OMIM:1": Disease(disease_id="OMIM:1", name="Ataxia")}
    assert find_prevalences([page("ataxia", text)], diseases, SOURCE) == ()
    (elsewhere,) = find_prevalences([page("ataxia", text + " Elsewhere 1 in 20,000 do.")], diseases, SOURCE)
    assert elsewhere.middle == pytest.approx(1 / 20000)


def test_a_familys_number_is_shared_out_by_the_table():
    names = ("Chorea 1", "Chorea 2", "Chorea, of the young", "Chorea 3")
    diseases = {name: Disease(disease_id=name, name=name) for name in names}
    pages = [page("chorea", "1 in 1,000 people"), page("chorea 2", "1 in 9,000 people", BETA_PAGE)]
    shares = [
        FamilyShare(page=ALPHA_PAGE, disease_id=d, label=d, share=s) for d, s in zip(names[:2], (0.8, 0.1), strict=True)
    ]
    found = {p.disease_id: p.middle for p in find_prevalences(pages, diseases, SOURCE, shares)}
    assert found == pytest.approx({"Chorea 1": 0.8e-3, "Chorea 2": 1 / 9000})  # a page of its own comes first
    alone = {p.disease_id for p in find_prevalences(pages, diseases, SOURCE)}
    assert alone == {"Chorea, of the young", "Chorea 2"}
    family = [page("chorea", "1 in 1,000 people", synonyms=("Chorea 1", "Chorea 3"))]
    found = {p.disease_id: p.middle for p in find_prevalences(family, diseases, SOURCE, shares)}
    assert found == pytest.approx({"Chorea 1": 0.8e-3, "Chorea 2": 0.1e-3, "Chorea 3": 1e-3})  # not all of it for 1


@pytest.mark.release
def test_the_table_of_shares_names_entries_of_the_release(release_graph: KnowledgeGraph):
    shares = load_family_shares()
    assert [s.label for s in shares] == [release_graph.disease(s.disease_id).name for s in shares]
    told: dict[tuple[str, str], float] = defaultdict(float)
    for share in shares:  # an entry of OMIM and one of Orphanet may be the same disease, or one a kind of the other
        told[share.page, share.disease_id.partition(":")[0]] += share.share
    assert max(told.values()) <= 1
    (kabuki,) = [s for s in shares if s.label == "Kabuki Syndrome 1"]
    assert str(release_graph.prevalence_of(kabuki.disease_id)) == "1 in 43,000 people"


@pytest.mark.parametrize("share", [0.0, 1.01])
def test_a_share_is_a_share(share: float):
    with pytest.raises(ValueError, match="expected 0 < share <= 1"):
        FamilyShare(page=ALPHA_PAGE, disease_id=ALPHA, label="Alpha", share=share)


def test_a_page_on_two_diseases_tells_of_both_unless_it_is_one():
    names = (
        "Duke muscular dystrophy",
        "Beck muscular dystrophy",
        "Spinal and bulbar muscle atrophy",
        "Spinal muscle atrophy",
    )
    diseases = {name: Disease(disease_id=name, name=name) for name in names}
    pages = [
        page("Duke and Beck muscular dystrophy", "Both together affect 1 in 3,500 boys"),
        page("spinal and bulbar muscle atrophy", "1 in 150,000 people"),
    ]
    found = {p.disease_id for p in find_prevalences(pages, diseases, SOURCE)}
    assert found == set(names[:3])


def prevalence(disease_id: str, low: float, high: float | None = None) -> Prevalence:
    provenance = replace(SOURCE, reference=ALPHA_PAGE)
    return Prevalence(disease_id=disease_id, low=low, high=high or low, provenance=provenance)


def test_a_prevalence_in_words():
    assert str(prevalence("OMIM:1", 1 / 15000, 1 / 10000)) == "1 in 10,000 to 15,000 people"
    assert str(prevalence("OMIM:1", 1 / 36021)) == "1 in 36,000 people"
    assert prevalence("OMIM:1", 1e-6, 1e-4).middle == pytest.approx(1e-5)
    with pytest.raises(ValueError, match="expected 0 < low <= high <= 1"):
        prevalence("OMIM:1", 0.2, 0.1)


def test_the_table_survives_a_round_trip(tmp_path: Path):
    table = (prevalence("OMIM:1", 1e-5, 2e-5), prevalence("OMIM:2", 3e-9))
    write_prevalences(reversed(table), SOURCE, tmp_path / "t.tsv")
    assert load_prevalences(tmp_path / "t.tsv") == table


@pytest.mark.parametrize("content", ["", "disease_id\tlow\nOMIM:1\t2", "# source: a\n# version: 1\n# licence: c\nx\ny"])
def test_another_table_is_refused(tmp_path: Path, content: str):
    broken = tmp_path / "t.tsv"
    broken.write_text(content + "\ndisease_id\tlow\thigh\treference\nOMIM:1\tmany\tfew\thttps://a\n")
    with pytest.raises(SourceError, match=r"t\.tsv is not a table of disease_id"):
        load_prevalences(broken)
    with pytest.raises(SourceError, match="cannot read the prevalences"):
        load_prevalences(tmp_path / "none.tsv")


def test_documents_are_read_plain_and_packed(tmp_path: Path):
    row = {"url": ALPHA_PAGE, "focus": "alpha", "synonyms": ["a"], "qa": [{"type": "frequency", "answer": "1 in 9"}]}
    plain, packed = tmp_path / "d.jsonl", tmp_path / "d.jsonl.xz"
    plain.write_text(json.dumps(row) + "\n\n")
    packed.write_bytes(lzma.compress(plain.read_bytes()))
    expected = Document(url=ALPHA_PAGE, focus="alpha", synonyms=("a",), answers=(("frequency", "1 in 9"),))
    assert load_documents(plain) == load_documents(packed) == (expected,)


@pytest.mark.parametrize("content", [b"{", b'{"url": 1}', b'{"url":"","focus":"","qa":3,"synonyms":[]}', b"\xff\xfe"])
def test_other_documents_are_refused(tmp_path: Path, content: bytes):
    broken = tmp_path / "d.jsonl"
    broken.write_bytes(content)
    with pytest.raises(SourceError, match=r"d\.jsonl"):
        load_documents(broken)


# In the graph


@pytest.fixture
def common(toy_sources: SourceFiles, tmp_path: Path) -> SourceFiles:
    """The toy release with Alpha's Orphanet entry as common and Beta as very rare."""
    table = tmp_path / "prevalences.tsv"
    write_prevalences([prevalence(ALPHA_ORPHA, 1e-4), prevalence(ALPHA, 1e-5), prevalence(BETA, 1e-9)], SOURCE, table)
    return replace(toy_sources, prevalences=table)


def test_the_largest_figure_of_equivalent_entries_counts(common: SourceFiles, tmp_path: Path):
    built, cached = build_graph(common), [load_graph(common, cache_dir=tmp_path / "cache") for _ in range(2)]
    series = built.with_series([], SOURCE)
    for graph in (built, *cached, series, built.without_references({"PMID:90000001"})):
        assert [graph.prevalence_of(d).middle for d in (ALPHA, ALPHA_ORPHA, BETA)] == pytest.approx([1e-4, 1e-4, 1e-9])
        assert graph.prevalence_of(ALPHA).provenance.url == ALPHA_PAGE
        assert graph.prevalence_of("OMIM:900003") is None


def test_the_prior_by_hand(common: SourceFiles, toy_graph: KnowledgeGraph):
    prior = build_model(build_graph(common)).log_prior().tolist()
    expected = [PREVALENCE_WEIGHT * log(share / UNKNOWN_PREVALENCE) for share in (1e-4, 1e-9)]
    assert prior == pytest.approx([*expected, 0, 0, 0])
    assert build_model(toy_graph).log_prior().tolist() == [0] * 5


def test_the_bundled_table():
    table = load_prevalences()
    assert len(table) > 900
    assert len({p.disease_id for p in table}) == len(table)
    assert {p.provenance.licence for p in table} == {"CC-BY-4.0"}
    (pku,) = [p for p in table if p.disease_id == "OMIM:261600"]
    assert str(pku) == "1 in 10,000 to 15,000 people"
    assert pku.provenance.url == "https://ghr.nlm.nih.gov/condition/phenylketonuria"


def test_what_was_read_by_hand_has_a_page_for_each_disease():
    cited, told = load_cited_prevalences(), {p.disease_id: p for p in load_prevalences()}
    assert len({p.disease_id for p in cited}) == len(cited) > 300
    assert all(p.provenance.url.startswith("https://") for p in cited)
    assert all(told[p.disease_id].middle < p.middle for p in cited if p.disease_id in told)


@pytest.mark.release
def test_it_is_of_diseases_of_the_release_and_comes_first():
    graph = load_graph()
    assert {p.disease_id for p in load_cited_prevalences()} <= set(graph.diseases)
    assert graph.prevalence_of("OMIM:235730").provenance.url.startswith("https://www.orpha.net/")
