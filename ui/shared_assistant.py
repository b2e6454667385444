"""An assistant of whom one thing at a time is asked, however many consultations there are.

Promise: a turn lasts for one part of an answer, never while a language model writes or a page is drawn. Whoever waits
for an earlier part has the next turn: nobody's findings or diagnoses wait for the questions to another.
Not promised: that nothing else computes. What a language model calls for its answer runs without a turn, since its
writing and its calls take turns of their own for minutes; a turn is for speed, and threads may share all that is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import heappop, heappush
from importlib.util import find_spec
from itertools import count
from threading import Condition

from kg.common_schema import Setting
from kg.genetics import Genetics
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from kg.schema import Finding
from kg.translations import Language
from llm.conversation.answerer import Answerer
from llm.conversation.reading import Message
from llm.conversation.schema import Answer
from llm.reader import Reader
from llm.schema import Differential
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.findings import Statement
from retrieval.schema import CaseHit
from retrieval.term_search import TermHit
from ui.protocols import Assistant


def compute_in_one_thread() -> None:
    """A patient's arrays are small: a second thread gains nothing on them, waits busily, and keeps others waiting."""
    if find_spec("torch") is None:  # nor is there anything else that computes in threads
        return
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    threadpool_limits(1, user_api="blas")


class Turns:
    """A lock that goes to whoever waits for the earliest part of an answer; of several, to who came first."""

    def __init__(self) -> None:
        self._is_free = Condition()
        self._is_taken = False
        self._waiting: list[tuple[int, int]] = []
        self._numbers = count()

    @contextmanager
    def turn(self, part: int = 0) -> Iterator[None]:
        """Wait for a turn, and have it; ``part``: 0 is the earliest."""
        with self._is_free:
            ticket = part, next(self._numbers)
            heappush(self._waiting, ticket)
            self._is_free.wait_for(lambda: not self._is_taken and self._waiting[0] == ticket)
            heappop(self._waiting)
            self._is_taken = True
        try:
            yield
        finally:
            with self._is_free:
                self._is_taken = False
                self._is_free.notify_all()


class SharedAssistant:
    """See ``ui.protocols.Assistant`` for what each method does."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._turns = Turns()

    @property
    def versions(self) -> Mapping[str, str]:
        """What makes the answers."""
        return self._assistant.versions

    @property
    def setting(self) -> Setting:
        """Where patients are seen, where nothing else is said."""
        return self._assistant.setting

    @property
    def ontology(self) -> Ontology:
        """Whose terms the findings are."""
        return self._assistant.ontology

    @property
    def graph(self) -> KnowledgeGraph:
        """What is known; reading it needs no lock."""
        return self._assistant.graph

    def find_statements(self, text: str, known: Demographics = UNKNOWN) -> tuple[Statement, ...]:
        """Reads a story."""
        with self._turns.turn():
            return self._assistant.find_statements(text, known)

    def find_person(self, text: str) -> Demographics:
        """Reads who the patient is."""
        with self._turns.turn():
            return self._assistant.find_person(text)

    def is_ready(self, setting: Setting | None = None) -> bool:
        """Whether it is loaded; needs no turn."""
        return self._assistant.is_ready(setting)

    def has_telling_words(self, story: str, setting: Setting | None = None) -> bool:
        """Whether words alone are enough."""
        with self._turns.turn():
            return self._assistant.has_telling_words(story, setting)

    def weigh(
        self,
        findings: Sequence[Finding],
        k: int = 10,
        *,
        person: Demographics = UNKNOWN,
        unknown: Collection[str] = (),
        setting: Setting | None = None,
        story: str = "",
    ) -> Iterator[Differential]:
        """The answer as it grows; between its parts others have their turn."""
        parts = self._assistant.weigh(findings, k, person=person, unknown=unknown, setting=setting, story=story)
        for n in count(1):
            with self._turns.turn(n):
                part = next(parts, None)
            if part is None:
                return
            yield part

    def read_again(self, differential: Differential, reader: Reader) -> Differential:
        """Without a turn: the reader is a language model, and what it reads is computed already."""
        return self._assistant.read_again(differential, reader)

    def read_message(self, text: str, differential: Differential | None = None) -> Message:
        """Reads a message."""
        with self._turns.turn():
            return self._assistant.read_message(text, differential)

    def answer(
        self,
        question: str,
        differential: Differential | None = None,
        *,
        earlier: Sequence[Answer] = (),
        answerer: Answerer | None = None,
    ) -> Answer:
        """In a turn where no language model is asked; the functions that one calls run between its words."""
        if answerer is not None:
            return self._assistant.answer(question, differential, earlier=earlier, answerer=answerer)
        with self._turns.turn():
            return self._assistant.answer(question, differential, earlier=earlier)

    def search_terms(self, query: str, language: Language = Language.ENGLISH) -> tuple[TermHit, ...]:
        """Reads tables only."""
        return self._assistant.search_terms(query, language)

    def label(self, term_id: str, language: Language) -> str:
        """Reads tables only."""
        return self._assistant.label(term_id, language)

    def similar_cases(self, findings: Sequence[Finding], k: int = 10) -> tuple[CaseHit, ...]:
        """Looks through the case library."""
        with self._turns.turn():
            return self._assistant.similar_cases(findings, k)

    def genetics(self, disease_id: str, setting: Setting | None = None) -> Genetics:
        """Reads tables only."""
        return self._assistant.genetics(disease_id, setting)

    def graph_of(self, setting: Setting) -> KnowledgeGraph:
        """Reading it needs no lock."""
        return self._assistant.graph_of(setting)
