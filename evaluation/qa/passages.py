"""Passages to retrieve from: the NIH's pages in MedQuAD, and PubMedQA's abstracts.

Long answers are cut into pieces of some hundred words, each under the name of its page. An abstract is whole: title,
contexts and conclusion, as PubMed has it; the search leaves out an abstract that a question was made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.qa.questions import load_pubmedqa
from kg.datasets import data_folder
from kg.errors import NotReadyError
from kg.sources.medquad import load_documents

N_WORDS = 150
"""Most words of a piece."""
MEDQUAD, PUBMEDQA = Path("text/medquad.jsonl.xz"), Path("qa/pubmedqa_ori_pqal.json.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of text with its source."""

    title: str
    text: str
    reference: str
    """``PMID:1``, or the address of the page."""

    @property
    def whole(self) -> str:
        """Title and text."""
        return f"{self.title}. {self.text}" if self.title[-1:].isalnum() else f"{self.title} {self.text}"


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
    folder = folder or data_folder()
    for file, name in ((MEDQUAD, "medquad"), (PUBMEDQA, "pubmedqa")):
        if not (folder / file).is_file():
            raise NotReadyError(f"no passages at {folder / file}: citedx data pull {name}")
    return folder / MEDQUAD, folder / PUBMEDQA


def read_medquad(path: Path) -> Iterator[Passage]:
    """Pieces of MedQuAD's answers. Raises SourceError."""
    for document in load_documents(path):
        for kind, answer in document.answers:
            for text in cut(answer.split()):
                yield Passage(title=f"{document.focus}: {kind}", text=text, reference=document.url)


def read_abstracts(path: Path) -> Iterator[Passage]:
    """PubMedQA's articles. Raises SourceError."""
    for pmid, row in load_pubmedqa(path).items():
        text = " ".join([*map(str, row["CONTEXTS"]), str(row.get("LONG_ANSWER", ""))]).strip()
        yield Passage(title=str(row["QUESTION"]), text=text, reference=f"PMID:{pmid}")


def cut(words: Sequence[str], n_words: int = N_WORDS) -> Iterator[str]:
    """Pieces of nearly equal length, none longer than ``n_words``."""
    n_pieces = -(-len(words) // n_words)
    for i in range(n_pieces):
        yield " ".join(words[i * len(words) // n_pieces : (i + 1) * len(words) // n_pieces])
