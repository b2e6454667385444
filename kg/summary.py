"""What became of each source in the graph: counts, and what could not be joined and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedSymptom:
    """A symptom that no HPO term was found for."""

    symptom_id: str
    name: str
    n_statements: int
    """Statements about diseases that are lost by it."""
    note: str = ""
    """Why a person found none; empty where nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSummary:
    """One source in the graph."""

    source: str
    """As in ``citedx build --sources``, or what was made of one."""
    counts: Mapping[str, int]
    """What it states, by kind."""
    left_out: Mapping[str, int]
    """Statements that could not be joined, by reason."""
    unmapped: tuple[UnmappedSymptom, ...] = ()
    """The most lost first."""
