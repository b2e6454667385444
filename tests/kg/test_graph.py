"""The graph's answers about the toy release, worked out by hand from tests/data/recipe.py."""

from dataclasses import replace

import networkx as nx
import pytest

from kg.annotations import AnnotationTable
from kg.build import build_graph, bundled_sources, load_graph
from kg.errors import UnknownIdError
from kg.graph import KnowledgeGraph
from kg.ontology import Ontology
from kg.schema import Association, Disease, Frequency, Gene, Predicate, Term
from kg.sources.counts import load_counts, write_counts
from tests.toy import SERIES_SOURCE, counted_series, published_patient

ZRB1 = Gene(gene_id="NCBIGene:900101", symbol="ZRB1")


def said(associations) -> list[tuple[str, str, bool]]:
    return [(a.disease_id, a.term_id[-2:], a.excluded) for a in associations]


def test_counts_and_versions(toy_graph):
    assert toy_graph.counts() == {"terms": 18, "diseases": 6, "genes": 3, "associations": 19}
    # One row names an obsolete term that nothing replaces.
    assert toy_graph.versions == {"hpo": "2030-01-01", "hpoa": "2030-01-01", "hpoa_unknown_terms": "1"}


def test_another_source_is_another_identity(toy_graph, toy_sources):
    without_genes = build_graph(replace(toy_sources, genes=None))
    assert len(toy_graph.identity) == len(without_genes.identity) == 64
    assert toy_graph.identity != without_genes.identity
    assert without_genes.counts()["genes"] == 0


def test_statements_about_a_disease(toy_graph):
    assert said(toy_graph.associations_of("OMIM:900001")) == [
        ("OMIM:900001", "13", False),
        ("OMIM:900001", "12", False),
        ("OMIM:900001", "21", True),
        ("OMIM:900001", "02", False),
        ("OMIM:900001", "04", False),
    ]
    assert toy_graph.findings_of("OMIM:900001") == toy_graph.associations_of("OMIM:900001")[:3]
    assert {a.predicate for a in toy_graph.findings_of("OMIM:900002")} == {Predicate.PHENOTYPE}
    assert len(toy_graph.associations_of("OMIM:900004")) == 1


def test_a_statement_comes_back_with_all_its_facts(toy_graph):
    first, second, *_ = toy_graph.associations_of("OMIM:900001")
    assert first.frequency == Frequency.counts(7, 8)
    assert (first.onset_id, first.sex, first.modifier_ids, first.evidence_code) == (
        "HP:9000004",
        None,
        ("HP:9000006",),
        "PCS",
    )
    assert [p.reference for p in first.provenance] == ["PMID:90000001", "PMID:90000002"]
    assert (first.provenance[0].source, first.provenance[0].version) == ("HPO annotations", "2030-01-01")
    assert (second.onset_id, second.sex, second.modifier_ids) == (None, "MALE", ())


def test_older_term_ids_are_mapped(toy_graph):
    assert said(toy_graph.findings_of("OMIM:900002"))[:2] == [("OMIM:900002", "21", False)] * 2
    assert said(toy_graph.findings_of("OMIM:900003"))[:2] == [("OMIM:900003", "11", False)] * 2


def test_diseases_of_a_term(toy_graph):
    brittle = [("OMIM:900001", "21", True), ("OMIM:900002", "21", False), ("OMIM:900002", "21", False)]
    assert said(toy_graph.diseases_of("HP:9000021")) == brittle
    assert said(toy_graph.diseases_of("HP:9000092")) == brittle
    assert said(toy_graph.diseases_of("HP:9000021", descendants=True)) == [*brittle, ("OMIM:900003", "23", True)]
    assert toy_graph.diseases_of("HP:9000010") == ()


def test_genes(toy_graph):
    assert toy_graph.genes_of("OMIM:900001") == (ZRB1,)
    assert [g.symbol for g in toy_graph.genes_of("OMIM:900002")] == ["FLM1", "FLM2"]
    assert toy_graph.genes_of("ORPHA:902") == ()
    assert toy_graph.gene("zrb1") == toy_graph.gene("NCBIGene:900101") == ZRB1
    assert [d.disease_id for d in toy_graph.diseases_of_gene("ZRB1")] == ["OMIM:900001", "ORPHA:901"]
    with pytest.raises(UnknownIdError, match="ABC1 is not a gene of this graph"):
        toy_graph.gene("ABC1")


@pytest.mark.parametrize(
    ("key", "node_id"),
    [
        ("HP:9000011", "HP:9000011"),
        (" HP:9000090 ", "HP:9000011"),
        ("big zorb", "HP:9000011"),
        ("ORPHA:901", "ORPHA:901"),
        ("ALPHA SYNDROME TYPE 2", "ORPHA:901"),
        ("NCBIGene:900102", "NCBIGene:900102"),
        ("flm1", "NCBIGene:900102"),
        ("hp:9000011", "HP:9000011"),
        ("Orphanet:901", "ORPHA:901"),
        ("ncbigene:900102", "NCBIGene:900102"),
    ],
)
def test_nodes_by_id_and_wording(toy_graph, key, node_id):
    node = toy_graph.node(key)
    kinds = {Term: "term_id", Disease: "disease_id", Gene: "gene_id"}
    assert getattr(node, kinds[type(node)]) == node_id


@pytest.mark.parametrize("disease_id", ["omim:900002", "MIM:900002"])
def test_a_disease_is_known_by_other_spellings_of_its_prefix(toy_graph, disease_id):
    assert toy_graph.disease(disease_id).disease_id == "OMIM:900002"
    assert toy_graph.entry_id(disease_id) == "OMIM:900002"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("Brit", r"'Brit'; did you mean HP:9000021 \(Brittle flim\), HP:9000023 \(Brittle tip of the flim\)\?$"),
        ("xyz", "^nothing in the graph has the id or name 'xyz': check the spelling$"),
        ("  ", "has the id or name '': check the spelling$"),
    ],
)
def test_unknown_nodes_are_refused_with_close_wordings(toy_graph, key, message):
    with pytest.raises(UnknownIdError, match=message):
        toy_graph.node(key)


def test_prefixes_shortest_name_first(toy_graph):
    # "Large zorb" by its synonym "Big zorb".
    assert [n.name for n in toy_graph.with_prefix("B")] == [
        "Large zorb",
        "Beta disease",
        "Brittle flim",
        "Brittle tip of the flim",
    ]
    assert [n.name for n in toy_graph.with_prefix("b", limit=2)] == ["Large zorb", "Beta disease"]


def test_the_network(toy_graph):
    network = toy_graph.network
    kinds = nx.get_node_attributes(network, "kind")
    assert [list(kinds.values()).count(k) for k in ("term", "disease", "gene")] == [18, 6, 3]
    predicates = [p for _, _, p in network.edges(data="predicate")]
    assert {p: predicates.count(p) for p in set(predicates)} == {
        "is_a": 18,  # 17 terms below the root, one of them with two parents
        "associated_gene": 4,
        "has_phenotype": 12,
        "NOT has_phenotype": 3,  # by qualifier, by frequency term, seen in none of five
        "has_inheritance": 1,
        "has_clinical_course": 1,
        "has_modifier": 1,
        "has_past_history": 1,
    }
    assert network.nodes["HP:9000011"]["name"] == "Large zorb"
    records = [toy_graph.annotations.record(row) for *_, row in network.edges(data="row") if row is not None]
    assert sorted(said(records)) == sorted(said(a for d in toy_graph.diseases for a in toy_graph.associations_of(d)))


def test_a_copy_can_be_changed(toy_graph):
    copy = toy_graph.to_networkx()
    copy.remove_node("HP:9000011")
    assert "HP:9000011" in toy_graph.network


@pytest.mark.parametrize(
    "path",
    [
        ("OMIM:900001", "HP:9000012", "ORPHA:902"),
        ("HP:9000013", "ORPHA:901", "HP:9000022"),
        ("HP:0000118", "HP:9000010", "HP:9000011"),
        ("OMIM:900001",),
    ],
)
def test_shortest_paths(toy_graph, path):
    assert toy_graph.shortest_path(path[0], path[-1]) == path
    assert toy_graph.shortest_path(path[-1], path[0]) == path[::-1]


def test_a_path_goes_over_no_root_and_nothing_that_a_source_denies(toy_graph):
    # The root "All" is two steps away from either, and over HP:9000021, which Alpha has not, it were two steps less.
    path = toy_graph.shortest_path("HP:9000001", "HP:9000005")
    assert path[:3] == ("HP:9000001", "HP:9000002", "OMIM:900001")
    assert path[-4:] == ("HP:9000022", "OMIM:900002", "HP:9000006", "HP:9000005")
    assert len(path) == 9


def test_a_path_between_wordings(toy_graph):
    assert toy_graph.shortest_path("FLM1", "fragile flim") == ("NCBIGene:900102", "OMIM:900002", "HP:9000021")


def test_what_nothing_connects():
    terms = [Term(term_id="HP:1", name="One"), Term(term_id="HP:2", name="Two")]
    table = AnnotationTable.from_associations([], [], ["HP:1", "HP:2"])
    graph = KnowledgeGraph(Ontology(terms), [], table, {}, {})
    with pytest.raises(UnknownIdError, match=r"^nothing connects HP:1 and HP:2$"):
        graph.shortest_path("HP:1", "HP:2")


def test_statements_between_two_nodes(toy_graph):
    forward = toy_graph.statements_between("OMIM:900003", "HP:9000011")
    assert [(p, f, str(a.frequency)) for p, f, a in forward] == [
        ("has_phenotype", True, "10 of 10 patients"),
        ("has_phenotype", True, "4 of 5 patients"),
    ]
    backward = toy_graph.statements_between("HP:9000011", "OMIM:900003")
    assert backward == tuple((p, False, a) for p, _, a in forward)
    assert toy_graph.statements_between("HP:9000013", "HP:9000011") == (("is_a", True, None),)
    assert toy_graph.statements_between("HP:9000013", "HP:9000010") == ()
    # An older id, and a name, are the same nodes; what is none is refused.
    assert toy_graph.statements_between("Gamma dysplasia", "HP:9000090") == forward
    with pytest.raises(UnknownIdError, match="HP:9999999"):
        toy_graph.statements_between("OMIM:900003", "HP:9999999")
    ((predicate, _, record),) = toy_graph.statements_between("OMIM:900001", "HP:9000021")
    assert predicate == "NOT has_phenotype"
    assert isinstance(record, Association)
    assert record.excluded


def test_neighbours(toy_graph):
    neighbours = toy_graph.neighbours("big zorb")
    assert len(neighbours) == 3  # two statements about Gamma are one neighbour
    assert set(neighbours) == {
        ("is_a", "HP:9000010", True),
        ("is_a", "HP:9000013", False),
        ("has_phenotype", "OMIM:900003", False),
    }
    assert set(toy_graph.neighbours("OMIM:900002")) == {
        ("associated_gene", "NCBIGene:900102", True),
        ("associated_gene", "NCBIGene:900103", True),
        ("NOT has_phenotype", "HP:9000014", True),
        ("has_phenotype", "HP:9000021", True),
        ("has_modifier", "HP:9000006", True),
        ("has_past_history", "HP:9000022", True),
    }


@pytest.mark.parametrize(
    ("diseases", "findings", "nodes", "n_edges"),
    [
        # The annotated "Large zorb" (twice) above the finding.
        (["OMIM:900003"], ["HP:9000013"], {"HP:9000013", "HP:9000011"}, 3),
        # Two annotated terms below the finding, with the terms between.
        (["OMIM:900001"], ["HP:9000010"], {"HP:9000010", "HP:9000011", "HP:9000012", "HP:9000013"}, 5),
        # A finding with two parents, one annotated in each entry.
        (["OMIM:900001", "ORPHA:901"], ["HP:9000024"], {"HP:9000024", "HP:9000012", "HP:9000022"}, 4),
        # An unrelated finding stays alone; an older id is the current one.
        (["ORPHA:902"], ["HP:9000090"], {"HP:9000011"}, 0),
        (["ORPHA:902"], [], set(), 0),
    ],
)
def test_subgraphs(toy_graph, diseases, findings, nodes, n_edges):
    part = toy_graph.subgraph(diseases, findings)
    assert set(part) == nodes | set(diseases)
    assert part.number_of_edges() == n_edges


NEW = "OMIM:900021"
SERIES = (
    counted_series("OMIM:900002", "PMID:1", 4, {"HP:9000092": (3, 4), "HP:9000091": (1, 1)}, name="Beta, newly named"),
    counted_series(NEW, "PMID:1", 2, {"HP:9000011": (0, 2)}, name="Zeta disorder", genes=["FLM1", "NEW9", "zrb1"]),
    counted_series(NEW, "PMID:2", 1, {"HP:9000011": (1, 1)}, name="Zeta", genes=["FLM1"]),
)


@pytest.fixture(scope="module")
def told_graph(toy_graph: KnowledgeGraph) -> KnowledgeGraph:
    return toy_graph.with_series(SERIES, SERIES_SOURCE)


def test_series_are_further_statements(toy_graph, told_graph):
    before = toy_graph.associations_of("OMIM:900002")
    *same, total, brittle = told_graph.associations_of("OMIM:900002")
    assert tuple(same) == before
    assert (total.term_id, total.frequency) == ("HP:0000118", Frequency.counts(4, 4))
    # An older id is mapped; what the ontology has never known is left out.
    assert (brittle.term_id, brittle.frequency) == ("HP:9000021", Frequency.counts(3, 4))
    assert brittle.provenance == (replace(SERIES_SOURCE, reference="PMID:1"),)
    assert told_graph.associations_of("OMIM:900001") == toy_graph.associations_of("OMIM:900001")
    assert told_graph.versions == {**toy_graph.versions, "toy store": "2"}
    assert told_graph.counts() == {"terms": 18, "diseases": 7, "genes": 3, "associations": 25}


def test_a_disease_that_only_series_describe(told_graph):
    assert told_graph.disease(NEW).name == "Zeta"  # the last series names it
    assert told_graph.disease("OMIM:900002").name == "Beta disease"  # the release names its own
    assert [g.symbol for g in told_graph.genes_of(NEW)] == ["FLM1", "ZRB1"]  # those that the graph knows
    assert [(a.term_id[-2:], str(a.frequency)) for a in told_graph.findings_of(NEW)] == [
        ("18", "2 of 2 patients"),
        ("11", "0 of 2 patients"),
        ("18", "1 of 1 patient"),
        ("11", "1 of 1 patient"),
    ]
    assert (NEW,) in told_graph.disease_groups
    assert NEW in {a.disease_id for a in told_graph.diseases_of("HP:9000011")}
    assert told_graph.network.has_edge(NEW, "NCBIGene:900102")


def test_other_series_are_another_identity(toy_graph, told_graph):
    identities = [
        toy_graph.identity,
        told_graph.identity,
        toy_graph.with_series(SERIES[:1], SERIES_SOURCE).identity,
        toy_graph.with_series(SERIES, replace(SERIES_SOURCE, version="3")).identity,
    ]
    assert len({i for i in identities if len(i) == 64}) == 4
    assert toy_graph.with_series(SERIES, SERIES_SOURCE).identity == told_graph.identity
    assert toy_graph.without_references({"PMID:1"}).with_series(SERIES, SERIES_SOURCE).identity == ""


def test_patients_are_counted(toy_graph):
    patients = [
        published_patient("p1", "OMIM:900002", "PMID:1", "HP:9000021", no=["HP:9000011"]),
        published_patient("p2", "OMIM:900002", "PMID:1", "HP:9000021"),
        published_patient("p3", NEW, "", "HP:9000011"),
    ]
    graph = toy_graph.with_patients(patients, "ours.zip")
    added = graph.associations_of("OMIM:900002")[len(toy_graph.associations_of("OMIM:900002")) :]
    assert [(a.term_id[-2:], str(a.frequency)) for a in added] == [
        ("18", "2 of 2 patients"),
        ("11", "0 of 1 patient"),
        ("21", "2 of 2 patients"),
    ]
    assert {(p.source, p.version, p.reference) for a in added for p in a.provenance} == {
        ("ours.zip", "as read", "PMID:1")
    }
    assert graph.versions["ours.zip"] == "as read"
    assert [a.provenance[0].reference for a in graph.findings_of(NEW)] == ["p3", "p3"]


def test_without_a_publication(told_graph):
    """PMID:90000001 is in the release, alone and with another; PMID:1 is in the series."""
    left = told_graph.without_references({"PMID:90000001", "PMID:1"})
    assert said(left.findings_of("OMIM:900001")) == []
    assert said(left.findings_of("ORPHA:901")) == said(told_graph.findings_of("ORPHA:901"))
    assert said(left.findings_of("OMIM:900002"))[-1] == ("OMIM:900002", "14", True)
    assert said(left.findings_of(NEW)) == [(NEW, "18", False), (NEW, "11", False)]
    assert list(left.diseases) == list(told_graph.diseases)
    assert left.disease_groups == told_graph.disease_groups
    assert left.identity == ""


def test_without_what_series_have_added(told_graph):
    left = told_graph.without_references({"PMID:90000001", "PMID:1"}, joined_only=True)
    assert said(left.findings_of("OMIM:900001")) == said(told_graph.findings_of("OMIM:900001"))
    assert said(left.findings_of(NEW)) == [(NEW, "18", False), (NEW, "11", False)]


def test_the_graph_itself_stays_whole(told_graph):
    n_edges = told_graph.network.number_of_edges()
    left = told_graph.without_references({"PMID:1"})
    assert left.network.number_of_edges() == n_edges - 4
    assert told_graph.network.number_of_edges() == n_edges
    assert len(told_graph.annotations) == len(left.annotations) + 4 == 25


def test_a_table_of_counts_is_a_source_of_the_graph(toy_sources, toy_graph, told_graph, tmp_path):
    sources = replace(toy_sources, counts=tmp_path / "counts.tsv.gz")
    write_counts(SERIES, SERIES_SOURCE, tmp_path / "counts.tsv.gz")
    built, cached = load_graph(sources, tmp_path / "cache"), load_graph(sources, tmp_path / "cache")
    for graph in (built, cached):
        assert graph.diseases == told_graph.diseases
        assert [graph.associations_of(d) for d in graph.diseases] == [
            told_graph.associations_of(d) for d in told_graph.diseases
        ]
        assert [graph.genes_of(d) for d in graph.diseases] == [told_graph.genes_of(d) for d in told_graph.diseases]
        assert graph.versions == told_graph.versions
    assert built.identity == cached.identity
    write_counts(SERIES[:1], SERIES_SOURCE, tmp_path / "counts.tsv.gz")
    other = load_graph(sources, tmp_path / "cache")
    assert len({built.identity, other.identity, toy_graph.identity}) == 3
    assert NEW not in other.diseases


@pytest.mark.release
def test_the_release_alone():
    graph = load_graph(bundled_sources(counts=False))
    assert graph.versions["hpo"] == graph.versions["hpoa"] == "2025-01-16"
    assert graph.counts() == {"terms": 19034, "diseases": 12687, "genes": 5126, "associations": 271702}
    assert graph.disease("OMIM:312750").name == "Rett syndrome"
    assert [g.symbol for g in graph.genes_of("OMIM:312750")] == ["MECP2"]


@pytest.mark.release
def test_the_release_with_published_counts(release_graph):
    series, source = load_counts()
    assert release_graph.versions == {"hpo": "2025-01-16", "hpoa": "2025-01-16", source.source: source.version}
    assert release_graph.disease("OMIM:312750").name == "Rett syndrome"
    added = {s.disease.disease_id for s in series}
    assert len(release_graph.diseases) - 12687 == len(added - set(list(release_graph.diseases)[:12687]))
    told = [s for s in series if s.disease.disease_id == "OMIM:154700"]
    totals = [a for a in release_graph.findings_of("OMIM:154700") if a.term_id == "HP:0000118"]
    assert [(a.provenance[0].reference, a.frequency.m) for a in totals] == [(s.reference, s.n_patients) for s in told]
    assert told
