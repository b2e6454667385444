"""One patient as risk and treatment need it: findings, age, sex, circumstances, medicines, measured values.

Promise: every fact can be shown with the words or the option it came from; what was given and is known to nothing here
is kept and named, never dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kg.circumstances import CircumstanceTable, Told
from kg.conditions import Value
from kg.errors import UnknownIdError
from kg.ontology import Ontology
from kg.schema import Finding
from kg.treatments import TreatmentKnowledge
from retrieval.context import Experiencer
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.findings import Statement
from retrieval.history import Mentioned, find_history, relatives_told
from retrieval.measurements import MeasuredValue, find_values
from retrieval.risk_factors import family_names, stated_risk_factors


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRecord:
    """What is known of the patient."""

    told: Told
    person: Demographics = UNKNOWN
    findings: tuple[Finding, ...] = ()
    family: frozenset[str] = frozenset()
    """Terms that relatives have."""
    relatives: Mapping[str, str] = field(default_factory=dict)
    """Their diseases as named in English, with the words; see ``retrieval.history.relatives_told``."""
    mentioned: tuple[Mentioned, ...] = ()
    measured: tuple[MeasuredValue, ...] = ()
    unknown: tuple[str, ...] = ()
    """Diseases or medicines that were given and that nothing here knows."""

    def quote_of(self, circumstance: str) -> str:
        """The words that told a circumstance; empty where it was not told in words."""
        return next((m.quote for m in self.mentioned if m.name == circumstance and not m.is_drug), "")

    def values(self, table: CircumstanceTable, ontology: Ontology) -> dict[str, Value]:
        """What is known, by name; see ``CircumstanceTable.values``."""
        return table.values(self.told, ontology)


def read_patient(
    findings: Sequence[Finding],
    person: Demographics,
    knowledge: TreatmentKnowledge,
    *,
    story: str = "",
    family: Iterable[str] = (),
    given: Iterable[str] = (),
    pregnant: bool | None = None,
) -> PatientRecord:
    """Put together what is known of a patient.

    Args:
        findings: of the patient.
        person: age and sex.
        knowledge: which diseases, medicines and circumstances there are.
        story: in which further circumstances, medicines and values are looked for.
        family: terms that relatives have.
        given: names of further diseases, findings, circumstances or medicines.
        pregnant: whether she is, where that was said.
    """
    ontology, table = knowledge.ontology, knowledge.circumstances
    factors = stated_risk_factors(knowledge.graph, knowledge.common)
    mentioned = find_history(story, table)
    said = {m.name: m.is_so for m in mentioned if not m.is_drug}
    drugs = {m.name for m in mentioned if m.is_drug and m.is_so}
    present = {ontology.current_id(f.term_id) for f in findings if not f.excluded}
    diseases: set[str] = set()
    unknown = []
    for name in given:
        is_known = False
        if knowledge.is_drug(name):
            drugs.add(name)
            is_known = True
        if circumstance := table.named(name):
            said[circumstance.name] = True
            is_known = True
        if term_ids := ontology.with_wording(name):
            present.add(term_ids[0])
            is_known = True
        try:
            diseases.add(knowledge.find_disease(name).name)
        except UnknownIdError:
            if not is_known:
                unknown.append(name)
    if pregnant is not None:
        said["pregnancy"] = pregnant
    told = Told(
        years=person.years if person.age is not None else None,  # "a man" is grown up, and of no known age
        sex=person.sex.lower() if person.sex else None,
        present=frozenset(present),
        excluded=frozenset(ontology.current_id(f.term_id) for f in findings if f.excluded),
        diseases=frozenset(diseases),
        drugs=frozenset(drugs),
        said=said,
    )
    return PatientRecord(
        told=told,
        person=person,
        findings=tuple(findings),
        family=frozenset(family),
        relatives=relatives_told(story, family_names(factors, knowledge.common, ontology)),
        mentioned=mentioned,
        measured=find_values(story),
        unknown=tuple(unknown),
    )


def family_terms(statements: Iterable[Statement]) -> frozenset[str]:
    """Terms that a story says relatives have."""
    said = (s for s in statements if s.context.experiencer is Experiencer.FAMILY)
    return frozenset(s.finding.term_id for s in said if not s.finding.excluded)
