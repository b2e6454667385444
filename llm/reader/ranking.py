"""The first reader: takes the fused ranking as it stands and words every claim from the evidence behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from kg.equivalence import terms_called
from kg.graph import KnowledgeGraph
from kg.phrases import Phrase, TermName, joined, phrase, term_name
from kg.schema import Association, Finding, FindingMatch, Match
from llm.reader.protocol import Reading
from llm.schema import Claim, Diagnosis
from retrieval.evidence import EvidenceBook, word_how_often
from retrieval.risk_factors import PresentRisk
from retrieval.schema import Candidate, CaseHit

MAX_CLAIMS = 10
"""Claims about findings per diagnosis: those that weigh most."""
MAX_CITATIONS = 3
MAX_EXPECTED = 2
MAX_CASES = 2
MIN_SHARED = 2
"""A case is cited when it shares at least this many findings with the patient."""


class RankingReader:
    """Ranking and probabilities of retrieval; claims for, against, and about similar cases."""

    version = "ranking-1"

    def read(
        self,
        graph: KnowledgeGraph,
        findings: Sequence[Finding],  # noqa: ARG002 - for readers that weigh them again
        candidates: Sequence[Candidate],
    ) -> Reading:
        """One diagnosis per candidate, in their order."""
        book = EvidenceBook(graph)
        diagnoses = tuple(
            Diagnosis(
                disease_id=c.disease_id,
                name=c.name,
                rank=c.rank,
                probability=c.probability,
                claims=tuple(claims_about(c, graph, book)),
                equivalent_ids=c.equivalent_ids,
            )
            for c in candidates
        )
        return Reading(diagnoses=diagnoses, evidence=book.evidence)


def claims_about(
    candidate: Candidate, graph: KnowledgeGraph, book: EvidenceBook, n_expected: int = MAX_EXPECTED
) -> Iterable[Claim]:
    """Claims about one candidate.

    Findings by weight, risk factors, words of the story, similar cases, and what is expected and not mentioned.
    """
    weights = {c.term_id: c.weight for c in candidate.contributions}
    telling = [m for m in candidate.explanation.matches if m.associations]
    telling.sort(key=lambda m: (-_telling(m, weights), m.finding.term_id))
    for match in telling[:MAX_CLAIMS]:
        yield _finding_claim(candidate, match, abs(weights[match.finding.term_id]), graph, book)
    described = {m.finding.term_id for m in telling}
    for risk in candidate.risks:
        if risk.term_id not in described:
            yield _risk_claim(candidate, risk, graph, book)
    if candidate.passages:
        yield _words_claim(candidate, book)
    similar = [hit for hit in candidate.cases if len(hit.shared_term_ids) >= MIN_SHARED]
    for hit in similar[:MAX_CASES]:
        yield _case_claim(candidate, hit, graph, book)
    missing = candidate.explanation.missing
    # "Stomach cancer is expected" says nothing of gastric cancer.
    itself = terms_called([candidate.name], (a.term_id for a in missing), graph.ontology)
    expected = (a for a in missing if a.term_id not in itself)
    for association in islice(expected, n_expected):
        yield _expected_claim(candidate, association, graph, book)


def _telling(match: FindingMatch, weights: Mapping[str, float]) -> float:
    """How much a finding speaks for what its claim says."""
    weight = weights[match.finding.term_id]
    return -weight if match.match is Match.CONTRADICTED else weight


def _finding_claim(
    candidate: Candidate, match: FindingMatch, weight: float, graph: KnowledgeGraph, book: EvidenceBook
) -> Claim:
    cited = match.associations[:MAX_CITATIONS]
    return Claim(
        text=_word_match(match, graph),
        supports=match.match is not Match.CONTRADICTED,
        evidence_ids=tuple(book.cite_association(a, weight) for a in cited),
        disease_id=candidate.disease_id,
        term_id=match.finding.term_id,
    )


def _word_match(match: FindingMatch, graph: KnowledgeGraph) -> Phrase:
    """The claim in words; it says no more than its first citation."""
    label, first = _named(match.finding.term_id, graph), match.associations[0]
    said = {"label": label, "annotated": _named(first.term_id, graph), "how": word_how_often(first)}
    if match.match is Match.EXACT:
        return phrase("{label} is {how}", label=label, how=said["how"])
    if match.match is Match.SPECIFIC:
        return phrase("{label}: the more specific {annotated} is {how}", **said)
    if match.match is Match.GENERAL:
        return phrase("{label}: the more general {annotated} is {how}", **said)
    itself, other = _CONTRADICTED[match.match is Match.AGREED_ABSENT, match.finding.excluded]
    if first.term_id == match.finding.term_id:
        return phrase(itself, label=label, how=said["how"])
    return phrase(other, **said)


_CONTRADICTED = {
    (True, True): (
        "{label} is absent here, and it is {how}",
        "{label} is absent here, and {annotated} is {how}",
    ),
    (False, True): (
        "{label} is absent here, but it is {how}",
        "{label} is absent here, but {annotated} is {how}",
    ),
    (False, False): (
        "{label} is present here, but it is {how}",
        "{label} is present here, but {annotated} is {how}",
    ),
}
"""Whether the sources agree on an absence, whether the finding is excluded -> of the term itself, of another."""
CONTRADICTED = tuple(template for pair in _CONTRADICTED.values() for template in pair)


def _named(term_id: str, graph: KnowledgeGraph) -> TermName:
    return term_name(term_id, graph.ontology.name(term_id))


def _risk_claim(candidate: Candidate, risk: PresentRisk, graph: KnowledgeGraph, book: EvidenceBook) -> Claim:
    circumstance = risk.circumstance[:1].upper() + risk.circumstance[1:]  # NSAID use, a relative with Crohn disease
    told = _named(risk.term_id, graph) if risk.term_id else f"{circumstance} (“{risk.quote}”)"
    return Claim(
        text=phrase("{told} makes it likelier: a risk factor is {factor}", told=told, factor=risk.factor.name),
        supports=True,
        evidence_ids=(book.cite_risk_factor(risk.factor),),
        disease_id=candidate.disease_id,
        term_id=risk.term_id or None,
    )


def _words_claim(candidate: Candidate, book: EvidenceBook) -> Claim:
    words = joined((f"“{word}”" for hit in candidate.passages for word in hit.words), ", ")
    return Claim(
        text=phrase("Words of the story also in this disease's description: {words}", words=words),
        supports=True,
        evidence_ids=tuple(book.cite_passage(hit.passage, candidate.disease_id) for hit in candidate.passages),
        disease_id=candidate.disease_id,
    )


def _case_claim(candidate: Candidate, hit: CaseHit, graph: KnowledgeGraph, book: EvidenceBook) -> Claim:
    return Claim(
        text=word_shared(hit, phrase("this disease"), graph),
        supports=True,
        evidence_ids=(book.cite_case(hit),),
        disease_id=candidate.disease_id,
    )


def word_shared(hit: CaseHit, disease: str, graph: KnowledgeGraph) -> Phrase:
    """What a published case and the patient have in common."""
    shared = joined((_named(t, graph) for t in hit.shared_term_ids), ", ")
    who = phrase("Published patients") if hit.case.is_series else phrase("A published patient")
    return phrase("{who} with {disease} had {shared}", who=who, disease=disease, shared=shared)


def _expected_claim(candidate: Candidate, association: Association, graph: KnowledgeGraph, book: EvidenceBook) -> Claim:
    label, how = _named(association.term_id, graph), word_how_often(association)
    return Claim(
        text=phrase("Expected and not mentioned: {label} is {how}", label=label, how=how),
        supports=False,
        evidence_ids=(book.cite_association(association),),
        disease_id=candidate.disease_id,
        term_id=association.term_id,
    )
