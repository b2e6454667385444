"""Cosines of finding sets against dense vectors made one number at a time, and by hand."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT
from retrieval.finding_sets import FindingSetIndex
from retrieval.schema import CountedTerm, PublishedCase
from tests.toy import (
    ALPHA,
    BRITTLE,
    BRITTLE_TIP,
    FLIM,
    LARGE,
    RED_STRIPED,
    SERIES_SOURCE,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    ZORB,
    build_model,
)

TERMS = (ZORB, LARGE, VERY_LARGE, STRIPED, RED_STRIPED, FLIM, BRITTLE, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES)
COUNTED = st.builds(
    lambda term_id, counts: CountedTerm(term_id=term_id, n=counts and counts[0], m=counts and counts[1]),
    st.sampled_from((*TERMS, PHENOTYPIC_ABNORMALITY, ROOT)),
    st.sampled_from([None, (1, 4), (3, 4), (4, 4)]),
)
CASES = st.lists(st.lists(COUNTED, max_size=4), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def model(toy_graph: KnowledgeGraph) -> LikelihoodModel:
    return build_model(toy_graph)


def case_of(*present: CountedTerm, absent: Sequence[CountedTerm] = ()) -> PublishedCase:
    return PublishedCase(case_id="c", disease_id=ALPHA, provenance=SERIES_SOURCE, present=present, absent=tuple(absent))


def seen(*term_ids: str) -> PublishedCase:
    return case_of(*(CountedTerm(term_id=t) for t in term_ids))


def dense_vector(present: Sequence[CountedTerm], model: LikelihoodModel) -> list[float]:
    ontology = model.graph.ontology
    vector = []
    for term_id in ontology.terms:
        implied_by = [t for t in present if term_id in ontology.ancestors(t.term_id)]
        share = max((1.0 if t.n is None else t.n / t.m for t in implied_by), default=0.0)
        vector.append(share * model.information_content(term_id))
    return vector


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    lengths = math.sqrt(sum(x * x for x in one)) * math.sqrt(sum(x * x for x in other))
    return sum(x * y for x, y in zip(one, other, strict=True)) / lengths if lengths else 0.0


def test_by_hand(model: LikelihoodModel):
    """Red stripes imply stripes and an abnormal zorb; a large zorb shares the last alone."""
    a, b, c, d = (model.information_content(t) for t in (ZORB, LARGE, STRIPED, RED_STRIPED))
    index = FindingSetIndex([seen(LARGE), seen(STRIPED), seen(BRITTLE)], model)
    everywhere = model.information_content(PHENOTYPIC_ABNORMALITY) ** 2 + model.information_content(ROOT) ** 2
    length = math.sqrt(everywhere + a * a + c * c + d * d)
    expected = [
        (everywhere + a * a) / length / math.sqrt(everywhere + a * a + b * b),
        (everywhere + a * a + c * c) / length / math.sqrt(everywhere + a * a + c * c),
    ]
    found = index.similarities([RED_STRIPED])
    assert found[:2] == pytest.approx(expected)
    assert found[2] < found[0] < found[1] < 1


@given(cases=CASES, present=st.lists(st.sampled_from((*TERMS, ROOT)), max_size=4))
def test_against_dense_vectors(model: LikelihoodModel, cases: list[list[CountedTerm]], present: list[str]):
    found = FindingSetIndex([case_of(*counted) for counted in cases], model).similarities(present)
    mine = dense_vector([CountedTerm(term_id=t) for t in present], model)
    assert found.shape == (len(cases),)
    assert found.tolist() == pytest.approx([cosine(mine, dense_vector(c, model)) for c in cases], abs=1e-6)
    assert np.all(found >= 0)
    assert np.all(found <= 1 + 1e-9)


@given(cases=CASES, present=st.lists(st.sampled_from(TERMS), max_size=4), data=st.data())
def test_no_order_matters(
    model: LikelihoodModel, cases: list[list[CountedTerm]], present: list[str], data: st.DataObject
):
    found = FindingSetIndex([case_of(*counted) for counted in cases], model).similarities(present)
    of_patient = data.draw(st.permutations(present))
    of_cases = [case_of(*data.draw(st.permutations(counted))) for counted in cases]
    order = data.draw(st.permutations(range(len(cases))))
    shuffled = FindingSetIndex([of_cases[i] for i in order], model).similarities(of_patient)
    np.testing.assert_allclose(shuffled, found[np.array(order, np.int64)], atol=1e-12)


@pytest.mark.parametrize("terms", [[LARGE], [WOBBLING_STRIPES, BRITTLE], [ZORB, FLIM], list(TERMS)])
def test_the_same_findings_are_alike(model: LikelihoodModel, terms: list[str]):
    assert FindingSetIndex([seen(*terms)], model).similarities(terms) == pytest.approx([1])


def test_what_is_implied_changes_nothing(model: LikelihoodModel):
    index = FindingSetIndex([seen(VERY_LARGE), seen(VERY_LARGE, LARGE, ZORB)], model)
    one, other = index.similarities([LARGE, STRIPED])
    assert one == pytest.approx(other)
    np.testing.assert_allclose(index.similarities([ZORB, STRIPED, LARGE]), [one, one])


def test_a_rare_finding_of_a_series_counts_less(model: LikelihoodModel):
    often, seldom = (
        case_of(CountedTerm(term_id=LARGE, n=4, m=4), CountedTerm(term_id=BRITTLE, n=n, m=4)) for n in (4, 1)
    )
    index = FindingSetIndex([often, seldom], model)
    assert index.similarities([BRITTLE])[0] > index.similarities([BRITTLE])[1]
    assert index.similarities([LARGE])[0] < index.similarities([LARGE])[1]


def test_what_was_not_seen_does_not_count(model: LikelihoodModel):
    lacking = case_of(CountedTerm(term_id=LARGE), absent=[CountedTerm(term_id=STRIPED)])
    index = FindingSetIndex([lacking, seen(LARGE), case_of(absent=[CountedTerm(term_id=STRIPED)])], model)
    one, other, nothing = index.similarities([STRIPED, LARGE])
    assert one == pytest.approx(other)
    assert nothing == 0


def test_a_patient_without_findings_resembles_nobody(model: LikelihoodModel):
    assert FindingSetIndex([seen(LARGE)], model).similarities([]).tolist() == [0]


def test_without_cases_there_is_nobody_to_resemble(model: LikelihoodModel):
    assert FindingSetIndex([], model).similarities([LARGE]).tolist() == []
