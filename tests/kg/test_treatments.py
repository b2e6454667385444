"""Treatments of a disease: who says so, for whom not, and which tests would decide; over toy sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kg.build import SourceFiles, build_graph, bundled_sources, load_graph
from kg.catalogue import SOURCES
from kg.cautions import Caution, Weight
from kg.circumstances import Circumstance, CircumstanceTable, DrugGroup, Told
from kg.common_schema import CommonCondition, ConditionFact, FactKind, Seen, Sex, Urgency
from kg.conditions import parse_conditions
from kg.errors import UnknownIdError
from kg.graph import KnowledgeGraph
from kg.schema import Provenance
from kg.sources.common_conditions import CommonConditions, CommonFact
from kg.treatments import TreatmentKind, TreatmentKnowledge
from tests.toy import ALPHA, LARGE, RED_STRIPED, STRIPED, VERY_LARGE
from tests.toy_sources import every_source

PAGE = Provenance(source="own table", version="1", reference="https://example.org/zorbitis", licence="CC0-1.0")
ZORBITIS = CommonCondition(
    disease_id="DOID:3",
    name="Zorbitis",
    synonyms=("zorb ache",),
    system="zorb",
    general_practice=Seen.COMMON,
    emergency=Seen.RARE,
    specialised=Seen.COMMON,
    age_from=1,
    age_to=90,
    sex=Sex.ANY,
    urgency=Urgency.ROUTINE,
    references=(PAGE.reference,),
)


def fact(kind: FactKind, name: str) -> CommonFact:
    return CommonFact(fact=ConditionFact(disease_id="DOID:3", kind=kind, name=name, provenance=PAGE), locator="")


COMMON = CommonConditions(
    provenance=replace(PAGE, reference=""),
    conditions=(ZORBITIS,),
    findings=(),
    facts=(
        fact(FactKind.DRUG, "zorbicin"),
        fact(FactKind.DRUG, "wobblone"),
        fact(FactKind.PROCEDURE, "zorbectomy"),
        fact(FactKind.TEST, "zorbogram"),
    ),
)
TABLE = CircumstanceTable(
    [Circumstance(name="pregnancy")], [DrugGroup(name="zorbicin", names=("zorbicin",), members=("Zorbicin",))]
)
CAUTIONS = (
    Caution(
        treatment="zorbicin", when=parse_conditions("pregnancy"), weight=Weight.AVOID, reason="harms", provenance=PAGE
    ),
)


@pytest.fixture(scope="module")
def full_graph(toy_sources: SourceFiles, tmp_path_factory) -> KnowledgeGraph:
    folder: Path = tmp_path_factory.mktemp("sources")
    return build_graph(replace(toy_sources, further=every_source(folder)))


@pytest.fixture(scope="module")
def knowledge(full_graph: KnowledgeGraph) -> TreatmentKnowledge:
    return TreatmentKnowledge(full_graph, COMMON, CAUTIONS, TABLE)


def test_treatments_are_grouped_and_cited(knowledge: TreatmentKnowledge):
    review = knowledge.review(knowledge.find_disease("zorb ache"), Told())
    assert review.disease.disease_ids == ("DOID:3",)
    assert [(t.name, t.kind, {p.source for p in t.provenance}) for t in review.treatments] == [
        ("Zorbicin", TreatmentKind.DISEASE_MODIFYING, {"toy hetionet-edges", "own table"}),
        ("wobblone", TreatmentKind.DRUG, {"own table"}),
        ("zorbectomy", TreatmentKind.PROCEDURE, {"own table"}),
        ("Zorbicin", TreatmentKind.AGAINST, {"toy indications"}),
    ]
    assert [t.is_disputed for t in review.treatments if t.concept_id] == [True, True]
    assert [f.name for f in review.first_tests] == ["zorbogram"]
    assert review.has_treatment_sources


def test_a_caution_withholds_warns_or_asks(knowledge: TreatmentKnowledge):
    disease = knowledge.find_disease("DOID:3")
    pregnant = knowledge.review(disease, Told(said={"pregnancy": True}))
    assert {t.name for t in pregnant.treatments if t.is_withheld} == {"Zorbicin"}
    untold = knowledge.review(disease, Told())
    assert not any(t.is_withheld for t in untold.treatments)
    first = untold.treatments[0]
    assert [c.applies for c in first.cautions] == [None]
    assert first.warnings == ()
    wobblone = next(t for t in untold.treatments if t.name == "wobblone")
    assert wobblone.cautions == ()  # which is told as "no source", see tests/ui/test_care.py


def test_what_another_disease_of_the_patient_forbids_is_withheld(knowledge: TreatmentKnowledge):
    """MAxO: rest is contraindicated in the rare thing, and treats Alpha syndrome."""
    alpha = knowledge.find_disease(ALPHA)
    rest = next(t for t in knowledge.review(alpha, Told()).treatments if t.name == "rest")
    assert rest.kind is TreatmentKind.SYMPTOMATIC
    assert rest.term_ids == (VERY_LARGE,)
    assert not rest.is_withheld
    ill = knowledge.review(alpha, Told(diseases=frozenset({"rare thing"})))
    rest = next(t for t in ill.treatments if t.name == "rest")
    assert rest.is_withheld
    assert [r.provenance.reference for r in rest.contraindications] == ["PMID:8"]


def test_decisive_findings_are_those_not_told_with_their_tests(knowledge: TreatmentKnowledge):
    alpha = knowledge.find_disease(ALPHA)
    names = {d.association.term_id: [t.subject_id for t in d.tests] for d in knowledge.review(alpha, Told()).decisive}
    assert names[STRIPED] == ["MAXO:2", "MAXO:3"]
    assert VERY_LARGE in names
    told = knowledge.review(alpha, Told(present=frozenset({STRIPED})))
    assert STRIPED not in {d.association.term_id for d in told.decisive}


def test_what_an_exclusion_rules_out_is_not_decisive_and_what_it_leaves_open_is(knowledge: TreatmentKnowledge):
    def decisive(excluded: str) -> set[str]:
        review = knowledge.review(knowledge.find_disease(ALPHA), Told(excluded=frozenset({excluded})))
        return {d.association.term_id for d in review.decisive}

    assert VERY_LARGE not in decisive(LARGE)
    assert {VERY_LARGE, STRIPED} <= decisive(RED_STRIPED)


def test_without_further_sources_there_is_the_own_table(toy_graph: KnowledgeGraph):
    knowledge = TreatmentKnowledge(toy_graph, COMMON, CAUTIONS, TABLE)
    review = knowledge.review(knowledge.find_disease("Zorbitis"), Told(), ["flimex"])
    assert review.disease.disease_ids == ()
    assert [t.name for t in review.treatments] == ["zorbicin", "wobblone", "zorbectomy"]
    assert not review.has_treatment_sources
    assert review.unknown == ("flimex",)


def test_what_is_no_disease_is_refused(knowledge: TreatmentKnowledge):
    with pytest.raises(UnknownIdError, match="nothing in the graph has the id or name 'mumbles'"):
        knowledge.find_disease("mumbles")
    with pytest.raises(UnknownIdError, match="Striped zorb is no disease"):
        knowledge.find_disease("Striped zorb")


@pytest.mark.release
@pytest.mark.data
def test_real_sources_withhold_what_pages_speak_against():
    graph = load_graph(bundled_sources(further=SOURCES))
    knowledge = TreatmentKnowledge.load(graph)
    told = Told(years=70.0, sex="female", diseases=frozenset({"kidney disease"}))
    review = knowledge.review(knowledge.find_disease("rheumatoid arthritis"), told)
    of_name = {t.name: t for t in review.treatments}
    assert of_name["Naproxen"].is_withheld
    assert of_name["Naproxen"].kind is TreatmentKind.SYMPTOMATIC
    assert {p.source.split(":")[0] for p in of_name["Methotrexate"].provenance} >= {"PharmacotherapyDB"}
    assert not of_name["Leflunomide"].cautions
    assert {t.kind for t in review.treatments} >= {TreatmentKind.DISEASE_MODIFYING, TreatmentKind.AGAINST}
    assert any(d.tests for d in review.decisive)
    assert review.pages
