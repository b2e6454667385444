"""Likeness in meaning against vectors that are made one number at a time."""

from __future__ import annotations

import numpy as np
import pytest

from kg.graph import KnowledgeGraph
from retrieval.embedding import bundled_embedder
from retrieval.features import FeatureExtractor
from retrieval.meanings import MeaningIndex, term_vectors
from retrieval.schema import CountedTerm, PublishedCase
from tests.toy import ALPHA, BETA, BRITTLE, LARGE, SERIES_SOURCE, STRIPED, VERY_LARGE, build_model


@pytest.fixture(scope="module")
def extractor(toy_graph: KnowledgeGraph) -> FeatureExtractor:
    def case(number: int, disease_id: str, *present: CountedTerm) -> PublishedCase:
        return PublishedCase(case_id=str(number), disease_id=disease_id, provenance=SERIES_SOURCE, present=present)

    cases = [
        case(1, BETA, CountedTerm(term_id=BRITTLE)),
        case(2, ALPHA, CountedTerm(term_id=VERY_LARGE), CountedTerm(term_id=STRIPED, n=1, m=4)),
        case(3, ALPHA, CountedTerm(term_id=LARGE)),
        case(4, ALPHA),
    ]
    return FeatureExtractor(build_model(toy_graph), cases)


@pytest.fixture(scope="module")
def index(extractor: FeatureExtractor) -> MeaningIndex:
    return MeaningIndex(extractor)


def direction(extractor: FeatureExtractor, shares: dict[str, float]) -> np.ndarray:
    """The sum by hand: share times information times the vector of the name."""
    ontology, information = extractor.model.graph.ontology, extractor.model.information
    position = list(ontology.terms).index
    total = sum(
        share * information[position(t)] * bundled_embedder().encode([ontology.name(t)])[0].astype(np.float64)
        for t, share in shares.items()
    )
    return total / max(float(np.linalg.norm(total)), 1e-12)


def test_every_term_has_the_vector_of_its_name(extractor):
    ontology = extractor.model.graph.ontology
    vectors = term_vectors(ontology)
    names = [ontology.name(t) for t in ontology.terms]
    assert vectors.shape == (len(names), 256)
    assert np.allclose(vectors, bundled_embedder().encode(names), atol=1e-6)


def test_cases_are_compared_by_what_is_told_of_them_and_the_best_two_count(extractor, index):
    told = direction(extractor, {LARGE: 1.0})
    (likeness,) = index.compare([[LARGE]])
    alpha, beta = (extractor.model.group_index[d] for d in (ALPHA, BETA))
    mixed = direction(extractor, {VERY_LARGE: 1.0, STRIPED: 0.25}) @ told
    assert likeness.nearest_case[alpha] == pytest.approx(1.0, abs=1e-5)
    assert likeness.second_case[alpha] == pytest.approx(float(mixed), abs=1e-5)
    unlike = direction(extractor, {BRITTLE: 1.0}) @ told
    assert likeness.nearest_case[beta] == pytest.approx(float(unlike), abs=1e-5)
    others = np.setdiff1d(np.arange(extractor.model.n_diseases), [alpha, beta])
    assert (likeness.nearest_case[others] == 0).all()


def test_a_disease_is_all_that_is_described_of_it(extractor, index):
    ontology = extractor.model.graph.ontology
    alpha = extractor.model.group_index[ALPHA]
    terms, p = extractor.model.profile_row(alpha)
    term_ids = list(ontology.terms)
    described = direction(extractor, {term_ids[t]: float(share) for t, share in zip(terms, p, strict=True)})
    patient = direction(extractor, dict.fromkeys(ontology.ancestors(LARGE), 1.0))
    assert index.compare([[LARGE]])[0].profile[alpha] == pytest.approx(float(described @ patient), abs=1e-5)


def test_the_order_and_repetition_of_findings_do_not_matter(index):
    once, other, again = index.compare([[LARGE, BRITTLE], [STRIPED], [BRITTLE, LARGE, BRITTLE]])
    assert np.array_equal(once.profile, again.profile)
    assert np.array_equal(once.nearest_case, again.nearest_case)
    assert not np.array_equal(once.profile, other.profile)


def test_terms_are_compared_by_name(extractor, index):
    ontology = extractor.model.graph.ontology
    position = list(ontology.terms).index
    large, very_large, brittle = (position(t) for t in (LARGE, VERY_LARGE, BRITTLE))
    likeness = index.likeness_of_terms(np.array([large, brittle]), np.array([very_large, large, very_large]))
    assert likeness.shape == (3, 2)
    assert likeness[1, 0] == pytest.approx(1.0, abs=1e-5)
    assert likeness[0, 0] > likeness[0, 1]
    vectors = term_vectors(ontology)
    assert likeness[2] == pytest.approx(vectors[very_large] @ vectors[[large, brittle]].T, abs=1e-5)
