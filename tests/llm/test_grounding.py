"""Nothing is shown that its citation does not bear: a table of what is kept, and of what is taken out, and why."""

import pytest

from kg.graph import KnowledgeGraph
from llm.grounding import ground
from llm.schema import Claim, Diagnosis
from retrieval.evidence import EvidenceBook
from retrieval.schema import Evidence
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    GAMMA,
    LARGE,
    OLD_BRITTLE,
    OLD_LARGE,
    RED_STRIPED,
    STRIPED,
    UNKNOWN_TERM,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    association,
    hit,
    patient,
)

PATIENT = patient(VERY_LARGE, WOBBLING_STRIPES, no=[BRITTLE])
STATEMENTS = {
    "E1": (ALPHA, VERY_LARGE, 7),
    "E2": (ALPHA, STRIPED, 3),
    "E3": (ALPHA, BRITTLE, None),  # reported absent
    "E4": (ALPHA_ORPHA, VERY_LARGE, None),
    "E5": (ALPHA_ORPHA, WOBBLING, None),
    "E6": (GAMMA, LARGE, 10),
    "E7": (GAMMA, BRITTLE_TIP, None),  # reported absent
    "E8": (BETA, RED_STRIPED, 0),  # reported absent
    "E9": (GAMMA, WOBBLING_STRIPES, 1),
}
CASES = {"E10": (ALPHA, LARGE, STRIPED), "E11": (GAMMA, LARGE, WOBBLING_STRIPES), "E12": (BETA, BRITTLE, LARGE)}
IDS = {ALPHA: (ALPHA, ALPHA_ORPHA), BETA: (BETA,), GAMMA: (GAMMA,)}


@pytest.fixture(scope="module")
def evidence(toy_graph: KnowledgeGraph) -> tuple[Evidence, ...]:
    book = EvidenceBook(toy_graph)
    for disease_id, term_id, n in STATEMENTS.values():
        book.cite_association(association(toy_graph, disease_id, term_id, n))
    for disease_id, *present in CASES.values():
        book.cite_case(hit(disease_id, *present))
    assert [e.evidence_id for e in book.evidence] == [*STATEMENTS, *CASES]
    return book.evidence


def claim(disease_id: str, term_id: str | None, *evidence_ids: str, supports: bool = True) -> Claim:
    return Claim(text="...", supports=supports, evidence_ids=evidence_ids, disease_id=disease_id, term_id=term_id)


def against(disease_id: str, term_id: str | None, *evidence_ids: str) -> Claim:
    return claim(disease_id, term_id, *evidence_ids, supports=False)


def diagnosis(disease_id: str, *claims: Claim) -> Diagnosis:
    ids = IDS.get(disease_id, (disease_id,))
    return Diagnosis(disease_id=ids[0], name="", rank=1, probability=0.5, claims=claims, equivalent_ids=ids)


@pytest.mark.parametrize(
    ("findings", "good"),
    [
        (PATIENT, claim(ALPHA, VERY_LARGE, "E1")),
        (PATIENT, claim(ALPHA, VERY_LARGE, "E1", "E4")),  # both entries of the disease
        (PATIENT, claim(ALPHA_ORPHA, VERY_LARGE, "E1")),
        (PATIENT, claim(ALPHA, WOBBLING_STRIPES, "E2", "E5")),  # more general
        (PATIENT, claim(GAMMA, VERY_LARGE, "E6")),
        (patient(LARGE), claim(ALPHA, LARGE, "E1")),  # more specific
        (patient(OLD_LARGE), claim(GAMMA, OLD_LARGE, "E6")),  # older ids are current ones
        (PATIENT, claim(ALPHA, BRITTLE, "E3")),  # absent in both
        (patient(no=[BRITTLE_TIP]), claim(ALPHA, BRITTLE_TIP, "E3")),
        (PATIENT, claim(GAMMA, BRITTLE, "E7")),
        (patient(BRITTLE), against(ALPHA, BRITTLE, "E3")),
        (patient(BRITTLE_TIP), against(ALPHA, BRITTLE_TIP, "E3")),
        (patient(no=[LARGE]), against(ALPHA, LARGE, "E1")),
        (PATIENT, against(BETA, BRITTLE, "E12")),  # a published patient has what this one lacks
        (patient(STRIPED), against(ALPHA, VERY_LARGE, "E1")),  # expected and not mentioned
        (PATIENT, claim(ALPHA, VERY_LARGE, "E10")),
        (PATIENT, claim(ALPHA, None, "E10")),
        (PATIENT, claim(BETA, None, "E12")),
    ],
)
def test_what_is_borne_is_kept(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...], findings, good: Claim):
    given = [diagnosis(next(i for i in IDS if good.disease_id in IDS[i]), good)]
    assert ground(given, evidence, findings, toy_graph) == (tuple(given), ())


BAD = {
    "evidence that does not exist": (PATIENT, claim(ALPHA, VERY_LARGE, "E99"), "E99 does not exist"),
    "evidence by a wrong name": (PATIENT, claim(ALPHA, VERY_LARGE, "e1"), "e1 does not exist"),
    "evidence by an id of the world": (PATIENT, claim(ALPHA, None, "PMID:90000001"), "PMID:90000001 does not exist"),
    "no citation": (PATIENT, claim(ALPHA, VERY_LARGE), "it cites nothing"),
    "no citation of a case": (PATIENT, claim(ALPHA, None), "it cites nothing"),
    "one of two citations does not exist": (PATIENT, claim(ALPHA, VERY_LARGE, "E1", "E0"), "E0 does not exist"),
    "another disease's statement": (PATIENT, claim(ALPHA, VERY_LARGE, "E6"), f"E6 is about {GAMMA}"),
    "one of two citations is of another disease": (
        PATIENT,
        claim(ALPHA, VERY_LARGE, "E1", "E6"),
        f"E6 is about {GAMMA}",
    ),
    "another disease's case": (PATIENT, claim(ALPHA, None, "E11"), f"E11 is about {GAMMA}"),
    "another disease's absence": (PATIENT, claim(ALPHA, BRITTLE, "E7"), f"E7 is about {GAMMA}"),
    "another finding": (PATIENT, claim(ALPHA, VERY_LARGE, "E2"), f"E2 does not speak of {VERY_LARGE}"),
    "a sibling of the finding": (patient(LARGE), claim(ALPHA, LARGE, "E2"), f"E2 does not speak of {LARGE}"),
    "a finding of another organ": (PATIENT, claim(ALPHA, BRITTLE, "E1"), f"E1 does not speak of {BRITTLE}"),
    "a case without the finding": (PATIENT, claim(ALPHA, BRITTLE, "E10"), f"E10 does not speak of {BRITTLE}"),
    "present in both, said to be against": (
        PATIENT,
        against(ALPHA, VERY_LARGE, "E1"),
        "E1 says the opposite of the claim",
    ),
    "absent in both, said to be against": (PATIENT, against(ALPHA, BRITTLE, "E3"), "E3 says the opposite of the claim"),
    "present and denied, said to be for": (
        patient(RED_STRIPED),
        claim(BETA, RED_STRIPED, "E8"),
        "E8 says the opposite of the claim",
    ),
    "excluded and seen, said to be for": (
        patient(no=[LARGE]),
        claim(GAMMA, LARGE, "E6"),
        "E6 says the opposite of the claim",
    ),
    "a case that has it, said to be against": (
        PATIENT,
        against(ALPHA, VERY_LARGE, "E10"),
        "E10 says the opposite of the claim",
    ),
    "a case that has what is excluded, said to be for": (
        PATIENT,
        claim(BETA, BRITTLE, "E12"),
        "E12 says the opposite of the claim",
    ),
    "a special form is denied, the patient has the general": (
        patient(BRITTLE),
        against(GAMMA, BRITTLE, "E7"),
        f"E7 does not rule out what is said of {BRITTLE}",
    ),
    "a special form is excluded, the disease has the general": (
        patient(no=[RED_STRIPED]),
        against(ALPHA, RED_STRIPED, "E2"),
        f"E2 does not rule out what is said of {RED_STRIPED}",
    ),
    "for, about what the patient was not said to have": (
        patient(STRIPED),
        claim(ALPHA, VERY_LARGE, "E1"),
        f"E1 is cited for {VERY_LARGE}, which the patient was not said to have",
    ),
    "said to be missing, but implied": (
        PATIENT,
        against(ALPHA, WOBBLING, "E5"),
        f"E5 is cited for the lack of {WOBBLING}, which the patient's findings imply",
    ),
    "said to be expected, but denied by the source": (
        patient(STRIPED),
        against(BETA, RED_STRIPED, "E8"),
        "E8 does not say that it is expected",
    ),
    "a statement for a whole case": (
        PATIENT,
        claim(ALPHA, None, "E1"),
        "E1 is about one finding, and the claim names none",
    ),
    "a similar case said to be against": (PATIENT, against(ALPHA, None, "E10"), "E10 says the opposite of the claim"),
    "a case that shares nothing": (
        patient(WOBBLING),
        claim(BETA, None, "E12"),
        "E12 shares no finding with the patient",
    ),
    "a case that has what the patient lacks": (
        patient(WOBBLING, no=[LARGE, BRITTLE]),
        claim(BETA, None, "E12"),
        "E12 shares no finding with the patient",
    ),
    "a term that nobody knows": (
        PATIENT,
        claim(ALPHA, UNKNOWN_TERM, "E1"),
        f"{UNKNOWN_TERM} is not a term of the graph",
    ),
}


@pytest.mark.parametrize(("findings", "bad", "reason"), BAD.values(), ids=BAD)
def test_what_is_not_borne_is_removed(
    toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...], findings, bad: Claim, reason: str
):
    given = diagnosis(next(i for i in IDS if bad.disease_id in IDS[i]), bad)
    (grounded,), (removed,) = ground([given], evidence, findings, toy_graph)
    assert grounded == diagnosis(given.disease_id)
    assert (removed.claim, removed.reason) == (bad, reason)


def test_a_claim_about_another_disease_than_its_diagnosis(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    stray = claim(GAMMA, VERY_LARGE, "E6")
    (grounded,), (removed,) = ground([diagnosis(ALPHA, stray)], evidence, PATIENT, toy_graph)
    assert grounded.claims == ()
    assert removed.reason == f"it is about {GAMMA}, not about {ALPHA}"


def test_a_disease_that_nobody_knows(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    invented = claim("OMIM:1", VERY_LARGE, "E1")
    (grounded,), (removed,) = ground([diagnosis("OMIM:1", invented)], evidence, PATIENT, toy_graph)
    assert grounded.claims == ()
    assert removed.reason == "OMIM:1 is not a disease of the graph"


def test_good_claims_stay_beside_bad_ones(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    good, late = claim(ALPHA, VERY_LARGE, "E1"), claim(ALPHA, BRITTLE, "E3")
    bad, worse = claim(ALPHA, VERY_LARGE, "E2"), claim(BETA, None, "E99")
    given = [diagnosis(ALPHA, good, bad, late), diagnosis(BETA, worse), diagnosis(GAMMA)]
    grounded, removed = ground(given, evidence, PATIENT, toy_graph)
    assert [d.claims for d in grounded] == [(good, late), (), ()]
    assert [r.claim for r in removed] == [bad, worse]


def test_an_excluded_finding_by_its_old_id_is_known(toy_graph: KnowledgeGraph, evidence: tuple[Evidence, ...]):
    given = diagnosis(ALPHA, against(ALPHA, BRITTLE, "E3"))
    assert ground([given], evidence, patient(OLD_BRITTLE), toy_graph) == ((given,), ())
