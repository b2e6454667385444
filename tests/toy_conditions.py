"""Two common conditions for the toy graph: Zorb flu, which is routine, and Zorb storm, an emergency of women."""

from __future__ import annotations

from dataclasses import replace

from kg.common_schema import CommonCondition, ConditionFact, FactKind, Seen, Sex, Urgency
from kg.schema import Association, Frequency, Predicate, Provenance
from kg.sources.common_conditions import CommonConditions, CommonFact, CommonFinding
from kg.sources.hpoa import FREQUENCY_TERMS
from tests.toy import BRITTLE, LARGE, STRIPED, WOBBLING

FLU, STORM = "DOID:7", "DOID:8"
PAGE = Provenance(source="toy facts", version="1", reference="https://example.org/storm", licence="CC0-1.0")
OFTEN, SELDOM, ALWAYS = (FREQUENCY_TERMS[f"HP:004028{n}"] for n in "130")


def condition(disease_id: str, name: str, urgency: Urgency, emergency: Seen) -> CommonCondition:
    return CommonCondition(
        disease_id=disease_id,
        name=name,
        system="zorbs",
        general_practice=Seen.COMMON,
        emergency=emergency,
        specialised=Seen.RARE,
        age_from=0,
        age_to=100,
        sex=Sex.FEMALE if disease_id == STORM else Sex.ANY,
        urgency=urgency,
        references=(PAGE.reference,),
    )


def stated(disease_id: str, term_id: str, frequency: Frequency, *, is_red_flag: bool = False) -> CommonFinding:
    association = Association(
        disease_id=disease_id,
        predicate=Predicate.PHENOTYPE,
        term_id=term_id,
        frequency=frequency,
        provenance=(PAGE,),
    )
    return CommonFinding(association=association, label=f"label of {term_id}", is_red_flag=is_red_flag, locator="")


TABLE = CommonConditions(
    provenance=replace(PAGE, reference=""),
    conditions=(
        condition(FLU, "Zorb flu", Urgency.ROUTINE, Seen.VERY_COMMON),
        condition(STORM, "Zorb storm", Urgency.EMERGENCY, Seen.COMMON),
    ),
    findings=(
        stated(FLU, LARGE, OFTEN, is_red_flag=True),
        stated(FLU, STRIPED, OFTEN),
        stated(STORM, LARGE, OFTEN, is_red_flag=True),
        stated(STORM, WOBBLING, SELDOM, is_red_flag=True),
        stated(STORM, STRIPED, OFTEN, is_red_flag=True),
        stated(STORM, BRITTLE, ALWAYS, is_red_flag=True),
    ),
    facts=(),
)


def with_risk(table: CommonConditions) -> CommonConditions:
    """The table with three risk factors of Zorb flu: brittle flims, smoking and relatives with it."""
    facts = (
        ConditionFact(disease_id=FLU, kind=FactKind.RISK_FACTOR, name=name, term_id=term_id, provenance=PAGE)
        for name, term_id in (("brittle flims", BRITTLE), ("smoking", None), ("family history", None))
    )
    return replace(table, facts=tuple(CommonFact(fact=fact, locator="") for fact in facts))
