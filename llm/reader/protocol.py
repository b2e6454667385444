"""What every reader promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.schema import Commentary, Diagnosis, RemovedClaim
from retrieval.schema import Candidate, Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Diagnoses and the evidence that their claims cite, before grounding."""

    diagnoses: tuple[Diagnosis, ...]
    evidence: tuple[Evidence, ...]
    removed: tuple[RemovedClaim, ...] = ()
    """What a language model said that could not even be read as a claim about one of the diagnoses."""
    commentary: Commentary | None = None
    """What a language model said beside its claims."""


class Reader(Protocol):
    """Chooses among candidates and points at evidence; it can invent neither."""

    @property
    def version(self) -> str:
        """Name and version, for the answer."""

    def read(self, graph: KnowledgeGraph, findings: Sequence[Finding], candidates: Sequence[Candidate]) -> Reading:
        """Diagnoses among the candidates, the most probable first."""
