"""Profiles and likelihood ratios: by hand, and against a slow second implementation of the module's formulas."""

from math import log, log1p

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.annotations import AnnotationTable
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel, LikelihoodSettings, build_profiles, load_likelihood
from kg.schema import Association, Disease, Finding, Predicate, Provenance
from kg.sources.hpoa import parse_frequency

SETTINGS = LikelihoodSettings()
ALPHA, BETA, GAMMA, EPSILON, DELTA = range(5)  # rows: the groups of the toy graph, in their order
TERMS = ["HP:0000001", "HP:0000118", *(f"HP:90000{n}" for n in (10, 11, 12, 13, 14, 20, 21, 22, 23, 24))]
SOURCE = Provenance(source="test", version="1", reference="PMID:1", licence="")

findings = st.dictionaries(st.sampled_from(TERMS), st.booleans(), max_size=8).map(
    lambda chosen: [Finding(term_id=t, label="", excluded=excluded) for t, excluded in chosen.items()]
)


def t(number: int) -> str:
    return f"HP:90000{number:02}"


def model_of(graph: KnowledgeGraph, settings: LikelihoodSettings = SETTINGS) -> LikelihoodModel:
    return LikelihoodModel(graph, build_profiles(graph, settings), settings)


@pytest.fixture(scope="module")
def model(toy_graph: KnowledgeGraph) -> LikelihoodModel:
    return model_of(toy_graph)


# By hand, with one prior patient at 0.2 and ten patients for a class.
P = {
    # Alpha: 7 of 8, and "very frequent" in the equivalent entry: (7 + 8.95 + 0.2) / (8 + 10 + 1)
    (ALPHA, 13): 0.85,
    (ALPHA, 11): 0.85,  # implied by 13
    (ALPHA, 12): 0.64,  # 3 of 4: 3.2 / 5
    (ALPHA, 22): 1.9 / 11,  # occasional, middle 0.17
    (ALPHA, 20): 1.9 / 11,
    (BETA, 21): 5 / 12,  # 45 %, and unstated as 0.3 of one patient: (4.5 + 0.3 + 0.2) / (10 + 1 + 1)
    (BETA, 20): 5 / 12,
    (GAMMA, 11): 14.2 / 16,  # 10 of 10 by an obsolete id, and 4 of 5
    (GAMMA, 24): 0.6,  # 1 of 1: 1.2 / 2
    (GAMMA, 12): 0.6,
    (GAMMA, 22): 0.6,
    (GAMMA, 20): 0.6,
    (DELTA, 22): 5.65 / 11,  # frequent, middle 0.545
    (DELTA, 20): 5.65 / 11,
    (DELTA, 12): 0.45 / 11,  # very rare, middle 0.025
    (EPSILON, 20): 0.25,  # unstated: 0.5 / 2
}
ZORB = {ALPHA: 0.85, GAMMA: 14.2 / 16, DELTA: 0.45 / 11}
ANY = ZORB | {BETA: 5 / 12, EPSILON: 0.25, DELTA: 5.65 / 11}
ABSENT = {(ALPHA, 21), (BETA, 14), (GAMMA, 23)}


def test_profiles(toy_graph):
    profiles = build_profiles(toy_graph, SETTINGS)
    columns = {term_id: i for i, term_id in enumerate(toy_graph.ontology.terms)}
    expected = np.zeros((5, 18))
    for (row, number), p in P.items():
        expected[row, columns[t(number)]] = p
    for row, p in ZORB.items():
        expected[row, columns[t(10)]] = p
    for row, p in ANY.items():
        expected[row, columns["HP:0000118"]] = expected[row, columns["HP:0000001"]] = p
    np.testing.assert_allclose(profiles.present.toarray(), expected, rtol=1e-6)
    absent = {
        (int(row), toy_graph.annotations.term_ids[column])
        for row, column in zip(*profiles.absent.nonzero(), strict=True)
    }
    assert absent == {(row, t(number)) for row, number in ABSENT}


def test_background(model):
    assert model.n_diseases == 5
    assert model.background_of(t(11)) == pytest.approx((0.85 + 14.2 / 16) / 5)
    assert model.background_of(t(13)) == pytest.approx(1 / 5)  # at least one of five diseases; the mean is 0.17
    assert model.background_of(t(23)) == pytest.approx(1 / 5)
    assert model.information_content(t(13)) == pytest.approx(log(5))
    assert model.background_of("HP:9000090") == model.background_of(t(11))


ABOVE_13 = 14.2 / 16 / ((0.85 + 14.2 / 16) / 5)  # "Large zorb" in Gamma, over its background
ZORB_LR = 0.45 / 11 / (sum(ZORB.values()) / 5)  # "Abnormality of the zorb" in Delta
FLIM = 1.9 / 11 + 5 / 12 + 0.6 + 0.25 + 5.65 / 11


@pytest.mark.parametrize(
    ("row", "number", "excluded", "expected"),
    [
        (ALPHA, 13, False, log(0.9 * 0.85 / 0.2 + 0.02)),  # exact
        (GAMMA, 13, False, log(0.02 * ABOVE_13 + 0.02)),  # by the nearest ancestor
        (DELTA, 13, False, log(0.02 * ZORB_LR + 0.02)),  # by the organ system
        (BETA, 13, False, log(0.02)),  # noise: the root is as common as to say nothing
        (GAMMA, 12, False, log(0.9 * 0.6 / ((0.64 + 0.6 + 0.45 / 11) / 5) + 0.02)),  # implied by a descendant
        (ALPHA, 21, False, log(0.3 * (0.02 * 1.9 / 11 / (FLIM / 5) + 0.02))),  # contradiction
        (BETA, 14, False, log(0.3 * 0.02)),  # contradiction, 0 of 5
        (ALPHA, 13, True, log((1 - 0.2 * 0.85) / (1 - 0.2 * 0.2))),
        (BETA, 13, True, -log(1 - 0.2 * 0.2)),
        (ALPHA, 21, True, -log(1 - 0.2 * 0.2) + 0.3),  # agreed
    ],
)
def test_log_likelihood_ratios(model, row, number, excluded, expected):
    assert model.log_lr(t(number), excluded=excluded)[row] == pytest.approx(expected, rel=1e-5)


def test_probability(model):
    p = model.probability(t(13))
    assert p[ALPHA] == pytest.approx(0.9 * 0.85 + 0.02 * 0.2, rel=1e-5)
    assert p[BETA] == pytest.approx(0.02 * 0.2, rel=1e-5)


def test_without_findings_nothing_is_weighed(model):
    assert model.log_lrs([]).shape == (0, 5)


def reference_profile(graph: KnowledgeGraph, group: tuple[str, ...], s: LikelihoodSettings) -> dict[str, float]:
    """P(t|d) before closure; 0 where the sources say absent."""
    n: dict[str, float] = {}
    m: dict[str, float] = {}
    for a in (a for disease_id in group for a in graph.findings_of(disease_id)):
        f = a.frequency
        if f is None:
            seen, examined = s.unstated_frequency, 1.0
        elif f.n is None or f.m is None:
            seen, examined = s.class_weight * (f.low + f.high) / 2, s.class_weight
        else:
            seen, examined = float(f.n), float(f.m)
        n[a.term_id] = n.get(a.term_id, 0.0) + (0.0 if a.excluded else seen)
        m[a.term_id] = m.get(a.term_id, 0.0) + examined
    prior = s.prior_weight * s.prior_frequency
    return {i: (n[i] + prior) / (m[i] + s.prior_weight) if n[i] > 0 else 0.0 for i in n}


class Reference:
    """The formulas of ``kg.likelihood``'s docstring, one number at a time."""

    def __init__(self, graph: KnowledgeGraph, settings: LikelihoodSettings = SETTINGS) -> None:
        self.s, ontology = settings, graph.ontology
        own = [reference_profile(graph, group, settings) for group in graph.disease_groups]
        self.absent = [{i for i, p in profile.items() if p == 0} for profile in own]
        self.above = {i: ontology.ancestors(i) for i in ontology.terms}
        self.p = [
            {i: max((p for j, p in profile.items() if i in self.above[j]), default=0.0) for i in ontology.terms}
            for profile in own
        ]
        n = len(own)
        self.background = {i: max(sum(profile[i] for profile in self.p) / n, 1 / n) for i in ontology.terms}

    def log_lr(self, row: int, term_id: str, excluded: bool) -> float:
        s, p, absent = self.s, self.p[row], term_id in self.absent[row]
        if excluded:
            odds = log1p(-s.exclusion_belief * p[term_id]) - log1p(-s.exclusion_belief * self.background[term_id])
            return odds + (s.agreed_absence if absent else 0.0)
        if p[term_id] > 0:
            ratio = s.exact_weight * p[term_id] / self.background[term_id]
        else:
            telling = [a for a in self.above[term_id] if self.background[a] < s.common]
            ratio = s.ancestor_weight * max((p[a] / self.background[a] for a in telling), default=0.0)
        return log((ratio + s.noise) * (s.contradiction if absent else 1.0))

    def log_lrs(self, chosen: list[Finding]) -> np.ndarray:
        rows = [[self.log_lr(row, f.term_id, f.excluded) for row in range(len(self.p))] for f in chosen]
        return np.array(rows).reshape(len(chosen), len(self.p))


@pytest.fixture(scope="module")
def reference(toy_graph: KnowledgeGraph) -> Reference:
    return Reference(toy_graph)


@pytest.mark.parametrize("excluded", [False, True])
def test_both_implementations_agree_on_every_term(toy_graph, model, reference, excluded):
    everything = [Finding(term_id=i, label="", excluded=excluded) for i in toy_graph.ontology.terms]
    np.testing.assert_allclose(model.log_lrs(everything), reference.log_lrs(everything), rtol=1e-4, atol=1e-5)


@given(findings)
def test_both_implementations_rank_alike(model, reference, chosen):
    score, expected = model.log_lrs(chosen).sum(axis=0), reference.log_lrs(chosen).sum(axis=0)
    np.testing.assert_allclose(score, expected, rtol=1e-4, atol=1e-4)
    ranked = expected[np.argsort(-score, kind="stable")]
    assert np.all(np.diff(ranked) <= 1e-4)


rows = st.tuples(
    st.integers(0, 3),
    st.sampled_from(TERMS[2:]),
    st.sampled_from(["", "0/3", "1/3", "3/3", "12/90", "30%", "HP:0040280", "HP:0040283", "HP:0040285"]),
    st.booleans(),
)


@given(st.lists(rows, max_size=12), findings)
def test_both_implementations_agree_on_any_annotations(toy_graph, table, chosen):
    diseases = [Disease(disease_id=f"OMIM:{i}", name=f"Disease {i}") for i in range(3)]
    diseases.append(Disease(disease_id="ORPHA:2", name="Disease 2"))  # the same as OMIM:2
    associations = [
        Association(
            disease_id=diseases[row].disease_id,
            predicate=Predicate.PHENOTYPE,
            term_id=term_id,
            frequency=frequency,
            excluded=excluded or (frequency is not None and frequency.high == 0),
            provenance=(SOURCE,),
        )
        for row, term_id, text, excluded in table
        for frequency in [parse_frequency(text)]
    ]
    ids, terms = [d.disease_id for d in diseases], list(toy_graph.ontology.terms)
    columns = AnnotationTable.from_associations(associations, ids, terms)
    graph = KnowledgeGraph(toy_graph.ontology, diseases, columns, {}, {})
    assert graph.disease_groups[-1] == ("OMIM:2", "ORPHA:2")
    log_lrs = model_of(graph).log_lrs(chosen)
    assert np.isfinite(log_lrs).all()
    np.testing.assert_allclose(log_lrs, Reference(graph).log_lrs(chosen), rtol=1e-4, atol=1e-4)


@given(findings.flatmap(lambda chosen: st.tuples(st.just(chosen), st.permutations(chosen))))
def test_the_order_of_findings_does_not_matter(model, orders):
    one, other = (model.log_lrs(order).sum(axis=0) for order in orders)
    np.testing.assert_allclose(one, other, atol=1e-5)


@given(st.sampled_from(TERMS))
def test_an_excluded_finding_never_helps_a_disease_that_has_it(model, reference, term_id):
    log_lr = model.log_lr(term_id, excluded=True)
    for row, p in enumerate(reference.p):
        if p[term_id] >= model.background_of(term_id) - 1e-6 and term_id not in reference.absent[row]:
            assert log_lr[row] <= 1e-6


@pytest.mark.parametrize("term_id", TERMS)
def test_a_general_term_is_at_least_as_probable_as_a_specific_one(toy_graph, term_id):
    dense = build_profiles(toy_graph, SETTINGS).present.toarray()
    columns = {i: column for column, i in enumerate(toy_graph.ontology.terms)}
    above = [columns[i] for i in toy_graph.ontology.ancestors(term_id)]
    assert np.all(dense[:, above] >= dense[:, [columns[term_id]]])


def test_profiles_are_cached_by_graph_and_settings(toy_graph, model, tmp_path):
    chosen = [Finding(term_id=t(13), label=""), Finding(term_id=t(21), label="", excluded=True)]
    first = load_likelihood(toy_graph, cache_dir=tmp_path)
    second = load_likelihood(toy_graph, cache_dir=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    for loaded in (first, second):
        np.testing.assert_array_equal(loaded.log_lrs(chosen), model.log_lrs(chosen))
    bold = LikelihoodSettings(noise=0.5)
    other = load_likelihood(toy_graph, bold, cache_dir=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    np.testing.assert_array_equal(other.log_lrs(chosen), model_of(toy_graph, bold).log_lrs(chosen))


def test_a_graph_without_identity_is_not_cached(toy_graph, tmp_path):
    anonymous = KnowledgeGraph(toy_graph.ontology, list(toy_graph.diseases.values()), toy_graph.annotations, {}, {})
    assert load_likelihood(anonymous, cache_dir=tmp_path).n_diseases == 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.release
def test_ranking_over_the_release(release_graph):
    ids = ["0032588", "0002371", "0012171", "0001250", "0005484", "0002793", "0002376", "0002650", "0001344"]
    rett = [Finding(term_id=f"HP:{i}", label="") for i in ids] + [
        Finding(term_id="HP:0000365", label="", excluded=True)
    ]
    model = load_likelihood(release_graph)
    log_lrs = model.log_lrs(rett)
    assert log_lrs.shape == (10, model.n_diseases)
    assert np.isfinite(log_lrs).all()
    ranked = np.argsort(-log_lrs.sum(axis=0))
    assert model.group_index["OMIM:312750"] in ranked[:3]
