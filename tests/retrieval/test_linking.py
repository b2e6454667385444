"""Phrases land on the terms with the nearest wordings, or on nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.graph import KnowledgeGraph
from retrieval.embedding import bundled_embedder
from retrieval.errors import IndexMismatchError
from retrieval.index import VectorIndex
from retrieval.linking import Link, PhraseLinker, bag_of, load_linker, neutral_wordings
from tests.fakes import HashEmbedder
from tests.toy import LARGE


def test_a_bag_forgets_case_order_and_inflection():
    assert bag_of("Webbed Fingers") == bag_of("finger, webbed") != bag_of("webbed thumbs")


def test_what_findings_are_about_by_hand():
    wordings = [("t1", "Abnormality of the adrenal gland"), ("t1", "Gait"), ("t2", "Abnormal gait"), ("t3", "Pain")]
    assert neutral_wordings(wordings) == {"t1": ("adrenal gland",)}  # gait is a wording, and pain is about nothing


def test_of_a_phrase_the_nearest_terms_are_suggested_or_none(toy_graph: KnowledgeGraph):
    ontology = toy_graph.ontology
    linker = PhraseLinker.build(ontology, HashEmbedder(4096))
    name = ontology.name(LARGE)
    first = linker.nearest(name.upper())[0]
    assert first == Link(term_id=LARGE, wording=name, similarity=pytest.approx(1, abs=1e-6))
    assert linker.nearest("quite another matter") == ()
    links = linker.nearest(name, k=3, least=-1)
    assert len({link.term_id for link in links}) == 3
    assert [link.similarity for link in links] == sorted((link.similarity for link in links), reverse=True)


def test_wordings_are_those_of_the_index_and_of_one_embedder():
    vectors = HashEmbedder(64).encode(["a", "b"])
    with pytest.raises(ValueError, match="1 wordings, but 2 vectors"):
        PhraseLinker([("HP:1", "a")], VectorIndex.build(vectors, "x"), HashEmbedder(64))
    with pytest.raises(IndexMismatchError):
        PhraseLinker([("HP:1", "a"), ("HP:2", "b")], VectorIndex.build(vectors, "x"), HashEmbedder(64)).nearest("a")


def test_the_linker_is_kept(toy_graph: KnowledgeGraph, tmp_path: Path):
    embedder = HashEmbedder(64)
    built = load_linker(toy_graph, embedder, tmp_path)
    n_calls = len(embedder.calls)
    kept = load_linker(toy_graph, embedder, tmp_path)
    assert len(embedder.calls) == n_calls
    assert kept.nearest("large zorb") == built.nearest("large zorb") != ()
    load_linker(toy_graph, HashEmbedder(32), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.release
@pytest.mark.parametrize(
    ("phrase", "term_id"),
    [
        ("a very floppy little baby", "HP:0001252"),
        ("can't climb the stairs", "HP:0003551"),
        ("skin that tears easily", "HP:0001030"),
        ("trouble swallowing food", "HP:0002015"),
    ],
)
def test_lay_phrases_land_on_their_terms(release_graph: KnowledgeGraph, phrase: str, term_id: str):
    linker = load_linker(release_graph, bundled_embedder())
    assert linker.nearest(phrase)[0].term_id == term_id
    assert linker.nearest("the car broke down") == ()
