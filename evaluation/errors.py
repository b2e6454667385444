"""Errors of evaluation, branches of the project's one tree."""

from kg.errors import CitedxError, UsageError


class LeakError(CitedxError):
    """A publication that is held out is still a source of something in use."""


class TrainedOnError(LeakError, UsageError):
    """The weights that were chosen have seen a publication that is evaluated."""
