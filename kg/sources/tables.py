"""The head of the project's own tables: lines that begin with ``#`` and name source, version and licence."""

from __future__ import annotations

from kg.schema import Provenance

_NAMED = ("source", "version", "licence")


def word_head(source: Provenance) -> str:
    """The head's lines."""
    return "".join(f"# {name}: {getattr(source, name)}\n" for name in _NAMED)


def split_head(text: str) -> tuple[Provenance, list[str]]:
    """Where a table comes from (with an empty reference), and its other lines. Raises KeyError where one is missing."""
    lines = text.splitlines()
    head = dict(line[1:].strip().split(": ", 1) for line in lines if line.startswith("#") and ": " in line)
    source = Provenance(reference="", **{name: head[name] for name in _NAMED})
    return source, [line for line in lines if line and not line.startswith("#")]
