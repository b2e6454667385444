"""How questions are put and choices are read: nothing that has to be guessed at counts as an answer."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.qa.answering import (
    GUESSED,
    NO_ROOM,
    UNREADABLE,
    GenerativeAnswerer,
    LikelihoodAnswerer,
    RetrievalAnswerer,
)
from evaluation.qa.prompts import MAX_TOKENS, answer_schema, ask_for_json, n_that_fit, read_choice
from evaluation.qa.schema import Question, Snippet
from kg.errors import UsageError
from llm.chat.protocol import Role
from llm.errors import ModelError
from tests.evaluation.chat_models import ScriptedModel, WeighingModel, option_with
from tests.evaluation.questions import FOUR, question
from tests.fakes import HashEmbedder

SNIPPETS = tuple(
    Snippet(text=t, reference=f"PMID:{i}")
    for i, t in enumerate(["Marfan syndrome makes long fingers.", "Gout hurts.", "Measles is a rash."])
)


# Reading


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ('{"answer_choice": "B"}', "B"),
        ('  {"answer_choice":"D"}\n', "D"),
        ('{"step_by_step_thinking": "A or C?", "answer_choice": "C"}', "C"),
        ('{"answer_choice": "E"}', None),
        ('{"answer_choice": "b"}', None),
        ('{"answer_choice": "B. Marfan syndrome"}', None),
        ('{"answer_choice": ["B"]}', None),
        ('{"answer_choice": null}', None),
        ('{"answer_choice": "A", "answer_choice": "B"}', None),
        ('{"answer": "B"}', None),
        ('["B"]', None),
        ('"B"', None),
        ("B", None),
        ("The answer is B.", None),
        ('Sure! {"answer_choice": "B"}', None),
        ('```json\n{"answer_choice": "B"}\n```', None),
        ('{"answer_choice": "B"', None),
        ("", None),
        ("[" * 100_000, None),
    ],
)
def test_a_reply_is_the_json_that_was_asked_for_or_no_answer(text, letter):
    assert read_choice(text, question()) == letter


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text):
    assert read_choice(text, question()) in (None, *FOUR)


@pytest.mark.parametrize("reasoned", [False, True])
def test_what_the_schema_allows_can_be_read(reasoned):
    schema = answer_schema(question(), reasoned=reasoned)
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(schema["properties"])
    assert schema["properties"]["answer_choice"]["enum"] == list(FOUR)
    for letter in FOUR:
        said = dict.fromkeys(schema["required"], "because") | {"answer_choice": letter}
        assert read_choice(json.dumps(said), question()) == letter
    assert ("step_by_step_thinking" in schema["properties"]) is reasoned


def test_options_are_two_or_more_and_the_answer_is_one_of_them():
    with pytest.raises(ValueError, match="two options or more"):
        question(options={"A": "x"}, answer="A")
    with pytest.raises(ValueError, match="'E' of q1 is none of its options"):
        question(answer="E")


# Prompts


def test_the_prompt_has_documents_question_and_options_in_this_order():
    asked = question(given=["We saw\nlong fingers."])
    system, user = ask_for_json(asked, SNIPPETS[:1], reasoned=False)
    assert (system.role, user.role) == (Role.SYSTEM, Role.USER)
    assert user.text == (
        "Document [1]: We saw long fingers.\nDocument [2]: Marfan syndrome makes long fingers.\n\n"
        "Question: Which disease makes long fingers?\n\n"
        "Options:\nA. Gout\nB. Marfan syndrome\nC. Measles\nD. Rickets\n\n"
        'Answer in JSON: {"answer_choice": "letter"}'
    )
    assert "Document" not in ask_for_json(question(), (), reasoned=False)[1].text


def test_the_right_answer_is_nowhere_in_the_prompt():
    """The same prompt, whichever option is right."""
    assert ask_for_json(question(answer="A"), SNIPPETS, reasoned=True) == ask_for_json(
        question(answer="D"), SNIPPETS, reasoned=True
    )


@given(st.integers(0, 80))
def test_as_many_snippets_as_fit(room):
    prompts = [ask_for_json(question(), SNIPPETS[:n], reasoned=False) for n in range(4)]
    model = ScriptedModel(lambda _: "", context_size=room + 10)
    sizes = [model.count_tokens(p) for p in prompts]
    fitting = [i for i, n in enumerate(sizes) if n <= room]
    assert n_that_fit(model, prompts, 10) == (fitting[-1] if fitting else None)


# Language models


def say(word: str):
    return lambda prompt: json.dumps({"answer_choice": option_with(word, prompt)})


def test_a_model_writes_the_letter():
    model = ScriptedModel(say("Marfan"))
    reply = GenerativeAnswerer(model).answer(question(), SNIPPETS)
    assert (reply.chosen, reply.reason, reply.n_shown) == ("B", "", 3)
    assert reply.text == '{"answer_choice": "B"}'
    assert model.schemas == [answer_schema(question(), reasoned=False)]


def test_what_cannot_be_read_is_no_answer_and_is_kept():
    reply = GenerativeAnswerer(ScriptedModel(lambda _: "I think B")).answer(question(), ())
    assert (reply.chosen, reply.reason, reply.text) == (None, UNREADABLE, "I think B")


def test_snippets_that_do_not_fit_are_left_out_from_the_end():
    sizes = [ScriptedModel(str).count_tokens(ask_for_json(question(), SNIPPETS[:n], reasoned=False)) for n in range(4)]
    model = ScriptedModel(say("Marfan"), context_size=sizes[2] + MAX_TOKENS[False])
    reply = GenerativeAnswerer(model).answer(question(), SNIPPETS)
    assert reply.n_shown == 2
    assert "Gout hurts." in model.asked[0]
    assert "Measles is a rash." not in model.asked[0]


def test_a_question_that_does_not_fit_is_not_asked():
    model = ScriptedModel(say("Marfan"), context_size=70)
    assert GenerativeAnswerer(model).answer(question(), SNIPPETS).reason == NO_ROOM
    assert model.asked == []


def test_the_likeliest_letter_is_chosen():
    model = WeighingModel(lambda prompt, letter: -1.0 if letter == option_with("Marfan", prompt) else -2.0)
    reply = LikelihoodAnswerer(model).answer(question(), SNIPPETS)
    assert (reply.chosen, reply.scores, reply.n_shown) == ("B", (-2.0, -1.0, -2.0, -2.0), 3)


def test_equally_likely_letters_give_the_first():
    assert LikelihoodAnswerer(WeighingModel(lambda *_: -1.0)).answer(question(), ()).chosen == "A"


@pytest.mark.parametrize("bad", [math.nan, 0.5])
def test_what_is_no_log_likelihood_is_refused(bad):
    with pytest.raises(ModelError, match="no log-likelihoods of the 4 options"):
        LikelihoodAnswerer(WeighingModel(lambda *_: bad)).answer(question(), ())


def test_a_model_without_likelihoods_is_refused():
    with pytest.raises(UsageError, match="scripted-1 gives no likelihoods: use --scoring generative"):
        LikelihoodAnswerer(ScriptedModel(str))


# Retrieval alone


def retrieval_answer(asked: Question, *texts: str):
    return RetrievalAnswerer(HashEmbedder()).answer(asked, [Snippet(text=t, reference=t) for t in texts])


def test_the_option_that_the_texts_support_is_chosen():
    for letter, disease in FOUR.items():
        reply = retrieval_answer(question(), f"Long fingers are seen in {disease}.", "Nothing of the kind.")
        assert (reply.chosen, reply.reason) == (letter, "")
        assert len(reply.scores) == 4
        assert max(reply.scores) == reply.scores["ABCD".index(letter)]


def test_the_better_text_weighs_more():
    assert retrieval_answer(question(), "It is gout.", "It is measles.").chosen == "A"
    assert retrieval_answer(question(), "It is measles.", "It is gout.").chosen == "C"


def test_the_passages_of_the_set_are_read_too():
    assert retrieval_answer(question(given=["It is rickets."])).chosen == "D"


@pytest.mark.parametrize("texts", [(), ("",), ("the of and",), ("Yes, no, maybe.",)])
def test_without_support_it_guesses_and_says_so(texts):
    options = {"A": "yes", "B": "no", "C": "maybe"}
    replies = [retrieval_answer(question(str(i), options=options, answer="A"), *texts) for i in range(300)]
    assert {r.reason for r in replies} == {GUESSED}
    counts = [sum(r.chosen == letter for r in replies) for letter in options]
    assert all(60 < n < 140 for n in counts)
    again = retrieval_answer(question("7", options=options, answer="C"), *texts)
    assert again.chosen == replies[7].chosen


@given(st.permutations(list(FOUR.values())))
def test_the_order_of_the_options_does_not_matter(texts):
    options = dict(zip("ABCD", texts, strict=True))
    reply = retrieval_answer(question(options=options), "Marfan syndrome and measles, or else Marfan syndrome.")
    assert options[reply.chosen] == "Marfan syndrome"
