"""Answers to draw: of the toy graph, and of any shape; and the elements of a picture, strictly parsed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from kg.graph import KnowledgeGraph
from kg.schema import Association, Explanation, Finding, FindingMatch, Match, Predicate, Provenance
from llm.assistant import DiagnosisAssistant
from llm.schema import Diagnosis, Differential
from retrieval.candidates import FusionRanker
from retrieval.lexicon import Lexicon
from retrieval.schema import Candidate, Contribution
from tests.toy import BRITTLE, STRIPED, VERY_LARGE, WOBBLING, build_extractor, build_toy_library, linear_fusion, patient
from ui.figures.wording import Wording

SOURCE = Provenance(source="toy", version="1", reference="PMID:1", licence="none")
PATIENT = patient(VERY_LARGE, STRIPED, WOBBLING, no=[BRITTLE])
CITATION = re.compile(r"#ev-(E[0-9]+)")


def toy_answer(graph: KnowledgeGraph, findings: Sequence[Finding] = PATIENT) -> Differential:
    """What the product makes of a toy patient."""
    extractor = build_extractor(graph)
    ranker = FusionRanker(extractor, linear_fusion(log_lr=0.5))
    library = build_toy_library(graph)
    return DiagnosisAssistant(extractor.model, ranker, Lexicon(graph.ontology), library).diagnose(findings)


def toy_wording(graph: KnowledgeGraph) -> Wording:
    """English labels of the toy terms."""
    return Wording(term=graph.ontology.name)


def term_id(number: int) -> str:
    """A term of a made-up patient."""
    return f"HP:{number:07d}"


def made_up_answer(
    log_lrs: Sequence[Sequence[float]], annotated: Sequence[Sequence[int | None]], excluded: Sequence[bool] = ()
) -> Differential:
    """An answer of any shape.

    Args:
        log_lrs: per disease and finding.
        annotated: per disease and finding the number of the annotated term, ``None`` where nothing is annotated; a
            finding's own term has the finding's number.
        excluded: per finding; default: all are present.
    """
    is_out = list(excluded) or [False] * len(log_lrs[0])
    findings = [Finding(term_id=term_id(i), label=str(i), excluded=out) for i, out in enumerate(is_out)]
    candidates = tuple(
        _candidate(rank, findings, row, terms)
        for rank, (row, terms) in enumerate(zip(log_lrs, annotated, strict=True), start=1)
    )
    diagnoses = tuple(
        Diagnosis(disease_id=c.disease_id, name=c.name, rank=c.rank, probability=c.probability, claims=())
        for c in candidates
    )
    return Differential(findings=tuple(findings), diagnoses=diagnoses, evidence=(), candidates=candidates)


def _candidate(
    rank: int, findings: Sequence[Finding], log_lrs: Sequence[float], terms: Sequence[int | None]
) -> Candidate:
    disease_id = f"OMIM:{rank}"
    matches = tuple(_match(disease_id, f, i, term) for i, (f, term) in enumerate(zip(findings, terms, strict=True)))
    return Candidate(
        disease_id=disease_id,
        name=f"Disease {rank} of a long and winding name",
        rank=rank,
        score=0.0,
        probability=0.5**rank,
        log_prior=0.0,
        contributions=tuple(
            Contribution(term_id=f.term_id, excluded=f.excluded, weight=0.0, log_lr=log_lr, match=m.match)
            for f, log_lr, m in zip(findings, log_lrs, matches, strict=True)
        ),
        explanation=Explanation(disease_id=disease_id, matches=matches, missing=()),
    )


def _match(disease_id: str, finding: Finding, number: int, term: int | None) -> FindingMatch:
    if term is None:
        return FindingMatch(finding=finding, match=Match.NEUTRAL if finding.excluded else Match.UNEXPLAINED)
    association = Association(
        disease_id=disease_id, predicate=Predicate.PHENOTYPE, term_id=term_id(term), provenance=(SOURCE,)
    )
    match = Match.EXACT if term == number else Match.GENERAL
    if finding.excluded:
        match = Match.CONTRADICTED
    return FindingMatch(finding=finding, match=match, associations=(association,))


def parse(html: str) -> ElementTree.Element:
    """The figure as a tree; every element closed and every attribute quoted, or it raises."""
    return ElementTree.fromstring(f"<body>{html.replace('&nbsp;', '&#160;')}</body>")  # noqa: S314 - our own


def of_class(tree: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """Elements of a class, in document order."""
    return [e for e in tree.iter() if name in e.get("class", "").split()]


def text_of(element: ElementTree.Element) -> str:
    """All text inside."""
    return "".join(element.itertext())


def cited(html: str) -> set[str]:
    """Numbers of evidence that a figure links to."""
    return set(CITATION.findall(html))
