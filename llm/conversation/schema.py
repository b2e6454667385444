"""Records of the conversation: what is asked, and the answer with the evidence that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kg.phrases import phrase
from kg.schema import Finding
from kg.translations import Language
from llm.chat.protocol import Rung
from llm.schema import RemovedClaim
from retrieval.schema import Evidence

NOT_IN_SOURCES = phrase("Not in the sources.")
CAN_BE_ASKED = {
    Language.ENGLISH: (
        "What can be asked: why, or why not, a disease; what tells two diseases apart; what to ask or examine next; "
        "how often a finding is seen in a disease; what would change with another finding; similar published "
        "patients; which of several genes fits; genes, inheritance, onset, prevalence, treatment and outlook of a "
        "disease; what a term is."
    ),
    Language.SPANISH: (
        "Se puede preguntar: por qué, o por qué no, una enfermedad; qué distingue dos enfermedades; qué preguntar o "
        "explorar ahora; con qué frecuencia se ve un hallazgo en una enfermedad; qué cambiaría con otro hallazgo; "
        "pacientes publicados parecidos; qué gen de varios encaja; genes, herencia, inicio, prevalencia, tratamiento y "
        "pronóstico de una enfermedad; qué significa un término."
    ),
    Language.CHINESE: (
        "可以问：为什么是或不是某种病；两种病怎么区分；下一步问什么、查什么；某种病有多常出现某个表现；如果还有某个表现会怎样；"
        "类似的已发表病例；几个基因中哪一个符合；某种病的基因、遗传方式、起病、患病率、治疗和预后；某个术语是什么意思。"
    ),
}
"""By the language of a question that was not understood, or that nobody here can answer."""


class Function(StrEnum):
    """What can be asked of a case and its sources."""

    STANDING = "standing"  # the differential, and how sure it is
    EXPLAIN = "explain"  # why, or why not, these diseases in this patient
    COMPARE = "compare"  # what tells diseases apart in this patient
    NEXT_STEPS = "next_steps"  # what to ask or examine next
    WHAT_IF = "what_if"  # the differential, had the patient these findings
    FINDING = "finding"  # how often findings are seen in diseases
    CASES = "cases"  # published patients like this one
    TERM = "term"  # what a term means
    DISEASE = "disease"  # what a disease is
    GENES = "genes"  # genes of diseases, or diseases of genes
    INHERITANCE = "inheritance"
    COURSE = "course"  # onset and progression
    PREVALENCE = "prevalence"
    PASSAGES = "passages"  # what pages say of a disease


class Topic(StrEnum):
    """What an answer is to be about."""

    TREATMENT = "treatment"
    OUTLOOK = "outlook"
    CAUSE = "cause"
    TESTS = "tests"
    URGENCY = "urgency"  # what must not be missed
    ANY = "any"


OF_A_PATIENT = frozenset(
    {Function.STANDING, Function.EXPLAIN, Function.COMPARE, Function.NEXT_STEPS, Function.WHAT_IF, Function.CASES}
)
"""Functions that need a case."""
OF_FINDINGS = frozenset({Function.WHAT_IF, Function.FINDING, Function.TERM})
"""Functions that need a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A question as it is understood."""

    function: Function
    disease_ids: tuple[str, ...] = ()
    """In the order of the question, each disease once."""
    findings: tuple[Finding, ...] = ()
    """That the question names; terms of any kind, inheritance and onset too."""
    gene_ids: tuple[str, ...] = ()
    topic: Topic = Topic.ANY
    words: str = ""
    """The question's own, to find a passage by."""
    taken: tuple[str, ...] = ()
    """What the question left open and how it was read, in words for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One statement of an answer.

    Without evidence it says what the program computed from the case, or that the sources are silent.
    """

    text: str
    evidence_ids: tuple[str, ...] = ()
    supports: bool | None = None
    """For or against a disease in this patient; None: neither."""
    by_model: bool = False
    """The words are a language model's; grounding let them pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a function found."""

    sentences: tuple[Sentence, ...]
    is_covered: bool = True
    """False: the sources do not say; the sentences say what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPart:
    """What a language model did for an answer."""

    model: str
    """Name and version."""
    rung: Rung
    """How it was held to the schema; ``Rung.READER``: nothing of it is shown."""
    notes: tuple[str, ...] = ()
    """What the user should know of how this came about, in the program's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one question."""

    question: str
    understood: str
    """How the question was read, in one line; empty where it was not."""
    sentences: tuple[Sentence, ...]
    evidence: tuple[Evidence, ...] = ()
    """All that is cited, with the numbers that the case's differential and earlier answers gave, continued."""
    is_covered: bool = True
    """False: the sources do not answer it, and the sentences say so."""
    disease_ids: tuple[str, ...] = ()
    """What it is about: the next question's "it"."""
    basis: tuple[Sentence, ...] = ()
    """What the functions said, where a language model's sentences are shown."""
    removed: tuple[RemovedClaim, ...] = ()
    """What a language model said and the evidence does not bear."""
    model: ModelPart | None = None
    """None where no language model was asked."""

    def __post_init__(self) -> None:
        known = {e.evidence_id for e in self.evidence}
        unknown = {i for s in (*self.sentences, *self.basis) for i in s.evidence_ids} - known
        if unknown:
            raise ValueError(f"cites {', '.join(sorted(unknown))}, which is not in the evidence")
