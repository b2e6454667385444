"""The diagnoses that a figure shows, each with the candidate and the evidence behind it."""

from __future__ import annotations

from dataclasses import dataclass

from kg.schema import FindingMatch, Match
from llm.schema import Diagnosis, Differential
from retrieval.schema import Candidate, Contribution, EvidenceKind
from ui.page.markup import citations, link


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One finding of the patient against one disease."""

    match: FindingMatch
    contribution: Contribution
    evidence_ids: tuple[str, ...]
    """The numbered statements behind the match; empty where nothing is annotated, or nothing of it is cited."""

    @property
    def log_lr(self) -> float:
        """Natural-log likelihood ratio by the graph's model."""
        return self.contribution.log_lr

    @property
    def supports(self) -> bool:
        """Whether what the sources state agrees with the finding, as in the claims of a diagnosis."""
        return self.match.match is not Match.CONTRADICTED

    @property
    def strength(self) -> float:
        """How far the ratio speaks for what the match says, in nats; 0 where it does not."""
        return max(0.0, self.log_lr if self.supports else -self.log_lr)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A diagnosis with what it rests on."""

    diagnosis: Diagnosis
    candidate: Candidate
    findings: tuple[Weighed, ...]
    word_evidence_ids: tuple[str, ...] = ()
    """The numbered passages in which the story's own words stand; empty where these add nothing."""
    history_evidence_ids: tuple[str, ...] = ()
    """The numbered statements that what the story tells beside findings is a risk factor."""


def shown_diagnoses(differential: Differential, n: int) -> tuple[Shown, ...]:
    """The first n diagnoses in the order of the answer; those without a candidate's record are left out."""
    candidates = {c.disease_id: c for c in differential.candidates}
    passages, facts = (
        {e.evidence_id for e in differential.evidence if e.kind is kind}
        for kind in (EvidenceKind.PASSAGE, EvidenceKind.FACT)
    )
    numbers = {e.association: e.evidence_id for e in differential.evidence if e.association is not None}
    return tuple(
        Shown(
            diagnosis=diagnosis,
            candidate=candidates[diagnosis.disease_id],
            findings=tuple(
                Weighed(
                    match=match,
                    contribution=contribution,
                    evidence_ids=tuple(numbers[a] for a in match.associations if a in numbers),
                )
                for match, contribution in zip(
                    candidates[diagnosis.disease_id].explanation.matches,
                    candidates[diagnosis.disease_id].contributions,
                    strict=True,
                )
            ),
            word_evidence_ids=_cited_without_finding(diagnosis, passages),
            history_evidence_ids=_cited_without_finding(diagnosis, facts),
        )
        for diagnosis in differential.diagnoses[:n]
        if diagnosis.disease_id in candidates
    )


def _cited_without_finding(diagnosis: Diagnosis, evidence_ids: set[str]) -> tuple[str, ...]:
    """Which of these the program's own claims cite that are about no finding."""
    claims = (c for c in diagnosis.claims if not c.by_model and c.term_id is None)
    return tuple(i for c in claims for i in c.evidence_ids if i in evidence_ids)


def cite(weighed: Weighed) -> str:
    """Numbers of the evidence as HTML; where the answer cites none of it, the source that speaks of it best."""
    if weighed.evidence_ids or not weighed.match.associations:
        return citations(weighed.evidence_ids)
    source = weighed.match.associations[0].provenance[0]
    return f'<span class="fig-note">{link(source.url, source.reference)}</span>'
