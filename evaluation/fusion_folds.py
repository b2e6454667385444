"""The fusion trained anew for each fold, on patients of the other folds only.

A patient of fold j is an example for fold k with what is known without both folds: neither their own publication nor
anything that fold k will be tested on is in the features. Each pair of folds is prepared once and serves both ways.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from tqdm import tqdm

from evaluation.processes import Workers
from evaluation.protocols import Fold, Knowledge, hold_out
from evaluation.schema import Case, Protocol
from kg.errors import UsageError
from retrieval.cases import series_of
from retrieval.features import FeatureExtractor
from retrieval.fusion import Fusion
from retrieval.fusion_training import Example, TrainingSettings, thinned, train_fusion

MAX_PER_PUBLICATION = 5
"""Training patients of one publication; docs/log.md has the figures."""


class Condition(StrEnum):
    """What a fusion for patients of elsewhere is trained under, always with the release as it is (decision 0008)."""

    DESCRIBED = "described"
    """With what other publications describe of patients with the disease."""
    UNDESCRIBED = "undescribed"
    """With no published patient who has it, as it is for most diseases."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What the processes need to know."""

    whole: Knowledge
    """Before anything is held out."""
    protocol: Protocol


def train_fold_fusions(
    workers: Workers, folds: Sequence[Fold], wanted: Sequence[int], *, seed: int = 0, progress: bool = False
) -> dict[int, Fusion]:
    """A fusion for each wanted fold, trained on all other folds.

    Args:
        workers: of a ``Job``.
        folds: all of them.
        wanted: numbers of the folds to train for.
        seed: of the choice of training patients, and of the training.
        progress: show bars.

    Raises:
        UsageError: the other folds hold no patient to train on.
    """
    chosen = [(publications, choose_training_cases(cases, seed)) for publications, cases in folds]
    pairs = [(k, j) for k, j in combinations(range(len(folds)), 2) if k in wanted or j in wanted]
    examples: dict[int, dict[int, tuple[Example, ...]]] = defaultdict(dict)
    found = workers.run(_pair_examples, ((chosen[k], chosen[j]) for k, j in pairs))
    bar = tqdm(zip(pairs, found, strict=True), total=len(pairs), desc="examples", disable=not progress)
    for (k, j), (of_k, of_j) in bar:
        examples[k][j], examples[j][k] = of_j, of_k
    tasks = (([e for j in sorted(examples[k]) for e in examples[k][j]], seed) for k in wanted)
    trained = tqdm(workers.run(_train, tasks), total=len(wanted), desc="training", disable=not progress)
    return dict(zip(wanted, trained, strict=True))


def train_on_all(
    workers: Workers, folds: Sequence[Fold], *, also_series: bool = False, seed: int = 0, progress: bool = False
) -> tuple[Fusion, int]:
    """One fusion from the patients of all folds, each seen without their own fold; and the number of patients.

    Each patient is an example under each ``Condition``.

    Args:
        workers: of a ``Job``.
        folds: all of them.
        also_series: see each patient once more with series only, as users do who have the shipped counts alone.
        seed: of the choice of training patients, and of the training.
        progress: show bars.

    Raises:
        UsageError: the folds hold no patient.
    """
    chosen = [(publications, choose_training_cases(cases, seed)) for publications, cases in folds]
    tasks = [(fold, condition, also_series) for condition in Condition for fold in chosen]
    found = tqdm(workers.run(_fold_examples, tasks), total=len(tasks), desc="examples", disable=not progress)
    examples = [e for of_fold in found for e in of_fold]
    return _train(None, examples, seed), sum(len(cases) for _, cases in chosen)


def choose_training_cases(cases: Sequence[Case], seed: int) -> tuple[Case, ...]:
    """At most ``MAX_PER_PUBLICATION`` patients a publication, drawn at random, in the given order."""
    by_publication: dict[str, list[int]] = defaultdict(list)
    for index, case in enumerate(cases):
        by_publication[case.publication].append(index)
    drawn = random.Random(seed)  # noqa: S311 - a sample, not a secret
    kept = {
        index
        for _, members in sorted(by_publication.items())
        for index in drawn.sample(members, min(len(members), MAX_PER_PUBLICATION))
    }
    return tuple(case for index, case in enumerate(cases) if index in kept)


def build_examples(extractor: FeatureExtractor, cases: Sequence[Case]) -> Iterator[Example]:
    """The candidates of each patient, with the right one marked."""
    groups = extractor.model.group_index
    for case in cases:
        features = extractor.extract(case.findings)
        right = {groups[g] for g in case.gold_ids if g in groups}
        found = min((row for row, d in enumerate(features.diseases.tolist()) if d in right), default=None)
        if len(features.diseases):
            example = Example(values=features.values, right=found, publication=case.publication)
            yield thinned(example, TrainingSettings().n_candidates)  # now: thousands of whole lists fill the memory


def _pair_examples(job: Job, one: Fold, other: Fold) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    extractor = hold_out(job.whole, one[0] | other[0], job.protocol).extractor
    return tuple(build_examples(extractor, one[1])), tuple(build_examples(extractor, other[1]))


def _fold_examples(job: Job, fold: Fold, condition: Condition, also_series: bool) -> tuple[Example, ...]:
    publications, cases = fold
    if condition is Condition.UNDESCRIBED:
        publications |= publications_about(job.whole, cases)
    known = hold_out(job.whole, publications, Protocol.PUBLISHED)
    extractors = [known.extractor]
    if also_series:
        extractors.append(FeatureExtractor(known.model, series_of(known.graph)))
    return tuple(example for extractor in extractors for example in build_examples(extractor, cases))


def publications_about(whole: Knowledge, cases: Sequence[Case]) -> frozenset[str]:
    """Publications of published patients with the same diseases."""
    named = {g for c in cases for g in c.gold_ids if g in whole.graph.diseases}
    diseases = {equivalent for disease_id in named for equivalent in whole.graph.equivalents(disease_id)}
    return frozenset(c.provenance.reference for c in whole.cases if c.disease_id in diseases and not c.is_series)


def _train(_: Job | None, examples: Sequence[Example], seed: int) -> Fusion:
    if not examples:
        raise UsageError("the fusion needs patients of other publications to be trained on, and there are none")
    return train_fusion(examples, seed=seed)
