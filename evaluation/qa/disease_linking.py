"""Diagnoses in words -> diseases of the graph; and which answers of a benchmark are no disease at all.

A text means a disease by its words, whatever their order (``kg.equivalence.name_key``); else by the words that
medicine uses for the same (haem- and hem-, neoplasm and tumor, "disease" and "syndrome"); else without what qualifies
it ("acute", "drug-induced", "type II", "with severe features"); else where one name is a slip of the pen away. The
first of these steps that finds a disease decides.

Deliberately not done here: judging by meaning. What no step links counts as no disease that the graph knows.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from kg.cache import digest
from kg.equivalence import name_key
from kg.errors import NotReadyError, SourceError
from kg.graph import KnowledgeGraph
from kg.sources.common_conditions import load_common_conditions
from kg.sources.medquad import load_documents
from retrieval.misspellings import Speller
from retrieval.passages import MEDQUAD
from retrieval.words import derivation_of, inflection_of, meaning_of

MONDO_NAMES = Path("disease/mondo_class-stats.tsv.gz")
_IN_BRACKETS = re.compile(r"\s*\(([^()]*)\)")

_SAME_WORDS = {
    "carcinoma": "cancer",
    "adenocarcinoma": "cancer",
    "neoplasm": "tumor",
    "insufficiency": "regurgitation",
    "incompetence": "regurgitation",
    "myelogenous": "myeloid",
    "myelocytic": "myeloid",
    "myeloblastic": "myeloid",
    "lymphocytic": "lymphoid",
    "lymphoblastic": "lymphoid",
    "abruptio": "abruption",
    "placental": "placenta",
    "perforation": "rupture",
    "perforated": "rupture",
    "ruptured": "rupture",
    "thromboembolism": "embolism",
    "aldosteronism": "hyperaldosteronism",
    "addiction": "dependence",
}
"""Words for the same thing in names of diseases, beside those that findings share (``retrieval.words``)."""
_SAME_WORD = {inflection_of(word): same for word, same in _SAME_WORDS.items()}
_GREEK = str.maketrans({"α": "alpha ", "β": "beta ", "’": "'", "-": " "})
_HEADS = frozenset({"disease", "disorder", "syndrome", "condition", "infection", "infectious"})
_QUALIFIERS = frozenset(
    "acute chronic subacute active recurrent persistent relapsing severe mild moderate advanced early late classic "
    "typical atypical uncomplicated complicated exertional benign simple common localized localised generalized "
    "generalised diffuse disseminated solitary superficial deep bilateral unilateral left right upper "
    "lower anterior posterior congenital acquired hereditary familial idiopathic essential primary spontaneous "
    "traumatic physiologic physiological infantile neonatal newborn juvenile adult senile postpartum gestational "
    "bacterial viral septic aseptic metastatic invasive cutaneous ocular tumor drug induced associated mediated "
    "related vulgaris partial complete open closed stage level paroxysmal normal possible likely suspected first "
    "second third grade degree trait symptomatic inherited nonexertional non cavernous hemorrhagic duct gland valve".split()
)
_TRAILING = re.compile(
    r"(?:\b(?:with|without|due to|caused by|secondary to|from|following|after|in)\b.*|,.*|;.*|\s[-–]\s.*)$"
)
_TYPE = re.compile(r"\b(?:type|stage|grade|level|class)\s+(?:\d+|[ivx]+)[a-d]?\b|\b(?:[ivx]+|\d+[a-d]?)$")
_WORD = re.compile(r"[^\W_]+(?:['’]s\b)?")
_EMPTY = frozenset({"of", "the", "and", "an", "a", "in", "by", "to", "type"})


class NotADisease(StrEnum):
    """Why an answer that names no known disease is none."""

    TEST = "the answer is a test"
    ACTION = "the answer is a treatment or an action"
    STATEMENT = "the answer is a statement about the disease, a finding or a cause"


_TEST = re.compile(
    r"\b(?:ct|mri|x-?ray|ercp|v/q|koh|elisa|q-tip|pcr|ekg|ecg|eeg|emg)\b|"
    r"\b(?:test|tests|testing|scan|levels?|biopsy|ultrasound|stain|staining|culture|cultures|serology|assay|"
    r"immunosorbent|titer|titers|titre|examination|measurement|measuring|microscopy|cytometry|karyotype|"
    r"electrophoresis|studies|series|imaging|analysis|aspiration|sampling|antibody|antibodies|antigen|preparation|"
    r"collection|screening|catheterization|evaluation|troponin|metanephrines|cholecystokinin|osmolality|puncture|glucose|gonadotropin|potential difference)\b|"
    r"\w+(?:graphy|gram|scopy|metry|centesis)\b"
)
_ACTION = re.compile(
    r"\b(?:therapy|treatment|surgery|surgical|infusion|administration|administer|monitoring|evacuation|injection|"
    r"instillation|suspension|steroids|fluids|discontinue|limit|maintaining|repeat|perform|reassurance|observation|"
    r"systemic administration|single-dose|topical|vaccine|no further|aspirin|paroxetine|retinoic acid)\b|"
    r"\w+(?:ectomy|ostomy|otomy|pheresis|azole|mycin|cillin|phenidate|arabine\w*|imazole)\b"
)
_STATEMENT = re.compile(
    r"\b(?:is|are|was|were|has|have|will|needs|radiates|elicits|demonstrating|presence of|absence of|elevation of|"
    r"elevated|increased?|decreas\w+|low|high|positive|positivity|positive cells|normal|linear|continuous|lack of|"
    r"destruction of|destruction|inoculation|deficiency of|loss of|cessation of|calcification of|replacement of|"
    r"proliferation|stimulation of|cross-linking|pathway|filaments|mutations?|repeats|chromosome|locus|exposure|"
    r"ingestion|intake|overuse|use|allergen|consuming|hypersensitivity to|hypersensitivity reaction|production|changes|damage|trauma|"
    r"occlusion|edema in|enlargement|palpable|murmur|nystagmus|plaques|crystals|pseudomembranes|granulomas on|"
    r"tear at|incompatibility|cells|villi|membrane abnormality|dysfunction|triad|twins|labor|vein to|pouch|figure|"
    r"illusion|paroxysmal stage|concentration|overgrowth|preventable|transmural|friable|infection posterior|"
    r"venous hum|bacteria|bacterial overgrowth|virus|enterica|aeruginosa|dr\d|anti-\S+|cd\d+|tdt|asca|tryptase|estrogen|"
    r"\d+(?:\.\d+)?\s*%)\b|%"
)
_MAX_NAME_WORDS = 9
"""A longer answer is a sentence."""


def wordings_of(text: str) -> tuple[str, ...]:
    """A text and its parts without and within brackets, those with words: "Gout (uric acid)" -> three."""
    text = text.replace("’", "'")
    without = _IN_BRACKETS.sub(" ", text).strip()
    within = [m[1] for m in _IN_BRACKETS.finditer(text)]
    return tuple(w for w in dict.fromkeys((text, without, *within)) if name_key(w))


class DiseaseLinker:
    """Names of diseases, and which diseases a text means.

    Args:
        names: id of a disease -> its names; the same name may be of several ids.

    Attributes:
        identity: checksum of the names: by others the same answers are graded otherwise.
    """

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        self._by_words: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._by_meaning: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for disease_id, texts in names.items():
            for text in texts:
                if key := name_key(text):
                    self._by_words[key].add(disease_id)
                if key := _meaning_of(text):
                    self._by_meaning[key].add(disease_id)
        self.identity = digest({" ".join(key): " ".join(sorted(ids)) for key, ids in sorted(self._by_words.items())})[
            :16
        ]
        counts = Counter(word for key in self._by_words for word in key)
        self._speller = Speller((), counts)

    def link(self, text: str) -> frozenset[str]:
        """Ids of the diseases that a text means; none where no step finds one."""
        wordings = wordings_of(text)
        for find in (self._as_said, self._by_same_words, self._unqualified):
            for said in (wordings, tuple(self._spelled(w) for w in wordings)):
                if ids := frozenset(i for w in said for i in find(w)):
                    return ids
        return frozenset()

    def named(self, text: str) -> frozenset[str]:
        """Ids of the diseases that have a text as a name, in its words."""
        return frozenset(i for w in wordings_of(text) for i in self._as_said(w))

    def _as_said(self, text: str) -> set[str]:
        return self._by_words.get(name_key(text), set())

    def _by_same_words(self, text: str) -> set[str]:
        return self._by_meaning.get(_meaning_of(text), set())

    def _unqualified(self, text: str) -> set[str]:
        """Without what stands behind the name, then without what stands inside it."""
        text = text.casefold()
        for shorter in dict.fromkeys((_TRAILING.sub("", text), _TYPE.sub("", _TRAILING.sub("", text)))):
            words = _WORD.findall(shorter)
            for kept in (words, [w for w in words if w not in _QUALIFIERS]):
                if ids := self._by_same_words(" ".join(kept)):
                    return ids
        return set()

    def _spelled(self, text: str) -> str:
        return _WORD.sub(lambda m: self._speller.corrected(m[0].casefold()), text)


def _meaning_of(text: str) -> tuple[str, ...]:
    """The stems that stand for the words of a name, without those that any name may have."""
    words = [w for w in _WORD.findall(text.casefold().translate(_GREEK)) if w not in _EMPTY | _HEADS]
    return tuple(sorted({meaning_of(_SAME_WORD.get(inflection_of(w), w)) for w in words}))


def load_linker(graph: KnowledgeGraph, folder: Path) -> DiseaseLinker:
    """Names of the graph's diseases: its entries', the project's own, Mondo's, and those of pages about one of them.

    Raises:
        NotReadyError: a file is not there.
        SourceError: a file cannot be read.
    """
    for file in (MONDO_NAMES, MEDQUAD):
        if not (folder / file).is_file():
            raise NotReadyError(f"no names of diseases at {folder / file}: citedx data pull all")
    names: dict[str, set[str]] = defaultdict(set)
    for disease in graph.diseases.values():
        names[graph.equivalents(disease.disease_id)[0]].add(disease.name)
    for condition in load_common_conditions().conditions:
        if condition.disease_id in graph.diseases:
            names[graph.equivalents(condition.disease_id)[0]] |= {condition.name, *condition.synonyms}
    for mondo_id, label in _mondo_names(folder / MONDO_NAMES):
        if entry := graph.entry_id(mondo_id):
            names[graph.equivalents(entry)[0]].add(label)
    own = DiseaseLinker(names)
    for document in load_documents(folder / MEDQUAD):
        said = (document.focus, *document.synonyms)
        about = own.named(document.focus) or frozenset(i for name in said for i in own.named(name))
        if len(about) == 1:
            names[min(about)] |= set(said)
    _add_wordings_of_findings(names, own, graph)
    return DiseaseLinker(names)


def _add_wordings_of_findings(names: Mapping[str, set[str]], own: DiseaseLinker, graph: KnowledgeGraph) -> None:
    """Many a disease is a finding, too (mitral regurgitation), and the ontology knows other words for it."""
    for term in graph.ontology.terms.values():
        said = (term.name, *(s.text for s in term.synonyms if s.scope == "EXACT"))
        about = frozenset(i for name in said for i in own.named(name))
        if len(about) == 1:
            names[min(about)] |= set(said)


def _mondo_names(path: Path) -> Iterator[tuple[str, str]]:
    """Class and label of every class of diseases."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                if row["cls"].startswith("MONDO:") and not row["cls_label"].startswith("obsolete "):
                    yield row["cls"], row["cls_label"]
    except (OSError, EOFError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise SourceError(f"cannot read {path}: {error}") from error


def why_no_disease(answer: str) -> NotADisease | None:
    """Why an answer that links to no disease is none; None where it may be one that the graph lacks."""
    said = answer.casefold()
    if _TEST.search(said):
        return NotADisease.TEST
    if _ACTION.search(said):
        return NotADisease.ACTION
    if _STATEMENT.search(said) or len(said.split()) > _MAX_NAME_WORDS:
        return NotADisease.STATEMENT
    return None
