"""GA4GH phenopackets, version 2 (JSON) -> ``Patient`` records.

Parsed with the schema's own protobuf library, strictly: an unknown field is an error, because a packet of version 1
(``negated`` in place of ``excluded``) or a misspelt ``excluded`` would otherwise turn an absent finding into a present
one. The 7,980 packets of the Phenopacket Store read in about 7 s on one core.

Deliberately not done here: looking terms up, merging repeated features, judging diagnoses.

Source: https://phenopacket-schema.readthedocs.io; Jacobsen et al., Nat Biotechnol 2022.
"""

from __future__ import annotations

import json
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from kg.curie import canonical, is_curie
from kg.errors import SourceError
from kg.schema import Finding, Patient

MAX_PACKET_BYTES = 20_000_000
"""No real packet comes near this (the largest of the store has 64 kB); a zip bomb does."""

UNCERTAIN = "Worded as possible or suspected only."
"""The description by which our own packets mark an uncertain finding: the schema has no field for it."""
DENIED = "Absent, in answer to a question."
"""The same of a finding that was denied when asked for."""

_ANTENATAL_ONSET = "HP:0030674"  # "Onset prior to birth": what a gestational age says, in HPO's words
# What zipfile raises on damaged members, and (NotImplementedError) on ways of packing that it lacks.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, NotImplementedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file of a set that could not be used."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSet:
    """The patients of a directory or a release zip, in the order of the file names."""

    patients: tuple[Patient, ...]
    skipped: tuple[Skipped, ...] = ()


def parse_phenopacket(text: str | bytes, name: str) -> Patient:
    """Turn the JSON of one phenopacket into a record.

    The patient id is the packet's ``id``, or the name of the file where the packet has none. The diseases are those of
    the interpretations, but not of one that is in progress or ended without a diagnosis; where these name none, the
    packet's ``diseases`` without the excluded ones. Onsets are HPO onset terms or ISO 8601 ages; a gestational age
    becomes "Antenatal onset"; other kinds of time are left out.

    Args:
        text: JSON, UTF-8 if bytes.
        name: what to call the packet in errors, e.g. its path.

    Raises:
        SourceError: not JSON, not a phenopacket of version 2, or without a usable ``phenotypicFeatures`` list.
    """
    packet = _parse_message(text, name)
    if not packet.phenotypic_features:
        raise SourceError(f"{name} has no phenotypicFeatures, so there is nothing to diagnose from")
    subject, diseases = packet.subject, _diseases(packet)
    references = (canonical(r.id) for r in packet.meta_data.external_references)
    return Patient(
        patient_id=packet.id or PurePath(name).stem,
        findings=_findings(packet, name),
        sex=_sex(subject),
        age=subject.time_at_last_encounter.age.iso8601duration or None,
        disease_ids=tuple(diseases),
        disease_names=tuple(diseases.values()) if all(diseases.values()) else (),
        gene_symbols=_gene_symbols(packet),
        references=_unique(i for i in references if i.startswith("PMID:")),
    )


def load_phenopacket(path: Path) -> Patient:
    """Read one phenopacket from a ``.json`` file.

    Raises:
        SourceError: the file cannot be read, is too large, or is not a usable phenopacket.
    """
    return parse_phenopacket(_read_file(path), str(path))


def load_phenopackets(path: Path) -> PatientSet:
    """Read every phenopacket below a directory, or of a zip such as the release of the Phenopacket Store.

    Files that cannot be used are named in ``skipped`` with the reason; the others are read.

    Args:
        path: a directory (searched recursively for ``*.json``) or a zip file.

    Raises:
        SourceError: there is nothing at the path, the zip is no zip, it holds no ``*.json``, or none is usable.
    """
    read = _read_directory(path) if path.is_dir() else _read_zip(path)
    if not read.patients and not read.skipped:
        raise SourceError(f"{path} holds no phenopackets; expected *.json files")
    if not read.patients:
        first = f"{read.skipped[0].name}: {read.skipped[0].reason}"
        raise SourceError(f"{path}: none of {len(read.skipped)} packets is usable; the first: {first}")
    return read


def _read_directory(path: Path) -> PatientSet:
    files = sorted(path.rglob("*.[jJ][sS][oO][nN]"))
    return _read_packets((str(file.relative_to(path)), partial(_read_file, file)) for file in files)


def _read_zip(path: Path) -> PatientSet:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if _is_packet(m)]
            members.sort(key=lambda m: m.filename)
            return _read_packets((m.filename, partial(_read_member, archive, m)) for m in members)
    except zipfile.BadZipFile as error:
        raise SourceError(f"{path} is neither a directory nor a zip of phenopackets: {error}") from error
    except OSError as error:
        raise SourceError(f"cannot read the phenopackets {path}: {error.strerror or error}") from error


def _is_packet(member: zipfile.ZipInfo) -> bool:
    # macOS adds "__MACOSX/._x.json" files, which are no JSON, to the zips that it makes.
    return member.filename.lower().endswith(".json") and not member.filename.startswith("__MACOSX/")


def _read_packets(sources: Iterable[tuple[str, Callable[[], bytes]]]) -> PatientSet:
    patients, skipped = [], []
    for name, read in sources:
        try:
            patients.append(parse_phenopacket(read(), name))
        except SourceError as error:
            reason = str(error).removeprefix(name).lstrip(": ")
            skipped.append(Skipped(name=name, reason=reason))
    return PatientSet(patients=tuple(patients), skipped=tuple(skipped))


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    # zipfile never unpacks more than the declared size, so checking that is enough.
    _check_size(member.file_size, member.filename)
    try:
        return archive.read(member)
    except _UNREADABLE as error:
        raise SourceError(f"{member.filename} cannot be unpacked: {error}") from error


def _read_file(path: Path) -> bytes:
    try:
        _check_size(path.stat().st_size, str(path))
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot read the phenopacket {path}: {error.strerror or error}") from error


def _check_size(n_bytes: int, name: str) -> None:
    if n_bytes > MAX_PACKET_BYTES:
        raise SourceError(f"{name} is too large for a phenopacket: {n_bytes:,} bytes, at most {MAX_PACKET_BYTES:,}")


def _parse_message(text: str | bytes, name: str) -> Any:
    """The protobuf message, with every field checked against the schema."""
    from google.protobuf.json_format import ParseDict, ParseError
    from phenopackets import Phenopacket

    try:
        document = json.loads(text)
    except RecursionError:
        raise SourceError(f"{name} is not a phenopacket: nested too deeply") from None
    except ValueError as error:
        raise SourceError(f"{name} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise SourceError(f"{name} is not a phenopacket: expected a JSON object, got {type(document).__name__}")
    try:
        return ParseDict(document, Phenopacket())
    except ParseError as error:
        # The library lists all fields of the schema on further lines.
        reason = str(error).partition("\n")[0]
        raise SourceError(f"{name} is not a phenopacket of version 2: {reason}") from error


def _findings(packet: Any, name: str) -> tuple[Finding, ...]:
    for i, feature in enumerate(packet.phenotypic_features):
        if not is_curie(feature.type.id):
            place = f"{name}: phenotypicFeatures[{i}]"
            raise SourceError(f"{place} needs a type.id such as HP:0001250, got {feature.type.id!r}")
    return tuple(_finding(feature) for feature in packet.phenotypic_features)


def _finding(feature: Any) -> Finding:
    return Finding(
        term_id=canonical(feature.type.id),
        label=feature.type.label or feature.type.id,
        excluded=feature.excluded,
        uncertain=feature.description == UNCERTAIN,
        asked=feature.description == DENIED,
        onset=_onset(feature.onset),
    )


def _onset(time: Any) -> str | None:
    if time.HasField("gestational_age"):
        return _ANTENATAL_ONSET
    return canonical(time.ontology_class.id) or time.age.iso8601duration or None


def _sex(subject: Any) -> str | None:
    from phenopackets import Sex

    name = Sex.Name(subject.sex)
    return name if name in ("MALE", "FEMALE") else None


def _diseases(packet: Any) -> dict[str, str]:
    """Id -> name of the diagnosed diseases."""
    from phenopackets import Interpretation

    open_ended = (Interpretation.ProgressStatus.IN_PROGRESS, Interpretation.ProgressStatus.UNSOLVED)
    concluded = (i for i in packet.interpretations if i.progress_status not in open_ended)
    diagnosed = [i.diagnosis.disease for i in concluded if i.diagnosis.disease.id]
    named = diagnosed or [d.term for d in packet.diseases if not d.excluded and d.term.id]
    diseases: dict[str, str] = {}
    for disease in named:
        diseases.setdefault(canonical(disease.id), disease.label)
    return diseases


def _gene_symbols(packet: Any) -> tuple[str, ...]:
    from phenopackets import GenomicInterpretation

    calls = (call for i in packet.interpretations for call in i.diagnosis.genomic_interpretations)
    return _unique(
        call.gene.symbol or call.variant_interpretation.variation_descriptor.gene_context.symbol
        for call in calls
        if call.interpretation_status != GenomicInterpretation.REJECTED
    )


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    """The values that are not empty, each once, in the given order."""
    return tuple(dict.fromkeys(v for v in values if v))
