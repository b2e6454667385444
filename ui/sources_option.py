"""The option ``--sources``: which graph a command asks."""

from __future__ import annotations

from typing import Annotated

import typer

from kg.build import bundled_sources, load_graph
from kg.catalogue import HPO, SOURCES, parse_sources
from kg.graph import KnowledgeGraph

SourcesOption = Annotated[
    str,
    typer.Option(
        "--sources",
        envvar="CITEDX_SOURCES",
        help=f"What the graph is built from: all, or some of {', '.join((HPO, *SOURCES))}, with commas between.",
    ),
]


def load_graph_of(sources: str) -> KnowledgeGraph:
    """The graph of a list of sources, from the cache or built and cached; errors are those of ``kg.build``."""
    return load_graph(bundled_sources(further=parse_sources(sources)))
