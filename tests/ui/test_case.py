"""Every way to change a case: what each does, what it leaves alone, and what a browser cannot make it do."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.errors import UnknownIdError, UsageError
from kg.schema import Finding
from retrieval.demographics import UNKNOWN, Demographics, Sex, demographics_of
from tests.ui.fakes import FakeAssistant, fake_ontology
from ui.case import (
    Action,
    Case,
    LeaveOpen,
    Mark,
    Remove,
    Replace,
    SetAge,
    SetSex,
    Status,
    apply,
    family_findings,
    parse_action,
    parse_stored,
    status_of,
    stored,
)

ONTOLOGY = fake_ontology()
SEIZURE, DEAF, SCOLIOSIS, LENS = "HP:0001250", "HP:0000365", "HP:0002650", "HP:0001083"
IDS = (SEIZURE, DEAF, SCOLIOSIS, LENS)
FITS = Finding(term_id=SEIZURE, label="Seizure", onset="P2Y", quote="fits", start=4, end=8)
CASE = Case(
    findings=(FITS, Finding(term_id=DEAF, label="Hearing impairment", excluded=True)),
    family=(Finding(term_id=LENS, label="Ectopia lentis", quote="lens", start=20, end=24),),
    person=demographics_of("FEMALE", "P3Y"),
)

ids = st.sampled_from(IDS)
actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Mark, term_id=ids, label=st.just("x"), status=st.sampled_from(Status)),
    st.builds(Remove, term_id=ids, label=st.just("x")),
    st.builds(Replace, term_id=ids, label=st.just("x"), by_id=ids, by_label=st.just("y")),
    st.builds(LeaveOpen, term_id=ids, label=st.just("x")),
    st.builds(SetSex, sex=st.sampled_from([None, *Sex])),
    st.builds(SetAge, age=st.sampled_from([None, "P3Y", "P5M", "P0D"])),
)


def mark(term_id: str, status: Status) -> Mark:
    return Mark(term_id=term_id, label=ONTOLOGY.name(term_id), status=status)


def statuses(case: Case) -> dict[str, Status]:
    return {f.term_id: status_of(f) for f in case.findings} | {f.term_id: Status.FAMILY for f in case.family}


def test_a_finding_is_turned_round_in_its_place_and_keeps_its_words():
    case = apply(mark(SEIZURE, Status.EXCLUDED), CASE)
    first = case.findings[0]
    assert (first.term_id, first.excluded, first.quote, first.start, first.onset) == (SEIZURE, True, "fits", 4, None)
    assert case.findings[1:] == CASE.findings[1:]


def test_a_relative_s_finding_becomes_the_patient_s_own_and_back():
    case = apply(mark(LENS, Status.PRESENT), CASE)
    assert (case.findings[-1].term_id, case.findings[-1].quote, case.family) == (LENS, "lens", ())
    assert apply(mark(LENS, Status.FAMILY), case) == CASE


def test_an_uncertain_finding_is_settled():
    case = apply(mark(SCOLIOSIS, Status.UNCERTAIN), CASE)
    assert statuses(case)[SCOLIOSIS] is Status.UNCERTAIN
    assert statuses(apply(mark(SCOLIOSIS, Status.PRESENT), case))[SCOLIOSIS] is Status.PRESENT


def test_a_finding_is_replaced_in_its_place_with_its_words_and_its_status():
    case = apply(Replace(term_id=DEAF, label="", by_id=SCOLIOSIS, by_label="Scoliosis"), CASE)
    assert statuses(case) == {SEIZURE: Status.PRESENT, SCOLIOSIS: Status.EXCLUDED, LENS: Status.FAMILY}
    merged = apply(Replace(term_id=SEIZURE, label="", by_id=LENS, by_label="Ectopia lentis"), CASE)
    assert [(f.term_id, f.quote) for f in merged.findings] == [(LENS, "fits"), (DEAF, "")]
    assert merged.family == ()


def test_an_answered_question_is_no_longer_open():
    case = apply(LeaveOpen(term_id=SCOLIOSIS, label="Scoliosis"), CASE)
    assert case.unknown == (SCOLIOSIS,)
    assert apply(LeaveOpen(term_id=SEIZURE, label="Seizure"), CASE) == CASE  # it is answered
    assert apply(mark(SCOLIOSIS, Status.EXCLUDED), case).unknown == ()


def test_age_and_sex():
    case = apply(SetSex(sex=None), apply(SetAge(age="P18M"), CASE))
    assert (case.person.age, case.person.years, case.person.sex) == ("P18M", 1.5, None)
    assert apply(SetAge(age=None), case).person == UNKNOWN


def test_a_message_joins_the_case():
    told = Finding(term_id=LENS, label="Ectopia lentis", excluded=True)
    aunt = (Finding(term_id=SCOLIOSIS, label="Scoliosis"), Finding(term_id=SEIZURE, label="Seizure"))
    case = apply(LeaveOpen(term_id=LENS, label=""), Case(findings=(FITS,))).plus([told], aunt, CASE.person)
    assert statuses(case) == {SEIZURE: Status.PRESENT, LENS: Status.EXCLUDED, SCOLIOSIS: Status.FAMILY}
    assert (case.unknown, case.person) == ((), CASE.person)


def test_what_relatives_have_and_what_they_do_not():
    statements = FakeAssistant().find_statements("Mother has scoliosis. Mother has scoliosis. No seizures.")
    assert [f.term_id for f in family_findings(statements)] == [SCOLIOSIS]


@given(st.lists(actions, max_size=12))
def test_a_term_is_in_the_case_at_most_once_whatever_is_done(done):
    case = CASE
    for action in done:
        case = apply(action, case)  # the constructor checks
        assert not {f.term_id for f in case.findings} & set(case.unknown)


@given(actions)
def test_doing_it_twice_is_doing_it_once(action):
    once = apply(action, CASE)
    assert apply(action, once) == once


@given(actions, actions)
def test_the_order_of_changes_to_different_things_does_not_matter(one, other):
    named = [{getattr(a, n, None) for n in ("term_id", "by_id")} - {None} or {type(a)} for a in (one, other)]
    if named[0] & named[1]:
        return
    ways = [apply(other, apply(one, CASE)), apply(one, apply(other, CASE))]
    assert statuses(ways[0]) == statuses(ways[1])
    assert set(ways[0].unknown) == set(ways[1].unknown)
    assert ways[0].person == ways[1].person


@given(actions)
def test_other_findings_stay_as_they_are(action):
    named = {getattr(action, n, None) for n in ("term_id", "by_id")}
    after = apply(action, CASE)
    for finding in CASE.findings:
        assert finding.term_id in named or finding in after.findings
    for finding in CASE.family:
        assert finding.term_id in named or finding in after.family


@example([LeaveOpen(term_id=SCOLIOSIS, label="x"), Mark(term_id=SCOLIOSIS, label="x", status=Status.FAMILY)])
@given(st.lists(actions, max_size=8))
def test_what_a_browser_keeps_gives_the_case_back_without_its_words(done):
    case = CASE.answering([DEAF])
    for action in done:
        case = apply(action, case)
    kept = json.loads(json.dumps(stored(case)))
    again = parse_stored(kept, ONTOLOGY)
    assert statuses(again) == statuses(case)
    assert list(statuses(again)) == list(statuses(case))
    assert [f.term_id for f in again.findings if f.asked] == [f.term_id for f in case.findings if f.asked]
    assert (again.unknown, again.person.age, again.person.sex) == (case.unknown, case.person.age, case.person.sex)
    assert "fits" not in json.dumps(kept)
    assert not any(f.quote for f in again.findings)


def test_a_grown_up_of_unknown_age_stays_one():
    kept = stored(Case(person=Demographics(years=18.0)))
    assert parse_stored(kept, ONTOLOGY).person == Demographics(years=18.0)


def test_an_action_is_held_against_the_ontology():
    assert parse_action({"kind": "mark", "id": "HP:0002279", "status": "excluded"}, ONTOLOGY) == mark(
        SEIZURE, Status.EXCLUDED
    )  # an older id
    assert parse_action({"kind": "sex", "value": ""}, ONTOLOGY) == SetSex(sex=None)
    assert parse_action({"kind": "age", "value": "P5M"}, ONTOLOGY) == SetAge(age="P5M")
    assert parse_action({"kind": "replace", "id": SEIZURE, "by": DEAF}, ONTOLOGY) == Replace(
        term_id=SEIZURE, label="Seizure", by_id=DEAF, by_label="Hearing impairment"
    )


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        ({"kind": "mark", "id": "HP:9999999", "status": "present"}, UnknownIdError, "HP:9999999 is not a term"),
        ({"kind": "mark", "id": "HP:0001423", "status": "present"}, UsageError, "not a phenotypic abnormality"),
        ({"kind": "mark", "id": SEIZURE, "status": "<b>"}, UsageError, "a finding is present, excluded"),
        ({"kind": "mark", "status": "present"}, UnknownIdError, "None is not a term"),
        ({"kind": "replace", "id": SEIZURE, "by": {"a": 1}}, UnknownIdError, "is not a term"),
        ({"kind": "age", "value": "P500Y"}, UsageError, "up to 120 years"),
        ({"kind": "age", "value": "P-1Y"}, UsageError, "an age is a whole number"),
        ({"kind": "sex", "value": "X"}, UsageError, "the sex is FEMALE or MALE"),
        ({"kind": "drop table"}, UsageError, "does not do: 'drop table'"),
        ({}, UsageError, "does not do: 'None'"),
    ],
)
def test_what_no_page_of_ours_sends_is_refused(data, error, says):
    with pytest.raises(error, match=says):
        parse_action(data, ONTOLOGY)


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"findings": "HP:0001250", "unknown": []},
        {"findings": [[SEIZURE]], "unknown": []},
        {"findings": [SEIZURE], "unknown": []},
        {"findings": [[SEIZURE, "present"]] * 201, "unknown": []},
        {"findings": [["HP:9999999", "present"]], "unknown": []},
        {"findings": [], "unknown": [], "age": "old"},
        {"findings": [], "unknown": [], "asked": 1},
    ],
)
def test_a_kept_case_that_cannot_be_ours_is_refused(kept):
    with pytest.raises((UsageError, UnknownIdError)):
        parse_stored(kept, ONTOLOGY)


def test_a_case_with_a_term_twice_cannot_be_made():
    with pytest.raises(ValueError, match="at most once"):
        Case(findings=(FITS,), family=(FITS,))
