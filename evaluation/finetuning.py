"""One fine-tuning, from published patients to an adapter with its card.

Examples are made, held-out patients asked, the adapter trained, and the same patients asked again with it.

What ``out`` holds of the same run is not made again: examples, figures before, the last checkpoint. Of several
processes (``torchrun``, ``accelerate launch``) the first prepares and alone writes; all train and ask.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from evaluation.benchmark import claim_folder
from evaluation.cases import draw_cases, load_cases
from evaluation.finetuning_cases import Material, divide, show_case, vary_cases
from evaluation.finetuning_report import Finetuning, write_finetuning_report
from evaluation.finetuning_scores import HeldOut, Outcome, ask, score
from evaluation.knowledge import load_knowledge
from evaluation.lines import read_whole_lines
from evaluation.processes import n_cores
from evaluation.protocols import Knowledge
from evaluation.schema import Case, Level
from kg.cache import checksum, digest
from kg.errors import SourceError, StorageError, UsageError
from llm.chat import prompt as prompts
from llm.chat.answer import claims_within
from llm.chat.local import DEFAULT_CONTEXT_SIZE, LocalChatModel
from llm.chat.reader import tokens_of_answer
from llm.chat.weights import CausalModel, load_causal_model
from llm.devices import fastest_device
from llm.finetuning.examples import Example, encode_example, load_examples, save_examples
from llm.finetuning.pairs import load_pairs
from llm.finetuning.settings import FinetuningSettings, require_finetuning
from llm.finetuning.targets import PromptedCase, write_target

if TYPE_CHECKING:
    from accelerate import PartialState

ADAPTER, CHECKPOINTS, EXAMPLES, BEFORE, REPORT = "adapter", "checkpoints", "examples.jsonl", "before.jsonl", "report.md"
"""What is written into ``out``; checkpoints are removed at the end."""
_PATIENCE = timedelta(days=1)  # of processes that wait for the first one's preparations


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuningOptions:
    """What is asked for."""

    model: str
    """Folder, or id in the local cache."""
    cases: Path
    out: Path
    pairs: tuple[Path, ...] = ()
    settings: FinetuningSettings = field(default_factory=FinetuningSettings)
    n_variants: int = 3
    """Examples made of each patient."""
    n_asked: int = 50
    """Held-out patients that are asked before and after."""
    context_size: int | None = None
    """Tokens of prompt and answer together; default: what the model was made for, at most 4,096."""
    quantise: bool = False
    limit: int | None = None
    """Only so many patients, drawn at random."""
    n_workers: int | None = None
    seed: int = 0
    resume: bool = False


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """What the first process hands to all."""

    settings: dict[str, str]
    examples: tuple[Example, ...]
    held_out: tuple[HeldOut, ...]
    publications: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trained:
    """What is told of the training; not the network, which would fill the memory twice."""

    curve: tuple[dict[str, float], ...]
    n_steps: int
    n_tokens: int
    """Of all examples that fit into the context."""


def run_finetuning(
    options: FinetuningOptions,
    command: str,
    *,
    knowledge: Knowledge | None = None,
    on_step: Callable[[int], None] = lambda _: None,
    progress: bool = False,
) -> Path | None:
    """Fine-tune; returns the report, in a process that does not write None.

    Args:
        options: what is asked for.
        command: how a person has it again, for the report.
        knowledge: what is known of the diseases; default: the installed release with the shipped counts.
        on_step: called with the number of steps done, after each.
        progress: show bars.

    Raises:
        NotReadyError: a package or the model is missing.
        ModelError: the model cannot be used or trained.
        UsageError: the options, the cases or the folder cannot be used.
        SourceError: a file cannot be read.
        StorageError: a file cannot be written.
        LeakError: something in use rests on a held-out publication.
    """
    require_finetuning()
    from accelerate import PartialState

    state = PartialState(cpu=fastest_device() == "cpu", timeout=_PATIENCE)  # chooses this process' GPU
    loaded = load_causal_model(options.model, quantise=options.quantise)
    model = LocalChatModel(loaded, context_size=_context_size(options, loaded))
    prepared = _prepare_once(options, state, model, knowledge, progress=progress)
    before = _asked_before(options, state, model, prepared.held_out)
    start = time.perf_counter()
    trained = _train(options, state, loaded, model, prepared.examples, on_step, progress=progress)
    trained_s = time.perf_counter() - start
    context_size = model.context_size
    del model, loaded
    after = _asked_after(options, state, prepared.held_out, context_size)
    if not state.is_main_process:
        return None
    result = Finetuning(
        command=command,
        settings=prepared.settings,
        before=score(before, options.seed),
        after=score(after, options.seed),
        curve=trained.curve,
        n_steps=trained.n_steps,
        n_processes=state.num_processes,
        trained_s=round(trained_s, 1),
        n_tokens=trained.n_tokens,
        n_examples=len(prepared.examples),
        files=tuple(path.name for path in (options.cases, *options.pairs)),
        publications=prepared.publications,
    )
    write_finetuning_report(options.out, options.out / ADAPTER, result)
    shutil.rmtree(options.out / CHECKPOINTS, ignore_errors=True)
    return options.out / REPORT


# Preparation


def _prepare_once(
    options: FinetuningOptions,
    state: PartialState,
    model: LocalChatModel,
    knowledge: Knowledge | None,
    *,
    progress: bool,
) -> _Prepared:
    """In the first process, for all."""
    from accelerate.utils import broadcast_object_list

    handed: list[_Prepared | None] = [None]
    if state.is_main_process:
        handed = [_prepare(options, model, knowledge, progress=progress)]
    (prepared,) = broadcast_object_list(handed)
    return prepared  # type: ignore[no-any-return]


def _prepare(
    options: FinetuningOptions, model: LocalChatModel, knowledge: Knowledge | None, *, progress: bool
) -> _Prepared:
    pairs = [pair for path in options.pairs for pair in load_pairs(path)]
    _check_folder(options)
    whole = knowledge or load_knowledge(Level.COUNTS, with_text=True, progress=progress)
    case_set = load_cases(options.cases, whole.graph.ontology)
    cases = draw_cases(case_set.cases, options.limit, options.seed)
    if not cases:
        raise UsageError(f"{options.cases} holds no patient to learn from: {len(case_set.unscored):,} cannot be used")
    settings = _settings(options, model, cases, whole)
    claim_folder(options.out, settings)
    material = divide(whole, cases, n_workers=options.n_workers or n_cores(), seed=options.seed, progress=progress)
    held_out = tuple(_held_out(options, model, material))
    examples = _examples(options, model, material, progress=progress)
    if not held_out or not examples:
        raise UsageError(
            f"{options.cases} makes {len(examples)} examples to train on and {len(held_out)} patients to ask: there is "
            f"no evidence on the others, or a context of {model.context_size} tokens is too small (--context-size)"
        )
    return _Prepared(
        settings=settings,
        examples=(*examples, *pairs),
        held_out=held_out,
        publications=tuple(sorted(material.publications)),
    )


def _check_folder(options: FinetuningOptions) -> None:
    if (options.out / REPORT).exists():
        raise UsageError(f"{options.out} holds a finished fine-tuning: choose another --out")
    if not options.resume and (options.out / EXAMPLES).exists():
        raise UsageError(
            f"{options.out} holds a fine-tuning that was cut off: go on with --resume, or choose another --out"
        )


def _context_size(options: FinetuningOptions, loaded: CausalModel) -> int:
    return options.context_size or min(loaded.max_context_size or DEFAULT_CONTEXT_SIZE, DEFAULT_CONTEXT_SIZE)


def _settings(
    options: FinetuningOptions, model: LocalChatModel, cases: Sequence[Case], whole: Knowledge
) -> dict[str, str]:
    """What makes this run another one than any other, by name."""
    contents = {"cases": repr(cases)} | {str(i): checksum(path) for i, path in enumerate(options.pairs)}
    settings = {
        "model": model.identity,
        **({"quantised": "4 bits (NF4)"} if options.quantise else {}),
        "context size": model.context_size,
        "prompt": prompts.VERSION,
        "cases": options.cases.name,
        **({"pairs": ", ".join(path.name for path in options.pairs)} if options.pairs else {}),
        **whole.graph.versions,
        "contents": digest(contents)[:12],
        "examples of a patient": options.n_variants,
        "patients asked": options.n_asked,
        **{name.replace("_", " "): value for name, value in asdict(options.settings).items() if value is not None},
        "seed": options.seed,
        **({"limit": options.limit} if options.limit else {}),
    }
    return {name: str(value) for name, value in settings.items()}


def _examples(
    options: FinetuningOptions, model: LocalChatModel, material: Material, *, progress: bool
) -> tuple[Example, ...]:
    """Of the patients that are trained on; kept in ``out``, where people can look at them."""
    file = options.out / EXAMPLES
    if not file.exists():
        varied = vary_cases(model, material.trained, options.n_variants, options.seed, progress=progress)
        rng = Random(options.seed)  # noqa: S311 - a choice of words
        made = (_example(model, case, prompted, rng) for case, prompted in varied)
        save_examples((e for e in made if e is not None), file)
    return load_examples(file)


def _held_out(options: FinetuningOptions, model: LocalChatModel, material: Material) -> Iterator[HeldOut]:
    for case in draw_cases(material.asked.cases, options.n_asked, options.seed):
        prompted = show_case(model, material.asked, case, case.findings)
        rng = Random(f"{options.seed} {case.case_id}")  # noqa: S311 - a choice of words
        example = _example(model, case, prompted, rng) if prompted else None
        if prompted and example:
            yield HeldOut(case_id=case.case_id, prompted=prompted, example=example)


def _example(model: LocalChatModel, case: Case, prompted: PromptedCase, rng: Random) -> Example | None:
    max_tokens = tokens_of_answer(model)

    def fits(text: str) -> bool:
        return len(model.encode_answer(text)) < max_tokens  # and the token that ends it

    answer = write_target(prompted, claims_within(max_tokens), fits, rng)
    if answer is None:
        return None
    return Example(messages=prompted.prompt.messages, answer=answer, source=case.publication)


# Training and asking


def _train(
    options: FinetuningOptions,
    state: PartialState,
    loaded: CausalModel,
    model: LocalChatModel,
    examples: Sequence[Example],
    on_step: Callable[[int], None],
    *,
    progress: bool,
) -> _Trained:
    """Train and save the adapter; examples that do not fit into the context are left out."""
    from llm.finetuning.training import save_adapter, train_adapter

    encoded = [e for e in (encode_example(model, example) for example in examples) if e is not None]
    training = train_adapter(
        loaded,
        encoded,
        options.settings,
        checkpoints=options.out / CHECKPOINTS,
        seed=options.seed,
        on_step=on_step,
        progress=progress,
    )
    if state.is_main_process:
        save_adapter(training, options.out / ADAPTER)
    n_tokens = sum(len(e.input_ids) for e in encoded)
    return _Trained(curve=training.curve, n_steps=training.n_steps, n_tokens=n_tokens)


def _asked_before(
    options: FinetuningOptions, state: PartialState, model: LocalChatModel, held_out: Sequence[HeldOut]
) -> list[Outcome]:
    """What the base model answers; kept, since a training that goes on has another model by then."""
    file = options.out / BEFORE
    try:
        kept = [Outcome(**json.loads(line)) for line in read_whole_lines(file)]
    except (ValueError, TypeError) as error:
        raise SourceError(f"{file} holds no outcomes: choose another --out") from error
    if len(kept) == len(held_out):  # else it was cut off
        return kept
    outcomes = _ask_all(state, model, held_out)
    if state.is_main_process:
        try:
            file.write_text("".join(json.dumps(asdict(o)) + "\n" for o in outcomes), encoding="utf-8")
        except OSError as error:
            raise StorageError(f"cannot write {file}: {error.strerror or error}") from error
    return outcomes


def _asked_after(
    options: FinetuningOptions, state: PartialState, held_out: Sequence[HeldOut], context_size: int
) -> list[Outcome]:
    """What is answered with the adapter, loaded as a user would."""
    from accelerate.utils import release_memory

    release_memory()  # there may be no room for the trained network and another
    state.wait_for_everyone()
    adapter = options.out / ADAPTER
    tuned = LocalChatModel.load(options.model, adapter=adapter, context_size=context_size, quantise=options.quantise)
    return _ask_all(state, tuned, held_out)


def _ask_all(state: PartialState, model: LocalChatModel, held_out: Sequence[HeldOut]) -> list[Outcome]:
    """Every process asks its share."""
    from accelerate.utils import gather_object

    mine = [ask(model, held) for held in held_out[state.process_index :: state.num_processes]]
    return list(gather_object(mine))
