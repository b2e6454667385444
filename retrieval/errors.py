"""Errors of retrieval, branches of the project's one tree."""

from kg.errors import CitedxError, NotReadyError, UsageError


class EmbedderError(NotReadyError):
    """The embedding model is missing, damaged, or not a sentence-transformers model."""


class IndexMismatchError(CitedxError):
    """Vectors of one embedder were offered to an index of another."""


class UnsupportedLanguageError(UsageError):
    """A text is in a language that stories are not read in."""
