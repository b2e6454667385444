"""The product's own assistant over the toy release, for what needs a graph and cases: real answers within a second."""

from __future__ import annotations

from kg.graph import KnowledgeGraph
from llm.assistant import DiagnosisAssistant
from retrieval.candidates import FusionRanker
from retrieval.cases import build_library, series_of
from retrieval.lexicon import Lexicon
from tests.fakes import HashEmbedder
from tests.toy import build_extractor, linear_fusion


def build_toy_assistant(graph: KnowledgeGraph, *, cases: bool = True) -> DiagnosisAssistant:
    """Without a cache, ranked by likelihoods and cases."""
    extractor = build_extractor(graph)
    ranker = FusionRanker(extractor, linear_fusion(log_lr=0.5, case_largest=2.0))
    library = build_library(series_of(graph), HashEmbedder(), graph.ontology) if cases else None
    return DiagnosisAssistant(extractor.model, ranker, Lexicon(graph.ontology), library)
