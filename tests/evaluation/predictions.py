"""Predictions of which only what matters to a test is given."""

from __future__ import annotations

from evaluation.schema import Prediction


def prediction(
    number: int,
    rank: int | None,
    publication: str = "PMID:1",
    gold: str = "OMIM:1",
    confidence: float | None = None,
    n_findings: int = 3,
) -> Prediction:
    """The case ``c{number}``; with a confidence it has one ranked disease of that probability."""
    answered = confidence is not None
    return Prediction(
        case_id=f"c{number}",
        publication=publication,
        gold_ids=(gold,),
        ranked_ids=(gold if rank == 1 else "OMIM:999",) if answered else (),
        probabilities=(confidence,) if confidence is not None else (),
        rank=rank,
        known=True,
        in_graph=True,
        n_findings=n_findings,
    )
