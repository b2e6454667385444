"""Any causal language model of transformers: other attention, caches and layouts than Llama's."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers.utils import logging as transformers_logging

from llm.chat.local import DEFAULT_CONTEXT_SIZE, LocalChatModel
from llm.chat.protocol import Message, Role
from tests.llm.chat.tiny import tiny_tokenizer

pytest.importorskip("llguidance", reason="llguidance is not installed")

TOKENIZER = tiny_tokenizer()
N_TOKENS = len(TOKENIZER)
SIZES = {
    "vocab_size": N_TOKENS,
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 32,
    "max_position_embeddings": 512,
    "initializer_range": 0.5,
}
VISION = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "note": {"type": "string", "maxLength": 8},
        "evidence": {"type": "array", "items": {"enum": ["E1", "E2"]}, "maxItems": 3},
    },
    "required": ["note", "evidence"],
    "additionalProperties": False,
}


def config_of(name: str) -> Any:
    match name:
        case "Qwen3":
            return transformers.Qwen3Config(**SIZES)
        case "Mistral":
            return transformers.MistralConfig(**SIZES, sliding_window=16)
        case "Gemma3":  # with eyes, as MedGemma has them
            text = SIZES | {"sliding_window": 16, "query_pre_attn_scalar": 32}
            return transformers.Gemma3Config(text_config=text, vision_config=VISION, mm_tokens_per_image=4)
        case "GPT2":
            return transformers.GPT2Config(vocab_size=N_TOKENS, n_embd=32, n_layer=2, n_head=2, n_positions=512)
        case _:  # no attention at all
            return transformers.MambaConfig(vocab_size=N_TOKENS, hidden_size=32, num_hidden_layers=2, state_size=4)


@pytest.mark.parametrize("name", ["Qwen3", "Mistral", "Gemma3", "GPT2", "Mamba"])
def test_it_loads_and_keeps_a_schema(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    transformers_logging.disable_progress_bar()
    config = config_of(name)
    kind = transformers.AutoModelForCausalLM._model_mapping[type(config)]
    network = kind(config)
    network.generation_config = transformers.GenerationConfig(eos_token_id=TOKENIZER.eos_token_id)
    network.save_pretrained(tmp_path)
    TOKENIZER.save_pretrained(tmp_path)

    model = LocalChatModel.load(str(tmp_path))
    assert model.context_size == (DEFAULT_CONTEXT_SIZE if name == "Mamba" else 512)
    answer = json.loads("".join(model.reply([Message(role=Role.USER, text="Who?")], schema=SCHEMA, max_tokens=150)))
    assert list(answer) == ["note", "evidence"]
    assert len(answer["note"]) <= 8
    assert set(answer["evidence"]) <= {"E1", "E2"}
