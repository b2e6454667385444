"""The reader: a small transformer over the candidates of a patient, each with its evidence.

Each piece of evidence is a token; a candidate gathers its own by attention, and the candidates then see each other,
knowing which of them are kin. Every candidate gets a score, as does "none of these"; a softmax over them, at a
temperature that was fitted on patients the weights had not seen, gives probabilities. Their logarithms are averaged
with those of a learned fusion (``llm.reader.fusion``), which knows less and errs elsewhere. There is nothing that the
model could name but what it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PretrainedConfig, PreTrainedModel
from transformers.utils import ModelOutput

from llm.reader.features import CANDIDATE_FEATURES, EVIDENCE_FEATURES, KINDS, N_READ
from llm.reader.fusion import IMPOSSIBLE, LOG_PRIOR, LOG_SEX, FusionNetworks, against_best
from retrieval.fusion import CLIP, Fusion

PRIOR_WEIGHT = 0.3
"""Of the log-prior, in the transformer's scores where a fusion, which has it in full, is averaged in: decision 0039."""


class ReaderConfig(PretrainedConfig):  # type: ignore[misc]
    """Sizes of the model, and the features that it was made for.

    Args:
        features: of candidates, in order.
        evidence_features: of pieces of evidence, in order.
        hidden_size: of a candidate.
        evidence_size: of a piece of evidence.
        num_hidden_layers: in which candidates see each other; 0: they do not.
        num_attention_heads: of those layers.
        dropout: rate in training.
        score_temperature: scores are divided by it; fitted after training.
        confidence: points of the line in which the first probability is looked up (``llm.reader.confidence``).
        reads_evidence: whether evidence is read piece by piece; False for the ablation.
        fusion_share: weight of the fusion in the mean, 0..1; 0: there is none.
        fusion_sizes: its networks, and the numbers in a hidden layer of each.
        publications: whose patients it was trained on: it must not be tested on them.
    """

    model_type = "citedx-reader"

    def __init__(
        self,
        features: tuple[str, ...] = CANDIDATE_FEATURES,
        evidence_features: tuple[str, ...] = EVIDENCE_FEATURES,
        hidden_size: int = 96,
        evidence_size: int = 48,
        num_hidden_layers: int = 2,
        num_attention_heads: int = 4,
        dropout: float = 0.1,
        score_temperature: float = 1.0,
        confidence: Sequence[Sequence[float]] = (),
        reads_evidence: bool = True,
        fusion_share: float = 0.0,
        fusion_sizes: Sequence[int] = (0, 0),
        publications: Sequence[str] = (),
        **rest: Any,
    ) -> None:
        self.features = list(features)
        self.evidence_features = list(evidence_features)
        self.hidden_size = hidden_size
        self.evidence_size = evidence_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.dropout = dropout
        self.score_temperature = score_temperature
        self.confidence = [(float(read), float(worth)) for read, worth in confidence]
        self.reads_evidence = reads_evidence
        self.fusion_share = fusion_share
        self.fusion_sizes = list(fusion_sizes)
        self.publications = list(publications)
        super().__init__(**rest)


@dataclass
class ReaderOutput(ModelOutput):  # type: ignore[misc]
    """What the model says of a batch of patients."""

    loss: Tensor | None = None
    logits: Tensor | None = None
    """Of each candidate and last of "none of these": shape [batch, n + 1]."""


class ReaderModel(PreTrainedModel):  # type: ignore[misc]
    """Scores of the candidates of a batch of patients.

    Args:
        config: sizes; ``mean`` and ``scale`` of the inputs are set by training (``standardise_by``).
    """

    config_class = ReaderConfig
    base_model_prefix = "reader"
    values_mean: Tensor
    values_scale: Tensor

    def __init__(self, config: ReaderConfig) -> None:
        super().__init__(config)
        n, m = N_READ, len(config.evidence_features)
        for name, size in (("values", n), ("evidence", m)):
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_scale", torch.ones(size))
        self.candidate = _mlp(2 * n, config.hidden_size, config.hidden_size, config.dropout)
        if config.reads_evidence:
            self.evidence = EvidenceReader(config)
        self.layers = nn.ModuleList(CandidateLayer(config) for _ in range(config.num_hidden_layers))
        self.none_of_these = nn.Parameter(torch.zeros(config.hidden_size))
        self.score = nn.Sequential(
            nn.LayerNorm(config.hidden_size), _mlp(config.hidden_size, config.hidden_size, 1, config.dropout)
        )
        self.fusion = FusionNetworks(*config.fusion_sizes) if config.fusion_share else None
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Keep PyTorch's own beginnings, which suit these sizes."""

    def standardise_by(self, values: Tensor, evidence: Tensor) -> None:
        """Set mean and scale from training data: rows of candidates' and of evidence features."""
        for name, rows in (("values", values), ("evidence", evidence)):
            getattr(self, f"{name}_mean").copy_(rows.mean(dim=0))
            getattr(self, f"{name}_scale").copy_(rows.std(dim=0) + 1e-6)

    def add_fusion(self, fusion: Fusion, share: float) -> None:
        """Average with a fusion, trained on the same patients, from now on; ``share`` is its weight, above 0, to 1."""
        self.config.fusion_share, self.config.fusion_sizes = share, [len(fusion.networks), fusion.n_hidden]
        self.fusion = FusionNetworks.holding(fusion).to(self.device)

    def forward(
        self,
        values: Tensor,
        evidence: Tensor,
        kinds: Tensor,
        kin: Tensor,
        listed: Tensor,
        labels: Tensor | None = None,
        weights: Tensor | None = None,
        label_smoothing: float = 0.0,
    ) -> ReaderOutput:
        """Score a batch.

        Args:
            values: features of candidates, shape [batch, n, n_features].
            evidence: shape [batch, n, m, n_evidence_features].
            kinds: index into ``KINDS``, -1 for no piece; shape [batch, n, m].
            kin: by gene and by name, boolean, shape [batch, 2, n, n].
            listed: which rows are candidates, boolean, shape [batch, n].
            labels: row of the right candidate, n for none of these; shape [batch].
            weights: of the patients in the loss, shape [batch].
            label_smoothing: share of the target that is spread over the candidates.
        """
        states = self.candidate(against_best(values[..., :N_READ], self.values_mean, self.values_scale, listed))
        if self.config.reads_evidence:
            scaled = (evidence - self.evidence_mean) / self.evidence_scale
            states = states + self.evidence(scaled.clamp(-CLIP, CLIP), kinds)
        states = torch.cat([states, self.none_of_these.expand(len(states), 1, -1)], dim=1)
        present = functional.pad(listed, (0, 1), value=True)
        for layer in self.layers:
            states = layer(states, present, kin)
        # Whom a disease befalls counts in full among published patients too; how common it is does not.
        scores = self.score(states)[..., 0] + functional.pad(values[..., LOG_SEX], (0, 1))
        logits = scores.masked_fill(~present, IMPOSSIBLE)
        loss = None if labels is None else _loss(logits, present, labels, weights, label_smoothing)
        logits = logits / self.config.score_temperature
        if self.fusion is not None:
            fused = self.fusion(values, listed)
            # Training patients are drawn by who writes papers, those of a clinic by what is common.
            weighed = logits + PRIOR_WEIGHT * functional.pad(values[..., LOG_PRIOR], (0, 1))
            logits = torch.lerp(weighed.log_softmax(dim=-1), fused, self.config.fusion_share)
        return ReaderOutput(loss=loss, logits=logits)


class EvidenceReader(nn.Module):
    """Gathers the evidence on each candidate.

    Args:
        config: sizes.
    """

    def __init__(self, config: ReaderConfig) -> None:
        super().__init__()
        size = config.evidence_size
        self.kind = nn.Embedding(len(KINDS) + 1, size)
        self.read = _mlp(len(config.evidence_features), size, size, config.dropout)
        self.weigh = nn.Sequential(nn.GELU(), nn.Dropout(config.dropout), nn.Linear(size, size + 1))
        self.gather = nn.Linear(2 * size + 1, config.hidden_size)

    def forward(self, evidence: Tensor, kinds: Tensor) -> Tensor:
        """Shape [batch, n, m, n_features] and [batch, n, m] -> [batch, n, hidden_size]."""
        weighed = self.weigh(self.read(evidence) + self.kind(kinds.long() + 1))
        is_there = (kinds >= 0)[..., None]
        attention = weighed[..., :1].masked_fill(~is_there, IMPOSSIBLE).softmax(dim=2)
        what = weighed[..., 1:] * is_there
        n_pieces = is_there.sum(dim=2).to(what.dtype)
        total = what.sum(dim=2) / (n_pieces + 1).sqrt()
        gathered = torch.cat([(attention * what).sum(dim=2), total, n_pieces.log1p()], dim=-1)
        states: Tensor = self.gather(gathered)
        return states


class CandidateLayer(nn.Module):
    """A transformer layer over the candidates; each head has a bias towards kin, by gene and by name.

    Args:
        config: sizes.
    """

    def __init__(self, config: ReaderConfig) -> None:
        super().__init__()
        size = config.hidden_size
        self.n_heads = config.num_attention_heads
        self.norm_before, self.norm_after = nn.LayerNorm(size), nn.LayerNorm(size)
        self.project, self.mix = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.think = _mlp(size, 2 * size, size, config.dropout)
        self.kin_bias = nn.Parameter(torch.zeros(2, self.n_heads))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, states: Tensor, present: Tensor, kin: Tensor) -> Tensor:
        """Shapes [batch, n + 1, size], [batch, n + 1], [batch, 2, n, n] -> [batch, n + 1, size]."""
        batch, n, size = states.shape
        projected = self.project(self.norm_before(states)).view(batch, n, 3, self.n_heads, size // self.n_heads)
        queries, keys, values = projected.permute(2, 0, 3, 1, 4)
        bias = torch.einsum("brij,rh->bhij", kin.to(states.dtype), self.kin_bias)
        bias = functional.pad(bias, (0, 1, 0, 1)).masked_fill(~present[:, None, None], IMPOSSIBLE)
        seen = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=bias)
        states = states + self.dropout(self.mix(seen.transpose(1, 2).reshape(batch, n, size)))
        after: Tensor = states + self.dropout(self.think(self.norm_after(states)))
        return after


def _mlp(n_in: int, n_hidden: int, n_out: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(n_hidden, n_out))


def _loss(logits: Tensor, present: Tensor, labels: Tensor, weights: Tensor | None, smoothing: float) -> Tensor:
    """Cross-entropy of the right row, a share of the target spread evenly over what is listed."""
    log_p = functional.log_softmax(logits.float(), dim=-1)
    right = -log_p.gather(1, labels[:, None])[:, 0]
    spread = -(log_p.masked_fill(~present, 0.0).sum(dim=-1) / present.sum(dim=-1))
    losses = (1 - smoothing) * right + smoothing * spread
    if weights is None:
        return losses.mean()
    return (losses * weights).sum() / weights.sum()
