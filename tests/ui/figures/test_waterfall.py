"""The bars add up, are in order, and lead to their evidence."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.common_schema import Setting
from kg.graph import KnowledgeGraph
from llm.schema import Claim
from retrieval.risk_factors import PresentRisk, RiskFactor
from retrieval.schema import Evidence, EvidenceKind
from tests.toy import build_model
from tests.ui.figures.answers import SOURCE, cited, made_up_answer, of_class, parse, text_of, toy_answer, toy_wording
from ui.figures import waterfalls
from ui.figures.ranking import shown_diagnoses
from ui.figures.waterfall import MAX_TICKS, Axis, Step, axis_of, steps_of, ticks_of
from ui.figures.wording import Wording

LN10 = math.log(10)


def test_the_bars_add_up_to_the_model_s_score(toy_graph: KnowledgeGraph):
    answer, model = toy_answer(toy_graph), build_model(toy_graph)
    scores = model.log_prior() + model.log_lrs(answer.findings).sum(axis=0)
    for shown in shown_diagnoses(answer, 5):
        steps = steps_of(shown, toy_wording(toy_graph))
        assert steps[-1].end == pytest.approx(scores[model.group_index[shown.diagnosis.disease_id]], abs=1e-5)
        assert all(one.end == other.start for one, other in pairwise(steps))


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=12), st.floats(0, 6), st.floats(0, 20), st.floats(0, 9))
def test_for_comes_before_against_and_the_larger_first(log_lrs: list[float], prior: float, text: float, told: float):
    answer = made_up_answer([log_lrs], [[None] * len(log_lrs)])
    candidate = replace(answer.candidates[0], log_prior=prior, log_text=text, log_history=told)
    (shown,) = shown_diagnoses(replace(answer, candidates=(candidate,)), 1)
    steps = steps_of(shown, Wording(term=str))
    no_findings = ("How common it is", "The story’s own words", "The patient’s history")
    changes = [step.change for step in steps if step.label not in no_findings]
    assert changes == [*sorted((v for v in log_lrs if v >= 0), reverse=True), *sorted(v for v in log_lrs if v < 0)]
    besides = [(step.label, step.change) for step in steps if step.label in no_findings]
    assert besides == [b for b in zip(no_findings, (prior, text, told), strict=True) if b[1] > 0]
    assert all(one.end == pytest.approx(other.start) for one, other in pairwise(steps))
    axis = axis_of(steps)
    assert all(0 <= axis.at(step.end) <= 100 for step in steps)
    assert 0 <= axis.at(0) <= 100
    ticks = ticks_of(axis)
    assert 0 < len(ticks) <= MAX_TICKS
    assert 0 in ticks


def test_places_on_the_axis():
    axis = Axis(low=-LN10, high=4 * LN10)
    assert [axis.at(v) for v in (-LN10, 0, 4 * LN10)] == pytest.approx([0, 20, 100])
    assert ticks_of(axis) == (-1, 0, 1, 2, 3, 4)
    assert ticks_of(Axis(low=-3 * LN10, high=9 * LN10)) == (-2, 0, 2, 4, 6, 8)
    lonely = axis_of([Step(label="", note="", start=0.0, change=0.0)])
    assert (lonely.high - lonely.low) == pytest.approx(LN10)


def test_a_made_up_patient():
    answer = made_up_answer([[2 * LN10, -LN10], [LN10, LN10]], [[0, 1], [None, None]])
    tree = parse(waterfalls(answer, Wording(term=lambda t: f"term {int(t[3:])}")))
    first, second = of_class(tree, "fig-waterfall")
    assert (first.get("hidden"), second.get("hidden")) == (None, "")
    assert [o.get("value") for o in tree.iter("option")] == ["OMIM:1", "OMIM:2"]
    rows = [[text_of(cell) for cell in row][::2] for row in first.findall(".//tbody/tr")]
    assert rows == [["term 0annotated", "×100"], ["term 1annotated", "÷10"]]
    assert text_of(first.find(".//tfoot")) == "Together×10"
    assert [e.get("class") for e in first.findall(".//rect")] == [
        "fig-step for", "fig-step against", "fig-step for",
    ]  # fmt: skip
    up, down, total = ((float(e.get("x")[:-1]), float(e.get("width")[:-1])) for e in first.findall(".//rect"))
    np.testing.assert_allclose([up[0], up[0] + up[1]], [total[0], down[0] + down[1]], atol=0.02)
    np.testing.assert_allclose(total[1], down[1], atol=0.02)
    assert "50\xa0% is no sum of these" in text_of(first.find("figcaption"))
    everyday = parse(waterfalls(replace(answer, setting=Setting.EMERGENCY), Wording(term=str)))
    assert "50\xa0% is the sum against those of all other diseases" in text_of(everyday.find(".//figcaption"))
    assert [e.get("href") for e in first.iter("a")] == ["https://pubmed.ncbi.nlm.nih.gov/1/"] * 2  # no number: source


def told_beside_findings(kind: EvidenceKind, text: str, claim: str, **of_candidate: Any) -> str:
    """The waterfall of a disease with one finding, and one claim about none that cites E3."""
    answer = made_up_answer([[LN10]], [[0]])
    cited = Evidence(evidence_id="E3", kind=kind, text=text, disease_id="OMIM:1", term_ids=(), provenance=(SOURCE,))
    about_none = Claim(text=claim, supports=True, evidence_ids=("E3",), disease_id="OMIM:1")
    answer = replace(
        answer,
        candidates=(replace(answer.candidates[0], **of_candidate),),
        diagnoses=(replace(answer.diagnoses[0], claims=(about_none,)),),
        evidence=(cited,),
    )
    return waterfalls(answer, Wording(term=str))


def test_the_story_s_words_lead_to_the_passages_they_stand_in():
    html = told_beside_findings(EvidenceKind.PASSAGE, "purple", "“purple”", log_text=LN10)
    words, _ = parse(html).findall(".//tbody/tr")
    assert text_of(words).startswith("The story’s own words")
    assert text_of(words.findall("td")[1]) == "×10"
    assert cited(html) == {"E3"}
    assert text_of(parse(html).find(".//tfoot")) == "Together×100"


def test_the_patients_history_leads_to_what_makes_it_a_risk_factor():
    factor = RiskFactor(disease_id="OMIM:1", disease="Zorb flu", name="smoking", provenance=SOURCE)
    risk = PresentRisk(factor=factor, circumstance="smoking", quote="smokes & vapes")
    stated = "Zorb flu (OMIM:1): a risk factor is smoking."
    html = told_beside_findings(EvidenceKind.FACT, stated, "Smoking", log_history=math.log(3), risks=(risk,))
    history, _ = parse(html).findall(".//tbody/tr")
    assert text_of(history).startswith("The patient’s history“smokes & vapes”")
    assert text_of(history.findall("td")[1]) == "×3"
    assert cited(html) == {"E3"}
    assert text_of(parse(html).find(".//tfoot")) == "Together×30"


def test_citations_are_of_the_answer(toy_graph: KnowledgeGraph):
    answer = toy_answer(toy_graph)
    html = waterfalls(answer, toy_wording(toy_graph))
    of_annotations = {e.evidence_id for e in answer.evidence if e.association is not None}
    assert cited(html)
    assert cited(html) <= of_annotations


def test_words_never_become_markup(toy_graph: KnowledgeGraph):
    evil = "<img src=x onerror=alert(1)>\"'"
    answer = toy_answer(toy_graph)
    answer = replace(answer, diagnoses=tuple(replace(d, name=evil) for d in answer.diagnoses))
    tree = parse(waterfalls(answer, Wording(term=lambda _: evil)))
    assert "img" not in {e.tag for e in tree.iter()}
    assert f"What speaks for and against {evil}" in {text_of(e) for e in tree.iter("caption")}


def test_without_diagnoses_there_is_none(toy_graph: KnowledgeGraph):
    assert waterfalls(toy_answer(toy_graph, ()), toy_wording(toy_graph)) == ""
