"""What a model computes on, where nobody chose."""

from __future__ import annotations


def fastest_device() -> str:
    """``cuda``, else ``mps``, else ``cpu``."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
