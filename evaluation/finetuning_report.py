"""A fine-tuning -> ``metrics.json``, ``report.md`` and the adapter's card, with the figures before and after."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from evaluation.finetuning_scores import Scores
from evaluation.machine import describe_machine, describe_version
from evaluation.metrics import Rate, percent
from evaluation.report import plain
from kg.datasets import load_manifest
from kg.errors import StorageError

_EXPLAINED = (
    "Loss: mean negative log-likelihood of a token of the answers that should be given, in nats. Read: answers that "
    "came whole and could be read, by constrained decoding. Claims and sentences that hold: those that grounding "
    "would show. Right disease first: no ranking counts as wrong. Percent, with 95 % intervals by bootstrap over "
    "publications."
)
_LIMITS = (
    "A model points at evidence that it is shown, and grounding removes what the evidence does not bear; the adapter "
    "teaches the form of the answer and the weighing, not medicine. Figures are of published patients with rare "
    "diseases, drawn from the file above; how it does on other patients was not measured. Ranking and probabilities "
    "stay the reader's. Decision support for professionals, not a medical device."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finetuning:
    """What was done and what came of it."""

    command: str
    settings: Mapping[str, str]
    before: Scores
    after: Scores
    curve: Sequence[Mapping[str, float]]
    n_steps: int
    n_processes: int
    trained_s: float
    """Wall time of the training in this run; what an earlier one that was cut off took is not in it."""
    n_tokens: int
    """Of the examples, each once."""
    n_examples: int
    files: tuple[str, ...]
    """Names of the files that were learned from."""
    publications: tuple[str, ...]
    """Held out."""


def write_finetuning_report(out: Path, adapter: Path, result: Finetuning) -> None:
    """Write all files into existing folders. Raises StorageError."""
    told = {
        "command": result.command,
        "date": datetime.now().astimezone().isoformat(timespec="minutes"),
        "hardware": describe_machine(),
        "version": describe_version(),
    }
    content = asdict(result) | {"run": told} | {"perplexity": [result.before.perplexity, result.after.perplexity]}
    metrics = json.dumps(plain(content), indent=1, ensure_ascii=False)
    try:
        (out / "metrics.json").write_text(metrics + "\n", encoding="utf-8")
        (out / "report.md").write_text(_word_report(result, told), encoding="utf-8")
        (adapter / "README.md").write_text(_word_card(result, told), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write into {out}: {error.strerror or error}") from error


def _word_report(result: Finetuning, told: Mapping[str, str]) -> str:
    processes = "process" if result.n_processes == 1 else "processes"
    done = (
        f"{result.settings['model']}, {result.n_examples:,} examples of {result.n_tokens:,} tokens, {result.n_steps:,} "
        f"steps in {result.trained_s:,.1f} s, {result.n_processes} {processes}."
    )
    made = f"`{told['command']}`, {told['date']}, {told['hardware']}, {told['version']}."
    head = ["# Fine-tuning of a language model", "", done, ""]
    figures = [*_table(result), "", _EXPLAINED, "", *_word_curve(result.curve)]
    return "\n".join([*head, *figures, *_word_settings(result.settings), "", made]) + "\n"


def _word_card(result: Finetuning, told: Mapping[str, str]) -> str:
    data = (
        f"{result.n_examples:,} examples. {' '.join(map(_word_file, result.files))} Evidence and names are of the "
        "Human Phenotype Ontology and its annotations (https://hpo.jax.org/app/license) in the versions below. The "
        "base model's licence holds for the adapter too."
    )
    held_out = (
        "the publications whose patients, cases and statements were neither trained on nor shown as evidence "
        f"({len(result.publications):,}): {', '.join(result.publications)}."
    )
    made = f"`{told['command']}`, {told['date'][:10]}, {told['version']}, {told['hardware']}."
    lines = [
        "# An adapter for citedx",
        "",
        f"A LoRA adapter for {result.settings['model']}; use it with `--model MODEL --adapter THIS_FOLDER`.",
        "",
        f"- **Data**: {data}",
        f"- **Held out**: {held_out}",
        f"- **Made by** {made}",
        f"- **Limits**: {_LIMITS}",
        "",
        *_table(result),
        "",
        _EXPLAINED,
        "",
        *_word_settings(result.settings),
    ]
    return "\n".join(lines) + "\n"


def _table(result: Finetuning) -> list[str]:
    both = (result.before, result.after)
    patients = "patient" if result.before.n == 1 else "patients"
    loss = f"loss (perplexity), {result.before.n} held-out {patients}"
    rows = {
        loss: [f"{s.loss:.3f} ({s.perplexity:,.1f})" for s in both],
        "answers read, %": [percent(s.read) for s in both],
        "claims that hold, %": [_word_share(s.grounded, s.n_claims) for s in both],
        "sentences that hold, %": [_word_share(s.sentences, s.n_sentences) for s in both],
        "right disease first, %": [percent(s.model_top_1) for s in both],
        "the same, the ranking that it was shown": [percent(s.reader_top_1) for s in both],
    }
    return ["| | before | after |", "|---|---|---|", *(f"| {name} | {b} | {a} |" for name, (b, a) in rows.items())]


def _word_share(rate: Rate, n: int) -> str:
    return f"{percent(rate)} of {n:,}" if n else "none made"


def _word_curve(curve: Sequence[Mapping[str, float]]) -> list[str]:
    if not curve:
        return []
    first, last = [f"{entry['loss']:.3f} at step {entry['step']:.0f}" for entry in (curve[0], curve[-1])]
    return [f"Loss in training: {first}, {last}.", ""]


def _word_settings(settings: Mapping[str, str]) -> list[str]:
    return ["| setting | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in settings.items())]


def _word_file(name: str) -> str:
    """A file with its version and licence, where it is one of the sets that ``citedx data list`` names."""
    known = next((d for d in load_manifest() if Path(d.path).name == name), None)
    if known is None:
        return f"{name} (the user's own; its licence is theirs to know)."
    return f"{name}: {known.description}, {known.version}, {known.licence}; {known.citation}."
