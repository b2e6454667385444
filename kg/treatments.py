"""What the sources say about treating a disease, held against one patient, and which tests look for what would decide.

Promise: every treatment names who says so; a treatment that a source speaks against for this patient is withheld with
the reason; where no source here says for whom a treatment is not, that is told. Never a dose: none is in these sources.

Deliberately not here: which disease it is (``llm.assistant``), and what suits this patient best, which no source says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from kg.cautions import Caution, CheckedCaution, Weight, check_cautions
from kg.circumstances import CircumstanceTable, Told
from kg.common_schema import CommonCondition, ConditionFact, FactKind
from kg.curie import is_curie
from kg.decisive import DecisiveFinding, find_decisive
from kg.equivalence import name_key
from kg.errors import UnknownIdError
from kg.graph import KnowledgeGraph
from kg.ontology import PHENOTYPIC_ABNORMALITY, Ontology
from kg.schema import Concept, ConceptKind, Provenance, Relation, RelationKind
from kg.sources.circumstances import load_cautions, load_circumstances, require_known
from kg.sources.common_conditions import CommonConditions, load_common_conditions


class TreatmentKind(StrEnum):
    """What a source says that a treatment is to the disease."""

    DISEASE_MODIFYING = "disease-modifying"
    SYMPTOMATIC = "symptomatic"
    PREVENTIVE = "preventive"
    DRUG = "drug, aim not stated by the source"
    PROCEDURE = "procedure"
    MEASURE = "other measure"
    AGAINST = "spoken against"


_SORTED = (TreatmentKind.DISEASE_MODIFYING, TreatmentKind.SYMPTOMATIC)
"""What a drug that one source does not sort is, where another one does."""
_OF_FACTS = {
    FactKind.DRUG: TreatmentKind.DRUG,
    FactKind.PROCEDURE: TreatmentKind.PROCEDURE,
    FactKind.NON_DRUG: TreatmentKind.MEASURE,
}
_OF_RELATIONS = {
    RelationKind.PALLIATES: TreatmentKind.SYMPTOMATIC,
    RelationKind.PREVENTS: TreatmentKind.PREVENTIVE,
    RelationKind.NO_BENEFIT: TreatmentKind.AGAINST,
    RelationKind.CONTRAINDICATED: TreatmentKind.AGAINST,
}
# MAxO has procedures and drugs in one tree, which its annotations don't carry.
_PROCEDURE = re.compile(
    r"surg|transplant|ectomy\b|otomy\b|ostomy\b|plasty\b|\brepair\b|implant|extraction|insertion|resection|transfusion|"
    r"dialysis|stimulation|radiation|apheresis|phlebotomy",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """One treatment of the disease, with everyone who says so."""

    name: str
    kind: TreatmentKind
    concept_id: str | None = None
    """Of the graph; None for what the project's own table names."""
    term_ids: tuple[str, ...] = ()
    """The findings of the disease that it is for, where a source says so."""
    notes: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...]
    cautions: tuple[CheckedCaution, ...] = ()
    """For whom it is not; empty where no source here says so."""
    contraindications: tuple[Relation, ...] = ()
    """What the graph says against it in another disease of this patient."""
    is_disputed: bool = False
    """Another source says the opposite."""

    @property
    def is_withheld(self) -> bool:
        """Whether a source says that this patient should not have it."""
        avoided = any(c.applies and not c.is_of_part and c.caution.weight is Weight.AVOID for c in self.cautions)
        return avoided or bool(self.contraindications)

    @property
    def is_unchecked(self) -> bool:
        """Whether no source here says for whom it is not, where one says that it is a treatment."""
        return self.kind is not TreatmentKind.AGAINST and not self.cautions and not self.contraindications

    @property
    def untold(self) -> tuple[str, ...]:
        """What was not told of the patient and would matter."""
        if self.kind is TreatmentKind.AGAINST:
            return ()
        unknown = (c for c in self.cautions if c.applies is None)
        return tuple(dict.fromkeys(" and ".join(map(str, c.caution.when)) for c in unknown))

    @property
    def warnings(self) -> tuple[CheckedCaution, ...]:
        """The cautions that apply to this patient."""
        return tuple(c for c in self.cautions if c.applies)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatedDisease:
    """The disease that is asked about."""

    name: str
    disease_ids: tuple[str, ...] = ()
    """Its entries in the graph; empty where only the project's own table knows it."""
    condition: CommonCondition | None = None
    """Its row in the table of common conditions, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentReview:
    """All that the sources say, for one patient."""

    disease: TreatedDisease
    treatments: tuple[Treatment, ...]
    """By kind, in the order of ``TreatmentKind``; those spoken against last."""
    first_tests: tuple[ConditionFact, ...]
    decisive: tuple[DecisiveFinding, ...]
    """What would speak most for the disease and was not told yet, with tests that observe it."""
    pages: tuple[Relation, ...]
    has_treatment_sources: bool
    """Whether the graph was built with any source of treatments."""
    unknown: tuple[str, ...] = ()
    """Diseases or medicines of the patient that no source here knows: nothing was checked about them."""


class TreatmentKnowledge:
    """What is known about treatments.

    Args:
        graph: with or without further sources.
        common: the project's facts on common conditions.
        cautions: for whom treatments are not.
        circumstances: of patients.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        common: CommonConditions,
        cautions: Sequence[Caution],
        circumstances: CircumstanceTable,
    ) -> None:
        self.graph = graph
        self.common = common
        self._cautions = tuple(cautions)
        self.circumstances = circumstances

    @classmethod
    def load(cls, graph: KnowledgeGraph) -> TreatmentKnowledge:
        """With the project's own tables. Raises SourceError."""
        cautions, circumstances = load_cautions(), load_circumstances()
        require_known(cautions, circumstances)
        return cls(graph, load_common_conditions(), cautions, circumstances)

    @property
    def ontology(self) -> Ontology:
        """The graph's."""
        return self.graph.ontology

    def is_drug(self, name: str) -> bool:
        """Whether a name is that of a medicine or a group of them that anything here knows."""
        return bool(self.circumstances.groups_of(name)) or name.casefold() in self._drug_names

    @cached_property
    def _drug_names(self) -> frozenset[str]:
        concepts = self.graph.relations.concepts.values()
        return frozenset(c.name.casefold() for c in concepts if c.kind is ConceptKind.DRUG)

    def first_id(self, disease_id: str) -> str:
        """The first id of a disease in the graph; its own where the graph doesn't have it."""
        entry = self.graph.entry_id(disease_id)
        return self.graph.equivalents(entry)[0] if entry else disease_id

    def find_disease(self, id_or_name: str) -> TreatedDisease:
        """A disease by id, name, or a synonym of the common conditions. Raises UnknownIdError."""
        key = id_or_name.strip()
        if is_curie(key) and (entry := self.graph.entry_id(key)):
            return self._disease_of(entry)
        words = name_key(key)
        for condition in self.common.conditions:
            if key == condition.disease_id or words in {name_key(n) for n in (condition.name, *condition.synonyms)}:
                return self._of_condition(condition)
        if words in self._by_name:
            return self._disease_of(self._by_name[words])
        node = self.graph.node(key)  # for its error, which names what is near
        raise UnknownIdError(f"{getattr(node, 'name', key)} is no disease: citedx treat needs the id or name of one")

    def _of_condition(self, condition: CommonCondition) -> TreatedDisease:
        entry = self.graph.entry_id(condition.disease_id) or self._by_name.get(name_key(condition.name))
        ids = self.graph.equivalents(entry) if entry else ()
        return TreatedDisease(name=condition.name, disease_ids=ids, condition=condition)

    def _disease_of(self, entry: str) -> TreatedDisease:
        ids = self.graph.equivalents(entry)
        names = {name_key(self.graph.diseases[i].name) for i in ids}
        condition = next((c for c in self.common.conditions if c.disease_id in ids or name_key(c.name) in names), None)
        return TreatedDisease(name=self.graph.diseases[ids[0]].name, disease_ids=ids, condition=condition)

    @cached_property
    def _by_name(self) -> dict[tuple[str, ...], str]:
        return {name_key(d.name): d.disease_id for d in reversed(self.graph.diseases.values())}

    def review(self, disease: TreatedDisease, told: Told, unknown: Iterable[str] = ()) -> TreatmentReview:
        """Everything about treating a disease in a patient.

        Args:
            disease: see ``find_disease``.
            told: what is known of the patient.
            unknown: names that were given of the patient and that nothing here knows.
        """
        told = replace(told, diseases=told.diseases | {disease.name})
        values = self.circumstances.values(told, self.ontology)
        others = [d for name in told.diseases if name != disease.name for d in self._entries_of(name)]
        treatments = [
            replace(
                t,
                cautions=check_cautions(t.name, self._cautions, values, self.circumstances),
                contraindications=self._contraindications(t, others),
            )
            for t in self._treatments(disease)
        ]
        order = list(TreatmentKind)
        statements = [f.association for f in self.common.findings if self._is_of(f.association.disease_id, disease)]
        statements += [a for d in disease.disease_ids for a in self.graph.findings_of(d)]
        named = set(self.ontology.with_wording(disease.name))  # the disease itself, as a finding
        return TreatmentReview(
            disease=disease,
            treatments=tuple(sorted(treatments, key=lambda t: order.index(t.kind))),
            first_tests=tuple(f for f in self._facts(disease) if f.kind is FactKind.TEST),
            decisive=find_decisive(self.graph, statements, told.present | named, told.excluded),
            pages=self.graph.pages_of(disease.disease_ids[0]) if disease.disease_ids else (),
            has_treatment_sources=any(
                c.kind in (ConceptKind.DRUG, ConceptKind.ACTION) for c in self.graph.relations.concepts.values()
            ),
            unknown=tuple(unknown),
        )

    def _entries_of(self, name: str) -> tuple[str, ...]:
        try:
            return self.find_disease(name).disease_ids
        except UnknownIdError:
            return ()

    def _is_of(self, disease_id: str, disease: TreatedDisease) -> bool:
        return disease.condition is not None and disease_id == disease.condition.disease_id

    def _facts(self, disease: TreatedDisease) -> list[ConditionFact]:
        return [f.fact for f in self.common.facts if self._is_of(f.fact.disease_id, disease)]

    def _treatments(self, disease: TreatedDisease) -> list[Treatment]:
        """Of all sources, each name once for each kind; a drug that no source sorts joins one that is sorted."""
        merged: dict[tuple[str, TreatmentKind], Treatment] = {}
        for t in (*self._from_graph(disease), *self._from_facts(disease)):
            name = t.name.casefold()
            kinds = _SORTED if t.kind is TreatmentKind.DRUG else ()
            kind = next((k for k in kinds if (name, k) in merged), t.kind)
            known = merged.get((name, kind))
            merged[name, kind] = t if known is None else _joined(known, t)
        return list(merged.values())

    def _from_facts(self, disease: TreatedDisease) -> Iterator[Treatment]:
        for fact in self._facts(disease):
            if fact.kind in _OF_FACTS:
                yield Treatment(name=fact.name, kind=_OF_FACTS[fact.kind], provenance=(fact.provenance,))

    def _from_graph(self, disease: TreatedDisease) -> Iterator[Treatment]:
        if not disease.disease_ids:
            return
        disputed = {c.about_id for c in self.graph.conflicts_of(disease.disease_ids[0])}
        for relation in self.graph.treatments_of(disease.disease_ids[0]):
            concept = self.graph.relations.concept(relation.subject_id)
            is_general = relation.term_id in (None, PHENOTYPIC_ABNORMALITY)
            yield Treatment(
                name=concept.name,
                kind=_kind(relation, concept, is_general=is_general),
                concept_id=concept.concept_id,
                term_ids=() if is_general or relation.term_id is None else (relation.term_id,),
                notes=(relation.note,) if relation.note else (),
                provenance=(relation.provenance,),
                is_disputed=concept.concept_id in disputed,
            )

    def _contraindications(self, treatment: Treatment, disease_ids: Sequence[str]) -> tuple[Relation, ...]:
        """Statements against a treatment in other diseases, by its id, or its name in what the source adds."""
        word = re.compile(rf"\b{re.escape(treatment.name)}\b", re.IGNORECASE)
        return tuple(
            r
            for r in self.graph.relations.of(disease_ids, (RelationKind.CONTRAINDICATED,))
            if r.subject_id == treatment.concept_id or word.search(r.note)
        )


def _kind(relation: Relation, concept: Concept, *, is_general: bool) -> TreatmentKind:
    if relation.kind in _OF_RELATIONS:
        return _OF_RELATIONS[relation.kind]
    if concept.kind is ConceptKind.DRUG:
        return TreatmentKind.DISEASE_MODIFYING
    if _PROCEDURE.search(concept.name):
        return TreatmentKind.PROCEDURE
    return TreatmentKind.MEASURE if is_general else TreatmentKind.SYMPTOMATIC


def _joined(one: Treatment, other: Treatment) -> Treatment:
    return replace(
        one,
        concept_id=one.concept_id or other.concept_id,
        term_ids=tuple(dict.fromkeys(one.term_ids + other.term_ids)),
        notes=tuple(dict.fromkeys(one.notes + other.notes)),
        provenance=tuple(dict.fromkeys(one.provenance + other.provenance)),
        is_disputed=one.is_disputed or other.is_disputed,
    )
