"""Passages by the disease that they are about."""

from __future__ import annotations

import pytest

from kg.errors import NotReadyError, UnknownIdError
from kg.graph import KnowledgeGraph
from kg.sources.medquad import Document
from retrieval.passages import LICENCE, DiseasePages
from tests.toy import ALPHA, ALPHA_ORPHA, BETA, GAMMA


def page(focus: str, *answers: tuple[str, str], synonyms: tuple[str, ...] = ()) -> Document:
    return Document(url=f"https://x/{focus}", focus=focus, synonyms=synonyms, answers=answers)


@pytest.fixture(scope="module")
def pages(toy_graph: KnowledgeGraph) -> DiseasePages:
    links = "These resources address the diagnosis or management of it: - One - Two"
    return DiseasePages(
        [
            page("Alpha syndrome, type 2", ("information", "a " * 200), ("treatment", links), ("treatment", "rest")),
            page("Nothing", ("information", "n")),
            page("Zimmer disease", ("outlook", "good"), synonyms=("beta disease",)),
        ],
        toy_graph,
    )


def test_a_page_is_about_all_equivalent_entries_and_lists_of_links_are_left_out(pages):
    for disease_id in (ALPHA, ALPHA_ORPHA):
        found = pages.of_disease(disease_id)
        assert [(p.kind, len(p.text.split())) for p in found] == [
            ("information", 100),
            ("information", 100),
            ("treatment", 1),
        ]
    assert [p.text for p in pages.of_disease(ALPHA, ("treatment", "outlook"))] == ["rest"]
    assert pages.of_disease(GAMMA) == ()


def test_a_page_is_found_by_its_other_names_and_tells_them(pages):
    (only,) = pages.of_disease(BETA)
    assert (only.title, only.text) == ("Zimmer disease: outlook", "good")
    assert (only.provenance.url, only.provenance.licence) == ("https://x/Zimmer disease", LICENCE)
    assert pages.synonyms()[BETA] == ("Zimmer disease", "beta disease")


def test_what_is_not_there_is_said(toy_graph, pages, tmp_path):
    with pytest.raises(NotReadyError, match="citedx data pull medquad"):
        DiseasePages.load(toy_graph, tmp_path)
    with pytest.raises(UnknownIdError):
        pages.of_disease("OMIM:1")
