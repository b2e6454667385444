"""Phenopackets written here, and the real release where it is at hand."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.datasets import data_folder
from kg.errors import SourceError
from kg.schema import Finding, Patient
from kg.sources.phenopackets import (
    MAX_PACKET_BYTES,
    PatientSet,
    Skipped,
    load_phenopacket,
    load_phenopackets,
    parse_phenopacket,
)

SEIZURE = {"type": {"id": "HP:0001250", "label": "Seizure"}}


def packet(**fields: Any) -> dict[str, Any]:
    return {"id": "case-1", "phenotypicFeatures": [SEIZURE]} | fields


def parse(document: object) -> Patient:
    return parse_phenopacket(json.dumps(document), "x.json")


def gene_call(symbol: str, status: str = "CAUSATIVE") -> dict[str, Any]:
    descriptor = {"id": "v", "geneContext": {"valueId": "HGNC:1", "symbol": symbol}}
    return {"interpretationStatus": status, "variantInterpretation": {"variationDescriptor": descriptor}}


def interpretation(disease_id: str, *calls: dict[str, Any]) -> dict[str, Any]:
    diagnosis = {"disease": {"id": disease_id, "label": "d"}, "genomicInterpretations": list(calls)}
    return {"id": "i", "progressStatus": "SOLVED", "diagnosis": diagnosis}


def test_whole_packet() -> None:
    patient = parse(
        packet(
            subject={"id": "s", "sex": "FEMALE", "timeAtLastEncounter": {"age": {"iso8601duration": "P3Y"}}},
            phenotypicFeatures=[
                SEIZURE | {"onset": {"age": {"iso8601duration": "P1Y2M"}}},
                {"type": {"id": "HP:0000365", "label": "Hearing impairment"}, "excluded": True},
            ],
            interpretations=[interpretation("OMIM:312750", gene_call("MECP2"), gene_call("CDKL5", "REJECTED"))],
            diseases=[{"term": {"id": "OMIM:105830", "label": "Angelman syndrome"}}],
            metaData={"externalReferences": [{"id": "PMID:24573067"}, {"id": "DOI:10.1/x"}, {"id": "PMID:24573067"}]},
        )
    )
    assert patient == Patient(
        patient_id="case-1",
        findings=(
            Finding(term_id="HP:0001250", label="Seizure", onset="P1Y2M"),
            Finding(term_id="HP:0000365", label="Hearing impairment", excluded=True),
        ),
        sex="FEMALE",
        age="P3Y",
        disease_ids=("OMIM:312750",),
        disease_names=("d",),
        gene_symbols=("MECP2",),
        references=("PMID:24573067",),
    )


@pytest.mark.parametrize(
    ("onset", "expected"),
    [
        ({"ontologyClass": {"id": "HP:0003593", "label": "Infantile onset"}}, "HP:0003593"),
        ({"age": {"iso8601duration": "P41Y"}}, "P41Y"),
        ({"gestationalAge": {"weeks": 20}}, "HP:0030674"),
        ({"timestamp": "2020-01-01T00:00:00Z"}, None),
    ],
)
def test_onset(onset: dict[str, Any], expected: str | None) -> None:
    assert parse(packet(phenotypicFeatures=[SEIZURE | {"onset": onset}])).findings[0].onset == expected


@pytest.mark.parametrize(
    ("sex", "expected"), [("MALE", "MALE"), ("FEMALE", "FEMALE"), ("OTHER_SEX", None), ("UNKNOWN_SEX", None)]
)
def test_sex(sex: str, expected: str | None) -> None:
    assert parse(packet(subject={"id": "s", "sex": sex})).sex == expected


def test_diseases_where_no_interpretation_names_one() -> None:
    diseases = [
        {"term": {"id": "OMIM:1", "label": "a"}},
        {"term": {"id": "OMIM:2", "label": "b"}, "excluded": True},
        {"term": {"id": "OMIM:3", "label": "c"}},
    ]
    undecided = {"id": "i", "progressStatus": "UNSOLVED"}
    read = parse(packet(diseases=diseases, interpretations=[undecided]))
    assert (read.disease_ids, read.disease_names) == (("OMIM:1", "OMIM:3"), ("a", "c"))


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["a", "b"], ("a", "b")),
        (["a", ""], ()),  # names go with ids by their place, so that all are given or none
        (["", ""], ()),
    ],
)
def test_names_of_diseases(labels: list[str], names: tuple[str, ...]) -> None:
    diseases = [{"term": {"id": f"OMIM:{i}", "label": label}} for i, label in enumerate(labels)]
    read = parse(packet(diseases=diseases))
    assert (read.disease_ids, read.disease_names) == (("OMIM:0", "OMIM:1"), names)


def test_prefixes_come_in_the_spelling_of_the_graph() -> None:
    features = [{"type": {"id": "hp:0001250", "label": "Seizure"}, "onset": {"ontologyClass": {"id": "hp:0003577"}}}]
    told = [interpretation("MIM:312750"), interpretation("Orphanet:778")]
    references = {"externalReferences": [{"id": "pmid:24573067"}]}
    patient = parse(packet(phenotypicFeatures=features, interpretations=told, metaData=references))
    assert [(f.term_id, f.onset) for f in patient.findings] == [("HP:0001250", "HP:0003577")]
    assert patient.disease_ids == ("OMIM:312750", "ORPHA:778")
    assert patient.references == ("PMID:24573067",)  # by which a publication is held out


def test_a_disease_named_twice_keeps_its_first_name() -> None:
    diseases = [{"term": {"id": "OMIM:1", "label": label}} for label in ("a", "b")]
    read = parse(packet(diseases=diseases))
    assert (read.disease_ids, read.disease_names) == (("OMIM:1",), ("a",))


def test_two_interpretations_keep_their_order() -> None:
    called = [{"gene": {"valueId": "HGNC:2", "symbol": "B"}, "interpretationStatus": "CANDIDATE"}]
    read = parse(packet(interpretations=[interpretation("OMIM:9", gene_call("Z")), interpretation("OMIM:4", *called)]))
    assert read.disease_ids == ("OMIM:9", "OMIM:4")
    assert read.gene_symbols == ("Z", "B")


def test_bare_packet_is_named_after_its_file() -> None:
    read = parse_phenopacket(json.dumps({"phenotypicFeatures": [SEIZURE]}), "folder/anna.json")
    assert read == Patient(patient_id="anna", findings=(Finding(term_id="HP:0001250", label="Seizure"),))


def test_bytes_and_text_give_the_same() -> None:
    text = json.dumps(packet(id="Jørn"), ensure_ascii=False)
    assert parse_phenopacket(text.encode(), "x") == parse_phenopacket(text, "x")
    assert parse_phenopacket(text, "x").patient_id == "Jørn"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "x.json is not JSON: "),
        (b"\xff\xfe\x00", "x.json is not JSON: "),
        ("[" * 100_000, "x.json is not a phenopacket: nested too deeply"),
        ("[]", "x.json is not a phenopacket: expected a JSON object, got list"),
        ('{"id": "a"}', "x.json has no phenotypicFeatures"),
        ('{"phenotypicFeatures": []}', "x.json has no phenotypicFeatures"),
        ('{"phenotypicFeatures": "HP:1"}', "x.json is not a phenopacket of version 2: "),
        ('{"phenotypicFeatures": [{}]}', "x.json: phenotypicFeatures[0] needs a type.id such as HP:0001250, got ''"),
        ('{"phenotypicFeatures": [{"type": {"id": "Seizure"}}]}', "got 'Seizure'"),
        ('{"subject": {"sex": "GIRL"}, "phenotypicFeatures": []}', "x.json is not a phenopacket of version 2: "),
    ],
)
def test_unusable_packets_are_named_in_one_line(text: str | bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_phenopacket(text, "x.json")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("field", ["negated", "exclude"])
def test_an_excluded_finding_never_becomes_present_by_a_wrong_field_name(field: str) -> None:
    with pytest.raises(SourceError, match=f'no field named "{field}"'):
        parse(packet(phenotypicFeatures=[SEIZURE | {field: True}]))


@given(st.lists(st.tuples(st.integers(1, 9_999_999), st.booleans()), min_size=1, max_size=8))
def test_every_feature_is_kept_in_order(features: list[tuple[int, bool]]) -> None:
    given_features = [{"type": {"id": f"HP:{n:07}", "label": "l"}, "excluded": e} for n, e in features]
    read = parse(packet(phenotypicFeatures=given_features)).findings
    assert [(f.term_id, f.excluded) for f in read] == [(f"HP:{n:07}", e) for n, e in features]


def test_load_one(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(packet()))
    assert load_phenopacket(path).patient_id == "case-1"


def test_load_one_that_is_missing_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot read the phenopacket .*none\.json: No such file"):
        load_phenopacket(tmp_path / "none.json")
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(MAX_PACKET_BYTES + 1)
    with pytest.raises(SourceError, match="too large for a phenopacket: 20,000,001 bytes"):
        load_phenopacket(large)


def test_directory_is_searched_to_the_bottom(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "2.JSON").write_text(json.dumps(packet(id="two")))
    (tmp_path / "a.json").write_text(json.dumps(packet(id="one")))
    (tmp_path / "bad.json").write_text("no")
    (tmp_path / "readme.txt").write_text("not a packet")
    read = load_phenopackets(tmp_path)
    assert [p.patient_id for p in read.patients] == ["one", "two"]
    assert [(s.name, s.reason.partition(":")[0]) for s in read.skipped] == [("bad.json", "is not JSON")]


def test_zip_names_what_it_skips(tmp_path: Path) -> None:
    path = tmp_path / "store.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.1/B/2.JSON", json.dumps(packet(id="two")))
        archive.writestr("0.1/A/1.json", json.dumps(packet(id="one")))
        archive.writestr("0.1/A/empty.json", json.dumps({"id": "e"}))
        archive.writestr("0.1/bomb.json", b" " * (MAX_PACKET_BYTES + 1))
        archive.writestr("__MACOSX/._1.json", b"\0")
        archive.writestr("README.md", "hello")
    assert path.stat().st_size < 100_000
    read = load_phenopackets(path)
    assert [p.patient_id for p in read.patients] == ["one", "two"]
    assert read.skipped == (
        Skipped(name="0.1/A/empty.json", reason="has no phenotypicFeatures, so there is nothing to diagnose from"),
        Skipped(name="0.1/bomb.json", reason="is too large for a phenopacket: 20,000,001 bytes, at most 20,000,000"),
    )


def test_zip_with_a_damaged_member(tmp_path: Path) -> None:
    path = tmp_path / "store.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("1.json", json.dumps(packet(id="hurt")))
        archive.writestr("2.json", json.dumps(packet(id="well")))
    path.write_bytes(path.read_bytes().replace(b'"hurt"', b'"HURT"', 1))
    read = load_phenopackets(path)
    assert [p.patient_id for p in read.patients] == ["well"]
    assert [s.name for s in read.skipped] == ["1.json"]
    assert read.skipped[0].reason.startswith("cannot be unpacked: Bad CRC-32")


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no phenopackets"):
        load_phenopackets(tmp_path)
    with pytest.raises(SourceError, match="cannot read the phenopackets"):
        load_phenopackets(tmp_path / "none.zip")
    (tmp_path / "fake.zip").write_text("not a zip")
    with pytest.raises(SourceError, match="neither a directory nor a zip of phenopackets"):
        load_phenopackets(tmp_path / "fake.zip")
    (tmp_path / "bad.json").write_text("no")
    with pytest.raises(SourceError, match=r"none of 1 packets is usable; the first: bad\.json: is not JSON"):
        load_phenopackets(tmp_path)


@pytest.fixture(scope="module")
def release() -> PatientSet:
    return load_phenopackets(data_folder() / "phenopackets" / "all_phenopackets.zip")


@pytest.mark.data
def test_release_of_the_phenopacket_store(release: PatientSet) -> None:
    """2026-06-25: 7,980 packets; one has measurements only, so nothing to diagnose from."""
    assert len(release.patients) == 7_979
    assert [s.name for s in release.skipped] == ["0.1.26-snapshot/CYP21A2/PMID_30968594_individual_29.json"]
    assert len({r for p in release.patients for r in p.references}) == 1_414
    assert sum(len(p.findings) for p in release.patients) == 170_218
    assert sum(f.excluded for p in release.patients for f in p.findings) == 98_989
    assert all(len(p.disease_ids) == 1 for p in release.patients)
