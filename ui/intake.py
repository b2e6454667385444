"""The patient as named on the command line: a story, a file, a phenopacket or HPO ids.

Promise: whatever cannot be used is refused before anything is built. Notes on how it was read go to standard error.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import typer
from rich.console import Console

from kg.errors import UsageError
from kg.graph import KnowledgeGraph
from kg.schema import Finding, Patient
from kg.sources.phenopackets import load_phenopacket
from retrieval.demographics import (
    UNKNOWN,
    Demographics,
    Sex,
    merge_demographics,
    parse_demographics,
)
from retrieval.findings import parse_finding_ids
from retrieval.lexicon import load_lexicon
from retrieval.multilingual import MultilingualReader
from retrieval.uploads import MAX_BYTES, Upload, read_upload
from ui.case import patient_case
from ui.plain_text import plain

_LONG_STORY = 100_000
"""Characters that take a second to read, at worst."""


def require_one(**given: object) -> None:
    """Exactly one of several ways to name the patient. Raises UsageError."""
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        what = f"got {' and '.join(named)}" if named else "got none"
        raise UsageError(f"give the patient in exactly one way, as {' or '.join(given)}; {what}")


def read_file(file: Path) -> Upload:
    """What is in a file, or on standard input where it is called ``-``.

    Raises:
        UsageError, SourceError, NotReadyError: it cannot be read; see ``read_upload``.
    """
    try:
        if str(file) == "-":
            upload = read_upload(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")
        else:
            with file.open("rb") as opened:
                upload = read_upload(opened.read(MAX_BYTES + 1), file.name)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    if upload.note:
        typer.echo(f"citedx: {plain(upload.note)}", err=True)
    return upload


def patient_of(
    graph: KnowledgeGraph, story: str | None, file: Path | None, phenopacket: Path | None, hpo: str | None
) -> tuple[tuple[Finding, ...], Demographics, str]:
    """Findings, age and sex of a patient who is named in one of these ways, and the story, where it is one."""
    if hpo is not None:
        return parse_finding_ids(hpo, graph.ontology), UNKNOWN, ""
    if phenopacket is not None:
        return *known_of(graph, load_phenopacket(phenopacket)), ""
    upload = Upload(text=story or "") if file is None else read_file(file)
    if upload.patient is not None:
        return *known_of(graph, upload.patient), ""
    with progress(upload.text):
        reader = story_reader(graph)
        return reader.find_findings(upload.text), reader.find_person(upload.text), upload.text


def with_given(person: Demographics, sex: Sex | None, age: str | None) -> Demographics:
    """Age and sex as told, or as given by options. Raises UsageError."""
    return merge_demographics(person, parse_demographics(sex, age))


def progress(story: str) -> AbstractContextManager[object]:
    """Says on a terminal that a long story is being read; a short one is read at once."""
    if len(story) < _LONG_STORY:
        return nullcontext()
    return Console(stderr=True).status(f"reading {len(story):,} characters")


def story_reader(graph: KnowledgeGraph) -> MultilingualReader:
    """Reads stories by the graph's terms."""
    return MultilingualReader(graph.ontology, load_lexicon(graph))


def known_of(graph: KnowledgeGraph, patient: Patient) -> tuple[tuple[Finding, ...], Demographics]:
    """Findings, age and sex of a phenopacket's patient; what the graph doesn't know is named on standard error."""
    case, note = patient_case(patient, graph.ontology)
    if note:
        typer.echo(f"citedx: {plain(note)}", err=True)
    return case.findings, case.person
