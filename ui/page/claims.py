"""What speaks for and against a disease, each statement with its citations."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from kg.schema import Association, Finding, Frequency
from kg.translations import Language
from llm.schema import Claim, Differential
from llm.wording import quotations
from retrieval.schema import EvidenceKind
from ui.page.markup import citations
from ui.page.words import Words


def claim_lists(
    claims: Sequence[Claim], differential: Differential, words: Words, *, linked: bool = True, limit: int | None = None
) -> str:
    """The claims for, then those against.

    Args:
        claims: of one diagnosis.
        differential: that it is of.
        words: of the page.
        linked: whether citations lead to the evidence list.
        limit: claims of either kind that are shown; the rest are counted.
    """
    lists = []
    for title, kind, supports in ((words("For"), "for", True), (words("Against"), "against", False)):
        chosen = [c for c in claims if c.supports is supports]
        items = "".join(
            f"<li>{escape(claim_text(c, differential, words))} {citations(c.evidence_ids, linked)}</li>"
            for c in chosen[:limit]
        )
        if items:
            n_hidden = len(chosen[limit:]) if limit is not None else 0
            more = f'<li class="more">{escape(words("and {n} more in the differential", n=n_hidden))}</li>'
            lists.append(
                f'<div class="claims {kind}"><h4>{escape(title)}</h4><ul>{items}{more if n_hidden else ""}</ul></div>'
            )
    return "".join(lists)


def claim_text(claim: Claim, differential: Differential, words: Words) -> str:
    """The claim in the page's language where the program can word it from what it cites, else as it is."""
    cited = next((e for e in differential.evidence if e.evidence_id in claim.evidence_ids), None)
    if words.language is Language.ENGLISH or claim.by_model or cited is None:
        return claim.text
    if cited.kind is EvidenceKind.CASE and claim.term_id is None:
        return words("Published patients with this disease resemble this one")
    if cited.kind is EvidenceKind.PASSAGE and claim.term_id is None:
        named = _quoted(claim, words)
        return words("Words of the story also in this disease's description: {words}", words=named)
    if cited.kind is EvidenceKind.FACT:
        told = words.label(claim.term_id, claim.term_id) if claim.term_id else _quoted(claim, words)
        return words("{finding}: a risk factor of this disease", finding=told)
    if claim.term_id is None or cited.association is None:
        return claim.text
    finding = next((f for f in differential.findings if f.term_id == claim.term_id), None)
    return _worded(claim.term_id, finding, cited.association, words)


def _quoted(claim: Claim, words: Words) -> str:
    """Words of the story and of passages, as they are: they are in no language of the page."""
    return words(", ").join(f"“{word}”" for word in quotations(claim.text))


def _worded(term_id: str, finding: Finding | None, association: Association, words: Words) -> str:
    """What ``llm.reader.ranking`` says in English, from the same records."""
    label = words.label(term_id, term_id)
    said = []
    if finding is None:
        label = words("Expected and not mentioned: {finding}", finding=label)
    elif finding.excluded or association.excluded:
        said.append(words("absent in this patient" if finding.excluded else "present in this patient"))
    if association.term_id != term_id:
        said.append(words("annotated as {finding}", finding=words.label(association.term_id, association.term_id)))
    said.append(_how_often(association, words))
    return label + words(": ") + words("; ").join(said)


def _how_often(association: Association, words: Words) -> str:
    if association.excluded:
        return words("reported absent in this disease")
    frequency = association.frequency
    return words("known in this disease") if frequency is None else _frequency(frequency, words)


def _frequency(frequency: Frequency, words: Words) -> str:
    if frequency.n is not None:
        return words("{n} of {m} patients", n=frequency.n, m=frequency.m)
    if frequency.low == frequency.high:
        return words("{share} of patients", share=f"{frequency.low:.0%}")
    return words("{low} to {high} of patients", low=f"{frequency.low:.0%}", high=f"{frequency.high:.0%}")
