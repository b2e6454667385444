"""What pages and definitions say of each disease in words, and which of these words a patient's story has.

Texts: how patients come, as the table of common conditions tells it, or else the pages of MedQuAD about the disease, as
far as they say what it is, looks like and comes from; its definition in the Disease Ontology; and of a disease that is
also a finding, the finding's definition in the HPO.
A score is BM25 (Robertson and Zaragoza 2009, doi:10.1561/1500000019, as ``bm25s`` computes it) over a disease's texts
together, less that of the average disease with a text, and never below 0: no text, or one that has no more of the
story's words than most have, says nothing. Each word of the story counts once; words are compared by their meaning as
wordings of findings are (``retrieval.words``).
Deliberately not here: which words of a story are said of the patient (``retrieval.findings``), and what a score is
worth (``retrieval.everyday``).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from kg import cache
from kg.arrays import Floats
from kg.equivalence import name_key
from kg.errors import NotReadyError
from kg.graph import KnowledgeGraph
from kg.schema import Provenance
from kg.sources import hpo
from kg.sources.common_conditions import CommonConditions
from retrieval.passages import DiseasePages, Passage, medquad_file
from retrieval.schema import PassageHit
from retrieval.words import meaning_of

FORMAT = "6"
KINDS = ("information", "symptoms", "causes", "susceptibility", "exams and tests")
"""Of MedQuAD's answers: what a patient's story may tell too."""
LENGTH_WEIGHT = 0.75
"""``b`` of BM25, 0..1: at 1 a text is measured by its length in full; fitted, see decision 0035."""
SATURATION = 1.5
"""``k1`` of BM25: how much of a word's weight its first mention is short of."""
USUAL_LENGTH = 64.0
"""Words that a text's length is measured against: the average disease's, of all sources (2026-11-30)."""
MAX_PASSAGES = 2
"""Of one disease that are cited."""
MAX_WORDS = 6
"""Of one passage that are named."""
LEAST_SHARE = 0.2
"""Of the heaviest word's weight: words that weigh less ("left", "night") are neither named nor cited for."""
_TIME = re.compile(r"old(er)?|(year|month|week|day|hour|minute)s?|ago|since|today|yesterday")
"""Every story has them: of no weight, and absurd as a reason."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_DEFINITION = "definition"
_DESCRIPTION = "description"
_OWN_WORDS = "in citedx's own words"  # so that nobody takes them for the cited page's

Texts = tuple[tuple[Passage, ...], ...]
"""Of each disease, in the order of the graph's groups."""


class Descriptions:
    """Texts of diseases, and the weight of each word in them.

    Args:
        texts: of each disease.
        weights: BM25 of each word in a disease's texts together, shape [n_words, n_diseases].
        vocabulary: word, by its meaning, -> row.
    """

    def __init__(self, texts: Texts, weights: sparse.csr_array, vocabulary: Mapping[str, int]) -> None:
        self.texts = texts
        self.weights = weights
        self.vocabulary = vocabulary
        self._has_text = np.array([bool(t) for t in texts])

    @classmethod
    def build(cls, texts: Texts) -> Descriptions:
        """Count the words. At least one text has a word that counts."""
        documents = [[m for _, m in _words_together(passages)] for passages in texts]
        k1, b = _against_usual_length(sum(map(len, documents)) / len(documents))
        index = quiet_bm25s().BM25(k1=k1, b=b)
        index.index(documents, show_progress=False)
        stored = index.scores
        shape = (len(texts), len(stored["indptr"]) - 1)
        by_disease = sparse.csc_array((stored["data"], stored["indices"], stored["indptr"]), shape=shape)
        return cls(texts, sparse.csr_array(by_disease.T), {w: row for w, row in index.vocab_dict.items() if w})

    @property
    def n_described(self) -> int:
        """Diseases that have a text."""
        return int(self._has_text.sum())

    @property
    def has_text(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Of which diseases there is a text, shape [n_diseases]."""
        return self._has_text

    def scores(self, told: str) -> Floats:
        """How much more of a story's words each disease's texts have than the average one, shape [n_diseases], >= 0."""
        rows = sorted({self.vocabulary[m] for _, m in words_of(told) if m in self.vocabulary})
        found = np.asarray(self.weights[rows].sum(axis=0), np.float32)
        mean = found[self._has_text].mean() if rows else 0.0
        scores: Floats = np.where(self._has_text, np.maximum(found - mean, 0), 0).astype(np.float32)
        return scores

    def find_passages(self, disease: int, told: str) -> tuple[PassageHit, ...]:
        """The passages of a disease (by its index) that hold most of what its score is made of, the best first.

        A second one is there for telling words that the first does not have.
        """
        weights = {m: self._weight(m, disease) for _, m in words_of(told) if m in self.vocabulary}
        least = LEAST_SHARE * max(weights.values(), default=0.0)
        weights = {m: w for m, w in weights.items() if w >= least}
        hits: list[PassageHit] = []
        for _ in range(MAX_PASSAGES):
            found = [(_shared(p, weights), p) for p in self.texts[disease]]
            shared, best = max(found, key=lambda f: sum(weights[m] for m in f[0]), default=({}, None))
            if best is None or not shared:
                break
            heaviest = sorted(shared, key=lambda m: (-weights[m], m))[:MAX_WORDS]
            hits.append(PassageHit(passage=best, words=tuple(shared[m] for m in heaviest)))
            weights = {m: w for m, w in weights.items() if m not in shared}
        return tuple(hits)

    def _weight(self, meaning: str, disease: int) -> float:
        return float(self.weights[self.vocabulary[meaning], disease])


def _against_usual_length(average: float) -> tuple[float, float]:
    """``k1`` and ``b`` with which lengths, which BM25 divides by the average, are divided by ``USUAL_LENGTH``.

    So that a word of a text weighs the same whatever else is installed: without MedQuAD's pages most diseases have no
    text, and the average is a sixth.
    """
    of_length = SATURATION * LENGTH_WEIGHT * average / USUAL_LENGTH
    k1 = SATURATION * (1 - LENGTH_WEIGHT) + of_length
    return k1, of_length / k1


def quiet_bm25s() -> Any:
    """The library, loaded when it is first needed; it tells of every index at a level that it sets itself."""
    import bm25s  # type: ignore[import-not-found, import-untyped, unused-ignore]

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s


def words_of(text: str) -> Iterator[tuple[str, str]]:
    """The words of a text that count, each as it stands and by its meaning."""
    for match in _WORD.finditer(text):
        meaning = _meaning(match[0].casefold())
        if meaning:
            yield match[0], meaning


@lru_cache(maxsize=1 << 17)
def _meaning(word: str) -> str:
    return "" if word in _stop_words() or _TIME.fullmatch(word) else meaning_of(word)


@lru_cache(maxsize=1)
def _stop_words() -> frozenset[str]:
    from bm25s.stopwords import STOPWORDS_EN_PLUS  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return frozenset(STOPWORDS_EN_PLUS)


def _words_together(passages: Iterable[Passage]) -> Iterator[tuple[str, str]]:
    """Words of all passages; of each title once, since every piece of a page repeats its page's."""
    passages = tuple(passages)
    for title in dict.fromkeys(p.title.partition(":")[0].casefold() for p in passages):
        yield from words_of(title)
    for passage in passages:
        yield from words_of(passage.text)


def _shared(passage: Passage, weights: Mapping[str, float]) -> dict[str, str]:
    """Words of a passage that weigh: by its meaning -> as it first stands there."""
    found: dict[str, str] = {}
    for word, meaning in words_of(passage.whole):
        if weights.get(meaning, 0.0) > 0:
            found.setdefault(meaning, word)
    return found


def load_descriptions(
    graph: KnowledgeGraph, table: CommonConditions, cache_dir: Path | None = None
) -> Descriptions | None:
    """The texts at hand of a graph's diseases, from the cache or read and cached; None where there are none.

    Raises:
        SourceError: MedQuAD is at hand and cannot be read.
        StorageError: the cache cannot be written.
    """
    try:
        state = medquad_file().stat()
        pages = f"{state.st_size}|{state.st_mtime_ns}"
    except NotReadyError:
        pages = "none"

    def build() -> Descriptions:
        return Descriptions.build(collect_texts(graph, DiseasePages.load(graph) if pages != "none" else None, table))

    if not graph.identity:
        texts = collect_texts(graph, None, table)
        return Descriptions.build(texts) if any(texts) else None
    settings = repr((KINDS, LENGTH_WEIGHT, SATURATION, USUAL_LENGTH))
    told = cache.digest({d.disease_id: repr(d) for d in table.descriptions})
    identity = {"format": FORMAT, "graph": graph.identity, "pages": pages, "told": told, "settings": settings}
    found = cache.load_or_build("descriptions", identity, read=_read, build=build, write=_write, root=cache_dir)
    return found if found.n_described else None


def collect_texts(graph: KnowledgeGraph, pages: DiseasePages | None, table: CommonConditions) -> Texts:
    """Of each disease what the table tells, or else its pages; and definitions of it and of the finding of its name."""
    finding_of = _findings_by_name(graph)
    written = _written(table)

    def of(group: Sequence[str]) -> Iterator[Passage]:
        told = [written[d] for d in group if d in written]
        yield from told
        if not told and pages is not None:
            yield from pages.of_disease(group[0], KINDS)
        yield from _definitions_of(group, graph, finding_of)

    return tuple(tuple(dict.fromkeys(of(group))) for group in graph.disease_groups)


def _written(table: CommonConditions) -> dict[str, Passage]:
    """Condition -> its description in the table, with the page that says most of it as the reference."""
    names = {c.disease_id: c.name for c in table.conditions}
    return {
        d.disease_id: Passage(
            title=f"{names[d.disease_id]}: {_OWN_WORDS}",
            text=d.text,
            reference=d.provenance[0].reference,
            kind=_DESCRIPTION,
            source=table.provenance,
        )
        for d in table.descriptions
    }


def _definitions_of(
    group: Sequence[str], graph: KnowledgeGraph, finding_of: Mapping[tuple[str, ...], str]
) -> Iterator[Passage]:
    diseases = [graph.diseases[d] for d in group]
    for disease in diseases:
        if disease.definition:
            yield Passage(
                title=disease.name,
                text=disease.definition,
                reference=disease.disease_id,
                kind=_DEFINITION,
                source=_definition_source(graph),
            )
    for term_id in dict.fromkeys(finding_of[k] for d in diseases if (k := name_key(d.name)) in finding_of):
        term = graph.term(term_id)
        if term.definition:
            yield Passage(
                title=term.name,
                text=term.definition,
                reference=term_id,
                kind=_DEFINITION,
                source=Provenance(
                    source=hpo.SOURCE, version=graph.ontology.version, reference=term_id, licence=hpo.LICENCE
                ),
            )


def _definition_source(graph: KnowledgeGraph) -> Provenance:
    """Of the definitions of diseases: only the Disease Ontology brings them."""
    return Provenance(
        source="Disease Ontology", version=graph.versions.get("do-facets", ""), reference="", licence="CC0-1.0"
    )


def _findings_by_name(graph: KnowledgeGraph) -> dict[tuple[str, ...], str]:
    """Phenotypic abnormalities by their name and exact synonyms; names of terms come before synonyms."""
    terms = [graph.term(t) for t in sorted(graph.ontology.phenotypic_abnormalities)]
    found: dict[tuple[str, ...], str] = {}
    for term in terms:
        found.setdefault(name_key(term.name), term.term_id)
    for term in terms:
        for synonym in term.synonyms:
            if synonym.scope == "EXACT":
                found.setdefault(name_key(synonym.text), term.term_id)
    return found


def _write(folder: Path, descriptions: Descriptions) -> None:
    sources: dict[Provenance, int] = {}
    rows = [
        [[p.title, p.text, p.reference, p.kind, sources.setdefault(p.source, len(sources))] for p in passages]
        for passages in descriptions.texts
    ]
    stored = {"texts": rows, "sources": [asdict(s) for s in sources], "vocabulary": descriptions.vocabulary}
    cache.write_json(folder / "texts.json", stored)
    sparse.save_npz(folder / "weights.npz", descriptions.weights, compressed=False)


def _read(folder: Path) -> Descriptions:
    stored = cache.read_json(folder / "texts.json")
    sources = [Provenance(**s) for s in stored["sources"]]
    texts = tuple(
        tuple(
            Passage(title=title, text=text, reference=reference, kind=kind, source=sources[place])
            for title, text, reference, kind, place in passages
        )
        for passages in stored["texts"]
    )
    return Descriptions(texts, sparse.csr_array(sparse.load_npz(folder / "weights.npz")), stored["vocabulary"])
