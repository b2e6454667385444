"""For whom treatments are not: three answers, groups and their parts, and whether the cited pages say so."""

from __future__ import annotations

import gzip
import re

import pytest

from kg.cautions import Caution, Weight, check_cautions
from kg.circumstances import Circumstance, CircumstanceTable, DrugGroup, Told
from kg.common_schema import FactKind
from kg.conditions import parse_conditions
from kg.datasets import data_folder
from kg.errors import SourceError
from kg.graph import KnowledgeGraph
from kg.schema import Provenance
from kg.sources.circumstances import load_cautions, load_circumstances, require_known
from kg.sources.common_conditions import load_common_conditions
from kg.sources.medquad import load_documents
from kg.symptom_mapping import load_symptom_table
from tests.toy import BRITTLE, FLIM, LARGE, VERY_LARGE

PAGE = Provenance(source="toy", version="1", reference="https://example.org/zorb", licence="CC0-1.0")
TABLE = CircumstanceTable(
    [
        Circumstance(name="pregnancy", wordings=("pregnant",)),
        Circumstance(name="big zorb", term_ids=(LARGE,), factors=("size", "X:1")),
        Circumstance(name="frail flim", term_ids=(BRITTLE,), diseases=("flim disease",)),
        Circumstance(name="takes a painkiller", drugs=("painkillers",)),
    ],
    [
        DrugGroup(name="painkillers", names=("painkiller",), members=("Flimol", "Zorbicin")),
        DrugGroup(name="flimol", names=("flimol",), members=("Flimol",)),
    ],
)


def caution(treatment: str, when: str, weight: Weight = Weight.AVOID) -> Caution:
    return Caution(treatment=treatment, when=parse_conditions(when), weight=weight, reason="harms", provenance=PAGE)


def test_what_is_known_of_a_patient(toy_graph: KnowledgeGraph):
    told = Told(
        years=30.0,
        sex="female",
        present=frozenset({VERY_LARGE}),
        excluded=frozenset({BRITTLE}),
        drugs=frozenset({"zorbicin"}),
    )
    assert TABLE.values(told, toy_graph.ontology) == {
        "age": 30.0,
        "sex": "female",
        "takes painkillers": True,
        "big zorb": True,  # by a more specific finding
        "frail flim": False,
        "takes a painkiller": True,
    }


def test_a_factor_of_the_shipped_circumstances_is_one_that_a_source_names_and_of_one_circumstance():
    asked = {i.casefold() for i in load_symptom_table() if i.startswith("DDXPLUS:")}
    named = {f.fact.name.casefold() for f in load_common_conditions().facts if f.fact.kind is FactKind.RISK_FACTOR}
    factors = [f.casefold() for c in load_circumstances().circumstances.values() for f in c.factors]
    assert [f for f in factors if f not in asked | named] == []
    assert sorted(factors) == sorted(set(factors))


def test_a_more_general_exclusion_denies_no_circumstance(toy_graph: KnowledgeGraph):
    """A normal blood pressure excludes an increased one, and no hypertension that is treated."""
    assert TABLE.values(Told(excluded=frozenset({FLIM})), toy_graph.ontology) == {}


@pytest.mark.parametrize(
    ("told", "pregnant"),
    [
        (Told(), None),
        (Told(sex="male"), False),
        (Told(years=70.0, sex="female"), False),
        (Told(years=5.0), False),
        (Told(years=30.0, sex="female"), None),  # silence is not "no"
        (Told(said={"pregnancy": True}), True),
    ],
)
def test_pregnancy_is_never_assumed_away(toy_graph: KnowledgeGraph, told: Told, pregnant: bool | None):
    assert TABLE.values(told, toy_graph.ontology).get("pregnancy") is pregnant


def test_a_disease_tells_a_circumstance_whatever_the_order_of_its_words(toy_graph: KnowledgeGraph):
    told = Told(diseases=frozenset({"Disease, flim"}))
    assert TABLE.values(told, toy_graph.ontology) == {"frail flim": True}


def test_cautions_apply_may_apply_or_do_not():
    cautions = [caution("flimol", "age < 18"), caution("flimol", "pregnancy"), caution("painkillers", "big zorb")]
    checked = check_cautions("Flimol", cautions, {"age": 30.0, "big zorb": True}, TABLE)
    assert [(str(c.caution.when[0]), c.applies) for c in checked] == [
        ("big zorb", True),
        ("pregnancy", None),
        ("age < 18", False),
    ]
    assert check_cautions("Wobblone", cautions, {}, TABLE) == ()


def test_what_is_said_of_one_member_holds_of_part_of_the_group():
    (checked,) = check_cautions("painkiller", [caution("flimol", "pregnancy")], {"pregnancy": True}, TABLE)
    assert checked.applies
    assert checked.is_of_part
    assert check_cautions("Zorbicin", [caution("flimol", "pregnancy")], {}, TABLE) == ()


def test_a_caution_about_something_unknown_is_refused():
    require_known([caution("flimol", "takes painkillers and age < 3")], TABLE)
    with pytest.raises(SourceError, match="the caution about flimol names mood"):
        require_known([caution("flimol", "mood")], TABLE)


def test_the_bundled_tables_fit_together():
    table, cautions = load_circumstances(), load_cautions()
    require_known(cautions, table)
    assert len(cautions) == len({(c.treatment, c.when, c.provenance.reference) for c in cautions})
    assert all(len(c.locator.split()) <= 6 for c in cautions)
    assert [c.name for c in table.circumstances.values() if set(c.drugs) - set(table.groups)] == []


@pytest.mark.release
def test_the_terms_of_the_circumstances_are_current(release_graph: KnowledgeGraph):
    named = [t for c in load_circumstances().circumstances.values() for t in c.term_ids]
    assert [t for t in named if t not in release_graph.ontology.terms] == []


@pytest.mark.data
def test_the_cited_pages_have_the_words():
    texts: dict[str, str] = {}
    for document in load_documents(data_folder() / "text" / "medquad.jsonl.xz"):
        texts[document.url] = texts.get(document.url, "") + " ".join(answer for _, answer in document.answers).lower()
    missing = [
        (c.treatment, c.provenance.reference)
        for c in load_cautions()
        if not re.search(
            rf"(?<!\w){re.escape(c.locator.lower())}(?!\w)", re.sub(r"\s+", " ", texts.get(c.provenance.reference, ""))
        )
    ]
    assert missing == []


@pytest.mark.data
def test_members_of_hetionets_classes_are_members():
    folder = data_folder() / "hetionet"
    with gzip.open(folder / "nodes.tsv.gz", "rt", encoding="utf-8") as lines:
        names = dict(line.split("\t")[:2] for line in lines)
    members: dict[str, set[str]] = {}
    with gzip.open(folder / "edges-5k.sif.gz", "rt", encoding="utf-8") as lines:
        for start, kind, end in (line.rstrip("\n").split("\t") for line in lines):
            if kind == "PCiC":
                members.setdefault(names[start], set()).add(names[end])
    for group in load_circumstances().groups.values():
        for name in group.hetionet_classes:
            assert members[name] <= set(group.members), (group.name, name)
