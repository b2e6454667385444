"""The command line from outside: what is printed, where, and with which exit code."""

from __future__ import annotations

import io
import json
import re
import socket
import sys
from pathlib import Path
from typing import NamedTuple

import networkx as nx
import pytest
from fastapi.testclient import TestClient

from kg.catalogue import HPO
from kg.common_schema import Setting
from kg.datasets import load_manifest
from kg.errors import StorageError
from retrieval.features import FEATURES
from tests.ui.fakes import FakeAssistant
from ui.cli import _prepare, main
from ui.sources_option import load_graph_of

pytestmark = pytest.mark.release

STORY = "A boy with seizures and ectopia lentis. No hearing impairment."


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def citedx(monkeypatch, capsys):
    """Runs the command as the console script does."""

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["citedx", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), printed.out, printed.err)

    return run


def test_findings_as_json_have_exact_offsets(citedx):
    outcome = citedx("findings", STORY, "--json")
    findings = json.loads(outcome.out)["findings"]
    assert outcome.code == 0
    assert [(f["id"], f["excluded"]) for f in findings] == [
        ("HP:0001250", False),
        ("HP:0001083", False),
        ("HP:0000365", True),
    ]
    assert all(STORY[f["start"] : f["end"]] == f["quote"] for f in findings)


def test_findings_are_marked_in_the_story_and_listed(citedx):
    outcome = citedx("findings", STORY)
    first, *_ = outcome.out.splitlines()
    assert first == "A boy with [+seizures] and [+ectopia lentis]. No [-hearing impairment]."
    assert '  absent   HP:0000365  Hearing impairment  "hearing impairment"' in outcome.out.splitlines()
    assert outcome.err == ""


def test_a_story_may_come_from_a_pipe(citedx, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(STORY.encode()), "utf-8"))
    outcome = citedx("findings", "--file", "-", "--json")
    assert [f["id"] for f in json.loads(outcome.out)["findings"]] == ["HP:0001250", "HP:0001083", "HP:0000365"]


def test_a_phenopacket_is_no_story(citedx, tmp_path):
    file = tmp_path / "case.json"
    file.write_text('{"id": "p", "phenotypicFeatures": [{"type": {"id": "HP:0001250", "label": "Seizure"}}]}')
    outcome = citedx("findings", "--file", str(file))
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"citedx: {file} is a phenopacket, not a story: citedx diagnose --phenopacket {file}\n"


def test_doctor_fails_where_something_does(citedx, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CITEDX_CACHE", str(tmp_path / "file" / "cache"))
    outcome = citedx("doctor")
    assert outcome.code == 2
    assert "FAIL  cache: cannot write" in outcome.out
    assert "ok    python: " in outcome.out


def test_a_damaged_data_set_is_named_and_the_command_fails(citedx, monkeypatch, tmp_path):
    monkeypatch.setenv("CITEDX_DATA", str(tmp_path))
    assert citedx("data", "verify").code == 0  # nothing is there
    file = tmp_path / next(d.path for d in load_manifest() if d.name == "medquad")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no archive")
    outcome = citedx("data", "verify")
    assert outcome.code == 1
    assert re.search(r"^(broken|changed) +medquad", outcome.out, re.MULTILINE)


def test_a_long_story_is_read_to_the_end(citedx, tmp_path):
    file = tmp_path / "story.txt"
    file.write_text("Nothing else was seen. " * 5_000 + STORY)
    outcome = citedx("findings", "--file", str(file), "--json")
    assert [f["id"] for f in json.loads(outcome.out)["findings"]] == ["HP:0001250", "HP:0001083", "HP:0000365"]
    assert outcome.err == ""


def test_diagnose_as_json_cites_only_what_is_there(citedx):
    outcome = citedx("diagnose", STORY, "--json", "--no-cases", "-k", "3")
    answer = json.loads(outcome.out)
    numbers = [e["id"] for e in answer["evidence"]]
    cited = {c for d in answer["diagnoses"] for claim in d["claims"] for c in claim["citations"]}
    assert [d["rank"] for d in answer["diagnoses"]] == [1, 2, 3]
    assert numbers == [f"E{i}" for i in range(1, len(numbers) + 1)]
    assert cited
    assert cited <= set(numbers)
    assert answer["abstained"] is None
    assert answer["versions"]["cases"] == "none"


def test_a_story_from_a_file_is_the_story(citedx, tmp_path):
    file = tmp_path / "story.txt"
    file.write_text(STORY, encoding="utf-16")
    assert citedx("findings", "--file", str(file), "--json").out == citedx("findings", STORY, "--json").out


def test_old_ids_become_current_ones(citedx):
    answer = json.loads(citedx("diagnose", "--hpo", "HP:0001303,-HP:0000365", "--json", "--no-cases").out)
    assert [(f["id"], f["excluded"]) for f in answer["findings"]] == [("HP:0001250", False), ("HP:0000365", True)]


def test_a_phenopacket_with_an_unknown_term_goes_on_without_it_and_says_so(citedx, tmp_path):
    packet = tmp_path / "packet.json"
    features = [{"type": {"id": i, "label": "x"}} for i in ("HP:0001250", "HP:9912345")]
    packet.write_text(json.dumps({"id": "p", "phenotypicFeatures": features, "metaData": {}}))
    outcome = citedx("diagnose", "--phenopacket", str(packet), "--json", "--no-cases")
    assert [f["id"] for f in json.loads(outcome.out)["findings"]] == ["HP:0001250"]
    assert outcome.err == "citedx: left out, unknown to HPO 2025-01-16: HP:9912345\n"


def test_what_is_said_of_a_file_does_not_steer_the_terminal(citedx, tmp_path):
    packet = tmp_path / "packet.json"
    features = [{"type": {"id": i, "label": "x"}} for i in ("HP:0001250", "HP:\x1b]0;x\x07")]
    packet.write_text(json.dumps({"id": "p", "phenotypicFeatures": features, "metaData": {}}))
    said = [
        citedx("diagnose", "--phenopacket", str(packet), "--no-cases", "--reader", "graph").err,
        citedx("findings", "--file", str(tmp_path / "no\x1b[2J")).err,
    ]
    assert "left out, unknown to HPO 2025-01-16: HP:␛]0;x␇" in said[0]
    assert "no␛[2J: No such file" in said[1]
    assert not set("\x1b\x07") & set("".join(said))


@pytest.mark.parametrize(
    ("arguments", "patient"),
    [
        (["A 7-year-old girl with seizures."], {"sex": "FEMALE", "age": "P7Y"}),
        (["A 7-year-old girl with seizures.", "--age", "P3M", "--sex", "male"], {"sex": "MALE", "age": "P3M"}),
        (["--hpo", "HP:0001250", "--age", "40"], {"sex": None, "age": "P40Y"}),
        (["--hpo", "HP:0001250"], {"sex": None, "age": None}),
    ],
)
def test_age_and_sex_are_those_of_the_story_or_those_given(citedx, arguments, patient):
    answer = json.loads(citedx("diagnose", *arguments, "--json", "--no-cases", "--reader", "graph").out)
    assert answer["patient"] == patient


def test_age_and_sex_of_a_phenopacket(citedx, tmp_path):
    packet = tmp_path / "packet.json"
    subject = {"id": "s", "sex": "MALE", "timeAtLastEncounter": {"age": {"iso8601duration": "P2Y6M"}}}
    features = [{"type": {"id": "HP:0001250", "label": "Seizure"}}]
    packet.write_text(json.dumps({"id": "p", "subject": subject, "phenotypicFeatures": features, "metaData": {}}))
    outcome = citedx("diagnose", "--phenopacket", str(packet), "--json", "--no-cases", "--reader", "graph")
    assert json.loads(outcome.out)["patient"] == {"sex": "MALE", "age": "P2Y6M"}


def test_a_case_is_saved_and_read_again_and_a_report_is_written(citedx, tmp_path):
    packet, pdf, markdown = tmp_path / "case.json", tmp_path / "case.PDF", tmp_path / "case.md"
    quick = ["--no-cases", "--reader", "graph", "--json", "-k", "2"]
    told = f"A 7-year-old girl. {STORY.removeprefix('A boy with ').capitalize()}"
    first = citedx("diagnose", told, *quick, "--save-phenopacket", str(packet), "--report", str(pdf))
    again = citedx("diagnose", "--file", str(packet), *quick, "--report", str(markdown))
    assert (first.code, again.code, again.err) == (0, 0, "")
    one, other = json.loads(first.out), json.loads(again.out)
    assert [(f["id"], f["excluded"]) for f in one["findings"]] == [(f["id"], f["excluded"]) for f in other["findings"]]
    assert (one["patient"], one["diagnoses"]) == (other["patient"], other["diagnoses"])
    assert other["patient"] == {"sex": "FEMALE", "age": "P7Y"}
    assert "girl" not in packet.read_text()
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert one["diagnoses"][0]["name"] in markdown.read_text()


@pytest.mark.parametrize("story", ["He has a nice car.", "No seizures."])
def test_nothing_usable_is_an_abstention_not_an_error(citedx, story):
    outcome = citedx("diagnose", story, "--json", "--no-cases")
    answer = json.loads(outcome.out)
    assert outcome.code == 0
    assert answer["diagnoses"] == []
    assert answer["abstained"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["diagnose"], "give the patient in exactly one way"),
        (["diagnose", "x", "--hpo", "HP:0001250"], "got TEXT and --hpo"),
        (["diagnose", ""], "the text is empty"),
        (["diagnose", STORY, "--report", "out.docx"], "a report is written to a file that ends in .md or .pdf"),
        (["diagnose", STORY, "--report", "no-such-folder/out.md"], "its folder is not there"),
        (["chat", "--root-path", "citedx"], "--root-path is a path such as /citedx, got citedx"),
        (["diagnose", "seizure " * 130_000], "more than the limit of 1,000,000"),
        (["diagnose", "--hpo", "HP:9999999"], "HP:9999999 is not a term of HPO 2025-01-16"),
        (["diagnose", "--hpo", "OMIM:154700"], "OMIM:154700 is a disease"),
        (["diagnose", "--hpo", "HP:0000006"], "HP:0000006"),
        (["diagnose", "--hpo", "HP:0001250", "--age", "old"], "an age is a number of years up to 120"),
        (["diagnose", "--hpo", "HP:0001250", "--age", "200"], "got '200'"),
        (["diagnose", "x", "--quantise"], "name one with --model"),
        (["diagnose", "seizures", "--model", "no/such/folder"], "no/such/folder"),
        (["diagnose", "--file", "nowhere.txt"], "cannot read nowhere.txt: No such file"),
        (["diagnose", "--phenopacket", "nowhere.json"], "cannot read the phenopacket nowhere.json"),
        (["diagnose", "x", "--no-cases", "--library", "x.zip"], "leave out --no-cases"),
        (["findings"], "got none"),
        (["graph", "show", "Rett syndrom"], "did you mean OMIM:312750 (Rett syndrome)"),
        (["graph", "explain", "HP:0001250", "--hpo", "HP:0001250"], "HP:0001250 is not a disease"),
        (["graph", "path", "MECP2", "nobody"], "'nobody'"),
        (["chat", "--auth", "nobody"], "--auth needs USER:PASS"),
        (["data", "pull", "nothing"], "no data set is called 'nothing'"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(citedx, arguments, says):
    outcome = citedx(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("citedx: ")
    assert outcome.err.count("\n") == 1
    assert says in outcome.err


def test_binary_bytes_are_no_story(citedx, tmp_path):
    file = tmp_path / "image.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    outcome = citedx("diagnose", "--file", str(file))
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "not a text file" in outcome.err


def test_a_model_on_another_machine_is_refused_unless_it_is_allowed(citedx):
    outcome = citedx("diagnose", "seizures", "--model", "http://example.org/v1", "--no-cases", "--reader", "graph")
    assert outcome.code == 2
    assert "example.org is not an address of this machine" in outcome.err
    assert "--may-leave-machine" in outcome.err


def test_a_broken_phenopacket_is_named(citedx, tmp_path):
    for name, content, says in (("a.json", "{", "is not JSON"), ("b.json", '{"a": 1}', "is not a phenopacket")):
        file = tmp_path / name
        file.write_text(content)
        outcome = citedx("diagnose", "--phenopacket", str(file))
        assert (outcome.code, outcome.err.count("\n")) == (2, 1)
        assert f"{file} {says}" in outcome.err


def test_a_port_in_use_is_found_before_anything_is_built(citedx, monkeypatch, tmp_path):
    monkeypatch.setenv("CITEDX_CACHE", str(tmp_path / "empty"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = citedx("chat", "--port", str(port))
    assert outcome.code == 2
    assert f"127.0.0.1:{port} (Address already in use)" in outcome.err
    assert not (tmp_path / "empty").exists()


def test_the_page_answers_to_this_machine_s_names_and_those_allowed(citedx, monkeypatch):
    monkeypatch.setattr("ui.cli.load_assistant", lambda **_: FakeAssistant())
    monkeypatch.setattr("ui.shared_assistant.compute_in_one_thread", lambda: None)  # of the whole process

    def visit(load, host, port):
        with TestClient(load()) as client:
            for name in (host, "ward.example", "elsewhere.example"):
                print(client.get("/health", headers={"Host": f"{name}:{port}"}).status_code)

    monkeypatch.setattr("ui.serving.run", visit)
    assert citedx("chat").out.split() == ["200", "421", "421"]
    assert citedx("chat", "--allowed-host", "ward.example").out.split() == ["200", "200", "421"]
    assert citedx("chat", "--auth", "doctor:secret").out.split() == ["200", "200", "200"]


def test_the_page_is_served_as_the_options_say(citedx, monkeypatch):
    loaded = []
    monkeypatch.setattr("ui.cli.load_assistant", lambda **options: loaded.append(options) or FakeAssistant())
    monkeypatch.setattr("ui.shared_assistant.compute_in_one_thread", lambda: None)  # of the whole process

    def visit(load, host, port):
        with TestClient(load()) as client:
            print(host, port, client.get("/config").status_code)
            client.post("/login", data={"username": "doctor", "password": "secret"})
            print(client.get("/config").json().get("root"))

    monkeypatch.setattr("ui.serving.run", visit)
    options = ("--host", "10.0.0.1", "--port", "7997", "--root-path", "/ward/citedx", "--setting", "emergency")
    assert citedx("chat", *options, "--auth", "doctor:secret").out.split() == [
        "10.0.0.1",
        "7997",
        "401",
        "http://testserver/ward/citedx",
    ]
    assert loaded[0]["setting"] is Setting.EMERGENCY
    monkeypatch.setenv("CITEDX_AUTH", "doctor:secret")
    assert citedx("chat").out.split()[:3] == ["127.0.0.1", "7860", "401"]


def test_what_is_loaded_beside_the_page_and_fails_is_one_line(capsys):
    class Full(FakeAssistant):
        def prepare(self):
            raise StorageError("cannot write the cache")

    _prepare(Full())
    assert capsys.readouterr() == ("", "citedx: cannot write the cache\n")


def test_what_cannot_be_encoded_is_shown_as_an_escape(citedx):
    outcome = citedx("findings", "Seizures \udce9.")  # as Python has an argument that is no UTF-8
    assert (outcome.code, outcome.err) == (0, "")
    assert "[+Seizures] \\udce9." in outcome.out
    outcome = citedx("findings", "Seizures \udce9.", "--json")
    assert json.loads(outcome.out)["findings"][0]["quote"] == "Seizures"


def test_a_file_that_may_not_be_looked_at_is_one_line(citedx, monkeypatch):
    monkeypatch.setattr("ui.cli._run", lambda: (Path("/proc/1/mem") / "x").read_text())
    outcome = citedx()
    assert (outcome.code, outcome.err) == (1, "citedx: cannot use /proc/1/mem/x: Not a directory\n")


def test_an_answer_is_shown_though_its_report_cannot_be_written(citedx, tmp_path):
    (tmp_path / "full.md").symlink_to("/dev/full")
    outcome = citedx("diagnose", STORY, "--no-cases", "--report", str(tmp_path / "full.md"))
    assert outcome.code == 1
    assert "1." in outcome.out
    assert outcome.err == f"citedx: cannot write {tmp_path / 'full.md'}: No space left on device\n"


def test_a_place_that_may_not_be_written_is_found_before_anything_is_built(citedx, monkeypatch, tmp_path):
    monkeypatch.setattr("os.access", lambda *_: False)
    outcome = citedx("diagnose", STORY, "--report", str(tmp_path / "a.md"))
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"citedx: cannot write {tmp_path / 'a.md'}: permission denied; name another place\n"


def test_an_unwritable_cache_is_found_before_anything_is_built(citedx, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CITEDX_CACHE", str(tmp_path / "file" / "cache"))
    outcome = citedx("graph", "show", "HP:0001250")
    assert outcome.code == 1
    assert outcome.err.startswith(f"citedx: cannot write {tmp_path / 'file' / 'cache'}: Not a directory; ")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ("HP:0001250", ["HP:0001250  Seizure", "is a: Abnormal nervous system physiology (HP:0012638)"]),
        ("marfan syndrome", ["OMIM:154700  Marfan syndrome", "same disease: ORPHA:558", "genes: FBN1"]),
        ("FBN1", ["NCBIGene:2200  FBN1", "OMIM:154700  Marfan syndrome"]),
    ],
)
def test_show_finds_terms_diseases_and_genes(citedx, node, says):
    outcome = citedx("graph", "show", node)
    assert outcome.code == 0
    assert all(line in outcome.out for line in says)


def test_explain_and_path_name_their_references(citedx):
    explained = citedx("graph", "explain", "OMIM:312750", "--hpo", "HP:0012171,-HP:0001250").out
    assert "exact" in explained
    assert "contradicted" in explained
    assert "PMID:9792883" in explained
    steps = citedx("graph", "path", "MECP2", "OMIM:312750").out.splitlines()
    assert [s.strip() for s in steps] == ["NCBIGene:4204  MECP2", "<- associated_gene -- OMIM:312750  Rett syndrome"]


def test_what_a_source_denies_is_told_as_denied(citedx):
    lines = citedx("graph", "neighbours", "OMIM:609153").out.splitlines()
    assert [line.partition("  ")[0] for line in lines if "HP:0001878" in line] == ["-> NOT has_phenotype"]
    # Of several publications one has seen it: that one is the tie.
    path = citedx("graph", "path", "OMIM:188400", "HP:0010442").out
    assert "-- has_phenotype -> HP:0010442" in path
    assert "PMID:30083032" in path


def test_neighbours_and_explanations_come_as_json_too(citedx):
    told = json.loads(citedx("graph", "neighbours", "MECP2", "--json").out)
    assert told["node"] == {"id": "NCBIGene:4204", "name": "MECP2", "kind": "gene"}
    assert len(told["neighbours"]) == told["n_neighbours"]
    assert {"predicate", "direction", "id", "name", "kind"} == set(told["neighbours"][0])
    told = json.loads(citedx("graph", "explain", "OMIM:312750", "--hpo", "HP:0012171,-HP:0001250", "--json").out)
    assert told["disease"]["name"] == "Rett syndrome"
    assert [f["id"] for f in told["findings"]] == ["HP:0012171", "HP:0001250"]


def test_export_writes_what_networkx_reads(citedx, tmp_path, release_graph):
    out = tmp_path / "graph.jsonl"
    assert citedx("graph", "export", str(out), "--format", "jsonl").code == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    network: nx.MultiDiGraph = load_graph_of(HPO).network
    assert network.number_of_nodes() > release_graph.network.number_of_nodes()  # with the common conditions
    assert sum(r["type"] == "node" for r in rows) == network.number_of_nodes()
    assert sum(r["type"] == "edge" for r in rows) == network.number_of_edges()


def test_doctor_looks_at_everything(citedx, release_graph):
    outcome = citedx("doctor")
    assert f"{len(release_graph.diseases):,} diseases" in outcome.out
    assert f"fusion: {len(FEATURES)} features, trained on patients of " in outcome.out
    assert "is writable" in outcome.out
    assert outcome.code == (0 if "FAIL" not in outcome.out else 2)


def test_evaluate_reports_ranks_and_refuses_to_mix_runs(citedx, tmp_path):
    packets, out = tmp_path / "packets", tmp_path / "out"
    packets.mkdir()
    for number, terms in enumerate((["HP:0001166", "HP:0001083", "HP:0002616"], ["HP:0000365"])):
        features = [{"type": {"id": i, "label": "x"}} for i in terms]
        diagnosis = {"disease": {"id": "OMIM:154700", "label": "Marfan syndrome"}}
        packet = {
            "id": f"p{number}",
            "phenotypicFeatures": features,
            "interpretations": [{"id": "i", "progressStatus": "SOLVED", "diagnosis": diagnosis}] if number == 0 else [],
            "metaData": {"externalReferences": [{"id": "PMID:1"}]},
        }
        (packets / f"p{number}.json").write_text(json.dumps(packet))
    run = ["evaluate", "diagnosis", "--cases", str(packets), "--out", str(out), "--system", "graph"]
    outcome = citedx(*run, "--protocol", "published")
    metrics = json.loads((out / "metrics.json").read_text())
    assert outcome.code == 0
    assert outcome.out == (out / "report.md").read_text()
    assert metrics["groups"]["all"]["n_cases"] == 1
    assert metrics["groups"]["all"]["top-10"]["value"] == 1.0
    assert [u["reason"] for u in metrics["unscored"]] == ["no diagnosis"]
    refused = citedx(*run, "--protocol", "unseen-publication")
    assert refused.code == 2
    assert "holds a run with other settings" in refused.err


@pytest.mark.data
def test_stories_and_labels_in_other_languages(citedx):
    outcome = citedx("findings", "Niño con convulsiones, sin fiebre.", "--language", "zh", "--json")
    found = [(f["id"], f["label"], f["excluded"]) for f in json.loads(outcome.out)["findings"]]
    assert found == [("HP:0001250", "癫痫发作", False), ("HP:0001945", "发热", True)]


def test_a_story_in_a_language_that_is_not_read_is_refused(citedx):
    outcome = citedx("findings", "Der Patient hat Fieber und Husten.")
    assert (outcome.code, outcome.out) == (2, "")
    assert "seems to be German" in outcome.err


def test_a_question_about_a_patient_is_answered_with_its_evidence(citedx):
    outcome = citedx("ask", "why not Marfan?", "--hpo", "HP:0001083,HP:0001166", "--reader", "graph", "--json")
    answer = json.loads(outcome.out)
    assert outcome.code == 0
    assert "Marfan syndrome (OMIM:154700)" in answer["understood"]
    cited = {c for s in answer["sentences"] for c in s["citations"]}
    assert cited == {e["id"] for e in answer["evidence"]}
    assert [e["id"] for e in answer["evidence"]] == [f"E{n}" for n in range(1, len(cited) + 1)]
    assert any("Ectopia lentis is seen in" in s["text"] for s in answer["sentences"])


def test_a_question_about_the_sources_needs_no_patient(citedx):
    outcome = citedx("ask", "what does HP:0002317 mean?", "--no-cases", "--reader", "graph")
    assert outcome.code == 0
    assert "Unsteady gait (HP:0002317)" in outcome.out
    assert "https://hpo.jax.org/browse/term/HP:0002317" in outcome.out
    assert "Not in the sources." in citedx("ask", "what dose?", "--no-cases", "--reader", "graph").out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(("ask", " "), "question is empty"), (("ask", "why?", "--hpo", "HP:0001250", "--file", "x"), "exactly one way")],
)
def test_wrong_use_of_ask(citedx, arguments, reason):
    outcome = citedx(*arguments)
    assert outcome.code == 2
    assert reason in outcome.err
