"""Evidence says what its source says, and every statement has one number."""

from dataclasses import replace

import pytest

from kg.graph import KnowledgeGraph
from kg.schema import Frequency
from retrieval.cases import series_of
from retrieval.evidence import MAX_LISTED, EvidenceBook, word_association, word_case
from retrieval.passages import Passage
from retrieval.schema import CaseHit, CountedTerm, EvidenceKind
from tests.toy import (
    ALPHA,
    ALPHA_ORPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    EPSILON,
    FLIM,
    GAMMA,
    LARGE,
    RED_STRIPED,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    association,
    hit,
)

TWO_REFERENCES = "PMID:90000001; PMID:90000002"


@pytest.mark.parametrize(
    ("disease_id", "term_id", "n", "text"),
    [
        (ALPHA, VERY_LARGE, 7, "Alpha syndrome, type II (OMIM:900001): Very large zorb, seen in 7 of 8 patients."),
        (ALPHA, STRIPED, 3, "Alpha syndrome, type II (OMIM:900001): Striped zorb, seen in 3 of 4 male patients."),
        (GAMMA, LARGE, 4, "Gamma dysplasia (OMIM:900003): Large zorb, seen in 4 of 5 female patients."),
        (ALPHA, BRITTLE, None, "Alpha syndrome, type II (OMIM:900001): Brittle flim, reported absent."),
        (BETA, RED_STRIPED, 0, "Beta disease (OMIM:900002): Red striped zorb, reported absent (0 of 5 patients)."),
        (GAMMA, BRITTLE_TIP, None, "Gamma dysplasia (OMIM:900003): Brittle tip of the flim, reported absent."),
        (
            ALPHA_ORPHA,
            VERY_LARGE,
            None,
            "Alpha syndrome type 2 (ORPHA:901): Very large zorb, seen in 80% to 99% of patients (very frequent).",
        ),
        (
            ALPHA_ORPHA,
            WOBBLING,
            None,
            "Alpha syndrome type 2 (ORPHA:901): Wobbling flim, seen in 5% to 29% of patients (occasional).",
        ),
        (
            EPSILON,
            FLIM,
            None,
            "Epsilon deficiency (OMIM:900004): Abnormality of the flim, reported, no frequency given.",
        ),
    ],
)
def test_wording_of_a_statement(toy_graph: KnowledgeGraph, disease_id: str, term_id: str, n: int | None, text: str):
    assert word_association(association(toy_graph, disease_id, term_id, n), toy_graph) == text


def test_wording_of_percentages_and_sexes(toy_graph: KnowledgeGraph):
    counted, denied = association(toy_graph, ALPHA, STRIPED), association(toy_graph, BETA, RED_STRIPED)
    wordings = {
        "seen in 45% of male patients": replace(counted, frequency=Frequency(low=0.45, high=0.45)),
        "seen in 100% of male patients (obligate)": replace(
            counted, frequency=Frequency(low=1, high=1, label="Obligate")
        ),
        "reported in male patients, no frequency given": replace(counted, frequency=None),
        "reported absent (0 of 5 female patients)": replace(denied, sex="FEMALE"),
        "reported absent in female patients": replace(denied, sex="FEMALE", frequency=None),
    }
    for expected, stated in wordings.items():
        assert word_association(stated, toy_graph).partition(" zorb, ")[2] == expected + "."


def test_wording_of_a_series(toy_graph: KnowledgeGraph):
    series = {s.case_id: s for s in series_of(toy_graph)}

    def worded(case_id: str, *shared: str) -> str:
        return word_case(CaseHit(case=series[case_id], similarity=1, shared_term_ids=shared), toy_graph)

    alpha = "Published patients with Alpha syndrome, type II (OMIM:900001): "
    assert worded(f"{ALPHA}|PMID:90000001") == f"{alpha}Very large zorb, Striped zorb (3 of 4). Not seen: Brittle flim."
    # what is shared comes first, also where the case is the more specific
    assert worded(f"{ALPHA}|PMID:90000001", STRIPED).startswith(f"{alpha}Striped zorb (3 of 4), Very large zorb.")
    assert worded(f"{ALPHA}|PMID:90000001", LARGE).startswith(f"{alpha}Very large zorb, Striped zorb (3 of 4).")
    assert worded(f"{BETA}|PMID:90000003") == (
        "Published patients with Beta disease (OMIM:900002): Brittle flim. Not seen: Red striped zorb (0 of 5)."
    )


def test_wording_of_a_patient(toy_graph: KnowledgeGraph):
    text = word_case(hit(BETA, BRITTLE, LARGE), toy_graph)
    assert text == "Published patient with Beta disease (OMIM:900002): Brittle flim, Large zorb."
    unknown = word_case(hit("OMIM:1", BRITTLE), toy_graph)
    assert unknown == "Published patient with OMIM:1: Brittle flim."
    assert word_case(hit(BETA, absent=[LARGE]), toy_graph) == (
        "Published patient with Beta disease (OMIM:900002): no findings listed. Not seen: Large zorb."
    )


def test_a_long_case_is_counted_beyond_what_is_listed(toy_graph: KnowledgeGraph):
    long = hit(BETA)
    terms = (CountedTerm(term_id=BRITTLE),) * (MAX_LISTED + 3)
    text = word_case(replace(long, case=replace(long.case, present=terms)), toy_graph)
    assert text.count("Brittle flim") == MAX_LISTED
    assert text.endswith(" and 3 more.")


def test_numbers_in_the_order_of_first_use(toy_graph: KnowledgeGraph):
    book = EvidenceBook(toy_graph)
    first, second = association(toy_graph, ALPHA, VERY_LARGE), association(toy_graph, BETA, RED_STRIPED)
    case, other = hit(ALPHA, STRIPED), hit(BETA, BRITTLE)
    cited = [
        book.cite_association(first),
        book.cite_case(case),
        book.cite_association(second),
        book.cite_case(other),
        book.cite_association(first),
        book.cite_case(case),
        book.cite_association(replace(second)),  # equal, not the same object
    ]
    assert cited == ["E1", "E2", "E3", "E4", "E1", "E2", "E3"]
    assert [e.evidence_id for e in book.evidence] == ["E1", "E2", "E3", "E4"]


def test_two_cases_of_one_id_are_two_pieces(toy_graph: KnowledgeGraph):
    book, one = EvidenceBook(toy_graph), hit(BETA, BRITTLE)
    other = replace(one, case=replace(hit(ALPHA, LARGE).case, case_id=one.case.case_id))
    assert [book.cite_case(one), book.cite_case(other)] == ["E1", "E2"]
    assert [e.disease_id for e in book.evidence] == [BETA, ALPHA]


def test_a_passage_about_two_diseases_is_evidence_of_each(toy_graph: KnowledgeGraph):
    book, passage = EvidenceBook(toy_graph), Passage(title="t", text="Of both.", reference="https://example.org")
    assert [book.cite_passage(passage, d) for d in (ALPHA, BETA, ALPHA)] == ["E1", "E2", "E1"]
    assert [e.disease_id for e in book.evidence] == [ALPHA, BETA]


def test_a_statement_as_evidence(toy_graph: KnowledgeGraph):
    book, stated = EvidenceBook(toy_graph), association(toy_graph, ALPHA, VERY_LARGE)
    book.cite_association(stated, 1.5)
    (evidence,) = book.evidence
    assert (evidence.kind, evidence.disease_id, evidence.term_ids) == (EvidenceKind.ANNOTATION, ALPHA, (VERY_LARGE,))
    assert (evidence.association, evidence.score, evidence.reference) == (stated, 1.5, TWO_REFERENCES)
    assert evidence.url == "https://pubmed.ncbi.nlm.nih.gov/90000001/"


def test_a_case_as_evidence(toy_graph: KnowledgeGraph):
    book, found = EvidenceBook(toy_graph), hit(ALPHA, STRIPED, LARGE, absent=[BRITTLE], similarity=0.7)
    book.cite_case(found)
    (evidence,) = book.evidence
    assert (evidence.kind, evidence.disease_id, evidence.term_ids) == (EvidenceKind.CASE, ALPHA, (STRIPED, LARGE))
    assert (evidence.association, evidence.score, evidence.reference) == (None, 0.7, "PMID:90000009")
    assert evidence.case == found.case
