"""The evidence as a picture: the patient's findings, the terms that are annotated, the diseases.

A line to a disease is as wide as the finding speaks for what the line says (full: for the disease, dashed: against),
by the graph's likelihood model. Drawn twice, for wide and for narrow columns; the style sheet shows the one that fits.
A table says the same in words. What reacts to pointer and keyboard is in ``figures.js``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from llm.schema import Differential
from ui.figures.arrangement import LEADING, NARROW, WIDE, Columns, Drawing, Node, arrange, line_width
from ui.figures.evidence_map import EvidenceMap, Way, map_evidence
from ui.figures.ranking import cite
from ui.figures.wording import Wording, factor
from ui.page.markup import percent

_TABLE_HEADS = ("Disease", "Finding", "Annotated term", "Speaks", "Ratio", "Evidence")


def evidence_graph(differential: Differential, wording: Wording, n_diseases: int = 5) -> str:
    """The figure as HTML with SVG inside; empty where nothing is annotated of what was found.

    A click, Enter or space on a disease sends the event ``citedx:disease``; its ``detail.id`` is the disease's id.

    Args:
        differential: the answer.
        wording: labels and language.
        n_diseases: at most so many diseases.
    """
    evidence = map_evidence(differential, n_diseases)
    if not evidence.ways:
        return ""
    drawings = "".join(draw(evidence, columns, wording) for columns in (WIDE, NARROW))
    return f'<figure class="fig fig-graph">{drawings}{_caption(evidence, wording)}{_table(evidence, wording)}</figure>'


def draw(evidence: EvidenceMap, columns: Columns, wording: Wording) -> str:
    """One drawing as SVG."""
    drawing = arrange(evidence, columns, wording)
    return _Picture(evidence=evidence, drawing=drawing, wording=wording, lit_with=_lit_with(evidence)).svg()


def _lit_with(evidence: EvidenceMap) -> dict[str, set[str]]:
    """For each node the nodes on its ways, itself included: what lights up with it."""
    lit: dict[str, set[str]] = defaultdict(set)
    for layer, nodes in (("f", evidence.findings), ("d", evidence.diseases)):
        for i in range(len(nodes)):
            lit[f"{layer}{i}"].add(f"{layer}{i}")
    for way in evidence.ways:
        for key in _keys(way):
            lit[key].update(_keys(way))
    return lit


def _keys(*ways: Way) -> set[str]:
    return {key for way in ways for key in (f"f{way.finding}", f"t{way.term}", f"d{way.disease}")}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """Draws; lines first, so that nodes lie above them."""

    evidence: EvidenceMap
    drawing: Drawing
    wording: Wording
    lit_with: Mapping[str, set[str]]

    def svg(self) -> str:
        evidence, columns = self.evidence, self.drawing.columns
        title = self.wording.say("Evidence: findings of the patient, annotated terms, diseases")
        body = (
            *(self._line(way) for way in sorted(evidence.ways, key=lambda way: -way.disease)),  # the first above all
            *self._relations(),
            *(self._finding(i) for i in range(len(evidence.findings))),
            *(self._term(i) for i in range(len(evidence.terms))),
            *(self._disease(i) for i in range(len(evidence.diseases))),
        )
        return (
            f'<svg class="fig-{columns.name}" viewBox="0 0 {columns.diseases[1]:g} {self.drawing.height:.0f}" '
            f'role="group" aria-label="{escape(title)}" style="font-size:{columns.size:g}px">{"".join(body)}</svg>'
        )

    def _line(self, way: Way) -> str:
        start = self.drawing.nodes[f"t{way.term}"].box
        x, y = self.drawing.columns.diseases[0] - 6, self.drawing.ports[way.finding, way.disease]
        kind = ("for" if way.weighed.supports else "against") + (" chosen" if way.disease == 0 else "")
        return (
            f'<path class="fig-edge {kind}" data-to="d{way.disease}" d="{_curve(start.right, start.middle, x, y)}" '
            f'stroke-width="{line_width(way.weighed.strength):.2f}" {_data_of(_keys(way))}>'
            f"<title>{escape(self._words(way))}</title></path>"
        )

    def _words(self, way: Way) -> str:
        says = self.wording.say("for" if way.weighed.supports else "against")
        numbers = " ".join(f"[{e}]" for e in way.weighed.evidence_ids)
        finding = self.wording.finding(self.evidence.findings[way.finding])
        disease = self.evidence.diseases[way.disease].diagnosis.name
        return f"{finding} – {disease}: {says}, {factor(way.weighed.log_lr)} {numbers}"

    def _relations(self) -> Iterable[str]:
        """Lines from findings to annotated terms: plain where they are the same, dotted along is-a."""
        ways: dict[tuple[int, int], list[Way]] = defaultdict(list)
        for way in self.evidence.ways:
            ways[way.finding, way.term].append(way)
        for (finding, term), alike in ways.items():
            start, end = self.drawing.nodes[f"f{finding}"].box, self.drawing.nodes[f"t{term}"].box
            path = _curve(start.right, start.middle, end.left, end.middle)
            if self.evidence.terms[term].finding is not None:
                kind, path, title = "same", f"{path}H{end.right:.1f}", ""
            else:
                kind, title = "is-a", f"<title>{escape(self._relation(alike[0]))}</title>"
            yield f'<path class="fig-is {kind}" d="{path}" {_data_of(_keys(*alike))}>{title}</path>'

    def _relation(self, way: Way) -> str:
        is_specific = way.is_more_specific
        said = "{term} is more specific than {finding}" if is_specific else "{term} is more general than {finding}"
        term, finding = self.evidence.terms[way.term].term_id, self.evidence.findings[way.finding].term_id
        return self.wording.say(said).format(term=self.wording.term(term), finding=self.wording.term(finding))

    def _finding(self, i: int) -> str:
        node, finding = self.drawing.nodes[f"f{i}"], self.evidence.findings[i]
        x, y = node.box.right - 7, node.box.middle
        mark = f'<circle cx="{x:g}" cy="{y:.1f}" r="4"/>'
        if finding.excluded:
            mark += f'<path d="M{x - 5:g} {y + 5:.1f}L{x + 5:g} {y - 5:.1f}"/>'
        ways = [way for way in self.evidence.ways if way.finding == i]
        label = self.wording.finding(finding)
        said = [label] if ways else [label, self.wording.say("Not annotated for these diseases")]
        for title, supports in (("For", True), ("Against", False)):
            names = [self.evidence.diseases[w.disease].diagnosis.name for w in ways if w.weighed.supports is supports]
            said += [f"{self.wording.say(title)}: {self.wording.listed(names)}"] if names else []
        kind = ("excluded" if finding.excluded else "present") + ("" if ways else " alone")
        shape = mark + self._text(map(escape, node.lines), x - 10, node, "end")
        return self._node(node, f"fig-finding {kind}", 'role="img"', ". ".join(said), label, shape)

    def _term(self, i: int) -> str:
        node, term = self.drawing.nodes[f"t{i}"], self.evidence.terms[i]
        box = node.box
        if term.finding is not None:
            place = f'cx="{box.right:g}" cy="{box.middle:.1f}"'
            return f'<circle class="fig-same" {place} r="2.5" {_data_of(self.lit_with[node.key])}/>'
        if node.lines:
            sides = f'width="{box.width:g}" height="{box.height:.1f}"'
            shape = f'<rect x="{box.left:g}" y="{box.top:.1f}" {sides} rx="5"/>'
            shape += self._text(map(escape, node.lines), box.left + box.width / 2, node, "middle")
        else:
            shape = f'<path d="M{box.left:g} {box.middle - 5:.1f}l5 5l-5 5l-5 -5z"/>'
        related = dict.fromkeys(self._relation(way) for way in self.evidence.ways if way.term == i)
        return self._node(node, "fig-term", 'role="img"', ". ".join(related), self.wording.term(term.term_id), shape)

    def _disease(self, i: int) -> str:
        node, diagnosis = self.drawing.nodes[f"d{i}"], self.evidence.diseases[i].diagnosis
        box = node.box
        share = f'<tspan class="fig-share">{diagnosis.rank} · {escape(percent(diagnosis.probability))}</tspan>'
        bar = f'<rect x="{box.left - 5:g}" y="{box.top:.1f}" width="3" height="{box.height:.1f}" rx="1.5"/>'
        shape = bar + self._text((share, *map(escape, node.lines)), box.left + 6, node, "start")
        pressed = "true" if i == 0 else "false"
        attributes = f'role="button" aria-pressed="{pressed}" data-disease="{escape(diagnosis.disease_id)}"'
        said = self.wording.say("{disease}: show what speaks for and against it")
        label = said.format(disease=f"{diagnosis.rank}. {diagnosis.name}")
        return self._node(node, "fig-disease", attributes, label, diagnosis.name, shape)

    def _node(self, node: Node, kind: str, attributes: str, label: str, title: str, shape: str) -> str:
        box = node.box
        return (
            f'<g class="fig-node {kind}" tabindex="0" {attributes} aria-label="{escape(label)}" '
            f'data-node="{node.key}" {_data_of(self.lit_with[node.key])}><title>{escape(title)}</title>'
            f'<rect class="fig-hit" x="{box.left - 4:g}" y="{box.top - 2:.1f}" width="{box.width + 8:g}" '
            f'height="{box.height + 4:.1f}" rx="6"/>{shape}</g>'
        )

    def _text(self, lines: Iterable[str], x: float, node: Node, anchor: str) -> str:
        """Lines, already escaped, about the middle of a node."""
        size, lines = self.drawing.columns.size, list(lines)
        first = node.box.middle - size * LEADING * (len(lines) - 1) / 2 + size * 0.35
        places = (f'x="{x:g}" y="{first + size * LEADING * i:.1f}"' for i in range(len(lines)))
        spans = (f"<tspan {place}>{line}</tspan>" for place, line in zip(places, lines, strict=True))
        return f'<text text-anchor="{anchor}">{"".join(spans)}</text>'


def _data_of(keys: Iterable[str]) -> str:
    return f'data-of="{" ".join(sorted(keys))}"'


def _curve(x0: float, y0: float, x1: float, y1: float) -> str:
    middle = (x0 + x1) / 2
    return f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"


def _caption(evidence: EvidenceMap, wording: Wording) -> str:
    say = wording.say
    samples = (
        ("fig-edge for", line_width(math.log(100)), "speaks for (here ×100)"),
        ("fig-edge against", line_width(math.log(10)), "speaks against (here ÷10)"),
        ("fig-is is-a", 1.0, "annotated is a more general or more specific term"),
    )
    key = "".join(
        f'<span><svg width="34" height="10" aria-hidden="true"><path class="{kind}" d="M1 5H33" '
        f'stroke-width="{width:.2f}"/></svg>{escape(say(text))}</span>'
        for kind, width, text in samples
    )
    said = [say("Width: how many times likelier a finding makes the disease, by the graph’s likelihood model.")]
    if evidence.n_left_out:
        said.append(say("{n} findings that weigh less are left out.").format(n=evidence.n_left_out))
    return f'<figcaption><p class="fig-key">{key}</p><p>{escape(" ".join(said))}</p></figcaption>'


def _table(evidence: EvidenceMap, wording: Wording) -> str:
    """The same in words."""
    head = "".join(f'<th scope="col">{escape(wording.say(text))}</th>' for text in _TABLE_HEADS)
    in_order = sorted(evidence.ways, key=lambda way: (way.disease, -way.weighed.strength))
    rows = "".join(f"<tr>{_cells(_row(evidence, way, wording))}</tr>" for way in in_order)
    summary = escape(wording.say("The same as a table"))
    return (
        f'<details class="fig-words"><summary>{summary}</summary><div class="fig-scroll" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _row(evidence: EvidenceMap, way: Way, wording: Wording) -> tuple[str, ...]:
    plain = (
        evidence.diseases[way.disease].diagnosis.name,
        wording.finding(evidence.findings[way.finding]),
        wording.term(evidence.terms[way.term].term_id),
        wording.say("for" if way.weighed.supports else "against"),
        factor(way.weighed.log_lr),
    )
    return (*map(escape, plain), cite(way.weighed))


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<td>{cell}</td>" for cell in row)
