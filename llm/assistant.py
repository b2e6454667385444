"""The whole sequence, from a story to a grounded differential: the only file that knows every step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from kg.build import bundled_sources, load_graph
from kg.common_schema import Setting
from kg.errors import NotReadyError, UsageError
from kg.genetics import Genetics, genetics_of
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel, load_likelihood
from kg.ontology import Ontology
from kg.phrases import phrase
from kg.schema import Finding, Patient
from kg.translations import Language, Translations
from llm.conversation.answerer import Answerer, FunctionAnswerer, case_of
from llm.conversation.case import Sources
from llm.conversation.reading import MAX_QUESTION, Message, read_message
from llm.conversation.schema import Answer
from llm.grounding import ground_reading
from llm.questions import next_questions
from llm.reader import RankingReader, Reader
from llm.schema import Diagnosis, Differential
from llm.settings import SettingSources
from retrieval.answers import AnswerRanker
from retrieval.candidates import FusionRanker, Ranker, describe_candidates, in_order
from retrieval.cases import CaseLibrary, load_library, published_cases, read_library
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.embedding import Embedder, bundled_embedder
from retrieval.everyday import EverydayPractice, EverydayRanker, can_rank
from retrieval.features import FeatureExtractor
from retrieval.findings import Statement, current_findings
from retrieval.fusion import load_fusion
from retrieval.lexicon import Lexicon, load_lexicon
from retrieval.linking import PhraseLinker, load_linker
from retrieval.multilingual import MultilingualReader
from retrieval.schema import Candidate, CaseHit, ReaderName
from retrieval.term_search import TermHit, TermSearch

_VERSION = version("citedx")  # looked up once: it reads the folders of all packages
NOTHING_FOUND = phrase(
    "No finding was recognised, so there is nothing to reason from. "
    "Describe signs and symptoms in words, or give HPO ids."
)
UNSURE = "No disease reaches a probability of {least}, the least that an accepted risk of {risk} allows."
NO_CASE = Differential(findings=(), diagnoses=(), evidence=())
N_CANDIDATES = 20
"""Diseases that an answer knows of at least, shown or not: the chat can be asked about them."""
ONLY_EXCLUDED = phrase("Only excluded findings were given. Add at least one finding that the patient has.")

Choice = TypeVar("Choice", bound=StrEnum)


class DiagnosisAssistant:
    """Finds findings, ranks diseases, reads the evidence, checks every citation.

    Args:
        model: what findings say of diseases.
        ranker: finds candidates and says how likely they are.
        lexicon: wordings of the graph's terms.
        library: published cases as worded text, to show similar ones; None to do without.
        reader: weighs candidates and words claims.
        setting: where patients are seen, unless an answer is asked for another setting.
        load_everyday: gives what ranks outside the genetics clinic; called when it is first needed.
        load_linker: gives what finds terms by the meaning of a phrase; None to do without.
    """

    def __init__(
        self,
        model: LikelihoodModel,
        ranker: Ranker,
        lexicon: Lexicon,
        library: CaseLibrary | None,
        reader: Reader | None = None,
        *,
        setting: Setting = Setting.GENETICS_CLINIC,
        load_everyday: Callable[[], EverydayPractice] | None = None,
        load_linker: Callable[[], PhraseLinker] | None = None,
    ) -> None:
        self.setting = setting
        self._load_linker = load_linker
        self._lexicon = lexicon
        self._stories = MultilingualReader(model.graph.ontology, lexicon)
        clinic = Sources(model, AnswerRanker(ranker, model), lexicon, library, stories=self._stories)
        self._settings = SettingSources(clinic, self._stories, load_everyday)
        self.graph = self.sources.graph
        self._searches: dict[Language, TermSearch] = {}
        self._reader = reader or RankingReader()

    @classmethod
    def load(
        cls,
        *,
        graph: KnowledgeGraph | None = None,
        cases: bool = True,
        phenopackets: Path | str | None = None,
        embedder: Embedder | None = None,
        reader: ReaderName | str = ReaderName.TRANSFORMER,
        setting: Setting | str = Setting.GENETICS_CLINIC,
        everyday: KnowledgeGraph | None = None,
        cache_dir: Path | None = None,
        progress: bool = False,
    ) -> DiagnosisAssistant:
        """The assistant over the bundled release; what is not in the cache is built.

        Args:
            graph: of rare diseases, where the caller has loaded it already.
            cases: whether to look for similar published cases.
            phenopackets: a folder or release zip of patients to add to them.
            embedder: default: the project's own.
            reader: the transformer, or the fusion of graph and cases alone.
            setting: where patients are seen.
            everyday: the graph for general practice and emergency; default: the release with the common conditions.
            cache_dir: default: the user's cache.
            progress: show a bar while building.

        Raises:
            NotReadyError: something is not installed.
            SourceError: the phenopackets cannot be read.
            StorageError: the cache cannot be written.
            UsageError: there is no such reader or setting.
        """
        reader, setting = _named(reader, ReaderName, "reader"), _named(setting, Setting, "setting")
        graph = graph or load_graph(cache_dir=cache_dir)
        lexicon = load_lexicon(graph, cache_dir=cache_dir)
        patients: tuple[Patient, ...] = ()
        source = ""
        if phenopackets is not None:
            phenopackets = Path(phenopackets)
            patients, source = read_library(phenopackets), phenopackets.name
            graph = graph.with_patients(patients, source)
        library, linker = None, None
        if cases:
            embedder = embedder or bundled_embedder()
            library = load_library(graph, embedder, patients, source, progress=progress, cache_dir=cache_dir)
            linker = partial(load_linker, graph, embedder, cache_dir)
        published = library.cases if library else published_cases(graph, patients, source)
        extractor = FeatureExtractor(load_likelihood(graph, cache_dir=cache_dir), published)

        def load_everyday() -> EverydayPractice:
            common = everyday or load_graph(bundled_sources(common=True), cache_dir)
            return EverydayPractice.load(common, cache_dir)

        ranker = _load_ranker(reader, extractor)
        return cls(
            extractor.model, ranker, lexicon, library, setting=setting, load_everyday=load_everyday, load_linker=linker
        )

    @property
    def sources(self) -> Sources:
        """What questions are answered from, where no answer to a patient says otherwise."""
        return self._settings.of(self.setting)

    @property
    def model(self) -> LikelihoodModel:
        """What findings say of diseases."""
        return self.sources.model

    def _sources_about(self, differential: Differential | None) -> Sources:
        """What an answer to a patient rests on; the default where there is none."""
        return self._settings.of(differential.setting if differential else self.setting)

    @property
    def ontology(self) -> Ontology:
        """Whose terms the findings are."""
        return self.graph.ontology

    @property
    def versions(self) -> dict[str, str]:
        """What an answer rests on."""
        return self._versions_of(self.sources)

    def _versions_of(self, sources: Sources) -> dict[str, str]:
        return {
            "citedx": _VERSION,
            **sources.graph.versions,
            "cases": sources.library.version if sources.library else "none",
            "ranker": sources.ranker.version,
            "reader": self._reader.version,
        }

    def find_findings(self, text: str) -> tuple[Finding, ...]:
        """The patient's findings in a story, in English, Chinese or Spanish.

        Raises:
            UsageError, UnsupportedLanguageError, UnknownIdError, NotReadyError: see ``retrieval.multilingual``.
        """
        return self._stories.find_findings(text)

    def find_statements(self, text: str, known: Demographics = UNKNOWN) -> tuple[Statement, ...]:
        """All that a story says of findings, of relatives too. Errors are those of ``find_findings``.

        Args:
            text: the story, or a message of it.
            known: age and sex from messages before, which say what a measured value means.
        """
        return self._stories.find_statements(text, known=known)

    def find_person(self, text: str) -> Demographics:
        """The patient's age and sex in a story. Raises UnsupportedLanguageError."""
        return self._stories.find_person(text)

    @cached_property
    def _linker(self) -> PhraseLinker | None:
        return self._load_linker() if self._load_linker else None

    def search_terms(self, query: str, language: Language = Language.ENGLISH, limit: int = 8) -> tuple[TermHit, ...]:
        """Phenotypic abnormalities whose wording begins as the query does, in English and in this language.

        Where there is none, those that mean nearly the same; these in English only.
        """
        if language not in self._searches:
            translations = self._translations(language)
            self._searches[language] = TermSearch(self.graph.ontology, self._lexicon, translations, self._linker)
        return self._searches[language].find(query, limit)

    def _translations(self, language: Language) -> Translations | None:
        """None for English, and where they have not been pulled."""
        try:
            return None if language is Language.ENGLISH else self._stories.translations(language)
        except NotReadyError:
            return None

    def label(self, term_id: str, language: Language) -> str:
        """Label of a term in a language, in English where it has none. Errors: see ``MultilingualReader.label``."""
        return self._stories.label(term_id, language)

    def graph_of(self, setting: Setting) -> KnowledgeGraph:
        """What is known in a setting: outside the genetics clinic of common conditions too. Raises NotReadyError."""
        return self._settings.of(setting).graph

    def prepare(self) -> None:
        """Load what the settings need, so that whoever asks for one first does not wait. Raises as ``load`` does."""
        for setting in Setting:
            self._settings.of(setting)

    def is_ready(self, setting: Setting | None = None) -> bool:
        """Whether what a setting needs is loaded already."""
        return self._settings.is_loaded(setting or self.setting)

    def genetics(self, disease_id: str, setting: Setting | None = None) -> Genetics:
        """Genes and modes of inheritance of a disease that is known in a setting. Raises UnknownIdError."""
        return genetics_of(self.graph_of(setting or self.setting), disease_id)

    def similar_cases(self, findings: Sequence[Finding], k: int = 10) -> tuple[CaseHit, ...]:
        """The published cases most like these findings, best first.

        Raises:
            NotReadyError: the assistant was loaded without cases.
        """
        library = self.sources.library
        if library is None:
            raise NotReadyError("citedx was started without published cases: leave out --no-cases")
        return library.similar(findings, k)

    def diagnose(
        self,
        findings: Sequence[Finding],
        k: int = 10,
        *,
        person: Demographics = UNKNOWN,
        accepted_risk: float | None = None,
        reader: Reader | None = None,
        setting: Setting | str | None = None,
        story: str = "",
    ) -> Differential:
        """The k most likely diseases with what speaks for and against them, or the reason why there are none.

        Arguments and errors are those of ``weigh``.
        """
        parts = self.weigh(
            findings, k, person=person, accepted_risk=accepted_risk, reader=reader, setting=setting, story=story
        )
        *_, answer = parts
        return answer

    def weigh(
        self,
        findings: Sequence[Finding],
        k: int = 10,
        *,
        person: Demographics = UNKNOWN,
        accepted_risk: float | None = None,
        reader: Reader | None = None,
        unknown: Collection[str] = (),
        setting: Setting | str | None = None,
        story: str = "",
    ) -> Iterator[Differential]:
        """The answer as it grows: the ranking alone, with its claims and evidence, with the questions to ask.

        Args:
            findings: present and excluded; older term ids become the current ones.
            k: number of diagnoses, at least 1.
            person: age and sex, where they are known.
            accepted_risk: 0..1, how likely the first diagnosis may be wrong; where it is likelier, there is none, but
                still the questions that would help. Default: always answer.
            reader: for this answer, in place of the assistant's own.
            unknown: terms that nobody can answer for: neither they nor what is below them is asked about.
            setting: where the patient is seen; default: the assistant's.
            story: what the findings were read from, whose words count too outside the genetics clinic.

        Raises:
            NotReadyError: the assistant has no common conditions, which the setting asks for.
            UnknownIdError: a finding's term is not in the graph.
            UsageError: k is below 1, the risk is no share, the findings are no records, or there is no such setting.
        """
        if not all(isinstance(f, Finding) for f in findings):
            raise UsageError(
                "expected Finding records, got something else: make them of ids with retrieval.findings."
                "parse_finding_ids(ids, assistant.ontology), of a story with assistant.find_findings(story)"
            )
        if k < 1:
            raise UsageError(f"k is the number of diagnoses and at least 1, got {k}")
        if accepted_risk is not None and not 0 <= accepted_risk <= 1:
            raise UsageError(f"the accepted risk is a share from 0 to 1, got {accepted_risk:g}")
        setting = _named(setting, Setting, "setting") if setting else self.setting
        sources = self._settings.of(setting)
        findings = self._current(findings)
        empty = Differential(
            findings=findings,
            diagnoses=(),
            evidence=(),
            person=person,
            setting=setting,
            versions=self._versions_of(sources),
        )
        model, ranker, ordered = sources.model, self._settings.ranker(setting, story, findings), in_order(findings)
        if not can_rank(findings, ranker):
            yield replace(empty, abstained=ONLY_EXCLUDED if findings else NOTHING_FOUND)
            return
        ranked = ranker.rank(ordered, person)
        empty = replace(empty, urgent=self._settings.urgent(setting, findings, ranked))
        hits = sources.library.similar(findings) if sources.library else ()
        n = max(k, N_CANDIDATES)
        candidates = describe_candidates(model, ranker, ordered, ranked, hits, person=person, n=n)
        if isinstance(ranker, EverydayRanker):
            candidates = ranker.describe(candidates, findings, person)
            empty = replace(empty, ranker=ranker)
        if accepted_risk is not None and (not candidates or candidates[0].probability < 1 - accepted_risk):
            unsure = phrase(UNSURE, least=f"{1 - accepted_risk:.0%}", risk=f"{accepted_risk:.0%}")
            answer = replace(empty, abstained=unsure, candidates=candidates)
        else:
            unread = replace(empty, diagnoses=tuple(map(_unread, candidates[:k])), candidates=candidates)
            yield unread
            answer = self.read_again(unread, reader or self._reader)
            yield answer
        yield replace(answer, questions=next_questions(model, ranked, ordered, unknown=unknown))

    def rank(
        self,
        findings: Sequence[Finding],
        *,
        person: Demographics = UNKNOWN,
        setting: Setting | None = None,
        story: str = "",
    ) -> tuple[tuple[str, float], ...]:
        """Every candidate's id and log-probability, best first, without reasons; none where nothing is told."""
        sources = self._settings.of(setting or self.setting)
        current = self._current(findings)
        ranker = self._settings.ranker(setting or self.setting, story, current)
        if not can_rank(current, ranker):
            return ()
        diseases, log_probabilities = ranker.rank(current, person)
        return tuple((sources.model.groups[i][0], p) for i, p in zip(diseases, log_probabilities, strict=True))

    def has_telling_words(self, story: str, setting: Setting | None = None) -> bool:
        """Whether a story's words are enough to rank by where no finding is recognised; never in the clinic."""
        return can_rank((), self._settings.ranker(setting or self.setting, story, ()))

    def _current(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """With today's ids and labels, each term once, as it was said last. Raises UnknownIdError."""
        known, unknown = current_findings(findings, self.ontology)
        for term_id in unknown:
            self.ontology.current_id(term_id)  # says what is wrong with it
        return known

    def read_again(self, differential: Differential, reader: Reader) -> Differential:
        """The same ranking read by a reader: its claims, evidence and commentary in place of those that were there."""
        candidates = differential.candidates[: len(differential.diagnoses)]
        sources = self._settings.of(differential.setting)
        reading = reader.read(sources.graph, differential.findings, candidates)
        diagnoses, commentary, removed = ground_reading(reading, differential.findings, sources.graph)
        return replace(
            differential,
            diagnoses=diagnoses,
            evidence=reading.evidence,
            removed_claims=removed,
            commentary=commentary,
            versions={**self._versions_of(sources), "reader": reader.version},
        )

    def read_message(self, text: str, differential: Differential | None = None) -> Message:
        """What a message tells of the patient, and what it asks; see ``llm.conversation.reading``.

        Args:
            text: the message, in English where it asks.
            differential: the case so far; None before there is one.
        """
        return read_message(text, case_of(self._sources_about(differential), differential or NO_CASE, ()))

    def answer(
        self,
        question: str,
        differential: Differential | None = None,
        *,
        earlier: Sequence[Answer] = (),
        answerer: Answerer | None = None,
    ) -> Answer:
        """The answer to a question, from the graph, the cases and the passages.

        Args:
            question: "why not Marfan?", "compare 1 and 3", "what does HP:0002317 mean?" ...
            differential: the answer that it follows on; None where it is about no patient.
            earlier: answers to questions on the same differential, which "it" may stand for.
            answerer: for this answer; default: the functions, without a language model.

        Raises:
            UsageError: the question is empty, or longer than ``MAX_QUESTION`` characters.
            SourceError: the passages cannot be read.
        """
        if not question.strip():
            raise UsageError("the question is empty: ask such as 'why not Marfan?'")
        if len(question) > MAX_QUESTION:
            raise UsageError(
                f"the question has {len(question):,} characters, more than {MAX_QUESTION:,}: ask one thing"
            )
        sources = self._sources_about(differential)
        return (answerer or FunctionAnswerer()).answer(sources, differential or NO_CASE, question, earlier)


def _unread(candidate: Candidate) -> Diagnosis:
    """A line of the differential before anybody has read the evidence."""
    return Diagnosis(
        disease_id=candidate.disease_id,
        name=candidate.name,
        rank=candidate.rank,
        probability=candidate.probability,
        claims=(),
        equivalent_ids=candidate.equivalent_ids,
    )


def _named(value: str, choices: type[Choice], what: str) -> Choice:
    """One of some choices, by its name too."""
    try:
        return choices(value)
    except ValueError:
        raise UsageError(f"the {what} is {', '.join(choices)}, got {value!r}") from None


def _load_ranker(name: ReaderName, extractor: FeatureExtractor) -> Ranker:
    if name is ReaderName.GRAPH:
        return FusionRanker(extractor, load_fusion())
    from llm.reader.transformer import TransformerRanker  # torch takes seconds

    return TransformerRanker.load(extractor)
