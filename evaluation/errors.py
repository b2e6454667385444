"""Errors of evaluation, branches of the project's one tree."""

from kg.errors import CitedxError


class LeakError(CitedxError):
    """A publication that is held out is still a source of something in use."""
