"""The past is what PubMed had numbered by the day of the release."""

from __future__ import annotations

import pytest

from evaluation.future import LAST_PMID, RELEASE, is_past, past_sources, split_by_time
from evaluation.schema import Case, CaseSet, Unscored
from kg.errors import NotReadyError
from kg.sources.counts import BUNDLED
from tests.toy import ALPHA, LARGE, patient


def case(case_id: str, publication: str) -> Case:
    return Case(case_id=case_id, findings=patient(LARGE), gold_ids=(ALPHA,), publication=publication)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (f"PMID:{LAST_PMID}", True),
        (f"PMID:{LAST_PMID + 1}", False),
        ("PMID:9", True),
        ("PMID:36650000x", False),
        ("OMIM:154700", False),
        ("patient-1", False),
        ("", False),
    ],
)
def test_a_publication_is_dated_by_its_number(reference, expected):
    assert is_past(reference) is expected


def test_the_set_is_split_and_the_past_named():
    before = Unscored(case_id="x", reason="no diagnosis")
    cases = (case("new", "PMID:40000000"), case("old", "PMID:36650000"), case("undated", "undated"))
    past, later = split_by_time(CaseSet(cases=cases, unscored=(before,)))
    assert [c.case_id for c in past] == ["old"]
    assert [c.case_id for c in later.cases] == ["new"]
    assert later.unscored == (
        before,
        Unscored(case_id="old", reason="published before the release of 2023-01-27"),
        Unscored(case_id="undated", reason="no PMID, so that nobody can say when it was published"),
    )


def test_a_missing_release_is_named_in_one_line(tmp_path):
    with pytest.raises(NotReadyError) as refused:
        past_sources(tmp_path)
    assert str(refused.value) == (
        f"unseen-future needs {tmp_path}/hpo/hp.v{RELEASE}.json.gz: put it there, or name its folder by CITEDX_DATA"
    )
    (tmp_path / "hpo").mkdir()
    (tmp_path / "hpo" / f"hp.v{RELEASE}.json.gz").touch()
    with pytest.raises(NotReadyError, match=r"needs .*phenotype\.2023-01-27\.hpoa\.gz"):
        past_sources(tmp_path)


def test_the_release_of_that_day_and_the_shipped_counts_without_genes(tmp_path, monkeypatch):
    (tmp_path / "hpo").mkdir()
    for name in (f"hp.v{RELEASE}.json.gz", f"phenotype.{RELEASE}.hpoa.gz"):
        (tmp_path / "hpo" / name).touch()
    sources = past_sources(tmp_path)
    assert sources.ontology == tmp_path / "hpo" / f"hp.v{RELEASE}.json.gz"
    assert sources.annotations == tmp_path / "hpo" / f"phenotype.{RELEASE}.hpoa.gz"
    assert (sources.genes, sources.counts) == (None, BUNDLED)
    monkeypatch.setenv("CITEDX_DATA", str(tmp_path))
    assert past_sources() == sources
