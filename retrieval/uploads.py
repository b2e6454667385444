"""A file that somebody hands in -> the story in it, or the case.

Promise: what a file is, its content says, not its name; whatever cannot be used is one line that says why and what to
do. Plain text (UTF-8, UTF-16 with byte order mark; else GB 18030 or Latin-1, and it says so), phenopackets in JSON, and
PDF with text in it. Nothing is unpacked, run or kept.
Deliberately not done here: reading scans (OCR) and office documents; judging what the story says.
"""

from __future__ import annotations

import codecs
import io
import logging
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath
from time import monotonic
from typing import Any

from kg.errors import NotReadyError, UsageError, how_to_install
from kg.schema import Patient
from kg.sources.phenopackets import parse_phenopacket
from retrieval.findings import MAX_CHARACTERS

MAX_BYTES = 5_000_000
"""Of a file: far above any story, and a PDF of this size is read in seconds."""
MAX_PAGES = 300
MAX_PDF_S = 60.0
"""For the text of a PDF: a small file can ask for hours of work."""

_MAX_CONTROL_SHARE = 0.02
_CHINESE_SHARE = 0.3  # of bytes above ASCII: Chinese text has more, Western text with accents far less
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KINDS = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
)
"""How files that are not text begin; looked at only to name what was refused."""
_HYPHENATED = re.compile(r"(?<=[a-z])-\n(?=[a-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What was in a file: a story or a patient."""

    text: str = ""
    """The story; empty where the file is a phenopacket."""
    patient: Patient | None = None
    """The case of a phenopacket."""
    note: str | None = None
    """What the user should know of how the file was read."""


def read_upload(data: bytes, name: str, max_pdf_s: float = MAX_PDF_S) -> Upload:
    """Read a file.

    Args:
        data: its bytes; give one more than ``MAX_BYTES`` of a larger file.
        name: what to call it in errors.
        max_pdf_s: seconds after which the reading of a PDF is given up.

    Raises:
        UsageError: it is too large, empty, no text, or a PDF that is damaged, locked, without text or too long to read.
        SourceError: it is JSON, but no phenopacket.
        NotReadyError: it is a PDF, and pypdf is not installed.
    """
    name = plain_name(name)
    refuse_large(len(data), name)
    if not data.strip():
        raise UsageError(f"{name} is empty")
    if data.lstrip()[:5] == b"%PDF-":
        return Upload(text=_read_pdf(data, name, max_pdf_s))
    text, note = _decode(data, name)
    if text.startswith("{\\rtf"):
        raise UsageError(f"{name} is rich text (RTF): save it as plain text or PDF")
    if text.lstrip().startswith("{") or name.lower().endswith(".json"):
        return Upload(patient=parse_phenopacket(text, name))
    return Upload(text=text, note=note)


def refuse_large(n_bytes: int, name: str) -> None:
    """Raise UsageError for a file of more than ``MAX_BYTES``."""
    if n_bytes > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise UsageError(f"{plain_name(name)} is larger than {limit} MB: keep the parts about the patient")


def plain_name(name: str) -> str:
    """The last part of a path, short and printable: it goes into messages."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in PurePath(name.replace("\\", "/")).name)
    return shown if len(shown) <= 80 else f"{shown[:40]}…{shown[-35:]}"


def _decode(data: bytes, name: str) -> tuple[str, str | None]:
    """The text, and a note where its encoding was guessed."""
    marked = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if marked != "utf-16" and b"\0" in data:
        raise _not_text(data, name, "it holds NUL bytes")
    note = None
    try:
        text = data.decode(marked or "utf-8")
    except UnicodeDecodeError:
        if marked is not None:
            raise _not_text(data, name, f"it is not the {marked.upper()} that its first bytes announce") from None
        text, encoding = _decode_without_mark(data)
        note = f"{name} is not UTF-8; it was read as {encoding}: check that accents and symbols are right"
    n_control = sum(unicodedata.category(c) == "Cc" and not c.isspace() for c in text)
    if "\0" in text or n_control > _MAX_CONTROL_SHARE * len(text):
        raise _not_text(data, name, f"{n_control} of its {len(text)} characters are control characters")
    return text, note


def _decode_without_mark(data: bytes) -> tuple[str, str]:
    if sum(byte > 0x7F for byte in data) > _CHINESE_SHARE * len(data):
        try:
            return data.decode("gb18030"), "GB 18030"
        except UnicodeDecodeError:
            pass
    try:
        return data.decode("cp1252"), "Latin-1 (Windows-1252)"
    except UnicodeDecodeError:  # a byte that Windows leaves undefined
        return data.decode("latin-1"), "Latin-1"


def _not_text(data: bytes, name: str, reason: str) -> UsageError:
    kind = next((f" but {kind}" for start, kind in _KINDS if data.startswith(start)), "")
    return UsageError(f"{name} is not a text file{kind} ({reason}): give plain text, a PDF or a phenopacket")


def _read_pdf(data: bytes, name: str, max_s: float) -> str:
    try:
        import pypdf
    except ImportError:
        raise NotReadyError(f"{name} is a PDF, which needs pypdf: {how_to_install('documents')}") from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it warns of may quote the file
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UsageError(f"{name} is locked with a password: save it without one")
        text = _text_of(reader, name, monotonic() + max_s)
    except UsageError:
        raise
    except Exception as error:  # pypdf meets damage with errors of every kind, and a broken file is the user's to mend
        raise UsageError(f"{name} is a damaged PDF ({type(error).__name__}): print it to PDF again") from None
    if not text.strip():
        raise UsageError(f"{name} is a PDF without text, such as a scan: give its words as text")
    return text


def _text_of(reader: Any, name: str, give_up_at: float) -> str:
    """The text of all pages; words that a line break parted are joined."""

    def check_time(*_: object) -> None:
        if monotonic() > give_up_at:
            raise UsageError(f"{name} takes too long to read: keep the pages about the patient, or give them as text")

    if len(reader.pages) > MAX_PAGES:
        raise UsageError(f"{name} has {len(reader.pages)} pages, more than the limit of {MAX_PAGES}")
    pages: list[str] = []
    for page in reader.pages:
        pages.append(page.extract_text(visitor_operand_before=check_time))
        check_time()
        if sum(map(len, pages)) > MAX_CHARACTERS:
            raise UsageError(f"{name} has more than {MAX_CHARACTERS:,} characters: keep the parts about the patient")
    return _HYPHENATED.sub("", "\n\n".join(pages))
