"""Errors of retrieval, branches of the project's one tree."""

from kg.errors import CitedxError, NotReadyError


class EmbedderError(NotReadyError):
    """The embedding model is missing, damaged, or not a sentence-transformers model."""


class IndexMismatchError(CitedxError):
    """Vectors of one embedder were offered to an index of another."""
