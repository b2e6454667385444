"""The case on the page, and every way in which a user changes it: ``apply(action, case) -> case``.

Promise: a term is in the case at most once; an action changes what it names and nothing else; what comes from a browser
is believed only after ``parse_action`` or ``parse_stored`` has held it against the ontology. Pure functions: what the
change means for the differential, and how it is shown, is the business of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from kg.common_schema import Setting
from kg.errors import UsageError
from kg.ontology import Ontology
from kg.schema import Finding, Patient
from retrieval.context import Experiencer
from retrieval.demographics import (
    ADULT_YEARS,
    MOST_YEARS,
    UNKNOWN,
    Demographics,
    Sex,
    demographics_of,
    years_of,
)
from retrieval.findings import Statement, current_findings, merge_findings, without_contradicted

MAX_FINDINGS = 200
"""Of one case; more are a mistake or an attack."""

ADULT = "adult"
"""In place of an age where the story says "man" or "woman" only."""


class Status(StrEnum):
    """How a finding stands in the case."""

    PRESENT = "present"
    EXCLUDED = "excluded"
    UNCERTAIN = "uncertain"  # the story words it as possible; it counts as present (docs/decisions/0012)
    FAMILY = "family"  # a relative's; none of the patient's findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of the patient."""

    findings: tuple[Finding, ...] = ()
    """The patient's: present, excluded and uncertain ones."""
    family: tuple[Finding, ...] = ()
    """Of relatives, and not said of the patient."""
    unknown: tuple[str, ...] = ()
    """Terms that were asked about and that nobody can answer for."""
    person: Demographics = UNKNOWN
    story: str = ""
    """All that messages told of the patient, as long as the case is in memory; ``stored`` has no word of it."""

    def __post_init__(self) -> None:
        ids = [f.term_id for f in (*self.findings, *self.family)]
        if len(ids) != len(set(ids)):
            raise ValueError(f"a term is in a case at most once, got {sorted(ids)}")

    def find(self, term_id: str) -> Finding | None:
        """The finding with this id, the patient's or a relative's."""
        return next((f for f in (*self.findings, *self.family) if f.term_id == term_id), None)

    def answering(self, asked: Iterable[str]) -> Case:
        """The case whose findings of these terms are answers to questions."""
        terms = set(asked)
        return replace(self, findings=tuple(replace(f, asked=f.asked or f.term_id in terms) for f in self.findings))

    def plus(
        self,
        findings: Iterable[Finding],
        family: Iterable[Finding] = (),
        person: Demographics = UNKNOWN,
        story: str = "",
    ) -> Case:
        """The case after a message: its word about a term replaces the earlier one, in its place."""
        merged = merge_findings(self.findings, findings)
        own = {f.term_id for f in merged}
        return replace(
            self,
            findings=merged,
            family=tuple(f for f in merge_findings(self.family, family) if f.term_id not in own),
            unknown=tuple(t for t in self.unknown if t not in own),
            person=person,
            story="\n\n".join(filter(None, (self.story, story))),
        )

    def coherent(self, ontology: Ontology) -> Case:
        """The case without exclusions that something present contradicts, in whichever message it was told."""
        return replace(self, findings=without_contradicted(self.findings, ontology))


def status_of(finding: Finding) -> Status:
    """How one of the patient's own findings stands."""
    return Status.EXCLUDED if finding.excluded else Status.UNCERTAIN if finding.uncertain else Status.PRESENT


def patient_case(patient: Patient, ontology: Ontology) -> tuple[Case, str | None]:
    """The case of a patient from elsewhere, and a note on findings that the ontology has never known."""
    known, unknown = current_findings(patient.findings, ontology)
    note = f"left out, unknown to HPO {ontology.version}: {', '.join(unknown)}" if unknown else None
    return Case(findings=known, person=demographics_of(patient.sex, patient.age)), note


def family_findings(statements: Iterable[Statement]) -> tuple[Finding, ...]:
    """What a story says that relatives have, each term once."""
    said = [s.finding for s in statements if s.context.experiencer is Experiencer.FAMILY and not s.finding.excluded]
    return merge_findings((), said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Add a finding, or say how one stands."""

    term_id: str
    label: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Take a finding out."""

    term_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Another term for the same words of the story."""

    term_id: str
    label: str
    by_id: str
    by_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOpen:
    """Nobody can say whether the patient has it: not to be asked again."""

    term_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSex:
    """Say the patient's sex; None: not known."""

    sex: Sex | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAge:
    """Say the patient's age as an ISO 8601 duration; None: not known."""

    age: str | None


Action = Mark | Remove | Replace | LeaveOpen | SetSex | SetAge


def apply(action: Action, case: Case) -> Case:
    """The case after an action; one that names a finding which is not there leaves it as it is."""
    match action:
        case Mark():
            return _marked(action, case)
        case Remove(term_id=term_id):
            return _without(term_id, case)
        case Replace():
            return _replaced(action, case)
        case LeaveOpen(term_id=term_id):
            known = case.find(term_id) is not None or term_id in case.unknown
            return case if known else replace(case, unknown=(*case.unknown, term_id))
        case SetSex(sex=sex):
            return replace(case, person=replace(case.person, sex=sex, sex_quote=None))
        case SetAge(age=age):
            years = years_of(age) if age else None
            return replace(case, person=replace(case.person, age=age, age_quote=None, years=years))


def check_exclusion(action: object, case: Case, ontology: Ontology) -> None:
    """Raise UsageError where an action would exclude a finding of which a more specific one stands as present."""
    if not isinstance(action, Mark) or action.status is not Status.EXCLUDED:
        return
    for finding in case.findings:
        is_below = finding.term_id != action.term_id and action.term_id in ontology.ancestors(finding.term_id)
        if is_below and not finding.excluded:
            raise UsageError(f"{action.label} cannot be absent while {finding.label}, a kind of it, is present")


def _marked(action: Mark, case: Case) -> Case:
    known = case.find(action.term_id)
    finding = known or Finding(term_id=action.term_id, label=action.label)
    excluded = action.status is Status.EXCLUDED
    finding = replace(
        finding,
        excluded=excluded,
        uncertain=action.status is Status.UNCERTAIN,
        onset=None if excluded else finding.onset,
    )
    if action.status is Status.FAMILY:
        rest = replace(case, findings=_others(case.findings, action.term_id))
        return replace(rest, family=merge_findings(case.family, [finding]))
    return replace(
        case,
        findings=merge_findings(case.findings, [finding]),
        family=_others(case.family, action.term_id),
        unknown=tuple(t for t in case.unknown if t != action.term_id),
    )


def _without(term_id: str, case: Case) -> Case:
    return replace(case, findings=_others(case.findings, term_id), family=_others(case.family, term_id))


def _replaced(action: Replace, case: Case) -> Case:
    if case.find(action.term_id) is None or action.term_id == action.by_id:
        return case
    left = _without(action.by_id, case)

    def change(findings: Sequence[Finding]) -> tuple[Finding, ...]:
        return tuple(
            replace(f, term_id=action.by_id, label=action.by_label) if f.term_id == action.term_id else f
            for f in findings
        )

    return replace(
        left,
        findings=change(left.findings),
        family=change(left.family),
        unknown=tuple(t for t in left.unknown if t != action.by_id),
    )


def _others(findings: Sequence[Finding], term_id: str) -> tuple[Finding, ...]:
    return tuple(f for f in findings if f.term_id != term_id)


def parse_action(data: Mapping[str, Any], ontology: Ontology) -> Action:
    """An action that a browser sends, as ``{"kind": "mark", "id": "HP:0001250", "status": "excluded"}``.

    Raises:
        UnknownIdError: an id is not of this ontology.
        UsageError: the kind or a value is none of those that there are.
    """
    kind = data.get("kind")
    match kind:
        case "sex":
            return SetSex(sex=_sex(data.get("value")))
        case "age":
            return SetAge(age=_age(data.get("value")))
        case "mark" | "remove" | "replace" | "leave-open":
            term_id, label = _term(data.get("id"), ontology)
        case _:
            raise UsageError(f"the page asked for something that citedx does not do: {str(kind)[:40]!r}")
    if kind == "mark":
        return Mark(term_id=term_id, label=label, status=_status(data.get("status")))
    if kind == "remove":
        return Remove(term_id=term_id, label=label)
    if kind == "leave-open":
        return LeaveOpen(term_id=term_id, label=label)
    by_id, by_label = _term(data.get("by"), ontology)
    return Replace(term_id=term_id, label=label, by_id=by_id, by_label=by_label)


def parse_setting(value: str) -> Setting:
    """A setting by its name. Raises UsageError."""
    try:
        return Setting(value)
    except ValueError:
        raise UsageError(f"the setting is {', '.join(Setting)}, got {value[:40]!r}") from None


def _term(term_id: object, ontology: Ontology) -> tuple[str, str]:
    """Current id and label of a finding."""
    term = ontology.term(str(term_id)[:40])
    if term.term_id not in ontology.phenotypic_abnormalities:
        raise UsageError(
            f"{term.term_id} ({term.name}) is not a phenotypic abnormality: choose a finding of the patient"
        )
    return term.term_id, term.name


def _status(value: object) -> Status:
    try:
        return Status(str(value))
    except ValueError:
        raise UsageError(f"a finding is {', '.join(Status)}, got {str(value)[:40]!r}") from None


def _sex(value: object) -> Sex | None:
    try:
        return Sex(str(value)) if value else None
    except ValueError:
        raise UsageError(f"the sex is {' or '.join(Sex)}, got {str(value)[:40]!r}") from None


def _age(value: object) -> str | None:
    if not value:
        return None
    years = years_of(str(value))
    if years is None or years > MOST_YEARS:
        raise UsageError(f"an age is a whole number, up to {MOST_YEARS} years, got {str(value)[:40]!r}")
    return str(value)


def stored(case: Case) -> dict[str, Any]:
    """What a browser may keep of a case: ids, sex and age, no word of the story."""
    findings = [(f.term_id, status_of(f)) for f in case.findings] + [(f.term_id, Status.FAMILY) for f in case.family]
    return {
        "findings": [[term_id, str(status)] for term_id, status in findings],
        "unknown": list(case.unknown),
        "asked": [f.term_id for f in case.findings if f.asked],
        "sex": case.person.sex,
        "age": case.person.age or (None if case.person.years is None else ADULT),
    }


def parse_stored(data: Mapping[str, Any], ontology: Ontology) -> Case:
    """The case that ``stored`` described, without the story's words.

    Raises:
        UnknownIdError: an id is not of this ontology.
        UsageError: it is none that ``stored`` could have made.
    """
    findings, unknown, asked = data.get("findings"), data.get("unknown"), data.get("asked", [])
    if (
        not (isinstance(findings, list) and isinstance(unknown, list) and isinstance(asked, list))
        or len(findings) + len(unknown) > MAX_FINDINGS
    ):
        raise UsageError("the case that this page kept cannot be read: tell the story again")
    age, sex = data.get("age"), _sex(data.get("sex"))
    case = apply(SetSex(sex=sex), Case(person=Demographics(years=ADULT_YEARS) if age == ADULT else UNKNOWN))
    if age != ADULT:
        case = apply(SetAge(age=_age(age)), case)
    for term_id in unknown:  # before a relative's finding, which leaves the patient's open
        case = apply(parse_action({"kind": "leave-open", "id": term_id}, ontology), case)
    for pair in findings:
        if not isinstance(pair, list) or len(pair) != 2:
            raise UsageError("the case that this page kept cannot be read: tell the story again")
        case = apply(parse_action({"kind": "mark", "id": pair[0], "status": pair[1]}, ontology), case)
    return case.answering(map(str, asked))
