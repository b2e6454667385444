"""Features of the toy's diseases by hand, and against a slow second implementation, one disease at a time."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from retrieval.cases import series_of
from retrieval.features import (
    CASE_WEIGHT,
    CONTRADICTS,
    FEATURES,
    PATIENTS_WEIGHT,
    SHARPNESS,
    SUPPORTS,
    FeatureExtractor,
    Proposals,
    ranks_of,
)
from retrieval.finding_sets import FindingSetIndex
from retrieval.schema import PublishedCase
from tests.toy import (
    ALPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    DELTA,
    EPSILON,
    GAMMA,
    LARGE,
    RED_STRIPED,
    SERIES_SOURCE,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    ZORB,
    build_extractor,
    counted_series,
    hit,
    patient,
)

TERMS = (ZORB, LARGE, VERY_LARGE, STRIPED, RED_STRIPED, BRITTLE, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES)
SAID = st.dictionaries(st.sampled_from(TERMS), st.booleans(), max_size=4)
FINDINGS = st.tuples(st.sampled_from(TERMS), SAID).map(
    lambda told: [
        Finding(term_id=t, label="", excluded=excluded) for t, excluded in {**told[1], told[0]: False}.items()
    ]
)
ZETA, BARE = "OMIM:900021", "OMIM:900022"
N_DESCRIBED = 6


@pytest.fixture(scope="module")
def graph(toy_graph: KnowledgeGraph) -> KnowledgeGraph:
    """The toy with two more diseases that series describe, of one of which nothing is left.

    Zeta shares a gene with Alpha and its name but for a number with Beta; the bare disease shares both with Zeta.
    """
    zeta = counted_series(ZETA, "PMID:1", 4, {BRITTLE: (3, 4), LARGE: (1, 2)}, name="Beta disease 2", genes=["ZRB1"])
    bare = counted_series(BARE, "PMID:2", 9, {LARGE: (9, 9)}, name="Beta disease 3", genes=["ZRB1"])
    return toy_graph.with_series([zeta, bare], SERIES_SOURCE).without_references({"PMID:2"})


@pytest.fixture(scope="module")
def cases(graph: KnowledgeGraph) -> tuple[PublishedCase, ...]:
    """The series, two cases of the bare disease and one of a disease that the graph does not have."""
    near, far = hit(BARE, LARGE, BRITTLE).case, hit(BARE, WOBBLING).case
    return (hit("OMIM:1", LARGE).case, near, *series_of(graph), far)


@pytest.fixture(scope="module")
def extractor(graph: KnowledgeGraph, cases: tuple[PublishedCase, ...]) -> FeatureExtractor:
    return build_extractor(graph, cases)


def only(**n: int) -> Proposals:
    """None but these."""
    return Proposals(**{"by_sum": 0, "by_case": 0, "by_ratio": 0, "by_shared": 0, **n})


def features_of(extractor: FeatureExtractor, findings: Sequence[Finding]) -> dict[str, dict[str, float]]:
    """Disease -> feature -> value."""
    found = extractor.extract(findings)
    groups = extractor.model.groups
    return {
        groups[d][0]: dict(zip(FEATURES, row, strict=True))
        for d, row in zip(found.diseases.tolist(), found.values.tolist(), strict=True)
    }


def column(features: dict[str, dict[str, float]], name: str) -> dict[str, float]:
    return {d: values[name] for d, values in features.items()}


# By hand


def test_what_is_known_of_published_patients(extractor: FeatureExtractor):
    features = features_of(extractor, patient(LARGE))
    assert column(features, "n_patients") == pytest.approx(
        {ALPHA: 0, BETA: 0, GAMMA: 0, DELTA: 0, EPSILON: 0, ZETA: math.log(5)}
    )
    assert column(features, "n_publications")[ZETA] == pytest.approx(math.log(2))
    assert column(features, "n_publications")[ALPHA] == 0


def test_sources_of_the_entries(extractor: FeatureExtractor):
    features = features_of(extractor, patient(LARGE))
    assert {d: (f["is_omim"], f["is_orphanet"]) for d, f in features.items()} == {
        ALPHA: (1, 1),  # two entries of one disease
        BETA: (1, 0),
        GAMMA: (1, 0),
        DELTA: (1, 1),  # OMIM has nothing like it
        EPSILON: (1, 0),
        ZETA: (1, 0),
    }


def test_orphanets_family_beside_omims_members(toy_graph: KnowledgeGraph):
    by_name = counted_series("OMIM:900055", "PMID:1", 4, {LARGE: (1, 2)}, name="Delta syndrome 4")
    by_gene = counted_series("ORPHA:955", "PMID:2", 4, {LARGE: (1, 2)}, name="Family of beta", genes=["FLM1"])
    alone = counted_series("ORPHA:956", "PMID:3", 4, {LARGE: (1, 2)}, name="Nobody's kin")
    graph = toy_graph.with_series([by_name, by_gene, alone], SERIES_SOURCE)
    is_omim = column(features_of(build_extractor(graph), patient(LARGE)), "is_omim")
    assert (is_omim[DELTA], is_omim["ORPHA:955"], is_omim["ORPHA:956"]) == (0, 0, 1)


def test_numbers_of_the_patients_findings(extractor: FeatureExtractor):
    features = features_of(extractor, patient(LARGE, STRIPED, BRITTLE, no=[WOBBLING]))
    assert list(column(features, "n_present").values()) == pytest.approx([math.log(3)] * N_DESCRIBED)
    assert list(column(features, "n_excluded").values()) == pytest.approx([math.log(2)] * N_DESCRIBED)


def test_what_a_disease_explains(extractor: FeatureExtractor):
    """Zeta has brittle flim in 3 of 4, P = 3.2 / 5, and large zorb in 1 of 2 and two unmentioned, 1.2 / (2 + 0.2 + 1).

    Alpha has the latter by 0.85 of a more specific term and is said to lack the former; Delta has neither.
    """
    features = features_of(extractor, patient(LARGE, BRITTLE))
    large, brittle = (extractor.model.information_content(t) for t in (LARGE, BRITTLE))
    total = large + brittle
    expected = {
        ZETA: (large * 1.2 / 3.2 + brittle * 3.2 / 5) / total,
        ALPHA: large * 0.85 / total,
        BETA: brittle * (5 / 12) / total,
        DELTA: 0,
    }
    explained, mentioned = column(features, "explained"), column(features, "mentioned")
    assert {d: explained[d] for d in expected} == pytest.approx(expected, rel=1e-5)
    assert [mentioned[d] for d in (ZETA, ALPHA, BETA, DELTA)] == pytest.approx(
        [1, large / total, brittle / total, 0], rel=1e-5
    )


def test_what_is_expected_and_seen(extractor: FeatureExtractor):
    """Of Delta are expected wobbling flim, 5.65 / 11, and stripes, 0.45 / 11, each with the organ above it.

    Red stripes imply stripes and an abnormal zorb; of the rest nothing is known.
    """
    model = extractor.model
    weight = {t: model.information_content(t) for t in model.graph.ontology.terms}
    stripes, wobbling, everything = 0.45 / 11, 5.65 / 11, weight["HP:0000118"] + weight["HP:0000001"]
    seen = stripes * (weight[STRIPED] + weight[ZORB]) + wobbling * everything
    unseen = wobbling * (weight[WOBBLING] + weight["HP:9000020"])
    found = column(features_of(extractor, patient(RED_STRIPED)), "expected_seen")
    assert found[DELTA] == pytest.approx(seen / (seen + unseen), rel=1e-5)
    all_that_delta_has = features_of(extractor, patient(STRIPED, WOBBLING))
    assert column(all_that_delta_has, "expected_seen")[DELTA] == pytest.approx(1)


def test_kin(extractor: FeatureExtractor):
    """Zeta is kin of Alpha by gene and of Beta by name; the bare disease, whose case is like the patient, of all."""
    findings = patient(LARGE, BRITTLE)
    model, features = extractor.model, features_of(extractor, findings)
    log_lr = model.log_lrs(findings).sum(axis=0)
    own = {d: float(log_lr[model.group_index[d]]) for d in (ALPHA, BETA, ZETA, BARE)}

    def mean(*diseases: str) -> float:
        return math.log(sum(math.exp(own[d]) for d in diseases) / len(diseases))

    by_gene, by_name = column(features, "gene_kin_largest"), column(features, "name_kin_largest")
    assert by_gene[ZETA] == pytest.approx(max(own[ALPHA], own[BARE]), rel=1e-5)
    assert by_gene[ALPHA] == pytest.approx(max(own[ZETA], own[BARE]), rel=1e-5)
    assert by_name[BETA] == pytest.approx(max(own[ZETA], own[BARE]), rel=1e-5)
    assert (by_gene[BETA], by_name[ALPHA], by_gene[GAMMA]) == (-60, -60, -60)
    assert column(features, "gene_kin_mean")[ZETA] == pytest.approx(mean(ALPHA, BARE), rel=1e-5)
    assert column(features, "name_kin_mean")[ZETA] == pytest.approx(mean(BETA, BARE), rel=1e-5)
    assert column(features, "gene_kin_case")[ALPHA] == pytest.approx(1)
    assert column(features, "name_kin_case")[BETA] == pytest.approx(1)
    assert column(features, "gene_kin_case")[GAMMA] == 0


# Against a second implementation


class Reference:
    """Each feature of one disease from its definition, one number at a time."""

    def __init__(
        self, extractor: FeatureExtractor, cases: Sequence[PublishedCase], findings: Sequence[Finding]
    ) -> None:
        self.model = model = extractor.model
        self.ontology = model.graph.ontology
        self.findings = findings
        self.present = [f.term_id for f in findings if not f.excluded]
        self.log_lr = [float(x) for x in model.log_lrs(findings).astype(np.float64).sum(axis=0)]
        single = [(f.excluded, model.log_lr(f.term_id, excluded=f.excluded).tolist()) for f in findings]
        self.of_present = list(zip(*(values for excluded, values in single if not excluded), strict=True))
        self.of_excluded = list(zip(*(values for excluded, values in single if excluded), strict=True))
        self.of_excluded = self.of_excluded or [()] * len(model.groups)
        self.cosines: list[list[float]] = [[] for _ in model.groups]
        for case in cases:
            if case.disease_id in model.group_index:
                (cosine,) = FindingSetIndex([case], model).similarities(self.present)
                self.cosines[model.group_index[case.disease_id]].append(float(cosine))
        self.nearest = [max(c, default=0.0) for c in self.cosines]
        self.columns = {t: i for i, t in enumerate(self.ontology.terms)}
        self.p = {t: dict(zip(*map(list, model.profile_column(i)), strict=True)) for t, i in self.columns.items()}
        self.weight = {t: model.information_content(t) for t in self.ontology.terms}

    def kin(self, one: int, kind: str) -> list[int]:
        return getattr(self.model.graph.families, kind).toarray()[one].nonzero()[0].tolist()

    def share(self, terms: Sequence[str], one: int) -> float:
        return sum(self.weight[t] * float(self.p[t].get(one, 0.0)) for t in terms)

    def features(self, one: int) -> dict[str, float]:
        log_lr, cosines, ontology = self.log_lr, sorted(self.cosines[one], reverse=True), self.ontology
        by_gene, by_name = self.kin(one, "by_gene"), self.kin(one, "by_name")
        implied = {a for t in self.present for a in ontology.ancestors(t)}
        total = sum(self.weight[t] for t in self.present)
        shared = [
            sum(self.weight[t] for t in implied if k in self.p[t]) / sum(self.weight[t] for t in implied)
            for k in range(len(self.model.groups))
        ]

        def mean(kin: list[int]) -> float:
            return math.log(sum(math.exp(log_lr[k]) for k in kin) / len(kin)) if kin else -60

        return {
            "log_lr": log_lr[one],
            "log_lr_below_best": log_lr[one] - max(log_lr),
            "log_lr_rank": math.log1p(sum(x > log_lr[one] for x in log_lr)),
            "log_lr_present": sum(self.of_present[one]),
            "log_lr_excluded": sum(self.of_excluded[one]),
            "log_lr_smallest": min(self.of_present[one]),
            "log_lr_largest": max(self.of_present[one]),
            "supported": sum(x > SUPPORTS for x in self.of_present[one]) / len(self.present),
            "contradicted": sum(x < CONTRADICTS for x in self.of_excluded[one]),
            "gene_kin_largest": max((log_lr[k] for k in by_gene), default=-60),
            "gene_kin_mean": mean(by_gene),
            "name_kin_largest": max((log_lr[k] for k in by_name), default=-60),
            "name_kin_mean": mean(by_name),
            "case_largest": self.nearest[one],
            "case_second": cosines[1] if len(cosines) > 1 else 0,
            "case_soft": math.log1p(sum(math.exp(SHARPNESS * c) for c in cosines)) / SHARPNESS,
            "case_below_best": self.nearest[one] - max(self.nearest),
            "gene_kin_case": max((self.nearest[k] for k in by_gene), default=0),
            "name_kin_case": max((self.nearest[k] for k in by_name), default=0),
            "explained": self.share(self.present, one) / total,
            "mentioned": sum(self.weight[t] for t in self.present if one in self.p[t]) / total,
            "shared": shared[one],
            "shared_below_best": shared[one] - max(shared),
            "shared_rank": math.log1p(sum(x > shared[one] + 1e-9 for x in shared)),
            "expected_seen": self.share(sorted(implied), one) / self.share(list(ontology.terms), one),
            "n_present": math.log(len(self.present)),
            "n_excluded": math.log1p(len(self.findings) - len(self.present)),
        }

    def base(self, one: int) -> float:
        """What chooses the candidates."""
        f = self.features(one)
        log_ratio = math.log(
            0.5 * math.exp(f["log_lr"]) + 0.5 * math.exp(f["gene_kin_mean"]) + 0.25 * math.exp(f["name_kin_mean"])
        )
        n_patients = self.model.described_patients()[0][one]
        return log_ratio + CASE_WEIGHT * f["case_largest"] + PATIENTS_WEIGHT * math.log1p(n_patients)


@settings(max_examples=40)
@given(findings=FINDINGS)
def test_both_implementations_agree(
    extractor: FeatureExtractor, cases: tuple[PublishedCase, ...], findings: list[Finding]
):
    slow, model = Reference(extractor, cases, findings), extractor.model
    features = features_of(extractor, findings)
    assert set(features) == {ALPHA, BETA, GAMMA, DELTA, EPSILON, ZETA}
    for disease_id, values in features.items():
        expected = slow.features(model.group_index[disease_id])
        assert {name: values[name] for name in expected} == pytest.approx(expected, rel=1e-4, abs=1e-4)
    bases = [slow.base(model.group_index[d]) for d in features]
    assert bases == pytest.approx(sorted(bases, reverse=True), abs=1e-4)  # the most likely first


@given(st.lists(st.integers(0, 5), min_size=60, max_size=80), st.data())
def test_ranks_are_the_number_of_larger_scores_however_many_are_asked_for(scores, data):
    values = np.array(scores, np.float64)
    chosen = np.array(data.draw(st.lists(st.integers(0, len(scores) - 1), min_size=1, max_size=60)))
    assert ranks_of(values, chosen).tolist() == [sum(s > scores[c] for s in scores) for c in chosen]


def test_ranks_of_cases(extractor: FeatureExtractor):
    """The bare disease, no candidate itself, has the nearest case; who has none shares the rank after the others."""
    features = features_of(extractor, patient(LARGE, BRITTLE))
    ranks, nearest = column(features, "case_rank"), column(features, "case_largest")
    with_cases = sorted((d for d in nearest if nearest[d] > 0), key=lambda d: -nearest[d])
    assert [ranks[d] for d in with_cases] == pytest.approx([math.log1p(i) for i in range(1, len(with_cases) + 1)])
    assert ranks[DELTA] == ranks[EPSILON] == pytest.approx(math.log1p(len(with_cases) + 1))


# What holds of any patient


@settings(max_examples=40)
@given(findings=FINDINGS, data=st.data())
def test_the_order_of_the_findings_does_not_matter(
    extractor: FeatureExtractor, findings: list[Finding], data: st.DataObject
):
    one, other = extractor.extract(findings), extractor.extract(data.draw(st.permutations(findings)))
    np.testing.assert_array_equal(one.diseases, other.diseases)
    np.testing.assert_array_equal(one.values, other.values)


@settings(max_examples=20)
@given(findings=FINDINGS, data=st.data())
def test_the_order_of_the_cases_does_not_matter(
    graph: KnowledgeGraph, extractor: FeatureExtractor, cases: tuple[PublishedCase, ...], findings, data: st.DataObject
):
    shuffled = build_extractor(graph, data.draw(st.permutations(cases)))
    one, other = extractor.extract(findings), shuffled.extract(findings)
    np.testing.assert_array_equal(one.diseases, other.diseases)
    np.testing.assert_allclose(one.values, other.values, atol=1e-6)


@settings(max_examples=40)
@given(findings=FINDINGS, n=st.integers(1, 12))
def test_numbers_of_candidates(extractor: FeatureExtractor, findings: list[Finding], n: int):
    """The first n of all candidates, and no more than there are described diseases."""
    everybody, first = extractor.extract(findings), extractor.extract(findings, only(by_sum=n))
    assert len(everybody.diseases) == N_DESCRIBED
    assert first.values.shape == (min(n, N_DESCRIBED), len(FEATURES))
    np.testing.assert_array_equal(first.diseases, everybody.diseases[:n])
    np.testing.assert_array_equal(first.values, everybody.values[:n])


def test_each_ranking_proposes(extractor: FeatureExtractor):
    findings = patient(LARGE)
    nearest = extractor.case_similarities([LARGE])[0]
    log_lr = extractor.model.log_lrs(findings).sum(axis=0)
    described = extractor.model.is_described
    best_case = int(np.argmax(np.where(described, nearest, -np.inf)))
    best_ratio = int(np.argmax(np.where(described, log_lr, -np.inf)))
    assert extractor.extract(findings, only(by_case=1)).diseases.tolist() == [best_case]
    assert extractor.extract(findings, only(by_ratio=1)).diseases.tolist() == [best_ratio]
    (best_sum,) = extractor.extract(findings, only(by_sum=1)).diseases.tolist()
    together = extractor.extract(findings, only(by_sum=1, by_case=1, by_ratio=1)).diseases.tolist()
    assert together[0] == best_sum
    assert set(together) == {best_sum, best_case, best_ratio}


def test_shared_information_proposes_what_knows_everything_above_a_finding(extractor: FeatureExtractor):
    """Who has striped zorbs shares the zorb with a patient of red stripes, even of a disease with larger zorbs."""
    findings = patient(RED_STRIPED, WOBBLING)
    weight = {t: extractor.model.information_content(t) for t in extractor.model.graph.ontology.terms}
    shared = column(features_of(extractor, findings), "shared")
    above = extractor.model.graph.ontology.ancestors
    implied = above(RED_STRIPED) | above(WOBBLING)
    known = (above(STRIPED) | above(WOBBLING)) & implied
    assert shared[DELTA] == pytest.approx(sum(weight[t] for t in known) / sum(weight[t] for t in implied), rel=1e-5)
    (first,) = extractor.extract(findings, only(by_shared=1)).diseases.tolist()
    assert shared[extractor.model.groups[first][0]] == max(shared.values())


def test_a_disease_without_cases_is_not_proposed_by_its_nearest(graph: KnowledgeGraph):
    found = build_extractor(graph, []).extract(patient(LARGE), only(by_case=5))
    assert found.diseases.tolist() == []


@settings(max_examples=40)
@given(findings=FINDINGS)
def test_numbers_are_numbers(extractor: FeatureExtractor, findings: list[Finding]):
    found = extractor.extract(findings)
    assert found.values.dtype == np.float32
    assert np.isfinite(found.values).all()
    assert len(set(FEATURES)) == len(FEATURES)
    for name in ("explained", "mentioned", "shared", "expected_seen", "case_largest", "case_second"):
        values = found.values[:, FEATURES.index(name)]
        assert np.all(values >= 0)
        assert np.all(values <= 1 + 1e-5)


@settings(max_examples=40)
@given(findings=FINDINGS)
def test_a_disease_of_which_nothing_is_described_is_no_candidate(extractor: FeatureExtractor, findings: list[Finding]):
    """Not even the one whose kin are described and whose published cases resemble the patient."""
    bare = extractor.model.group_index[BARE]
    assert not extractor.model.is_described[bare]
    for n in (1, 6, 7, 100):
        assert bare not in extractor.extract(findings, only(by_sum=n)).diseases


def test_a_case_of_a_disease_outside_the_graph_is_passed_over(
    graph: KnowledgeGraph, extractor: FeatureExtractor, cases: tuple[PublishedCase, ...]
):
    known = build_extractor(graph, cases[1:])
    one, other = extractor.extract(patient(LARGE)), known.extract(patient(LARGE))
    np.testing.assert_array_equal(one.values, other.values)


def test_a_case_of_an_equivalent_entry_is_the_diseases(graph: KnowledgeGraph):
    one = build_extractor(graph, [hit("ORPHA:901", LARGE).case])
    other = build_extractor(graph, [replace(hit("ORPHA:901", LARGE).case, disease_id=ALPHA)])
    assert features_of(one, patient(LARGE)) == features_of(other, patient(LARGE))
    assert column(features_of(one, patient(LARGE)), "case_largest")[ALPHA] == pytest.approx(1)


def test_without_cases(graph: KnowledgeGraph):
    features = features_of(build_extractor(graph, []), patient(LARGE))
    for name in ("case_largest", "case_second", "case_soft", "case_below_best", "case_rank", "gene_kin_case"):
        assert set(column(features, name).values()) == {0}
