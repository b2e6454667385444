"""Records of the answer: what follows from the evidence, and which evidence says so."""

from __future__ import annotations

from dataclasses import dataclass, field

from kg.common_schema import Setting
from kg.families import are_types_of_one
from kg.schema import Finding
from llm.chat.protocol import Rung
from retrieval.candidates import Ranker
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.schema import Candidate, Evidence, UrgentCondition

OF_WORDS = "No finding was recognised; the words of the story were weighed."
"""Said of an answer without findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement about one disease, resting on evidence."""

    text: str
    supports: bool
    """False where the statement speaks against the disease."""
    evidence_ids: tuple[str, ...]
    disease_id: str
    """The disease that the claim is about (any of its equivalent ids); empty in a removed claim about none of them."""
    term_id: str | None = None
    """The patient's finding that the claim is about; None for a claim about a whole case."""
    by_model: bool = False
    """The words are a language model's, so grounding checks them too; else the program worded them from evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedClaim:
    """A claim that grounding took out, and why."""

    claim: Claim
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One line of the differential."""

    disease_id: str
    name: str
    rank: int
    probability: float
    """0..1; the probabilities of a differential sum to at most 1, the rest is "none of these"."""
    claims: tuple[Claim, ...]
    equivalent_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"a probability is in 0..1, got {self.probability}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Types:
    """Types of one disease in a differential ("Noonan syndrome 1", "4"), by name."""

    diagnoses: tuple[Diagnosis, ...]
    """Two or more, in their order."""

    @property
    def probability(self) -> float:
        """Of any of them."""
        return sum(d.probability for d in self.diagnoses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A finding worth asking about next."""

    term_id: str
    text: str
    gain: float
    """Expected information gain of its answer over the shown diagnoses, in bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A finding that a language model wants to know of; it chose the finding, the program words the question."""

    term_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commentary:
    """What a language model added to the reader's answer, or why it added nothing."""

    model: str
    """Name and version."""
    rung: Rung
    """How the answer was held to its schema; ``Rung.READER``: nothing of it is shown."""
    summary: str = ""
    """The model's prose; once grounded, every sentence cites evidence as ``[E3]`` and says what that says."""
    questions: tuple[OpenQuestion, ...] = ()
    notes: tuple[str, ...] = ()
    """What the user should know of how this came about, in the program's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differential:
    """The whole answer."""

    findings: tuple[Finding, ...]
    diagnoses: tuple[Diagnosis, ...]
    evidence: tuple[Evidence, ...]
    abstained: str | None = None
    """Why there is no diagnosis, in words for the user; None where there is one."""
    removed_claims: tuple[RemovedClaim, ...] = ()
    questions: tuple[Question, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    """What the reader chose from, for pictures; not part of the JSON."""
    commentary: Commentary | None = None
    """A language model's part; None where none was asked."""
    person: Demographics = UNKNOWN
    """The patient's age and sex, as far as they were said."""
    setting: Setting = Setting.GENETICS_CLINIC
    """Where the patient is seen, which the probabilities depend on."""
    urgent: tuple[UrgentCondition, ...] = ()
    """What must not be missed, emergencies first; of every setting but the genetics clinic."""
    ranker: Ranker | None = field(default=None, compare=False, repr=False)
    """What ranked it by the story's words too, for questions about it; None: the setting's own."""
    versions: dict[str, str] = field(default_factory=dict)
    """What made this answer: graph release, embedder, case library, reader, citedx."""

    def __post_init__(self) -> None:
        total = sum(d.probability for d in self.diagnoses)
        if total > 1.0 + 1e-6:
            raise ValueError(f"probabilities sum to {total}, more than 1")

    def types_led_by(self, diagnosis: Diagnosis) -> Types | None:
        """The listed types of one disease (``kg.families``), if this is the likeliest of them.

        Findings seldom tell Noonan syndrome 1 from 4, so that types share what the disease as a whole is given. None
        where there is no other type, or a likelier one.
        """
        alike = tuple(d for d in self.diagnoses if are_types_of_one(d.name, diagnosis.name))
        return Types(diagnoses=alike) if len(alike) > 1 and alike[0].rank == diagnosis.rank else None
