"""The verdicts on edges read from pages: what they say, and that they are of today's extractor."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.mined_edges import (
    KINDS,
    JudgedEdge,
    draw_edges,
    load_judged,
    precision_by_kind,
    quote,
    still_mined,
    write_draw,
)
from kg.build import bundled_sources, load_graph
from kg.catalogue import SOURCES
from kg.errors import SourceError
from kg.schema import Concept, ConceptKind, RelationKind
from retrieval.mined_graph import load_edges
from retrieval.mining import EXTRACTOR_VERSION, MinedEdge
from tests.toy import ALPHA, STRIPED

ASPIRIN = Concept(concept_id="DRUGBANK:DB00945", name="aspirin", kind=ConceptKind.DRUG)


def edge(number: int, kind: RelationKind = RelationKind.FINDING) -> MinedEdge:
    return MinedEdge(
        disease_id=ALPHA,
        kind=kind,
        concept=ASPIRIN if kind is RelationKind.TREATS else None,
        term_id=STRIPED,
        sentence="A sentence, with aspirin.",
        url=f"https://nih.example/{number}",
    )


def judged(*holds: bool, kind: RelationKind = RelationKind.TREATS) -> list[JudgedEdge]:
    return [
        JudgedEdge(kind=kind, disease_id=ALPHA, other_id="x", term_id="", url=str(n), holds=h)
        for n, h in enumerate(holds)
    ]


def test_precision_is_the_share_that_holds_with_its_interval():
    found = precision_by_kind([*judged(*[True] * 9, False), *judged(False, kind=RelationKind.EXAMINES)])
    rate, n_held, n = found[RelationKind.TREATS]
    assert (n_held, n) == (9, 10)
    assert (rate.value, rate.low, rate.high) == pytest.approx((0.9, 0.5958, 0.9821), abs=1e-4)  # Wilson's, by hand
    assert found[RelationKind.EXAMINES][0].value == 0


def test_a_draw_is_of_one_kind_and_comes_out_again():
    edges = [edge(n) for n in range(30)] + [edge(99, RelationKind.TREATS)]
    draw = draw_edges(edges, RelationKind.FINDING, seed=1, n=5)
    assert draw == draw_edges(edges, RelationKind.FINDING, seed=1, n=5)
    assert draw != draw_edges(edges, RelationKind.FINDING, seed=2, n=5)
    assert len({e.url for e in draw}) == 5
    assert all(e.kind is RelationKind.FINDING for e in draw)
    assert draw_edges(edges, RelationKind.TREATS, seed=1) == [edges[-1]]


def test_what_is_drawn_can_be_judged_and_read_back(toy_graph, tmp_path: Path):
    edges = [edge(1), edge(2, RelationKind.TREATS)]
    write_draw(tmp_path / "draw.tsv", edges, toy_graph)
    with pytest.raises(SourceError, match="expected yes or no, got ''"):
        load_judged(tmp_path / "draw.tsv")
    text = (tmp_path / "draw.tsv").read_text(encoding="utf-8")
    (tmp_path / "draw.tsv").write_text(
        text.replace("\t\t\thttps", "\tno\twhy\thttps").replace("\t\thttps", "\tyes\t\thttps")
    )
    source, read = load_judged(tmp_path / "draw.tsv")
    assert source == f"MedQuAD, read by extractor {EXTRACTOR_VERSION}"
    assert [(j.other_id, j.term_id) for j in read] == [(STRIPED, ""), ("DRUGBANK:DB00945", STRIPED)]
    assert still_mined(read, edges) == list(read)
    assert still_mined(read, edges[1:]) == [read[1]]


def test_a_long_sentence_is_quoted_around_what_it_says():
    assert quote("Short.", "x") == "Short."
    found = quote("a " * 200 + "aspirin helps" + " b" * 200, "aspirin")
    assert "aspirin helps" in found
    assert (found[:2], found[-2:], len(found) < 170) == ("… ", " …", True)


def test_nine_in_ten_hold_of_every_kind():
    source, judged = load_judged()
    assert source == f"MedQuAD, read by extractor {EXTRACTOR_VERSION}", "another extractor: draw and judge anew"
    precision = precision_by_kind(judged)
    assert set(precision) == set(KINDS)
    assert all(rate.value >= 0.9 and n >= 150 for rate, _, n in precision.values())


@pytest.mark.data
@pytest.mark.release
def test_what_was_judged_is_still_what_is_mined():
    files = bundled_sources(further=tuple(SOURCES))
    _, judged = load_judged()
    left = still_mined(judged, load_edges(load_graph(files), files))
    for kind, (rate, _, n) in precision_by_kind(left).items():
        assert n >= 0.95 * sum(j.kind is kind for j in judged), f"too few left of {kind}: draw and judge anew"
        assert rate.value >= 0.9
