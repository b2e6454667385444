"""What is exported can be read back, whole."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import networkx as nx
import pytest

from kg.errors import StorageError
from kg.export import ExportFormat, export_graph

N_NODES, N_EDGES = 27, 41  # 18 terms, 6 diseases, 3 genes; 18 is-a, 4 to genes, 19 statements
FIRST = {
    "predicate": "has_phenotype",
    "n": 7,
    "m": 8,
    "frequency": "7 of 8 patients",
    "onset": "HP:9000004",
    "modifiers": "HP:9000006",
    "evidence_code": "PCS",
    "references": "PMID:90000001;PMID:90000002",
}
EXCLUDED = {
    "predicate": "NOT has_phenotype",
    "excluded": True,
    "frequency": "0% of patients (excluded)",
    "evidence_code": "TAS",
    "references": "PMID:90000004",
}
CLASS = {
    "predicate": "has_phenotype",
    "frequency": "80% to 99% of patients (very frequent)",
    "evidence_code": "TAS",
    "references": "ORPHA:901",
}
STATEMENTS = {
    ("OMIM:900001", "HP:9000013"): [FIRST],
    ("OMIM:900003", "HP:9000023"): [EXCLUDED],
    ("ORPHA:901", "HP:9000013"): [CLASS],
    ("HP:9000024", "HP:9000022"): [{"predicate": "is_a"}],
    ("OMIM:900001", "NCBIGene:900101"): [{"predicate": "associated_gene"}],
}


def test_json_lines(toy_graph, tmp_path):
    path = tmp_path / "toy.jsonl"
    assert export_graph(toy_graph, path, ExportFormat.JSONL) == N_NODES + N_EDGES
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    nodes = [line for line in lines if line["type"] == "node"]
    edges = [line for line in lines if line["type"] == "edge"]
    assert (len(nodes), len(edges)) == (N_NODES, N_EDGES)
    assert {"type": "node", "id": "HP:9000011", "kind": "term", "name": "Large zorb"} in nodes
    assert {"type": "node", "id": "NCBIGene:900101", "kind": "gene", "name": "ZRB1"} in nodes
    for (start, end), expected in STATEMENTS.items():
        found = [e for e in edges if (e["source"], e["target"]) == (start, end)]
        assert found == [{"type": "edge", "source": start, "target": end} | facts for facts in expected]


def test_graphml(toy_graph, tmp_path):
    path = tmp_path / "toy.graphml"
    assert export_graph(toy_graph, path, ExportFormat.GRAPHML) == N_NODES + N_EDGES
    network = nx.read_graphml(path, force_multigraph=True)
    assert (len(network), network.number_of_edges()) == (N_NODES, N_EDGES)
    assert dict(network.nodes(data="name")) == dict(toy_graph.network.nodes(data="name"))
    assert network.graph["hpo"] == "2030-01-01"
    for (start, end), expected in STATEMENTS.items():
        found = [{k: v for k, v in e.items() if k != "id"} for e in network.get_edge_data(start, end).values()]
        assert found == expected
    assert sorted((a, b) for a, b in network.edges()) == sorted((a, b) for a, b in toy_graph.network.edges())


@pytest.mark.parametrize("form", list(ExportFormat))
def test_an_older_file_is_replaced_in_one_step(toy_graph, tmp_path, form):
    path = tmp_path / "toy"
    path.write_text("old")
    export_graph(toy_graph, path, form)
    assert path.read_text() != "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("form", list(ExportFormat))
@pytest.mark.parametrize("name", ["file/toy", "gone/toy", "folder"])
def test_an_unwritable_place_is_named_in_one_line(toy_graph, tmp_path: Path, form, name):
    (tmp_path / "file").touch()
    (tmp_path / "folder" / "something").mkdir(parents=True)
    with pytest.raises(StorageError, match=f"^cannot write {tmp_path / name}: ") as refused:
        export_graph(toy_graph, tmp_path / name, form)
    assert len(str(refused.value).splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("form", list(ExportFormat))
def test_a_link_still_leads_to_the_file(toy_graph, tmp_path, form):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    export_graph(toy_graph, link, form)
    assert link.is_symlink()
    assert real.read_text() != "old"
    assert sorted(tmp_path.iterdir()) == [link, real]


@pytest.mark.parametrize("form", list(ExportFormat))
def test_a_pipe_is_written_straight(toy_graph, tmp_path, form):
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # so that nobody waits for ever where it is replaced
    with os.fdopen(reader, "rb") as read, ThreadPoolExecutor(1) as pool:
        written = pool.submit(export_graph, toy_graph, pipe, form)
        content = b""
        while not written.done():
            content += read.read() or b""
        content += read.read() or b""
    export_graph(toy_graph, file, form)
    assert pipe.is_fifo()
    assert content == file.read_bytes()
