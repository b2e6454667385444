"""The table of published counts: what is written is read again, byte for byte, and what is no such table is refused."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import SourceError, StorageError
from kg.graph import KnowledgeGraph
from kg.ontology import PHENOTYPIC_ABNORMALITY
from kg.series import count_patients
from kg.sources.counts import load_counts, write_counts
from tests.toy import (
    ALPHA,
    BETA,
    BRITTLE,
    LARGE,
    SERIES_SOURCE,
    STRIPED,
    counted_series,
    published_patient,
)

SERIES = (
    counted_series(ALPHA, "PMID:1", 4, {LARGE: (3, 4), STRIPED: (0, 2)}, name="Alpha, type II", genes=["FLM1", "ZRB1"]),
    counted_series(BETA, "PMID:1", 2, {BRITTLE: (1, 1)}, name='Beta "so-called" disease'),
    counted_series(BETA, "PMID:2", 1, {}, name="Beta\tdisease"),
)
TEXT = f"""\
# source: toy store
# version: 2
# licence: CC0-1.0
disease_id\tdisease_name\tgenes\treference\tterm_id\tn_present\tn_assessed
{ALPHA}\tAlpha, type II\tFLM1 ZRB1\tPMID:1\tHP:0000118\t4\t4
{ALPHA}\tAlpha, type II\tFLM1 ZRB1\tPMID:1\t{LARGE}\t3\t4
{ALPHA}\tAlpha, type II\tFLM1 ZRB1\tPMID:1\t{STRIPED}\t0\t2
{BETA}\t"Beta ""so-called"" disease"\t\tPMID:1\tHP:0000118\t2\t2
{BETA}\t"Beta ""so-called"" disease"\t\tPMID:1\t{BRITTLE}\t1\t1
{BETA}\t"Beta\tdisease"\t\tPMID:2\tHP:0000118\t1\t1
"""


def test_the_text_by_hand(tmp_path: Path):
    write_counts(SERIES, SERIES_SOURCE, tmp_path / "c.tsv.gz")
    assert gzip.decompress((tmp_path / "c.tsv.gz").read_bytes()).decode() == TEXT


def test_what_is_written_is_read_again(tmp_path: Path):
    write_counts(SERIES, SERIES_SOURCE, tmp_path / "c.tsv.gz")
    assert load_counts(tmp_path / "c.tsv.gz") == (SERIES, SERIES_SOURCE)


def test_the_same_records_are_the_same_bytes(tmp_path: Path):
    for name, series in (("a", SERIES), ("b", SERIES), ("c", SERIES[::-1])):
        write_counts(series, SERIES_SOURCE, tmp_path / name)
    first, second, reversed_order = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == second == reversed_order
    assert first[4:8] == b"\0\0\0\0"  # no time of writing


PATIENTS = st.lists(
    st.tuples(
        st.sampled_from([ALPHA, BETA]),
        st.sampled_from(["PMID:1", "PMID:2", ""]),
        st.sets(st.sampled_from([LARGE, STRIPED, PHENOTYPIC_ABNORMALITY]), min_size=1),
    )
)


@given(told=PATIENTS)
def test_any_counted_patients_are_read_again(toy_graph: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory, told):
    patients = [published_patient(f"p{i}", d, r, *sorted(terms)) for i, (d, r, terms) in enumerate(told)]
    series = count_patients(patients, toy_graph.ontology)
    path = tmp_path_factory.mktemp("counts") / "c.tsv.gz"
    write_counts(series, SERIES_SOURCE, path)
    assert load_counts(path) == (series, SERIES_SOURCE)


def test_a_missing_table(tmp_path: Path):
    with pytest.raises(SourceError, match=r"^cannot read the counts .*gone\.tsv\.gz: .*No such file or directory"):
        load_counts(tmp_path / "gone.tsv.gz")


@pytest.mark.parametrize("n_left", [0.2, 0.5, 0.9])
def test_a_truncated_table(tmp_path: Path, n_left: float):
    path = tmp_path / "c.tsv.gz"
    whole = gzip.compress(TEXT.encode(), mtime=0)
    path.write_bytes(whole[: int(len(whole) * n_left)])
    with pytest.raises(SourceError, match=r"^cannot read the counts .*c\.tsv\.gz: ") as refused:
        load_counts(path)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("content", [b"no gzip at all", gzip.compress("Schönes".encode("latin-1"), mtime=0)])
def test_what_cannot_be_decoded(tmp_path: Path, content: bytes):
    (tmp_path / "c.tsv.gz").write_bytes(content)
    with pytest.raises(SourceError, match=r"^cannot read the counts .*c\.tsv\.gz: ") as refused:
        load_counts(tmp_path / "c.tsv.gz")
    assert len(str(refused.value).splitlines()) == 1


def test_flipped_bits_are_noticed(tmp_path: Path):
    whole = bytearray(gzip.compress(TEXT.encode(), mtime=0))
    whole[len(whole) // 2] ^= 0xFF
    (tmp_path / "c.tsv.gz").write_bytes(whole)
    with pytest.raises(SourceError, match=r"c\.tsv\.gz"):
        load_counts(tmp_path / "c.tsv.gz")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# source: toy store\n", ""),
        ("# version: 2\n", ""),
        ("# licence: CC0-1.0\n", ""),
        ("\tn_assessed\n", "\tm\n"),
        ("disease_id\t", "id\t"),
        ("\t3\t4\n", "\tthree\t4\n"),
        ("\t3\t4\n", "\t5\t4\n"),
        ("\t3\t4\n", "\t3\n"),
        ("\tHP:0000118\t4\t4\n", "\tHP:9000020\t4\t4\n"),  # nobody says how many patients there are
        (f"{LARGE}\t3\t4\n", "HP:0000118\t3\t4\n"),  # said twice
    ],
)
def test_what_is_no_such_table(tmp_path: Path, old: str, new: str):
    assert old in TEXT
    (tmp_path / "c.tsv.gz").write_bytes(gzip.compress(TEXT.replace(old, new).encode()))
    with pytest.raises(SourceError, match=r"c\.tsv\.gz is not a table of disease_id, .*, n_assessed: ") as refused:
        load_counts(tmp_path / "c.tsv.gz")
    assert len(str(refused.value).splitlines()) == 1


def test_an_unwritable_place(tmp_path: Path):
    with pytest.raises(StorageError, match=r"^cannot write .*gone.*: No such file or directory$"):
        write_counts(SERIES, SERIES_SOURCE, tmp_path / "gone" / "c.tsv.gz")


def test_the_bundled_table():
    series, source = load_counts()
    assert len(series) > 1000
    assert source.source == "Phenopacket Store"
    keys = [(s.disease.disease_id, s.reference) for s in series]
    assert keys == sorted(set(keys))
    assert all(s.n_patients >= 1 and s.counts for s in series)
    assert all(c.n_assessed <= s.n_patients for s in series for c in s.counts)
    assert all(s.reference.startswith("PMID:") for s in series)
    assert all(c.term_id != PHENOTYPIC_ABNORMALITY for s in series for c in s.counts)
