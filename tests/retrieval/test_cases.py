"""Which published series and patients there are, how they are worded and found, and when the library is made anew."""

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kg.build import SourceFiles, build_graph
from kg.errors import SourceError, UnknownIdError
from kg.graph import KnowledgeGraph
from kg.schema import Patient
from retrieval.cases import (
    MAX_WORDED,
    CaseLibrary,
    build_library,
    cases_of,
    load_library,
    published_cases,
    read_library,
    related_terms,
    series_of,
    shared_findings,
    word_findings,
)
from retrieval.schema import CountedTerm, PublishedCase
from tests.fakes import HashEmbedder, WordPairEmbedder
from tests.packets import write_packet
from tests.toy import (
    ALPHA,
    BETA,
    BRITTLE,
    BRITTLE_TIP,
    EPSILON,
    GAMMA,
    LARGE,
    OLD_BRITTLE,
    OLD_LARGE,
    RED_STRIPED,
    SERIES_SOURCE,
    STRIPED,
    UNKNOWN_TERM,
    VERY_LARGE,
    WOBBLING,
    WOBBLING_STRIPES,
    ZORB,
    build_toy_library,
    counted_series,
    hit,
    patient,
    published_patient,
)


def counts(terms: tuple[CountedTerm, ...]) -> list[tuple[str, int | None, int | None]]:
    return [(t.term_id, t.n, t.m) for t in terms]


def test_a_series_per_disease_and_publication(toy_graph: KnowledgeGraph):
    """By hand from toy.hpoa: entries without a PMID make no series, nor do inheritance and course."""
    series = series_of(toy_graph)
    assert [(s.case_id, counts(s.present), counts(s.absent)) for s in series] == [
        # 7/8 is pooled over two publications, so it is the count of neither
        (f"{ALPHA}|PMID:90000001", [(VERY_LARGE, None, None), (STRIPED, 3, 4)], [(BRITTLE, None, None)]),
        (f"{ALPHA}|PMID:90000002", [(VERY_LARGE, None, None)], []),
        (f"{BETA}|PMID:90000003", [(BRITTLE, None, None)], [(RED_STRIPED, 0, 5)]),
        (f"{GAMMA}|PMID:90000004", [(LARGE, 10, 10), (WOBBLING_STRIPES, 1, 1)], [(BRITTLE_TIP, None, None)]),
        (f"{GAMMA}|PMID:90000005", [(LARGE, 4, 5)], []),
    ]
    assert all(s.is_series for s in series)
    assert [s.provenance.reference for s in series[:2]] == ["PMID:90000001", "PMID:90000002"]


def test_wording():
    assert word_findings(["Large zorb", "Striped zorb"], []) == "Findings: large zorb, striped zorb."
    assert word_findings(["Large zorb"], ["Brittle flim"]) == "Findings: large zorb. Not seen: brittle flim."
    assert word_findings([], ["Brittle flim"]) == "Findings: none. Not seen: brittle flim."


def test_wording_is_cut_to_what_an_embedder_reads():
    text = word_findings((f"P{i}" for i in range(100)), (f"N{i}" for i in range(100)))
    has, has_not = text.split(". Not seen: ")
    assert has.split(", ")[-1] == f"p{MAX_WORDED - 1}"
    assert has_not.split(", ")[-1] == f"n{MAX_WORDED // 4 - 1}."


def test_a_case_of_a_patient(toy_graph: KnowledgeGraph):
    findings = patient(OLD_LARGE, WOBBLING, UNKNOWN_TERM, no=[OLD_BRITTLE])
    known = Patient(
        patient_id="p1", findings=findings, disease_ids=("OMIM:1", "OMIM:2"), references=("PMID:1", "PMID:2")
    )
    (case,) = cases_of([known], toy_graph.ontology, "store.zip")
    assert counts(case.present) == [(LARGE, None, None), (WOBBLING, None, None)]
    assert counts(case.absent) == [(BRITTLE, None, None)]
    assert (case.case_id, case.disease_id, case.is_series) == ("p1", "OMIM:1", False)
    assert (case.provenance.source, case.provenance.reference) == ("store.zip", "PMID:1")


def test_a_patient_without_publication_is_cited_by_id(toy_graph: KnowledgeGraph):
    (case,) = cases_of(
        [Patient(patient_id="p1", findings=patient(LARGE), disease_ids=("OMIM:1",))], toy_graph.ontology, "s"
    )
    assert case.provenance.reference == "p1"


def test_patients_without_diagnosis_or_known_finding_are_left_out(toy_graph: KnowledgeGraph):
    unsolved = Patient(patient_id="p1", findings=patient(LARGE))
    foreign = Patient(patient_id="p2", findings=patient(UNKNOWN_TERM), disease_ids=("OMIM:1",))
    assert cases_of([unsolved, foreign], toy_graph.ontology, "s") == ()


@pytest.mark.parametrize(
    ("mine", "theirs", "shared"),
    [
        ([LARGE], [LARGE], [LARGE]),
        ([LARGE], [VERY_LARGE], [LARGE]),  # the case is more specific
        ([VERY_LARGE], [LARGE], [LARGE]),  # the patient is
        ([WOBBLING_STRIPES], [STRIPED, WOBBLING], [STRIPED]),  # one shared term per finding
        ([STRIPED, WOBBLING], [WOBBLING_STRIPES], [STRIPED, WOBBLING]),
        ([VERY_LARGE, LARGE], [LARGE], [LARGE]),
        ([LARGE], [STRIPED], []),  # siblings
        ([OLD_LARGE], [VERY_LARGE], [LARGE]),
    ],
)
def test_shared_findings(toy_graph: KnowledgeGraph, mine: list[str], theirs: list[str], shared: list[str]):
    case = hit(ALPHA, *theirs).case
    assert shared_findings(patient(*mine), case, toy_graph.ontology) == tuple(shared)


@pytest.mark.parametrize(
    ("ours", "theirs", "pairs"),
    [
        ([LARGE], [VERY_LARGE, LARGE], [(LARGE, LARGE)]),  # the same before a more specific one
        ([STRIPED], [WOBBLING_STRIPES, RED_STRIPED], [(STRIPED, WOBBLING_STRIPES)]),  # then the first below
        ([RED_STRIPED], [ZORB, STRIPED], [(RED_STRIPED, STRIPED)]),  # then the nearest above
        ([BRITTLE, LARGE], [LARGE], [(LARGE, LARGE)]),
    ],
)
def test_related_terms(toy_graph: KnowledgeGraph, ours: list[str], theirs: list[str], pairs: list[tuple[str, str]]):
    assert related_terms(ours, theirs, toy_graph.ontology) == tuple(pairs)


def test_what_is_excluded_is_not_shared(toy_graph: KnowledgeGraph):
    assert shared_findings(patient(no=[LARGE]), hit(ALPHA, LARGE).case, toy_graph.ontology) == ()
    lacks = hit(ALPHA, STRIPED, absent=[LARGE]).case
    assert shared_findings(patient(LARGE), lacks, toy_graph.ontology) == ()


def test_similar_cases_by_hand(toy_graph: KnowledgeGraph):
    """Cosines of bags of words: "findings large zorb" against the same, and against "findings very large zorb"."""
    hits = build_toy_library(toy_graph).similar(patient(LARGE), k=3)
    assert (hits[0].case.case_id, hits[0].shared_term_ids) == (f"{GAMMA}|PMID:90000005", (LARGE,))
    assert hits[0].similarity == pytest.approx(1)
    assert (hits[1].case.case_id, hits[1].shared_term_ids) == (f"{ALPHA}|PMID:90000002", (LARGE,))
    assert hits[1].similarity == pytest.approx(3 / np.sqrt(3 * 4))  # and "very"
    assert hits[1].similarity >= hits[2].similarity


def test_the_order_of_the_findings_does_not_matter(toy_graph: KnowledgeGraph):
    embedder = WordPairEmbedder()
    library = build_library(series_of(toy_graph), embedder, toy_graph.ontology)
    findings = patient(LARGE, WOBBLING_STRIPES, OLD_BRITTLE, no=[RED_STRIPED])
    assert library.similar(findings[::-1]) == library.similar(findings)
    most_specific_first = "stripes of the zorb that wobble with the flim, large zorb, brittle flim"
    text = f"Findings: {most_specific_first}. Not seen: red striped zorb."
    assert embedder.calls[1:] == [(text,), (text,)]


def test_a_patient_without_present_findings_resembles_nobody(toy_graph: KnowledgeGraph):
    library = build_toy_library(toy_graph)
    assert library.similar(()) == library.similar(patient(no=[LARGE])) == ()


def test_an_unknown_finding_is_refused(toy_graph: KnowledgeGraph):
    with pytest.raises(UnknownIdError, match=UNKNOWN_TERM):
        build_toy_library(toy_graph).similar(patient(LARGE, UNKNOWN_TERM))


def n_encoded(embedder: HashEmbedder) -> list[int]:
    return [len(texts) for texts in embedder.calls]


def test_the_library_is_built_once(toy_graph: KnowledgeGraph, tmp_path: Path):
    embedder = HashEmbedder()
    built = load_library(toy_graph, embedder, cache_dir=tmp_path)
    assert n_encoded(embedder) == [5]
    read = load_library(toy_graph, embedder, cache_dir=tmp_path)
    assert n_encoded(embedder) == [5]
    assert read.cases == built.cases == series_of(toy_graph)
    assert read.similar(patient(LARGE, WOBBLING)) == built.similar(patient(LARGE, WOBBLING))
    assert read.version == "5 cases, hash-256@blake2b"


def test_another_embedder_has_a_library_of_its_own(toy_graph: KnowledgeGraph, tmp_path: Path):
    load_library(toy_graph, HashEmbedder(), cache_dir=tmp_path)
    other = HashEmbedder(64)
    library = load_library(toy_graph, other, cache_dir=tmp_path)
    assert n_encoded(other) == [5]
    assert library.version == "5 cases, hash-64@blake2b"
    assert len(list(tmp_path.glob("cases-*"))) == 2


def test_another_graph_has_a_library_of_its_own(toy_graph: KnowledgeGraph, toy_sources: SourceFiles, tmp_path: Path):
    annotations = tmp_path / "changed.hpoa"
    annotations.write_text(toy_sources.annotations.read_text(encoding="utf-8").replace("3/4", "4/4"), encoding="utf-8")
    other = build_graph(replace(toy_sources, annotations=annotations))
    libraries = [load_library(graph, HashEmbedder(), cache_dir=tmp_path) for graph in (toy_graph, other)]
    assert [library.cases[0].present[-1].n for library in libraries] == [3, None]
    assert len(list(tmp_path.glob("cases-*"))) == 2


@pytest.mark.parametrize("name", ["cases.json", "vectors.faiss", "manifest.json"])
def test_a_damaged_library_is_built_again(toy_graph: KnowledgeGraph, tmp_path: Path, name: str):
    load_library(toy_graph, HashEmbedder(), cache_dir=tmp_path)
    (folder,) = tmp_path.glob("cases-*")
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    embedder = HashEmbedder()
    assert load_library(toy_graph, embedder, cache_dir=tmp_path).cases == series_of(toy_graph)
    assert n_encoded(embedder) == [5]
    assert (folder / name).read_bytes() == content


def own_cases(library: CaseLibrary) -> list[PublishedCase]:
    return [case for case in library.cases if not case.is_series]


def test_patients_are_added(toy_graph: KnowledgeGraph, tmp_path: Path):
    write_packet(tmp_path / "ours", "p1", disease=EPSILON, present=[BRITTLE, WOBBLING], publication="PMID:90000007")
    patients = read_library(tmp_path / "ours")
    library = load_library(toy_graph, HashEmbedder(), patients, "ours", cache_dir=tmp_path / "cache")
    (case,) = own_cases(library)
    assert len(library.cases) == 6
    assert (case.disease_id, case.provenance.source, case.provenance.reference) == (
        "OMIM:900004",
        "ours",
        "PMID:90000007",
    )
    assert library.similar(patient(BRITTLE, WOBBLING))[0].case == case


def test_other_patients_have_a_library_of_their_own(toy_graph: KnowledgeGraph, tmp_path: Path):
    one, other = (published_patient("p1", EPSILON, "PMID:90000007", t) for t in (BRITTLE, STRIPED))
    embedder = HashEmbedder()
    for patients, source in (([one], "ours"), ([other], "ours"), ([one, other], "ours"), ([one], "yours")):
        library = load_library(toy_graph, embedder, patients, source, cache_dir=tmp_path)
        assert own_cases(library) == list(cases_of(patients, toy_graph.ontology, source))
    assert n_encoded(embedder) == [6, 6, 7, 6]
    again = load_library(toy_graph, embedder, [one], "ours", cache_dir=tmp_path)
    assert [counts(c.present) for c in own_cases(again)] == [[(BRITTLE, None, None)]]
    assert len(embedder.calls) == 4


def test_patients_that_are_not_there_are_an_error(tmp_path: Path):
    with pytest.raises(SourceError, match="nowhere"):
        read_library(tmp_path / "nowhere")


def test_a_case_keeps_all_its_fields_in_the_cache(toy_graph: KnowledgeGraph, tmp_path: Path):
    known = published_patient("p1", EPSILON, "PMID:90000007", BRITTLE, no=[LARGE])
    for _ in range(2):
        library = load_library(toy_graph, HashEmbedder(), [known], "ours", cache_dir=tmp_path)
        (case,) = own_cases(library)
        expected = hit(EPSILON, BRITTLE, absent=[LARGE]).case
        assert case == replace(expected, case_id="p1", provenance=case.provenance)
        assert case.provenance.licence == "see the source of the phenopackets"


def test_a_broken_member_of_a_zip_is_named_counted_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    write_packet(tmp_path, "good", patient_id="p1", disease=EPSILON, present=[BRITTLE])
    release = tmp_path / "release.zip"
    with zipfile.ZipFile(release, "w") as archive:
        archive.write(tmp_path / "good.json", "0.1/A/good.json")
        archive.writestr("0.1/A/bad.json", "{")
    assert [p.patient_id for p in read_library(release)] == ["p1"]
    warned = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert warned[0].startswith(f"{release}: left out 0.1/A/bad.json: ")
    assert warned[1:] == [f"{release}: 1 of 2 phenopackets left out"]


def test_a_series_of_counted_patients(toy_graph: KnowledgeGraph):
    """The total is no finding; what nobody had is absent; counts of one publication are its own."""
    told = counted_series(EPSILON, "PMID:1", 5, {LARGE: (1, 4), STRIPED: (3, 3), BRITTLE: (0, 2)})
    *before, series = series_of(toy_graph.with_series([told], SERIES_SOURCE))
    assert tuple(before) == series_of(toy_graph)
    assert (series.case_id, series.is_series) == (f"{EPSILON}|PMID:1", True)
    assert (counts(series.present), counts(series.absent)) == ([(STRIPED, 3, 3), (LARGE, 1, 4)], [(BRITTLE, 0, 2)])
    assert series.provenance == replace(SERIES_SOURCE, reference="PMID:1")


def test_two_curators_of_one_publication_make_one_series(toy_graph: KnowledgeGraph):
    """The first source's word on what both state; what only the second states is added."""
    told = counted_series(GAMMA, "PMID:90000005", 6, {LARGE: (6, 6), WOBBLING: (1, 2)})
    series = {s.case_id: s for s in series_of(toy_graph.with_series([told], SERIES_SOURCE))}
    assert len(series) == 5
    assert counts(series[f"{GAMMA}|PMID:90000005"].present) == [(LARGE, 4, 5), (WOBBLING, 1, 2)]


def test_patients_stand_in_for_the_series_of_their_publication(toy_graph: KnowledgeGraph):
    """Their own disease's series alone: another disease of the same publication keeps its own."""
    patients = [
        published_patient("p1", GAMMA, "PMID:90000004", LARGE),
        published_patient("p2", GAMMA, "PMID:90000004", LARGE, STRIPED),
        published_patient("p3", EPSILON, "PMID:90000005", WOBBLING),
        published_patient("p4", EPSILON, "", WOBBLING),
    ]
    cases = published_cases(toy_graph, patients, "ours")
    of_gamma = [s for s in series_of(toy_graph) if s.case_id != f"{GAMMA}|PMID:90000004"]
    assert list(cases) == [*of_gamma, *cases_of(patients, toy_graph.ontology, "ours")]
    assert published_cases(toy_graph) == series_of(toy_graph)


def test_the_counts_of_the_patients_themselves_are_not_a_second_case(toy_graph: KnowledgeGraph):
    """As the assistant does: the graph knows the patients as counts, and the library knows them one by one."""
    patients = [
        published_patient("p1", EPSILON, "PMID:1", LARGE),
        published_patient("p2", EPSILON, "", WOBBLING),
    ]
    cases = published_cases(toy_graph.with_patients(patients, "ours"), patients, "ours")
    assert [c.case_id for c in cases if c.disease_id == EPSILON] == ["p1", "p2"]


def test_a_part_of_a_library(toy_graph: KnowledgeGraph):
    library = build_toy_library(toy_graph)
    part = library.only(lambda case: case.disease_id == GAMMA)
    assert [c.case_id for c in part.cases] == [f"{GAMMA}|PMID:90000004", f"{GAMMA}|PMID:90000005"]
    expected = [h for h in library.similar(patient(STRIPED)) if h.case.disease_id == GAMMA]
    found = part.similar(patient(STRIPED))
    assert [h.case for h in found] == [h.case for h in expected]
    assert [h.similarity for h in found] == pytest.approx([h.similarity for h in expected])
    assert part.version == "2 cases, hash-256@blake2b"


def test_encoded_patients_are_found_as_they_are(toy_graph: KnowledgeGraph):
    library = build_toy_library(toy_graph)
    patients = [patient(LARGE, STRIPED, no=[BRITTLE]), patient(WOBBLING)]
    vectors = library.encode_patients(patients)
    assert vectors.shape == (2, 256)
    for findings, vector in zip(patients, vectors, strict=True):
        assert library.similar(findings, vector=vector) == library.similar(findings)
