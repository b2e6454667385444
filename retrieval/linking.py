"""Phrases that the dictionary does not know -> the nearest terms, by the cosine of their embeddings.

Promise: of a phrase that somebody typed, the phenotypic abnormalities whose names or synonyms are nearest, for them to
choose among. Here too: the wordings that there are, and what they are about, for the training of the embedder.
Deliberately not done here: linking spans of running text, which made stories no better read (docs/log.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from kg import cache
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from kg.sources.wordings import load_wordings
from retrieval.embedding import Embedder
from retrieval.index import VectorIndex
from retrieval.lexicon_index import ADDITIONS
from retrieval.words import inflection_of

FORMAT = "2"
_WORDINGS_OF_ONE = 10  # that may be nearer than the next term's
MIN_SIMILARITY = 0.6
"""Of a suggestion; what is further off is mostly about something else (twenty phrases read by eye, docs/log.md)."""

# What makes the naming of a body part, test or substance a finding.
_ABNORMAL_WORDS = """
abnormal abnormally abnormality abnormalities anomaly anomalies anomalous malformation malformations malformed defect
defects defective deformity deformities deformed morphology physiology finding findings increased increase elevated
elevation high raised excess excessive decreased decrease reduced reduction low lower lowered diminished poor absent
absence lack loss lost missing impaired impairment deficit deficits deficiency deficient delayed delay dysfunction
dysfunctional disorder disorders disease problem problems disturbance disturbances failure insufficiency unusual
irregular irregularity atypical aberrant positive negative small large big enlarged enlargement long short wide broad
narrow thin thick prominent sparse underdeveloped hypoplastic hypoplasia aplasia aplastic agenesis dysplasia
dysplastic atrophy atrophic hypertrophy degeneration degenerative severe mild moderate progressive recurrent chronic
acute congenital pain painful swelling swollen inflammation inflamed infection infections weakness weak stiffness
stiff bleeding tumor tumors tumour neoplasm neoplasia cancer cyst cysts stenosis obstruction occlusion rupture
ruptured fracture fractures thickening thickened thinning calcification calcified involving affecting
"""
_ABNORMAL = frozenset(_ABNORMAL_WORDS.split())
_JOINING_WORDS = """
a an the of in on at to for from by with his her its their my your our any some own and or
"""
_JOINING = frozenset(_JOINING_WORDS.split())
_WORD = re.compile(r"[^\W_]+(?:['’]s)?")


class Wording(NamedTuple):
    """A name or synonym of a phenotypic abnormality."""

    term_id: str
    text: str
    kind: str
    """``name``, the synonym's kind (``layperson``, ``abbreviation`` ...), or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A term that a phrase may mean."""

    term_id: str
    wording: str
    """The nearest one of the term."""
    similarity: float
    """Cosine to it, -1..1."""


def wordings_of(ontology: Ontology) -> tuple[Wording, ...]:
    """All names and synonyms of phenotypic abnormalities, by term; each term's name first."""
    found = []
    for term_id in sorted(ontology.phenotypic_abnormalities):
        term = ontology.terms[term_id]
        found.append(Wording(term_id, term.name, "name"))
        found += [Wording(term_id, s.text, s.kind) for s in term.synonyms]
    return tuple(found)


def added_wordings(ontology: Ontology) -> tuple[Wording, ...]:
    """What people say for terms and the ontology does not list: ``floppy baby``; the project's own table."""
    return tuple(Wording(t, text, "added") for t, text in load_wordings(ADDITIONS) if t in ontology.terms)


def bag_of(text: str) -> str:
    """A wording's words without inflection and order: wordings of one bag say the same."""
    return " ".join(sorted(inflection_of(word) for word in _WORD.findall(text)))


def neutral_wordings(wordings: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """What a term's wordings are about, where that is no wording itself: ``adrenal gland``, ``blood pressure``.

    Args:
        wordings: term and text of all that is known.
    """
    wordings = list(wordings)
    known = {bag_of(text) for _, text in wordings}
    found: dict[str, dict[str, None]] = {}
    for term_id, text in wordings:
        rest = _without_abnormality(text)
        if rest and bag_of(rest) not in known:
            found.setdefault(term_id, {})[rest] = None
    return {term_id: tuple(rests) for term_id, rests in found.items()}


def _without_abnormality(text: str) -> str:
    """The words that are left without those that say abnormal; empty where none is left, or none was there."""
    words = _WORD.findall(text.lower())
    rest = [w for w in words if w not in _ABNORMAL and w not in _JOINING]
    return " ".join(rest) if len(rest) < len(words) else ""


class PhraseLinker:
    """Links phrases to the phenotypic abnormalities of an ontology.

    Args:
        wordings: term and text of each row of the index.
        index: over the vectors of the texts.
        embedder: the one that made the index.
    """

    def __init__(self, wordings: Sequence[tuple[str, str]], index: VectorIndex, embedder: Embedder) -> None:
        if len(wordings) != len(index):
            raise ValueError(f"{len(wordings)} wordings, but {len(index)} vectors")
        self._wordings = wordings
        self._index = index
        self._embedder = embedder

    @classmethod
    def build(cls, ontology: Ontology, embedder: Embedder) -> PhraseLinker:
        """Encode and index all wordings of an ontology's phenotypic abnormalities, and the project's own."""
        wordings = [(w.term_id, w.text) for w in (*wordings_of(ontology), *added_wordings(ontology))]
        vectors = embedder.encode([text for _, text in wordings])
        return cls(wordings, VectorIndex.build(vectors, embedder.identity), embedder)

    def nearest(self, phrase: str, k: int = 5, least: float = MIN_SIMILARITY) -> tuple[Link, ...]:
        """At most k terms that a phrase may mean, the nearest first; none that is further off than ``least``."""
        vectors = self._embedder.encode([phrase])
        cosines, rows = self._index.search(vectors, _WORDINGS_OF_ONE * k, self._embedder.identity)
        links: dict[str, Link] = {}
        for cosine, row in zip(cosines[0].tolist(), rows[0].tolist(), strict=True):
            term_id, text = self._wordings[row]
            if cosine >= least:
                links.setdefault(term_id, Link(term_id=term_id, wording=text, similarity=min(1.0, cosine)))
        return tuple(links.values())[:k]


def load_linker(graph: KnowledgeGraph, embedder: Embedder, cache_dir: Path | None = None) -> PhraseLinker:
    """The linker of a graph's ontology and embedder, from the cache or built and cached. Raises StorageError."""

    def write(folder: Path, linker: PhraseLinker) -> None:
        cache.write_json(folder / "wordings.json", linker._wordings)
        linker._index.save(folder / "vectors.faiss")

    def read(folder: Path) -> PhraseLinker:
        index = VectorIndex.load(folder / "vectors.faiss", embedder.identity)
        return PhraseLinker([(t, text) for t, text in cache.read_json(folder / "wordings.json")], index, embedder)

    return cache.load_or_build(
        "linker",
        {
            "format": FORMAT,
            "graph": graph.identity,
            "embedder": embedder.identity,
            "additions": cache.checksum(ADDITIONS),
        },
        read=read,
        build=lambda: PhraseLinker.build(graph.ontology, embedder),
        write=write,
        root=cache_dir,
    )
