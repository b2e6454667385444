"""Predictions as result files that PhEval, the Monarch harness, reads: one Parquet file per patient.

Written for PhEval 0.7 (``pheval-utils benchmark``): ``pheval_disease_results/<patient>-disease_result.parquet`` with
the columns rank, score, disease_identifier, mondo_identifier and true_positive. A right disease that was not ranked
has a row of rank 0, as in PhEval's own files; of a right disease with several ids there is one row, so that a patient
counts once.

``mondo_identifier`` is the disease's own id, which is what PhEval writes where its table has no Mondo id: entries of
one disease are merged here already, by the graph.

Source: github monarch-initiative/pheval, ``pheval.post_processing`` and ``pheval.analyse``.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path

from evaluation.schema import Prediction
from kg.errors import NotReadyError, SourceError, how_to_install

FOLDER = "pheval_disease_results"


def require_pyarrow() -> None:
    """Raise NotReadyError where Parquet cannot be written."""
    if importlib.util.find_spec("pyarrow") is None:
        raise NotReadyError(f"PhEval's files need pyarrow, which is not installed: {how_to_install('pheval')}")


def write_pheval_results(out: Path, predictions: Sequence[Prediction]) -> Path:
    """Write a file per prediction into ``out/pheval_disease_results`` and return that folder.

    PhEval takes every file of the folder, so those of an earlier run are removed first. The score is the probability
    where the system gives one, else 1 / rank.

    Raises:
        NotReadyError: pyarrow is not installed.
        SourceError: two patient ids would give one file name.
        OSError: a file cannot be written.
    """
    require_pyarrow()
    from pyarrow import parquet

    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*-disease_result.parquet"):
        old.unlink()
    written: dict[str, str] = {}
    for prediction in predictions:
        name = re.sub(r"[^\w.-]+", "_", prediction.case_id)
        if name in written:
            raise SourceError(f"the ids {written[name]!r} and {prediction.case_id!r} give one file name, {name}")
        written[name] = prediction.case_id
        parquet.write_table(_table(prediction), folder / f"{name}-disease_result.parquet", compression="zstd")
    return folder


def _table(prediction: Prediction) -> object:
    import pyarrow

    ranks = list(range(1, len(prediction.ranked_ids) + 1))
    ids, scores = list(prediction.ranked_ids), list(prediction.probabilities or [1 / rank for rank in ranks])
    if prediction.rank is None:
        ranks, ids, scores = [*ranks, 0], [*ids, prediction.gold_ids[0]], [*scores, 0.0]
    right = prediction.rank or 0
    return pyarrow.table(
        {
            "rank": pyarrow.array(ranks, pyarrow.int64()),
            "score": pyarrow.array(scores, pyarrow.float64()),
            "disease_identifier": pyarrow.array(ids, pyarrow.string()),
            "mondo_identifier": pyarrow.array(ids, pyarrow.string()),
            "true_positive": pyarrow.array([rank == right for rank in ranks], pyarrow.bool_()),
        }
    )
