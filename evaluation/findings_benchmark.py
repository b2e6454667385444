"""Findings read from annotated texts, compared with the annotators': what ``citedx evaluate findings`` does.

Promise: every set is counted in two ways side by side. "All mentions": every term that the text words, denied and
relatives' included, since that is what the annotators of most sets marked and what peers report. "Findings of the
patient": the present ones, what the product goes on with; gold that the set itself marks as denied is left out there.
Deliberately not done here: the measures (``evaluation.findings_metrics``) and their wording
(``evaluation.findings_report``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evaluation.corpora import Corpus, Document, NegationSet, load_corpora, require_corpora
from evaluation.figures import require_matplotlib
from evaluation.findings_metrics import (
    Agreement,
    Counts,
    Place,
    count_ids,
    count_places,
    measure_agreement,
)
from evaluation.findings_report import CorpusResult, Speed, write_findings_report
from evaluation.report import describe_run
from evaluation.schema import Unscored
from kg.build import SourceFiles, bundled_sources, load_graph
from kg.cache import require_writable
from kg.errors import StorageError, UsageError
from retrieval.context import contexts_of
from retrieval.findings import find_findings
from retrieval.lexicon import Lexicon, Mention, load_lexicon

N_WORDS_TIMED = 200
"""Words of a text when speed is measured: an abstract."""
MIN_TIMED_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsOptions:
    """What is asked for."""

    corpus: Path
    """Sets, as ``evaluation.corpora`` reads them."""
    out: Path
    seed: int = 0
    """Of the bootstrap."""
    ontology: Path | None = None
    """Another release of the HPO to read with (``hp.obo``), such as the one that the annotators had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read in one document."""

    document: Document
    mentions: tuple[Mention, ...]
    """Every mention, denied and relatives' included."""
    present_ids: frozenset[str]
    """Findings that the patient has."""


def run_findings_benchmark(options: FindingsOptions, command: str) -> Path:
    """Read all sets, score, write; returns the report.

    Args:
        options: what is asked for.
        command: how a person has it again, for the report.

    Raises:
        SourceError: the sets cannot be read.
        UsageError: they hold nothing to score.
        NotReadyError: a library or release is missing.
        StorageError: a file cannot be written.
    """
    require_matplotlib()
    require_corpora(options.corpus)  # before minutes are spent on a graph
    graph = load_graph(_with_ontology(options.ontology))
    corpora, negation_sets = load_corpora(options.corpus, graph.ontology)
    if not any(c.documents for c in corpora) and not any(s.sentences for s in negation_sets):
        raise UsageError(f"{options.corpus} holds no text that can be scored")
    require_writable(options.out)
    lexicon = load_lexicon(graph)
    start, read = time.perf_counter(), [_read_corpus(corpus, lexicon) for corpus in corpora]
    run = describe_run(
        command,
        ranked_s=time.perf_counter() - start,
        n_ranked=sum(len(readings) for _, readings in read),
        n_workers=1,
    )
    _write_predictions(options.out / "predictions.jsonl", read, lexicon)
    write_findings_report(
        options.out,
        [measure_corpus(corpus, readings, options.seed) for corpus, readings in read],
        [(s, measure_negation(s, options.seed)) for s in negation_sets],
        {"sets": options.corpus.name, **graph.versions, "seed": str(options.seed)},
        speeds=tuple(_measure_speeds([d.text for c in corpora for d in c.documents], lexicon)),
        run=run,
    )
    return options.out / "report.md"


def _with_ontology(ontology: Path | None) -> SourceFiles:
    sources = bundled_sources()
    return replace(sources, ontology=ontology) if ontology else sources


def read_document(document: Document, lexicon: Lexicon) -> Reading:
    """The mentions and findings of a document. Raises UsageError where its text cannot be read."""
    findings = find_findings(document.text, lexicon)
    return Reading(
        document=document,
        mentions=lexicon.find_mentions(document.text),
        present_ids=frozenset(f.term_id for f in findings if not f.excluded),
    )


def measure_corpus(corpus: Corpus, readings: Sequence[Reading], seed: int = 0) -> CorpusResult:
    """Agreement over the documents of a set, by way of counting."""
    ways: dict[str, Callable[[Reading], Counts]] = {
        "all mentions": lambda r: count_ids({m.term_id for m in r.mentions}, r.document.term_ids),
        "findings of the patient": lambda r: count_ids(r.present_ids, r.document.present_ids),
    }
    if corpus.has_offsets:
        ways["mentions, places overlap"] = lambda r: count_places(_found(r), _gold(r), exact=False)
        ways["mentions, same places"] = lambda r: count_places(_found(r), _gold(r), exact=True)
    return CorpusResult(
        corpus=corpus,
        n_documents=len(readings),
        agreements={way: measure_agreement([count(r) for r in readings], seed) for way, count in ways.items()},
    )


def measure_negation(negation_set: NegationSet, seed: int = 0) -> Agreement:
    """How well "negated" is told for the given phrases; a sentence is a document with one finding or none."""
    counts = []
    for s in negation_set.sentences:
        (context,) = contexts_of(s.text, [(s.start, s.end)])
        counts.append(
            Counts(
                n_right=context.negated and s.negated,
                n_wrong=context.negated and not s.negated,
                n_missed=s.negated and not context.negated,
            )
        )
    return measure_agreement(counts, seed)


def _found(reading: Reading) -> Iterator[Place]:
    return ((m.term_id, m.start, m.end) for m in reading.mentions)


def _gold(reading: Reading) -> Iterator[Place]:
    for m in reading.document.mentions:
        if m.start is not None and m.end is not None:
            yield m.term_id, m.start, m.end


def _read_corpus(corpus: Corpus, lexicon: Lexicon) -> tuple[Corpus, list[Reading]]:
    """The set, with what cannot be read among the unscored, and its readings."""
    readings, unread = [], []
    for document in corpus.documents:
        try:
            readings.append(read_document(document, lexicon))
        except UsageError as error:
            unread.append(Unscored(case_id=document.document_id, reason=f"cannot be read: {error}"))
    return replace(corpus, unscored=(*corpus.unscored, *unread)), readings


def _measure_speeds(texts: Sequence[str], lexicon: Lexicon) -> Iterator[Speed]:
    """Texts of 200 words a second by processor time; words are those of all sets in turn."""
    words = " ".join(texts).split()
    pieces = [" ".join(words[i : i + N_WORDS_TIMED]) for i in range(0, len(words), N_WORDS_TIMED)]
    ways: dict[str, Callable[[str], object]] = {
        "the dictionary": lexicon.find_mentions,
        "the whole reading": lambda text: find_findings(text, lexicon),
    }
    for what, read in ways.items() if pieces else ():
        n, start = 0, time.process_time()  # other programs on the machine do not count
        while (seconds := time.process_time() - start) < MIN_TIMED_S or n < len(pieces):
            read(pieces[n % len(pieces)])
            n += 1
        yield Speed(what=what, n_texts=n, n_words=N_WORDS_TIMED, seconds=round(seconds, 2))


def _write_predictions(file: Path, read: Sequence[tuple[Corpus, Sequence[Reading]]], lexicon: Lexicon) -> None:
    """One document a line: what was found, what was missed, with the words at stake."""
    try:
        with file.open("w", encoding="utf-8") as lines:
            for corpus, readings in read:
                for reading in readings:
                    row = {"corpus": corpus.name, **_tell(reading, lexicon)}
                    lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror or error}") from error


def _tell(reading: Reading, lexicon: Lexicon) -> dict[str, object]:
    document = reading.document
    found = {m.term_id: document.text[m.start : m.end] for m in reversed(reading.mentions)}
    gold = {m.term_id: m.quote for m in reversed(document.mentions)}

    def rows(ids: set[str], quotes: dict[str, str]) -> list[dict[str, str]]:
        return [{"id": i, "label": lexicon.name(i), "quote": quotes[i]} for i in sorted(ids)]

    return {
        "document_id": document.document_id,
        "right": rows(found.keys() & gold.keys(), found),
        "wrong": rows(found.keys() - gold.keys(), found),
        "missed": rows(gold.keys() - found.keys(), gold),
        "present": sorted(reading.present_ids),
    }
