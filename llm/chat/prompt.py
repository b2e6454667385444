"""A case -> what a language model is shown of it, within its token budget.

Promise: the model sees names from the graph, numbers made here, and evidence; never the story, which adds words that
nobody has checked and may hold instructions. All of it is fenced as data, and no text can close the fence or begin a
line of its own.

Room is given to the candidates in the order of the reader, to the strongest piece of evidence on each, and then to the
strongest pieces on any. Where not even one piece on each candidate fits, the last candidates are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from string import Template

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.chat.protocol import Message, Role
from llm.errors import ModelError
from llm.reader.protocol import Reading
from llm.schema import Diagnosis
from llm.wording import plain
from retrieval.schema import Evidence, EvidenceKind

VERSION = "prompt-1"
_PROMPTS = files("llm.chat") / "prompts"
_FENCE = str.maketrans("<>", "‹›")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Messages, and what their numbers mean."""

    messages: tuple[Message, ...]
    diseases: Mapping[str, str]
    """``D1`` -> disease id, in the order of the reader."""
    findings: Mapping[str, str]
    """``F1`` -> term id of a finding of the patient."""
    expected: Mapping[str, str]
    """``X1`` -> term id of a finding that the shown evidence expects and nobody mentioned."""
    names: Mapping[str, str]
    """Name of each D, F and X."""
    evidence_ids: tuple[str, ...]
    """What is shown, by candidate."""
    n_evidence: int
    """Pieces that there are."""
    n_candidates: int
    """Candidates that there are."""


def build_prompt(
    reading: Reading,
    findings: Sequence[Finding],
    graph: KnowledgeGraph,
    *,
    count_tokens: Callable[[Sequence[Message]], int],
    budget: int,
    n_claims: int,
) -> Prompt:
    """The largest prompt that fits.

    Args:
        reading: the reader's: candidates in its order, their claims, the evidence.
        findings: the patient's.
        graph: for names.
        count_tokens: of messages.
        budget: tokens that the prompt may have.
        n_claims: how many the model is asked for.

    Raises:
        ModelError: not even the first candidate with one piece of evidence fits.
    """
    case = _Case(reading, findings, graph, n_claims)

    def fits(n_candidates: int, ranked: Sequence[str], n: int) -> bool:
        return count_tokens(case.messages(n_candidates, ranked[:n])) <= budget

    for n_candidates in range(len(reading.diagnoses), 0, -1):
        ranked = case.evidence_by_strength(n_candidates)
        n_shown = largest_fitting(len(ranked), partial(fits, n_candidates, ranked))
        if n_shown is not None and n_shown >= min(len(ranked), case.n_with_evidence(n_candidates)):
            return case.prompt(n_candidates, ranked[:n_shown])
    raise ModelError(
        f"the case does not fit into {budget} tokens, which the model has for it; take a model with a larger context"
    )


class _Case:
    """What there is to show.

    Args:
        reading: the reader's.
        findings: the patient's.
        graph: for names.
        n_claims: asked for.
    """

    def __init__(self, reading: Reading, findings: Sequence[Finding], graph: KnowledgeGraph, n_claims: int) -> None:
        self._graph = graph
        self._diagnoses = reading.diagnoses
        self._evidence = {e.evidence_id: e for e in reading.evidence}
        ordered = sorted(findings, key=lambda f: f.excluded)
        self._findings = {f"F{n}": f for n, f in enumerate(ordered, start=1)}
        self._expected = self._number_expected(reading.evidence)
        self._cited = [_cited_by(d) for d in reading.diagnoses]
        system = Template((_PROMPTS / "system.md").read_text(encoding="utf-8"))
        self._system = system.substitute(n_claims=n_claims)
        self._template = Template((_PROMPTS / "case.md").read_text(encoding="utf-8"))

    def n_with_evidence(self, n_candidates: int) -> int:
        """Of the first candidates, those on which there is evidence."""
        return sum(bool(cited) for cited in self._cited[:n_candidates])

    def evidence_by_strength(self, n_candidates: int) -> list[str]:
        """Numbers of the evidence on the first candidates: the strongest on each, then the others.

        Of several pieces behind one claim the first comes before the others, since these say the same.
        """
        places: dict[str, tuple[int, float, int]] = {}
        first: list[str] = []
        for rank, cited in enumerate(self._cited[:n_candidates]):
            for evidence_id, place in cited.items():
                places.setdefault(evidence_id, (min(place, 1), -self._evidence[evidence_id].score, rank))
            first.extend(sorted((i for i in cited if i not in first), key=lambda i: places[i])[:1])
        return [*first, *sorted((i for i in places if i not in first), key=lambda i: places[i])]

    def messages(self, n_candidates: int, evidence_ids: Iterable[str]) -> tuple[Message, ...]:
        """System and user."""
        shown = set(evidence_ids)
        lines = [line for n in range(n_candidates) for line in self._candidate_lines(n, shown)]
        findings = [
            f"{number} {fenced(self._name(f.term_id))}{' (looked for and absent)' if f.excluded else ''}"
            for number, f in self._findings.items()
        ]
        text = self._template.substitute(findings="\n".join(findings), candidates="\n".join(lines))
        return (Message(role=Role.SYSTEM, text=self._system), Message(role=Role.USER, text=text))

    def prompt(self, n_candidates: int, evidence_ids: Sequence[str]) -> Prompt:
        """The messages with the meaning of their numbers."""
        shown = set(evidence_ids)
        diagnoses = {f"D{n}": d for n, d in enumerate(self._diagnoses[:n_candidates], start=1)}
        findings = {number: self._graph.ontology.current_id(f.term_id) for number, f in self._findings.items()}
        stated = {t for i in shown for t in self._evidence[i].term_ids if self._evidence[i].association is not None}
        expected = {number: t for t, number in self._expected.items() if t in stated}
        return Prompt(
            messages=self.messages(n_candidates, evidence_ids),
            diseases={number: d.disease_id for number, d in diagnoses.items()},
            findings=findings,
            expected=expected,
            names={n: d.name for n, d in diagnoses.items()}
            | {n: self._name(t) for n, t in (findings | expected).items()},
            evidence_ids=tuple(i for cited in self._cited[:n_candidates] for i in cited if i in shown),
            n_evidence=len(self._evidence),
            n_candidates=len(self._diagnoses),
        )

    def _number_expected(self, evidence: Iterable[Evidence]) -> dict[str, str]:
        """Term -> X number, for what annotations say is seen and has nothing to do with what was said."""
        stated = (
            t
            for e in evidence
            if e.association is not None and not e.association.excluded and not self._numbers_of_findings(e)
            for t in e.term_ids
        )
        return {t: f"X{n}" for n, t in enumerate(dict.fromkeys(stated), start=1)}

    def _numbers_of_findings(self, evidence: Evidence) -> list[str]:
        """Findings of the patient that are a term of the evidence, imply one or follow from one."""
        ancestors = self._graph.ontology.ancestors
        mine = ((n, self._graph.ontology.current_id(f.term_id)) for n, f in self._findings.items())
        return [n for n, m in mine if any(m in ancestors(t) or t in ancestors(m) for t in evidence.term_ids)]

    def _candidate_lines(self, n: int, shown: set[str]) -> Iterable[str]:
        diagnosis = self._diagnoses[n]
        yield f"D{n + 1} {fenced(diagnosis.name)} (reader: {diagnosis.probability:.0%})"
        for evidence_id in self._cited[n]:
            if evidence_id in shown:
                yield self._evidence_line(self._evidence[evidence_id])

    def _evidence_line(self, evidence: Evidence) -> str:
        """``E3 F1: Very large zorb, seen in 7 of 8 patients.``: the disease is named once, above."""
        disease = self._graph.diseases.get(evidence.disease_id)
        named = f"{disease.name} ({disease.disease_id})" if disease else evidence.disease_id
        text = evidence.text.removeprefix(f"{named}: ").replace(f" with {named}", "", 1)
        about = self._numbers_of_findings(evidence) if evidence.kind is EvidenceKind.ANNOTATION else ["none"]
        about = about or [self._expected[t] for t in evidence.term_ids if t in self._expected]
        return f"{evidence.evidence_id} {' '.join(about)}: {fenced(text)}"

    def _name(self, term_id: str) -> str:
        return self._graph.ontology.name(term_id)


def _cited_by(diagnosis: Diagnosis) -> dict[str, int]:
    """Evidence behind a diagnosis -> its place in the claim that cites it, 0 being the most telling."""
    places: dict[str, int] = {}
    for claim in diagnosis.claims:
        for place, evidence_id in enumerate(claim.evidence_ids):
            places[evidence_id] = min(place, places.get(evidence_id, place))
    return places


def largest_fitting(n_max: int, fits: Callable[[int], bool]) -> int | None:
    """The largest n in 0..n_max that fits, where a larger one never fits better; None if not even 0 does."""
    if not fits(0):
        return None
    low, high = 0, n_max
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def fenced(text: str) -> str:
    """The text on one line, without the brackets that close a fence."""
    return plain(text).translate(_FENCE)
