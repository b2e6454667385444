"""Annotations are read as they are written, agreement is counted by hand, and the peer sees the same mentions."""

import json
import sys
from pathlib import Path

import pytest

from evaluation.negation import (
    Agreement,
    AnnotatedMention,
    agreement_of,
    load_annotations,
    main,
    own_labels,
    peer_labels,
)
from kg.errors import NotReadyError, SourceError, UsageError

HEADER = "line\tCondition\tsentence\tnegation_status\ttemporality\texperiencer\n"
ROWS = (
    "1\tfever\tno fever was seen, but FEVER\tAffirmed\tRecent\tPatient\n"
    "2\tchest   pain\tDenies CHEST PAIN.\tNegated\tRecent\tPatient\n"
    "3\tgout\tHistory of GOUT.\tAffirmed\tHistorical\tPatient\n"
    "4\tpain\tReturn if PAIN.\tAffirmed\tNot particular\tPatient\n"
    "5\tpolyps\tHer sister had POLYPS.\tAffirmed\tRecent\tFamily member\n"
    "6\tedema\tNothing of it.\tNegated\tRecent\tPatient\n"
)


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "annotations.tsv"
    path.write_text(HEADER + ROWS)
    return path


def peer(folder: Path, answer: object) -> Path:
    """A Python that answers this whatever it is asked."""
    script = folder / "python"
    script.write_text(f"#!{sys.executable}\nimport sys\nsys.stdin.read()\nsys.stdout.write({json.dumps(answer)!r})\n")
    script.chmod(0o755)
    return script


def test_the_mention_is_the_one_in_capitals(table):
    mentions, n_left_out = load_annotations(table)
    assert [m.sentence[m.start : m.end] for m in mentions] == ["FEVER", "CHEST PAIN", "GOUT", "PAIN", "POLYPS"]
    assert [sorted(m.labels) for m in mentions] == [[], ["negated"], ["historical"], ["hypothetical"], ["family"]]
    assert n_left_out == 1


def test_our_labels_are_those_of_the_context(table):
    mentions, _ = load_annotations(table)
    assert own_labels(mentions) == tuple(m.labels for m in mentions)


def test_agreement_is_counted():
    def mention(*labels: str) -> AnnotatedMention:
        return AnnotatedMention(sentence="x", start=0, end=1, labels=frozenset(labels))

    said = [frozenset({"negated"}), frozenset({"negated"}), frozenset(), frozenset()]
    found = agreement_of(said, [mention("negated"), mention(), mention("negated"), mention("negated")], "negated")
    assert found == Agreement(n_right=1, n_said=2, n_annotated=3)
    assert (found.precision, found.recall) == (0.5, pytest.approx(1 / 3))
    assert found.f1 == pytest.approx(0.4)
    assert Agreement(n_right=0, n_said=0, n_annotated=0).f1 == 0.0


def test_a_peer_is_asked_as_a_process(table, tmp_path, capsys):
    mentions, _ = load_annotations(table)
    python = peer(tmp_path, {"toy 1.0": {"negated": [True, True, False, False, False]}})
    known, said = peer_labels(mentions, python)["toy 1.0"]
    assert known == ("negated",)
    assert [sorted(labels) for labels in said] == [["negated"], ["negated"], [], [], []]
    assert main(["--annotations", str(table), "--peer-python", str(python)]) == 0
    out = capsys.readouterr().out
    assert "negated      toy 1.0             P 0.500 R 1.000 F1 0.667 (1 annotated)" in out
    assert "historical   citedx              P 1.000 R 1.000 F1 1.000 (1 annotated)" in out


def test_what_is_no_peer_or_no_table_is_refused(table, tmp_path, capsys, field_limit):
    mentions, _ = load_annotations(table)
    with pytest.raises(UsageError, match="cannot be run"):
        peer_labels(mentions, tmp_path / "nowhere")
    with pytest.raises(NotReadyError, match="cannot measure negspacy or medspacy: negspacy: "):
        peer_labels(mentions, Path(sys.executable))
    with pytest.raises(SourceError, match="is no table of NegEx annotations"):
        load_annotations(tmp_path / "nowhere.tsv")
    (tmp_path / "other.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(SourceError, match="expected 6 columns, got 2"):
        load_annotations(tmp_path / "other.tsv")
    (tmp_path / "old.tsv").write_bytes(b"x" * 140_000)
    with pytest.raises(SourceError, match="is no table of NegEx annotations: field larger than"):
        load_annotations(tmp_path / "old.tsv")
    assert main(["--annotations", str(tmp_path / "nowhere.tsv")]) == 2
    assert "nowhere.tsv" in capsys.readouterr().err


@pytest.mark.data
def test_negation_is_read_better_than_by_the_peers(capsys):
    assert main([]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("negated"))
    assert float(line.split("F1 ")[1].split()[0]) > 0.95
