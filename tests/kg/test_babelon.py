"""Babelon tables: which rows are taken."""

import pytest

from kg.errors import SourceError
from kg.sources.babelon import load_babelon
from tests.babelon import COLUMNS

HEAD = "\t".join(COLUMNS)


def write(folder, *rows: str, head: str = HEAD):
    path = folder / "hp-zh.babelon.tsv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def row(term_id: str, label: str, status: str = "OFFICIAL", predicate: str = "rdfs:label") -> str:
    return f"en\tzh\t{term_id}\t{predicate}\tSeizure\t{label}\t{status}"


def test_official_and_candidate_labels_are_taken_in_order(tmp_path):
    path = write(
        tmp_path,
        row("HP:0000002", "身高异常", "CANDIDATE"),
        row("HP:0000001", " 所有词汇 "),
        row("HP:0000003", "Kidney", "NOT_TRANSLATED"),
        row("HP:0000004", ""),
        row("HP:0000005", "定义", predicate="IAO:0000115"),
    )
    assert [(t.term_id, t.language, t.label, t.status) for t in load_babelon(path)] == [
        ("HP:0000002", "zh", "身高异常", "CANDIDATE"),
        ("HP:0000001", "zh", "所有词汇", "OFFICIAL"),
    ]


def test_a_quotation_mark_is_part_of_the_label(tmp_path):
    (translation,) = load_babelon(write(tmp_path, row("HP:0000907", 'Costillas "en copa')))
    assert translation.label == 'Costillas "en copa'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a\tb\n1\t2\n", "has no column"),
        (HEAD + "\n", "holds no translated label"),
        (HEAD + "\nen\tzh\n", "holds no translated label"),  # cut off
    ],
)
def test_another_file_is_refused(tmp_path, content, reason):
    path = tmp_path / "hp-zh.babelon.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=reason):
        load_babelon(path)


def test_a_missing_file_and_other_bytes_are_refused(tmp_path):
    with pytest.raises(SourceError, match="cannot read"):
        load_babelon(tmp_path / "none.tsv")
    (tmp_path / "bytes.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="cannot read"):
        load_babelon(tmp_path / "bytes.tsv")
