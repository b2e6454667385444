"""Training of the reader: patients' candidates and evidence with the right disease marked -> weights.

The loss is the cross-entropy of the right candidate among the list, or of "none of these" (listwise softmax: Cao et
al., ICML 2007), smoothed. A publication with many patients counts by the square root of their number. Patients of some
publications are kept apart, with their whole lists: training stops when their loss no longer falls, the best weights
are kept, and the temperature is fitted on them (Guo et al., ICML 2017). What is held out of the features is the
caller's affair (``evaluation.protocols``). Devices and precision are accelerate's.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch import Tensor
from tqdm import tqdm

from kg.cache import digest
from kg.errors import SourceError, StorageError
from llm.reader.batches import pad
from llm.reader.features import CANDIDATE_FEATURES, N_READ, ReaderInputs
from llm.reader.fusion import N_FEATURES
from llm.reader.model import ReaderConfig, ReaderModel
from llm.reader.person import OF_PATIENT
from retrieval.fusion_training import Example, thinned_rows, train_fusion

CHECKPOINT = "checkpoint.pt"
PATIENT_COLUMNS = [CANDIDATE_FEATURES.index(name) for name in (*OF_PATIENT, "log_sex")]
"""Of ``values``; all 0 of a patient of whom neither age nor sex is known."""
N_POOLED = 16  # batches that are sorted by length together


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSettings:
    """How the reader is trained; docs/log.md says what was tried."""

    hidden_size: int = 96
    evidence_size: int = 48
    num_hidden_layers: int = 2
    dropout: float = 0.1
    reads_evidence: bool = True
    fusion_share: float = 0.35
    """Weight of a fusion of the same patients in the mean with it, 0..1; 0: without one."""
    n_epochs: int = 4
    patience: int = 2
    """Epochs without a smaller loss of the patients kept apart, before training stops."""
    kept_apart: float = 0.1
    """Share of the publications."""
    batch_size: int = 32
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.15
    """Share of the steps in which the learning rate rises."""
    label_smoothing: float = 0.02
    evidence_dropout: float = 0.1
    """Share of a patient's findings that are not shown, at each step anew."""
    person_dropout: float = 0.3
    """Share of the patients whose age and sex are not shown, at each step anew: many users give neither."""
    n_candidates: int = 100
    """Most of a list that is trained on, see ``thinned``; the trained reader takes lists of any length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderExample:
    """One patient whose diagnosis is known."""

    inputs: ReaderInputs
    right: int | None
    """Row of the right disease; None where it is not among the candidates."""
    publication: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedReader:
    """A model and how it came about."""

    model: ReaderModel
    curve: tuple[dict[str, float], ...]
    """Of each epoch: loss in training, loss of the patients kept apart."""


def _digest(arrays: Iterable[NDArray[Any]]) -> str:
    """SHA-256 of numbers: a checkpoint goes on with the same ones alone."""
    hashed = hashlib.sha256()
    for array in arrays:
        hashed.update(array.tobytes())
    return hashed.hexdigest()


def thinned(example: ReaderExample, n_kept: int) -> ReaderExample:
    """The patient with as many candidates as the fusion is trained on, at half precision: thousands fill the memory."""
    inputs = example.inputs
    rows, right = thinned_rows(len(inputs.diseases), example.right, n_kept)
    small = ReaderInputs(
        diseases=inputs.diseases[rows],
        values=inputs.values[rows],
        evidence=inputs.evidence[rows].astype(np.float16),
        kinds=inputs.kinds[rows],
        terms=inputs.terms[rows],
        kin=inputs.kin[:, rows][:, :, rows],
    )
    return replace(example, inputs=small, right=right)


def collate(
    examples: Sequence[ReaderExample], rng: np.random.Generator | None = None, settings: ReaderSettings | None = None
) -> dict[str, Tensor]:
    """Arguments of ``ReaderModel.forward`` for a batch, padded.

    Args:
        examples: at least one.
        rng: of what is hidden; None: nothing is.
        settings: say how much: pieces of evidence, each for all candidates of a patient, and who the patient is.
    """
    batch = pad([e.inputs for e in examples])
    n = batch["listed"].shape[1]
    batch["labels"] = torch.tensor([n if e.right is None else e.right for e in examples])
    if rng is not None and settings is not None:
        for kinds, values, example in zip(batch["kinds"], batch["values"], examples, strict=True):
            n_pieces = example.inputs.kinds.shape[1]
            kinds[:, :n_pieces][:, torch.from_numpy(rng.random(n_pieces) < settings.evidence_dropout)] = -1
            if rng.random() < settings.person_dropout:
                values[:, PATIENT_COLUMNS] = 0.0
    return batch


def train_reader(
    examples: Sequence[ReaderExample],
    *,
    begun: ReaderModel | None = None,
    settings: ReaderSettings | None = None,
    seed: int = 0,
    checkpoints: Path | None = None,
    progress: bool = False,
) -> TrainedReader:
    """Fit a reader; the same examples, settings and seed give the same weights on the same machine.

    Args:
        examples: at least one.
        begun: a reader to begin with, such as one trained on simulated patients; default: none.
        settings: of the training.
        seed: of initial weights, order and dropout.
        checkpoints: folder in which each epoch is kept; what it holds of the same training is gone on with.
        progress: show a bar.

    Raises:
        SourceError: the checkpoint is of another training.
        StorageError: it cannot be written.
    """
    settings = settings or ReaderSettings()
    trained = _Training(examples, begun, settings, seed, checkpoints).run(progress=progress)
    if settings.fusion_share:
        trained.model.add_fusion(train_fusion([_for_fusion(e) for e in examples], seed=seed), settings.fusion_share)
    return trained


class _Training:
    """One training, from its beginning or from a checkpoint."""

    def __init__(
        self,
        examples: Sequence[ReaderExample],
        begun: ReaderModel | None,
        settings: ReaderSettings,
        seed: int,
        checkpoints: Path | None,
    ) -> None:
        self.settings, self.seed = settings, seed
        self.fitted, self.apart = keep_apart(examples, settings.kept_apart, seed)
        self.n_patients = Counter(e.publication for e in examples)
        self.file = checkpoints / CHECKPOINT if checkpoints else None
        self.identity = digest(
            {
                "settings": repr(asdict(settings)),
                "seed": str(seed),
                "patients": repr([(e.publication, e.right) for e in examples]),
                "features": _digest(a for e in examples for a in (e.inputs.values, e.inputs.evidence)),
                "begun": _digest(t.numpy(force=True) for t in begun.state_dict().values()) if begun else "",
            }
        )
        set_seed(seed)
        self.accelerator = Accelerator()
        model = ReaderModel(make_config(settings))
        if begun is not None:
            model.load_state_dict({k: v for k, v in begun.state_dict().items() if not k.startswith("fusion.")})
        model.standardise_by(*_rows_of(self.fitted))
        optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
        n_steps = settings.n_epochs * -(-len(self.fitted) // settings.batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, settings.learning_rate, total_steps=n_steps, pct_start=settings.warm_up
        )
        self.model, self.optimizer = self.accelerator.prepare(model, optimizer)
        self.schedule = schedule
        self.curve: list[dict[str, float]] = []
        self.best: dict[str, Tensor] = {}

    def run(self, *, progress: bool) -> TrainedReader:
        self._restore()
        n_epochs = self.settings.n_epochs
        bar = tqdm(total=n_epochs, initial=len(self.curve), desc="epochs", disable=not progress)
        while len(self.curve) < n_epochs and not self._is_over():
            self._run_epoch()
            self._store()
            bar.update()
        bar.close()
        model: ReaderModel = self.accelerator.unwrap_model(self.model)
        if self.best:
            model.load_state_dict(self.best)
        model = model.to("cpu").eval()
        if self.apart:
            model.config.score_temperature = fit_temperature(model, self.apart)
        model.config.publications = sorted(p for p in self.n_patients if p)
        return TrainedReader(model=model, curve=tuple(self.curve))

    def _run_epoch(self) -> None:
        number, settings, examples = len(self.curve), self.settings, self.fitted
        set_seed(self.seed + 1000 * (number + 1))  # so that a training that was cut off goes on as if it had not been
        rng = np.random.default_rng(self.seed + number)
        self.model.train()
        losses = []
        for rows in draw_batches([e.inputs.kinds.shape[1] for e in examples], settings.batch_size, rng):
            chosen = [examples[i] for i in rows]
            batch = collate(chosen, rng, settings)
            weights = torch.tensor([max(self.n_patients[e.publication], 1) ** -0.5 for e in chosen])
            batch = {k: v.to(self.accelerator.device) for k, v in (batch | {"weights": weights}).items()}
            with self.accelerator.autocast():
                loss = self.model(**batch, label_smoothing=settings.label_smoothing).loss
            self.accelerator.backward(loss)
            self.accelerator.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.schedule.step()
            self.optimizer.zero_grad()
            losses.append(float(loss.detach()))
        entry = {"epoch": float(number), "loss": float(np.mean(losses))}
        if self.apart:
            entry["loss_apart"] = mean_loss(self.accelerator.unwrap_model(self.model), self.apart)
        is_best = self.apart and entry["loss_apart"] <= min((e["loss_apart"] for e in self.curve), default=float("inf"))
        self.curve.append(entry)
        if is_best:
            state = self.accelerator.unwrap_model(self.model).state_dict()
            self.best = {k: v.detach().cpu().clone() for k, v in state.items()}

    def _is_over(self) -> bool:
        """Whether the loss of the patients kept apart has not fallen for too long."""
        apart = [e["loss_apart"] for e in self.curve if "loss_apart" in e]
        return bool(apart) and len(apart) - 1 - int(np.argmin(apart)) >= self.settings.patience

    def _store(self) -> None:
        if self.file is None:
            return
        state = {
            "identity": self.identity,
            "model": self.accelerator.unwrap_model(self.model).state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "best": self.best,
            "curve": json.dumps(self.curve),
        }
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            new = self.file.with_suffix(".new")
            torch.save(state, new)
            new.replace(self.file)  # a cut in between leaves the last one
        except OSError as error:
            raise StorageError(f"cannot write the checkpoint {self.file}: {error.strerror or error}") from error

    def _restore(self) -> None:
        if self.file is None or not self.file.is_file():
            return
        try:
            state = torch.load(self.file, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises whatever unpickling does
            raise SourceError(f"cannot read the checkpoint {self.file}: {error}; remove it to start anew") from error
        if state["identity"] != self.identity:
            raise SourceError(f"{self.file} is of a training with other data or settings: remove it, or choose another")
        self.accelerator.unwrap_model(self.model).load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.best, self.curve = state["best"], json.loads(state["curve"])


def _for_fusion(example: ReaderExample) -> Example:
    values = example.inputs.values[:, :N_FEATURES]
    return Example(values=values, right=example.right, publication=example.publication)


def make_config(settings: ReaderSettings) -> ReaderConfig:
    """The sizes that the settings ask for."""
    return ReaderConfig(
        hidden_size=settings.hidden_size,
        evidence_size=settings.evidence_size,
        num_hidden_layers=settings.num_hidden_layers,
        dropout=settings.dropout,
        reads_evidence=settings.reads_evidence,
    )


def draw_batches(lengths: Sequence[int], batch_size: int, rng: np.random.Generator) -> list[list[int]]:
    """Rows in batches, at random; those of a batch are of like length, so that little is padded."""
    order = rng.permutation(len(lengths)).tolist()
    n_pooled = N_POOLED * batch_size
    pools = (order[i : i + n_pooled] for i in range(0, len(order), n_pooled))
    alike = [row for pool in pools for row in sorted(pool, key=lambda row: lengths[row])]
    batches = [alike[i : i + batch_size] for i in range(0, len(alike), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def keep_apart(
    examples: Sequence[ReaderExample], share: float, seed: int
) -> tuple[list[ReaderExample], list[ReaderExample]]:
    """Examples to fit, and those of ``publications_apart``."""
    apart = publications_apart((e.publication for e in examples), share, seed)
    return [e for e in examples if e.publication not in apart], [e for e in examples if e.publication in apart]


def publications_apart(publications: Iterable[str], share: float, seed: int) -> frozenset[str]:
    """A share of the publications, drawn at random, whose patients are not fitted; the same for the same ones."""
    ordered = sorted(set(publications))
    return frozenset(random.Random(seed).sample(ordered, int(share * len(ordered))))  # noqa: S311 - a sample


def score_in_batches(
    model: ReaderModel, examples: Sequence[ReaderExample], batch_size: int = 32
) -> Iterator[tuple[Tensor, Tensor]]:
    """Scores [batch, n + 1] and right rows [batch], batch by batch, on the model's device."""
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(examples), batch_size):
            batch = {k: v.to(model.device) for k, v in collate(examples[start : start + batch_size]).items()}
            labels = batch.pop("labels")
            yield model(**batch).logits.float(), labels
    model.train(was_training)


def mean_loss(model: ReaderModel, examples: Sequence[ReaderExample]) -> float:
    """Cross-entropy of the right rows, each patient alike, in nats."""
    losses = [
        torch.nn.functional.cross_entropy(scores, labels, reduction="none").cpu()
        for scores, labels in score_in_batches(model, examples)
    ]
    return float(torch.cat(losses).mean())


def fit_temperature(model: ReaderModel, examples: Sequence[ReaderExample]) -> float:
    """The temperature that gives the right rows the smallest mean cross-entropy."""
    scored = [(s.cpu() * model.config.score_temperature, y.cpu()) for s, y in score_in_batches(model, examples)]

    def loss(log_temperature: float) -> float:
        sums = (torch.nn.functional.cross_entropy(s / np.exp(log_temperature), y, reduction="sum") for s, y in scored)
        return float(sum(sums))

    return float(np.exp(minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded").x))


def _rows_of(examples: Sequence[ReaderExample], most: int = 500) -> tuple[Tensor, Tensor]:
    """Rows of features, of at most so many patients: candidates', and of evidence that is there."""
    chosen = examples[:: max(1, len(examples) // most)]
    values = np.concatenate([e.inputs.values[:, :N_READ] for e in chosen])
    evidence = np.concatenate([e.inputs.evidence[e.inputs.kinds >= 0] for e in chosen]).astype(np.float32)
    return torch.from_numpy(values), torch.from_numpy(evidence)
