"""The reader trained anew for each fold, on patients of the other folds only.

As in ``evaluation.fusion_folds``: a patient of fold j is an example for fold k with what is known without both folds;
some once more with the release alone of that, so that the reader knows what to go by where no published patient is.
A process makes the examples of one fold and trains on them at once, since all folds' examples fill no memory together.
Simulated patients rest on no publication (``llm.reader.simulation``), so every fold begins with the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from evaluation.fusion_folds import Condition, Job, choose_training_cases, publications_about
from evaluation.processes import Workers
from evaluation.protocols import Fold, Knowledge, hold_out, release_alone
from evaluation.schema import Ablation, Case, Protocol
from kg.errors import UsageError
from kg.schema import Finding
from llm.reader.features import ReaderFeatureExtractor
from llm.reader.simulation import simulate_patients
from retrieval.cases import series_of
from retrieval.demographics import UNKNOWN, Demographics
from retrieval.features import FeatureExtractor

if TYPE_CHECKING:
    from llm.reader.model import ReaderModel
    from llm.reader.training import ReaderExample, ReaderSettings, TrainedReader

N_SIMULATED = 4_000
"""Patients."""
N_SIMULATED_EPOCHS = 2
EVERY_ALONE = 2
"""Of every so many patients one is seen once more with the release alone, as many users have it; docs/log.md."""


def train_fold_readers(
    workers: Workers,
    folds: Sequence[Fold],
    wanted: Sequence[int],
    *,
    without: frozenset[Ablation] = frozenset(),
    seed: int = 0,
    kept: Path | None = None,
    progress: bool = False,
) -> dict[int, ReaderModel]:
    """A reader for each wanted fold, trained on all other folds.

    Args:
        workers: of a ``Job``.
        folds: all of them.
        wanted: numbers of the folds to train for.
        without: what it does without.
        seed: of the choice of patients, their simulation and the training.
        kept: folder in which each fold's reader is kept, and from which it is taken; what it holds is of this run.
        progress: show a bar.

    Raises:
        UsageError: the other folds hold no patient to train on.
    """
    from llm.reader.weights import load_reader, save_reader

    readers = {k: load_reader(kept / str(k), "cpu") for k in wanted if kept and _is_kept(kept / str(k))}
    missing = [k for k in wanted if k not in readers]
    chosen = tuple((publications, choose_training_cases(cases, seed)) for publications, cases in folds)
    begun = None
    if missing and Ablation.SIMULATION not in without:
        (begun,) = workers.run(_begin, [(chosen, without, seed)])
    tasks = ((chosen, k, without, begun, seed) for k in missing)
    trained = tqdm(workers.run(_train_fold, tasks), total=len(missing), desc="readers", disable=not progress)
    for k, reader in zip(missing, trained, strict=True):
        readers[k] = reader.model
        if kept:
            save_reader(reader, kept / str(k), {"fold": k, "seed": seed})
    return readers


def _is_kept(folder: Path) -> bool:
    return (folder / "training.json").is_file()  # written last


def train_reader_on_all(
    job: Job,
    folds: Sequence[Fold],
    *,
    settings: ReaderSettings | None = None,
    seed: int = 0,
    checkpoints: Path | None = None,
    progress: bool = False,
) -> tuple[TrainedReader, int]:
    """One reader from the patients of all folds, each seen without their own fold; and the number of patients.

    Each patient is an example under each ``Condition``, once more with series only, as users have it who have the
    shipped counts alone, and some with the release alone.

    Args:
        job: what is known.
        folds: all of them.
        settings: of the training.
        seed: of the choice of patients, their simulation and the training.
        checkpoints: folder in which each epoch is kept.
        progress: show bars.

    Raises:
        UsageError: the folds hold no patient.
    """
    from llm.reader.training import ReaderSettings, publications_apart, train_reader

    settings = settings or ReaderSettings()
    chosen = [(publications, choose_training_cases(cases, seed)) for publications, cases in folds]
    apart = publications_apart((c.publication for _, cases in chosen for c in cases), settings.kept_apart, seed)
    examples: list[ReaderExample] = []
    alone = release_alone(job.whole)
    for publications, cases in tqdm(chosen, desc="examples", disable=not progress):
        known = hold_out(alone, publications, Protocol.PUBLISHED)
        examples += build_reader_examples(known.extractor, cases[::EVERY_ALONE], settings.n_candidates, apart)
        for condition in Condition:
            hidden = publications | (
                publications_about(job.whole, cases) if condition is Condition.UNDESCRIBED else set()
            )
            known = hold_out(job.whole, frozenset(hidden), Protocol.PUBLISHED)
            extractors = [known.extractor]
            if condition is Condition.DESCRIBED:
                extractors.append(FeatureExtractor(known.model, series_of(known.graph)))
            for extractor in extractors:
                examples += build_reader_examples(extractor, cases, settings.n_candidates, apart)
    if not examples:
        raise UsageError("the reader needs published patients to be trained on, and there are none")
    begun = _begin(job, chosen, frozenset(), seed)
    trained = train_reader(
        examples, begun=begun, settings=settings, seed=seed, checkpoints=checkpoints, progress=progress
    )
    return trained, sum(len(cases) for _, cases in chosen)


def gather_examples(
    job: Job,
    folds: Sequence[Fold],
    k: int,
    n_candidates: int,
    apart: Set[str] = frozenset(),
    without: Set[Ablation] = frozenset(),
) -> Iterator[ReaderExample]:
    """The patients of all folds but one, with all that is known without both, and some with the release alone of it.

    Args:
        job: what is known.
        folds: all of them.
        k: number of the fold that is left out.
        n_candidates: see ``build_reader_examples``.
        apart: likewise.
        without: what the reader does without; the release's series of patients are published cases too.
    """
    alone = release_alone(job.whole)
    if Ablation.CASES in without:
        alone = replace(alone, cases=())
    views = ((job.whole, 1), (alone, EVERY_ALONE))
    for j, (publications, cases) in enumerate(folds):
        if j != k:
            for view, every in views:
                known = hold_out(view, folds[k][0] | publications, job.protocol)
                yield from build_reader_examples(known.extractor, cases[::every], n_candidates, apart)


def build_reader_examples(
    extractor: FeatureExtractor, cases: Sequence[Case], n_candidates: int, apart: Set[str] = frozenset()
) -> Iterator[ReaderExample]:
    """The candidates and evidence of each patient, with the right one marked.

    Args:
        extractor: over what is known.
        cases: the patients.
        n_candidates: to which lists are thinned.
        apart: publications whose patients keep whole lists, as the trained reader will see them.
    """
    groups = extractor.model.group_index
    readers = ReaderFeatureExtractor(extractor)
    for case in cases:
        right = {groups[g] for g in case.gold_ids if g in groups}
        yield from _example(
            readers,
            case.findings,
            case.person,
            right,
            case.publication,
            None if case.publication in apart else n_candidates,
        )


def simulate_examples(
    whole: Knowledge, publications: frozenset[str], n_candidates: int, seed: int, n: int
) -> tuple[ReaderExample, ...]:
    """Simulated patients, with what the graph says without these publications, and without any published case."""
    alone = Knowledge(graph=hold_out(whole, publications, Protocol.UNSEEN_PUBLICATION).graph)
    readers, groups = ReaderFeatureExtractor(alone.extractor), alone.model.group_index
    return tuple(
        example
        for patient in simulate_patients(alone.graph, n, seed)
        for example in _example(readers, patient.findings, UNKNOWN, {groups[patient.disease_id]}, "", n_candidates)
    )


def _example(
    readers: ReaderFeatureExtractor,
    findings: Sequence[Finding],
    person: Demographics,
    right: set[int],
    publication: str,
    n_candidates: int | None,
) -> Iterator[ReaderExample]:
    from llm.reader.training import ReaderExample, thinned

    inputs = readers.extract(findings, person)
    found = min((row for row, d in enumerate(inputs.diseases.tolist()) if d in right), default=None)
    if len(inputs.diseases):
        n_kept = len(inputs.diseases) if n_candidates is None else n_candidates
        yield thinned(ReaderExample(inputs=inputs, right=found, publication=publication), n_kept)


def _begin(job: Job, folds: Sequence[Fold], without: frozenset[Ablation], seed: int) -> ReaderModel:
    """A reader trained on simulated patients, of whose diseases no publication of any fold tells."""
    from llm.reader.training import train_reader

    settings = replace(_settings(without), n_epochs=N_SIMULATED_EPOCHS, fusion_share=0.0)
    publications = frozenset[str]().union(*(publications for publications, _ in folds))
    examples = simulate_examples(job.whole, publications, settings.n_candidates, seed, N_SIMULATED)
    return train_reader(examples, settings=settings, seed=seed).model


def _train_fold(
    job: Job, folds: Sequence[Fold], k: int, without: frozenset[Ablation], begun: ReaderModel | None, seed: int
) -> TrainedReader:
    from llm.reader.training import publications_apart, train_reader

    settings = _settings(without)
    others = (c.publication for j, (_, cases) in enumerate(folds) if j != k for c in cases)
    apart = publications_apart(others, settings.kept_apart, seed)
    examples = list(gather_examples(job, folds, k, settings.n_candidates, apart, without))
    if not examples:
        raise UsageError("the reader needs patients of other publications to be trained on, and there are none")
    return train_reader(examples, begun=begun, settings=settings, seed=seed)


def _settings(without: frozenset[Ablation]) -> ReaderSettings:
    from llm.reader.training import ReaderSettings

    share = 0.0 if Ablation.FUSION in without else ReaderSettings().fusion_share
    return ReaderSettings(reads_evidence=Ablation.EVIDENCE not in without, fusion_share=share)
