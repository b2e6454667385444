"""Stand-ins for what is slow: deterministic, small, and as strict about their promises as what they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import torch

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.reader import RankingReader, Reading
from llm.reader.model import ReaderConfig, ReaderModel
from llm.schema import Claim, Diagnosis
from retrieval.embedding import Vectors
from retrieval.schema import Candidate

_WORD = re.compile(r"\w+")


class HashEmbedder:
    """Bags of words as unit vectors: every word counts in the bin that its hash names.

    Texts of the same words are the same vector, texts without a common bin are orthogonal.

    Args:
        dimension: number of bins.
    """

    name = "hash"

    def __init__(self, dimension: int = 256) -> None:
        self.identity = f"{self.name}-{dimension}@blake2b"
        self.calls: list[tuple[str, ...]] = []
        """The texts of every call so far."""
        self._dimension = dimension

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> Vectors:
        """Unit vectors, shape [n_texts, dimension]; a text without words points along the first axis."""
        self.calls.append(tuple(texts))
        counts = np.zeros((len(texts), self._dimension), np.float32)
        for row, text in zip(counts, texts, strict=True):
            np.add.at(row, [self._bin(f) for f in self._features(_WORD.findall(text.casefold()))] or [0], 1)
        vectors: Vectors = counts / np.linalg.norm(counts, axis=1, keepdims=True)
        return vectors

    def _features(self, words: Sequence[str]) -> Iterable[str]:
        return words

    def _bin(self, feature: str) -> int:
        return int.from_bytes(blake2b(feature.encode(), digest_size=8).digest(), "big") % self._dimension


class WordPairEmbedder(HashEmbedder):
    """Counts pairs of neighbouring words, so that the order of the words matters, as it does to a real model."""

    name = "pairs"

    def _features(self, words: Sequence[str]) -> Iterable[str]:
        return (f"{one} {other}" for one, other in pairwise(words))


class CarelessReader:
    """Reads as the built-in reader does, and adds to each diagnosis a claim whose evidence does not exist."""

    version = "careless-1"

    def read(self, graph: KnowledgeGraph, findings: Sequence[Finding], candidates: Sequence[Candidate]) -> Reading:
        """The built-in reader's diagnoses with one more claim each."""
        reading = RankingReader().read(graph, findings, candidates)
        return replace(reading, diagnoses=tuple(self._embroider(d) for d in reading.diagnoses))

    def _embroider(self, diagnosis: Diagnosis) -> Diagnosis:
        invented = Claim(
            text="As everybody knows", supports=True, evidence_ids=("E999",), disease_id=diagnosis.disease_id
        )
        return replace(diagnosis, claims=(*diagnosis.claims, invented))


def small_reader(seed: int = 0) -> ReaderModel:
    """A reader of a few hundred numbers, as it is before training."""
    torch.manual_seed(seed)
    config = ReaderConfig(hidden_size=8, evidence_size=4, num_hidden_layers=1, num_attention_heads=2)
    return ReaderModel(config).eval()
