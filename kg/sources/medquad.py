"""MedQuAD (JSON Lines, plain or xz) -> documents: questions about a condition, answered on a page of the NIH.

Source: Ben Abacha and Demner-Fushman 2019, doi:10.1186/s12859-019-3119-4; CC BY 4.0. It is published as a zip of XML
files; ``convert_release`` makes the JSON Lines of it, one document a line, without those whose answers were removed.
"""

from __future__ import annotations

import json
import lzma
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from kg.errors import SourceError, reason_of
from kg.schema import Provenance
from kg.sources.records import Page, SetFiles, SourceRecords

_MAX_XML_BYTES = 5_000_000
"""The largest document of the release has 200 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A page about one condition."""

    url: str
    focus: str
    """Name of the condition."""
    synonyms: tuple[str, ...]
    cuis: tuple[str, ...] = ()
    """Concepts of the UMLS that the focus was found to be."""
    answers: tuple[tuple[str, str], ...]
    """Type of the question (``frequency``, ``symptoms`` ...) and the text of the answer."""


def load_documents(path: Path) -> tuple[Document, ...]:
    """All documents, in the order of the file.

    Raises:
        SourceError: the file is missing or is no such file.
    """
    documents: list[Document] = []
    try:
        with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    documents.append(_document(json.loads(line)))
    except (OSError, lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read {path}: {reason_of(error)}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path} is not MedQuAD as JSON Lines: see document {len(documents) + 1}") from error
    if not documents:
        raise SourceError(f"{path} is empty: it holds no document")
    return tuple(documents)


def load_medquad(files: SetFiles) -> SourceRecords:
    """Read ``medquad``: which page describes which disease, that is named as the page names its focus.

    Raises:
        SourceError: the file is missing or is no such file.
    """
    file = files["medquad"]
    try:
        documents = load_documents(file.path)
    except SourceError as error:
        raise SourceError(f"{error}; fetch it again: citedx data pull {file.pull} --overwrite") from error
    return SourceRecords(pages=tuple(_page(d, file.provenance) for d in documents))


def convert_release(archive: Path, out: Path) -> None:
    """Write the JSON Lines (xz) of the zip that GitHub makes of the release; the same zip gives the same bytes.

    Raises:
        ValueError: the zip holds no such documents.
        OSError: a file cannot be read or written.
    """
    n_written = 0
    with zipfile.ZipFile(archive) as members, lzma.open(out, "wt", encoding="utf-8") as lines:
        for name in sorted(m.filename for m in members.infolist() if m.filename.endswith(".xml")):
            if members.getinfo(name).file_size > _MAX_XML_BYTES:
                raise ValueError(f"{name} is too large for a document")
            row = _row(members.read(name), name)
            if row["qa"]:
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
                n_written += 1
    if not n_written:
        raise ValueError("it holds no XML file with an answer")


def _row(content: bytes, name: str) -> dict[str, Any]:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError(f"{name} declares entities, which no document does")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - entities are refused above
    except ElementTree.ParseError as error:
        raise ValueError(f"{name} is no XML: {error}") from error
    pairs = ((pair.find("Question"), _text(pair, "Answer")) for pair in root.iter("QAPair"))
    return {
        "id": root.get("id", ""),
        "source": root.get("source", ""),
        "url": root.get("url", ""),
        "focus": _text(root, "Focus"),
        "cuis": [c.text.strip() for c in root.iter("CUI") if c.text],
        "synonyms": [s.text.strip() for s in root.iter("Synonym") if s.text],
        "qa": [
            {"type": question.get("qtype", ""), "question": (question.text or "").strip(), "answer": answer}
            for question, answer in pairs
            if question is not None and answer
        ],
    }


def _text(parent: ElementTree.Element, tag: str) -> str:
    """Text of a child with its white space made single; empty where there is none."""
    return " ".join((parent.findtext(tag) or "").split())


def _document(row: dict[str, object]) -> Document:
    answers, synonyms, cuis = row["qa"], row["synonyms"], row.get("cuis", [])
    if not isinstance(answers, list) or not isinstance(synonyms, list) or not isinstance(cuis, list):
        raise TypeError("qa, synonyms and cuis are lists")
    return Document(
        url=str(row["url"]),
        focus=str(row["focus"]),
        synonyms=tuple(str(s) for s in synonyms),
        cuis=tuple(str(c) for c in cuis),
        answers=tuple((str(a["type"]), str(a["answer"])) for a in answers),
    )


def _page(document: Document, provenance: Provenance) -> Page:
    return Page(
        url=document.url,
        names=(document.focus, *document.synonyms),
        other_ids=tuple(f"UMLS:{c}" for c in document.cuis),
        provenance=replace(provenance, reference=document.url),
    )
