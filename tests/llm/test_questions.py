"""Information gain against the textbook, and questions about what is not known yet."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from kg.schema import Finding, Synonym
from llm.questions import TOLD_ABSENT, askable, information_gain, next_questions, rank_questions
from retrieval.answers import AnswerRanker
from retrieval.candidates import FusionRanker
from retrieval.features import FeatureExtractor
from retrieval.schema import Candidate
from tests.toy import (
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    GAMMA,
    LARGE,
    RED_STRIPED,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    build_extractor,
    linear_fusion,
    patient,
    rank_fused,
)

TERMS = (LARGE, VERY_LARGE, STRIPED, RED_STRIPED, BRITTLE, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES)
ASKABLE = (STRIPED, BRITTLE, WOBBLING, WOBBLING_STRIPES, "HP:9000020")
PROBABILITY = st.floats(0, 1)


@pytest.fixture(scope="module")
def extractor(toy_graph: KnowledgeGraph) -> FeatureExtractor:
    return build_extractor(toy_graph)


@pytest.fixture(scope="module")
def model(extractor: FeatureExtractor) -> LikelihoodModel:
    return extractor.model


FUSION = linear_fusion(log_lr=1 / 3)
"""By the findings alone, less sure of itself than the sum of the ratios would be."""


def ranker_over(extractor: FeatureExtractor) -> AnswerRanker:
    """As the product asks it."""
    return AnswerRanker(FusionRanker(extractor, FUSION), extractor.model)


def rank(extractor: FeatureExtractor, findings: Sequence[Finding]) -> tuple[Candidate, ...]:
    return rank_fused(extractor, FUSION, findings)


def binary_entropy(p: float) -> float:
    return 0.0 if p in (0, 1) else float(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


def gain_told(prior: list[float], p_yes: list[float]) -> float:
    """Mean divergence over the answers, one hypothesis at a time."""
    total = weight = 0.0
    for share, likelihoods in ((1.0, p_yes), (TOLD_ABSENT, [1 - p for p in p_yes])):
        answered = sum(p * q for p, q in zip(prior, likelihoods, strict=True))
        if answered > 0:
            after = [p * q / answered for p, q in zip(prior, likelihoods, strict=True)]
            bits = sum(a * np.log2(a / p) for a, p in zip(after, prior, strict=True) if a > 0)
            total, weight = total + share * answered * bits, weight + share * answered
    return total / weight


def gain_of_answer(prior: list[float], p_yes: list[float]) -> float:
    """The same quantity from the other side: H(answer) - sum over d of P(d) H(answer | d)."""
    yes = float(np.dot(prior, p_yes))
    return binary_entropy(min(max(yes, 0), 1)) - sum(p * binary_entropy(q) for p, q in zip(prior, p_yes, strict=True))


@pytest.mark.parametrize(
    ("prior", "p_yes", "gain"),
    [
        ([0.5, 0.5], [1, 0], 1),  # tells two equal ones apart: one bit
        ([0.5, 0.5], [0.9, 0.1], 0.531004406),  # 1 - H(0.1)
        ([0.5, 0.5], [0.7, 0.7], 0),  # the answer is the same in both
        ([1, 0], [0.5, 0.1], 0),  # nothing is left to tell apart
        ([0.25, 0.25, 0.5], [1, 1, 0], 1),
        ([0.25, 0.25, 0.5], [1, 0, 0], 0.811278124),  # H(1/4)
        ([0.8, 0.2], [0, 1], 0.721928095),  # H(1/5)
    ],
)
def test_information_gain_by_hand(prior: list[float], p_yes: list[float], gain: float):
    assert information_gain(np.array(prior), np.array([p_yes], float), told_absent=1.0) == pytest.approx(
        [gain], abs=1e-8
    )


@pytest.mark.parametrize(
    ("prior", "p_yes", "told_absent", "gain"),
    [
        ([0.5, 0.5], [1, 0], 0.1, 1),  # either answer tells all, whichever is told
        ([0.25, 0.75], [1, 0], 0.0, 2),  # only "yes" is told: log2(4)
        ([0.25, 0.75], [1, 0], 0.5, (0.25 * 2 + 0.375 * np.log2(4 / 3)) / 0.625),
        ([0.5, 0.5], [0, 0], 0.0, 0),  # never answered
    ],
)
def test_absences_that_are_seldom_told_count_less(
    prior: list[float], p_yes: list[float], told_absent: float, gain: float
):
    found = information_gain(np.array(prior), np.array([p_yes], float), told_absent)
    assert found == pytest.approx([gain], abs=1e-8)


@settings(deadline=None)
@given(hypotheses=st.lists(st.tuples(st.floats(1e-3, 1), PROBABILITY, PROBABILITY), min_size=1, max_size=20))
def test_with_every_answer_told_the_gain_is_symmetric_and_at_most_a_bit(hypotheses: list[tuple[float, float, float]]):
    weights, first, second = (list(column) for column in zip(*hypotheses, strict=True))
    prior = [w / sum(weights) for w in weights]
    gains = information_gain(np.array(prior), np.array([first, second]), told_absent=1.0)
    expected = [gain_of_answer(prior, first), gain_of_answer(prior, second)]
    assert gains == pytest.approx(expected, abs=1e-6)
    assert np.all(gains >= 0)
    assert np.all(gains <= 1 + 1e-9)


@settings(deadline=None, max_examples=60)
@given(said=st.dictionaries(st.sampled_from(TERMS), st.booleans()).filter(lambda said: any(said.values())))
def test_nothing_known_implied_or_denied_is_asked(extractor: FeatureExtractor, said: dict[str, bool]):
    findings, model = patient(*(t for t in said if said[t]), no=[t for t in said if not said[t]]), extractor.model
    ontology = model.graph.ontology
    questions = next_questions(model, ranker_over(extractor).rank(findings), findings, n=20)
    for question in questions:
        assert not any(question.term_id in ontology.ancestors(t) for t in said)
        assert not any(t in ontology.ancestors(question.term_id) for t in said)
        assert question.gain > 0
        assert not any(q != question and q.term_id in ontology.ancestors(question.term_id) for q in questions)
    assert len({q.term_id for q in questions}) == len(questions)
    assert [q.gain for q in questions] == sorted((q.gain for q in questions), reverse=True)


def test_the_best_by_the_likelihoods_come_first_by_hand(extractor: FeatureExtractor, model: LikelihoodModel):
    """Against what the answers tell, one at a time, by the model's probabilities for each annotated term."""
    findings = patient(LARGE)
    candidates = rank(extractor, findings)
    diseases = [model.group_index[c.disease_id] for c in candidates]
    shares = [c.probability for c in candidates]
    prior = [*shares, 1 - sum(shares)]
    expected = {}
    for term_id in ASKABLE:
        p_yes = [float(model.probability(term_id)[d]) for d in diseases]
        expected[term_id] = gain_told(prior, [*p_yes, model.background_of(term_id)])
    assert dict(rank_questions(model, diseases, shares, ASKABLE)) == pytest.approx(expected, abs=1e-6)


def test_questions_are_by_the_rankers_probabilities(extractor, model):
    """Of all that it lists, of the findings of the first ones."""
    findings = patient(LARGE)
    diseases, log_probabilities = ranker_over(extractor).rank(findings)
    terms = askable(model, findings, diseases)
    gains = dict(rank_questions(model, diseases, np.exp(log_probabilities).tolist(), terms))
    questions = next_questions(model, (diseases, log_probabilities), findings, n=10)
    assert questions[0].term_id == max(gains, key=gains.__getitem__)
    assert {q.term_id: q.gain for q in questions}.items() <= gains.items()
    above = {q.term_id: model.graph.ontology.ancestors(q.term_id) for q in questions}
    left_out = gains.keys() - above.keys()
    assert all(any(t in above[q] or q in model.graph.ontology.ancestors(t) for q in above) for t in left_out)
    assert next_questions(model, (diseases, log_probabilities), findings) == questions[:3]


def test_findings_of_the_first_candidates_are_asked_for(extractor, model, monkeypatch):
    monkeypatch.setattr("llm.questions.N_ASKED_FOR", 1)
    findings = patient(LARGE)
    diseases, log_probabilities = ranker_over(extractor).rank(findings)
    of_first = set(askable(model, findings, diseases[:1]))
    assert of_first < set(askable(model, findings, diseases))
    assert {q.term_id for q in next_questions(model, (diseases, log_probabilities), findings, n=20)} <= of_first


def test_what_a_source_denies_is_not_asked(extractor: FeatureExtractor, model: LikelihoodModel):
    """Red stripes are annotated for Beta alone, as absent; the brittle tip for Gamma alone, as absent."""
    questions = next_questions(model, ranker_over(extractor).rank(patient(LARGE)), patient(LARGE), n=20)
    assert {RED_STRIPED, BRITTLE_TIP}.isdisjoint(q.term_id for q in questions)


def test_wording(extractor: FeatureExtractor, model: LikelihoodModel):
    """Gamma has it in 1 of 1 and nobody else does."""
    asked = next_questions(model, ranker_over(extractor).rank(patient(LARGE)), patient(LARGE), n=9)
    (best,) = (q for q in asked if q.term_id == WOBBLING_STRIPES)
    assert best.text == "Does the patient have stripes of the zorb that wobble with the flim?"


def test_no_candidates_no_questions(model: LikelihoodModel):
    assert next_questions(model, ([], []), patient(LARGE)) == ()


def test_one_candidate_that_has_said_all_leaves_no_question(model: LikelihoodModel):
    assert next_questions(model, ([model.group_index[BETA]], [0.0]), patient(BRITTLE)) == ()


def test_a_part_of_the_body_is_not_asked_about(extractor: FeatureExtractor, model: LikelihoodModel, monkeypatch):
    """What is called abnormal and has many kinds; what is called otherwise may have as many."""
    groups = [model.group_index[d] for d in (BETA, GAMMA)]
    ontology = model.graph.ontology
    before = askable(model, patient(LARGE), groups)
    name = ontology.name
    monkeypatch.setattr(ontology, "name", lambda t: "Abnormal flim" if t in (BRITTLE, WOBBLING_STRIPES) else name(t))
    assert askable(model, patient(LARGE), groups) == before
    monkeypatch.setattr("llm.questions.N_KINDS", 1)
    assert len(ontology.descendants(BRITTLE)) > 1 == len(ontology.descendants(WOBBLING_STRIPES))
    assert askable(model, patient(LARGE), groups) == [t for t in before if t != BRITTLE]


def test_what_a_told_findings_wording_is_a_kind_of_is_not_asked_about(model: LikelihoodModel, monkeypatch):
    """By its words, though the ontology does not say so; what is denied says nothing of it."""
    groups, ontology = [model.group_index[GAMMA]], model.graph.ontology
    assert askable(model, patient(LARGE), groups) == [WOBBLING_STRIPES]
    synonym = Synonym(text=f"Great {ontology.name(WOBBLING_STRIPES)}")
    monkeypatch.setitem(ontology.terms, LARGE, replace(ontology.term(LARGE), synonyms=(synonym,)))
    assert askable(model, patient(LARGE), groups) == []
    assert WOBBLING_STRIPES in askable(model, patient(BRITTLE, no=[LARGE]), groups)


def test_what_all_have_and_the_name_ends_with_is_not_asked_about(model: LikelihoodModel, monkeypatch):
    """Gamma has it in 1 of 1; a name may end with what few have."""
    graph, groups = model.graph, [model.group_index[GAMMA]]
    name = graph.ontology.name(WOBBLING_STRIPES)
    assert askable(model, patient(LARGE), groups) == [WOBBLING_STRIPES]
    monkeypatch.setitem(graph.diseases, GAMMA, replace(graph.disease(GAMMA), name=f"Great {name.upper()}"))
    assert askable(model, patient(LARGE), groups) == []
    monkeypatch.setattr("llm.questions.OBLIGATE", 1.1)
    assert askable(model, patient(LARGE), groups) == [WOBBLING_STRIPES]
