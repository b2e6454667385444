"""Things that can be built again, kept on disk: whole or not at all, and never trusted unchecked.

An artefact is a folder with a manifest of what it was made from and the SHA-256 of every file. It is made beside its
place and moved there in one step, so a half-written one is never seen; a damaged one, or one made from something
else, is noticed when it is read, and made again. Formats are open: JSON, ``.npz`` without pickle, FAISS. What nobody
has read for two months, as after an update, goes when another of its kind is made.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from platformdirs import user_cache_path

from kg.errors import StorageError

Built = TypeVar("Built")

MANIFEST = "manifest.json"
UNUSED_S = 60 * 24 * 3600.0
"""After as many seconds without a reader an artefact is deleted."""
OTHER_CACHE = "name another place with CITEDX_CACHE=FOLDER"
"""What to do where the cache cannot be written."""
_LOG = logging.getLogger(__name__)


def cache_root() -> Path:
    """Folder of everything that citedx can build again: ``CITEDX_CACHE``, else the user's cache folder."""
    return Path(os.environ.get("CITEDX_CACHE") or user_cache_path("citedx"))


def load_or_build(
    name: str,
    identity: Mapping[str, str],
    *,
    read: Callable[[Path], Built],
    build: Callable[[], Built],
    write: Callable[[Path, Built], None],
    describe: Callable[[Built], Mapping[str, Any]] = lambda _: {},
    root: Path | None = None,
) -> Built:
    """The artefact from the cache, or built and cached.

    Args:
        name: kind of artefact, the start of its folder's name.
        identity: all that it depends on; another identity is another folder. A part that is empty cannot be told from
            another: what depends on it is built, and not kept.
        read: makes the artefact from its folder; any error means that it is built again.
        build: makes it from scratch.
        write: writes its files into the given empty folder.
        describe: what the manifest tells a person about it (versions, counts).
        root: where artefacts are kept; default ``cache_root()``.

    Raises:
        StorageError: the folder cannot be written, or the disk is full.
    """
    if not all(identity.values()):
        return build()
    folder = (root or cache_root()) / f"{name}-{digest(identity)[:16]}"
    if os.path.lexists(folder):  # unlike Path.exists, False also where the folder's name or place is impossible
        try:
            verify(folder, identity)
            found = read(folder)
            _note_use(folder)
            return found
        except Exception as error:  # nobody can tell what damage raises
            _LOG.warning("%s in the cache is not usable (%s); building it again", folder.name, error)
    require_writable(folder.parent, OTHER_CACHE)
    _LOG.info("building the %s, once, in %s", name, folder.parent)
    built = build()

    def fill(staging: Path) -> None:
        write(staging, built)
        files = {p.relative_to(staging).as_posix(): checksum(p) for p in sorted(staging.rglob("*")) if p.is_file()}
        write_json(staging / MANIFEST, {"identity": dict(identity), "sha256": files, **describe(built)})

    write_folder(folder, fill)
    _discard_unused(folder.parent, name)
    return built


def _note_use(folder: Path) -> None:
    """Its time of change tells when the artefact was last of use."""
    with suppress(OSError):  # a cache that can only be read serves too
        os.utime(folder)


def _discard_unused(root: Path, name: str) -> None:
    """Delete the artefacts of a kind that nobody has read for ``UNUSED_S``, and what was begun and never finished."""
    made = f"{name}-{'[0-9a-f]' * 16}"
    for folder in (*root.glob(made), *root.glob(f".{made}-*")):
        with suppress(OSError):  # another process has deleted it, or it belongs to somebody else
            if time.time() - folder.stat().st_mtime > UNUSED_S:
                _LOG.info("deleting %s, not used for two months", folder.name)
                shutil.rmtree(folder)


def verify(folder: Path, identity: Mapping[str, str]) -> None:
    """Check a folder against its manifest.

    Raises:
        ValueError: made from something else, a file is missing, or differs from its checksum.
        OSError: the manifest cannot be read.
    """
    manifest = read_json(folder / MANIFEST)
    if manifest["identity"] != dict(identity):
        raise ValueError("it was made from something else")
    if not manifest["sha256"]:
        raise ValueError("its manifest names no file")
    for name, expected in manifest["sha256"].items():
        if checksum(folder / name) != expected:
            raise ValueError(f"{name} does not match its checksum")


def write_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make a folder whole: ``fill`` writes beside it, then it is moved into place.

    Raises:
        StorageError: the place cannot be written, or the disk is full.
    """
    with _storage_errors(folder, OTHER_CACHE):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{folder.name}-", dir=folder.parent, ignore_cleanup_errors=True
        ) as staging:
            fresh = Path(staging, "fresh")
            fresh.mkdir()
            fill(fresh)
            _move_into_place(fresh, folder, aside=Path(staging, "old"))


def require_writable(root: Path, advice: str = "name another folder") -> None:
    """Make sure that files can be kept here, before minutes are spent on making them. Raises StorageError."""
    with _storage_errors(root, advice):
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass


@contextmanager
def _storage_errors(place: Path, advice: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = "it is no folder" if isinstance(error, FileExistsError) else error.strerror or error
        full = "free some space, or " if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise StorageError(f"cannot write {place}: {reason}; {full}{advice}") from error


def _move_into_place(fresh: Path, folder: Path, aside: Path) -> None:
    """Put the fresh folder where the old one is, if there is one.

    Where another process has put its own there at the same moment, that one stays: both were made from the same.
    """
    with suppress(FileNotFoundError):
        folder.rename(aside)
    try:
        fresh.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def digest(identity: Mapping[str, str]) -> str:
    """SHA-256 over a mapping, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(dict(identity), sort_keys=True).encode()).hexdigest()


def write_json(path: Path, content: Any) -> None:
    """Write compact UTF-8 JSON."""
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read UTF-8 JSON."""
    return json.loads(path.read_text(encoding="utf-8"))
