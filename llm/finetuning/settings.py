"""How a language model is fine-tuned, and what that needs; importing it is light."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from kg.errors import NotReadyError, UsageError, how_to_install

INSTALL_HINT = how_to_install("finetuning")
_PACKAGES = ("torch", "transformers", "accelerate", "peft", "trl", "datasets", "llguidance")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuningSettings:
    """Settings of the training; the defaults are those that LoRA is usually begun with, none was tuned here."""

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    learning_rate: float = 2e-4
    n_epochs: int = 2
    max_steps: int | None = None
    """Of the optimiser; None: as many as the epochs have."""
    batch_size: int = 1
    """Examples at a time, of each process."""
    accumulate: int = 16
    """Batches to a step."""
    warm_up: float = 0.03
    """Share of the steps in which the learning rate rises."""
    weight_decay: float = 0.0
    save_steps: int = 50
    """Steps from one checkpoint to the next."""

    def __post_init__(self) -> None:
        for name in ("rank", "alpha", "n_epochs", "batch_size", "accumulate", "save_steps"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is at least 1, got {getattr(self, name)}")
        if self.learning_rate <= 0:
            raise UsageError(f"the learning rate is above 0, got {self.learning_rate:g}")


def require_finetuning() -> None:
    """Raises NotReadyError where a package is missing."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise NotReadyError(f"fine-tuning needs {' and '.join(missing)}: {INSTALL_HINT}")
