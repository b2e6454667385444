"""How well an embedder links phrases and finds similar cases, beside all-MiniLM-L6-v2 in the same run.

Promise: the synonyms that are asked for were held out of the training of the embedder that is asked, in every form
that is the same bag of words; cases of a patient's own publication are never among the answers, and the embedder's
training saw no publication at all (``retrieval.embedder_training``). Deliberately not done here: how much linked
phrases add to the findings of a text.

    python -m evaluation.linking --cases all_phenopackets.zip
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluation.machine import describe_machine
from kg.arrays import Floats, Indices
from kg.build import load_graph
from kg.errors import CitedxError
from kg.graph import KnowledgeGraph
from kg.schema import Finding
from retrieval.cases import published_cases, read_library, word_case, word_patient
from retrieval.embedder_training import train_from_teacher
from retrieval.embedding import Embedder, SentenceEmbedder, packaged_minilm
from retrieval.linking import Wording, bag_of, wordings_of
from retrieval.schema import PublishedCase

N_NEAREST = 10
_BATCH = 256
Encode = Callable[[Sequence[str]], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkingScore:
    """Recall of the right term over all phenotypic abnormalities, and the speed of encoding what was asked."""

    first: float
    """Share of phrases whose term is nearest."""
    among_ten: float
    n: int

    def __str__(self) -> str:
        return f"recall@1 {self.first:.3f}, @10 {self.among_ten:.3f} (n = {self.n:,})"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalScore:
    """Share of the ten nearest cases that have the patient's disease."""

    share: float
    """Mean over patients."""
    by_publication: float
    """Mean over publications of the mean over their patients."""
    n: int
    """Patients with a case of their disease in another publication."""

    def __str__(self) -> str:
        return f"{self.share:.3f} of patients' ten, {self.by_publication:.3f} by publication (n = {self.n:,})"


def hold_out_synonyms(
    wordings: Sequence[Wording], share: float = 0.15, seed: int = 0
) -> tuple[tuple[Wording, ...], frozenset[Wording]]:
    """Synonyms to ask for, and all wordings that must not be known then.

    A synonym is asked for if no other term has a wording of its bag of words, and its term's name is another bag.

    Args:
        wordings: of an ontology.
        share: of the bags that can be asked for.
        seed: of the drawing.
    """
    terms: dict[str, set[str]] = {}
    by_bag: dict[tuple[str, str], list[Wording]] = {}
    for wording in wordings:
        bag = bag_of(wording.text)
        terms.setdefault(bag, set()).add(wording.term_id)
        by_bag.setdefault((bag, wording.term_id), []).append(wording)
    can_be_asked = sorted(
        key for key, same in by_bag.items() if len(terms[key[0]]) == 1 and all(w.kind != "name" for w in same)
    )
    drawn = random.Random(seed).sample(can_be_asked, int(share * len(can_be_asked)))  # noqa: S311 - a sample
    held_out = [by_bag[key] for key in sorted(drawn)]
    return tuple(same[0] for same in held_out), frozenset(w for same in held_out for w in same)


def score_linking(encode: Encode, asked: Sequence[Wording], known: Sequence[Wording]) -> LinkingScore:
    """The rank of each phrase's term, a term being as near as its nearest known wording.

    Args:
        encode: texts -> unit vectors.
        asked: phrases with their terms.
        known: what terms are known by; at least one wording of every term.
    """
    known = sorted(known, key=lambda w: w.term_id)
    term_ids, starts = np.unique([w.term_id for w in known], return_index=True)
    vectors, phrases = encode([w.text for w in known]), encode([w.text for w in asked])
    right = np.searchsorted(term_ids, [w.term_id for w in asked])
    ranks: list[int] = []
    for i in range(0, len(asked), _BATCH):
        nearest = np.maximum.reduceat(phrases[i : i + _BATCH] @ vectors.T, starts, axis=1)
        own = nearest[np.arange(len(nearest)), right[i : i + _BATCH]]
        ranks += np.count_nonzero(nearest > own[:, None] + 1e-6, axis=1).tolist()
    n = len(asked)
    return LinkingScore(first=sum(r < 1 for r in ranks) / n, among_ten=sum(r < N_NEAREST for r in ranks) / n, n=n)


def score_retrieval(vectors: Floats, queries: Floats, cases: Sequence[PublishedCase], asked: Indices) -> RetrievalScore:
    """How many of the nearest cases of other publications have the patient's disease.

    Args:
        vectors: of all cases, shape [n_cases, dimension].
        queries: of the patients asked for, shape [n_asked, dimension].
        cases: all, in the order of their vectors.
        asked: rows of the patients.
    """
    diseases = np.unique([c.disease_id for c in cases], return_inverse=True)[1]
    publications = np.unique([c.provenance.reference for c in cases], return_inverse=True)[1]
    shares, groups = [], []
    for row, query in zip(asked.tolist(), queries, strict=True):
        is_other = publications != publications[row]
        if not (is_other & (diseases == diseases[row])).any():
            continue
        cosines = np.where(is_other, vectors @ query, -2.0)
        top = np.argpartition(-cosines, N_NEAREST)[:N_NEAREST]
        shares.append(float((diseases[top] == diseases[row]).mean()))
        groups.append(publications[row])
    by_publication = [np.mean([s for s, g in zip(shares, groups, strict=True) if g == p]) for p in set(groups)]
    return RetrievalScore(share=float(np.mean(shares)), by_publication=float(np.mean(by_publication)), n=len(shares))


def texts_per_second(embedder: Embedder, texts: Sequence[str]) -> float:
    """Speed of encoding, the model being loaded."""
    embedder.encode(texts[:1])
    embedder.encode(texts[:2])
    start = time.perf_counter()
    embedder.encode(texts)
    return len(texts) / (time.perf_counter() - start)


def compare(
    graph: KnowledgeGraph, embedders: dict[str, Embedder], asked: Sequence[Wording], held_out: frozenset[Wording]
) -> Iterator[str]:
    """Lines of figures of phrase linking, for each embedder."""
    known = [w for w in wordings_of(graph.ontology) if w not in held_out]
    names = [w for w in known if w.kind == "name"]
    lay = [w for w in asked if w.kind == "layperson"]
    for name, embedder in embedders.items():
        made: dict[str, Floats] = {}

        def encode(texts: Sequence[str], embedder: Embedder = embedder, made: dict[str, Floats] = made) -> Floats:
            if new := sorted({t for t in texts if t not in made}):
                made.update(zip(new, embedder.encode(new), strict=True))
            return np.stack([made[t] for t in texts])

        for kind, phrases in (("all synonyms", asked), ("lay synonyms", lay)):
            for index, wordings in (("all other wordings", known), ("names only", names)):
                yield f"{name}, {kind}, index of {index}: {score_linking(encode, phrases, wordings)}"
        yield f"{name}: {texts_per_second(embedder, [w.text for w in asked]):,.0f} phrases a second"


def compare_cases(
    graph: KnowledgeGraph, embedders: dict[str, Embedder], library: Path, n_patients: int | None, seed: int = 0
) -> Iterator[str]:
    """Lines of figures of similar-case retrieval, for each embedder."""
    cases = published_cases(graph, read_library(library), library.name)
    rows = [i for i, c in enumerate(cases) if not c.is_series and c.present]
    if n_patients is not None:
        rows = sorted(random.Random(seed).sample(rows, min(n_patients, len(rows))))  # noqa: S311 - a sample
    texts = [word_case(c, graph.ontology) for c in cases]
    questions = [word_patient(_findings(cases[row]), graph.ontology) for row in rows]
    for name, embedder in embedders.items():
        start = time.perf_counter()
        vectors = embedder.encode(texts)
        seconds = time.perf_counter() - start
        score = score_retrieval(vectors, embedder.encode(questions), cases, np.array(rows))
        yield f"{name}, same disease among ten cases: {score}; {len(cases):,} cases encoded in {seconds:.1f} s"


def _findings(case: PublishedCase) -> list[Finding]:
    present = [Finding(term_id=t.term_id, label="") for t in case.present]
    return [*present, *(Finding(term_id=t.term_id, label="", excluded=True) for t in case.absent)]


class _Fresh:
    """An embedder that was just trained, without the held-out wordings."""

    identity = "citedx-embedder, trained without the held-out synonyms"

    def __init__(self, encode: Encode) -> None:
        self._encode = encode

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> Floats:  # noqa: ARG002 - takes no time
        """Unit vectors, shape [n_texts, dimension]."""
        return self._encode(texts)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.linking", description="Linking and similar cases.")
    parser.add_argument("--cases", type=Path, help="phenopackets; default: no figure of similar cases")
    parser.add_argument("--patients", type=int, help="ask for so many only")
    parser.add_argument("--share", type=float, default=0.15, help="of the synonyms that is held out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--embedder", type=Path, help="another model's folder, measured too")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        graph = load_graph()
        asked, held_out = hold_out_synonyms(wordings_of(graph.ontology), given.share, given.seed)
        minilm = packaged_minilm()
        trained = train_from_teacher(graph, minilm, held_out, seed=given.seed, progress=sys.stderr.isatty())
        embedders: dict[str, Embedder] = {"own": _Fresh(trained.model.encode), "MiniLM": minilm}
        if given.embedder:
            embedders[given.embedder.name] = SentenceEmbedder(given.embedder)
        sys.stdout.write(f"{len(asked):,} synonyms held out, seed {given.seed}; {describe_machine()}\n")
        for line in compare(graph, embedders, asked, held_out):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        if given.cases:
            for line in compare_cases(graph, embedders, given.cases, given.patients, given.seed):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
