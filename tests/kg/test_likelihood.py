"""Profiles and likelihood ratios: by hand, and against a slow second implementation of the module's formulas."""

from collections.abc import Sequence
from dataclasses import replace
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.annotations import AnnotationTable
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel, LikelihoodSettings, load_likelihood
from kg.profiles import build_profiles
from kg.schema import Association, Disease, Finding, Gene, PatientSeries, Predicate, Provenance
from kg.sources.hpoa import parse_frequency
from tests.kg.slow_likelihood import Reference
from tests.toy import SERIES_SOURCE, counted_series

SETTINGS = LikelihoodSettings()
ALPHA, BETA, GAMMA, EPSILON, DELTA = range(5)  # rows: the groups of the toy graph, in their order
TERMS = ["HP:0000001", "HP:0000118", *(f"HP:90000{n}" for n in (10, 11, 12, 13, 14, 20, 21, 22, 23, 24))]
SOURCE = Provenance(source="test", version="1", reference="PMID:1", licence="")
findings = st.dictionaries(st.sampled_from(TERMS), st.tuples(st.booleans(), st.booleans()), max_size=8).map(
    lambda chosen: [Finding(term_id=t, label="", excluded=no, asked=asked) for t, (no, asked) in chosen.items()]
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
NOTED = log((1 / (1 / 9 / 3) + 10) / (8 + 10))  # of Alpha's 8 one lacks it, and none of the two others described
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
        (ALPHA, 13, True, log((1 - 0.2 * 0.85) / (1 - 0.2 * 0.2)) + 0.3 * (1 - 0.85) * NOTED),  # one of eight lacks it
        (BETA, 13, True, -log(1 - 0.2 * 0.2)),
        (ALPHA, 21, True, -log(1 - 0.2 * 0.2) + 0.3 * NOTED),  # said to be absent
    ],
)
def test_log_likelihood_ratios(model, row, number, excluded, expected):
    assert model.log_lr(t(number), excluded=excluded)[row] == pytest.approx(expected, rel=1e-5)


def test_a_no_to_a_question_is_believed_more_and_where_others_noted_it_does_not_count(model):
    """Alpha's series note the absence of 21; the likelihood ratio of an exclusion that was volunteered says so."""
    no_13, no_21 = (model.log_lr(t(number), excluded=True, asked=True) for number in (13, 21))
    assert no_13[ALPHA] == pytest.approx(log((1 - 0.8 * 0.85) / (1 - 0.8 * 0.2)), rel=1e-5)
    assert no_13[BETA] == pytest.approx(-log(1 - 0.8 * 0.2), rel=1e-5)
    assert no_21[ALPHA] == pytest.approx(-log(1 - 0.8 * 0.2), rel=1e-5)


def test_probability(model):
    p = model.probability(t(13))
    assert p[ALPHA] == pytest.approx(0.9 * 0.85 + 0.02 * 0.2, rel=1e-5)
    assert p[BETA] == pytest.approx(0.02 * 0.2, rel=1e-5)


@pytest.mark.parametrize("diseases", [[ALPHA], [BETA, ALPHA], [3, 0, 4, 1, 2]])
def test_probabilities_of_some_diseases_are_those_of_all(model, diseases):
    terms = [t(13), t(21), t(11), t(10)]
    expected = np.stack([model.probability(term)[diseases] for term in terms])
    assert model.answer_probabilities(terms, diseases) == pytest.approx(expected, rel=1e-5)


def test_without_findings_nothing_is_weighed(model):
    assert model.log_lrs([]).shape == (0, 5)


@pytest.fixture(scope="module")
def reference(toy_graph: KnowledgeGraph) -> Reference:
    return Reference(toy_graph)


@pytest.mark.parametrize(("excluded", "asked"), [(False, False), (True, False), (True, True), (False, True)])
def test_both_implementations_agree_on_every_term(toy_graph, model, reference, excluded, asked):
    everything = [Finding(term_id=i, label="", excluded=excluded, asked=asked) for i in toy_graph.ontology.terms]
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


Row = tuple[int, str, str, bool]
GENES = {"OMIM:0": (ONE_GENE := Gene(gene_id="NCBIGene:1", symbol="ONE"),), "OMIM:2": (ONE_GENE,)}


def graph_of(toy_graph: KnowledgeGraph, table: Sequence[Row]) -> KnowledgeGraph:
    """Four entries of three diseases, the first two of which are kin by name, the first and the last by a gene."""
    named = {"OMIM:0": "Ataxia 1", "OMIM:1": "Ataxia 2", "OMIM:2": "Chorea", "ORPHA:2": "Chorea"}
    diseases = [Disease(disease_id=i, name=name) for i, name in named.items()]
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
    graph = KnowledgeGraph(toy_graph.ontology, diseases, columns, GENES, {})
    assert graph.disease_groups == (("OMIM:0",), ("OMIM:1",), ("OMIM:2", "ORPHA:2"))
    return graph


@given(st.lists(rows, max_size=12), findings)
def test_both_implementations_agree_on_any_annotations(toy_graph, table, chosen):
    graph = graph_of(toy_graph, table)
    log_lrs = model_of(graph).log_lrs(chosen)
    assert np.isfinite(log_lrs).all()
    np.testing.assert_allclose(log_lrs, Reference(graph).log_lrs(chosen), rtol=1e-4, atol=1e-4)


# Published series


def told(disease_id: str, n_patients: int, reference: str = "PMID:9", **counts: tuple[int, int]) -> PatientSeries:
    """A series; terms by their number, as ``t21``."""
    return counted_series(disease_id, reference, n_patients, {t(int(i[1:])): c for i, c in counts.items()})


def p_of(graph: KnowledgeGraph, row: int, number: int) -> float:
    column = list(graph.ontology.terms).index(t(number))
    return float(build_profiles(graph, SETTINGS).present.toarray()[row, column])


def test_patients_of_a_series_count_as_they_are(toy_graph):
    """Beta has brittle flim in 45 % (of ten), unstated (0.3 of one), and now in 3 of 4: (4.5 + 0.3 + 3 + 0.2) / 16."""
    graph = toy_graph.with_series([told("OMIM:900002", 4, t21=(3, 4))], SERIES_SOURCE)
    assert p_of(graph, BETA, 21) == pytest.approx(0.5)


def test_a_term_that_is_not_said_of_a_patient_counts_a_little_against_it(toy_graph):
    """One of five patients is said to have a wobbling flim, four are not mentioned: 1.2 / (1 + 4 * 0.1 + 1)."""
    graph = toy_graph.with_series([told("OMIM:900002", 5, t22=(1, 1))], SERIES_SOURCE)
    assert p_of(graph, BETA, 22) == pytest.approx(1.2 / 2.4)
    # What the release alone states, the five do not mention either: 4.5 + 0.3 + 0.2 of 10 + 1 + 5 * 0.1 + 1.
    assert p_of(graph, BETA, 21) == pytest.approx(5 / 12.5)
    assert p_of(graph, GAMMA, 24) == pytest.approx(P[GAMMA, 24])  # of whom no series tells


def test_what_is_said_of_a_patient_either_way_is_no_silence(toy_graph):
    graph = toy_graph.with_series([told("OMIM:900002", 5, t22=(1, 5))], SERIES_SOURCE)
    assert p_of(graph, BETA, 22) == pytest.approx(1.2 / 6)


def test_patients_of_several_series_are_pooled(toy_graph):
    """2 of 3, and two patients of another publication of whom it is not said: 2.2 / (3 + 0.2 + 1)."""
    series = [told("OMIM:900002", 3, t22=(2, 3)), told("OMIM:900002", 2, "PMID:8", t11=(1, 2))]
    graph = toy_graph.with_series(series, SERIES_SOURCE)
    assert p_of(graph, BETA, 22) == pytest.approx(2.2 / 4.2)


def test_what_is_restated_of_one_publication_counts_once(toy_graph):
    """Gamma's 1 of 1 is the release's from the same publication: the series neither adds the patient nor a silence."""
    graph = toy_graph.with_series([told("OMIM:900003", 1, "PMID:90000004", t24=(1, 1))], SERIES_SOURCE)
    alone = toy_graph.with_series([told("OMIM:900003", 1, "PMID:90000006", t24=(1, 1))], SERIES_SOURCE)
    assert p_of(alone, GAMMA, 24) == pytest.approx(2.2 / 3)
    assert p_of(graph, GAMMA, 24) < p_of(alone, GAMMA, 24)


def test_what_is_restated_is_no_silence(toy_graph):
    graph = toy_graph.with_series([told("OMIM:900003", 1, "PMID:90000004", t24=(1, 1))], SERIES_SOURCE)
    assert p_of(graph, GAMMA, 24) == pytest.approx(P[GAMMA, 24])


def test_a_publication_in_two_sets_is_counted_once(toy_graph):
    series = [told("OMIM:900002", 4, t22=(2, 4))]
    once = toy_graph.with_series(series, SERIES_SOURCE)
    twice = once.with_series(series, replace(SERIES_SOURCE, source="ours"))
    np.testing.assert_array_equal(
        build_profiles(twice, SETTINGS).present.toarray(), build_profiles(once, SETTINGS).present.toarray()
    )
    for graph in (once, twice):
        n_patients, n_publications = model_of(graph).described_patients()
        assert (n_patients.tolist(), n_publications.tolist()) == ([0, 4, 0, 0, 0], [0, 1, 0, 0, 0])


def test_how_many_patients_and_publications_describe_a_disease(toy_graph):
    """The equivalent entry's count for the disease; the release's own counts are no series."""
    series = [
        told("OMIM:900001", 3, t13=(1, 1)),
        told("ORPHA:901", 2, "PMID:8", t13=(1, 1)),
        told("OMIM:900002", 7, t21=(1, 1)),
    ]
    n_patients, n_publications = model_of(toy_graph.with_series(series, SERIES_SOURCE)).described_patients()
    assert n_patients.tolist() == [5, 7, 0, 0, 0]
    assert n_publications.tolist() == [2, 1, 0, 0, 0]


SERIES = st.lists(
    st.tuples(
        st.sampled_from(["OMIM:0", "OMIM:1", "OMIM:2", "ORPHA:2"]),
        st.integers(1, 3),
        st.dictionaries(st.sampled_from(TERMS[2:]), st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=3),
    ),
    max_size=3,
)
Told = list[tuple[str, int, dict[str, tuple[int, int]]]]


def as_series(drawn: Told, reference: str) -> list[PatientSeries]:
    """One series a disease, of as many patients as its largest count asks for."""
    found = {}
    for disease_id, more, counts in drawn:
        fitting = {i: (min(c), max(*c, 1)) for i, c in counts.items()}
        n_patients = more + max((m for _, m in fitting.values()), default=0)
        found[disease_id] = counted_series(disease_id, reference, n_patients, fitting)
    return list(found.values())


@given(st.lists(rows, min_size=1, max_size=8), SERIES, SERIES, findings)
def test_both_implementations_agree_on_any_series(toy_graph, table, drawn, more, chosen):
    graph = graph_of(toy_graph, table).with_series(as_series(drawn, "PMID:7"), SERIES_SOURCE)
    check_series(graph.with_series(as_series(more, "PMID:8"), replace(SERIES_SOURCE, source="ours")), chosen)


@given(st.lists(rows, min_size=1, max_size=8), SERIES, findings)
def test_both_implementations_agree_on_series_of_the_releases_own_publication(toy_graph, table, drawn, chosen):
    check_series(graph_of(toy_graph, table).with_series(as_series(drawn, "PMID:1"), SERIES_SOURCE), chosen)


def check_series(graph: KnowledgeGraph, chosen: list[Finding]) -> None:
    model, slow = model_of(graph), Reference(graph)
    expected = [[profile[i] for i in graph.ontology.terms] for profile in slow.p]
    np.testing.assert_allclose(build_profiles(graph, SETTINGS).present.toarray(), expected, rtol=1e-5)
    np.testing.assert_allclose(model.log_lrs(chosen), slow.log_lrs(chosen), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(model.is_described, [any(profile.values()) for profile in slow.p])


# Kin


def test_with_kin_by_hand(toy_graph):
    """Ratios of 1, 3 and 8: half of its own, half of the mean of its kin by gene, a quarter by name; no kin, e^-60."""
    model = model_of(graph_of(toy_graph, [(0, t(11), "", False), (1, t(11), "", False), (2, t(11), "", False)]))
    ratios = np.log([1.0, 3.0, 8.0])
    by_gene, by_name = means = model.kin_means(ratios)
    np.testing.assert_allclose(by_gene, [log(8), -60, 0], atol=1e-12)
    np.testing.assert_allclose(by_name, [log(3), 0, -60], atol=1e-12)
    expected = [log(0.5 * 1 + 0.5 * 8 + 0.25 * 3), log(0.5 * 3 + 0.25 * 1), log(0.5 * 8 + 0.5 * 1)]
    np.testing.assert_allclose(model.with_kin(ratios, means), expected)


def test_kin_do_not_speak_for_a_disease_of_which_nothing_is_described(toy_graph):
    """Disease 0 is bare, disease 1 is said to lack all that is said of it."""
    model = model_of(graph_of(toy_graph, [(1, t(11), "0/3", False), (2, t(11), "", False)]))
    assert model.is_described.tolist() == [False, False, True]
    ratios = np.array([5.0, 5.0, 1.0])
    mixed = model.with_kin(ratios, model.kin_means(ratios))
    assert mixed[:2].tolist() == [-np.inf, -np.inf]
    assert mixed[2] == pytest.approx(np.logaddexp(1 + log(0.5), 5 + log(0.5)))


@given(st.lists(st.floats(-40, 40), min_size=3, max_size=3))
def test_kin_never_take_more_than_half_away(toy_graph, values):
    model = model_of(graph_of(toy_graph, [(i, t(11), "", False) for i in range(3)]))
    ratios = np.array(values)
    mixed = model.with_kin(ratios, model.kin_means(ratios))
    assert np.all(mixed >= ratios + log(0.5) - 1e-9)
    assert np.all(mixed <= ratios.max() + log(1.25) + 1e-9)


@given(findings.flatmap(lambda chosen: st.tuples(st.just(chosen), st.permutations(chosen))))
def test_the_order_of_findings_does_not_matter(model, orders):
    one, other = (model.log_lrs(order).sum(axis=0) for order in orders)
    np.testing.assert_allclose(one, other, atol=1e-5)


@given(st.sampled_from(TERMS))
def test_an_excluded_finding_never_helps_a_disease_that_has_it(model, reference, term_id):
    log_lr = model.log_lr(term_id, excluded=True)
    for row, p in enumerate(reference.p):
        if p[term_id] >= model.background_of(term_id) - 1e-6 and term_id not in reference.noted[row]:
            assert log_lr[row] <= 1e-6


@given(st.sampled_from(TERMS))
def test_a_no_to_a_question_speaks_the_more_against_a_disease_the_likelier_it_has_the_sign(model, reference, term_id):
    ranked = sorted(range(model.n_diseases), key=lambda row: reference.p[row][term_id])
    assert np.all(np.diff(model.log_lr(term_id, excluded=True, asked=True)[ranked]) <= 1e-6)


@pytest.mark.parametrize("term_id", TERMS)
def test_a_general_term_is_at_least_as_probable_as_a_specific_one(toy_graph, term_id):
    dense = build_profiles(toy_graph, SETTINGS).present.toarray()
    columns = {i: column for column, i in enumerate(toy_graph.ontology.terms)}
    above = [columns[i] for i in toy_graph.ontology.ancestors(term_id)]
    assert np.all(dense[:, above] >= dense[:, [columns[term_id]]])


def test_profiles_are_cached_by_the_graph_and_the_settings_that_they_depend_on(toy_graph, model, tmp_path):
    chosen = [Finding(term_id=t(13), label=""), Finding(term_id=t(21), label="", excluded=True)]
    first = load_likelihood(toy_graph, cache_dir=tmp_path)
    second = load_likelihood(toy_graph, cache_dir=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    for loaded in (first, second):
        np.testing.assert_array_equal(loaded.log_lrs(chosen), model.log_lrs(chosen))
    bold = LikelihoodSettings(noise=0.5)
    other = load_likelihood(toy_graph, bold, cache_dir=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    load_likelihood(toy_graph, LikelihoodSettings(prior_weight=2.0), cache_dir=tmp_path)
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
