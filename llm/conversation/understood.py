"""How a question was understood, in words: the user sees at once whether it was."""

from __future__ import annotations

from collections.abc import Sequence

from kg.phrases import joined, phrase, word_list
from llm.conversation.case import Case
from llm.conversation.knowledge_functions import asks_which_fits
from llm.conversation.schema import Function, Request, Topic

_OF_TOPIC = {
    (Function.STANDING, Topic.URGENCY): "Understood as: what must not be missed, and the differential.",
    (Function.NEXT_STEPS, Topic.TESTS): "Understood as: what to test, and what to ask or examine next: {diseases}.",
}
_OF_GENES = "Understood as: diseases of {genes}."
_FIT_OF_GENES = "Understood as: which of the genes {genes} fits this patient."
_WORDS = {
    Function.STANDING: "Understood as: the differential, and how sure it is.",
    Function.EXPLAIN: "Understood as: what speaks for and against {diseases} in this patient.",
    Function.COMPARE: "Understood as: what tells {diseases} apart in this patient.",
    Function.NEXT_STEPS: "Understood as: what to ask or examine next: {diseases}.",
    Function.WHAT_IF: "Understood as: the differential, if the patient also had {findings}.",
    Function.FINDING: "Understood as: {findings} in {diseases}.",
    Function.CASES: "Understood as: published patients like this one: {diseases}.",
    Function.TERM: "Understood as: what {findings} means.",
    Function.DISEASE: "Understood as: what {diseases} is.",
    Function.GENES: "Understood as: genes of {diseases}.",
    Function.INHERITANCE: "Understood as: how {diseases} is inherited.",
    Function.COURSE: "Understood as: onset and course of {diseases}.",
    Function.PREVALENCE: "Understood as: how common {diseases} is.",
    Function.PASSAGES: "Understood as: {topic} of {diseases}.",
}
_WITHOUT_DISEASES = {
    _OF_TOPIC[Function.NEXT_STEPS, Topic.TESTS]: "Understood as: what to test, and what to ask or examine next.",
    _WORDS[Function.NEXT_STEPS]: "Understood as: what to ask or examine next.",
    _WORDS[Function.CASES]: "Understood as: published patients like this one.",
    _WORDS[Function.FINDING]: "Understood as: {findings} in the differential.",
}
"""Where no disease is named."""
TEMPLATES = (*_OF_TOPIC.values(), _OF_GENES, _FIT_OF_GENES, *_WORDS.values(), *_WITHOUT_DISEASES.values())


def word_requests(requests: Sequence[Request], case: Case) -> str:
    """How a question was understood, in one line; empty where it was not."""
    if not requests:
        return ""
    first = requests[0]
    worded = _OF_TOPIC.get((first.function, first.topic), _WORDS[first.function])
    if first.function is Function.GENES and first.gene_ids and not first.disease_ids:
        worded = _FIT_OF_GENES if asks_which_fits(case, first) else _OF_GENES
    elif not first.disease_ids:
        worded = _WITHOUT_DISEASES.get(worded, worded)
    words = phrase(
        worded,
        diseases=word_list(f"{case.name(d)} ({d})" for d in first.disease_ids),
        findings=word_list(case.named(f) for f in first.findings),
        genes=symbols_of(first, case),
        topic=phrase("pages") if first.topic is Topic.ANY else phrase(first.topic.value),
    )
    return joined([words, *first.taken], " ")


def symbols_of(request: Request, case: Case) -> str:
    """``FBN1 and FBN2``."""
    return word_list(case.graph.genes[g].symbol for g in request.gene_ids)
