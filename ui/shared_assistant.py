"""An assistant whose models are used by one thread at a time, however many consultations there are.

Promise: the lock is held for one part of an answer, never while a language model writes or a page is drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from threading import Lock

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


class SharedAssistant:
    """See ``ui.consultation.Assistant`` for what each method does."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._lock = Lock()

    @property
    def versions(self) -> Mapping[str, str]:
        """What makes the answers."""
        return self._assistant.versions

    @property
    def ontology(self) -> Ontology:
        """Whose terms the findings are."""
        return self._assistant.ontology

    @property
    def graph(self) -> KnowledgeGraph:
        """What is known; reading it needs no lock."""
        return self._assistant.graph

    def find_statements(self, text: str) -> tuple[Statement, ...]:
        """Reads a story."""
        with self._lock:
            return self._assistant.find_statements(text)

    def find_person(self, text: str) -> Demographics:
        """Reads who the patient is."""
        with self._lock:
            return self._assistant.find_person(text)

    def weigh(
        self,
        findings: Sequence[Finding],
        k: int = 10,
        *,
        person: Demographics = UNKNOWN,
        unknown: Collection[str] = (),
    ) -> Iterator[Differential]:
        """The answer as it grows; between its parts others have their turn."""
        parts = self._assistant.weigh(findings, k, person=person, unknown=unknown)
        while True:
            with self._lock:
                part = next(parts, None)
            if part is None:
                return
            yield part

    def read_again(self, differential: Differential, reader: Reader) -> Differential:
        """Not under the lock: the reader is a language model, which takes care of itself."""
        return self._assistant.read_again(differential, reader)

    def read_message(self, text: str, differential: Differential | None = None) -> Message:
        """Reads a message."""
        with self._lock:
            return self._assistant.read_message(text, differential)

    def answer(
        self,
        question: str,
        differential: Differential | None = None,
        *,
        earlier: Sequence[Answer] = (),
        answerer: Answerer | None = None,
    ) -> Answer:
        """Under the lock where no language model is asked."""
        if answerer is not None:
            return self._assistant.answer(question, differential, earlier=earlier, answerer=answerer)
        with self._lock:
            return self._assistant.answer(question, differential, earlier=earlier)

    def search_terms(self, query: str, language: Language = Language.ENGLISH) -> tuple[TermHit, ...]:
        """Reads tables only."""
        return self._assistant.search_terms(query, language)

    def label(self, term_id: str, language: Language) -> str:
        """Reads tables only."""
        return self._assistant.label(term_id, language)

    def similar_cases(self, findings: Sequence[Finding], k: int = 10) -> tuple[CaseHit, ...]:
        """Looks through the case library."""
        with self._lock:
            return self._assistant.similar_cases(findings, k)

    def genetics(self, disease_id: str) -> Genetics:
        """Reads tables only."""
        return self._assistant.genetics(disease_id)
