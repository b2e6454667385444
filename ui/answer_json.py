"""Answers as public JSON: the same for the command line and the web API."""

from __future__ import annotations

from typing import Any

from kg.schema import Finding
from llm.conversation.schema import Answer, Sentence
from llm.schema import Claim, Commentary, Differential, Types
from retrieval.demographics import Demographics
from retrieval.schema import Evidence, RedFlag, UrgentCondition


def differential_json(differential: Differential) -> dict[str, Any]:
    """The public JSON of an answer, the same for the command line and the web API."""
    return {
        "patient": person_json(differential.person),
        "setting": str(differential.setting),
        "findings": [finding_json(finding) for finding in differential.findings],
        "urgent": [_urgent_json(condition) for condition in differential.urgent],
        "diagnoses": [
            {
                "rank": diagnosis.rank,
                "id": diagnosis.disease_id,
                "equivalent_ids": list(diagnosis.equivalent_ids),
                "name": diagnosis.name,
                "probability": diagnosis.probability,
                "types": _types_json(differential.types_led_by(diagnosis)),
                "claims": [_claim_json(claim) for claim in diagnosis.claims],
            }
            for diagnosis in differential.diagnoses
        ],
        "evidence": [evidence_json(evidence) for evidence in differential.evidence],
        "abstained": differential.abstained,
        "commentary": _commentary_json(differential.commentary),
        "removed_claims": [{**_claim_json(r.claim), "reason": r.reason} for r in differential.removed_claims],
        "questions": [{"id": q.term_id, "text": q.text, "gain": q.gain} for q in differential.questions],
        "versions": dict(differential.versions),
    }


def _types_json(types: Types | None) -> dict[str, Any] | None:
    if types is None:
        return None
    return {"ids": [d.disease_id for d in types.diagnoses], "probability": types.probability}


def person_json(person: Demographics) -> dict[str, Any]:
    """The public JSON of a patient's age and sex."""
    return {"sex": person.sex, "age": person.age}


def finding_json(finding: Finding) -> dict[str, Any]:
    """The public JSON of a finding; offsets count Unicode code points of the user's text."""
    return {
        "id": finding.term_id,
        "label": finding.label,
        "excluded": finding.excluded,
        "uncertain": finding.uncertain,
        "asked": finding.asked,
        "quote": finding.quote,
        "start": finding.start,
        "end": finding.end,
    }


def _urgent_json(condition: UrgentCondition) -> dict[str, Any]:
    return {
        "id": condition.disease_id,
        "name": condition.name,
        "urgency": str(condition.urgency),
        "probability": condition.probability,
        "red_flags_present": [_red_flag_json(flag) for flag in condition.present],
        "red_flags_to_ask": [_red_flag_json(flag) for flag in condition.to_ask],
    }


def _red_flag_json(flag: RedFlag) -> dict[str, Any]:
    told = flag.provenance
    return {"id": flag.term_id, "label": flag.label, "reference": told.reference, "url": told.url}


def _claim_json(claim: Claim) -> dict[str, Any]:
    said = {"text": claim.text, "supports": claim.supports, "citations": list(claim.evidence_ids)}
    return {**said, "by_model": True} if claim.by_model else said


def _commentary_json(commentary: Commentary | None) -> dict[str, Any] | None:
    if commentary is None:
        return None
    return {
        "model": commentary.model,
        "rung": commentary.rung,
        "summary": commentary.summary,
        "questions": [{"id": q.term_id, "text": q.text} for q in commentary.questions],
        "notes": list(commentary.notes),
    }


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """The public JSON of one piece of evidence."""
    return {
        "id": evidence.evidence_id,
        "kind": str(evidence.kind),
        "text": evidence.text,
        "source": "; ".join(dict.fromkeys(p.source for p in evidence.provenance)),
        "version": "; ".join(dict.fromkeys(p.version for p in evidence.provenance)),
        "reference": evidence.reference,
        "url": evidence.url,
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    """The public JSON of an answer."""
    model = answer.model
    return {
        "question": answer.question,
        "understood": answer.understood,
        "in_sources": answer.is_covered,
        "sentences": [_sentence_json(s) for s in answer.sentences],
        "basis": [_sentence_json(s) for s in answer.basis],
        "evidence": [evidence_json(e) for e in cited_evidence(answer)],
        "removed": [{"text": r.claim.text, "reason": r.reason} for r in answer.removed],
        "model": None if model is None else {"name": model.model, "rung": model.rung, "notes": list(model.notes)},
    }


def cited_evidence(answer: Answer) -> tuple[Evidence, ...]:
    """What an answer's sentences cite, by number."""
    cited = {i for s in (*answer.sentences, *answer.basis) for i in s.evidence_ids}
    chosen = (e for e in answer.evidence if e.evidence_id in cited)
    return tuple(sorted(chosen, key=lambda e: int(e.evidence_id.removeprefix("E"))))


def _sentence_json(sentence: Sentence) -> dict[str, Any]:
    said = {"text": sentence.text, "supports": sentence.supports, "citations": list(sentence.evidence_ids)}
    return {**said, "by_model": True} if sentence.by_model else said
