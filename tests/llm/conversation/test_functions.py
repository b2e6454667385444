"""What the functions say: by hand on the toy release, each statement with the evidence that says it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kg.common_schema import Setting, Urgency
from kg.phrases import word_list
from kg.schema import Concept, ConceptKind, Disease, Finding, Provenance, Relation, RelationKind
from kg.summary import SourceSummary
from kg.translations import Language
from llm.conversation.answerer import FunctionAnswerer
from llm.conversation.case import Case, Sources, Standing, word_probability, word_ratio
from llm.conversation.functions import NO_DISEASE, NO_FINDING, NO_OTHER, NO_PATIENT, call_function
from llm.conversation.knowledge_functions import NO_PAGES, quote
from llm.conversation.patient_functions import NO_TRIAGE, NO_URGENT_HERE, NOTHING_LEFT, WOULD_CHANGE_MOST
from llm.conversation.schema import (
    CAN_BE_ASKED,
    NOT_IN_SOURCES,
    OF_A_PATIENT,
    Answer,
    Function,
    Request,
    Sentence,
    Topic,
)
from llm.conversation.understanding import NO_DISEASE_BUT_FINDING, NOT_ON_PAGES, UNKNOWN
from llm.schema import Differential
from retrieval.candidates import in_order
from retrieval.cases import build_library
from retrieval.lexicon import Lexicon
from retrieval.schema import CountedTerm, RedFlag, UrgentCondition
from tests.fakes import HashEmbedder
from tests.toy import (
    ALPHA,
    BETA,
    BRITTLE,
    DELTA,
    EPSILON,
    FLIM,
    GAMMA,
    LARGE,
    STRIPED,
    VERY_LARGE,
    WOBBLING,
    build_model,
    patient,
)

EMPTY = Differential(findings=(), diagnoses=(), evidence=())


def ask(sources: Sources, differential: Differential, question: str, *earlier: Answer) -> Answer:
    return FunctionAnswerer().answer(sources, differential, question, earlier)


def texts(answer: Answer, supports: bool | None = None) -> list[str]:
    return [s.text for s in answer.sentences if s.supports is supports]


def test_why_not_a_disease(sources, differential):
    """Beta: nothing of the zorbs is stated, the missing flim is seen in 45%; Alpha explains both zorbs."""
    answer = ask(sources, differential, "why not Beta?")
    assert texts(answer) == ["Beta disease is number 4 of 5 candidates, with a probability of below 0.1%."]
    absent, unexplained, contrast = [s for s in answer.sentences if s.supports is False]
    assert absent.text == ("Brittle flim is absent here, but it is seen in 45% of patients (likelihood ratio 0.95).")
    assert [e.association.frequency.low for e in answer.evidence if e.evidence_id == absent.evidence_ids[0]] == [0.45]
    assert unexplained.text.startswith("The sources do not state of it: Striped zorb (likelihood ratio 0.02) and")
    assert unexplained.evidence_ids == ()
    assert contrast.text.startswith("The first, Alpha syndrome, type II, explains better: Very large zorb")


def test_likelihood_ratios_are_the_models(sources, case):
    finding = next(f for f in case.findings if not f.excluded)
    expected = sources.model.log_lrs([finding])[0, sources.model.group_index[ALPHA]]
    assert case.log_ratio(finding, ALPHA) == pytest.approx(float(expected))
    assert case.candidate(ALPHA).contributions[0].weight == pytest.approx(case.log_ratio(case.findings[0], ALPHA))


def test_a_disease_that_is_no_candidate_has_no_rank_and_is_explained_all_the_same(sources, differential):
    class Narrow:
        version = "narrow"

        def rank(self, findings, person):
            diseases, log_probabilities = sources.ranker.rank(findings, person)
            return diseases[:2], log_probabilities[:2]

    narrow = Sources(sources.model, Narrow(), sources.lexicon, sources.library, sources.pages)
    answer = ask(narrow, differential, "why not Beta?")
    assert texts(answer)[0] == (
        "Beta disease is not among the 2 candidates that the graph and published cases bring up."
    )
    assert any(s.supports is False and s.evidence_ids for s in answer.sentences)


def test_comparison_names_what_favours_which_and_what_to_look_for(sources, differential):
    answer = ask(sources, differential, "compare 1 and 2")
    favours, gap, look = texts(answer)[2:]
    assert favours.startswith("Very large zorb favours Alpha syndrome, type II: Alpha syndrome, type II: seen in 80%")
    assert "Gamma dysplasia: Large zorb seen in 10 of 10 patients" in favours
    assert look.startswith("Worth looking for: Wobbling flim: Alpha syndrome, type II: seen in 5% to 29%")
    assert gap.startswith("What puts Alpha syndrome, type II before Gamma dysplasia (90.8% against 5.1%), in odds: the")
    assert answer.disease_ids == (ALPHA, GAMMA)


def test_a_gap_between_probabilities_is_never_said_to_rest_on_nothing(sources, differential):
    """No ratio of the two differs by a factor of two, and the ranking has learned to put one of them first."""

    class Learned:
        version = "learned"

        def rank(self, findings, person):
            first, last = (sources.model.group_index[d] for d in (BETA, EPSILON))
            return [first, last], [float(np.log(0.955)), float(np.log(0.002))]

    learned = Sources(sources.model, Learned(), sources.lexicon, sources.library, sources.pages)
    said = texts(ask(learned, replace(differential, findings=patient(FLIM)), "compare Beta with Epsilon"))
    assert not any("tells them apart" in text for text in said)
    assert any(text.startswith("Abnormality of the flim favours Beta disease a little") for text in said), said
    (gap,) = [text for text in said if text.startswith("What puts")]
    assert "Beta disease before Epsilon deficiency (95.5% against 0.2%)" in gap
    assert "what the ranking learned from published patients makes of that" in gap


def test_next_steps_are_the_differentials_questions(sources, differential):
    answer = ask(sources, differential, "what should I examine next?")
    lead, only = texts(answer)
    assert lead == WOULD_CHANGE_MOST
    assert only.startswith(f"{differential.questions[0].text} Alpha syndrome, type II: seen in 5% to 29% of patients")
    assert "Delta syndrome: seen in 30% to 79% of patients (frequent)" in only


def test_what_to_test_names_the_tests_and_genes_of_the_first_diseases(sources, differential, toy_graph):
    concept = Concept(concept_id="MAXO:0000001", name="zorb scan", kind=ConceptKind.ACTION)
    says = Provenance(source="toy", version="1", reference="PMID:90000003", licence="none")
    examines = Relation(subject_id="MAXO:0000001", kind=RelationKind.EXAMINES, object_id=ALPHA, provenance=says)
    summary = SourceSummary(source="toy", counts={}, left_out={})
    graph = toy_graph.with_relations([concept], [examines], summary)
    tested = Sources(build_model(graph), sources.ranker, sources.lexicon, sources.library, sources.pages)
    answer = ask(tested, differential, "what should I test?")
    scan, genes, *_ = answer.sentences
    assert scan.text == "Tests for Alpha syndrome, type II: zorb scan."
    (cited,) = [e for e in answer.evidence if e.evidence_id in scan.evidence_ids]
    assert (cited.reference, cited.text) == (
        "PMID:90000003",
        "Alpha syndrome, type II (OMIM:900001): a test is zorb scan.",
    )
    assert genes.text == "To sequence for Alpha syndrome, type II: ZRB1."
    assert "The sources name no test of Gamma dysplasia" in " ".join(texts(answer))
    assert not any("bits" in text for text in texts(answer))


def test_first_tests_of_a_common_condition_are_found_by_its_name(toy_graph):
    says = Provenance(source="toy", version="1", reference="", licence="none")
    graph = toy_graph.with_statements([Disease(disease_id="OMIM:154700", name="Marfan syndrome")], [], says)
    tests = Sources(build_model(graph), None, Lexicon(graph.ontology)).tests_of("OMIM:154700")
    assert "echocardiography" in tests
    assert all(provenance.reference for provenance in tests.values())


def test_how_soon_to_act_is_answered_with_what_must_not_be_missed(sources, differential):
    flag = RedFlag(
        term_id=LARGE,
        label="Large zorb",
        provenance=Provenance(source="toy", version="1", reference="PMID:90000001", licence="none"),
    )
    urgent = UrgentCondition(
        disease_id=ALPHA, name="Alpha", urgency=Urgency.EMERGENCY, probability=0.9, present=(flag,), to_ask=()
    )
    listed = replace(differential, urgent=(urgent,), setting=Setting.EMERGENCY)
    for question in ("is this dangerous?", "should I send him to hospital?"):
        answer = ask(sources, listed, question)
        assert texts(answer)[:2] == [
            NO_TRIAGE,
            "Not to be missed: Alpha (emergency), 90.0%; red flags here: Large zorb.",
        ]
        assert answer.sentences[1].evidence_ids
    assert NO_URGENT_HERE in texts(ask(sources, differential, "is this dangerous?"))


def test_what_is_first_is_said_to_be_first(sources, differential):
    assert texts(ask(sources, differential, "why not Alpha?"))[0] == (
        "Alpha syndrome, type II is first of 5 candidates, with a probability of 90.8%."
    )


@pytest.mark.parametrize("question", ["¿Por qué no Beta?", "por qué no Beta", "为什么不是 Beta？", "為什麼不是Beta"])
def test_a_question_in_another_language_is_answered_as_the_english_one(sources, differential, question):
    answer, english = ask(sources, differential, question), ask(sources, differential, "why not Beta?")
    assert (texts(answer), answer.understood) == (texts(english), english.understood)
    assert answer.question == question


@pytest.mark.parametrize(
    ("question", "language"),
    [("¿Cuánto cuesta el seguro?", Language.SPANISH), ("这个检查要多少钱？", Language.CHINESE)],
)
def test_what_can_be_asked_is_said_in_the_language_of_the_question(sources, differential, question, language):
    answer = ask(sources, differential, question)
    assert texts(answer) == [NOT_IN_SOURCES, CAN_BE_ASKED[language]]
    assert not answer.is_covered


def test_without_the_last_finding_there_is_no_order(sources, differential):
    alone = replace(differential, findings=tuple(f for f in differential.findings if f.term_id == VERY_LARGE))
    assert texts(ask(sources, alone, "what if no very large zorb?"))[1:2] == [NOTHING_LEFT]
    assert NOTHING_LEFT in texts(ask(sources, alone, "what if no large zorb?"))  # a kind of it was told


def test_what_is_supposed_takes_the_place_of_what_it_contradicts(sources, differential):
    """Without large zorbs there are no very large ones either."""
    supposed = replace(patient(no=[LARGE])[0], asked=True)
    ranked, log_probabilities = sources.ranker.rank(in_order([*patient(STRIPED, no=[BRITTLE]), supposed]))
    first = sources.graph.diseases[sources.model.groups[ranked[0]][0]].name
    (said,) = [t for t in texts(ask(sources, differential, "what if no large zorb?")) if t.startswith("Number 1 ")]
    assert said.startswith(f"Number 1 would be {first}, {word_probability(float(np.exp(log_probabilities[0])))}")


def test_an_id_alone_is_a_question(sources, differential):
    assert ask(sources, differential, VERY_LARGE).is_covered


def test_published_patients_of_a_disease_are_found_however_many_of_another_are_more_alike(sources, differential):
    library = sources.library
    (alpha, *_), (beta, *_) = ([c for c in library.cases if c.disease_id == d] for d in (ALPHA, BETA))
    assert beta
    many = [replace(alpha, case_id=f"more {i}") for i in range(120)]
    alike = replace(beta, present=tuple(CountedTerm(term_id=t) for t in (VERY_LARGE, STRIPED)))
    crowded = build_library([*many, alike], HashEmbedder(), sources.graph.ontology)
    case = Case(Sources(sources.model, sources.ranker, sources.lexicon, crowded), differential)
    found = call_function(case, Request(function=Function.CASES, disease_ids=(BETA,), words=""))
    cited = {i for sentence in found.sentences for i in sentence.evidence_ids}
    assert {e.disease_id for e in case.book.evidence if e.evidence_id in cited} == {BETA}


def test_after_an_answer_by_words_alone_questions_are_about_it(sources, differential):
    by_words = replace(differential, findings=())
    assert Case(sources, by_words).has_patient
    assert NO_PATIENT not in texts(ask(sources, by_words, "how sure are you?"))


def test_what_if_changes_the_order_and_not_the_case(sources, differential):
    answer = ask(sources, differential, "what if there is also a wobbling flim?")
    assert texts(answer)[1].startswith("Number 1 would be Alpha syndrome, type II, 79.9% (before: number 1, 90.8%).")
    assert WOBBLING not in {f.term_id for f in differential.findings}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("which genes?", "Beta disease: genes FLM1 and FLM2."),
        ("FLM1?", "Beta disease (OMIM:900002), number 4 of 5 candidates, with a probability of below 0.1%."),
        ("what does HP:9000011 mean?", 'Also called Zorbomegaly, Big zorb and So-called "mega" zorb.'),
        ("how often is brittle flim seen in Beta disease?", "Beta disease: Brittle flim, seen in 45% of patients."),
        ("is there a similar published case?", "Published patients with Gamma dysplasia had Large zorb, Striped zorb."),
        ("how is Alpha inherited?", "Alpha syndrome, type II: Inherited from the left."),
        ("when does Alpha begin?", "Alpha syndrome, type II: Early toy onset."),
        (
            "what is Beta disease?",
            "www.toy.org on Beta disease: information: “Beta disease is a rare disorder of the flim. It is invented.”",
        ),
        ("how common is Beta disease?", "www.toy.org on Beta disease: frequency: “It affects nobody.”"),
    ],
)
def test_what_the_sources_say_is_cited(sources, differential, question, expected):
    answer = ask(sources, differential, question)
    assert expected in texts(answer)
    (sentence,) = [s for s in answer.sentences if s.text == expected]
    assert sentence.evidence_ids
    assert answer.is_covered
    assert {i for s in answer.sentences for i in s.evidence_ids} <= {e.evidence_id for e in answer.evidence}


def test_of_several_genes_the_one_that_fits_is_named_first(sources, differential):
    answer = ask(sources, differential, "Which of FLM1, QQX7 and ZRB1 fits best?")
    assert answer.understood == "Understood as: which of the genes FLM1 and ZRB1 fits this patient."
    unknown, alone, first, second = texts(answer)
    assert unknown == "QQX7 is no gene of these sources."
    assert alone == "By the findings alone; no variant is weighed."
    assert first.startswith("ZRB1: Alpha syndrome, type II (OMIM:900001), first of 5 candidates")
    assert second.startswith("FLM1: Beta disease (OMIM:900002), number 4 of 5 candidates")
    assert answer.sentences[2].evidence_ids


@pytest.mark.parametrize("question", ["Does a variant in FLM1 explain this?", "why not FLM1?", "Is it FLM1?"])
def test_of_one_gene_its_disease_is_weighed(sources, differential, question):
    answer = ask(sources, differential, question)
    assert answer.disease_ids == (BETA,)
    assert texts(answer)[0].startswith("Beta disease is number 4 of 5 candidates")


def test_diseases_of_several_genes_are_listed_where_these_are_asked_for(sources, differential):
    answer = ask(sources, differential, "Which diseases are associated with FLM1 and ZRB1?")
    assert answer.understood == "Understood as: diseases of FLM1 and ZRB1."
    assert "FLM1 (NCBIGene:900102) is associated with 1 disease." in texts(answer)


def test_a_gene_none_of_whose_diseases_is_a_candidate_is_told_so(sources, differential, monkeypatch):
    monkeypatch.setattr(Case, "standing_of", lambda *_: Standing(rank=None, n_ranked=5, probability=0.0))
    answer = ask(sources, differential, "FLM1 or ZRB1?")
    assert "FLM1: no candidate has it; it has 1 disease." in texts(answer)


def test_the_patients_own_finding_is_told(sources, differential):
    assert "This patient has no Brittle flim." in texts(ask(sources, differential, "is brittle flim seen in Beta?"))
    assert "This patient has Very large zorb." in texts(ask(sources, differential, "which of these have a big zorb?"))


def test_pages_are_found_by_their_other_names_and_quoted_word_for_word(sources, differential):
    answer = ask(sources, differential, "how is Zimmer disease treated?")
    (said,) = texts(answer)
    (page,) = answer.evidence
    assert said.split("“")[1].rstrip("”") in page.text
    assert (page.disease_id, page.url) == (BETA, "https://www.toy.org/beta")


def test_numbers_go_on_and_the_same_statement_keeps_its_number(sources, differential):
    first = ask(sources, differential, "which genes?")
    second = ask(sources, differential, "genes of 4, and how is it inherited?", first)
    listed = {e.evidence_id for e in differential.evidence}
    new = [e for e in first.evidence if e.evidence_id not in listed]
    assert [e.evidence_id for e in new] == [f"E{len(listed) + n}" for n in range(1, len(new) + 1)]
    assert {e.evidence_id: e for e in second.evidence}.items() <= {e.evidence_id: e for e in first.evidence}.items()
    explained = ask(sources, differential, "why Alpha?", first)
    same = [e for e in explained.evidence if e.evidence_id in listed]
    assert set(same) <= {*differential.evidence}


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("what dose should he get?", None),
        ("why not flurbitis?", UNKNOWN.format(said="flurbitis")),
        ("is it contagious?", NOT_ON_PAGES.format(said="contagious", name="Alpha syndrome, type II")),
        ("why not a wobbling flim?", NO_DISEASE_BUT_FINDING.format(said="wobbling flim")),
        ("compare 1 and flurbitis", UNKNOWN.format(said="flurbitis")),
        ("Genes of Flurbitis?", UNKNOWN.format(said="Flurbitis")),
        ("what does HP:9999999 mean?", "HP:9999999 is not a term of HPO 2030-01-01, nor an older id of one."),
        ("why not number 9?", "There is no number 9 in the list of 5."),
        ("genes of Epsilon?", "The sources name no gene of Epsilon deficiency."),
        ("how is Alpha treated?", "No page in the sources speaks of treatment in Alpha syndrome, type II."),
        ("how common is Gamma dysplasia?", "The sources do not say how common it is: Gamma dysplasia."),
    ],
)
def test_what_is_not_in_the_sources_is_said_to_be_missing(sources, differential, question, reason):
    answer = ask(sources, differential, question)
    assert not answer.is_covered
    assert texts(answer) == [NOT_IN_SOURCES, *([reason] if reason else []), CAN_BE_ASKED[Language.ENGLISH]]


def test_without_pages_it_is_said_how_to_get_them(sources, differential, monkeypatch, tmp_path):
    monkeypatch.setenv("CITEDX_DATA", str(tmp_path))
    bare = Sources(sources.model, sources.ranker, sources.lexicon, None)
    assert NO_PAGES in texts(ask(bare, differential, "how is Beta disease treated?"))
    assert "There are no published cases here." in texts(ask(bare, differential, "similar published cases?"))


@pytest.mark.parametrize("function", list(Function))
def test_every_function_says_what_it_lacks(sources, function):
    result = call_function(Case(sources, EMPTY), Request(function=function))
    assert not result.is_covered
    (only,) = result.sentences
    assert only.text in (NO_PATIENT, NO_DISEASE, NO_FINDING)
    assert (only.text == NO_PATIENT) == (function in OF_A_PATIENT)


def test_a_comparison_needs_two(case):
    assert call_function(case, Request(function=Function.COMPARE, disease_ids=(BETA,))).sentences[0].text == NO_OTHER


@pytest.mark.parametrize("function", list(Function))
def test_every_function_answers_about_every_disease_and_cites_what_exists(case, function):
    for disease_id in (ALPHA, BETA, GAMMA, DELTA, EPSILON):
        for topic in Topic:
            request = Request(
                function=function,
                disease_ids=(disease_id, ALPHA),
                findings=(Finding(term_id=LARGE, label="Large zorb"),),
                topic=topic,
            )
            result = call_function(case, request)
            known = {e.evidence_id for e in case.book.evidence}
            assert all(set(s.evidence_ids) <= known for s in result.sentences)
            assert result.sentences


def test_an_answer_cannot_cite_what_it_does_not_bring():
    with pytest.raises(ValueError, match="E7"):
        Answer(question="", understood="", sentences=(Sentence(text="", evidence_ids=("E7",)),))


def test_quotes_are_short_and_begin_after_a_headings_question():
    assert quote("What is it? It is a toy. It is red.") == "It is a toy. It is red."
    long = "A word " * 100
    assert len(quote(long)) < 330
    assert quote(long).endswith(" …")


def test_words_for_numbers():
    assert [word_probability(p) for p in (0.937, 0.001, 0.0009, 0.0)] == ["93.7%", "0.1%", "below 0.1%", "below 0.1%"]
    assert word_probability(0.9996) == "above 99.9%"
    assert [word_ratio(x) for x in (5.0, 1.0, 0.0, -4.0)] == ["148", "2.7", "1.0", "0.018"]
    assert [word_list(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
