"""A case -> a GA4GH phenopacket, version 2 (JSON), which ``kg.sources.phenopackets`` reads back to the same case.

Promise: only ids, labels, onsets, age, sex and, where given, a differential; the words of a story never get in. Built
as a message of the schema's own library, so a field that the schema does not know cannot be written.
Deliberately not done here: relatives (a packet is one person), the age of a patient only said to be grown up.

Source: https://phenopacket-schema.readthedocs.io.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from kg.curie import is_curie
from kg.errors import UsageError
from kg.ontology import Ontology
from kg.schema import Disease, Finding
from kg.sources.phenopackets import DENIED, UNCERTAIN

SCHEMA_VERSION = "2.0"
_DISEASE_RESOURCES = {
    "OMIM": ("Online Mendelian Inheritance in Man", "https://www.omim.org", "https://omim.org/entry/"),
    "ORPHA": ("Orphanet", "https://www.orpha.net", "http://www.orpha.net/ORDO/Orphanet_"),
    "DECIPHER": (
        "DECIPHER",
        "https://www.deciphergenomics.org",
        "https://www.deciphergenomics.org/syndrome/",
    ),
}
"""Prefix -> name, home, start of the addresses that ids stand for."""


def format_phenopacket(
    findings: Sequence[Finding],
    ontology: Ontology,
    *,
    created: datetime,
    created_by: str,
    sex: str | None = None,
    age: str | None = None,
    differential: Sequence[tuple[Disease, float]] = (),
    case_id: str = "case",
) -> str:
    """The JSON of one case.

    Args:
        findings: present and excluded; those worded as possible are described as such.
        ontology: gives labels and the release.
        created: when; with a time zone.
        created_by: who or what made it.
        sex: ``MALE``, ``FEMALE`` or None.
        age: ISO 8601 duration.
        differential: diseases considered and how likely they are (0..1), as interpretations in progress: none of them
            is a diagnosis.
        case_id: of packet and subject; a name or number of the patient does not belong here.

    Raises:
        UsageError: there is no finding, without which a packet cannot be read again.
    """
    if not findings:
        raise UsageError("a phenopacket needs findings: this case has none yet")
    from google.protobuf.json_format import MessageToJson
    from phenopackets import Individual, Phenopacket, Sex, TimeElement

    subject = Individual(id=case_id, sex=Sex.Value(sex or "UNKNOWN_SEX"))
    if age is not None:
        subject.time_at_last_encounter.CopyFrom(TimeElement(age={"iso8601duration": age}))
    packet = Phenopacket(
        id=case_id,
        subject=subject,
        phenotypic_features=[_feature(f, ontology) for f in findings],
        interpretations=[_interpretation(rank, *line) for rank, line in enumerate(differential, start=1)],
        meta_data=_meta_data(ontology, created, created_by, (disease for disease, _ in differential)),
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


def _interpretation(rank: int, disease: Disease, probability: float) -> Any:
    from phenopackets import Diagnosis, Interpretation, OntologyClass

    return Interpretation(
        id=f"considered-{rank}",
        progress_status=Interpretation.ProgressStatus.IN_PROGRESS,
        diagnosis=Diagnosis(disease=OntologyClass(id=disease.disease_id, label=disease.name)),
        summary=f"considered, rank {rank}, probability {probability:.1%}",
    )


def _meta_data(ontology: Ontology, created: datetime, created_by: str, diseases: Iterable[Disease]) -> Any:
    from google.protobuf.timestamp_pb2 import Timestamp
    from phenopackets import MetaData, Resource

    time = Timestamp()
    time.FromDatetime(created)
    resources = [
        Resource(
            id="hp",
            name="Human Phenotype Ontology",
            url="http://purl.obolibrary.org/obo/hp.owl",
            version=ontology.version,
            namespace_prefix="HP",
            iri_prefix="http://purl.obolibrary.org/obo/HP_",
        )
    ]
    for prefix in sorted({d.disease_id.partition(":")[0] for d in diseases}):
        name, url, iri = _DISEASE_RESOURCES.get(prefix, (prefix, "", ""))
        version = f"as in the HPO annotations of {ontology.version}"
        resources.append(
            Resource(id=prefix.lower(), name=name, url=url, version=version, namespace_prefix=prefix, iri_prefix=iri)
        )
    return MetaData(created=time, created_by=created_by, resources=resources, phenopacket_schema_version=SCHEMA_VERSION)
