"""An answer as files for others: a report, and the case as a phenopacket.

Promise: whether a file can be written is found out before anything is worked on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from kg.errors import StorageError, UsageError
from kg.ontology import Ontology
from kg.phenopacket import format_phenopacket
from kg.schema import Disease
from llm.schema import Differential
from ui.report import report_markdown
from ui.report_pdf import report_pdf, require_pdf


class ReportFormat(StrEnum):
    """By the ending of a file."""

    MARKDOWN = ".md"
    PDF = ".pdf"


def case_phenopacket(differential: Differential, ontology: Ontology, *, with_differential: bool = False) -> str:
    """The case of an answer as a phenopacket of now; see ``kg.phenopacket``.

    Args:
        differential: the answer.
        ontology: for labels.
        with_differential: name its diseases too, as considered.

    Raises:
        UsageError: the case has no findings.
    """
    considered = [(Disease(disease_id=d.disease_id, name=d.name), d.probability) for d in differential.diagnoses]
    return format_phenopacket(
        differential.findings,
        ontology,
        created=datetime.now(UTC).replace(microsecond=0),
        created_by=f"citedx {version('citedx')}",
        sex=differential.person.sex,
        age=differential.person.age,
        differential=considered if with_differential else (),
    )


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
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise UsageError(f"cannot write {file}: {'it is a folder' if file.is_dir() else 'its folder is not there'}")


def save_report(differential: Differential, file: Path) -> None:
    """Write the report in the format of the file's ending. Raises StorageError."""
    is_pdf = require_report(file) is ReportFormat.PDF
    _write(file, report_pdf(differential) if is_pdf else report_markdown(differential).encode())


def save_phenopacket(differential: Differential, ontology: Ontology, file: Path) -> None:
    """Write the case. Raises UsageError (no findings), StorageError."""
    _write(file, case_phenopacket(differential, ontology).encode())


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror}") from error
