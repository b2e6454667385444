"""Texts whose findings people have marked: HPO recognition corpora, and sentences with a phrase that is denied or not.

Promise: every document is scored or has a reason why not; gold ids are today's, and those that are no phenotypic
abnormality (inheritance, onset) or unknown to the release are counted by id, never silently dropped.
Read: folders ``corpus`` and ``ann`` side by side, in the layouts of GSC+ (Lobo et al. 2017, doi:10.1155/2017/8565739)
and of PhenoBERT (Feng et al. 2022, doi:10.1109/TCBB.2022.3170301), alone or several in a ``.tar.gz``; JSON lines with
``id``, ``text`` and ``annotations``; the tab-separated NegEx set (Chapman et al. 2001).
Deliberately not done here: scoring (``evaluation.findings_metrics``), correcting the annotators.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from evaluation.schema import Unscored
from kg.errors import SourceError, reason_of
from kg.ontology import Ontology

_GSC_LINE = re.compile(r"\[(\d+)::(\d+)\]\s+(\S+) \| (.*)")
_DENIED = "Neg"  # in the fifth column of ID-68 and val; "Related" there marks a near term, gold like any other
_MAX_FILE_BYTES = 50_000_000

_Files = Mapping[PurePosixPath, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldMention:
    """A place where an annotator saw a term."""

    term_id: str
    """Today's id, below "Phenotypic abnormality"."""
    quote: str
    start: int | None = None
    end: int | None = None
    """Offsets in Unicode code points as the set gives them; None where it gives none."""
    denied: bool = False
    """The set marks it as denied; few sets do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text with the findings that people marked in it."""

    document_id: str
    text: str
    mentions: tuple[GoldMention, ...]

    @property
    def term_ids(self) -> frozenset[str]:
        """All gold terms."""
        return frozenset(m.term_id for m in self.mentions)

    @property
    def present_ids(self) -> frozenset[str]:
        """Gold terms that are marked as denied at no or not at every place."""
        return frozenset(m.term_id for m in self.mentions if not m.denied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The documents of one set."""

    name: str
    documents: tuple[Document, ...]
    unscored: tuple[Unscored, ...]
    n_older_ids: int
    """Gold annotations whose id has been replaced since."""
    outside: Mapping[str, int]
    """Ids of gold annotations that are no phenotypic abnormality -> how often; left out."""
    unknown: Mapping[str, int]
    """Ids that the release does not know -> how often; left out."""

    @property
    def has_offsets(self) -> bool:
        """Mentions can be compared by place."""
        return all(m.start is not None for d in self.documents for m in d.mentions)


@dataclass(frozen=True, slots=True, kw_only=True)
class NegationSentence:
    """A sentence in which one phrase is denied or is not."""

    sentence_id: str
    text: str
    start: int
    end: int
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NegationSet:
    """The sentences of one negation set."""

    name: str
    sentences: tuple[NegationSentence, ...]
    unscored: tuple[Unscored, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    """An annotated text before its ids are looked up."""

    document_id: str
    text: str
    mentions: tuple[GoldMention, ...]


_RawSet = tuple[str, list[_Raw | Unscored]]
"""Name and texts of a set."""


def load_corpora(path: Path, ontology: Ontology) -> tuple[tuple[Corpus, ...], tuple[NegationSet, ...]]:
    """All sets in a file or folder, in order of their names.

    Args:
        path: a ``.tar.gz`` of sets, a folder of one set (``corpus`` and ``ann``), a ``.jsonl`` or ``.tsv``, or a folder
            that holds any of these.
        ontology: whose ids are today's.

    Raises:
        SourceError: the path is missing or holds no set.
    """
    corpora, negation_sets = _read_sets(path)
    built = [_build_corpus(name, rows, ontology) for name, rows in corpora]
    return tuple(sorted(built, key=lambda c: c.name)), tuple(negation_sets)


def require_corpora(path: Path) -> None:
    """Refuse what ``load_corpora`` would refuse, before an ontology is there. Raises SourceError."""
    _read_sets(path)


def _read_sets(path: Path) -> tuple[list[_RawSet], list[NegationSet]]:
    corpora: list[_RawSet] = []
    negation_sets: list[NegationSet] = []
    for file in _members(path):
        if file.suffix == ".tsv":
            negation_sets.append(_load_negation(file))
        elif file.suffix == ".jsonl":
            corpora.append((file.stem, list(_parse_jsonl(_read(file), file))))
        else:
            corpora += _corpora_of(_tar_files(file) if file.is_file() else _folder_files(file), file.name)
    if not corpora and not negation_sets:
        raise SourceError(f"{path} holds no set: expected folders corpus and ann, a .tar.gz of them, .jsonl or .tsv")
    return corpora, negation_sets


def _members(path: Path) -> list[Path]:
    if not path.exists():
        raise SourceError(f"{path} does not exist: give a file or folder of annotated texts")
    if path.is_file() or (path / "ann").is_dir():
        return [path]
    return sorted(p for p in path.iterdir() if p.name.endswith((".tar.gz", ".jsonl", ".tsv")) or (p / "ann").is_dir())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror or error}") from error


def _tar_files(file: Path) -> _Files:
    try:
        with tarfile.open(file) as archive:
            members = [m for m in archive if m.isfile() and m.size <= _MAX_FILE_BYTES]
            return {PurePosixPath(m.name): stream.read() for m in members if (stream := archive.extractfile(m))}
    except (OSError, tarfile.TarError, EOFError) as error:
        raise SourceError(f"{file} is not a .tar.gz of annotated texts: {reason_of(error)}") from error


def _folder_files(folder: Path) -> _Files:
    files = [p for part in ("corpus", "ann") for p in sorted((folder / part).glob("*")) if p.is_file()]
    return {PurePosixPath(p.relative_to(folder.parent).as_posix()): _read(p) for p in files}


def _corpora_of(files: _Files, source: str) -> Iterator[_RawSet]:
    for folder in sorted({name.parent.parent for name in files if name.parent.name == "ann"}):
        texts = {name.name: data for name, data in files.items() if name.parent == folder / "corpus"}
        annotations = {name.name: data for name, data in files.items() if name.parent == folder / "ann"}
        name = folder.name or source
        unscored = [Unscored(case_id=i, reason="no annotation file") for i in sorted(texts.keys() - annotations)]
        unscored += [Unscored(case_id=i, reason="no text") for i in sorted(annotations.keys() - texts)]
        raw: list[_Raw | Unscored] = [
            _parse_document(i, texts[i], annotations[i]) for i in sorted(texts.keys() & annotations)
        ]
        yield name, [*raw, *unscored]


def _parse_document(document_id: str, text: bytes, annotations: bytes) -> _Raw | Unscored:
    try:
        lines = [line for line in annotations.decode("utf-8").splitlines() if line.strip()]
        mentions = tuple(_parse_line(line) for line in lines)
        return _Raw(document_id=document_id, text=text.decode("utf-8"), mentions=mentions)
    except ValueError as error:  # UnicodeDecodeError is one
        return Unscored(case_id=document_id, reason=f"cannot be read: {reason_of(error)}")


def _parse_line(line: str) -> GoldMention:
    """``[14::27]<tab>HP_0001156 | brachydactyly`` or ``14<tab>27<tab>brachydactyly<tab>HP:0001156[<tab>Neg]``."""
    if match := _GSC_LINE.fullmatch(line):
        start, end, term_id, quote = match.groups()
        return GoldMention(term_id=term_id.replace("_", ":"), quote=quote, start=int(start), end=int(end))
    fields = line.split("\t")
    if len(fields) < 4:
        raise ValueError(f"expected offsets, quote and id, got {line!r}")
    return GoldMention(
        term_id=fields[3].strip(),
        quote=fields[2],
        start=int(fields[0]),
        end=int(fields[1]),
        denied=_DENIED in fields[4:],
    )


def _parse_jsonl(data: bytes, file: Path) -> Iterator[_Raw | Unscored]:
    for number, line in enumerate(data.splitlines(), start=1):
        try:
            row = json.loads(line)
            mentions = tuple(
                GoldMention(term_id=term_id, quote=a["mention"])
                for a in row["annotations"]
                for term_id in re.split(r"[,\s]+", a["hpo_id"].strip())
            )
            yield _Raw(document_id=str(row["id"]), text=row["text"], mentions=mentions)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            yield Unscored(case_id=f"{file.name} line {number}", reason=f"cannot be read: {reason_of(error)}")


def _build_corpus(name: str, rows: Iterable[_Raw | Unscored], ontology: Ontology) -> Corpus:
    documents: dict[str, Document] = {}
    unscored: list[Unscored] = []
    outside: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    n_older = 0
    for row in rows:
        if isinstance(row, Unscored):
            unscored.append(row)
        elif row.document_id in documents or not row.text.strip():
            reason = "empty text" if not row.text.strip() else "repeated id"
            unscored.append(Unscored(case_id=row.document_id, reason=reason))
        else:
            mentions = []
            for mention in row.mentions:
                if mention.term_id not in ontology:
                    unknown[mention.term_id] += 1
                    continue
                term_id = ontology.current_id(mention.term_id)
                n_older += term_id != mention.term_id
                if term_id in ontology.phenotypic_abnormalities:
                    mentions.append(replace(mention, term_id=term_id))
                else:
                    outside[term_id] += 1
            documents[row.document_id] = Document(document_id=row.document_id, text=row.text, mentions=tuple(mentions))
    return Corpus(
        name=name,
        documents=tuple(documents.values()),
        unscored=tuple(unscored),
        n_older_ids=n_older,
        outside=dict(outside.most_common()),
        unknown=dict(unknown.most_common()),
    )


def _load_negation(file: Path) -> NegationSet:
    """Line number, phrase, sentence, Negated or Affirmed; the phrase is looked for in the sentence."""
    try:
        rows = list(csv.reader(io.StringIO(_read(file).decode("utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{file} cannot be read: {reason_of(error)}") from error
    sentences, unscored = [], []
    for number, row in enumerate(rows, start=2):
        if len(row) < 4 or row[3] not in ("Negated", "Affirmed"):
            unscored.append(Unscored(case_id=f"line {number}", reason="neither Negated nor Affirmed"))
            continue
        phrase, text = row[1].strip(), row[2]
        match = re.search(r"\s+".join(map(re.escape, phrase.split())), text, re.IGNORECASE) if phrase else None
        if match is None:
            unscored.append(Unscored(case_id=row[0], reason="the sentence does not hold the phrase"))
            continue
        sentences.append(
            NegationSentence(
                sentence_id=row[0], text=text, start=match.start(), end=match.end(), negated=row[3] == "Negated"
            )
        )
    return NegationSet(name=file.stem, sentences=tuple(sentences), unscored=tuple(unscored))
