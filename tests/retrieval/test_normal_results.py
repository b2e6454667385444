"""What is said to be normal rules out its abnormality, which the lexicon names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.build import load_graph
from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import Synonym, Term
from retrieval.lexicon import Lexicon, load_lexicon
from retrieval.normal_results import _ASKED_FOR, _TELLING_WORDS, _TOO_WIDE, _term, find_normal_results


def _term_of(number: int, name: str, *synonyms: str) -> Term:
    return Term(
        term_id=f"HP:{number:07d}",
        name=name,
        synonyms=tuple(Synonym(text=s) for s in synonyms),
        parent_ids=(PHENOTYPIC_ABNORMALITY,),
    )


LEXICON = Lexicon(
    Ontology(
        [
            Term(term_id=ROOT, name="All"),
            Term(term_id=PHENOTYPIC_ABNORMALITY, name="Phenotypic abnormality", parent_ids=(ROOT,)),
            _term_of(365, "Hearing impairment"),
            _term_of(505, "Visual impairment"),
            _term_of(364, "Hearing abnormality"),
            _term_of(1249, "Intellectual disability"),
            _term_of(410263, "Brain imaging abnormality"),
            _term_of(31826, "Abnormal reflex"),
            _term_of(3808, "Abnormal muscle tone"),
            _term_of(1288, "Gait disturbance", "Abnormal gait"),
            _term_of(1945, "Fever"),
            _term_of(4323, "Abnormality of body weight"),
            _term_of(3212, "Abnormal circulating IgE concentration"),
            _term_of(11873, "Abnormal platelet count"),
            _term_of(478, "Abnormality of the eye"),
            _term_of(1263, "Global developmental delay"),
        ]
    )
)


def ruled_out(text: str) -> list[tuple[str, str]]:
    return [(LEXICON.name(m.term_id), text[m.start : m.end]) for m in find_normal_results(text, LEXICON)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hearing was normal.", [("Hearing impairment", "Hearing was normal")]),
        ("normal vision", [("Visual impairment", "normal vision")]),
        ("Brain MRI was unremarkable", [("Brain imaging abnormality", "Brain MRI was unremarkable")]),
        ("MRI of the brain is normal", [("Brain imaging abnormality", "MRI of the brain is normal")]),
        ("reflexes were all normal", [("Abnormal reflex", "reflexes were all normal")]),
        ("of normal intelligence", [("Intellectual disability", "normal intelligence")]),
        ("Reflexes: Normal", [("Abnormal reflex", "Reflexes: Normal")]),
        ("Gait\nnormal.", [("Gait disturbance", "Gait\nnormal")]),
        ("returned to normal weight", []),
        (
            "IgE is within the reference range",
            [("Abnormal circulating IgE concentration", "IgE is within the reference range")],
        ),
        ("IgE was within normal limits", [("Abnormal circulating IgE concentration", "IgE was within normal limits")]),
        ("Hearing in both ears was normal", [("Hearing impairment", "Hearing in both ears was normal")]),
        ("He is afebrile", [("Fever", "afebrile")]),
        ("Early development was normal", []),
        ("normal development until 18 months", []),
        ("Hearing was not normal", []),
        ("abnormal hearing", []),
        ("birth weight was normal", []),
        ("The left eye was normal, the gait was normal", [("Gait disturbance", "the gait was normal")]),
        ("The eyes were normal", []),
        ("upper limit of normal weight", []),
        ("compared with normal reflexes", []),
        ("IgE: normal\nPlatelets: 20", [("Abnormal circulating IgE concentration", "IgE: normal")]),
        ("Tone was normal and reflexes were brisk", [("Abnormal muscle tone", "Tone was normal")]),
        ("after a normal first year", []),
        ("She met all her milestones", [("Global developmental delay", "met all her milestones")]),
        ("He has developed normally", [("Global developmental delay", "developed normally")]),
        ("reached his motor milestones late", []),
        ("developed normally until 18 months", []),
        ("has not met milestones", []),
    ],
)
def test_one_thing(text, expected):
    assert ruled_out(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Hearing, vision and gait were normal",
        "normal hearing, vision and gait",
        "normal hearing and vision; gait intact",
    ],
)
def test_a_list(text):
    assert [label for label, _ in ruled_out(text)] == ["Hearing impairment", "Visual impairment", "Gait disturbance"]


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    text = "Hearing was normal " + text + " normal vision"
    assert all(0 <= m.start < m.end <= len(text) for m in find_normal_results(text, LEXICON))


@pytest.mark.release
def test_the_tables_fit_the_release():
    graph = load_graph()
    lexicon = load_lexicon(graph)
    asked = {w for w in (*_ASKED_FOR.values(), *_TELLING_WORDS.values()) if w}
    assert [w for w in sorted(asked) if _term(w, lexicon) is None] == []
    assert graph.ontology.top_level <= _TOO_WIDE <= graph.ontology.phenotypic_abnormalities
