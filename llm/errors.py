"""Errors of reading, branches of the project's one tree."""

from kg.errors import CitedxError


class ReaderError(CitedxError):
    """What the reader was shown cannot be read."""


class ModelError(CitedxError):
    """A language model gave no answer, or cannot be used."""
