"""One benchmark run, from files of cases to a folder of figures: what ``citedx evaluate diagnosis`` does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.cases import draw_cases, load_cases
from evaluation.figures import require_matplotlib
from evaluation.future import is_past, past_sources, split_by_time
from evaluation.knowledge import load_knowledge
from evaluation.peers import compare, load_peer
from evaluation.pheval import require_pyarrow, write_pheval_results
from evaluation.processes import n_cores
from evaluation.protocols import N_FOLDS, Knowledge, check_no_leak, check_weights, hold_out, split_folds
from evaluation.recalibration import recalibrated_by_others
from evaluation.report import describe_run, write_report
from evaluation.runner import PREDICTIONS, SETTINGS, predict, publications_of
from evaluation.schema import Ablation, Case, Level, Prediction, Protocol, System, Unscored, Weights
from evaluation.stories import ReadBack, Story, Storyteller, read_stories
from evaluation.systems import TRAINED, WITH_VECTORS
from evaluation.twins import find_twins
from kg.cache import checksum, digest, require_writable
from kg.errors import SourceError, StorageError, UsageError
from llm.reader.weights import BUNDLED as BUNDLED_READER
from retrieval.findings import find_findings
from retrieval.fusion import BUNDLED as BUNDLED_FUSION
from retrieval.fusion import load_fusion
from retrieval.lexicon import Lexicon

if TYPE_CHECKING:
    from evaluation.runner import TrainedWeights

MIN_PUBLICATIONS = 200
"""Sets of fewer publications are too small to train on; they are put to the shipped weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked for."""

    cases: Path
    """Folder or zip of phenopackets, or PhenoBrain's JSON."""
    out: Path
    """Folder of this run."""
    protocol: Protocol
    system: System
    level: Level
    library: Path | None = None
    """Phenopackets beside the evaluated ones."""
    weights: Weights | None = None
    """Of a trained system; None: by the number of publications."""
    without: frozenset[Ablation] = frozenset()
    """What the reader does without."""
    examine: int = 0
    """Patients who are asked about further, drawn at random."""
    peers: tuple[Path, ...] = ()
    pheval: bool = False
    present_only: bool = False
    """Without the excluded findings of the evaluated patients, and of those that are learned from."""
    from_stories: bool = False
    """The findings of the evaluated patients as they are read from stories; what is learned from stays as listed."""
    n_workers: int | None = None
    """None: one per core."""
    scheduler: str | None = None
    """Address of a dask cluster, which ranks in place of this machine's processes."""
    seed: int = 0
    limit: int | None = None
    """Only so many cases, drawn at random."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Material:
    """What is put to what."""

    whole: Knowledge
    scored: tuple[Case, ...]
    """As they are put to the system."""
    unscored: tuple[Unscored, ...]
    others: tuple[Case, ...] | None = None
    """Patients to learn from where that is not each other: past ones, or those of the library."""
    twins: frozenset[str] = frozenset()
    """Publications that may describe evaluated patients, already left out of what is known."""
    listed: tuple[Case, ...] | None = None
    """The scored cases with the findings of their files, where stories are put to the system."""
    stories: tuple[Story, ...] = ()
    """That ``scored`` was read from."""
    read_back: Mapping[str, ReadBack] = field(default_factory=dict)
    """By style of the stories."""


def run_benchmark(options: Options, command: str, *, progress: bool = False) -> Path:
    """Rank, score, draw; returns the report. What ``out`` holds of the same run is not ranked again.

    Args:
        options: what is asked for.
        command: how a person has it again, for the report.
        progress: show bars.

    Raises:
        UsageError: the cases, the options or the folder cannot be used.
        NotReadyError: a library or release is missing.
        LeakError: something in use rests on a held-out publication.
        TrainedOnError: the shipped weights have seen an evaluated publication.
        StorageError: a file cannot be written.
    """
    _check(options)
    peers = [load_peer(path) for path in options.peers]
    material = _load(options, progress=progress)
    if options.from_stories:
        material = _tell(material, options.seed)
    weights = _choose_weights(options, material)
    _require_trained_for(options, material, weights)
    shipped = _load_shipped(options, material) if weights is Weights.SHIPPED else None
    settings = _settings(options, material, weights)
    claim_folder(options.out, settings)
    n_workers = min(options.n_workers or n_cores(), N_FOLDS)
    file = options.out / PREDICTIONS
    n_before, start = _n_lines(file), time.perf_counter()
    _write_stories(options.out, material)
    predictions = _predict(options, material, shipped, file, n_workers, progress=progress)
    seconds = time.perf_counter() - start
    run = describe_run(command, ranked_s=seconds, n_ranked=_n_lines(file) - n_before, n_workers=n_workers)
    if options.system is System.READER and weights is Weights.FOLDS and material.others is None:
        predictions = recalibrated_by_others(predictions, split_folds(material.scored, options.seed))
    comparisons = [compare(predictions, peer, options.seed) for peer in peers]
    write_report(
        options.out,
        predictions,
        material.unscored,
        settings,
        comparisons=comparisons,
        read_back=material.read_back,
        unknown_ids={c.case_id: c.unknown_ids for c in material.scored if c.unknown_ids},
        run=run,
        seed=options.seed,
    )
    if options.pheval:
        write_pheval_results(options.out, predictions)
    return options.out / "report.md"


def _check(options: Options) -> None:
    """What can be seen before minutes are spent."""
    require_matplotlib()
    if options.pheval:
        require_pyarrow()
    if options.weights and options.system not in TRAINED:
        raise UsageError(f"--weights is for the systems fused and reader, got --system {options.system}")
    if options.examine and options.system not in TRAINED:
        raise UsageError(f"--examine is for the systems fused and reader, got --system {options.system}")
    if options.without and options.system is not System.READER:
        raise UsageError(f"--without is for the system reader, got --system {options.system}")
    if options.library and options.level is not Level.LIBRARY:
        raise UsageError(f"--library is for --knowledge library, got --knowledge {options.level}")


def _load(options: Options, *, progress: bool) -> _Material:
    in_future = options.protocol is Protocol.UNSEEN_FUTURE
    evaluated = None if options.cases.suffix == ".json" else options.cases  # PhenoBrain's are no library
    whole = load_knowledge(
        options.level,
        [path for path in (evaluated, options.library) if path],
        sources=past_sources() if in_future else None,
        is_known=is_past if in_future else lambda _: True,
        with_text=options.system in WITH_VECTORS,
        progress=progress,
    )
    case_set, others, twins = load_cases(options.cases, whole.graph.ontology), None, frozenset[str]()
    if in_future:
        others, case_set = split_by_time(case_set)
    elif evaluated is None:
        twins = find_twins(case_set.cases, whole.cases, whole.graph)
        whole = hold_out(whole, twins, options.protocol)
        if options.library and options.level is Level.LIBRARY:
            described = load_cases(options.library, whole.graph.ontology).cases
            others = tuple(c for c in described if c.publication not in twins)
    if Ablation.CASES in options.without:  # last: by them the patients' publications were found
        whole = replace(whole, cases=())
    if not case_set.cases:
        why = "".join(f", the first: {u.case_id}: {u.reason}" for u in case_set.unscored[:1])
        raise UsageError(f"{options.cases} holds no case that can be scored; {len(case_set.unscored):,} cannot{why}")
    told = _present_only if options.present_only else tuple
    return _Material(
        whole=whole,
        scored=told(draw_cases(case_set.cases, options.limit, options.seed)),
        unscored=case_set.unscored,
        others=others if others is None else told(others),
        twins=twins,
    )


def _tell(material: _Material, seed: int) -> _Material:
    """The material with the scored cases as they are read from stories."""
    ontology = material.whole.graph.ontology
    lexicon = Lexicon(ontology)
    read, stories, read_back = read_stories(
        material.scored, Storyteller(ontology, seed), lambda text: find_findings(text, lexicon)
    )
    return replace(material, scored=read, listed=material.scored, stories=stories, read_back=read_back)


def _present_only(cases: Iterable[Case]) -> tuple[Case, ...]:
    return tuple(replace(c, findings=tuple(f for f in c.findings if not f.excluded)) for c in cases)


def _choose_weights(options: Options, material: _Material) -> Weights | None:
    """Those that are asked for; else trained anew where the set allows. None for a system without weights."""
    if options.system not in TRAINED:
        return None
    to_train_on = material.scored if material.others is None else material.others
    n_publications = len({c.publication for c in to_train_on})
    return options.weights or (Weights.FOLDS if n_publications >= MIN_PUBLICATIONS else Weights.SHIPPED)


def _require_trained_for(options: Options, material: _Material, weights: Weights | None) -> None:
    """Refuse an ablation where nothing is trained without it; cases can be kept from the shipped weights as well."""
    if weights is Weights.SHIPPED:
        missed, trained = options.without - {Ablation.CASES}, "the shipped weights were"
    else:
        missed, trained = options.without if material.others is not None else frozenset(), "one reader of all others is"
    if missed:
        raise UsageError(
            f"--without {min(missed)} needs readers that are trained for it, fold by fold, and {trained} "
            "trained with everything: give published cases of many publications, and no --weights shipped"
        )


def _predict(
    options: Options,
    material: _Material,
    shipped: TrainedWeights | None,
    file: Path,
    n_workers: int,
    *,
    progress: bool,
) -> tuple[Prediction, ...]:
    check_no_leak(material.whole, material.twins, options.protocol, publications_of(shipped))
    return predict(
        material.scored,
        material.whole,
        options.protocol,
        options.system,
        file,
        weights=shipped,
        others=material.others,
        listed=material.listed,
        without=options.without,
        examined=frozenset(c.case_id for c in draw_cases(material.scored, options.examine, options.seed)),
        n_workers=n_workers,
        scheduler=options.scheduler,
        seed=options.seed,
        progress=progress,
    )


def _load_shipped(options: Options, material: _Material) -> TrainedWeights:
    """The project's weights; before anything is ranked, or the folder claimed, they are seen to be of use here."""
    shipped: TrainedWeights
    if options.system is System.FUSED:
        shipped = load_fusion()
    else:
        from llm.reader.weights import load_reader

        shipped = load_reader()
    check_weights(publications_of(shipped), material.twins.union(c.publication for c in material.scored))
    return shipped


def _settings(options: Options, material: _Material, weights: Weights | None) -> dict[str, str]:
    """What makes this run another one than any other, by name."""
    contents = digest({"cases": repr(material.scored), "library": repr(material.whole.cases)})
    told = ["present only"] * options.present_only + ["read from stories"] * options.from_stories
    asked = {
        "cases": options.cases.name,
        "protocol": options.protocol,
        "system": options.system,
        "knowledge": options.level,
        **({"weights": _name_weights(options.system, weights)} if weights else {}),
        **({"examined": options.examine} if options.examine else {}),
        **({"without": ", ".join(sorted(options.without))} if options.without else {}),
    }
    # A source that was joined has the name of its folder, which may be "cases".
    versions = {name: of for name, of in material.whole.graph.versions.items() if name not in asked}
    settings = {
        **asked,
        **versions,
        "contents": contents[:12],
        **({"left out, may describe the patients": f"{len(material.twins)} publications"} if material.twins else {}),
        **({"findings": ", ".join(told)} if told else {}),
        "seed": options.seed,
        **({"limit": options.limit} if options.limit else {}),
    }
    return {name: str(value) for name, value in settings.items()}


def _name_weights(system: System, weights: Weights) -> str:
    """``folds``, or ``shipped`` and which: predictions of others are not gone on with."""
    if weights is Weights.FOLDS:
        return weights
    file = BUNDLED_FUSION / "fusion.safetensors" if system is System.FUSED else BUNDLED_READER / "model.safetensors"
    return f"{weights} {checksum(file)[:12]}"


def claim_folder(out: Path, settings: Mapping[str, str]) -> None:
    """Make the folder; it belongs to one run: going on with another would mix predictions.

    Where there is nothing but the settings, that run made nothing: it was refused, or the model was not there.
    """
    require_writable(out)
    note = out / SETTINGS
    wanted = "".join(f"{name}: {value}\n" for name, value in settings.items())
    try:
        found = note.read_text(encoding="utf-8") if note.exists() else ""
        is_unused = found.partition(":")[0] == wanted.partition(":")[0] and list(out.iterdir()) == [note]
        if not found or is_unused:
            note.write_text(wanted, encoding="utf-8")
        elif found != wanted:
            raise UsageError(f"{out} holds a run with other settings ({note.name} names them): choose another --out")
    except UnicodeDecodeError as error:
        raise SourceError(f"{note} is not a run's: choose another --out") from error
    except OSError as error:
        raise StorageError(f"cannot write {note}: {error.strerror or error}") from error


def _write_stories(out: Path, material: _Material) -> None:
    """Write ``stories.jsonl``: each story with what was read from it, for people to look at."""
    if not material.stories:
        return
    lines = [
        {
            "case_id": story.case_id,
            "style": story.style,
            "text": story.text,
            "read": [{"id": f.term_id, "label": f.label, "excluded": f.excluded} for f in case.findings],
        }
        for story, case in zip(material.stories, material.scored, strict=True)
    ]
    file = out / "stories.jsonl"
    try:
        file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror or error}") from error


def _n_lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0
