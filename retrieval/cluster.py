"""Several machines at one piece of work: a connection to a dask cluster, and an embedder that is spread over it.

Promise: the same vectors as on one machine, in the same order (a transformer's last bits may differ, as they do with
the size of its batches). Deliberately not done here: starting a cluster; ``dask scheduler`` and ``dask worker`` do.

A dask cluster trusts whoever reaches it, and is sent the patients that are worked on: only within a network of trust.
"""

from __future__ import annotations

import importlib.util
import logging
import platform
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from tqdm import tqdm

from kg.errors import CitedxError, NotReadyError, how_to_install
from retrieval.embedding import Embedder, Vectors

CONNECT_S = 10
"""Seconds that a scheduler has to answer."""
PART = 4096
"""Texts that are encoded at a time."""
_COMPARED = ("citedx", "numpy", "faiss-cpu", "torch")


@contextmanager
def connect_cluster(address: str) -> Iterator[Any]:
    """A ``distributed.Client``, whose workers have the same versions as this machine.

    Args:
        address: of the scheduler, ``tcp://HOST:PORT``.

    Raises:
        NotReadyError: ``distributed`` is not installed, nobody answers, there is no worker, or one is of another kind.
        CitedxError: workers died, or the connection was lost, while work was done within.
    """
    if importlib.util.find_spec("distributed") is None:
        raise NotReadyError(f"distributed is not installed: {how_to_install('distributed')}")
    from distributed import Client, KilledWorker
    from distributed.comm import get_address_host_port
    from distributed.comm.core import CommClosedError

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # it tells of every lost connection, at length
    try:
        # A client that finds nobody, once it is collected, can wait for ever on the lock of the next one's start.
        socket.create_connection(get_address_host_port(address), CONNECT_S).close()
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, OverflowError, ValueError) as error:  # a time-out is an OSError
        raise NotReadyError(
            f"no scheduler answers at {address}: start one with `dask scheduler` and workers with `dask worker`"
        ) from error
    try:
        check_workers(client, address)
        yield client
    except (KilledWorker, CancelledError, CommClosedError) as error:
        raise CitedxError(
            f"workers of {address} died or were lost, perhaps for want of memory; what was done is kept: start them "
            "anew and run the same command again"
        ) from error
    finally:
        client.close(timeout=CONNECT_S)


class ClusterEmbedder:
    """An embedder whose texts are encoded on the workers of a cluster; they need no file of the model.

    Args:
        embedder: is sent to them.
        client: of ``connect_cluster``.
        n_texts: encoded at a time; fewer altogether are encoded here.
    """

    def __init__(self, embedder: Embedder, client: Any, n_texts: int = PART) -> None:
        self.identity = embedder.identity
        self._embedder = embedder
        self._client = client
        self._n_texts = n_texts

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> Vectors:
        """Unit vectors, shape [n_texts, dimension], in the order of the texts."""
        if len(texts) <= self._n_texts:
            return self._embedder.encode(texts, progress=progress)
        self._embedder.encode(texts[:1])  # what is loaded at first use is loaded now, and travels with it
        held = self._client.scatter(self._embedder, broadcast=True, hash=False)
        n = self._n_texts
        parts = [list(texts[i : i + n]) for i in range(0, len(texts), n)]
        futures = [self._client.submit(_encode, held, part, pure=False) for part in parts]
        return np.concatenate([f.result() for f in tqdm(futures, unit="part", disable=not progress)])


def _encode(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    return embedder.encode(texts)


def check_workers(client: Any, address: str) -> None:
    """Work done by other versions would be other work. Raises NotReadyError."""
    ours = _versions()
    try:
        theirs = client.run(_versions)
    except ImportError as error:
        raise NotReadyError(f"a worker of {address} lacks what is installed here: {error}") from error
    if not theirs:
        raise NotReadyError(f"the scheduler at {address} has no workers: start some with `dask worker {address}`")
    for worker, found in theirs.items():
        for name, wanted in ours.items():
            if found[name] != wanted:
                raise NotReadyError(f"the worker {worker} has {name} {found[name]}, and {wanted} is here")


def _versions() -> dict[str, str]:
    return {"python": ".".join(platform.python_version_tuple()[:2]), **{name: _version(name) for name in _COMPARED}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
