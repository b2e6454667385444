"""The ranking by hand on the toy, and what holds of any ranking: order, sums, and what a case may change."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import UnknownIdError
from kg.graph import KnowledgeGraph
from kg.likelihood import PREVALENCE_WEIGHT
from kg.schema import Finding, Match, Prevalence, Provenance
from retrieval.candidates import FusionRanker, rank_candidates, rank_diseases
from retrieval.cases import series_of
from retrieval.demographics import UNKNOWN
from retrieval.features import FeatureExtractor
from retrieval.fusion import Fusion
from retrieval.schema import Candidate, CaseHit
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    DELTA,
    EPSILON,
    GAMMA,
    LARGE,
    RED_STRIPED,
    STRIPED,
    UNKNOWN_TERM,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    build_extractor,
    hit,
    linear_fusion,
    patient,
    rank_fused,
)

TERMS = (LARGE, VERY_LARGE, STRIPED, RED_STRIPED, BRITTLE, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES)
DISEASES = (ALPHA, ALPHA_ORPHA, BETA, GAMMA, DELTA, EPSILON)
SAID = st.dictionaries(st.sampled_from(TERMS), st.booleans(), max_size=4)
FINDINGS = st.tuples(st.sampled_from(TERMS), SAID).map(
    lambda told: [
        Finding(term_id=t, label="", excluded=excluded) for t, excluded in {**told[1], told[0]: False}.items()
    ]
)
HITS = st.lists(
    st.builds(lambda d, s: hit(d, LARGE, similarity=s), st.sampled_from(DISEASES), st.floats(-1, 1)), max_size=4
)
FUSIONS = st.sampled_from(
    [
        linear_fusion(),
        linear_fusion(log_lr=1 / 3),
        linear_fusion(nobody=2, log_lr=1, case_largest=20),
        linear_fusion(nobody=-1, case_rank=-3, is_omim=0.5),
    ]
)


@pytest.fixture(scope="module")
def extractor(toy_graph: KnowledgeGraph) -> FeatureExtractor:
    return build_extractor(toy_graph)


def by_id(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    return {c.disease_id: c for c in candidates}


def probabilities(candidates: Sequence[Candidate]) -> dict[str, float]:
    return {c.disease_id: c.probability for c in candidates}


def test_probabilities_by_hand(extractor: FeatureExtractor):
    """Very large zorb present, wobbling flim excluded; the model's formulas with the toy's numbers.

    Alpha has 7/8 and "very frequent" (0.895 of 10) for the first, with the prior (15.95 + 0.2) / (18 + 1) = 0.85; and
    "occasional" (0.17 of 10) for the second, (1.7 + 0.2) / 11. Gamma has 14/15 of the more general large zorb and 1/1
    of a term below wobbling flim; Delta has "frequent" (0.545 of 10) wobbling flim and "very rare" (0.025 of 10)
    striped zorb. Backgrounds are means over the five diseases, at least 1/5. The fusion takes a third of the summed
    logarithms, against 0 for "none of these".
    """
    p_large, p_delta = {"alpha": 0.85, "gamma": 14.2 / 16}, 0.45 / 11
    p_wobbling = {ALPHA: 1.9 / 11, GAMMA: 1.2 / 2, DELTA: 5.65 / 11, BETA: 0.0, EPSILON: 0.0}
    zorb = (p_large["alpha"] + p_large["gamma"] + p_delta) / 5
    large = (p_large["alpha"] + p_large["gamma"]) / 5
    ratio = {
        ALPHA: 0.9 * 0.85 / 0.2 + 0.02,
        GAMMA: 0.02 * p_large["gamma"] / min(large, zorb) + 0.02,
        DELTA: 0.02 * p_delta / zorb + 0.02,
        BETA: 0.02,
        EPSILON: 0.02,
    }
    wobbling = sum(p_wobbling.values()) / 5
    log_lr = {d: math.log(ratio[d]) + math.log((1 - 0.2 * p_wobbling[d]) / (1 - 0.2 * wobbling)) for d in ratio}
    found = rank_fused(extractor, linear_fusion(log_lr=1 / 3), patient(VERY_LARGE, no=[WOBBLING]))
    assert [c.disease_id for c in found] == [ALPHA, GAMMA, DELTA, BETA, EPSILON]
    weights = {d: math.exp(s / 3) for d, s in log_lr.items()}
    expected = {d: w / (sum(weights.values()) + 1) for d, w in weights.items()}
    assert probabilities(found) == pytest.approx(expected, abs=1e-6)
    for candidate in found:
        assert candidate.score == pytest.approx(math.log(expected[candidate.disease_id]), abs=1e-5)
        assert sum(c.weight for c in candidate.contributions) == pytest.approx(log_lr[candidate.disease_id], abs=1e-5)
        assert [c.log_lr for c in candidate.contributions] == [c.weight for c in candidate.contributions]
        assert candidate.log_prior == 0


def test_matches_and_ids(extractor: FeatureExtractor):
    candidates = by_id(rank_fused(extractor, linear_fusion(), patient(LARGE, RED_STRIPED, no=[BRITTLE])))
    alpha = candidates[ALPHA]
    assert (alpha.name, alpha.equivalent_ids) == ("Alpha syndrome, type II", (ALPHA, ALPHA_ORPHA))
    assert {c.term_id: (c.match, c.excluded) for c in alpha.contributions} == {
        LARGE: (Match.SPECIFIC, False),
        RED_STRIPED: (Match.GENERAL, False),
        BRITTLE: (Match.AGREED_ABSENT, True),
    }
    assert candidates[DELTA].equivalent_ids == (DELTA,)
    assert ALPHA_ORPHA not in candidates


def test_ties_keep_the_order_in_which_the_candidates_were_chosen(extractor: FeatureExtractor):
    findings = patient(VERY_LARGE, no=[WOBBLING])
    everybody_alike, log_probabilities = rank_diseases(extractor, linear_fusion(), findings)
    assert everybody_alike == extractor.extract(findings).diseases.tolist()
    assert log_probabilities == pytest.approx([math.log(1 / 6)] * 5)  # five diseases and none of these


def test_common_entriesgo_first_where_the_rest_is_equal(toy_graph: KnowledgeGraph):
    """Beta is told to be a thousand times as common as a disease of which nothing is told."""
    source = Provenance(source="toy", version="1", reference="https://example.org", licence="none")
    prevalences = [Prevalence(disease_id=BETA, low=1e-4, high=1e-4, provenance=source)]
    entries, annotations = tuple(toy_graph.diseases.values()), toy_graph.annotations
    common = KnowledgeGraph(toy_graph.ontology, entries, annotations, {}, {}, prevalences=prevalences)
    diseases, log_probabilities = rank_diseases(build_extractor(common), linear_fusion(), patient(VERY_LARGE))
    weight = 1000**PREVALENCE_WEIGHT
    first, second, *_ = rank_fused(build_extractor(common), linear_fusion(), patient(VERY_LARGE))
    assert (first.log_prior, second.log_prior) == (pytest.approx(math.log(weight)), 0)
    assert toy_graph.disease_groups[diseases[0]] == (BETA,)
    assert log_probabilities == pytest.approx([math.log(w / (weight + 5)) for w in (weight, 1, 1, 1, 1)])


@settings(max_examples=40)
@given(findings=FINDINGS, hits=HITS, fusion=FUSIONS, data=st.data())
def test_the_order_of_the_findings_does_not_matter(
    extractor: FeatureExtractor, findings: list[Finding], hits: list[CaseHit], fusion: Fusion, data: st.DataObject
):
    shuffled = data.draw(st.permutations(findings))
    assert rank_fused(extractor, fusion, shuffled, hits) == rank_fused(extractor, fusion, findings, hits)


@settings(max_examples=40)
@given(findings=FINDINGS, hits=HITS, fusion=FUSIONS, n=st.integers(1, 8))
def test_what_holds_of_any_ranking(
    extractor: FeatureExtractor, findings: list[Finding], hits: list[CaseHit], fusion: Fusion, n: int
):
    found = rank_fused(extractor, fusion, findings, hits, n=n)
    everybody = rank_fused(extractor, fusion, findings, hits, n=8)
    assert [c.rank for c in found] == list(range(1, min(n, 5) + 1))
    assert found == everybody[:n]
    assert all(one.score >= other.score for one, other in pairwise(found))
    assert all(c.probability == pytest.approx(math.exp(c.score)) for c in found)
    features = extractor.extract(findings)
    p_nobody = math.exp(fusion.log_probabilities(features.values)[-1])
    assert sum(c.probability for c in everybody) + p_nobody == pytest.approx(1)
    diseases, log_probabilities = rank_diseases(extractor, fusion, findings)
    assert [extractor.model.groups[d][0] for d in diseases] == [c.disease_id for c in everybody]
    assert log_probabilities == [c.score for c in everybody]


@settings(max_examples=40)
@given(findings=FINDINGS)
def test_what_each_finding_adds_is_the_models(extractor: FeatureExtractor, findings: list[Finding]):
    model = extractor.model
    for candidate in rank_fused(extractor, linear_fusion(log_lr=1), findings):
        assert {c.term_id for c in candidate.contributions} == {f.term_id for f in findings}
        for c in candidate.contributions:
            log_lr = model.log_lr(c.term_id, excluded=c.excluded)[model.group_index[candidate.disease_id]]
            assert c.weight == pytest.approx(float(log_lr))


def test_a_likelihood_ratio_does_not_hang_on_what_the_ranker_weighs(extractor: FeatureExtractor):
    class Indifferent(FusionRanker):
        def weigh(self, findings, diseases, person=UNKNOWN):
            return np.zeros((len(findings), len(diseases)), np.float32)

    findings, fusion = patient(VERY_LARGE, no=[WOBBLING]), linear_fusion(log_lr=1)
    found = rank_candidates(extractor.model, Indifferent(extractor, fusion), findings)
    by_ratio = rank_fused(extractor, fusion, findings)
    assert {c.weight for candidate in found for c in candidate.contributions} == {0.0}
    for one, other in zip(found, by_ratio, strict=True):
        assert [c.log_lr for c in one.contributions] == [c.weight for c in other.contributions]


@pytest.mark.parametrize(("disease_id", "shown"), [(BETA, BETA), (ALPHA_ORPHA, ALPHA), (DELTA, DELTA)])
def test_a_similar_case_goes_with_its_own_disease_and_changes_no_score(
    extractor: FeatureExtractor, disease_id: str, shown: str
):
    """What cases say of a disease is in the features; hits are for people to read."""
    findings, fusion = patient(LARGE, STRIPED), linear_fusion(log_lr=1, case_largest=20)
    near, far = hit(disease_id, LARGE, similarity=0.8), hit(disease_id, STRIPED, similarity=0.7)
    after = rank_fused(extractor, fusion, findings, [near, far])
    assert by_id(after)[shown].cases == (near, far)
    assert all(not c.cases for c in after if c.disease_id != shown)
    assert probabilities(after) == probabilities(rank_fused(extractor, fusion, findings))


def test_a_hit_of_a_foreign_disease_is_passed_over(extractor: FeatureExtractor):
    findings, fusion = patient(LARGE), linear_fusion(log_lr=1)
    foreign = hit("OMIM:1", LARGE)
    assert rank_fused(extractor, fusion, findings, [foreign]) == rank_fused(extractor, fusion, findings)


def test_a_published_case_raises_its_disease(toy_graph: KnowledgeGraph, extractor: FeatureExtractor):
    findings, fusion = patient(LARGE, STRIPED), linear_fusion(case_largest=20)
    told = build_extractor(toy_graph, [*series_of(toy_graph), hit(EPSILON, LARGE, STRIPED).case])
    assert rank_fused(told, fusion, findings)[0].disease_id == EPSILON
    assert rank_fused(extractor, fusion, findings)[0].disease_id == GAMMA


def test_an_unknown_finding_is_refused(extractor: FeatureExtractor):
    with pytest.raises(UnknownIdError, match=UNKNOWN_TERM):
        rank_fused(extractor, linear_fusion(), patient(UNKNOWN_TERM))


def test_where_nothing_is_described_there_is_no_candidate(toy_graph: KnowledgeGraph):
    references = {p.reference for d in toy_graph.diseases for a in toy_graph.findings_of(d) for p in a.provenance}
    bare = build_extractor(toy_graph.without_references(references), [hit(ALPHA, LARGE).case])
    assert rank_fused(bare, linear_fusion(), patient(LARGE)) == ()
    assert rank_diseases(bare, linear_fusion(), patient(LARGE)) == ([], [])


def test_more_than_there_are(extractor: FeatureExtractor):
    assert len(rank_fused(extractor, linear_fusion(), patient(LARGE), n=np.iinfo(np.int32).max)) == 5
