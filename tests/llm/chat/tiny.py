"""A language model with random weights and a tokenizer of its own, made in a second.

python -m tests.llm.chat.tiny FOLDER makes one whose tokens are those of the graph's names, so that it answers in fewer.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

TURN = "<|turn|>"
END = "<|end|>"
CONTEXT_SIZE = 2048

TEMPLATE = (
    "{% for m in messages %}<|turn|>{{ m['role'] }}\n{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)
TEMPLATE_WITHOUT_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + TEMPLATE
)
TEMPLATE_THAT_REFUSES = "{{ raise_exception('roles must alternate') }}"

_TEXTS = (
    "The patient has seizures, ataxia and a broad gait. The evidence speaks for Marfan syndrome.",
    '{"ranking":[{"disease":"OMIM:154700","claims":[{"text":"tall","evidence":["E1","E2"]}]}]}',
    "Er hat Fieber, and 患者有癫痫发作。 El paciente tiene convulsiones.",
)


def tiny_tokenizer(
    template: str | None = TEMPLATE, texts: Sequence[str] = _TEXTS, n_tokens: int = 400
) -> PreTrainedTokenizerFast:
    """Byte-level BPE, as Llama 3 and Qwen have it: every text can be written.

    Args:
        template: of a chat.
        texts: whose frequent parts become tokens.
        n_tokens: of the vocabulary.
    """
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=n_tokens, special_tokens=[TURN, END], initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=END, additional_special_tokens=[TURN])
    tokenizer.chat_template = template
    return tokenizer


def save_tiny_model(
    folder: Path,
    *,
    seed: int = 0,
    template: str | None = TEMPLATE,
    tokenizer: PreTrainedTokenizerFast | None = None,
    n_unused: int = 0,
    **settings: Any,
) -> Path:
    """A folder as the hub's have it, with the sampling that many of them ask for.

    Args:
        seed: of the weights.
        template: of the tokenizer.
        tokenizer: default: ``tiny_tokenizer`` with this template.
        n_unused: scores beyond the tokenizer's vocabulary, as models padded for speed have them.
        settings: further ones of LlamaConfig.
    """
    tokenizer = tokenizer or tiny_tokenizer(template)
    torch.manual_seed(seed)
    config = LlamaConfig(
        **{
            "vocab_size": len(tokenizer) + n_unused,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "max_position_embeddings": CONTEXT_SIZE,
            "initializer_range": 0.5,  # wide, so that the answer differs with the prompt
            "eos_token_id": tokenizer.eos_token_id,
        }
        | settings
    )
    network = LlamaForCausalLM(config)
    network.generation_config = GenerationConfig(
        do_sample=True, temperature=0.7, top_p=0.8, eos_token_id=[tokenizer.eos_token_id]
    )
    transformers_logging.disable_progress_bar()
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _names() -> list[str]:
    """Of the graph's terms and diseases."""
    from kg import KnowledgeGraph

    graph = KnowledgeGraph.load()
    terms = (graph.ontology.name(t) for t in sorted(graph.ontology.phenotypic_abnormalities))
    return [*terms, *(d.name for d in graph.diseases.values())]


if __name__ == "__main__":
    save_tiny_model(
        Path(sys.argv[1]),
        tokenizer=tiny_tokenizer(texts=[*_TEXTS, *_names()], n_tokens=8000),
        max_position_embeddings=8192,
    )
