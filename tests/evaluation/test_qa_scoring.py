"""The scorer against the textbook and against MIRAGE's published answers; files of answers and questions."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from evaluation.qa.answers import Answers, load_answers
from evaluation.qa.questions import PUBMEDQA, draw_questions, load_questions
from evaluation.qa.schema import Answered
from evaluation.qa.scoring import compare_answers, score_answers, wilson
from kg.datasets import data_folder
from kg.errors import SourceError, UsageError
from tests.evaluation.questions import answered


def as_answered(questions, chosen) -> list[Answered]:
    return [answered(q.question_id, chosen[q.key], dataset=q.dataset, answer=q.answer) for q in questions]


# Figures


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(counts):
    n_correct, n = counts
    found, expected = wilson(n_correct, n), binomtest(n_correct, n).proportion_ci(method="wilson")
    assert found.value == n_correct / n
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_no_question_has_no_rate():
    assert np.isnan(wilson(0, 0).value)
    assert score_answers([]).sets == {}
    assert np.isnan(score_answers([]).average.value)


def test_accuracy_is_correct_of_all_and_the_average_is_over_sets():
    """medqa 2 of 4 (one unanswered), mmlu 1 of 1: average 0.75, not 3 of 5."""
    rows = [answered("1", "A"), answered("2", "A"), answered("3", "B"), answered("4", None)]
    score = score_answers([*rows, answered("1", "A", dataset="mmlu")])
    medqa = score.sets["medqa"]
    assert (medqa.n, medqa.n_correct, medqa.n_unanswered) == (4, 2, 1)
    assert medqa.accuracy.value == medqa.bootstrap.value == 0.5
    assert medqa.chance == 0.25
    assert score.average.value == 0.75
    assert list(score.sets) == ["medqa", "mmlu"]


def test_the_bootstrap_is_that_of_a_binomial():
    """The resampled mean of n coins has the standard error of a proportion."""
    rows = [answered(str(i), "A" if i % 4 == 0 else "B") for i in range(400)]
    rate = score_answers(rows).sets["medqa"].bootstrap
    half = 1.96 * np.sqrt(0.25 * 0.75 / 400)
    assert (rate.low, rate.high) == pytest.approx((0.25 - half, 0.25 + half), abs=0.006)


def test_the_average_of_equal_sets_is_surer_than_each():
    """Two sets drawn apart: the standard error falls by the root of two; drawn alike it would not."""
    sets = [[answered(str(i), "A" if i % 2 else "B", dataset=name) for i in range(200)] for name in ("one", "two")]
    score = score_answers([a for rows in sets for a in rows])
    width = score.average.high - score.average.low
    one = score.sets["one"].bootstrap
    assert width / (one.high - one.low) == pytest.approx(2**-0.5, abs=0.06)


def test_a_pair_is_compared_on_what_both_answered():
    """Of five shared questions we alone solve two, they alone one; the sixth is ours only, the seventh theirs."""
    ours = [answered(i, c) for i, c in zip("123456", ["A", "A", "B", "A", None, "A"], strict=True)]
    theirs = dict(zip("123457", ["B", None, "A", "A", "C", "A"], strict=True))
    found = compare_answers(ours, Answers(name="peer", chosen={("medqa", i): c for i, c in theirs.items()}))
    pair = found.sets["medqa"]
    assert (pair.n, pair.n_correct) == (5, (3, 2))
    assert pair.difference.value == found.difference.value == pytest.approx(0.2)
    assert (pair.discordance.only_ours, pair.discordance.only_theirs) == (2, 1)
    assert pair.discordance.p_value == pytest.approx(1.0)
    assert found.n_unmatched == 1
    assert (found.ours.value, found.theirs.value) == (0.6, 0.4)


def test_the_difference_to_oneself_is_none():
    rows = [answered(str(i), "AB"[i % 2]) for i in range(20)]
    found = compare_answers(rows, Answers(name="us", chosen={a.key: a.chosen for a in rows}))
    assert (found.difference.value, found.difference.low, found.difference.high) == (0, 0, 0)
    assert found.sets["medqa"].discordance.p_value == 1


def test_a_peer_of_other_questions_is_refused():
    with pytest.raises(SourceError, match="none of the 1 answers of peer"):
        compare_answers([answered("1", "A")], Answers(name="peer", chosen={("mmlu", "1"): "A"}))


# MIRAGE's published answers

MIRAGE_TOY = {
    "medqa": {
        "01": {"question": "Which?", "options": {"A": "x", "B": "y"}, "answer": "A"},
        "02": {"question": "Which one?", "options": {"A": "x", "B": "y"}, "answer": "B"},
        "03": {"question": " ", "options": {"A": "x", "B": "y"}, "answer": "B"},
        "04": {"question": "Which?", "options": {"A": "x"}, "answer": "A"},
        "05": {"question": "Which?", "options": {"A": "x", "B": "y"}, "answer": "C"},
        "06": {"question": "Which?", "answer": "C"},
    },
    "pubmedqa": {
        "77": {"question": "Does it?", "options": {"A": "yes", "B": "no", "C": "maybe"}, "answer": "C", "PMID": [77]}
    },
}


def toy_files(folder):
    benchmark, answers = folder / "benchmark.json", folder / "answers.tsv.gz"
    benchmark.write_text(json.dumps(MIRAGE_TOY))
    rows = [
        ("medqa", "01", "gpt", "cot", "A"),
        ("medqa", "02", "gpt", "cot", ""),
        ("pubmedqa", "77", "gpt", "cot", "C"),
        ("medqa", "01", "gpt", "medrag-32", "B"),
    ]
    with gzip.open(answers, "wt") as out:
        out.writelines(
            "\t".join(row) + "\n" for row in [("dataset", "question_id", "model", "setting", "answer"), *rows]
        )
    return benchmark, answers


def test_published_answers_are_scored(tmp_path):
    benchmark, answers = toy_files(tmp_path)
    questions = load_questions(benchmark).questions
    cot, medrag = load_answers(answers)
    assert (cot.name, medrag.name) == ("gpt, cot", "gpt, medrag-32")
    score = score_answers(as_answered(questions, cot.chosen))
    assert {n: (s.n_correct, s.n, s.n_unanswered) for n, s in score.sets.items()} == {
        "medqa": (1, 2, 1),
        "pubmedqa": (1, 1, 0),
    }
    assert score.average.value == 0.75


@pytest.mark.data
def test_the_accuracies_of_both_gpt_models_are_exactly_those_of_the_file():
    """Against a count of our own over the two files, as fractions; every question at hand has all four answers."""
    benchmark, answers = (
        data_folder() / "qa" / "mirage_benchmark.json",
        data_folder() / "peers" / "mirage_official_answers.tsv.gz",
    )
    right = {
        (name, i): q["answer"] for name, rows in json.loads(benchmark.read_text()).items() for i, q in rows.items()
    }
    n, n_correct = Counter(), Counter()
    with gzip.open(answers, "rt") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            key = (row["dataset"], row["question_id"])
            if key in right:
                system = f"{row['model']}, {row['setting']}"
                n[system, row["dataset"]] += 1
                n_correct[system, row["dataset"]] += row["answer"] == right[key]
    questions = load_questions(benchmark)
    assert questions.unscored == ()
    found = load_answers(answers)
    assert {a.name for a in found} == {
        f"{m}, {s}" for m in ("gpt-4-32k", "gpt-35-turbo-16k") for s in ("cot", "medrag-32")
    }
    for peer in found:
        score = score_answers(as_answered([q for q in questions.questions if q.key in peer.chosen], peer.chosen))
        for name, s in score.sets.items():
            assert (s.n_correct, s.n) == (n_correct[peer.name, name], n[peer.name, name])
            assert s.accuracy.value == float(Fraction(n_correct[peer.name, name], n[peer.name, name]))
        mean = sum(Fraction(s.n_correct, s.n) for s in score.sets.values()) / len(score.sets)
        assert score.average.value == pytest.approx(float(mean), rel=1e-15)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(f"{'x' * 140_000}\n", "cannot read the answers .*: field larger than", id="long"),
        ("dataset\tanswer\n", "tab-separated columns dataset, question_id"),
        ("dataset\tquestion_id\tmodel\tsetting\tanswer\n", "holds no answer"),
        ("dataset\tquestion_id\tmodel\tsetting\tanswer\na\tb\n", "line 2 has too few columns"),
        ("dataset\tquestion_id\tmodel\tsetting\tanswer\na\t1\tm\ts\tA\na\t1\tm\ts\tB\n", "line 3 answers a 1 a second"),
    ],
)
def test_a_broken_table_of_answers_is_named(tmp_path, field_limit, content, says):
    file = tmp_path / "answers.tsv"
    file.write_text(content)
    with pytest.raises(SourceError, match=says):
        load_answers(file)


def test_another_run_is_a_peer(tmp_path):
    file = tmp_path / "earlier" / "predictions.jsonl"
    file.parent.mkdir()
    file.write_text('{"dataset": "medqa", "question_id": "1", "chosen": "A"}\n')
    assert load_answers(file) == (Answers(name="earlier", chosen={("medqa", "1"): "A"}),)
    file.write_text("{}\n")
    with pytest.raises(SourceError, match="line 1 is not a prediction"):
        load_answers(file)
    with pytest.raises(SourceError, match="cannot read the answers"):
        load_answers(tmp_path / "nowhere.tsv")


# Files of questions


def test_mirage_is_read_and_what_cannot_be_scored_has_a_reason(tmp_path):
    read = load_questions(toy_files(tmp_path)[0])
    assert [q.key for q in read.questions] == [("medqa", "01"), ("medqa", "02"), ("pubmedqa", "77")]
    assert read.questions[2].sources == {"PMID:77"}
    assert {u.case_id: u.reason for u in read.unscored} == {
        "03": "no question",
        "04": "cannot be read: a question has two options or more, 04 has 1",
        "05": "cannot be read: the answer 'C' of 05 is none of its options",
        "06": "cannot be read: there is no options",
    }


def test_only_the_sets_asked_for_are_read(tmp_path):
    file, _ = toy_files(tmp_path)
    assert [q.dataset for q in load_questions(file, ["pubmedqa"]).questions] == ["pubmedqa"]
    with pytest.raises(UsageError, match=r"has no set 'usmle'; it has: medqa, pubmedqa"):
        load_questions(file, ["medqa", "usmle"])


def test_pubmedqa_shows_its_contexts_and_never_its_conclusion(tmp_path):
    file = tmp_path / "pqal.json.gz"
    rows = {
        "7": {"QUESTION": "Does it?", "CONTEXTS": ["We saw."], "LONG_ANSWER": "It does.", "final_decision": "yes"},
        "8": {"QUESTION": "Does it?", "CONTEXTS": ["We saw."], "LONG_ANSWER": "It may.", "final_decision": ""},
        "9": {"QUESTION": "Does it?", "final_decision": "yes"},
        "10": "text",
    }
    file.write_bytes(gzip.compress(json.dumps(rows).encode()))
    read = load_questions(file)
    (only,) = read.questions
    assert (only.dataset, only.answer, only.given, only.sources) == (PUBMEDQA, "A", ("We saw.",), {"PMID:7"})
    assert "It does" not in repr(only)
    assert [(u.case_id, u.reason) for u in read.unscored] == [
        ("8", "no decision: ''"),
        ("9", "no article with QUESTION and CONTEXTS"),
        ("10", "no article with QUESTION and CONTEXTS"),
    ]


def test_craftmd_is_read(tmp_path):
    file = tmp_path / "cases.csv"
    file.write_text(
        ",case_vignette,choice_1,choice_2,choice_3,choice_4,answer,category,dataset,case_id\n"
        '0,"A man, 22.",Herpes,Gout ,Measles,Mumps,gout ,Skin,usmle,case_0\n'
        "1,A man.,Herpes,Gout,Measles,Mumps,Rickets,Skin,usmle,case_1\n"
    )
    read = load_questions(file)
    (only,) = read.questions
    assert (only.text, only.answer) == ("A man, 22.\nWhat is the most likely diagnosis?", "B")
    assert only.options == {"A": "Herpes", "B": "Gout", "C": "Measles", "D": "Mumps"}
    assert [u.reason for u in read.unscored] == ["the answer is 0 of the choices: 'rickets'"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.json", "[1]", "expected a JSON object"),
        ("a.json", "{", "is not JSON"),
        ("a.json", '{"medqa": [1]}', "'medqa' holds no questions by id"),
        ("a.csv", "x,y\n1,2\n", "is not CRAFT-MD: it has no column case_vignette"),
        ("a.csv", "case_vignette\ranswer\r", "is no CSV: new-line character"),
        ("a.json.gz", "no gzip", "cannot read"),
        ("a.json.gz", gzip.compress(b"{}" * 999, mtime=0)[:-12] + b"damage", "cannot read"),
    ],
)
def test_a_file_that_is_no_benchmark_is_refused(tmp_path, name, content, says):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SourceError, match=says):
        load_questions(file)


def test_a_sample_is_of_every_set_and_the_same_each_time(tmp_path):
    questions = load_questions(toy_files(tmp_path)[0]).questions
    drawn = draw_questions(questions, 1, seed=3)
    assert sorted(q.dataset for q in drawn) == ["medqa", "pubmedqa"]
    assert drawn == draw_questions(questions, 1, seed=3)
    assert draw_questions(questions, None) == questions
    assert draw_questions(questions, 9) == questions


@pytest.mark.data
def test_the_sets_at_hand_are_read_whole():
    folder = data_folder()
    for file, n in (("qa/pubmedqa_ori_pqal.json.gz", 1000), ("cases/craftmd_usmle_and_derm_dataset.csv", None)):
        read = load_questions(folder / file)
        assert read.unscored == ()
        assert n in (None, len(read.questions))
