"""Passages for a question: by words (BM25) and by meaning (vectors), the two rankings fused by their ranks.

Sources: BM25, Robertson and Zaragoza 2009 (doi:10.1561/1500000019), as ``bm25s`` computes it; reciprocal rank fusion,
Cormack et al. 2009 (doi:10.1145/1571941.1572114).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence, Set

import numpy as np

from kg.arrays import Floats
from retrieval.descriptions import quiet_bm25s
from retrieval.embedding import Embedder
from retrieval.index import VectorIndex
from retrieval.passages import Passage

RRF_CONSTANT = 60
N_RANKED = 100
"""Depth of each ranking."""


class WordIndex:
    """BM25 over texts.

    Args:
        texts: at least one has a word that counts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._bm25 = quiet_bm25s().BM25()
        self._bm25.index(quiet_bm25s().tokenize(list(texts), stopwords="en", show_progress=False), show_progress=False)

    def scores(self, query: str) -> Floats:
        """How well each text has the query's words, shape [n_texts], 0 where it has none."""
        words = words_of(query)
        known = [w for w in words if w in self._bm25.vocab_dict]
        if not known:
            return np.zeros(self._bm25.scores["num_docs"], np.float32)
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)


class PassageSearch:
    """Finds passages by words and by meaning.

    Args:
        passages: what is searched.
        embedder: makes the vectors.
        progress: show a bar while encoding.
    """

    def __init__(self, passages: Sequence[Passage], embedder: Embedder, *, progress: bool = False) -> None:
        self.passages = tuple(passages)
        texts = [p.whole for p in passages]
        self._words = WordIndex(texts)
        self._embedder = embedder
        self._vectors = VectorIndex.build(embedder.encode(texts, progress=progress), embedder.identity)
        self._n_of = Counter(p.reference for p in passages)

    def find(self, query: str, k: int, without: Set[str] = frozenset()) -> tuple[Passage, ...]:
        """The k best passages, best first.

        Args:
            query: what is looked for.
            k: number of passages.
            without: references of which nothing may be found.
        """
        rankings = (self._by_words(query, without), self._by_meaning(query, without))
        allowed = ([row for row in ranking if self.passages[row].reference not in without] for ranking in rankings)
        fused = fuse([rows[:N_RANKED] for rows in allowed])
        return tuple(self.passages[row] for row in fused[:k])

    def _by_words(self, query: str, without: Set[str]) -> list[int]:
        scores = self._words.scores(query)
        n = min(N_RANKED + self._n_left_out(without), len(scores))
        top = np.argpartition(-scores, n - 1)[:n]
        top = top[np.lexsort((top, -scores[top]))]
        return [int(row) for row in top if scores[row] > 0]

    def _by_meaning(self, query: str, without: Set[str]) -> list[int]:
        vectors = self._embedder.encode([query])
        _, rows = self._vectors.search(vectors, N_RANKED + self._n_left_out(without), self._embedder.identity)
        return [int(row) for row in rows[0]]

    def _n_left_out(self, without: Set[str]) -> int:
        return sum(self._n_of[reference] for reference in without)


def fuse(rankings: Sequence[Sequence[int]]) -> list[int]:
    """Rows by the sum of 1 / (60 + rank) over the rankings that have them; of equal ones the smaller row first."""
    scores: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, row in enumerate(ranking, start=1):
            scores[row] += 1 / (RRF_CONSTANT + rank)
    return sorted(scores, key=lambda row: (-scores[row], row))


def words_of(text: str) -> list[str]:
    """The words of a text that count, in their order."""
    (words,) = quiet_bm25s().tokenize([text], stopwords="en", return_ids=False, show_progress=False)
    return [str(w) for w in words]
