"""Which names plainly mean one disease, and which must not be joined."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.build import build_graph, load_graph
from kg.equivalence import group_equivalents, name_key
from kg.errors import SourceError
from kg.schema import Disease, Provenance
from kg.sources.equivalents import load_equivalents, write_equivalents
from kg.sources.mondo import load_equivalent_entries
from tests.toy import ALPHA, DELTA, SERIES_SOURCE


def groups(mondo_ids: dict[str, str] | None = None, /, **names: str) -> tuple[tuple[str, ...], ...]:
    """Groups of diseases given as ``SOURCE_number=name``."""
    diseases = [Disease(disease_id=i.replace("_", ":"), name=n) for i, n in names.items()]
    return group_equivalents(diseases, mondo_ids)


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


def test_mondo_joins_what_names_do_not_and_goes_before_them():
    mondo_ids = {"OMIM:1": "MONDO:1", "ORPHA:1": "MONDO:1", "ORPHA:2": "MONDO:2"}
    joined = groups(
        mondo_ids, OMIM_1="X disease", ORPHA_1="Syndrome of Y", ORPHA_2="Disease X", OMIM_2="Z", ORPHA_3="z"
    )
    assert joined == (("OMIM:1", "ORPHA:1"), ("OMIM:2", "ORPHA:3"), ("ORPHA:2",))


def test_a_class_with_one_entry_here_leaves_it_to_the_names():
    assert groups({"OMIM:1": "MONDO:1", "ORPHA:1": "MONDO:2"}, OMIM_1="X", ORPHA_1="x") == (("OMIM:1", "ORPHA:1"),)


def test_a_class_that_occurs_twice_within_a_source_joins_nothing():
    same = dict.fromkeys(("OMIM:1", "OMIM:2", "ORPHA:1"), "MONDO:1")
    assert groups(same, OMIM_1="X", OMIM_2="Y", ORPHA_1="Z") == (("OMIM:1",), ("OMIM:2",), ("ORPHA:1",))


def test_a_class_of_mondo_joins_the_entries_that_it_is():
    classes = {"OMIM:1": "MONDO:1", "ORPHA:1": "MONDO:1", "ORPHA:2": "MONDO:2"}
    joined = groups(classes, OMIM_1="X", ORPHA_1="Y", ORPHA_2="V", MONDO_1="a name of its own", MONDO_3="v")
    assert joined == (("MONDO:3",), ("OMIM:1", "ORPHA:1", "MONDO:1"), ("ORPHA:2",))


# Mondo's file, and the table


def write_mondo(path: Path, text: str) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.write("format-version: 1.2\nontology: toy\n" + text)
    return path


def test_equivalences_are_read_from_both_sides(tmp_path):
    path = write_mondo(
        tmp_path / "eq.obo.gz",
        """
[Term]
id: Orphanet:1
equivalent_to: MONDO:1

[Term]
id: MONDO:1
equivalent_to: https://omim.org/entry/100100
equivalent_to: https://omim.org/phenotypicSeries/PS100100
equivalent_to: DOID:5

[Term]
id: DECIPHER:7
equivalent_to: MONDO:2

[Term]
id: MONDO:2
equivalent_to: Orphanet:2

[Term]
id: MONDO:3
equivalent_to: Orphanet:2
equivalent_to: https://omim.org/entry/100200
""",
    )
    # ORPHA:2 is said to be two classes, so it is neither; what is left of these has one entry each.
    assert load_equivalent_entries(path) == {"ORPHA:1": "MONDO:1", "OMIM:100100": "MONDO:1"}


@pytest.mark.parametrize("text", ["", "\n[Term]\nid: A:1\nname: nothing equivalent\n"])
def test_another_ontology_is_refused(tmp_path, text):
    with pytest.raises(SourceError, match=r"eq\.obo\.gz names no entry"):
        load_equivalent_entries(write_mondo(tmp_path / "eq.obo.gz", text))


def test_a_missing_or_broken_file_is_one_clear_line(tmp_path):
    (tmp_path / "broken.obo.gz").write_bytes(b"no gzip")
    for name in ("missing.obo", "broken.obo.gz"):
        with pytest.raises(SourceError, match="cannot read the equivalences"):
            load_equivalent_entries(tmp_path / name)
    with pytest.raises(SourceError, match="cannot read the equivalent entries"):
        load_equivalents(tmp_path / "missing.tsv")


def test_the_table_is_read_as_it_was_written(tmp_path):
    source = Provenance(source="Mondo", version="1", reference="", licence="CC0-1.0")
    write_equivalents({"ORPHA:1": "MONDO:1", "OMIM:1": "MONDO:1"}, source, tmp_path / "table.tsv")
    assert (tmp_path / "table.tsv").read_text().splitlines()[3:] == [
        "disease_id\tmondo_id",
        "OMIM:1\tMONDO:1",
        "ORPHA:1\tMONDO:1",
    ]
    assert load_equivalents(tmp_path / "table.tsv") == {"OMIM:1": "MONDO:1", "ORPHA:1": "MONDO:1"}


def test_a_file_of_another_kind_is_no_table(tmp_path):
    (tmp_path / "table.tsv").write_text("# source: a\n# version: b\n# licence: c\ndisease\tclass\nOMIM:1\tMONDO:1\n")
    with pytest.raises(SourceError, match="is not a table of disease_id, mondo_id"):
        load_equivalents(tmp_path / "table.tsv")


def test_the_graph_keeps_the_classes(toy_sources, tmp_path):
    source = Provenance(source="Mondo", version="1", reference="", licence="CC0-1.0")
    write_equivalents({ALPHA: "MONDO:2", DELTA: "MONDO:2"}, source, tmp_path / "table.tsv")
    sources = replace(toy_sources, equivalents=tmp_path / "table.tsv")
    for graph in (
        build_graph(sources),
        load_graph(sources, tmp_path / "cache"),
        load_graph(sources, tmp_path / "cache"),
    ):
        assert graph.equivalents(DELTA) == (ALPHA, DELTA)
        assert graph.without_references({"PMID:1"}).with_series([], SERIES_SOURCE).equivalents(ALPHA) == (ALPHA, DELTA)


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
    assert release_graph.equivalents("OMIM:109650") == ("OMIM:109650", "ORPHA:117")  # by Mondo, not by their names
