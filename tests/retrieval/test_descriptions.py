"""Texts of diseases and a story's words, on toy texts counted by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from kg.graph import KnowledgeGraph
from kg.sources.common_conditions import CommonDescription
from kg.sources.medquad import Document
from retrieval.descriptions import (
    LEAST_SHARE,
    LENGTH_WEIGHT,
    USUAL_LENGTH,
    Descriptions,
    _read,
    _write,
    collect_texts,
    words_of,
)
from retrieval.findings import find_statements, findings_said, patient_words
from retrieval.lexicon import Lexicon
from retrieval.passages import DiseasePages, Passage
from tests.toy import ALPHA, BRITTLE
from tests.toy_conditions import FLU, TABLE


def passage(text: str, title: str = "Zorb: symptoms") -> Passage:
    return Passage(title=title, text=text, reference="https://x/zorb", kind="symptoms")


TEXTS = (
    (passage("purple glimmer"), passage("glimmer dusk")),
    (passage("purple frost"),),
    (passage("frost"),),
    (),
)
BUILT = Descriptions.build(TEXTS)


def bm25(tf: int, n_words: int, n_with: int) -> float:
    """Lucene's BM25 with k1 = 1.5 over four texts, of 5, 3, 2 and 0 words: their average does not matter."""
    length = 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * n_words / USUAL_LENGTH
    return math.log(1 + (4 - n_with + 0.5) / (n_with + 0.5)) * tf / (tf + 1.5 * length)


def test_a_score_is_bm25_above_the_mean_of_those_with_a_text():
    raw = [bm25(1, 5, 2) + bm25(2, 5, 1), bm25(1, 3, 2), 0.0]
    expected = [*(max(r - sum(raw) / 3, 0) for r in raw), 0]
    assert BUILT.scores("A purple glimmer.").tolist() == pytest.approx(expected, rel=1e-5)
    assert BUILT.n_described == 3


def test_texts_of_other_diseases_do_not_change_what_a_word_of_a_text_says():
    word, longer = "dusk", passage("shade " * 50)
    with_pages = Descriptions.build((*TEXTS[:3], (longer,)))
    assert with_pages.weights[with_pages.vocabulary[word], 0] == pytest.approx(
        BUILT.weights[BUILT.vocabulary[word], 0], rel=1e-6
    )


def test_nothing_said_counts_nothing():
    assert BUILT.scores("").tolist() == BUILT.scores("he has the and").tolist() == [0, 0, 0, 0]
    assert BUILT.find_passages(0, "unheard") == BUILT.find_passages(3, "purple") == ()


@given(st.lists(st.sampled_from(["purple", "Glimmer", "dusk", "frost", "the"]), min_size=1))
def test_order_and_repetition_of_words_do_not_matter(words: list[str]):
    once = BUILT.scores(" ".join(sorted(set(words))))
    assert np.array_equal(BUILT.scores(" ".join(words)), once)
    assert (once >= 0).all()


def test_passages_are_those_that_hold_the_words_and_a_second_one_has_others():
    first, second = BUILT.find_passages(0, "dusk, purple glimmers")
    assert {(first.passage.text, first.words[-1]), (second.passage.text, second.words)} in (
        {("glimmer dusk", "glimmer"), ("purple glimmer", ("purple",))},
        {("glimmer dusk", "dusk"), ("purple glimmer", ("purple",))},
    )
    (only,) = BUILT.find_passages(1, "frost")
    assert (only.passage, only.words) == (TEXTS[1][0], ("frost",))


def test_words_that_weigh_little_are_neither_named_nor_cited_for():
    passages = tuple(Passage(title="", text=t, reference="https://x") for t in ("purple frost", "dusk", "glimmer"))
    weights = {"purple": 1.0, "frost": LEAST_SHARE, "dusk": LEAST_SHARE, "glimmer": 0.9 * LEAST_SHARE}
    rows = {meaning: row for row, word in enumerate(weights) for _, meaning in words_of(word)}
    column = sparse.csr_array(np.array([list(weights.values())]).T)
    hits = Descriptions((passages,), column, rows).find_passages(0, "glimmer dusk frost purple")
    assert [(h.passage.text, h.words) for h in hits] == [("purple frost", ("purple", "frost")), ("dusk", ("dusk",))]


def test_words_are_compared_by_meaning():
    assert [w for w, _ in words_of("The renal 2 failure")] == ["renal", "failure"]
    assert [w for w, _ in words_of("A 20-year-old, ill for days, since Yesterday")] == ["ill"]
    ((_, renal),), ((_, kidney),) = words_of("renal"), words_of("kidney")
    assert renal == kidney


def test_it_is_read_as_it_was_written(tmp_path):
    _write(tmp_path, BUILT)
    again = _read(tmp_path)
    assert (again.texts, again.vocabulary) == (BUILT.texts, BUILT.vocabulary)
    assert again.scores("purple glimmer").tolist() == BUILT.scores("purple glimmer").tolist()


def test_texts_are_pages_of_the_right_kinds(toy_graph: KnowledgeGraph):
    page = Document(
        url="https://x/a",
        focus="Alpha syndrome, type 2",
        synonyms=(),
        answers=(("symptoms", "purple"), ("treatment", "green")),
    )
    texts = collect_texts(toy_graph, DiseasePages([page], toy_graph), TABLE)
    place = next(i for i, g in enumerate(toy_graph.disease_groups) if ALPHA in g)
    assert [p.text for p in texts[place] if p.kind == "symptoms"] == ["purple"]
    assert not any(p.text == "green" for passages in texts for p in passages)


def test_what_the_table_tells_of_a_condition_stands_for_its_pages_and_cites_one(toy_graph: KnowledgeGraph):
    graph = toy_graph.with_statements(TABLE.diseases, (), TABLE.provenance)
    page = Document(url="https://x/c", focus="Zorb flu", synonyms=(), answers=(("symptoms", "purple"),))
    flu, pages = graph.disease_groups.index((FLU,)), DiseasePages([page], graph)
    assert [p.text for p in collect_texts(graph, pages, TABLE)[flu]] == ["purple"]
    cited = tuple(replace(TABLE.provenance, reference=f"https://x/{n}") for n in "ab")
    told = CommonDescription(disease_id=FLU, text="Comes at dusk.", provenance=cited)
    (only,) = collect_texts(graph, pages, replace(TABLE, descriptions=(told,)))[flu]
    assert (only.title, only.text) == ("Zorb flu: in citedx's own words", "Comes at dusk.")
    assert (only.kind, only.provenance) == ("description", cited[0])


def test_denied_words_and_those_of_relatives_are_not_the_patients(toy_graph: KnowledgeGraph):
    lexicon = Lexicon(toy_graph.ontology)
    brittle = toy_graph.ontology.name(BRITTLE).lower()
    text = f"He has purple spots and {brittle}. He denies any glimmer. His mother has dusk."
    statements = find_statements(text, lexicon)
    findings = findings_said(statements)
    told = patient_words(text, statements, findings)
    assert len(told) == len(text)
    assert told.startswith(f"He has purple spots and {brittle}.")
    assert "glimmer" not in told
    assert "dusk" not in told
    assert brittle not in patient_words(text, statements, ())  # taken out of the case
