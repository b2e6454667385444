"""Free-text cases: a story in, the diagnosis that it ends with among the first k or not; no model is the judge.

A named diagnosis is right where its words are those of the right one (exact), or where both mean one disease of the
graph (synonym; ``evaluation.qa.disease_vocabulary``). Answers that are no disease (a test, an action, a statement) are
unscored and named. What the vocabulary does not join counts as wrong, so the figures are lower bounds.

Sources of cases: CRAFT-MD (doi:10.1038/s41591-024-03328-5) without its choices, AgentClinic (arXiv:2405.07960).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from evaluation.qa.disease_vocabulary import DiseaseVocabulary, Match, why_no_disease
from evaluation.qa.questions import load_questions
from evaluation.qa.schema import Key
from evaluation.schema import Unscored
from kg.errors import SourceError, reason_of

AGENTCLINIC = "agentclinic"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCase:
    """A patient's story and the diagnosis that it ends with."""

    dataset: str
    case_id: str
    story: str
    diagnosis: str
    choices: tuple[str, ...] = ()
    """Diagnoses that the set offers, the right one among them; empty where it offers none."""

    @property
    def key(self) -> Key:
        """Set and id."""
        return self.dataset, self.case_id


def load_stories(path: Path) -> tuple[tuple[StoryCase, ...], tuple[Unscored, ...]]:
    """Cases of CRAFT-MD (CSV) or AgentClinic (JSON Lines), and those that cannot be scored.

    Raises:
        SourceError: the file is missing or is neither.
    """
    if path.suffix != ".jsonl":
        read = load_questions(path)
        cases = [
            StoryCase(
                dataset=q.dataset,
                case_id=q.question_id,
                story=q.text,
                diagnosis=q.options[q.answer],
                choices=tuple(q.options.values()),
            )
            for q in read.questions
        ]
        return tuple(cases), read.unscored
    found = list(_read_agentclinic(path))
    return (
        tuple(c for c in found if isinstance(c, StoryCase)),
        tuple(u for u in found if isinstance(u, Unscored)),
    )


def part_unscored(
    cases: Iterable[StoryCase], vocabulary: DiseaseVocabulary
) -> tuple[tuple[StoryCase, ...], tuple[Unscored, ...]]:
    """Cases whose diagnosis may be a disease, and those whose answer is none."""
    scored, unscored = [], []
    for case in cases:
        reason = None if vocabulary.ids_of(case.diagnosis) else why_no_disease(case.diagnosis)
        if reason is None:
            scored.append(case)
        else:
            unscored.append(Unscored(case_id=case.case_id, reason=reason))
    return tuple(scored), tuple(unscored)


def rank_of(named: Sequence[str], right: str, vocabulary: DiseaseVocabulary, *, exact: bool) -> int | None:
    """1-based place of the right diagnosis among those named; None where it is not there."""
    allowed = (Match.EXACT,) if exact else (Match.EXACT, Match.SYNONYM)
    return next((i for i, n in enumerate(named, start=1) if vocabulary.match(n, right) in allowed), None)


def _read_agentclinic(path: Path) -> Iterator[StoryCase | Unscored]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read {path}: {reason_of(error)}") from error
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append({**json.loads(line)["OSCE_Examination"]})
            except (ValueError, KeyError, TypeError) as error:
                raise SourceError(f"{path} is not AgentClinic as JSON Lines: see line {number}") from error
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
