"""The answer that a model should give to a case: claims, ranking, open questions and summary, as JSON.

Promise: all of it is true of the case's evidence. The claims are the reader's, put in one of many wordings; each claim
and each sentence is read by ``llm.chat.answer`` and held against the evidence by ``llm.grounding`` before it is taken,
so nothing is ever taught that the product would remove. Where the right disease is shown, it is ranked first: that is
all that the answer knows beyond the prompt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.chat.answer import MAX_CITATIONS, MAX_QUESTIONS, MAX_SUMMARY_CHARS, NO_FINDING, parse_answer
from llm.chat.prompt import Prompt
from llm.finetuning.wordings import wordings
from llm.grounding import ground, ground_prose
from llm.reader.protocol import Reading
from llm.schema import Claim, Diagnosis

MAX_SENTENCES = 4
N_WEIGHED = 3
"""Candidates about which claims are made: the first of the target's ranking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptedCase:
    """A case as a model is shown it."""

    reading: Reading
    findings: tuple[Finding, ...]
    graph: KnowledgeGraph
    prompt: Prompt
    right_ids: frozenset[str]
    """Ids of the right disease, equivalent ones too."""
    asked: tuple[str, ...]
    """Expected terms, the most telling first."""

    @property
    def right(self) -> str | None:
        """Number of the right candidate; None where it is not shown."""
        return next((n for n, disease_id in self.prompt.diseases.items() if disease_id in self.right_ids), None)


def write_target(case: PromptedCase, n_claims: int, fits: Callable[[str], bool], rng: Random) -> str | None:
    """The answer as compact JSON; None where no claim about the case holds or fits.

    Args:
        case: with its prompt.
        n_claims: most claims, at least 2.
        fits: whether a text is short enough; claims are left out, from the last, until it is.
        rng: of the wordings, and of how much is said.
    """
    ranking = sorted(case.prompt.diseases, key=lambda number: number != case.right)
    written = (_write_claim(claim, case, rng) for claim in _chosen(case, ranking, rng.randint(2, n_claims)))
    claims = [claim for claim in written if claim is not None]
    numbers = {term_id: number for number, term_id in case.prompt.expected.items()}
    asked = [numbers[t] for t in case.asked if t in numbers][:MAX_QUESTIONS]
    while claims:
        answer: dict[str, Any] = {"claims": [claim.item for claim in claims], "ranking": ranking}
        answer |= {"open_questions": asked} if case.prompt.expected else {}
        answer["summary"] = _joined([claim.sentence for claim in claims if claim.sentence])
        text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        if fits(text):
            return text
        claims.pop()
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A claim in words."""

    item: dict[str, Any]
    """As the answer has it."""
    sentence: str
    """Prose that says the same in other words; empty where none holds."""


def _chosen(case: PromptedCase, ranking: Sequence[str], n: int) -> list[Claim]:
    """The reader's claims on the first candidates: half of them on the first, one against it among these."""
    diagnoses = {d.disease_id: d for d in case.reading.diagnoses}
    first, *others = [diagnoses[case.prompt.diseases[number]] for number in ranking[:N_WEIGHED]]
    n_first = -(-n // 2)
    n_others = -(-(n - n_first) // max(1, len(others)))
    chosen = _telling(first, case, n_first)
    return [*chosen, *(claim for d in others for claim in _telling(d, case, n_others))][:n]


def _telling(diagnosis: Diagnosis, case: PromptedCase, n: int) -> list[Claim]:
    """The first claims whose evidence is shown; the last of them speaks against where any does and n is above 1."""
    shown = [c for c in diagnosis.claims if set(c.evidence_ids) & set(case.prompt.evidence_ids)]
    chosen = shown[:n]
    against = next((c for c in shown[n:] if not c.supports), None)
    if n > 1 and against is not None and all(c.supports for c in chosen):
        chosen[-1] = against
    return chosen


def _write_claim(claim: Claim, case: PromptedCase, rng: Random) -> _Written | None:
    """A claim in a wording that holds; None where none does."""
    evidence = {e.evidence_id: e for e in case.reading.evidence}
    patient = {case.graph.ontology.current_id(f.term_id): f for f in case.findings}
    diseases = {disease_id: number for number, disease_id in case.prompt.diseases.items()}
    terms = {term_id: number for number, term_id in [*case.prompt.findings.items(), *case.prompt.expected.items()]}
    cited = [i for i in claim.evidence_ids if i in case.prompt.evidence_ids][: rng.randint(1, MAX_CITATIONS)]
    disease = diseases[claim.disease_id]
    about = NO_FINDING if claim.term_id is None else terms.get(case.graph.ontology.current_id(claim.term_id))
    texts = list(wordings(claim, evidence[cited[0]], case.prompt, patient, case.graph))
    rng.shuffle(texts)
    base = {"disease": disease, "finding": about, "supports": claim.supports, "evidence": cited}
    item = next((i for i in (base | {"text": text} for text in texts) if _holds(i, case)), None)
    if item is None:
        return None
    rng.shuffle(texts)
    citations = " ".join(f"[{i}]" for i in cited)
    sentences = (f"{text} {citations}." for text in texts if disease in text)  # prose must say of which it speaks
    return _Written(item=item, sentence=next((s for s in sentences if _holds_as_prose(s, case)), ""))


def _holds(item: dict[str, Any], case: PromptedCase) -> bool:
    """Whether the product would show a claim."""
    answer = parse_answer(json.dumps({"claims": [item]}), case.prompt)
    if answer is None or not answer.claims:
        return False
    (claim,) = answer.claims
    diagnoses = (
        replace(d, claims=(claim,) if d.disease_id == claim.disease_id else ()) for d in case.reading.diagnoses
    )
    return not ground(diagnoses, case.reading.evidence, case.findings, case.graph)[1]


def _holds_as_prose(sentence: str, case: PromptedCase) -> bool:
    """Whether the product would show a sentence of the summary."""
    answer = parse_answer(json.dumps({"summary": sentence}), case.prompt)
    if answer is None:
        return False
    _, removed = ground_prose(answer.summary, case.reading.diagnoses, case.reading.evidence, case.findings, case.graph)
    return not removed


def _joined(sentences: Sequence[str]) -> str:
    """The first sentences, as many as a summary may have."""
    summary = ""
    for sentence in sentences[:MAX_SENTENCES]:
        longer = f"{summary} {sentence}".lstrip()
        if len(longer) <= MAX_SUMMARY_CHARS:
            summary = longer
    return summary


def equivalents_of(gold_ids: Collection[str], graph: KnowledgeGraph) -> frozenset[str]:
    """Every id of the right disease."""
    return frozenset(i for g in gold_ids for i in (graph.equivalents(g) if g in graph.diseases else (g,)))
