"""What a source hands over: its files on one side, its statements on the other; joining them is ``kg.joining``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.schema import Association, Concept, CrossReference, Disease, Provenance, Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file of a source, on this disk."""

    path: Path
    provenance: Provenance
    """Title, version and licence; its reference is the home of the set."""
    pull: str
    """What ``citedx data pull`` calls it, for errors that say what to do."""
    sha256: str = ""
    """Of the file as it was published or pulled; empty where that is not known."""
    is_packed_here: bool = False
    """Published plain and stored gzipped: the checksum is of what is inside."""


SetFiles = Mapping[str, SourceFile]
"""Name of the set in the manifest -> its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """A finding as another vocabulary than the HPO has it."""

    symptom_id: str
    """``SYMP:0000614``, ``MESH:D003371``, ``DDXPLUS:E_201``."""
    name: str
    synonyms: tuple[str, ...] = ()
    """Exact ones only."""
    other_ids: tuple[str, ...] = ()
    """Cross references, with the prefixes that the HPO writes: ``UMLS:C0010200``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomStatement:
    """A source says that a disease has a symptom."""

    disease_id: str
    symptom_id: str
    evidence_code: str = ""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page about a disease, which it names in words."""

    url: str
    names: tuple[str, ...]
    """The best first."""
    other_ids: tuple[str, ...] = ()
    """What the source takes the disease for: ``UMLS:C0751606``."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecords:
    """All that one source states, with ids as the source has them."""

    diseases: tuple[Disease, ...] = ()
    """Entries that become nodes, or names of nodes, whether anything is said of them or not."""
    mondo_ids: Mapping[str, str] | None = None
    """Disease id -> the class of Mondo that it is exactly equivalent to."""
    names: Mapping[str, str] | None = None
    """Disease id -> name, for those that the statements of any source speak of, and that are no entries."""
    cross_references: tuple[CrossReference, ...] = ()
    associations: tuple[Association, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    symptom_statements: tuple[SymptomStatement, ...] = ()
    pages: tuple[Page, ...] = ()
    concepts: tuple[Concept, ...] = ()
    relations: tuple[Relation, ...] = ()
    left_out: Mapping[str, int] | None = None
    """Statements that the graph has no word for: what they are -> how many."""


SourceLoader = Callable[[SetFiles], SourceRecords]
