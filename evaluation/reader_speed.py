"""How long the reader takes: one patient with fifty candidates, and batches, on each device that is there.

python -m evaluation.reader_speed --cases all_phenopackets.zip
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from evaluation.cases import draw_cases, load_cases
from evaluation.knowledge import load_knowledge
from evaluation.machine import describe_machine
from evaluation.schema import Level
from kg.errors import CitedxError
from llm.reader.features import ReaderInputs

N_CANDIDATES = 50
BATCH = 256
N_WARM_UP = 3


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def time_devices(patients: Sequence[ReaderInputs], devices: Sequence[str]) -> list[str]:
    """A line for each device: median of single patients, and patients a second in batches."""
    import torch

    from llm.reader.batches import read_patients
    from llm.reader.weights import load_reader

    lines = []
    for device in devices:
        model = load_reader(device=device)

        def read(batch: Sequence[ReaderInputs], model: object = model) -> None:
            read_patients(model, batch)  # type: ignore[arg-type]
            if torch.cuda.is_available():
                torch.cuda.synchronize()

        for patient in patients[:N_WARM_UP]:
            read([patient])
        alone = median(_milliseconds(lambda p=patient: read([p])) for patient in patients)  # type: ignore[misc]
        batch = [patients[i % len(patients)] for i in range(BATCH)]
        read(batch)
        rate = BATCH / (_milliseconds(lambda: read(batch)) / 1000)  # noqa: B023 - called at once
        lines.append(f"{device}: {alone:.1f} ms for one patient, {rate:,.0f} patients a second in batches of {BATCH}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.reader_speed", description="Time of the reader.")
    parser.add_argument("--cases", type=Path, required=True, help="phenopackets to draw patients from")
    parser.add_argument("--patients", type=int, default=100, help="how many")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        import torch

        knowledge = load_knowledge(Level.COUNTS)
        cases = draw_cases(load_cases(given.cases, knowledge.graph.ontology).cases, given.patients, given.seed)
        features, listed = knowledge.reader_features, knowledge.extractor.extract
        chosen = [(c.findings, listed(c.findings).diseases[:N_CANDIDATES]) for c in cases]
        for findings, diseases in chosen[:N_WARM_UP]:
            features.describe([findings], diseases)
        made = median(_milliseconds(lambda f=f, d=d: features.describe([f], d)) for f, d in chosen)  # type: ignore[misc]
        patients = [patient for f, d in chosen for patient in features.describe([f], d)]
        devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
        lines = time_devices(patients, devices)
    except CitedxError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(
        f"{N_CANDIDATES} candidates, {len(patients)} patients, {describe_machine()}\n"
        f"inputs: {made:.1f} ms a patient\n" + "".join(f"{line}\n" for line in lines)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
