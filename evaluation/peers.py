"""Another system's ranks for the same patients, and a paired comparison with ours.

Deliberately not done here: judging whether the peer named the right disease; its file says at which rank it did.

Sources: exact McNemar test, McNemar 1947 (doi:10.1007/BF02295996); GPT-4o's ranks of the Phenopacket Store's patients,
Reese et al. (github monarch-initiative/pheval.llm).
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from evaluation.metrics import Rate, bootstrap_of, ranks_of
from evaluation.schema import Prediction
from kg.errors import SourceError, reason_of

COMPARED_TOPS = (1, 3, 10)
_COLUMNS = ("phenopacket_id", "rank")
_FILE_ENDINGS = re.compile(r"(_[a-z]{2}-prompt)?\.(json|txt)$")  # of packets, and of pheval.llm's prompts


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """What a file says of a system."""

    name: str
    ranks: tuple[tuple[str, int | None], ...]
    """Patient id and rank of the right disease, None where it was not named; in the order of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A peer's ranks, tied to our cases."""

    name: str
    ranks: Mapping[str, int | None]
    """By our case id."""
    unmatched: tuple[str, ...]
    """The peer's ids that are none of our scored cases."""
    ambiguous: tuple[str, ...]
    """The peer's ids that several of our cases could be, or that stand for one case several times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discordance:
    """Cases that only one of two systems solved, and how likely such a split is by chance alone."""

    only_ours: int
    only_theirs: int
    p_value: float
    """Two-sided exact McNemar test; it takes cases as independent, which patients of one publication are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two systems on the same cases; rates by ``top-1``, ``top-3``, ``top-10``."""

    name: str
    n_cases: int
    n_publications: int
    ours: Mapping[str, Rate]
    theirs: Mapping[str, Rate]
    difference: Mapping[str, Rate]
    """Ours minus theirs, paired by case, both resampled together."""
    discordance: Mapping[str, Discordance]
    unmatched: tuple[str, ...]
    ambiguous: tuple[str, ...]


def load_peer(path: Path) -> Peer:
    """Read a table of tab-separated ``phenopacket_id`` and ``rank`` (1-based, empty = not named), named by its stem.

    The ``predictions.jsonl`` of another run of ours will do too; it is named by its folder.

    Raises:
        SourceError: it cannot be read, has other columns, no row, or a rank that is no positive whole number.
    """
    is_ours = path.suffix == ".jsonl"
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            ranks = tuple(_read_predictions(lines, path) if is_ours else _read_table(lines, path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"cannot read the peer's ranks {path}: {reason_of(error)}") from error
    if not ranks:
        raise SourceError(f"{path} holds no rank")
    return Peer(name=path.absolute().parent.name if is_ours else path.stem, ranks=ranks)


def match_peer(peer: Peer, case_ids: Iterable[str]) -> Matched:
    """Tie the peer's ids to ours.

    The same id matches; where there is none, one that differs only in case, punctuation or the ending of a file name.
    """
    exact = set(case_ids)
    by_key: dict[str, list[str]] = defaultdict(list)
    for case_id in exact:
        by_key[_key(case_id)].append(case_id)
    claims: dict[str, list[tuple[str, int | None]]] = defaultdict(list)
    unmatched: list[str] = []
    ambiguous: list[str] = []
    for peer_id, rank in peer.ranks:
        found = [peer_id] if peer_id in exact else by_key.get(_key(peer_id), [])
        if len(found) == 1:
            claims[found[0]].append((peer_id, rank))
        else:
            (ambiguous if found else unmatched).append(peer_id)
    ambiguous += [peer_id for claim in claims.values() if len(claim) > 1 for peer_id, _ in claim]
    return Matched(
        name=peer.name,
        ranks={case_id: claim[0][1] for case_id, claim in claims.items() if len(claim) == 1},
        unmatched=tuple(unmatched),
        ambiguous=tuple(ambiguous),
    )


def compare(predictions: Sequence[Prediction], peer: Peer, seed: int = 0) -> Comparison:
    """Our predictions and the peer's ranks on the cases that both have.

    Raises:
        SourceError: there is no such case.
    """
    matched = match_peer(peer, [p.case_id for p in predictions])
    shared = [p for p in predictions if p.case_id in matched.ranks]
    if not shared:
        raise SourceError(f"none of the {len(peer.ranks):,} ids of {peer.name} is one of the scored cases")
    ours = ranks_of(shared)
    theirs = np.array([matched.ranks[p.case_id] or np.inf for p in shared], dtype=np.float64)
    bootstrap = bootstrap_of(shared, seed)
    solved = {f"top-{k}": ((ours <= k).astype(float), (theirs <= k).astype(float)) for k in COMPARED_TOPS}
    return Comparison(
        name=peer.name,
        n_cases=len(shared),
        n_publications=len({p.publication for p in shared}),
        ours={name: bootstrap.mean(we) for name, (we, _) in solved.items()},
        theirs={name: bootstrap.mean(they) for name, (_, they) in solved.items()},
        difference={name: bootstrap.mean(we - they) for name, (we, they) in solved.items()},
        discordance={
            name: mcnemar(int((we > they).sum()), int((they > we).sum())) for name, (we, they) in solved.items()
        },
        unmatched=matched.unmatched,
        ambiguous=matched.ambiguous,
    )


def mcnemar(only_ours: int, only_theirs: int) -> Discordance:
    """Exact McNemar test: were it chance alone, each of these cases would be a fair coin."""
    n = only_ours + only_theirs
    p_value = float(binomtest(only_ours, n).pvalue) if n else 1.0
    return Discordance(only_ours=only_ours, only_theirs=only_theirs, p_value=p_value)


def _read_table(lines: Iterable[str], path: Path) -> Iterator[tuple[str, int | None]]:
    table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    if not set(_COLUMNS) <= set(table.fieldnames or ()):
        raise SourceError(f"{path} needs a first line with the tab-separated columns {' and '.join(_COLUMNS)}")
    for number, row in enumerate(table, start=2):
        yield _parse_row(row, f"{path}, line {number}")


def _read_predictions(lines: Iterable[str], path: Path) -> Iterator[tuple[str, int | None]]:
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            yield str(row["case_id"]), None if row["rank"] is None else int(row["rank"])
        except (ValueError, TypeError, KeyError) as error:
            raise SourceError(f"{path}, line {number} is not a prediction of citedx evaluate diagnosis") from error


def _parse_row(row: Mapping[str, str | None], place: str) -> tuple[str, int | None]:
    peer_id, rank = (row["phenopacket_id"] or "").strip(), (row["rank"] or "").strip()
    if not peer_id:
        raise SourceError(f"{place} has no phenopacket_id")
    if rank and (not rank.isdecimal() or int(rank) < 1):
        raise SourceError(f"{place} needs a rank of 1, 2, 3 ... or nothing, got {rank!r}")
    return peer_id, int(rank) if rank else None


def _key(patient_id: str) -> str:
    """What is left of an id when case, punctuation and file endings are not looked at."""
    name = _FILE_ENDINGS.sub("", patient_id.rpartition("/")[2].casefold())
    return re.sub(r"[\W_]+", "_", name).strip("_")
