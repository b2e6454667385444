"""Misspelled words: which are read as the word meant, and which are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.graph import KnowledgeGraph
from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import Term
from retrieval.lexicon import Lexicon, load_lexicon
from retrieval.misspellings import Speller, common_words

SPELLER = Speller(
    ["infernal", "seizured"],
    {"hypotonia": 30, "seizures": 9, "splenomegaly": 5, "internal": 40, "macrogyria": 2, "partial": 100, "parietal": 3}
    | {"dysphagia": 9, "dysphasia": 3, "IgE": 5, "cleft": 8},
)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("hypotnia", "hypotonia"),  # left out
        ("Hypootonia", "hypotonia"),  # inserted
        ("SEZIURES", "seizures"),  # swapped
        ("splenomegally", "splenomegaly"),
        ("splemomegaly", "splenomegaly"),  # replaced
        ("splenomegayl", "splenomegaly"),
    ],
)
def test_one_slip_is_mended(word, meant):
    assert SPELLER.corrected(word) == meant


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("hypotonias", "only inflected"),
        ("infernal", "a known word"),
        ("ypotonia", "the first letter"),
        ("hypotoniq", "the ending"),
        ("cletf", "short"),
        ("hptnia", "short"),
        ("hyptnia", "two slips"),
        ("microgyria", "a contrary word"),
        ("dysphaia", "two words are as near"),
        ("seiZures", "not a plain word"),
        ("hypotnía", "not plain letters"),
        ("seizure5", "not letters"),
    ],
)
def test_what_is_no_sure_slip_stays(word, reason):
    assert SPELLER.corrected(word) == word, reason


def test_the_far_more_common_word_is_meant():
    assert Speller([], {"partial": 100, "parital": 2}).corrected("partal") == "partal"  # short
    assert Speller([], {"hypotonia": 100, "hypotomia": 2}).corrected("hypotoia") == "hypotonia"
    assert Speller([], {"hypotonia": 99, "hypotomia": 2}).corrected("hypotoia") == "hypotoia"


@given(st.text(max_size=12))
def test_a_correction_is_a_target_or_the_word_itself(word):
    assert SPELLER.corrected(word) in {word, *SPELLER.targets}


def test_a_misspelled_finding_is_found_where_it_stands():
    ontology = Ontology(
        (
            Term(term_id=ROOT, name="All"),
            Term(term_id=PHENOTYPIC_ABNORMALITY, name="Phenotypic abnormality", parent_ids=(ROOT,)),
            Term(
                term_id="HP:0000001",
                name="Hypotonia",
                definition="Also of the hypotenia kind.",
                parent_ids=(PHENOTYPIC_ABNORMALITY,),
            ),
        )
    )
    lexicon = Lexicon(ontology, ["hypotania"])
    text = "a hypotnic child; hypotnia, hypotenia, hypotania"
    for reader in (lexicon, Lexicon.from_state(lexicon.to_state())):
        assert [text[m.start : m.end] for m in reader.find_mentions(text)] == ["hypotnia"]


def test_common_words_hold_what_is_near_a_finding():
    assert {"swelling", "smelling", "infernal", "sucrose"} <= set(common_words())


@pytest.mark.release
def test_words_of_the_release(release_graph: KnowledgeGraph):
    lexicon = load_lexicon(release_graph)
    text = "seziures, ankylois of the elbow, splenomegally; heating, retching, adduction and infernal"
    assert [text[m.start : m.end] for m in lexicon.find_mentions(text)] == [
        "seziures",
        "ankylois of the elbow",
        "splenomegally",
    ]
