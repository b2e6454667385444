"""Treatments and risk as a user and a program see them."""

from __future__ import annotations

import json
import sys

import pytest

from kg.errors import UsageError
from kg.graph import KnowledgeGraph
from tests.ui.toy_assistant import build_toy_assistant
from ui.care import MORE_SOURCES
from ui.cli import main
from ui.statements import NO_SOURCE
from ui.tools import Tools


@pytest.fixture(scope="module")
def tools(toy_graph: KnowledgeGraph) -> Tools:
    assistant = build_toy_assistant(toy_graph, cases=False)
    return Tools(lambda: assistant)


def test_treatments_for_programs(tools: Tools):
    told = tools.treatments("antiphospholipid syndrome", sex="FEMALE", age="30", also="pregnancy,zorbicin")
    assert told["disease"]["common_condition"] == "DOID:2988"
    assert told["unchecked"] == ["zorbicin"]
    assert told["note"] == MORE_SOURCES
    by_name = {t["name"]: t for t in told["treatments"]}
    warfarin = by_name["warfarin"]
    assert warfarin["withheld"]
    assert [(c["says"], c["when"], c["applies"]) for c in warfarin["cautions"]] == [("avoid", "pregnancy", True)]
    assert warfarin["cautions"][0]["citations"][0]["url"].startswith("http")
    assert all(t["citations"] for t in told["treatments"])
    for treatment in told["treatments"]:
        assert (treatment["caution_note"] == NO_SOURCE) == (treatment["cautions"] == [])


def test_untold_is_null_and_of_a_group_only_a_part_is_avoided(tools: Tools):
    told = tools.treatments("gout", also="ulcerative colitis")
    nsaids = next(t for t in told["treatments"] if t["name"] == "NSAIDs")
    colitis = next(c for c in nsaids["cautions"] if c["when"] == "ulcerative colitis")
    assert (colitis["about"], colitis["applies"]) == ("ibuprofen, naproxen or aspirin", True)
    assert not nsaids["withheld"]
    assert {c["applies"] for c in nsaids["cautions"] if c["when"] == "pregnancy"} == {None}


def test_risk_for_programs(tools: Tools):
    told = tools.risk(
        story="A 72-year-old woman smokes. BP 88/54 mmHg, RR 32/min. A striped zorb.",
        values="urea=9.2,confusion=no",
        scores="curb-65,framingham-2008",
        k=2,
    )
    curb, framingham = told["scores"]
    assert (curb["points"], curb["complete"], curb["bands"][0]["risk_percent"]) == ([4.0, 4.0], True, 41.5)
    assert curb["citations"] == [
        {
            "text": "Lim et al., Thorax 2003: derivation set of 718 patients",
            "id": "PMID:12728155",
            "doi": "10.1136/thorax.58.5.377",
        }
    ]
    assert {"name": "urea", "value": 9.2, "from": "given"} in curb["inputs"]
    assert framingham["risk_percent"] is None
    assert {m["name"] for m in framingham["missing"]} >= {"hdl", "total_cholesterol", "diabetes"}
    assert len(told["risk_factors"]) == 2 < told["n_diseases"]
    assert {"name": "smoking", "value": True, "quote": "smokes"} in told["patient"]["circumstances"]
    json.dumps(told)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"values": "urea"}, "a value of a score is NAME=VALUE, such as urea=9.2; got 'urea'"),
        ({"values": "urea=900"}, "urea (serum urea) is 0.3 to 100 mmol/L"),
        ({"scores": "apache"}, "'apache' is none of the scores"),
        ({"story": "A striped zorb.", "hpo": "HP:9000012"}, "as a story or as hpo ids, got both"),
        ({"k": 0}, "k is a whole number from 1 to 200, got 0"),
    ],
)
def test_wrong_use_is_one_line(tools: Tools, arguments, says):
    with pytest.raises(UsageError) as caught:
        tools.risk(**arguments)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.release
@pytest.mark.parametrize(
    ("arguments", "code", "shown"),
    [
        (
            ("treat", "gout", "--with", "kidney disease", "--with", "zorbicin"),
            0,
            (
                "Not for this patient",
                "avoid  kidney disease: can harm the kidneys  http://nihseniorhealth.gov/kidneydisease/toc.html",
                f"{NO_SOURCE}: colchicine; allopurinol",
                "so not checked: zorbicin",
                "--sources all",
            ),
        ),
        (
            (
                "risk",
                "A 70-year-old man with atrial fibrillation and diabetes.",
                "--set",
                "thromboembolism=no",
                "-k",
                "1",
            ),
            0,
            ("2 to 5 points, by what is known", "ask  --set hypertension=...", "PMID:19762550"),
        ),
        (("risk", "A 70-year-old man with kidney disease."), 0, ("male, 70 years; kidney disease\n",)),
        (
            ("risk", "A 30-year-old woman without asthma.", "--not-pregnant"),
            0,
            ("female, 30 years; not pregnant; no asthma\n",),
        ),
        (("risk", "--list"), 0, ("framingham-2008", "PMID:18212285")),
    ],
)
def test_the_command_line(monkeypatch, capsys, arguments, code, shown):
    monkeypatch.setattr(sys, "argv", ["citedx", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    assert int(ended.value.code or 0) == code, printed.err
    assert [s for s in shown if s not in printed.out] == []


@pytest.mark.release
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("treat", "mumbles"), "nothing in the graph has the id or name 'mumbles'"),
        (("risk",), "nothing is told of the patient: give TEXT, --case, --with, --age, --sex, --score or --set\n"),
        (("risk", "--set", "urea=9.2", "--set", "urea=2"), "urea is given twice: 9.2 and 2\n"),
    ],
)
def test_the_command_line_refuses_what_it_cannot_use(monkeypatch, capsys, arguments, says):
    monkeypatch.setattr(sys, "argv", ["citedx", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
