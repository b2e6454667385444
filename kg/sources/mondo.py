"""Mondo: which entries of OMIM, Orphanet, DECIPHER, the Disease Ontology and MeSH are one class, and its names.

Source: Vasilevsky et al. 2022, doi:10.1101/2022.04.13.22273750; https://mondo.monarchinitiative.org; CC BY 4.0, the
file of equivalences CC0.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter, defaultdict
from pathlib import Path
from textwrap import shorten

import obonet

from kg.errors import SourceError
from kg.schema import CrossReference
from kg.sources.delimited import read_rows
from kg.sources.records import SetFiles, SourceRecords

# Mondo's ways of writing the prefixes of the annotations.
_PREFIXES = (
    (re.compile(r"^https?://(?:www\.)?omim\.org/(?:entry|MIM)/"), "OMIM:"),
    (re.compile(r"^Orphanet:"), "ORPHA:"),
)
_ENTRY = re.compile(r"(?:OMIM|ORPHA|DECIPHER):\d+")
_ENTRY_OR_NAME = re.compile(r"(?:OMIM|ORPHA|DECIPHER|DOID):\d+|MESH:[A-Z]\d+")
_OBSOLETE = "obsolete "


def load_mondo(files: SetFiles) -> SourceRecords:
    """Read ``mondo-equivalencies`` and ``mondo-names``. Raises SourceError."""
    file = files["mondo-equivalencies"]
    try:
        classes = _read_classes(file.path, _ENTRY_OR_NAME)
    except SourceError as error:
        raise SourceError(f"{error}; fetch it again: citedx data pull {file.pull} --overwrite") from error
    named = read_rows(files["mondo-names"], ("cls", "cls_label"))
    return SourceRecords(
        mondo_ids={entry: mondo_id for entry, mondo_id in classes.items() if not entry.startswith("MESH:")},
        cross_references=tuple(
            CrossReference(disease_id=mondo_id, other_id=entry, provenance=file.provenance)
            for entry, mondo_id in classes.items()
            if entry.startswith("MESH:")
        ),
        names={row["cls"]: row["cls_label"] for _, row in named if _is_class(row["cls"], row["cls_label"])},
    )


def load_equivalent_entries(path: Path) -> dict[str, str]:
    """Disease id -> class of Mondo, for the classes that have two or more entries of OMIM, Orphanet or DECIPHER.

    Raises:
        SourceError: the file is missing, or no such ontology.
    """
    single = _read_classes(path, _ENTRY)
    n_entries = Counter(single.values())
    return {entry: mondo_id for entry, mondo_id in single.items() if n_entries[mondo_id] > 1}


def _read_classes(path: Path, wanted: re.Pattern[str]) -> dict[str, str]:
    """Id -> the class of Mondo that it is equivalent to; an id of two classes is equivalent to neither."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
            nodes = obonet.read_obo(lines, ignore_obsolete=False).nodes(data="equivalent_to")
            # Each pair stands with one of its two sides.
            pairs = [
                pair for node, others in nodes for other in others or () for pair in ((node, other), (other, node))
            ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zlib.error) as error:
        raise SourceError(f"cannot read the equivalences {path}: {shorten(str(error), 200)}") from error
    classes: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        if other.startswith("MONDO:") and wanted.fullmatch(entry := _entry_id(one)):
            classes[entry].add(other)
    if not classes:
        raise SourceError(f"{path} names no entry of OMIM, Orphanet or DECIPHER as equivalent to a class of Mondo")
    return {entry: min(of) for entry, of in classes.items() if len(of) == 1}


def _entry_id(node: str) -> str:
    for pattern, prefix in _PREFIXES:
        node = pattern.sub(prefix, node)
    return node


def _is_class(class_id: str, label: str) -> bool:
    return class_id.startswith("MONDO:") and not label.startswith(_OBSOLETE)
