"""Passages of pages about conditions, by the NIH: MedQuAD, cut into pieces, and found by the disease they are about.

Pages are found by name: an entry's name or a page's synonyms; and pages called by a synonym of these that no entry has
as its name ("Pompe disease"). A page about a family of diseases is not passed on to its members. Deliberately not done
here: search by words and meaning over all passages (``evaluation.qa.search``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kg.datasets import data_folder
from kg.equivalence import name_key
from kg.errors import NotReadyError
from kg.graph import KnowledgeGraph
from kg.schema import Provenance
from kg.sources.medquad import Document, load_documents

MEDQUAD = Path("text/medquad.jsonl.xz")
"""In the data folder."""
SOURCE = "MedQuAD (pages of the NIH)"
VERSION = "2019"
LICENCE = "CC-BY-4.0"
MEDQUAD_SOURCE = Provenance(source=SOURCE, version=VERSION, reference="", licence=LICENCE)
_LINKS = "These resources address the diagnosis or management"
"""Begins a list of titles of other pages, which says nothing by itself."""
N_WORDS = 150
"""Most words of a piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of text with its source."""

    title: str
    text: str
    reference: str
    """``PMID:1``, or the address of the page."""
    kind: str = ""
    """What it is about, as MedQuAD has it: ``treatment``, ``outlook`` ...; empty where the source has no kinds."""
    source: Provenance = MEDQUAD_SOURCE
    """Who says so, whatever the reference."""

    @property
    def whole(self) -> str:
        """Title and text."""
        return f"{self.title}. {self.text}" if self.title[-1:].isalnum() else f"{self.title} {self.text}"

    @property
    def provenance(self) -> Provenance:
        """Its source with its reference."""
        return replace(self.source, reference=self.reference)


class DiseasePages:
    """Passages by the disease that they are about.

    Args:
        documents: pages.
        graph: for names of diseases and their equivalent entries.
    """

    def __init__(self, documents: Iterable[Document], graph: KnowledgeGraph) -> None:
        self._graph = graph
        self._named = {name_key(d.name) for d in graph.diseases.values()}
        self._pages: dict[tuple[str, ...], list[Document]] = defaultdict(list)
        for document in documents:
            for key in dict.fromkeys(map(name_key, (document.focus, *document.synonyms))):
                self._pages[key].append(document)

    @classmethod
    def load(cls, graph: KnowledgeGraph, folder: Path | None = None) -> DiseasePages:
        """The pages of the data folder.

        Raises:
            NotReadyError: they are not there; the message says how to get them.
            SourceError: the file cannot be read.
        """
        return cls(load_documents(medquad_file(folder)), graph)

    def of_disease(self, disease_id: str, kinds: Collection[str] = ()) -> tuple[Passage, ...]:
        """Pieces of the pages about a disease or an equivalent entry, in the order of the pages.

        Args:
            disease_id: an entry of the graph.
            kinds: of pieces; empty for all.

        Raises:
            UnknownIdError: the disease is unknown.
        """
        return _pieces(self._about(disease_id), kinds)

    def synonyms(self) -> dict[str, tuple[str, ...]]:
        """Other names of diseases, by the pages about them: disease id -> names."""
        found = {d: [n for page in self._about(d) for n in (page.focus, *page.synonyms)] for d in self._graph.diseases}
        return {d: tuple(dict.fromkeys(names)) for d, names in found.items() if names}

    def _about(self, disease_id: str) -> list[Document]:
        names = [name_key(self._graph.diseases[i].name) for i in self._graph.equivalents(disease_id)]
        pages = [page for name in names for page in self._pages.get(name, ())]
        others = {name_key(name) for page in pages for name in (page.focus, *page.synonyms)} - self._named
        called = [page for name in sorted(others) for page in self._pages[name] if name_key(page.focus) == name]
        return list({page.url: page for page in (*pages, *called)}.values())


def _pieces(pages: Iterable[Document], kinds: Collection[str]) -> tuple[Passage, ...]:
    passages = (p for page in pages for p in cut_document(page) if not kinds or p.kind in kinds)
    return tuple(p for p in passages if not p.text.startswith(_LINKS))


def medquad_file(folder: Path | None = None) -> Path:
    """Where MedQuAD lies. Raises NotReadyError where it does not."""
    file = (folder or data_folder()) / MEDQUAD
    if not file.is_file():
        raise NotReadyError(f"no passages at {file}: citedx data pull medquad")
    return file


def read_medquad(path: Path) -> Iterator[Passage]:
    """Pieces of MedQuAD's answers. Raises SourceError."""
    for document in load_documents(path):
        yield from cut_document(document)


def cut_document(document: Document) -> Iterator[Passage]:
    """Pieces of a page, in its order."""
    for kind, answer in document.answers:
        for text in cut(answer.split()):
            yield Passage(title=f"{document.focus}: {kind}", text=text, reference=document.url, kind=kind)


def cut(words: Sequence[str], n_words: int = N_WORDS) -> Iterator[str]:
    """Pieces of nearly equal length, none longer than ``n_words``."""
    n_pieces = -(-len(words) // n_words)
    for i in range(n_pieces):
        yield " ".join(words[i * len(words) // n_pieces : (i + 1) * len(words) // n_pieces])
