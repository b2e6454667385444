"""``citedx build``, the graph of further sources on the screen, and the tables of ``docs/sources.md``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from kg.build import build_graph
from kg.catalogue import SOURCES
from kg.errors import NotReadyError, UsageError
from kg.graph import KnowledgeGraph
from kg.schema import Concept, ConceptKind, Provenance, RelationKind
from retrieval.mined_graph import add_edges
from retrieval.mining import EXTRACTOR_VERSION, MinedEdge
from tests.toy import ALPHA, STRIPED
from tests.toy_sources import every_source
from ui.build_command import summaries_as_markdown
from ui.cli import app
from ui.data_commands import datasets_as_markdown
from ui.node_view import show_node
from ui.sources_option import load_graph_of

SOURCES_PAGE = Path(__file__).parents[2] / "docs" / "sources.md"


def section(command: str) -> str:
    """What stands in the page between the command that makes it and the end."""
    _, _, rest = SOURCES_PAGE.read_text(encoding="utf-8").partition(f"<!-- {command} -->\n")
    return rest.partition("\n<!-- end -->")[0]


@pytest.fixture(scope="module")
def graph(toy_sources, tmp_path_factory) -> KnowledgeGraph:
    return build_graph(replace(toy_sources, further=every_source(tmp_path_factory.mktemp("sources"))))


def shown(graph: KnowledgeGraph, id_or_name: str) -> list[str]:
    console = Console(width=220)
    with console.capture() as captured:
        show_node(console, graph, graph.node(id_or_name))
    return [" ".join(line.split()) for line in captured.get().splitlines()]


def test_a_disease_is_shown_with_treatments_pages_and_contradictions(graph):
    lines = shown(graph, "zorbitis")
    assert lines[:3] == ["DOID:3 zorbitis", "A disease of the zorb.", "same disease: MESH:D03, UMLS:C03"]
    assert "Zorbicin (DRUGBANK:DB1) treats zorbitis (DOID:3) toy hetionet-edges DOI:10.7554/eLife.26726" in lines, lines
    assert (
        "Zorbicin (DRUGBANK:DB1) has_no_benefit_in zorbitis (DOID:3) curators: 2, resources: 1 "
        "toy indications toy:indications"
    ) in lines
    assert (
        "conflicting: Zorbicin (DRUGBANK:DB1): toy hetionet-edges says treats; toy indications says has_no_benefit_in"
    ) in lines


def test_what_pages_say_is_shown_with_sentence_page_and_extractor(graph):
    url = "https://nih.example/zorbitis"
    rest = Concept(concept_id="MAXO:1", name="rest", kind=ConceptKind.ACTION)
    source = Provenance(source="MedQuAD: pages", version="1", reference="", licence="CC-BY-4.0")
    edges = [
        MinedEdge(disease_id="DOID:3", kind=kind, concept=concept, term_id=term, sentence=sentence, url=url)
        for kind, concept, term, sentence in (
            (RelationKind.FINDING, None, STRIPED, "Stripes [are] seen."),
            (RelationKind.TREATS, rest, STRIPED, "Rest helps."),
            (RelationKind.EXAMINES, rest, None, "Rest tells it."),
        )
    ]
    lines = shown(add_edges(graph, edges, source), "zorbitis")
    says = f"MedQuAD, read by extractor {EXTRACTOR_VERSION} {url}"
    assert f"zorbitis (DOID:3) has_finding Striped zorb ({STRIPED}) “Stripes [are] seen.” {says}" in lines, lines
    assert f"rest (MAXO:1) treats zorbitis (DOID:3) Striped zorb; “Rest helps.” {says}" in lines
    assert f"rest (MAXO:1) examines zorbitis (DOID:3) “Rest tells it.” {says}" in lines


def test_entries_that_sources_join_differently_are_shown(graph):
    assert (
        "conflicting: Beta disease (OMIM:900002): toy do-xrefs takes DOID:1 and OMIM:900002 for one disease, "
        "Mondo for two"
    ) in shown(graph, ALPHA)


def test_terms_show_their_tests_and_drugs_their_diseases(graph):
    assert "observed by: zorbography; ultrasonography" in shown(graph, STRIPED)
    assert shown(graph, "Flimol")[0] == "DRUGBANK:DB2 Flimol drug"
    assert any("palliates alpha syndrome 2 (DOID:1)" in line for line in shown(graph, "Flimol"))


def test_the_table_of_sources(graph):
    table = summaries_as_markdown(graph).splitlines()
    assert table[:2] == ["| source | states | left out |", "|---|---|---|"]
    assert "| symp | 3 symptoms | nothing |" in table
    assert len(table) == 2 + len(SOURCES)


def test_the_page_lists_every_data_set_as_the_manifest_has_it():
    assert section("citedx data list --markdown") == datasets_as_markdown()


@pytest.mark.data
@pytest.mark.release
def test_the_page_has_the_counts_of_the_sources():
    assert section("citedx build --sources all --markdown") == summaries_as_markdown(load_graph_of("all"))


def test_what_is_not_here_or_unknown_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("CITEDX_DATA", str(tmp_path))
    monkeypatch.setenv("CITEDX_CACHE", str(tmp_path / "cache"))
    with pytest.raises(NotReadyError, match=r"HumanDO\.tsv is not here: citedx data pull do, or name the folder"):
        load_graph_of("do")
    with pytest.raises(UsageError, match="or all; got snomed"):
        load_graph_of("do,snomed")
    outcome = CliRunner().invoke(app, ["build", "--sources", "do,snomed"])
    assert isinstance(outcome.exception, UsageError)
