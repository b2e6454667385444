"""Free-text cases: a story in, the diagnosis that it ends with among the first k or not; no model is the judge.

A named diagnosis is right where its words are those of the right one (exact), or where both are names of one disease
(synonym), as the vocabularies at hand have it: the graph, the Disease Ontology with its cross references, MedQuAD. What
none of them joins counts as wrong, so the figures are lower bounds.

Sources of cases: CRAFT-MD (doi:10.1038/s41591-024-03328-5) without its choices, AgentClinic (arXiv:2405.07960).
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Any

from evaluation.qa.questions import load_questions
from evaluation.qa.schema import Key
from evaluation.schema import Unscored
from kg.cache import digest
from kg.equivalence import name_key
from kg.errors import NotReadyError, SourceError
from kg.graph import KnowledgeGraph
from kg.sources.medquad import load_documents
from retrieval.passages import MEDQUAD

AGENTCLINIC = "agentclinic"
ONTOLOGY, REFERENCES = Path("disease/HumanDO.tsv"), Path("disease/allXREFinDO.tsv")
_IN_BRACKETS = re.compile(r"\s*\(([^()]*)\)")
_PREFIXES = {"MIM": "OMIM", "ORDO": "ORPHA"}


class Match(StrEnum):
    """How a named diagnosis is the right one."""

    EXACT = "exact"
    SYNONYM = "synonym"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCase:
    """A patient's story and the diagnosis that it ends with."""

    dataset: str
    case_id: str
    story: str
    diagnosis: str

    @property
    def key(self) -> Key:
        """Set and id."""
        return self.dataset, self.case_id


class DiseaseVocabulary:
    """Names of diseases, and which of them are names of one disease.

    Args:
        names: id of a disease -> its names; the same name may be of several ids.

    Attributes:
        identity: checksum of the names: by another vocabulary the same answers are graded otherwise.
    """

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        self._ids: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for disease_id, texts in names.items():
            for text in texts:
                if key := name_key(text):
                    self._ids[key].add(disease_id)
        self.identity = digest({" ".join(key): " ".join(sorted(ids)) for key, ids in sorted(self._ids.items())})[:16]

    def ids_of(self, text: str) -> frozenset[str]:
        """Diseases that a text names; with or without what it says in brackets."""
        return frozenset(i for wording in wordings_of(text) for i in self._ids.get(name_key(wording), ()))

    def match(self, named: str, right: str) -> Match:
        """How the one is the other."""
        keys = {name_key(w) for w in wordings_of(right)}
        if any(name_key(w) in keys for w in wordings_of(named)):
            return Match.EXACT
        return Match.SYNONYM if self.ids_of(named) & self.ids_of(right) else Match.NONE


def wordings_of(text: str) -> tuple[str, ...]:
    """A text and its parts without and within brackets, those with words: "Gout (uric acid)" -> three."""
    text = text.replace("’", "'")
    without = _IN_BRACKETS.sub(" ", text).strip()
    within = [m[1] for m in _IN_BRACKETS.finditer(text)]
    return tuple(w for w in dict.fromkeys((text, without, *within)) if name_key(w))


def load_vocabulary(graph: KnowledgeGraph, folder: Path) -> DiseaseVocabulary:
    """The vocabularies of graph and data folder, joined.

    An entry of the Disease Ontology gets the id of a disease of the graph where it refers to that one alone: a broad
    class that refers to many entries is none of them.

    Raises:
        NotReadyError: a file is not there.
        SourceError: a file cannot be read.
    """
    for file in (ONTOLOGY, REFERENCES, MEDQUAD):
        if not (folder / file).is_file():
            raise NotReadyError(f"no vocabulary at {folder / file}: citedx data pull all")
    names: dict[str, set[str]] = defaultdict(set)
    for disease in graph.diseases.values():
        names[graph.equivalents(disease.disease_id)[0]].add(disease.name)
    same = _single_references(_read_tsv(folder / REFERENCES), graph)
    for row in _read_tsv(folder / ONTOLOGY):
        names[same.get(row["id"], row["id"])].add(row["label"])
    for i, document in enumerate(load_documents(folder / MEDQUAD)):
        names[f"MedQuAD:{i}"] |= {document.focus, *document.synonyms}
    return DiseaseVocabulary(names)


def load_stories(path: Path) -> tuple[tuple[StoryCase, ...], tuple[Unscored, ...]]:
    """Cases of CRAFT-MD (CSV) or AgentClinic (JSON Lines), and those that cannot be scored.

    Raises:
        SourceError: the file is missing or is neither.
    """
    if path.suffix != ".jsonl":
        read = load_questions(path)
        cases = [
            StoryCase(dataset=q.dataset, case_id=q.question_id, story=q.text, diagnosis=q.options[q.answer])
            for q in read.questions
        ]
        return tuple(cases), read.unscored
    found = list(_read_agentclinic(path))
    return (
        tuple(c for c in found if isinstance(c, StoryCase)),
        tuple(u for u in found if isinstance(u, Unscored)),
    )


def rank_of(named: Sequence[str], right: str, vocabulary: DiseaseVocabulary, *, exact: bool) -> int | None:
    """1-based place of the right diagnosis among those named; None where it is not there."""
    allowed = (Match.EXACT,) if exact else (Match.EXACT, Match.SYNONYM)
    return next((i for i, n in enumerate(named, start=1) if vocabulary.match(n, right) in allowed), None)


def _read_agentclinic(path: Path) -> Iterator[StoryCase | Unscored]:
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        rows = [json.loads(line)["OSCE_Examination"] for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path} is not AgentClinic as JSON Lines: {error!r}") from error
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        diagnosis = str(row.get("Correct_Diagnosis") or "").strip()
        told = [row.get(part) for part in ("Patient_Actor", "Physical_Examination_Findings", "Test_Results")]
        story = "\n".join(line for part in told if part for line in _lines_of(part))
        case_id = blake2b(story.encode(), digest_size=6).hexdigest()  # the same in whatever part of the set
        if not diagnosis or not story or case_id in seen:
            missing = "no story" if not story else "no diagnosis" if not diagnosis else "repeated story"
            yield Unscored(case_id=f"line {number}", reason=missing)
        else:
            seen.add(case_id)
            yield StoryCase(dataset=AGENTCLINIC, case_id=case_id, story=story, diagnosis=diagnosis)


def _lines_of(part: Any, name: str = "") -> Iterator[str]:
    """``Heart Rate: 75 bpm``, one line for each thing that is told."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            yield from _lines_of(value, str(key).replace("_", " "))
    elif isinstance(part, list):
        yield from _lines_of(", ".join(str(item) for item in part), name)
    elif str(part).strip():
        yield f"{name}: {part}" if name else str(part)


def _single_references(rows: Iterable[Mapping[str, str]], graph: KnowledgeGraph) -> dict[str, str]:
    referred: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        prefix, _, number = row["xref"].partition(":")
        entry = f"{_PREFIXES.get(prefix, prefix)}:{number}"
        if entry in graph.diseases:
            referred[row["id"]].add(graph.equivalents(entry)[0])
    return {doid: min(groups) for doid, groups in referred.items() if len(groups) == 1}


def _read_tsv(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            table = csv.DictReader(lines, delimiter="\t")
            rows = list(table)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"cannot read {path}: {error}") from error
    if not rows or "id" not in rows[0]:
        raise SourceError(f"{path} has no column id")
    return rows
