"""What several tests of evaluations need."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pytest


@pytest.fixture
def field_limit() -> Iterator[None]:
    """The longest value of a table is what Python begins with, whatever a library has made of it."""
    limit = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(limit)
