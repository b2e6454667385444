"""Findings, risk factors, treatments and tests that pages tell of toy diseases, and what they do not tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kg.build import SourceFiles, build_graph, load_graph
from kg.errors import SourceError
from kg.graph import KnowledgeGraph
from kg.schema import ConceptKind, RelationKind
from kg.sources.medquad import Document, load_documents
from retrieval.concepts import BUNDLED, COLUMNS, ConceptVocabulary, Role, load_vocabulary
from retrieval.lexicon import build_lexicon
from retrieval.mined_graph import add_edges, load_graph_with_pages
from retrieval.mining import MinedEdge, PageMiner
from retrieval.page_sentences import MAX_CHARACTERS, PageSentence, split_answer
from retrieval.page_subjects import PageSubjects
from tests.toy import BRITTLE, LARGE, STRIPED, VERY_LARGE, WOBBLING
from tests.toy_sources import every_source

PAGES = Path(__file__).parents[1] / "data" / "toy_medquad.jsonl"
ZORBITIS, URL = "DOID:3", "https://nih.example/zorbitis"


@pytest.fixture(scope="module")
def files(toy_sources: SourceFiles, tmp_path_factory: pytest.TempPathFactory) -> SourceFiles:
    """The toy release, the toy Disease Ontology and the toy pages."""
    further = every_source(tmp_path_factory.mktemp("sources"))
    pages = replace(further["medquad"]["medquad"], path=PAGES)
    return replace(toy_sources, further={"do": further["do"], "medquad": {"medquad": pages}})


@pytest.fixture(scope="module")
def graph(files: SourceFiles) -> KnowledgeGraph:
    return build_graph(files)


@pytest.fixture(scope="module")
def vocabulary() -> ConceptVocabulary:
    return load_vocabulary()


@pytest.fixture(scope="module")
def miner(graph: KnowledgeGraph, vocabulary: ConceptVocabulary) -> PageMiner:
    return PageMiner(graph, build_lexicon(graph), vocabulary)


def told(edges: tuple[MinedEdge, ...]) -> set[tuple[str, str]]:
    """Kind, and the name of the concept or the id of the finding."""
    return {(str(e.kind), e.concept.name if e.concept else e.term_id or "") for e in edges}


def mined(miner: PageMiner, kind: str, answer: str) -> set[str]:
    """What is told of zorbitis in one answer."""
    page = Document(url=URL, focus="Zorbitis", synonyms=("ZBS",), answers=((kind, answer),))
    return {what for _, what in told(miner.mine([page]))}


# Sentences


def test_items_of_a_list_have_what_leads_to_it():
    answer = "Why? Risk factors include: - Smoking. - Older age than any other person here has. Nobody knows. - Alone"
    assert list(split_answer(answer)) == [
        PageSentence(text="Smoking.", lead="Risk factors include:"),
        PageSentence(text="Older age than any other person here has.", lead="Risk factors include:"),
        PageSentence(text="Nobody knows."),
        PageSentence(text="Alone"),  # nothing leads to it: the sentence before announces no list
    ]


def test_a_sentence_that_announces_a_list_leads_to_its_items():
    answer = "These treatments are used now. - Surgery - New types are being tested in trials. - Gene therapy"
    assert [s.whole for s in split_answer(answer)][1:] == [
        "These treatments are used now. Surgery",
        "New types are being tested in trials.",
        "New types are being tested in trials. Gene therapy",
    ]


def test_the_head_of_an_entry_of_a_glossary_is_the_item():
    answer = "The following tests may be used: - MRI : A procedure with a magnet. It is loud. - Biopsy : The removal."
    assert [s.whole for s in split_answer(answer)] == [
        "The following tests may be used: MRI",
        "It is loud.",
        "The following tests may be used: Biopsy",
    ]


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ("H. pylori, e.g. Dr. Who's, causes it. Rest.", ["H. pylori, e.g. Dr. Who's, causes it.", "Rest."]),
        ("It rises.3 Some people differ.", ["It rises.3", "Some people differ."]),
        ("Signs include: - tender belly Lab Tests A doctor may test.", ["Signs include: tender belly"]),
        ("x" * (MAX_CHARACTERS + 1) + ". Short.", ["Short."]),
        ("", []),
    ],
)
def test_where_a_sentence_ends(answer, sentences):
    assert [s.whole for s in split_answer(answer)] == sentences


# Concepts


def test_the_longest_wording_counts_in_any_case_and_number(vocabulary):
    text = "Beta-Blockers, a stem cell transplant, H. pylori and St. John; surgery-related."
    found = vocabulary.find(text, [Role.DRUG, Role.TREATMENT, Role.RISK_FACTOR])
    assert [(m.named.concept.name, text[m.start : m.end]) for m in found] == [
        ("beta blockers", "Beta-Blockers"),
        ("stem cell transplantation", "stem cell transplant"),
        ("Helicobacter pylori infection", "H. pylori"),
        ("surgery", "surgery"),
    ]
    assert found[0].named.concept.kind is ConceptKind.DRUG
    assert vocabulary.find("The brain. MRI follows.", [Role.TEST])[0].named.concept.name == "magnetic resonance imaging"
    assert vocabulary.find(text, [Role.TEST]) == ()


def test_the_table_of_concepts_says_nothing_twice():
    rows = [line.split("\t") for line in BUNDLED.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    assert tuple(rows[0]) == COLUMNS
    concepts = [(kind, concept_id) for kind, concept_id, *_ in rows[1:]]
    wordings = [(r[0], w.lower()) for r in rows[1:] for w in (r[2], *r[3].split("|")) if w]
    assert len(set(concepts)) == len(concepts)
    assert len(set(wordings)) == len(wordings)


def test_a_table_without_a_column_is_told(tmp_path):
    (tmp_path / "t.tsv").write_text("# source: x\n# version: 1\n# licence: x\nkind\tname\ndrug\tzorbicin\n")
    with pytest.raises(SourceError, match=r"t\.tsv is not a table of kind, concept_id, name, wordings, term_id"):
        load_vocabulary(tmp_path / "t.tsv")


# Pages


def test_a_page_about_a_wider_or_narrower_disease_counts_for_none(graph):
    pages = load_documents(PAGES)
    subjects = PageSubjects(graph, pages)
    about = [subjects.subject_of(p) for p in pages]
    assert about[0] is not None
    assert about[0].disease_id == ZORBITIS
    assert about[1] is None  # "Zorbitis in children" has a name of the disease as a synonym
    assert [r.object_id for r in graph.pages_of(ZORBITIS)] == [p.url for p in pages]


def test_what_a_page_calls_its_disease(graph):
    (page, _) = load_documents(PAGES)
    subject = PageSubjects(graph, [page]).subject_of(page)
    assert subject is not None
    assert [subject.is_meant(p) for p in ("acute zorbitis", "the condition", "Z.B.S.", "stroke")] == [True] * 3 + [
        False
    ]
    assert [subject.is_own(p) for p in ("zorbitis", "striped zorb")] == [True, False]


# Edges


def test_a_page_tells_findings_treatments_tests_and_risk_factors(miner):
    edges = miner.mine(load_documents(PAGES))
    assert {(e.disease_id, e.url) for e in edges} == {(ZORBITIS, URL)}
    assert told(edges) == {
        ("has_finding", STRIPED),
        ("has_finding", WOBBLING),
        ("treats", "surgery"),
        ("treats", "radiation therapy"),
        ("treats", "aspirin"),
        ("examines", "blood test"),
        ("examines", "magnetic resonance imaging"),
        ("examines", "bone scan"),
        ("has_risk_factor", "smoking"),
        ("has_risk_factor", "Large zorb"),
        ("has_risk_factor", "male sex"),
    }
    by_name = {e.concept.name if e.concept else e.term_id: e for e in edges}
    assert by_name["surgery"].sentence == "Three types of treatment are used: Surgery"
    assert (by_name["surgery"].term_id, by_name["aspirin"].term_id) == (None, WOBBLING)
    assert (by_name["smoking"].term_id, by_name["Large zorb"].term_id) == (None, LARGE)


@pytest.mark.parametrize(
    "answer",
    [
        "Patients do not have a striped zorb.",  # denied
        "Her mother may have a striped zorb.",  # of a relative
        "People with Beta disease have a striped zorb.",  # another disease
        "Symptoms such as a striped zorb are similar to those of others.",  # a comparison
        "Symptoms of type 2 include a striped zorb.",  # of a kind of the disease
        "Call your doctor if you have a striped zorb.",  # only thought of
        "Symptoms may include a striped zorb after treatment.",  # of the treatment
        "A striped zorb.",  # says nothing of anybody
        "The Human Phenotype Ontology provides the following list. Signs and Symptoms Approximate: striped zorb.",
    ],
)
def test_what_is_no_finding(miner, answer):
    assert mined(miner, "symptoms", answer) == set()


@pytest.mark.parametrize(
    ("answer", "findings"),
    [
        ("Patients have a striped zorb.", {STRIPED}),
        ("Other signs may include a very large zorb and a brittle flim.", {VERY_LARGE, BRITTLE}),
    ],
)
def test_what_is_a_finding(miner, answer, findings):
    assert mined(miner, "symptoms", answer) == findings


@pytest.mark.parametrize(
    "answer",
    [
        "Aspirin is not recommended.",
        "Surgery is rarely needed.",
        "Aspirin is being studied as a treatment.",
        "Side effects of aspirin are treated.",
        "Aspirin may cause zorbitis.",
        "Anti-insulin treatment is used.",
        "Beta disease is treated with aspirin.",
        "Talk with your doctor about treatment with aspirin.",
        "Aspirin is an old word.",
    ],
)
def test_what_is_no_treatment(miner, answer):
    assert mined(miner, "treatment", answer) == set()


def test_a_finding_beside_a_treatment_only_where_it_is_treated(miner):
    def term(answer: str) -> str | None:
        page = Document(url=URL, focus="Zorbitis", synonyms=(), answers=(("treatment", answer),))
        (edge,) = [e for e in miner.mine([page]) if e.concept and e.concept.name == "aspirin"]
        return edge.term_id

    assert term("Aspirin may be used to relieve wobbling flim.") == WOBBLING
    assert term("Aspirin is used, and insulin for wobbling flim.") is None  # the other one treats it
    assert term("Aspirin is used where the flim wobbles.") is None


@pytest.mark.parametrize(
    "answer",
    [
        "A blood test is not needed for the diagnosis.",
        "A biopsy may be used to rule out other diseases.",
        "A biopsy is used to diagnose Beta disease.",
        "During the procedure a biopsy shows a needle.",
        "A blood test can confirm whether relatives are carriers.",
    ],
)
def test_what_is_no_test(miner, answer):
    assert mined(miner, "exams and tests", answer) == set()


@pytest.mark.parametrize(
    "answer",
    [
        "Smoking does not increase the risk of zorbitis.",
        "Not smoking lowers the risk of zorbitis.",
        "Smoking increases the risk of Beta disease.",
        "Smoking increases the risk of stroke after zorbitis.",
        "A family history of stroke increases the risk of zorbitis.",
        "Having a family history of a large zorb increases the risk of zorbitis.",
        "Therapy (for a large zorb) increases the risk of zorbitis.",
        "Zorbitis is less common among smokers.",
    ],
)
def test_what_is_no_risk_factor(miner, answer):
    assert mined(miner, "susceptibility", answer) == set()


def test_who_is_compared_has_no_risk(miner):
    assert mined(miner, "causes", "Zorbitis is more common in African Americans than in whites.") == {
        "African American descent"
    }


# The graph


def test_the_graph_has_what_pages_say_and_who_says_it(graph, miner):
    source = replace(graph.pages_of(ZORBITIS)[0].provenance, reference="")
    joined = add_edges(graph, miner.mine(load_documents(PAGES)), source)
    (smoking,) = [r for r in joined.risk_factors_of(ZORBITIS) if r.object_id == "CITEDX:risk-smoking"]
    assert smoking.note == "“Smoking and a large zorb increase the risk of zorbitis.”"
    assert (smoking.provenance.source, smoking.provenance.url) == ("toy medquad, read by extractor 1", URL)
    assert [r.object_id for r in joined.findings_on_pages(ZORBITIS)] == [STRIPED, WOBBLING]
    assert joined.relations.concept("DRUGBANK:DB00945").name == "aspirin"
    assert "DRUGBANK:DB00945" in {r.subject_id for r in joined.treatments_of(ZORBITIS)}
    assert {r.kind for r in joined.tests_of(ZORBITIS)} == {RelationKind.EXAMINES}
    assert ("has_finding", STRIPED, True) in joined.neighbours(ZORBITIS)
    assert joined.counts()["relations: has_finding"] == 2
    assert joined.summaries[-1].counts == {"examines": 3, "has_finding": 2, "has_risk_factor": 3, "treats": 3}


def test_the_ranking_does_not_see_them(graph, miner):
    joined = add_edges(graph, miner.mine(load_documents(PAGES)), graph.pages_of(ZORBITIS)[0].provenance)
    assert joined.annotations is graph.annotations
    assert joined.identity == graph.identity
    assert joined.findings_of(ZORBITIS) == graph.findings_of(ZORBITIS)
    assert graph.findings_on_pages(ZORBITIS) == ()  # the graph that was given stays as it was


def test_without_a_page_what_it_says_is_gone(graph, miner):
    joined = add_edges(graph, miner.mine(load_documents(PAGES)), graph.pages_of(ZORBITIS)[0].provenance)
    left = joined.without_references({URL})
    assert left.findings_on_pages(ZORBITIS) == left.tests_of(ZORBITIS) == ()


def test_pages_are_mined_once_and_read_again_from_the_cache(files, graph, tmp_path):
    first = load_graph_with_pages(files, tmp_path)
    (kept,) = (tmp_path / p.name / "edges.json" for p in tmp_path.iterdir() if p.name.startswith("page-statements-"))
    written = kept.stat().st_mtime_ns
    again = load_graph_with_pages(files, tmp_path)
    assert again.relations.relations == first.relations.relations
    assert kept.stat().st_mtime_ns == written
    kept.write_text("[]")  # damaged, and mined again
    assert load_graph_with_pages(files, tmp_path).relations.relations == first.relations.relations
    assert {str(r.kind) for r in first.relations.relations} > {"has_finding", "examines"}


def test_without_medquad_nothing_is_mined(toy_sources, tmp_path):
    assert load_graph_with_pages(toy_sources, tmp_path).summaries == load_graph(toy_sources, tmp_path).summaries
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("page-statements-")]
