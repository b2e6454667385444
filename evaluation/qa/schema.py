"""Records of benchmark questions: what is asked, what is laid before the model, what it chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from evaluation.schema import Unscored

Key = tuple[str, str]
"""Set and id of a question."""


class ContextKind(StrEnum):
    """What is retrieved for a question."""

    NONE = "none"
    GRAPH = "graph"  # statements about the diseases and findings that the question names
    CASES = "cases"  # published patients who resemble the one of the question
    PASSAGES = "passages"  # MedQuAD and PubMedQA abstracts
    ALL = "all"  # the three in turn


class Scoring(StrEnum):
    """How a language model's choice is read."""

    GENERATIVE = "generative"  # it writes the letter, held to a schema
    LOG_LIKELIHOOD = "log-likelihood"  # the letter that it holds most likely


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its options."""

    dataset: str
    question_id: str
    text: str
    options: Mapping[str, str]
    """Letter -> text, in the order of the set."""
    answer: str
    """Letter of the right option."""
    sources: frozenset[str] = frozenset()
    """Publications that the question was made from, as ``PMID:1``; nothing of them is ever retrieved for it."""
    given: tuple[str, ...] = ()
    """Passages that the set itself lays before whoever answers."""

    def __post_init__(self) -> None:
        if len(self.options) < 2:
            raise ValueError(f"a question has two options or more, {self.question_id} has {len(self.options)}")
        if self.answer not in self.options:
            raise ValueError(f"the answer {self.answer!r} of {self.question_id} is none of its options")

    @property
    def key(self) -> Key:
        """Unique among the questions of a benchmark."""
        return self.dataset, self.question_id


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """The questions of a benchmark file."""

    questions: tuple[Question, ...]
    unscored: tuple[Unscored, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of context."""

    text: str
    reference: str
    """CURIE or address of the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model made of a question."""

    chosen: str | None
    """Letter of an option; None where it gave none that can be read."""
    reason: str = ""
    """Why there is none, or that it is a guess."""
    scores: tuple[float, ...] = ()
    """Of the options, in their order, higher is likelier; empty where the model gives none."""
    n_shown: int = 0
    """Snippets that were laid before it; the others did not fit."""
    text: str = ""
    """What a language model wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A question with the choice that was made."""

    dataset: str
    question_id: str
    answer: str
    """Letter of the right option."""
    n_options: int
    chosen: str | None
    reason: str
    scores: tuple[float, ...]
    references: tuple[str, ...]
    """Of the retrieved snippets that were shown, the best first."""
    n_left_out: int
    """Snippets for which there was no room."""
    text: str

    @property
    def key(self) -> Key:
        """Set and id of the question."""
        return self.dataset, self.question_id

    @property
    def is_correct(self) -> bool:
        """No answer is a wrong one."""
        return self.chosen == self.answer
