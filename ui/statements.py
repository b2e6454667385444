"""Sentences and addresses that page, terminal, reports and JSON share."""

from __future__ import annotations

NOT_A_DEVICE = "Decision support for professionals, not a medical device."
HPO_PAPER = "https://doi.org/10.1093/nar/gkad1005"
NO_SOURCE = "no source here says who should not have it"
NOT_COUNTED = "risk factors are only counted: a probability comes from a published score alone, for whom it applies to"


def word_percent(probability: float) -> str:
    """Probability (0..1) as ``93.7%``; what is neither impossible nor certain is not shown as 0 or 100."""
    if 0.0 < probability < 0.001:
        return "<0.1%"
    return ">99.9%" if 0.999 < probability < 1.0 else f"{probability:.1%}"
