"""The user's text in pieces, each with the finding that was read from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kg.schema import Finding


def story_pieces(story: str, findings: Iterable[Finding]) -> Iterator[tuple[str, Finding | None]]:
    """The whole text in pieces, each with its finding; of overlapping spans the later has the rest."""
    spans = [(f.start, f.end, f) for f in findings if f.start is not None and f.end is not None]
    done = 0
    for start, end, finding in sorted(spans, key=lambda span: span[:2]):
        start, end = max(start, done), min(end, len(story))
        if start >= end:
            continue
        if done < start:
            yield story[done:start], None
        yield story[start:end], finding
        done = end
    if done < len(story):
        yield story[done:], None
