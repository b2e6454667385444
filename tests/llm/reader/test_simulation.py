"""Simulated patients: whom they are drawn for, and from what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llm.reader.simulation import SimulationSettings, simulate_patients


def test_the_same_seed_gives_the_same_patients(toy_graph):
    assert simulate_patients(toy_graph, 20, seed=1) == simulate_patients(toy_graph, 20, seed=1)
    assert simulate_patients(toy_graph, 20, seed=1) != simulate_patients(toy_graph, 20, seed=2)


def test_only_statements_of_entries_are_drawn_from(toy_graph):
    exact = SimulationSettings(imprecise=0.0, strange=0.0, told=1.0, ruled_out=0.0)
    drawn = {(p.disease_id, f.term_id) for p in simulate_patients(toy_graph, 500, settings=exact) for f in p.findings}
    of_entries, of_publications = set(), set()
    for a in (a for d in toy_graph.diseases for a in toy_graph.findings_of(d) if not a.excluded):
        is_published = any(p.reference.startswith("PMID") for p in a.provenance)
        (of_publications if is_published else of_entries).add((a.disease_id, a.term_id))
    assert drawn
    assert drawn <= of_entries
    assert of_publications - of_entries


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
