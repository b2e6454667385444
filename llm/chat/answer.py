"""The answer of a language model: the schema it is held to for one case, and how its text becomes records.

Nothing is guessed: a number that this case does not have, a value of the wrong type or an overlong text ends a claim,
and the claim is listed with the reason. Whether a claim that could be read also holds is for ``llm.grounding``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llm.chat.json_repair import find_object
from llm.chat.json_schema import an_object, one_of, some_of
from llm.chat.prompt import Prompt
from llm.chat.protocol import JsonSchema
from llm.schema import Claim, OpenQuestion, RemovedClaim
from llm.wording import plain, without_citations

NO_FINDING = "none"
MAX_CITATIONS = 3
MAX_CLAIM_CHARS = 200
MAX_SUMMARY_CHARS = 800
MAX_QUESTIONS = 3
MAX_CLAIMS_READ = 50
"""Claims of one answer that are looked at: no schema binds a model that was only asked in words."""
KEYS = ("claims", "ranking", "open_questions", "summary")

_TOKENS_PER_CLAIM = 90
_TOKENS_BESIDE_CLAIMS = 300
_NUMBER = re.compile(r"\b[DFX][0-9]+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What could be read."""

    claims: tuple[Claim, ...] = ()
    removed: tuple[RemovedClaim, ...] = ()
    ranking: tuple[str, ...] = ()
    """Ids of diseases, each once, the likeliest first; perhaps not all."""
    questions: tuple[OpenQuestion, ...] = ()
    summary: str = ""
    notes: tuple[str, ...] = ()


def claims_within(n_tokens: int) -> int:
    """How many claims an answer of so many tokens has room for, 2 to 12."""
    return max(2, min(12, (n_tokens - _TOKENS_BESIDE_CLAIMS) // _TOKENS_PER_CLAIM))


def answer_schema(prompt: Prompt, n_claims: int) -> JsonSchema:
    """JSON schema of the answer to this prompt: every number is one of the case's own, and everything ends.

    The claims come first, so that the ranking follows from them.
    """
    claim = an_object(
        disease=one_of(prompt.diseases),
        finding=one_of([*prompt.findings, *prompt.expected, NO_FINDING]),
        supports={"type": "boolean"},
        evidence={**some_of(prompt.evidence_ids, MAX_CITATIONS), "minItems": 1},
        text={"type": "string", "minLength": 1, "maxLength": MAX_CLAIM_CHARS},
    )
    fields: dict[str, Any] = {
        "claims": {"type": "array", "items": claim, "maxItems": n_claims},
        "ranking": {**some_of(prompt.diseases, len(prompt.diseases)), "minItems": 1},
    }
    if prompt.expected:  # an enum is never empty
        fields["open_questions"] = some_of(prompt.expected, MAX_QUESTIONS)
    return an_object(**fields, summary={"type": "string", "maxLength": MAX_SUMMARY_CHARS})


def parse_answer(text: str, prompt: Prompt) -> Answer | None:
    """The answer in a model's text, mended where that takes no guess; None if there is none.

    Args:
        text: of any kind and length.
        prompt: what it answers.
    """
    found = find_object(text, KEYS)
    if found is None:
        return None
    notes = ["The language model's answer was cut off; the part that it broke off in is not used."] if found.cut else []
    claims, removed = _read_claims(found.value.get("claims"), prompt, notes)
    ranking = _known(found.value.get("ranking"), prompt.diseases, "ranking", notes)
    asked = _known(found.value.get("open_questions"), prompt.expected, "list of open questions", notes)
    names = {t: prompt.names[n] for n, t in prompt.expected.items()}
    summary = found.value.get("summary", "")
    if not isinstance(summary, str):
        notes.append("The language model's summary is no text; it is left out.")
        summary = ""
    if len(summary) > MAX_SUMMARY_CHARS:
        notes.append(
            f"The language model's summary is longer than {MAX_SUMMARY_CHARS} characters; the rest is not read."
        )
    return Answer(
        claims=claims,
        removed=removed,
        ranking=ranking,
        questions=tuple(OpenQuestion(term_id=t, text=f"{names[t]}: present or absent?") for t in asked[:MAX_QUESTIONS]),
        summary=_with_names(summary[:MAX_SUMMARY_CHARS], prompt),
        notes=tuple(notes),
    )


def _read_claims(value: object, prompt: Prompt, notes: list[str]) -> tuple[tuple[Claim, ...], tuple[RemovedClaim, ...]]:
    if not isinstance(value, list):
        if value is not None:
            notes.append("The language model's claims are no list; they are left out.")
        return (), ()
    if len(value) > MAX_CLAIMS_READ:
        notes.append(
            f"The language model made {len(value)} claims; those after the first {MAX_CLAIMS_READ} are not read."
        )
    read = list(dict.fromkeys(_read_claim(item, prompt) for item in value[:MAX_CLAIMS_READ]))  # each once
    claims = tuple(r for r in read if isinstance(r, Claim))
    return claims, tuple(r for r in read if isinstance(r, RemovedClaim))


def _read_claim(item: object, prompt: Prompt) -> Claim | RemovedClaim:
    """A claim about this case's own numbers, or why it is none."""
    if not isinstance(item, dict):
        return _removed("", "it is no claim but something else")
    disease, finding, supports = item.get("disease"), item.get("finding"), item.get("supports")
    evidence, text = item.get("evidence"), item.get("text")
    said = text if isinstance(text, str) else ""
    if not isinstance(disease, str) or disease not in prompt.diseases:
        return _removed(said, f"{_shown(disease)} is no candidate of this case")
    terms = {**prompt.findings, **prompt.expected}
    if finding != NO_FINDING and (not isinstance(finding, str) or finding not in terms):
        return _removed(said, f"{_shown(finding)} is no finding of this case")
    if not isinstance(supports, bool):
        return _removed(said, "it says neither for nor against")
    if not isinstance(evidence, list) or not evidence:
        return _removed(said, "it cites nothing")
    unknown = [i for i in evidence if not isinstance(i, str) or i not in prompt.evidence_ids]
    if unknown:
        return _removed(said, f"{_shown(unknown[0])} is no evidence that the model was shown")
    if not said.strip():
        return _removed("", "it says nothing")
    if len(said) > MAX_CLAIM_CHARS:
        return _removed(said, f"it is longer than {MAX_CLAIM_CHARS} characters")
    return Claim(
        text=_with_names(without_citations(said, evidence), prompt),
        supports=supports,
        evidence_ids=tuple(dict.fromkeys(evidence)),
        disease_id=prompt.diseases[disease],
        term_id=None if finding == NO_FINDING else terms[finding],
        by_model=True,
    )


def _known(value: object, known: Mapping[str, str], what: str, notes: list[str]) -> tuple[str, ...]:
    """What the numbers of a list stand for, each once; the others are counted in a note."""
    if value is None:
        return ()
    numbers = value if isinstance(value, list) else [value]
    found = [n for n in numbers if isinstance(n, str) and n in known]
    if len(found) < len(numbers):
        notes.append(
            f"Left out of the language model's {what}, for they are not of this case: {len(numbers) - len(found)}."
        )
    return tuple(dict.fromkeys(known[n] for n in found))


def _removed(text: str, reason: str) -> RemovedClaim:
    claim = Claim(text=plain(text, MAX_CLAIM_CHARS), supports=True, evidence_ids=(), disease_id="", by_model=True)
    return RemovedClaim(claim=claim, reason=reason)


def _shown(value: object) -> str:
    """What a model wrote in place of a number, short."""
    return plain(value, 20) or "an empty text" if isinstance(value, str) else "what is no text"


def _with_names(text: str, prompt: Prompt) -> str:
    """The text with names instead of the prompt's numbers; a number that it does not have stays, and fails later."""
    return plain(_NUMBER.sub(lambda m: prompt.names.get(m[0], m[0]), text))
