"""A case and what is known, as the functions of the conversation see them: looked up once, cited by one book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kg.common_schema import FactKind
from kg.equivalence import name_key
from kg.errors import NotReadyError
from kg.likelihood import LikelihoodModel
from kg.phrases import Number, Phrase, TermName, phrase, term_name
from kg.schema import Finding, FindingMatch, Match, Provenance
from kg.sources.common_conditions import load_common_conditions
from llm.conversation.spoken_names import SpokenNames
from llm.conversation.translated_questions import QuestionTranslator
from llm.schema import Differential
from retrieval.candidates import Ranker, cases_by_disease, describe_candidate
from retrieval.cases import CaseLibrary
from retrieval.disease_names import DiseaseMentionFinder
from retrieval.everyday import EverydayRanker
from retrieval.evidence import EvidenceBook, word_how_often
from retrieval.lexicon import Lexicon
from retrieval.multilingual import MultilingualReader
from retrieval.passages import DiseasePages
from retrieval.schema import Candidate, CaseHit, Evidence, EvidenceKind, RedFlag

MAX_CITATIONS = 2
"""Statements cited for one finding in one disease."""


class CaseBook(EvidenceBook):
    """The numbers of a conversation, with what only questions bring up."""

    def cite_test(self, disease_id: str, name: str, provenance: Provenance) -> str:
        """Number of the statement that a test is done for a disease."""
        return self._cite_fact(disease_id, phrase("a test is {name}", name=name), (), provenance)

    def cite_red_flag(self, disease_id: str, flag: RedFlag) -> str:
        """Number of the statement that a finding makes a disease a matter of hours."""
        said = phrase("a red flag is {flag}", flag=term_name(flag.term_id, flag.label))
        return self._cite_fact(disease_id, said, (flag.term_id,), flag.provenance)

    def _cite_fact(self, disease_id: str, said: str, term_ids: tuple[str, ...], provenance: Provenance) -> str:
        name = self._graph.disease(disease_id).name
        return self._cite(
            (disease_id, said, provenance),
            kind=EvidenceKind.FACT,
            text=phrase("{disease} ({id}): {said}.", disease=name, id=disease_id, said=said),
            disease_id=disease_id,
            term_ids=term_ids,
            provenance=(provenance,),
        )


class Sources:
    """What questions are answered from.

    Args:
        model: what findings say of diseases, over the graph.
        ranker: says how likely candidates are.
        lexicon: wordings of the graph's terms.
        library: published cases; None to do without.
        pages: passages about diseases; default: those of the data folder, if there are any.
        stories: reads findings in other languages; default: by the translations of the data folder, if there are any.
    """

    def __init__(
        self,
        model: LikelihoodModel,
        ranker: Ranker,
        lexicon: Lexicon,
        library: CaseLibrary | None = None,
        pages: DiseasePages | None = None,
        stories: MultilingualReader | None = None,
    ) -> None:
        self.graph = model.graph
        self.model = model
        self.ranker = ranker
        self.lexicon = lexicon
        self.library = library
        self._pages = pages
        self._stories = stories or MultilingualReader(self.graph.ontology, lexicon)

    @cached_property
    def names(self) -> DiseaseMentionFinder:
        """Names of the graph's diseases, and what the pages about them call them."""
        return DiseaseMentionFinder(self.graph, self._synonyms)

    @cached_property
    def _synonyms(self) -> Mapping[str, Sequence[str]]:
        return self.pages.synonyms() if self.pages else {}

    @cached_property
    def questions(self) -> QuestionTranslator:
        """Puts questions in other languages into English words."""
        return QuestionTranslator(self._stories, self.names)

    @cached_property
    def gene_ids(self) -> Mapping[str, str]:
        """Symbol of each gene, in capitals -> its id."""
        return {g.symbol.upper(): g.gene_id for g in self.graph.genes.values()}

    @cached_property
    def spoken_names(self) -> SpokenNames:
        """What the diseases are called beside that: abbreviations, other spellings, synonyms of common conditions."""
        common = load_common_conditions()
        return SpokenNames(self.graph, common.conditions, self._synonyms, (d.text for d in common.descriptions))

    def tests_of(self, disease_id: str) -> dict[str, Provenance]:
        """Tests that sources name for a disease, with who does: the first ones of a common condition come first."""
        tests = dict(self._first_tests.get(self.graph.equivalents(disease_id)[0], {}))
        for relation in self.graph.tests_of(disease_id):
            tests.setdefault(self.graph.relations.concept(relation.subject_id).name, relation.provenance)
        return tests

    @cached_property
    def _first_tests(self) -> dict[str, dict[str, Provenance]]:
        """By the first id of a disease; conditions that the graph has under another id are found by their name."""
        table, graph = load_common_conditions(), self.graph
        names = {name_key(d.name): d.disease_id for d in graph.diseases.values()}
        entries = {c.disease_id: graph.entry_id(c.disease_id) or names.get(name_key(c.name)) for c in table.conditions}
        found: dict[str, dict[str, Provenance]] = {}
        for fact in (f.fact for f in table.facts if f.fact.kind is FactKind.TEST):
            if entry := entries.get(fact.disease_id):
                found.setdefault(graph.equivalents(entry)[0], {}).setdefault(fact.name, fact.provenance)
        return found

    @cached_property
    def pages(self) -> DiseasePages | None:
        """Passages about diseases; None where the data set is not there. Raises SourceError."""
        if self._pages is not None:
            return self._pages
        try:
            return DiseasePages.load(self.graph)
        except NotReadyError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a disease stands in the whole ranking."""

    rank: int | None
    """None: it is not among the candidates."""
    n_ranked: int
    probability: float


class Case:
    """One patient, the answer on this patient, and the sources.

    Args:
        sources: what is known.
        differential: of the patient; one without findings where there is no patient yet.
        known: evidence that has numbers already, beside that of the differential.
    """

    def __init__(self, sources: Sources, differential: Differential, known: Sequence[Evidence] = ()) -> None:
        self.sources = sources
        self.graph = sources.graph
        self.differential = differential
        self.book = CaseBook(sources.graph, (*differential.evidence, *known))

    @property
    def has_patient(self) -> bool:
        """Whether there is a patient with a present finding, or one whose words are answered."""
        return bool(self.differential.diagnoses) or any(not f.excluded for f in self.findings)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The patient's, with current ids, in the order that the ranking has them."""
        current = self.graph.ontology.current_id
        known = (replace(f, term_id=current(f.term_id)) for f in self.differential.findings)
        return tuple(sorted(known, key=lambda f: (f.term_id, f.excluded)))

    @property
    def ranker(self) -> Ranker:
        """What ranked the patient."""
        return self.differential.ranker or self.sources.ranker

    @cached_property
    def shown_ids(self) -> tuple[str, ...]:
        """Diseases of the differential; of the candidates where it abstains."""
        shown = [d.disease_id for d in self.differential.diagnoses]
        return tuple(shown or (c.disease_id for c in self.differential.candidates))

    @cached_property
    def hits(self) -> tuple[CaseHit, ...]:
        """Published cases that resemble the patient, the most similar first."""
        library = self.sources.library
        return library.similar(self.findings) if library and self.has_patient else ()

    @cached_property
    def _ranking(self) -> dict[int, tuple[int, float]]:
        """Index of each candidate -> its rank and log-probability."""
        if not self.has_patient:
            return {}
        diseases, log_probabilities = self.ranker.rank(self.findings, self.differential.person)
        ranked = enumerate(zip(diseases, log_probabilities, strict=True), start=1)
        return {disease: (rank, log_probability) for rank, (disease, log_probability) in ranked}

    def index_of(self, disease_id: str) -> int:
        """Index of a disease among the model's groups."""
        return self.sources.model.group_index[disease_id]

    def standing_of(self, disease_id: str) -> Standing:
        """Where a disease stands among all candidates."""
        rank, log_probability = self._ranking.get(self.index_of(disease_id), (None, -np.inf))
        return Standing(rank=rank, n_ranked=len(self._ranking), probability=float(np.exp(log_probability)))

    def candidate(self, disease_id: str) -> Candidate:
        """A disease held against the patient, whether it is a candidate or not; findings weigh by likelihood ratios.

        One that is no candidate has a probability of 0 and the rank after the last.
        """
        index = self.index_of(disease_id)
        rank, log_probability = self._ranking.get(index, (len(self._ranking) + 1, -np.inf))
        model, ranker, findings = self.sources.model, self.ranker, self.findings
        weights = log_lrs = model.log_lrs(findings)[:, index]
        if isinstance(ranker, EverydayRanker):
            weights = ranker.weigh(findings, [index])[:, 0]  # those of risk factors differ
        cases = cases_by_disease(model, self.hits)[index]
        candidate = describe_candidate(
            model, findings, index, rank, log_probability, weights, log_lrs, cases, self.differential.person
        )
        if isinstance(ranker, EverydayRanker):
            (candidate,) = ranker.describe([candidate], findings, self.differential.person)
        return candidate

    def log_ratio(self, finding: Finding, disease_id: str) -> float:
        """Natural logarithm of the likelihood ratio of one finding for one disease."""
        log_lr = self.sources.model.log_lr(finding.term_id, excluded=finding.excluded, asked=finding.asked)
        return float(log_lr[self.index_of(disease_id)])

    def match(self, disease_id: str, finding: Finding) -> FindingMatch:
        """What the sources state of one finding in one disease."""
        return self.graph.explain(disease_id, [finding]).matches[0]

    def statement(self, disease_id: str, finding: Finding) -> tuple[Phrase, tuple[str, ...]]:
        """What the sources state of a finding in a disease, in words, and the evidence; ``not stated`` without any."""
        match = self.match(disease_id, finding)
        if not match.associations:
            return phrase("not stated"), ()
        first = match.associations[0]
        exact = match.match is Match.EXACT or first.term_id == finding.term_id
        how = word_how_often(first)
        words = how if exact else phrase("{finding} {how}", finding=self.label(first.term_id), how=how)
        return words, tuple(self.book.cite_association(a) for a in match.associations[:MAX_CITATIONS])

    def name(self, disease_id: str) -> str:
        """Name of a disease."""
        return self.graph.diseases[disease_id].name

    def word_standing(self, disease_id: str) -> Phrase:
        """``Marfan syndrome is number 4 of 339 candidates, with a probability of 4.9%.``."""
        standing, name = self.standing_of(disease_id), self.name(disease_id)
        if standing.rank is None:
            return phrase(
                "{name} is not among the {n} candidates that the graph and published cases bring up.",
                name=name,
                n=standing.n_ranked,
            )
        return phrase("{name} is {standing}.", name=name, standing=word_standing(standing))

    def named(self, finding: Finding) -> str:
        """``Seizure``, ``no Seizure``."""
        name = self.label(finding.term_id)
        return phrase("no {finding}", finding=name) if finding.excluded else name

    def label(self, term_id: str) -> TermName:
        """Name of a term."""
        return term_name(term_id, self.graph.ontology.name(term_id))


def word_probability(probability: float) -> str:
    """``93.7%``, ``below 0.1%``, ``above 99.9%``."""
    if probability > 0.999:
        return phrase("above 99.9%")
    return f"{probability:.1%}" if probability >= 0.001 else phrase("below 0.1%")


def word_standing(standing: Standing) -> Phrase:
    """``number 4 of 339 candidates, with a probability of 4.9%``; ``none of the 339 candidates``."""
    if standing.rank is None:
        return phrase("none of the {n} candidates", n=standing.n_ranked)
    place = phrase("first") if standing.rank == 1 else phrase("number {rank}", rank=standing.rank)
    share = word_probability(standing.probability)
    return phrase(
        "{place} of {n} candidates, with a probability of {share}", place=place, n=standing.n_ranked, share=share
    )


def word_ratio(log_ratio: float) -> str:
    """A likelihood ratio: ``56``, ``3.2``, ``0.02``."""
    ratio = float(np.exp(log_ratio))
    return Number(f"{ratio:,.0f}") if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2g}"


def with_ratio(said: str, log_ratio: float) -> Phrase:
    """``Seizure (likelihood ratio 56)``."""
    return phrase("{said} (likelihood ratio {ratio})", said=said, ratio=word_ratio(log_ratio))


def said_of(what: str, words: str) -> Phrase:
    """``Marfan syndrome: seen in 3 of 4 patients``."""
    return phrase("{what}: {words}", what=what, words=words)
