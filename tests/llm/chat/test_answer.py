"""The schema of an answer, and how text becomes records: what can be mended is, what would be a guess is not."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.chat.answer import (
    MAX_CLAIM_CHARS,
    MAX_CLAIMS_READ,
    MAX_SUMMARY_CHARS,
    Answer,
    answer_schema,
    claims_within,
    parse_answer,
)
from llm.chat.json_repair import MAX_CHARS, find_object
from llm.chat.prompt import Prompt
from llm.schema import Claim, OpenQuestion
from tests.toy import ALPHA, BETA, BRITTLE, STRIPED, VERY_LARGE

PROMPT = Prompt(
    messages=(),
    diseases={"D1": ALPHA, "D2": BETA},
    findings={"F1": VERY_LARGE, "F2": BRITTLE},
    expected={"X1": STRIPED},
    names={"D1": "Alpha syndrome", "D2": "Beta", "F1": "Very large zorb", "F2": "Brittle flim", "X1": "Striped zorb"},
    evidence_ids=("E1", "E3"),
    n_evidence=5,
    n_candidates=2,
)
ITEM = {"disease": "D1", "finding": "F1", "supports": True, "evidence": ["E1"], "text": "F1 is seen in D1"}
CLAIM = Claim(
    text="Very large zorb is seen in Alpha syndrome",
    supports=True,
    evidence_ids=("E1",),
    disease_id=ALPHA,
    term_id=VERY_LARGE,
    by_model=True,
)
FULL = {"claims": [ITEM], "ranking": ["D2", "D1"], "open_questions": ["X1"], "summary": "F1 fits D1 [E1]."}
READ = Answer(
    claims=(CLAIM,),
    ranking=(BETA, ALPHA),
    questions=(OpenQuestion(term_id=STRIPED, text="Striped zorb: present or absent?"),),
    summary="Very large zorb fits Alpha syndrome [E1].",
)


def parsed(text: str) -> Answer:
    answer = parse_answer(text, PROMPT)
    assert answer is not None
    return answer


# The schema


def test_the_schema_knows_this_case_only():
    schema = answer_schema(PROMPT, 5)
    assert list(schema["properties"]) == ["claims", "ranking", "open_questions", "summary"]
    claim = schema["properties"]["claims"]["items"]["properties"]
    assert claim["disease"]["enum"] == ["D1", "D2"]
    assert claim["finding"]["enum"] == ["F1", "F2", "X1", "none"]
    assert claim["evidence"]["items"]["enum"] == ["E1", "E3"]
    assert schema["properties"]["ranking"]["items"]["enum"] == ["D1", "D2"]
    assert schema["properties"]["open_questions"]["items"]["enum"] == ["X1"]
    assert schema["properties"]["claims"]["maxItems"] == 5


def bounds(schema: dict, path: str = "") -> list[str]:
    """Paths of what could go on for ever or take a field that nobody reads."""
    faults = []
    if schema["type"] == "array" and "maxItems" not in schema:
        faults.append(path)
    if schema["type"] == "string" and not {"enum", "maxLength"} & set(schema):
        faults.append(path)
    if schema.get("enum") == []:
        faults.append(path)
    if schema["type"] == "object":
        if schema["additionalProperties"] is not False or schema["required"] != list(schema["properties"]):
            faults.append(path)
        for name, inner in schema["properties"].items():
            faults += bounds(inner, f"{path}.{name}")
    return faults + (bounds(schema["items"], f"{path}[]") if "items" in schema else [])


@pytest.mark.parametrize("expected", [{}, {"X1": STRIPED}])
def test_every_answer_ends(expected: dict[str, str]):
    prompt = Prompt(**{**{f: getattr(PROMPT, f) for f in Prompt.__slots__}, "expected": expected})
    schema = answer_schema(prompt, 5)
    assert bounds(schema) == []
    assert ("open_questions" in schema["properties"]) == bool(expected)
    json.dumps(schema)


@pytest.mark.parametrize(("n_tokens", "n"), [(0, 2), (480, 2), (682, 4), (1024, 8), (1380, 12), (10_000, 12)])
def test_claims_that_an_answer_has_room_for(n_tokens: int, n: int):
    assert claims_within(n_tokens) == n


# Reading

GOOD = json.dumps(FULL)
MENDED = {
    "as asked": GOOD,
    "indented": json.dumps(FULL, indent=2),
    "fenced": f"```json\n{GOOD}\n```",
    "a fence without a language": f"```\n{GOOD}\n```\n",
    "prose around it": f"Here is the answer, {{as}} asked:\n{GOOD}\nI hope that this helps {{you}}.",
    "thinking first": f"<think>Is it {{D1}}? {{}} [1, 2 </think>{GOOD}",
    "the form repeated first": '{"claims": [{"disease": "D?", "supports": true, ...}], "ranking": ["D?"]}\n' + GOOD,
    "an earlier try": json.dumps({"ranking": ["D1"]}) + "\nBetter:\n" + GOOD,
    "wrapped": json.dumps({"answer": FULL}),
    "wrapped in a list": json.dumps([FULL]),
    "an end repeated": GOOD + GOOD[-20:] * 20,
    "a second one that breaks off": GOOD + GOOD[:50],
    "as Python": repr(FULL),
    "commas too many": GOOD.replace('"]', '",]').replace("}]", "},]").replace('"}', '",}'),
    "line breaks in a text": GOOD.replace("F1 fits D1", "F1 fits\\nD1").replace("F1 is", "F1\n  is"),
    "further fields": json.dumps({"thoughts": {"a": [1.5, -2e3, None]}, **FULL, "confidence": 0.9}),
    "another order": json.dumps(dict(reversed(FULL.items()))),
    "a byte order mark": "\ufeff" + GOOD,
}


@pytest.mark.parametrize("text", MENDED.values(), ids=MENDED)
def test_what_can_be_mended(text: str):
    assert parsed(text) == READ


UNREADABLE = {
    "empty": "",
    "prose": "It is D1, since F1 is seen in 7 of 8 patients [E1].",
    "an empty object": "{}",
    "another object": '{"diagnosis": "D1"}',
    "a list": '["D1", "D2"]',
    "a number": "1",
    "braces": "{" * 5000,
    "deep": '{"claims":' + "[" * 5000,
    "no colon": '{"claims" []}',
    "no quotes": "{claims: []}",
    "closed wrongly": '{"claims": [}]',
    "a number too long": '{"claims": ' + "1" * 5000 + "}",
    "a strange word": '{"claims": undefined}',
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_what_would_be_a_guess(text: str):
    assert parse_answer(text, PROMPT) is None


CUT_NOTE = "The language model's answer was cut off; the part that it broke off in is not used."


@pytest.mark.parametrize("n", range(1, len(GOOD)))
def test_an_answer_that_breaks_off_anywhere(n: int):
    """What is read of it is what the whole answer says: never half a claim, never half a summary."""
    answer = parse_answer(GOOD[:n], PROMPT)
    if answer is None:
        assert n <= GOOD.index("}")
        return
    assert answer.notes == (CUT_NOTE,)
    assert answer.claims == READ.claims
    assert answer.ranking == READ.ranking[: len(answer.ranking)]
    assert answer.questions in ((), READ.questions)
    assert (answer.summary, answer.removed) == ("", ())


def test_quotes_within_quotes():
    answer = parsed("""{'summary': 'F1: "it\\'s seen" [E1].', 'ranking': ['D1']}""")
    assert answer.summary == 'Very large zorb: "it\'s seen" [E1].'
    assert answer.ranking == (ALPHA,)


def test_an_item_that_breaks_off_is_left_out():
    text = json.dumps({"claims": [ITEM, {**ITEM, "disease": "D2"}, {**ITEM, "text": "F1 is seen, but not in"}]})
    assert [c.disease_id for c in parsed(text[:-12]).claims] == [ALPHA, BETA]


REMOVED = {
    "no object": ("claim", "it is no claim but something else"),
    "no candidate": ({**ITEM, "disease": "D3"}, "D3 is no candidate of this case"),
    "a candidate's id": ({**ITEM, "disease": ALPHA}, f"{ALPHA} is no candidate of this case"),
    "a long name": ({**ITEM, "disease": "x" * 99}, f"{'x' * 20}… is no candidate of this case"),
    "a number as a candidate": ({**ITEM, "disease": 1}, "what is no text is no candidate of this case"),
    "no finding": ({**ITEM, "finding": "F3"}, "F3 is no finding of this case"),
    "a null as a finding": ({**ITEM, "finding": None}, "what is no text is no finding of this case"),
    "neither for nor against": ({**ITEM, "supports": "yes"}, "it says neither for nor against"),
    "a number for true": ({**ITEM, "supports": 1}, "it says neither for nor against"),
    "one citation as a text": ({**ITEM, "evidence": "E1"}, "it cites nothing"),
    "no citation": ({**ITEM, "evidence": []}, "it cites nothing"),
    "evidence that was not shown": ({**ITEM, "evidence": ["E1", "E2"]}, "E2 is no evidence that the model was shown"),
    "a null as evidence": ({**ITEM, "evidence": [None]}, "what is no text is no evidence that the model was shown"),
    "an empty id": ({**ITEM, "evidence": [""]}, "an empty text is no evidence that the model was shown"),
    "no words": ({**ITEM, "text": "  "}, "it says nothing"),
    "words that are none": ({**ITEM, "text": ["F1"]}, "it says nothing"),
    "too many words": ({**ITEM, "text": "x" * 201}, f"it is longer than {MAX_CLAIM_CHARS} characters"),
    "fields missing": ({}, "what is no text is no candidate of this case"),
}


@pytest.mark.parametrize(("item", "reason"), REMOVED.values(), ids=REMOVED)
def test_what_is_no_claim_of_this_case(item: object, reason: str):
    answer = parsed(json.dumps({"claims": [item, ITEM]}))
    assert answer.claims == (CLAIM,)
    assert [r.reason for r in answer.removed] == [reason]
    text = item.get("text") if isinstance(item, dict) else None
    if isinstance(text, str):
        assert answer.removed[0].claim.text == (text[:200] + "…" if len(text) > 200 else text.strip())


def test_a_claim_about_a_case():
    answer = parsed(json.dumps({"claims": [{**ITEM, "finding": "none"}]}))
    assert answer.claims[0].term_id is None


def test_the_same_claim_is_read_once():
    answer = parsed(json.dumps({"claims": [ITEM, ITEM, {}, {}]}))
    assert (len(answer.claims), len(answer.removed)) == (1, 1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("F1 is seen [E1].", "Very large zorb is seen."), ("F1 [E3]", "Very large zorb [E3]"), ("[E1, E3]", "[E1, E3]")],
)
def test_its_own_citations_are_not_said_twice(text: str, shown: str):
    assert parsed(json.dumps({"claims": [{**ITEM, "text": text}]})).claims[0].text == shown


def test_citations_are_named_once():
    assert parsed(json.dumps({"claims": [{**ITEM, "evidence": ["E3", "E1", "E3"]}]})).claims[0].evidence_ids == (
        "E3",
        "E1",
    )


def test_numbers_that_the_case_does_not_have_stay_as_they_are():
    answer = parsed(json.dumps({"summary": "F1 and F9 fit D1, D7 and AD1."}))
    assert answer.summary == "Very large zorb and F9 fit Alpha syndrome, D7 and AD1."


NOTED = {
    "claims that are no list": ({"claims": {"a": 1}}, "The language model's claims are no list; they are left out."),
    "too many claims": (
        {"claims": [{**ITEM, "text": str(i)} for i in range(60)]},
        f"The language model made 60 claims; those after the first {MAX_CLAIMS_READ} are not read.",
    ),
    "a ranking of others": (
        {"ranking": ["D9", "D1", None, "measles"]},
        "Left out of the language model's ranking, for they are not of this case: 3.",
    ),
    "questions about others": (
        {"open_questions": "F1"},
        "Left out of the language model's list of open questions, for they are not of this case: 1.",
    ),
    "a summary that is none": ({"summary": [1]}, "The language model's summary is no text; it is left out."),
    "a long summary": (
        {"summary": "x " * 500},
        f"The language model's summary is longer than {MAX_SUMMARY_CHARS} characters; the rest is not read.",
    ),
}


@pytest.mark.parametrize(("value", "note"), NOTED.values(), ids=NOTED)
def test_what_is_left_out_is_noted(value: dict[str, object], note: str):
    answer = parsed(json.dumps(value))
    assert answer.notes == (note,)
    assert answer.ranking == ((ALPHA,) if "ranking" in value else ())
    assert len(answer.claims) == (MAX_CLAIMS_READ if isinstance(value.get("claims"), list) else 0)


# The repair alone

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(value=st.dictionaries(st.text(), JSON, min_size=1, max_size=4))
def test_valid_json_is_read_as_it_is(value: dict[str, object]):
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        found = find_object(text, list(value))
        assert found is not None
        assert (found.value, found.cut) == (value, False)


@given(text=st.text(alphabet="{}[]:,\"'\\ abEtrueNoneclaims019.-\n", max_size=200))
def test_broken_json_never_raises(text: str):
    found = find_object(text + '{"claims":[' + text, ["claims"])
    assert found is None or "claims" in found.value


@pytest.mark.parametrize("part", ["{", '{"a":', '"', "'", "\\", '{"claims":["', "{'a': ", "[", '{"claims":[{"a":"b"},'])
def test_time_grows_with_the_length_alone(part: str):
    """A text of the greatest length that is read takes well under a second, whatever is in it."""
    text = part * (MAX_CHARS // len(part))
    start = time.process_time()
    find_object(text, ["claims"])
    assert time.process_time() - start < 5
