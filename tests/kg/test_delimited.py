"""A file that is not what it should be is one line: which file, which line, what to do."""

import gzip
from dataclasses import replace

import pytest

from kg.errors import SourceError
from kg.sources.delimited import head_value, read_rows
from tests.toy_sources import source_file

COLUMNS = ("id", "label")


def rows(file, **options):
    return list(read_rows(file, COLUMNS, **options))


def test_rows_carry_their_line_and_may_have_more_columns(tmp_path):
    text = '#version: 3\nid\tlabel\tmore\n"a"\t"says ""no"""\t\n\n'
    file = source_file(tmp_path, "do-names", text.rstrip("\n") + "\n#end\n")
    assert rows(file) == [(3, {"id": "a", "label": 'says "no"', "more": ""})]
    assert head_value(file, "version") == "3"


def test_quotes_are_characters_where_the_format_has_none(tmp_path):
    file = source_file(tmp_path, "maxo", 'id\tlabel\r\na\t"half\r\n')
    assert rows(file, quoted=False) == [(2, {"id": "a", "label": '"half'})]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("id\tname\na\tb\n", ", line 1", "it has no column label; its columns are id, name"),
        ("id\tlabel\na\tb\nc\n", ", line 3", "expected 2 tab-separated values, got 1"),
        ("", "", "it is empty; expected a table of id, label"),
        ("<html>\n", ", line 1", "it has no column id, label; its columns are <html>"),
    ],
)
def test_what_is_wrong_is_said_with_the_line_and_the_remedy(tmp_path, text, line, reason):
    file = source_file(tmp_path, "do-names", text)
    with pytest.raises(SourceError) as raised:
        rows(file)
    assert str(raised.value) == f"{file.path}{line}: {reason}; fetch it again: citedx data pull do-names --overwrite"


def test_another_encoding_is_told_with_its_line(tmp_path):
    file = source_file(tmp_path, "do-names")
    file.path.write_bytes("id\tlabel\na\tSjogren\nb\tSjögren\n".encode("latin-1"))
    with pytest.raises(SourceError, match=r"HumanDO\.tsv, line 3: byte 0xf6 is not UTF-8; fetch it again"):
        rows(file)


@pytest.mark.parametrize("n_bytes", [5, 40])
def test_half_a_download_is_told(tmp_path, n_bytes):
    file = source_file(tmp_path, "do-facets")
    whole = gzip.compress(b"id\tlabel\n" + b"".join(b"%d\tx\n" % i for i in range(500)))
    file.path.write_bytes(whole[:n_bytes])
    with pytest.raises(SourceError, match=r"facets\.tsv\.gz: it is damaged or cut off .*citedx data pull do-facets"):
        rows(file)


def test_a_last_line_without_an_end_is_half_a_download(tmp_path):
    assert rows(source_file(tmp_path, "do-names", "id\tlabel\na\tb\n"))
    with pytest.raises(SourceError, match=r"HumanDO\.tsv, line 2: the line has no end, so the file is cut off; fetch"):
        rows(source_file(tmp_path, "do-names", "id\tlabel\na\tb"))


def test_no_gzip_and_no_file(tmp_path):
    file = source_file(tmp_path, "do-facets")
    file.path.write_bytes(b"id\tlabel\n")
    with pytest.raises(SourceError, match="it is damaged or cut off"):
        rows(file)
    with pytest.raises(SourceError, match="gone: No such file or directory; fetch it again"):
        rows(replace(file, path=tmp_path / "gone"))


def test_a_file_that_does_not_say_its_version_is_another_release(tmp_path):
    file = source_file(tmp_path, "maxo-diagnostic", "#description: x\nid\tlabel\n")
    with pytest.raises(SourceError, match="it has no line #version, so it is another release"):
        head_value(file, "version")
