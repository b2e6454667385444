"""Cases as phenopackets: valid by the schema's own library, read back as they were, without a word of the story."""

import json
from datetime import UTC, datetime

import pytest
from google.protobuf.json_format import Parse
from hypothesis import given
from hypothesis import strategies as st
from phenopackets import Phenopacket

from kg.errors import UsageError
from kg.graph import KnowledgeGraph
from kg.phenopacket import format_phenopacket
from kg.schema import Finding
from kg.sources.phenopackets import parse_phenopacket
from tests.toy import BRITTLE, LARGE, STRIPED

MADE = {"created": datetime(2026, 11, 28, 12, 0, tzinfo=UTC), "created_by": "citedx 0.1.0"}
EARLY = "HP:9000004"

onsets = st.none() | st.just(EARLY) | st.integers(0, 90).map(lambda n: f"P{n}Y") | st.just("P3M")
states = st.sampled_from([{}, {"excluded": True}, {"uncertain": True}, {"excluded": True, "asked": True}])


@given(data=st.data(), sex=st.sampled_from([None, "FEMALE", "MALE"]), age=st.none() | st.just("P2Y6M") | st.just("P0D"))
def test_a_case_is_read_back_as_it_was(toy_graph: KnowledgeGraph, data, sex, age):
    ontology = toy_graph.ontology
    terms = st.sampled_from(sorted(ontology.phenotypic_abnormalities))
    findings = tuple(
        Finding(term_id=t, label=ontology.name(t), onset=data.draw(onsets), **data.draw(states))
        for t in data.draw(st.lists(terms, min_size=1, unique=True))
    )
    patient = parse_phenopacket(format_phenopacket(findings, ontology, sex=sex, age=age, **MADE), "case.json")
    assert (patient.findings, patient.sex, patient.age) == (findings, sex, age)
    assert (patient.disease_ids, patient.references, patient.gene_symbols) == ((), (), ())


def test_the_packet_is_what_the_schema_asks_for(toy_graph: KnowledgeGraph):
    findings = [
        Finding(term_id=LARGE, label="großes Zorb", onset="P3M", quote="her huge zorb", start=0, end=13),
        Finding(term_id=BRITTLE, label="Brittle flim", excluded=True, quote="no brittle flim", start=20, end=35),
        Finding(term_id=STRIPED, label="Striped zorb", onset=EARLY, uncertain=True),
    ]
    text = format_phenopacket(findings, toy_graph.ontology, sex="FEMALE", age="P7Y", **MADE)
    Parse(text, Phenopacket())  # strict: an unknown field or a wrong value raises
    assert json.loads(text) == {
        "id": "case",
        "subject": {"id": "case", "sex": "FEMALE", "timeAtLastEncounter": {"age": {"iso8601duration": "P7Y"}}},
        "phenotypicFeatures": [
            {"type": {"id": LARGE, "label": "Large zorb"}, "onset": {"age": {"iso8601duration": "P3M"}}},
            {"type": {"id": BRITTLE, "label": "Brittle flim"}, "excluded": True},
            {
                "type": {"id": STRIPED, "label": "Striped zorb"},
                "description": "Worded as possible or suspected only.",
                "onset": {"ontologyClass": {"id": EARLY, "label": "Early toy onset"}},
            },
        ],
        "metaData": {
            "created": "2026-11-28T12:00:00Z",
            "createdBy": "citedx 0.1.0",
            "resources": [
                {
                    "id": "hp",
                    "name": "Human Phenotype Ontology",
                    "url": "http://purl.obolibrary.org/obo/hp.owl",
                    "version": "2030-01-01",
                    "namespacePrefix": "HP",
                    "iriPrefix": "http://purl.obolibrary.org/obo/HP_",
                }
            ],
            "phenopacketSchemaVersion": "2.0",
        },
    }
    assert not any(word in text for word in ("her", "huge", "no brittle"))


def test_a_case_without_findings_is_no_packet(toy_graph: KnowledgeGraph):
    with pytest.raises(UsageError, match="a phenopacket needs findings"):
        format_phenopacket([], toy_graph.ontology, **MADE)
