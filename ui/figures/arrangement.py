"""Places for an evidence map: three columns, labels that never overlap, lines that meet a disease side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from ui.figures.evidence_map import EvidenceMap, Way
from ui.figures.layout import Box, barycentres, ordered, spread
from ui.figures.text import wrap
from ui.figures.wording import Wording

HAIRLINE, WIDTH_PER_DECADE = 1.0, 1.5
"""Width of a line that weighs nothing, and what each factor of ten adds."""
GAP, EDGE_GAP, MARGIN, LEADING = 10.0, 1.5, 14.0, 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Measures of one drawing, in pixels at full size."""

    name: str
    size: float
    """Of the font."""
    findings: float
    """Width of the column, at the left edge."""
    terms: tuple[float, float]
    """Sides of the column in the middle; without a width terms are marked and not named."""
    diseases: tuple[float, float]
    """Sides of the column; the right one is the width of the drawing."""


WIDE = Columns(name="wide", size=13, findings=204, terms=(258, 404), diseases=(536, 740))
NARROW = Columns(name="narrow", size=12, findings=116, terms=(156, 156), diseases=(216, 350))
BOLD = 1.12
"""How much wider bold letters are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A label in its place."""

    key: str
    """``f0``, ``t3`` or ``d1``: the layer and the index in the map."""
    lines: tuple[str, ...]
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Everything in its place."""

    columns: Columns
    height: float
    nodes: Mapping[str, Node]
    ports: Mapping[tuple[int, int], float]
    """Where the way of a finding (first index) meets a disease: y."""


def line_width(strength: float) -> float:
    """Width of a line that speaks with this many nats, at least 0, for what it says."""
    return HAIRLINE + WIDTH_PER_DECADE * strength / math.log(10)


def arrange(evidence: EvidenceMap, columns: Columns, wording: Wording) -> Drawing:
    """Order and places: findings by what they speak of, terms beside their findings, diseases by rank."""
    stacked = _stacked_findings(evidence, columns, wording)
    bottom = max(node.box.bottom for node in stacked.values())
    terms = _placed_terms(evidence, columns, wording, stacked, bottom)
    bottom = max(bottom, *(node.box.bottom for node in terms.values()))
    findings = _beside_terms(evidence, stacked, terms, bottom)
    arriving = _arriving(evidence, terms)
    diseases = _placed_diseases(evidence, columns, arriving, bottom)
    nodes = {node.key: node for layer in (findings, terms, diseases) for node in layer.values()}
    height = max(node.box.bottom for node in nodes.values()) + MARGIN
    return Drawing(columns=columns, height=height, nodes=nodes, ports=dict(_ports(diseases, arriving)))


def _stacked_findings(evidence: EvidenceMap, columns: Columns, wording: Wording) -> dict[int, Node]:
    pulls = ((way.finding, float(way.disease), line_width(way.weighed.strength)) for way in evidence.ways)
    top, nodes = MARGIN, {}
    for i in ordered(range(len(evidence.findings)), barycentres(pulls)):
        lines = _lines(wording.finding(evidence.findings[i]), columns.findings - 20, columns)
        box = Box(left=0, top=top, width=columns.findings, height=_height(lines, columns))
        nodes[i] = Node(key=f"f{i}", lines=lines, box=box)
        top = box.bottom + GAP
    return nodes


def _beside_terms(
    evidence: EvidenceMap, findings: Mapping[int, Node], terms: Mapping[int, Node], bottom: float
) -> dict[int, Node]:
    """The findings again in their order, each beside its own term if it has one, else beside those it is tied to."""
    pulls = {
        (way.finding, way.term): 1.0 if evidence.terms[way.term].finding is None else 100.0 for way in evidence.ways
    }
    centres = barycentres((f, terms[t].box.middle, weight) for (f, t), weight in pulls.items())
    wanted = list(accumulate((centres.get(i, bottom) for i in findings), max))
    tops = spread(wanted, [node.box.height for node in findings.values()], GAP, MARGIN, bottom)
    return {
        i: replace(node, box=replace(node.box, top=top)) for (i, node), top in zip(findings.items(), tops, strict=True)
    }


def _placed_terms(
    evidence: EvidenceMap, columns: Columns, wording: Wording, findings: Mapping[int, Node], bottom: float
) -> dict[int, Node]:
    left, right = columns.terms
    pulls = dict.fromkeys((way.term, way.finding) for way in evidence.ways)
    centres = barycentres((term, findings[finding].box.middle, 1.0) for term, finding in pulls)
    order = ordered(range(len(evidence.terms)), centres)
    labels = [wording.term(term.term_id) if term.finding is None and right > left else "" for term in evidence.terms]
    lines = [_lines(label, right - left - 10, columns) if label else () for label in labels]
    heights = [_height(lines[i], columns) if lines[i] else columns.size for i in order]
    tops = spread([centres[i] for i in order], heights, GAP, MARGIN, bottom)
    return {
        i: Node(key=f"t{i}", lines=lines[i], box=Box(left=left, top=top, width=right - left, height=height))
        for i, top, height in zip(order, tops, heights, strict=True)
    }


def _arriving(evidence: EvidenceMap, terms: Mapping[int, Node]) -> dict[int, list[Way]]:
    """The ways to each disease, the highest first."""
    arriving: dict[int, list[Way]] = {i: [] for i in range(len(evidence.diseases))}
    for way in sorted(evidence.ways, key=lambda way: terms[way.term].box.middle):
        arriving[way.disease].append(way)
    return arriving


def _placed_diseases(
    evidence: EvidenceMap, columns: Columns, arriving: Mapping[int, Sequence[Way]], bottom: float
) -> dict[int, Node]:
    """Diseases at even distances, each high enough for its label and its lines."""
    left, right = columns.diseases
    lines = [
        _lines(shown.diagnosis.name, (right - left - 10) / BOLD, columns, max_lines=4) for shown in evidence.diseases
    ]
    heights = [max(_height((*label, "share"), columns), _stack(arriving[i])) for i, label in enumerate(lines)]
    step = (bottom - MARGIN) / len(heights)
    tops = spread([MARGIN + step * (i + 0.5) for i in range(len(heights))], heights, GAP, MARGIN, bottom)
    return {
        i: Node(key=f"d{i}", lines=label, box=Box(left=left, top=top, width=right - left, height=height))
        for i, (label, top, height) in enumerate(zip(lines, tops, heights, strict=True))
    }


def _stack(ways: Sequence[Way]) -> float:
    """Height of lines one below the other."""
    return sum(line_width(way.weighed.strength) for way in ways) + EDGE_GAP * max(0, len(ways) - 1)


def _ports(
    diseases: Mapping[int, Node], arriving: Mapping[int, Sequence[Way]]
) -> Iterator[tuple[tuple[int, int], float]]:
    """Where each way meets its disease: about the middle, side by side in the order in which they come in."""
    for i, node in diseases.items():
        y = node.box.middle - _stack(arriving[i]) / 2
        for way in arriving[i]:
            width = line_width(way.weighed.strength)
            yield (way.finding, i), y + width / 2
            y += width + EDGE_GAP


def _lines(label: str, width: float, columns: Columns, max_lines: int = 3) -> tuple[str, ...]:
    return wrap(label, width, columns.size, max_lines)


def _height(lines: Sequence[str], columns: Columns) -> float:
    return len(lines) * columns.size * LEADING + 4
