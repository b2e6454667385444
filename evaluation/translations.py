"""How well stories in Chinese and Spanish are read: labels worded into sentences and read back, and written notes.

It promises two figures per language. The first words the findings of published patients with HPO's official labels in
sentences of several kinds, and counts what is read back with the right polarity: this is the ontology's own wording, so
it measures sentences, lists, negation and relatives, and not how clinicians write. The second reads notes that were
written as clinicians write, with expected ids; they are few, and their author is the project.

    python -m evaluation.translations --cases all_phenopackets.zip --notes tests/data
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.cases import load_cases
from evaluation.schema import Case
from kg.build import load_graph
from kg.errors import CitedxError, SourceError, reason_of
from kg.translations import TRANSLATED, Language
from retrieval.errors import UnsupportedLanguageError
from retrieval.lexicon import load_lexicon
from retrieval.multilingual import MultilingualReader

MAX_FINDINGS = 12
"""Findings of a patient that are worded; the first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Sentences around lists of labels."""

    present: tuple[str, str, str]
    """Sentence, what stands between two labels, and what before the last one."""
    excluded: tuple[str, str, str]
    family: str
    """Sentence about a relative: its label is no finding of the patient."""


_FRAMES = {
    Language.CHINESE: (
        Frame(present=("患儿表现为{}。", "、", "及"), excluded=("无{}。", "、", "及"), family="母亲有{}。"),
        Frame(present=("查体：{}。", "，", "，"), excluded=("未见{}。", "、", "、"), family="家族史：{}。"),
        Frame(present=("患者因“{}”入院。", "、", "伴"), excluded=("否认{}。", "、", "、"), family="其父有{}病史。"),
        Frame(present=("3岁起出现{}。", "、", "和"), excluded=("没有{}。", "、", "和"), family="姐姐患有{}。"),
        Frame(present=("主要症状有{}，", "、", "以及"), excluded=("不伴{}。", "、", "或"), family="舅舅：{}。"),
        Frame(present=("诊断：{}。", "；", "；"), excluded=("已排除{}。", "、", "及"), family="家族中外祖母有{}。"),
        Frame(present=("该患者存在{}，", "，", "，"), excluded=("但无{}。", "、", "或"), family="父亲有{}，"),
        Frame(present=("{}。", "。", "。"), excluded=("{}：无。", "：无。", "：无。"), family="哥哥也有{}。"),
    ),
    Language.SPANISH: (
        Frame(
            present=("El paciente presenta {}. ", ", ", " y "),
            excluded=("No presenta {}. ", ", ", " ni "),
            family="La madre tiene {}. ",
        ),
        Frame(
            present=("Exploración física: {}. ", ", ", ", "),
            excluded=("Sin {}. ", ", ", " ni "),
            family="Antecedentes familiares: {}. ",
        ),
        Frame(
            present=("Niña de 3 años con {}. ", ", ", " y "),
            excluded=("Niega {}. ", ", ", " y "),
            family="Padre con {}. ",
        ),
        Frame(
            present=("Se observó {}. ", "; se observó ", " y "),
            excluded=("No se observó {}. ", " ni ", " ni "),
            family="Su hermana padece {}. ",
        ),
        Frame(
            present=("Diagnósticos: {}. ", "; ", "; "),
            excluded=("Se descartó {}. ", ", ", " y "),
            family="Abuelo con {}. ",
        ),
        Frame(
            present=("Acude por {}, ", ", ", " y "),
            excluded=("sin {}. ", ", ", " ni "),
            family="Un primo tuvo {}. ",
        ),
        Frame(
            present=("Refiere {}. ", ", ", " y "),
            excluded=("Ausencia de {}. ", ", ", " y "),
            family="Hermano afectado de {}. ",
        ),
        Frame(
            present=("{}. ", ". ", ". "),
            excluded=("{}: no. ", ": no. ", ": no. "),
            family="Tío materno con {}. ",
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Findings read against findings told."""

    language: Language
    n_texts: int
    n_told: int
    n_read: int
    n_right: int
    """Read with the right id and polarity."""
    n_right_present: int
    n_told_present: int
    n_flipped: int
    """Read with the right id and the wrong polarity."""
    n_relatives: int = 0
    """Findings of relatives that were worded."""
    n_relatives_read: int = 0
    """Of these, read as the patient's."""

    @property
    def precision(self) -> float:
        """Share of what was read that is right."""
        return self.n_right / self.n_read if self.n_read else 0.0

    @property
    def recall(self) -> float:
        """Share of what was told that was read."""
        return self.n_right / self.n_told if self.n_told else 0.0

    def __str__(self) -> str:
        relatives = f"; relatives' read as the patient's: {self.n_relatives_read} of {self.n_relatives}"
        return (
            f"{self.language.english_name}: precision {self.precision:.1%}, recall {self.recall:.1%} of "
            f"{self.n_told:,} findings in {self.n_texts:,} texts; "
            f"present {self.n_right_present:,} of {self.n_told_present:,}, "
            f"excluded {self.n_right - self.n_right_present:,} of {self.n_told - self.n_told_present:,}, "
            f"with the wrong polarity {self.n_flipped:,}{relatives if self.n_relatives else ''}"
        )


Told = dict[str, bool]
"""Term id -> excluded."""


def word_case(
    case: Case, frame: Frame, reader: MultilingualReader, language: Language, relative_id: str
) -> tuple[str, Told]:
    """A story of a case's first findings, and of a relative's; and what the story tells of the patient."""
    told = {f.term_id: f.excluded for f in case.findings[:MAX_FINDINGS]}
    text = ""
    for (sentence, joint, last_joint), is_excluded in ((frame.present, False), (frame.excluded, True)):
        labels = [_worded(reader.label(t, language)) for t, excluded in told.items() if excluded is is_excluded]
        if labels:
            *first, last = labels
            text += sentence.format(last_joint.join([joint.join(first), last]) if first else last)
    if relative_id:
        text += frame.family.format(_worded(reader.label(relative_id, language)))
    return text, told


def _worded(label: str) -> str:
    """A label inside a sentence: a Spanish one begins small, unless its first word is an acronym."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def read_back(cases: Sequence[Case], reader: MultilingualReader, language: Language, seed: int) -> Agreement:
    """Word each case in a frame of its own turn, and read it."""
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    everybody = sorted({f.term_id for c in cases for f in c.findings})
    frames = _FRAMES[language]
    stories: list[tuple[str, Told, str]] = []
    for i, case in enumerate(cases):
        own = {f.term_id for f in case.findings}
        relative = rng.choice(everybody)
        relative = "" if relative in own else relative
        stories.append((*word_case(case, frames[i % len(frames)], reader, language, relative), relative))
    return _agreement(language, stories, reader)


def read_notes(path: Path, reader: MultilingualReader, language: Language) -> Agreement:
    """Read written notes: a JSON list of ``text``, and ``present`` and ``excluded`` with ids as keys.

    Raises:
        SourceError: the file is missing or is no such list.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        stories = [
            (r["text"], dict.fromkeys(r["present"], False) | dict.fromkeys(r["excluded"], True), "") for r in rows
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{path} is not a list of notes with text, present and excluded: {reason_of(error)}"
        ) from error
    return _agreement(language, stories, reader)


def _agreement(language: Language, stories: Iterable[tuple[str, Told, str]], reader: MultilingualReader) -> Agreement:
    n_texts = n_told = n_read = n_right = n_present = n_told_present = n_flipped = n_relatives = n_relatives_read = 0
    for text, told, relative in stories:
        read = _read(text, reader)
        right = [t for t, excluded in told.items() if read.get(t) is excluded]
        n_texts += 1
        n_told += len(told)
        n_read += len(read)
        n_right += len(right)
        n_present += sum(not told[t] for t in right)
        n_told_present += sum(not excluded for excluded in told.values())
        n_flipped += sum(t in read and read[t] is not excluded for t, excluded in told.items())
        n_relatives += bool(relative)
        n_relatives_read += relative in read
    return Agreement(
        language=language,
        n_texts=n_texts,
        n_told=n_told,
        n_read=n_read,
        n_right=n_right,
        n_right_present=n_present,
        n_told_present=n_told_present,
        n_flipped=n_flipped,
        n_relatives=n_relatives,
        n_relatives_read=n_relatives_read,
    )


def _read(text: str, reader: MultilingualReader) -> Told:
    """What a story tells, its language told from the text; nothing where that is not read."""
    try:
        return {f.term_id: f.excluded for f in reader.find_findings(text)}
    except UnsupportedLanguageError:
        return {}


def measure(cases: Sequence[Case], notes: Sequence[Path], reader: MultilingualReader, seed: int) -> Iterator[str]:
    """One line a figure."""
    for language in TRANSLATED:
        if cases:
            yield f"official labels in sentences, {read_back(cases, reader, language, seed)}"
        for folder in notes:
            for path in sorted(folder.glob(f"notes_{language}*.json")):
                yield f"{path.name}, {read_notes(path, reader, language)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.translations", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--cases", type=Path, help="phenopackets whose findings are worded")
    parser.add_argument("--n", type=int, default=2000, help="patients, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing, of patients and relatives")
    parser.add_argument("--notes", type=Path, nargs="*", default=[], help="folders with notes_zh*.json, notes_es*.json")
    given = parser.parse_args(arguments)
    try:
        graph = load_graph()
        reader = MultilingualReader(graph.ontology, load_lexicon(graph))
        cases: Sequence[Case] = ()
        if given.cases is not None:
            everybody = load_cases(given.cases, graph.ontology).cases
            rng = random.Random(given.seed)  # noqa: S311 - a sample, not a secret
            cases = rng.sample(everybody, min(given.n, len(everybody)))
        for line in measure(cases, given.notes, reader, given.seed):
            sys.stdout.write(f"{line}\n")
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
