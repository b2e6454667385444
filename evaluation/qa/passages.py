"""Passages that questions are answered from: the NIH's pages in MedQuAD, and PubMedQA's abstracts.

An abstract is whole: title, contexts and conclusion, as PubMed has it; the search leaves out an abstract that a
question was made from.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evaluation.qa.questions import load_pubmedqa
from kg.datasets import data_folder
from kg.errors import NotReadyError
from retrieval.passages import Passage, medquad_file, read_medquad

PUBMEDQA = Path("qa/pubmedqa_ori_pqal.json.gz")


def load_passages(folder: Path | None = None) -> tuple[Passage, ...]:
    """All passages of the data folder.

    Raises:
        NotReadyError: a set is not there; the message says how to get it.
        SourceError: a file cannot be read.
    """
    medquad, pubmedqa = passage_files(folder)
    return (*read_medquad(medquad), *read_abstracts(pubmedqa))


def passage_files(folder: Path | None = None) -> tuple[Path, Path]:
    """MedQuAD and PubMedQA in the data folder. Raises NotReadyError: a set is not there; says how to get it."""
    medquad, pubmedqa = medquad_file(folder), (folder or data_folder()) / PUBMEDQA
    if not pubmedqa.is_file():
        raise NotReadyError(f"no passages at {pubmedqa}: citedx data pull pubmedqa")
    return medquad, pubmedqa


def read_abstracts(path: Path) -> Iterator[Passage]:
    """PubMedQA's articles. Raises SourceError."""
    for pmid, row in load_pubmedqa(path).items():
        text = " ".join([*map(str, row["CONTEXTS"]), str(row.get("LONG_ANSWER", ""))]).strip()
        yield Passage(title=str(row["QUESTION"]), text=text, reference=f"PMID:{pmid}")
