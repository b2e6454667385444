"""Further sources in the toy graph: one disease is one node, symptoms are terms, and nothing is lost unsaid."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import networkx as nx
import pytest

from kg import cache
from kg.build import SourceFiles, build_graph, load_graph
from kg.catalogue import SOURCES, find_files, parse_sources
from kg.datasets import DataSet
from kg.errors import NotReadyError, SourceError, UnknownIdError, UsageError
from kg.export import ExportFormat, export_graph
from kg.graph import KnowledgeGraph
from kg.schema import Concept, ConceptKind, CrossReference, Disease, RelationKind
from kg.sources.records import Symptom
from kg.symptom_mapping import MappedBy, SymptomMapping, TableRow
from tests.toy import ALPHA, ALPHA_ORPHA, BETA, GAMMA, SERIES_SOURCE, STRIPED, VERY_LARGE, WOBBLING, counted_series
from tests.toy_sources import every_source, source_file

PSVT = "DDXPLUS:paroxysmal-supraventricular-tachycardia"


@pytest.fixture(scope="module")
def sources(toy_sources: SourceFiles, tmp_path_factory: pytest.TempPathFactory) -> SourceFiles:
    """The toy release and every further source."""
    return replace(toy_sources, further=every_source(tmp_path_factory.mktemp("sources")))


@pytest.fixture(scope="module")
def graph(sources: SourceFiles) -> KnowledgeGraph:
    """All of them joined."""
    return build_graph(sources)


def said(relations):
    return [(r.subject_id, r.kind, r.object_id, r.provenance.source) for r in relations]


# One disease, one node


def test_entries_of_the_disease_ontology_are_names_or_nodes(graph, toy_graph):
    assert graph.equivalents("DOID:1") == (ALPHA, ALPHA_ORPHA, "DOID:1")  # by Mondo
    assert graph.equivalents("DOID:4") == (GAMMA, "DOID:4")  # by the ontology's own cross reference
    assert graph.equivalents("DOID:3") == ("DOID:3",)  # a disease that the release does not have
    assert graph.disease("DOID:3") == Disease(
        disease_id="DOID:3", name="zorbitis", definition="A disease of the zorb.", parent_ids=("DOID:2",)
    )
    for group in toy_graph.disease_groups:
        assert graph.equivalents(group[0])[: len(group)] == group
        assert graph.findings_of(group[0]) == toy_graph.findings_of(group[0])
        assert graph.genes_of(group[0]) == toy_graph.genes_of(group[0])


def test_ids_of_other_vocabularies_mean_the_disease(graph):
    assert graph.disease("MONDO:1").disease_id == ALPHA
    assert graph.disease("MESH:D01").disease_id == ALPHA  # through the class of Mondo
    assert graph.disease("MESH:D03") is graph.disease("UMLS:C03") is graph.diseases["DOID:3"]
    assert graph.node("MESH:D03") is graph.diseases["DOID:3"]
    assert graph.equivalents("MONDO:1") == graph.equivalents(ALPHA)
    assert graph.other_ids_of(ALPHA_ORPHA) == ("MESH:D01", "MONDO:1")
    assert graph.entry_id("MESH:D99") is None
    with pytest.raises(UnknownIdError, match="MESH:D99 is not a disease of this graph"):
        graph.disease("MESH:D99")


def test_a_disease_that_no_entry_is_becomes_a_node_where_something_is_said_of_it(graph):
    assert graph.disease("MONDO:9").name == "rare thing"  # Mondo's name goes before the speaker's
    assert graph.disease("DOID:77").name == "old disease"
    assert graph.disease(PSVT).name == "Paroxysmal supraventricular tachycardia"
    assert "MONDO:8" not in graph.diseases


def test_an_id_that_means_two_diseases_means_none(graph):
    provenance = graph.cross_references[0].provenance
    references = [
        CrossReference(disease_id=d, other_id=other, provenance=provenance)
        for d, other in (("DOID:3", "MESH:D7"), ("DOID:4", "MESH:D7"), ("DOID:4", "MESH:D8"), ("DOID:3", "OMIM:7"))
    ]
    diseases = tuple(graph.diseases.values())
    names = KnowledgeGraph(graph.ontology, diseases, graph.annotations, {}, {}, cross_references=references)
    assert [names.entry_id(f"MESH:D{n}") for n in (7, 8)] == [None, "DOID:4"]
    assert names.entry_id("OMIM:7") is None  # no entry of the release, and what refers to it may be a family


# Symptoms


def test_findings_come_with_their_source(graph):
    found = {(a.term_id, a.evidence_code, a.provenance[0].source) for a in graph.findings_of("DOID:3")}
    assert found == {
        (VERY_LARGE, "IEA", "toy do-facets"),  # what it implies is left out
        (STRIPED, "", "toy do-symptoms"),
        (WOBBLING, "IEA", "toy hetionet-edges"),
    }
    assert [a.term_id for a in graph.associations_of("DOID:3") if str(a.predicate) == "has_clinical_course"] == [
        "HP:9000004"
    ]


def test_symptoms_without_a_term_are_listed_and_counted(graph):
    summaries = {s.source: s for s in graph.summaries}
    assert [(u.symptom_id, u.name, u.n_statements) for u in summaries["do"].unmapped] == [
        ("SYMP:2", "unease", 1),
        ("SYMP:3", "frailty", 1),
    ]
    assert summaries["do"].left_out == {"statements about a symptom without an HPO term": 2}
    assert summaries["do"].counts["findings"] == 3
    assert summaries["do"].counts["symptoms mapped by name"] == 1
    assert summaries["maxo"].left_out == {
        "actions whose relation is 'unknown'": 1,
        "statements about a term that HPO 2030-01-01 does not have": 1,
    }
    assert summaries["medquad"].left_out == {"pages about what is no disease of the graph, or several": 1}


def test_one_source_goes_without_the_others(toy_sources, tmp_path):
    files = {s: source_file(tmp_path, s) for s in SOURCES["do"].sets}
    alone = build_graph(replace(toy_sources, further={"do": files}))
    assert STRIPED in {a.term_id for a in alone.findings_of("DOID:3")}  # by the name in the table itself
    assert alone.equivalents("DOID:1") == (BETA, "DOID:1")  # by its own reference, where Mondo does not say otherwise


def test_what_says_which_term_a_symptom_is(toy_graph):
    mapping = SymptomMapping(
        toy_graph.ontology,
        {STRIPED: ("UMLS:C1", "UMLS:C2"), WOBBLING: ("UMLS:C2",), "HP:9000002": ("UMLS:C3",)},
        [(WOBBLING, "shaky flim"), (STRIPED, "odd"), (WOBBLING, "odd")],
        {
            "T:1": TableRow(label="a", term_id=WOBBLING, note=""),
            "T:2": TableRow(label="b", term_id="", note="too broad"),
            "T:9": TableRow(label="c", term_id="HP:9999999", note=""),
        },
    )

    def find(symptom_id, name, *synonyms, ids=()):
        return mapping.find(Symptom(symptom_id=symptom_id, name=name, synonyms=synonyms, other_ids=ids))

    assert find("T:1", "striped zorb") == (WOBBLING, MappedBy.TABLE)
    assert find("T:2", "striped zorb") is None  # a person looked, and found none
    assert mapping.note("T:2") == "too broad"
    assert find("T:9", "striped zorb") is None  # a term of another release
    assert find("T:3", "Zorb, striped") == (STRIPED, MappedBy.NAME)
    assert find("T:3", "x", "Striped zorbs") == (STRIPED, MappedBy.SYNONYM)
    assert find("T:3", "x", ids=("UMLS:C1",)) == (STRIPED, MappedBy.CROSS_REFERENCE)
    assert find("T:3", "x", ids=("UMLS:C2",)) is None  # two terms
    assert find("T:3", "x", ids=("UMLS:C3",)) is None  # no finding
    assert find("T:3", "shaky flim") == (WOBBLING, MappedBy.WORDING)
    assert find("T:3", "odd") is None


# Treatments, risk factors, tests, pages


def test_treatments_of_every_name_of_a_disease(graph):
    assert said(graph.treatments_of("MONDO:1")) == [
        ("DRUGBANK:DB2", RelationKind.PALLIATES, "DOID:1", "toy indications"),
        ("MAXO:1", RelationKind.TREATS, ALPHA, "toy maxo"),
    ]
    assert graph.treatments_of(ALPHA) == graph.treatments_of(ALPHA_ORPHA) == graph.treatments_of("DOID:1")
    assert said(graph.treatments_of("MONDO:9")) == [("MAXO:1", RelationKind.CONTRAINDICATED, "MONDO:9", "toy maxo")]
    assert graph.treatments_of(BETA) == ()
    assert graph.relations.concept("DRUGBANK:DB2") == Concept(
        concept_id="DRUGBANK:DB2", name="Flimol", kind=ConceptKind.DRUG
    )
    with pytest.raises(UnknownIdError, match="DRUGBANK:DB9 is not a drug"):
        graph.relations.concept("DRUGBANK:DB9")


def test_risk_factors_tests_and_pages(graph):
    (risk,) = graph.risk_factors_of(PSVT)
    assert graph.relations.concept(risk.object_id).name == "Smoking"  # the project's word for the question
    assert [(r.subject_id, r.kind) for r in graph.tests_for(STRIPED)] == [
        ("MAXO:2", RelationKind.OBSERVES),
        ("MAXO:3", RelationKind.OBSERVES_PRENATALLY),
    ]
    assert graph.tests_for(WOBBLING) == ()
    assert [r.object_id for r in graph.pages_of("DOID:3")] == ["https://nih.example/1", "https://nih.example/2"]
    assert graph.node("flimol") == graph.relations.concepts["DRUGBANK:DB2"]


def test_without_a_publication_its_relations_are_gone_too(graph):
    left = graph.without_references({"PMID:7"})
    assert [r.subject_id for r in left.treatments_of(ALPHA)] == ["DRUGBANK:DB2"]
    assert len(graph.treatments_of(ALPHA)) == 2
    told = graph.with_series([counted_series(BETA, "PMID:1", 2, {STRIPED: (1, 2)})], SERIES_SOURCE)
    assert told.treatments_of(ALPHA) == graph.treatments_of(ALPHA)
    assert told.summaries == graph.summaries
    assert told.entry_id("MESH:D03") == "DOID:3"


# Contradictions


def test_contradicting_sources_are_both_kept_and_shown(graph):
    (treatment,) = graph.conflicts_of("DOID:3")
    assert treatment.about_id == "DRUGBANK:DB1"
    assert said(treatment.statements) == [
        ("DRUGBANK:DB1", RelationKind.TREATS, "DOID:3", "toy hetionet-edges"),
        ("DRUGBANK:DB1", RelationKind.NO_BENEFIT, "DOID:3", "toy indications"),
    ]
    (identity,) = graph.conflicts_of(ALPHA)  # DO takes DOID:1 for OMIM:900002, which Mondo has in another class
    assert (identity.about_id, identity.statements[0].disease_id) == (BETA, "DOID:1")
    assert [c.about_id for c in graph.conflicts_of(BETA)] == ["DOID:1"]
    assert graph.equivalents(BETA) == (BETA,)
    assert graph.conflicts_of(GAMMA) == ()


def test_a_denied_finding_contradicts_a_stated_one_and_a_count_of_none_does_not(toy_graph):
    brittle = "HP:9000021"
    stated = toy_graph.with_series([counted_series(ALPHA, "PMID:1", 4, {brittle: (3, 4)})], SERIES_SOURCE)
    (conflict,) = stated.conflicts_of(ALPHA)
    assert (conflict.about_id, [a.excluded for a in conflict.statements]) == (brittle, [False, True])
    uncounted = toy_graph.with_series([counted_series(ALPHA, "PMID:1", 4, {VERY_LARGE: (0, 4)})], SERIES_SOURCE)
    assert uncounted.conflicts_of(ALPHA) == ()


# The cache, the network, exports


def facts(graph: KnowledgeGraph) -> tuple[object, ...]:
    return (
        graph.identity,
        graph.versions,
        graph.diseases,
        graph.disease_groups,
        [graph.associations_of(d) for d in graph.diseases],
        graph.relations.relations,
        graph.relations.concepts,
        graph.cross_references,
        graph.mondo_ids,
        [(s.source, dict(s.counts), dict(s.left_out), s.unmapped) for s in graph.summaries],
    )


def test_what_is_loaded_equals_what_was_built(sources, graph, tmp_path):
    assert facts(load_graph(sources, tmp_path)) == facts(load_graph(sources, tmp_path)) == facts(graph)
    (folder,) = tmp_path.iterdir()
    manifest = cache.read_json(folder / "manifest.json")
    assert manifest["versions"]["do-names"] == "1"
    assert manifest["counts"]["relations: treats"] == 2
    assert manifest["sources"]["do"]["left out"] == {"statements about a symptom without an HPO term": 2}
    assert "symptom terms" in manifest["identity"]


def test_relations_are_edges_of_the_network(graph):
    assert graph.network.nodes["MAXO:2"] == {"kind": "medical action", "name": "zorbography"}
    assert ("observes", "MAXO:2", False) in graph.neighbours(STRIPED)
    assert ("has_no_benefit_in", "DRUGBANK:DB1", False) in graph.neighbours("DOID:3")
    assert ("is_a", "DOID:2", True) in graph.neighbours("DOID:3")
    assert graph.shortest_path("MAXO:2", "DOID:3") == ("MAXO:2", STRIPED, "DOID:3")
    ((predicate, forward, record),) = graph.statements_between("MAXO:2", STRIPED)
    assert (predicate, forward, record) == ("observes", True, graph.tests_for(STRIPED)[0])


def test_relations_are_exported_with_who_says_so(graph, tmp_path):
    export_graph(graph, tmp_path / "g.jsonl", ExportFormat.JSONL)
    lines = [json.loads(line) for line in (tmp_path / "g.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {
        "type": "edge",
        "source": "MAXO:1",
        "target": "MONDO:9",
        "predicate": "is_contraindicated_in",
        "term": VERY_LARGE,
        "note": "flimol",
        "source_name": "toy maxo",
        "evidence_code": "PCS",
        "references": "PMID:8",
    } in lines
    export_graph(graph, tmp_path / "g.graphml", ExportFormat.GRAPHML)
    assert nx.read_graphml(tmp_path / "g.graphml").nodes["DRUGBANK:DB1"] == {"kind": "drug", "name": "Zorbicin"}


# Files


def test_names_of_sources():
    assert parse_sources("hpo") == ()
    assert parse_sources("do, mondo,hpo") == ("mondo", "do")
    assert parse_sources("all") == tuple(SOURCES)
    for text in ("", "do,snomed"):
        with pytest.raises(UsageError, match=r"expected sources among hpo, mondo, do, .*, or all; got"):
            parse_sources(text)


def offered(folder: Path, **fields: str) -> list[DataSet]:
    usual = {
        "name": "symptom-ontology",
        "description": "Toy symptoms: invented",
        "path": source_file(folder, "symptom-ontology").path.name,
        "url": "https://example.org",
        "home": "https://example.org",
        "version": "3",
        "licence": "CC0-1.0",
        "citation": "none",
    }
    return [DataSet(**{**usual, **fields})]


def test_files_are_found_with_title_version_and_licence(tmp_path):
    file = find_files(["symp"], tmp_path, offered(tmp_path))["symp"]["symptom-ontology"]
    assert (file.path, file.pull) == (tmp_path / "symp.obo", "symptom-ontology")
    assert (file.provenance.source, file.provenance.version) == ("Toy symptoms", "3")
    latest = find_files(["symp"], tmp_path, offered(tmp_path, version="latest"))["symp"]["symptom-ontology"]
    assert latest.provenance.version == "sha256 " + cache.checksum(file.path)[:12]


def test_a_file_that_is_not_here_says_how_to_get_it(tmp_path):
    manifest = offered(tmp_path)
    (tmp_path / "symp.obo").unlink()
    with pytest.raises(NotReadyError, match=r"symp\.obo is not here: citedx data pull symp, or name the folder"):
        find_files(["symp"], tmp_path, manifest)


def test_a_wrong_checksum_is_refused_and_the_old_graph_stays(toy_sources, tmp_path):
    manifest = offered(tmp_path, sha256=cache.checksum(source_file(tmp_path, "symptom-ontology").path))
    good = replace(toy_sources, further=find_files(["symp"], tmp_path, manifest))
    before = facts(load_graph(good, tmp_path / "cache"))
    (tmp_path / "symp.obo").write_text("[Term]\nid: SYMP:1\nname: other\n")
    with pytest.raises(SourceError, match=r"symp\.obo: it is not what was published: its sha256 is .*data pull symp"):
        load_graph(replace(toy_sources, further=find_files(["symp"], tmp_path, manifest)), tmp_path / "cache")
    source_file(tmp_path, "symptom-ontology")
    assert facts(load_graph(toy_sources, tmp_path / "cache"))[2] == before[2]
    assert len([p for p in (tmp_path / "cache").iterdir() if p.name.startswith("graph-")]) == 2


@pytest.mark.parametrize(
    ("source", "name"), [(source, name) for source in SOURCES for name in SOURCES[source].sets], ids=lambda part: part
)
@pytest.mark.parametrize(
    "damage",
    [lambda whole: whole[: len(whole) // 2], lambda _: b"", lambda _: b"<!DOCTYPE html><html>busy</html>"],
    ids=["half", "empty", "a page of the server"],
)
def test_a_damaged_file_is_one_line_and_the_old_graph_stays(toy_sources, tmp_path, source, name, damage):
    files = {s: source_file(tmp_path, s) for s in SOURCES[source].sets}
    load_graph(toy_sources, tmp_path / "cache")
    kept = {p: cache.checksum(p) for p in (tmp_path / "cache").rglob("*") if p.is_file()}
    files[name].path.write_bytes(damage(files[name].path.read_bytes()))
    with pytest.raises(SourceError) as raised:
        load_graph(replace(toy_sources, further={source: files}), tmp_path / "cache")
    line = str(raised.value)
    assert str(files[name].path) in line
    assert f"citedx data pull {name} --overwrite" in line
    assert "\n" not in line
    assert {p: cache.checksum(p) for p in (tmp_path / "cache").rglob("*") if p.is_file()} == kept


def test_the_checksum_of_what_is_stored_gzipped_is_of_what_is_inside(toy_sources, tmp_path):
    file = source_file(tmp_path, "hetionet-nodes")
    plain = tmp_path / "plain"
    plain.write_bytes(gzip.decompress(file.path.read_bytes()))
    files = {
        "hetionet-nodes": replace(file, sha256=cache.checksum(plain), is_packed_here=True),
        "hetionet-edges": source_file(tmp_path, "hetionet-edges"),
    }
    assert "DOID:77" in build_graph(replace(toy_sources, further={"hetionet": files})).diseases
    file.path.write_bytes(file.path.read_bytes()[:30])
    with pytest.raises(SourceError, match=r"nodes\.tsv\.gz: it is damaged or cut off"):
        build_graph(replace(toy_sources, further={"hetionet": files}))
