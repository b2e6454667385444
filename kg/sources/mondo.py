"""Mondo's table of exact equivalences (``equivalencies.obo``) -> the class of each OMIM, Orphanet and DECIPHER entry.

Source: Vasilevsky et al. 2022, doi:10.1101/2022.04.13.22273750; https://mondo.monarchinitiative.org; this file is CC0.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import obonet

from kg.errors import SourceError

# Mondo's ways of writing the prefixes of the annotations.
_PREFIXES = (
    (re.compile(r"^https?://(?:www\.)?omim\.org/(?:entry|MIM)/"), "OMIM:"),
    (re.compile(r"^Orphanet:"), "ORPHA:"),
)
_ENTRY = re.compile(r"(?:OMIM|ORPHA|DECIPHER):\d+")


def load_equivalent_entries(path: Path) -> dict[str, str]:
    """Disease id -> class of Mondo, for the classes that have two or more such entries.

    Raises:
        SourceError: the file is missing, or no such ontology.
    """
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
            nodes = obonet.read_obo(lines, ignore_obsolete=False).nodes(data="equivalent_to")
            # Each pair stands with one of its two sides.
            pairs = [
                pair for node, others in nodes for other in others or () for pair in ((node, other), (other, node))
            ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zlib.error) as error:
        raise SourceError(f"cannot read the equivalences {path}: {error}") from error
    classes: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        if other.startswith("MONDO:") and _ENTRY.fullmatch(entry := _entry_id(one)):
            classes[entry].add(other)
    if not classes:
        raise SourceError(f"{path} names no entry of OMIM, Orphanet or DECIPHER as equivalent to a class of Mondo")
    single = {entry: min(of) for entry, of in classes.items() if len(of) == 1}  # of two classes: equivalent to neither
    n_entries = Counter(single.values())
    return {entry: mondo_id for entry, mondo_id in single.items() if n_entries[mondo_id] > 1}


def _entry_id(node: str) -> str:
    for pattern, prefix in _PREFIXES:
        node = pattern.sub(prefix, node)
    return node
