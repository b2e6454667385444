"""Of the picture: nothing overlaps, widths follow the weights, words are escaped, every number is of the answer."""

import math
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.graph import KnowledgeGraph
from tests.toy import ALPHA, BRITTLE, STRIPED, VERY_LARGE, WOBBLING, association
from tests.ui.figures.answers import cited, made_up_answer, of_class, parse, text_of, toy_answer, toy_wording
from ui.figures import evidence_graph
from ui.figures.arrangement import HAIRLINE, NARROW, WIDE, WIDTH_PER_DECADE, Columns, arrange, line_width
from ui.figures.evidence_graph import draw
from ui.figures.evidence_map import MAX_FINDINGS, map_evidence
from ui.figures.text import text_width
from ui.figures.wording import Wording

EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&"
LN10 = math.log(10)


@st.composite
def answers(draw_value):
    n_findings, n_diseases = draw_value(st.integers(1, 14)), draw_value(st.integers(1, 5))
    table = st.lists(
        st.lists(st.none() | st.integers(0, 20), min_size=n_findings, max_size=n_findings),
        min_size=n_diseases,
        max_size=n_diseases,
    )
    weights = st.lists(st.floats(-8, 9), min_size=n_findings, max_size=n_findings)
    return made_up_answer(
        draw_value(st.lists(weights, min_size=n_diseases, max_size=n_diseases)),
        draw_value(table),
        draw_value(st.lists(st.booleans(), min_size=n_findings, max_size=n_findings)),
    )


@pytest.mark.parametrize("columns", [WIDE, NARROW], ids=lambda c: c.name)
@given(answer=answers(), labels=st.lists(st.text(max_size=60), min_size=21, max_size=21))
def test_all_labels_are_inside_and_none_overlaps(columns: Columns, answer, labels: list[str]):
    evidence = map_evidence(answer, 5)
    if not evidence.ways:
        assert evidence_graph(answer, Wording(term=str)) == ""
        return
    drawing = arrange(evidence, columns, Wording(term=lambda t: labels[int(t[3:])]))
    boxes = {key: node.box for key, node in drawing.nodes.items()}
    assert len(boxes) == len(evidence.findings) + len(evidence.terms) + len(evidence.diseases)
    assert all(b.left >= 0 and b.right <= columns.diseases[1] for b in boxes.values())
    assert all(b.top >= 0 and b.bottom <= drawing.height for b in boxes.values())
    for (_, one), (_, other) in combinations(boxes.items(), 2):
        apart = one.right <= other.left or other.right <= one.left
        assert apart or one.bottom <= other.top or other.bottom <= one.top
    for node in drawing.nodes.values():
        assert all(text_width(line, columns.size) <= node.box.width for line in node.lines)
        assert len(node.lines) * columns.size <= node.box.height
    for (_, disease), y in drawing.ports.items():
        assert boxes[f"d{disease}"].top <= y <= boxes[f"d{disease}"].bottom


@given(st.lists(st.floats(0, 50), min_size=2, max_size=2).map(sorted))
def test_what_weighs_more_is_wider(strengths: list[float]):
    weak, strong = map(line_width, strengths)
    assert HAIRLINE <= weak <= strong
    assert line_width(math.log(1000)) == pytest.approx(HAIRLINE + 3 * WIDTH_PER_DECADE)


def test_lines_of_a_made_up_patient():
    # Finding 0 is annotated itself, 1 by a more general term, 2 is excluded and annotated; of 3 nothing is.
    answer = made_up_answer([[2 * LN10, -LN10, -LN10 / 2, -3.0]], [[0, 9, 2, None]], [False, False, True, False])
    tree = parse(draw(map_evidence(answer, 5), WIDE, Wording(term=lambda t: f"term {int(t[3:])}")))
    lines = {e.get("data-of"): e for e in of_class(tree, "fig-edge")}
    said = {of: (e.get("class").split()[1], float(e.get("stroke-width"))) for of, e in lines.items()}
    assert said == {
        "d0 f0 t0": ("for", HAIRLINE + 2 * WIDTH_PER_DECADE),
        "d0 f1 t1": ("for", HAIRLINE),  # annotated, and yet it weighs against: as thin as can be
        "d0 f2 t2": ("against", HAIRLINE + WIDTH_PER_DECADE / 2),
    }
    assert [e.get("class") for e in of_class(tree, "fig-is")] == ["fig-is same", "fig-is is-a", "fig-is same"]
    findings = {e.get("aria-label"): e.get("class").split()[2:] for e in of_class(tree, "fig-finding")}
    disease = "Disease 1 of a long and winding name"
    assert findings == {
        f"term 0. For: {disease}": ["present"],
        f"term 1. For: {disease}": ["present"],
        f"term 2 (excluded). Against: {disease}": ["excluded"],
        "term 3. Not annotated for these diseases": ["present", "alone"],
    }
    (term,) = of_class(tree, "fig-term")
    assert term.get("aria-label") == "term 9 is more general than term 1"
    assert {e.tag for e in of_class(tree, "fig-node")} == {"g"}
    assert all(e.get("tabindex") == "0" for e in of_class(tree, "fig-node"))


def test_the_toy_patient(toy_graph: KnowledgeGraph):
    answer = toy_answer(toy_graph)
    evidence = map_evidence(answer, 5)
    assert {f.term_id for f in evidence.findings} == {VERY_LARGE, STRIPED, WOBBLING, BRITTLE}
    assert [d.diagnosis for d in evidence.diseases] == list(answer.diagnoses[:5])
    alpha = next(d for d in evidence.diseases if d.diagnosis.disease_id == ALPHA)
    (striped,) = [w for w in alpha.findings if w.match.finding.term_id == STRIPED]
    (cited_piece,) = [e for e in answer.evidence if e.evidence_id in striped.evidence_ids]
    assert cited_piece.association == association(toy_graph, ALPHA, STRIPED)

    html = evidence_graph(answer, toy_wording(toy_graph))
    assert cited(html)
    assert cited(html) <= {e.evidence_id for e in answer.evidence}
    tree = parse(html)
    wide, narrow = tree.iter("svg"), of_class(tree, "fig-narrow")
    assert next(wide).get("class") == "fig-wide"
    assert len(of_class(narrow[0], "fig-edge")) == len(evidence.ways)
    assert len(tree.findall(".//tbody/tr")) == len(evidence.ways)  # the table says the same
    pressed = [(e.get("data-disease"), e.get("aria-pressed")) for e in of_class(narrow[0], "fig-disease")]
    assert pressed == [(d.disease_id, "true" if i == 0 else "false") for i, d in enumerate(answer.diagnoses[:5])]


def test_a_node_lights_up_with_all_of_its_paths(toy_graph: KnowledgeGraph):
    evidence = map_evidence(toy_answer(toy_graph), 5)
    tree = parse(draw(evidence, WIDE, toy_wording(toy_graph)))
    reached = {f"d{way.disease}" for way in evidence.ways if way.finding == 0}
    lit = {e.get("data-node") for e in of_class(tree, "fig-node") if "f0" in e.get("data-of").split()}
    assert {key for key in lit if key[0] == "d"} == reached
    assert {key for key in lit if key[0] == "f"} == {"f0"}


def test_words_of_sources_never_become_markup(toy_graph: KnowledgeGraph):
    answer = toy_answer(toy_graph)
    evil = replace(answer, diagnoses=tuple(replace(d, name=EVIL) for d in answer.diagnoses))
    tree = parse(evidence_graph(evil, Wording(term=lambda _: EVIL)))
    assert {"img", "script"}.isdisjoint(e.tag for e in tree.iter())
    assert EVIL in {text_of(e) for e in tree.iter("td")}
    assert f"{EVIL} (excluded)" in {text_of(e) for e in tree.iter("title")}


def test_of_very_many_findings_the_telling_ones_are_drawn():
    n = MAX_FINDINGS + 3
    answer = made_up_answer([[float(i) for i in range(n)]], [list(range(n))])
    evidence = map_evidence(answer, 5)
    assert [f.term_id for f in evidence.findings] == [f"HP:{i:07d}" for i in range(3, n)]
    assert "3 findings that weigh less are left out." in evidence_graph(answer, Wording(term=str))


def test_without_diagnoses_there_is_no_picture(toy_graph: KnowledgeGraph):
    assert evidence_graph(toy_answer(toy_graph, ()), toy_wording(toy_graph)) == ""
