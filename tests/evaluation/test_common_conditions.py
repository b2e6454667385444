"""The facts on common conditions against their sources, and how well they tell the conditions apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from evaluation.cited_sources import CitedSources, Page, SourceCheck, load_cited_sources
from evaluation.common_conditions import SimulatedRanks, build_table_model, simulate
from kg.common_schema import CommonCondition, ConditionFact, FactKind, Seen, Sex, Urgency
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel
from kg.schema import Association, Finding, Frequency, Predicate, Provenance
from kg.sources.common_conditions import CommonConditions, CommonFact, CommonFinding, load_common_conditions
from kg.sources.hpoa import FREQUENCY_TERMS
from retrieval.findings import find_findings
from retrieval.lexicon import build_lexicon, load_lexicon
from tests.toy import BETA, BRITTLE, LARGE, STRIPED, VERY_LARGE, WOBBLING, patient

PAGE, OTHER_PAGE, WEB_PAGE = (f"https://example.org/{name}" for name in ("zorb-flu", "other", "read-elsewhere"))
SOURCE = Provenance(source="toy facts", version="1", reference="", licence="CC0-1.0")
OBLIGATE, OFTEN, SELDOM, NEVER = (FREQUENCY_TERMS[f"HP:004028{n}"] for n in "0135")
SOURCES = CitedSources(
    pages={
        PAGE: Page(title="Zorb flu", text="Symptoms of zorb flu are - very large zorb.\nNo wobbling flim. Take  rest."),
        OTHER_PAGE: Page(title="Flim", text="A very large zorb."),
        "DOID:1": Page(title="zorb flu", text="A zorb disease that has brittle flim."),
    },
    labels={"DOID:1": "zorb flu"},
    edges=frozenset({("DDXPLUS:zorb-flu", "DDXPLUS:E_1"), ("DDXPLUS:zorb-flu", "DDXPLUS:E_2")}),
    symptom_terms={"DDXPLUS:E_1": VERY_LARGE},
    not_at_hand=frozenset({WEB_PAGE}),
)


def condition(disease_id: str, name: str, *references: str) -> CommonCondition:
    return CommonCondition(
        disease_id=disease_id,
        name=name,
        system="zorbs",
        general_practice=Seen.COMMON,
        emergency=Seen.RARE,
        specialised=Seen.RARE,
        age_from=0,
        age_to=90,
        sex=Sex.ANY,
        urgency=Urgency.ROUTINE,
        references=references,
    )


def finding(
    disease_id: str, term_id: str, reference: str = PAGE, locator: str = "", frequency: Frequency = OFTEN
) -> CommonFinding:
    statement = Association(
        disease_id=disease_id,
        predicate=Predicate.PHENOTYPE,
        term_id=term_id,
        excluded=frequency is NEVER,
        frequency=frequency,
        provenance=(replace(SOURCE, reference=reference),),
    )
    return CommonFinding(association=statement, label=term_id, is_red_flag=False, locator=locator)


def treatment(name: str, reference: str = PAGE, locator: str = "") -> CommonFact:
    provenance = replace(SOURCE, reference=reference)
    fact = ConditionFact(disease_id="DOID:1", kind=FactKind.NON_DRUG, name=name, provenance=provenance)
    return CommonFact(fact=fact, locator=locator)


def table_of(
    *rows: CommonFinding | CommonFact,
    conditions: tuple[CommonCondition, ...] = (condition("DOID:1", "Zorb flu", PAGE),),
) -> CommonConditions:
    return CommonConditions(
        provenance=SOURCE,
        conditions=conditions,
        findings=tuple(row for row in rows if isinstance(row, CommonFinding)),
        facts=tuple(row for row in rows if isinstance(row, CommonFact)),
    )


def rank_in_table(model: LikelihoodModel, findings: Sequence[Finding]) -> list[str]:
    """Ids of the conditions, likeliest first, by the findings alone."""
    scores = model.log_lrs(findings).sum(axis=0)
    return [model.groups[i][0] for i in np.argsort(-scores, kind="stable")]


@pytest.fixture(scope="module")
def check(toy_graph: KnowledgeGraph) -> SourceCheck:
    return SourceCheck(SOURCES, toy_graph, build_lexicon(toy_graph))


@pytest.mark.parametrize(
    "row",
    [
        finding("DOID:1", VERY_LARGE),
        finding("DOID:1", LARGE),  # the page has a more specific finding
        finding("DOID:1", WOBBLING, frequency=NEVER),
        finding("DOID:1", STRIPED, locator="take rest"),  # its words, whatever the spaces between them
        finding("DOID:1", BRITTLE, "DOID:1"),
        finding("DOID:1", LARGE, "DDXPLUS:zorb-flu", "DDXPLUS:E_1"),
        finding("DOID:1", BRITTLE, BETA, BRITTLE),  # an annotation of the release
        treatment("rest"),
        treatment("lying down", locator="rest"),
        treatment("cold", "DDXPLUS:zorb-flu", "DDXPLUS:E_2"),
        finding("DOID:1", STRIPED, WEB_PAGE, "stripes"),
        treatment("rest", WEB_PAGE, "stay in bed"),
    ],
)
def test_what_a_source_says(check: SourceCheck, row: CommonFinding | CommonFact):
    assert check.find_unsupported(table_of(row)) == ()


@pytest.mark.parametrize(
    "row",
    [
        finding("DOID:1", STRIPED),
        finding("DOID:1", VERY_LARGE, "DDXPLUS:zorb-flu", "DDXPLUS:E_2"),  # the symptom is no finding
        finding("DOID:1", BRITTLE, "DDXPLUS:zorb-flu", "DDXPLUS:E_1"),  # the symptom is another finding
        finding("DOID:1", WOBBLING),  # which the page denies
        finding("DOID:1", VERY_LARGE, frequency=NEVER),
        finding("DOID:1", STRIPED, locator="zorb fl"),  # no whole words
        finding("DOID:1", WOBBLING, BETA, WOBBLING),
        finding("DOID:1", VERY_LARGE, "https://example.org/nowhere"),
        treatment("res"),
        treatment("rest", "DOID:1"),
        finding("DOID:1", STRIPED, WEB_PAGE),  # nothing says where
        treatment("rest", WEB_PAGE),
    ],
)
def test_what_a_source_does_not_say(check: SourceCheck, row: CommonFinding | CommonFact):
    (said,) = check.find_unsupported(table_of(row))
    assert "does not say" in said
    assert said.endswith("of Zorb flu")


def test_a_page_has_to_name_the_condition(check: SourceCheck):
    flu = condition("DOID:1", "Zorb flu", PAGE, OTHER_PAGE, WEB_PAGE, "DOID:1", "DDXPLUS:zorb-flu")
    table = table_of(finding("DOID:1", VERY_LARGE), conditions=(flu,))
    assert check.find_unsupported(table) == (f"{OTHER_PAGE} does not name Zorb flu",)
    named = replace(flu, synonyms=("flim",))
    assert check.find_unsupported(replace(table, conditions=(named,))) == ()


def test_simulated_patients_by_hand(toy_graph: KnowledgeGraph):
    flu, cold = condition("DOID:1", "Zorb flu", PAGE), condition("DOID:2", "Flim cold", PAGE)
    table = table_of(
        finding("DOID:1", LARGE),
        finding("DOID:1", STRIPED),
        finding("DOID:2", BRITTLE),
        finding("DOID:2", WOBBLING, frequency=SELDOM),
        conditions=(flu, cold),
    )
    ranks = simulate(table, toy_graph.ontology, n_patients=30)
    assert ranks.ranks == {"DOID:1": (1,) * 30, "DOID:2": (1,) * 30}  # they share nothing
    assert ranks.share_within(1) == 1.0
    twins = table_of(finding("DOID:1", LARGE), finding("DOID:2", LARGE), conditions=(flu, cold))
    assert simulate(twins, toy_graph.ontology, 5).ranks["DOID:2"] == (2,) * 5  # a tie is no success
    model = build_table_model(table, toy_graph.ontology)
    assert rank_in_table(model, patient(BRITTLE)) == ["DOID:2", "DOID:1"]


def test_what_every_patient_has_is_not_drawn(toy_graph: KnowledgeGraph):
    row = finding("DOID:1", LARGE, frequency=OBLIGATE)
    assert simulate(table_of(row), toy_graph.ontology, 5).ranks == {}


def test_shares():
    ranks = SimulatedRanks(ranks={"DOID:1": (1, 2, 7, 1), "DOID:2": (6, 6)})
    assert (ranks.share_within(1), ranks.share_within(5)) == (2 / 6, 3 / 6)
    assert ranks.share_within(5, "DOID:1") == 3 / 4


@pytest.mark.release
@pytest.mark.data
def test_every_row_of_the_bundled_table_is_in_its_source(release_graph: KnowledgeGraph):
    bundled = SourceCheck(load_cited_sources(), release_graph, load_lexicon(release_graph))
    assert bundled.find_unsupported(load_common_conditions()) == ()


@pytest.mark.release
def test_the_bundled_table_tells_its_conditions_apart(release_graph: KnowledgeGraph):
    ranks = simulate(load_common_conditions(), release_graph.ontology, n_patients=10)
    assert ranks.share_within(1) > 0.75
    assert ranks.share_within(5) > 0.91  # 0.93 while half as many conditions competed


EMERGENCIES = {
    "Myocardial infarction": (
        "A 62-year-old man has had crushing chest pain for an hour that spreads to his left arm and jaw. He "
        "is short of breath, nauseated and in a cold sweat. He smokes and has high blood pressure."
    ),
    "Acute appendicitis": (
        "A 17-year-old boy has had abdominal pain since last night that began around the navel and has moved "
        "to the lower right side. He has lost his appetite, vomited twice and has a fever."
    ),
    "Pneumonia": (
        "A 70-year-old woman has had fever with shaking chills and a cough with yellow phlegm for three days. "
        "She is short of breath, and it hurts to breathe in. There are crackles over the right lung."
    ),
    "Pulmonary embolism": (
        "A 45-year-old woman suddenly became short of breath with chest pain that is worse on breathing in "
        "ten days after a hip operation. She coughed up blood, her pulse is racing, and one calf is swollen "
        "and painful.."
    ),
    "Ischemic stroke": (
        "A 74-year-old man suddenly could not move his right arm and leg. The right side of his face droops, "
        "his speech is slurred and he cannot find words. He has atrial fibrillation."
    ),
    "Bacterial meningitis": (
        "A 20-year-old student has had a severe headache and high fever since the morning. Her neck is stiff, "
        "light hurts her eyes, she vomits, and now she is drowsy and confused."
    ),
    "Diabetic ketoacidosis": (
        "A 14-year-old girl has been very thirsty and passing a lot of urine for two weeks and has lost "
        "weight. Today she vomits, has abdominal pain, breathes fast and deeply and is lethargic. Her blood "
        "sugar is very high, with ketones in the urine; she is dehydrated."
    ),
    "Ectopic pregnancy": (
        "A 27-year-old woman whose period is late has had lower abdominal pain on the left since this "
        "morning, with vaginal bleeding. She feels dizzy and faint and has pain in the tip of the shoulder."
    ),
    "Asthma": (
        "A 9-year-old boy has been wheezing since a cold two days ago. He is short of breath, coughs at night "
        "and says that his chest feels tight. He has hay fever and eczema."
    ),
    "Sepsis": (
        "An 81-year-old man in a nursing home has had fever and chills since yesterday. He is confused, "
        "breathes fast, his heart races and his blood pressure is low. He has passed hardly any urine."
    ),
}
"""Written from general knowledge for this test; nothing in the table was chosen by them."""


@pytest.mark.release
def test_textbook_emergencies_reach_the_first_three_with_a_red_flag(release_graph: KnowledgeGraph):
    table, lexicon = load_common_conditions(), load_lexicon(release_graph)
    model = build_table_model(table, release_graph.ontology)
    ids = {c.name: c.disease_id for c in table.conditions}
    for name, story in EMERGENCIES.items():
        findings = find_findings(story, lexicon)
        assert ids[name] in rank_in_table(model, findings)[:3], name
        flags = {f.association.term_id for f in table.red_flags_of(ids[name])}
        present = {a for f in findings if not f.excluded for a in release_graph.ontology.ancestors(f.term_id)}
        assert flags & present, name
