"""The three levels of knowledge, from files, on the toy release with a toy table of counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluation.knowledge import load_knowledge
from evaluation.schema import Level
from kg.ontology import PHENOTYPIC_ABNORMALITY
from kg.sources.counts import write_counts
from tests.packets import write_packet
from tests.toy import (
    ALPHA,
    BETA,
    BRITTLE,
    EPSILON,
    FLIM,
    LARGE,
    SERIES_SOURCE,
    STRIPED,
    WOBBLING,
    counted_series,
    patient,
)

TABLE = (
    counted_series(ALPHA, "PMID:1", 5, {LARGE: (4, 5)}),
    counted_series(BETA, "PMID:40000000", 2, {BRITTLE: (2, 2)}),
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CITEDX_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def sources(toy_sources, tmp_path):
    """The toy release with a table of two series."""
    write_counts(TABLE, SERIES_SOURCE, tmp_path / "counts.tsv.gz")
    return replace(toy_sources, counts=tmp_path / "counts.tsv.gz")


@pytest.fixture
def packets(tmp_path):
    """Two patients of a publication that the table has too, and one of another."""
    folder = tmp_path / "packets"
    write_packet(folder, "a1", disease=ALPHA, present=[LARGE, STRIPED], publication="PMID:1")
    write_packet(folder, "a2", disease=ALPHA, present=[STRIPED], absent=[LARGE], publication="PMID:1")
    write_packet(folder, "e1", disease=EPSILON, present=[FLIM], publication="PMID:2")
    return folder


def series_totals(graph) -> dict[tuple[str, str], list[int]]:
    """(disease, publication) -> numbers of patients that series describe."""
    found: dict[tuple[str, str], list[int]] = {}
    for disease_id in graph.diseases:
        for a in graph.findings_of(disease_id):
            if a.term_id == PHENOTYPIC_ABNORMALITY and a.frequency is not None and a.frequency.n is not None:
                found.setdefault((disease_id, a.provenance[0].reference), []).append(a.frequency.n)
    return found


def test_the_release_alone(sources, packets, toy_graph):
    knowledge = load_knowledge(Level.GRAPH, [packets], sources=sources)
    assert len(knowledge.graph.annotations) == len(toy_graph.annotations)
    assert all(c.is_series for c in knowledge.cases)
    assert knowledge.graph.versions == toy_graph.versions


def test_with_the_counts(sources, packets):
    knowledge = load_knowledge(Level.COUNTS, [packets], sources=sources)
    assert series_totals(knowledge.graph) == {(ALPHA, "PMID:1"): [5], (BETA, "PMID:40000000"): [2]}
    assert all(c.is_series for c in knowledge.cases)
    assert f"{ALPHA}|PMID:1" in {c.case_id for c in knowledge.cases}
    assert knowledge.graph.versions["toy store"] == "2"


def test_a_publication_of_both_table_and_library_counts_once(sources, packets):
    knowledge = load_knowledge(Level.LIBRARY, [packets], sources=sources)
    assert series_totals(knowledge.graph) == {
        (ALPHA, "PMID:1"): [2],  # the library's two, not the table's five
        (BETA, "PMID:40000000"): [2],
        (EPSILON, "PMID:2"): [1],
    }
    assert [c.case_id for c in knowledge.cases if not c.is_series] == ["a1", "a2", "e1"]
    assert f"{ALPHA}|PMID:1" not in {c.case_id for c in knowledge.cases}


def test_without_a_library_the_counts_are_all_there_is(sources):
    assert load_knowledge(Level.LIBRARY, sources=sources).cases == load_knowledge(Level.COUNTS, sources=sources).cases


def test_of_a_repeated_patient_the_first_counts(sources, packets, tmp_path):
    """Else the evaluated patient would stay in the library, under the publication that another set names."""
    other = tmp_path / "other"
    write_packet(other, "again", patient_id="a1", disease=ALPHA, present=[WOBBLING], publication="PMID:77")
    write_packet(other, "more", disease=ALPHA, present=[WOBBLING], publication="PMID:78")
    knowledge = load_knowledge(Level.LIBRARY, [packets, other], sources=sources)
    single = {c.case_id: c.provenance.reference for c in knowledge.cases if not c.is_series}
    assert single == {"a1": "PMID:1", "a2": "PMID:1", "e1": "PMID:2", "more": "PMID:78"}
    assert (ALPHA, "PMID:77") not in series_totals(knowledge.graph)


def test_a_disease_without_an_id_does_not_become_one(sources, packets, toy_graph):
    write_packet(packets, "m1", disease="Alpha syndrome", present=[LARGE], publication="PMID:3")
    write_packet(packets, "n1", disease=None, present=[LARGE], publication="PMID:3")
    knowledge = load_knowledge(Level.LIBRARY, [packets], sources=sources)
    assert set(knowledge.graph.diseases) == set(toy_graph.diseases)
    assert not {"m1", "n1"} & {c.case_id for c in knowledge.cases}


def test_what_may_not_be_known_is_left_out_of_counts_and_library(sources, packets):
    knowledge = load_knowledge(Level.LIBRARY, [packets], sources=sources, is_known=lambda r: r == "PMID:1")
    assert series_totals(knowledge.graph) == {(ALPHA, "PMID:1"): [2]}
    assert [c.case_id for c in knowledge.cases if not c.is_series] == ["a1", "a2"]
    counts_only = load_knowledge(Level.COUNTS, sources=sources, is_known=lambda r: r != "PMID:1")
    assert series_totals(counts_only.graph) == {(BETA, "PMID:40000000"): [2]}


@pytest.mark.release
def test_with_text_the_worded_cases_are_the_same(toy_sources, packets):
    knowledge = load_knowledge(Level.LIBRARY, [packets], sources=toy_sources, with_text=True)
    assert knowledge.library is not None
    assert knowledge.library.cases == knowledge.cases
    (hit, *_) = knowledge.library.similar(patient(LARGE, STRIPED), k=3)
    assert hit.case.case_id == "a1"
