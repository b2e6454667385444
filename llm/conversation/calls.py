"""What a language model is shown of a case and a question, the schema of its steps, and how a step becomes a request.

Promise: the model sees names, numbers and evidence made here, and the question, all fenced as data; never the story. A
step that names what the case does not have is refused in words, and nothing of it is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

from kg.schema import Finding
from llm.chat.json_repair import find_object
from llm.chat.json_schema import an_object, one_of, some_of
from llm.chat.prompt import fenced, largest_fitting
from llm.chat.protocol import JsonSchema, Message, Role
from llm.conversation.case import Case
from llm.conversation.entities import find_entities
from llm.conversation.schema import Function, Request, Sentence, Topic
from llm.errors import ModelError
from retrieval.schema import EvidenceKind

ANSWER, NOT_IN_SOURCES = "answer", "not_in_sources"
KEYS = ("call",)
MAX_ENTITIES = 4
MAX_SENTENCES = 6
MAX_SENTENCE_CHARS = 300
MAX_NAME_CHARS = 60
MAX_CITATIONS = 3
_PROMPTS = files("llm.conversation") / "prompts"
_NUMBER = re.compile(r"\b[DFXG][0-9]+\b")
# Words of the story that a sentence quotes for its user: "Smoking (“smoker”) makes it likelier".
_TOLD = re.compile(r" \(“.*?”\)|: “.*”(?=\.?$)", re.DOTALL)  # with any quotation marks inside
_STEP = "Answer with one JSON object: the next call."
_LAST = f'Answer with one JSON object: {{"call": "{ANSWER}", ...}} or {{"call": "{NOT_IN_SOURCES}"}}.'


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What the numbers of one question stand for."""

    diseases: Mapping[str, str]
    findings: Mapping[str, Finding]
    genes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSentence:
    """A sentence of a model's answer, before grounding."""

    text: str
    evidence_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a model wants: a function, or to answer; else why its text was refused."""

    request: Request | None = None
    answer: tuple[ModelSentence, ...] | None = None
    """None: no answer yet; empty: not in the sources."""
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A function that was called, and what it said."""

    request: Request
    sentences: tuple[Sentence, ...]


def number_entities(case: Case, requests: Sequence[Request]) -> Numbers:
    """Numbers for the diseases of the list and the question, the findings of patient and question, its genes."""
    diseases = dict.fromkeys((*case.shown_ids, *(d for r in requests for d in r.disease_ids)))
    mine = {f.term_id for f in case.findings}
    named = {f.term_id: f for r in requests for f in r.findings if f.term_id not in mine}
    genes = dict.fromkeys(g for r in requests for g in r.gene_ids)
    return Numbers(
        diseases={f"D{n}": d for n, d in enumerate(diseases, start=1)},
        findings={
            **{f"F{n}": f for n, f in enumerate(case.findings, start=1)},
            **{f"X{n}": f for n, f in enumerate(named.values(), start=1)},
        },
        genes={f"G{n}": g for n, g in enumerate(genes, start=1)},
    )


def step_schema(numbers: Numbers, evidence_ids: Sequence[str], *, is_last: bool) -> JsonSchema:
    """JSON schema of a step: every number is one of this case, and an answer needs evidence."""
    ends = [ANSWER, NOT_IN_SOURCES] if evidence_ids else [NOT_IN_SOURCES]
    fields: dict[str, Any] = {"call": one_of(ends if is_last else [*Function, *ends])}
    if not is_last:
        for name, known in (("diseases", numbers.diseases), ("findings", numbers.findings), ("genes", numbers.genes)):
            if known:  # an enum is never empty
                fields[name] = some_of(known, MAX_ENTITIES)
        fields["topic"] = one_of(Topic)
        fields["name"] = {"type": "string", "maxLength": MAX_NAME_CHARS}
    if evidence_ids:
        cited = {**some_of(evidence_ids, MAX_CITATIONS), "minItems": 1}
        text = {"type": "string", "minLength": 1, "maxLength": MAX_SENTENCE_CHARS}
        sentence = an_object(text=text, evidence=cited)
        fields["answer"] = {"type": "array", "items": sentence, "maxItems": MAX_SENTENCES}
    return an_object(**fields)


def parse_step(text: str, case: Case, numbers: Numbers, question: str) -> Step:
    """A step in a model's text; what cannot be read, or names what the case does not have, is refused."""
    found = find_object(text, KEYS)
    value = found.value if found else {}
    call = value.get("call")
    if found is None or (found.cut and call != ANSWER):
        return Step(refused="That was no JSON object with a call.")
    if call == NOT_IN_SOURCES:
        return Step(answer=())
    if call == ANSWER:
        return Step(answer=tuple(_read_sentences(value.get("answer"))))
    if not isinstance(call, str) or call not in list(Function):
        return Step(refused=f"There is no function {_shown(call)}.")
    diseases, findings, genes = (
        _numbers(value.get(name), known)
        for name, known in (("diseases", numbers.diseases), ("findings", numbers.findings), ("genes", numbers.genes))
    )
    unknown = [u for part in (diseases, findings, genes) for u in part[1]]
    if unknown:
        return Step(refused=f"{unknown[0]} is no number of this case.")
    name = value.get("name")
    named = find_entities(fenced(name)[:MAX_NAME_CHARS], case) if isinstance(name, str) and name.strip() else None
    if named and not (named.disease_ids or named.findings or named.gene_ids):
        return Step(refused=f"Nothing in the sources is called {_shown(name)}.")
    topic = value.get("topic")
    return Step(
        request=Request(
            function=Function(call),
            disease_ids=_each_once(
                (*(numbers.diseases[n] for n in diseases[0]), *(named.disease_ids if named else ()))
            ),
            findings=_each_once((*(numbers.findings[n] for n in findings[0]), *(named.findings if named else ()))),
            gene_ids=_each_once((*(numbers.genes[n] for n in genes[0]), *(named.gene_ids if named else ()))),
            topic=Topic(topic) if topic in list(Topic) else Topic.ANY,
            words=question,
        )
    )


def build_messages(
    case: Case,
    numbers: Numbers,
    question: str,
    called: Sequence[Called],
    refused: str,
    *,
    is_last: bool,
    count_tokens: Callable[[Sequence[Message]], int],
    budget: int,
) -> tuple[Message, ...]:
    """System and user, with as many lines of the results as fit.

    Raises:
        ModelError: not even the question fits.
    """
    lines = list(_result_lines(case, called))

    def messages(n: int) -> tuple[Message, ...]:
        left_out = [] if n == len(lines) else [f"({len(lines) - n} further lines did not fit.)"]
        return _messages(case, numbers, question, [*lines[:n], *left_out], refused, is_last=is_last)

    n = largest_fitting(len(lines), lambda n: count_tokens(messages(n)) <= budget)
    if n is None:
        raise ModelError(f"the question does not fit into {budget} tokens; take a model with a larger context")
    return messages(n)


def with_names(text: str, case: Case, numbers: Numbers) -> str:
    """A model's text with names in place of this question's numbers."""
    names = {n: case.name(d) for n, d in numbers.diseases.items()}
    names |= {n: case.label(f.term_id) for n, f in numbers.findings.items()}
    names |= {n: case.graph.genes[g].symbol for n, g in numbers.genes.items()}
    return _NUMBER.sub(lambda m: names.get(m[0], m[0]), text)


def _messages(
    case: Case, numbers: Numbers, question: str, lines: Sequence[str], refused: str, *, is_last: bool
) -> tuple[Message, ...]:
    probability = {d.disease_id: d.probability for d in case.differential.diagnoses}
    diseases = [
        f"{n} {fenced(case.name(d))}" + (f" ({probability[d]:.0%})" if d in probability else "")
        for n, d in numbers.diseases.items()
    ]
    findings = [
        f"{n} {fenced(case.label(f.term_id))}{' (absent)' if f.excluded else ''}" for n, f in numbers.findings.items()
    ]
    genes = [f"{n} {case.graph.genes[g].symbol}" for n, g in numbers.genes.items()]
    text = Template((_PROMPTS / "question.md").read_text(encoding="utf-8")).substitute(
        diseases="\n".join(diseases) or "none",
        findings="\n".join(findings) or "none",
        genes="\n".join(genes) or "none",
        results="\n".join(lines) or "none",
        question=fenced(question),
        request=" ".join(filter(None, [refused, _LAST if is_last else _STEP])),
    )
    system = (_PROMPTS / "system.md").read_text(encoding="utf-8")
    return (Message(role=Role.SYSTEM, text=system), Message(role=Role.USER, text=text))


def _result_lines(case: Case, called: Sequence[Called]) -> Iterator[str]:
    """What each call said, without the story's words, and the whole text of what is quoted from."""
    shown: set[str] = set()
    evidence = {e.evidence_id: e for e in case.book.evidence}
    for call in called:
        yield f"{call.request.function}:"
        for sentence in call.sentences:
            cited = " ".join(f"[{i}]" for i in sentence.evidence_ids)
            yield f"- {fenced(_TOLD.sub('', sentence.text))} {cited}".rstrip()
            for i in sentence.evidence_ids:
                if i not in shown and evidence[i].kind in (EvidenceKind.PASSAGE, EvidenceKind.DEFINITION):
                    yield f"  {i}: {fenced(evidence[i].text)}"
                shown.add(i)


def _read_sentences(value: object) -> Iterator[ModelSentence]:
    for item in value[:MAX_SENTENCES] if isinstance(value, list) else ():
        text = item.get("text") if isinstance(item, dict) else None
        evidence = item.get("evidence") if isinstance(item, dict) else None
        if isinstance(text, str) and text.strip():
            ids = tuple(str(i) for i in evidence) if isinstance(evidence, list) else ()
            yield ModelSentence(text=fenced(text)[:MAX_SENTENCE_CHARS], evidence_ids=ids[:MAX_CITATIONS])


def _numbers(value: object, known: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Numbers of a list that the case has, and what else is in it."""
    items = value if isinstance(value, list) else [] if value is None else [value]
    good = [i for i in items if isinstance(i, str) and i in known]
    return good[:MAX_ENTITIES], [_shown(i) for i in items if not (isinstance(i, str) and i in known)]


def _each_once(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


def _shown(value: object) -> str:
    """What a model wrote in place of a number or name, short."""
    return fenced(value)[:MAX_NAME_CHARS] or "an empty text" if isinstance(value, str) else "what is no text"
