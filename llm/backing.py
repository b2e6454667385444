"""What cited evidence lets a text say: names, statements and quotations, and whether of a presence or an absence.

Deliberately not here: whether a text says more than that (``llm.wording``), and what becomes of it (``llm.grounding``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.schema import Diagnosis
from llm.wording import Backing
from retrieval.schema import Evidence, EvidenceKind

_PROSE = (EvidenceKind.PASSAGE, EvidenceKind.DEFINITION)
_ABOUT_NOBODY = (EvidenceKind.DEFINITION, EvidenceKind.FACT)
"""Evidence that speaks neither for nor against a disease in any patient."""


def backing_in_patient(
    cited: Sequence[Evidence], diagnoses: Sequence[Diagnosis], patient: Mapping[str, Finding], graph: KnowledgeGraph
) -> Backing | None:
    """What may be said of evidence in this patient; None where it speaks of absences and of what is there."""
    absences = {_is_absence(e, patient, graph) for e in cited}
    if len(absences) > 1:
        return None
    leanings = {_leaning(e, patient, graph) for e in cited}
    return replace(
        backing_of(cited, [], diagnoses, patient, graph),
        supports=leanings.pop() if len(leanings) == 1 else None,
        negated=absences.pop(),
    )


def backing_of_sources(
    cited: Sequence[Evidence], diagnoses: Sequence[Diagnosis], patient: Mapping[str, Finding], graph: KnowledgeGraph
) -> Backing | None:
    """What may be said of evidence by itself; of the patient only what the patient has."""
    absences = {says_absent(e) for e in cited}
    if len(absences) > 1:
        return None
    present = {t: f for t, f in patient.items() if not f.excluded}
    return replace(backing_of(cited, [], diagnoses, present, graph), negated=absences.pop())


def _leaning(cited: Evidence, patient: Mapping[str, Finding], graph: KnowledgeGraph) -> bool | None:
    """Whether evidence speaks for its disease in this patient, or against it; None: neither, or both."""
    if cited.kind in _ABOUT_NOBODY:
        return None
    related = _related_findings(cited, patient, graph)
    if cited.kind is not EvidenceKind.ANNOTATION:
        return True if any(not f.excluded for f in related) else None
    if not related:
        return None if says_absent(cited) else False  # expected, and not mentioned
    agreeing = {f.excluded == says_absent(cited) for f in related}
    if agreeing == {False} and not any(contradicts(f, cited, graph) for f in related):
        return None
    return agreeing.pop() if len(agreeing) == 1 else None


def _is_absence(cited: Evidence, patient: Mapping[str, Finding], graph: KnowledgeGraph) -> bool:
    """Whether to say what evidence has to do with the patient is to speak of an absence."""
    if cited.kind is not EvidenceKind.ANNOTATION:
        return False
    return says_absent(cited) or all(f.excluded for f in _related_findings(cited, patient, graph))


def _related_findings(cited: Evidence, patient: Mapping[str, Finding], graph: KnowledgeGraph) -> list[Finding]:
    return [f for mine, f in patient.items() if any(are_related(t, mine, graph) for t in cited.term_ids)]


def backing_of(
    cited: Sequence[Evidence],
    term_ids: Sequence[str],
    diagnoses: Sequence[Diagnosis],
    patient: Mapping[str, Finding],
    graph: KnowledgeGraph,
) -> Backing:
    """What words that cite this evidence may say, but for their direction.

    Args:
        cited: at least one.
        term_ids: findings that may be named beside those of the evidence and of the patient.
        diagnoses: the whole differential.
        patient: current term id -> finding.
        graph: for names.
    """
    ontology = graph.ontology
    mine = [t for t in patient if any(are_related(t, stated, graph) for e in cited for stated in e.term_ids)]
    stated = [ontology.current_id(t) for e in cited for t in e.term_ids if t in ontology]
    known = {t for t in (*mine, *stated, *term_ids) if _is_known(t, patient, graph)}
    own_names = {w for t in known for w in _wordings(t, graph)}
    other_terms = {w for t in (*stated, *term_ids) if t not in known for w in _wordings(t, graph)} - own_names
    disease_ids = {i for e in cited if e.disease_id for i in graph.equivalents(e.disease_id)}
    counted = {phrase for e in cited if e.kind is EvidenceKind.CASE for phrase in _counted(e, graph)}
    return Backing(
        names=frozenset(own_names | other_terms | counted | {graph.diseases[i].name for i in disease_ids}),
        not_the_patients=frozenset(other_terms | counted),
        other_names=frozenset(
            graph.diseases[i].name
            for d in diagnoses
            for i in (d.disease_id, *d.equivalent_ids)
            if i in graph.diseases and i not in disease_ids
        ),
        statements=tuple(e.text for e in cited if e.kind in (EvidenceKind.ANNOTATION, EvidenceKind.FACT)),
        quotable=tuple(e.text for e in cited),
        quoted_only=any(e.kind in _PROSE for e in cited),
    )


def _is_known(term_id: str, patient: Mapping[str, Finding], graph: KnowledgeGraph) -> bool:
    """Whether the patient is known to have a finding, or to lack it: it follows from one that was said."""
    ancestors = graph.ontology.ancestors
    return any(term_id in ancestors(t) if not f.excluded else t in ancestors(term_id) for t, f in patient.items())


def _wordings(term_id: str, graph: KnowledgeGraph) -> Iterator[str]:
    term = graph.term(term_id)
    yield term.name
    yield from (s.text for s in term.synonyms if s.scope == "EXACT")


def _counted(case: Evidence, graph: KnowledgeGraph) -> Iterator[str]:
    """``Large zorb (3 of 5)``: the counts of a series belong to their findings."""
    for term_id in case.term_ids:
        name = graph.ontology.name(term_id)
        yield from (m[0] for m in re.finditer(re.escape(name) + r" \([0-9]+ of [0-9]+\)", case.text))


def says_absent(cited: Evidence) -> bool:
    """Whether evidence states that patients with the disease lack a finding."""
    return cited.association is not None and cited.association.excluded


def contradicts(finding: Finding, cited: Evidence, graph: KnowledgeGraph) -> bool:
    """Who lacks a term lacks all that is more specific; who has one has all that is more general."""
    ontology = graph.ontology
    mine = ontology.current_id(finding.term_id)
    if finding.excluded:
        return any(mine in ontology.ancestors(t) for t in cited.term_ids)
    return any(t in ontology.ancestors(mine) for t in cited.term_ids)


def are_related(one: str, other: str, graph: KnowledgeGraph) -> bool:
    """Whether one term is the other, or more general than it."""
    return one in graph.ontology.ancestors(other) or other in graph.ontology.ancestors(one)
