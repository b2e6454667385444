"""Whoever checks own code with mypy sees the types of what it calls."""

from importlib.resources import files

import pytest


@pytest.mark.parametrize("package", ["kg", "retrieval", "llm", "evaluation", "ui"])
def test_the_packages_say_that_they_are_typed(package):
    assert files(package).joinpath("py.typed").is_file()
