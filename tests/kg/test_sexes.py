"""Whom a disease befalls: shares by hand, the prior they make, and the project's table."""

from math import log
from pathlib import Path

import pytest

from kg.errors import SourceError
from kg.graph import KnowledgeGraph
from kg.sexes import EVEN, FEMALE_BY_INHERITANCE, female_shares
from kg.sources.sexes import FemaleShare, load_female_shares
from tests.toy import ALPHA, ALPHA_ORPHA, BETA, build_model

INHERITED_BY_ALPHA = "HP:9000002"


def shares_of(graph: KnowledgeGraph, *table: tuple[str, float]) -> dict[str, float]:
    found = female_shares(graph, [FemaleShare(name=name, share=share) for name, share in table])
    return {d: share for group, share in zip(graph.disease_groups, found.tolist(), strict=True) for d in group}


def test_both_sexes_alike_where_nothing_is_stated(toy_graph: KnowledgeGraph):
    assert set(shares_of(toy_graph).values()) == {EVEN}


def test_a_recessive_x_linked_disease_befalls_boys(toy_graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(FEMALE_BY_INHERITANCE, INHERITED_BY_ALPHA, 0.05)
    shares = shares_of(toy_graph)
    assert shares[ALPHA] == shares[ALPHA_ORPHA] == 0.05
    assert shares[BETA] == EVEN
    assert shares_of(toy_graph, ("alpha syndrome, TYPE ii", 0.4))[ALPHA] == 0.4  # the table knows better


def test_the_first_row_counts_whose_name_fits_an_entry(toy_graph: KnowledgeGraph):
    shares = shares_of(toy_graph, ("Beta", 0.1), ("*syndrome type 2", 0.2), ("alpha*", 0.3), ("BETA DISEASE", 0.9))
    assert (shares[ALPHA], shares[BETA]) == (0.2, 0.9)  # by Alpha's Orphanet entry; "Beta" is no whole name


def test_the_prior_of_a_girl_and_of_a_boy_by_hand(toy_graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(FEMALE_BY_INHERITANCE, INHERITED_BY_ALPHA, 0.05)
    model = build_model(toy_graph)
    others = [0.0] * (model.n_diseases - 1)
    of_alpha = model.group_index[ALPHA]
    for is_female, expected in ((True, log(0.1)), (False, log(1.9)), (None, 0.0)):
        prior = model.log_prior(is_female=is_female).tolist()
        assert prior.pop(of_alpha) == pytest.approx(expected)
        assert prior == others


@pytest.mark.parametrize("share", ["0", "1", "-0.1", "many"])
def test_a_share_that_rules_a_sex_out_is_refused(tmp_path: Path, share: str):
    table = tmp_path / "sexes.tsv"
    table.write_text(f"# source: x\n# version: 1\n# licence: y\nname\tfemale_share\nAlpha\t{share}\n")
    with pytest.raises(SourceError, match=r"sexes\.tsv"):
        load_female_shares(table)


@pytest.mark.release
def test_the_bundled_table_fits_the_release(release_graph: KnowledgeGraph):
    shares = shares_of(release_graph, *((row.name, row.share) for row in load_female_shares()))
    assert shares["ORPHA:8"] < 0.01  # 47,XYY syndrome
    assert shares["ORPHA:881"] > 0.99  # Turner syndrome
    assert shares["OMIM:310200"] == 0.05  # Duchenne muscular dystrophy, by its inheritance
    assert shares["OMIM:300029"] == 0.2  # retinitis pigmentosa 3, X-linked without more
    assert shares["OMIM:301500"] == 0.45  # Fabry disease, whose inheritance says less
    assert shares["OMIM:607014"] == shares["OMIM:613454"] == EVEN  # Hurler syndrome; the congenital variant of Rett's


@pytest.mark.release
def test_every_row_of_the_bundled_table_fits_an_entry(release_graph: KnowledgeGraph):
    for row in load_female_shares():
        assert set(shares_of(release_graph, (row.name, 0.123)).values()) >= {0.123}, row.name
