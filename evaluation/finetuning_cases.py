"""Published patients -> cases to fine-tune a language model on, and cases to ask it before and after.

Promise: folds are over publications. The patients of the first fold are asked and never trained on. A patient of
another fold is trained on with what is known without their own fold and without the first: neither their own
publication, nor anything of those that will be asked, is in the evidence, in the features or in the fusion that ranks,
which is trained for each fold on the others. (The shipped weights have seen these patients; with them the right disease
would stand first far more often than it will for a new one.)

A patient is shown several times, with some findings left out, in another order and with fewer candidates, so that
numbers and rankings differ and pointing is what can be learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tqdm import tqdm

from evaluation.fusion_folds import Job, choose_training_cases, train_fold_fusions
from evaluation.processes import start_workers
from evaluation.protocols import Fold, Knowledge, check_no_leak, hold_out, split_folds
from evaluation.schema import Case, Protocol
from kg.errors import UsageError
from kg.schema import Finding
from llm.chat.local import LocalChatModel
from llm.chat.reader import prompt_for, tokens_of_answer
from llm.errors import ModelError
from llm.finetuning.targets import PromptedCase, equivalents_of
from llm.questions import rank_questions
from llm.reader import RankingReader
from retrieval.candidates import FusionRanker, rank_candidates
from retrieval.fusion import Fusion

N_CANDIDATES = 10
MIN_CANDIDATES = 3
MIN_SHOWN = 0.6
"""Least share of the findings that is shown of a patient."""
PROTOCOL = Protocol.UNSEEN_PUBLICATION


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is known when the patients of a fold are shown."""

    knowledge: Knowledge
    fusion: Fusion
    cases: tuple[Case, ...]


@dataclass(frozen=True, kw_only=True)
class Material:
    """Patients to ask and patients to train on."""

    asked: Told
    trained: tuple[Told, ...]
    publications: frozenset[str]
    """That are held out."""


def divide(whole: Knowledge, cases: Sequence[Case], *, n_workers: int, seed: int, progress: bool = False) -> Material:
    """Folds with their knowledge and their fusion; at most a few patients of a publication are trained on.

    Raises:
        UsageError: the patients are of fewer than three publications.
        LeakError: something in use rests on a held-out publication.
    """
    folds = split_folds(cases, seed)
    if len(folds) < 3:
        raise UsageError(
            f"fine-tuning needs patients of three publications or more: one to ask about, and others to train on "
            f"without each other; got {len(folds)}"
        )
    (publications, asked), training = folds[0], folds[1:]
    without = hold_out(whole, publications, PROTOCOL)
    with start_workers(Job(whole=without, protocol=PROTOCOL), n_workers) as workers:
        fusions = train_fold_fusions(workers, training, range(len(training)), seed=seed, progress=progress)
    with start_workers(Job(whole=whole, protocol=PROTOCOL), n_workers) as workers:
        fusion = train_fold_fusions(workers, folds, [0], seed=seed, progress=progress)[0]
    return Material(
        asked=_told(without, publications, fusion, asked),
        trained=tuple(_told_of_fold(without, fold, fusions[k], publications, seed) for k, fold in enumerate(training)),
        publications=publications,
    )


def _told_of_fold(without: Knowledge, fold: Fold, fusion: Fusion, asked: frozenset[str], seed: int) -> Told:
    publications, cases = fold
    known = hold_out(without, publications, PROTOCOL)
    return _told(known, publications | asked, fusion, choose_training_cases(cases, seed))


def _told(knowledge: Knowledge, hidden: frozenset[str], fusion: Fusion, cases: Sequence[Case]) -> Told:
    check_no_leak(knowledge, hidden, PROTOCOL, fusion.publications)
    return Told(knowledge=knowledge, fusion=fusion, cases=tuple(cases))


def vary_cases(
    model: LocalChatModel, told: Sequence[Told], n_variants: int, seed: int, *, progress: bool = False
) -> Iterator[tuple[Case, PromptedCase]]:
    """Each patient so many times, the first time whole; without those who do not fit into the model's context."""
    with tqdm(total=sum(len(t.cases) for t in told), desc="examples", unit="case", disable=not progress) as bar:
        for fold in told:
            for case in fold.cases:
                for n in range(n_variants):
                    rng = Random(f"{seed} {case.case_id} {n}")  # noqa: S311 - a sample, not a secret
                    findings = _thinned(case.findings, rng) if n else case.findings
                    n_candidates = rng.randint(MIN_CANDIDATES, N_CANDIDATES) if n else N_CANDIDATES
                    prompted = show_case(model, fold, case, findings, n_candidates)
                    if prompted is not None:
                        yield case, prompted
                bar.update()


def show_case(
    model: LocalChatModel, told: Told, case: Case, findings: Sequence[Finding], n_candidates: int = N_CANDIDATES
) -> PromptedCase | None:
    """A patient as the model is shown them; None where there is no evidence, or no room for it."""
    knowledge = told.knowledge
    hits = knowledge.library.similar(findings) if knowledge.library else ()
    ranker = FusionRanker(knowledge.extractor, told.fusion)
    candidates = rank_candidates(knowledge.model, ranker, findings, hits, person=case.person, n=n_candidates)
    reading = RankingReader().read(knowledge.graph, findings, candidates)
    if not reading.evidence:
        return None
    try:
        prompt = prompt_for(model, reading, findings, knowledge.graph, tokens_of_answer(model))
    except ModelError:
        return None
    diseases = [knowledge.model.group_index[d] for d in prompt.diseases.values()]
    probabilities = [d.probability for d in reading.diagnoses[: len(diseases)]]
    asked = rank_questions(knowledge.model, diseases, probabilities, list(prompt.expected.values()))
    return PromptedCase(
        reading=reading,
        findings=tuple(findings),
        graph=knowledge.graph,
        prompt=prompt,
        right_ids=equivalents_of(case.gold_ids, knowledge.graph),
        asked=tuple(term_id for term_id, _ in asked),
    )


def _thinned(findings: Sequence[Finding], rng: Random) -> tuple[Finding, ...]:
    """Most of the findings in another order, at least one of them present."""
    n_kept = max(1, round(rng.uniform(MIN_SHOWN, 1.0) * len(findings)))
    kept = rng.sample(list(findings), n_kept)
    if all(f.excluded for f in kept):
        kept[0] = rng.choice([f for f in findings if not f.excluded])
    return tuple(kept)
