"""Simulated patients: whom they are drawn for, and from what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llm.reader.simulation import SimulationSettings, _statements, simulate_patients


def test_the_same_seed_gives_the_same_patients(toy_graph):
    assert simulate_patients(toy_graph, 20, seed=1) == simulate_patients(toy_graph, 20, seed=1)
    assert simulate_patients(toy_graph, 20, seed=1) != simulate_patients(toy_graph, 20, seed=2)


def test_only_statements_of_entries_are_drawn_from(toy_graph):
    for disease_id in toy_graph.diseases:
        for statement in _statements(toy_graph, disease_id):
            assert not statement.excluded
            assert all(not p.reference.startswith("PMID") for p in statement.provenance)


@pytest.mark.release
def test_of_the_release_diseases_without_a_published_case_get_patients_too(release_graph):
    patients = simulate_patients(release_graph, 1000)
    assert len({p.disease_id for p in patients}) > 950  # of a few nothing was drawn
    ontology = release_graph.ontology
    n_present = sum(not f.excluded for p in patients for f in p.findings)
    n_excluded = sum(f.excluded for p in patients for f in p.findings)
    assert 0.2 < n_excluded / n_present < 0.5
    for p in patients:
        present = {f.term_id for f in p.findings if not f.excluded}
        assert present <= ontology.phenotypic_abnormalities
        implied = {a for t in present for a in ontology.ancestors(t)}
        assert not implied & {f.term_id for f in p.findings if f.excluded}
    exact = replace(SimulationSettings(), imprecise=0.0, strange=0.0, told=1.0, ruled_out=0.0)
    for p in simulate_patients(release_graph, 50, settings=exact):
        own = {a.term_id for a in release_graph.findings_of(p.disease_id)}
        assert {f.term_id for f in p.findings} <= own
