"""The option ``--sources``: which graph a command asks."""

from __future__ import annotations

from typing import Annotated

import typer

from kg.build import bundled_sources
from kg.catalogue import HPO, SOURCES, parse_sources
from kg.graph import KnowledgeGraph
from retrieval.mined_graph import load_graph_with_pages

SourcesOption = Annotated[
    str,
    typer.Option(
        "--sources",
        envvar="CITEDX_SOURCES",
        help=f"What the graph is built from: all, or some of {', '.join((HPO, *SOURCES))}, with commas between.",
    ),
]


def load_graph_of(sources: str) -> KnowledgeGraph:
    """The graph of a list of sources and the common conditions, with what pages say where MedQuAD is one.

    From the cache or built and cached; errors are those of ``kg.build``.
    """
    return load_graph_with_pages(bundled_sources(common=True, further=parse_sources(sources)))
