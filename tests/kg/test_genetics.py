"""Genes and inheritance over all entries of a disease."""

from __future__ import annotations

import pytest

from kg.errors import UnknownIdError
from kg.genetics import Genetics, genetics_of
from kg.graph import KnowledgeGraph
from kg.schema import Predicate
from tests.toy import ALPHA, ALPHA_ORPHA


def test_all_entries_of_a_disease_are_asked(toy_graph: KnowledgeGraph):
    assert toy_graph.equivalents(ALPHA) == (ALPHA, ALPHA_ORPHA)
    found = genetics_of(toy_graph, ALPHA_ORPHA)
    assert found == genetics_of(toy_graph, ALPHA)
    genes = {g.symbol for d in (ALPHA, ALPHA_ORPHA) for g in toy_graph.genes_of(d)}
    assert [g.symbol for g in found.genes] == sorted(genes) != []
    modes = {
        a.term_id
        for d in (ALPHA, ALPHA_ORPHA)
        for a in toy_graph.associations_of(d)
        if a.predicate is Predicate.INHERITANCE
    }
    assert {t.term_id for t in found.inheritance} == modes != set()


def test_what_no_source_says_is_empty(toy_graph: KnowledgeGraph):
    assert any(genetics_of(toy_graph, d) == Genetics() for d in toy_graph.diseases)


def test_an_unknown_disease_is_refused(toy_graph: KnowledgeGraph):
    with pytest.raises(UnknownIdError):
        genetics_of(toy_graph, "OMIM:1")


@pytest.mark.release
def test_rett_syndrome(release_graph: KnowledgeGraph):
    found = genetics_of(release_graph, "OMIM:312750")
    assert [g.symbol for g in found.genes] == ["MECP2"]
    assert [t.name for t in found.inheritance] == ["X-linked dominant inheritance"]
    assert found.prevalence is not None
    assert found.prevalence.one_in == ("8,500", "8,500")
