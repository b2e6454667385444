"""Closure, old ids and wordings of the toy ontology, worked out by hand from tests/data/recipe.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.build import SourceFiles
from kg.errors import UnknownIdError
from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.schema import Synonym, Term
from kg.sources.hpo import load_ontology


def t(*numbers: int) -> set[str]:
    return {f"HP:90000{n:02}" for n in numbers}


ABNORMALITIES = sorted(t(10, 11, 12, 13, 14, 20, 21, 22, 23, 24) | {PHENOTYPIC_ABNORMALITY})


@pytest.fixture(scope="module")
def ontology(toy_sources: SourceFiles) -> Ontology:
    release = load_ontology(toy_sources.ontology)
    return Ontology(release.terms, release.replaced, release.version)


def test_ancestors(ontology):
    assert ontology.ancestors(ROOT) == {ROOT}
    assert ontology.ancestors("HP:9000013") == t(13, 11, 10) | {PHENOTYPIC_ABNORMALITY, ROOT}
    assert ontology.ancestors("HP:9000024") == t(24, 12, 10, 22, 20) | {PHENOTYPIC_ABNORMALITY, ROOT}
    assert ontology.ancestors("HP:9000004") == t(4, 3) | {ROOT}


def test_descendants(ontology):
    assert ontology.descendants("HP:9000010") == t(10, 11, 12, 13, 14, 24)
    assert ontology.descendants("HP:9000022") == t(22, 24)
    assert ontology.descendants("HP:9000013") == t(13)
    assert ontology.descendants(ROOT) == set(ontology.terms)


def test_parents_and_children(ontology):
    assert ontology.parents("HP:9000024") == ("HP:9000012", "HP:9000022")
    assert ontology.parents(ROOT) == ()
    assert ontology.children("HP:9000012") == ("HP:9000014", "HP:9000024")
    assert ontology.children("HP:9000014") == ()


def test_parts_of_the_ontology(ontology):
    assert len(ontology) == 18
    assert ontology.phenotypic_abnormalities == set(ABNORMALITIES)
    assert ontology.top_level == t(10, 20)


def test_older_ids(ontology):
    for old, new in (
        ("HP:9000021", "HP:9000021"),
        ("HP:9000092", "HP:9000021"),
        ("HP:9000093", "HP:9000021"),
        ("HP:9000090", "HP:9000011"),
    ):
        assert old in ontology
        assert ontology.current_id(old) == new
        assert ontology.term(old).term_id == new
    assert ontology.name("HP:9000092") == "Brittle flim"
    assert ontology.ancestors("HP:9000090") == ontology.ancestors("HP:9000011")
    assert ontology.children("HP:9000092") == ("HP:9000023",)


@pytest.mark.parametrize("term_id", ["HP:9000091", "HP:7777777", "TOY:1", "", "Large zorb"])
def test_ids_that_mean_nothing_today(ontology, term_id):
    assert term_id not in ontology
    with pytest.raises(UnknownIdError, match=f"^{term_id} is not a term of HPO 2030-01-01, nor an older id of one$"):
        ontology.current_id(term_id)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Large zorb", ("HP:9000011",)),
        (" large ZORB ", ("HP:9000011",)),
        ('so-called "MEGA" zorb', ("HP:9000011",)),
        ("patterned zorb", ("HP:9000012",)),
        ("bfl", ("HP:9000021",)),
        ("zorb", ()),
        ("", ()),
    ],
)
def test_wordings(ontology, text, expected):
    assert ontology.with_wording(text) == expected


def test_a_name_comes_before_an_exact_synonym_and_this_before_others():
    wordings = {"HP:1": ("RELATED", "Dull"), "HP:2": ("EXACT", "Dull"), "HP:3": (None, "dull")}
    terms = [
        Term(term_id=i, name=text)
        if scope is None
        else Term(term_id=i, name=i, synonyms=(Synonym(text=text, scope=scope),))
        for i, (scope, text) in wordings.items()
    ]
    assert Ontology(terms).with_wording("DULL") == ("HP:3", "HP:2", "HP:1")


def test_prefixes(ontology):
    # bfl (3), big zorb (8), brittle flim (12), brittle flimme (14, the same term), brittle tip of the flim (23)
    assert ontology.with_prefix("b") == ("HP:9000021", "HP:9000011", "HP:9000023")
    assert ontology.with_prefix(" Brittle ") == ("HP:9000021", "HP:9000023")
    assert ontology.with_prefix("brittle", limit=1) == ("HP:9000021",)
    assert ontology.with_prefix("nothing") == ()


def test_most_specific(ontology):
    assert ontology.most_specific(["HP:9000010", "HP:9000013", "HP:9000011", "HP:9000020"]) == (
        "HP:9000013",
        "HP:9000020",
    )
    assert ontology.most_specific(["HP:9000024", "HP:9000012", "HP:9000022"]) == ("HP:9000024",)
    assert ontology.most_specific(["HP:9000022", "HP:9000012"]) == ("HP:9000022", "HP:9000012")
    assert ontology.most_specific(["HP:9000092", "HP:9000021"]) == ("HP:9000021",)
    assert ontology.most_specific([]) == ()


def test_a_parent_outside_of_the_release_is_ignored():
    ontology = Ontology([Term(term_id="HP:1", name="One", parent_ids=("HP:2",))], replaced={"HP:3": "HP:2"})
    assert ontology.ancestors("HP:1") == {"HP:1"}
    assert "HP:3" not in ontology


@given(st.sets(st.sampled_from(ABNORMALITIES)))
def test_the_most_specific_terms_imply_the_others(ontology, terms):
    kept = ontology.most_specific(sorted(terms))
    assert all(not (ontology.ancestors(one) & set(kept) - {one}) for one in kept)
    assert terms <= {a for one in kept for a in ontology.ancestors(one)}


@given(st.sampled_from(ABNORMALITIES), st.sampled_from(ABNORMALITIES))
def test_ancestors_and_descendants_mirror_each_other(ontology, one, other):
    assert (one in ontology.ancestors(other)) == (other in ontology.descendants(one))
