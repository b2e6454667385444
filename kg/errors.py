"""The project's one tree of errors: a user sees one line that says what, with the value, and what to do."""


class CitedxError(Exception):
    """Root of every error that citedx raises on purpose.

    Attributes:
        exit_code: what the command line exits with: 1 for a failure, 2 for wrong use or not ready.
    """

    exit_code = 1


class UsageError(CitedxError):
    """What the user gave cannot be used: an unknown id, an empty text, a broken file."""

    exit_code = 2


class UnknownIdError(UsageError):
    """An id, name or prefix that the graph does not hold."""


class SourceError(UsageError):
    """A source file is missing or is not what its format says."""


class NotReadyError(CitedxError):
    """Something that has to be installed, built or pulled first is not there."""

    exit_code = 2


class StorageError(CitedxError):
    """The disk refused: an unwritable cache, no space left."""
