"""Circumstances of a patient that decide about risk and treatment: pregnancy, smoking, other diseases, medicines.

A circumstance is told by words of a story, by findings, by a disease, by a medicine that is taken; the same table says
which risk factors of the sources it is. What nobody told stays unknown, which is not the same as absent.

Deliberately not here: reading a story (``retrieval.history``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kg.conditions import Value
from kg.equivalence import name_key
from kg.ontology import Ontology

TAKES = "takes "
"""Before the name of a group of drugs: the circumstance that the patient takes one."""
_NEVER_PREGNANT_BELOW, _NEVER_PREGNANT_FROM = 8.0, 65.0  # years
_PREGNANCY = "pregnancy"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugGroup:
    """Medicines, or other treatments, of which sources speak together."""

    name: str
    names: tuple[str, ...]
    """How sources and stories call the group."""
    members: tuple[str, ...]
    hetionet_classes: tuple[str, ...] = ()
    """Pharmacologic classes of Hetionet whose members are among the members."""

    def is_called(self, name: str) -> bool:
        """Whether this is a name of the group itself."""
        return name.casefold() in {n.casefold() for n in (self.name, *self.names)}

    def covers(self, treatment: str) -> bool:
        """Whether a treatment of this name is the group or one of it."""
        return treatment.casefold() in {n.casefold() for n in (self.name, *self.names, *self.members)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """Something that is so of a patient or not."""

    name: str
    factors: tuple[str, ...] = ()
    """The risk factors of the sources that it is, by name or id."""
    term_ids: tuple[str, ...] = ()
    """Findings each of which, or of whose more specific ones, tells it."""
    diseases: tuple[str, ...] = ()
    """Names of diseases each of which tells it."""
    drugs: tuple[str, ...] = ()
    """Groups of drugs; taking one tells it."""
    wordings: tuple[str, ...] = ()
    """Words of a story that tell it."""
    denials: tuple[str, ...] = ()
    """Words that deny it."""
    others: tuple[str, ...] = ()
    """Words that hold a wording and tell nothing of it: "diabetes insipidus"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of a patient, before it is put in terms of circumstances."""

    years: float | None = None
    sex: str | None = None
    """``female`` or ``male``."""
    present: frozenset[str] = frozenset()
    """Current ids of terms."""
    excluded: frozenset[str] = frozenset()
    diseases: frozenset[str] = frozenset()
    """Names."""
    drugs: frozenset[str] = frozenset()
    """Names, as given."""
    said: Mapping[str, bool] = field(default_factory=dict)
    """Circumstances that were told in words."""


class CircumstanceTable:
    """All circumstances and groups of drugs.

    Args:
        circumstances: each once.
        groups: of drugs.
    """

    def __init__(self, circumstances: Iterable[Circumstance], groups: Iterable[DrugGroup]) -> None:
        self.circumstances = {c.name: c for c in circumstances}
        self.groups = {g.name: g for g in groups}
        self._by_factor = {f.casefold(): c for c in self.circumstances.values() for f in c.factors}
        self._by_name = {c.name.casefold(): c for c in self.circumstances.values()}
        for circumstance in self.circumstances.values():
            for wording in circumstance.wordings:
                self._by_name.setdefault(wording.casefold(), circumstance)

    def of_factor(self, *called: str) -> Circumstance | None:
        """The circumstance that a risk factor is, by the first of the factor's ids and names that tells one."""
        return next(filter(None, (self._by_factor.get(each.casefold()) for each in called)), None)

    def named(self, text: str) -> Circumstance | None:
        """The circumstance that has a text as its name or among its wordings."""
        return self._by_name.get(text.strip().casefold())

    def groups_of(self, treatment: str) -> tuple[DrugGroup, ...]:
        """Groups that a treatment of this name belongs to."""
        return tuple(g for g in self.groups.values() if g.covers(treatment))

    def of_drug(self, name: str) -> tuple[Circumstance, ...]:
        """The circumstances that taking a drug of this name tells."""
        groups = {g.name for g in self.groups_of(name)}
        return tuple(c for c in self.circumstances.values() if groups & set(c.drugs))

    def parts_of(self, treatment: str) -> tuple[DrugGroup, ...]:
        """Groups all of whose members belong to the wider group that a treatment of this name is."""
        wider = [set(g.members) for g in self.groups.values() if g.is_called(treatment)]
        return tuple(
            g
            for g in self.groups.values()
            if not g.covers(treatment) and any(set(g.members) and set(g.members) < members for members in wider)
        )

    def values(self, told: Told, ontology: Ontology) -> dict[str, Value]:
        """What is known, by name: ``age``, ``sex``, circumstances, and ``takes`` with a group of drugs."""
        known: dict[str, Value] = {}
        if told.years is not None:
            known["age"] = told.years
        if told.sex is not None:
            known["sex"] = told.sex
        taken = {g.name for drug in told.drugs for g in self.groups_of(drug)}
        known |= {TAKES + name: True for name in sorted(taken)}
        diseases = {name_key(name) for name in told.diseases}
        for circumstance in self.circumstances.values():
            is_so = _holds(circumstance, told, diseases, taken, ontology)
            if is_so is not None:
                known[circumstance.name] = is_so
        if known.get(_PREGNANCY) is None and _is_never_pregnant(told):
            known[_PREGNANCY] = False
        return known


def _holds(
    circumstance: Circumstance, told: Told, diseases: set[tuple[str, ...]], taken: set[str], ontology: Ontology
) -> bool | None:
    if any(name_key(name) in diseases for name in circumstance.diseases) or taken & set(circumstance.drugs):
        return True
    if has_finding(told.present, circumstance.term_ids, ontology):
        return True
    said = told.said.get(circumstance.name)
    if said is not None:
        return said
    # Only its own denial: a normal blood pressure excludes an increased one, and no hypertension that is treated.
    is_denied = len(circumstance.term_ids) == 1 and circumstance.term_ids[0] in told.excluded
    return False if is_denied and not circumstance.drugs else None


def has_finding(present: Iterable[str], term_ids: Iterable[str], ontology: Ontology) -> bool:
    """Whether a finding that is present is one of the terms, or a more specific one."""
    wanted = {ontology.current_id(t) for t in term_ids if t in ontology}
    return bool(wanted) and any(wanted & ontology.ancestors(t) for t in present)


def lacks_finding(excluded: Iterable[str], term_id: str, ontology: Ontology) -> bool:
    """Whether a finding that is excluded is the term, or a more general one, which excludes it too."""
    return term_id in ontology and not ontology.ancestors(term_id).isdisjoint(excluded)


def _is_never_pregnant(told: Told) -> bool:
    by_age = told.years is not None and not _NEVER_PREGNANT_BELOW <= told.years < _NEVER_PREGNANT_FROM
    return told.sex == "male" or by_age
