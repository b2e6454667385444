"""Patients counted by hand, and what holds whatever the patients: order, totals, and what a statement may say."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.graph import KnowledgeGraph
from kg.ontology import PHENOTYPIC_ABNORMALITY
from kg.schema import Finding, Frequency, Patient, Predicate, TermCount
from kg.series import associations_of, count_patients
from tests.toy import (
    ALPHA,
    BETA,
    BRITTLE,
    LARGE,
    OLD_BRITTLE,
    OLD_LARGE,
    SERIES_SOURCE,
    STRIPED,
    UNKNOWN_TERM,
    VERY_LARGE,
    counted_series,
    patient,
    published_patient,
)

PAPER, OTHER_PAPER = "PMID:1", "PMID:2"


def counts_of(series) -> dict[str, tuple[int, int]]:
    return {c.term_id: (c.n_present, c.n_assessed) for c in series.counts}


def test_patients_of_one_publication_by_hand(toy_graph: KnowledgeGraph):
    patients = [
        published_patient("p1", BETA, PAPER, LARGE, STRIPED, no=[BRITTLE]),
        published_patient("p2", BETA, PAPER, STRIPED, no=[LARGE]),
        published_patient("p3", BETA, PAPER, STRIPED),
    ]
    patients[1] = replace(patients[1], disease_names=("Beta disease",), gene_symbols=("ZZZ", "FLM1"))
    patients[2] = replace(patients[2], disease_names=("Beta",), gene_symbols=("FLM1",))
    (series,) = count_patients(patients, toy_graph.ontology)
    assert (series.disease.disease_id, series.reference, series.n_patients) == (BETA, PAPER, 3)
    assert counts_of(series) == {LARGE: (1, 2), STRIPED: (3, 3), BRITTLE: (0, 1)}
    assert [c.term_id for c in series.counts] == [LARGE, STRIPED, BRITTLE]  # by id
    assert series.disease.name == "Beta disease"  # the first that is told
    assert series.gene_symbols == ("FLM1", "ZZZ")


def test_a_disease_without_a_name_is_called_by_its_id(toy_graph: KnowledgeGraph):
    (series,) = count_patients([published_patient("p1", BETA, PAPER, LARGE)], toy_graph.ontology)
    assert series.disease.name == BETA


def test_a_series_per_disease_and_publication_sorted(toy_graph: KnowledgeGraph):
    patients = [
        published_patient("p1", BETA, OTHER_PAPER, LARGE),
        published_patient("p2", BETA, PAPER, LARGE),
        published_patient("p3", ALPHA, OTHER_PAPER, LARGE),
        published_patient("p4", BETA, OTHER_PAPER, STRIPED),
    ]
    series = count_patients(patients, toy_graph.ontology)
    assert [(s.disease.disease_id, s.reference, s.n_patients) for s in series] == [
        (ALPHA, OTHER_PAPER, 1),
        (BETA, PAPER, 1),
        (BETA, OTHER_PAPER, 2),
    ]


def test_the_first_disease_and_the_first_reference_count(toy_graph: KnowledgeGraph):
    known = Patient(
        patient_id="p1", findings=patient(LARGE), disease_ids=(BETA, ALPHA), references=(OTHER_PAPER, PAPER)
    )
    (series,) = count_patients([known], toy_graph.ontology)
    assert (series.disease.disease_id, series.reference) == (BETA, OTHER_PAPER)


def test_a_patient_without_reference_is_a_series_of_their_own(toy_graph: KnowledgeGraph):
    patients = [published_patient(i, BETA, "", LARGE) for i in ("p1", "p2")]
    assert [(s.reference, s.n_patients) for s in count_patients(patients, toy_graph.ontology)] == [("p1", 1), ("p2", 1)]


@pytest.mark.parametrize(
    ("findings", "counts"),
    [
        (patient(LARGE, no=[LARGE]), {LARGE: (1, 1)}),  # present beats absent
        (patient(OLD_LARGE, no=[LARGE]), {LARGE: (1, 1)}),  # also by an older id
        (patient(LARGE, OLD_LARGE, LARGE), {LARGE: (1, 1)}),  # said thrice, one patient
        (patient(STRIPED, no=[BRITTLE, OLD_BRITTLE]), {STRIPED: (1, 1), BRITTLE: (0, 1)}),
        (patient(STRIPED, UNKNOWN_TERM, no=["HP:7777777"]), {STRIPED: (1, 1)}),
        (patient(VERY_LARGE), {VERY_LARGE: (1, 1)}),  # what it implies is the ontology's affair
        (patient(PHENOTYPIC_ABNORMALITY, LARGE), {LARGE: (1, 1)}),  # which everybody has
        (patient(PHENOTYPIC_ABNORMALITY), {}),
    ],
)
def test_what_is_said_of_one_patient(toy_graph: KnowledgeGraph, findings, counts: dict[str, tuple[int, int]]):
    known = Patient(patient_id="p1", findings=findings, disease_ids=(BETA,), references=(PAPER,))
    (series,) = count_patients([known], toy_graph.ontology)
    assert counts_of(series) == counts


@pytest.mark.parametrize(
    "nobody",
    [
        Patient(patient_id="p", findings=patient(LARGE), references=(PAPER,)),  # no diagnosis
        published_patient("p", BETA, PAPER),
        published_patient("p", BETA, PAPER, no=[LARGE]),  # nothing present
        published_patient("p", BETA, PAPER, UNKNOWN_TERM, no=[LARGE]),  # nothing known present
    ],
)
def test_who_is_left_out(toy_graph: KnowledgeGraph, nobody: Patient):
    assert count_patients([nobody], toy_graph.ontology) == ()
    somebody = published_patient("q", BETA, PAPER, STRIPED)
    assert count_patients([nobody, somebody], toy_graph.ontology) == count_patients([somebody], toy_graph.ontology)


SAID = st.dictionaries(st.sampled_from([LARGE, VERY_LARGE, STRIPED, BRITTLE, OLD_BRITTLE, UNKNOWN_TERM]), st.booleans())
PATIENTS = st.lists(st.tuples(st.sampled_from([ALPHA, BETA]), st.sampled_from([PAPER, OTHER_PAPER, ""]), SAID)).map(
    lambda told: [
        published_patient(f"p{i}", d, r, *(t for t in said if said[t]), no=[t for t in said if not said[t]])
        for i, (d, r, said) in enumerate(told)
    ]
)


@given(patients=PATIENTS, data=st.data())
def test_the_order_of_the_patients_does_not_matter(toy_graph: KnowledgeGraph, patients, data: st.DataObject):
    shuffled = data.draw(st.permutations(patients))
    assert count_patients(shuffled, toy_graph.ontology) == count_patients(patients, toy_graph.ontology)


@given(patients=PATIENTS)
def test_counts_against_a_count_one_by_one(toy_graph: KnowledgeGraph, patients):
    def says(p: Patient, term_id: str, excluded: bool) -> bool:
        current = {OLD_BRITTLE: BRITTLE}
        return Finding(term_id=term_id, label="", excluded=excluded) in [
            replace(f, term_id=current.get(f.term_id, f.term_id), label="") for f in p.findings
        ]

    terms = [LARGE, VERY_LARGE, STRIPED, BRITTLE]
    told = [p for p in patients if any(says(p, t, False) for t in terms)]
    series = count_patients(patients, toy_graph.ontology)
    assert sum(s.n_patients for s in series) == len(told)
    for s in series:
        mine = [
            p
            for p in told
            if p.disease_ids[0] == s.disease.disease_id and (*p.references, p.patient_id)[0] == s.reference
        ]
        expected = {}
        for t in terms:
            n = sum(says(p, t, False) for p in mine)
            m = sum(says(p, t, False) or says(p, t, True) for p in mine)
            expected |= {t: (n, m)} if m else {}
        assert counts_of(s) == expected
        assert s.n_patients == len(mine)


def test_a_series_as_statements():
    series = counted_series(BETA, PAPER, 5, {STRIPED: (3, 4), LARGE: (0, 2)})
    statements = list(associations_of(series, SERIES_SOURCE))
    assert [(a.term_id, a.frequency, a.excluded) for a in statements] == [
        (PHENOTYPIC_ABNORMALITY, Frequency.counts(5, 5), False),  # the total comes first
        (STRIPED, Frequency.counts(3, 4), False),
        (LARGE, Frequency.counts(0, 2), True),
    ]
    for a in statements:
        (p,) = a.provenance
        assert (a.disease_id, a.predicate, a.evidence_code) == (BETA, Predicate.PHENOTYPE, "PCS")
        assert (p.source, p.version, p.reference, p.licence) == ("toy store", "2", PAPER, "CC0-1.0")


def test_a_count_of_the_root_does_not_take_the_place_of_the_total():
    series = counted_series(BETA, PAPER, 5, {PHENOTYPIC_ABNORMALITY: (1, 2), LARGE: (1, 1)})
    assert [(a.term_id, a.frequency) for a in associations_of(series, SERIES_SOURCE)] == [
        (PHENOTYPIC_ABNORMALITY, Frequency.counts(5, 5)),
        (LARGE, Frequency.counts(1, 1)),
    ]


@pytest.mark.parametrize(("n", "m"), [(-1, 2), (3, 2), (1, 0)])
def test_impossible_counts_are_refused(n: int, m: int):
    with pytest.raises(ValueError, match=f"got {n}/{m}$"):
        TermCount(term_id=LARGE, n_present=n, n_assessed=m)
