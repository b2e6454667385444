"""Readers weigh candidates and evidence and point at what speaks for and against each."""

from llm.reader.protocol import Reader, Reading
from llm.reader.ranking import RankingReader

__all__ = ["RankingReader", "Reader", "Reading"]
