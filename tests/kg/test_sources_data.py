"""The real sources: what they hold, what became of it, and that the project's own tables fit them."""

from __future__ import annotations

import pytest

from kg.build import bundled_sources, load_graph
from kg.catalogue import SOURCES, find_files, load_records
from kg.graph import KnowledgeGraph
from kg.schema import RelationKind
from kg.sources.ddxplus import load_condition_entries, read_conditions
from kg.symptom_mapping import load_symptom_table

pytestmark = [pytest.mark.data, pytest.mark.release]

N_RECORDS = {  # of the files at hand on 2026-11-28
    "mondo": {"mondo_ids": 18295, "cross_references": 5080, "names": 32103},
    "do": {
        "diseases": 12246,
        "cross_references": 20019,
        "associations": 10760,
        "symptoms": 300,
        "symptom_statements": 2222,
    },
    "symp": {"symptoms": 895},
    "hetionet": {"symptoms": 415, "symptom_statements": 3357, "relations": 1145},
    "ddxplus": {"symptoms": 223, "relations": 234},
    "pharmacotherapydb": {"relations": 1388},
    "maxo": {"relations": 22180},
    "medquad": {"pages": 5486},
}


@pytest.fixture(scope="module")
def full_graph() -> KnowledgeGraph:
    """The release and every further source."""
    return load_graph(bundled_sources(further=SOURCES))


@pytest.mark.parametrize("source", SOURCES)
def test_every_record_is_read(source):
    records = load_records(source, find_files([source])[source])
    assert {kind: len(getattr(records, kind)) for kind in N_RECORDS[source]} == N_RECORDS[source]


def test_one_disease_is_one_node(full_graph, release_graph):
    assert full_graph.equivalents("DOID:1206") == ("OMIM:312750", "ORPHA:778", "DOID:1206")
    assert full_graph.disease("MESH:D015518").disease_id == "OMIM:312750"
    assert full_graph.other_ids_of("ORPHA:778") == ("MESH:D015518", "MONDO:0010726", "UMLS:C0035372")
    assert full_graph.equivalents("DOID:552") == ("DOID:552",)
    assert full_graph.disease("UMLS:C0032285").name == "pneumonia"
    known = set(release_graph.diseases)
    as_before = tuple(
        sorted(g for g in (tuple(i for i in group if i in known) for group in full_graph.disease_groups) if g)
    )
    assert as_before == release_graph.disease_groups
    assert [full_graph.genes_of(d) for d in known] == [release_graph.genes_of(d) for d in known]


def test_common_diseases_have_findings_treatments_risks_and_tests(full_graph):
    asthma = "DOID:2841"
    assert {"HP:0030828", "HP:0012735", "HP:0002094"} <= {a.term_id for a in full_graph.findings_of(asthma)}
    salbutamol = [r for r in full_graph.treatments_of(asthma) if r.subject_id == "DRUGBANK:DB01001"]
    assert {(r.kind, r.provenance.source) for r in salbutamol} == {
        (RelationKind.TREATS, "Hetionet v1.0"),
        (RelationKind.TREATS, "PharmacotherapyDB"),
    }
    risks = [full_graph.relations.concept(r.object_id).name for r in full_graph.risk_factors_of("DOID:5844")]
    assert {"Smoking", "Diabetes", "High cholesterol, or treated for it"} <= set(risks)
    assert "fetal ultrasonography" in {
        full_graph.relations.concept(r.subject_id).name for r in full_graph.tests_for("HP:0000316")
    }
    assert "https://www.nlm.nih.gov/medlineplus/asthma.html" in {r.object_id for r in full_graph.pages_of(asthma)}


def test_every_condition_of_ddxplus_is_a_disease_with_findings(full_graph):
    entries = load_condition_entries()
    conditions = read_conditions(find_files(["ddxplus"])["ddxplus"]["ddxplus-conditions"])
    assert {c.name for c in conditions} == set(entries)
    for disease_id, label in entries.values():
        assert full_graph.disease(disease_id).disease_id == disease_id
        assert full_graph.disease(disease_id).name == label
        assert any(a.provenance[0].source == "DDXPlus" for a in full_graph.findings_of(disease_id)), label


def test_the_table_of_symptoms_is_of_today_s_terms(full_graph):
    table = load_symptom_table()
    labels = {s: row.label for s, row in table.items()}
    rows = [line.split("\t") for line in _lines_of_the_table()]
    assert len(rows) == len(table) == 508
    for symptom_id, _, term_id, term_label, note in rows:
        assert bool(term_id) == bool(term_label), symptom_id
        if term_id:
            assert term_id in full_graph.ontology.phenotypic_abnormalities, symptom_id
            assert full_graph.ontology.name(term_id) == term_label, symptom_id
        elif not symptom_id.startswith("DDXPLUS:"):
            assert note, f"{symptom_id}: why has it no term?"
    for source in ("symp", "hetionet"):
        for symptom in load_records(source, find_files([source])[source]).symptoms:
            if symptom.symptom_id in labels:
                assert labels[symptom.symptom_id] == symptom.name
    asked = load_records("ddxplus", find_files(["ddxplus"])["ddxplus"]).symptoms
    assert {s.symptom_id for s in asked} == {s for s in table if s.startswith("DDXPLUS:")}


def _lines_of_the_table() -> list[str]:
    from kg.symptom_mapping import BUNDLED

    lines = BUNDLED.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")][1:]


def test_what_has_no_term_was_looked_at(full_graph):
    unmapped = {u.symptom_id: u for s in full_graph.summaries for u in s.unmapped}
    assert len(unmapped) == 18 + 113 + 24
    assert {u.symptom_id for u in unmapped.values() if not u.note} == set()
