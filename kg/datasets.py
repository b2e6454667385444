"""The data sets that users can pull, and the folder that holds them.

Promise: a set is either wholly there and as its publisher sent it, or not there at all; an interrupted pull resumes.
Deliberately not done here: reading the sets (``kg.sources``), fetching (``kg.downloads``), pulling anything that nobody
asked for.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import os
import shutil
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from io import BufferedIOBase
from itertools import chain
from pathlib import Path
from typing import Any, cast

from kg.downloads import DownloadError, download
from kg.errors import NotReadyError, SourceError, StorageError, UsageError

MANIFEST = Path(__file__).with_name("datasets.toml")
PULLED = "pulled.json"
"""File in the data folder: what was pulled, when, and its checksum."""

_CHUNK_BYTES = 1 << 20
# What zipfile, gzip, lzma, json and the UTF-8 decoder raise on bytes that are not theirs, or on half of them.
_UNREADABLE = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError)
_UNPACKERS: dict[str, Callable[[Path], object]] = {".gz": gzip.open, ".xz": lzma.open}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """One file that a publisher offers."""

    name: str
    description: str
    path: str
    """Where the file lies inside the data folder."""
    url: str
    home: str
    """Page where a person finds the set."""
    version: str
    """Release, commit, or ``latest``."""
    licence: str
    citation: str
    compress: str = ""
    """``gzip`` where the publisher's plain file is stored gzipped; else empty."""
    convert: str = ""
    """What makes the stored file of the published one, a key of ``_CONVERTERS``; else empty."""
    sha256: str = ""
    """Checksum of the file as published, before any compression or conversion; empty where it may change."""
    group: str = ""
    """Name under which several sets are pulled together."""

    @property
    def title(self) -> str:
        """Name of the publication: what stands before the colon of the description."""
        return self.description.partition(":")[0]


class State(StrEnum):
    """What is known about a set on this disk."""

    PRESENT = "present"  # there, not looked into
    OK = "ok"  # readable, and its checksum is the expected one (or none is known: see the detail)
    MISSING = "missing"
    CHANGED = "changed"  # readable, but not what was published or pulled
    BROKEN = "broken"  # cut off, or not what its name says


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """State of one set."""

    dataset: DataSet
    state: State
    n_bytes: int = 0
    """Size on disk; 0 where missing."""
    detail: str = ""


def data_folder() -> Path:
    """Where data lives: ``CITEDX_DATA``, else ``../shared/data`` beside the repository, else the user's data folder."""
    if named := os.environ.get("CITEDX_DATA"):
        return Path(named).expanduser()
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    if beside.is_dir():
        return beside
    from platformdirs import user_data_path

    return user_data_path("citedx") / "data"


def load_manifest(path: Path = MANIFEST) -> tuple[DataSet, ...]:
    """The sets on offer, in the order of the manifest.

    Raises:
        SourceError: the manifest cannot be read, or an entry lacks a field or has an unknown one.
    """
    try:
        return tuple(DataSet(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["dataset"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path} is not a manifest of data sets: {error}") from error


def status(dataset: DataSet, folder: Path | None = None) -> Status:
    """Whether the set is there; cheap, nothing is opened."""
    target = path_of(dataset, folder)
    if not target.is_file():
        return Status(dataset=dataset, state=State.MISSING, detail=f"citedx data pull {dataset.name}")
    return Status(dataset=dataset, state=State.PRESENT, n_bytes=target.stat().st_size)


def members(name: str, manifest: Iterable[DataSet] | None = None) -> tuple[str, ...]:
    """The sets that a name stands for: a set's own name, a group, or ``all``.

    Raises:
        UsageError: neither a set nor a group has this name.
    """
    sets = tuple(load_manifest() if manifest is None else manifest)
    found = tuple(d.name for d in sets if name in (d.name, d.group, "all"))
    return found or (_named(name, sets).name,)


def verify(folder: Path | None = None, manifest: Iterable[DataSet] | None = None) -> tuple[Status, ...]:
    """Read every set that is there, and compare its checksum with the manifest's, else with that of its pull."""
    folder = folder or data_folder()
    known = _read_pulled(folder)
    return tuple(_verify(d, folder, known) for d in (load_manifest() if manifest is None else manifest))


def expected_checksum(dataset: DataSet, folder: Path | None = None) -> str:
    """SHA-256 of the set as it was published, else as it was pulled; empty where neither is known."""
    return _expected(dataset, _read_pulled(folder or data_folder()))


def checksum_of(path: Path, *, unpack: bool = False) -> str:
    """SHA-256 of a file, with ``unpack`` of what is gzipped in it. Raises OSError, EOFError, zlib.error."""
    return _sha256(_opened(path, ".gz" if unpack else ""))


def version_of(dataset: DataSet, folder: Path | None = None) -> str:
    """The set's version; of one that its home changes without telling, the start of the stored file's checksum."""
    if dataset.version != "latest":
        return dataset.version
    return f"sha256 {checksum_of(path_of(dataset, folder))[:12]}"


def pull(
    name: str,
    *,
    overwrite: bool = False,
    folder: Path | None = None,
    manifest: Iterable[DataSet] | None = None,
    backoff_s: float = 1.0,
) -> Path:
    """Fetch one set from its official home and check it; a set that is there already is left alone.

    Args:
        name: as in the manifest.
        overwrite: fetch again, e.g. for a newer release.
        folder: data folder; default :func:`data_folder`.
        manifest: sets on offer; default :func:`load_manifest`.
        backoff_s: wait before the second attempt; doubles with each further one.

    Returns:
        Path of the file.

    Raises:
        UsageError: no set has this name.
        NotReadyError: the network failed, or what came is not the set.
        StorageError: the disk is full or the folder cannot be written.
        SourceError: the folder's record of earlier pulls is damaged.
    """
    dataset = _named(name, load_manifest() if manifest is None else manifest)
    folder = folder or data_folder()
    target = path_of(dataset, folder)
    if target.is_file() and not overwrite:
        return target
    part = target.with_name(target.name + ".part")
    _read_pulled(folder)  # a damaged record is told before the download
    with _storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            download(dataset.url, part, dataset.name, backoff_s=backoff_s)
        except DownloadError as error:
            raise NotReadyError(f"cannot pull {dataset.name}: {error}; {_by_hand(dataset, target)}") from error
        record = _install(dataset, part, target)
        _write_json(folder / PULLED, _read_pulled(folder) | {dataset.name: record})
    return target


def _install(dataset: DataSet, part: Path, target: Path) -> dict[str, str]:
    """Check the fetched file and put it in its place in one step; what to remember of it."""
    found = _sha256(part.open("rb"))
    if dataset.sha256 and found != dataset.sha256:
        part.unlink()
        _refuse(dataset, target, f"its sha256 is {found}, expected {dataset.sha256}")
    try:
        ready = _CONVERTERS[dataset.convert or dataset.compress](part)
    except _UNREADABLE as error:
        part.unlink()
        _refuse(dataset, target, f"it cannot be converted: {error}")
    if flaw := _flaw(ready, target.name):
        ready.unlink()
        _refuse(dataset, target, flaw)
    if dataset.convert:  # the publisher's bytes are gone: from here on the converted file is what is checked
        found = _sha256(ready.open("rb"))
    ready.replace(target)
    return {"sha256": found, "url": dataset.url, "pulled": datetime.now(UTC).isoformat("T", "seconds")}


def _refuse(dataset: DataSet, target: Path, reason: str) -> None:
    raise NotReadyError(f"{dataset.url} did not send {dataset.name}: {reason}; {_by_hand(dataset, target)}")


def _gzipped(part: Path) -> Path:
    """Replace the file by its gzipped form; without a time stamp, so that equal files stay equal."""
    packed = part.with_name(part.name + ".gz")
    with part.open("rb") as plain, packed.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        shutil.copyfileobj(plain, file, _CHUNK_BYTES)
    part.unlink()
    return packed


def _medquad_lines(part: Path) -> Path:
    from kg.sources.medquad import convert_release  # reads what this module only fetches

    lines = part.with_name(part.name + ".xz")
    convert_release(part, lines)
    part.unlink()
    return lines


_CONVERTERS: dict[str, Callable[[Path], Path]] = {"": lambda part: part, "gzip": _gzipped, "medquad": _medquad_lines}
"""What makes the stored file of the fetched one, and removes that."""


def _write_json(path: Path, content: dict[str, Any]) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    temporary.replace(path)


def _verify(dataset: DataSet, folder: Path, known: dict[str, Any]) -> Status:
    found = status(dataset, folder)
    if found.state is State.MISSING:
        return found
    target = path_of(dataset, folder)
    state, detail = State.OK, ""
    try:
        if detail := _flaw(target, target.name):
            state = State.BROKEN
        else:
            state, detail = _compare(dataset, target, known)
    except OSError as error:
        state, detail = State.BROKEN, error.strerror or str(error)
    return Status(dataset=dataset, state=state, n_bytes=found.n_bytes, detail=detail)


def _compare(dataset: DataSet, target: Path, known: dict[str, Any]) -> tuple[State, str]:
    expected = _expected(dataset, known)
    if not expected:
        return State.OK, "readable; no checksum is known"
    found = checksum_of(target, unpack=dataset.compress == "gzip")
    return (State.OK, "") if found == expected else (State.CHANGED, f"sha256 {found}, expected {expected}")


def _expected(dataset: DataSet, known: dict[str, Any]) -> str:
    return (not dataset.convert and dataset.sha256) or known.get(dataset.name, {}).get("sha256", "")


def _flaw(path: Path, name: str) -> str:
    """What is wrong with a file, judged by its name; empty where nothing is."""
    try:
        if name.endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                bad = archive.testzip()
            return f"the member {bad} is damaged" if bad else ""
        packing = Path(name).suffix if Path(name).suffix in _UNPACKERS else ""
        with _opened(path, packing) as file:
            return _flaw_of_content(file, name.removesuffix(packing))
    except _UNREADABLE as error:
        return f"not a readable {name.rpartition('.')[2]} file: {error}"


def _flaw_of_content(file: BufferedIOBase, name: str) -> str:
    if name.endswith(".json"):
        json.load(file)
        return ""
    first = file.readline()
    if not first.strip():
        return "it is empty"
    if first.lstrip()[:1] == b"<":
        return "it is a web page, not data"
    check: Callable[[bytes], object] = json.loads if name.endswith(".jsonl") else len  # others only have to end well
    for line in chain((first,), file):
        if line.strip():
            check(line)
    return ""


def _named(name: str, manifest: Iterable[DataSet]) -> DataSet:
    sets = {d.name: d for d in manifest}
    if name not in sets:
        names = dict.fromkeys((*sets, *(d.group for d in sets.values() if d.group)))
        raise UsageError(f"no data set is called {name!r}; there are: {', '.join(names)}")
    return sets[name]


def path_of(dataset: DataSet, folder: Path | None = None) -> Path:
    """Where the set's file lies, or would lie."""
    return (folder or data_folder()) / dataset.path


def _by_hand(dataset: DataSet, target: Path) -> str:
    how = ", gzipped," if dataset.compress == "gzip" else ""
    return f"by hand: fetch it from {dataset.home} and save it{how} as {target}"


def _read_pulled(folder: Path) -> dict[str, Any]:
    path = folder / PULLED
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} is not readable ({error}); delete it and pull the sets again") from error
    if not isinstance(content, dict):
        raise SourceError(f"{path} is not a JSON object; delete it and pull the sets again")
    return content


def _opened(path: Path, packing: str) -> BufferedIOBase:
    return cast(BufferedIOBase, _UNPACKERS[packing](path)) if packing else path.open("rb")


def _sha256(file: BufferedIOBase) -> str:
    """Hexadecimal checksum of what is left in the file, which is closed."""
    with file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _storage_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(
            f"cannot write {target}: {reason}; free some space, or set CITEDX_DATA to another folder"
        ) from error
