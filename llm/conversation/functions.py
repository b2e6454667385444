"""Every function of the conversation by its name: a request -> sentences worded from records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from kg.phrases import Phrase, phrase
from llm.conversation import knowledge_functions as knowledge
from llm.conversation import patient_functions as patient
from llm.conversation.case import Case
from llm.conversation.comparison_functions import compare_diseases
from llm.conversation.schema import OF_A_PATIENT, OF_FINDINGS, Function, Request, Result, Sentence

NO_PATIENT = phrase("There is no patient with a finding yet: tell the story first.")
NO_DISEASE = phrase(
    "No disease of the sources was recognised in the question; name one, its id, or its number in the list."
)
NO_OTHER = phrase("Name two diseases to compare, or their numbers in the list.")
NO_FINDING = phrase("No finding of the sources was recognised in the question; name one, or its HPO id.")

FUNCTIONS: Mapping[Function, Callable[[Case, Request], Result]] = MappingProxyType(
    {
        Function.STANDING: patient.say_standing,
        Function.EXPLAIN: patient.explain_diseases,
        Function.COMPARE: compare_diseases,
        Function.NEXT_STEPS: patient.say_next_steps,
        Function.WHAT_IF: patient.say_what_if,
        Function.CASES: patient.find_cases,
        Function.FINDING: knowledge.say_findings,
        Function.TERM: knowledge.say_term,
        Function.DISEASE: knowledge.describe_diseases,
        Function.GENES: knowledge.say_genes,
        Function.INHERITANCE: knowledge.say_inheritance,
        Function.COURSE: knowledge.say_course,
        Function.PREVALENCE: knowledge.say_prevalence,
        Function.PASSAGES: knowledge.find_passages,
    }
)
_WITHOUT_ENTITY = frozenset({Function.STANDING, Function.NEXT_STEPS, Function.CASES})


def call_function(case: Case, request: Request) -> Result:
    """What a function finds, or what it lacks.

    Raises:
        UnknownIdError: the request has an id that the sources do not; those who read questions make none.
    """
    lacking = _lacking(case, request)
    if lacking is not None:
        return Result(sentences=(Sentence(text=lacking),), is_covered=False)
    return FUNCTIONS[request.function](case, request)


def _lacking(case: Case, request: Request) -> Phrase | None:
    function = request.function
    if function in OF_A_PATIENT and not case.has_patient:
        return NO_PATIENT
    if function in _WITHOUT_ENTITY:
        return None
    if function in OF_FINDINGS:
        return None if request.findings else NO_FINDING
    if function is Function.COMPARE and len(request.disease_ids) < 2:
        return NO_OTHER
    return None if request.disease_ids or (function is Function.GENES and request.gene_ids) else NO_DISEASE
