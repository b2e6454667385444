"""What a message tells and what it asks, on the toy release; on the real one, see ``evaluation.messages``."""

from __future__ import annotations

import pytest

from llm.conversation.case import Case, Sources
from llm.conversation.reading import read_message
from llm.conversation.schema import Function
from llm.conversation.understanding import read_question
from llm.schema import Differential
from retrieval.multilingual import MultilingualReader
from tests.toy import ALPHA, BETA, BRITTLE, GAMMA, STRIPED, WOBBLING

EMPTY = Differential(findings=(), diagnoses=(), evidence=())


@pytest.fixture
def nobody(sources) -> Case:
    return Case(sources, EMPTY)


@pytest.mark.parametrize(
    "text",
    [
        "A girl with a striped zorb. What could it be?",
        "What could cause a striped zorb and a wobbling flim?",
        "Striped zorb?",
        "A 3-year-old with wobbling flim, what is the diagnosis?",
        "What is wrong with my 7-year-old son, who has a striped zorb?",
        "Striped zorb. Which genes?",
        "",
        "  \n ",
        "He is well.",
    ],
)
def test_a_first_story_is_a_story_whatever_ends_it(nobody, text):
    message = read_message(text, nobody)
    assert (message.told, message.asked) == (text, ())


@pytest.mark.parametrize(
    "text",
    ["What does HP:9000011 mean?", "Which genes cause Beta disease?", "What is Gamma dysplasia?", "what is FLM1?"],
)
def test_a_first_question_about_the_sources_is_answered_without_a_patient(nobody, text):
    assert read_message(text, nobody).asked == (text,)


def test_a_message_may_tell_and_ask_and_places_stay(case):
    text = "He also has a wobbling flim. Thanks! Why not Beta?"
    message = read_message(text, case)
    assert message.asked == ("Why not Beta?",)
    assert len(message.told) == len(text)
    assert message.told[: text.index("Why")] == text[: text.index("Why")]
    assert message.told[text.index("Why") :].isspace()


@pytest.mark.parametrize(
    ("text", "told", "asked"),
    [
        ("He also has a wobbling flim, why not Beta?", True, ("why not Beta?",)),
        ("He also has a wobbling flim, does that change anything?", True, ()),
        ("A wobbling flim was found. What is the most likely diagnosis?", True, ()),
        ("I would have said Beta, why do you disagree?", False, ("I would have said Beta, why do you disagree?",)),
        ("Thanks. Which genes? And how is it inherited?", False, ("Which genes?", "And how is it inherited?")),
        ("genes of 2", False, ("genes of 2",)),
        ("no, the flim is not wobbling", True, ()),
        ("Is a brittle flim known? His mother had one, a brittle flim.", True, ("Is a brittle flim known?",)),
        ("¿Por qué no Beta?", False, ("¿Por qué no Beta?",)),
        ("Tiene un zorbo rayado, ¿por qué no Beta?", True, ("¿por qué no Beta?",)),
        ("Tiene un zorbo rayado. ¿Qué pregunto ahora?", True, ("¿Qué pregunto ahora?",)),
        ("Sin flimo frágil.", True, ()),
        ("genes del 2", False, ("genes del 2",)),
        ("y si tuviera un zorbo rayado?", False, ("y si tuviera un zorbo rayado?",)),
        ("为什么不是肺结核？", False, ("为什么不是肺结核？",)),
        ("患者佐布增大、弗利姆易碎，是什么病？", True, ()),
        ("患者佐布增大，为什么不是Beta？", True, ("为什么不是Beta？",)),
        ("患者佐布增大。下一步该问什么？", True, ("下一步该问什么？",)),
        ("佐布增大和弗利姆易碎，哪个更常见？", False, ("佐布增大和弗利姆易碎，哪个更常见？",)),
        ("2的基因", False, ("2的基因",)),
        ("无佐布增大，原因不明。", True, ()),
        ("Please add wobbling flim", True, ()),
        ("Can you add wobbling flim?", True, ()),
        ("Good morning.", True, ()),
        (
            "She is 12 years old. Exome: variants in FLM1 and ZRB1. Which fits?",
            True,
            ("She is 12 years old. Exome: variants in FLM1 and ZRB1. Which fits?",),
        ),
        (
            "WES showed variants in FLM1 and ZRB1. Which fits best?",
            False,
            ("WES showed variants in FLM1 and ZRB1. Which fits best?",),
        ),
        (
            "The exome found a variant of uncertain significance in the gene FLM1.",
            False,
            ("The exome found a variant of uncertain significance in the gene FLM1.",),
        ),
        ("FLM1, ZRB1", False, ("FLM1, ZRB1",)),
        ("She has no variant in FLM1.", True, ()),
        ("Her mother has the FLM1 variant.", True, ()),
        ("A wobbling flim and an FLM1 variant.", True, ()),
    ],
)
def test_a_later_message(case, text, told, asked):
    message = read_message(text, case)
    assert (bool(message.told.strip()), message.asked) == (told, asked)


def test_without_the_translations_what_is_told_is_kept_so_that_the_user_hears_of_it(sources, differential, tmp_path):
    nothing = MultilingualReader(sources.graph.ontology, sources.lexicon, folder=tmp_path)
    bare = Sources(sources.model, sources.ranker, sources.lexicon, stories=nothing)
    message = read_message("Tiene un zorbo rayado, ¿por qué no Beta?", Case(bare, differential))
    assert message.asked == ("¿por qué no Beta?",)
    assert message.told.strip() == "Tiene un zorbo rayado,"


@pytest.mark.parametrize(
    ("question", "function", "diseases"),
    [
        ("why not Beta?", Function.EXPLAIN, (BETA,)),
        ("why not the last one?", Function.EXPLAIN, ("OMIM:900004",)),
        ("compare the first two", Function.COMPARE, (ALPHA, GAMMA)),
        ("compare 2 with Beta", Function.COMPARE, (GAMMA, BETA)),
        ("how does it differ?", Function.COMPARE, (ALPHA, GAMMA)),
        ("what is ORPHA:901?", Function.DISEASE, (ALPHA,)),
        ("why not ZRB1?", Function.EXPLAIN, (ALPHA,)),
        ("WHY NOT ZRB1?", Function.EXPLAIN, (ALPHA,)),
        ("compare FLM1 and ZRB1", Function.GENES, ()),
        ("FLM1: is it inherited?", Function.INHERITANCE, (BETA,)),
        ("Can it be treated if it is FLM1?", Function.PASSAGES, (BETA,)),
        ("How are FLM1 and ZRB1 inherited?", Function.INHERITANCE, (BETA, ALPHA)),
        ("which genes?", Function.GENES, (ALPHA, GAMMA, "ORPHA:902", BETA, "OMIM:900004")),
        ("how is it inherited?", Function.INHERITANCE, (ALPHA,)),
    ],
)
def test_names_numbers_and_pronouns(case, question, function, diseases):
    first, *_ = read_question(question, case)
    assert (first.function, first.disease_ids) == (function, diseases)


def test_it_is_what_the_answer_before_was_about_and_that_is_said(case):
    (request,) = read_question("how is it inherited?", case, about=(GAMMA,))
    assert request.disease_ids == (GAMMA,)
    assert request.taken == ("This is about Gamma dysplasia.",)
    (request,) = read_question("which genes do they have?", case, about=(GAMMA, BETA))
    assert request.disease_ids == (GAMMA, BETA)


def test_what_if_reads_both_signs(case):
    (request,) = read_question("what if there is a wobbling flim but no striped zorb?", case)
    assert {(f.term_id, f.excluded) for f in request.findings} == {(WOBBLING, False), (STRIPED, True)}


def test_a_finding_with_a_disease_asks_how_often(case):
    (request,) = read_question("is a brittle flim part of Beta?", case)
    assert (request.function, request.disease_ids) == (Function.FINDING, (BETA,))
    assert [f.term_id for f in request.findings] == [BRITTLE]


@pytest.mark.parametrize("question", ["what dose of rest?", "who won the match?", "", "?", "\0", "why not OMIM:1?"])
def test_what_is_not_understood_asks_for_nothing(case, question):
    assert read_question(question, case) == ()


@pytest.mark.parametrize(
    "text",
    [
        "why? " * 200_000,
        "what, " * 100_000 + "?",
        "A wobbling flim" + ", why" * 100_000,
        "no " * 200_000,
        "?" * 500_000,
    ],
    ids=["questions", "commas", "turns", "leads", "signs"],
)
def test_the_longest_message_is_read_in_seconds(case, text):
    assert read_message(text, case).told == text
