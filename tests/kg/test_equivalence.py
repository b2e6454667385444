"""Which names plainly mean one disease, and which must not be joined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.equivalence import group_equivalents, name_key
from kg.schema import Disease


def groups(**names: str) -> tuple[tuple[str, ...], ...]:
    """Groups of diseases given as ``SOURCE_number=name``."""
    return group_equivalents(Disease(disease_id=i.replace("_", ":"), name=n) for i, n in names.items())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alpha syndrome, type II", "Alpha syndrome type 2"),
        ("Keratoderma, palmoplantar, type IA", "palmoplantar keratoderma type 1A"),
        ("Alpha syndrome XIX", "alpha syndrome 19"),
        ("Deficiency of the flim", "Flim deficiency"),
        ("Multiple zorbs", "Multiple zorb"),
        ("ALPHA-BETA disease", "beta alpha disease"),
        ("Factor V deficiency", "Factor 5 deficiency"),
    ],
)
def test_names_of_one_disease(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alpha syndrome, type II", "Alpha syndrome, type III"),
        ("Alpha syndrome 1A", "Alpha syndrome 1B"),
        ("Alpha syndrome", "Alpha syndrome 1"),
        ("Cockayne syndrome, type A", "Cockayne syndrome"),
        ("Zorb stenosis", "Zorb stenosi"),
        ("Zorb loss", "Zorb los"),
        ("Mild flim", "Mild flims disease"),
    ],
)
def test_names_of_two_diseases(one, other):
    assert name_key(one) != name_key(other)


def test_every_disease_is_in_one_group_omim_first(toy_graph):
    assert toy_graph.disease_groups == (
        ("OMIM:900001", "ORPHA:901"),
        ("OMIM:900002",),
        ("OMIM:900003",),
        ("OMIM:900004",),
        ("ORPHA:902",),
    )
    assert toy_graph.equivalents("ORPHA:901") == ("OMIM:900001", "ORPHA:901")
    assert toy_graph.equivalents("ORPHA:902") == ("ORPHA:902",)


def test_three_sources_are_joined_in_their_order():
    assert groups(DECIPHER_1="X disease", ORPHA_1="x disease", OMIM_1="Disease X") == (
        ("OMIM:1", "ORPHA:1", "DECIPHER:1"),
    )


def test_a_name_that_occurs_twice_within_a_source_joins_nothing():
    assert groups(OMIM_1="X disease", OMIM_2="Disease X", ORPHA_1="X disease") == (
        ("OMIM:1",),
        ("OMIM:2",),
        ("ORPHA:1",),
    )


NAMES = st.sampled_from(["Alpha 1", "Alpha I", "Alpha", "Beta", "type Beta", "Beta A"])


@given(
    st.dictionaries(st.builds("{}:{}".format, st.sampled_from(["OMIM", "ORPHA", "DECIPHER"]), st.integers(1, 9)), NAMES)
)
def test_the_groups_part_the_diseases(names):
    found = group_equivalents(Disease(disease_id=i, name=n) for i, n in names.items())
    assert sorted(i for group in found for i in group) == sorted(names)
    for group in found:
        assert len({name_key(names[i]) for i in group}) == 1
        assert len({i.partition(":")[0] for i in group}) == len(group)


@pytest.mark.release
def test_real_pairs(release_graph):
    assert release_graph.equivalents("ORPHA:778") == ("OMIM:312750", "ORPHA:778")
    assert release_graph.equivalents("OMIM:216400") == ("OMIM:216400",)  # type A of ORPHA:191
