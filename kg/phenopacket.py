"""A case -> a GA4GH phenopacket, version 2 (JSON), which ``kg.sources.phenopackets`` reads back to the same case.

Promise: only ids, labels, onsets, age and sex; the words of a story never get in. Built
as a message of the schema's own library, so a field that the schema does not know cannot be written.
Deliberately not done here: relatives (a packet is one person), the age of a patient only said to be grown up.

Source: https://phenopacket-schema.readthedocs.io.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kg.curie import is_curie
from kg.errors import UsageError
from kg.ontology import Ontology
from kg.schema import Finding
from kg.sources.phenopackets import DENIED, UNCERTAIN

SCHEMA_VERSION = "2.0"
CASE_ID = "case"
"""Of packet and subject: no name or number of a patient belongs there."""


def format_phenopacket(
    findings: Sequence[Finding],
    ontology: Ontology,
    *,
    created: datetime,
    created_by: str,
    sex: str | None = None,
    age: str | None = None,
) -> str:
    """The JSON of one case.

    Args:
        findings: present and excluded; those worded as possible are described as such.
        ontology: gives labels and the release.
        created: when; with a time zone.
        created_by: who or what made it.
        sex: ``MALE``, ``FEMALE`` or None.
        age: ISO 8601 duration.

    Raises:
        UsageError: there is no finding, without which a packet cannot be read again.
    """
    if not findings:
        raise UsageError("a phenopacket needs findings: this case has none yet")
    from google.protobuf.json_format import MessageToJson
    from phenopackets import Individual, Phenopacket, Sex, TimeElement

    subject = Individual(id=CASE_ID, sex=Sex.Value(sex or "UNKNOWN_SEX"))
    if age is not None:
        subject.time_at_last_encounter.CopyFrom(TimeElement(age={"iso8601duration": age}))
    packet = Phenopacket(
        id=CASE_ID,
        subject=subject,
        phenotypic_features=[_feature(f, ontology) for f in findings],
        meta_data=_meta_data(ontology, created, created_by),
    )
    text: str = MessageToJson(packet)
    return text + "\n"


def _feature(finding: Finding, ontology: Ontology) -> Any:
    from phenopackets import PhenotypicFeature, TimeElement

    feature = PhenotypicFeature(
        type=_class(finding.term_id, ontology, finding.label),
        excluded=finding.excluded,
        description=_description(finding),
    )
    if finding.onset is not None:
        is_term = is_curie(finding.onset)
        onset = (
            {"ontology_class": _class(finding.onset, ontology)}
            if is_term
            else {"age": {"iso8601duration": finding.onset}}
        )
        feature.onset.CopyFrom(TimeElement(**onset))
    return feature


def _description(finding: Finding) -> str:
    if finding.excluded:
        return DENIED if finding.asked else ""
    return UNCERTAIN if finding.uncertain else ""


def _class(term_id: str, ontology: Ontology, label: str = "") -> Any:
    from phenopackets import OntologyClass

    return OntologyClass(id=term_id, label=ontology.name(term_id) if term_id in ontology else label or term_id)


def _meta_data(ontology: Ontology, created: datetime, created_by: str) -> Any:
    from google.protobuf.timestamp_pb2 import Timestamp
    from phenopackets import MetaData, Resource

    time = Timestamp()
    time.FromDatetime(created)
    hpo = Resource(
        id="hp",
        name="Human Phenotype Ontology",
        url="http://purl.obolibrary.org/obo/hp.owl",
        version=ontology.version,
        namespace_prefix="HP",
        iri_prefix="http://purl.obolibrary.org/obo/HP_",
    )
    return MetaData(created=time, created_by=created_by, resources=[hpo], phenopacket_schema_version=SCHEMA_VERSION)
