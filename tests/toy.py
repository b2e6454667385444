"""Names for the toy release of ``tests/data``, and what is made from it without a cache.

The terms: Large zorb > Very large zorb; Striped zorb > Red striped zorb; Brittle flim > Brittle tip of the flim; and
one term below both Striped zorb and Wobbling flim. Zorb and flim are the two organ systems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kg.arrays import Floats
from kg.graph import KnowledgeGraph
from kg.likelihood import LikelihoodModel, LikelihoodSettings
from kg.profiles import build_profiles
from kg.schema import Association, Disease, Finding, Patient, PatientSeries, Provenance, TermCount
from retrieval.candidates import FusionRanker, rank_candidates
from retrieval.cases import CaseLibrary, build_library, series_of
from retrieval.features import FEATURES, FeatureExtractor
from retrieval.fusion import Fusion
from retrieval.schema import Candidate, CaseHit, CountedTerm, PublishedCase
from tests.fakes import HashEmbedder

ZORB, LARGE, VERY_LARGE, STRIPED, RED_STRIPED = ("HP:90000" + n for n in ("10", "11", "13", "12", "14"))
FLIM, BRITTLE, BRITTLE_TIP, WOBBLING = ("HP:90000" + n for n in ("20", "21", "23", "22"))
WOBBLING_STRIPES = "HP:9000024"
OLD_LARGE, OLD_BRITTLE, UNKNOWN_TERM = "HP:9000090", "HP:9000092", "HP:9000091"

ALPHA, ALPHA_ORPHA, BETA, GAMMA = "OMIM:900001", "ORPHA:901", "OMIM:900002", "OMIM:900003"
DELTA, EPSILON = "ORPHA:902", "OMIM:900004"

SERIES_SOURCE = Provenance(source="toy store", version="2", reference="", licence="CC0-1.0")


def patient(*term_ids: str, no: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Findings by id; those in ``no`` are excluded."""
    present = [Finding(term_id=t, label=t) for t in term_ids]
    return (*present, *(Finding(term_id=t, label=t, excluded=True) for t in no))


def association(graph: KnowledgeGraph, disease_id: str, term_id: str, n: int | None = None) -> Association:
    """The one statement of a disease about a term, of several the one that counts ``n`` patients."""
    found = [a for a in graph.findings_of(disease_id) if a.term_id == term_id]
    (only,) = [a for a in found if n is None or (a.frequency is not None and a.frequency.n == n)]
    return only


def hit(
    disease_id: str, *present: str, similarity: float = 0.9, shared: Sequence[str] = (), absent: Sequence[str] = ()
) -> CaseHit:
    """A similar case of one patient."""
    provenance = Provenance(source="toy", version="1", reference="PMID:90000009", licence="none")
    case = PublishedCase(
        case_id=f"{disease_id}|{present}",
        disease_id=disease_id,
        provenance=provenance,
        present=tuple(CountedTerm(term_id=t) for t in present),
        absent=tuple(CountedTerm(term_id=t) for t in absent),
    )
    return CaseHit(case=case, similarity=similarity, shared_term_ids=tuple(shared))


def build_model(graph: KnowledgeGraph) -> LikelihoodModel:
    """The likelihood model with its default settings."""
    settings = LikelihoodSettings()
    return LikelihoodModel(graph, build_profiles(graph, settings), settings)


def build_toy_library(graph: KnowledgeGraph) -> CaseLibrary:
    """The series of the graph, found by common words."""
    return build_library(series_of(graph), HashEmbedder(), graph.ontology)


def counted_series(
    disease_id: str,
    reference: str,
    n_patients: int,
    counts: Mapping[str, tuple[int, int]],
    *,
    name: str = "",
    genes: Sequence[str] = (),
) -> PatientSeries:
    """A published series; ``counts`` says per term how many have it, of how many assessed."""
    return PatientSeries(
        disease=Disease(disease_id=disease_id, name=name or disease_id),
        reference=reference,
        n_patients=n_patients,
        counts=tuple(TermCount(term_id=t, n_present=n, n_assessed=m) for t, (n, m) in counts.items()),
        gene_symbols=tuple(genes),
    )


def published_patient(
    patient_id: str, disease_id: str, reference: str, *present: str, no: Sequence[str] = ()
) -> Patient:
    """A patient whose diagnosis a publication tells."""
    return Patient(
        patient_id=patient_id,
        findings=patient(*present, no=no),
        disease_ids=(disease_id,),
        references=(reference,) if reference else (),
    )


def build_extractor(graph: KnowledgeGraph, cases: Sequence[PublishedCase] | None = None) -> FeatureExtractor:
    """Features over the default model and these cases; default: the series of the graph."""
    return FeatureExtractor(build_model(graph), series_of(graph) if cases is None else cases)


def rank_fused(
    extractor: FeatureExtractor, fusion: Fusion, findings: Sequence[Finding], hits: Sequence[CaseHit] = (), n: int = 10
) -> tuple[Candidate, ...]:
    """What the fusion makes of a patient."""
    return rank_candidates(extractor.model, FusionRanker(extractor, fusion), findings, hits, n=n)


def linear_fusion(nobody: float = 0.0, **weights: float) -> Fusion:
    """A fusion of one linear layer: a candidate's score is the weighted sum of its features, named as in ``FEATURES``.

    Features are told exactly up to 5 * 1024, beyond which the fusion cuts them off.

    Args:
        nobody: score of "none of these".
        weights: of the features; those not named weigh nothing.
    """
    scale = np.float32(1024)
    row = np.zeros(2 * len(FEATURES), np.float32)
    for name, weight in weights.items():
        row[FEATURES.index(name)] = weight * scale
    layer = (row[None, :], np.zeros(1, np.float32))
    return Fusion(
        features=FEATURES,
        mean=np.zeros(len(FEATURES), np.float32),
        scale=np.full(len(FEATURES), scale),
        networks=((layer,),),
        nobody=(nobody,),
    )


def random_fusion(seed: int = 0, sizes: tuple[int, ...] = (6, 5), n_networks: int = 2) -> Fusion:
    """Networks of layers of these sizes with weights that saturate nothing."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> Floats:
        return rng.normal(size=shape).astype(np.float32)

    def layers() -> tuple[tuple[Floats, Floats], ...]:
        n_in, found = 2 * len(FEATURES), []
        for n_out in (*sizes, 1):
            found.append((normal(n_out, n_in) / np.float32(n_in**0.5), normal(n_out)))
            n_in = n_out
        return tuple(found)

    return Fusion(
        features=FEATURES,
        mean=normal(len(FEATURES)),
        scale=np.exp(normal(len(FEATURES))),
        networks=tuple(layers() for _ in range(n_networks)),
        nobody=tuple(normal(n_networks).tolist()),
        publications=frozenset({"PMID:2", "PMID:1"}),
    )
