"""Random texts through the reader of stories: none may raise what is not foreseen, and every quote must be exact.

It promises texts that people send by accident: signs and letters of all of Unicode, findings cut, joined and
misspelled, languages mixed, markup, numbers, bytes read wrongly; a seed gives the same texts again. It says nothing of
whether what is read is right.

    python -m evaluation.fuzz --n 10000
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg.build import load_graph
from kg.errors import CitedxError
from kg.ontology import Ontology
from kg.sources.wordings import bundled_wordings, load_wordings
from kg.translations import Language
from retrieval.lexicon import load_lexicon
from retrieval.multilingual import MultilingualReader

MAX_PIECES = 60
"""Of one text; a piece is a wording, a cue, a number or some signs."""

_CUES = (
    "no", "not", "without", "denies", "normal", "was", "and", "or", "her mother had", "family history:", "possible",
    "rule out", "history of", "since the age of", "if", "resolved", "hemoglobin 7.2 g/dL", "OFC -3 SD", "BP 190/110",
    "height 3rd centile", "3-year-old girl", "niño de 3 años",
    "无", "否认", "母亲有", "患儿", "，", "。", "、", "未见", "正常", "sin", "no presenta", "madre con", "niega",
    ",", ";", ".", ":", "(", ")", "-", "/", "\n", "\n\n", "\t", "\r\n", "HP:0001250", "HP:9999999", "HP:",
    "<p>", "</p>", "<br/>", "<b>", "&nbsp;", "&lt;", "**", "\\textbf{", "}", '{"text": "', "\\u0000", "OMIM:154700",
    "\0", "\x1b[31m", "\x07", "\ufeff", "\u202e", "\u202c", "\u200b", "\u200d", "\u00ad", "\u0301", "\ufffd", "\ud800",
    "🧠", "👩🏽‍⚕️", "שלום", "مرحبا", "発作", "발작", "судороги", "İ", "ß", "ﬁ", "1e309", "-0", "٣", "３", "½", "10^400",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FuzzResult:
    """What came of the texts."""

    n_texts: int
    n_findings: int
    n_refused: int
    """Texts that were refused with a word of the project's own."""
    faults: tuple[tuple[str, str], ...]
    """Texts that raised something else, or were quoted wrongly, and what."""
    seconds: float
    """Of processor time."""
    slowest_s: float

    def __str__(self) -> str:
        return (
            f"{self.n_texts:,} texts: {self.n_findings:,} findings, {self.n_refused:,} refused, "
            f"{len(self.faults):,} faults; {self.seconds:.1f} s of processor time, the slowest {self.slowest_s:.2f} s"
        )


def wordings_for_fuzzing(ontology: Ontology) -> tuple[str, ...]:
    """Names and synonyms of the ontology, and the project's own wordings in all languages."""
    terms = [ontology.terms[t] for t in sorted(ontology.phenotypic_abnormalities)]
    known = [text for term in terms for text in (term.name, *(s.text for s in term.synonyms))]
    own = [text for language in Language for _, text in load_wordings(bundled_wordings(language))]
    return (*known, *own)


def random_texts(wordings: Sequence[str], n: int, seed: int = 0) -> Iterator[str]:
    """So many texts of up to ``MAX_PIECES`` pieces."""
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    for _ in range(n):
        joint = rng.choice([" ", " ", " ", "", "\n", ", "])
        yield joint.join(_piece(rng, wordings) for _ in range(rng.randint(0, MAX_PIECES)))


def _piece(rng: random.Random, wordings: Sequence[str]) -> str:
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(_CUES)
    if kind < 0.6:
        return rng.choice(wordings)
    if kind < 0.8:
        return _misspelled(rng, rng.choice(wordings))
    if kind < 0.9:
        return str(rng.choice([rng.randint(-10, 10**12), rng.uniform(-1e3, 1e3), rng.random() * 1e300]))
    top = rng.choice([0x7F, 0x7FF, 0xFFFF, 0x10FFFF])
    return "".join(chr(rng.randint(0, top)) for _ in range(rng.randint(1, 12)))


def _misspelled(rng: random.Random, text: str) -> str:
    letters = list(text)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(letters))
        letters[place] = rng.choice(["", letters[place] * 2, letters[place].swapcase(), chr(rng.randint(0, 0x2FF))])
    return "".join(letters)


def fuzz(reader: MultilingualReader, texts: Sequence[str]) -> FuzzResult:
    """Read each text, its language told from it and then in each language that is read."""
    faults: list[tuple[str, str]] = []
    n_findings = n_refused = 0
    slowest, start = 0.0, time.process_time()
    for text in texts:
        before = time.process_time()
        for language in (None, *Language):
            try:
                found = reader.find_findings(text, language)
            except CitedxError:
                n_refused += language is None
            except Exception as error:
                faults.append((text, repr(error)))
            else:
                n_findings += len(found) if language is None else 0
                faults += [(text, f"quote of {f.term_id}") for f in found if f.quote != text[f.start : f.end]]
        slowest = max(slowest, time.process_time() - before)
    return FuzzResult(
        n_texts=len(texts),
        n_findings=n_findings,
        n_refused=n_refused,
        faults=tuple(faults),
        seconds=time.process_time() - start,
        slowest_s=slowest,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code, 1 where there is a fault."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.fuzz", description="Random texts for the reader.")
    parser.add_argument("--n", type=int, default=10_000, help="texts")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        graph = load_graph()
        reader = MultilingualReader(graph.ontology, load_lexicon(graph))
        result = fuzz(reader, list(random_texts(wordings_for_fuzzing(graph.ontology), given.n, given.seed)))
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    for text, fault in result.faults[:20]:
        sys.stdout.write(f"{fault}: {text!a}\n")
    sys.stdout.write(f"{result}\n")
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
