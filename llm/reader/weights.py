"""The reader's weights on disk: a transformers folder, checked before it is trusted."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import NotReadyError, SourceError, StorageError, how_to_install
from llm.devices import fastest_device
from llm.reader.features import CANDIDATE_FEATURES, EVIDENCE_FEATURES
from retrieval.embedding import without_bars

if TYPE_CHECKING:
    from llm.reader.confidence import Points
    from llm.reader.model import ReaderModel
    from llm.reader.training import TrainedReader

BUNDLED = Path(__file__).parents[1] / "weights" / "reader"
INSTALL_HINT = f"{how_to_install('models')}, or rank without it: --reader graph"
_LOG = logging.getLogger(__name__)


def load_reader(folder: Path = BUNDLED, device: str | None = None) -> ReaderModel:
    """Read the weights, ready to read patients.

    Args:
        folder: as ``save_reader`` wrote it.
        device: such as ``cuda`` or ``cpu``; default: the fastest there is. A device that has no memory left gives way
            to the processor.

    Raises:
        NotReadyError: torch or transformers is not installed.
        SourceError: a file is missing or broken, holds a number that is none, or was made for other features.
    """
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")):
        raise NotReadyError(f"the reader needs torch and transformers: {INSTALL_HINT}")
    if not (folder / "config.json").is_file():
        raise SourceError(f"there is no reader in {folder}: train one (citedx train reader), or use --reader graph")
    import torch
    from safetensors import SafetensorError

    from llm.reader.model import ReaderConfig, ReaderModel

    try:
        config = ReaderConfig.from_pretrained(folder, local_files_only=True)
        if (config.features, config.evidence_features) != (list(CANDIDATE_FEATURES), list(EVIDENCE_FEATURES)):
            raise SourceError(
                f"the reader in {folder} was trained on other features: train it again (citedx train reader)"
            )
        with without_bars():
            model, found = ReaderModel.from_pretrained(
                folder, local_files_only=True, config=config, output_loading_info=True
            )
        if any(found[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys")):
            raise SourceError(
                f"the weights in {folder} are of other sizes than its settings: train it again (citedx train reader)"
            )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise SourceError(f"cannot read the reader in {folder}: {str(error).partition(chr(10))[0]}") from error
    if not all(bool(torch.isfinite(t).all()) for t in model.state_dict().values()):
        raise SourceError(f"the weights of the reader in {folder} hold numbers that are none: train it again")
    return _placed(model.eval(), device or fastest_device())


def save_reader(trained: TrainedReader, folder: Path, card: dict[str, object]) -> None:
    """Write the model, and ``training.json`` with the card and the loss of every epoch. Raises StorageError."""
    from kg import cache

    try:
        with without_bars():
            trained.model.save_pretrained(folder)
        cache.write_json(folder / "training.json", {**card, "curve": trained.curve})
    except OSError as error:
        raise StorageError(f"cannot write the reader into {folder}: {error.strerror or error}") from error


def save_confidence(line: Points, folder: Path) -> None:
    """Calibrate a saved reader by another line (``llm.reader.confidence``). Raises SourceError, StorageError."""
    config = load_reader(folder, "cpu").config
    config.confidence = list(line)
    try:
        config.save_pretrained(folder)
    except OSError as error:
        raise StorageError(f"cannot write the reader into {folder}: {error.strerror or error}") from error


def _placed(model: ReaderModel, device: str) -> ReaderModel:
    import torch

    try:
        model.to(device)
    except torch.OutOfMemoryError:
        _LOG.warning("%s has no memory left for the reader: it runs on the processor", device)
        model.to("cpu")
    return model
