"""A question -> its answer by the functions alone: read by its words, answered from records, every statement cited.

Promise: what is said of a disease cites what the sources say; what they do not say is said to be missing, by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kg.translations import Language
from llm.conversation.case import Case, Sources
from llm.conversation.functions import call_function
from llm.conversation.schema import CAN_BE_ASKED, NOT_IN_SOURCES, Answer, Request, Sentence
from llm.conversation.translated_questions import asked_in
from llm.conversation.understanding import Reading, understand
from llm.conversation.understood import word_requests
from llm.schema import Differential
from retrieval.schema import Evidence


class Answerer(Protocol):
    """Answers questions about a case."""

    def answer(
        self, sources: Sources, differential: Differential, question: str, earlier: Sequence[Answer] = ()
    ) -> Answer:
        """The answer to one question.

        Args:
            sources: what is known.
            differential: of the patient; one without findings where there is no patient.
            question: in words.
            earlier: answers to questions on the same differential, the first first; their numbers are kept.
        """


class FunctionAnswerer:
    """Answers by the functions alone."""

    def answer(
        self, sources: Sources, differential: Differential, question: str, earlier: Sequence[Answer] = ()
    ) -> Answer:
        """What the question's functions find; where it is not understood or not covered, that it is not."""
        about = earlier[-1].disease_ids if earlier else ()
        case = case_of(sources, differential, earlier)
        return answer_case(case, question, understand(question, case, about))


def answer_case(case: Case, question: str, reading: Reading) -> Answer:
    """What the functions say to a question.

    Args:
        case: the patient and the sources.
        question: in words.
        reading: what it asks for.
    """
    requests = reading.requests
    sentences, is_covered = answer_requests(case, requests)
    unknown = tuple(Sentence(text=text) for text in reading.unknown)
    return Answer(
        question=question,
        understood=word_requests(requests, case),
        sentences=(*unknown, *sentences) if is_covered else not_covered((*unknown, *sentences), question),
        evidence=case.book.evidence,
        is_covered=is_covered,
        disease_ids=requests[0].disease_ids if requests else (),
    )


def case_of(sources: Sources, differential: Differential, earlier: Sequence[Answer]) -> Case:
    """The case with the numbers that evidence has been given so far."""
    known: dict[str, Evidence] = {e.evidence_id: e for answer in earlier for e in answer.evidence}
    return Case(sources, differential, tuple(known.values()))


def answer_requests(case: Case, requests: Sequence[Request]) -> tuple[tuple[Sentence, ...], bool]:
    """What the functions say, and whether the sources cover any of it; what is covered leaves out what is not."""
    results = [call_function(case, request) for request in requests]
    is_covered = any(r.is_covered for r in results)
    said = [s for r in results if r.is_covered or not is_covered for s in r.sentences]
    return tuple(dict.fromkeys(said)), is_covered


def not_covered(sentences: Sequence[Sentence], question: str) -> tuple[Sentence, ...]:
    """That the sources do not answer, why, and what they do, in the question's language."""
    can_be_asked = CAN_BE_ASKED[asked_in(question) or Language.ENGLISH]
    return (Sentence(text=NOT_IN_SOURCES), *sentences, Sentence(text=can_be_asked))
