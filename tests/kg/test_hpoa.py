"""Rows of ``phenotype.hpoa`` and of the gene table; broken ones are refused with their line."""

import gzip
from itertools import pairwise
from pathlib import Path

import pytest

from kg.errors import SourceError
from kg.schema import Disease, Frequency, Gene, Predicate
from kg.sources.hpoa import (
    FREQUENCY_TERMS,
    _in_sentence_case,
    load_annotations,
    load_genes,
    parse_annotations,
    parse_frequency,
)

DATA = Path(__file__).parents[1] / "data"
COLUMNS = "database_id disease_name qualifier hpo_id reference evidence onset frequency sex modifier aspect biocuration"
HEADER = ["#version: 2030-01-01\n", "\t".join(COLUMNS.split()) + "\n"]


def row(**changes: str) -> str:
    values = dict.fromkeys(COLUMNS.split(), "")
    values |= {"database_id": "OMIM:1", "disease_name": "One", "hpo_id": "HP:1", "reference": "PMID:1", "aspect": "P"}
    return "\t".join((values | changes).values()) + "\n"


@pytest.fixture(scope="module")
def release():
    return load_annotations(DATA / "toy.hpoa")


def test_the_release(release):
    assert release.version == "2030-01-01"
    assert release.diseases == (
        Disease(disease_id="OMIM:900001", name="Alpha syndrome, type II"),
        Disease(disease_id="ORPHA:901", name="Alpha syndrome type 2"),
        Disease(disease_id="OMIM:900002", name="Beta disease"),
        Disease(disease_id="OMIM:900003", name="Gamma dysplasia"),
        Disease(disease_id="ORPHA:902", name="Delta syndrome"),
        Disease(disease_id="OMIM:900004", name="Epsilon deficiency"),
    )
    assert len(release.associations) == 20


def test_a_row_with_everything(release):
    first = release.associations[0]
    assert (first.disease_id, first.term_id, first.predicate) == ("OMIM:900001", "HP:9000013", Predicate.PHENOTYPE)
    assert first.frequency == Frequency(n=7, m=8, low=0.875, high=0.875)
    assert (first.excluded, first.onset_id, first.sex) == (False, "HP:9000004", None)
    assert (first.modifier_ids, first.evidence_code) == (("HP:9000006",), "PCS")
    assert [p.reference for p in first.provenance] == ["PMID:90000001", "PMID:90000002"]
    assert {(p.source, p.version) for p in first.provenance} == {("HPO annotations", "2030-01-01")}


def test_every_kind_of_row(release):
    rows = release.associations
    assert [a.excluded for a in rows] == [i in (2, 9, 15) for i in range(20)]  # NOT, 0/5, HP:0040285
    assert [i for i, a in enumerate(rows) if a.frequency is None] == [2, 3, 4, 8, 10, 11, 18, 19]
    assert (rows[1].sex, rows[13].sex) == ("MALE", "FEMALE")
    assert [a.predicate for a in rows if a.predicate is not Predicate.PHENOTYPE] == [
        Predicate.INHERITANCE,
        Predicate.CLINICAL_COURSE,
        Predicate.MODIFIER,
        Predicate.PAST_HISTORY,
    ]
    assert rows[7].modifier_ids == ("HP:9000006", "HP:9000005")
    assert rows[8].term_id == "HP:9000092"  # kept as the file has it


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("0/0", None),
        ("7/8", Frequency.counts(7, 8)),
        ("0/5", Frequency.counts(0, 5)),
        ("45%", Frequency(low=0.45, high=0.45)),
        ("0.5%", Frequency(low=0.005, high=0.005)),
        ("100%", Frequency(low=1.0, high=1.0)),
        ("HP:0040281", Frequency(low=0.8, high=0.99, label="Very frequent")),
        ("HP:0040285", Frequency(low=0.0, high=0.0, label="Excluded")),
    ],
)
def test_frequencies(text, expected):
    assert parse_frequency(text) == expected


def test_the_frequency_terms_go_down_without_overlap():
    ranges = [(f.low, f.high) for f in FREQUENCY_TERMS.values()]
    assert all(upper[0] > lower[1] for upper, lower in pairwise(ranges))


@pytest.mark.parametrize(
    "text", ["often", "7", "7/", "/8", "8/7", "7/8/9", "-1/8", "1.5/8", "x%", "%", "101%", "nan%", "HP:0040279"]
)
def test_what_is_no_frequency_is_refused(text):
    with pytest.raises(ValueError, match=r"frequency|expected 0 <= "):
        parse_frequency(text)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (row(frequency="8/7"), "line 4: expected 0 <= n <= m and m > 0, got 8/7"),
        (row(frequency="often"), "line 4: frequency 'often' is not n/m, a percentage or a frequency term"),
        (row(aspect="X"), "line 4: expected one of the aspects P, I, C, M, H, got 'X'"),
        (row(sex="both"), "line 4: expected the sex MALE, FEMALE or nothing, got 'both'"),
        ("OMIM:1\tOne\n", "line 4: expected 12 tab-separated columns, got 2"),
        ("\n", "line 4: expected 12 tab-separated columns, got 0"),
    ],
)
def test_a_bad_line_is_named(line, message):
    with pytest.raises(SourceError) as refused:
        parse_annotations([*HEADER, row(), line], name="a.hpoa")
    assert str(refused.value) == f"a.hpoa, {message}"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "no line of column names"),
        (["Some text\n"], "no line of column names"),
        (HEADER[:1], "no line of column names"),
        (HEADER, "phenotype.hpoa holds no annotations"),
        (["database_id\tdisease_name\n"], "line 1: columns are databaseid, diseasename; expected database_id, "),
    ],
)
def test_other_tables_are_refused(lines, message):
    with pytest.raises(SourceError, match=message):
        parse_annotations(lines)


def test_the_header_of_older_releases_is_understood():
    older = "DatabaseID DiseaseName Qualifier HPO_ID Reference Evidence Onset Frequency Sex Modifier Aspect Biocuration"
    header = ["#date: 2020-01-01\n", "#" + older.replace(" ", "\t") + "\n"]
    release = parse_annotations([*header, row(sex="male", reference="")])
    assert release.version == "2020-01-01"
    assert release.associations[0].sex == "MALE"
    assert release.associations[0].provenance[0].reference == "unknown"


def test_a_gzipped_file_is_read_and_half_of_one_refused(tmp_path, release):
    packed = gzip.compress((DATA / "toy.hpoa").read_bytes())
    (tmp_path / "whole.hpoa.gz").write_bytes(packed)
    (tmp_path / "half.hpoa.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "damaged.hpoa.gz").write_bytes(packed[: len(packed) // 2] + bytes(50))
    assert load_annotations(tmp_path / "whole.hpoa.gz") == release
    for name in ("half", "damaged"):
        with pytest.raises(SourceError, match=rf"^cannot read the annotations .*{name}\.hpoa\.gz: .*$"):
            load_annotations(tmp_path / f"{name}.hpoa.gz")


def test_genes(tmp_path):
    zrb1 = Gene(gene_id="NCBIGene:900101", symbol="ZRB1")
    assert load_genes(DATA / "toy_genes.txt") == {
        "OMIM:900001": (zrb1,),
        "ORPHA:901": (zrb1,),
        "OMIM:900002": (
            Gene(gene_id="NCBIGene:900102", symbol="FLM1"),
            Gene(gene_id="NCBIGene:900103", symbol="FLM2"),
        ),
        "OMIM:900099": (zrb1,),
    }


def test_the_placeholder_of_the_gene_table_is_no_gene(tmp_path: Path):
    path = tmp_path / "genes.txt"
    path.write_text("ncbi_gene_id\tgene_symbol\tdisease_id\n-\t-\tOMIM:1\n900101\tZRB1\tOMIM:1\n-\t-\tOMIM:2\n")
    assert load_genes(path) == {"OMIM:1": (Gene(gene_id="NCBIGene:900101", symbol="ZRB1"),)}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("INTUSSUSCEPTION", "Intussusception"),
        ("OBESITY", "Obesity"),
        ("RHINY", "RHINY"),
        ("AREDYLD", "AREDYLD"),
        ("GRACILE SYNDROME", "Gracile syndrome"),
        ("DEAFNESS, Y-LINKED 2", "Deafness, Y-linked 2"),
        ("B-CELL CLL/LYMPHOMA II", "B-cell CLL/lymphoma II"),
        ("FANCONI ANEMIA, COMPLEMENTATION GROUP U", "Fanconi anemia, complementation group U"),
        ("VACTERL association", "VACTERL association"),
        ("Leukemia, acute, ?x-linked", "Leukemia, acute, ?X-linked"),
    ],
)
def test_a_name_in_capitals_is_a_sentence(name: str, shown: str):
    assert _in_sentence_case(name, frozenset({"obesity", "syndrome", "cell"})) == shown


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\tb\n1\t2\n", "lacks the column"),
        ((DATA / "toy_genes.txt").read_bytes()[:-20], "line 6: fewer columns"),
        (b"ncbi_gene_id\tgene_symbol\tdisease_id\n\xff\xfe\n", "cannot read the gene table"),
    ],
)
def test_broken_gene_tables_are_refused_in_one_line(tmp_path, content, message):
    path = tmp_path / "genes.txt"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message) as refused:
        load_genes(path)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(("load", "what"), [(load_annotations, "annotations"), (load_genes, "gene table")])
def test_missing_files_are_named(tmp_path, load, what):
    with pytest.raises(SourceError, match=rf"^cannot read the {what} .*gone\.txt: No such file or directory$"):
        load(tmp_path / "gone.txt")
