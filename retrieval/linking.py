"""Phrases that the dictionary does not know -> the nearest terms, by the cosine of their embeddings.

Promise: a phrase lands on the phenotypic abnormality whose name or synonym is nearest, or on nothing, where none is
near enough or where what is named is nearer: an organ, a test, a substance ("adrenal gland", "blood pressure"). Those
are the wordings without the words that make them abnormal. Deliberately not done here: what denies a phrase or whose
finding it is (``retrieval.context``), phrases over a sentence end, and spans that the dictionary has covered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
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

Span = tuple[int, int]

FORMAT = "1"
MIN_SIMILARITY = 0.9
"""Below it a span of running text is not linked; chosen on the development sets, see docs/log.md."""
MIN_MARGIN = 0.02
"""By which the nearest wording must be nearer than the nearest name of something that is no finding."""
_MIN_CONTENT_WORDS, _MAX_CONTENT_WORDS = 2, 6
_N_CELLS = 512  # of the index: a span is compared with the wordings of the nearest cells only

# Words that join a phrase but neither begin nor end one.
_INNER_WORDS = """
a an the of in on at to for from by with his her its their my your our any some own
"""
_INNER = frozenset(_INNER_WORDS.split())
# Words that end a phrase: verbs of being and telling, pronouns, conjunctions, what denies or puts at rest, time.
_OUTER_WORDS = """
and or but nor yet so because although though however whereas while when where until since after before during between
than then if as that this these those which who whom whose there here it he she they we i you him them us is are was
were be been being am has have had having do does did done may might can could will would shall should must not no
never without none neither normal unremarkable negative also only both either each all most more less very too just
such other another same per via due about into onto over under within upon among through against patient patients case
cases report reported reports describe described showed shown shows revealed noted found seen presented presenting
developed diagnosed year years month months week weeks day days old age aged
"""
_OUTER = frozenset(_OUTER_WORDS.split())
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d[\w.,%]*|[^\w\s]|\n\s*\n")

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
    similarity: float
    """Cosine to the term's nearest wording, -1..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedSpan:
    """Where a text words a term in its own words."""

    term_id: str
    start: int
    end: int
    """Offsets in Unicode code points."""
    similarity: float


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
    rest = [w for w in words if w not in _ABNORMAL and w not in _INNER and w not in ("and", "or")]
    return " ".join(rest) if len(rest) < len(words) else ""


class PhraseLinker:
    """Links phrases to the phenotypic abnormalities of an ontology.

    Args:
        targets: the term of each row of the index; empty for what is no finding.
        index: over the vectors of wordings and of what is no finding.
        embedder: the one that made the index.
    """

    def __init__(self, targets: Sequence[str], index: VectorIndex, embedder: Embedder) -> None:
        if len(targets) != len(index):
            raise ValueError(f"{len(targets)} targets, but {len(index)} vectors")
        self._targets = tuple(targets)
        self._index = index
        self._embedder = embedder

    @classmethod
    def build(cls, ontology: Ontology, embedder: Embedder, wordings: Sequence[Wording] | None = None) -> PhraseLinker:
        """Encode and index.

        Args:
            ontology: its phenotypic abnormalities are linked to.
            embedder: makes the vectors.
            wordings: to know terms by; default: all of the ontology, and the project's own.
        """
        wordings = (*wordings_of(ontology), *added_wordings(ontology)) if wordings is None else wordings
        about = neutral_wordings((w.term_id, w.text) for w in wordings).values()
        neutral = sorted({text for texts in about for text in texts})
        vectors = embedder.encode([*(w.text for w in wordings), *neutral])
        targets = [*(w.term_id for w in wordings), *("" for _ in neutral)]
        return cls(targets, VectorIndex.build(vectors, embedder.identity, n_cells=_N_CELLS), embedder)

    def link(
        self, phrases: Sequence[str], min_similarity: float = MIN_SIMILARITY, min_margin: float = MIN_MARGIN
    ) -> tuple[Link | None, ...]:
        """The term that each phrase means, or None where none is near enough.

        Args:
            phrases: short texts.
            min_similarity: least cosine.
            min_margin: least difference of the cosines to the nearest wording and to the nearest name of no finding.
        """
        if not phrases:
            return ()
        cosines, rows = self._index.search(self._embedder.encode(phrases), 5, self._embedder.identity)
        found = []
        for of_phrase, near in zip(cosines.tolist(), rows.tolist(), strict=True):
            ranked = [(cosine, self._targets[row]) for cosine, row in zip(of_phrase, near, strict=True) if row >= 0]
            best = next(((c, t) for c, t in ranked if t), None)
            nothing = next((c for c, t in ranked if not t), -1.0)
            is_near = best is not None and best[0] >= min_similarity and best[0] - nothing >= min_margin
            found.append(Link(term_id=best[1], similarity=min(1.0, best[0])) if best and is_near else None)
        return tuple(found)

    def nearest(self, phrase: str, k: int = 10) -> tuple[Link, ...]:
        """The k nearest terms, best first, however far: suggestions for a phrase that somebody typed."""
        vectors = self._embedder.encode([phrase])
        cosines, rows = self._index.search(vectors, 10 * k, self._embedder.identity, exact=True)
        best: dict[str, float] = {}
        for cosine, row in zip(cosines[0].tolist(), rows[0].tolist(), strict=True):
            if row >= 0 and self._targets[row]:
                best.setdefault(self._targets[row], min(1.0, cosine))
        return tuple(Link(term_id=t, similarity=c) for t, c in list(best.items())[:k])

    def find_spans(
        self,
        text: str,
        covered: Iterable[Span] = (),
        min_similarity: float = MIN_SIMILARITY,
        min_margin: float = MIN_MARGIN,
    ) -> tuple[LinkedSpan, ...]:
        """Spans of a text that are linked, in order; of those that overlap the most similar, then the longest.

        Args:
            text: any text.
            covered: offsets that are linked already.
            min_similarity: see ``link``.
            min_margin: see ``link``.
        """
        spans = candidate_spans(text, covered)
        links = self.link([text[start:end] for start, end in spans], min_similarity, min_margin)
        linked = [
            LinkedSpan(term_id=link.term_id, start=start, end=end, similarity=link.similarity)
            for (start, end), link in zip(spans, links, strict=True)
            if link is not None
        ]
        chosen: list[LinkedSpan] = []
        for span in sorted(linked, key=lambda s: (-s.similarity, s.start - s.end, s.start)):
            if all(span.end <= other.start or span.start >= other.end for other in chosen):
                chosen.append(span)
        return tuple(sorted(chosen, key=lambda s: s.start))


def candidate_spans(text: str, covered: Iterable[Span] = ()) -> tuple[Span, ...]:
    """Runs of words that may word a finding, in order: two to six content words, none of them covered.

    Args:
        text: any text.
        covered: offsets of what is linked already; no span touches them.
    """
    spans: list[Span] = []
    for run in _runs(text, sorted(covered)):
        content = [i for i, (start, end) in enumerate(run) if text[start:end].lower() not in _INNER]
        for n, first in enumerate(content):
            lasts = content[n + _MIN_CONTENT_WORDS - 1 : n + _MAX_CONTENT_WORDS]
            spans += [(run[first][0], run[last][1]) for last in lasts]
    return tuple(spans)


def _runs(text: str, hidden: Sequence[Span]) -> Iterator[list[Span]]:
    """Words in a row that no punctuation, number, covered span or outer word parts."""
    run: list[Span] = []
    passed = 0  # covered spans that end before the word
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        while passed < len(hidden) and hidden[passed][1] <= start:
            if run and max(hidden[passed][0], run[-1][1]) < hidden[passed][1]:  # it lies between two words
                yield run
                run = []
            passed += 1
        word = match[0]
        is_hidden = passed < len(hidden) and hidden[passed][0] < end
        if not is_hidden and word[0].isalpha() and word.lower() not in _OUTER:
            run.append((start, end))
        elif run:
            yield run
            run = []
    if run:
        yield run


def load_linker(graph: KnowledgeGraph, embedder: Embedder, cache_dir: Path | None = None) -> PhraseLinker:
    """The linker of a graph's ontology and embedder, from the cache or built and cached. Raises StorageError."""

    def write(folder: Path, linker: PhraseLinker) -> None:
        cache.write_json(folder / "targets.json", linker._targets)
        linker._index.save(folder / "vectors.faiss")

    def read(folder: Path) -> PhraseLinker:
        index = VectorIndex.load(folder / "vectors.faiss", embedder.identity)
        return PhraseLinker(cache.read_json(folder / "targets.json"), index, embedder)

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
