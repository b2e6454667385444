"""Patients as the reader's tensors, padded to the longest of a batch; and one patient read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kg.arrays import Doubles
from llm.errors import ReaderError
from llm.reader.confidence import recalibrated
from llm.reader.features import ReaderInputs
from llm.reader.model import ReaderModel


def pad(patients: Sequence[ReaderInputs]) -> dict[str, Tensor]:
    """Arguments of ``ReaderModel.forward`` for a batch of at least one patient."""
    shapes = [p.kinds.shape for p in patients]
    n, m = max(s[0] for s in shapes), max(s[1] for s in shapes)
    batch: dict[str, NDArray[Any]] = {
        "values": np.zeros((len(patients), n, patients[0].values.shape[1]), np.float32),
        "evidence": np.zeros((len(patients), n, m, patients[0].evidence.shape[2]), np.float32),
        "kinds": np.full((len(patients), n, m), -1, np.int8),
        "kin": np.zeros((len(patients), 2, n, n), np.bool_),
        "listed": np.zeros((len(patients), n), np.bool_),
    }
    for i, (patient, (n_listed, n_pieces)) in enumerate(zip(patients, shapes, strict=True)):
        batch["values"][i, :n_listed] = patient.values
        batch["evidence"][i, :n_listed, :n_pieces] = patient.evidence
        batch["kinds"][i, :n_listed, :n_pieces] = patient.kinds
        batch["kin"][i, :, :n_listed, :n_listed] = patient.kin
        batch["listed"][i, :n_listed] = True
    return {name: torch.from_numpy(values) for name, values in batch.items()}


def read_patient(model: ReaderModel, patient: ReaderInputs) -> Doubles:
    """As ``read_patients``, of one patient with at least one candidate, and as sure as the reader has a right to be."""
    return recalibrated(read_patients(model, [patient])[0], tuple(model.config.confidence))


def read_patients(model: ReaderModel, patients: Sequence[ReaderInputs]) -> list[Doubles]:
    """Log-probabilities of each patient's candidates, and last of "none of these"; each of shape [n + 1].

    At the model's temperature, and not looked up yet (``llm.reader.confidence``): so they can be compared.

    Raises:
        ReaderError: a feature is no number, so that no ranking could be trusted.
    """
    if not all(np.isfinite(p.values).all() and np.isfinite(p.evidence).all() for p in patients):
        raise ReaderError(
            "a feature of a candidate is no number: the graph or the case library is broken, build it anew"
        )
    with torch.inference_mode():
        batch = {name: values.to(model.device) for name, values in pad(patients).items()}
        scores = model(**batch).logits.double().log_softmax(dim=-1).cpu().numpy()
    n_listed = [len(p.diseases) for p in patients]
    return [np.append(s[:n], s[-1]) for s, n in zip(scores, n_listed, strict=True)]
