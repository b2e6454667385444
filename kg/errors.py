"""The project's one tree of errors: a user sees one line that says what, with the value, and what to do."""

_MOST = 120
"""Characters of a reason that is an error's own text."""


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


def reason_of(error: Exception) -> str:
    """Why a file cannot be read, in one line without what it holds, which may be a patient's words."""
    match error:
        case UnicodeDecodeError():  # its repr is the whole text; its position is that in some part of it
            return f"byte {error.object[error.start]:#04x} is not {error.encoding.upper()}"
        case OSError() if error.strerror:
            return error.strerror
        case KeyError():
            return f"there is no {str(error.args[0])[:40] if error.args else 'such field'}"
        case TypeError() | AttributeError() | StopIteration():  # said of Python's types, not of the file
            return "it is laid out otherwise"
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].rstrip(" :")[:_MOST]


def how_to_install(extra: str) -> str:
    """What brings the packages of an extra: citedx is installed from its folder, no index has it."""
    return f'in the folder of citedx, .venv/bin/pip install -c constraints.txt -e ".[{extra}]"'
