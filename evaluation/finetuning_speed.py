"""How many tokens a second a fine-tuning trains on, and how much memory it takes, with a model of random weights.

The model is a Llama of the asked size, made here and trained as ``citedx finetune`` trains (LoRA on all linear layers;
on a GPU bfloat16 and gradient checkpointing), on random tokens, all of which count in the loss. The first steps are not
timed.

    python -m evaluation.finetuning_speed --hidden 768 --layers 12
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from evaluation.machine import describe_machine
from kg.errors import CitedxError, UsageError
from llm.finetuning.settings import FinetuningSettings, require_finetuning
from retrieval.embedding import without_bars

N_WARM_UP = 2
N_TOKENS = 32_000
"""Of the vocabulary, as Llama 2 has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What was measured."""

    n_parameters: int
    n_trained: int
    """Of the adapter."""
    tokens_per_s: float
    memory_bytes: int
    """Most that PyTorch had of the GPU; on a processor, most that the process had."""
    device: str
    length: int
    batch_size: int
    n_steps: int

    def __str__(self) -> str:
        return (
            f"{self.n_parameters / 1e6:.1f} million parameters, {self.n_trained / 1e6:.2f} million trained, "
            f"{self.device}: {self.tokens_per_s:,.0f} tokens a second, at most {self.memory_bytes / 1e9:.2f} GB; "
            f"{self.n_steps} steps of {self.batch_size} x {self.length} tokens"
        )


def measure_training(*, hidden: int, layers: int, length: int, batch_size: int, n_steps: int, seed: int = 0) -> Speed:
    """Train for some steps and time those after the warm-up.

    Args:
        hidden: size of the hidden states, a multiple of 64.
        layers: of the model.
        length: tokens of an example.
        batch_size: examples of a step.
        n_steps: to be timed.
        seed: of weights and tokens.

    Raises:
        NotReadyError: a package is missing.
        UsageError: no such model can be made.
        ModelError: the device has too little memory.
    """
    require_finetuning()
    if hidden % 64:
        raise UsageError(f"--hidden is a multiple of 64, got {hidden}")
    import numpy as np
    import torch

    from llm.chat.weights import load_causal_model
    from llm.finetuning.examples import TokenExample
    from llm.finetuning.training import train_adapter

    rows = np.random.default_rng(seed).integers(3, N_TOKENS, (batch_size * (n_steps + N_WARM_UP), length)).tolist()
    examples = [TokenExample(input_ids=tuple(row), labels=tuple(row)) for row in rows]
    settings = FinetuningSettings(max_steps=n_steps + N_WARM_UP, batch_size=batch_size, accumulate=1, save_steps=10**6)
    ends: list[float] = []

    def note(_: int) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        ends.append(time.perf_counter())

    with TemporaryDirectory() as folder:
        _save_random_model(Path(folder, "model"), hidden, layers, length, seed)
        loaded = load_causal_model(str(Path(folder, "model")))
        n_parameters = loaded.network.num_parameters()
        training = train_adapter(loaded, examples, settings, checkpoints=Path(folder, "checkpoints"), on_step=note)
    return Speed(
        n_parameters=n_parameters,
        n_trained=sum(p.numel() for p in training.network.parameters() if p.requires_grad),
        tokens_per_s=n_steps * batch_size * length / (ends[-1] - ends[N_WARM_UP - 1]),
        memory_bytes=_most_memory(loaded.device),
        device=torch.cuda.get_device_name() if loaded.device == "cuda" else describe_machine(),
        length=length,
        batch_size=batch_size,
        n_steps=n_steps,
    )


def _save_random_model(folder: Path, hidden: int, layers: int, length: int, seed: int) -> None:
    import torch
    from tokenizers import Tokenizer, models
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=N_TOKENS,
        hidden_size=hidden,
        intermediate_size=hidden * 8 // 3,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 64,
        max_position_embeddings=length,
    )
    with without_bars():
        LlamaForCausalLM(config).save_pretrained(folder)
    words = Tokenizer(models.WordLevel({"<unk>": 0, "<s>": 1, "</s>": 2}, unk_token="<unk>"))  # noqa: S106 - a token
    PreTrainedTokenizerFast(tokenizer_object=words, eos_token="</s>").save_pretrained(folder)  # noqa: S106


def _most_memory(device: str) -> int:
    import resource

    import torch

    if device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.finetuning_speed", description="Speed of fine-tuning.")
    parser.add_argument("--hidden", type=int, default=768, help="size of the hidden states")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--length", type=int, default=2048, help="tokens of an example")
    parser.add_argument("--batch-size", type=int, default=4, help="examples of a step")
    parser.add_argument("--steps", type=int, default=20, help="to be timed")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        speed = measure_training(
            hidden=given.hidden,
            layers=given.layers,
            length=given.length,
            batch_size=given.batch_size,
            n_steps=given.steps,
            seed=given.seed,
        )
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{speed}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
