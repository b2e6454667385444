"""A record that exists is a valid one."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.schema import Association, Disease, Finding, Frequency, PatientSeries, Predicate, Provenance


def test_counts_are_kept_beside_their_share():
    frequency = Frequency.counts(7, 8)
    assert (frequency.n, frequency.m, frequency.low, frequency.high, frequency.midpoint) == (7, 8, 0.875, 0.875, 0.875)


@given(st.integers(1, 1000).flatmap(lambda m: st.tuples(st.integers(0, m), st.just(m))))
def test_the_share_of_counts_is_a_proportion(counts):
    n, m = counts
    assert Frequency.counts(n, m).midpoint == n / m


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n": 1, "low": 0.5, "high": 0.5}, "needs both n and m, got n=1, m=None"),
        ({"m": 1, "low": 0.5, "high": 0.5}, "needs both n and m, got n=None, m=1"),
        ({"n": 3, "m": 2, "low": 1.0, "high": 1.0}, "got 3/2"),
        ({"n": -1, "m": 2, "low": 0.0, "high": 0.0}, "got -1/2"),
        ({"n": 0, "m": 0, "low": 0.0, "high": 0.0}, "got 0/0"),
        ({"n": 7, "m": 8, "low": 0.1, "high": 0.2}, r"7 of 8 is no share of 0\.1\.\.0\.2"),
        ({"low": 0.6, "high": 0.5}, r"got 0\.6\.\.0\.5"),
        ({"low": -0.1, "high": 0.5}, "expected 0 <= low"),
        ({"low": 0.1, "high": 1.1}, "high <= 1"),
        ({"low": float("nan"), "high": 1.0}, "got nan"),
    ],
)
def test_impossible_frequencies_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Frequency(**values)


def test_a_statement_that_nobody_makes_is_refused():
    with pytest.raises(ValueError, match="nobody says that OMIM:1 has_phenotype HP:1"):
        Association(disease_id="OMIM:1", predicate=Predicate.PHENOTYPE, term_id="HP:1", provenance=())


def test_a_series_of_nobody_is_refused():
    with pytest.raises(ValueError, match="at least one patient, got 0 in PMID:1"):
        PatientSeries(disease=Disease(disease_id="OMIM:1", name="x"), reference="PMID:1", n_patients=0, counts=())


def test_counts_over_nobody_are_refused():
    with pytest.raises(ValueError, match="expected m > 0, got 0/0"):
        Frequency.counts(0, 0)


@pytest.mark.parametrize(
    ("frequency", "text"),
    [
        (Frequency.counts(7, 8), "7 of 8 patients"),
        (Frequency(low=0.45, high=0.45), "45% of patients"),
        (Frequency(low=1.0, high=1.0, label="Obligate"), "100% of patients (obligate)"),
        (Frequency(low=0.8, high=0.99, label="Very frequent"), "80% to 99% of patients (very frequent)"),
    ],
)
def test_frequencies_as_text(frequency, text):
    assert str(frequency) == text


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"term_id": "seizure"}, "such as HP:0001250, got 'seizure'"),
        ({"term_id": "HP:1", "start": 1}, "both start and end"),
        ({"term_id": "HP:1", "end": 1}, "both start and end"),
        ({"term_id": "HP:1", "start": 2, "end": 1}, r"got 2\.\.1"),
        ({"term_id": "HP:1", "start": -1, "end": 1}, r"got -1\.\.1"),
    ],
)
def test_impossible_findings_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Finding(label="Something", **values)


def test_a_provenance_knows_its_page():
    provenance = Provenance(source="s", version="1", reference="PMID:1", licence="l")
    assert provenance.url == "https://pubmed.ncbi.nlm.nih.gov/1/"


def test_records_do_not_change():
    finding = Finding(term_id="HP:1", label="Something")
    with pytest.raises(FrozenInstanceError):
        finding.excluded = True
