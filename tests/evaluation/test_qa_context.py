"""What is retrieved for a question: by hand, against brute force, and never from the question's own publication."""

from __future__ import annotations

import gzip
import json
import lzma
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.qa import search
from evaluation.qa.context import AllContexts, CaseContext, GraphContext, PassageContext, no_context
from evaluation.qa.passages import PUBMEDQA, load_passages
from evaluation.qa.schema import Snippet
from kg.datasets import data_folder
from kg.errors import NotReadyError
from retrieval.disease_names import DiseaseMentionFinder
from retrieval.lexicon import Lexicon
from retrieval.passages import MEDQUAD, Passage, cut
from tests import toy
from tests.evaluation.questions import question
from tests.fakes import HashEmbedder

WORDS = ("marfan", "fingers", "aorta", "gout", "uric", "joint", "measles", "rash", "fever")


def passage(text: str, reference: str = "https://a", title: str = "Page") -> Passage:
    return Passage(title=title, text=text, reference=reference)


# Search


@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8), min_size=1, max_size=12), st.data())
def test_bm25_is_the_textbooks(texts, data):
    """Lucene's BM25 (k1 1.5, b 0.75) by hand; a word that comes twice in the query counts twice."""
    query = data.draw(st.lists(st.sampled_from([*WORDS, "unheard"]), max_size=4))
    mean = sum(map(len, texts)) / len(texts)
    expected = np.zeros(len(texts))
    for word in query:
        n_with = sum(word in t for t in texts)
        idf = math.log(1 + (len(texts) - n_with + 0.5) / (n_with + 0.5))
        for i, t in enumerate(texts):
            tf = t.count(word)
            expected[i] += idf * tf / (tf + 1.5 * (1 - 0.75 + 0.75 * len(t) / mean)) if tf else 0
    found = search.WordIndex([" ".join(t) for t in texts]).scores(" ".join(query))
    assert found == pytest.approx(expected, rel=1e-5)


def test_ranks_are_fused_by_hand():
    """Row 7: 1/62 + 1/61; row 3: 1/61 + 1/63; rows 5 and 4: 1/63 and 1/62."""
    assert search.fuse([[3, 7, 5], [7, 4, 3]]) == [7, 3, 4, 5]
    assert search.fuse([[2], [1]]) == [1, 2]
    assert search.fuse([[], []]) == []


@given(st.permutations(range(6)))
def test_one_ranking_alone_is_kept(ranking):
    assert search.fuse([ranking]) == ranking


PASSAGES = (
    passage("Gout is uric acid in a joint.", "https://gout"),
    passage("Marfan syndrome: long fingers and a wide aorta.", "PMID:1"),
    passage("Measles is a rash with fever.", "https://measles"),
    passage("Long fingers were seen in Marfan syndrome, the aorta was wide.", "PMID:2"),
)


def test_the_best_passage_has_the_words_and_a_publication_is_held_out():
    found = search.PassageSearch(PASSAGES, HashEmbedder())
    asked = "Which syndrome has long fingers and a wide aorta?"
    assert {p.reference for p in found.find(asked, 2)} == {"PMID:1", "PMID:2"}
    without = found.find(asked, 4, frozenset({"PMID:1"}))
    assert without[0].reference == "PMID:2"
    assert "PMID:1" not in {p.reference for p in without}
    assert len(without) == 3


def test_however_many_passages_are_held_out_the_others_are_found():
    many = [passage(f"aorta aorta {i}", "PMID:9") for i in range(search.N_RANKED + 20)]
    found = search.PassageSearch([*many, passage("an aorta once", "PMID:8")], HashEmbedder())
    assert [p.reference for p in found.find("aorta", 5, frozenset({"PMID:9"}))] == ["PMID:8"]


def test_a_question_of_unknown_words_is_still_searched_by_meaning():
    assert len(search.PassageSearch(PASSAGES, HashEmbedder()).find("zzz", 2)) == 2


def test_a_question_made_of_stop_words_breaks_nothing():
    assert len(search.PassageSearch(PASSAGES, HashEmbedder()).find("is it of the?", 3)) == 3


# Passages


@given(st.integers(0, 1000), st.integers(1, 200))
def test_pieces_are_the_text_and_none_is_too_long(n, limit):
    words = [str(i) for i in range(n)]
    pieces = [p.split() for p in cut(words, limit)]
    assert [w for p in pieces for w in p] == words
    assert all(0 < len(p) <= limit for p in pieces)
    assert not pieces or max(map(len, pieces)) - min(map(len, pieces)) <= 1


def test_passages_are_read_with_their_sources(tmp_path):
    for file in (MEDQUAD, PUBMEDQA):
        (tmp_path / file).parent.mkdir(exist_ok=True)
    with pytest.raises(NotReadyError, match="citedx data pull medquad"):
        load_passages(tmp_path)
    page = {"url": "https://x", "focus": "Gout", "synonyms": [], "qa": [{"type": "symptoms", "answer": "It hurts."}]}
    (tmp_path / MEDQUAD).write_bytes(lzma.compress(json.dumps(page).encode()))
    article = {"QUESTION": "Does it?", "CONTEXTS": ["We saw."], "LONG_ANSWER": "It does.", "final_decision": "yes"}
    (tmp_path / PUBMEDQA).write_bytes(gzip.compress(json.dumps({"7": article}).encode()))
    read = load_passages(tmp_path)
    assert [(p.whole, p.reference) for p in read] == [
        ("Gout: symptoms. It hurts.", "https://x"),
        ("Does it? We saw. It does.", "PMID:7"),
    ]


@pytest.mark.data
def test_no_question_of_pubmedqa_finds_its_own_article():
    """Each is asked with its very title, which nothing matches better than the article itself."""
    from evaluation.qa.passages import read_abstracts
    from evaluation.qa.questions import load_questions

    abstracts = tuple(read_abstracts(data_folder() / PUBMEDQA))
    assert len({p.reference for p in abstracts}) == 1000
    retrieve = PassageContext(search.PassageSearch(abstracts, HashEmbedder()))
    questions = load_questions(data_folder() / "qa" / "mirage_benchmark.json", ["pubmedqa"]).questions
    assert len(questions) > 100
    for q in questions[:100]:
        assert q.sources
        found = {s.reference for s in retrieve(q, 32)}
        assert found
        assert not found & q.sources


# Diseases, graph, cases


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Which gene is behind alpha syndrome type 2?", [toy.ALPHA]),
        ("The SYNDROME, alpha (type) II", []),
        ("Beta's disease or Delta syndrome, and alpha syndromes II", [toy.ALPHA]),
        ("Beta disease?", [toy.BETA]),
        ("Beta. Disease", []),
        ("nothing of the kind", []),
        ("", []),
    ],
)
def test_diseases_are_found_by_name(toy_graph, text, named):
    found = DiseaseMentionFinder(toy_graph).find(text)
    assert [d for d in found if d.startswith("OMIM:")] == named


def test_every_disease_is_found_by_its_own_name(toy_graph):
    names = DiseaseMentionFinder(toy_graph)
    for disease in toy_graph.diseases.values():
        assert disease.disease_id in names.find(f"Tell me about {disease.name}!")


@pytest.fixture(scope="module")
def toy_lexicon(toy_graph):
    return Lexicon(toy_graph.ontology)


def test_statements_about_a_named_disease_those_about_the_findings_first(toy_graph, toy_lexicon):
    """All three findings of both entries; the striped zorb, that is asked for, before more frequent ones."""
    retrieve = GraphContext(toy.build_model(toy_graph), toy_lexicon)
    found = retrieve(question(text="Why has alpha syndrome type 2 a striped zorb?"), 50)
    assert [(s.text, s.reference) for s in found[:2]] == [
        ("Alpha syndrome, type II (OMIM:900001): Striped zorb, seen in 3 of 4 male patients.", "PMID:90000001"),
        (
            "Alpha syndrome type 2 (ORPHA:901): Very large zorb, seen in 80% to 99% of patients (very frequent).",
            "ORPHA:901",
        ),
    ]
    assert len(found) == 5
    assert "reported absent" in found[-1].text


def test_findings_alone_bring_up_the_diseases_that_have_them(toy_graph, toy_lexicon):
    retrieve = GraphContext(toy.build_model(toy_graph), toy_lexicon)
    found = retrieve(question(text="Who has a red striped zorb?"), 3)
    assert [s.text for s in found] == [
        "Alpha syndrome, type II (OMIM:900001): Striped zorb, seen in 3 of 4 male patients.",
        "Gamma dysplasia (OMIM:900003): Large zorb, seen in 10 of 10 patients.",
        "Delta syndrome (ORPHA:902): Striped zorb, seen in 1% to 4% of patients (very rare).",
    ]
    assert retrieve(question(text="What is the capital?"), 4) == ()
    assert retrieve(question(text="No red striped zorb."), 4) == ()


def test_the_graph_says_nothing_from_the_questions_own_publication(toy_graph, toy_lexicon):
    retrieve = GraphContext(toy.build_model(toy_graph), toy_lexicon)
    asked = f"What of {toy_graph.disease(toy.ALPHA).name}?"
    counted = Counter(s.reference for s in retrieve(question(text=asked), 50) if s.reference.startswith("PMID:"))
    assert counted
    for reference in counted:
        held_out = retrieve(question(text=asked, sources=[reference]), 50)
        assert reference not in {s.reference for s in held_out}


def test_cases_that_resemble_the_patient(toy_graph, toy_lexicon):
    library = toy.build_toy_library(toy_graph)
    retrieve = CaseContext(library, toy_graph, toy_lexicon)
    text = f"A boy has a {toy_graph.term(toy.RED_STRIPED).name}."
    found = retrieve(question(text=text), 2)
    assert found
    assert found[0].text.startswith(("Published patient with", "Published patients with"))
    assert retrieve(question(text="A boy."), 2) == ()
    reference = found[0].reference
    assert reference not in {s.reference for s in retrieve(question(text=text, sources=[reference]), 2)}


def test_kinds_take_turns_and_nothing_comes_twice():
    def of(*texts):
        return lambda _, k: tuple(Snippet(text=t, reference=t) for t in texts)[:k]

    both = AllContexts([of("a", "b", "c"), of("x"), of("b", "y")])
    assert [s.text for s in both(question(), 5)] == ["a", "x", "b", "y", "c"]
    assert [s.text for s in both(question(), 2)] == ["a", "x"]
    assert AllContexts([no_context])(question(), 5) == ()


def test_only_the_question_is_read_never_its_options():
    retrieve = PassageContext(search.PassageSearch(PASSAGES, HashEmbedder()))
    one = question(text="Uric acid?", options={"A": "measles", "B": "aorta"}, answer="A")
    other = question(text="Uric acid?", options={"A": "Marfan", "B": "fever"}, answer="B")
    assert retrieve(one, 4) == retrieve(other, 4)
