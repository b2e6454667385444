"""Annotated texts as they are read: what is gold, and what is left out with its reason."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from evaluation.corpora import load_corpora
from kg.errors import SourceError
from kg.graph import KnowledgeGraph
from tests.toy import LARGE, STRIPED

TEXT = "A boy with a large zorb and no stripes on it."
GSC = f"[13::23]\t{LARGE.replace(':', '_')} | large zorb\n[27::34]\tHP_9000003 | no such place\n"
TABLE = f"13\t23\tlarge zorb\t{LARGE}\n28\t35\tstripes\t{STRIPED}\tNeg\n1\t2\tx\tHP:7654321\n"


def write_set(folder: Path, **files: str) -> Path:
    """A set of one folder; ``corpus_1`` is the file ``1`` of its texts."""
    for name, content in files.items():
        part, _, document_id = name.partition("_")
        (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / part / document_id).write_text(content, encoding="utf-8")
    return folder


def test_both_layouts(toy_graph: KnowledgeGraph, tmp_path: Path):
    folder = write_set(tmp_path / "notes", corpus_1=TEXT, ann_1=GSC, corpus_2=TEXT, ann_2=TABLE)
    ((corpus,), negation_sets) = load_corpora(folder, toy_graph.ontology)
    assert (corpus.name, negation_sets, corpus.unscored, corpus.has_offsets) == ("notes", (), (), True)
    one, two = corpus.documents
    assert [(m.term_id, m.quote, TEXT[m.start : m.end]) for m in one.mentions] == [(LARGE, "large zorb", "large zorb")]
    assert two.term_ids == {LARGE, STRIPED}
    assert two.present_ids == {LARGE}
    assert (corpus.outside, corpus.unknown) == ({"HP:9000003": 1}, {"HP:7654321": 1})


def test_a_term_denied_here_and_present_there_is_present(toy_graph: KnowledgeGraph, tmp_path: Path):
    lines = f"0\t1\ta\t{LARGE}\tNeg\n2\t3\tb\t{LARGE}\n"
    folder = write_set(tmp_path / "notes", corpus_1=TEXT, ann_1=lines)
    ((corpus,), _) = load_corpora(folder, toy_graph.ontology)
    assert corpus.documents[0].present_ids == {LARGE}


def test_what_cannot_be_scored_has_a_reason(toy_graph: KnowledgeGraph, tmp_path: Path):
    texts = {"corpus_alone": TEXT, "corpus_bad": TEXT, "ann_bad": "nonsense", "corpus_void": " ", "ann_void": ""}
    folder = write_set(tmp_path / "notes", **texts, ann_lost="")
    ((corpus,), _) = load_corpora(folder, toy_graph.ontology)
    assert corpus.documents == ()
    assert {u.case_id: u.reason.partition(":")[0] for u in corpus.unscored} == {
        "alone": "no annotation file",
        "lost": "no text",
        "bad": "cannot be read",
        "void": "empty text",
    }


def test_json_lines_may_give_several_ids_a_mention(toy_graph: KnowledgeGraph, tmp_path: Path):
    rows = [
        {"id": 7, "text": TEXT, "annotations": [{"mention": "zorb", "hpo_id": f"{LARGE}, {STRIPED}"}]},
        {"id": 7, "text": TEXT, "annotations": []},
        {"id": 8},
    ]
    file = tmp_path / "reports.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ((corpus,), _) = load_corpora(file, toy_graph.ontology)
    assert [d.term_ids for d in corpus.documents] == [{LARGE, STRIPED}]
    assert not corpus.has_offsets
    assert [u.case_id for u in corpus.unscored] == ["7", "reports.jsonl line 3"]


def test_an_archive_holds_several_sets_and_a_folder_any_of_them(toy_graph: KnowledgeGraph, tmp_path: Path):
    with tarfile.open(tmp_path / "sets.tar.gz", "w:gz") as archive:
        for name, content in (("a/corpus/1", TEXT), ("a/ann/1", GSC), ("b/corpus/1", TEXT), ("b/ann/1", TABLE)):
            member = tarfile.TarInfo(f"all/{name}")
            member.size = len(content.encode())
            archive.addfile(member, io.BytesIO(content.encode()))
    lines = "Number\tPhrase\tSentence\tNegation\n1\tlarge  zorb\tNo large\tzorb\n2\tzorb\tno ZORB seen\tNegated\n"
    (tmp_path / "negation.tsv").write_text(lines, encoding="utf-8")
    corpora, (negation_set,) = load_corpora(tmp_path, toy_graph.ontology)
    assert [c.name for c in corpora] == ["a", "b"]
    assert [(s.text[s.start : s.end], s.negated) for s in negation_set.sentences] == [("ZORB", True)]
    assert [u.reason for u in negation_set.unscored] == ["neither Negated nor Affirmed"]


@pytest.mark.parametrize("name", ["missing", "empty", "broken.tar.gz", "old.tsv"])
def test_what_holds_no_set_is_refused(toy_graph: KnowledgeGraph, tmp_path: Path, name: str):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.tar.gz").write_bytes(b"no archive")
    (tmp_path / "old.tsv").write_bytes(b"Number\tPhrase\r1\tzorb\r")
    with pytest.raises(SourceError, match=f"{name}[^\\n]*$"):
        load_corpora(tmp_path / name, toy_graph.ontology)
