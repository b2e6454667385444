"""Sentences and addresses that page, terminal, reports and JSON share."""

from __future__ import annotations

NOT_A_DEVICE = "Decision support for professionals, not a medical device."
HPO_PAPER = "https://doi.org/10.1093/nar/gkad1005"
NO_SOURCE = "no source here says for whom this treatment is not"
NOT_COUNTED = "risk factors are counted, which gives no probability; only a published score does, for those it holds of"
