"""What is trained on is, token by token, what the model is given and would write."""

from __future__ import annotations

import json
import lzma
from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import NotReadyError, SourceError, UsageError
from llm.chat.local import LocalChatModel
from llm.chat.protocol import Message, Role
from llm.finetuning import settings as settings_module
from llm.finetuning.examples import NO_LOSS, Example, encode_example, load_examples, save_examples
from llm.finetuning.pairs import load_pairs
from llm.finetuning.settings import FinetuningSettings, require_finetuning
from tests.llm.chat.tiny import END, TEMPLATE, TEMPLATE_WITHOUT_SYSTEM, save_tiny_model

TURNS = (Message(role=Role.SYSTEM, text="Be brief."), Message(role=Role.USER, text="Which <|end|> disease?"))
EXAMPLE = Example(messages=TURNS, answer='{"text":"Größe <|end|> of E1"}', source="PMID:1")


@pytest.mark.parametrize("template", [TEMPLATE, TEMPLATE_WITHOUT_SYSTEM, None])
def test_training_and_answering_see_the_same_tokens(tmp_path: Path, template: str | None):
    """The prompt's as ``generate`` gets them; of the answer's, what is decoded is the answer."""
    model = LocalChatModel.load(str(save_tiny_model(tmp_path / "tiny", template=template)))
    given: list[list[int]] = []
    network = model._model.network
    generate = network.generate
    network.generate = lambda **kwargs: (given.append(kwargs["input_ids"][0].tolist()), generate(**kwargs))[1]
    list(model.reply(TURNS, max_tokens=4))
    encoded = encode_example(model, EXAMPLE)
    assert encoded is not None
    n_prompt = encoded.labels.count(NO_LOSS)
    assert list(encoded.input_ids[:n_prompt]) == given[0]
    assert encoded.labels[:n_prompt] == (NO_LOSS,) * n_prompt
    assert encoded.labels[n_prompt:] == encoded.input_ids[n_prompt:]
    *answer, end = encoded.input_ids[n_prompt:]
    tokenizer = model._model.tokenizer
    assert tokenizer.decode(answer) == EXAMPLE.answer
    assert end == tokenizer.convert_tokens_to_ids(END)
    assert end not in answer  # a control token within the text is text


def test_the_answers_end_is_the_one_that_the_template_writes(tmp_path: Path):
    """As Llama 3 has it: the first of the model's end tokens is not the one that ends a turn."""
    model = LocalChatModel.load(str(save_tiny_model(tmp_path / "tiny")))
    turn, end = (model._model.tokenizer.convert_tokens_to_ids(t) for t in ("<|turn|>", END))
    assert LocalChatModel(replace(model._model, end_ids=(7, end))).end_id == end
    assert LocalChatModel(replace(model._model, end_ids=(7, 8))).end_id == 7
    assert turn != end


def test_what_does_not_fit_is_left_out_whole(tmp_path: Path):
    folder = str(save_tiny_model(tmp_path / "tiny"))
    whole = encode_example(LocalChatModel.load(folder), EXAMPLE)
    assert whole is not None
    n = len(whole.input_ids)
    assert encode_example(LocalChatModel.load(folder, context_size=n), EXAMPLE) == whole
    assert encode_example(LocalChatModel.load(folder, context_size=n - 1), EXAMPLE) is None


def test_examples_are_read_back_as_they_were_written(tmp_path: Path):
    odd = Example(messages=TURNS, answer="one\u2028two\r\nthree", source="s")
    save_examples([EXAMPLE, odd], tmp_path / "examples.jsonl")
    assert load_examples(tmp_path / "examples.jsonl") == (EXAMPLE, odd)
    (tmp_path / "examples.jsonl").write_text('{"messages": []}\n')
    with pytest.raises(SourceError, match="choose another --out"):
        load_examples(tmp_path / "examples.jsonl")


def test_pairs_of_three_shapes(tmp_path: Path):
    rows = [
        {"question": "What is a zorb?", "answer": "An organ."},
        {
            "messages": [{"role": m.role, "content": m.text} for m in TURNS]
            + [{"role": "assistant", "content": "Zorb."}]
        },
        {
            "url": "https://a.example",
            "focus": "Zorb",
            "qa": [{"question": "Q1?", "answer": "A1"}, {"question": "Q2?", "answer": "A2"}],
        },
    ]
    plain, packed = tmp_path / "pairs.jsonl", tmp_path / "pairs.jsonl.xz"
    text = "\n".join(map(json.dumps, rows)) + "\n\n"
    plain.write_text(text)
    packed.write_bytes(lzma.compress(text.encode()))
    pairs = load_pairs(plain)
    assert [(p.messages[-1].text, p.answer, p.source) for p in pairs] == [
        ("What is a zorb?", "An organ.", "pairs.jsonl, line 1"),
        (TURNS[-1].text, "Zorb.", "pairs.jsonl, line 2"),
        ("Q1?", "A1", "https://a.example"),
        ("Q2?", "A2", "https://a.example"),
    ]
    assert pairs[1].messages == TURNS
    assert [p.answer for p in load_pairs(packed)] == [p.answer for p in pairs]


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        "{}",
        '{"question": "Q?"}',
        '{"question": "Q?", "answer": " "}',
        '{"messages": [{"role": "user", "content": "Q?"}]}',
        '{"messages": [{"role": "assistant", "content": "A"}]}',
        '{"messages": [{"role": "nobody", "content": "A"}]}',
    ],
)
def test_a_line_of_another_shape_is_named(tmp_path: Path, line: str):
    file = tmp_path / "pairs.jsonl"
    file.write_text('{"question": "Q?", "answer": "A"}\n' + line + "\n")
    with pytest.raises(SourceError, match="line 2 is neither a question"):
        load_pairs(file)


def test_files_without_pairs(tmp_path: Path):
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(SourceError, match="holds no question"):
        load_pairs(tmp_path / "empty.jsonl")
    with pytest.raises(SourceError, match="cannot read"):
        load_pairs(tmp_path / "missing.jsonl")


def test_settings_that_make_no_sense():
    with pytest.raises(UsageError, match="rank is at least 1, got 0"):
        FinetuningSettings(rank=0)
    with pytest.raises(UsageError, match="learning rate is above 0"):
        FinetuningSettings(learning_rate=0.0)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings_module, "_PACKAGES", ("json", "no_such_package"))
    needed = r"fine-tuning needs no_such_package: .*pip install .* -e \"\.\[finetuning\]\""
    with pytest.raises(NotReadyError, match=needed):
        require_finetuning()
