"""A question -> what it asks for: a function, and the diseases and findings that are meant; by words alone.

What a question leaves open ("and the second one?", "which genes?") is filled in from the case and the answer before;
what it names and nobody here knows is said to be unknown, and never taken for something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kg.common_schema import Setting
from kg.phrases import joined, phrase, word_list
from llm.conversation.case import Case
from llm.conversation.entities import N_THEM, Entities, choose_disease, find_entities, listed_kind
from llm.conversation.intents import Intent, find_intent
from llm.conversation.knowledge_functions import best_of_gene, find_passages
from llm.conversation.objects import UnreadPhrase, find_unread
from llm.conversation.schema import OF_A_PATIENT, OF_FINDINGS, Function, Request, Topic
from llm.conversation.understood import symbols_of
from retrieval.disease_names import DiseaseMention

_DISEASE_WANTED = re.compile(
    r"\b(?:(?P<named>not|isn't it|is (?:it|this)|be|rule out|excluded?|consider\w*|suspect\w*|think of|thought of)|"
    r"(?P<about>about)|compare|with|and|versus|vs|from|or|between|than) (?:an? |the )?xfinding\b"
)
UNKNOWN = (
    "I do not know “{said}”: no disease of these sources is called so. "
    "Ask with another name, an id such as OMIM:154700, or a number of the list."
)
NO_DISEASE_BUT_FINDING = "I know “{said}” as a finding, not as a disease of these sources."
NOT_ON_PAGES = "No page in the sources speaks of “{said}” in {name}, and no disease of the sources is called so."
ABOUT = "This is about {names}."
KNOWN_ELSEWHERE = "It is a common condition: those are known in general practice and emergency, not in this setting."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a question asks for."""

    requests: tuple[Request, ...] = ()
    """None where it is not understood, or is about what nobody here knows."""
    unknown: tuple[str, ...] = ()
    """What of it is not known, in words for the user."""


def read_question(question: str, case: Case, about: Sequence[str] = ()) -> tuple[Request, ...]:
    """What a question asks for; none where it is not understood. Arguments are those of ``understand``."""
    return understand(question, case, about).requests


def understand(question: str, case: Case, about: Sequence[str] = ()) -> Reading:
    """What a question asks for, and what of it is not known.

    Args:
        question: one question, in a language that stories are read in.
        case: the patient and the sources.
        about: diseases of the answer before, which "it" and "they" stand for.
    """
    question = case.sources.questions.in_english(question)
    entities = find_entities(question, case)
    unknown = entities.unknown
    intent = find_intent(entities, has_patient=case.has_patient)
    if intent is None or (unknown and not (entities.disease_ids or entities.findings or entities.gene_ids)):
        return Reading(unknown=unknown)
    is_of_findings = intent.function in OF_FINDINGS
    request = Request(
        function=intent.function,
        disease_ids=tuple(d for d in entities.disease_ids if not (is_of_findings and d in entities.also_findings)),
        findings=entities.findings,
        gene_ids=entities.gene_ids,
        topic=intent.topic,
        words=question,
        taken=entities.taken,
    )
    request, lacking = _with_objects(request, entities, case, about)
    if lacking:
        return Reading(unknown=(*unknown, *lacking))
    request = _with_diseases(request, entities, case, about)
    return Reading(requests=(request, *_beside(request, intent)), unknown=unknown)


_OPEN = frozenset({Function.STANDING, Function.NEXT_STEPS, Function.CASES, Function.WHAT_IF, Function.TERM})
"""Functions that need no disease."""


def _with_objects(
    request: Request, entities: Entities, case: Case, about: Sequence[str]
) -> tuple[Request, tuple[str, ...]]:
    """The request with the diseases that are named in another way, or why there is no answer.

    A disease that the question names and nobody here knows must not be taken for another one.
    """
    function, wanted = request.function, _DISEASE_WANTED.search(entities.masked)
    if wanted and function in (Function.EXPLAIN, Function.COMPARE):
        is_exact = wanted["about"] is not None
        request = _with_findings_as_diseases(request, entities, case, exactly=is_exact)
    n_wanted = 2 if function is Function.COMPARE else 1
    if len(request.disease_ids) >= n_wanted or request.gene_ids:
        return request, ()
    if wanted and wanted["named"] and function is Function.EXPLAIN:
        return request, (_not_known(request.findings[-1].quote, case, NO_DISEASE_BUT_FINDING),)
    lacking: list[str] = []
    for unread in find_unread(entities.masked):
        if not _may_name(unread, request, entities):
            continue
        said = _as_written(unread.words, request.words)
        mention = _called(said, case, exactly=function in _OPEN or function in OF_FINDINGS)
        if chosen := mention and choose_disease(case, mention, said):
            ids = dict.fromkeys((*request.disease_ids, chosen[0]))
            request = replace(request, disease_ids=tuple(ids), taken=(*request.taken, *chosen[1]))
        elif function not in _OPEN and function not in OF_FINDINGS:
            lacking.append(_not_known(said, case, UNKNOWN))
    if lacking and function is Function.EXPLAIN and _OF_IT.search(entities.masked):
        passages = replace(request, function=Function.PASSAGES)
        meant = _with_diseases(passages, entities, case, about)
        if find_passages(case, meant).is_covered:
            return passages, ()
        if meant.disease_ids:
            said = _as_written(find_unread(entities.masked)[0].words, request.words)
            names = word_list(map(case.name, meant.disease_ids))
            return request, (phrase(NOT_ON_PAGES, said=said, name=names),)
    return request, tuple(lacking)


_OF_IT = re.compile(r"\b(?:is|does|can|will|was|are|do) (?:it|this|that|they|these)\b(?! be\b)")
"""Asks what "it" is like ("is it contagious?"), or whether it is something else ("is it measles?")."""


def _may_name(unread: UnreadPhrase, request: Request, entities: Entities) -> bool:
    """Whether the words would be a disease, if they were known; beside "it" only where a disease is named."""
    has_other = entities.is_it or entities.are_they
    if request.function is Function.COMPARE or not has_other:
        return unread.is_object
    return unread.is_named and request.function is Function.EXPLAIN


def _called(said: str, case: Case, *, exactly: bool) -> DiseaseMention | None:
    """Diseases of a name, or with the words in their name."""
    spoken = case.sources.spoken_names
    if ids := spoken.called(said):
        return DiseaseMention(disease_ids=ids, start=0, end=len(said), is_whole=True)
    ids = () if exactly else spoken.with_words(said)
    return DiseaseMention(disease_ids=ids, start=0, end=len(said), is_whole=False) if ids else None


def _as_written(words: str, question: str) -> str:
    """Words of a question as the user wrote them."""
    pattern = r"\s+".join(re.escape(w).replace("'", "['’]") for w in words.split())
    found = re.search(pattern, question, re.IGNORECASE)
    return found[0] if found else words


def _not_known(said: str, case: Case, why: str) -> str:
    is_elsewhere = case.differential.setting is Setting.GENETICS_CLINIC and case.sources.spoken_names.is_common(said)
    return joined([phrase(why, said=said), *([phrase(KNOWN_ELSEWHERE)] if is_elsewhere else [])], " ")


def _with_diseases(request: Request, entities: Entities, case: Case, about: Sequence[str]) -> Request:
    """The request with the diseases that the question left open."""
    shown, function = case.shown_ids, request.function
    if function in OF_A_PATIENT:
        request = _with_listed_kinds(request, case)
    if entities.gene_ids and not request.disease_ids:
        if function in (Function.EXPLAIN, Function.COMPARE) and (len(request.gene_ids) > 1 or not case.has_patient):
            return replace(request, function=Function.GENES)
        if function in _OF_ONE_DISEASE:
            return _with_diseases_of_genes(request, case)
    if function is Function.COMPARE:
        return _with_pair(request, case, about)
    is_open = function in _OPEN or (function is Function.FINDING and not entities.is_it)
    if request.disease_ids or request.gene_ids or (is_open and not (entities.is_it and about)):
        return request
    if entities.are_they or (function is Function.GENES and not entities.is_it):
        ids = tuple(about) if entities.are_they and len(about) > 1 else shown[:N_THEM]
        return replace(request, disease_ids=ids)
    ids = tuple(about[:1]) or shown[:1]
    if not ids:
        return request
    return replace(request, disease_ids=ids, taken=(*request.taken, phrase(ABOUT, names=case.name(ids[0]))))


def _with_findings_as_diseases(request: Request, entities: Entities, case: Case, *, exactly: bool) -> Request:
    """Where a disease is wanted and a finding was named ("why not homocystinuria?"): diseases called by that word."""
    found: list[str] = []
    taken: list[str] = []
    for finding in (f for f in request.findings if f.term_id not in entities.named_findings):
        mentions = (_called(w, case, exactly=exactly) for w in (finding.quote, case.label(finding.term_id)) if w)
        mention = next(filter(None, mentions), None)
        if chosen := mention and choose_disease(case, mention, finding.quote):
            found.append(chosen[0])
            taken += chosen[1]
    ids = dict.fromkeys((*request.disease_ids, *found))
    return replace(request, disease_ids=tuple(ids), taken=(*request.taken, *taken))


def _with_listed_kinds(request: Request, case: Case) -> Request:
    """Where the list has a kind of a disease that was named as a whole, the question is about that."""
    ids = {d: listed_kind(d, case) for d in request.disease_ids}
    taken = [
        phrase(
            "{name} is taken for {kind}, which is in the list.", name=case.name(d), kind=f"{case.name(kind)} ({kind})"
        )
        for d, kind in ids.items()
        if d != kind
    ]
    return replace(request, disease_ids=tuple(dict.fromkeys(ids.values())), taken=(*request.taken, *taken))


def _with_pair(request: Request, case: Case, about: Sequence[str]) -> Request:
    """Two diseases to compare: those named, those of the answer before, then the first ones."""
    wanted = [*request.disease_ids, *about, *case.shown_ids[:2]]
    ids = tuple(dict.fromkeys(case.graph.equivalents(d)[0] for d in wanted))
    n_named = len(request.disease_ids)
    if n_named > 1 or len(ids) < 2:
        return request
    taken = phrase(ABOUT, names=word_list(map(case.name, ids[:2])))
    return replace(request, disease_ids=ids[:2], taken=(*request.taken, taken))


_OF_ONE_DISEASE = frozenset(
    {Function.EXPLAIN, Function.DISEASE, Function.INHERITANCE, Function.COURSE, Function.PREVALENCE, Function.PASSAGES}
)
"""Functions that are asked of a gene as well, and mean its disease."""


def _with_diseases_of_genes(request: Request, case: Case) -> Request:
    """Why not FBN1: of each gene the disease that stands first in the case."""
    best = dict.fromkeys(best_of_gene(case, g) for g in request.gene_ids)
    taken = phrase(
        "Of the diseases of {genes}, this is about {names}.",
        genes=symbols_of(request, case),
        names=word_list(map(case.name, best)),
    )
    return replace(request, disease_ids=tuple(best), taken=(*request.taken, taken))


def _beside(request: Request, intent: Intent) -> Iterator[Request]:
    """What answers the same question from another side: a disease is confirmed by findings and genes too."""
    if intent == Intent(Function.PASSAGES, Topic.TESTS):
        yield replace(request, function=Function.GENES)
        yield replace(request, function=Function.NEXT_STEPS)
