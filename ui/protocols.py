"""What the page needs of an assistant and of language models; fakes in tests keep to the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

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


class ReaderFactory(Protocol):
    """Makes readers with a language model, such as ``partial(ChatReader, model)``."""

    def __call__(self, *, is_cancelled: Callable[[], bool]) -> Reader:
        """A reader for one answer, which gives up where ``is_cancelled`` says so."""


class AnswererFactory(Protocol):
    """Makes answerers with a language model, such as ``partial(ChatAnswerer, model)``."""

    def __call__(self, *, is_cancelled: Callable[[], bool]) -> Answerer:
        """An answerer for one question, which gives up where ``is_cancelled`` says so."""


class Assistant(Protocol):
    """What a consultation needs of ``llm.assistant.DiagnosisAssistant``."""

    @property
    def versions(self) -> Mapping[str, str]:
        """What makes the answers, e.g. ``{"hpo": "2025-01-16"}``."""

    @property
    def setting(self) -> Setting:
        """Where patients are seen, where nothing else is said."""

    @property
    def ontology(self) -> Ontology:
        """Whose terms the findings are."""

    @property
    def graph(self) -> KnowledgeGraph:
        """What is known."""

    def find_statements(self, text: str, known: Demographics = UNKNOWN) -> tuple[Statement, ...]:
        """All that a text says of findings, of relatives too; raises ``UsageError`` for text that cannot be used.

        What is ``known`` of the patient's age and sex says what a measured value means.
        """

    def find_person(self, text: str) -> Demographics:
        """Age and sex of the patient, where the text says them."""

    def is_ready(self, setting: Setting | None = None) -> bool:
        """Whether what is known in a setting is loaded, so that an answer does not wait for that."""

    def has_telling_words(self, story: str, setting: Setting | None = None) -> bool:
        """Whether a story's words are enough to weigh where no finding is recognised."""

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
        """The answer as it grows; abstains with a reason where nothing is usable."""

    def read_again(self, differential: Differential, reader: Reader) -> Differential:
        """The same ranking read by another reader."""

    def read_message(self, text: str, differential: Differential | None = None) -> Message:
        """What a message tells of the patient, and what it asks."""

    def answer(
        self,
        question: str,
        differential: Differential | None = None,
        *,
        earlier: Sequence[Answer] = (),
        answerer: Answerer | None = None,
    ) -> Answer:
        """The answer to a question about the case or the sources."""

    def search_terms(self, query: str, language: Language = Language.ENGLISH) -> tuple[TermHit, ...]:
        """Terms whose wording begins as the query does, in English and in this language."""

    def label(self, term_id: str, language: Language) -> str:
        """Label of a term in a language; raises ``NotReadyError`` where that was not pulled."""

    def similar_cases(self, findings: Sequence[Finding], k: int = 10) -> tuple[CaseHit, ...]:
        """Published cases like these findings; raises ``NotReadyError`` where there are none to look through."""

    def genetics(self, disease_id: str, setting: Setting | None = None) -> Genetics:
        """Genes and modes of inheritance of a disease that is known in a setting."""

    def graph_of(self, setting: Setting) -> KnowledgeGraph:
        """What is known in a setting."""
