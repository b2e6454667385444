"""What is known, and who says so: the medical knowledge graph."""

from kg.errors import CitedxError
from kg.graph import KnowledgeGraph
from kg.schema import Association, Disease, Finding, Frequency, Gene, Patient, Predicate, Provenance, Synonym, Term

__all__ = [
    "Association",
    "CitedxError",
    "Disease",
    "Finding",
    "Frequency",
    "Gene",
    "KnowledgeGraph",
    "Patient",
    "Predicate",
    "Provenance",
    "Synonym",
    "Term",
]
