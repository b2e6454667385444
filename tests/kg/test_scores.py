"""Published scores: examples and tables of their papers, a second implementation, and what unknown inputs do."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.conditions import Condition, hold_all, parse_conditions
from kg.errors import SourceError, UnknownIdError, UsageError
from kg.scores import InputKind, Score, assess
from kg.sources.scores import ScoreTable, load_scores

TABLE = load_scores()
POINT_SCORES = [s for s in TABLE.scores.values() if s.items]


def no(*names: str) -> dict[str, bool]:
    return dict.fromkeys(names, False)


def answers(score: Score) -> st.SearchStrategy[dict[str, object]]:
    """All inputs of a score, inside their ranges."""
    strategies = {}
    for name in score.names():
        asked = TABLE.inputs[name]
        if asked.kind is InputKind.NUMBER:
            strategies[name] = st.floats(asked.least, asked.most)
        else:
            strategies[name] = st.booleans() if asked.kind is InputKind.YES_NO else st.sampled_from(asked.choices)
    return st.fixed_dictionaries(strategies)


WOMAN = {"age": 61.0, "sex": "female", "total_cholesterol": 180.0, "hdl": 47.0, "systolic": 124.0, "smoking": True}
MAN = {"age": 53.0, "sex": "male", "total_cholesterol": 161.0, "hdl": 55.0, "systolic": 125.0, "smoking": False}


def test_framingham_gives_the_risks_of_the_papers_two_examples():
    """D'Agostino 2008: 10.48 % by the function for the woman; 15.6 % for the man, who is treated and diabetic."""
    score = TABLE.score("framingham-2008")
    untreated = no("hypertension_treated", "diabetes", "cardiovascular_disease")
    treated = {"hypertension_treated": True, "diabetes": True, "cardiovascular_disease": False}
    assert assess(score, WOMAN | untreated).risk == pytest.approx(10.48, abs=0.005)
    assert assess(score, MAN | treated).risk == pytest.approx(15.6, abs=0.05)


def test_framingham_refuses_whom_it_does_not_hold_of_and_what_is_missing():
    score = TABLE.score("framingham-2008")
    old = assess(score, {"age": 80.0})
    assert [str(c) for c in old.unmet] == ["age <= 74"]
    assert old.risk is None
    assert not old.is_complete
    part = assess(score, WOMAN | no("cardiovascular_disease", "diabetes"))
    assert part.missing == ("hypertension_treated",)
    assert part.risk is None


@pytest.mark.parametrize(
    ("bilirubin", "inr", "creatinine", "dialysis", "expected"),
    [
        (2.0, 1.5, 2.0, False, round(6.43 + 3.78 * math.log(2) + 11.2 * math.log(1.5) + 9.57 * math.log(2))),
        (0.5, 0.9, 0.6, False, 6),  # all three below 1 count as 1
        (1.0, 1.0, 9.0, False, round(6.43 + 9.57 * math.log(4))),  # creatinine counts as 4 at most
        (1.0, 1.0, 1.0, True, round(6.43 + 9.57 * math.log(4))),
        (50.0, 8.0, 4.0, False, 40),
    ],
)
def test_meld(bilirubin, inr, creatinine, dialysis, expected):
    values = {"age": 50.0, "bilirubin": bilirubin, "inr": inr, "creatinine": creatinine, "dialysis_twice": dialysis}
    assessment = assess(TABLE.score("meld"), values)
    assert assessment.total == (expected, expected)
    (band,) = assessment.bands
    assert band.low <= expected <= band.high


def test_on_dialysis_meld_asks_for_no_creatinine():
    values = {"age": 50.0, "bilirubin": 1.0, "inr": 1.0, "dialysis_twice": True}
    assert assess(TABLE.score("meld"), values).total == (20, 20)


@pytest.mark.parametrize(
    ("score_id", "values", "points", "risk"),
    [
        # one patient a score: points added by hand from the items of its paper, risk from the paper's table
        (
            "curb-65",
            {
                "age": 72.0,
                "confusion": True,
                "urea": 9.0,
                "respiratory_rate": 24.0,
                "systolic": 120.0,
                "diastolic": 60.0,
            },
            4,
            41.5,
        ),
        (
            "cha2ds2-vasc",
            {"age": 75.0, "sex": "female", "hypertension": True, "thromboembolism": True, "atrial_fibrillation": True}
            | no("heart_failure", "diabetes", "vascular_disease"),
            6,
            9.8,
        ),
        (
            "has-bled",
            {"age": 66.0, "systolic": 170.0, "atrial_fibrillation": True, "bleeding_drugs": True, "creatinine": 1.0}
            | no("renal_disease", "liver_disease", "stroke", "major_bleeding", "labile_inr", "alcohol"),
            3,
            3.74,
        ),
        (
            "wells-dvt",
            {
                "age": 50.0,
                "active_cancer": True,
                "calf_swelling": True,
                "pitting_edema": True,
                "alternative_as_likely": True,
            }
            | no(
                "paralysis_or_cast",
                "bedridden_or_surgery_12_weeks",
                "vein_tenderness",
                "entire_leg_swollen",
                "collateral_veins",
                "previous_vte",
            ),
            1,
            5.5,
        ),
        (
            "wells-pe",
            {"age": 50.0, "heart_rate": 101.0, "hemoptysis": True, "dvt_signs": True}
            | no("alternative_less_likely", "immobile_or_surgery_4_weeks", "previous_vte", "active_cancer"),
            5.5,
            None,
        ),
        (
            "perc",
            {"age": 49.0, "heart_rate": 99.0, "oxygen_saturation": 95.0}
            | no("unilateral_leg_swelling", "hemoptysis", "surgery_or_trauma_4_weeks", "previous_vte", "estrogen"),
            0,
            1.0,
        ),
        (
            "spesi",
            {"age": 81.0, "heart_rate": 109.0, "systolic": 100.0, "oxygen_saturation": 90.0}
            | no("any_cancer", "chronic_cardiopulmonary"),
            1,
            10.9,
        ),
        ("qsofa", {"age": 40.0, "respiratory_rate": 22.0, "gcs": 15.0, "confusion": False, "systolic": 100.0}, 2, None),
        (
            "mcisaac",
            {"age": 8.0, "temperature": 38.5, "cough": False, "tender_anterior_nodes": True, "tonsils": False},
            4,
            52.8,
        ),
        (
            "heart",
            {
                "age": 65.0,
                "history_suspicious": "moderately suspicious",
                "ecg": "normal",
                "heart_risk_factors": "one or two",
                "troponin_ratio": 0.8,
            },
            4,
            16.6,
        ),
        (
            "timi",
            {"age": 70.0, "st_deviation": True, "cardiac_markers": True}
            | no("three_cad_risk_factors", "known_coronary_stenosis", "severe_angina_24_hours", "aspirin_7_days"),
            3,
            13.2,
        ),
        (
            "abcd2",
            {
                "age": 60.0,
                "systolic": 130.0,
                "diastolic": 90.0,
                "tia_weakness": False,
                "tia_speech": True,
                "tia_minutes": 30.0,
                "diabetes": False,
            },
            4,
            4.1,
        ),
        (
            "glasgow-blatchford",
            {
                "age": 50.0,
                "sex": "male",
                "urea": 8.0,
                "hemoglobin": 11.9,
                "systolic": 95.0,
                "heart_rate": 100.0,
                "melena": True,
            }
            | no("syncope", "hepatic_disease", "heart_failure"),
            10,
            None,
        ),
        (
            "child-pugh",
            {"age": 50.0, "bilirubin": 2.5, "albumin": 2.5, "inr": 1.2, "ascites": "slight", "encephalopathy": "none"},
            9,
            None,
        ),
        (
            "alvarado",
            {
                "migrating_pain": True,
                "anorexia": False,
                "nausea_or_vomiting": True,
                "rlq_tenderness": True,
                "rebound_pain": False,
                "temperature": 37.3,
                "leukocytes": 10000.0,
                "left_shift": False,
            },
            5,
            None,
        ),
    ],
)
def test_points_and_risk_of_a_patient(score_id, values, points, risk):
    assessment = assess(TABLE.score(score_id), values)
    assert assessment.is_complete
    assert assessment.total == (points, points)
    (band,) = assessment.bands
    assert band.risk == risk


@given(answers(TABLE.score("curb-65")))
def test_curb65_against_a_second_implementation(values):
    if values["age"] < 18:
        assert assess(TABLE.score("curb-65"), values).unmet
        return
    expected = (
        values["confusion"]
        + (values["urea"] > 7)
        + (values["respiratory_rate"] >= 30)
        + (values["systolic"] < 90 or values["diastolic"] <= 60)
        + (values["age"] >= 65)
    )
    assert assess(TABLE.score("curb-65"), values).total == (expected, expected)


@given(answers(TABLE.score("glasgow-blatchford")))
def test_blatchford_against_a_second_implementation(values):
    if values["age"] < 16:
        return
    urea, hb, systolic = values["urea"], values["hemoglobin"], values["systolic"]
    expected = 6 if urea >= 25 else 4 if urea >= 10 else 3 if urea >= 8 else 2 if urea >= 6.5 else 0
    if values["sex"] == "male":
        expected += 6 if hb < 10 else 3 if hb < 12 else 1 if hb < 13 else 0
    else:
        expected += 6 if hb < 10 else 1 if hb < 12 else 0
    expected += 3 if systolic < 90 else 2 if systolic < 100 else 1 if systolic < 110 else 0
    expected += (values["heart_rate"] >= 100) + values["melena"]
    expected += 2 * (values["syncope"] + values["hepatic_disease"] + values["heart_failure"])
    assert assess(TABLE.score("glasgow-blatchford"), values).total == (expected, expected)


@given(st.data(), st.sampled_from(POINT_SCORES))
def test_what_is_unknown_widens_the_range_and_never_moves_it(data, score):
    values = data.draw(answers(score))
    known = data.draw(st.sets(st.sampled_from(sorted(values))))
    whole, part = assess(score, values), assess(score, {n: values[n] for n in known})
    if whole.unmet:
        return
    assert whole.is_complete
    assert part.total[0] <= whole.total[0] == whole.total[1] <= part.total[1]
    assert set(whole.bands) <= set(part.bands)
    assert part.is_complete or set(part.missing) <= set(values) - known


@pytest.mark.parametrize("score", TABLE.scores.values(), ids=lambda s: s.score_id)
def test_bands_cover_every_total_once(score):
    low, high = assess(score, {}).total or (score.least, score.most)
    if not score.bands:
        assert score.models[0].survival is not None
        return
    assert (score.bands[0].low, score.bands[-1].high) == (low, high)
    step = 0.5 if score.score_id == "wells-pe" else 1
    assert all(b.low - a.high == step for a, b in zip(score.bands, score.bands[1:], strict=False))
    assert score.publication.pmid.isdigit()


@pytest.mark.parametrize(
    ("score_id", "n"), [("cha2ds2-vasc", 7329), ("has-bled", 3069), ("abcd2", 4809), ("meld", 3437), ("heart", 2388)]
)
def test_patients_of_the_bands_add_up_to_those_of_the_paper(score_id, n):
    """HAS-BLED: 3,071 with the two patients of six points."""
    assert sum(b.n or 0 for b in TABLE.score(score_id).bands) == n


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("sex = boy", "asks whether sex = boy, and sex is female; male"),
        ("confusion >= 3", "asks whether confusion >= 3, and confusion is yes or no"),
        ("age >= 400", "asks whether age >= 400, and age is 0 to 120"),
        ("age", "asks whether age, and age is 0 to 120"),
        ("sex > 1", "asks whether sex > 1, and sex is female; male"),
    ],
)
@pytest.mark.parametrize("place", ["holds", "rule", "model", "summand"])
def test_a_score_that_asks_what_no_answer_can_be_is_refused(place, condition, says):
    wrong = parse_conditions(condition)
    curb, framingham = TABLE.score("curb-65"), TABLE.score("framingham-2008")
    (model, *models), (item, *items) = framingham.models, curb.items
    (rule, *rules), (summand, *summands) = item.rules, model.summands
    score = {
        "holds": replace(curb, holds=(*curb.holds, *wrong)),
        "rule": replace(curb, items=(replace(item, rules=(replace(rule, when=wrong), *rules)), *items)),
        "model": replace(framingham, models=(replace(model, when=wrong), *models)),
        "summand": replace(
            framingham, models=(replace(model, summands=(replace(summand, when=wrong), *summands)), *models)
        ),
    }[place]
    with pytest.raises(ValueError, match=says):
        ScoreTable(TABLE.inputs, {score.score_id: score})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("creatinine", "168 umol/L", pytest.approx(1.90, abs=0.005)),
        ("creatinine", "168umol/l", pytest.approx(1.90, abs=0.005)),
        ("creatinine", "1.9", 1.9),
        ("creatinine", "1.9 mg/dL", 1.9),
        ("confusion", "No", False),
        ("sex", "FEMALE", "female"),
        ("ecg", "normal", "normal"),
    ],
)
def test_answers_are_read_in_their_units(name, text, value):
    assert TABLE.input(name).parse(text) == value


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("systolic", "1200", "30 to 300 mmHg; got 1200.0"),
        ("urea", "9 mg", "0.3 to 100 mmol/L, or in mg/dL BUN; got '9 mg'"),
        ("temperature", "nan", "25 to 45 C"),
        ("confusion", "maybe", "yes or no; got 'maybe'"),
        ("ascites", "much", "none; slight; moderate"),
    ],
)
def test_a_wrong_answer_is_refused_with_what_is_expected(name, text, says):
    with pytest.raises(UsageError, match=says.replace("(", r"\(")):
        TABLE.input(name).parse(text)


def test_an_unknown_score_or_input_is_named():
    with pytest.raises(UnknownIdError, match="'apache' is none of the scores abcd2"):
        TABLE.score("apache")
    with pytest.raises(UnknownIdError, match="'mood' is nothing that a score asks for"):
        TABLE.input("mood")
    assert TABLE.score("CURB-65") is TABLE.scores["curb-65"]


def test_a_score_that_asks_for_no_input_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"curb-65 asks for age, .*, which is no input"):
        ScoreTable({}, {"curb-65": TABLE.score("curb-65")})
    (tmp_path / "inputs.toml").write_text("[age]\nlabel = 'age'\n")
    with pytest.raises(SourceError, match="the input age has no 'kind'"):
        load_scores(tmp_path)


def test_conditions_have_three_values():
    assert parse_conditions("age >= 65 and not cough") == (
        Condition(name="age", relation=">=", value=65.0),
        Condition(name="cough", value=False),
    )
    both = parse_conditions("age < 18 and tics")
    assert hold_all(both, {"age": 20.0}) is False  # whatever the other is
    assert hold_all(both, {"age": 10.0}) is None
    assert hold_all(both, {"age": 10.0, "tics": True}) is True
    assert hold_all((), {}) is True
    assert str(both[0]) == "age < 18"
    with pytest.raises(ValueError, match="no condition"):
        parse_conditions("age ~ 3")
