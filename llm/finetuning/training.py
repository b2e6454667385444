"""LoRA (Hu et al., ICLR 2022) and QLoRA (Dettmers et al., NeurIPS 2023) of a causal language model, by trl and peft.

Promise: nothing but the adapter is trained; a training that was cut off goes on from its last checkpoint and ends as if
it had not been; nothing leaves the machine (trl's telemetry and model cards are switched off) and no text is logged.
Devices and processes are accelerate's: of several that were started together (``torchrun``, ``accelerate launch``)
every one trains on its share of the examples, and the first one alone writes checkpoints.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from kg.errors import SourceError, StorageError
from llm.chat.weights import CausalModel, half_precision
from llm.errors import ModelError
from llm.finetuning.examples import TokenExample
from llm.finetuning.settings import FinetuningSettings
from retrieval.embedding import without_bars

N_LOGGED = 100
"""Points of the curve, at most about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What came of it."""

    network: Any  # peft.PeftModel, with the trained adapter
    curve: tuple[dict[str, float], ...]
    """Steps with their loss: the mean over the steps since the entry before, in nats a token."""
    n_steps: int


class _Trainer(SFTTrainer):  # type: ignore[misc, unused-ignore]
    """SFTTrainer that tells nobody and writes no card: the project's own has the figures."""

    def _send_telemetry(self) -> None:
        pass

    def create_model_card(self, *_: Any, **__: Any) -> None:
        pass


class _Steps(TrainerCallback):  # type: ignore[misc, unused-ignore]
    def __init__(self, on_step: Callable[[int], None]) -> None:
        self._on_step = on_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - as it is called
        self._on_step(state.global_step)


def train_adapter(
    model: CausalModel,
    examples: Sequence[TokenExample],
    settings: FinetuningSettings,
    *,
    checkpoints: Path,
    seed: int = 0,
    on_step: Callable[[int], None] = lambda _: None,
    progress: bool = False,
) -> Training:
    """Train a new adapter, or go on from the last checkpoint.

    Args:
        model: the base; its network is wrapped.
        examples: at least one.
        settings: of the training.
        checkpoints: folder for them; what it holds must be of the same model, examples and settings.
        seed: of the adapter's first weights, the order of the examples and dropout.
        on_step: called with the number of steps done, after each.
        progress: show a bar.

    Raises:
        ModelError: the model has no layer that can be adapted; the device has no memory left; the loss is no number.
        SourceError: the checkpoint cannot be read.
        StorageError: a checkpoint cannot be written.
    """
    lora = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    rows = Dataset.from_list([{"input_ids": list(e.input_ids), "labels": list(e.labels)} for e in examples])
    last = _last_checkpoint(checkpoints)
    try:
        with without_bars(), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of libraries about each other
            trainer = _Trainer(
                model=model.network,
                args=_arguments(model, len(examples), settings, checkpoints, seed, progress=progress),
                train_dataset=rows,
                processing_class=model.tokenizer,
                peft_config=lora,
                callbacks=[_Steps(on_step)],
            )
            trainer.remove_callback(PrinterCallback)
            trainer.train(resume_from_checkpoint=str(last) if last else None)
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"the {model.device} has no memory left to train {model.identity}: take a smaller --context-size or "
            "--batch-size, quantise the model (--quantise) or take a smaller one"
        ) from error
    except OSError as error:
        raise StorageError(f"cannot write checkpoints into {checkpoints}: {error.strerror or error}") from error
    except ValueError as error:
        what = f"the checkpoint {last} cannot be read" if last else f"{model.identity} cannot be trained"
        raise (SourceError if last else ModelError)(f"{what}: {str(error).partition(chr(10))[0]}") from error
    entries = tuple(
        {"step": float(e["step"]), "loss": float(e["loss"])} for e in trainer.state.log_history if "loss" in e
    )
    if not all(torch.isfinite(torch.tensor(e["loss"])) for e in entries):
        raise ModelError(f"the loss of {model.identity} is no number any more: take a smaller --learning-rate")
    return Training(
        network=trainer.model.eval(),
        curve=entries,
        n_steps=trainer.state.global_step,
    )


def save_adapter(training: Training, folder: Path) -> None:
    """Write the adapter in peft's format. Raises StorageError."""
    try:
        training.network.save_pretrained(str(folder), save_embedding_layers=False)  # "auto" would ask the hub
    except OSError as error:
        raise StorageError(f"cannot write the adapter into {folder}: {error.strerror or error}") from error


def _last_checkpoint(folder: Path) -> Path | None:
    """The newest that is whole: its state is written last."""
    whole = (state.parent for state in folder.glob("checkpoint-*/trainer_state.json"))
    return max(whole, key=lambda checkpoint: int(checkpoint.name.rpartition("-")[2]), default=None)


def _arguments(
    model: CausalModel, n_examples: int, settings: FinetuningSettings, folder: Path, seed: int, *, progress: bool
) -> SFTConfig:
    is_gpu = model.device == "cuda"
    dtype = half_precision(model.device)
    n_steps = settings.max_steps or settings.n_epochs * max(
        1, n_examples // (settings.batch_size * settings.accumulate)
    )
    return SFTConfig(
        output_dir=str(folder),
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulate,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=settings.warm_up,  # below 1: a share
        weight_decay=settings.weight_decay,
        num_train_epochs=settings.n_epochs,
        max_steps=settings.max_steps or -1,
        max_length=None,  # what does not fit was left out whole
        dataset_kwargs={"skip_prepare_dataset": True},  # the examples are tokens with labels already
        gradient_checkpointing=is_gpu,
        bf16=is_gpu and dtype is torch.bfloat16,
        fp16=is_gpu and dtype is torch.float16,
        use_cpu=model.device == "cpu",
        seed=seed,
        data_seed=seed,
        save_steps=settings.save_steps,
        save_total_limit=2,
        logging_steps=max(1, n_steps // N_LOGGED),
        report_to=[],
        logging_nan_inf_filter=False,  # what is no number must be seen
        disable_tqdm=not progress,
        log_level="error",
    )
