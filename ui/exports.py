"""An answer as files for others: a report, and the case as a phenopacket.

Promise: whether a file can be written is found out before anything is worked on; what a browser is given is never on
this machine's disk.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from kg.errors import StorageError, UsageError
from kg.ontology import Ontology
from kg.phenopacket import format_phenopacket
from kg.schema import Finding
from llm.schema import Differential
from retrieval.demographics import Demographics
from ui.page.words import ENGLISH, Words
from ui.report import report_markdown
from ui.report_pdf import report_pdf, require_pdf
from ui.session import Download


class ReportFormat(StrEnum):
    """By the ending of a file."""

    MARKDOWN = ".md"
    PDF = ".pdf"


def case_phenopacket(findings: Sequence[Finding], person: Demographics, ontology: Ontology) -> str:
    """A case as a phenopacket of now; see ``kg.phenopacket``. Raises UsageError where it has no findings."""
    return format_phenopacket(
        findings,
        ontology,
        created=datetime.now(UTC).replace(microsecond=0),
        created_by=f"citedx {version('citedx')}",
        sex=person.sex,
        age=person.age,
    )


def report_download(kind: str, differential: Differential, words: Words) -> Download:
    """A report as the page asks for it: ``pdf``, ``markdown`` or ``copy``, which is Markdown for the clipboard.

    Args:
        kind: of these.
        differential: the answer.
        words: of the page, in whose language it is.

    Raises:
        UsageError: the kind is none of these.
        NotReadyError: what writes PDF is not installed.
    """
    match kind:
        case "pdf":
            content = report_pdf(differential, words)
            return Download(name="citedx-report.pdf", media_type="application/pdf", content=content)
        case "markdown" | "copy":
            name = "citedx-report.md" if kind == "markdown" else ""
            return Download(
                name=name, media_type="text/markdown", content=report_markdown(differential, words).encode()
            )
        case _:
            raise UsageError(f"a report is pdf, markdown or copy, got {kind[:40]!r}")


def phenopacket_download(findings: Sequence[Finding], person: Demographics, ontology: Ontology) -> Download:
    """The case as the page asks for it. Raises UsageError where it has no findings."""
    content = case_phenopacket(findings, person, ontology).encode()
    return Download(name="citedx-case.json", media_type="application/json", content=content)


def require_report(file: Path) -> ReportFormat:
    """How a report to this file is written.

    Raises:
        UsageError: its ending is of no format.
        NotReadyError: what writes PDF is not installed.
    """
    try:
        form = ReportFormat(file.suffix.lower())
    except ValueError:
        endings = " or ".join(ReportFormat)
        raise UsageError(f"a report is written to a file that ends in {endings}, got {file}") from None
    if form is ReportFormat.PDF:
        require_pdf()
    require_writable_file(file)
    return form


def require_writable_file(file: Path) -> None:
    """Refuse a place where no file can be written. Raises UsageError."""
    folder = file.absolute().parent
    if file.is_dir() or not folder.is_dir():
        raise UsageError(f"cannot write {file}: {'it is a folder' if file.is_dir() else 'its folder is not there'}")
    if not os.access(file if file.exists() else folder, os.W_OK):
        raise UsageError(f"cannot write {file}: permission denied; name another place")


def save_report(differential: Differential, file: Path, words: Words = ENGLISH) -> None:
    """Write the report in the format of the file's ending, in the language of these words. Raises StorageError."""
    is_pdf = require_report(file) is ReportFormat.PDF
    _write(file, report_pdf(differential, words) if is_pdf else report_markdown(differential, words).encode())


def save_phenopacket(differential: Differential, ontology: Ontology, file: Path) -> None:
    """Write the case. Raises UsageError (no findings), StorageError."""
    _write(file, case_phenopacket(differential.findings, differential.person, ontology).encode())


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror}") from error
