"""Records -> numbered evidence E1, E2 ..., worded from the records alone.

The numbers are made here and nowhere else; whoever writes a claim asks for the number of what it rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kg.graph import KnowledgeGraph
from kg.phrases import Number, Phrase, TermName, joined, phrase, term_name
from kg.schema import Association, Frequency, Gene, Predicate, Prevalence, Provenance, Term
from kg.sources import hpo, hpoa
from retrieval.passages import Passage
from retrieval.risk_factors import RiskFactor
from retrieval.schema import CaseHit, CountedTerm, Evidence, EvidenceKind

MAX_LISTED = 12
"""Findings of a case that its evidence lists; the rest is counted. Also synonyms of a term."""


class EvidenceBook:
    """Numbers evidence in the order of first use; the same statement keeps its number.

    Args:
        graph: for names.
        known: pieces with numbers of an earlier answer on the same case; a piece that says the same keeps its number.
    """

    def __init__(self, graph: KnowledgeGraph, known: Sequence[Evidence] = ()) -> None:
        self._graph = graph
        self._known = {replace(e, evidence_id="", score=0.0): e for e in known}
        self._n_used = max((int(e.evidence_id.removeprefix("E")) for e in known), default=0)
        self._evidence: dict[object, Evidence] = {}

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All pieces that were cited so far, in the order of first use."""
        return tuple(self._evidence.values())

    def cite_association(self, association: Association, score: float = 0.0) -> str:
        """Number of an annotated statement."""
        return self._cite(
            association,
            kind=EvidenceKind.ANNOTATION if association.predicate is Predicate.PHENOTYPE else EvidenceKind.FACT,
            text=word_association(association, self._graph),
            disease_id=association.disease_id,
            term_ids=(association.term_id,),
            provenance=association.provenance,
            score=score,
            association=association,
        )

    def cite_case(self, hit: CaseHit) -> str:
        """Number of a published case or series."""
        return self._cite(
            hit.case,  # not its id: two files of a folder can claim the same
            kind=EvidenceKind.CASE,
            text=word_case(hit, self._graph),
            disease_id=hit.case.disease_id,
            term_ids=tuple(t.term_id for t in hit.case.present),
            provenance=(hit.case.provenance,),
            score=hit.similarity,
            case=hit.case,
        )

    def cite_term(self, term_id: str) -> str:
        """Number of what the ontology says of a term."""
        term, ontology = self._graph.term(term_id), self._graph.ontology
        return self._cite(
            term,
            kind=EvidenceKind.DEFINITION,
            text=word_term(term, self._graph),
            disease_id="",
            term_ids=(term.term_id,),
            provenance=(
                Provenance(source=hpo.SOURCE, version=ontology.version, reference=term.term_id, licence=hpo.LICENCE),
            ),
        )

    def cite_genes(self, disease_id: str, genes: Sequence[Gene]) -> str:
        """Number of the statement that these genes are associated with a disease entry."""
        version = self._graph.versions.get("hpoa", "")
        named = ", ".join(f"{g.symbol} ({g.gene_id})" for g in genes)
        return self._cite(
            (disease_id, tuple(genes)),
            kind=EvidenceKind.FACT,
            text=phrase(
                "{disease} ({id}): associated with {genes}.",
                disease=self._graph.disease(disease_id).name,
                id=disease_id,
                genes=named,
            ),
            disease_id=disease_id,
            term_ids=(),
            provenance=(Provenance(source=hpoa.SOURCE, version=version, reference=disease_id, licence=hpoa.LICENCE),),
        )

    def cite_prevalence(self, prevalence: Prevalence) -> str:
        """Number of what a page says of how common a disease is."""
        name = self._graph.disease(prevalence.disease_id).name
        return self._cite(
            prevalence,
            kind=EvidenceKind.FACT,
            text=phrase(
                "{disease} ({id}): about {share}.",
                disease=name,
                id=prevalence.disease_id,
                share=word_one_in(prevalence),
            ),
            disease_id=prevalence.disease_id,
            term_ids=(),
            provenance=(prevalence.provenance,),
        )

    def cite_risk_factor(self, factor: RiskFactor) -> str:
        """Number of the statement that something makes a disease likelier."""
        return self._cite(
            factor,
            kind=EvidenceKind.FACT,
            text=phrase(
                "{disease} ({id}): a risk factor is {factor}.",
                disease=factor.disease,
                id=factor.disease_id,
                factor=factor.name,
            ),
            disease_id=factor.disease_id,
            term_ids=(factor.term_id,) if factor.term_id else (),
            provenance=(factor.provenance,),
        )

    def cite_passage(self, passage: Passage, disease_id: str) -> str:
        """Number of a passage about a disease."""
        return self._cite(
            (passage, disease_id),
            kind=EvidenceKind.PASSAGE,
            text=passage.whole,
            disease_id=disease_id,
            term_ids=(),
            provenance=(passage.provenance,),
        )

    def _cite(self, key: object, *, score: float = 0.0, **fields: object) -> str:
        found = self._evidence.get(key)
        if found is None:
            said = Evidence(evidence_id="", **fields)  # type: ignore[arg-type]
            found = self._known.get(said)
            if found is None:
                self._n_used += 1
                found = replace(said, evidence_id=f"E{self._n_used}", score=score)
            self._evidence[key] = found
        return found.evidence_id


def word_association(association: Association, graph: KnowledgeGraph) -> Phrase:
    """One sentence that says what the source says."""
    disease = graph.disease(association.disease_id)
    said = {
        "disease": disease.name,
        "id": disease.disease_id,
        "finding": _named(association.term_id, graph),
        "how": word_how_often(association),
    }
    if association.excluded or association.frequency:
        return phrase("{disease} ({id}): {finding}, {how}.", **said)
    return phrase("{disease} ({id}): {finding}, {how}, no frequency given.", **said)


def word_term(term: Term, graph: KnowledgeGraph) -> str:
    """Definition, other wordings and what the term is a kind of."""
    also = [s.text for s in term.synonyms if s.scope == "EXACT"][:MAX_LISTED]
    kinds = [_named(p, graph) for p in graph.ontology.parents(term.term_id)]
    meaning = term.definition or phrase("no definition given.")
    name = term_name(term.term_id, term.name)
    parts = [phrase("{name} ({id}): {meaning}", name=name, id=term.term_id, meaning=meaning)]
    parts += [phrase("Also called: {names}.", names=joined(also, "; "))] if also else []
    parts += [phrase("A kind of: {names}.", names=joined(kinds, "; "))] if kinds else []
    return joined(parts, " ")


def word_one_in(prevalence: Prevalence) -> Phrase:
    """``str(prevalence)``."""
    few, many = map(Number, prevalence.one_in)
    if few == many:
        return phrase("1 in {few} people", few=few)
    return phrase("1 in {few} to {many} people", few=few, many=many)


def word_how_often(association: Association) -> Phrase:
    """``seen in 3 of 4 male patients``, ``reported absent (0 of 5 patients)``, ``reported in female patients``."""
    frequency, who = association.frequency, _PATIENTS[association.sex]
    if association.excluded and frequency and frequency.n is not None:
        return phrase("reported absent ({of_whom})", of_whom=word_share(frequency, association.sex))
    if frequency and not association.excluded:
        return phrase("seen in {of_whom}", of_whom=word_share(frequency, association.sex))
    if association.sex:
        return phrase("reported absent in {who}" if association.excluded else "reported in {who}", who=who)
    return phrase("reported absent") if association.excluded else phrase("reported")


def word_share(frequency: Frequency, sex: str | None = None) -> Phrase:
    """``str(frequency)``, of patients of one sex where only they are meant."""
    who = _PATIENTS[sex]
    if frequency.n is not None:
        who = _PATIENT[sex] if frequency.m == 1 else who
        return phrase("{n} of {m} {who}", n=frequency.n, m=frequency.m, who=who)
    low, high = f"{frequency.low:.0%}", f"{frequency.high:.0%}"
    one = frequency.low == frequency.high
    share = (
        phrase("{share} of {who}", share=low, who=who)
        if one
        else phrase("{low} to {high} of {who}", low=low, high=high, who=who)
    )
    return phrase("{what} ({more})", what=share, more=phrase(frequency.label.lower())) if frequency.label else share


_PATIENTS = {None: phrase("patients"), "FEMALE": phrase("female patients"), "MALE": phrase("male patients")}
_PATIENT = {None: phrase("patient"), "FEMALE": phrase("female patient"), "MALE": phrase("male patient")}


def word_case(hit: CaseHit, graph: KnowledgeGraph) -> str:
    """What a case or series reports: shared findings first."""
    case, ontology = hit.case, graph.ontology
    disease = graph.diseases.get(case.disease_id)
    name = f"{disease.name} ({case.disease_id})" if disease else case.disease_id
    related = set(hit.shared_term_ids)
    shared_first = sorted(case.present, key=lambda t: not (related & ontology.ancestors(t.term_id)))
    listed = _word_list(shared_first[:MAX_LISTED], graph) if shared_first else phrase("no findings listed")
    if n_more := max(0, len(case.present) - MAX_LISTED):
        listed = phrase("{words} and {n} more", words=listed, n=n_more)
    who = phrase("Published patients") if case.is_series else phrase("Published patient")
    parts = [phrase("{who} with {disease}: {findings}.", who=who, disease=name, findings=listed)]
    if case.absent:
        parts.append(phrase("Not seen: {findings}.", findings=_word_list(case.absent[: MAX_LISTED // 2], graph)))
    return joined(parts, " ")


def _word_list(terms: Sequence[CountedTerm], graph: KnowledgeGraph) -> str:
    return joined((_word_counted(t, graph) for t in terms), ", ")


def _word_counted(counted: CountedTerm, graph: KnowledgeGraph) -> str:
    name = _named(counted.term_id, graph)
    if counted.n is None:
        return name
    return phrase("{finding} ({n} of {m})", finding=name, n=counted.n, m=counted.m)


def _named(term_id: str, graph: KnowledgeGraph) -> TermName:
    return term_name(term_id, graph.ontology.name(term_id))
