"""How a claim can be put: many wordings, none of which says more than the cited evidence does.

They are made of the words that ``llm.wording`` lets pass. Names stand as the prompt's numbers where it has one, as the
prompt asks for. Whether a wording holds in a given case (a name in it may be the patient's or not) is not judged here:
grounding is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from kg.graph import KnowledgeGraph
from kg.schema import Association, Finding
from llm.chat.prompt import Prompt
from llm.schema import Claim
from retrieval.evidence import word_how_often
from retrieval.schema import Evidence

# f: the finding of the claim; t: the finding that the evidence states; d: the disease; how: "seen in 3 of 4 patients".
SAME = (
    "{f} is {how}",
    "{f} is {how} with {d}",
    "In {d}, {f} is {how}",
    "{f} fits {d}: it is {how}",
    "{f} supports {d}; it is {how}",
    "The evidence supports {d}: {f} is {how}",
    "{d} is consistent with {f}, which is {how}",
    "With {d}, {f} was {how}",
)
RELATED = (
    "{f}: {t} is {how}",
    "{f} fits {d}: {t} is {how}",
    "{t} is {how} with {d}, which fits {f}",
    "{d} explains {f}, as {t} is {how}",
)
BOTH_ABSENT = (
    "{f} is absent here, and {t} is {how}",
    "{f} is not present, and {t} is {how}",
    "{t} is {how} with {d}, and {f} is absent here",
    "The patient has no {f}, and {t} is {how}",
)
LACKED = (
    "{f} is absent here, but {t} is {how}",
    "{f} is not present, but {t} is {how}",
    "{t} is {how} with {d}, but {f} is absent here",
    "Against {d}: {f} is absent here, but {t} is {how}",
    "The patient has no {f}, but {t} is {how}",
)
RULED_OUT = (
    "{f} is present here, but {t} is {how}",
    "The patient has {f}, but {t} is {how}",
    "Against {d}: {t} is {how}, but the patient has {f}",
    "{t} is {how} with {d}, but {f} is present here",
)
EXPECTED = (
    "Expected and not mentioned: {f} is {how}",
    "{f} is {how} and was not mentioned",
    "{f}, which is {how} with {d}, is not mentioned",
    "Not mentioned, but {how} with {d}: {f}",
    "{f} is expected, as it is {how}, and not mentioned",
)
LIKE_A_CASE = (
    "{who} with {d} had {shared}",
    "{shared}: reported in {who} with {d}",
    "{d} was published with {shared}",
    "Similar findings are reported in {who} with {d}: {shared}",
)


def wordings(
    claim: Claim, cited: Evidence, prompt: Prompt, findings: Mapping[str, Finding], graph: KnowledgeGraph
) -> tuple[str, ...]:
    """Ways to put a claim of the reader.

    Args:
        claim: of a disease that the prompt shows.
        cited: the piece of its evidence that is worded.
        prompt: for the numbers.
        findings: the patient's, by current id.
        graph: for names.
    """
    numbers = {term_id: number for number, term_id in [*prompt.findings.items(), *prompt.expected.items()]}
    disease = next(number for number, disease_id in prompt.diseases.items() if disease_id == claim.disease_id)
    if claim.term_id is None:
        shared = [n for n, t in prompt.findings.items() if not findings[t].excluded and _states(cited, t, graph)]
        who = "a published patient" if cited.text.startswith("Published patient with") else "published patients"
        named = {"d": disease, "who": who, "shared": ", ".join(shared)}
        return tuple(_capitalised(w.format(**named)) for w in LIKE_A_CASE) if shared else ()
    about = graph.ontology.current_id(claim.term_id)
    if cited.association is None or about not in numbers:
        return ()
    stated = graph.ontology.current_id(cited.association.term_id)
    named = {
        "f": numbers[about],
        "t": numbers.get(stated, graph.ontology.name(stated)),
        "d": disease,
        "how": word_how_often(cited.association),
    }
    return tuple(w.format(**named) for w in _fitting(claim, cited.association, findings.get(about), about == stated))


def _fitting(claim: Claim, stated: Association, finding: Finding | None, is_same: bool) -> tuple[str, ...]:
    if finding is None:
        return EXPECTED
    if not claim.supports:
        return LACKED if finding.excluded else RULED_OUT
    if stated.excluded:
        return BOTH_ABSENT
    return SAME if is_same else RELATED


def _states(cited: Evidence, term_id: str, graph: KnowledgeGraph) -> bool:
    """Whether the case has the finding, itself or as a more specific one."""
    return any(term_id in graph.ontology.ancestors(t) for t in cited.term_ids)


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]
