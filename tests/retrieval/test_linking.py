"""Spans are the text's own words outside what is covered; phrases land on the nearest wording, or on nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.graph import KnowledgeGraph
from retrieval.embedding import bundled_embedder
from retrieval.errors import IndexMismatchError
from retrieval.index import VectorIndex
from retrieval.linking import (
    Link,
    LinkedSpan,
    PhraseLinker,
    Wording,
    bag_of,
    candidate_spans,
    load_linker,
    neutral_wordings,
)
from tests.fakes import HashEmbedder
from tests.toy import BRITTLE, LARGE, ZORB


def spans_of(text: str, *covered: str) -> list[str]:
    found = candidate_spans(text, [(text.index(c), text.index(c) + len(c)) for c in covered])
    return [text[start:end] for start, end in found]


@pytest.mark.parametrize(
    ("text", "covered", "spans"),
    [
        ("lost the ability to walk", [], ["lost the ability", "lost the ability to walk", "ability to walk"]),
        ("She had big toes, and thin hair.", [], ["big toes", "thin hair"]),
        ("big toes with thin hair", ["thin hair"], ["big toes"]),
        ("of the big toe of the", [], ["big toe"]),
        ("toes hair", ["toes"], []),
        (
            "at 14 months weak legs 3 times daily dose",
            [],
            ["weak legs", "times daily", "times daily dose", "daily dose"],
        ),
        ("hearing was normal", [], []),
        ("", [], []),
        (
            "one two three four five six seven",
            ["one two three four five "],
            ["six seven"],
        ),
    ],
)
def test_spans_by_hand(text: str, covered: list[str], spans: list[str]):
    assert spans_of(text, *covered) == spans


def test_spans_have_two_to_six_content_words():
    assert len(spans_of("a1 " + "red blue green grey pink gold teal")) == 6 + 5 + 4 + 3 + 2


@given(
    st.text(alphabet="abé 🙂,.\n\x00-'9ß\u0301", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9))),
)
@example("aa b", [(2, 1)])
def test_spans_are_words_outside_what_is_covered(text: str, hidden: list[tuple[int, int]]):
    covered = [(start, start + n) for start, n in hidden]
    spans = candidate_spans(text, covered)
    assert list(spans) == sorted(set(spans))
    for start, end in spans:
        assert text[start].isalpha()
        assert text[start:end] == text[start:end].strip()
        assert all(end <= a or start >= b or a == b for a, b in covered)


def test_a_bag_forgets_case_order_and_inflection():
    assert bag_of("Webbed Fingers") == bag_of("finger, webbed") != bag_of("webbed thumbs")


def test_what_findings_are_about_by_hand():
    wordings = [("t1", "Abnormality of the adrenal gland"), ("t1", "Gait"), ("t2", "Abnormal gait"), ("t3", "Pain")]
    assert neutral_wordings(wordings) == {"t1": ("adrenal gland",)}  # gait is a wording, and pain is about nothing


def test_phrases_land_on_the_nearest_wording_or_on_nothing(toy_graph: KnowledgeGraph):
    ontology = toy_graph.ontology
    linker = PhraseLinker.build(ontology, HashEmbedder(4096))
    name = ontology.name(LARGE)
    assert linker.link([]) == ()
    large, unknown = linker.link([name.upper(), "quite another matter"])
    assert large == Link(term_id=LARGE, similarity=pytest.approx(1, abs=1e-6))
    assert unknown is None
    assert [link.term_id for link in linker.nearest(name, 1)] == [LARGE]


def test_what_is_no_finding_keeps_a_phrase_from_its_finding(toy_graph: KnowledgeGraph):
    wordings = [Wording(ZORB, "Abnormal left zorb gland", "name")]
    linker = PhraseLinker.build(toy_graph.ontology, HashEmbedder(4096), wordings)
    phrase = ["left zorb gland"]  # three of four words: cosine sqrt(3) / 2
    assert linker.link(phrase, min_similarity=0.8) == (None,)
    assert linker.link(phrase, min_similarity=0.8, min_margin=-1) == (
        Link(term_id=ZORB, similarity=pytest.approx(0.75**0.5, abs=1e-6)),
    )
    assert linker.link(phrase, min_similarity=0.9, min_margin=-1) == (None,)


def test_linked_spans_do_not_overlap_and_leave_out_what_is_covered(toy_graph: KnowledgeGraph):
    ontology = toy_graph.ontology
    wordings = [
        Wording(LARGE, "zorb too big", "name"),
        Wording(BRITTLE, "big", ""),
        Wording(BRITTLE, "flim breaks", ""),
    ]
    linker = PhraseLinker.build(ontology, HashEmbedder(4096), wordings)
    text = "😀 His flim breaks, his flim breaks; big zorb."
    covered = [(text.index("flim"), text.index(","))]
    start = text.rindex("flim")
    found = linker.find_spans(text, covered, min_similarity=0.8)
    assert found == (
        LinkedSpan(term_id=BRITTLE, start=start, end=start + 11, similarity=pytest.approx(1, abs=1e-6)),
        LinkedSpan(
            term_id=LARGE,
            start=text.index("big"),
            end=len(text) - 1,
            similarity=pytest.approx((2 / 3) ** 0.5, abs=1e-6),
        ),
    )
    assert [text[s.start : s.end] for s in found] == ["flim breaks", "big zorb"]


def test_targets_are_those_of_the_index_and_of_one_embedder():
    vectors = HashEmbedder(64).encode(["a", "b"])
    with pytest.raises(ValueError, match="1 targets, but 2 vectors"):
        PhraseLinker(["HP:1"], VectorIndex.build(vectors, "x"), HashEmbedder(64))
    with pytest.raises(IndexMismatchError):
        PhraseLinker(["HP:1", "HP:2"], VectorIndex.build(vectors, "x"), HashEmbedder(64)).link(["a"])


def test_the_linker_is_kept(toy_graph: KnowledgeGraph, tmp_path: Path):
    embedder = HashEmbedder(64)
    built = load_linker(toy_graph, embedder, tmp_path)
    n_calls = len(embedder.calls)
    kept = load_linker(toy_graph, embedder, tmp_path)
    assert len(embedder.calls) == n_calls
    assert kept.link(["large zorb"]) == built.link(["large zorb"])
    load_linker(toy_graph, HashEmbedder(32), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_cells_change_no_near_neighbour():
    """FAISS by cells against the plain product, on vectors that form groups as wordings do."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, 16))
    vectors = (np.repeat(centres, 50, axis=0) + 0.1 * rng.normal(size=(2000, 16))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = VectorIndex.build(vectors, "x", n_cells=20)
    cosines, rows = index.search(vectors[::10], 3, "x")
    brute = np.sort(vectors[::10] @ vectors.T, axis=1)[:, ::-1][:, :3]
    np.testing.assert_allclose(cosines, brute, atol=1e-5)
    assert rows[:, 0].tolist() == list(range(0, 2000, 10))
    np.testing.assert_allclose(
        index.search(vectors[:5], 2000, "x", exact=True)[0][:, -1], (vectors[:5] @ vectors.T).min(1), atol=1e-5
    )


@pytest.mark.release
@pytest.mark.parametrize(
    ("story", "term_id"),
    [
        ("She was a floppy baby.", "HP:0001252"),
        ("He then lost the ability to walk.", "HP:0002505"),
        ("They noticed webbed toes at birth.", "HP:0001770"),
    ],
)
def test_lay_phrases_land_on_their_terms(release_graph: KnowledgeGraph, tmp_path: Path, story: str, term_id: str):
    linker = load_linker(release_graph, bundled_embedder())
    links = linker.find_spans(story, min_similarity=0.75)
    assert term_id in {link.term_id for link in links}
    assert linker.find_spans("Blood pressure and adrenal glands were assessed last spring.") == ()
