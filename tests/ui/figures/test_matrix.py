"""Diagnoses side by side: every cell its number, the telling findings first."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.figures.answers import made_up_answer, parse, text_of
from ui.figures import Wording, candidate_matrix
from ui.figures.matrix import FULL, shade

LN10 = math.log(10)
WORDING = Wording(term=lambda t: f"term {int(t[3:])}")


def test_a_made_up_patient():
    answer = made_up_answer(
        [[LN10, 3 * LN10, 0.0], [LN10, -LN10, LN10]], [[0, 1, None], [0, None, 2]], [False, False, True]
    )
    tree = parse(candidate_matrix(answer, WORDING))
    rows = [[text_of(cell) for cell in row] for row in tree.findall(".//tbody/tr")]
    assert rows == [["term 1", "×1,000", "÷10"], ["term 2 (excluded)", "×1", "×10"], ["term 0", "×10", "×10"]]
    cell = tree.findall(".//tbody/tr")[0].findall("td")
    assert [(c.get("class"), c.get("style")) for c in cell] == [("for", "--shade:1.00"), ("against", "--shade:0.33")]
    totals, answers = tree.findall(".//tfoot/tr")
    assert [text_of(c) for c in totals] == ["Together", "×10,000", "×10"]
    assert [text_of(c) for c in answers] == ["The answer’s probability", "50\xa0%", "25\xa0%"]


def test_a_power_of_ten_may_stand_in_a_second_line():
    assert "×3·<wbr/>10⁶" in candidate_matrix(made_up_answer([[math.log(3e6)], [0.0]], [[0], [0]]), WORDING)


def test_what_is_no_finding_has_a_row_where_it_counts():
    answer = made_up_answer([[0.0], [0.0]], [[0], [0]])
    first, second = answer.candidates
    assert "own words" not in candidate_matrix(answer, WORDING)
    first, second = replace(first, log_text=LN10, log_history=LN10), replace(second, log_prior=2 * LN10)
    answer = replace(answer, candidates=(first, second))
    tree = parse(candidate_matrix(answer, WORDING))
    rows = [[text_of(cell) for cell in row] for row in tree.findall(".//tbody/tr")]
    assert rows[1:] == [
        ["How common it is", "×1", "×100"],
        ["The story’s own words", "×10", "×1"],
        ["The patient’s history", "×10", "×1"],
    ]
    assert [text_of(c) for c in tree.findall(".//tfoot/tr")[0]] == ["Together", "×100", "×100"]


@given(st.lists(st.floats(-20, 20), min_size=2, max_size=2))
def test_a_larger_ratio_is_not_paler(log_lrs: list[float]):
    weak, strong = sorted(log_lrs, key=abs)
    assert 0 <= shade(weak) <= shade(strong) <= 1
    assert shade(FULL) == 1


@pytest.mark.parametrize("n", [0, 1])
def test_one_disease_alone_is_not_compared(n: int):
    answer = made_up_answer([[1.0]] * n, [[0]] * n) if n else made_up_answer([[]], [[]])
    assert candidate_matrix(answer, WORDING, n_diseases=n) == ""


def test_names_are_escaped():
    html = candidate_matrix(made_up_answer([[1.0], [2.0]], [[0], [0]]), Wording(term=lambda _: "<script>"))
    assert "script" not in {e.tag for e in parse(html).iter()}
    assert "&lt;script&gt;" in html
