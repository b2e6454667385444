"""A patient beside a published case: shared, only here, only there, opposed."""

from dataclasses import replace

import pytest

from kg.graph import KnowledgeGraph
from retrieval.schema import CaseHit, CountedTerm
from tests.toy import (
    BRITTLE,
    BRITTLE_TIP,
    FLIM,
    LARGE,
    RED_STRIPED,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    hit,
    patient,
)
from tests.ui.figures.answers import cited, of_class, parse, text_of, toy_answer, toy_wording
from ui.figures import Wording, similar_cases
from ui.figures.similar_cases import MAX_LISTED, compare


def ids(terms: tuple[CountedTerm, ...]) -> list[str]:
    return [t.term_id for t in terms]


@pytest.mark.parametrize(
    ("here", "there", "shared"),
    [
        ([LARGE], [LARGE], {LARGE: [LARGE]}),
        ([LARGE], [VERY_LARGE], {LARGE: [VERY_LARGE]}),
        ([VERY_LARGE], [LARGE], {VERY_LARGE: [LARGE]}),
        ([STRIPED], [RED_STRIPED, STRIPED], {STRIPED: [STRIPED, RED_STRIPED]}),
        ([STRIPED, RED_STRIPED], [RED_STRIPED], {STRIPED: [RED_STRIPED], RED_STRIPED: [RED_STRIPED]}),
        ([LARGE], [STRIPED], {}),
    ],
)
def test_shared(toy_graph: KnowledgeGraph, here: list[str], there: list[str], shared: dict[str, list[str]]):
    comparison = compare(patient(*here), hit("OMIM:1", *there).case, toy_graph.ontology)
    assert {mine: ids(theirs) for mine, theirs in comparison.shared} == shared
    assert list(comparison.only_here) == [t for t in here if t not in shared]
    assert ids(comparison.only_there) == [t for t in there if not any(t in theirs for theirs in shared.values())]


def test_what_one_side_lacks_is_told_from_what_it_does_not_mention(toy_graph: KnowledgeGraph):
    case = hit("OMIM:1", BRITTLE_TIP, WOBBLING, absent=[LARGE, STRIPED]).case
    comparison = compare(patient(VERY_LARGE, RED_STRIPED, no=[BRITTLE]), case, toy_graph.ontology)
    assert [(f.term_id, f.excluded, t.term_id) for f, t in comparison.differing] == [
        (VERY_LARGE, False, LARGE),  # absent there, with all below it
        (RED_STRIPED, False, STRIPED),
        (BRITTLE, True, BRITTLE_TIP),  # absent here, with all below it
    ]
    assert (comparison.shared, comparison.only_here, ids(comparison.only_there)) == ((), (), [WOBBLING])
    silent = compare(patient(FLIM), hit("OMIM:1", absent=[BRITTLE]).case, toy_graph.ontology)
    assert (silent.only_here, silent.differing) == ((FLIM,), ())  # a flim may be abnormal and not brittle


def test_cases_of_the_toy_patient(toy_graph: KnowledgeGraph):
    answer = toy_answer(toy_graph)
    html = similar_cases(answer, toy_graph.ontology, toy_wording(toy_graph), n=10)
    hits = [h for c in answer.candidates for h in c.cases]
    cards = of_class(parse(html), "fig-case")
    shown = [float(text_of(of_class(card, "fig-similarity")[0]).split()[1]) for card in cards]
    assert shown == sorted((round(h.similarity, 2) for h in hits), reverse=True)
    of_cases = {e.evidence_id for e in answer.evidence if e.case is not None}
    assert of_cases
    assert cited(html) == of_cases
    references = {e.text for card in cards for e in card.iter("a") if e.get("href", "").startswith("https://")}
    assert references == {h.case.provenance.reference for h in hits}


def with_case(toy_graph: KnowledgeGraph, case_hit: CaseHit):
    answer = toy_answer(toy_graph)
    first, *others = answer.candidates
    bare = [replace(c, cases=()) for c in others]
    return replace(answer, candidates=(replace(first, cases=(case_hit,)), *bare))


def test_what_the_lists_say(toy_graph: KnowledgeGraph):
    answer = with_case(toy_graph, hit("OMIM:1", LARGE, BRITTLE_TIP, similarity=-0.2, absent=[STRIPED]))
    tree = parse(similar_cases(answer, toy_graph.ontology, toy_wording(toy_graph)))
    lists = {e.get("class").split()[1]: [text_of(li) for li in e.iter("li")] for e in of_class(tree, "fig-side")}
    name = toy_graph.ontology.name
    assert lists == {
        "here": [name(WOBBLING)],
        "shared": [f"{name(VERY_LARGE)} there: {name(LARGE)}"],
        "there": [],
        "differing": [f"{name(STRIPED)} absent there", f"{name(BRITTLE)} absent here; there: {name(BRITTLE_TIP)}"],
    }
    assert of_class(tree, "fig-meter")[0].find("i").get("style") == "width:0%"


def test_long_lists_unfold(toy_graph: KnowledgeGraph):
    many = hit("OMIM:1")
    terms = tuple(CountedTerm(term_id=WOBBLING, n=i, m=20) for i in range(MAX_LISTED + 3))
    answer = with_case(toy_graph, replace(many, case=replace(many.case, present=terms)))
    lone = replace(answer, findings=patient(LARGE))
    tree = parse(similar_cases(lone, toy_graph.ontology, toy_wording(toy_graph)))
    (there,) = of_class(tree, "there")
    assert text_of(there.find("h5")) == f"Only the published case {MAX_LISTED + 3}"
    assert [len(ul.findall("li")) for ul in there.iter("ul")] == [MAX_LISTED, 3]
    assert text_of(there.find(".//summary")) == "3 more"


def test_words_never_become_markup(toy_graph: KnowledgeGraph):
    evil = "<img src=x onerror=alert(1)>\"'"
    html = similar_cases(toy_answer(toy_graph), toy_graph.ontology, Wording(term=lambda _: evil))
    assert "img" not in {e.tag for e in parse(html).iter()}
    assert "&lt;img" in html


def test_without_cases_there_is_no_figure(toy_graph: KnowledgeGraph):
    assert similar_cases(toy_answer(toy_graph, ()), toy_graph.ontology, toy_wording(toy_graph)) == ""
