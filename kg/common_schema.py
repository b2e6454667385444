"""Records of common conditions: where patients are seen, how often and how urgently, and what else is known of one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kg.curie import is_curie
from kg.schema import Provenance


class Setting(StrEnum):
    """Where the patient is seen: it decides what is likely before anything is found."""

    GENERAL_PRACTICE = "general-practice"
    EMERGENCY = "emergency"
    GENETICS_CLINIC = "genetics-clinic"  # who is sent there has a rare disease, known or not


class Seen(StrEnum):
    """How often a condition is why somebody comes, in one setting."""

    VERY_COMMON = "very common"  # at least 1 in 100 visits
    COMMON = "common"  # 1 in 1,000 to 1 in 100
    UNCOMMON = "uncommon"  # 1 in 10,000 to 1 in 1,000
    RARE = "rare"  # less often
    NOT_SEEN = "not seen"  # is not where people go with it, or cannot have it


class Sex(StrEnum):
    """Whom a condition befalls."""

    ANY = "any"
    MOSTLY_FEMALE = "mostly female"  # at least about three in five
    FEMALE = "female"
    MOSTLY_MALE = "mostly male"
    MALE = "male"


class Urgency(StrEnum):
    """How soon somebody with a condition has to be seen."""

    EMERGENCY = "emergency"  # at once
    URGENT = "urgent"  # within a day or two
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCondition:
    """A reason for which people see a general practitioner or an emergency department."""

    disease_id: str
    name: str
    synonyms: tuple[str, ...] = ()
    system: str
    """Part of the body or of medicine, for those who read the table."""
    general_practice: Seen
    emergency: Seen
    specialised: Seen
    """In the clinic of the specialty that treats it."""
    age_from: float
    """Years; most patients are between the two ages."""
    age_to: float
    sex: Sex
    urgency: Urgency
    references: tuple[str, ...]
    """Pages and entries that tell of the condition."""

    def seen_in(self, setting: Setting) -> Seen:
        """How often it is why somebody comes."""
        return {
            Setting.GENERAL_PRACTICE: self.general_practice,
            Setting.EMERGENCY: self.emergency,
            Setting.GENETICS_CLINIC: self.specialised,
        }[setting]

    def __post_init__(self) -> None:
        if not is_curie(self.disease_id):
            raise ValueError(f"expected a disease id such as DOID:552, got {self.disease_id!r}")
        if not 0 <= self.age_from < self.age_to <= 120:
            raise ValueError(f"expected ages 0 <= from < to <= 120, got {self.age_from} to {self.age_to}")
        if not self.references:
            raise ValueError(f"{self.disease_id} names no page or entry")


class FactKind(StrEnum):
    """What else than a finding belongs to a condition."""

    RISK_FACTOR = "risk factor"
    TEST = "test"
    DRUG = "drug"
    PROCEDURE = "procedure"
    NON_DRUG = "non-drug"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionFact:
    """A risk factor, a first test or a first-line treatment of a condition; never a dose."""

    disease_id: str
    kind: FactKind
    name: str
    term_id: str | None = None
    """The risk factor as an HPO term, where it is one."""
    provenance: Provenance
