"""An assistant with canned knowledge of Rett and Marfan syndrome: real ids and references, no graph, no models.

It recognises a handful of phrases (``no`` before a phrase excludes it) and answers with a fixed differential whose
probabilities do not depend on the findings. Good for pages and tests, for nothing else.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from kg.common_schema import Setting, Urgency
from kg.errors import UnknownIdError, UsageError
from kg.genetics import Genetics
from kg.ontology import PHENOTYPIC_ABNORMALITY, ROOT, Ontology
from kg.phrases import phrase, term_name
from kg.schema import Finding, Gene, Prevalence, Provenance, Synonym, Term
from kg.translations import Language
from llm.chat.protocol import Rung
from llm.conversation.answerer import Answerer
from llm.conversation.reading import Message
from llm.conversation.schema import Answer, Sentence
from llm.reader import Reader
from llm.reader.protocol import Reading
from llm.schema import Claim, Commentary, Diagnosis, Differential, OpenQuestion, Question
from retrieval.context import Certainty, Context, Experiencer
from retrieval.demographics import UNKNOWN, Demographics, find_demographics
from retrieval.findings import Statement
from retrieval.schema import Evidence, EvidenceKind, RedFlag, UrgentCondition
from retrieval.term_search import TermHit

PHRASES = {
    "lost purposeful hand use": ("HP:0032588", "Hand apraxia"),
    "speech": ("HP:0002371", "Loss of speech"),
    "hand wringing": ("HP:0012171", "Stereotypical hand wringing"),
    "seizures": ("HP:0001250", "Seizure"),
    "deceleration of head growth": ("HP:0005484", "Secondary microcephaly"),
    "breathing irregularities while awake": ("HP:0002793", "Abnormal pattern of respiration"),
    "hearing impairment": ("HP:0000365", "Hearing impairment"),
    "scoliosis": ("HP:0002650", "Scoliosis"),
    "ectopia lentis": ("HP:0001083", "Ectopia lentis"),
    "arachnodactyly": ("HP:0001166", "Arachnodactyly"),
}
_HPOA = {"source": "HPO annotations", "version": "2025-01-16", "licence": "https://hpo.jax.org/app/license"}


def annotation(number: int, text: str, disease_id: str, term_id: str, *references: str) -> Evidence:
    """One annotated statement as numbered evidence."""
    return Evidence(
        evidence_id=f"E{number}",
        kind=EvidenceKind.ANNOTATION,
        text=text,
        disease_id=disease_id,
        term_ids=(term_id,),
        provenance=tuple(Provenance(reference=reference, **_HPOA) for reference in references),
    )


def claim(text: str, disease_id: str, *evidence_ids: str, supports: bool = True) -> Claim:
    """One statement about one disease."""
    return Claim(text=text, supports=supports, evidence_ids=evidence_ids, disease_id=disease_id)


RETT, RETT_ORPHA, CONGENITAL, ANGELMAN = "OMIM:312750", "ORPHA:778", "OMIM:613454", "OMIM:105830"
RECORDS = (
    ("Rett syndrome: stereotypical hand wringing, very frequent", RETT_ORPHA, "HP:0012171", "ORPHA:778"),
    (
        "Rett syndrome: stereotypical hand wringing, 3 of 3 patients",
        RETT,
        "HP:0012171",
        "PMID:9792883",
        "PMID:34778139",
    ),
    ("Rett syndrome: seizure, 1 of 1 patient", RETT, "HP:0001250", "PMID:34778139"),
    ("Rett syndrome: secondary microcephaly", RETT, "HP:0005484", "OMIM:312750"),
    ("Rett syndrome: abnormal pattern of respiration, very frequent", RETT_ORPHA, "HP:0002793", "ORPHA:778"),
    ("Rett syndrome, congenital variant: seizure, 8 of 10 patients", CONGENITAL, "HP:0001250", "PMID:21441262"),
    ("Angelman syndrome: seizure, 26 of 27 patients", ANGELMAN, "HP:0001250", "PMID:8929945"),
    ("Angelman syndrome: absent speech, occasional", "ORPHA:72", "HP:0001344", "ORPHA:72"),
    ("Angelman syndrome: scoliosis", ANGELMAN, "HP:0002650", "ISBN-13:978-0721606156"),
)
EVIDENCE = (
    *(annotation(number, *record) for number, record in enumerate(RECORDS, start=1)),
    Evidence(
        evidence_id="E10",
        kind=EvidenceKind.CASE,
        text="Two girls with Rett syndrome: hand wringing, developmental regression, intermittent hyperventilation",
        disease_id=RETT,
        term_ids=("HP:0012171", "HP:0002376", "HP:0004879"),
        provenance=(Provenance(reference="PMID:9792883", **_HPOA),),
        score=0.81,
    ),
)
_PAGE = Provenance(reference="https://medlineplus.gov/seizures.html", **_HPOA)
STATUS_EPILEPTICUS = UrgentCondition(
    disease_id="DOID:1824",
    name="Status epilepticus",
    urgency=Urgency.EMERGENCY,
    probability=0.12,
    present=(RedFlag(term_id="HP:0001250", label="Seizure", provenance=_PAGE),),
    to_ask=(RedFlag(term_id="HP:0001083", label="Ectopia lentis", provenance=_PAGE),),
)
DIAGNOSES = (
    Diagnosis(
        disease_id=RETT,
        name="Rett syndrome",
        rank=1,
        probability=0.78,
        equivalent_ids=(RETT, RETT_ORPHA),
        claims=(
            claim("Stereotypical hand wringing was seen in every patient counted.", RETT, "E1", "E2"),
            claim("Seizures are known.", RETT, "E3"),
            claim("The head grows more slowly after birth.", RETT, "E4"),
            claim("Irregular breathing is very frequent.", RETT, "E5"),
            claim("Published girls have the same course and breathing.", RETT, "E10"),
        ),
    ),
    Diagnosis(
        disease_id=CONGENITAL,
        name="Rett syndrome, congenital variant",
        rank=2,
        probability=0.11,
        claims=(claim("Seizures were seen in 8 of 10 patients.", CONGENITAL, "E6"),),
    ),
    Diagnosis(
        disease_id=ANGELMAN,
        name="Angelman syndrome",
        rank=3,
        probability=0.04,
        equivalent_ids=(ANGELMAN, "ORPHA:72"),
        claims=(
            claim("Seizures were seen in 26 of 27 patients.", ANGELMAN, "E7"),
            claim("Lasting absence of speech is only occasional.", ANGELMAN, "E8", supports=False),
            claim("Scoliosis, common in it, is not reported here.", ANGELMAN, "E9", supports=False),
        ),
    ),
    Diagnosis(disease_id="OMIM:610954", name="Pitt-Hopkins syndrome", rank=4, probability=0.003, claims=()),
)
ANSWER = Answer(
    question="which genes?",
    understood="Understood as: genes of <Rett> syndrome.",
    sentences=(
        Sentence(text="Rett syndrome: gene MECP2 & none else.", evidence_ids=("E11",)),
        Sentence(text="Hand wringing speaks for it.", evidence_ids=("E2",), supports=True),
    ),
    evidence=(
        EVIDENCE[1],
        annotation(11, "Rett syndrome: associated with MECP2", RETT, "HP:0012171", "OMIM:312750"),
    ),
    disease_ids=(RETT,),
)
QUESTIONS = tuple(
    Question(term_id=t, text=phrase("Does the patient have {finding}?", finding=term_name(t, name)), gain=gain)
    for t, name, gain in (("HP:0002650", "scoliosis", 0.21), ("HP:0001083", "ectopia lentis", 0.12))
)
SYNONYMS = {"HP:0001250": "Epileptic fit", "HP:0000365": "Deafness"}
LABELS = {
    Language.CHINESE: {"HP:0001250": "癫痫发作", "HP:0000365": "听力障碍", "HP:0012171": "刻板手部绞扭"},
    Language.SPANISH: {"HP:0001250": "Convulsiones", "HP:0000365": "Deficiencia auditiva"},
}
GENETICS = Genetics(
    genes=(Gene(gene_id="NCBIGene:4204", symbol="MECP2"),),
    inheritance=(Term(term_id="HP:0001423", name="X-linked dominant inheritance"),),
    prevalence=Prevalence(
        disease_id=RETT,
        low=1 / 23_000,
        high=1 / 9_000,
        provenance=Provenance(
            source="MedQuAD", version="1", reference="https://ghr.nlm.nih.gov/condition/rett-syndrome", licence="CC"
        ),
    ),
)


def fake_ontology() -> Ontology:
    """The terms of ``PHRASES``, flat under "Phenotypic abnormality"; one older id."""
    tops = (
        Term(term_id=ROOT, name="All"),
        Term(term_id=PHENOTYPIC_ABNORMALITY, name="Phenotypic abnormality", parent_ids=(ROOT,)),
        Term(term_id="HP:0001423", name="X-linked dominant inheritance", parent_ids=(ROOT,)),
    )
    terms = (
        Term(
            term_id=term_id,
            name=label,
            synonyms=(Synonym(text=SYNONYMS[term_id]),) if term_id in SYNONYMS else (),
            parent_ids=(PHENOTYPIC_ABNORMALITY,),
        )
        for term_id, label in PHRASES.values()
    )
    return Ontology((*tops, *terms), {"HP:0002279": "HP:0001250"}, "2025-01-16")


@dataclass
class FakeAssistant:
    """Answers as ``llm.assistant.DiagnosisAssistant`` would; counts nothing, keeps nothing.

    Whoever has scoliosis is more likely to have Angelman syndrome, and without seizures less of anything: enough to see
    that a changed case is weighed anew.
    """

    delay_s: float = 0.0
    """How long each part of an answer takes."""
    is_loaded: bool = True
    """Whether what a setting needs is there."""
    versions: dict[str, str] = field(default_factory=lambda: {"citedx": "0.1.0", "hpo": "2025-01-16", "reader": "1"})
    ontology: Ontology = field(default_factory=fake_ontology)

    def prepare(self) -> None:
        """Nothing is loaded later."""

    def find_statements(self, text: str, known: Demographics = UNKNOWN) -> tuple[Statement, ...]:
        """Phrases of ``PHRASES`` in the order of the text; "no", "possible" and "mother has" before them count."""
        if not text.strip():
            raise UsageError("the story is empty: write what is seen in the patient")
        found = []
        for wording, (term_id, label) in PHRASES.items():
            pattern = rf"(\bno |\bpossible |\bmother has )?({re.escape(wording)})"
            for match in re.finditer(pattern, text, re.IGNORECASE):
                said = (match[1] or "").strip().lower()
                span = {"quote": match[2], "start": match.start(2), "end": match.end(2)}
                finding = Finding(
                    term_id=term_id, label=label, excluded=said == "no", uncertain=said == "possible", **span
                )
                context = Context(
                    negated=said == "no",
                    experiencer=Experiencer.FAMILY if said == "mother has" else Experiencer.PATIENT,
                    certainty=Certainty.UNCERTAIN if said == "possible" else Certainty.CERTAIN,
                )
                found.append(Statement(finding=finding, context=context))
        return tuple(sorted(found, key=lambda s: s.finding.start or 0))

    @property
    def setting(self) -> Setting:
        """A genetics clinic."""
        return Setting.GENETICS_CLINIC

    def find_person(self, text: str) -> Demographics:
        """As the product does."""
        return find_demographics(text)

    def is_ready(self, setting: Setting | None = None) -> bool:
        return self.is_loaded

    def has_telling_words(self, story: str, setting: Setting | None = None) -> bool:
        return "telling words" in story

    def weigh(
        self,
        findings: Sequence[Finding],
        k: int = 10,
        *,
        person: Demographics = UNKNOWN,
        unknown: Collection[str] = (),
        setting: Setting | None = None,
        story: str = "",
    ) -> Iterator[Differential]:
        """The canned differential in three parts; abstains without a present finding."""
        time.sleep(self.delay_s)
        present = {f.term_id for f in findings if not f.excluded}
        empty = Differential(
            findings=tuple(findings),
            diagnoses=(),
            evidence=(),
            person=person,
            setting=setting or Setting.GENETICS_CLINIC,
            urgent=(STATUS_EPILEPTICUS,) if setting is Setting.EMERGENCY and "HP:0001250" in present else (),
            versions=self.versions,
        )
        if not present:
            yield replace(
                empty, abstained="Only excluded findings were given. Add at least one finding that the patient has."
            )
            return
        diagnoses = _weighed(present)[:k]
        yield replace(empty, diagnoses=tuple(replace(d, claims=()) for d in diagnoses))
        time.sleep(self.delay_s)
        read = replace(empty, diagnoses=diagnoses, evidence=EVIDENCE)
        yield read
        time.sleep(self.delay_s)
        known = {f.term_id for f in findings} | set(unknown)
        yield replace(read, questions=tuple(q for q in QUESTIONS if q.term_id not in known))

    def read_again(self, differential: Differential, reader: Reader) -> Differential:
        """The same with the reader's commentary."""
        return replace(differential, commentary=reader.read(None, differential.findings, ()).commentary)

    def read_message(self, text: str, differential: Differential | None = None) -> Message:
        """Whatever ends with a question mark asks; nothing is told beside it."""
        return Message(told="", asked=(text,)) if text.endswith("?") else Message(told=text, asked=())

    def answer(
        self,
        question: str,
        differential: Differential | None = None,
        *,
        earlier: Sequence[Answer] = (),
        answerer: Answerer | None = None,
    ) -> Answer:
        """A canned answer that cites a listed and a new piece."""
        if answerer is not None:
            return answerer.answer(None, differential, question, earlier)
        time.sleep(self.delay_s)
        return ANSWER

    def search_terms(self, query: str, language: Language = Language.ENGLISH) -> tuple[TermHit, ...]:
        """Terms of which a word of the name or the synonym begins as the query does."""
        of_language = LABELS.get(language, {})
        wordings = [(t, w) for t, name in PHRASES.values() for w in (name, SYNONYMS.get(t), of_language.get(t)) if w]
        found = {t: w for t, w in reversed(wordings) if f" {query.lower()}" in f" {w.lower()}"}
        return tuple(TermHit(term_id=t, wording=w) for t, w in found.items())

    def label(self, term_id: str, language: Language) -> str:
        """English, or a few labels in other languages."""
        return LABELS.get(language, {}).get(term_id) or self.ontology.name(term_id)

    def genetics(self, disease_id: str, setting: Setting | None = None) -> Genetics:
        """Of Rett syndrome; of others nothing is known."""
        if not any(disease_id == d.disease_id for d in DIAGNOSES):
            raise UnknownIdError(f"{disease_id} is not a disease of this graph")
        return GENETICS if disease_id == RETT else Genetics()


def _weighed(present: Collection[str]) -> tuple[Diagnosis, ...]:
    """The canned diagnoses; with scoliosis Angelman syndrome takes over."""
    if "HP:0002650" not in present:
        return DIAGNOSES
    rett, congenital, angelman, other = DIAGNOSES
    first = replace(angelman, rank=1, probability=0.6)
    return first, replace(rett, rank=2, probability=0.3), replace(congenital, rank=3, probability=0.05), other


class BrokenAssistant(FakeAssistant):
    """Fails while diagnosing, with the story's words in the error, as a careless library would."""

    def weigh(
        self,
        findings: Sequence[Finding],
        k: int = 10,
        *,
        person: Demographics = UNKNOWN,
        unknown: Collection[str] = (),
        setting: Setting | None = None,
        story: str = "",
    ) -> Iterator[Differential]:
        """Raise an error that nobody expects."""
        raise RuntimeError(f"cannot digest {findings[0].quote}")


COMMENTARY = Commentary(
    model="tiny & sure",
    rung=Rung.CONSTRAINED,
    summary="Hand apraxia is known of it [E1].",
    questions=(OpenQuestion(term_id="HP:0002650", text="Scoliosis: present or absent?"),),
    notes=("The language model saw 3 of 9 pieces of evidence: the others did not fit into its context.",),
)


class FakeChatReader:
    """Adds a canned commentary, as ``llm.chat.reader.ChatReader`` would."""

    version = "fake chat reader"

    def __init__(self, is_cancelled: Callable[[], bool] = lambda: False, delay_s: float = 0.0) -> None:
        self._is_cancelled = is_cancelled
        self._delay_s = delay_s

    def read(self, graph, findings, candidates) -> Reading:
        """The commentary alone, after the delay or once it is cancelled."""
        end = time.monotonic() + self._delay_s
        while time.monotonic() < end and not self._is_cancelled():
            time.sleep(0.01)
        return Reading(diagnoses=(), evidence=(), commentary=COMMENTARY)


class DyingChatReader(FakeChatReader):
    """Breaks as nobody expects."""

    def read(self, graph, findings, candidates) -> Reading:
        """Raise an error."""
        raise RuntimeError("out of luck")
