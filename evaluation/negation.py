"""How well the words around a mention are read, beside negspacy and medspacy on the same mentions in the same run.

It promises precision, recall and F1 of each label of the NegEx annotations (negated; historical or hypothetical; of a
family member), one mention in one sentence each. The sentences stand alone: a bare "HYPERTENSION." under a lost header
"Past medical history" is historical to the annotators and cannot be so to anybody else. It says nothing of doubt, which
the annotations leave out, nor of which mentions are found.

    python -m venv ELSEWHERE && ELSEWHERE/bin/pip install negspacy spacy  # and, for medspacy: medspacy "numpy<2"
    python -m evaluation.negation --peer-python ELSEWHERE/bin/python

Source of the annotations: github chapmanbe/negex (Apache-2.0).
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.peer_process import ask_peer
from kg.datasets import data_folder
from kg.errors import CitedxError, SourceError, reason_of
from retrieval.context import Context, Experiencer, Temporality, contexts_of

PEER_HINT = "make an environment of its own with: python -m venv DIR && DIR/bin/pip install negspacy spacy"
_ANNOTATED = {
    "negated": ("negated",),
    "historical": ("historical",),
    "hypothetical": ("not particular", "hypothetical"),
    "family": ("family member", "other"),
}
LABELS = tuple(_ANNOTATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedMention:
    """A condition in a sentence, with what annotators say of it."""

    sentence: str
    start: int
    end: int
    labels: frozenset[str]
    """Of ``LABELS``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A system against the annotators, for one label."""

    n_right: int
    """Mentions that both give the label."""
    n_said: int
    """Mentions that the system gives the label."""
    n_annotated: int

    @property
    def precision(self) -> float:
        """Share of the system's labels that are right; 0 without any."""
        return self.n_right / self.n_said if self.n_said else 0.0

    @property
    def recall(self) -> float:
        """Share of the annotators' labels that the system gives; 0 without any."""
        return self.n_right / self.n_annotated if self.n_annotated else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.n_right / (self.n_said + self.n_annotated) if self.n_said + self.n_annotated else 0.0

    def __str__(self) -> str:
        return f"P {self.precision:.3f} R {self.recall:.3f} F1 {self.f1:.3f} ({self.n_annotated} annotated)"


def load_annotations(path: Path) -> tuple[tuple[AnnotatedMention, ...], int]:
    """Mentions of a table of annotations, and the number of rows whose condition is not in its sentence.

    Raises:
        SourceError: it cannot be read, or has other columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.reader(lines, delimiter="\t"))[1:]
        found = [_parse_row(row) for row in rows]
    except (OSError, ValueError, csv.Error) as error:
        raise SourceError(f"{path} is no table of NegEx annotations: {reason_of(error)}") from error
    mentions = tuple(m for m in found if m)
    if not mentions:
        raise SourceError(f"{path} holds no annotated mention")
    return mentions, len(found) - len(mentions)


def _parse_row(row: Sequence[str]) -> AnnotatedMention | None:
    if len(row) != 6:
        raise ValueError(f"expected 6 columns, got {len(row)}: {row[:2]}")
    _, condition, sentence, *told = row
    words = r"\s+".join(map(re.escape, condition.strip('" ').split()))
    # The annotators' mention is the one in capitals; where it is not, the first.
    match = re.search(words.upper(), sentence) or re.search(words, sentence, re.IGNORECASE)
    if not words or not match:
        return None
    said = {t.strip().casefold() for t in told}
    labels = frozenset(label for label, names in _ANNOTATED.items() if said.intersection(names))
    return AnnotatedMention(sentence=sentence, start=match.start(), end=match.end(), labels=labels)


def read_labels(context: Context) -> frozenset[str]:
    """The labels that a context stands for."""
    given = {
        "negated": context.negated,
        "historical": context.temporality is Temporality.HISTORICAL,
        "hypothetical": context.temporality is Temporality.HYPOTHETICAL,
        "family": context.experiencer is Experiencer.FAMILY,
    }
    return frozenset(label for label, is_given in given.items() if is_given)


def own_labels(mentions: Iterable[AnnotatedMention]) -> tuple[frozenset[str], ...]:
    """What this project says of each mention."""
    return tuple(read_labels(contexts_of(m.sentence, [(m.start, m.end)])[0]) for m in mentions)


def peer_labels(
    mentions: Sequence[AnnotatedMention], python: Path
) -> Mapping[str, tuple[tuple[str, ...], tuple[frozenset[str], ...]]]:
    """Per peer that the environment has: the labels it knows, and those it gives each mention.

    Raises:
        UsageError: there is no such Python.
        NotReadyError: it has neither negspacy nor medspacy.
    """
    question = [[m.sentence, m.start, m.end] for m in mentions]
    script = Path(__file__).with_name("peers_context.py")
    answers = ask_peer(python, script, question, peer="negspacy or medspacy", hint=PEER_HINT)
    return {
        name: (
            tuple(given),
            tuple(frozenset(label for label in given if given[label][i]) for i in range(len(mentions))),
        )
        for name, given in answers.items()
    }


def agreement_of(said: Sequence[frozenset[str]], mentions: Sequence[AnnotatedMention], label: str) -> Agreement:
    """One system's labels, in the order of the mentions, against the annotators'."""
    pairs = [(label in labels, label in m.labels) for labels, m in zip(said, mentions, strict=True)]
    return Agreement(
        n_right=sum(a and b for a, b in pairs), n_said=sum(a for a, _ in pairs), n_annotated=sum(b for _, b in pairs)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.negation", description="Negation, time, experiencer.")
    parser.add_argument("--annotations", type=Path, help="default: nlp/negex_annotations.tsv of the data folder")
    parser.add_argument(
        "--peer-python", type=Path, action="append", default=[], help="Python that has negspacy or medspacy; repeatable"
    )
    given = parser.parse_args(arguments)
    try:
        mentions, n_left_out = load_annotations(given.annotations or data_folder() / "nlp" / "negex_annotations.tsv")
        systems = {"citedx": (LABELS, own_labels(mentions))}
        for python in given.peer_python:
            systems |= peer_labels(mentions, python)
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{len(mentions):,} mentions ({n_left_out} rows left out: the condition is not in the sentence)\n")
    for label in LABELS:
        for name, (known, said) in systems.items():
            if label in known:
                sys.stdout.write(f"{label:13}{name:20}{agreement_of(said, mentions, label)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
