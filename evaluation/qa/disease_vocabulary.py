"""Diagnoses in words -> diseases of the graph; and which answers of a benchmark are no disease at all.

A text means a disease by its words, whatever their order (``kg.equivalence.name_key``); else by words for the same
thing (renal and kidney, neoplasm and tumor, "disease" and "syndrome"); else without what qualifies it ("acute",
"drug-induced", "with severe features"); else where one disease alone has a name of one word more (fibroadenoma of the
breast). Each of these also with misspelled words put right; the first step that finds a disease decides. Deliberately
not done here: judging by meaning. What no step finds is no disease that the graph knows.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from kg.cache import digest
from kg.equivalence import name_key
from kg.errors import NotReadyError, SourceError, reason_of
from kg.graph import KnowledgeGraph
from kg.sources.common_conditions import load_common_conditions
from kg.sources.medquad import load_documents
from retrieval.misspellings import Speller
from retrieval.passages import MEDQUAD
from retrieval.words import inflection_of, meaning_of

MONDO_NAMES = Path("disease/mondo_class-stats.tsv.gz")
_IN_BRACKETS = re.compile(r"\s*\(([^()]*)\)")
_WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_GREEK = str.maketrans({"α": "alpha ", "β": "beta ", "’": "'"})
_PREFIX = re.compile(r"\b(post|non|anti|sub|pre|intra|inter|pseudo|hyper|hypo)-")
_MIN_LETTERS = 6
"""Of the longest word of a name that may lack one."""

_SAME_WORDS = """
    carcinoma>cancer adenocarcinoma>cancer neoplasm>tumor insufficiency>regurgitation incompetence>regurgitation
    myelogenous>myeloid myelocytic>myeloid myeloblastic>myeloid lymphocytic>lymphoid lymphoblastic>lymphoid
    abruptio>abruption placental>placenta perforation>rupture perforated>rupture ruptured>rupture
    thromboembolism>embolism aldosteronism>hyperaldosteronism addiction>dependence
    """
_SAME_WORD = {inflection_of(word): same for word, same in (pair.split(">") for pair in _SAME_WORDS.split())}
"""Words for the same thing in names of diseases, beside those that findings share (``retrieval.words``)."""
_EMPTY_WORDS = "of the and an a in by to type disease disorder syndrome condition infection infectious"
_EMPTY = frozenset(_EMPTY_WORDS.split())
"""Tell no disease from another."""
_QUALIFIER_WORDS = """
    acute chronic subacute active recurrent persistent relapsing severe mild moderate advanced early late classic
    typical atypical uncomplicated complicated exertional nonexertional benign simple common localized generalized
    diffuse disseminated solitary superficial deep bilateral unilateral left right upper lower anterior posterior
    congenital acquired hereditary familial inherited idiopathic essential primary spontaneous traumatic physiologic
    physiological
    infantile neonatal newborn juvenile adult senile postpartum gestational bacterial viral septic aseptic metastatic
    invasive cutaneous drug induced associated mediated related vulgaris partial complete open closed trait symptomatic
    non
    """
_QUALIFIERS = frozenset(_QUALIFIER_WORDS.split())
_TRAILING = re.compile(r"(?:\b(?:with|without|due to|caused by|secondary to|following|after)\b.*|[,;].*|\s[-–]\s.*)$")
_TYPE = re.compile(r"\b(?:type|stage|grade|level|class)\s+(?:\d+|[ivx]+)[a-d]?\b|\b(?:[ivx]+|\d+[a-d]?)$")

_TEST = re.compile(
    r"\b(?:ct|mri|x-?ray|ercp|v/q|koh|elisa|pcr|ecg|ekg|eeg|emg|tests?|testing|scan|levels?|biopsy|ultrasound|stain|"
    r"staining|cultures?|serology|assay|immunosorbent|tit[er]{2}s?|examination|measurement|microscopy|cytometry|"
    r"karyotype|electrophoresis|studies|series|imaging|analysis|aspiration|sampling|antibod(?:y|ies)|antigen|collection|"
    r"screening|catheterization|evaluation|troponin|metanephrines|osmolality|puncture|glucose|gonadotropin|"
    r"potential difference)\b|\w+(?:graphy|gram|scopy|metry|centesis)\b"
)
_ACTION = re.compile(
    r"\b(?:therapy|treatment|surgery|surgical|infusion|administration|administer|monitoring|evacuation|injection|"
    r"instillation|suspension|steroids|fluids|discontinue|limit|maintaining|repeat|perform|reassurance|topical|vaccine|"
    r"aspirin|paroxetine|retinoic acid)\b|"
    r"\w+(?:ectomy|ostomy|otomy|pheresis|azole|mycin|cillin|phenidate|arabine\w*)\b"
)
_STATEMENT = re.compile(
    r"\b(?:is|are|was|were|has|have|will|needs|radiates|elicits|(?:presence|absence|elevation|lack|loss|destruction|"
    r"deficiency|cessation|calcification|replacement|stimulation|dysfunction|tumor) of|increase[ds]?|decreas\w+|"
    r"elevated|high|low|positiv\w+|normal|linear|continuous|destruction|proliferation|inoculation|cross-linking|pathway|"
    r"repeats|chromosome|locus|exposure|ingestion|intake|overuse|use|allergen|consuming|changes|damage|trauma|enlargement|"
    r"palpable|murmur|nystagmus|plaques|crystals|granulomas|incompatibility|cells|villi|membrane|twins|labor|vein|figure|"
    r"concentration|overgrowth|preventable|bacteria|virus|anti-\S+)\b|%"
)
_MOST_WORDS = 9
"""Of a name; a longer answer is a sentence."""


class NotADisease(StrEnum):
    """Why an answer is no disease."""

    TEST = "the answer is a test"
    ACTION = "the answer is a treatment or an action"
    STATEMENT = "the answer is a finding, a cause or a statement"


class Match(StrEnum):
    """How a named diagnosis is the right one."""

    EXACT = "exact"
    SYNONYM = "synonym"
    NONE = "none"


class DiseaseVocabulary:
    """Names of diseases, and which of them are names of one disease.

    Args:
        names: id of a disease -> its names; the same name may be of several ids.

    Attributes:
        identity: checksum of the names: by another vocabulary the same answers are graded otherwise.
    """

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        self._by_words: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._by_meaning: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for disease_id, texts in names.items():
            for text in texts:
                for index, key in ((self._by_words, name_key(text)), (self._by_meaning, _meaning_of(text))):
                    if key:
                        index[key].add(disease_id)
        told = {" ".join(key): " ".join(sorted(ids)) for key, ids in sorted(self._by_words.items())}
        self.identity = digest(told)[:16]
        shorter: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for key, ids in self._by_meaning.items():
            for i in range(len(key)):
                shorter[key[:i] + key[i + 1 :]] |= ids
        self._by_shorter = {key: ids for key, ids in shorter.items() if len(ids) == 1}
        self._found: dict[str, frozenset[str]] = {}
        self._speller = Speller((), Counter(word for key in self._by_words for word in key))

    def ids_of(self, text: str) -> frozenset[str]:
        """Ids of the diseases that a text means; none where no step finds one."""
        if text not in self._found:
            self._found[text] = self._find(text)
        return self._found[text]

    def _find(self, text: str) -> frozenset[str]:
        without_brackets = _IN_BRACKETS.sub(" ", text).strip() or text
        find_looser: tuple[Callable[[str], set[str]], ...] = (
            self._same_words,
            self._unqualified,
            self._with_one_word_more,
        )
        for said in (text, self._spelled(text)):
            if ids := self.named(said):
                return ids
        for find in find_looser:
            for said in (without_brackets, self._spelled(without_brackets)):
                if found := find(said):
                    return frozenset(found)
        return frozenset()

    def named(self, text: str) -> frozenset[str]:
        """Ids of the diseases of which a text is a name, with or without what it says in brackets."""
        return frozenset(i for wording in wordings_of(text) for i in self._by_words.get(name_key(wording), ()))

    def match(self, named: str, right: str) -> Match:
        """How the one is the other."""
        keys = {name_key(w) for w in wordings_of(right)}
        if any(name_key(w) in keys for w in wordings_of(named)):
            return Match.EXACT
        return Match.SYNONYM if self.ids_of(named) & self.ids_of(right) else Match.NONE

    def _same_words(self, text: str) -> set[str]:
        return self._by_meaning.get(_meaning_of(text), set())

    def _unqualified(self, text: str) -> set[str]:
        """Without what stands behind the name, then without what stands inside it."""
        shorter = _TRAILING.sub("", text.casefold())
        for kept in dict.fromkeys((shorter, _TYPE.sub("", shorter))):
            words = _WORD.findall(kept)
            for said in (words, [w for w in words if w not in _QUALIFIERS]):
                if ids := self._same_words(" ".join(said)):
                    return ids
        return set()

    def _with_one_word_more(self, text: str) -> set[str]:
        if why_no_disease(text):  # aspirin is no aspirin allergy
            return set()
        is_telling = any(len(word) >= _MIN_LETTERS for word in _WORD.findall(text))
        return self._by_shorter.get(_meaning_of(text), set()) if is_telling else set()

    def _spelled(self, text: str) -> str:
        return _WORD.sub(lambda m: self._speller.corrected(m[0].casefold()), text)


def wordings_of(text: str) -> tuple[str, ...]:
    """A text and its parts without and within brackets, those with words: "Gout (uric acid)" -> three."""
    text = text.replace("’", "'")
    without = _IN_BRACKETS.sub(" ", text).strip()
    within = [m[1] for m in _IN_BRACKETS.finditer(text)]
    return tuple(w for w in dict.fromkeys((text, without, *within)) if name_key(w))


def why_no_disease(answer: str) -> NotADisease | None:
    """Why an answer that names no disease of the graph is none; None where it may be one that the graph lacks."""
    said = answer.casefold()
    if _TEST.search(said):
        return NotADisease.TEST
    if _ACTION.search(said):
        return NotADisease.ACTION
    if _STATEMENT.search(said) or len(said.split()) > _MOST_WORDS:
        return NotADisease.STATEMENT
    return None


def load_vocabulary(graph: KnowledgeGraph, folder: Path) -> DiseaseVocabulary:
    """Names of the graph's diseases: its entries', the project's own, Mondo's, the ontology's, those of pages.

    Further names count where one disease alone has one of them already.

    Raises:
        NotReadyError: a file is not there.
        SourceError: a file cannot be read.
    """
    for file in (MONDO_NAMES, MEDQUAD):
        if not (folder / file).is_file():
            raise NotReadyError(f"no vocabulary at {folder / file}: citedx data pull all")
    names: dict[str, set[str]] = defaultdict(set)
    for disease in graph.diseases.values():
        names[graph.equivalents(disease.disease_id)[0]].add(disease.name)
    for condition in load_common_conditions().conditions:
        if condition.disease_id in graph.diseases:
            names[graph.equivalents(condition.disease_id)[0]] |= {condition.name, *condition.synonyms}
    for mondo_id, label in _mondo_names(folder / MONDO_NAMES):
        if entry := graph.entry_id(mondo_id):
            names[graph.equivalents(entry)[0]].add(label)
    known = DiseaseVocabulary(names)
    pages = ((d.focus, *d.synonyms) for d in load_documents(folder / MEDQUAD))
    terms = graph.ontology.terms.values()
    findings = ((t.name, *(s.text for s in t.synonyms if s.scope == "EXACT")) for t in terms)
    for said in (*pages, *findings):
        about = known.named(said[0]) or frozenset(i for name in said for i in known.named(name))
        if len(about) == 1:
            names[min(about)] |= set(said)
    return DiseaseVocabulary(names)


def _meaning_of(text: str) -> tuple[str, ...]:
    """The stems that stand for the words of a name, without those that any name may have."""
    plain = _PREFIX.sub(r"\1", text.casefold().translate(_GREEK))
    words = [w for w in _WORD.findall(plain) if w not in _EMPTY]
    return tuple(sorted({meaning_of(_SAME_WORD.get(inflection_of(w), w)) for w in words}))


def _mondo_names(path: Path) -> Iterator[tuple[str, str]]:
    """Class and label of every class of diseases."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                if row["cls"].startswith("MONDO:") and not row["cls_label"].startswith("obsolete "):
                    yield row["cls"], row["cls_label"]
    except (OSError, EOFError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise SourceError(f"cannot read {path}: {reason_of(error)}") from error
