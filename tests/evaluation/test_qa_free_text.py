"""Free-text cases: how a named diagnosis is graded, and whole runs by the product and by a language model."""

from __future__ import annotations

import gzip
import json
import lzma
from copy import copy
from types import SimpleNamespace

import pytest

from evaluation.qa.disease_vocabulary import (
    MONDO_NAMES,
    DiseaseVocabulary,
    Match,
    NotADisease,
    load_vocabulary,
    why_no_disease,
    wordings_of,
)
from evaluation.qa.free_text import AGENTCLINIC, load_stories, part_unscored, rank_of
from evaluation.qa.free_text_benchmark import (
    AssistantNames,
    FreeTextOptions,
    ModelNames,
    NamedCase,
    names_schema,
    run_free_text,
    score_named,
)
from evaluation.qa.runner import FAILED, MAX_FAILURES
from kg.errors import NotReadyError, SourceError, UsageError
from llm.assistant import DiagnosisAssistant
from llm.errors import ModelError
from retrieval.candidates import FusionRanker
from retrieval.lexicon import Lexicon
from retrieval.passages import MEDQUAD
from tests import toy
from tests.evaluation.chat_models import ScriptedModel

VOCABULARY = DiseaseVocabulary(
    {
        "X:1": ["Gout", "Podagra", "Gouty arthritis"],
        "X:2": ["Pseudogout", "CPPD"],
        "X:3": ["Acute myeloid leukemia", "AML"],
        "X:4": ["Angiomyolipoma", "AML"],
        "X:5": ["Mitral valve insufficiency"],
        "X:6": ["Renal carcinoma"],
        "X:7": ["Dacryocystitis"],
    }
)


@pytest.mark.parametrize(
    ("named", "right", "match"),
    [
        ("Gout", "gout", Match.EXACT),
        ("arthritis, gouty", "Gouty arthritis", Match.EXACT),
        ("Gout (podagra)", "Podagra", Match.EXACT),
        ("Huntington’s disease", "Huntington's disease", Match.EXACT),
        ("Unheard of", "unheard", Match.EXACT),  # "of" is no word of a name
        ("Podagra", "Gout", Match.SYNONYM),
        ("AML", "Acute myeloid leukemia", Match.SYNONYM),
        ("AML", "Angiomyolipoma", Match.SYNONYM),
        ("Acute myeloid leukemia", "Angiomyolipoma", Match.NONE),
        ("Pseudogout", "Gout", Match.NONE),
        ("Gout or pseudogout", "Gout", Match.NONE),
        ("Unheard", "Gout", Match.NONE),
        ("", "Gout", Match.NONE),
        ("()", "Gout", Match.NONE),
    ],
)
def test_grading(named, right, match):
    assert VOCABULARY.match(named, right) is match


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Mitral regurgitation", {"X:5"}),  # no other name has one word more
        ("valve", set()),  # too short to tell
        ("Mitral valve regurgitation", {"X:5"}),
        ("kidney cancer", {"X:6"}),
        ("Renal cancer syndrome", {"X:6"}),
        ("Acute gout", {"X:1"}),
        ("Acute myeloid leukemia", {"X:3"}),  # a name of its own is not cut
        ("Acute gout with tophi", {"X:1"}),
        ("Drug-induced gout, type II", {"X:1"}),
        ("Dacrocystitis", {"X:7"}),
        ("Gou", set()),
        ("Lung cancer", set()),
    ],
)
def test_a_text_means_a_disease_by_words_for_the_same_or_without_what_qualifies_it(text, ids):
    assert VOCABULARY.ids_of(text) == ids


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("CT scan of the abdomen with contrast", NotADisease.TEST),
        ("Echocardiography", NotADisease.TEST),
        ("Antinuclear antibody (ANA)", NotADisease.TEST),
        ("Discontinue oral contraceptive pills", NotADisease.ACTION),
        ("Itraconazole", NotADisease.ACTION),
        ("Presence of endometrial tissue within the myometrium", NotADisease.STATEMENT),
        ("2.5%", NotADisease.STATEMENT),
        ("one of these answers that go on and on and on", NotADisease.STATEMENT),
        ("Roseola infantum", None),
        ("Testicular torsion", None),
    ],
)
def test_answers_that_are_no_disease_are_named(answer, why):
    assert why_no_disease(answer) is why


def test_a_case_whose_answer_is_a_test_is_unscored_unless_it_names_a_disease(tmp_path):
    file = tmp_path / "cases.jsonl"
    answers = ("Gout", "Skin biopsy", "Unheard")
    file.write_text("".join(agentclinic(diagnosis=a, history=a) for a in answers))
    scored, unscored = part_unscored(load_stories(file)[0], VOCABULARY)
    assert [c.diagnosis for c in scored] == ["Gout", "Unheard"]
    assert [u.reason for u in unscored] == [NotADisease.TEST]


def test_wordings_with_and_without_brackets():
    assert wordings_of("Gout (uric acid)") == ("Gout (uric acid)", "Gout", "uric acid")
    assert wordings_of("(CLL)") == ("(CLL)", "CLL")
    assert wordings_of(" ") == ()


def test_the_rank_is_the_first_that_is_right():
    named = ("Pseudogout", "Podagra", "Gout")
    assert rank_of(named, "Gout", VOCABULARY, exact=True) == 3
    assert rank_of(named, "Gout", VOCABULARY, exact=False) == 2
    assert rank_of(named, "Measles", VOCABULARY, exact=False) is None


def case(named, diagnosis="Gout", case_id="1", weights=()):
    offered = (diagnosis, "Mumps", "Flu")[: len(weights)]
    return NamedCase(
        dataset="set",
        case_id=case_id,
        diagnosis=diagnosis,
        named=tuple(named),
        reason="",
        choices=offered,
        weights=tuple(weights),
    )


def test_scores_by_hand():
    cases = [case(["Gout"]), case(["Measles", "Podagra"]), case([]), case(["Rickets"], diagnosis="Unheard")]
    score = score_named(cases, VOCABULARY)
    assert (score.n, score.n_linkable, score.n_unnamed, score.n_offered) == (4, 3, 1, 0)
    assert [score.exact[f"top-{k}"].value for k in (1, 3)] == [pytest.approx(1 / 3)] * 2
    assert [score.synonym[f"top-{k}"].value for k in (1, 3)] == [pytest.approx(1 / 3), pytest.approx(2 / 3)]


def test_the_choice_among_those_offered_by_hand():
    weights = [(-1.0, -2.0, None), (-3.0, -2.0, -9.0), (-2.0, -2.0, -9.0), (None, None, None)]
    score = score_named([case([], weights=w) for w in weights], VOCABULARY)
    assert score.n_offered == 4
    assert score.choice.value == pytest.approx((1 + 0 + 1 / 2 + 1 / 3) / 4)


def write_vocabulary(folder):
    for file in (MONDO_NAMES, MEDQUAD):
        (folder / file).parent.mkdir(exist_ok=True)
    rows = 'cls\tcls_label\nMONDO:1\t"grippe"\nMONDO:2\t"obsolete flim"\nMONDO:3\t"unknown"\n'
    (folder / MONDO_NAMES).write_bytes(gzip.compress(rows.encode()))
    pages = [
        {"url": "https://x", "focus": "Influenza", "synonyms": ["grippe", "flu"], "qa": []},
        {"url": "https://y", "focus": "Elsewhere", "synonyms": [], "qa": []},
    ]
    (folder / MEDQUAD).write_bytes(lzma.compress("\n".join(map(json.dumps, pages)).encode()))


def test_names_of_pages_and_of_mondo_join_those_of_the_graph(toy_graph, tmp_path):
    with pytest.raises(NotReadyError, match="citedx data pull all"):
        load_vocabulary(toy_graph, tmp_path)
    write_vocabulary(tmp_path)
    graph = copy(toy_graph)
    graph.mondo_ids = {toy.BETA: "MONDO:1"}
    graph.__dict__.pop("_names", None)
    found = load_vocabulary(graph, tmp_path)
    assert found.match("grippe", "Beta disease") is Match.SYNONYM
    assert found.match("flu", "grippe") is Match.SYNONYM
    assert found.ids_of("alpha syndrome type 2") == {toy.ALPHA}
    assert found.ids_of("Influenza") == {toy.BETA}
    assert found.ids_of("Elsewhere") == found.ids_of("unknown") == frozenset()


def agentclinic(diagnosis="Gout", history="A man has pain."):
    actor = {"Demographics": "40-year-old", "Past_Medical_History": history, "Symptoms": {"Secondary": ["red", "warm"]}}
    row = {
        "Patient_Actor": actor,
        "Physical_Examination_Findings": {"Heart_Rate": "75"},
        "Correct_Diagnosis": diagnosis,
    }
    return json.dumps({"OSCE_Examination": row}) + "\n"


def test_agentclinic_is_read(tmp_path):
    file = tmp_path / "cases.jsonl"
    file.write_text(agentclinic() + agentclinic(diagnosis=" ", history="other") + "\n" + agentclinic())
    (only,), unscored = load_stories(file)
    assert (only.dataset, only.diagnosis) == (AGENTCLINIC, "Gout")
    assert only.story == (
        "Demographics: 40-year-old\nPast Medical History: A man has pain.\nSecondary: red, warm\nHeart Rate: 75"
    )
    assert [(u.case_id, u.reason) for u in unscored] == [("line 2", "no diagnosis"), ("line 3", "repeated story")]
    file.write_text(agentclinic(history="first") + agentclinic())
    assert load_stories(file)[0][1].case_id == only.case_id
    file.write_text("{}\n")
    with pytest.raises(SourceError, match="not AgentClinic"):
        load_stories(file)
    file.write_bytes(agentclinic().encode() + b"\xff")
    with pytest.raises(SourceError, match=r"cannot read .*cases\.jsonl: byte 0xff is not UTF-8$"):
        load_stories(file)


def test_craftmd_is_read_without_its_choices(tmp_path):
    file = tmp_path / "cases.csv"
    file.write_text(
        "case_vignette,choice_1,choice_2,choice_3,choice_4,answer,dataset,case_id\n"
        "A man.,Gout,Measles,Mumps,Flu,Mumps,usmle,c1\n"
    )
    ((only,), _) = load_stories(file)
    assert (only.diagnosis, only.story) == ("Mumps", "A man.\nWhat is the most likely diagnosis?")


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        ('{"diagnoses": ["Gout", " ", "Mumps  virus"]}', ("Gout", "Mumps virus")),
        ('{"diagnoses": []}', ()),
        ('{"diagnoses": "Gout"}', ()),
        ('{"diagnoses": ["Gout", 3]}', ()),
        ('["Gout"]', ()),
        ("Gout", ()),
        ("", ()),
    ],
)
def test_a_language_model_names_in_json_or_not_at_all(reply, named):
    model = ScriptedModel(lambda _: reply)
    assert ModelNames(model).name("A man.", 5) == named
    assert model.schemas == [names_schema(5)]


def test_no_more_are_taken_than_asked_for():
    model = ScriptedModel(lambda _: json.dumps({"diagnoses": [str(i) for i in range(9)]}))
    assert ModelNames(model).name("A man.", 3) == ("0", "1", "2")


def stories(tmp_path, n=4):
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(agentclinic(history=f"Story {i}.") for i in range(n)))
    return file


def test_a_run_from_end_to_end_goes_on_where_it_was(tmp_path):
    """The model is out of breath at the third story, and is asked for it again."""
    out, breath = tmp_path / "out", []

    def name(story):
        if "Story 2." in story and not breath:
            raise ModelError("out of breath")
        return json.dumps({"diagnoses": ["Measles", "Podagra"] if "Story 1." in story else ["Gout"]})

    options = FreeTextOptions(cases=stories(tmp_path), out=out)
    run_free_text(options, "typed", ModelNames(ScriptedModel(name)), VOCABULARY)
    told = json.loads((out / "metrics.json").read_text())
    assert told["reasons"] == {FAILED.rstrip(": "): 1}
    breath.append(True)
    model = ScriptedModel(name)
    report = run_free_text(options, "typed", ModelNames(model), VOCABULARY)
    assert len(model.asked) == 1
    (score,) = json.loads((out / "metrics.json").read_text())["sets"].values()
    assert (score["exact"]["top-1"]["value"], score["exact"]["top-3"]["value"]) == (0.75, 0.75)
    assert (score["synonym"]["top-1"]["value"], score["synonym"]["top-3"]["value"]) == (0.75, 1)
    assert "| agentclinic | 4 | 4 | 0 | with synonyms | 75.0" in report.read_text()
    graded = [json.loads(line) for line in (out / "graded.jsonl").read_text().splitlines()]
    assert graded[1]["match"] == ["none", "synonym"]
    assert (out / "accuracy.svg").is_file()
    with pytest.raises(UsageError, match="holds a run with other settings"):
        run_free_text(FreeTextOptions(cases=stories(tmp_path, 5), out=out), "typed", ModelNames(model), VOCABULARY)


def test_a_model_that_is_not_there_stops_the_run(tmp_path):
    def dead(_):
        raise ModelError("no server")

    options = FreeTextOptions(cases=stories(tmp_path, MAX_FAILURES + 3), out=tmp_path / "out")
    with pytest.raises(ModelError, match="5 in a row failed, the last with: no server"):
        run_free_text(options, "typed", ModelNames(ScriptedModel(dead)), VOCABULARY)


def test_the_product_names_what_it_ranks(toy_graph):
    extractor = toy.build_extractor(toy_graph)
    ranker = FusionRanker(extractor, toy.linear_fusion(log_lr=1.0))
    assistant = DiagnosisAssistant(extractor.model, ranker, Lexicon(toy_graph.ontology), None)
    vocabulary = DiseaseVocabulary({d.disease_id: [d.name] for d in toy_graph.diseases.values()})
    story = "A boy has a very large zorb and a striped zorb."
    namer = AssistantNames(assistant, vocabulary)
    named = namer.name(story, 3)
    expected = [d.name for d in assistant.diagnose(assistant.find_findings(story), 3).diagnoses]
    assert list(named) == expected
    assert named[0] == "Alpha syndrome, type II"
    assert namer.name("A boy plays.", 3) == ()
    first, other, unknown = namer.weigh(story, ("Alpha syndrome, type II", "Beta disease", "Measles"))
    assert first == assistant.rank(assistant.find_findings(story))[0][1]
    assert first > other
    assert unknown is None


def test_stories_that_are_ranked_at_the_same_time_keep_their_own_answers(toy_graph):
    class Busy:
        """Another story is asked for while one is ranked, as from another thread."""

        def __init__(self):
            self.versions = {}
            self.sources = SimpleNamespace(graph=toy_graph)

        def find_findings(self, story):
            return ()

        find_person = find_findings

        def rank(self, findings, *, person, story):
            if story == "one":
                namer.name("two", 1)
            return ((toy.ALPHA if story == "one" else toy.BETA, -0.1),)

    namer = AssistantNames(Busy(), VOCABULARY)
    assert namer.name("one", 1) == (toy_graph.diseases[toy.ALPHA].name,)
    assert namer.name("two", 1) == (toy_graph.diseases[toy.BETA].name,)


@pytest.mark.data
def test_three_quarters_of_the_answers_that_are_diseases_mean_one_of_the_graph():
    from kg.build import bundled_sources, load_graph
    from kg.catalogue import SOURCES
    from kg.datasets import data_folder

    folder = data_folder()
    vocabulary = load_vocabulary(load_graph(bundled_sources(common=True, further=SOURCES)), folder)
    for file, asked in (("craftmd_usmle_and_derm_dataset.csv", 0.75), ("agentclinic_medqa_extended.jsonl", 0.7)):
        stories, unread = load_stories(folder / "cases" / file)
        assert len({c.key for c in stories}) == len(stories)
        assert len(unread) <= 0.05 * len(stories)
        scored, _ = part_unscored(stories, vocabulary)
        assert sum(bool(vocabulary.ids_of(c.diagnosis)) for c in scored) >= asked * len(scored)
