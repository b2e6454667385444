"""The learned fusion (``retrieval.fusion``) as a part of the reader: the same numbers, in batches, on any device."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from llm.reader.features import CANDIDATE_FEATURES
from retrieval.features import FEATURES
from retrieval.fusion import CLIP, Fusion

IMPOSSIBLE = -1e4
"""Score of what is not there; finite in bfloat16 and float16 too."""
N_FEATURES = len(FEATURES)
"""With which the features of candidates begin."""
LOG_PRIOR, LOG_SEX = map(CANDIDATE_FEATURES.index, ("log_prior", "log_sex"))


def against_best(values: Tensor, mean: Tensor, scale: Tensor, listed: Tensor) -> Tensor:
    """Standardised features, and how far each lies below the largest of the list: shape [batch, n, 2 * n_features].

    As ``retrieval.fusion.network_inputs`` has them, of padded lists.
    """
    standard = ((values - mean) / scale).clamp(-CLIP, CLIP)
    best = standard.masked_fill(~listed[..., None], -CLIP).amax(dim=1, keepdim=True)
    return torch.cat([standard, standard - best], dim=-1)


class FusionNetworks(nn.Module):
    """Weights of a fusion; they are not trained here (``retrieval.fusion_training``).

    Args:
        n_networks: that are averaged.
        n_hidden: numbers in each of a network's two hidden layers.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, n_networks: int, n_hidden: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(N_FEATURES))
        self.register_buffer("scale", torch.ones(N_FEATURES))
        self.networks = nn.ModuleList(
            nn.Sequential(
                *(nn.Linear(2 * N_FEATURES, n_hidden), nn.GELU()),
                *(nn.Linear(n_hidden, n_hidden), nn.GELU()),
                nn.Linear(n_hidden, 1),
            )
            for _ in range(n_networks)
        )
        self.nobody = nn.Parameter(torch.zeros(n_networks))
        self.requires_grad_(False)

    @classmethod
    def holding(cls, fusion: Fusion) -> FusionNetworks:
        """The weights of a trained fusion."""
        made = cls(len(fusion.networks), fusion.n_hidden)
        made.mean.copy_(torch.from_numpy(fusion.mean))
        made.scale.copy_(torch.from_numpy(fusion.scale))
        made.nobody.copy_(torch.tensor(fusion.nobody))
        for network, layers in zip(made.networks, fusion.networks, strict=True):
            linear = [part for part in network.children() if isinstance(part, nn.Linear)]
            for part, (weights, bias) in zip(linear, layers, strict=True):
                part.weight.copy_(torch.from_numpy(weights))
                part.bias.copy_(torch.from_numpy(bias))
        return made

    def forward(self, values: Tensor, listed: Tensor) -> Tensor:
        """Log-probabilities of the candidates, weighed by how common they are in that sex, and last of "none of these".

        Shapes as ``ReaderModel.forward`` has them -> [batch, n + 1].
        """
        inputs = against_best(values[..., :N_FEATURES], self.mean, self.scale, listed)
        scores = torch.stack([network(inputs)[..., 0] for network in self.networks]).mean(dim=0)
        scores = (scores + values[..., LOG_PRIOR] + values[..., LOG_SEX]).masked_fill(~listed, IMPOSSIBLE)
        nobody = self.nobody.mean().expand(len(scores), 1)
        return functional.log_softmax(torch.cat([scores, nobody], dim=1), dim=-1)
