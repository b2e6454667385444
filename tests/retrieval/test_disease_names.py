"""Diseases named in part: what only names of diseases have, in the order of the text."""

from __future__ import annotations

import pytest

from kg.annotations import AnnotationTable
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from kg.schema import Disease, Term
from retrieval.disease_names import DiseaseMentionFinder

NAMES = {
    "OMIM:1": "Marfan syndrome",
    "OMIM:2": "Marfan lipodystrophy syndrome",
    "OMIM:3": "Ehlers-Danlos syndrome, classic type",
    "OMIM:4": "Shprintzen-Goldberg syndrome",
    "OMIM:5": "Goldberg-Shprintzen syndrome",
    "OMIM:6": "Still disease",
    "OMIM:7": "Ataxia with something",
    "OMIM:8": "Charcot-Marie-Tooth disease, type 1A",
    "OMIM:9": "Child dystrophy with Duchenne habitus",
    "OMIM:10": "Duchenne dystrophy",
}


@pytest.fixture(scope="module")
def names() -> DiseaseMentionFinder:
    ontology = Ontology([Term(term_id="HP:1", name="Ataxia")])
    diseases = [Disease(disease_id=i, name=n) for i, n in NAMES.items()]
    table = AnnotationTable.from_associations([], list(NAMES), ["HP:1"])
    graph = KnowledgeGraph(ontology, diseases, table, {}, {})
    return DiseaseMentionFinder(graph, {"OMIM:1": ("MFS", "Contractural whatever"), "OMIM:8": ("THE syndrome",)})


@pytest.mark.parametrize(
    ("text", "words", "ids"),
    [
        ("why not marfan?", ["marfan"], ["OMIM:1", "OMIM:2"]),
        ("Marfan's genes", ["Marfan's"], ["OMIM:1", "OMIM:2"]),
        ("is it Ehlers-Danlos or not", ["Ehlers-Danlos"], ["OMIM:3"]),
        ("why not Charcot-Marie-Tooth type 1A?", ["Charcot-Marie-Tooth type 1A"], ["OMIM:8"]),
        ("could it still be ataxia?", [], []),  # an everyday word, and a finding
        ("could it be Still?", ["Still"], ["OMIM:6"]),
        ("Still, why?", [], []),
        ("a child with Duchenne", ["Duchenne"], ["OMIM:10", "OMIM:9"]),  # not "with Duchenne"
        ("the contractural one", ["contractural"], ["OMIM:1"]),
    ],
)
def test_parts_of_names(names, text, words, ids):
    found = names.find_parts(text)
    assert [text[m.start : m.end] for m in found] == words
    assert [i for m in found for i in m.disease_ids] == ids
    assert not any(m.is_whole for m in found)


def test_what_is_read_otherwise_is_left(names):
    text = "why not Marfan?"
    assert names.find_parts(text, range(len(text))) == ()


def test_whole_names_with_their_places_and_the_order_of_their_words(names):
    text = "Of Goldberg-Shprintzen syndrome, and not of Marfan syndrome."
    found = names.find_whole(text)
    assert [text[m.start : m.end] for m in found] == ["Goldberg-Shprintzen syndrome", "Marfan syndrome"]
    assert found[0].disease_ids == ("OMIM:5", "OMIM:4")
    assert names.find(text) == ("OMIM:5", "OMIM:4", "OMIM:1")


def test_a_name_of_empty_words_names_nothing(names):
    assert names.find("Why not Smithers syndrome, or the syndrome?") == ()


def test_words_that_are_anywhere_in_a_name(names):
    mention = names.with_words("ataxia")
    assert mention is not None
    assert mention.disease_ids == ("OMIM:7",)
    assert names.with_words("measles") is None
    assert names.with_words("") is None
