"""Questions and choices as tests need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluation.qa.schema import Answered, Question

FOUR = {"A": "Gout", "B": "Marfan syndrome", "C": "Measles", "D": "Rickets"}


def question(
    question_id: str = "q1",
    text: str = "Which disease makes long fingers?",
    *,
    dataset: str = "medqa",
    options: Mapping[str, str] = FOUR,
    answer: str = "B",
    sources: Sequence[str] = (),
    given: Sequence[str] = (),
) -> Question:
    """A question about long fingers, unless something else is given."""
    return Question(
        dataset=dataset,
        question_id=question_id,
        text=text,
        options=options,
        answer=answer,
        sources=frozenset(sources),
        given=tuple(given),
    )


def answered(question_id: str, chosen: str | None, *, dataset: str = "medqa", answer: str = "A") -> Answered:
    """A choice, by default where A is right."""
    return Answered(
        dataset=dataset,
        question_id=question_id,
        answer=answer,
        n_options=4,
        chosen=chosen,
        reason="" if chosen else "no answer",
        scores=(),
        references=(),
        n_left_out=0,
        text="",
    )
