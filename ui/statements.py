"""Sentences and addresses that page, terminal, reports and JSON share."""

from __future__ import annotations

NOT_A_DEVICE = "Decision support for professionals, not a medical device."
HPO_PAPER = "https://doi.org/10.1093/nar/gkad1005"
NO_SOURCE = "no source here says who should not have it"
NOT_COUNTED = "risk factors are only counted: a probability comes from a published score alone, for whom it applies to"
