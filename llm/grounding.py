"""Every citation resolved, or removed and listed.

A claim may be shown only if each citation names evidence that exists, is about the claim's disease, speaks of the
claim's finding, and says what the claim says (for or against). Nobody is trusted: the project's own reader passes
through here like any language model. Where the words are a model's, they too are held against the evidence
(``llm.wording``); its prose is shown only as far as each sentence cites what it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.backing import are_related, backing_in_patient, backing_of, backing_of_sources, contradicts, says_absent
from llm.chat.protocol import Rung
from llm.reader.protocol import Reading
from llm.schema import Claim, Commentary, Diagnosis, RemovedClaim
from llm.wording import CITATION, Backing, cited_ids, fault_of_words, plain, quotations, without_citations, words_of
from retrieval.schema import Evidence, EvidenceKind

NOTHING_LEFT = (
    "Nothing of the language model's answer is shown: the evidence bears none of it beyond what the reader says."
)
ALREADY_SAID = (
    "Claims of the language model that point at what a claim above them points at, and are not repeated: {n}."
)
MAX_LISTED = 300
"""Characters of a removed sentence that are listed."""

_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def ground_reading(
    reading: Reading, findings: Sequence[Finding], graph: KnowledgeGraph
) -> tuple[tuple[Diagnosis, ...], Commentary | None, tuple[RemovedClaim, ...]]:
    """Diagnoses and commentary with what holds, and what was taken out with its reasons."""
    diagnoses, removed = ground(reading.diagnoses, reading.evidence, findings, graph)
    removed = (*reading.removed, *removed)
    if reading.commentary is None:
        return diagnoses, None, removed
    summary, sentences = ground_prose(reading.commentary.summary, diagnoses, reading.evidence, findings, graph)
    diagnoses, n_repeated = _without_repetition(diagnoses)
    notes = reading.commentary.notes
    if n_repeated:
        notes = (*notes, ALREADY_SAID.format(n=n_repeated))
    stated = {t for e in reading.evidence for t in e.term_ids}
    questions = tuple(q for q in reading.commentary.questions if q.term_id in stated)
    commentary = replace(reading.commentary, summary=summary, questions=questions, notes=notes)
    is_shown = summary or commentary.questions
    if not is_shown and not any(c.by_model for d in diagnoses for c in d.claims):
        notes = notes if commentary.rung is Rung.READER else (*notes, NOTHING_LEFT)
        commentary = replace(commentary, rung=Rung.READER, notes=notes)
    return diagnoses, commentary, (*removed, *sentences)


def ground(
    diagnoses: Iterable[Diagnosis], evidence: Sequence[Evidence], findings: Sequence[Finding], graph: KnowledgeGraph
) -> tuple[tuple[Diagnosis, ...], tuple[RemovedClaim, ...]]:
    """Diagnoses with the claims that hold, and the claims that were taken out with their reasons.

    A claim of which some citations fail is removed whole: what it says rests on all of them.
    """
    by_id = {e.evidence_id: e for e in evidence}
    patient = {graph.ontology.current_id(f.term_id): f for f in findings}
    diagnoses = tuple(diagnoses)
    grounded, removed = [], []
    for diagnosis in diagnoses:
        kept = []
        for claim in diagnosis.claims:
            reason = fault(claim, diagnosis, by_id, patient, graph) or _fault_of_shared_words(claim, by_id)
            if reason is None and claim.by_model:
                reason = _fault_of_text(claim, diagnoses, by_id, patient, graph)
            if reason is None:
                kept.append(claim)
            else:
                removed.append(RemovedClaim(claim=claim, reason=reason))
        grounded.append(replace(diagnosis, claims=tuple(kept)))
    return tuple(grounded), tuple(removed)


def ground_prose(
    text: str,
    diagnoses: Sequence[Diagnosis],
    evidence: Sequence[Evidence],
    findings: Sequence[Finding],
    graph: KnowledgeGraph,
) -> tuple[str, tuple[RemovedClaim, ...]]:
    """The sentences that hold, with citations as ``[E3]``, and those that were taken out with their reasons.

    A citation covers the words before it, back to the citation before; each such part is held against what it cites,
    and words after the last citation rest on nothing. A sentence of which one part fails is removed whole.
    """
    by_id = {e.evidence_id: e for e in evidence}
    patient = {graph.ontology.current_id(f.term_id): f for f in findings}
    kept, removed = [], []
    for sentence in sentences_of(text):
        reason = _fault_of_sentence(sentence, diagnoses, by_id, patient, graph, backing_in_patient)
        if reason is None:
            kept.append(CITATION.sub(lambda m: " ".join(f"[{i}]" for i in cited_ids(m[1])), sentence))
        else:
            removed.append(_removed_sentence(sentence, reason))
    return " ".join(kept), tuple(removed)


def sentences_of(text: str) -> list[str]:
    """Prose in the sentences that are held against the evidence one by one."""
    return list(filter(None, map(plain, _END_OF_SENTENCE.split(text))))


def ground_sentence(
    sentence: str,
    diagnoses: Sequence[Diagnosis],
    evidence: Sequence[Evidence],
    findings: Sequence[Finding],
    graph: KnowledgeGraph,
) -> RemovedClaim | None:
    """What is wrong with a sentence that is to say what its sources say, whatever this patient has; None if it holds.

    Of the patient it may say only what the patient has, and it speaks neither for nor against a disease.
    """
    by_id = {e.evidence_id: e for e in evidence}
    patient = {graph.ontology.current_id(f.term_id): f for f in findings}
    reason = _fault_of_sentence(sentence, diagnoses, by_id, patient, graph, backing_of_sources)
    return None if reason is None else _removed_sentence(sentence, reason)


def _removed_sentence(sentence: str, reason: str) -> RemovedClaim:
    cited = tuple(i for group in CITATION.findall(sentence) for i in cited_ids(group))
    listed = plain(sentence, MAX_LISTED)
    claim = Claim(text=listed, supports=True, evidence_ids=cited, disease_id="", by_model=True)
    return RemovedClaim(claim=claim, reason=reason)


def fault(
    claim: Claim,
    diagnosis: Diagnosis,
    evidence: Mapping[str, Evidence],
    patient: Mapping[str, Finding],
    graph: KnowledgeGraph,
) -> str | None:
    """Why a claim cannot be shown; None if it holds."""
    if claim.disease_id not in (diagnosis.disease_id, *diagnosis.equivalent_ids):
        return f"it is about {claim.disease_id}, not about {diagnosis.disease_id}"
    if claim.disease_id not in graph.diseases:
        return f"{claim.disease_id} is not a disease of the graph"
    if claim.term_id is not None and claim.term_id not in graph.ontology:
        return f"{claim.term_id} is not a term of the graph"
    if not claim.evidence_ids:
        return "it cites nothing"
    for evidence_id in claim.evidence_ids:
        cited = evidence.get(evidence_id)
        if cited is None:
            return f"{evidence_id} does not exist"
        if cited.disease_id not in graph.equivalents(claim.disease_id):
            return f"{evidence_id} is about {cited.disease_id}"
        reason = _fault_of_citation(claim, cited, patient, graph)
        if reason is not None:
            return f"{evidence_id} {reason}"
    return None


def _fault_of_citation(
    claim: Claim, cited: Evidence, patient: Mapping[str, Finding], graph: KnowledgeGraph
) -> str | None:
    """Why evidence about the right disease does not bear the claim."""
    if claim.term_id is None:
        return _fault_of_whole_case(claim, cited, patient, graph)
    term_id = graph.ontology.current_id(claim.term_id)
    if not any(are_related(t, term_id, graph) for t in cited.term_ids):
        return f"does not speak of {term_id}"
    finding = patient.get(term_id)
    if finding is None:
        return _fault_of_expectation(claim, term_id, cited, patient, graph)
    if (finding.excluded == says_absent(cited)) != claim.supports:
        return "says the opposite of the claim"
    if not claim.supports and not contradicts(finding, cited, graph):
        return f"does not rule out what is said of {term_id}"
    return None


def _fault_of_whole_case(
    claim: Claim, cited: Evidence, patient: Mapping[str, Finding], graph: KnowledgeGraph
) -> str | None:
    """A claim that names no finding says: this published case is like the patient, or what is told is a risk factor."""
    if cited.kind is EvidenceKind.ANNOTATION:
        return "is about one finding, and the claim names none"
    if not claim.supports:
        return "says the opposite of the claim"
    if cited.kind is EvidenceKind.PASSAGE and not claim.by_model:
        return None  # its words are held against the passages together
    if cited.kind is EvidenceKind.FACT and not claim.by_model:
        factor = claim.text.partition(": ")[2]
        return None if factor and cited.text.endswith(f": {factor}.") else "does not name the risk factor"
    present = [t for t, f in patient.items() if not f.excluded]
    if not any(are_related(t, mine, graph) for t in cited.term_ids for mine in present):
        return "shares no finding with the patient"
    return None


def _fault_of_shared_words(claim: Claim, evidence: Mapping[str, Evidence]) -> str | None:
    """A claim that words of the story stand in passages names them as the passages have them."""
    cited = [evidence[i] for i in claim.evidence_ids]
    if claim.by_model or not any(e.kind is EvidenceKind.PASSAGE for e in cited):
        return None
    named, written = quotations(claim.text), [set(words_of(e.text)) for e in cited]
    if not named:
        return "it names no word that stands in what it cites"
    missing = next((w for w in named if not any(set(words_of(w)) <= words for words in written)), None)
    if missing is not None:
        return f"“{missing}” does not stand in what it cites"
    is_used = [any(set(words_of(word)) <= words for word in named) for words in written]
    idle = next((e.evidence_id for e, used in zip(cited, is_used, strict=True) if not used), None)
    return f"{idle} has none of its words" if idle else None


def _fault_of_expectation(
    claim: Claim, term_id: str, cited: Evidence, patient: Mapping[str, Finding], graph: KnowledgeGraph
) -> str | None:
    """A claim about what the patient was not said to have can only say: expected, and not mentioned."""
    if claim.supports:
        return f"is cited for {term_id}, which the patient was not said to have"
    if any(term_id in graph.ontology.ancestors(t) for t, f in patient.items() if not f.excluded):
        return f"is cited for the lack of {term_id}, which the patient's findings imply"
    return "does not say that it is expected" if says_absent(cited) else None


# A model's words


def _without_repetition(diagnoses: Iterable[Diagnosis]) -> tuple[tuple[Diagnosis, ...], int]:
    """Diagnoses without a model's claims that point where an earlier claim points, and how many these were."""
    kept, n_repeated = [], 0
    for diagnosis in diagnoses:
        claims: dict[object, Claim] = {}
        for claim in diagnosis.claims:
            pointing = (claim.term_id, claim.supports, frozenset(claim.evidence_ids))
            if claim.by_model and pointing in claims:
                n_repeated += 1
            else:
                claims[pointing if pointing not in claims else claim] = claim
        kept.append(replace(diagnosis, claims=tuple(claims.values())))
    return tuple(kept), n_repeated


def _fault_of_text(
    claim: Claim,
    diagnoses: Sequence[Diagnosis],
    evidence: Mapping[str, Evidence],
    patient: Mapping[str, Finding],
    graph: KnowledgeGraph,
) -> str | None:
    """Why the words of a claim, whose citations hold, say more than these."""
    text = without_citations(claim.text, claim.evidence_ids)
    if not text:
        return "it says nothing"
    cited = [evidence[i] for i in claim.evidence_ids]
    term_ids = [graph.ontology.current_id(claim.term_id)] if claim.term_id is not None else []
    finding = patient.get(term_ids[0]) if term_ids else None
    is_absent = finding.excluded if finding else bool(term_ids)
    backing = replace(
        backing_of(cited, term_ids, diagnoses, patient, graph),
        supports=claim.supports,
        negated=is_absent or any(map(says_absent, cited)),
    )
    reason = fault_of_words(text, backing)
    return None if reason is None else f"its text {reason}"


def _fault_of_sentence(
    sentence: str,
    diagnoses: Sequence[Diagnosis],
    evidence: Mapping[str, Evidence],
    patient: Mapping[str, Finding],
    graph: KnowledgeGraph,
    backing_by: Callable[..., Backing | None],
) -> str | None:
    """Why a sentence of prose cannot be shown; None if it holds."""
    parts, end = _parts(sentence)
    if not parts:
        return "it cites nothing"
    if end.strip(" .;!?"):
        return "its end cites nothing"
    for text, ids in parts:
        missing = next((i for i in ids if i not in evidence), None)
        if missing is not None:
            return f"{missing} does not exist"
        backing = backing_by([evidence[i] for i in ids], diagnoses, patient, graph)
        if backing is None:
            return f"{', '.join(ids)} speak of what is absent and of what is not"
        reason = "cites before it says anything" if not text.strip(" ,;") else fault_of_words(text, backing)
        if reason is not None:
            return f"it {reason}"
    return None


def _parts(sentence: str) -> tuple[list[tuple[str, tuple[str, ...]]], str]:
    """Words with the citations that follow them, adjacent ones as one; and what follows the last."""
    *pieces, end = CITATION.split(sentence)
    parts: list[tuple[str, tuple[str, ...]]] = []
    for text, group in zip(pieces[::2], pieces[1::2], strict=True):
        if parts and not text.strip(" ,;"):
            parts[-1] = (parts[-1][0], (*parts[-1][1], *cited_ids(group)))
        else:
            parts.append((text, cited_ids(group)))
    return parts, end
