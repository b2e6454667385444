"""Risk: the patient's own risk factors matched to diseases, and published scores filled in as far as is known.

Promise: every factor has the source that makes it one and the words that tell it; every input of a score says where its
value came from; a value that nobody gave is asked for, never assumed. Counting factors gives no probability: only a
published score does, for whom and by whom it says.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kg.circumstances import has_finding, lacks_finding
from kg.common_schema import Sex
from kg.conditions import Value
from kg.errors import UsageError
from kg.ontology import Ontology
from kg.scores import Assessment, Score, ScoreInput, assess
from kg.sources.scores import ScoreTable
from kg.treatments import TreatmentKnowledge
from retrieval.patient import PatientRecord
from retrieval.risk_factors import RiskFactor, relative_with, stated_risk_factors

OLDER_YEARS = 60
"""What "older age" stands for; the sources that name it give no number."""
_OLDER = frozenset({"older age", "old age"})
_AGE = re.compile(r"age (?:over (?P<over>\d+)|(?:under|below) (?P<under>\d+)|(?P<from>\d+) to (?P<to>\d+))")
_SEXES = {"female sex": "female", "male sex": "male"}
_ONLY = {Sex.FEMALE: "female", Sex.MALE: "male"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedFactor:
    """A risk factor that the patient has."""

    factor: RiskFactor
    told: str
    """What says so of the patient: words of the story, a finding, age or sex."""

    @property
    def is_of_many(self) -> bool:
        """Whether it is age or sex, which half of all people share."""
        return self.told in _SEXES.values() or self.told.endswith(" years")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiseaseRisk:
    """A disease some of whose risk factors the patient has."""

    disease_id: str
    disease: str
    matched: tuple[MatchedFactor, ...]
    n_known: int
    """How many risk factors of the disease the sources name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledInput:
    """The value of a score's input, and where it came from."""

    name: str
    value: Value
    source: str
    """``given``, or what of the patient says so."""


def match_risks(patient: PatientRecord, knowledge: TreatmentKnowledge) -> tuple[DiseaseRisk, ...]:
    """Diseases by how many of their risk factors the patient has, age and sex after all others, then by their share.

    Left out: what only the other sex can have, and what the patient is known to have.
    """
    matcher = _Matcher(patient, knowledge)
    by_disease: dict[str, list[RiskFactor]] = defaultdict(list)
    for factor in stated_risk_factors(knowledge.graph, knowledge.common):
        by_disease[knowledge.first_id(factor.disease_id)].append(factor)
    found = []
    for disease_id, factors in by_disease.items():
        matched = {m.factor.name.casefold(): m for f in factors if (m := matcher.match(f))}
        if matched and not matcher.is_out(factors[0]):
            found.append(
                DiseaseRisk(
                    disease_id=disease_id,
                    disease=factors[0].disease,
                    matched=_once_a_circumstance(matched.values()),
                    n_known=len({f.name.casefold() for f in factors}),
                )
            )
    return tuple(sorted(found, key=_place))


def _place(risk: DiseaseRisk) -> tuple[float, float, float, str]:
    n_telling = sum(not m.is_of_many for m in risk.matched)
    return -n_telling, -len(risk.matched), -len(risk.matched) / risk.n_known, risk.disease


def _once_a_circumstance(matched: Iterable[MatchedFactor]) -> tuple[MatchedFactor, ...]:
    """Two sources that name one circumstance in two ways are one factor."""
    return tuple({m.told: m for m in reversed(list(matched))}.values())[::-1]


class _Matcher:
    """Which risk factors a patient has."""

    def __init__(self, patient: PatientRecord, knowledge: TreatmentKnowledge) -> None:
        self._patient = patient
        self._told = patient.told
        self._ontology = knowledge.ontology
        self._table = knowledge.circumstances
        self._known = patient.values(self._table, self._ontology)
        self._only = {c.disease_id: _ONLY.get(c.sex) for c in knowledge.common.conditions}

    def match(self, factor: RiskFactor) -> MatchedFactor | None:
        told = self._told_by(factor)
        return MatchedFactor(factor=factor, told=told) if told else None

    def is_out(self, factor: RiskFactor) -> bool:
        """Whether the patient cannot have the disease, or has it."""
        only, sex = self._only.get(factor.disease_id), self._told.sex
        has_it = factor.disease in self._told.diseases or has_finding(
            self._told.present, self._ontology.with_wording(factor.disease), self._ontology
        )
        return has_it or (only is not None and sex is not None and only != sex)

    def _told_by(self, factor: RiskFactor) -> str:
        name = factor.name.casefold()
        circumstance = self._table.of_factor(factor.factor_id, factor.name)
        if circumstance is not None:
            is_so = self._known.get(circumstance.name) is True
            return (self._patient.quote_of(circumstance.name) or circumstance.name) if is_so else ""
        if name in _SEXES:
            return _SEXES[name] if self._told.sex == _SEXES[name] else ""
        if factor.is_of_family:
            return self._family(factor.disease)
        if is_of_age := _is_of_age(name, self._told.years):
            return is_of_age
        terms = (factor.term_id,) if factor.term_id else self._ontology.with_wording(factor.name)[:1]
        if has_finding(self._told.present, terms, self._ontology):
            return self._ontology.name(terms[0])
        taken = {g.name for drug in self._told.drugs for g in self._table.groups_of(drug)}
        return next((g.name for g in self._table.groups_of(factor.name) if g.name in taken), "")

    def _family(self, disease: str) -> str:
        if named := self._patient.relatives.get(relative_with(disease)):
            return f"relative: {named}"
        terms = self._ontology.with_wording(disease)[:1]
        has_relative = has_finding(self._patient.family, terms, self._ontology)
        return f"relative: {self._ontology.name(terms[0])}" if has_relative else ""


def _is_of_age(name: str, years: float | None) -> str:
    """The patient's age in words, where a factor names ages and it is one of them; empty else."""
    match = _AGE.fullmatch(name)
    if years is None or (match is None and name not in _OLDER):
        return ""
    limits = {k: float(v) for k, v in match.groupdict().items() if v} if match else {"over": OLDER_YEARS}
    low = limits.get("over", limits.get("from", 0.0))
    high = limits.get("under", limits["to"] + 1 if "to" in limits else 200.0)
    return f"{years:.0f} years" if low <= years < high else ""


def fill_inputs(
    patient: PatientRecord, knowledge: TreatmentKnowledge, table: ScoreTable, given: Mapping[str, str]
) -> dict[str, FilledInput]:
    """Values of inputs by name: given ones first, then what the patient's record says.

    Args:
        patient: the record.
        knowledge: for circumstances and terms.
        table: the inputs.
        given: as typed.

    Raises:
        UnknownIdError: something that was given is no input.
        UsageError: a value is out of range, of another unit or no answer.
    """
    filled = {f.name: f for f in _known_inputs(patient, knowledge, table)}
    for name, text in given.items():
        filled[name] = FilledInput(name=name, value=table.input(name).parse(text), source="given")
    return filled


def _known_inputs(patient: PatientRecord, knowledge: TreatmentKnowledge, table: ScoreTable) -> Iterator[FilledInput]:
    known = patient.values(knowledge.circumstances, knowledge.ontology)
    measured = {v.analyte: v.value for v in patient.measured}
    for asked in table.inputs.values():
        value: Value | None = None
        source = asked.label
        if asked.name in ("age", "sex"):
            value, source = known.get(asked.name), "patient"
        elif asked.measured in measured:
            value, source = measured[asked.measured] * asked.factor, f"measured {asked.measured}"
        elif asked.circumstance:
            value = known.get(asked.circumstance)
            source = f'"{quote}"' if (quote := patient.quote_of(asked.circumstance)) else asked.circumstance
        elif asked.term_ids:
            value, source = _by_findings(asked, patient, knowledge.ontology)
        if value is not None and _is_fit(asked, value):
            yield FilledInput(name=asked.name, value=value, source=source)


def _is_fit(asked: ScoreInput, value: Value) -> bool:
    """A measured value outside the range is a slip of the story's reader, or of its writer: it is asked for."""
    try:
        asked.checked(value)
    except UsageError:
        return False
    return True


def _by_findings(asked: ScoreInput, patient: PatientRecord, ontology: Ontology) -> tuple[bool | None, str]:
    for finding in patient.findings:
        if not finding.excluded and has_finding([finding.term_id], asked.term_ids, ontology):
            return True, f'"{finding.quote}"' if finding.quote else finding.label
    if has_finding(patient.told.present, asked.term_ids, ontology):
        return True, "given"
    if all(lacks_finding(patient.told.excluded, t, ontology) for t in asked.term_ids):
        return False, "said to be absent"
    return None, ""


def offered_scores(patient: PatientRecord, knowledge: TreatmentKnowledge, table: ScoreTable) -> tuple[Score, ...]:
    """Scores that the patient's findings or circumstances bring up; for whom one holds, ``assess_scores`` says."""
    known = patient.values(knowledge.circumstances, knowledge.ontology)
    return tuple(
        score
        for score in table.scores.values()
        if any(known.get(why) is True for why in score.offered_for)
        or has_finding(patient.told.present, [w for w in score.offered_for if w.startswith("HP:")], knowledge.ontology)
    )


def assess_scores(scores: Iterable[Score], filled: Mapping[str, FilledInput]) -> tuple[Assessment, ...]:
    """Each score by what is known."""
    values = {name: f.value for name, f in filled.items()}
    return tuple(assess(score, values) for score in scores)
