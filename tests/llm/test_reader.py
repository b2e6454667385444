"""Claims of the built-in reader: worded from the evidence, for and against, and all of them grounded."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.graph import KnowledgeGraph
from kg.schema import Finding
from llm.grounding import ground
from llm.reader import RankingReader, Reading
from llm.reader.ranking import MAX_CASES, MAX_CITATIONS, MAX_CLAIMS, MAX_EXPECTED
from llm.schema import Claim
from retrieval.cases import CaseLibrary, series_of
from retrieval.features import FeatureExtractor
from retrieval.schema import Candidate, CaseHit
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    GAMMA,
    LARGE,
    RED_STRIPED,
    SERIES_SOURCE,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    association,
    build_extractor,
    build_toy_library,
    counted_series,
    hit,
    linear_fusion,
    patient,
    rank_fused,
)

VERY_FREQUENT = "80% to 99% of patients (very frequent)"


@pytest.fixture(scope="module")
def extractor(toy_graph: KnowledgeGraph) -> FeatureExtractor:
    return build_extractor(toy_graph)


@pytest.fixture(scope="module")
def library(toy_graph: KnowledgeGraph) -> CaseLibrary:
    return build_toy_library(toy_graph)


def rank(
    extractor: FeatureExtractor, findings: Sequence[Finding], hits: Sequence[CaseHit] = ()
) -> tuple[Candidate, ...]:
    return rank_fused(extractor, linear_fusion(log_lr=1 / 3), findings, hits)


def read(extractor: FeatureExtractor, findings: Sequence[Finding], *hits: CaseHit) -> Reading:
    return RankingReader().read(extractor.model.graph, findings, rank(extractor, findings, hits))


def claims_of(reading: Reading, disease_id: str) -> tuple[Claim, ...]:
    (claims,) = [d.claims for d in reading.diagnoses if d.disease_id == disease_id]
    return claims


@pytest.mark.parametrize(
    ("disease_id", "findings", "text", "supports", "references"),
    [
        pytest.param(
            ALPHA,
            patient(VERY_LARGE),
            f"Very large zorb is seen in {VERY_FREQUENT}",
            True,
            [ALPHA_ORPHA, "PMID:90000001; PMID:90000002"],
            id="exact, of both entries",
        ),
        pytest.param(
            ALPHA,
            patient(STRIPED),
            "Striped zorb is seen in 3 of 4 male patients",
            True,
            ["PMID:90000001"],
            id="exact, of one sex",
        ),
        pytest.param(
            BETA,
            patient(BRITTLE),
            "Brittle flim is seen in 45% of patients",
            True,
            ["PMID:90000003", BETA],
            id="exact, a percentage before no frequency",
        ),
        pytest.param(
            ALPHA,
            patient(LARGE),
            f"Large zorb: the more specific Very large zorb is seen in {VERY_FREQUENT}",
            True,
            [ALPHA_ORPHA, "PMID:90000001; PMID:90000002"],
            id="specific",
        ),
        pytest.param(
            ALPHA,
            patient(RED_STRIPED),
            "Red striped zorb: the more general Striped zorb is seen in 3 of 4 male patients",
            True,
            ["PMID:90000001"],
            id="general",
        ),
        pytest.param(
            ALPHA,
            patient(BRITTLE_TIP),
            "Brittle tip of the flim is present here, but Brittle flim is reported absent",
            False,
            ["PMID:90000001"],
            id="present, and denied by the source",
        ),
        pytest.param(
            BETA,
            patient(RED_STRIPED),
            "Red striped zorb is present here, but it is reported absent (0 of 5 patients)",
            False,
            ["PMID:90000003"],
            id="present, and seen in none",
        ),
        pytest.param(
            GAMMA,
            patient(LARGE, no=[WOBBLING]),
            "Wobbling flim is absent here, but Stripes of the zorb that wobble with the flim is seen in 1 of 1 patient",
            False,
            ["PMID:90000004"],
            id="excluded, and seen in the disease",
        ),
        pytest.param(
            ALPHA,
            patient(LARGE, no=[BRITTLE_TIP]),
            "Brittle tip of the flim is absent here, and Brittle flim is reported absent",
            True,
            ["PMID:90000001"],
            id="absent in both",
        ),
        pytest.param(
            GAMMA,
            patient(LARGE, no=[BRITTLE_TIP]),
            "Brittle tip of the flim is absent here, and it is reported absent",
            True,
            ["PMID:90000004"],
            id="absent in both, by a frequency of none",
        ),
    ],
)
def test_a_claim_for_each_match(
    extractor: FeatureExtractor,
    disease_id: str,
    findings: tuple[Finding, ...],
    text: str,
    supports: bool,
    references: list[str],
):
    reading = read(extractor, findings)
    (claim,) = [c for c in claims_of(reading, disease_id) if c.term_id == findings[-1].term_id]
    assert (claim.text, claim.supports, claim.disease_id) == (text, supports, disease_id)
    evidence = {e.evidence_id: e for e in reading.evidence}
    assert [evidence[i].reference for i in claim.evidence_ids] == references


@pytest.mark.parametrize(
    ("disease_id", "findings"),
    [(BETA, patient(STRIPED)), (BETA, patient(LARGE, no=[STRIPED])), (GAMMA, patient(BRITTLE))],
)
def test_no_claim_where_nothing_is_annotated(
    extractor: FeatureExtractor, disease_id: str, findings: tuple[Finding, ...]
):
    assert findings[-1].term_id not in {c.term_id for c in claims_of(read(extractor, findings), disease_id)}


def test_what_is_expected_and_not_mentioned(toy_graph: KnowledgeGraph, extractor: FeatureExtractor):
    findings = patient(STRIPED)
    (alpha,) = [c for c in rank(extractor, findings) if c.disease_id == ALPHA]
    missing = (association(toy_graph, ALPHA, VERY_LARGE, 7),)
    alpha = replace(alpha, explanation=replace(alpha.explanation, missing=missing))
    reading = RankingReader().read(toy_graph, findings, [alpha])
    *_, claim = claims_of(reading, ALPHA)
    assert claim.text == "Expected and not mentioned: Very large zorb is seen in 7 of 8 patients"
    assert (claim.supports, claim.term_id) == (False, VERY_LARGE)
    assert reading.evidence[-1].association == missing[0]
    assert ground(reading.diagnoses, reading.evidence, findings, toy_graph) == (reading.diagnoses, ())


def test_similar_cases(toy_graph: KnowledgeGraph, extractor: FeatureExtractor):
    findings = patient(LARGE, STRIPED)
    series = series_of(toy_graph)[0]
    near = CaseHit(case=series, similarity=0.95, shared_term_ids=(LARGE, STRIPED))
    alone = hit(ALPHA, LARGE, WOBBLING, STRIPED, shared=(STRIPED, LARGE))
    reading = read(extractor, findings, near, alone)
    of_cases = [c for c in claims_of(reading, ALPHA) if c.term_id is None]
    assert [c.text for c in of_cases] == [
        "Published patients with this disease had Large zorb, Striped zorb",
        "A published patient with this disease had Striped zorb, Large zorb",
    ]
    assert all(c.supports for c in of_cases)
    evidence = {e.evidence_id: e for e in reading.evidence}
    assert [evidence[c.evidence_ids[0]].reference for c in of_cases] == ["PMID:90000001", "PMID:90000009"]


def test_a_case_that_shares_one_finding_is_not_cited(extractor: FeatureExtractor):
    reading = read(extractor, patient(LARGE, STRIPED), hit(ALPHA, LARGE, shared=(LARGE,)))
    assert all(c.term_id is not None for d in reading.diagnoses for c in d.claims)


def test_findings_by_weight_then_cases_then_what_is_missing(toy_graph: KnowledgeGraph, extractor: FeatureExtractor):
    """For Gamma large zorb weighs log(0.9 * 14.2/16 / 0.3475 + 0.02), a term below both organs more."""
    findings = patient(STRIPED, WOBBLING_STRIPES)
    reading = read(extractor, findings, hit(GAMMA, STRIPED, WOBBLING, shared=(STRIPED, WOBBLING)))
    assert [(c.term_id, c.supports) for c in claims_of(reading, GAMMA)] == [
        (WOBBLING_STRIPES, True),
        (STRIPED, True),
        (None, True),
        (LARGE, False),
    ]


def test_limits(toy_graph: KnowledgeGraph, extractor: FeatureExtractor):
    findings = patient(LARGE, STRIPED)
    cases = [hit(ALPHA, LARGE, STRIPED, *(["HP:9000022"] * i), shared=(LARGE, STRIPED)) for i in range(MAX_CASES + 2)]
    (alpha,) = [c for c in rank(extractor, findings, cases) if c.disease_id == ALPHA]
    match = alpha.explanation.matches[0]
    many = tuple(replace(match.associations[0], evidence_code=str(i)) for i in range(MAX_CITATIONS + 2))
    explanation = replace(
        alpha.explanation,
        matches=(replace(match, associations=many),) * (MAX_CLAIMS + 2),
        missing=(association(toy_graph, ALPHA, VERY_LARGE, 7),) * (MAX_EXPECTED + 2),
    )
    claims = claims_of(RankingReader().read(toy_graph, findings, [replace(alpha, explanation=explanation)]), ALPHA)
    assert len(claims) == MAX_CLAIMS + MAX_CASES + MAX_EXPECTED
    assert [c.term_id for c in claims[MAX_CLAIMS : MAX_CLAIMS + MAX_CASES]] == [None] * MAX_CASES
    assert len(claims[0].evidence_ids) == MAX_CITATIONS


def test_ranking_and_probabilities_are_those_of_retrieval(extractor: FeatureExtractor):
    findings = patient(LARGE, WOBBLING)
    candidates = rank(extractor, findings)
    diagnoses = RankingReader().read(extractor.model.graph, findings, candidates).diagnoses
    assert [(d.disease_id, d.name, d.rank, d.probability, d.equivalent_ids) for d in diagnoses] == [
        (c.disease_id, c.name, c.rank, c.probability, c.equivalent_ids) for c in candidates
    ]


TERMS = (LARGE, VERY_LARGE, STRIPED, RED_STRIPED, BRITTLE, BRITTLE_TIP, WOBBLING, WOBBLING_STRIPES)


@settings(deadline=None, max_examples=60)
@given(said=st.dictionaries(st.sampled_from(TERMS), st.booleans()).filter(lambda said: any(said.values())))
def test_every_claim_is_grounded(extractor: FeatureExtractor, library: CaseLibrary, said: dict[str, bool]):
    findings = patient(*(t for t, is_present in said.items() if is_present), no=[t for t in said if not said[t]])
    reading = read(extractor, findings, *library.similar(findings))
    grounded, removed = ground(reading.diagnoses, reading.evidence, findings, extractor.model.graph)
    assert removed == ()
    assert grounded == reading.diagnoses
    cited = {i for d in reading.diagnoses for c in d.claims for i in c.evidence_ids}
    assert [e.evidence_id for e in reading.evidence] == [f"E{i + 1}" for i in range(len(cited))]


def test_counts_of_a_series_are_cited_as_they_are(toy_graph: KnowledgeGraph):
    """The series' own number of patients is no finding: no claim speaks of it."""
    told = counted_series(BETA, "PMID:1", 4, {BRITTLE: (4, 4), STRIPED: (2, 3)})
    graph = toy_graph.with_series([told], SERIES_SOURCE)
    findings = patient(RED_STRIPED, VERY_LARGE)
    reading = read(build_extractor(graph), findings)
    claims = claims_of(reading, BETA)
    assert [(c.text, c.supports) for c in claims] == [
        ("Red striped zorb is present here, but it is reported absent (0 of 5 patients)", False),
        ("Expected and not mentioned: Brittle flim is seen in 4 of 4 patients", False),
    ]
    (evidence,) = [e for e in reading.evidence if e.evidence_id in claims[1].evidence_ids]
    assert (evidence.reference, evidence.provenance[0].source) == ("PMID:1", "toy store")
    assert evidence.text == "Beta disease (OMIM:900002): Brittle flim, seen in 4 of 4 patients."
    assert ground(reading.diagnoses, reading.evidence, findings, graph) == (reading.diagnoses, ())
