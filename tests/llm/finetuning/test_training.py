"""The trainer's loss is the model's own likelihood, and only the adapter is trained."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="needs trl (pip install -e '.[finetuning]')")

from safetensors.torch import load_file

from llm.chat.local import LocalChatModel
from llm.chat.protocol import Message, Role
from llm.chat.weights import load_causal_model
from llm.errors import ModelError
from llm.finetuning.examples import Example, encode_example
from llm.finetuning.settings import FinetuningSettings
from llm.finetuning.training import save_adapter, train_adapter
from tests.llm.chat.tiny import save_tiny_model

EXAMPLES = tuple(
    Example(
        messages=(Message(role=Role.USER, text=f"Which disease has {word}?"),),
        answer=f'{{"text":"{word}"}}' * n,
        source="",
    )
    for n, word in enumerate(("seizures", "ataxia", "a broad gait"), start=1)
)
ONE_STEP = FinetuningSettings(rank=4, dropout=0.0, max_steps=1, batch_size=3, accumulate=1, warm_up=0.0)

NO_NETWORK = """
import socket, sys

def refuse(event, args):
    if event == "socket.getaddrinfo" or (event == "socket.connect" and args[0].family != socket.AF_UNIX):
        raise RuntimeError(f"{event} {args[1:]}")

sys.addaudithook(refuse)
from pathlib import Path
from llm.chat.weights import load_causal_model
from llm.finetuning.examples import TokenExample
from llm.finetuning.settings import FinetuningSettings
from llm.finetuning.training import save_adapter, train_adapter

folder, out = map(Path, sys.argv[1:])
example = TokenExample(input_ids=(5, 6, 7, 8), labels=(-100, -100, 7, 8))
settings = FinetuningSettings(max_steps=2, save_steps=1)
save_adapter(train_adapter(load_causal_model(str(folder)), [example] * 20, settings, checkpoints=out / "c"), out / "a")
print(sorted(p.name for p in (out / "a").iterdir()))
"""


def test_the_loss_of_a_batch_is_the_mean_over_the_tokens_of_its_answers(tmp_path: Path):
    """Before its first step: likelihoods by ``log_likelihoods``, one example at a time, and the end token's too."""
    loaded = load_causal_model(str(save_tiny_model(tmp_path / "tiny", initializer_range=0.05)))
    model = LocalChatModel(loaded)
    encoded = [encode_example(model, e) for e in EXAMPLES]
    tokenizer = loaded.tokenizer
    expected, n_tokens = 0.0, 0
    for example, tokens in zip(EXAMPLES, encoded, strict=True):
        assert tokens is not None
        answer = example.answer
        expected += model.log_likelihoods(example.messages, [answer])[0]
        expected += _end_log_likelihood(loaded, tokens.input_ids)
        n_tokens += len(tokenizer(answer, add_special_tokens=False).input_ids) + 1
    before = {name: tensor.clone() for name, tensor in loaded.network.state_dict().items()}
    training = train_adapter(loaded, [e for e in encoded if e], ONE_STEP, checkpoints=tmp_path / "checkpoints")
    assert training.curve[0]["loss"] == pytest.approx(-expected / n_tokens, rel=2e-3)
    assert training.n_steps == 1
    trained = {n for n, p in training.network.named_parameters() if p.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)
    assert not any("lm_head" in name or "embed" in name for name in trained)
    after = training.network.get_base_model().state_dict()
    assert all(after[name.replace("proj.weight", "proj.base_layer.weight")].equal(t) for name, t in before.items())
    save_adapter(training, tmp_path / "adapter")
    weights = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert any(bool(t.any()) for name, t in weights.items() if "lora_B" in name)  # zero before the first step


def test_training_asks_nobody_and_says_nothing(tmp_path: Path):
    folder = save_tiny_model(tmp_path / "tiny")
    arguments = [sys.executable, "-c", NO_NETWORK, str(folder), str(tmp_path / "out")]
    run = subprocess.run(arguments, capture_output=True, text=True)
    assert run.stdout.strip() == "['README.md', 'adapter_config.json', 'adapter_model.safetensors']", run.stderr
    assert not list((tmp_path / "out" / "c").glob("README.md"))


def test_a_loss_that_is_no_number_is_an_error(tmp_path: Path):
    loaded = load_causal_model(str(save_tiny_model(tmp_path / "tiny")))
    encoded = [e for e in (encode_example(LocalChatModel(loaded), x) for x in EXAMPLES) if e]
    wild = FinetuningSettings(rank=4, max_steps=8, batch_size=3, accumulate=1, learning_rate=1e30, warm_up=0.0)
    with pytest.raises(ModelError, match="smaller --learning-rate"):
        train_adapter(loaded, encoded, wild, checkpoints=tmp_path / "checkpoints")


def _end_log_likelihood(loaded, ids) -> float:
    import torch

    with torch.inference_mode():
        logits = loaded.network(input_ids=torch.tensor([list(ids)])).logits[0, -2].float()
    return float(logits.log_softmax(-1)[ids[-1]])
