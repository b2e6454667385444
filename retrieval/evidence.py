"""Associations and cases -> numbered evidence E1, E2 ..., worded from the records alone.

The numbers are made here and nowhere else; whoever writes a claim asks for the number of what it rests on.
"""

from __future__ import annotations

from collections.abc import Sequence

from kg.graph import KnowledgeGraph
from kg.schema import Association
from retrieval.schema import CaseHit, CountedTerm, Evidence, EvidenceKind

MAX_LISTED = 12
"""Findings of a case that its evidence lists; the rest is counted."""


class EvidenceBook:
    """Numbers evidence in the order of first use; the same statement keeps its number.

    Args:
        graph: for names.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph
        self._evidence: dict[object, Evidence] = {}

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All pieces so far, E1 first."""
        return tuple(self._evidence.values())

    def cite_association(self, association: Association, score: float = 0.0) -> str:
        """Number of an annotated statement."""
        return self._cite(
            association,
            kind=EvidenceKind.ANNOTATION,
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

    def _cite(self, key: object, **fields: object) -> str:
        known = self._evidence.get(key)
        if known is None:
            known = Evidence(evidence_id=f"E{len(self._evidence) + 1}", **fields)  # type: ignore[arg-type]
            self._evidence[key] = known
        return known.evidence_id


def word_association(association: Association, graph: KnowledgeGraph) -> str:
    """One sentence that says what the source says."""
    disease, term = graph.disease(association.disease_id), graph.term(association.term_id)
    unstated = "" if association.excluded or association.frequency else ", no frequency given"
    return f"{disease.name} ({disease.disease_id}): {term.name}, {word_how_often(association)}{unstated}."


def word_how_often(association: Association) -> str:
    """``seen in 3 of 4 male patients``, ``reported absent (0 of 5 patients)``, ``reported in female patients``."""
    frequency = association.frequency
    who = f"{association.sex.lower()} patients" if association.sex else "patients"
    of_whom = str(frequency).replace("patient", who.removesuffix("s"))
    if association.excluded and frequency and frequency.n is not None:
        return f"reported absent ({of_whom})"
    if frequency and not association.excluded:
        return f"seen in {of_whom}"
    return ("reported absent" if association.excluded else "reported") + (f" in {who}" if association.sex else "")


def word_case(hit: CaseHit, graph: KnowledgeGraph) -> str:
    """What a case or series reports: shared findings first."""
    case, ontology = hit.case, graph.ontology
    disease = graph.diseases.get(case.disease_id)
    name = f"{disease.name} ({case.disease_id})" if disease else case.disease_id
    related = set(hit.shared_term_ids)
    shared_first = sorted(case.present, key=lambda t: not (related & ontology.ancestors(t.term_id)))
    listed = [_word_counted(t, graph) for t in shared_first[:MAX_LISTED]]
    more = f" and {len(case.present) - MAX_LISTED} more" if len(case.present) > MAX_LISTED else ""
    kind = "Published patients" if case.is_series else "Published patient"
    absent = f" Not seen: {_word_list(case.absent[: MAX_LISTED // 2], graph)}." if case.absent else ""
    return f"{kind} with {name}: {', '.join(listed) or 'no findings listed'}{more}.{absent}"


def _word_list(terms: Sequence[CountedTerm], graph: KnowledgeGraph) -> str:
    return ", ".join(_word_counted(t, graph) for t in terms)


def _word_counted(counted: CountedTerm, graph: KnowledgeGraph) -> str:
    name = graph.ontology.name(counted.term_id)
    return name if counted.n is None else f"{name} ({counted.n} of {counted.m})"
