"""Each baseline against values by hand and a slow second implementation that shares nothing with it."""

from __future__ import annotations

import gc
import random
import weakref
from collections.abc import Iterable, Mapping, Set
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.naive_bayes import MultinomialNB

from evaluation.baselines import embedding_scores, naive_bayes_scores, once_per_graph, resnik_scores
from evaluation.protocols import Knowledge
from evaluation.schema import Case, System
from evaluation.systems import RANKERS, Question
from kg.errors import UsageError
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from retrieval.cases import build_library, series_of, word_findings
from tests.fakes import HashEmbedder, WordPairEmbedder
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    DELTA,
    EPSILON,
    FLIM,
    GAMMA,
    LARGE,
    OLD_LARGE,
    RED_STRIPED,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    ZORB,
    build_toy_library,
    patient,
)

GROUPS = ((ALPHA, ALPHA_ORPHA), (BETA,), (GAMMA,), (EPSILON,), (DELTA,))
TERMS = [ZORB, LARGE, VERY_LARGE, STRIPED, RED_STRIPED, FLIM, BRITTLE, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES]
term_sets = st.sets(st.sampled_from(TERMS), min_size=1)


def annotated(graph: KnowledgeGraph) -> dict[int, set[str]]:
    """Present terms of each group that has some."""
    found: dict[int, set[str]] = {}
    for row, group in enumerate(graph.disease_groups):
        statements = [a for d in group for a in graph.findings_of(d)]
        present = {a.term_id for a in statements if not a.excluded and (not a.frequency or a.frequency.midpoint > 0)}
        if present:
            found[row] = present
    return found


def closed(terms: Iterable[str], ontology: Ontology) -> set[str]:
    return set().union(*(ontology.ancestors(t) for t in terms))


class SlowResnik:
    """The definition, pair by pair."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.ontology = graph.ontology
        self.diseases = annotated(graph)
        self.n_with: dict[str, int] = {}
        for terms in self.diseases.values():
            for t in closed(terms, self.ontology):
                self.n_with[t] = self.n_with.get(t, 0) + 1

    def similarity(self, one: str, other: str) -> float:
        common = self.ontology.ancestors(one) & self.ontology.ancestors(other)
        return max((log(len(self.diseases) / self.n_with[t]) for t in common if t in self.n_with), default=0.0)

    def score(self, terms: Set[str], row: int) -> float:
        theirs = self.diseases[row]
        forth = sum(max(self.similarity(t, a) for a in theirs) for t in terms) / len(terms)
        back = sum(max(self.similarity(t, a) for t in terms) for a in theirs) / len(theirs)
        return (forth + back) / 2


def log_likelihoods(graph: KnowledgeGraph, diseases: Mapping[int, set[str]], terms: Iterable[str]) -> np.ndarray:
    """scikit-learn's, for these diseases in their order."""
    column = {t: i for i, t in enumerate(graph.ontology.terms)}

    def document(present: Iterable[str]) -> np.ndarray:
        counts = np.zeros(len(column))
        counts[[column[t] for t in closed(present, graph.ontology)]] = 1
        return counts

    documents = np.stack([document(present) for present in diseases.values()])
    classifier = MultinomialNB(fit_prior=False).fit(documents, np.arange(len(documents)))
    (joint,) = classifier.predict_joint_log_proba(document(terms)[None, :])
    return joint + log(len(documents))


def test_resnik_by_hand(toy_graph):
    assert toy_graph.disease_groups == GROUPS
    # Five diseases; Very large zorb in one, Large zorb in two, Zorb in three, Brittle flim in one, Flim in all.
    alpha = (log(5) / 2 + (log(5) + log(5 / 3)) / 3) / 2
    beta = (log(5) / 2 + log(5)) / 2
    gamma = (log(5 / 2) / 2 + (log(5 / 2) + log(5 / 3)) / 2) / 2
    delta = log(5 / 3) / 2
    scores = resnik_scores(toy_graph, patient(VERY_LARGE, BRITTLE))
    assert scores == pytest.approx([alpha, beta, gamma, 0.0, delta])


@given(terms=term_sets)
def test_resnik_is_the_definition(toy_graph, terms):
    slow = SlowResnik(toy_graph)
    expected = [slow.score(terms, row) for row in range(len(GROUPS))]
    assert resnik_scores(toy_graph, patient(*terms)) == pytest.approx(expected)


@given(terms=term_sets)
def test_naive_bayes_is_scikit_learns(toy_graph, terms):
    expected = log_likelihoods(toy_graph, annotated(toy_graph), terms)
    assert naive_bayes_scores(toy_graph, patient(*terms)) == pytest.approx(expected)


def test_naive_bayes_by_hand(toy_graph):
    # Epsilon's document is Flim and what is above it; Beta's has Brittle flim too.
    n_above, n_terms = len(toy_graph.ontology.ancestors(FLIM)), len(toy_graph.ontology)
    epsilon = n_above * log(2) - (n_above + 1) * log(n_above + n_terms)
    beta = (n_above + 1) * log(2) - (n_above + 1) * log(n_above + 1 + n_terms)
    scores = naive_bayes_scores(toy_graph, patient(BRITTLE))
    assert scores[GROUPS.index((EPSILON,))] == pytest.approx(epsilon)
    assert scores[GROUPS.index((BETA,))] == pytest.approx(beta)


@given(terms=st.permutations([VERY_LARGE, BRITTLE, WOBBLING]), no=st.lists(st.sampled_from(TERMS)))
def test_neither_order_nor_repetition_nor_exclusions_count(toy_graph, terms, no):
    for scores_of in (resnik_scores, naive_bayes_scores):
        expected = scores_of(toy_graph, patient(VERY_LARGE, BRITTLE, WOBBLING))
        assert scores_of(toy_graph, patient(*terms, terms[0], no=no)).tolist() == expected.tolist()


def test_an_old_id_is_its_current_one(toy_graph):
    for scores_of in (resnik_scores, naive_bayes_scores):
        assert scores_of(toy_graph, patient(OLD_LARGE)).tolist() == scores_of(toy_graph, patient(LARGE)).tolist()


@pytest.mark.release
def test_both_are_the_slow_ones_on_the_release(release_graph):
    rng = random.Random(3)  # noqa: S311 - a sample
    slow = SlowResnik(release_graph)
    rows = sorted(rng.sample(sorted(slow.diseases), 150))
    some = {row: slow.diseases[row] for row in rows}
    for row in rows[:5]:
        terms = set(rng.sample(sorted(some[row]), min(6, len(some[row])))) | {"HP:0001250"}
        findings = patient(*terms)
        resnik = [slow.score(terms, r) for r in rows]
        assert resnik_scores(release_graph, findings)[rows] == pytest.approx(resnik)
        bayes = log_likelihoods(release_graph, some, terms)
        assert naive_bayes_scores(release_graph, findings)[rows] == pytest.approx(bayes)


def test_embedding_is_the_cosine_of_the_worded_annotations(toy_graph):
    embedder, ontology = HashEmbedder(), toy_graph.ontology
    library = build_library(series_of(toy_graph), embedder, ontology)
    vector = library.encode_patients([patient(VERY_LARGE, WOBBLING)])[0]
    names = {  # the most specific first, then by id; what only a statement of absence names is "not seen"
        ALPHA: ([STRIPED, VERY_LARGE, WOBBLING], [BRITTLE]),
        BETA: ([BRITTLE], [RED_STRIPED]),
        GAMMA: ([WOBBLING_STRIPES, LARGE], [BRITTLE_TIP]),
        EPSILON: ([FLIM], []),
        DELTA: ([STRIPED, WOBBLING], []),
    }
    worded = [word_findings(map(ontology.name, has), map(ontology.name, no)) for has, no in names.values()]
    expected = embedder.encode(worded) @ vector
    assert embedding_scores(toy_graph, library, vector) == pytest.approx(expected, abs=1e-6)


def test_a_fold_encodes_only_what_it_changes_and_embedders_are_kept_apart(toy_graph):
    embedder = HashEmbedder(dimension=131)  # no other test's: what is encoded is kept for the process
    library = build_library(series_of(toy_graph), embedder, toy_graph.ontology)
    vector = library.encode_patients([patient(BRITTLE)])[0]
    whole = embedding_scores(toy_graph, library, vector)
    n_calls = len(embedder.calls)
    assert embedding_scores(toy_graph, library, vector).tolist() == whole.tolist()
    assert len(embedder.calls) == n_calls
    fold = toy_graph.without_references({"PMID:90000003"})  # Beta's: 45 % Brittle flim, and 0 of 5
    changed = embedding_scores(fold, library, vector)
    assert [len(texts) for texts in embedder.calls[n_calls:]] == [1]
    beta = GROUPS.index((BETA,))
    assert changed[beta] == pytest.approx(1.0)  # Brittle flim alone is left, as the patient has it
    assert np.delete(changed, beta).tolist() == np.delete(whole, beta).tolist()
    pairs = build_library(series_of(toy_graph), WordPairEmbedder(dimension=131), toy_graph.ontology)
    other = pairs.encode_patients([patient(BRITTLE)])[0]
    assert embedding_scores(toy_graph, pairs, other).tolist() != whole.tolist()


def test_a_disease_without_annotations_is_not_ranked(toy_graph):
    bare = toy_graph.without_references({EPSILON})
    library = build_toy_library(bare)
    row = GROUPS.index((EPSILON,))
    findings = patient(FLIM, BRITTLE)
    for scores in (
        resnik_scores(bare, findings),
        naive_bayes_scores(bare, findings),
        embedding_scores(bare, library, library.encode_patients([findings])[0]),
    ):
        assert scores[row] == -np.inf
        assert np.isfinite(np.delete(scores, row)).all()


def test_what_a_graph_makes_is_made_once_and_goes_with_it(toy_graph):
    made = []

    @once_per_graph
    def n_diseases(graph: KnowledgeGraph) -> int:
        made.append(len(graph.diseases))
        return made[-1]

    fold = toy_graph.without_references({EPSILON})
    assert n_diseases(fold) == n_diseases(fold) == len(toy_graph.diseases)
    assert len(made) == 1
    resnik_scores(fold, patient(FLIM))
    naive_bayes_scores(fold, patient(FLIM))
    gone = weakref.ref(fold)
    del fold
    gc.collect()
    assert gone() is None


def test_the_embedding_needs_a_library(toy_graph):
    case = Case(case_id="c", findings=patient(LARGE), gold_ids=(ALPHA,), publication="PMID:1")
    with pytest.raises(UsageError, match="the system embedding needs a case library"):
        RANKERS[System.EMBEDDING](Question(knowledge=Knowledge(graph=toy_graph), case=case))
